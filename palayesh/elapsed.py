"""Ages and elapsed months by the Solar Hijri calendar, by which birthdays and months are counted in Iran.

Conversions are made once per distinct day, so the cost over a table is that of a look-up.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.reporting_month import ReportingMonth


def _solar_hijri(days: pd.Series) -> pd.DataFrame:
    """``year``, ``month`` and ``day`` (Int64; absent where the day is) of Gregorian days."""
    distinct = days.drop_duplicates().dropna()
    parts = [(value.year, value.month, value.day) for value in map(JalaliDate, distinct.dt.date)]
    table = pd.DataFrame(parts, columns=["year", "month", "day"], index=pd.Index(distinct), dtype="Int64")
    return table.reindex(pd.Index(days)).set_axis(days.index)


def solar_hijri_year(days: pd.Series) -> pd.Series:
    """The Solar Hijri year in which each day lies (Int64; absent where the day is)."""
    return _solar_hijri(days)["year"]


def age_in_years(birth_date: pd.Series, day: pd.Series) -> pd.Series:
    """Completed Solar Hijri years of age on ``day`` (Int64; absent where birth or the day is unknown).

    Someone born on 30 Esfand completes a year on 1 Farvardin after a common year.
    """
    born, on = _solar_hijri(birth_date), _solar_hijri(day)
    birthday_to_come = (born["month"] > on["month"]) | ((born["month"] == on["month"]) & (born["day"] > on["day"]))
    return on["year"] - born["year"] - birthday_to_come.astype("Int64")


def is_younger_than(limit: int, *, birth_date: pd.Series, birth_year: pd.Series, day: pd.Series) -> pd.Series:
    """Whether someone is under ``limit`` whole years on ``day`` (boolean; absent where it cannot be told).

    Where only the Solar Hijri year of birth is known, the answer is given when it is the same for every day of that
    year, and is absent otherwise.
    """
    by_date = (age_in_years(birth_date, day) < limit).astype("boolean")
    years_apart = solar_hijri_year(day) - birth_year.astype("Int64")
    by_year = (years_apart < limit).astype("boolean").mask((years_apart == limit).fillna(False))
    return by_date.where(birth_date.notna(), by_year)


def months_later(days: pd.Series, months: int) -> pd.Series:
    """The same day so many Solar Hijri months later, or that month's last day where it has no such day."""
    distinct = days.drop_duplicates().dropna()
    later = {value: pd.Timestamp(_months_later(value.date(), months)) for value in distinct}
    return days.map(later).astype("datetime64[s]")


def _months_later(day: dt.date, months: int) -> dt.date:
    month = ReportingMonth.of(day).plus(months)
    return min(month.first_day + dt.timedelta(days=JalaliDate(day).day - 1), month.last_day)


def completed_months(start: pd.Series, end: dt.date) -> pd.Series:
    """Whole Solar Hijri months from ``start`` to ``end`` (Int64, negative when ``start`` is later; absent where it is)."""
    begun, ended = _solar_hijri(start), JalaliDate(end)
    months = (ended.year - begun["year"]) * 12 + ended.month - begun["month"]
    is_last_day = end == ReportingMonth.of(end).last_day
    return months - ((begun["day"] > ended.day) & (not is_last_day)).astype("Int64")


def has_lasted_longer_than(months: int, *, start: pd.Series, end: dt.date) -> pd.Series:
    """Whether more than ``months`` months lie between ``start`` and ``end``: exactly so many is not more (boolean)."""
    return (months_later(start, months) < pd.Timestamp(end)).astype("boolean").where(start.notna())
