"""The exact tier: mentions that are one person beyond doubt, joined before anything is weighed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.linkage.cluster import Facts, NameJudge, over_distinct_pairs
from palayesh.linkage.names import is_alike


def judge_of(first: pd.Series) -> NameJudge:
    """A judge who holds names met often in these lists (at least 8 times, and 1 in 10,000) to be established."""
    counts = first.value_counts()
    return NameJudge(frozenset(counts.index[counts >= max(8, len(first) // 10_000)]))


def facts_of(table: pd.DataFrame, judge: NameJudge, apart: pd.DataFrame) -> Facts:
    """What the standardised mentions know that can forbid a merge; the node is the mention's position."""

    def long(*columns: str) -> pd.DataFrame:
        kept = table.loc[table[list(columns)].notna().all(axis="columns"), list(columns)]
        return kept.rename_axis("node").reset_index()

    in_family = table[table["family_key"].notna()]
    return Facts(
        numbers=long("number_valid").assign(value=lambda known: pd.factorize(known["number_valid"])[0])[
            ["node", "value"]
        ],
        births=_births(table),
        names=long("first").rename(columns={"first": "value"}),
        family_lines=in_family.loc[in_family["first"].notna(), ["case", "first"]]
        .rename_axis("node")
        .reset_index()
        .rename(columns={"case": "family", "first": "value"}),
        sexes=long("sex", "first").rename(columns={"first": "value"}),
        apart=apart,
        judge=judge,
    )


def _births(table: pd.DataFrame) -> pd.DataFrame:
    """Full birth days, each with what it would be in the other calendar."""
    days = table["birth_day"] + ("|" + table["birth_other"]).fillna("")
    return days.dropna().rename("value").rename_axis("node").reset_index()


def exact_edges(table: pd.DataFrame, judge: NameJudge) -> pd.DataFrame:
    """Edges ``l``, ``r``, ``strength`` of the exact tier.

    Same valid number and a given name that can be one (a parent's number is often typed for a child); or, inside one
    family of one list, the prisoner or head named beside the rows and the row about him.
    """
    number = table["number_valid"].fillna(table["number_other"])
    by_number = _number_edges(table, number)
    by_case = _case_edges(table, judge)
    edges = pd.concat([by_number, by_case], ignore_index=True)
    return edges.sort_values(["l", "r", "strength"], ascending=[True, True, False]).drop_duplicates(
        ["l", "r"], ignore_index=True
    )


def _number_edges(table: pd.DataFrame, number: pd.Series) -> pd.DataFrame:
    has_number = number.notna()
    # Only the numbers that are there: a longer column would give an empty table its rows back.
    known = table.loc[has_number, ["first"]].assign(number=pd.factorize(number[has_number])[0])
    known["node"] = known.index
    known["size"] = known.groupby(["number", "first"], dropna=False)["node"].transform("size")
    # One spelling leads each number: the most frequent, then the first in order. Missing names come last.
    leads = known.sort_values(["number", "size", "node"], ascending=[True, False, True], kind="stable")
    named = leads[leads["first"].notna()].drop_duplicates(["number", "first"])
    within = known.merge(named[["number", "first", "node"]], on=["number", "first"], suffixes=("", "_lead"))
    # Different spellings of one number: each pair of spellings (few) is asked whether it can be one name.
    across = named.merge(named, on="number", suffixes=("", "_lead"))
    across = across[across["node"] > across["node_lead"]]
    across = across[over_distinct_pairs(across["first"], across["first_lead"], is_alike)]
    # A mention with the number alone belongs to whoever bears it most often.
    bearer = named.drop_duplicates("number")[["number", "node"]]
    nameless = known[known["first"].isna()].merge(bearer, on="number", suffixes=("", "_lead"))
    orphans = known[known["first"].isna() & ~known["number"].isin(bearer["number"])]
    orphans = orphans.assign(node_lead=orphans.groupby("number")["node"].transform("min"))
    parts = [
        pd.DataFrame({"l": part["node_lead"], "r": part["node"], "strength": strength})
        for part, strength in ((within, 60.0), (across, 50.0), (nameless, 40.0), (orphans, 40.0))
    ]
    edges = pd.concat(parts, ignore_index=True).astype({"l": int, "r": int})
    edges = edges[edges["l"] != edges["r"]]
    return edges[_same_family_name_or_father(table, edges)]


