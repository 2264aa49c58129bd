"""What each rule decides, as plain functions over the standardised table.

Every function takes the whole table and the names of the columns it looks at, and returns a ``Verdict``: which records
were looked at and which of them fail. They read ``<column>``, ``<column>_status`` and ``<column>_raw`` (see
``docs/contracts.md`` 2). A column that is not there raises KeyError: a rule that cannot look has not passed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from palayesh.distinct import distinct_texts
from palayesh.identifiers import is_valid_national_id_column, typed_digits_column

FEWEST_FOR_A_SHARE = 20
"""Below this many records a share says nothing about a column (three records with one bad code would be 33 %)."""


@dataclass(frozen=True)
class Verdict:
    """What a rule found: how many records it looked at, which fail, and whether the list as a whole holds."""

    checked: int
    failing: pd.Series
    holds: bool
    share: float | None = None
    """For a rule about a share or a volume: what was measured (0–1, or the relative difference)."""


def _verdict(checked: pd.Series, failing: pd.Series) -> Verdict:
    """A verdict about single records: it holds when none of those looked at fails."""
    hit = (checked & failing).fillna(True).astype(bool)
    return Verdict(checked=int(checked.sum()), failing=hit, holds=not bool(hit.any()))


def _of_the_list(records: pd.DataFrame, *, checked: int, holds: bool, share: float | None = None) -> Verdict:
    """A verdict about the list as a whole: no single record is to blame."""
    return Verdict(checked=checked, failing=pd.Series(False, index=records.index), holds=holds, share=share)


def _everything(records: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=records.index)


def _is_given(records: pd.DataFrame, column: str) -> pd.Series:
    """Whether the cell holds something, understood or not."""
    return records[f"{column}_status"].ne("missing").fillna(False).astype(bool)


def _is_selected(
    records: pd.DataFrame, when_column: str | None, when_in: Sequence[str] | None, when_missing: bool
) -> pd.Series:
    """Records the rule speaks about: all; those whose ``when_column`` is given, or is one of ``when_in``."""
    if when_column is None:
        return _everything(records)
    is_given = _is_given(records, when_column)
    selected = is_given if when_in is None else records[when_column].isin(list(when_in)).astype(bool)
    return selected | ~is_given if when_missing else selected


# ---------------------------------------------------------------- one record, one column


def values_are_given(
    records: pd.DataFrame,
    *,
    column: str,
    when_column: str | None = None,
    when_in: Sequence[str] | None = None,
    when_missing: bool = False,
    except_members: Sequence[str] = (),
) -> Verdict:
    """Fails where the cell is empty; with ``when_column``, only where that one is given (or is one of ``when_in``).

    ``except_members`` are beginnings of members of wide rows whose form has no such cell, e.g. ``child``.
    """
    checked = _is_selected(records, when_column, when_in, when_missing)
    for beginning in except_members:
        checked = checked & ~records["member"].str.startswith(beginning).fillna(False).astype(bool)
    return _verdict(checked, ~_is_given(records, column))


def statuses_are_not(
    records: pd.DataFrame,
    *,
    column: str,
    failing: Sequence[str],
    when_column: str | None = None,
    when_in: Sequence[str] | None = None,
    when_missing: bool = False,
) -> Verdict:
    """Fails where the column's status is one of ``failing``. Empty cells are looked at only if that is ``missing``."""
    checked = _is_selected(records, when_column, when_in, when_missing)
    if "missing" not in failing:
        checked = checked & _is_given(records, column)
    return _verdict(checked, records[f"{column}_status"].isin(list(failing)).astype(bool))


def national_numbers_are_sound(records: pd.DataFrame, *, column: str, failing: Sequence[str]) -> Verdict:
    """Fails where the number's status is one of ``failing``.

    With ``invalid`` among them, also where a number called valid or repaired is none: the status is not taken on trust.
    """
    status = records[f"{column}_status"]
    checked = _everything(records) if "missing" in failing else _is_given(records, column)
    hit = status.isin(list(failing)).astype(bool)
    if "invalid" in failing:
        called_valid = status.isin(["valid", "repaired"]).astype(bool)
        is_valid = is_valid_national_id_column(records[column]).fillna(False).astype(bool)
        hit = hit | (called_valid & ~is_valid)
    return _verdict(checked, hit)


