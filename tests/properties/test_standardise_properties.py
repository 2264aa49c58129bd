"""What holds for every text, number and day, not only for the examples."""

import csv
import datetime as dt
from pathlib import Path

import jdatetime
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.identifiers import (
    has_right_check_digit,
    is_valid_national_id_column,
    phone_column,
    read_national_id,
    read_phones,
)
from palayesh.persian_text import clean_text, match_key, sort_key, to_ascii_digits, to_persian_digits
from palayesh.reporting_month import MONTH_NAMES_FA
from palayesh.solar_hijri import dates_column, read_date

AS_OF = dt.date(2025, 5, 21)
PERSIAN = "".join(map(chr, [*range(0x0600, 0x0700), *range(0xFB50, 0xFBC0), *range(0xFE70, 0xFEFD)]))
MARKS = (
    "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202e\u2066\u2069\ufeff\u00a0\u00ac\u00ad\u2003\u2028\t\n \ufdf2\ufdfc"
)
TEXTS = st.text(alphabet=PERSIAN + MARKS + "ABZİaz019ẞé", max_size=12)
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DAYS = st.dates(dt.date(1921, 3, 21), dt.date(2025, 5, 21))


def national_id(first_nine: str) -> str:
    remainder = sum((10 - place) * int(first_nine[place]) for place in range(9)) % 11
    return first_nine + str(remainder if remainder < 2 else 11 - remainder)


MADE_UP_IDS = st.integers(1, 999_999).map(lambda serial: national_id(f"990{serial:06d}"))


@settings(max_examples=400)
@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(text):
    once = clean_text(text)
    assert clean_text(once) == once


@settings(max_examples=400)
@given(TEXTS)
def test_a_key_of_a_key_is_itself_and_cleaning_does_not_change_it(text):
    assert match_key(match_key(text)) == match_key(text)
    assert match_key(clean_text(text)) == match_key(text)


@given(st.text(alphabet="آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", min_size=1, max_size=8), st.data())
def test_marks_nobody_sees_do_not_change_a_key(name, data):
    place = data.draw(st.integers(0, len(name)))
    mark = data.draw(st.sampled_from("\u200c\u200d\u200e\u200f\u202b\u202c\ufeff\u00ad\u0640\u064e\u0651\u00a0 "))
    assert match_key(name[:place] + mark + name[place:]) == match_key(name)


@given(st.lists(TEXTS, max_size=6))
def test_the_order_of_names_is_total_for_clean_texts(texts):
    cleaned = sorted({clean_text(text) for text in texts})
    assert len({sort_key(text) for text in cleaned}) == len(cleaned)


@settings(max_examples=200)
@given(DAYS)
def test_a_day_comes_back_from_every_style(day):
    there = jdatetime.date.fromgregorian(date=day)
    year, month, number = there.year, there.month, there.day
    written = f"{year}/{month:02d}/{number:02d}"
    styles = [
        written, f"{year}-{month}-{number}", f"{year}{month:02d}{number:02d}", f"{number}/{month}/{year}",
        f"{number} {MONTH_NAMES_FA[month - 1]} {year}", f"{year}.{month}.{number}", written.replace("/", " / "),
    ]  # fmt: skip
    for style in styles:
        for digits in (style, to_persian_digits(style), style.translate(ARABIC), f"\u202b{style}\u202c"):
            read = read_date(digits, role="planned_end", as_of=AS_OF)
            assert (read.gregorian, read.jalali) == (day, (year, month, number)), style
    gregorian = read_date(day.isoformat(), role="birth", as_of=AS_OF)
    assert gregorian.gregorian == day and gregorian.jalali == (year, month, number)


@given(DAYS, st.sampled_from(["birth", "birth_child", "event", "start_of_custody", "planned_end"]))
def test_a_serial_number_is_the_day_it_counts_to(day, role):
    read = read_date(str((day - dt.date(1899, 12, 30)).days), role=role, as_of=AS_OF)
    assert read.gregorian == day or read.status in ("suspect", "invalid")


