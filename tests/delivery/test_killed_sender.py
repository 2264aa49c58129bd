"""A sender killed at any of its steps: nobody gets two letters, and nobody none but those that a person is asked about."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mail_world import Clock, Handler, queue, states

from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.findings import Refusal
from palayesh.reporting_month import ReportingMonth
from tasks.deliver import send_queued

HERE = Path(__file__).resolve().parent
FIRST = ReportingMonth(1400, 1)
MOST_STEPS = 200


@pytest.fixture
def run_child(outbox: Outbox, tmp_path: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Starts a child that works on the installation and dies at its n-th step (0: never); says how it ended."""
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
    process = subprocess.Popen(
        [sys.executable, str(HERE / "killed_sender.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert process.stdin and process.stdout
    chosen = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in settings.current().model_dump().items()
        if name in settings.current().model_fields_set
    }
    report = tmp_path / "steps"

    def run(do: str, n: int, **more: Any) -> dict[str, Any]:
        report.unlink(missing_ok=True)
        order = {"do": do, "n": n, "settings": chosen, "report": str(report), **more}
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer

    yield run
    process.stdin.close()
    process.wait(timeout=30)


def send_when_free() -> None:
    """PostgreSQL needs a moment to see that the dead sender's line is cut, and holds its lock until then."""
    for _ in range(200):
        try:
            send_queued(Clock())
            return
        except Refusal as refusal:
            assert refusal.code == "already_sending"
            time.sleep(0.05)
    pytest.fail("the dead sender's lock was not given back")


def kill_and_send_again(
    n: int, recipients: list[str], outbox: Outbox, handler: Handler, run_child: Callable[..., dict[str, Any]]
) -> tuple[bool, list[str]]:
    """A sender dies at its n-th step, another goes on: did the first die, and for whom does nobody know?"""
    month = str(FIRST.plus(n + len(recipients) * MOST_STEPS))
    queue(outbox, *recipients, month=month)
    handler.letters.clear()
    first = run_child("deliver", n)
    send_when_free()
    got, now = handler.count(), states(outbox, month)
    for recipient in recipients:
        letters = got[f"{recipient}@ostan.example"]
        assert letters <= 1, f"step {n}: {recipient} got two"
        assert now[recipient] in ("accepted", "uncertain"), f"step {n}: {now}"
        assert letters == 1 or now[recipient] == "uncertain", f"step {n}: {recipient} got none"
    uncertain = [recipient for recipient, state in now.items() if state == "uncertain"]
    assert len(uncertain) <= 1, "only the letter that was leaving"
    assert send_queued(Clock()) == {}, f"step {n}: a third sender found something"
    assert first["killed"] or first["exit"] == 0
    return first["killed"], uncertain


def test_a_sender_killed_at_every_step(
    outbox: Outbox, handler: Handler, run_child: Callable[..., dict[str, Any]]
) -> None:
    """n = 1, 2, 3 … until a run ends by itself; after each, a sender that nobody kills."""
    unsure_at = []
    for n in range(1, MOST_STEPS):
        killed, uncertain = kill_and_send_again(n, ["director"], outbox, handler, run_child)
        unsure_at += [n] * len(uncertain)
        if not killed:
            break
    else:
        pytest.fail("no run ended by itself")
    assert n > 40, "every write, command and answer was a step"
    assert unsure_at == list(range(unsure_at[0], unsure_at[-1] + 1)), (
        "one stretch, from before DATA to the stored answer"
    )
    assert len(unsure_at) < n / 3
    for step in (n - 3, n + 20, n + 30):  # in the midst of the second letter of two
        kill_and_send_again(step, ["director", "deputy"], outbox, handler, run_child)


def test_a_release_killed_at_every_step_is_whole_or_not_there(
    outbox: Outbox, run_child: Callable[..., dict[str, Any]]
) -> None:
    """The release, its letters and the withdrawal of the earlier revision's are one."""
    registry = outbox.registry
    for n in range(1, MOST_STEPS):
        month = str(FIRST.plus(n))
        run_id, _, _ = registry.begin_run(
            month, inputs_sha256="x", rules_sha256="r", judgement_position=0, code_version="1", issued_on=FIRST.last_day
        )
        queue(outbox, "director", month=month)
        ended = run_child("release", n, run=run_id, month=month)
        found = {(m.revision, m.recipient): m.state for m in outbox.messages(month)}
        if outbox.release_of(run_id) is None:
            assert ended["killed"]
            assert found == {(1, "director"): "queued"}, f"step {n}"
        else:
            assert found == {
                (1, "director"): "superseded", (2, "director"): "queued", (2, "deputy"): "queued",
            }, f"step {n}"  # fmt: skip
        if not ended["killed"]:
            assert n > 10
            return
    pytest.fail("no run ended by itself")
