"""Records of the exact tier, one line each, and the weighed candidate pairs between them (Splink on DuckDB, fixed model)."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator

from palayesh.linkage.block import blocking_rules
from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.compare import LEVELS, TERM_FREQUENCY, comparisons
from palayesh.linkage.names import one_byte, over_distinct
from palayesh.linkage.settings import LinkageModel, LinkageSettings

_SCALARS = (
    "first",
    "last",
    "father",
    "birth_day",
    "year",
    "birth_other",
    "year_other",
    "sex",
    "county",
    "number_valid",
    "number",
)
_LOWEST_WEIGHT = -6.0


def most_frequent(label: np.ndarray, value: pd.Series) -> pd.Series:
    """The value met most often under each label; ties go to the smallest value. Indexed by label."""
    table = pd.DataFrame({"label": label, "value": value.to_numpy()}).dropna()
    counts = table.groupby(["label", "value"], sort=True).size().rename("count").reset_index()
    counts = counts.sort_values(["label", "count", "value"], ascending=[True, False, True], kind="stable")
    return counts.drop_duplicates("label").set_index("label")["value"]


def rarely_shared(owner: np.ndarray, value: pd.Series, largest_block: int, fewest: int = 2) -> pd.DataFrame:
    """Distinct (``owner``, ``value``) of values that ``fewest`` to ``largest_block`` owners share."""
    shared = pd.DataFrame({"owner": owner, "value": value.to_numpy()}).dropna().drop_duplicates()
    counts = shared.groupby("value")["owner"].transform("size")
    return shared[counts.between(fewest, largest_block)]


def relatives(table: pd.DataFrame, label: np.ndarray, largest_block: int) -> pd.DataFrame:
    """Pairs ``owner``, ``value``: the clusters (``value``) named in one family with a cluster (``owner``).

    Only relatives met in two families or more can tell anything, and only those with few enough families.
    """
    members = pd.DataFrame({"case": table["case"], "owner": label}).drop_duplicates()
    known = members.assign(families=members.groupby("owner")["case"].transform("size"))
    known = known[known["families"].between(2, largest_block)].rename(columns={"owner": "value"})
    pairs = members.merge(known[["case", "value"]], on="case")
    pairs = pairs[pairs["owner"] != pairs["value"]]
    return pairs[["owner", "value"]].drop_duplicates().sort_values(["owner", "value"], ignore_index=True)


_RARE_NAME = 4
"""A prisoner's name that more families than this bring along says nothing of them."""


def named_relatives(table: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """``owner``, ``value``: the name of the prisoner whose family it is, where few families bring it along; and the family's own code
    on its list. To have one in common speaks for a family; to have none says nothing, for other lists have other codes and names."""
    name = table["first_sound"] + " " + table["last_sound"]
    prisoner = table["is_prisoner"].eq(True).fillna(False)
    named = pd.DataFrame({"case": table["case"], "value": "name " + name})[prisoner & name.notna()].drop_duplicates()
    named = named[named.groupby("value")["case"].transform("size").le(_RARE_NAME)]
    members = pd.DataFrame({"case": table["case"], "owner": label})[~prisoner].drop_duplicates()
    by_name = members.merge(named, on="case")[["owner", "value"]]
    coded = table["family_key"].notna()
    by_code = pd.DataFrame({"owner": label[coded], "value": "code " + table.loc[coded, "case"].astype("str")})
    return pd.concat([by_name, by_code], ignore_index=True).drop_duplicates()


def records_of(table: pd.DataFrame, label: np.ndarray, judge: NameJudge, model: LinkageModel) -> pd.DataFrame:
    """One record per label with the most frequent value of each field, all its phones, and its relatives.

    ``label`` counts from 0 without gaps, one per mention; the record's ``uid`` is its label.
    """
    count = int(label.max()) + 1 if len(label) else 0
    records = pd.DataFrame({"uid": np.arange(count)})
    for column in _SCALARS:
        records[column] = most_frequent(label, table[column]).reindex(records["uid"]).to_numpy()
    for column in ("year", "year_other"):
        records[column] = records[column].astype("Int64")
    records["number"] = records["number_valid"].astype("str").fillna(records["number"].astype("str"))
    for column in ("first", "last", "father"):
        for form in ("sound", "skeleton"):
            lookup = table[[column, f"{column}_{form}"]].dropna().drop_duplicates(column).set_index(column)
            records[f"{column}_{form}"] = records[column].map(lookup[f"{column}_{form}"]).astype("str")
        records[f"{column}_code"] = over_distinct(records[column], one_byte)
        records[f"{column}_is_established"] = records[column].isin(judge.established)
    prisoner = pd.Series(label).where(table["is_prisoner"].eq(True).fillna(False).to_numpy()).dropna().unique()
    not_prisoner = pd.Series(label).where(table["is_prisoner"].eq(False).fillna(False).to_numpy()).dropna().unique()
    is_prisoner = np.where(
        records["uid"].isin(prisoner), True, np.where(records["uid"].isin(not_prisoner), False, None)
    )
    records["is_prisoner"] = pd.array(is_prisoner, dtype="boolean")
    name = records["first_sound"] + "|" + records["last_sound"]
    records["prisoner_name"] = name.where(records["is_prisoner"].fillna(False))

    phones = pd.DataFrame({"label": label, "phone": table["phone_list"]}).explode("phone")
    phones = phones[phones["phone"].fillna("").ne("")]
    records["phone_list"] = _lists(
        rarely_shared(phones["label"].to_numpy(), phones["phone"], model.largest_block, 1), count
    )
    records["kin"] = _lists(relatives(table, label, model.largest_block), count)
    records["named_kin"] = _lists(named_relatives(table, label), count)
    held = pd.Series(label).where(table["list_role"].eq("custody").fillna(False).to_numpy()).dropna().unique()
    records["is_on_custody_list"] = records["uid"].isin(held)
    records["is_bare"] = records["number"].isna() & records["year"].isna()
    return records


def _lists(pairs: pd.DataFrame, count: int) -> pd.Series:
    """The values of each owner as a sorted list of text; None where there is none."""
    lists = np.full(count, None, dtype=object)
    ordered = pairs.assign(value=pairs["value"].astype("str")).sort_values(["owner", "value"])
    owners = ordered["owner"].to_numpy(dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]]) if len(owners) else np.zeros(0, dtype=int)
    for owner, values in zip(
        owners[starts], np.split(ordered["value"].to_numpy(dtype=object), starts[1:]), strict=False
    ):
        lists[owner] = list(values)
    return pd.Series(lists, dtype="object")


