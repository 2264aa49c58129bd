"""Plain person lists made comparable: forms of each name, one birth text, identifiers, and tokens of an address."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from palayesh.identifiers import national_id_column, phone_column, typed_digits_column
from palayesh.linkage.names import clean, compact, forms_over_distinct, one_byte, over_distinct, skeleton, sound, spread
from palayesh.linkage.standardise import split_full_names
from palayesh.persian_text import to_ascii_digits
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
_SHORT_YEAR = re.compile(r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{2})(?:\s.*)?$")
_MONTH_WORD = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NUMBER = re.compile(r"^\s*([1-4]\d{4})(?:\.0)?\s*$")
"""A day as a spreadsheet counts it: 10,000 is in 1927, 49,999 in 2036."""
_FIRST_DAY_OF_SPREADSHEETS = dt.date(1899, 12, 30)
_SHORT_YEARS_FROM = 30
"""A year of two digits is of 1900 from here on, and of 2000 below."""
_YEAR_AND_MONTH = re.compile(r"^\s*(?:(\d{4})\D(?!00)\d{1,2}(?:\D00)?|\d{1,2}\D(\d{4}))\s*$")
"""1985-04, 1985-04-00, 04/1985: the day is not known."""
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
    ``calendar``: jalali or gregorian. Texts that many records share (names, dates, sex, county, occupation, list) are categories: each
    is kept once. Identifiers, phones and addresses are plain texts.
    """
    records = records.reset_index(drop=True)

    def column(name: str) -> pd.Series:
        return _stripped(records, name)

    def shared(name: str) -> pd.Series:
        return _kept_once(column(name))

    table = pd.DataFrame({"uid": np.arange(len(records))})
    table["list"] = _kept_once(column("list").fillna(""))
    table = _with_names(table, records)
    births = shared("birth_date")
    table = _with_birth(table, births if calendar == "jalali" else _year_first(births, table["list"]), calendar)
    table["sex"] = over_distinct(shared("sex"), _sex)
    table["number"], table["number_valid"] = _numbers(column("national_id"))
    table["external"] = over_distinct(column("external_id"), _identifier)
    phones = phone_column(column("mobile"))["value"]
    table["phone"] = over_distinct(phones, lambda text: text.split(";")[0])
    table["second_phone"] = over_distinct(phones, lambda text: text.split(";")[1] if ";" in text else None)
    del phones
    table["county"] = over_distinct(shared("county"), compact)
    table["county_code"] = over_distinct(table["county"], one_byte)
    table["postal"] = over_distinct(column("postal_code"), _identifier)
    words = over_distinct(column("address"), _words)
    table["tokens"] = _split_words(words)
    table["address"] = words.str.replace(" ", "")
    table["address_code"] = over_distinct(table["address"], one_byte)
    table["occupation"] = over_distinct(shared("occupation"), compact)
    table["case"] = _cases(table["list"], column("household_code"))
    return table


def with_plain_texts(table: pd.DataFrame) -> pd.DataFrame:
    """The comparable table with every category as plain text, to be put beside other records' texts."""
    return table.astype({name: "str" for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)})


def _stripped(records: pd.DataFrame, name: str) -> pd.Series:
    """The column's texts without spaces around them; missing where nothing is left, or where there is no such column."""
    if name not in records:
        return pd.Series(None, index=records.index, dtype="str")
    texts = records[name]
    if isinstance(texts.dtype, pd.CategoricalDtype):
        given = texts.cat.categories.astype("str").str.strip()
        return pd.Series(
            given.where(given != "").array.take(texts.cat.codes.to_numpy(), allow_fill=True), index=records.index
        )
    texts = texts.astype("str").str.strip()
    return texts.where(texts.ne(""))


def _kept_once(texts: pd.Series) -> pd.Series:
    """The texts as categories."""
    codes, distinct = pd.factorize(texts, use_na_sentinel=True)
    return spread(distinct, codes, texts.index)


def _sex(text: str) -> str | None:
    plain = text.lower()
    return "male" if plain in _MALE else "female" if plain in _FEMALE else None


