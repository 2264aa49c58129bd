"""Prefect as this project wants it: its files in our folder, no telemetry, no chatter. Import before ``prefect``."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from palayesh.adapters import settings
from palayesh.adapters.files import private_folder
from palayesh.findings import Refusal


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
        # The server's other libraries too: being ended in the middle of a query, SQLAlchemy's pool shows a traceback,
        # and SQLAlchemy sets a level of its own, which the root's does not reach.
        "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
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


def begin_server() -> Future[None]:
    """Prefect's embedded server starts while the caller goes on to import the rest: it takes longer than all of that.

    Ask the future inside ``server_asked`` before the first flow. Where PREFECT_API_URL names a server, none is started.
    """
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        # Imported here and not in the thread: two threads that import at once can meet half-made modules.
        import prefect.server.api.server  # noqa: F401

    def start() -> None:
        get_client(sync_client=True)

    with_one_thread = ThreadPoolExecutor(max_workers=1)
    started = with_one_thread.submit(start)
    with_one_thread.shutdown(wait=False)
    return started


@contextlib.contextmanager
def server_asked() -> Iterator[None]:
    """Prefect's server is asked in the block: one that did not start is a refusal that says what to do."""
    try:
        yield
    except RuntimeError as error:
        if "Prefect API server" not in str(error):
            raise
        raise Refusal(
            "no_prefect_server",
            "کارساز Prefect در زمان مقرر آغاز به کار نکرد؛ رایانه پرکار است. کمی بعد دوباره اجرا کنید، یا "
            "PREFECT_API_URL را بگذارید.",
            "Prefect's server did not start in time: the machine is busy. Run again a little later, or set PREFECT_API_URL.",
        ) from None


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
