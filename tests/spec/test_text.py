"""Text: the clean form, the match key, placeholders, the alphabet, and numbers and days as people read them."""

import datetime as dt

import pytest

from palayesh.persian_text import (
    clean_text,
    format_date_fa,
    format_number,
    format_percent,
    heading_key,
    is_damaged,
    is_placeholder,
    match_key,
    sort_key,
    to_ascii_digits,
    to_persian_digits,
)
from tests.spec.vector_files import vectors


@pytest.mark.parametrize("case", vectors("text_vectors.csv"), ids=lambda case: case["note"])
def test_every_vector_of_text(case):
    assert clean_text(case["raw"]) == case["expected_clean"]
    assert match_key(case["raw"]) == case["expected_key"]


def test_there_are_as_many_vectors_as_were_given():
    assert len(vectors("text_vectors.csv")) == 26
    assert len(vectors("national_id_vectors.csv")) == 29
    assert len(vectors("date_vectors.csv")) == 38


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("مص\u00acوب", "مص\u200cوب"),
        ("كبير", "کبیر"),
        ("ے", "ی"),
        ("علي\u202e رضا\u202c", "علی رضا"),
        ("حسـیـن", "حسین"),
        ("  دو\u3000 فاصله\t", "دو فاصله"),
        ("خط یک\nخط دو", "خط یک خط دو"),
        ("\ufdfc", "ریال"),
        ("مؤمن", "مؤمن"),
        ("یا\u0651\u0654", "یأ"),
    ],
)
def test_clean_text_unifies_letters_and_drops_what_nobody_sees(raw, clean):
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علی پور", "علی‌پور"),
        ("رحمت الله", "رحمت‌اله"),
        ("مؤمنی", "مومنی"),
        ("صدیقة", "صدیقه"),
        ("آرزو", "ارزو"),
        ("رضا ئی", "رضایی"),
        ("IBAN", "iban"),
    ],
)
def test_spellings_of_one_word_share_a_key(one, other):
    assert match_key(one) == match_key(other)


def test_different_words_keep_different_keys():
    assert match_key("علی") != match_key("عالی")


def test_a_heading_is_matched_without_dots_and_asterisks():
    assert heading_key("ت.تولد") == heading_key("ت تولد")
    assert heading_key("کد ملی *") == heading_key("كدملي")


@pytest.mark.parametrize(
    "text", ["", " ", "-", "—", "ندارد", "نامشخص", "نا مشخص", "0", "۰", ".", "N/A", "n/a", "\u200f-", None]
)
def test_placeholders_are_whole_cells(text):
    assert is_placeholder(text)
    assert is_placeholder(text, "name")


@pytest.mark.parametrize("surname", ["ندارد‌زاده", "Null", "NA", "نامشخصی", "الف", "ن."])
def test_a_surname_that_resembles_a_placeholder_survives(surname):
    assert not is_placeholder(surname, "name")


def test_codes_and_numbers_have_placeholders_of_their_own():
    assert is_placeholder("NULL") and is_placeholder("#N/A") and is_placeholder("نا معلوم")
    assert not is_placeholder("0", "number")
    assert is_placeholder("-", "number")


def test_damage_is_seen():
    assert is_damaged("Ø§Ù…Ø¯Ø§Ø¯") and is_damaged("ع\ufffdی") and is_damaged("ط§ظ…") and is_damaged("a\u202eb")
    assert not is_damaged("سید علی محمدی‌نژاد کرمانی")


def test_the_alphabet_is_persian():
    words = ["یزد", "آبان", "ابان", "بم", "پارس", "تهران", "ثریا", "چالوس", "ژاله", "سمنان", "کرمان", "گناباد", "لار"]
    words += ["مشهد", "نایین", "وحید", "هادی"]
    expected = ["آبان", "ابان", "بم", "پارس", "تهران", "ثریا", "چالوس", "ژاله", "سمنان", "کرمان", "گناباد", "لار"]
    expected += ["مشهد", "نایین", "وحید", "هادی", "یزد"]
    assert sorted(words, key=sort_key) == expected


def test_half_spaces_and_hamza_do_not_move_a_name():
    assert sorted(["مومنی", "مؤمن", "مور"], key=sort_key) == ["مور", "مؤمن", "مومنی"]
    assert sort_key("علی‌پور").split("\u0001")[0] == sort_key("علیپور").split("\u0001")[0]
    assert sorted(["علیپور", "علی پور"], key=sort_key) == ["علی پور", "علیپور"]


def test_digits_change_their_script_only():
    assert to_ascii_digits("شماره ۱۲٣4²") == "شماره 1234²"
    assert to_persian_digits("1404/02/07 ٣") == "۱۴۰۴/۰۲/۰۷ ۳"


def test_numbers_as_officials_write_them():
    assert format_number(3789) == "۳٬۷۸۹"
    assert format_number(1234567.5, 1) == "۱٬۲۳۴٬۵۶۷٫۵"
    assert format_number(0) == "۰"
    assert format_number(-0.001, 1) == "۰٫۰"
    assert format_number(-5) == "\u200e−۵"
    assert format_percent(0.256) == "۲۵٫۶٪"
    assert format_percent(0.26) == "۲۶٪"
    assert format_percent(0) == "۰٪"


def test_days_as_officials_write_them():
    assert format_date_fa(dt.date(2025, 4, 27)) == "یکشنبه ۷ اردیبهشت ۱۴۰۴"
    assert format_date_fa(dt.date(2025, 4, 27), "short") == "۱۴۰۴/۰۲/۰۷"
    assert format_date_fa(dt.date(2025, 3, 20)) == "پنجشنبه ۳۰ اسفند ۱۴۰۳"
