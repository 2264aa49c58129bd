"""What keeps a right person from a wrong power: who prepared a month, what is signed off, whose judgements are taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.models import Report
from palayesh.adapters.outbox import Outbox
from palayesh.adapters.registry import Registry
from palayesh.findings import Refusal
from palayesh.review.access import Role, Visitor
from palayesh.review.standing import in_force
from tasks import installation, orders, receive, reviewing
from tests.web import world
from tests.web.conftest import Browser, first_pair, judge

Visit = Callable[[str], Browser]
CHIEF = Visitor("maryam", "Maryam", Role.CHIEF, None, "t")
STEWARD = Visitor("zahra", "Zahra", Role.STEWARD, "relief_committee", "t")

FAULTY = """
from flows import environment
environment.prepare()
from fastapi.testclient import TestClient
from console import application, sign_in
from palayesh.adapters import settings
def broken(*_, **__):
    raise ValueError("cell 9900000001")
sign_in.sign_in_page = broken
client = TestClient(application.create(settings.current()), base_url="http://127.0.0.1", raise_server_exceptions=False)
print(client.get("/sign-in").status_code)
"""


def test_a_fault_of_the_console_is_heard_by_its_kind_and_place_alone(tmp_path: Path) -> None:
    """Prefect, which the console imports, silences every logger that does not say otherwise."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FAULTY],
        env={**os.environ, "PALAYESH_VAR": str(tmp_path), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip().endswith("500"), done.stdout + done.stderr
    assert "ValueError at" in done.stderr
    assert "9900000001" not in done.stdout + done.stderr


def test_a_run_that_is_started_here_was_prepared_by_the_visitor(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, str]] = []

    class Process:
        pid = 1

        def __init__(self, _command: list[str], env: dict[str, str], **_more: object) -> None:
            started.append(env)

        def wait(self) -> int:
            return 0

    monkeypatch.setenv("PALAYESH_OPERATOR", "somebody.else")
    monkeypatch.setattr(orders.subprocess, "Popen", Process)
    for number in range(2):  # two in one second have a log each
        assert orders.start(
            STEWARD, world.MONTH, confirm=[], request_id=f"r{number}", now=world.NOW, clock=lambda: world.NOW
        )
    assert [env["PALAYESH_OPERATOR"] for env in started] == ["zahra", "zahra"]
    from palayesh.adapters import settings

    assert len(list((settings.current().var / "orders").iterdir())) == 2


def test_an_official_sees_a_report_only_when_it_was_signed_off_and_is_what_was_rendered(
    registry: Registry, visit: Visit
) -> None:
    run = registry.run(world.RUN)
    folder = installation.reports_folder(run.month, run.revision)
    folder.mkdir(parents=True)
    content = b"<html><style>p{}</style>counts</html>"
    (folder / "coverage.en.html").write_bytes(content)
    with registry.writing.begin() as connection:
        connection.execute(
            insert(Report).values(
                run_id=run.id, kind="coverage", lang="en", format="html", sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content), path="coverage.en.html",
            )
        )  # fmt: skip
    official, chief = visit("official"), visit("chief")
    assert official.get("/month/report").status_code == 404
    assert "/month/report" not in official.get("/month").text
    assert chief.get("/month/report").status_code == 200
    Outbox(registry).release(
        run.id, month=run.month, revision=run.revision, released_by="m.sadeghi", checks=[], drafts=[], domain="x",
        at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
    )  # fmt: skip
    assert official.get("/month/report").status_code == 200
    assert "/month/report" in official.get("/month").text
    (folder / "coverage.en.html").write_bytes(content + b"!")
    assert official.get("/month/report").status_code == 404


def test_of_a_step_for_many_a_steward_takes_back_only_what_is_his(registry: Registry) -> None:
    store = reviewing.store()
    every = store.queue(world.RUN, agency=None, steward="maryam", limit=100)
    own = next(pair for pair in every if "relief_committee" in (pair.agency_l, pair.agency_r))
    foreign = next(pair for pair in every if "behzisti" in (pair.agency_l, pair.agency_r))
    views = [reviewing.view_pair(CHIEF, world.RUN, pair.pair_id, now=None, shown=False) for pair in (own, foreign)]
    for number, view in enumerate(views):
        assert view is not None
        judgement = reviewing._judgement_of(
            CHIEF, view, "same", reason="", follows=0, request_id=f"b-{number}", batch="b"
        )
        store.judge_together([judgement], world_act())
    entry = store.log(own.pair_id)[-1]
    preview = reviewing.undo_preview(STEWARD, entry.id, world.MONTH)
    assert preview is not None
    assert [one.pair_id for one in preview.together] == [own.pair_id]
    reviewing.undo(STEWARD, preview, reason="", request_id="u", now=world.NOW)
    assert in_force(store.log(own.pair_id)) == []
    assert len(in_force(store.log(foreign.pair_id))) == 1
    everything = reviewing.undo_preview(CHIEF, store.log(foreign.pair_id)[-1].id, world.MONTH)
    assert everything is not None


def world_act() -> object:
    from palayesh.adapters.audit_store import Act

    return Act(world.NOW, "maryam", "chief", "judged_same_together", "p")


def test_a_note_on_a_pair_stays_with_the_judgement_and_is_not_sealed_in_the_audit_log(
    registry: Registry, visit: Visit
) -> None:
    steward = visit("steward")
    pair = first_pair(steward)
    assert judge(steward, pair, "same", note="she is the sister of his wife").status_code == 303
    assert reviewing.store().log(pair.rpartition("/")[2])[-1].reason == "she is the sister of his wife"
    sealed = AuditStore(registry).entries(limit=50)
    assert any(entry.action == "judged_same" for entry in sealed)
    assert not any("sister" in f"{entry.reason} {entry.detail}" for entry in sealed)


def test_what_could_not_be_read_cannot_be_confirmed(registry: Registry, visit: Visit) -> None:
    submission = registry.add_submission(
        {
            "agency": "relief_committee", "list_key": None, "month": world.MONTH, "sha256": "f" * 64, "size_bytes": 9,
            "received_on": dt.date(2025, 5, 21), "format": "xlsx", "state": "refused",
            "reason": {"code": "password", "fa": "ف", "en": "e"},
        },
        {},
    )  # fmt: skip
    number = submission if isinstance(submission, str) else submission.id
    assert visit("steward").post(f"/files/{number}/confirm", request="r").status_code == 404
    with pytest.raises(Refusal) as refused:
        receive.confirm(number)
    assert refused.value.code == "nothing_to_confirm"
    assert registry.submission(number).state == "refused"


def test_a_file_is_not_confirmed_while_a_run_holds_the_month(registry: Registry) -> None:
    held = next(s.id for s in registry.submissions(world.MONTH) if s.state == "held")
    with registry.month_lock(world.MONTH), pytest.raises(Refusal) as refused:
        receive.confirm(held)
    assert refused.value.code == "already_running"
    assert registry.submission(held).state == "held"
    receive.confirm(held)
    assert registry.submission(held).state == "read"
