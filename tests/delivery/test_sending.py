"""Letters reach a real mail server once each, whatever the server does."""

import socket
import threading
from pathlib import Path

import mail_world
import pytest
from mail_world import Clock, Handler, QuietController, drafts, queue, states

from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.delivery.outcomes import DELAYS
from palayesh.findings import Refusal
from tasks.deliver import send_queued

DIRECTOR, DEPUTY = "director@ostan.example", "deputy@ostan.example"


def test_every_recipient_gets_one_letter_over_tls(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    queue(outbox, "director", "deputy")
    assert send_queued(clock) == {"accepted": 2}
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 1}
    assert handler.in_clear == 0
    message = handler.messages(DIRECTOR)[0]
    stored = next(m for m in outbox.messages() if m.recipient == "director")
    assert message["Message-ID"] == stored.message_id
    assert message["To"].addresses[0].addr_spec == DIRECTOR
    assert DEPUTY not in message.as_string()
    assert stored.reason == "250 2.0.0"


def test_sending_again_and_queueing_again_sends_nothing(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    queue(outbox, "director", "deputy")
    send_queued(clock)
    again = drafts(mail_world.MONTH, "director", "deputy")
    assert outbox.queue(again, domain="ostan.example", at=clock()) == 0
    assert send_queued(clock) == {}
    assert len(handler.letters) == 2
    assert [event.event for event in outbox.events(again[0].key)] == ["queued", "sending", "accepted"]


def test_a_server_that_is_away_costs_nothing_and_loses_nothing(
    outbox: Outbox, handler: Handler, server: QuietController, clock: Clock
) -> None:
    queue(outbox, "director")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.override(mail_port=unused.getsockname()[1])
        for _ in range(len(DELAYS) + 2):
            with pytest.raises(Refusal, match="mail_unreachable"):
                send_queued(clock)
    assert [event.event for event in outbox.events(outbox.messages()[0].id)] == ["queued"]
    settings.override(mail_port=server.port)
    assert send_queued(clock) == {"accepted": 1}
    assert handler.count() == {DIRECTOR: 1}


@pytest.mark.parametrize("phase", ["RCPT", "DATA"])
def test_a_greylisted_letter_is_sent_later(phase: str, outbox: Outbox, handler: Handler, clock: Clock) -> None:
    handler.faults[DIRECTOR] = [f"{phase}:451 4.7.1", f"{phase}:450 4.2.0"]
    queue(outbox, "director", "deputy")
    assert send_queued(clock) == {"deferred": 1, "accepted": 1}
    assert send_queued(clock) == {}, "its time has not come"
    clock.now += DELAYS[0]
    assert send_queued(clock) == {"deferred": 1}
    clock.now += DELAYS[1]
    assert send_queued(clock) == {"accepted": 1}
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 1}
    director = next(m for m in outbox.messages() if m.recipient == "director")
    reasons = [event.reason for event in outbox.events(director.id) if event.event == "deferred"]
    assert reasons == ["451 4.7.1", "450 4.2.0"], "the numbers of the reply and not its text, which names an address"


