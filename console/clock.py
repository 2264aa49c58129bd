"""The only place of the console that knows what time it is."""

import datetime as dt

from palayesh.reporting_month import TEHRAN


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def day_began(moment: dt.datetime) -> dt.datetime:
    """Midnight in Tehran before the moment."""
    return moment.astimezone(TEHRAN).replace(hour=0, minute=0, second=0, microsecond=0)


def today(moment: dt.datetime) -> dt.date:
    """The day in Tehran."""
    return moment.astimezone(TEHRAN).date()
