"""Runs of a month that were started from the console: a process of its own, with its state."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act
from palayesh.adapters.console_models import MonthOrder
from palayesh.adapters.files import private_folder
from palayesh.adapters.order_store import OrderStore
from palayesh.exit_codes import DONE, INCOMPLETE, REFUSED
from palayesh.review.access import Visitor
from tasks import installation

CALM_EXITS = {DONE: "done", INCOMPLETE: "incomplete", REFUSED: "refused"}


@dataclass(frozen=True)
class OrderState:
    """An order and what became of it: ``running``, ``done``, ``incomplete``, ``refused``, ``failed`` or ``lost``."""

    order: MonthOrder
    state: str


def store() -> OrderStore:
    """The orders of this installation."""
    return OrderStore(installation.registry())


def start(
    who: Visitor, month: str, *, confirm: list[str], request_id: str, now: dt.datetime, clock: Callable[[], dt.datetime]
) -> bool:
    """A run of the month from what is received has begun; false when this request began one before.

    A submission that is held for its volume counts as confirmed by this visitor.
    """
    act = Act(now, who.name, who.role, "run_started", month, detail={"confirmed": confirm})
    values = {"id": request_id, "month": month, "ordered_by": who.name, "ordered_at": now, "process": None}
    if not store().add(values, act):
        return False
    folder = private_folder(settings.current().var.resolve() / "orders")
    command = [sys.executable, "-m", "flows.cli", "run", "--month", month]
    for submission_id in confirm:
        command += ["--confirm", submission_id]
    root = str(Path(__file__).resolve().parents[1])
    environment = {
        **os.environ,
        "PALAYESH_VAR": str(settings.current().var.resolve()),
        "PALAYESH_DATABASE_URL": settings.current().database_url,
        "PALAYESH_OPERATOR": who.name,  # prepared by the visitor, who then cannot release it
        "PYTHONPATH": os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part),
    }
    mark = hashlib.sha256(request_id.encode()).hexdigest()[:8]
    with (folder / f"{now:%Y%m%dT%H%M%S}-{mark}.log").open("xb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own programme, with a month and ids that were looked up
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    store().change(request_id, process=process.pid)
    threading.Thread(target=_wait, args=(process, request_id, clock), daemon=True).start()
    return True


def _wait(process: subprocess.Popen[bytes], order_id: str, clock: Callable[[], dt.datetime]) -> None:
    code = process.wait()
    store().change(order_id, exit_code=code, ended_at=clock())


def recent(month: str) -> list[OrderState]:
    """The month's last orders, the newest first."""
    return [OrderState(order, _state(order)) for order in store().orders(month)]


def _state(order: MonthOrder) -> str:
    if order.exit_code is not None:
        return CALM_EXITS.get(order.exit_code, "failed")
    # The console may have been started anew since: then nobody waits for the process, which may be over.
    return "running" if order.process and _lives(order.process) else "lost"


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