def test_a_letter_that_is_always_put_off_fails_in_the_end(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    handler.faults[DIRECTOR] = ["RCPT:451 4.7.1"] * 50
    queue(outbox, "director")
    for _ in range(len(DELAYS)):
        assert send_queued(clock) == {"deferred": 1}
        clock.pass_(days=2)
    assert send_queued(clock) == {"failed": 1}
    assert outbox.messages()[0].reason == "451 4.7.1 gave up"
    assert handler.letters == []


def test_one_refused_recipient_keeps_nobody_from_theirs(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    handler.faults[DIRECTOR] = ["RCPT:550 5.1.1"]
    queue(outbox, "director", "deputy")
    assert send_queued(clock) == {"failed": 1, "accepted": 1}
    assert handler.count() == {DEPUTY: 1}
    assert states(outbox) == {"director": "failed", "deputy": "accepted"}


@pytest.mark.parametrize("fault", ["cut before", "cut after", "slow"])
def test_a_letter_whose_reply_is_lost_is_uncertain_and_stays(
    fault: str, outbox: Outbox, handler: Handler, clock: Clock
) -> None:
    handler.faults[DIRECTOR] = [f"DATA:{fault}"]
    ids = queue(outbox, "director", "deputy")
    assert send_queued(clock) == {"uncertain": 1, "accepted": 1}
    sent = handler.count()[DIRECTOR]
    clock.pass_(days=30)
    assert send_queued(clock) == {}
    assert handler.count()[DIRECTOR] == sent, "nobody but a person sends it again"

    outbox.decide(ids[0], "resend", by=mail_world.RELEASER, at=clock())
    assert send_queued(clock) == {"accepted": 1}
    assert handler.count()[DIRECTOR] == sent + 1
    assert len({message["Message-ID"] for message in handler.messages(DIRECTOR)}) == 1
    resend = next(event for event in outbox.events(ids[0]) if event.event == "resend")
    assert resend.decided_by == mail_world.RELEASER


@pytest.mark.parametrize("fault", ["cut", "slow"])
def test_a_conversation_lost_before_the_letter_left_is_tried_again(
    fault: str, outbox: Outbox, handler: Handler, clock: Clock
) -> None:
    handler.faults[DIRECTOR] = [f"RCPT:{fault}"]
    queue(outbox, "director")
    assert send_queued(clock) == {"deferred": 1}
    clock.now += DELAYS[0]
    assert send_queued(clock) == {"accepted": 1}
    assert handler.count() == {DIRECTOR: 1}


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_wrong_certificate_stops_everything(
    kind: str, outbox: Outbox, clock: Clock, handler: Handler, tmp_path: Path, certificate: mail_world.Certificate
) -> None:
    """Neither one of another authority nor one for another name."""
    queue(outbox, "director")
    for wrong in (
        mail_world.make_certificate(tmp_path / "other", "localhost", "127.0.0.1"),
        mail_world.make_certificate(tmp_path / "named", "mail.elsewhere.example"),
    ):
        trusted = certificate.authority if wrong.authority.parent.name == "other" else wrong.authority
        controller = QuietController(handler, wrong, kind)
        controller.start()
        try:
            settings.override(mail_port=controller.port, mail_security=kind, mail_ca_file=trusted)
            with pytest.raises(Refusal, match="mail_certificate"):
                send_queued(clock)
        finally:
            controller.stop()
    assert handler.letters == []
    assert handler.in_clear == 0
    assert states(outbox) == {"director": "queued"}


def test_a_server_without_tls_gets_nothing(outbox: Outbox, clock: Clock, handler: Handler) -> None:
    controller = QuietController(handler, None, "none")
    controller.start()
    try:
        settings.override(mail_port=controller.port)
        queue(outbox, "director")
        with pytest.raises(Refusal, match="mail_no_tls"):
            send_queued(clock)
        settings.override(mail_security="none", mail_host="mail.elsewhere.example")
        with pytest.raises(Refusal, match="mail_clear"):
            send_queued(clock)
        assert handler.letters == []
        settings.override(mail_security="none", mail_host="127.0.0.1")
        assert send_queued(clock) == {"accepted": 1}, "a server on this very machine may be spoken to in the clear"
    finally:
        controller.stop()


def test_tls_from_the_first_byte(
    outbox: Outbox, clock: Clock, handler: Handler, certificate: mail_world.Certificate
) -> None:
    controller = QuietController(handler, certificate, "tls")
    controller.start()
    try:
        settings.override(mail_port=controller.port, mail_security="tls")
        queue(outbox, "director")
        assert send_queued(clock) == {"accepted": 1}
    finally:
        controller.stop()


def test_the_password_is_used_and_never_told(
    outbox: Outbox, clock: Clock, handler: Handler, certificate: mail_world.Certificate, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    secret = "the-secret-of-the-server"
    controller = QuietController(
        handler, certificate, authenticator=mail_world.only_user("office", secret), auth_required=True
    )
    controller.start()
    try:
        settings.override(mail_port=controller.port, mail_user="office")
        queue(outbox, "director")
        with pytest.raises(Refusal, match="mail_password"):
            send_queued(clock)
        monkeypatch.setenv("PALAYESH_MAIL_PASSWORD", "wrong-" + secret)
        with pytest.raises(Refusal, match="mail_sign_in") as refused:
            send_queued(clock)
        assert secret not in str(refused.value)
        monkeypatch.delenv("PALAYESH_MAIL_PASSWORD")
        file = tmp_path / "mail.password"
        file.write_text(secret + "\n")
        file.chmod(0o644)
        settings.override(mail_password_file=file)
        with pytest.raises(Refusal, match="password_file_open"):
            send_queued(clock)
        file.chmod(0o600)
        assert send_queued(clock) == {"accepted": 1}
    finally:
        controller.stop()
    told = caplog.text + "".join(capfd.readouterr()) + repr(settings.current())
    assert secret not in told


def test_two_senders_at_once_send_each_letter_once(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    handler.faults = {DIRECTOR: ["RCPT:slow"]}
    settings.override(mail_timeout=10)
    queue(outbox, "director", "deputy")
    results: list[object] = []

    def send() -> None:
        try:
            results.append(send_queued(clock))
        except Refusal as refusal:
            results.append(refusal.code)

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(map(str, results)) == sorted(["already_sending", "Counter({'accepted': 2})"])
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 1}


def test_a_sender_that_lost_its_lock_sends_nothing_twice(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    """Even without the lock, each step of a sender is refused once another has taken the message over."""
    queue(outbox, "director")
    first = outbox.claim(clock())
    assert outbox.recover(clock()) == (1, 0)
    second = outbox.claim(clock())
    assert not outbox.begin_transmission(first, clock()), "the first may not begin any more"
    assert outbox.begin_transmission(second, clock())
    assert not outbox.begin_transmission(second, clock()), "and nobody begins twice"
    assert outbox.recover(clock()) == (0, 1)
    assert states(outbox) == {"director": "uncertain"}
    assert not outbox.settle(first, mail_world.Settled("accepted", "250"), clock())
    assert outbox.settle(second, mail_world.Settled("accepted", "250"), clock()), "what is known to be accepted is so"
    assert states(outbox) == {"director": "accepted"}


def test_a_letter_is_not_sent_to_who_no_longer_gets_it(outbox: Outbox, handler: Handler, clock: Clock) -> None:
    queue(outbox, "director", "deputy")
    recipients = dict(mail_world.CONFIGURATION["recipients"])
    recipients["director"] = recipients["director"] | {"agency": "behzisti"}
    del recipients["deputy"]
    mail_world.write_configuration(settings.current().delivery, recipients=recipients)
    assert send_queued(clock) == {"failed": 2}
    assert {m.reason for m in outbox.messages()} == {"not the recipient's", "no such recipient"}
    assert handler.letters == []
