"""Ages and elapsed months, counted the same way wherever a rule or a figure needs them."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.reporting_month import ReportingMonth


def age_in_years(birth_date: pd.Series, day: dt.date | pd.Series) -> pd.Series:
    """Completed years of age on ``day`` (Int64; absent where birth or the day is unknown).

    Someone born on 29 February completes a year on 1 March of a common year.
    """
    year, month, day_of_month = (
        (day.dt.year, day.dt.month, day.dt.day) if isinstance(day, pd.Series) else (day.year, day.month, day.day)
    )
    birthday_to_come = (birth_date.dt.month > month) | (
        (birth_date.dt.month == month) & (birth_date.dt.day > day_of_month)
    )
    years = (year - birth_date.dt.year).astype("Float64") - birthday_to_come.astype("Float64")
    known = birth_date.notna() & (day.notna() if isinstance(day, pd.Series) else True)
    return years.where(known).astype("Int64")


def is_younger_than(limit: int, *, birth_date: pd.Series, birth_year: pd.Series, day: pd.Series) -> pd.Series:
    """Whether someone is under ``limit`` whole years on ``day`` (boolean; absent where it cannot be told).

    Where only the Solar Hijri year of birth is known, the answer is given when it is the same for every day of that
    year, and is absent otherwise.
    """
    by_date = (age_in_years(birth_date, day) < limit).astype("boolean")
    years_apart = solar_hijri_year(day) - birth_year.astype("Int64")
    by_year = (years_apart <= limit).astype("boolean").mask((years_apart == limit).fillna(False))
    return by_date.where(birth_date.notna(), by_year)


def solar_hijri_year(day: pd.Series) -> pd.Series:
    """The Solar Hijri year in which each day lies (Int64; absent where the day is)."""
    days = day.dropna().drop_duplicates()
    years = {value: ReportingMonth.of(value.date()).year for value in days}
    return day.map(years).astype("Int64")


def completed_months(start: pd.Series, end: dt.date) -> pd.Series:
    """Whole (Gregorian) months from ``start`` to ``end`` (Int64; absent where ``start`` is)."""
    months = (end.year - start.dt.year) * 12 + end.month - start.dt.month
    month_to_come = (start.dt.day > end.day).astype("float64")
    return (months - month_to_come).where(start.notna()).astype("Int64")


def has_lasted_longer_than(months: int, *, start: pd.Series, end: dt.date) -> pd.Series:
    """Whether more than ``months`` months lie between ``start`` and ``end``: exactly so many is not more (boolean)."""
    return (start + pd.DateOffset(months=months) < pd.Timestamp(end)).astype("boolean").where(start.notna())
