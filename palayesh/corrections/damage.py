"""What happened to a cell that failed: a kind of damage, told from its text alone, so that one mend may fit many."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.identifiers import read_national_id
from palayesh.persian_text import clean_text, is_placeholder, to_ascii_digits

CODED = frozenset({"code", "county", "province"})
DATES = frozenset({"date", "birth_date"})

KIND_WORDS: dict[str, tuple[str, str]] = {
    "empty": ("«{heading}» خالی است", "«{heading}» is empty"),
    "lost_characters": ("حرف‌هایی از «{heading}» از بین رفته است (�)", "letters of «{heading}» were lost (�)"),
    "unknown_value": ("مقدار «{value}» در «{heading}» شناخته نیست", "the value «{value}» in «{heading}» is not known"),
    "letters_for_digits": ("در «{heading}» حرف به جای رقم نوشته شده است", "letters stand for digits in «{heading}»"),
    "month_beyond_twelve": ("ماه در «{heading}» از دوازده بیشتر است", "the month in «{heading}» is beyond twelve"),
    "day_and_month_exchanged": ("روز و ماه در «{heading}» جابه‌جاست", "day and month are exchanged in «{heading}»"),
    "day_beyond_month": (
        "روز در «{heading}» از شمار روزهای آن ماه بیشتر است",
        "the day in «{heading}» is beyond the end of its month",
    ),
    "zero_day_or_month": ("روز یا ماه در «{heading}» صفر است", "day or month is zero in «{heading}»"),
    "year_lost_its_first_digit": (
        "سال در «{heading}» رقم نخست خود را از دست داده است",
        "the year in «{heading}» lost its first digit",
    ),
    "year_digits_exchanged": (
        "دو رقم آخر سال در «{heading}» جابه‌جاست",
        "the last two digits of the year are exchanged in «{heading}»",
    ),
    "two_digit_year": ("سال در «{heading}» دورقمی است", "the year in «{heading}» has two digits"),
    "day_missing": ("«{heading}» روز یا ماه ندارد", "«{heading}» has no day or no month"),
    "in_future": ("«{heading}» پس از پایان ماه گزارش است", "«{heading}» lies after the end of the reporting month"),
    "unreadable_date": ("«{heading}» را نمی‌توان تاریخ خواند", "«{heading}» cannot be read as a date"),
    "doubtful_date": ("«{heading}» تاریخی دوپهلو است", "«{heading}» may mean two days"),
    "dates_in_wrong_order": ("تاریخ‌های «{heading}» به ترتیب نیست", "the dates around «{heading}» are out of order"),
    "number_lost_its_zero": ("«{heading}» صفر آغازش را از دست داده است", "«{heading}» lost its zero"),
    "extra_digit": ("«{heading}» یک رقم زیادی دارد", "«{heading}» has one digit too many"),
    "too_few_digits": ("«{heading}» رقم کم دارد", "«{heading}» has too few digits"),
    "too_many_digits": ("«{heading}» رقم زیادی دارد", "«{heading}» has too many digits"),
    "wrong_check_digit": ("رقم کنترل «{heading}» نادرست است", "the check digit of «{heading}» is wrong"),
    "mobile_number": ("در «{heading}» شمارهٔ همراه آمده است", "a mobile number stands in «{heading}»"),
    "rounded_by_spreadsheet": ("اکسل رقم‌های «{heading}» را گرد کرده است", "a spreadsheet rounded «{heading}»"),
    "doubtful_number": ("«{heading}» شماره‌ای ساختگی می‌نماید", "«{heading}» looks like no real number"),
    "not_a_number": ("«{heading}» عدد نیست", "«{heading}» is no number"),
    "out_of_range": ("«{heading}» بیرون از محدوده است", "«{heading}» is out of range"),
}
"""A sentence for each kind; a kind that is not here is the rule's own code, and is told in the rule's sentence."""

LETTERS_LIKE_DIGITS = str.maketrans("OoОоlI|Il", "000011111")
_LOOKALIKE = re.compile(r"(?=.*[0-9])[0-9OoОоlI|./\-_ ]*[OoОоlI|][0-9OoОоlI|./\-_ ]*")
THREE_PARTS = re.compile(r"(\d{1,4})([-/.,_ ]{1,3})(\d{1,2})([-/.,_ ]{1,3})(\d{1,4})", re.ASCII)
_TYPED_DATE = str.maketrans("\u2215\u2044\uff0f\\", "////")


def typed(text: str) -> str:
    """The text with ASCII digits and plain slashes, as the kinds and mends of this room read it."""
    return to_ascii_digits(clean_text(text)).translate(_TYPED_DATE).strip(" /.-")


def kind_of_cell(raw: str | None, column_type: str, code: str, as_of: dt.date) -> str:
    """What is wrong with a cell of this type that failed the rule ``code``; the code itself where its text does not tell."""
    if raw is None or is_placeholder(raw):
        return "empty"
    if "\ufffd" in raw:
        return "lost_characters"
    if column_type in CODED:
        return "unknown_value" if code.endswith("_unknown") else code
    if column_type in DATES:
        return "dates_in_wrong_order" if "_before_" in code else kind_of_date(raw, as_of)
    if column_type == "national_id" and code.endswith(("_invalid", "_suspect", "_is_mobile")):
        return kind_of_number(raw)
    if column_type == "integer":
        return "out_of_range" if re.fullmatch(r"-?\d+(\.0+)?", typed(raw), re.ASCII) else "not_a_number"
    return code


def kind_of_date(raw: str, as_of: dt.date) -> str:
    """What is wrong with a date."""
    text = typed(raw)
    if _LOOKALIKE.fullmatch(text):
        return "letters_for_digits"
    parts = date_parts(text)
    if parts is None:
        return "day_missing" if re.fullmatch(r"1[34]\d\d([-/. ]{1,3}\d{1,2})?", text, re.ASCII) else "unreadable_date"
    year, month, day = parts
    if 300 <= year <= 499:
        return "year_lost_its_first_digit"
    if year < 100:
        return "two_digit_year"
    if not 1200 <= year <= 1500:
        return "unreadable_date"
    if month == 0 or day == 0:
        return "zero_day_or_month"
    if month > 12:
        return "day_and_month_exchanged" if day <= 12 else "month_beyond_twelve"
    if day > days_in_month(year, month):
        return "day_beyond_month" if day <= 31 else "unreadable_date"
    if _gregorian(year, month, day) > as_of:
        exchanged = with_last_digits_exchanged(year)
        is_past = day <= days_in_month(exchanged, month) and _gregorian(exchanged, month, day) <= as_of
        return "year_digits_exchanged" if exchanged >= 1300 and is_past else "in_future"
    return "doubtful_date"


def date_parts(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) as typed, the year being the part of three or four digits, or else the first."""
    found = THREE_PARTS.fullmatch(text)
    if not found:
        return None
    first, middle, last = found[1], found[3], found[5]
    if len(last) >= 3 and len(first) <= 2:
        return int(last), int(middle), int(first)
    return (int(first), int(middle), int(last)) if len(last) <= 2 else None


