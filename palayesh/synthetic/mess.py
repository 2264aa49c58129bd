"""The mess of real lists: what typing, spreadsheets and haste do to clean text.

Every function takes a table in words and gives it back damaged; ``level`` scales every rate (0 = nothing, 1 = as met in
life). What was done to which cell is kept in ``Damage``, so that a miss can be explained.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.synthetic.lists import DATES

Damage = list[tuple[int, str, str]]
"""(position of the row in the table, column, kind)."""
NUMBERS = ("national_id", "prisoner_national_id", "head_national_id")
NAMES = ("first_name", "last_name", "father_name", "prisoner_name", "head_name")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
ARABIC_LETTERS = str.maketrans({"ی": "ي", "ک": "ك"})
HOMOPHONES = {"س": "ص", "ص": "س", "ز": "ذ", "ذ": "ز", "ت": "ط", "ط": "ت", "ح": "ه", "ق": "غ", "غ": "ق", "ض": "ز"}
MONTHS = ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند")
PLACEHOLDERS = ("", "", "-", "ندارد", "نامشخص", ".", "N/A")
OTHER_WORDS = {"sex": {"مرد": "مذکر", "زن": "مؤنث"}, "marital_status": {"متاهل": "متأهل"}}
Change = Callable[[str, np.random.Generator], str]


def damage_table(table: pd.DataFrame, level: float, rng: np.random.Generator) -> tuple[pd.DataFrame, Damage]:
    """The table as typed by people in a hurry, and everything that was done to it."""
    if level <= 0:
        return table, []
    messy, done = table.copy(), Damage()
    messy = _repeat_some(messy, 0.008 * level, rng, done)
    _type_a_parents_number(messy, 0.01 * level, rng, done)
    _split_some_codes(messy, 0.004 * level, rng, done)
    for column in [c for c in NUMBERS if c in messy]:
        _change(messy, column, 0.10 * level, "missing_number", lambda _, r: str(r.choice(PLACEHOLDERS)), rng, done)
        _change(messy, column, 0.012 * level, "wrong_digit", _wrong_digit, rng, done)
        _change(messy, column, 0.35 * level, "number_style", _number_style, rng, done)
    for column in [c for c in NAMES if c in messy]:
        _change(messy, column, 0.018 * level, "typing_error", _typing_error, rng, done)
        _change(messy, column, 0.008 * level, "homophone", _homophone, rng, done)
        _change(messy, column, 0.01 * level, "title", _title, rng, done)
        _change(messy, column, 0.30 * level, "letters", _letters, rng, done)
        _change(messy, column, 0.08 * level, "spaces", _spaces, rng, done)
    for column in [c for c in DATES if c in messy]:
        if column == "birth_date":
            _change(messy, column, 0.05 * level, "missing_date", lambda _, r: str(r.choice(PLACEHOLDERS)), rng, done)
            _change(messy, column, 0.02 * level, "year_only", lambda text, _: text[:4], rng, done)
        _change(messy, column, 0.5 * level, "date_style", _date_style, rng, done)
    if "mobile" in messy:
        _change(messy, "mobile", 0.3 * level, "phone_style", _phone_style, rng, done)
    for column, words in OTHER_WORDS.items():
        if column in messy:
            _change(messy, column, 0.2 * level, "other_word", lambda text, _, w=words: w.get(text, text), rng, done)
    if "county" in messy:
        _change(
            messy,
            "county",
            0.1 * level,
            "letters",
            lambda text, _: f"شهرستان {text}".translate(ARABIC_LETTERS),
            rng,
            done,
        )
    return messy, done


def _change(
    table: pd.DataFrame, column: str, rate: float, kind: str, change: Change, rng: np.random.Generator, done: Damage
) -> None:
    typed = np.flatnonzero(table[column].notna() & (table[column] != ""))
    chosen = typed[rng.random(len(typed)) < min(rate, 1.0)]
    if not len(chosen):
        return
    place = table.columns.get_loc(column)
    values = table[column].to_numpy(dtype=object).copy()
    for row in chosen:
        values[row] = change(str(values[row]), rng)
    table.isetitem(place, values)
    done.extend((int(row), column, kind) for row in chosen)


def _repeat_some(table: pd.DataFrame, rate: float, rng: np.random.Generator, done: Damage) -> pd.DataFrame:
    """The same person twice: the row is typed again right after itself."""
    times = 1 + (rng.random(len(table)) < rate)
    repeated = table.loc[table.index.repeat(times)].reset_index(drop=True)
    again = np.flatnonzero(np.repeat(times, times) == 2)[1::2]
    done.extend((int(row), "", "repeated") for row in again)
    return repeated


def _type_a_parents_number(table: pd.DataFrame, rate: float, rng: np.random.Generator, done: Damage) -> None:
    """A child's row carries the number of the family's first row."""
    family = next((c for c in ("household_ref", "household_code") if c in table), None)
    if family is None or not {"national_id", "relation"} <= set(table.columns):
        return
    first = table.groupby(family)["national_id"].transform("first")
    child = np.flatnonzero(table["relation"].eq("فرزند") & first.notna())
    chosen = child[rng.random(len(child)) < rate]
    table.loc[table.index[chosen], "national_id"] = first.iloc[chosen].to_numpy()
    done.extend((int(row), "national_id", "parents_number") for row in chosen)


def _split_some_codes(table: pd.DataFrame, rate: float, rng: np.random.Generator, done: Damage) -> None:
    """The last member of a family stands under another code by mistake."""
    if "household_ref" not in table:
        return
    last = ~table.duplicated("household_ref", keep="last") & table.duplicated("household_ref", keep="first")
    rows = np.flatnonzero(last)
    chosen = rows[rng.random(len(rows)) < rate]
    codes = table["household_ref"].iloc[chosen]
    table.loc[table.index[chosen], "household_ref"] = ("9" + codes).to_numpy()
    done.extend((int(row), "household_ref", "two_codes") for row in chosen)


def _wrong_digit(text: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(3, len(text))) if len(text) == 10 else 0
    return (
        text[:place] + str((int(text[place]) + int(rng.integers(1, 10))) % 10) + text[place + 1 :]
        if text.isascii() and text.isdigit()
        else text
    )


def _number_style(text: str, rng: np.random.Generator) -> str:
    if not (text.isascii() and text.isdigit() and len(text) == 10):
        return text
    match int(rng.integers(0, 6)):
        case 0:
            return text.translate(PERSIAN_DIGITS)
        case 1:
            return text.translate(ARABIC_DIGITS)
        case 2:
            return f"{text[:3]}-{text[3:9]}-{text[9]}"
        case 3:
            return f"\u200f{text}\u00a0"
        case 4:
            return f"{text.lstrip('0')}.0"
    return text.lstrip("0")


def _typing_error(text: str, rng: np.random.Generator) -> str:
    if len(text) < 4:
        return text
    place = int(rng.integers(1, len(text) - 1))
    match int(rng.integers(0, 3)):
        case 0:
            return text[:place] + text[place + 1 :]
        case 1:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place] + text[place:]


def _homophone(text: str, rng: np.random.Generator) -> str:
    places = [place for place, letter in enumerate(text) if letter in HOMOPHONES]
    if not places:
        return text
    place = places[int(rng.integers(0, len(places)))]
    return text[:place] + HOMOPHONES[text[place]] + text[place + 1 :]


def _title(text: str, rng: np.random.Generator) -> str:
    return f"{rng.choice(['حاج', 'سید', 'مرحوم'])} {text}"


def _letters(text: str, _rng: np.random.Generator) -> str:
    return text.translate(ARABIC_LETTERS)


def _spaces(text: str, rng: np.random.Generator) -> str:
    match int(rng.integers(0, 3)):
        case 0:
            return text.replace("\u200c", " ")
        case 1:
            return text.replace("\u200c", "")
    return f" {text.replace(' ', '  ')} "


def _date_style(text: str, rng: np.random.Generator) -> str:
    parts = text.split("/")
    if len(parts) != 3:
        return text
    year, month, day = (int(part) for part in parts)
    match int(rng.integers(0, 7)):
        case 0:
            return text.translate(PERSIAN_DIGITS)
        case 1:
            return f"{year}/{month}/{day}"
        case 2:
            return f"{day} {MONTHS[month - 1]} {year}".translate(PERSIAN_DIGITS)
        case 3:
            return f"{year:04d}{month:02d}{day:02d}"
        case 4:
            return f"{day:02d}/{month:02d}/{year}"
        case 5:
            return JalaliDate(year, month, day).to_gregorian().isoformat()
    return f"{year:04d}-{month:02d}-{day:02d}"


def _phone_style(text: str, rng: np.random.Generator) -> str:
    match int(rng.integers(0, 4)):
        case 0:
            return text.removeprefix("0")
        case 1:
            return f"+98{text.removeprefix('0')}"
        case 2:
            return f"{text} - 03432110000"
    return text.translate(PERSIAN_DIGITS)
