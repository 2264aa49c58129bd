"""The schedule: on the first day of each Solar Hijri month, in Tehran, the month before is run by itself.

Every quarter of an hour, reminders and notices that are due are queued and what waits in the outbox is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path

from flows import environment
from flows.wording import say
from palayesh.adapters import settings
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import TEHRAN, ReportingMonth

HOUR = 6
FIRST_HOUR_OF_MAIL = 7
"""Reminders and notices wait for the morning; released reports do not."""
DELIVERY_EVERY = dt.timedelta(minutes=15)
MONTHS_AHEAD = 120
"""Ten years of dates are about 1,900 of the 6,500 characters that Prefect takes for one rule."""


def first_days(today: dt.date, months: int = MONTHS_AHEAD) -> list[dt.date]:
    """The first days of the next ``months`` Solar Hijri months after ``today`` (Gregorian)."""
    month = ReportingMonth.of(today)
    return [month.plus(n).first_day for n in range(1, months + 1)]


def recurrence(today: dt.date) -> str:
    """The schedule as an iCalendar rule: every date by name, because no rule counts Solar Hijri months."""
    return "RDATE:" + ",".join(f"{day:%Y%m%d}T{HOUR:02d}0000" for day in first_days(today))


def due_month(now: dt.datetime) -> ReportingMonth:
    """The month that a run started at ``now`` reports on: the one before the month that Tehran is in."""
    return ReportingMonth.of(now.astimezone(TEHRAN).date()).previous()


def inbox_of(inbox: Path, month: ReportingMonth) -> Path:
    """``inbox/1404-02`` where the office keeps a folder per month, else ``inbox`` itself."""
    own = inbox / str(month)
    return own if own.is_dir() else inbox


def delivery_round(inbox: Path, clock: Callable[[], dt.datetime]) -> dict[str, int]:
    """Agencies are reminded, stewards told, and whatever waits in the outbox is sent; counts of what was done.

    Safe at any time and as often as wanted: what is due follows from the day and the registry, and each message is
    queued once, so a round that was missed is made up for by the next one.
    """
    from tasks import correspondence, deliver

    if not correspondence.is_set_up():
        return {}
    month = due_month(clock())
    done: dict[str, int] = {}
    # Before anything of it leaves, too: a reminder may have waited while the list came.
    unread = _not_taken_in(inbox, month) if deliver.may_remind(month, clock()) else frozenset()
    if unread is None or unread:
        done["held_back"] = deliver.hold_reminders(month, clock(), unread=unread)
    if clock().astimezone(TEHRAN).hour >= FIRST_HOUR_OF_MAIL:
        if unread is not None:
            done["reminders"] = deliver.queue_reminders(month, clock(), unread=unread)
            if unread:
                done["agencies_failed"] = len(unread)
        done["notices"] = deliver.queue_notices(month, clock())
        done["escalations"] = deliver.queue_escalations(month, clock())
    try:
        done |= dict(deliver.send_queued(clock))
    except Refusal as refusal:
        if refusal.code != "already_sending":  # else somebody else sends what waits
            raise
    # Last, so that a mailbox that is away keeps no letter back.
    return done | {f"returned_{what}": count for what, count in deliver.read_bounces(clock).items()}


def _not_taken_in(inbox: Path, month: ReportingMonth) -> frozenset[str] | None:
    """What lies in the inbox has been received, so that no agency is asked for what it has sent.

    Returns the agencies whose files could not be taken in, each told; nothing while a run holds the month.
    """
    from flows.screen_output import errors
    from tasks import installation, receive, validate
    from tasks.stage import StageFailed

    failed = set()
    lang = settings.current().language
    agencies = installation.agencies()
    try:
        with installation.registry().month_lock(str(month)):
            for agency in sorted(agencies):
                try:  # one agency's broken file stops no other's reminder
                    receive.receive_agency.fn(str(month), agency, str(inbox_of(inbox, month)), None)
                    validate.validate_agency.fn(str(month), agency)
                except StageFailed as error:
                    failed.add(agency)
                    title = getattr(agencies[agency].title, lang)
                    errors.print(say("agency_not_taken_in", lang, agency=title, error=str(error)), markup=False)
    except Refusal as refusal:
        if refusal.code != "already_running":
            raise
        return None  # the month is being computed: the next round reminds
    return frozenset(failed)


def serve(inbox: Path, *, lang: Language) -> None:
    """Hold the schedule until interrupted; what was due while the machine was down is made up for."""
    environment.prepare()
    from prefect.exceptions import TerminationSignal
    from prefect.runner import Runner
    from prefect.schedules import Interval, RRule

    from flows.scheduled import scheduled_delivery, scheduled_month
    from flows.screen_output import console

    today = dt.datetime.now(TEHRAN).date()
    console.print(say("serving", lang, next=f"{first_days(today, 1)[0]:%Y-%m-%d} {HOUR:02d}:00"), markup=False)
    runner = Runner(name="palayesh", pause_on_shutdown=False, limit=2)
    for scheduled, name, schedule in (
        (scheduled_month, "monthly", RRule(recurrence(today), timezone="Asia/Tehran")),
        (scheduled_delivery, "delivery", Interval(DELIVERY_EVERY, timezone="Asia/Tehran")),
    ):
        added = runner.add_flow(scheduled, name=name, parameters={"inbox": str(inbox.resolve())}, schedule=schedule)
        assert not asyncio.iscoroutine(added)  # there is no event loop yet, so it is done
    with contextlib.suppress(TerminationSignal):
        asyncio.run(runner.start())
