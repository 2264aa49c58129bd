"""New records against a registry that is already linked, without linking it again: the registry's persons stay who they are.

A new record is compared with the registry's records that share a blocking key with it, and with the other new ones; by the
weights that the registry taught, with the rate of pairs rescaled to the registry's size. What may not be one person is kept apart
as when everything is linked together (`table`), but only where a new record touches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from palayesh.linkage import estimate
from palayesh.linkage.arrays import distinct
from palayesh.linkage.bars import REVIEW, SAME_FAMILY, SURELY_FAMILY, UNLIKELY
from palayesh.linkage.candidates import within_blocks
from palayesh.linkage.cluster import Facts, NameJudge, cluster, components, log_odds
from palayesh.linkage.estimate import ONE_CASE, ONE_LIST, TWO_LISTS, Sample, Weights
from palayesh.linkage.prepared import (
    LARGEST_BLOCK,
    Prepared,
    RegistryWriter,
    as_in_registry,
    hashes,
    key_hashes,
    part_hashes,
)  # fmt: skip
from palayesh.linkage.records import NAMES
from palayesh.linkage.table import (
    LinkedTable,
    accept_bar,
    among_rivals,
    left_over,
    shared_kin,
    without_kin,
)  # fmt: skip

_LARGEST_CLUSTER = 50
_USUALLY_KNOWN = 0.2
"""Share of new records that the registry is taken to know already, where it taught nothing about that."""


@dataclass(frozen=True)
class LinkedIncrement:
    """``records``: as of `LinkedTable`, for the new records only: ``person_id`` is the registry's or a new one.
    ``is_new``: whether the person is. ``pairs``: ``record_id`` (new), ``other_record_id`` (new or the registry's), ``other_person_id``,
    ``probability``, ``family_probability``, ``decision`` (accepted or review). ``compared``: how many pairs were compared."""

    records: pd.DataFrame
    is_new: np.ndarray
    pairs: pd.DataFrame
    compared: int


def prepare(folder: Path, records: pd.DataFrame, linked: LinkedTable, *, calendar: str) -> None:
    """``folder`` holds what `link_table` made of the records, ready for `link_new`.

    Raises ValueError where nothing was learned from them.
    """
    if linked.weights is None:
        raise ValueError("the records taught no weights: there is nothing to link by")
    lists = records["list"] if "list" in records else pd.Series("", index=records.index)
    cases = pd.DataFrame({"list": lists.fillna("").to_numpy(), "case": -1})
    if "household_code" in records:
        code = records["household_code"].astype("str").str.strip().to_numpy()
        known = pd.Series(code).where(pd.Series(code).ne(""))
        cases["case"] = pd.factorize((cases["list"] + "\x1f" + known).where(known.notna()))[0]
    sizes = lists.value_counts().to_numpy(dtype=float)
    writer = RegistryWriter(
        folder,
        calendar=calendar,
        weights=linked.weights,
        learned_on=len(records),
        situation_sizes=estimate.situation_sizes(cases),
        list_size=float((sizes * sizes).sum() / max(sizes.sum(), 1.0)),
    )
    ids = linked.records[["person_id", "household_id"]].set_index(records.index)
    writer.add(records.assign(person_id=ids["person_id"], household_id=ids["household_id"]))
    writer.finish()


def link_new(records: pd.DataFrame, registry: Prepared) -> LinkedIncrement:
    """Say who each new record is. ``records``: as for `link_table`; nothing in the registry changes.

    The steps are those of `link_table`: candidates; who has kin in common, and who is left over of families that a person ties;
    each pair against the other persons that its records may be; clusters. A list that comes again each month is a new list each
    time: give its ``list`` the month's name.
    """
    new = as_in_registry(records, registry)
    count = len(new)
    left, right = candidates(new, registry)
    population = _Population(registry, new)
    weights = rescaled(registry, new)
    plain = without_kin(weights)
    sample = _compared(new, registry, left, right, plain, population)
    probability = estimate.posterior(plain, sample.levels, sample.rare, sample.situation)
    if "kin" in weights.fields:
        families = _Families.of(new["case"].to_numpy(), registry, left, right, probability[:, 0])
        others_l, others_r = families.left_over(left, right)
        sample = estimate.joined(sample, _compared(new, registry, others_l, others_r, plain, population))
        left, right = np.concatenate([left, others_l]), np.concatenate([right, others_r])
        sample = estimate.with_field(sample, families.kin(left, right))
        probability = estimate.posterior(weights, sample.levels, sample.rare, sample.situation)

    # From here on the registry's records are numbered in their order, and so are their persons, after the new records.
    between = right >= count
    rows, place = np.unique(right[between] - count, return_inverse=True)
    right = right.copy()
    right[between] = count + place
    persons, person_place = np.unique(registry.person_of_row[rows], return_inverse=True)
    node = np.concatenate([np.arange(count), count + person_place])
    ends = (node[left], node[right])
    label = _nearest(count, len(persons), *ends, probability[:, 0], accept_bar(weights))
    lists = pd.concat([new["list"], registry.take(rows, ["list"])["list"]], ignore_index=True)
    own_sizes = new["list"].value_counts().to_dict()
    size = lists.map({**registry.lists, **own_sizes}).to_numpy(dtype=float)
    probability = among_rivals(lists, left, right, probability, label[node], size)
    label = _clusters(new, registry, persons, ends, sample.situation, probability, plain, population)
    return _result(records, new, registry, rows, persons, label, left, right, ends, probability)


def _compared(
    new: pd.DataFrame,
    registry: Prepared,
    left: np.ndarray,
    right: np.ndarray,
    weights: Weights,
    population: _Population,
) -> Sample:
    """How the pairs agree; ``right`` as of `candidates`."""
    count = len(new)
    between = right >= count
    rows, place = np.unique(right[between] - count, return_inverse=True)
    at = right.copy()
    at[between] = count + place
    table = _together(new, registry, rows)
    _settle_established(table, population)
    registry.comparer.replace(table)
    levels = registry.comparer.levels(left, at)
    return Sample(levels, _rarity(table, weights, left, at, levels, population), estimate.situations(table, left, at))


# --- candidates --------------------------------------------------------------------------------------------------------


def candidates(new: pd.DataFrame, registry: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs that share a key: position of a new record, and position of another, or number of new records + row of the
    registry. Blocks of more than `LARGEST_BLOCK` records, old and new, are left out."""
    count = len(new)
    parts = part_hashes(new, registry.keys, registry.halves)
    if any("rare_word" in key for key in registry.keys):
        parts["rare_word"] = registry.rare_words(new["tokens"])
    found: list[np.ndarray] = []
    width = np.int64(count + registry.size)
    for key in registry.keys:
        hashed = key_hashes(parts, key)
        position, row = registry.index[key].find(hashed)
        found.append(position * width + count + row)
        codes, blocks = pd.factorize(np.where(hashed, hashed, np.uint64(0)))
        sizes = np.bincount(codes, minlength=len(blocks))
        usable = np.where((sizes > 1) & (sizes <= LARGEST_BLOCK) & (blocks != 0), sizes, 0)
        within = within_blocks(codes, usable, count) if usable.any() else np.zeros(0, dtype=np.int64)
        found.append(within // count * width + within % count)
    pairs = distinct(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    return pairs // width, pairs % width


def _together(new: pd.DataFrame, registry: Prepared, rows: np.ndarray) -> pd.DataFrame:
    """The new records and after them the registry's records at ``rows``; ``uid`` is the position."""
    old = registry.compared(rows)
    kept = [name for name in map(str, new) if name in old or name.endswith("_is_established")]
    table = pd.concat([new[kept], old], ignore_index=True) if len(old) else new[kept].reset_index(drop=True)
    table.insert(0, "uid", np.arange(len(table)))
    return table


class _Population:
    """How often values occur in the registry and the new records together."""

    def __init__(self, registry: Prepared, new: pd.DataFrame) -> None:
        self._registry, self._new = registry, new

    def counts(self, column: str, distinct: pd.Series) -> tuple[np.ndarray, float, float]:
        """How often each of the values occurs; how many values there are; the chance that two are the same."""
        known = self._registry.frequencies[column]
        added = self._new[column].value_counts()
        there = known.of_hashes(hashes(distinct)) + added.reindex(distinct.to_numpy(), fill_value=0).to_numpy()
        return there.astype(float), float(known.total + added.sum()), known.typical

    def established(self, column: str) -> int:
        """A name met so often is a name of its own, not a slip."""
        return max(8, (self._registry.size + len(self._new)) // 10_000)


def _settle_established(table: pd.DataFrame, population: _Population) -> None:
    for name in NAMES:
        codes, distinct = pd.factorize(table[name], use_na_sentinel=True)
        counts = population.counts(name, pd.Series(distinct, dtype="str"))[0]
        table[f"{name}_is_established"] = np.append(counts >= population.established(name), False)[codes]


def _rarity(
    table: pd.DataFrame,
    weights: Weights,
    left: np.ndarray,
    right: np.ndarray,
    levels: np.ndarray,
    population: _Population,
) -> np.ndarray:
    shares = [np.exp(part) for part in weights.strangers]
    values = estimate.values_of(table, weights.fields, population.counts)
    return estimate.rarity(values, weights.fields, left, right, levels, shares)


# --- the rate ----------------------------------------------------------------------------------------------------------


def rescaled(registry: Prepared, new: pd.DataFrame) -> Weights:
    """The registry's weights with the rates of its size now.

    A record's namesakes grow with the lists, its own other records do not: with twice the records, of the pairs between two lists half as
    many are of one person; and within a list, by its own size.
    """
    weights = registry.weights
    now = registry.size + len(new)
    own_list = float(new["list"].value_counts().pow(2).sum()) / max(len(new), 1)
    rate = weights.rate.copy()
    rate[TWO_LISTS] *= registry.learned_on / now
    rate[ONE_LIST] *= registry.list_size / max(own_list, 1.0)
    if registry.situation_sizes[TWO_LISTS] == 0:
        # The registry is one list and taught nothing of two.
        rate[TWO_LISTS] = [2 * _USUALLY_KNOWN / now, weights.rate[ONE_LIST, 1] * registry.learned_on / now]
    for situation in (ONE_LIST, ONE_CASE):
        if registry.situation_sizes[situation] == 0:
            rate[situation] = rate[TWO_LISTS] if situation == ONE_LIST else [0.02, 0.5]
    return replace(weights, rate=rate)


# --- kin ---------------------------------------------------------------------------------------------------------------


def _nearest(
    count: int, persons: int, left: np.ndarray, right: np.ndarray, probability: np.ndarray, bar: float
) -> np.ndarray:
    """A first label of new records and persons: each new record with the likeliest that is accepted."""
    accepted = np.flatnonzero(probability >= bar)
    order = accepted[np.lexsort((right[accepted], -probability[accepted]))]
    with_person = order[right[order] >= count]
    best = with_person[np.unique(left[with_person], return_index=True)[1]]
    label = np.arange(count + persons)
    label[left[best]] = right[best]
    # New records that are one person, and that no person of the registry claims.
    unclaimed = accepted[(right[accepted] < count)]
    unclaimed = unclaimed[(label[left[unclaimed]] < count) & (label[right[unclaimed]] < count)]
    joined = components(count + persons, left[unclaimed], right[unclaimed])
    return np.where(label < count, joined[label], label)


@dataclass(frozen=True)
class _Families:
    """The families of the new records and of the registry's records that they met, with all their members: ``case`` and ``label``
    (person, as far as it is known) of the new records and, after them, of the registry's ``rows``."""

    count: int
    rows: np.ndarray
    case: np.ndarray
    label: np.ndarray

    @classmethod
    def of(
        cls, new_case: np.ndarray, registry: Prepared, left: np.ndarray, right: np.ndarray, probability: np.ndarray
    ) -> _Families:
        """``left``, ``right``: as of `candidates`, with the probability of each pair."""
        count = len(new_case)
        met = distinct(right[right >= count] - count)
        cases = distinct(registry.case_of_rows(met))
        _, members = registry.case_index.find(cases[cases >= 0].astype(np.uint64))
        rows = distinct(np.concatenate([met, members]))
        case = np.concatenate([new_case, registry.case_of_rows(rows)])
        codes = pd.factorize(case)[0]
        persons, place = np.unique(registry.person_of_row[rows], return_inverse=True)
        node = np.concatenate([np.arange(count), count + place])
        found = cls(count, rows, np.where(case >= 0, codes, -1), node)
        label = _nearest(
            count, len(persons), node[left], node[found._at(right)], probability, accept_bar(registry.weights)
        )
        return replace(found, label=label[node])

    def _at(self, right: np.ndarray) -> np.ndarray:
        return np.where(right < self.count, right, self.count + np.searchsorted(self.rows, right - self.count))

    def kin(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Level of ``kin`` of each pair, as `shared_kin` has it."""
        return shared_kin(self.case, self.label, left, self._at(right))

    def left_over(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Further pairs, as `left_over` has them, of which one record is new."""
        one, other = left_over(self.case, self.label, left, self._at(right))
        fresh = one < self.count
        one, other = one[fresh], other[fresh]
        row = self.rows[np.maximum(other - self.count, 0)] if len(self.rows) else other
        return one, np.where(other < self.count, other, self.count + row)


# --- clusters ----------------------------------------------------------------------------------------------------------


def _clusters(
    new: pd.DataFrame,
    registry: Prepared,
    persons: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    situation: np.ndarray,
    probability: np.ndarray,
    plain: Weights,
    population: _Population,
) -> np.ndarray:
    """Cluster of each node (new records, then persons), no two persons of the registry in one."""
    count = len(new)
    nodes = count + len(persons)
    left, right = ends
    accepted = probability[:, 0] >= accept_bar(registry.weights)
    label = components(nodes, left[accepted], right[accepted])
    touched = distinct(right[accepted & (right >= count)]) - count
    place, person_rows = registry.records_of_persons(persons[touched])
    order = np.argsort(person_rows, kind="stable")
    rows, row_node = person_rows[order], count + touched[place[order]]
    old = registry.take(rows, ["number", "number_is_valid", "case", "first"])
    first = registry.values["first"]["value"].reindex(old["first"]).reset_index(drop=True)
    facts = _facts(new, old, first, row_node, population)

    inner_l, inner_r = _inner_pairs(label, count, row_node)
    table = _together(new, registry, rows)
    _settle_established(table, population)
    registry.comparer.replace(table)
    levels = registry.comparer.levels(inner_l, inner_r)
    rare = _rarity(table, plain, inner_l, inner_r, levels, population)
    inner_situation = estimate.situations(table, inner_l, inner_r)
    inner = estimate.posterior(plain, levels, rare, inner_situation)
    node_of = np.concatenate([np.arange(count), row_node])
    # What was compared as a candidate knows of kin; that verdict goes before the plain one.
    pairs = np.concatenate([np.stack(ends), np.stack([node_of[inner_l], node_of[inner_r]])], axis=1)
    chance = np.concatenate([probability, inner])
    in_one_family = np.concatenate([situation, inner_situation]) == ONE_CASE
    together = label[pairs[0]] == label[pairs[1]]
    two_members = together & ((chance[:, 1] > SURELY_FAMILY) | (in_one_family & (chance[:, 0] < 0.5)))
    unlikely = together & ~two_members & (chance[:, 0] < UNLIKELY)
    apart = np.concatenate([pairs[:, two_members], _persons_together(label, count)], axis=1)
    edges = pd.DataFrame({"l": left[accepted], "r": right[accepted], "strength": log_odds(probability[accepted, 0])})
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    facts = replace(
        facts,
        apart=pd.DataFrame({"l": apart[0], "r": apart[1]}),
        unlikely=pd.DataFrame(
            {"l": pairs[0, unlikely], "r": pairs[1, unlikely], "strength": -log_odds(chance[unlikely, 0])}
        ),
    )
    return cluster(nodes, edges, facts, nothing)[0]


def _facts(
    new: pd.DataFrame, old: pd.DataFrame, old_first: pd.Series, row_node: np.ndarray, population: _Population
) -> Facts:
    number = pd.concat([new["number_valid"], old["number"].where(old["number_is_valid"])], ignore_index=True)
    first = pd.concat([new["first"], old_first], ignore_index=True)
    case = np.concatenate([new["case"].to_numpy(), old["case"].to_numpy()])
    node = np.concatenate([np.arange(len(new)), row_node])
    numbers = pd.DataFrame({"node": node, "value": number}).dropna().drop_duplicates()
    # A person who has two numbers already is not judged by numbers.
    of_person = numbers["node"].ge(len(new)) & numbers["node"].duplicated(keep=False)
    lines = pd.DataFrame({"node": node, "family": case, "value": first})[case >= 0].dropna().drop_duplicates()
    distinct = pd.Series(first.dropna().unique(), dtype="str")
    counts = population.counts("first", distinct)[0]
    return Facts(
        numbers=numbers[~of_person],
        family_lines=lines,
        judge=NameJudge(frozenset(distinct[counts >= population.established("first")])),
    )


def _inner_pairs(label: np.ndarray, count: int, row_node: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs within what hangs together of which one is new: positions in the new records followed by the persons' records."""
    members = pd.DataFrame(
        {"label": np.concatenate([label[:count], label[row_node]]), "at": np.arange(count + len(row_node))}
    )
    size = members.groupby("label")["at"].transform("size")
    members = members[(size > 1) & (size <= _LARGEST_CLUSTER)]
    fresh = members[members["at"] < count]
    pairs = fresh.merge(members, on="label", suffixes=("_l", "_r"))
    pairs = pairs[pairs["at_l"] < pairs["at_r"]]
    return pairs["at_l"].to_numpy(), pairs["at_r"].to_numpy()


def _persons_together(label: np.ndarray, count: int) -> np.ndarray:
    """Pairs of the registry's persons whom new records would join."""
    codes = np.unique(label[count:], return_inverse=True)[1]
    sizes = np.bincount(codes)
    if not (sizes > 1).any():
        return np.zeros((2, 0), dtype=np.int64)
    pairs = within_blocks(codes, np.where(sizes > 1, sizes, 0), len(codes))
    return count + np.stack([pairs // len(codes), pairs % len(codes)])


# --- the answer --------------------------------------------------------------------------------------------------------


def _result(
    records: pd.DataFrame,
    new: pd.DataFrame,
    registry: Prepared,
    rows: np.ndarray,
    persons: np.ndarray,
    label: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    probability: np.ndarray,
) -> LinkedIncrement:
    count = len(new)
    same = label[ends[0]] == label[ends[1]]
    best = np.zeros(count + len(persons))
    for side in ends:
        np.maximum.at(best, side[same], probability[same, 0])
    person_of_label = np.full(len(label), -1, dtype=np.int64)
    person_of_label[label[count:]] = np.arange(len(persons))
    known = person_of_label[label[:count]]
    is_new = known < 0
    fresh = np.unique(label[:count][is_new], return_inverse=True)[1]
    ids = _ids_of_persons(registry, persons)
    person_id = np.empty(count, dtype=object)
    person_id[~is_new] = ids["person_id"].to_numpy(dtype=object)[known[~is_new]]
    person_id[is_new] = [f"P{registry.next_person + number:07d}" for number in fresh]
    household_id = _households(new, registry, known, label, ends, probability, ids["household_id"])
    alone = is_new & (np.bincount(label[:count], minlength=len(label))[label[:count]] == 1)
    answered = pd.DataFrame(
        {
            "record_id": records["record_id"].to_numpy(),
            "person_id": pd.array(person_id, dtype="str"),
            "household_id": pd.array(household_id, dtype="str"),
            "match_probability": np.where(alone, 1.0, best[:count]).round(4),
        }
    )
    told = same | (probability[:, 0] >= REVIEW)
    one, other = left[told], right[told]
    old = other >= count
    old_rows, place = np.unique(rows[other[old] - count], return_inverse=True)
    old_ids = registry.take(old_rows, ["record_id", "person_id"])
    other_ids = np.empty((len(other), 2), dtype=object)
    other_ids[old] = old_ids.to_numpy(dtype=object)[place]
    other_ids[~old] = answered[["record_id", "person_id"]].to_numpy(dtype=object)[other[~old]]
    pairs = pd.DataFrame(
        {
            "record_id": answered["record_id"].to_numpy()[one],
            "other_record_id": pd.array(other_ids[:, 0], dtype="str"),
            "other_person_id": pd.array(other_ids[:, 1], dtype="str"),
            "probability": probability[told, 0],
            "family_probability": probability[told, 1],
            "decision": np.where(same[told], "accepted", "review"),
        }
    )
    return LinkedIncrement(answered, is_new, pairs, len(left))


def _ids_of_persons(registry: Prepared, persons: np.ndarray) -> pd.DataFrame:
    rows = registry.person_rows[registry.person_start[persons]].astype(np.int64)
    order = np.argsort(rows, kind="stable")
    taken = registry.take(rows[order], ["person_id", "household_id"])
    return taken.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _households(
    new: pd.DataFrame,
    registry: Prepared,
    known: np.ndarray,
    label: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    probability: np.ndarray,
    household_of_person: pd.Series,
) -> np.ndarray:
    """Household of each new record: its person's; else that of someone in its case; else that of one who is surely of its family; else
    a new one, together with its case and its surely kin."""
    count = len(new)
    found = np.full(count, None, dtype=object)
    found[known >= 0] = household_of_person.to_numpy(dtype=object)[known[known >= 0]]
    case = new["case"].to_numpy()
    own = np.where(case >= 0, case, np.int64(-2) - np.arange(count))
    own = np.unique(own, return_inverse=True)[1]
    left, right = ends
    related = np.flatnonzero(probability.sum(axis=1) >= SAME_FAMILY)
    # Whoever is likeliest is first; the order is that of the nodes where two are as likely.
    related = related[np.lexsort((right[related], left[related], -probability[related].sum(axis=1).round(9)))]
    fresh = related[right[related] < count]
    one_label = np.unique(label[:count], return_inverse=True)[1]
    first_of = np.unique(one_label, return_index=True)[1]
    joined = components(
        int(own.max(initial=-1)) + 1,
        np.concatenate([own, own[left[fresh]]]),
        np.concatenate([own[first_of][one_label], own[right[fresh]]]),
    )[own]
    to_old = related[right[related] >= count]
    claims = pd.DataFrame(
        {
            "home": np.concatenate([joined[found != None], joined[left[to_old]]]),  # noqa: E711
            "household": np.concatenate(
                [found[found != None], household_of_person.to_numpy(dtype=object)[right[to_old] - count]]  # noqa: E711
            ),
        }
    )
    household_of_home = claims.drop_duplicates("home").set_index("home")["household"]
    open_ones = found == None  # noqa: E711
    found[open_ones] = household_of_home.reindex(joined[open_ones]).to_numpy(dtype=object)
    still = pd.isna(found)
    numbers = np.unique(joined[still], return_inverse=True)[1]
    found[still] = [f"H{registry.next_household + number:07d}" for number in numbers]
    return found
