"""Households out of linked persons: the families of single lists (*cases*), joined where they are one family.

A prisoner is a related person, not a resident. Joining households never joins persons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from palayesh.linkage.arrays import are_in
from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.families import FAMILY_COLUMNS, Prisoners, join_cases
from palayesh.linkage.ids import resolve_ids
from palayesh.linkage.settings import LinkageModel
from palayesh.linkage.standardise import REFERRAL_ROLES, phones_of
from palayesh.linkage.weigh import pairs_sharing

WIFE_OLDER_BY_YEARS = 16
"""A woman at the head is taken for the prisoner's wife unless she is this much older (contracts.md 4)."""
_PARENT_OLDER_BY_YEARS = (12, 65)

# relation to the head → relation to the prisoner, by what the head is to the prisoner
_THROUGH_HEAD: dict[str, dict[str, str]] = {
    "spouse": {"child": "child", "grandchild": "grandchild"},
    "father": {"child": "sibling", "spouse": "mother", "grandchild": "child"},
    "mother": {"child": "sibling", "spouse": "father", "grandchild": "child"},
    "sibling": {"father": "father", "mother": "mother", "sibling": "sibling"},
    "child": {"sibling": "child", "mother": "spouse", "child": "grandchild"},
}


@dataclass(frozen=True)
class Households:
    """``household``: the household of each person (by position), numbered from 0; ``members``: ``person``, ``household``,
    ``relation``; ``refused_large``: joins not made because a household would have grown past the cap."""

    household: np.ndarray
    members: pd.DataFrame
    refused_large: int


def join_households(
    table: pd.DataFrame, persons: pd.DataFrame, related: pd.DataFrame, judge: NameJudge, model: LinkageModel
) -> Households:
    """Give every person one household.

    ``table``: standardised mentions with ``person`` (0 … n-1); ``persons``: one row per person in that order with ``first``, ``last``,
    ``sex``, ``year``, ``county``, ``is_prisoner``; ``related``: ``l``, ``r``, mentions surely of one family. Cases are joined as in plain lists
    (`families`), unless their prisoners are two people: a married daughter is in two families and joins none.
    """
    case_household, refused_large = _join_cases(table, persons, related, judge, model)
    mention_household = case_household[table["case"].to_numpy()]
    counts = pd.DataFrame({"person": table["person"], "household": mention_household}).value_counts().reset_index()
    counts = counts.sort_values(["person", "count", "household"], ascending=[True, False, True], kind="stable")
    chosen = counts.drop_duplicates("person").set_index("person")["household"].reindex(np.arange(len(persons)))
    household = np.unique(chosen.to_numpy(), return_inverse=True)[1]
    at_home = mention_household == chosen.to_numpy()[table["person"].to_numpy()]
    members = pd.DataFrame({"person": np.arange(len(persons)), "household": household})
    members["relation"] = _relations(
        table.loc[at_home, ["person", "case", "relation", "role", "list_role"]], persons, household
    )
    return Households(household=household, members=members, refused_large=refused_large)


def _join_cases(
    table: pd.DataFrame, persons: pd.DataFrame, related: pd.DataFrame, judge: NameJudge, model: LinkageModel
) -> tuple[np.ndarray, int]:
    membership = table[["case", "person"]].drop_duplicates()
    named = table.loc[table["is_prisoner"].fillna(False).astype(bool), ["case", "person"]].drop_duplicates()
    elsewhere = membership[persons["is_prisoner"].to_numpy(dtype=bool)[membership["person"].to_numpy()]]
    first, last = persons["first"].tolist(), persons["last_sound"].tolist()

    def can_be_one(one: int, other: int) -> bool:
        names_known = isinstance(first[one], str) and isinstance(first[other], str)
        return names_known and judge.can_be_one(first[one], first[other]) and last[one] == last[other]

    phones = phones_of(table)
    return join_cases(
        table[["case", "person", *FAMILY_COLUMNS]].assign(
            tells=are_in(table.index.to_numpy(), phones["record"].to_numpy())
        ),
        phones,
        pd.concat([related, _of_one_code(table, model.largest_block)], ignore_index=True),
        largest=model.largest_household,
        prisoners=Prisoners(named, elsewhere[~elsewhere["case"].isin(named["case"])], can_be_one),
    )


def _of_one_code(table: pd.DataFrame, largest_block: int) -> pd.DataFrame:
    """Mentions under one family code with one name: a code says nothing across lists by itself; with the same name in both it does."""
    code = table["family_key"].str.replace("^.*:", "", regex=True)
    named = (code + "|" + table["first_sound"] + "|" + table["last_sound"].fillna("")).dropna()
    left, right = pairs_sharing(named.index.to_numpy(), named, largest_block)
    return pd.DataFrame({"l": left, "r": right})