def _numbers(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The national number as far as it can be read, and only where it is valid."""
    read = national_id_column(texts)
    valid = read["value"].where(read["status"].isin(["valid", "repaired", "warn"]))
    typed = typed_digits_column(texts)
    return valid.fillna(typed.where(read["status"].ne("suspect") & typed.str.len().ge(7))), valid


def _split_words(words: pd.Series) -> pd.Series:
    """The list of each address' words; records of one address share the list."""
    codes, distinct = pd.factorize(words, use_na_sentinel=True)
    lists = np.empty(len(distinct) + 1, dtype=object)
    lists[:-1] = [text.split(" ") for text in np.asarray(distinct, dtype=object)]
    lists[-1] = np.nan
    return pd.Series(lists[codes], index=words.index, dtype="object")


def _cases(lists: pd.Series, code: pd.Series) -> np.ndarray:
    """The number of each list's family, in the order in which they are met; −1 where there is none."""
    codes, distinct = pd.factorize(code, use_na_sentinel=True)
    known = np.flatnonzero(codes >= 0)
    cases = np.full(len(codes), -1, dtype=np.int64)
    of_list = lists.cat.codes.to_numpy()[known].astype(np.int64)
    cases[known] = pd.factorize(of_list * max(len(distinct), 1) + codes[known])[0]
    return cases


def _with_names(table: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    columns = {f"{name}_name": _kept_once(_stripped(records, f"{name}_name")) for name in NAMES}
    full_name = over_distinct(_kept_once(_stripped(records, "full_name")), _given_name_first)
    if full_name.notna().any():
        whole = {name: texts.astype("str") for name, texts in {**columns, "full_name": full_name}.items()}
        parted = split_full_names(pd.DataFrame({**whole, "family_key": _stripped(records, "household_code")}))
        columns = {name: _kept_once(parted[name]) for name in columns}
    for name in NAMES:
        table[name] = over_distinct(columns.pop(f"{name}_name"), compact)
        heard, bones, code = forms_over_distinct(table[name], sound, skeleton, one_byte)
        table[f"{name}_sound"], table[f"{name}_skeleton"], table[f"{name}_code"] = heard, bones, code
        counts = table[name].value_counts()
        established = counts.index[counts >= max(8, len(table) // 10_000)]
        table[f"{name}_is_established"] = table[name].isin(established)
    return table


def _given_name_first(text: str) -> str:
    """«Brown, Anna» as «Anna Brown»."""
    surname, comma, given = text.replace("،", ",").partition(",")
    return f"{given.strip()} {surname.strip()}" if comma and given.strip() and surname.strip() else text


def _with_birth(table: pd.DataFrame, texts: pd.Series, calendar: str) -> pd.DataFrame:
    """``texts``: categories. Each distinct one is read once."""
    codes, written = texts.cat.codes.to_numpy(), pd.Series(texts.cat.categories, dtype="str")
    if calendar == "jalali":
        read = dates_column(written, "birth", _NEVER)
        known = read["value"].notna()
        birth = over_distinct(read["value"].dt.strftime("%Y-%m-%d").where(known), _solar_hijri)
        birth = birth.fillna(over_distinct(written, _digits_of_date))
        year = read["year"].astype("Int64").fillna(_year_of(birth))
    else:
        birth = over_distinct(written, _digits_of_date)
        only_year = pd.to_numeric(over_distinct(written, _only_year), errors="coerce").astype("Int64")
        year = _year_of(birth).fillna(only_year)
    is_first_day = (birth.str[4:].isin(["0101", "0000"]) & birth.notna()).to_numpy(dtype=bool)
    records_of = np.bincount(codes[codes >= 0], minlength=len(written))
    if records_of[is_first_day].sum() > _FIRST_DAY_SHARE * max(records_of[birth.notna().to_numpy()].sum(), 1):
        day = birth.mask(is_first_day)
    else:
        day = birth
    table["birth_day"] = spread(day, codes, table.index)
    table["birth"] = spread(birth.fillna(year.astype("str") + "0101"), codes, table.index)
    table["year"] = year.array.take(codes, allow_fill=True)
    # Only the lists of a month tell what a birth would be in the other calendar.
    table["birth_other"] = spread(pd.array([], dtype="str"), np.full(len(table), -1), table.index)
    table["year_other"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    table["month_day"] = spread(day.str[4:], codes, table.index)
    return table


def _year_first(texts: pd.Series, lists: pd.Series) -> pd.Series:
    """Dates with the year at their end, as each list writes them, written from the year on; all other texts stay.

    12/25/80 and 25/12/80: which of the three parts is which, a list tells by its dates that can be read in one way only. Where none
    tells, the day stands first, the year last.
    """
    spelled = over_distinct(texts.astype("str"), lambda text: _with_month_number(to_ascii_digits(text)))
    parts = spelled.str.extract(_YEAR_LAST).fillna(spelled.str.extract(_SHORT_YEAR))
    dated = parts[0].notna()
    if not dated.any():
        return _kept_once(spelled)
    first, second, last = (pd.to_numeric(parts.loc[dated, place]).astype("int64") for place in range(3))
    of_list, is_short = lists[dated], parts.loc[dated, 2].str.len().eq(2)

    def tells(one: pd.Series, other: pd.Series) -> pd.Series:
        return one.groupby(of_list).transform("sum") > other.groupby(of_list).transform("sum")

    year_leads = is_short & tells((first > 31) & is_short, (last > 31) & is_short)
    month_leads = ~year_leads & tells(second.between(13, 31), first.between(13, 31))
    year = first.where(year_leads, last)
    month = first.where(month_leads, second)
    day = last.where(year_leads, second.where(month_leads, first))
    year = year.where(~is_short, year + np.where(year >= _SHORT_YEARS_FROM, 1900, 2000))
    written = year.astype("str") + "-" + month.astype("str") + "-" + day.astype("str")
    return _kept_once(spelled.mask(dated, written.reindex(spelled.index)))


def _with_month_number(text: str) -> str:
    """«12 Mar 1980», «March 12, 1980» and «12-MAR-80» with the month as a number, after the day; the number of a day as a date."""
    if counted := _DAY_NUMBER.match(text):
        return (_FIRST_DAY_OF_SPREADSHEETS + dt.timedelta(days=int(counted[1]))).isoformat()
    found = _MONTH_WORD.search(text)
    numbers = re.findall(r"\d+", text)
    if not found or len(numbers) < 2:
        return text
    month = _MONTHS.index(found[1].lower()) + 1
    if len(numbers[0]) == 4:
        return f"{numbers[0]}-{month}-{numbers[1]}"
    year = (
        numbers[1]
        if len(numbers[1]) == 4
        else f"{1900 + int(numbers[1]) + 100 * (int(numbers[1]) < _SHORT_YEARS_FROM)}"
    )
    return f"{year}-{month}-{numbers[0]}"


def _year_of(birth: pd.Series) -> pd.Series:
    return pd.to_numeric(birth.str[:4], errors="coerce").astype("Int64")


def _solar_hijri(day: str) -> str | None:
    from persiantools.jdatetime import JalaliDate

    jalali = JalaliDate(dt.date.fromisoformat(day))
    return f"{jalali.year:04d}{jalali.month:02d}{jalali.day:02d}"


def _digits_of_date(text: str) -> str | None:
    """Year, month and day as eight digits, whether or not such a day exists: a slip is still evidence."""
    if _YEAR_AND_MONTH.match(text):
        return None
    plain = clean(text) or ""
    if found := _YEAR_FIRST.match(text) or _YEAR_FIRST.match(plain):
        year, month, day = found.groups()
    elif found := _YEAR_LAST.match(text) or _YEAR_LAST.match(plain):
        day, month, year = found.groups()
    else:
        return None
    return f"{year}{month:0>2}{day:0>2}"


def _only_year(text: str) -> str | None:
    found = _YEAR_ONLY.match(text) or _YEAR_AND_MONTH.match(text)
    return next(filter(None, found.groups())) if found else None


def _identifier(text: str) -> str | None:
    """Letters and digits only, lower case; a number that a spreadsheet gave a fraction of zero loses it."""
    plain = re.sub(r"\.0$", "", (clean(text) or "").replace(" 0", ".0") if text.endswith(".0") else clean(text) or "")
    return re.sub(r"[^0-9a-z\u0600-\u06ff]", "", plain) or None


def _words(text: str) -> str | None:
    """The words of an address in order of the alphabet, joined by spaces."""
    return " ".join(sorted(set((clean(text) or "").split()))) or None
