"""Mentions with the forms that linkage compares and blocks on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from persiantools.jdatetime import JalaliDate

from palayesh.linkage.names import compact, forms_over_distinct, over_distinct, skeleton, sound

VALID_STATUSES = ("valid", "repaired", "warn")
REFERRAL_ROLES = ("behzisti_referral", "relief_referral")
_NOT_THE_PRISONER = ("spouse", "child", "father", "mother", "sibling", "grandchild")


def solar_hijri_text(birth_date: pd.Series) -> pd.Series:
    """Solar Hijri ``YYYYMMDD`` of each day; missing, or before the calendar's reach, stays missing."""

    def converted(day: dt.date) -> str | None:
        if day.year < 1800:
            return None
        jalali = JalaliDate(day)
        return f"{jalali.year:04d}{jalali.month:02d}{jalali.day:02d}"

    codes, distinct = pd.factorize(birth_date)
    texts = np.array([*(converted(day.date()) for day in pd.DatetimeIndex(distinct)), None], dtype=object)
    return pd.Series(texts[codes], index=birth_date.index, dtype="str")


def _day_text(days: pd.Series, form: str) -> pd.Series:
    """Each day as text, made once per distinct day."""
    codes, distinct = pd.factorize(days)
    texts = pd.array([*pd.DatetimeIndex(distinct).strftime(form), None], dtype="str")
    return pd.Series(texts.take(codes), index=days.index)


def in_the_other_calendar(birth_date: pd.Series, birth_year: pd.Series) -> tuple[pd.Series, pd.Series]:
    """What a birth would be if it had been read in the wrong calendar: the Solar Hijri day (``YYYYMMDD``) and year.

    A day of 1900 to 1999 may be a two-digit Solar Hijri year that a spreadsheet took for its own; a day before 1700 is a Solar
    Hijri day taken for a Gregorian one; a year alone from 1900 on is Gregorian, about 621 more.
    """
    year = birth_date.dt.year
    written = year.where(year.lt(1700), 1300 + year % 100)
    doubtful = birth_date.notna() & (year.lt(1700) | year.between(1900, 1999))
    day = written.astype("Int64").astype("str") + _day_text(birth_date, "%m%d")
    alone = birth_year.where(birth_date.isna() & birth_year.ge(1900)).astype("Int64") - 621
    return day.where(doubtful).astype("str"), alone


def split_full_names(mentions: pd.DataFrame) -> pd.DataFrame:
    """``first_name`` and ``last_name`` for mentions that only have ``full_name``; the full name itself stays.

    The family's own surnames decide first, then how often each part is met as given name and as surname in these
    lists (either order); a name nobody helps with is parted after its first word.
    """
    only_full = mentions["full_name"].notna() & mentions["first_name"].isna() & mentions["last_name"].isna()
    if not only_full.any():
        return mentions
    given = Counter(over_distinct(mentions["first_name"], compact).dropna().tolist())
    surname_keys = over_distinct(mentions["last_name"], compact)
    surnames = Counter(surname_keys.dropna().tolist())
    named = pd.DataFrame({"family": mentions["family_key"], "surname": surname_keys}).dropna().drop_duplicates()
    family_surnames: dict[str, set[str]] = {}
    for family, surname in zip(named["family"].tolist(), named["surname"].tolist(), strict=True):
        family_surnames.setdefault(family, set()).add(surname)
    wanted = mentions.loc[only_full, ["full_name", "family_key"]]
    families = wanted["family_key"].tolist()
    names = wanted["full_name"].tolist()
    parted: dict[tuple[str, frozenset[str]], tuple[str | None, str | None]] = {}
    first_names: list[str | None] = []
    last_names: list[str | None] = []
    for name, family in zip(names, families, strict=True):
        known = frozenset(family_surnames.get(family, ()))
        key = (name, known)
        if key not in parted:
            parted[key] = split_full_name(name, given=given, surnames=surnames, family_surnames=known)
        first_names.append(parted[key][0])
        last_names.append(parted[key][1])
    result = mentions.copy()
    result.loc[only_full, "first_name"] = pd.array(first_names, dtype="str")
    result.loc[only_full, "last_name"] = pd.array(last_names, dtype="str")
    return result


_UNKNOWN = 0.1
"""What a name counts for that these lists do not have."""


@lru_cache(maxsize=1 << 12)
def _known(times: int) -> float:
    """What it says that a name is met so often in these lists."""
    return float(np.log(times + _UNKNOWN))


