"""Letters that come back are noted from the mailbox, once each, and nothing in the mailbox is changed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mailbox_world
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st
from mail_world import Certificate, Clock, Handler, QuietController, queue
from mailbox_world import Mailbox, notice
from typer.testing import CliRunner

from flows.cli import build
from flows.schedule import delivery_round
from palayesh.adapters import mailbox, settings
from palayesh.adapters.outbox import Outbox
from palayesh.delivery.bounces import read_notification
from palayesh.findings import Refusal
from tasks import deliver

LETTER = (
    b"From: reports@ostan.example\r\nTo: director@ostan.example\r\nSubject: =?utf-8?b?2q/Ysg==?=\r\n"
    b"Message-ID: <M0123456789abcde.1404-02@ostan.example>\r\n\r\nwords\r\n"
)


@pytest.fixture(scope="session")
def imap_server(certificate: Certificate) -> Iterator[Mailbox]:
    if mailbox_world.program() is None:
        if os.environ.get("PALAYESH_REQUIRE_IMAP"):
            pytest.fail("Dovecot is not installed")
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd")
    with mailbox_world.running(certificate) as server:
        yield server


@pytest.fixture
def returns(
    imap_server: Mailbox, outbox: Outbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mailbox]:
    """The mailbox of the installation, over TLS."""
    monkeypatch.setenv("PALAYESH_MAILBOX_PASSWORD", mailbox_world.PASSWORD)
    settings.override(
        mailbox_host="127.0.0.1",
        mailbox_port=imap_server.ports["tls"],
        mailbox_user=mailbox_world.USER,
        mailbox_ca_file=certificate.authority,
        mail_timeout=10,
    )
    yield imap_server
    imap_server.empty()


def sent(outbox: Outbox, handler: Handler, clock: Clock) -> tuple[list[str], dict[str, bytes]]:
    """Two letters that the server took; and what it took, by recipient."""
    ids = queue(outbox, "director", "deputy", at=clock())
    deliver.send_queued(clock)
    return ids, dict(handler.letters)


def states(outbox: Outbox) -> dict[str, tuple[str, str]]:
    return {m.id: (m.state, m.reason) for m in outbox.messages()}


def today(clock: Clock) -> None:
    """The mailbox dates what comes by its own clock."""
    import datetime as dt

    clock.now = dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_letter_that_comes_back_is_not_delivered(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock, headers_only: bool
) -> None:
    today(clock)
    (first, second), letters = sent(outbox, handler, clock)
    returns.deliver(notice(letters["director@ostan.example"], headers_only=headers_only))
    assert deliver.read_bounces(clock) == {"bounced": 1}
    assert states(outbox) == {first: ("failed", "bounced 5.1.1"), second: ("accepted", "250 2.0.0")}
    last = outbox.events(first)[-1]
    assert (last.event, last.decided_by) == ("bounced", None)
    assert "@" not in last.reason


def test_seen_twice_counts_once_and_a_resend_outlives_the_old_notice(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock, certificate: Certificate
) -> None:
    today(clock)
    (first, _), letters = sent(outbox, handler, clock)
    letter = letters["director@ostan.example"]
    returns.deliver(notice(letter))
    returns.deliver(notice(letter))  # the server has left a second copy
    assert deliver.read_bounces(clock) == {"bounced": 1, "known": 1}
    outbox.decide(first, "resend", by="clerk", at=clock())
    assert deliver.send_queued(clock) == {"accepted": 1}
    assert deliver.read_bounces(clock) == {"known": 2}
    assert states(outbox)[first][0] == "accepted", "the old notice is about the former attempt"
    returns.deliver(notice(letter, own_id="<n2@mx.example>"))
    assert deliver.read_bounces(clock) == {"known": 2, "bounced": 1}
    assert states(outbox)[first][0] == "failed", "the new one about this attempt"
    assert returns.seen(certificate) == 0, "nothing in the mailbox is marked"


def test_other_letters_are_left_and_what_cannot_be_read_is_counted(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock
) -> None:
    today(clock)
    ids, letters = sent(outbox, handler, clock)
    letter = letters["director@ostan.example"]
    returns.deliver(mailbox_world.ordinary_letter())
    returns.deliver(notice(letter, action="delayed", status="4.4.1", own_id="<late@mx.example>"))
    returns.deliver(notice(letter).replace(b"Action: failed\r\n", b""))
    returns.deliver(notice(letter.replace(b"Message-ID", b"X-Other"), own_id="<none@mx.example>"))
    returns.deliver(notice(LETTER, own_id="<foreign@mx.example>"))
    returns.deliver(b"\xff\xfe\x00 no letter at all")
    assert deliver.read_bounces(clock) == {"unreadable": 2, "unmatched": 1}
    assert {states(outbox)[one][0] for one in ids} == {"accepted"}


def test_a_long_letter_that_comes_back_whole_is_matched_by_its_beginning(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock
) -> None:
    today(clock)
    (first, _), letters = sent(outbox, handler, clock)
    returns.deliver(notice(letters["director@ostan.example"] + b"AAAA\r\n" * 500_000))
    assert deliver.read_bounces(clock) == {"bounced": 1}
    assert states(outbox)[first][0] == "failed"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_it_is_read_over_tls(outbox: Outbox, returns: Mailbox, security: str) -> None:
    settings.override(mailbox_security=security, mailbox_port=returns.ports[security])
    assert mailbox.check() == f"127.0.0.1:{returns.ports[security]} ({security})"


def test_without_tls_a_right_certificate_and_password_nothing_is_read(
    outbox: Outbox, returns: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> str:
        with pytest.raises(mailbox.Unreachable) as caught:
            mailbox.check()
        assert "password" not in caught.value.sentence_en.replace("mailbox_user and the password", "")
        return caught.value.code

    settings.override(mailbox_folder="Nowhere")
    assert refused() == "mailbox_unreachable"
    settings.override(mailbox_folder="INBOX")
    monkeypatch.setenv("PALAYESH_MAILBOX_PASSWORD", "wrong")
    assert refused() == "mailbox_sign_in"
    monkeypatch.setenv("PALAYESH_MAILBOX_PASSWORD", mailbox_world.PASSWORD)
    settings.override(mailbox_security="none", mailbox_host="mail.ostan.example")
    assert refused() == "mailbox_clear"
    settings.override(mailbox_host="127.0.0.1", mailbox_ca_file=None)
    for security in ("tls", "starttls"):
        settings.override(mailbox_security=security, mailbox_port=returns.ports[security])
        assert refused() == "mailbox_certificate"
    settings.override(mailbox_port=1)
    assert refused() == "mailbox_unreachable"


def test_the_round_reads_it_after_it_has_sent(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock, tmp_path: Path
) -> None:
    today(clock)
    (first, _), letters = sent(outbox, handler, clock)
    returns.deliver(notice(letters["director@ostan.example"]))
    done = delivery_round(tmp_path / "inbox", clock)
    assert done["returned_bounced"] == 1
    assert states(outbox)[first][0] == "failed"

    handler.letters.clear()
    queue(outbox, "director", month="1404-03", at=clock())
    settings.override(mailbox_port=1)
    with pytest.raises(Refusal):
        delivery_round(tmp_path / "inbox", clock)
    assert len(handler.letters) >= 1, "a mailbox that is away keeps no letter back"


def test_the_command_tells_what_it_found(
    outbox: Outbox, handler: Handler, returns: Mailbox, clock: Clock, server: QuietController, wide_terminal: None
) -> None:
    today(clock)
    _, letters = sent(outbox, handler, clock)

    def run(*arguments: str) -> Any:
        settings.override(lang="en")
        return CliRunner().invoke(build("en"), ["deliver", *arguments])

    assert run("--returns").exit_code == 0
    returns.deliver(notice(letters["director@ostan.example"]))
    told = run("--returns")
    assert told.exit_code == 3
    assert told.stdout.strip() == "newly bounced: 1, noted before: 0, about another letter: 0, unreadable: 0"
    assert run("--returns").exit_code == 0
    assert "bounced 5.1.1" in run("--status").stdout
    assert isinstance(run("--returns", "--status").exception, Refusal)
    settings.override(mailbox_host="")
    assert "mailbox_host" in run("--returns").exception.sentence_en


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 900))
@searching(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_is_a_notice_no_notice_or_unreadable(noise: bytes, start: int, length: int) -> None:
    whole = notice(LETTER)
    damaged = whole[:start] + noise + whole[start + length :]
    try:
        found = read_notification(damaged)
    except ValueError:
        return
    assert found is None or found.message_id.startswith("<")


def test_a_notice_about_several_recipients_has_failed_if_one_has(monkeypatch: pytest.MonkeyPatch) -> None:
    both = notice(LETTER).replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; a@b.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient",
        1,
    )
    found = read_notification(both)
    assert found is not None
    assert (found.has_failed, found.status) == (True, "5.1.1")