def with_last_digits_exchanged(year: int) -> int:
    """1440 → 1404."""
    return year // 100 * 100 + year % 10 * 10 + year // 10 % 10


def days_in_month(year: int, month: int) -> int:
    """How many days a Solar Hijri month has; Esfand 30 in a leap year."""
    if month <= 6:
        return 31
    return 30 if month < 12 or JalaliDate.is_leap(year) else 29


def _gregorian(year: int, month: int, day: int) -> dt.date:
    return dt.date.fromisoformat(JalaliDate(year, month, day).to_gregorian().isoformat())


_KIND_OF_REASON = {
    "checksum_fail": "wrong_check_digit",
    "too_short": "too_few_digits",
    "too_long": "too_many_digits",
    "mobile_number": "mobile_number",
    "rounded_by_spreadsheet": "rounded_by_spreadsheet",
    "lost_1_zero": "number_lost_its_zero",
    "lost_2_zero": "number_lost_its_zero",
}


def kind_of_number(raw: str) -> str:
    """What is wrong with a national number."""
    text = typed(raw)
    if _LOOKALIKE.fullmatch(text):
        return "letters_for_digits"
    read = read_national_id(raw)
    if read.reason == "too_long" and without_extra_digit(text):
        return "extra_digit"
    return _KIND_OF_REASON.get(read.reason, "doubtful_number" if read.status == "suspect" else "not_a_number")


def without_extra_digit(text: str) -> str | None:
    """The one valid number among eleven digits less one at an end; nothing if neither or both are valid."""
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) != 11:
        return None
    valid = {ten for ten in (digits[:10], digits[1:]) if read_national_id(ten).status == "valid"}
    return valid.pop() if len(valid) == 1 else None


def kinds_of_failures(failures: pd.DataFrame, raw: pd.Series, column_types: pd.Series, as_of: dt.date) -> pd.Series:
    """The kind of every failure; ``raw`` (the cell's text) and ``column_types`` are aligned with ``failures``."""
    cells = pd.DataFrame({"raw": raw, "type": column_types.fillna(""), "code": failures["code"]})
    distinct = cells.drop_duplicates()
    kinds = [
        code if not column_type else kind_of_cell(None if pd.isna(text) else str(text), column_type, code, as_of)
        for text, column_type, code in distinct.itertuples(index=False)
    ]
    known = distinct.assign(kind=pd.array(kinds, dtype="str"))
    found = cells.merge(known, on=["raw", "type", "code"], how="left", sort=False)["kind"]
    return pd.Series(found.to_numpy(), index=failures.index, dtype="str")
