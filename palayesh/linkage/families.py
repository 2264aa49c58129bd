"""Families that single lists name (*cases*), joined where they are one household: in a month and in plain lists alike.

Evidence, the surest first: persons in common; records that are surely of one family; a man and the family that looks for a
father of his name; a phone that two families have and no other. Persons are never joined here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from palayesh.linkage.arrays import are_in, distinct
from palayesh.linkage.bars import FATHER
from palayesh.linkage.cluster import components, over_distinct_pairs
from palayesh.linkage.mention_records import rarely_shared
from palayesh.linkage.names import forms_over_distinct, is_contained, is_one_letter_off

FAMILY_COLUMNS = ("first_sound", "last_sound", "father_sound", "sex", "year", "county")
"""What families are told by, of each record."""
_PARENT_OLDER_BY_YEARS = (14, 65)
_MOST_CASES = 60
"""Who is named in more cases than this ties them one by one, not each with each."""
_OTHERS = 0.5
"""So many men more of a surname are reckoned with than the lists show."""
_WITH_PHONE = 1e4
"""How many times likelier a man is the father if he has the family's phone."""
_SAME_NAMES, _SURNAME_ALIKE, _GIVEN_NAME_ALIKE = 0.75, 0.15, 0.05
"""How often a father's given name and surname are written as his children say, the surname slightly otherwise, the given name."""
_ROUNDS = 10
_PAIR = ("household", "case", "household_family", "case_family", "kind_family", "of_age_family", "met", "met_near")
PERSONS, RELATED, FATHERS, PHONES = range(4)
"""Order of ties: the surest first."""


@dataclass(frozen=True)
class Prisoners:
    """Whose family each case is, where lists say so (``case``, ``person``): ``named`` as its prisoner, or, where nobody is, ``known`` to be
    one by other lists. Two families of two prisoners are two, unless the one's prisoner is a member of the other, or most members
    are shared. ``can_be_one``: whether two persons may be one prisoner written twice."""

    named: pd.DataFrame
    known: pd.DataFrame
    can_be_one: Callable[[int, int], bool]

    @property
    def held(self) -> pd.DataFrame:
        return pd.concat([self.named, self.known], ignore_index=True)


def join_cases(
    rows: pd.DataFrame,
    phones: pd.DataFrame,
    related: pd.DataFrame,
    *,
    largest: int,
    prisoners: Prisoners | None = None,
) -> tuple[np.ndarray, int]:
    """Household of each case, and how many joins were not made because a household would have had more than ``largest`` members.

    ``rows``: one per record, with ``case`` (from 0 on), ``person``, ``first_sound``, ``last_sound``, ``father_sound``, ``sex``,
    ``year``, ``county``, and ``tells`` (whether it has anything that a family shares); ``phones``: ``record``, ``phone``; ``related``:
    ``l``, ``r``, records that are surely of one family or one person.
    """
    rows = rows.reset_index(drop=True)
    ties = _of_persons(rows)
    if prisoners is not None:
        ties = pd.concat([ties, _of_prisoners(prisoners.named)], ignore_index=True)
    ties = pd.concat([ties, _of_related(rows, related)], ignore_index=True)
    household, refused = _joined(rows, ties, prisoners, largest)
    for evidence in (fathers_and_families, _of_one_phone):
        more = evidence(rows, phones, household[rows["case"].to_numpy()])
        ties = pd.concat([ties, more], ignore_index=True)
        household, refused = _joined(rows, ties, prisoners, largest)
    return household, refused


def tied_by_persons(rows: pd.DataFrame) -> np.ndarray:
    """Of each record what its case is tied to by persons in common alone."""
    case, person = rows["case"].to_numpy(), rows["person"].to_numpy()
    first_case = case[np.unique(person, return_index=True)[1]][person]
    return components(int(case.max(initial=-1)) + 1, case, first_case)[case]


def _ties(left: np.ndarray, right: np.ndarray, order: int, weight: np.ndarray | float = 0.0) -> pd.DataFrame:
    ends = np.sort(np.stack([left, right]).astype(np.int64), axis=0)
    ties = pd.DataFrame({"l": ends[0], "r": ends[1], "order": order, "weight": weight})
    return ties[ties["l"] != ties["r"]]


