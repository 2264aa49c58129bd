"""Clusters from edges, under rules that say which mentions cannot be one person.

Connected components first; then only the components that break a rule are built again, edge by edge, best first, refusing each
merge that would break one (Kirielle, Christen, Ranbaduge 2023, in a plain form). The result does not depend on the order
in which edges are given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from palayesh.linkage.arrays import are_in, distinct
from palayesh.linkage.names import is_alike, is_one_letter_off


class NameJudge:
    """Whether two compact given names can be one name. Remembers what it was asked.

    Two *established* names one letter apart (حسن and حسین) are two names; a rare spelling beside an established one is a slip.
    """

    def __init__(self, established: frozenset[str]) -> None:
        self.established = established
        self._answers: dict[tuple[str, str], bool] = {}

    def can_be_one(self, left: str, right: str) -> bool:
        if left == right:
            return True
        pair = (left, right) if left < right else (right, left)
        if pair not in self._answers:
            self._answers[pair] = is_alike(*pair) and not self.are_neighbours(*pair)
        return self._answers[pair]

    def are_neighbours(self, left: str, right: str) -> bool:
        """Both are common names and only one letter parts them."""
        return left in self.established and right in self.established and is_one_letter_off(left, right)

    def can_be_one_column(self, left: pd.Series, right: pd.Series) -> np.ndarray:
        """True where either is missing or both can be one name."""
        return over_distinct_pairs(left, right, self.can_be_one)


def over_distinct_pairs(left: pd.Series, right: pd.Series, question: Callable[[str, str], bool]) -> np.ndarray:
    """``question`` of each pair of values, asked once per distinct pair; True where either value is missing."""
    codes, values = pd.factorize(pd.concat([left, right]))
    one, other = codes[: len(left)], codes[len(left) :]
    answer = np.ones(len(left), dtype=bool)
    unequal = np.flatnonzero((one >= 0) & (other >= 0) & (one != other))
    width = np.int64(max(len(values), 1))
    asked, place = np.unique(one[unequal] * width + other[unequal], return_inverse=True)
    texts = np.asarray(values, dtype=object)
    answers = [question(str(texts[pair // width]), str(texts[pair % width])) for pair in asked.tolist()]
    answer[unequal] = np.array(answers, dtype=bool)[place]
    return answer


def can_be_one_birth(left: str, right: str) -> bool:
    """Two Solar Hijri days (``YYYYMMDD``) can be one birth date written twice, a slip in one of them.

    A day may be followed by another, which it would be in the other calendar (``YYYYMMDD|YYYYMMDD``).
    A slip is: one digit wrong or two neighbours swapped; day and month exchanged; the same year with the same month or the
    same day of the month; or a neighbouring day (conversion between calendars).
    """
    (left, _, left_other), (right, _, right_other) = left.partition("|"), right.partition("|")
    if left in (right, right_other) or left_other == right or is_one_letter_off(left, right):
        return True
    same_year = left[:4] == right[:4]
    if same_year and (left[4:6] == right[6:] and left[6:] == right[4:6]):
        return True
    if same_year and (left[4:6] == right[4:6] or left[6:] == right[6:]):
        return True
    # Solar Hijri months have 29 to 31 days, so neighbours across a month's end differ by 70 to 72 as numbers.
    return same_year and abs(int(left) - int(right)) in (1, 69, 70, 71, 72)


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})


@dataclass(frozen=True)
class Facts:
    """What is known of nodes (0 … count - 1) that can forbid a merge; each a long table with a ``node`` column."""

    numbers: pd.DataFrame = field(default_factory=lambda: _empty("node", "value"))
    """Valid national numbers: two different ones are two persons."""
    births: pd.DataFrame = field(default_factory=lambda: _empty("node", "value"))
    """Full birth days: two that no slip explains are two persons."""
    names: pd.DataFrame = field(default_factory=lambda: _empty("node", "value"))
    """Compact given names: two that cannot be one name are two persons, unless number and birth day are the same."""
    family_lines: pd.DataFrame = field(default_factory=lambda: _empty("node", "family", "value"))
    """Given names within one family of one list: those who differ are two of its members."""
    sexes: pd.DataFrame = field(default_factory=lambda: _empty("node", "sex", "value"))
    """Sex with the given name: both differ, two persons."""
    apart: pd.DataFrame = field(default_factory=lambda: _empty("l", "r"))
    """Pairs that a steward judged different."""
    unlikely: pd.DataFrame = field(default_factory=lambda: _empty("l", "r", "strength"))
    """Pairs that by themselves are hardly one person, with how strongly they speak against it: two groups between which these weigh as much as
    the pairs that may be joined are two persons."""
    judge: NameJudge = field(default_factory=lambda: NameJudge(frozenset()))

    def lifted(self, labels: np.ndarray) -> Facts:
        """The same facts about clusters instead of their members; ``labels[node]`` is the cluster."""

        def lift(table: pd.DataFrame) -> pd.DataFrame:
            return table.assign(node=labels[table["node"].to_numpy(dtype=int)]).drop_duplicates(ignore_index=True)

        def ends(pairs: pd.DataFrame) -> pd.DataFrame:
            return pd.DataFrame({side: labels[pairs[side].to_numpy(dtype=int)] for side in ("l", "r")})

        return Facts(
            numbers=lift(self.numbers),
            births=lift(self.births),
            names=lift(self.names),
            family_lines=lift(self.family_lines),
            sexes=lift(self.sexes),
            apart=ends(self.apart),
            unlikely=ends(self.unlikely).assign(strength=self.unlikely["strength"].to_numpy()),
            judge=self.judge,
        )


def log_odds(chance: np.ndarray) -> np.ndarray:
    """How strongly a probability speaks for one person, in bits. Rounded, so that the last bits of a float never decide an order."""
    sure = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.log2(sure / (1 - sure)).round(6)


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The connected component of each node, named by its smallest node."""
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    smallest = np.full(label.max() + 1, count, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(count))
    return smallest[label]


