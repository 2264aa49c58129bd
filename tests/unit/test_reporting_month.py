"""A reporting month is Solar Hijri outside and Gregorian inside."""

import datetime as dt

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palayesh.reporting_month import ReportingMonth

MONTHS = st.builds(ReportingMonth, st.integers(1300, 1498), st.integers(1, 12))


def test_the_reference_month() -> None:
    month = ReportingMonth.parse("1404-02")
    assert (month.first_day, month.last_day, month.as_of) == (
        dt.date(2025, 4, 21),
        dt.date(2025, 5, 21),
        dt.date(2025, 5, 21),
    )
    assert month.title() == "اردیبهشت ۱۴۰۴"
    assert str(month) == "1404-02"


def test_persian_digits_are_read() -> None:
    assert ReportingMonth.parse("۱۴۰۴/۲") == ReportingMonth(1404, 2)


@pytest.mark.parametrize("text", ["", "1404", "1404-13", "1404-00", "04-02", "2025-05"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        ReportingMonth.parse(text)


@given(MONTHS)
def test_months_follow_each_other_without_a_gap(month: ReportingMonth) -> None:
    assert month.next().first_day == month.last_day + dt.timedelta(days=1)
    assert month.next().previous() == month
    assert ReportingMonth.of(month.first_day) == ReportingMonth.of(month.last_day) == month
    assert month.first_day == jdatetime.date(month.year, month.month, 1).togregorian()