def _of_persons(rows: pd.DataFrame) -> pd.DataFrame:
    """Cases with persons in common; the weight is how many."""
    case, person = rows["case"].to_numpy(), rows["person"]
    shared = rarely_shared(case, person, _MOST_CASES)
    both = shared.merge(shared, on="value", suffixes=("", "_other"))
    both = both[both["owner"] < both["owner_other"]].groupby(["owner", "owner_other"], as_index=False).size()
    many = rarely_shared(case, person, len(rows), _MOST_CASES + 1).sort_values(["value", "owner"])
    first = many.groupby("value")["owner"].transform("first")
    return pd.concat(
        [
            _ties(
                both["owner"].to_numpy(), both["owner_other"].to_numpy(), PERSONS, both["size"].to_numpy(dtype=float)
            ),
            _ties(many["owner"].to_numpy(), first.to_numpy(), PERSONS, 1.0),
        ],
        ignore_index=True,
    )


def _of_prisoners(named: pd.DataFrame) -> pd.DataFrame:
    """Cases that name one prisoner: nothing is surer."""
    first = named.groupby("person")["case"].transform("min")
    return _ties(named["case"].to_numpy(), first.to_numpy(), PERSONS, np.inf)


def _of_related(rows: pd.DataFrame, related: pd.DataFrame) -> pd.DataFrame:
    """Those of the pairs ``related`` whose two cases have as many members in such pairs as not, of those that tell anything of a family.
    One member typed with another family's phone and address does not join two families."""
    case = rows["case"].to_numpy()
    one, other = case[related["l"]], case[related["r"]]
    swapped = one > other
    width = np.int64(len(rows)) + 1
    case_pair = np.where(swapped, other, one) * width + np.where(swapped, one, other)
    tells = rows["tells"].to_numpy(dtype=float)
    members = np.bincount(case, weights=tells)
    enough = np.ones(len(related), dtype=bool)
    pair_of, place = np.unique(case_pair, return_inverse=True)
    for end in (np.where(swapped, related["r"], related["l"]), np.where(swapped, related["l"], related["r"])):
        met = distinct(place * width + end)
        counted = np.bincount(met // width, weights=tells[met % width], minlength=len(pair_of))
        enough &= 2 * counted[place] >= members[case[end]]
    return _ties(one[enough], other[enough], RELATED).drop_duplicates()


def _of_one_phone(rows: pd.DataFrame, phones: pd.DataFrame, household: np.ndarray) -> pd.DataFrame:
    """Cases of two households that have a phone and no other has; of one county, of a county not known, or of one surname.

    Husband and wife share neither surname nor father's name; of what their lists tell, often only the phone is common. A phone
    that a third household has as well may be an office's, or a helper's.
    """
    holders = phones.assign(case=rows["case"].to_numpy()[phones["record"]], household=household[phones["record"]])
    # A phone that one of many members of a case has is a slip, or somebody else's.
    holders["with_it"] = holders.groupby(["case", "phone"])["record"].transform("nunique")
    holders = holders[2 * holders["with_it"] >= holders.groupby("case")["record"].transform("nunique")]
    holders = holders.drop_duplicates(["phone", "household"])
    holders = holders[holders.groupby("phone")["household"].transform("size").eq(2)]
    holders = holders.sort_values(["phone", "household"], kind="stable")
    one, other = holders.iloc[::2], holders.iloc[1::2]
    ends = one["household"].to_numpy(), other["household"].to_numpy()
    near = overlapping(household, rows["county"], *ends)
    fits = (near != 0) | (overlapping(household, rows["last_sound"], *ends) == 1)
    return _ties(one["case"].to_numpy()[fits], other["case"].to_numpy()[fits], PHONES)


def overlapping(owner: np.ndarray, value: pd.Series, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """1 where the owners ``left`` and ``right`` have a value in common, 0 where not, −1 where one has none."""
    codes = pd.factorize(value)[0].astype(np.int64)
    width = np.int64(codes.max(initial=0)) + 1
    had = distinct((owner * width + codes)[codes >= 0])
    known = are_in(left, had // width) & are_in(right, had // width)
    asked = pd.DataFrame({"pair": np.arange(len(left)), "owner": left, "other": right})
    values = asked.merge(pd.DataFrame({"owner": had // width, "value": had % width}), on="owner")
    common = are_in(values["other"].to_numpy(dtype=np.int64) * width + values["value"].to_numpy(dtype=np.int64), had)
    result = np.where(known, 0, -1)
    result[values.loc[common, "pair"].unique()] = 1
    return result


def fathers_and_families(rows: pd.DataFrame, phones: pd.DataFrame, household: np.ndarray) -> pd.DataFrame:
    """A man without children in his household, and a family whose father is not there and bears his name and surname.

    Weighed by how rare the name is among such men, more so where their counties differ, and against the other men.
    """
    people = rows.assign(household=household)
    men = people[people["sex"].ne("female").fillna(True)].dropna(subset=["first_sound", "last_sound"])
    children = people.dropna(subset=["father_sound", "last_sound"])
    there = men[["household", "person", "first_sound", "year"]].merge(
        children[["household", "person", "father_sound", "last_sound", "year"]],
        left_on=["household", "first_sound"],
        right_on=["household", "father_sound"],
        suffixes=("", "_child"),
    )
    there = there[there["person"].ne(there["person_child"]) & _could_be_father(there["year"], there["year_child"])]
    men = men[~men["person"].isin(there["person"])]
    families = _without_father(people, children, there)
    families["of_age"] = _share_of_age(men["year"], families)
    both = _of_names_alike(men, families)
    if both.empty:
        return _ties(np.zeros(0), np.zeros(0), FATHERS)
    ends = both["household"].to_numpy(), both["household_family"].to_numpy()
    near = overlapping(household, rows["county"], *ends)
    agree = _of_one_county(rows)
    by_chance = np.where(near == 1, both["met_near"], both["met"]) * both["of_age_family"].to_numpy()
    odds = both["likely"].to_numpy() * np.choose(near + 1, [1.0, 1.0 - agree, agree]) / by_chance
    owner = household[phones["record"].to_numpy()]
    odds *= np.where(overlapping(owner, phones["phone"], *ends) == 1, _WITH_PHONE, 1.0)
    both = both.assign(odds=odds).sort_values(["household", "household_family", "odds"], ascending=[True, True, False])
    both = both.drop_duplicates(["household", "household_family"])
    chance = _among_others(both, families["kind"].value_counts())
    sure = chance >= FATHER
    return _ties(both["case"].to_numpy()[sure], both["case_family"].to_numpy()[sure], FATHERS, chance[sure].round(9))


def _could_be_father(year: pd.Series, of_child: pd.Series) -> pd.Series:
    older = (of_child - year).astype("Float64")
    return (older.isna() | older.between(*_PARENT_OLDER_BY_YEARS)).fillna(True).astype(bool)


def _without_father(people: pd.DataFrame, children: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Those of one surname in a household of whom none has a father there, as one row: the father that most of them name, of two named
    as often that of the younger; ``eldest`` and ``youngest``, years of birth; ``kind``: how many they are (up to 3), negative where
    nobody in the household is of an age to be a parent of theirs."""
    keys = ["household", "last_sound"]
    looked = children.merge(there[keys].drop_duplicates(), on=keys, how="left", indicator=True)
    looked = looked[looked["_merge"].eq("left_only")]
    named = looked.groupby([*keys, "father_sound"], as_index=False).agg(
        case=("case", "min"),
        times=("case", "size"),
        kind=("person", "nunique"),
        eldest=("year", "min"),
        youngest=("year", "max"),
        county=("county", "first"),
    )
    named = named.sort_values(
        [*keys, "times", "youngest", "father_sound"], ascending=[True, True, False, False, True], kind="stable"
    )
    named = named.drop_duplicates(keys)
    parent = people.groupby("household")["year"].min().reindex(named["household"]).to_numpy()
    has_elder = _could_be_father(pd.Series(parent, index=named.index), named["youngest"]) & named["youngest"].notna()
    return named.assign(kind=named["kind"].clip(upper=3).where(has_elder, -named["kind"].clip(upper=3)))


def _share_of_age(year: pd.Series, families: pd.DataFrame) -> np.ndarray:
    """Which share of the men could be the father of each family by their ages."""
    years = np.sort(year.dropna().to_numpy(dtype=float))
    least, most = _PARENT_OLDER_BY_YEARS
    latest = families["eldest"].astype("Float64").fillna(np.inf).to_numpy(dtype=float) - least
    earliest = families["youngest"].astype("Float64").fillna(-np.inf).to_numpy(dtype=float) - most
    fit = np.searchsorted(years, latest, side="right") - np.searchsorted(years, earliest, side="left")
    return (np.maximum(fit, 0) + 1.0) / (len(years) + 1.0)


def _of_names_alike(men: pd.DataFrame, families: pd.DataFrame) -> pd.DataFrame:
    """Pairs of a man and a family whose father's name and surname are his, or, in one county, one of the two alike; of ages that fit.

    ``likely``: how often a father's agree so; ``met``, ``met_near``: how many men agree so by chance, anywhere and in that county.
    """
    columns = ["household", "person", "case", "year", "first_sound", "last_sound", "county"]
    men = men[columns].drop_duplicates()
    firsts = men.drop_duplicates("person")["first_sound"].value_counts()
    firsts = firsts[firsts > 0]  # of categories, those that nobody has are counted too
    share = men["first_sound"].map((firsts + 1.0) / (firsts.sum() + 1.0)).astype("float64")
    others = men.groupby("last_sound")["person"].transform("nunique") - 1.0
    neighbours = men.groupby(["last_sound", "county"])["person"].transform("nunique").fillna(1.0) - 1.0
    of_county = men["county"].map(men["county"].value_counts(normalize=True)).astype("float64").fillna(0.0)
    men = men.assign(
        met=share * (others + _OTHERS),
        met_near=share * (neighbours + _OTHERS),
        met_alike=share * (neighbours + others * of_county + 2 * _OTHERS),
    )
    men = _with_ends(men, "first_sound", "last_sound")
    families = _with_ends(families.rename(columns={"father_sound": "first_sound"}), "first_sound", "last_sound")
    # Elsewhere only a rare name says anything; and of names alike only one that few could bear by chance.
    same = ["first_sound", "last_sound"]
    rare = men[men["met"] < _SAME_NAMES]
    few = men[men["met_alike"] < 2 * _SURNAME_ALIKE]
    with_elders = families[families["kind"] > 0]
    both = pd.concat(
        [
            _sharing(men, families, [*same, "county"]),
            _sharing(rare, families, same),
            *(
                _sharing(few, with_elders, [whole, part, "county"])
                for whole, parts in (
                    ("first_sound", ("last_start", "last_end")),
                    ("last_sound", ("first_start", "first_end")),
                )
                for part in parts
            ),
        ],
        ignore_index=True,
    )
    both = both.drop_duplicates(["household", "household_family", *same, "last_sound_family"])
    both["likely"] = _SAME_NAMES
    for name, likely in (("last_sound", _SURNAME_ALIKE), ("first_sound", _GIVEN_NAME_ALIKE)):
        other = both[name].ne(both[f"{name}_family"])
        alike = over_distinct_pairs(both.loc[other, name], both.loc[other, f"{name}_family"], _may_be_one_name)
        both.loc[other, "likely"] = np.where(alike, likely, 0.0)
        # Of a surname met in other counties too, one alike may be a surname of its own.
        both.loc[other, "met_near"] = both.loc[other, "met_alike"]
    both = both[both["likely"] > 0]
    return both[[*_PAIR, "likely"]]


def _sharing(men: pd.DataFrame, families: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pairs of a man and a family of another household with one value of each key, of ages that fit."""
    names = ["first_sound", "last_sound"]
    own = men[["household", "case", "year", "county", *names, "met", "met_near", "met_alike"]].assign(
        **{key: men[key] for key in keys}
    )
    theirs = families[["household", "case", "kind", "of_age", "eldest", "youngest"]].add_suffix("_family")
    theirs = theirs.assign(
        **{f"{name}_family": families[name] for name in names}, **{key: families[key] for key in keys}
    )
    both = own.dropna(subset=keys).merge(theirs, on=keys)
    fits = both["household"].ne(both["household_family"])
    fits &= _could_be_father(both["year"], both["eldest_family"]) & _could_be_father(
        both["year"], both["youngest_family"]
    )
    return both.loc[fits, [*_PAIR, *names, "last_sound_family", "first_sound_family", "met_alike"]]


def _with_ends(names: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The names' first two letters and last two: a slip leaves one of them."""
    for column in columns:
        start = column.partition("_")[0]
        first, last = forms_over_distinct(names[column], lambda name: name[:2], lambda name: name[-2:])
        names = names.assign(**{f"{start}_start": first, f"{start}_end": last})
    return names


def _may_be_one_name(left: str, right: str) -> bool:
    return is_one_letter_off(left, right) or is_contained(left, right)


def _of_one_county(rows: pd.DataFrame) -> float:
    """How often two records of one person name one county."""
    known = rows.dropna(subset=["county"])
    again = known.duplicated("person")
    same = known["county"].eq(known.groupby("person")["county"].transform("first"))
    return (float((same & again).sum()) + 9.0) / (float(again.sum()) + 10.0)


def _among_others(both: pd.DataFrame, families: pd.Series) -> np.ndarray:
    """Probability of each pair, weighed against the other men that may be the family's father. ``families``: how many there are of each kind;
    how many of them find their father is learned from the pairs themselves."""
    chance, kind = np.full(len(both), 0.5), both["kind_family"]
    for _ in range(_ROUNDS):
        found = (pd.Series(chance).groupby(kind.to_numpy()).sum() + 0.5) / (families + 1.0)
        rate = kind.map(found.clip(1e-4, 0.9)).to_numpy(dtype=float)
        odds = both["odds"].to_numpy() * rate / (1.0 - rate)
        chance = odds / (1.0 + pd.Series(odds).groupby(both["household_family"].to_numpy()).transform("sum").to_numpy())
    return chance


def _joined(
    rows: pd.DataFrame, ties: pd.DataFrame, prisoners: Prisoners | None, largest: int
) -> tuple[np.ndarray, int]:
    """Household of each case, and the joins refused for size. As with persons: what hangs together, and only what then breaks a rule is
    built again tie by tie, the surest first."""
    count = int(rows["case"].max()) + 1 if len(rows) else 0
    left, right = ties["l"].to_numpy(), ties["r"].to_numpy()
    household = components(count, left, right)
    member = rows[["case", "person"]].drop_duplicates()
    broken = _several(household, member, count) > largest
    if prisoners is not None:
        held = prisoners.held
        broken |= _several(household, held, count) > 1
    again = broken[household]
    if not again.any():
        return household, 0
    members = _sets(member[again[member["case"].to_numpy()]])
    held_by = _sets(held[again[held["case"].to_numpy()]]) if prisoners is not None else {}
    root = {case: case for case in members}

    def find(case: int) -> int:
        while root[case] != case:
            root[case] = root[root[case]]
            case = root[case]
        return case

    inside = ties[again[left]]
    inside = inside.sort_values(["order", "weight", "l", "r"], ascending=[True, False, True, True], kind="stable")
    refused = 0
    for one, other in zip(inside["l"].tolist(), inside["r"].tolist(), strict=True):
        low, high = sorted((find(one), find(other)))
        if low == high:
            continue
        if prisoners and not _may_join(members[low], members[high], held_by.get(low), held_by.get(high), prisoners):
            continue
        if len(members[low] | members[high]) > largest:
            refused += 1
            continue
        root[high] = low
        members[low] |= members.pop(high)
        if high in held_by:
            held_by[low] = held_by.get(low, set()) | held_by.pop(high)
    household = household.copy()
    for case in root:
        household[case] = find(case)
    return household, refused


def _several(household: np.ndarray, member: pd.DataFrame, count: int) -> np.ndarray:
    """How many persons each household has."""
    width = np.int64(member["person"].max() + 1) if len(member) else np.int64(1)
    return np.bincount(
        distinct(household[member["case"]] * width + member["person"].to_numpy()) // width, minlength=count
    )


def _sets(members: pd.DataFrame) -> dict[int, set[int]]:
    sets: dict[int, set[int]] = {}
    for case, person in zip(members["case"].tolist(), members["person"].tolist(), strict=True):
        sets.setdefault(case, set()).add(person)
    return sets


def _may_join(
    one: set[int], other: set[int], held: set[int] | None, other_held: set[int] | None, prisoners: Prisoners
) -> bool:
    if not held or not other_held:
        return True
    if any(left == right or prisoners.can_be_one(left, right) for left in held for right in other_held):
        return True
    if held & other or other_held & one:
        return True
    smaller = min(len(one - held), len(other - other_held))
    shared = len((one & other) - held - other_held)
    return shared >= 2 and 2 * shared >= smaller