def violating(labels: np.ndarray, facts: Facts) -> np.ndarray:
    """The labels whose cluster may break a rule, sorted. May name one too many, never one too few."""
    found: list[np.ndarray] = []

    def labelled(table: pd.DataFrame, *columns: str, keys: tuple[str, ...] = ("label",)) -> pd.DataFrame:
        """The distinct values of each label; of one alone with its ``keys`` there is nothing to say."""
        several = table.assign(label=labels[table["node"].to_numpy(dtype=int)])
        several = several[several.duplicated(list(keys), keep=False)]
        return several[["label", *columns]].drop_duplicates()

    numbers = labelled(facts.numbers, "value")["label"].value_counts()
    found.append(numbers.index[numbers > 1].to_numpy())

    def unlike(table: pd.DataFrame, keys: list[str], question: Callable[[str, str], bool]) -> None:
        several = table[table.duplicated(keys, keep=False)].astype({"value": "str"})
        pairs = several.merge(several, on=keys, suffixes=("_l", "_r"))
        pairs = pairs[pairs["value_l"] < pairs["value_r"]]
        found.append(pairs["label"].to_numpy()[~over_distinct_pairs(pairs["value_l"], pairs["value_r"], question)])

    unlike(labelled(facts.births, "value"), ["label"], can_be_one_birth)
    unlike(labelled(facts.names, "value"), ["label"], facts.judge.can_be_one)
    lines = labelled(facts.family_lines, "family", "value", keys=("label", "family"))
    unlike(lines, ["label", "family"], facts.judge.can_be_one)

    sexes = labelled(facts.sexes, "sex", "value")
    men, women = sexes[sexes["sex"].eq("male")], sexes[sexes["sex"].eq("female")]
    both = men.merge(women, on="label", suffixes=("_l", "_r"))
    found.append(
        both["label"].to_numpy()[~over_distinct_pairs(both["value_l"], both["value_r"], facts.judge.can_be_one)]
    )

    for pairs in (facts.apart, facts.unlikely):
        left, right = (labels[pairs[side].to_numpy(dtype=int)] for side in ("l", "r"))
        found.append(left[left == right])
    return distinct(np.concatenate([part.astype(np.int64) for part in found]))


@dataclass
class _Group:
    """The facts of the nodes merged so far."""

    nodes: list[int]
    numbers: set[str]
    births: set[str]
    names: set[str]
    lines: dict[str, set[str]]
    sexes: dict[str, set[str]]
    apart: set[int]
    likely: dict[int, float]
    unlikely: dict[int, float]


def _conflict(one: _Group, other: _Group, judge: NameJudge) -> str | None:
    """Why two groups cannot be one person; None if they can."""
    if not one.apart.isdisjoint(other.nodes) or not other.apart.isdisjoint(one.nodes):
        return "judged_different"
    if one.unlikely:
        against = sum(one.unlikely.get(node, 0.0) for node in other.nodes)
        if against and against >= sum(one.likely.get(node, 0.0) for node in other.nodes):
            return "unlikely"
    if one.numbers and other.numbers and len(one.numbers | other.numbers) > 1:
        return "two_numbers"
    if any(not can_be_one_birth(left, right) for left in one.births for right in other.births):
        return "two_births"
    for family in one.lines.keys() & other.lines.keys():
        if any(not judge.can_be_one(left, right) for left in one.lines[family] for right in other.lines[family]):
            return "two_family_members"
    for sex, opposite in (("male", "female"), ("female", "male")):
        pairs = ((left, right) for left in one.sexes.get(sex, ()) for right in other.sexes.get(opposite, ()))
        if any(not judge.can_be_one(left, right) for left, right in pairs):
            return "two_sexes"
    same_number = bool(one.numbers & other.numbers)
    if same_number and one.births & other.births:
        return None
    if same_number:
        # With one number, two common names a letter apart are one name and a slip; and of two slips each may be alike with the name only.
        if one.names and other.names and not any(is_alike(left, right) for left in one.names for right in other.names):
            return "two_names"
    elif any(not judge.can_be_one(left, right) for left in one.names for right in other.names):
        return "two_names"
    return None