def split_full_name(
    full_name: str, *, given: dict[str, int], surnames: dict[str, int], family_surnames: frozenset[str]
) -> tuple[str | None, str | None]:
    """Given name and surname of one full name; a part that is not there is None."""
    words = full_name.split()
    if len(words) < 2:
        return _split_run_together(full_name, given=given, surnames=surnames, family_surnames=family_surnames)

    def score(first: str, last: str) -> float:
        first_key, last_key = compact(first) or "", compact(last) or ""
        # Both parts known a little say more than one of them known well.
        known = _known(given.get(first_key, 0)) + _known(surnames.get(last_key, 0))
        return known + (100.0 if last_key in family_surnames else 0.0)

    # Titles stay with the given name, so a split is never tried right after them.
    splits = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    splits = [(first, last) for first, last in splits if compact(first + " xx") != "xx"] or splits
    candidates = [(score(first, last), 1, first, last) for first, last in splits]
    candidates += [(score(last, first) - 0.5, 0, last, first) for first, last in splits]
    best = max(candidates, key=lambda candidate: (candidate[0], candidate[1], -len(candidate[2])))
    if best[0] <= 2 * _known(0) + 1e-9:
        return splits[0]
    return best[2], best[3]


def _split_run_together(
    name: str, *, given: dict[str, int], surnames: dict[str, int], family_surnames: frozenset[str]
) -> tuple[str | None, str | None]:
    best: tuple[float, str, str] | None = None
    for cut in range(2, len(name) - 1):
        first, last = name[:cut], name[cut:]
        first_key, last_key = compact(first) or "", compact(last) or ""
        if first_key in given and (last_key in surnames or last_key in family_surnames):
            known = float(np.log1p(given[first_key]) + np.log1p(surnames.get(last_key, 0)))
            if best is None or known > best[0]:
                best = (known, first, last)
    return (best[1], best[2]) if best else (name, None)


def standardise_mentions(mentions: pd.DataFrame) -> pd.DataFrame:
    """Mentions in the order of ``mention_id`` with: three forms of each name, the number that counts, the day and
    year of birth (Solar Hijri text), whether the mention is of a prisoner, and its case (one list's family).

    ``is_prisoner`` is missing where the list does not say. Days that stand for "year only" (1 Farvardin) are not days.
    """
    ordered = mentions.sort_values("mention_id", kind="stable").reset_index(drop=True)
    table = split_full_names(ordered)
    for field in ("first", "last", "father"):
        column = table[f"{field}_name"]
        table[field] = over_distinct(column, compact)
        table[f"{field}_sound"], table[f"{field}_skeleton"] = forms_over_distinct(table[field], sound, skeleton)
    status = table["national_id_status"].fillna("missing")
    table["number_valid"] = table["national_id"].where(status.isin(VALID_STATUSES))
    table["number_other"] = table["national_id"].where(status.eq("other_id"))
    digits = table["national_id_digits"].where(status.ne("suspect"))
    digits = digits.where(digits.str.len().between(7, 12, inclusive="both"))
    table["number"] = table["number_valid"].fillna(table["number_other"]).fillna(digits)

    table["birth_text"] = solar_hijri_text(table["birth_date"])
    year_of_day = pd.to_numeric(table["birth_text"].str[:4], errors="coerce").astype("Int64")
    table["year"] = table["birth_year"].astype("Int64").fillna(year_of_day)
    table["birth_day"] = table["birth_text"].where(table["birth_text"].str[4:].ne("0101"))

    table["birth_other"], table["year_other"] = in_the_other_calendar(table["birth_date"], table["birth_year"])

    table["held_since"] = _day_text(table["custody_start"], "%Y%m%d")

    relation, role, list_role = (table[name].fillna("") for name in ("relation", "role", "list_role"))
    to_prisoner = list_role.isin(REFERRAL_ROLES)
    is_prisoner = role.eq("prisoner") | relation.eq("prisoner") | (list_role.eq("custody") & role.eq("subject"))
    is_other = (
        role.eq("subject") & relation.isin(_NOT_THE_PRISONER) & (to_prisoner | relation.isin(["child", "spouse"]))
    )
    table["is_prisoner"] = pd.Series(is_prisoner, dtype="boolean").where(is_prisoner | is_other)

    # A wide row names its members after the last stroke of the record id; the row is then their family.
    one_record = over_distinct(table["record_id"], _row_of)
    table["case_key"] = table["family_key"].fillna("row:" + one_record)
    table["case"] = pd.factorize(table["case_key"], sort=True)[0]
    return table


def phones_of(table: pd.DataFrame) -> pd.DataFrame:
    """``record`` (the mention's place), ``phone``: a row for each phone of each mention, in their order."""
    lists = pc.split_pattern(pa.array(table["phones"], type=pa.large_string(), from_pandas=True), ";")
    phones = pd.DataFrame(
        {"record": pc.list_parent_indices(lists), "phone": pd.array(pc.list_flatten(lists), dtype="str")}
    )
    return phones[phones["phone"].ne("")].reset_index(drop=True)


def _row_of(record_id: str) -> str:
    parts = record_id.split("/")
    return "/".join(parts[:5]) if len(parts) > 5 else record_id
