"""The golden record: for each field of a person, which of the values in his mentions is shown. One named rule per field, and
for every value shown, the record that it comes from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from palayesh.linkage.mention_records import most_voted

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


def golden_records(table: pd.DataFrame, person: np.ndarray) -> pd.DataFrame:
    """One row per person (0 … n-1): the surviving value of each field, ``is_prisoner`` and ``mention_count``.

    The year of birth is that of the surviving date, where there is one.
    """
    count = int(person.max()) + 1 if len(person) else 0
    every = pd.RangeIndex(count)
    records = pd.DataFrame(index=every)
    for field, rule in SURVIVORSHIP.items():
        value = table["year"] if field == "birth_year" else table[field]
        records[field] = most_voted(person, value, rule(table).to_numpy(dtype=float)).reindex(every)
    for field in ("first_name", "last_name", "father_name", "national_id", "sex", "county"):
        records[field] = records[field].astype("str")
    records["birth_date"] = records["birth_date"].astype("datetime64[s]")
    year_of_date = _year_of(table, records["birth_date"])
    records["birth_year"] = year_of_date.fillna(records["birth_year"].astype("Int64"))
    prisoner = np.zeros(count, dtype=bool)
    prisoner[person[table["is_prisoner"].fillna(False).to_numpy(dtype=bool)]] = True
    records["is_prisoner"] = pd.array(prisoner, dtype="boolean")
    records["mention_count"] = pd.array(np.bincount(person, minlength=count), dtype="Int64")
    return records


def golden_provenance(table: pd.DataFrame, person: np.ndarray, person_ids: ExtensionArray) -> pd.DataFrame:
    """Where every value of `golden_records` comes from: ``person_id``, ``field``, ``record_id``, ``rule``.

    ``person_ids``: the id of each person, in their order. Of several records with the surviving value, the most trusted is named, then the
    first; fields without any value have no row.
    """
    parts = []
    for field, rule in SURVIVORSHIP.items():
        value = table["year"] if field == "birth_year" else table[field]
        trust = rule(table)
        surviving = most_voted(person, value, trust.to_numpy(dtype=float)).reindex(person).set_axis(table.index)
        bears = pd.DataFrame({"person": person, "trust": trust})[value.notna() & value.eq(surviving).fillna(False)]
        bears = (
            bears.rename_axis("node")
            .reset_index()
            .sort_values(["person", "trust", "node"], ascending=[True, False, True])
        )
        first = bears.drop_duplicates("person")
        parts.append(first[["person", "node"]].assign(field=field, rule=RULE_NAMES[rule]))
    found = pd.concat(parts, ignore_index=True)
    # The year shown is that of the surviving date, where there is one.
    dates = found[found["field"].eq("birth_date")].set_index("person")["node"]
    of_date = found["field"].eq("birth_year") & found["person"].isin(dates.index)
    found.loc[of_date, "node"] = found.loc[of_date, "person"].map(dates)
    found.loc[of_date, "rule"] = YEAR_OF_DATE
    provenance = pd.DataFrame(
        {
            "person_id": person_ids.take(found["person"].to_numpy()),
            "field": found["field"].to_numpy(),
            "record_id": table["record_id"].take(found["node"].to_numpy()).to_numpy(),
            "rule": found["rule"].to_numpy(),
        },
        columns=list(PROVENANCE_COLUMNS),
    )
    return provenance.astype("str").sort_values(["person_id", "field"], ignore_index=True)


def _year_of(table: pd.DataFrame, birth_date: pd.Series) -> pd.Series:
    years = (
        table[["birth_date", "birth_text"]].dropna().drop_duplicates("birth_date").set_index("birth_date")["birth_text"]
    )
    return pd.to_numeric(birth_date.map(years).astype("str").str[:4], errors="coerce").astype("Int64")
