"""What happened to a cell, and what a mend makes of it."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.corrections.damage import KIND_WORDS, days_in_month, kind_of_cell
from palayesh.corrections.mends import MENDS, MENDS_OF_KIND, MendContext, changes_of_mend, likeliest_value, mends_for
from palayesh.declaration import Title
from palayesh.solar_hijri import read_date
from palayesh.vocabulary import Vocabulary, VocabularyValue

AS_OF = dt.date(2025, 5, 21)  # 1404-02-31
RELATION = Vocabulary(
    title=Title(fa="نسبت", en="Relation"),
    source="test",
    values=[
        VocabularyValue(value="spouse", fa="همسر", en="spouse", spellings=["زن", "زوجه"]),
        VocabularyValue(value="child", fa="فرزند", en="child", spellings=["پسر", "دختر"]),
    ],
)


@pytest.mark.parametrize(
    ("raw", "column_type", "code", "kind", "mended"),
    [
        ("1403/16/02", "date", "service_start_unreadable", "day_and_month_exchanged", "1403/02/16"),
        ("۱۴۰۳/۱۶/۰۲", "date", "service_start_unreadable", "day_and_month_exchanged", "1403/02/16"),
        ("16/13/1403", "date", "service_start_unreadable", "month_beyond_twelve", None),
        ("1403/13/15", "date", "service_start_unreadable", "month_beyond_twelve", None),
        ("14O3/02/l6", "date", "service_start_unreadable", "letters_for_digits", "1403/02/16"),
        ("1403/07/31", "date", "service_start_unreadable", "day_beyond_month", "1403/07/30"),
        ("1404/12/30", "date", "service_start_unreadable", "day_beyond_month", "1404/12/29"),
        ("1403/12/30", "date", "service_start_in_future", "doubtful_date", None),
        ("403/02/16", "date", "service_start_unreadable", "year_lost_its_first_digit", "1403/02/16"),
        ("1430/02/16", "date", "service_start_in_future", "year_digits_exchanged", "1403/02/16"),
        ("1404/05/16", "date", "service_start_in_future", "in_future", None),
        ("1403/00/16", "date", "service_start_unreadable", "zero_day_or_month", None),
        ("1403", "date", "service_start_unreadable", "day_missing", None),
        ("نمی‌دانم", "date", "service_start_unreadable", "unreadable_date", None),
        (None, "date", "service_start_missing", "empty", None),
        ("ندارد", "code", "status_missing", "empty", None),
        ("برقرار", "code", "status_unknown", "unknown_value", None),
        ("مح\ufffdد", "name", "replacement_character", "lost_characters", None),
        ("99O1604508", "national_id", "national_id_invalid", "letters_for_digits", "9901604508"),
        ("99016045083", "national_id", "national_id_invalid", "extra_digit", "9901604508"),
        ("9901604509", "national_id", "national_id_invalid", "wrong_check_digit", None),
        ("99016", "national_id", "national_id_invalid", "too_few_digits", None),
        ("09131234567", "national_id", "national_id_is_mobile", "mobile_number", None),
        ("9.9016E+09", "national_id", "national_id_invalid", "rounded_by_spreadsheet", None),
        ("12", "integer", "decile_out_of_range", "out_of_range", None),
        ("x", "identifier", "record_repeated", "record_repeated", None),
    ],
)
def test_a_cell_tells_what_happened_to_it(
    raw: str | None, column_type: str, code: str, kind: str, mended: str | None
) -> None:
    assert kind_of_cell(raw, column_type, code, AS_OF) == kind
    records = pd.DataFrame({"record_id": ["r"], "x_raw": pd.Series([raw], dtype="str")})
    by_itself = [
        name for name in mends_for(kind, column_type)
        if not MENDS[name].needs_value and name not in ("empty_the_cell", "fill_from_last_month", "exchange_dates")
    ]  # fmt: skip
    found = [changes_of_mend(name, records, "x", MendContext(AS_OF)) for name in by_itself]
    assert [text for changes in found for text in changes["new_raw"]] == ([mended] if mended else [])


def test_every_kind_and_every_mend_has_words_in_both_languages() -> None:
    for persian, english in KIND_WORDS.values():
        assert "{heading}" in persian and "{heading}" in english
    assert set(MENDS_OF_KIND) <= set(KIND_WORDS)
    assert {name for names in MENDS_OF_KIND.values() for name in names} <= set(MENDS)


def test_what_is_one_persons_own_is_never_given_to_a_group() -> None:
    assert "set_value" in mends_for("empty", "code")
    assert "set_value" not in mends_for("empty", "national_id")
    assert "set_value" not in mends_for("replacement_character", "name")


def test_a_word_is_proposed_only_where_it_is_clear() -> None:
    assert likeliest_value("فرزند ذکور", RELATION, {}) == ("فرزند", 95.0)
    assert likeliest_value("همسـر", RELATION, {})[0] == "همسر"  # type: ignore[index]
    assert likeliest_value("عمو", RELATION, {}) is None
    assert likeliest_value("زن یا پسر", RELATION, {}) is None
    assert likeliest_value("عمو", RELATION, {"عمو": "همسر"}) == ("همسر", 100.0)


def test_two_dates_are_exchanged_together() -> None:
    records = pd.DataFrame({"record_id": ["r", "s"], "a_raw": ["2", "5"], "b_raw": ["1", "5"]})
    changes = changes_of_mend("exchange_dates", records, "a", MendContext(AS_OF, other_column="b"))
    assert changes.to_numpy().tolist() == [["r", "a", "2", "1"], ["r", "b", "1", "2"]]


@settings(deadline=None, max_examples=60)
@given(st.integers(1300, 1403), st.integers(1, 12), st.integers(13, 31))
def test_exchanging_day_and_month_gives_back_what_was_typed(year: int, month: int, day: int) -> None:
    day = min(day, days_in_month(year, month))
    records = pd.DataFrame({"record_id": ["r"], "x_raw": [f"{year}/{day:02d}/{month:02d}"]})
    changes = changes_of_mend("exchange_day_and_month", records, "x", MendContext(AS_OF))
    (mended,) = changes["new_raw"]
    assert mended == f"{year}/{month:02d}/{day:02d}"
    assert read_date(mended, role="birth", as_of=AS_OF).jalali == (year, month, day)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=15))
def test_any_text_has_a_kind_and_survives_every_mend(text: str) -> None:
    records = pd.DataFrame({"record_id": ["r"], "x_raw": pd.Series([text], dtype="str")})
    for column_type in ("date", "national_id", "code", "integer", "name", "phone"):
        kind = kind_of_cell(text, column_type, "x_unknown", AS_OF)
        assert kind
        for name in MENDS:
            changes = changes_of_mend(name, records, "x", MendContext(AS_OF, value="v"))
            assert len(changes) <= 1 and changes["new_raw"].notna().all()