def cluster(count: int, edges: pd.DataFrame, facts: Facts, must: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Label the nodes so that no rule is broken, and tell which edges were refused and why.

    ``edges``: ``l``, ``r``, ``strength`` (`log_odds`); ``must``: ``l``, ``r``, pairs judged the same, which outrank every
    rule. The label is the smallest node of the cluster. Refused: ``l``, ``r``, ``strength``, ``reason``, the best edge of each
    pair of clusters.
    """
    left = np.concatenate([edges["l"].to_numpy(dtype=np.int64), must["l"].to_numpy(dtype=np.int64)])
    right = np.concatenate([edges["r"].to_numpy(dtype=np.int64), must["r"].to_numpy(dtype=np.int64)])
    strength = np.concatenate([edges["strength"].to_numpy(dtype=float), np.full(len(must), np.inf)])
    left, right = np.minimum(left, right), np.maximum(left, right)
    labels = components(count, left, right)
    broken = violating(labels, facts)
    nothing = pd.DataFrame({"l": [], "r": [], "strength": [], "reason": []}).astype(
        {"l": int, "r": int, "reason": "str"}
    )
    if not len(broken):
        return labels, nothing

    inside = are_in(labels, broken)
    groups = _groups(np.flatnonzero(inside), facts, inside)
    of_groups = inside[left]
    for one, other, sure in zip(*(part[of_groups].tolist() for part in (left, right, strength)), strict=True):
        _add(groups[one].likely, other, sure)
        _add(groups[other].likely, one, sure)
    root = {node: node for node in groups}

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    chosen = np.flatnonzero(inside[left])
    chosen = chosen[np.lexsort((right[chosen], left[chosen], -strength[chosen]))]
    refused: list[tuple[int, int, float, str]] = []
    for position in chosen.tolist():
        one, other = find(int(left[position])), find(int(right[position]))
        if one == other:
            continue
        if np.isfinite(strength[position]):
            reason = _conflict(groups[one], groups[other], facts.judge)
            if reason:
                refused.append((int(left[position]), int(right[position]), float(strength[position]), reason))
                continue
        low, high = min(one, other), max(one, other)
        root[high] = low
        _absorb(groups[low], groups.pop(high))
    for node in root:
        labels[node] = find(node)
    if not refused:
        return labels, nothing
    table = pd.DataFrame(refused, columns=["l", "r", "strength", "reason"])
    ends = np.sort(np.column_stack([labels[table["l"]], labels[table["r"]]]), axis=1)
    return labels, table[~pd.DataFrame(ends).duplicated().to_numpy()].reset_index(drop=True)


def _groups(nodes: np.ndarray, facts: Facts, inside: np.ndarray) -> dict[int, _Group]:
    groups = {int(node): _Group([int(node)], set(), set(), set(), {}, {}, set(), {}, {}) for node in nodes}

    def rows(table: pd.DataFrame, *columns: str) -> zip[tuple[int, ...]]:
        kept = table[inside[table["node"].to_numpy(dtype=int)]]
        return zip(kept["node"].tolist(), *(kept[column].tolist() for column in columns), strict=True)

    for node, value in rows(facts.numbers, "value"):
        groups[node].numbers.add(str(value))
    for node, value in rows(facts.births, "value"):
        groups[node].births.add(str(value))
    for node, value in rows(facts.names, "value"):
        groups[node].names.add(str(value))
    for node, family, value in rows(facts.family_lines, "family", "value"):
        groups[node].lines.setdefault(str(family), set()).add(str(value))
    for node, sex, value in rows(facts.sexes, "sex", "value"):
        groups[node].sexes.setdefault(str(sex), set()).add(str(value))
    for one, other in zip(facts.apart["l"].tolist(), facts.apart["r"].tolist(), strict=True):
        if one in groups:
            groups[one].apart.add(int(other))
        if other in groups:
            groups[other].apart.add(int(one))
    for one, other, sure in zip(*(facts.unlikely[name].tolist() for name in ("l", "r", "strength")), strict=True):
        if one in groups and other in groups:
            _add(groups[one].unlikely, int(other), sure)
            _add(groups[other].unlikely, int(one), sure)
    return groups


def _add(weights: dict[int, float], node: int, strength: float) -> None:
    weights[node] = weights.get(node, 0.0) + strength


def _absorb(kept: _Group, merged: _Group) -> None:
    kept.nodes += merged.nodes
    kept.numbers |= merged.numbers
    kept.births |= merged.births
    kept.names |= merged.names
    kept.apart |= merged.apart
    for node, strength in merged.likely.items():
        _add(kept.likely, node, strength)
    for node, strength in merged.unlikely.items():
        _add(kept.unlikely, node, strength)
    for family, names in merged.lines.items():
        kept.lines.setdefault(family, set()).update(names)
    for sex, names in merged.sexes.items():
        kept.sexes.setdefault(sex, set()).update(names)