def test_leap_years_and_new_years_days_are_the_tables():
    with (Path(__file__).parents[1] / "spec/vectors/jalali_years.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 151
    as_of = dt.date(2080, 1, 1)
    for row in rows:
        year = row["jalali_year"]
        first = read_date(f"{year}/01/01", role="planned_end", as_of=as_of)
        assert str(first.gregorian) == row["gregorian_date_of_1_farvardin"]
        last = read_date(f"{year}/12/30", role="planned_end", as_of=as_of)
        assert (last.rule == "not_leap") == (row["is_leap"] == "0")


@settings(max_examples=200)
@given(st.text(alphabet="0123456789۰۱۲۳۴۵۶۷۸۹/-. :مردادفروین", max_size=14), st.sampled_from(["birth", "event"]))
def test_whatever_is_typed_a_usable_day_is_not_after_the_month(text, role):
    read = read_date(text, role=role, as_of=AS_OF)
    assert read.status in {"ok", "warn", "suspect", "partial", "invalid", "missing"}
    if read.status in {"ok", "warn"}:
        assert read.gregorian is not None and read.gregorian <= AS_OF


@given(MADE_UP_IDS)
def test_a_right_number_is_valid_in_every_script(number):
    if len(set(number)) == 1:
        return
    for typed in (number, to_persian_digits(number), number.translate(ARABIC), f"\u200e{number} ", f"{number}.0"):
        assert (read_national_id(typed).value, read_national_id(typed).status) == (number, "valid")


@given(MADE_UP_IDS)
def test_every_single_wrong_digit_is_caught_but_where_remainders_1_and_10_meet(number):
    remainder = sum((10 - place) * int(number[place]) for place in range(9)) % 11
    for place in range(10):
        for digit in set("0123456789") - {number[place]}:
            wrong = number[:place] + digit + number[place + 1 :]
            changed = sum((10 - at) * int(wrong[at]) for at in range(9)) % 11
            missed = place < 9 and {remainder, changed} == {1, 10}
            assert has_right_check_digit(wrong) == missed


def test_the_share_of_missed_single_errors_is_the_measured_one():
    numbers = [national_id(f"990{serial:06d}") for serial in range(1, 400_000, 997)]
    wrong = [
        number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
        for number in numbers
        for place in range(10)
        for step in range(1, 10)
    ]
    missed = sum(map(has_right_check_digit, wrong)) / len(wrong)
    assert 0.012 < missed < 0.022


@given(st.integers(1, 9_999_999))
def test_a_lost_zero_is_mended_only_with_the_right_check_digit_and_always_marked(tail):
    number = national_id(f"09{tail:07d}")
    read = read_national_id(number.removeprefix("0"))
    if read.status == "repaired":
        assert read.value == number
    wrong = number[:9] + str((int(number[9]) + 1) % 10)
    assert read_national_id(wrong.removeprefix("0")).status != "valid"


@given(st.lists(st.text(alphabet="0123456789", min_size=9, max_size=11) | MADE_UP_IDS, max_size=20))
def test_the_vectorised_check_agrees_with_the_scalar_one(numbers):
    answers = is_valid_national_id_column(pd.Series(numbers, dtype="str"))
    assert answers.tolist() == [len(text) == 10 and read_national_id(text).status == "valid" for text in numbers]


@settings(max_examples=200)
@given(st.text(alphabet="0123456789۰۹+-/ ,،و.", max_size=30))
def test_phones_found_are_telephone_numbers_and_found_again(text):
    read = read_phones(text)
    if read.value is None:
        assert read.status in ("invalid", "missing")
        return
    assert all(len(number) == 11 and number.startswith("0") and number.isascii() for number in read.value.split(";"))
    assert read_phones(read.value).value == read.value
    assert phone_column(pd.Series([text]))["value"].tolist() == [read.value]
    assert read_phones(to_persian_digits(to_ascii_digits(text))) == read


@pytest.mark.parametrize("role", ["birth", "event"])
def test_a_columns_order_does_not_matter(role):
    texts = pd.Series(["1363/05/07", "1984-07-29", "98/02/07", "30892", "-", "1399/01/01"], dtype="str")
    forward = dates_column(texts, role, AS_OF)
    backward = dates_column(texts.iloc[::-1], role, AS_OF).iloc[::-1]
    pd.testing.assert_frame_equal(forward, backward)