def numbers_are_not_mobiles(records: pd.DataFrame, *, column: str, mobile_columns: Sequence[str] = ()) -> Verdict:
    """Fails where a mobile number stands in the national number's column.

    That is: eleven digits beginning 09; or ten beginning with 9 that are no valid national number and are the record's
    own mobile without its zero, or begin with an operator's 90–93. (About one mobile in ten has a right check digit,
    so a valid number is left alone.)
    """
    typed = typed_digits_column(records[f"{column}_raw"])
    is_long = typed.str.fullmatch(r"(?:0098|98|0)9[0-9]{9}")
    is_ten = typed.str.fullmatch(r"9[0-9]{9}") & records[f"{column}_status"].isin(["invalid", "suspect"])
    is_own_mobile = pd.Series(False, index=records.index)
    for mobile in mobile_columns:
        own = typed_digits_column(records[f"{mobile}_raw"]).str.replace(r"^0", "", regex=True)
        is_own_mobile = is_own_mobile | (own == typed).fillna(False).astype(bool)
    is_ten = is_ten & (is_own_mobile | typed.str.match(r"9[0-3]"))
    return _verdict(_is_given(records, column), (is_long.fillna(False) | is_ten.fillna(False)).astype(bool))


def dates_are_not_after(records: pd.DataFrame, *, column: str, as_of: str) -> Verdict:
    """Fails where a day that was read lies after ``as_of`` (ISO date)."""
    days = records[column]
    return _verdict(days.notna(), days > pd.Timestamp(dt.date.fromisoformat(as_of)))


def dates_are_in_order(records: pd.DataFrame, *, earlier: str, later: str) -> Verdict:
    """Fails where both days were read and ``later`` lies before ``earlier`` (the same day is in order)."""
    checked = records[earlier].notna() & records[later].notna()
    return _verdict(checked, records[later] < records[earlier])


def numbers_are_between(records: pd.DataFrame, *, column: str, fewest: int, most: int) -> Verdict:
    """Fails where a whole number that was read is below ``fewest`` or above ``most``."""
    numbers = records[column]
    return _verdict(numbers.notna(), (numbers < fewest) | (numbers > most))


# ---------------------------------------------------------------- one record, several columns


def values_are_given_together(records: pd.DataFrame, *, columns: Sequence[str]) -> Verdict:
    """Fails where some of the columns hold something and others nothing."""
    given = pd.DataFrame({column: _is_given(records, column) for column in columns})
    return _verdict(given.any(axis="columns"), ~given.all(axis="columns"))


def records_identify_someone(records: pd.DataFrame, *, columns: Sequence[Sequence[str]]) -> Verdict:
    """Fails where no group of columns is given in full: nothing in the record says whom it is about."""
    identified = pd.Series(False, index=records.index)
    for group in columns:
        whole = _everything(records)
        for column in group:
            status = records[f"{column}_status"]
            whole = whole & ~status.isin(["missing", "invalid"]).astype(bool)
        identified = identified | whole
    return _verdict(_everything(records), ~identified)


def text_is_readable(records: pd.DataFrame, *, columns: Sequence[str]) -> Verdict:
    """Fails where a cell holds U+FFFD: letters were lost before the file came to us."""
    lost = pd.Series(False, index=records.index)
    for column in columns:
        raw = records[f"{column}_raw"]
        distinct = pd.Series(raw.dropna().unique(), dtype="str")
        broken = distinct[distinct.str.contains("�", regex=False).fillna(False).astype(bool)]
        lost = lost | raw.isin(list(broken)).astype(bool)
    return _verdict(_everything(records), lost)


def rows_are_visible(records: pd.DataFrame) -> Verdict:
    """Fails where the row was hidden in the spreadsheet (it is a record all the same)."""
    return _verdict(_everything(records), records["is_hidden"].fillna(False).astype(bool))


# ---------------------------------------------------------------- records beside each other