def _relations(rows: pd.DataFrame, persons: pd.DataFrame, household: np.ndarray) -> pd.Series:
    """What each person is to the household's prisoner: referral lists first, then caseloads through the head, then names."""
    is_prisoner = persons["is_prisoner"].to_numpy(dtype=bool)
    men = pd.DataFrame({"household": household, "year": persons["year"].astype("Float64")})[
        is_prisoner & ~persons["sex"].eq("female").fillna(False).to_numpy(dtype=bool)
    ]
    has_man = np.isin(household, men["household"].unique())
    # The eldest prisoner of the household is he whom a wife may be older than.
    eldest = pd.Series(household).map(men.groupby("household")["year"].min())
    older_by = eldest - persons["year"].astype("Float64").reset_index(drop=True)
    could_be_wife = (
        persons["sex"].eq("female").fillna(False).to_numpy(dtype=bool)
        & has_man
        & ~older_by.ge(WIFE_OLDER_BY_YEARS).fillna(False).to_numpy(dtype=bool)
    )

    relation = rows["relation"].where(
        rows["relation"].notna(), rows["role"].where(rows["role"].isin(["spouse", "head"]))
    )
    said = pd.DataFrame({"person": rows["person"], "case": rows["case"], "relation": relation}).dropna()
    to_prisoner = rows.loc[said.index, "list_role"].isin(REFERRAL_ROLES)
    direct = said[to_prisoner & ~said["relation"].isin(["head", "prisoner"])]
    by_referral = _elected(direct)

    caseload = said[~to_prisoner & ~said["relation"].eq("prisoner")]
    heads = caseload[caseload["relation"].eq("head")].drop_duplicates("case").set_index("case")["person"]
    head = caseload["case"].map(heads)
    head_person = head.fillna(0).astype("int64").to_numpy()
    head_is = by_referral.reindex(head_person).reset_index(drop=True).astype("object")
    head_is = head_is.where(head_is.notna(), pd.Series(np.where(could_be_wife[head_person], "spouse", "other")))
    # Without a head among the rows, the head is the imprisoned one.
    head_is = head_is.mask(head.isna().to_numpy() | is_prisoner[head_person], "prisoner")
    to_head = caseload["relation"].to_numpy(dtype=object)
    through = [
        member if kind == "prisoner" else kind if member == "head" else _THROUGH_HEAD.get(kind, {}).get(member, "other")
        for kind, member in zip(head_is, to_head, strict=True)
    ]
    indirect = caseload.assign(relation=pd.array(through, dtype="str"))
    by_caseload = _elected(indirect[~indirect["relation"].isin(["head", "other"])])

    everyone = pd.Series(np.arange(len(persons)))
    result = everyone.map(by_referral).astype("object")
    result = result.where(result.notna(), everyone.map(by_caseload))
    result = result.where(result.notna(), pd.Series(np.where(_bears_the_name(persons, household), "child", "other")))
    return result.mask(pd.Series(is_prisoner), "prisoner").astype("str")


def _elected(said: pd.DataFrame) -> pd.Series:
    counts = said.groupby(["person", "relation"]).size().rename("count").reset_index()
    counts = counts.sort_values(["person", "count", "relation"], ascending=[True, False, True], kind="stable")
    return counts.drop_duplicates("person").set_index("person")["relation"]


def _bears_the_name(persons: pd.DataFrame, household: np.ndarray) -> np.ndarray:
    """The father's name is the given name of the household's prisoner, and the ages allow it."""
    people = persons.assign(household=household, person=np.arange(len(persons)))
    prisoners = people[people["is_prisoner"]].dropna(subset=["first_sound"])
    pairs = people[~people["is_prisoner"]].merge(
        prisoners[["household", "first_sound", "year"]],
        left_on=["household", "father_sound"],
        right_on=["household", "first_sound"],
        suffixes=("", "_prisoner"),
    )
    older = pairs["year"] - pairs["year_prisoner"]
    pairs = pairs[older.isna() | older.between(*_PARENT_OLDER_BY_YEARS)]
    return np.isin(people["person"].to_numpy(), pairs["person"].to_numpy())


SPELL_COLUMNS = ("household_id", "person_id", "relation", "from_month", "to_month")


def spells_after(previous: pd.DataFrame, members: pd.DataFrame, aliases: pd.DataFrame, *, month: str) -> pd.DataFrame:
    """Who belonged to which household from when to when: ``household_id``, ``person_id``, ``relation``, ``from_month``, ``to_month``.

    ``previous``: the spells as of an earlier month, or an empty frame; ``members``: this month's ``household_members``;
    ``aliases``: ids that were merged away, so that a spell goes on under the id that stands for it now. ``to_month`` is the
    first month in which it no longer holds, missing while it does. The relation is the last that was known.
    """
    old = previous.reindex(columns=list(SPELL_COLUMNS)).astype("str")
    for entity in ("household", "person"):
        old[f"{entity}_id"] = resolve_ids(old[f"{entity}_id"], aliases, entity=entity)
    closed, still_open = old[old["to_month"].notna()], old[old["to_month"].isna()]
    # Of two spells that a merge made one, the longer holds.
    still_open = still_open.sort_values(["household_id", "person_id", "from_month"]).drop_duplicates(
        ["household_id", "person_id"]
    )
    now = members[["household_id", "person_id", "relation"]].astype("str").assign(is_now=True)
    both = still_open.merge(now, on=["household_id", "person_id"], how="outer", suffixes=("", "_now"))
    lasts = both["is_now"].eq(True)
    both["relation"] = both["relation_now"].fillna(both["relation"])
    both["to_month"] = both["to_month"].mask(~lasts, month)
    both["from_month"] = both["from_month"].fillna(month)
    table = pd.concat([closed, both[list(SPELL_COLUMNS)]], ignore_index=True).drop_duplicates(
        ["household_id", "person_id", "from_month"], keep="last"
    )
    return table.astype("str").sort_values(["household_id", "person_id", "from_month"], ignore_index=True)
