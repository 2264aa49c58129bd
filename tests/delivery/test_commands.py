"""What the person at the command line sees of release and delivery."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mail_world import MONTH, PASSWORD, PREPARED_BY, RELEASER, Clock, Handler, QuietController, queue
from typer.testing import CliRunner

from flows import readiness
from flows.cli import build
from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.findings import Refusal


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"


@pytest.fixture
def command(outbox: Outbox, wide_terminal: None) -> Callable[..., Any]:
    def run(*arguments: str, lang: str = "en") -> Any:
        settings.override(lang=lang)
        return CliRunner().invoke(build(lang), list(arguments))

    return run


def palayesh(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """The command in a process of its own, where Prefect may be imported."""
    now = settings.current()
    chosen = {f"PALAYESH_{name.upper()}": str(getattr(now, name)) for name in now.model_fields_set}
    environment = {**os.environ, "COLUMNS": "200", **chosen, **environment}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "flows.cli", "--lang", "en", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )


@pytest.mark.slow
def test_release_shows_the_checks_asks_and_queues(
    rendered: Callable[..., str], outbox: Outbox, handler: Handler, command: Callable[..., Any]
) -> None:
    rendered()
    same = palayesh("release", "--month", MONTH, "--by", PREPARED_BY, "--yes")
    assert same.returncode == 1
    assert "second person" in same.stderr
    assert "Traceback" not in same.stderr
    assert "disclosure gate" in same.stdout.lower(), "the checks are shown first"

    unasked = palayesh("release", "--month", MONTH, "--by", RELEASER)
    assert unasked.returncode == 1, "without a terminal nobody has agreed"
    assert outbox.messages() == []

    released = palayesh("release", "--month", MONTH, "--by", RELEASER, "--yes")
    assert released.returncode == 0, released.stderr
    assert f"released by {RELEASER}; 2 letters wait" in released.stdout
    assert {m.state for m in outbox.messages()} == {"queued"}
    for left in settings.current().var.rglob("prefect/**/*"):
        if left.is_file():
            assert RELEASER.encode() not in left.read_bytes(), "Prefect keeps parameters in clear text"

    sent = command("deliver")
    assert (sent.exit_code, sent.stdout.strip()) == (0, "accepted: 2")
    assert len(handler.letters) == 2


def test_status_and_a_persons_decisions(outbox: Outbox, handler: Handler, command: Callable[..., Any]) -> None:
    handler.faults["director@ostan.example"] = ["DATA:cut after"]
    unsure, fine = queue(outbox, "director", "deputy", at=Clock().now)
    assert command("deliver").exit_code == 3, "something waits for a person"
    shown = command("deliver", "--status")
    assert shown.exit_code == 3
    assert "uncertain: you decide" in shown.stdout
    assert "@" not in shown.stdout
    assert isinstance(command("deliver", "--resend", unsure).exception, Refusal), "it has to be known who decides"
    assert command("deliver", "--acknowledged", unsure, "--by", "clerk").exit_code == 0
    assert command("deliver", "--bounced", fine, "--by", "clerk").exit_code == 0
    persian = command("deliver", "--status", "--month", MONTH, lang="fa")
    assert persian.exit_code == 3
    assert "گیرنده رسیدن آن را گفته" in persian.stdout
    assert "bounced (clerk)" in persian.stdout
    assert command("deliver", "--resend", fine, "--by", "clerk").exit_code == 0
    assert command("deliver").exit_code == 0


def mail_finding() -> dict[str, Any]:
    return next(finding for finding in readiness.examine("en") if finding["name"] == "mail")


def test_the_doctor_signs_in_and_sends_nothing(
    outbox: Outbox, handler: Handler, server: QuietController, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queue(outbox, "director")
    found = mail_finding()
    assert found["ready"], found
    assert f"127.0.0.1:{server.port} (starttls)" in found["detail"]
    assert handler.letters == []
    monkeypatch.delenv("PALAYESH_REPORT_PASSWORD_DEPUTY")
    assert (mail_finding()["ready"], "deputy" in mail_finding()["detail"]) == (False, True)
    monkeypatch.setenv("PALAYESH_REPORT_PASSWORD_DEPUTY", PASSWORD)
    settings.override(mail_ca_file=None)
    assert "certificate" in mail_finding()["detail"]
    settings.override(delivery=tmp_path / "absent.yml")
    assert mail_finding() == {
        "name": "mail",
        "ready": True,
        "detail": "reports stay in their folder; no delivery is set up",
    }
