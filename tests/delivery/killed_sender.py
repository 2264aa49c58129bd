"""A process that forks children which deliver, or release, and die by SIGKILL at their n-th step.

Steps are counted, not named: before and after each database write and commit, each command to the mail server, each
answer from it. Reads a line of JSON for each child (``do``, ``n``, ``settings``, ``month``) and answers with a line: how
the child ended and how many steps it made. It runs no thread and opens no database, so that its children start clean.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import smtplib
import sys
from pathlib import Path

from mail_world import drafts
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.adapters.registry import Registry
from tasks import installation
from tasks.deliver import send_queued

NOW = dt.datetime(2025, 5, 22, 8, 0, tzinfo=dt.UTC)


class Steps:
    """Counts, and kills its own process at the n-th."""

    def __init__(self, n: int, report: int) -> None:
        self.n, self.report, self.count = n, report, 0

    def __call__(self, *_: object, **__: object) -> None:
        self.count += 1
        os.pwrite(self.report, b"%08d" % self.count, 0)
        if self.count == self.n:
            os.kill(os.getpid(), signal.SIGKILL)


def count_steps(step: Steps) -> None:
    """Every write, commit, command and answer of this process is a step, before and after."""

    def is_write(statement: str) -> bool:
        return statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")

    @event.listens_for(Engine, "before_cursor_execute")
    def _before(_c: object, _u: object, statement: str, *_: object) -> None:
        if is_write(statement):
            step()

    @event.listens_for(Engine, "after_cursor_execute")
    def _after(_c: object, _u: object, statement: str, *_: object) -> None:
        if is_write(statement):
            step()

    def around(owner: type, name: str) -> None:
        original = getattr(owner, name)

        def stepped(self: object, *arguments: object, **named: object) -> object:
            step()
            result = original(self, *arguments, **named)
            step()
            return result

        setattr(owner, name, stepped)

    around(Connection, "_commit_impl")
    around(smtplib.SMTP, "send")
    around(smtplib.SMTP, "getreply")


def work(order: dict) -> None:
    more = {
        key: Path(value) if key in ("var", "delivery", "mail_ca_file") else value
        for key, value in order["settings"].items()
    }
    settings.override(**more)
    Registry._migrate = lambda self: None  # the one who ordered has opened it: no step of a sender
    outbox = Outbox(installation.registry())
    with os.fdopen(os.open(order["report"], os.O_RDWR | os.O_CREAT), "r+b") as report:
        count_steps(Steps(order["n"], report.fileno()))
        if order["do"] == "deliver":
            send_queued(lambda: NOW)
        else:
            outbox.release(
                order["run"], month=order["month"], revision=2, released_by="second", checks=[],
                drafts=drafts(order["month"], "director", "deputy", revision=2), domain="ostan.example", at=NOW,
            )  # fmt: skip


def main() -> None:
    installation.agencies()  # read once, for every child
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                work(order)
            except BaseException as error:  # whatever it is, the parent tells it
                print(json.dumps({"error": repr(error)}), flush=True)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        count = Path(order["report"]).read_bytes()
        print(
            json.dumps(
                {"killed": killed, "exit": None if killed else os.WEXITSTATUS(status), "steps": int(count or 0)}
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