def _joined(records: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The columns' values as one text, absent where all are absent."""
    parts = [records[column].astype("str").fillna("") for column in columns]
    text = parts[0]
    for part in parts[1:]:
        text = text + "\x1f" + part
    return text.where(pd.concat([part.ne("") for part in parts], axis="columns").any(axis="columns"))


def records_are_not_repeated(records: pd.DataFrame, *, columns: Sequence[str], needed: Sequence[str] = ()) -> Verdict:
    """Fails on the second and later records that say the same in all ``columns``.

    Records in which a column of ``needed`` (by default the first of ``columns``) is absent are not looked at: two
    unknowns are not the same.
    """
    checked = _everything(records)
    for column in needed or columns[:1]:
        checked = checked & records[column].notna()
    key = _joined(records, columns).where(checked)
    return _verdict(checked, key.notna() & key.duplicated(keep="first"))


def numbers_name_one_person(records: pd.DataFrame, *, national_id: str, columns: Sequence[str]) -> Verdict:
    """Fails on every record whose national number stands beside two different names in the list.

    Names are compared without spaces; records without number or name are not looked at.
    """
    names = distinct_texts(_joined(records, columns))
    bare = pd.Series(names.texts, dtype="str").str.replace(r"[\s\x1f‌]", "", regex=True)
    name = np.append(pd.factorize(bare)[0], -1)[names.positions]
    checked = records[national_id].notna() & (name >= 0)
    # A pair (number, name) counts once, so the cost stays linear however often a number is repeated.
    pairs = pd.DataFrame({"number": records[national_id], "name": name})[checked].drop_duplicates()
    shared = pairs["number"][pairs["number"].duplicated(keep=False)].unique()
    return _verdict(checked, records[national_id].isin(list(shared)).astype(bool))


def _family(records: pd.DataFrame, family_columns: Sequence[str]) -> pd.Series:
    """What ties a record to its family: the first of the columns that holds something."""
    family = pd.Series(pd.NA, index=records.index, dtype="str")
    for column in family_columns:
        family = family.fillna(column + "\x1f" + records[column].astype("str"))
    return family


def households_have_one(
    records: pd.DataFrame,
    *,
    family_columns: Sequence[str],
    relation_column: str,
    relation: str,
    may_be_absent: bool = False,
) -> Verdict:
    """Fails where a household has no record, or more than one, with this relation.

    If none, its first record is named; if several, the second and later ones. Records without a family are not
    looked at.
    """
    family = _family(records, family_columns)
    checked = family.notna()
    is_it = (records[relation_column] == relation).fillna(False).astype(bool) & checked
    count = is_it.groupby(family).transform("sum") if checked.any() else pd.Series(0, index=records.index)
    is_surplus = is_it & is_it.astype("int64").groupby(family).cumsum().gt(1)
    is_headless = checked & count.eq(0) & ~family.duplicated(keep="first")
    failing = is_surplus if may_be_absent else is_surplus | is_headless
    return _verdict(checked, failing.fillna(False).astype(bool))


# ---------------------------------------------------------------- the list as a whole


def count_is_between(records: pd.DataFrame, *, fewest: int, most: int) -> Verdict:
    """Holds when the list has at least one record and ``fewest`` to ``most`` of them."""
    count = len(records)
    return _of_the_list(records, checked=count, holds=count > 0 and fewest <= count <= most)


def count_is_near_recent_months(
    records: pd.DataFrame, *, recent_counts: Sequence[int], tolerance: float, other_parts: int = 0
) -> Verdict:
    """Holds when the list's number of records differs from the median of recent months by at most ``tolerance`` (a share).

    ``other_parts`` are the records of the month's other files of the list; the months before are whole. With no earlier
    month nothing is looked at (``checked`` is 0) and the rule holds.
    """
    counts = [count for count in recent_counts if count > 0]
    if not counts:
        return _of_the_list(records, checked=0, holds=True)
    median = float(np.median(counts))
    difference = (len(records) + other_parts - median) / median
    holds = abs(difference) <= tolerance + 1e-9
    return _of_the_list(records, checked=len(records), holds=holds, share=round(difference, 6))


def share_is_sound(records: pd.DataFrame, *, columns: Sequence[str], sound: Sequence[str], at_least: float) -> Verdict:
    """Holds when, in every column, at least this share of the cells that hold something has a status in ``sound``.

    A column with fewer than 20 filled cells is not looked at. ``share`` is that of unsound cells in the worst column.
    """
    worst, checked = 1.0, 0
    for column in columns:
        status = records[f"{column}_status"]
        given = int(_is_given(records, column).sum())
        if given < FEWEST_FOR_A_SHARE:
            continue
        checked = max(checked, given)
        worst = min(worst, float(status.isin(list(sound)).sum()) / given)
    return _of_the_list(
        records, checked=checked, holds=worst >= at_least, share=round(1 - worst, 6) if checked else None
    )


def names_are_not_swapped(records: pd.DataFrame, *, first_name: str, last_name: str, father_name: str) -> Verdict:
    """Fails as a whole when the surname column holds given names (trust.md B8).

    Fathers' names are given names. Where the values of the surname column occur among them clearly more often than the
    values of the given-name column do, the two columns were exchanged. Looked at only with 20 records that have all
    three.
    """
    whole = records[[first_name, last_name, father_name]].dropna()
    if len(whole) < FEWEST_FOR_A_SHARE:
        return _of_the_list(records, checked=0, holds=True)
    fathers = whole[father_name].unique()
    share_first = float(whole[first_name].isin(fathers).mean())
    share_last = float(whole[last_name].isin(fathers).mean())
    holds = share_last - share_first < 0.15
    return _of_the_list(records, checked=len(whole), holds=holds, share=round(share_last, 6))
