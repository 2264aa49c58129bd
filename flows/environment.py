"""Prefect as this project wants it: its files in our folder, no telemetry, no chatter. Import before ``prefect``."""

from __future__ import annotations

import logging
import os
from pathlib import Path

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
        # The server's other libraries too: being ended in the middle of a query, SQLAlchemy's pool shows a traceback.
        "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
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


def end_servers_left_over() -> int:
    """Prefect's embedded servers of this installation whose run was killed are ended; returns how many.

    A killed run cannot take its server with it. Such a server has been handed to init, and works on our own PREFECT_HOME.
    """
    import psutil

    home = Path(os.environ["PREFECT_HOME"]).resolve()
    ended = 0
    for process in psutil.process_iter(["ppid", "cmdline"]):
        if "prefect.server.api.server:create_app" not in (process.info["cmdline"] or ()):
            continue
        try:
            parent = psutil.Process(process.info["ppid"])
            is_ours = Path(process.environ().get("PREFECT_HOME", "")).resolve() == home
            # In a container the first process may be palayesh itself, and the server its own.
            is_left_over = parent.name() in ("systemd", "init") or (
                parent.pid == 1 and not any("palayesh" in part or "flows" in part for part in parent.cmdline())
            )
            if is_ours and is_left_over:
                process.terminate()
                ended += 1
        except psutil.Error:  # it ended by itself, or belongs to somebody else
            continue
    return ended
