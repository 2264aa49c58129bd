"""Prefect as this project wants it: its files in our folder, no telemetry, no chatter. Import before ``prefect``."""

from __future__ import annotations

import logging
import os

from palayesh.adapters import settings
from palayesh.adapters.files import private_folder


def prepare() -> None:
    """Prefect, imported after this, keeps its database under ``var/prefect`` and tells nobody that it runs.

    What the operator has set in the environment is left as it is.
    """
    os.umask(0o077)
    home = private_folder(settings.current().var.resolve() / "prefect")
    for name, value in {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_CLI_COLORS": "false",
    }.items():
        os.environ.setdefault(name, value)


def quiet() -> None:
    """What libraries tell below an error is for their makers, not for a steward; errors are still seen.

    Splink and Prefect set their own loggers up again when they are used, so the threshold is the process's. Who sets
    PREFECT_LOGGING_LEVEL hears everything.
    """
    if "PREFECT_LOGGING_LEVEL" not in os.environ:
        logging.disable(logging.WARNING)
