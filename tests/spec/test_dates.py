"""Days in every style that agencies write."""

import datetime as dt

import pandas as pd
import pytest

from palayesh.solar_hijri import dates_column, read_date
from tests.spec.vector_files import vectors

AS_OF = dt.date(2025, 5, 21)


@pytest.mark.parametrize("as_of", [AS_OF, dt.date(2026, 9, 22)], ids=["1404-02", "1405-06"])
@pytest.mark.parametrize("case", vectors("date_vectors.csv"), ids=lambda case: f"{case['raw']} {case['role']}")
def test_every_vector_of_dates(case, as_of):
    read = read_date(case["raw"], role=case["role"], as_of=as_of)
    assert (read.status, read.rule) == (case["expected_status"], case["rule"])
    assert str(read.gregorian or "") == case["expected_gregorian"]
    known = [part for part in read.jalali or () if part is not None]
    jalali = "-".join(f"{part:02d}" for part in known)
    # The vector of a lost day names the year; we can keep the month too.
    assert jalali.startswith(case["expected_jalali"]) and bool(jalali) == bool(case["expected_jalali"])


@pytest.mark.parametrize(
    ("raw", "role", "day", "status", "rule"),
    [
        ("بیست و یکم خرداد ۱۳۷۰", "birth", (1991, 6, 11), "ok", "full_jalali"),
        ("سی و یکم شهریور ۱۳۵۵", "birth", (1976, 9, 22), "ok", "full_jalali"),
        ("سی‌ام آذر 1390", "birth", (2011, 12, 21), "ok", "full_jalali"),
        ("سوم اردی‌بهشت ۱۳۹۰", "birth", (2011, 4, 23), "ok", "full_jalali"),
        ("۷م مرداد ۱۳۶۳", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("اول مهر ماه ۶۵", "birth", (1986, 9, 23), "ok", "two_digit_year"),
        ("سه شنبه ۹ اردیبهشت ۱۴۰۴", "event", (2025, 4, 29), "ok", "full_jalali"),
        ("سه‌شنبه ۷ اردیبهشت ۱۴۰۴", "event", (2025, 4, 27), "warn", "weekday_disagrees"),
        ("جمعه 1404/02/07", "event", (2025, 4, 27), "warn", "weekday_disagrees"),
        ("یکشنبه 1404/02/07", "event", (2025, 4, 27), "ok", "full_jalali"),
        ("1363/05/07 00:00:00", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("1363.5.7", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("1363-5-7", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("1363 05 07", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("07-05-1363", "birth", (1984, 7, 29), "ok", "day_first_jalali"),
        ("30/12/1403", "event", (2025, 3, 20), "ok", "day_first_jalali"),
        ("630507", "birth", (1984, 7, 29), "ok", "two_digit_year"),
        ("07/05/63", "birth", (1984, 7, 29), "warn", "two_digit_year_day_first"),
        ("02/02/07", "birth", (1923, 4, 28), "warn", "two_digit_year_ambiguous"),
        ("03/05/07", "event", (2024, 7, 28), "warn", "two_digit_year_ambiguous"),
        ("99/05/07", "event", (2020, 7, 28), "ok", "two_digit_year"),
        ("63/5/7", "birth_child", (1984, 7, 29), "ok", "two_digit_year"),
        ("30892", "birth", (1984, 7, 29), "ok", "excel_serial"),
        ("30892.0", "birth", (1984, 7, 29), "ok", "excel_serial"),
        ("19840729", "birth", (1984, 7, 29), "ok", "iso_gregorian"),
        ("1984-07-29T00:00:00", "birth", (1984, 7, 29), "ok", "excel_datetime"),
        ("05/31/1984", "birth", (1984, 5, 31), "warn", "month_first_gregorian"),
        ("29 ژوئیه 1984", "birth", (1984, 7, 29), "ok", "month_name_gregorian"),
        ("29-Jul-84", "birth", (1984, 7, 29), "warn", "month_name_two_digit_year"),
        ("29-Jul-12", "birth_child", (2012, 7, 29), "warn", "month_name_two_digit_year"),
        ("31-Jun-84", "birth", None, "invalid", "not_a_gregorian_day"),
        ("1363/05/07 12:00:00 ق.ظ", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("۱۳۶۳/۰۵/۰۷ ۰۱:۳۰ ب.ظ.", "birth", (1984, 7, 29), "ok", "full_jalali"),
        ("2025-04-27 00:00:00", "event", (2025, 4, 27), "ok", "excel_datetime"),
        ("2003-02-07 00:00:00", "event", (2003, 2, 7), "warn", "excel_misread_jalali"),
        ("1998-02-07 00:00:00", "event", None, "suspect", "excel_misread_jalali"),
        ("1410/01/01", "planned_end", (2031, 3, 21), "ok", "full_jalali"),
        ("1410/01/01", "event", None, "invalid", "future_date"),
        ("1404/03/01", "birth", None, "invalid", "future_date"),
        ("1446/10/28", "event", None, "suspect", "lunar_hijri_like"),
        ("1280/05/05", "birth", (1901, 7, 27), "suspect", "age_over_110"),
        ("1970-01-01", "birth", (1970, 1, 1), "suspect", "placeholder_like"),
        ("1320/01/01", "start_of_custody", (1941, 3, 21), "suspect", "too_early"),
        ("مرداد ۱۳۶۳", "birth", None, "partial", "year_and_month"),
        ("1363/05", "birth", None, "partial", "year_and_month"),
        ("متولد ۱۳۶۳", "birth", None, "partial", "year_only"),
        ("1363.0", "birth", None, "partial", "year_only"),
        ("1984", "birth", None, "partial", "gregorian_year_only"),
        ("63", "birth", None, "partial", "two_digit_year_only"),
        ("63", "event", None, "invalid", "not_a_date"),
        ("010032", "birth", None, "partial", "zero_month_day"),
        ("1 می 1", "birth", None, "invalid", "year_out_of_range"),
        ("29 ژوئیه 84", "birth", (1984, 7, 29), "warn", "month_name_two_digit_year"),
        ("99999", "birth", None, "invalid", "year_out_of_range"),
        ("مرداد ² 1363", "birth", None, "invalid", "not_a_date"),
        ("05/32/1984", "birth", None, "invalid", "not_a_gregorian_day"),
        ("1363/13/01", "birth", None, "invalid", "month_out_of_range"),
        ("1363/5/32", "birth", None, "invalid", "day_out_of_range"),
        ("30/12/1363", "birth", None, "invalid", "not_leap"),
        ("1984-02-30", "birth", None, "invalid", "not_a_gregorian_day"),
        ("1363/05/07 - تهران", "birth", None, "invalid", "not_a_date"),
        ("حدود هفتاد سال", "birth", None, "invalid", "not_a_date"),
        ("9999/99/99", "birth", None, "missing", "placeholder"),
        ("ندارد", "birth", None, "missing", "placeholder"),
    ],
)
def test_other_cases_of_the_same_kinds(raw, role, day, status, rule):
    read = read_date(raw, role=role, as_of=AS_OF)
    assert (read.status, read.rule) == (status, rule)
    assert read.gregorian == (dt.date(*day) if day else None)


def test_a_partial_date_keeps_its_year():
    assert read_date("مرداد ۱۳۶۳", role="birth", as_of=AS_OF).jalali == (1363, 5, None)
    assert read_date("63", role="birth", as_of=AS_OF).jalali == (1363, None, None)
    assert read_date("1984", role="birth", as_of=AS_OF).jalali == (1363, None, None)


def test_serial_numbers_follow_the_workbooks_date_system():
    assert read_date("30892", role="birth", as_of=AS_OF, date_system=1900).gregorian == dt.date(1984, 7, 29)
    assert read_date("29430", role="birth", as_of=AS_OF, date_system=1904).gregorian == dt.date(1984, 7, 29)


def test_the_same_day_is_future_for_one_month_and_past_for_another():
    text = "1404/03/15"
    assert read_date(text, role="event", as_of=dt.date(2025, 5, 21)).status == "invalid"
    assert read_date(text, role="event", as_of=dt.date(2025, 6, 21)).status == "ok"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("29/07/1984", "repaired"),
        ("29 ژوئیه 1984", "repaired"),
        ("1984-07-31", "repaired"),  # 1384/07/31 never was
        ("2011-04-23 00:00:00", "repaired"),
        ("1984-07-29", "warn"),
        ("1963-05-07 00:00:00", "warn"),
        ("23136", "warn"),
        ("2002-02-07", "warn"),
    ],
)
def test_gregorian_days_among_solar_hijri_ones_are_marked(text, status):
    among = dates_column(pd.Series(["1363/05/07", text], dtype="str"), "birth", AS_OF)
    alone = dates_column(pd.Series([text], dtype="str"), "birth", AS_OF)
    assert among["status"].tolist() == ["ok", status]
    assert among["value"].tolist()[1:] == alone["value"].tolist() and among["value"].notna().all()
    assert alone["status"].tolist() == ["ok"]


def test_a_gregorian_column_is_as_it_is():
    table = dates_column(pd.Series(["1984-07-29", "1963-05-07 00:00:00"], dtype="str"), "birth", AS_OF)
    assert table["status"].tolist() == ["ok", "ok"]


def test_a_column_gives_values_only_where_they_can_be_used():
    texts = pd.Series(["1363/05/07", "1363", "1300/01/01", "1363/12/30", "-", "سه‌شنبه 1404/02/07"], dtype="str")
    table = dates_column(texts, "birth", AS_OF)
    assert table["value"].dtype == "datetime64[s]" and table["year"].dtype == "Int64"
    assert table["value"].notna().tolist() == [True, False, False, False, False, True]
    assert table["year"].fillna(0).tolist() == [1363, 1363, 0, 0, 0, 1404]
    assert table["status"].tolist() == ["ok", "partial", "suspect", "invalid", "missing", "warn"]


def test_each_row_may_have_its_own_role():
    texts = pd.Series(["02/02/07", "02/02/07"], index=[4, 2], dtype="str")
    table = dates_column(texts, pd.Series(["birth_child", "birth"], index=[4, 2]), AS_OF)
    assert table["year"].to_dict() == {4: 1402, 2: 1302}


def test_an_empty_column_stays_typed():
    table = dates_column(pd.Series([], dtype="str"), "birth", AS_OF)
    assert [str(kind) for kind in table.dtypes] == ["datetime64[s]", "str", "Int64"]