def prior(records: int, model: LinkageModel) -> float:
    """Probability that two random records are one person: falls as the file grows, for each person has few records."""
    return min(0.5, 2.0 * model.pairs_per_record / max(records - 1, 1))


def weigh_pairs(records: pd.DataFrame, settings: LinkageSettings) -> pd.DataFrame:
    """Candidate pairs ``l`` < ``r`` (uids) with ``match_weight`` (log2 odds, prior included), and for each field its level's number
    ``level_<field>`` and its weight ``weight_<field>`` (term frequency included). Ordered by ``l``, ``r``.

    Pairs that lie far below any bar are left out.
    """
    if len(records) < 2:
        return _no_pairs()
    connection = duckdb.connect()
    try:
        if settings.threads:
            connection.execute(f"set threads = {int(settings.threads)}")
        api = DuckDBAPI(connection=connection)
        connection.register("records_frame", records)
        connection.execute(f"create table records as select {_typed_columns(records)} from records_frame")  # noqa: S608 - our own column names
        creator = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="uid",
            probability_two_random_records_match=prior(len(records), settings.model),
            comparisons=comparisons(settings.model),
            blocking_rules_to_generate_predictions=blocking_rules(),
            retain_matching_columns=True,
            retain_intermediate_calculation_columns=True,
        )
        linker = Linker(api.register("records", dataset_display_name="records"), creator)
        predicted = linker.inference.predict(threshold_match_weight=_LOWEST_WEIGHT)
        weights = ", ".join(_weight_column(field) for field in LEVELS)
        return connection.execute(
            f"select uid_l as l, uid_r as r, match_weight, {weights} from {predicted.physical_name} order by l, r"  # noqa: S608
        ).df()
    finally:
        connection.close()


def _typed_columns(records: pd.DataFrame) -> str:
    """Columns with their types said, for a column without any value has none of its own."""
    kinds = {
        "uid": "bigint",
        "year": "integer",
        "year_other": "integer",
        "is_prisoner": "boolean",
        "phone_list": "varchar[]",
        "kin": "varchar[]",
        "named_kin": "varchar[]",
    }
    flags = {
        column: "boolean"
        for column in records
        if column.endswith("_is_established") or column in ("is_bare", "is_on_custody_list")
    }
    return ", ".join(f"{column}::{(kinds | flags).get(column, 'varchar')} as {column}" for column in records)


def _weight_column(field: str) -> str:
    adjusted = f" + mw_tf_adj_{field}" if field in TERM_FREQUENCY else ""
    return f"gamma_{field} as level_{field}, mw_{field}{adjusted} as weight_{field}"


def _no_pairs() -> pd.DataFrame:
    columns: dict[str, pd.Series] = {"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")}
    columns["match_weight"] = pd.Series(dtype="float64")
    for field in LEVELS:
        columns[f"level_{field}"] = pd.Series(dtype="int64")
        columns[f"weight_{field}"] = pd.Series(dtype="float64")
    return pd.DataFrame(columns)
