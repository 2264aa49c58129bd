"""Ages and months by the Solar Hijri calendar, on both sides of each birthday and month's end."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jdatetime import date as other_calendar
from persiantools.jdatetime import JalaliDate

from palayesh.elapsed import age_in_years, completed_months, has_lasted_longer_than, is_younger_than, months_later


def days(*values: dt.date | None) -> pd.Series:
    return pd.Series(list(values), dtype="datetime64[s]")


def hijri(year: int, month: int, day: int) -> dt.date:
    return JalaliDate(year, month, day).to_gregorian()


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ((1386, 2, 31), (1404, 2, 30), 17),
        ((1386, 2, 31), (1404, 2, 31), 18),
        ((1399, 12, 30), (1400, 12, 29), 0),  # a leap day's birthday waits for 1 Farvardin in a common year
        ((1399, 12, 30), (1401, 1, 1), 1),
        ((1399, 12, 30), (1403, 12, 30), 4),
    ],
)
def test_age(born: tuple[int, int, int], on: tuple[int, int, int], age: int) -> None:
    assert age_in_years(days(hijri(*born)), days(hijri(*on))).tolist() == [age]


def test_an_unknown_birth_has_no_age() -> None:
    assert age_in_years(days(None, dt.date(2000, 1, 1)), days(dt.date(2025, 1, 1), None)).isna().all()


@given(st.dates(dt.date(1950, 1, 1), dt.date(2024, 1, 1)), st.dates(dt.date(2024, 1, 2), dt.date(2030, 1, 1)))
@settings(max_examples=60, deadline=None)
def test_age_agrees_with_another_calendar_library(born: dt.date, on: dt.date) -> None:
    then, now = other_calendar.fromgregorian(date=born), other_calendar.fromgregorian(date=on)
    expected = now.year - then.year - ((now.month, now.day) < (then.month, then.day))
    assert age_in_years(days(born), days(on)).tolist() == [expected]


@pytest.mark.parametrize(("year", "answer"), [(1387, True), (1386, None), (1385, False)])
def test_a_bare_year_of_birth_answers_only_where_every_day_of_it_does(year: int, answer: bool | None) -> None:
    young = is_younger_than(
        18, birth_date=days(None), birth_year=pd.Series([year], dtype="Int64"), day=days(hijri(1404, 2, 31))
    )
    assert (None if young.isna()[0] else bool(young[0])) is answer


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ((1404, 2, 31), (1404, 2, 31), 0),
        ((1404, 1, 31), (1404, 2, 31), 1),
        ((1404, 2, 1), (1404, 2, 31), 0),
        ((1403, 6, 31), (1403, 7, 30), 1),  # the 31st of a month is complete on the next month's last day
        ((1403, 6, 31), (1403, 7, 29), 0),
        ((1404, 3, 1), (1404, 2, 31), -1),
    ],
)
def test_completed_months(start: tuple[int, int, int], end: tuple[int, int, int], months: int) -> None:
    assert completed_months(days(hijri(*start)), hijri(*end)).tolist() == [months]


def test_months_later_keeps_to_the_month() -> None:
    later = months_later(days(hijri(1403, 6, 31), hijri(1403, 12, 30), None), 12)
    assert later.dt.date.tolist()[:2] == [hijri(1404, 6, 31), hijri(1404, 12, 29)]
    assert later.isna().tolist() == [False, False, True]


def test_exactly_so_many_months_is_not_more() -> None:
    start = days(hijri(1403, 8, 15))
    assert has_lasted_longer_than(6, start=start, end=hijri(1404, 2, 15)).tolist() == [False]
    assert has_lasted_longer_than(6, start=start, end=hijri(1404, 2, 16)).tolist() == [True]
