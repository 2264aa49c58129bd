"""Days as agencies write them, read into one calendar: Solar Hijri or Gregorian, words or digits, or Excel's numbers.

The month lengths and leap years are persiantools' (the 33-year rule; the popular 2820-year formula is wrong on 1403 and
1404). What is sure is ``ok``; what was read by a rule of thumb says so in ``status`` and ``rule``. Cases:
``tests/spec/vectors/date_vectors.csv``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.distinct import distinct_texts, text_column
from palayesh.persian_text import WEEKDAY_NAMES_FA, clean_text, is_placeholder, match_key, to_ascii_digits
from palayesh.reporting_month import MONTH_NAMES_FA

DateRole = Literal["birth", "birth_child", "event", "start_of_custody", "planned_end"]
"""What a day is of. Only a planned end may lie after ``as_of``; a child is not a hundred years old."""
DateSystem = Literal[1900, 1904]

OLDEST_AGE_YEARS = 110
_BIRTHS = frozenset({"birth", "birth_child"})
_EARLIEST_EVENT_YEAR = 1330
"""No register of these agencies is older; an earlier event is a misread two-digit year."""
_GREGORIAN_DEFAULTS = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
"""What systems write for no date at all."""
_LUNAR_AHEAD_YEARS = 10
_LUNAR_AHEAD_OF_PLANNED_END_YEARS = 30


@dataclass(frozen=True)
class ReadDate:
    """A day as read. ``jalali`` may lack day or month (partial); both are absent where nothing can be said."""

    gregorian: dt.date | None
    jalali: tuple[int, int | None, int | None] | None
    status: str
    rule: str
    origin: Literal["solar_hijri", "gregorian_text", "spreadsheet", "none"] = "none"


@lru_cache(maxsize=2**16)  # the lists of a month say the same days over and over
def read_date(text: str | None, *, role: str, as_of: dt.date, date_system: DateSystem = 1900) -> ReadDate:
    """The day a cell means, with one of the statuses that ``docs/contracts.md`` gives dates.

    ``role`` is a ``DateRole`` (an unknown one counts as an event). ``date_system`` is the workbook's, for days given as
    serial numbers. A column knows more than a cell: ``dates_column`` marks Gregorian days among Solar Hijri ones.
    """
    if is_placeholder(text) or text is None:
        return ReadDate(None, None, "missing", "placeholder")
    typed = _plain(text)
    if _is_made_of_one_digit(typed):
        return ReadDate(None, None, "missing", "placeholder")
    return _judge(_read(typed, role=role, as_of=as_of, date_system=date_system), role=role, as_of=as_of)


# Reading: which day is meant ------------------------------------------------------------------------------------------

_SLASHES = str.maketrans("\u2215\u2044\uff0f\\\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "////" + "-" * 9)
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:[AaPp][Mm]|[قب]\.ظ\.?))?$", re.ASCII)
_THREE_PARTS = re.compile(r"(\d{1,4})[-/.,_ ]{1,3}(\d{1,2})[-/.,_ ]{1,3}(\d{1,4})", re.ASCII)
_TWO_PARTS = re.compile(r"(\d{1,4})[-/._ ]{1,3}(\d{1,4})", re.ASCII)
_FLOAT = re.compile(r"(\d+)\.(\d+)", re.ASCII)
_SPACED_SEPARATOR = re.compile(" ?([-/.,_:]) ?")
_ONE_DIGIT_SHAPE = re.compile(r"(\d)(?:[/.\- :]*\1){5,}", re.ASCII)


def _plain(text: str) -> str:
    typed = to_ascii_digits(clean_text(text)).translate(_SLASHES)
    # Spaces around separators are typing; a space between numbers is a separator itself.
    if " " in typed:
        typed = _SPACED_SEPARATOR.sub(r"\1", typed)
    return typed.strip(" /.-'’`،")


def _is_made_of_one_digit(typed: str) -> bool:
    # 0000/00/00, 1111/11/11, 9999/99/99: what people type to get past a form.
    return _ONE_DIGIT_SHAPE.fullmatch(typed) is not None


def _read(typed: str, *, role: str, as_of: dt.date, date_system: DateSystem) -> ReadDate:
    without_time = _TIME.sub("", typed)
    has_time = without_time != typed
    if three := _THREE_PARTS.fullmatch(without_time):
        return _from_three_parts(three[1], three[2], three[3], has_time=has_time, role=role, as_of=as_of)
    if number := _FLOAT.fullmatch(typed):
        whole, part = number[1], number[2]
        if len(whole) == 5 or not part.strip("0"):
            return _from_number(whole, role=role, as_of=as_of, date_system=date_system)
    if without_time.isascii() and without_time.isdigit():
        return _from_number(without_time, role=role, as_of=as_of, date_system=date_system)
    if two := _TWO_PARTS.fullmatch(without_time):
        return _from_year_and_month(two[1], two[2])
    return _from_words(without_time, role=role, as_of=as_of)


def _from_three_parts(first: str, second: str, third: str, *, has_time: bool, role: str, as_of: dt.date) -> ReadDate:
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
        if _is_gregorian_year(year):
            rule = "excel_datetime" if has_time else "iso_gregorian"
            return _gregorian(year, month, day, rule, "spreadsheet" if has_time else "gregorian_text")
        return _solar(year, month, day, "full_jalali")
    if len(third) == 4:
        year, month, day = int(third), int(second), int(first)
        if _is_gregorian_year(year):
            if month > 12 >= day:
                return _with_warning(_gregorian(year, day, month, "month_first_gregorian", "gregorian_text"))
            return _gregorian(year, month, day, "day_first_gregorian", "gregorian_text")
        return _solar(year, month, day, "day_first_jalali")
    if len(first) <= 2 and len(third) <= 2:
        return _from_two_digit_year(first, second, third, role=role, as_of=as_of)
    return _invalid("year_out_of_range")


def _from_two_digit_year(first: str, second: str, third: str, *, role: str, as_of: dt.date) -> ReadDate:
    year_first, last = int(first), int(third)
    if last > 31 and 1 <= year_first <= 31:
        # 07/05/63 can only be day first.
        year, _ = _whole_year(last, role, as_of)
        return _with_warning(_solar(year, int(second), year_first, "two_digit_year_day_first"))
    year, is_ambiguous = _whole_year(year_first, role, as_of)
    read = _solar(year, int(second), last, "two_digit_year")
    if read.status == "ok" and is_ambiguous:
        return replace(read, status="warn", rule="two_digit_year_ambiguous")
    return read


def _whole_year(two_digits: int, role: str, as_of: dt.date) -> tuple[int, bool]:
    """The Solar Hijri year of a two-digit one, and whether the other century was possible too.

    Births are in 13yy, unless of a child, who is of 14yy when that has begun; other days are in the century that makes
    them most recent.
    """
    this_year = _solar_year(as_of)
    recent = 1400 + two_digits
    has_begun = recent <= this_year
    if role == "birth" or not has_begun:
        return 1300 + two_digits, has_begun
    return recent, True


def _from_number(digits: str, *, role: str, as_of: dt.date, date_system: DateSystem) -> ReadDate:
    if len(digits) == 8:
        if _is_solar_year(int(digits[:4])) or _is_gregorian_year(int(digits[:4])):
            return _from_three_parts(digits[:4], digits[4:6], digits[6:], has_time=False, role=role, as_of=as_of)
        return _from_three_parts(digits[:2], digits[2:4], digits[4:], has_time=False, role=role, as_of=as_of)
    if len(digits) == 6:
        return _from_three_parts(digits[:2], digits[2:4], digits[4:], has_time=False, role=role, as_of=as_of)
    if len(digits) == 5:
        return _from_serial(int(digits), date_system)
    if len(digits) == 4:
        return _year_only(int(digits))
    if len(digits) == 2 and role in _BIRTHS:
        year, _ = _whole_year(int(digits), role, as_of)
        return ReadDate(None, (year, None, None), "partial", "two_digit_year_only", "solar_hijri")
    return _invalid("not_a_date")


def _from_serial(serial: int, date_system: DateSystem) -> ReadDate:
    # Excel's day 60 is 29 February 1900, which never was; five digits lie past it.
    start = dt.date(1899, 12, 30) if date_system == 1900 else dt.date(1904, 1, 1)
    day = start + dt.timedelta(days=serial)
    return _gregorian(day.year, day.month, day.day, "excel_serial", "spreadsheet")


def _from_year_and_month(first: str, second: str) -> ReadDate:
    year, month = (int(first), int(second)) if len(first) == 4 else (int(second), int(first))
    if not _is_solar_year(year) or not 0 <= month <= 12:
        return _invalid("not_a_date")
    return ReadDate(None, (year, month or None, None), "partial", "year_and_month", "solar_hijri")


def _year_only(year: int) -> ReadDate:
    if _is_solar_year(year):
        return ReadDate(None, (year, None, None), "partial", "year_only", "solar_hijri")
    if _is_gregorian_year(year):
        # A Gregorian year lies in two Solar Hijri ones; most of it (March to December) in this one.
        return ReadDate(None, (year - 621, None, None), "partial", "gregorian_year_only", "gregorian_text")
    return _invalid("year_out_of_range")


def _solar(year: int, month: int, day: int, rule: str) -> ReadDate:
    if not _is_solar_year(year):
        return _invalid("year_out_of_range")
    if month > 12 or day > 31:
        return _invalid("month_out_of_range" if month > 12 else "day_out_of_range")
    if month == 0:
        return ReadDate(None, (year, None, None), "partial", "zero_month_day", "solar_hijri")
    if day == 0:
        return ReadDate(None, (year, month, None), "partial", "zero_day", "solar_hijri")
    if day == 31 and month > 6:
        return _invalid("day_out_of_range")
    is_leap_day = month == 12 and day == 30
    if is_leap_day and not JalaliDate.is_leap(year):
        return _invalid("not_leap")
    written = "leap_day" if is_leap_day and rule == "full_jalali" else rule
    return ReadDate(JalaliDate(year, month, day).to_gregorian(), (year, month, day), "ok", written, "solar_hijri")


def _gregorian(
    year: int, month: int, day: int, rule: str, origin: Literal["gregorian_text", "spreadsheet"]
) -> ReadDate:
    if not _is_gregorian_year(year):
        return _invalid("year_out_of_range")
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return _invalid("not_a_gregorian_day")
    jalali = JalaliDate(date)
    return ReadDate(date, (jalali.year, jalali.month, jalali.day), "ok", rule, origin)


def _with_warning(read: ReadDate) -> ReadDate:
    # Only a day that was read can be doubted: a partial or impossible one says more by its own status.
    return replace(read, status="warn") if read.status == "ok" else read


def _invalid(rule: str) -> ReadDate:
    return ReadDate(None, None, "invalid", rule)


@lru_cache(maxsize=64)
def _solar_year(day: dt.date) -> int:
    return int(JalaliDate(day).year)


def _is_solar_year(year: int) -> bool:
    return 1250 <= year <= 1499


def _is_gregorian_year(year: int) -> bool:
    return 1900 <= year <= 2100


# Words ----------------------------------------------------------------------------------------------------------------

_SOLAR_MONTHS = {match_key(name): number for number, name in enumerate(MONTH_NAMES_FA, start=1)} | {
    "امرداد": 5, "اردبهشت": 2, "ابانماه": 8,
}  # fmt: skip
_GREGORIAN_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "ژانویه جنوری jan january", "فوریه فبروری feb february", "مارس مارچ mar march", "اوریل اپریل apr april",
            "مه می may", "ژوین ژوون جون jun june", "ژوییه جولای jul july", "اوت اگوست aug august",
            "سپتامبر sep sept september", "اکتبر oct october", "نوامبر nov november", "دسامبر dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {match_key(name): number for number, name in enumerate(WEEKDAY_NAMES_FA)} | {"ادینه": 6}
_UNITS = ("یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه", "ده", "یازده", "دوازده", "سیزده", "چهارده",
          "پانزده", "شانزده", "هفده", "هجده", "نوزده", "بیست")  # fmt: skip


def _day_words() -> dict[str, int]:
    cardinals = {word: number for number, word in enumerate(_UNITS, start=1)} | {"هیجده": 18, "سی": 30}
    for number, word in enumerate(_UNITS[:9], start=1):
        cardinals[f"بیستو{word}"] = 20 + number
    cardinals["سیویک"] = 31
    ordinals = {f"{word}م": number for word, number in cardinals.items()}
    # The three whose ordinal is not the cardinal with an «م»: سه → سوم, سی → سی‌ام, یک → اول.
    ordinals |= {"سوم": 3, "بیستوسوم": 23, "سیام": 30, "اول": 1, "نخست": 1, "دویم": 2}
    return cardinals | ordinals


_DAYS_IN_WORDS = _day_words()
_IGNORED_WORDS = frozenset(
    map(match_key, ("ماه", "سال", "روز", "مورخ", "مورخه", "تاریخ", "متولد", "در", "هجری", "شمسی", "خورشیدی", "ه.ش",
                    "هـ.ش", "ش", "میلادی"))
)  # fmt: skip
_WORD_OR_NUMBER = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)


def _from_words(typed: str, *, role: str, as_of: dt.date) -> ReadDate:
    words = [match_key(word) for word in _WORD_OR_NUMBER.findall(_with_whole_names(typed))]
    weekday: int | None = None
    month: int | None = None
    is_gregorian = False
    numbers: list[str] = []
    spelled: list[str] = []
    for word in words:
        bare = word.removesuffix("ماه") or word
        if word in _WEEKDAYS:
            weekday = _WEEKDAYS[word]
        elif word.isdecimal():
            numbers.append(word)
        elif bare in _SOLAR_MONTHS or bare in _GREGORIAN_MONTHS:
            if month is not None:
                return _invalid("not_a_date")
            is_gregorian = bare not in _SOLAR_MONTHS
            month = _SOLAR_MONTHS.get(bare) or _GREGORIAN_MONTHS[bare]
        elif word not in _IGNORED_WORDS:
            spelled.append(word)
    day_in_words = _DAYS_IN_WORDS.get("".join(spelled)) if spelled else None
    if spelled and day_in_words is None and spelled not in (["م"], ["ام"]):
        return _invalid("not_a_date")
    if month is None:
        if spelled:
            return _invalid("not_a_date")
        read = _from_numbers_beside_words(numbers, role=role, as_of=as_of)
    else:
        read = _from_day_month_year(numbers, day_in_words, month, is_gregorian, role=role, as_of=as_of)
    return _checked_against_weekday(read, weekday)


def _with_whole_names(typed: str) -> str:
    # «سه شنبه» and «اردی بهشت» are one word each; «سه» alone is the third.
    whole = typed.replace("\u200c", "")
    return re.sub("(یک|دو|سه|چهار|پنج) (?=شنبه)|(اردی) (?=بهشت)", r"\1\2", whole)


def _from_numbers_beside_words(numbers: list[str], *, role: str, as_of: dt.date) -> ReadDate:
    if len(numbers) == 1:
        return _from_number(numbers[0], role=role, as_of=as_of, date_system=1900)
    if len(numbers) == 3:
        return _from_three_parts(*numbers, has_time=False, role=role, as_of=as_of)
    return _invalid("not_a_date")


def _from_day_month_year(
    numbers: list[str], day_in_words: int | None, month: int, is_gregorian: bool, *, role: str, as_of: dt.date
) -> ReadDate:
    if day_in_words is not None:
        numbers = [str(day_in_words), *numbers]
    if len(numbers) == 1 and len(numbers[0]) == 4 and _is_solar_year(int(numbers[0])) and not is_gregorian:
        return ReadDate(None, (int(numbers[0]), month, None), "partial", "year_and_month", "solar_hijri")
    if len(numbers) != 2:
        return _invalid("not_a_date")
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    if is_gregorian and len(year) == 2:
        # 29-Jul-84, as spreadsheets show days: of the last hundred years, though the older may be meant.
        recent = 2000 + int(year)
        whole = recent if recent <= as_of.year else recent - 100
        return _with_warning(_gregorian(whole, month, int(day), "month_name_two_digit_year", "gregorian_text"))
    if is_gregorian:
        return _gregorian(int(year), month, int(day), "month_name_gregorian", "gregorian_text")
    if len(year) == 4:
        return _solar(int(year), month, int(day), "full_jalali")
    if len(year) != 2:
        return _invalid("year_out_of_range")
    return _from_two_digit_year(year, str(month), day, role=role, as_of=as_of)


def _checked_against_weekday(read: ReadDate, weekday: int | None) -> ReadDate:
    if weekday is None or read.gregorian is None or (read.gregorian.weekday() + 2) % 7 == weekday:
        return read
    return replace(read, status="warn", rule="weekday_disagrees")


# Judging: whether that day can be ------------------------------------------------------------------------------------


def _judge(read: ReadDate, *, role: str, as_of: dt.date) -> ReadDate:
    """The date as read, or why it cannot or need not be believed."""
    if read.jalali is None:
        return read
    year = read.jalali[0]
    this_year = _solar_year(as_of)
    is_future = read.gregorian > as_of if read.gregorian else year > this_year
    if is_future and read.origin == "solar_hijri" and _looks_lunar(year, this_year, role):
        return ReadDate(None, None, "suspect", "lunar_hijri_like", read.origin)
    if is_future and role != "planned_end":
        return ReadDate(None, None, "invalid", "future_date", read.origin)
    if role in _BIRTHS:
        return _judge_birth(read, this_year)
    return _judge_event(read, this_year)


def _looks_lunar(year: int, this_year: int, role: str) -> bool:
    # The lunar count runs ahead of the solar one: a year so far ahead is a lunar one of our own time.
    ahead = _LUNAR_AHEAD_OF_PLANNED_END_YEARS if role == "planned_end" else _LUNAR_AHEAD_YEARS
    lunar_now = int(this_year * 1.030684) + 1
    return this_year + ahead <= year <= lunar_now


def _judge_birth(read: ReadDate, this_year: int) -> ReadDate:
    is_gregorian_default = read.origin != "solar_hijri" and read.gregorian in _GREGORIAN_DEFAULTS
    if read.jalali == (1300, 1, 1) or is_gregorian_default:
        return replace(read, status="suspect", rule="placeholder_like")
    if read.jalali is not None and this_year - read.jalali[0] > OLDEST_AGE_YEARS:
        return replace(read, status="suspect", rule="age_over_110")
    return read


def _judge_event(read: ReadDate, this_year: int) -> ReadDate:
    if read.origin != "solar_hijri" and read.gregorian is not None:
        # A spreadsheet reads 99/02/07 as 1999 and 02/02/07 as 2002: such an event was most likely Solar Hijri.
        if read.gregorian.year <= 1999:
            return ReadDate(None, None, "suspect", "excel_misread_jalali", read.origin)
        if read.gregorian.year <= 2000 + this_year - 1400:
            return replace(read, status="warn", rule="excel_misread_jalali")
    if read.jalali is not None and read.jalali[0] < _EARLIEST_EVENT_YEAR:
        return replace(read, status="suspect", rule="too_early")
    return read


# Columns --------------------------------------------------------------------------------------------------------------


def dates_column(
    texts: pd.Series, role: str | pd.Series, as_of: dt.date, *, date_system: DateSystem = 1900
) -> pd.DataFrame:
    """``value`` (datetime64[s], absent unless ok, repaired or warn), ``status`` and ``year`` (Int64, Solar Hijri).

    ``role`` is one role, or one per row. In a column that holds Solar Hijri days, a Gregorian day is ``repaired``, and
    a day that a spreadsheet may have made of a two-digit Solar Hijri year (``63/05/07`` → 1963-05-07) is ``warn``; an
    ISO date counts as such, because date cells are read in that form.
    """
    roles = pd.Series(role, index=texts.index, dtype="str") if isinstance(role, str) else role.astype("str")
    parts = []
    for one_role in sorted(roles.dropna().unique()):
        distinct = distinct_texts(texts[roles == one_role])
        found = [read_date(text, role=one_role, as_of=as_of, date_system=date_system) for text in distinct.texts]
        parts.append((distinct, found))
    is_solar_column = any(read.origin == "solar_hijri" for _, found in parts for read in found)
    this_year = _solar_year(as_of)
    tables = []
    for distinct, found in parts:
        judged = [_among_solar_hijri(read, this_year) for read in found] if is_solar_column else found
        tables.append(
            pd.DataFrame(
                {
                    "value": _days(judged, distinct.positions),
                    "status": text_column(distinct, [read.status for read in judged], absent="missing").array,
                    "year": _years(judged, distinct.positions),
                },
                index=distinct.index,
            )
        )
    if not tables:
        return pd.DataFrame(
            {
                "value": pd.Series([], dtype="datetime64[s]"),
                "status": pd.Series([], dtype="str"),
                "year": pd.Series([], dtype="Int64"),
            }
        )
    return tables[0] if len(tables) == 1 else pd.concat(tables).reindex(texts.index)


def _among_solar_hijri(read: ReadDate, this_year: int) -> ReadDate:
    if read.status != "ok" or read.gregorian is None or read.origin == "solar_hijri":
        return read
    may_come_from_a_spreadsheet = read.origin == "spreadsheet" or read.rule == "iso_gregorian"
    if may_come_from_a_spreadsheet and _may_be_misread(read.gregorian, this_year):
        return replace(read, status="warn", rule="excel_may_be_jalali")
    return replace(read, status="repaired", rule="gregorian_among_solar_hijri")


def _may_be_misread(day: dt.date, this_year: int) -> bool:
    # 63/05/07 became 7 May 1963, and 02/05/07 became 7 May 2002; 31 July 1984 cannot have been 84/07/31.
    if not 1900 <= day.year <= 2000 + this_year - 1400:
        return False
    century = 1300 if day.year < 2000 else 1400
    return _solar(century + day.year % 100, day.month, day.day, "misread").status == "ok"


_USABLE = frozenset({"ok", "repaired", "warn"})


def _days(found: Sequence[ReadDate], positions: np.ndarray) -> np.ndarray:
    days = [read.gregorian if read.status in _USABLE else None for read in found]
    return np.array([*days, None], dtype="datetime64[D]").astype("datetime64[s]")[positions]


def _years(found: Sequence[ReadDate], positions: np.ndarray) -> pd.arrays.IntegerArray:
    known = [read.jalali[0] if read.jalali and read.status in _USABLE | {"partial"} else 0 for read in found]
    years = np.array([*known, 0], dtype="int64")[positions]
    return pd.arrays.IntegerArray(years, years == 0)
