"""The golden record: for each field of a person, which of the values in his mentions is shown. One named rule per field, and
for every value shown, the record that it comes from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

_STATUS_TRUST = {"valid": 4, "repaired": 3, "warn": 3, "other_id": 2, "suspect": 1}


def _each_the_same(table: pd.DataFrame) -> pd.Series:
    """Rule *most frequent*: every mention counts alike."""
    return pd.Series(1.0, index=table.index)


def _rows_about_the_person(table: pd.DataFrame) -> pd.Series:
    """Rule *own rows first*: a row about the person counts four times a mention beside another's row."""
    return pd.Series(np.where(table["role"].eq("subject"), 4.0, 1.0), index=table.index)


def _checked_numbers(table: pd.DataFrame) -> pd.Series:
    """Rule *checked first*: a number with a right check digit before any other, whatever the counts."""
    return table["national_id_status"].map(_STATUS_TRUST).fillna(0).astype(float).pow(8)


RULE_NAMES: dict[Callable[[pd.DataFrame], pd.Series], str] = {
    _each_the_same: "most_frequent",
    _rows_about_the_person: "own_rows_first",
    _checked_numbers: "checked_first",
}
YEAR_OF_DATE = "year_of_birth_date"
PROVENANCE_COLUMNS = ("person_id", "field", "record_id", "rule")
SURVIVORSHIP: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "first_name": _rows_about_the_person,
    "last_name": _rows_about_the_person,
    "father_name": _rows_about_the_person,
    "national_id": _checked_numbers,
    "birth_date": _each_the_same,
    "birth_year": _each_the_same,
    "sex": _each_the_same,
    "county": _each_the_same,
}


def survivors(table: pd.DataFrame, person: np.ndarray) -> pd.DataFrame:
    """For each person (0 … n-1) and field the mention (its place) whose value survives, −1 where nobody says one.

    Of the mentions with the surviving value, the most trusted, then the first.
    """
    count = int(person.max()) + 1 if len(person) else 0
    found = pd.DataFrame(index=pd.RangeIndex(count))
    for field, rule in SURVIVORSHIP.items():
        codes, distinct = pd.factorize(table["year"] if field == "birth_year" else table[field], sort=True)
        found[field] = _survivor(person, codes, len(distinct), rule(table).to_numpy(dtype=float), count)
    return found


def _survivor(person: np.ndarray, codes: np.ndarray, values: int, trust: np.ndarray, count: int) -> np.ndarray:
    """The value (by its code, −1: missing) with the most trust of all mentions together, of two with as much the smaller."""
    known = np.flatnonzero(codes >= 0)
    own, trust = person[known], trust[known]
    _, place = np.unique(own * np.int64(max(values, 1)) + codes[known], return_inverse=True)
    together = np.bincount(place, weights=trust)[place]
    order = np.lexsort((known, -trust, place, -together, own))
    persons, first = np.unique(own[order], return_index=True)
    found = np.full(count, -1, dtype=np.int64)
    found[persons] = known[order[first]]
    return found


def golden_records(table: pd.DataFrame, person: np.ndarray, surviving: pd.DataFrame) -> pd.DataFrame:
    """One row per person (0 … n-1): the value of each field that survives (`survivors`), ``is_prisoner`` and ``mention_count``.

    The year of birth is that of the surviving date, where there is one.
    """
    count = len(surviving)

    def said(column: str, field: str) -> pd.Series:
        return pd.Series(table[column].array.take(surviving[field].to_numpy(), allow_fill=True))

    records = pd.DataFrame({field: said(field, field) for field in SURVIVORSHIP if field != "birth_year"})
    year_of_date = pd.to_numeric(said("birth_text", "birth_date").str[:4], errors="coerce").astype("Int64")
    records["birth_year"] = year_of_date.fillna(said("year", "birth_year"))
    prisoner = np.zeros(count, dtype=bool)
    prisoner[person[table["is_prisoner"].fillna(False).to_numpy(dtype=bool)]] = True
    records["is_prisoner"] = pd.array(prisoner, dtype="boolean")
    records["mention_count"] = pd.array(np.bincount(person, minlength=count), dtype="Int64")
    return records


def golden_provenance(table: pd.DataFrame, surviving: pd.DataFrame, person_ids: ExtensionArray) -> pd.DataFrame:
    """Where every value of `golden_records` comes from: ``person_id``, ``field``, ``record_id``, ``rule``.

    ``person_ids``: the id of each person, in their order. Fields without any value have no row.
    """
    fields = sorted(SURVIVORSHIP)
    # The year shown is that of the surviving date, where there is one.
    of_date = (surviving["birth_year"].ge(0) & surviving["birth_date"].ge(0)).to_numpy()
    shown = surviving.assign(birth_year=surviving["birth_year"].mask(of_date, surviving["birth_date"]))
    rules = [*(RULE_NAMES[SURVIVORSHIP[field]] for field in fields), YEAR_OF_DATE]
    rule = np.tile(np.arange(len(fields)), (len(shown), 1))
    rule[of_date, fields.index("birth_year")] = len(fields)
    # Person by person, field by field.
    order = pd.Series(person_ids).sort_values().index.to_numpy()
    mentions = shown[fields].to_numpy()[order].ravel()
    there = np.flatnonzero(mentions >= 0)
    return pd.DataFrame(
        {
            "person_id": person_ids.take(order[there // len(fields)]),
            "field": pd.array(fields, dtype="str").take(there % len(fields)),
            "record_id": table["record_id"].array.take(mentions[there]),
            "rule": pd.array(rules, dtype="str").take(rule[order].ravel()[there]),
        },
        columns=list(PROVENANCE_COLUMNS),
    )