def _same_family_name_or_father(table: pd.DataFrame, edges: pd.DataFrame) -> np.ndarray:
    """False where surname, father's name and birth day are all known and none can be one: the number was mistyped."""
    agrees = np.zeros(len(edges), dtype=bool)
    for column in ("last", "father"):
        left, right = (table[column].take(edges[side].to_numpy()).reset_index(drop=True) for side in ("l", "r"))
        agrees |= over_distinct_pairs(left, right, is_alike)
    return agrees


def _case_edges(table: pd.DataFrame, judge: NameJudge) -> pd.DataFrame:
    columns = ["case", "role", "relation", "first", "last_sound", "number_valid", "birth_day"]
    rows = table[columns].assign(node=table.index)
    beside = rows[rows["role"].isin(["prisoner", "head", "spouse"])]
    pairs = beside.merge(rows, on="case", suffixes=("", "_other"))
    pairs = pairs[pairs["node"] != pairs["node_other"]]
    number, other = pairs["number_valid"], pairs["number_valid_other"]
    pairs = pairs[~(number.notna() & other.notna() & number.ne(other))]
    same_name = (
        pairs["first"].notna()
        & pairs["first_other"].notna()
        & judge.can_be_one_column(pairs["first"], pairs["first_other"])
        & (
            pairs["last_sound"].eq(pairs["last_sound_other"])
            | pairs["last_sound"].isna()
            | pairs["last_sound_other"].isna()
        )
    )
    relation = pairs["relation_other"].fillna("")
    # A son, or the prisoner's father, may bear the prisoner's name: the row of a relative is never the man beside it.
    of_prisoner = pairs["role"].eq("prisoner") & pairs["role_other"].eq("subject")
    same_name &= ~(of_prisoner & relation.isin(["spouse", "child", "father", "mother", "sibling", "grandchild"]))
    same_name &= ~(pairs["role"].eq("head") & relation.isin(["child", "grandchild"]))
    declared = pairs["first"].isna() & pairs["role"].eq(relation) & pairs["role_other"].eq("subject")
    only_one = pairs[declared].groupby("node")["node_other"].transform("size").reindex(pairs.index).eq(1)
    kept = pairs[same_name | (declared & only_one)]
    edges = pd.DataFrame({"l": kept["node"], "r": kept["node_other"], "strength": 45.0})
    edges[["l", "r"]] = np.sort(edges[["l", "r"]].to_numpy(), axis=1)
    return edges.drop_duplicates(["l", "r"], ignore_index=True)


def same_number_other_name(table: pd.DataFrame, judge: NameJudge, household: np.ndarray) -> pd.DataFrame:
    """Pairs ``l``, ``r`` of mentions with one valid number and given names that cannot be one, outside one household.

    Inside a household such a number is a parent's, typed for a child, and there is nothing to ask.
    """
    known = table.loc[table["number_valid"].notna() & table["first"].notna(), ["number_valid", "first"]]
    known = known.assign(node=known.index).drop_duplicates(["number_valid", "first"])
    pairs = known.merge(known, on="number_valid", suffixes=("_l", "_r"))
    pairs = pairs[pairs["node_l"] < pairs["node_r"]]
    pairs = pairs[~judge.can_be_one_column(pairs["first_l"], pairs["first_r"])]
    apart = household[pairs["node_l"].to_numpy()] != household[pairs["node_r"].to_numpy()]
    return pd.DataFrame({"l": pairs["node_l"], "r": pairs["node_r"]})[apart].reset_index(drop=True)
