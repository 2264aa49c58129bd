"""Agencies are reminded once, stewards told once, whatever the machine was doing meanwhile."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mail_world import CONFIGURATION, MONTH, NOW, RELEASER, Clock, Handler, QuietController, write_configuration

from flows.schedule import delivery_round, due_month
from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.correspondence import ReminderDays
from palayesh.delivery.reminders import escalation_week, reminders_due
from palayesh.findings import Refusal
from palayesh.reporting_month import ReportingMonth
from tasks import installation, receive
from tasks.deliver import queue_escalations, queue_notices, queue_reminders, send_queued, what_waits

BEHZISTI, STEWARDS = "lists@behzisti.example", "stewards@ostan.example"
MONTH_OF = ReportingMonth.parse(MONTH)


def day(number: int, hour: int = 8) -> dt.datetime:
    """The day of the following month, in Tehran."""
    local = dt.datetime.combine(MONTH_OF.last_day + dt.timedelta(days=number), dt.time(hour))
    return local.replace(tzinfo=dt.timezone(dt.timedelta(hours=3, minutes=30))).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("month", "today", "kind"),
    [
        ((1404, 2), dt.date(2025, 5, 21), None),  # 31 Ordibehesht itself
        ((1404, 2), dt.date(2025, 5, 22), "due"),
        ((1404, 2), dt.date(2025, 5, 30), "due"),
        ((1404, 2), dt.date(2025, 5, 31), "late"),
        ((1403, 12), dt.date(2025, 3, 20), None),  # 30 Esfand of a leap year
        ((1403, 12), dt.date(2025, 3, 21), "due"),  # Nowruz
        ((1404, 12), dt.date(2026, 3, 20), None),  # 29 Esfand
        ((1404, 12), dt.date(2026, 3, 21), "due"),
        ((1404, 12), dt.date(2026, 3, 30), "late"),
    ],
)
def test_days_are_counted_from_the_months_end(month: tuple[int, int], today: dt.date, kind: str | None) -> None:
    found = reminders_due(ReportingMonth(*month), today, ["b/x", "a/y"], ReminderDays())
    assert [(one.list_key, one.kind) for one in found] == ([("a/y", kind), ("b/x", kind)] if kind else [])


def test_an_agency_is_reminded_once_that_its_list_is_due_and_once_that_it_is_late(
    outbox: Outbox, handler: Handler, tmp_path: Path
) -> None:
    for number in (1, 1, 2, 5, 10, 10, 14):
        for hour in (5, 8, 8, 20):
            delivery_round(tmp_path / "inbox", Clock(day(number, hour)))
    of_lists = [m for m in outbox.messages(MONTH) if m.kind in ("due", "late")]
    lists = {f"behzisti/{name}" for name in installation.agencies()["behzisti"].lists}
    assert {(m.kind, m.subject_key) for m in of_lists} == {(kind, key) for kind in ("due", "late") for key in lists}
    assert handler.count()[BEHZISTI] == 2 * len(lists)
    assert {m.recipient for m in of_lists} == {"behzisti_office"}, "no agency hears of another's list"
    text = handler.messages(BEHZISTI)[0].get_body(("plain",)).get_content()
    assert "اردیبهشت ۱۴۰۴" in text
    assert not list(handler.messages(BEHZISTI)[0].iter_attachments())


def test_nobody_is_reminded_at_night(outbox: Outbox, handler: Handler, tmp_path: Path) -> None:
    delivery_round(tmp_path / "inbox", Clock(day(1, 4)))
    assert outbox.messages() == []


def test_after_a_pause_only_the_late_reminder_goes(outbox: Outbox, handler: Handler, tmp_path: Path) -> None:
    delivery_round(tmp_path / "inbox", Clock(day(12)))
    assert {m.kind for m in outbox.messages() if m.kind != "notice"} == {"late"}


def test_a_list_that_lies_in_the_inbox_is_not_asked_for(outbox: Outbox, handler: Handler, tmp_path: Path) -> None:
    sample = next(iter(sorted((settings.current().expectations / "agencies" / "behzisti" / "sample").glob("*.xlsx"))))
    (tmp_path / "inbox" / "behzisti").mkdir(parents=True)
    shutil.copy(sample, tmp_path / "inbox" / "behzisti" / sample.name)
    delivery_round(tmp_path / "inbox", Clock(day(1)))
    come = {s.list_key for s in outbox.registry.submissions(MONTH, states=["validated"])}
    asked = {m.subject_key for m in outbox.messages() if m.kind == "due"}
    assert come
    assert not come & asked


def test_an_agency_whose_files_could_not_be_taken_in_is_heard_of_and_not_reminded(
    outbox: Outbox,
    handler: Handler,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(path: Path, *, agency: str, **more: object) -> str:
        raise ValueError(f"{agency} 9901234561")

    (tmp_path / "inbox" / "behzisti").mkdir(parents=True)
    (tmp_path / "inbox" / "behzisti" / "list.xlsx").write_bytes(b"x")
    with monkeypatch.context() as patched:
        patched.setattr(receive, "receive_file", broken)
        done = delivery_round(tmp_path / "inbox", Clock(day(10)))
    assert done["agencies_failed"] == 1
    assert [m.subject_key for m in outbox.messages(MONTH) if m.kind == "late"] == []
    heard = capsys.readouterr().err.replace("\n", " ")
    assert "ValueError at" in heard
    assert "9901234561" not in heard
    delivery_round(tmp_path / "inbox", Clock(day(11)))
    assert [m.subject_key for m in outbox.messages(MONTH) if m.kind == "late"], (
        "once it is mended, who is late hears of it"
    )


def lies_in_the_inbox(inbox: Path) -> None:
    sample = next(iter(sorted((settings.current().expectations / "agencies" / "behzisti" / "sample").glob("*.xlsx"))))
    (inbox / "behzisti").mkdir(parents=True)
    shutil.copy(sample, inbox / "behzisti" / sample.name)


def reminders(outbox: Outbox) -> dict[str, str]:
    return {m.subject_key: m.state for m in outbox.messages(MONTH) if m.kind in ("due", "late")}


def test_a_list_that_comes_while_its_reminder_waits_is_not_asked_for(
    outbox: Outbox, handler: Handler, server: QuietController, tmp_path: Path
) -> None:
    settings.override(mail_port=1)  # the mail server is away
    with pytest.raises(Refusal):
        delivery_round(tmp_path / "inbox", Clock(day(1)))
    waiting = reminders(outbox)
    assert set(waiting.values()) == {"queued"}
    lies_in_the_inbox(tmp_path / "inbox")
    settings.override(mail_port=server.port)
    delivery_round(tmp_path / "inbox", Clock(day(1, 9)))
    come = {s.list_key for s in outbox.registry.submissions(MONTH, states=["validated"])}
    assert come
    assert reminders(outbox) == {key: "superseded" if key in come else "accepted" for key in waiting}
    assert handler.count()[BEHZISTI] == len(waiting) - len(come)


def test_a_reminder_that_waits_is_held_back_while_the_files_cannot_be_taken_in(
    outbox: Outbox, handler: Handler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *, agency: str, **more: object) -> str:
        raise ValueError("broken")

    assert queue_reminders(MONTH_OF, day(1)) > 0
    lies_in_the_inbox(tmp_path / "inbox")
    clock = Clock(day(1, 9))
    with monkeypatch.context() as patched:
        patched.setattr(receive, "receive_file", broken)
        for _ in range(3):
            assert delivery_round(tmp_path / "inbox", clock)["held_back"] > 0
            assert send_queued(clock) == {}, "nor by hand"
            clock.pass_(minutes=15)
    assert handler.count()[BEHZISTI] == 0
    delivery_round(tmp_path / "inbox", clock)
    come = {key for key, state in reminders(outbox).items() if state == "superseded"}
    assert come, "the list is there, and its reminder withdrawn"
    clock.pass_(hours=1)
    delivery_round(tmp_path / "inbox", clock)
    assert {state for key, state in reminders(outbox).items() if key not in come} <= {"accepted"}
    assert handler.count()[BEHZISTI] == len(reminders(outbox)) - len(come)


def test_a_reminder_waits_while_the_month_is_being_computed(outbox: Outbox, handler: Handler, tmp_path: Path) -> None:
    assert queue_reminders(MONTH_OF, day(1)) > 0
    clock = Clock(day(1, 9))
    with outbox.registry.month_lock(MONTH):
        assert delivery_round(tmp_path / "inbox", clock)["held_back"] > 0
    assert handler.count()[BEHZISTI] == 0
    clock.pass_(hours=1)
    delivery_round(tmp_path / "inbox", clock)
    assert handler.count()[BEHZISTI] > 0


def test_even_a_sender_by_hand_asks_for_no_list_that_has_come(
    outbox: Outbox, handler: Handler, rendered: Callable[..., str]
) -> None:
    waiting = queue_reminders(MONTH_OF, day(1))
    rendered()  # every list of that agency has come
    assert send_queued(Clock(day(1))) == {"superseded": waiting}
    assert handler.letters == []


def test_a_reminder_that_has_not_left_is_withdrawn_when_the_list_comes(
    outbox: Outbox, handler: Handler, rendered: Callable[..., str]
) -> None:
    assert queue_reminders(MONTH_OF, day(1)) > 0
    rendered()  # every list of that agency has come
    queue_reminders(MONTH_OF, day(1))
    assert send_queued(Clock(day(1))) == {}
    assert {m.state for m in outbox.messages()} == {"superseded"}


def test_the_stewards_are_told_when_something_else_waits_and_once_a_day(
    outbox: Outbox, handler: Handler, rendered: Callable[..., str]
) -> None:
    clock = Clock(NOW)
    assert queue_notices(MONTH_OF, clock()) == 0, "nothing waits"
    run_id = rendered()
    assert what_waits(MONTH_OF)[0] == {"held": 0, "pairs": 12, "release": 1, "mail": 0}
    assert [queue_notices(MONTH_OF, clock()) for _ in range(3)] == [1, 0, 0]
    clock.pass_(days=1)
    assert queue_notices(MONTH_OF, clock()) == 0, "the same waits: nobody is told twice"
    outbox.release(
        run_id, month=MONTH, revision=1, released_by=RELEASER, checks=[], drafts=[], domain="ostan.example", at=clock()
    )
    assert queue_notices(MONTH_OF, clock()) == 1
    assert send_queued(clock) == {"accepted": 2}
    first, second = (m.get_body(("plain",)).get_content() for m in handler.messages(STEWARDS))
    assert "تأیید نفر دوم" in first
    assert "تأیید نفر دوم" not in second
    assert "۱۲ جفت" in second


GOVERNOR = "governor@ostan.example"


@pytest.fixture
def escalated(outbox: Outbox) -> Outbox:
    """The office has somebody above who hears of what stays open."""
    governor = {
        "title": {"fa": "معاون محترم استاندار", "en": "The Deputy Governor"},
        "address": GOVERNOR,
        "escalations": True,
    }
    recipients = CONFIGURATION["recipients"] | {"governor": governor}
    write_configuration(settings.current().delivery, recipients=recipients)
    return outbox


@pytest.mark.parametrize(("passed", "week"), [(19, None), (20, 1), (26, 1), (27, 2), (34, 3)])
def test_escalation_is_counted_in_weeks(passed: int, week: int | None) -> None:
    assert escalation_week(MONTH_OF, MONTH_OF.last_day + dt.timedelta(days=passed), ReminderDays()) == week


def test_whoever_is_above_is_told_once_a_week_and_hears_no_agencys_reminder(
    escalated: Outbox, handler: Handler, tmp_path: Path
) -> None:
    for number in (1, 10, 19, 20, 20, 23, 27, 28):
        delivery_round(tmp_path / "inbox", Clock(day(number)))
    letters = handler.messages(GOVERNOR)
    assert len(letters) == 2
    text = letters[0].get_body(("plain",)).get_content()
    title = installation.agencies()["behzisti"].title.fa
    assert "۲۰ روز" in text
    assert title in text
    assert "تأیید و فرستاده نشده" in text
    assert handler.count()[BEHZISTI] > 0
    assert GOVERNOR not in {m.recipient for m in escalated.messages() if m.kind in ("due", "late")}


def test_nothing_is_escalated_once_the_lists_came_and_the_month_is_released(
    escalated: Outbox, handler: Handler, rendered: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks import ledger

    run_id = rendered()
    monkeypatch.setattr(ledger, "missing_lists", lambda month: [])
    escalated.release(
        run_id, month=MONTH, revision=1, released_by=RELEASER, checks=[], drafts=[], domain="ostan.example", at=day(20)
    )
    assert queue_escalations(MONTH_OF, day(27)) == 0
    monkeypatch.undo()
    assert queue_escalations(MONTH_OF, day(27)) == 1, "other lists have stayed away"


def test_a_machine_without_delivery_sends_nothing(outbox: Outbox, tmp_path: Path) -> None:
    settings.override(delivery=tmp_path / "absent.yml")
    assert delivery_round(tmp_path / "inbox", Clock(day(1))) == {}


def test_the_month_that_is_reminded_of_is_the_one_that_tehran_has_just_left() -> None:
    assert due_month(day(1, 0)) == MONTH_OF
    assert due_month(day(1, 0) - dt.timedelta(minutes=1)) == MONTH_OF.previous()
