"""Plain person lists made comparable: forms of each name, one birth text, identifiers, and tokens of an address."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from palayesh.identifiers import national_id_column, phone_column, typed_digits_column
from palayesh.linkage.names import clean, compact, one_byte, over_distinct, skeleton, sound
from palayesh.linkage.standardise import split_full_names
from palayesh.solar_hijri import dates_column

COLUMNS = (
    "full_name", "first_name", "last_name", "father_name", "sex", "birth_date", "national_id", "external_id", "mobile",
    "county", "postal_code", "address", "occupation", "household_code",
)  # fmt: skip
"""The standard columns of a plain list, all text, any of them absent."""
NAMES = ("first", "last", "father")

_NEVER = dt.date(2100, 1, 1)  # plain lists belong to no month: no date in them is in the future
_MALE, _FEMALE = frozenset({"1", "m", "male", "مرد", "مذکر"}), frozenset({"2", "f", "female", "زن", "مونث", "مؤنث"})
_YEAR_FIRST = re.compile(r"^\s*(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?$")
_YEAR_LAST = re.compile(r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{4})(?:\D.*)?$")
_YEAR_ONLY = re.compile(r"^\s*(\d{4})(?:\.0|\D00\D00)?\s*$")
_FIRST_DAY_SHARE = 0.02
"""Where more dates than this (7 times its due) fall on the first day of the year, that day stands for "year only"."""


def comparable(records: pd.DataFrame, calendar: str) -> pd.DataFrame:
    """One row per record, in the records' order, with what is compared and blocked on; missing is missing in every column.

    ``uid`` (position), ``list``; for each of first, last, father: the compact name, ``_sound``, ``_skeleton``, ``_code`` (one byte a
    letter), ``_is_established`` (met often enough here to be a name of its own, not a slip); ``birth`` (eight digits, as
    written, also when no calendar has that day), ``year``, ``birth_day`` (absent where only the year is known), ``month_day``;
    ``sex``; ``number`` and ``number_valid`` (national), ``external``; ``phone``, ``second_phone``; ``county``, ``postal``, ``address``,
    ``tokens``, ``occupation``; ``case`` (one list's family) as a whole number, −1 where there is none.
    ``calendar``: jalali or gregorian.
    """

    def column(name: str) -> pd.Series:
        if name in records:
            text = records[name].astype("str").str.strip()
            return text.where(text.ne(""))
        return pd.Series(None, index=records.index, dtype="str")

    table = pd.DataFrame({"uid": np.arange(len(records))}, index=records.index)
    table["list"] = column("list").fillna("")
    table = _with_names(table, column)
    table = _with_birth(table, column("birth_date"), calendar)
    sex = column("sex").str.lower()
    table["sex"] = (
        pd.Series(None, index=table.index, dtype="str").mask(sex.isin(_MALE), "male").mask(sex.isin(_FEMALE), "female")
    )
    number = national_id_column(column("national_id"))
    table["number_valid"] = number["value"].where(number["status"].isin(["valid", "repaired", "warn"]))
    typed = typed_digits_column(column("national_id"))
    table["number"] = table["number_valid"].fillna(typed.where(number["status"].ne("suspect") & typed.str.len().ge(7)))
    table["external"] = over_distinct(column("external_id"), _identifier)
    phones = phone_column(column("mobile"))["value"].astype("str")
    table["phone"] = over_distinct(phones, lambda text: text.split(";")[0])
    table["second_phone"] = over_distinct(phones, lambda text: text.split(";")[1] if ";" in text else None)
    table["county"] = over_distinct(column("county"), compact)
    table["county_code"] = over_distinct(table["county"], one_byte)
    table["postal"] = over_distinct(column("postal_code"), _identifier)
    words = over_distinct(column("address"), _words)
    table["tokens"] = words.str.split(" ").astype("object")
    table["address"] = words.str.replace(" ", "")
    table["address_code"] = over_distinct(table["address"], one_byte)
    table["occupation"] = over_distinct(column("occupation"), compact)
    code = column("household_code")
    cases = pd.factorize((table["list"] + "\x1f" + code).where(code.notna()), use_na_sentinel=True)[0]
    table["case"] = cases.astype(np.int64)
    return table.reset_index(drop=True)


def _with_names(table: pd.DataFrame, column: object) -> pd.DataFrame:
    names = pd.DataFrame({name: column(name) for name in ("full_name", "first_name", "last_name", "father_name")})  # type: ignore[operator]
    names["family_key"] = column("household_code")  # type: ignore[operator]
    names = split_full_names(names)
    for name in NAMES:
        table[name] = over_distinct(names[f"{name}_name"], compact)
        table[f"{name}_sound"] = over_distinct(table[name], sound)
        table[f"{name}_skeleton"] = over_distinct(table[name], skeleton)
        table[f"{name}_code"] = over_distinct(table[name], one_byte)
        counts = table[name].value_counts()
        established = counts.index[counts >= max(8, len(table) // 10_000)]
        table[f"{name}_is_established"] = table[name].isin(established)
    return table


def _with_birth(table: pd.DataFrame, texts: pd.Series, calendar: str) -> pd.DataFrame:
    if calendar == "jalali":
        read = dates_column(texts, "birth", _NEVER)
        known = read["value"].notna()
        birth = over_distinct(read["value"].dt.strftime("%Y-%m-%d").where(known), _solar_hijri)
        birth = birth.fillna(over_distinct(texts, _digits_of_date))
        year = read["year"].astype("Int64").fillna(_year_of(birth))
    else:
        birth = over_distinct(texts, _digits_of_date)
        year = _year_of(birth).fillna(pd.to_numeric(over_distinct(texts, _only_year), errors="coerce").astype("Int64"))
    first_days = birth.str[4:].isin(["0101", "0000"]) & birth.notna()
    partial = first_days & (first_days.sum() > _FIRST_DAY_SHARE * max(birth.notna().sum(), 1))
    table["birth_day"] = birth.mask(partial)
    table["birth"] = birth.fillna(year.astype("str") + "0101")
    table["year"] = year
    # Only the lists of a month tell what a birth would be in the other calendar.
    table["birth_other"] = pd.Series(None, index=table.index, dtype="str")
    table["year_other"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    table["month_day"] = table["birth_day"].str[4:]
    return table


def _year_of(birth: pd.Series) -> pd.Series:
    return pd.to_numeric(birth.str[:4], errors="coerce").astype("Int64")


def _solar_hijri(day: str) -> str | None:
    from persiantools.jdatetime import JalaliDate

    jalali = JalaliDate(dt.date.fromisoformat(day))
    return f"{jalali.year:04d}{jalali.month:02d}{jalali.day:02d}"


def _digits_of_date(text: str) -> str | None:
    """Year, month and day as eight digits, whether or not such a day exists: a slip is still evidence."""
    plain = clean(text) or ""
    if found := _YEAR_FIRST.match(text) or _YEAR_FIRST.match(plain):
        year, month, day = found.groups()
    elif found := _YEAR_LAST.match(text) or _YEAR_LAST.match(plain):
        day, month, year = found.groups()
    else:
        return None
    return f"{year}{month:0>2}{day:0>2}"


def _only_year(text: str) -> str | None:
    found = _YEAR_ONLY.match(text)
    return found.group(1) if found else None


def _identifier(text: str) -> str | None:
    """Letters and digits only, lower case; a number that a spreadsheet gave a fraction of zero loses it."""
    plain = re.sub(r"\.0$", "", (clean(text) or "").replace(" 0", ".0") if text.endswith(".0") else clean(text) or "")
    return re.sub(r"[^0-9a-z\u0600-\u06ff]", "", plain) or None


def _words(text: str) -> str | None:
    """The words of an address in order of the alphabet, joined by spaces."""
    return " ".join(sorted(set((clean(text) or "").split()))) or None
