"""Households of plain lists: the families that single lists name (*cases*), joined where they are one. Persons are never joined here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.linkage.arrays import distinct
from palayesh.linkage.cluster import components

_PARENT_OLDER_BY_YEARS = (14, 65)
_LARGEST_FAMILY = 60
"""What would grow past this many records is left in its cases: a code or phone is shared by more than a family."""


def join_families(table: pd.DataFrame, person: np.ndarray, one_family: pd.DataFrame) -> np.ndarray:
    """Household of each record, counted from 0.

    ``person``: cluster of each record; ``one_family``: ``l``, ``r`` (records) that are surely of one family. A record without
    a family on its list is a case of its own. Cases are joined by a person in common, by ``one_family``, by a man and
    his children where he is the only one of his name there, and by a phone that these two households have and no other.
    """
    node, count, shared = _cases(table, person)
    by_person = components(count, *shared)
    parents = _fathers_and_children(table, person, by_person[node])
    joins = pd.concat([_of_most_members(table, node, one_family), parents], ignore_index=True)
    left = np.concatenate([shared[0], node[joins["l"]]])
    right = np.concatenate([shared[1], node[joins["r"]]])
    related = components(count, left, right)
    phones = _of_one_phone(table, related[node])
    whole = components(count, np.append(left, node[phones["l"]]), np.append(right, node[phones["r"]]))
    sizes = np.bincount(whole[node], minlength=count)
    household = np.where(sizes[whole] > _LARGEST_FAMILY, by_person, whole)
    return np.unique(household[node], return_inverse=True)[1]


def of_one_person(table: pd.DataFrame, person: np.ndarray) -> np.ndarray:
    """Of each record what its case is tied to by persons in common alone."""
    node, count, shared = _cases(table, person)
    return components(count, *shared)[node]


def _cases(table: pd.DataFrame, person: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
    """The case of each record, how many there are, and the two cases of each record's and its person's first record."""
    case = table["case"].to_numpy()
    node = np.where(case >= 0, case, int(case.max(initial=-1)) + 1 + np.arange(len(table)))
    node = np.unique(node, return_inverse=True)[1]
    _, first_of, person_of = np.unique(person, return_index=True, return_inverse=True)
    return node, int(node.max(initial=-1)) + 1, np.stack([node, node[first_of][person_of]])


def _of_most_members(table: pd.DataFrame, node: np.ndarray, one_family: pd.DataFrame) -> pd.DataFrame:
    """Those of the pairs ``one_family`` whose two cases have as many members in such pairs as not, of those whose phone, address or postal
    code is known. One member typed with another family's phone and address does not join two families."""
    one, other = node[one_family["l"]], node[one_family["r"]]
    swapped = one > other
    width = np.int64(len(table)) + 1
    case_pair = np.where(swapped, other, one) * width + np.where(swapped, one, other)
    tells = table[["phone", "address", "postal"]].notna().any(axis="columns").to_numpy()
    members = np.bincount(node, weights=tells)
    enough = np.ones(len(one_family), dtype=bool)
    pair_of, place = np.unique(case_pair, return_inverse=True)
    for end in (
        np.where(swapped, one_family["r"], one_family["l"]),
        np.where(swapped, one_family["l"], one_family["r"]),
    ):
        met = distinct(place * width + end)
        counted = np.bincount(met // width, weights=tells[met % width], minlength=len(pair_of))
        enough &= 2 * counted[place] >= members[node[end]]
    return one_family.loc[enough, ["l", "r"]]


def _of_one_phone(table: pd.DataFrame, household: np.ndarray) -> pd.DataFrame:
    """``l``, ``r`` (records): a phone that exactly two households have, in one county or where one's county is not known.

    Husband and wife share neither surname nor father's name; of what their lists tell, often only the phone is common. A phone
    that a third household has as well may be an office's, or a helper's.
    """
    holders = table[["phone", "county"]].assign(record=table.index, household=household).dropna(subset=["phone"])
    # A phone that one of many members has is a slip, or somebody else's.
    of_household = holders.groupby("household")["phone"].transform("size")
    holders = holders[2 * holders.groupby(["household", "phone"])["phone"].transform("size") >= of_household]
    holders = holders[holders.groupby("phone")["household"].transform("nunique").eq(2)]
    # Of each household the record whose county is known, if there is one.
    holders = holders.assign(unknown=holders["county"].isna())
    holders = holders.sort_values(["phone", "household", "unknown", "record"], kind="stable")
    holders = holders.drop_duplicates(["phone", "household"])
    one, other = (holders.groupby("phone", sort=True).nth(place).set_index("phone") for place in (0, 1))
    apart = one["county"].notna() & other["county"].notna() & one["county"].ne(other["county"])
    return pd.DataFrame({"l": one["record"], "r": other["record"]})[~apart].reset_index(drop=True).astype("int64")


def _fathers_and_children(table: pd.DataFrame, person: np.ndarray, household: np.ndarray) -> pd.DataFrame:
    """``l`` (a man), ``r`` (a child whose father bears his name and surname), of ages that fit, not yet of one household: with the
    same phone; or in one county where he is the only man, and the child's family the only one, of these names."""
    names = ["first_sound", "last_sound", "father_sound", "county", "year", "phone", "sex"]
    people = table[names].assign(record=table.index, person=person, household=household)
    men = people[people["sex"].ne("female").fillna(True)].dropna(subset=["first_sound", "last_sound"])
    children = people.dropna(subset=["father_sound", "last_sound"])
    found = []
    for place in ("phone", "county"):
        fathers, sons = men.dropna(subset=[place]), children.dropna(subset=[place])
        if place == "county":
            fathers = _only_one(fathers, ["first_sound", "last_sound", "county"], "person")
            sons = _only_one(sons, ["father_sound", "last_sound", "county"], "household")
        both = fathers.merge(
            sons,
            left_on=["first_sound", "last_sound", place],
            right_on=["father_sound", "last_sound", place],
            suffixes=("", "_child"),
        )
        older = (both["year_child"] - both["year"]).astype("Float64")
        fits = older.between(*_PARENT_OLDER_BY_YEARS) | (older.isna() & (place == "phone"))
        both = both[
            fits.fillna(False) & both["person"].ne(both["person_child"]) & both["household"].ne(both["household_child"])
        ]
        found.append(pd.DataFrame({"l": both["record"], "r": both["record_child"]}))
    return pd.concat(found, ignore_index=True).astype("int64")


def _only_one(people: pd.DataFrame, names: list[str], of: str) -> pd.DataFrame:
    return people[people.groupby(names)[of].transform("nunique").eq(1)]
