"""A second person signs a month off; what then leaves is what they saw, and says what the report says."""

import re
from collections.abc import Callable

import mail_world
import pytest
from mail_world import PASSWORD, PREPARED_BY, RELEASER, Clock, Handler

from palayesh.adapters.outbox import Outbox
from palayesh.findings import Refusal
from tasks.deliver import send_queued
from tasks.release import check_release, release

DIRECTOR, DEPUTY = "director@ostan.example", "deputy@ostan.example"
Render = Callable[..., str]


def failing(run_id: str) -> set[str]:
    return {check.key for check in check_release(run_id) if check.blocks and not check.passed}


def test_a_month_from_release_to_the_mailbox(outbox: Outbox, rendered: Render, handler: Handler, clock: Clock) -> None:
    run_id = rendered()
    assert failing(run_id) == set()
    noted = {check.key: check.detail for check in check_release(run_id) if not check.passed}
    assert noted == {"lists": mail_world.LATE_LIST}, "what is missing is shown, and keeps nothing back"
    assert release(run_id, by=RELEASER, now=clock()) == {"queued": 2, "already": False, "released_by": RELEASER}
    assert send_queued(clock) == {"accepted": 2}
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 1}

    # The same month again: nothing new is queued, and nothing is sent.
    assert release(run_id, by=RELEASER, now=clock())["already"]
    assert send_queued(clock) == {}
    assert len(handler.letters) == 2
    # Nor by a second releaser who saw the month unreleased a moment ago.
    late = {"month": mail_world.MONTH, "revision": 1, "released_by": "other", "checks": [], "domain": "ostan.example"}
    assert not outbox.release(run_id, drafts=mail_world.drafts(mail_world.MONTH, "director"), at=clock(), **late)
    assert {event.event for m in outbox.messages() for event in outbox.events(m.id)} == {
        "queued",
        "sending",
        "accepted",
    }


def test_who_prepared_may_not_release(outbox: Outbox, rendered: Render, clock: Clock) -> None:
    run_id = rendered()
    for name, code in (
        (PREPARED_BY, "same_person"),
        (f"  {PREPARED_BY.upper()} ", "same_person"),
        ("stranger", "not_releaser"),
    ):
        with pytest.raises(Refusal, match=code):
            release(run_id, by=name, now=clock())
    outbox.note_preparer(run_id, RELEASER)
    with pytest.raises(Refusal, match="same_person"):
        release(run_id, by=RELEASER, now=clock())
    assert outbox.release_of(run_id) is None
    assert outbox.messages() == []


def test_a_later_revision_takes_the_place_of_what_has_not_left(
    outbox: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    first = rendered()
    release(first, by=RELEASER, now=clock())
    handler.faults[DIRECTOR] = ["RCPT:451 4.7.1"]
    assert send_queued(clock) == {"deferred": 1, "accepted": 1}
    second = rendered(inputs="a late list")
    assert second != first
    release(second, by=RELEASER, now=clock())
    clock.pass_(days=1)
    assert send_queued(clock) == {"accepted": 2}
    found = {(m.revision, m.recipient): m.state for m in outbox.messages()}
    assert found == {
        (1, "director"): "superseded", (1, "deputy"): "accepted", (2, "director"): "accepted", (2, "deputy"): "accepted",
    }  # fmt: skip
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 2}
    assert "ویرایش ۲" in handler.messages(DIRECTOR)[0]["Subject"]
    ids = {message["Message-ID"] for address in (DIRECTOR, DEPUTY) for message in handler.messages(address)}
    assert len(ids) == 3


def test_a_message_being_prepared_when_it_is_superseded_does_not_leave(
    outbox: Outbox, rendered: Render, clock: Clock
) -> None:
    release(rendered(), by=RELEASER, now=clock())
    claimed = outbox.claim(clock())
    release(rendered(inputs="a late list"), by=RELEASER, now=clock())
    assert not outbox.begin_transmission(claimed, clock())


def test_an_uncertain_message_of_an_earlier_revision_is_not_sent_again(
    outbox: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    handler.faults[DIRECTOR] = ["DATA:cut after"]
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    unsure = next(m for m in outbox.messages() if m.state == "uncertain")
    release(rendered(inputs="a late list"), by=RELEASER, now=clock())
    with pytest.raises(Refusal, match="message_superseded"):
        outbox.decide(unsure.id, "resend", by=RELEASER, at=clock())


def test_bounces_and_acknowledgements_are_in_the_ledger(
    outbox: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    handler.faults[DEPUTY] = ["DATA:cut after"]
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    ids = {message.recipient: message.id for message in outbox.messages()}
    outbox.decide(ids["deputy"], "acknowledged", by="clerk", at=clock())
    outbox.decide(ids["director"], "bounced", by="clerk", at=clock())
    assert mail_world.states(outbox) == {"director": "failed", "deputy": "accepted"}
    assert [(e.event, e.decided_by) for e in outbox.events(ids["director"])] == [
        ("queued", None), ("sending", None), ("accepted", None), ("bounced", "clerk"),
    ]  # fmt: skip
    for id_, act in ((ids["deputy"], "resend"), (ids["director"], "acknowledged"), ("M0", "resend")):
        with pytest.raises(Refusal, match=r"message_state|no_message"):
            outbox.decide(id_, act, by="clerk", at=clock())


def test_the_registry_holds_no_address_and_no_password(
    rendered: Render, outbox: Outbox, handler: Handler, clock: Clock
) -> None:
    handler.faults[DIRECTOR] = ["RCPT:550 5.1.1"]
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    with outbox.registry.engine.connect() as connection:
        kept = "".join(
            repr(connection.exec_driver_sql(f"select * from {table}").all())
            for table in ("outbox_messages", "outbox_events", "letters", "releases", "preparations")
        )
    assert "director" in kept
    assert not re.search(r"director@|deputy@|" + PASSWORD, kept)
