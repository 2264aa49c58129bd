"""The schedule: on the first day of each Solar Hijri month, in Tehran, the month before is run by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from flows import environment
from flows.wording import Language, say
from palayesh.reporting_month import ReportingMonth

TEHRAN = ZoneInfo("Asia/Tehran")
HOUR = 6
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


def serve(inbox: Path, *, lang: Language) -> None:
    """Hold the schedule until interrupted; a run that was due while the machine was down is made up for."""
    environment.prepare()
    from prefect import flow
    from prefect.schedules import RRule

    from flows.monthly_coverage import monthly_coverage
    from flows.screen_output import console

    @flow(name="scheduled-month", persist_result=False)
    def scheduled_month(inbox: str) -> None:
        month = due_month(dt.datetime.now(TEHRAN))
        monthly_coverage(str(month), str(inbox_of(Path(inbox), month)))

    today = dt.datetime.now(TEHRAN).date()
    console.print(say("serving", lang, next=f"{first_days(today, 1)[0]:%Y-%m-%d} {HOUR:02d}:00"), markup=False)
    scheduled_month.serve(
        name="monthly",
        parameters={"inbox": str(inbox.resolve())},
        schedule=RRule(recurrence(today), timezone="Asia/Tehran"),
        pause_on_shutdown=False,
        limit=1,
        print_starting_message=False,
    )
