"""Which reminders are due on a day; the same day and the same lists give the same reminders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from palayesh.correspondence import ReminderDays
from palayesh.reporting_month import ReportingMonth

WEEK = 7
ReminderKind = Literal["due", "late"]


@dataclass(frozen=True, order=True)
class Reminder:
    """A list that has not come."""

    list_key: str
    month: str
    kind: ReminderKind

    @property
    def agency(self) -> str:
        return self.list_key.split("/")[0]


def reminders_due(
    month: ReportingMonth, today: dt.date, missing: Iterable[str], days: ReminderDays
) -> tuple[Reminder, ...]:
    """One reminder for each missing list: that it is due, or (only that) that it is late.

    After a pause of the machine nobody is told first that a list is due and at once that it is late.
    """
    passed = (today - month.last_day).days
    if passed < days.due:
        return ()
    kind: ReminderKind = "late" if passed >= days.late else "due"
    return tuple(Reminder(list_key, str(month), kind) for list_key in sorted(missing))


def escalation_week(month: ReportingMonth, today: dt.date, days: ReminderDays) -> int | None:
    """The number of the week of escalation that ``today`` lies in, from 1; None before its first day.

    Whoever is above is told once in each of them for as long as something is open.
    """
    passed = (today - month.last_day).days - days.escalated
    return passed // WEEK + 1 if passed >= 0 else None
