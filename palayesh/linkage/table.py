"""One or several plain person lists linked by themselves: no agency's declaration, no labels, no model brought along.

The lists teach the weights (`estimate`). Two passes: the surest pairs first; then, knowing which families have members in
common, all of them again. Clusters respect what cannot be; households come after persons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from palayesh.findings import Finding, Severity
from palayesh.linkage import estimate
from palayesh.linkage.arrays import are_in, distinct
from palayesh.linkage.bars import (
    ACCEPT,
    ACCEPT_WITHOUT_FAMILIES,
    REVIEW,
    SAME_FAMILY,
    SAME_FAMILY_WITHOUT_CODES,
    SURELY_FAMILY,
    UNLIKELY,
)
from palayesh.linkage.candidates import (
    FAMILY_KEYS,
    HOUSEHOLD_KEYS,
    candidate_pairs,
    family_pairs,
    key_parts,
    within_blocks,
)
from palayesh.linkage.cluster import Facts, cluster, components, log_odds
from palayesh.linkage.estimate import Sample, Weights
from palayesh.linkage.exact import judge_of
from palayesh.linkage.families import FAMILY_COLUMNS, join_cases, tied_by_persons
from palayesh.linkage.fields import level_names
from palayesh.linkage.records import comparable
from palayesh.linkage.score import Comparer, compared_columns, numbered, present_fields

if TYPE_CHECKING:
    from palayesh.linkage.spark import SparkComparer

Engine = Literal["duckdb", "spark"]
AnyComparer: TypeAlias = "Comparer | SparkComparer"

_NOBODY = 0.15
"""However complete a list is, a record is nobody on it with at least this probability."""
_FAMILY_PAIRS_PER_RECORD = 10
_RANDOM_PAIRS = 200_000
_LEARN_FROM = 300_000
_RELATIVES = 100_000
_LARGEST_BLOCK = 200
_LARGEST_FAMILY_BLOCK = 30
_LARGEST_FAMILY = 20
"""What larger families have in common says little of their other members."""
_LARGEST_HOUSEHOLD = 60
"""Households are not joined past so many persons: a code or phone is shared by more than a family."""
_MOST_LEFT_OVER = 2
"""Pairs a record, at the most, that are compared because their families have a person in common."""


@dataclass(frozen=True)
class LinkedTable:
    """``records``: ``record_id``, ``person_id``, ``household_id``, ``match_probability`` in the records' order; ``pairs``: candidate pairs
    with ``l``, ``r`` (positions), ``probability`` (one person), ``family_probability`` and ``decision`` (accepted, review, rejected);
    ``keys``: what each blocking key gave; ``weights``: what was learned; ``findings``: what its reader should know."""

    records: pd.DataFrame
    pairs: pd.DataFrame
    keys: pd.DataFrame
    weights: Weights | None
    findings: list[Finding]


def link_table(
    records: pd.DataFrame,
    *,
    calendar: str,
    threads: int | None = None,
    engine: Engine = "duckdb",
    spark_master: str | None = None,
) -> LinkedTable:
    """Say who is who among the records.

    ``records`` has ``record_id`` and any of `records.COLUMNS` as text, and ``list`` where they come from several lists.
    ``calendar``: jalali or gregorian. ``engine``: what compares the pairs, DuckDB or Spark (on this machine unless there is a
    ``spark_master``). The result does not depend on the order of rows within the same ids, nor on threads, nor on the engine.
    """
    table = comparable(records, calendar)
    fields = [field for field in present_fields(table) if field != "kin"]
    count = len(table)
    parts = key_parts(table)
    # Each text is let go when nobody needs it any more: of ten million records, they fill the memory.
    table = table[[name for name in map(str, table) if not name.endswith("_skeleton") and name != "month_day"]]
    pairs, keys = candidate_pairs(
        table, pairs_per_record=pairs_per_record(count), largest_block=_LARGEST_BLOCK, parts=parts
    )
    if pairs.empty or not fields:
        return _nobody_linked(records, pairs, keys)
    left, right = pairs["l"].to_numpy(), pairs["r"].to_numpy()
    parts = {name: parts[name] for names in FAMILY_KEYS for name in names if name in parts}
    relatives, each = family_pairs(table, most=_RELATIVES, largest_block=_LARGEST_FAMILY_BLOCK, parts=parts)
    only_codes = relatives.empty
    family_l, family_r = relatives["l"].to_numpy(), relatives["r"].to_numpy()
    chance_l, chance_r = random_pairs(count)
    sizes = estimate.situation_sizes(table)
    case = table["case"].to_numpy()
    evidence = _Evidence(table, fields)
    table = compared_columns(table, fields).assign(birth=table["birth"])
    pa.default_memory_pool().release_unused()
    with comparer_of(engine, table, fields, threads, spark_master) as comparer:
        evidence.comparer = comparer
        shares = estimate.strangers_shares(table, fields, evidence.values, comparer.levels(chance_l, chance_r))
        table = evidence.table
        pa.default_memory_pool().release_unused()
        relatives_sample = evidence.sample(family_l, family_r, shares, each)
        every = evidence.sample(left, right, shares)
        weights = estimate.learn(
            fields, shares, sizes, relatives=relatives_sample, candidates=_some(every), records=count
        )
        probability = estimate.posterior(weights, every.levels, every.rare, every.situation)
        label = _persons(evidence, left, right, probability, weights)
        if (case >= 0).any():
            if only_codes:
                # Nothing else tells families: those that a person ties show how relatives agree.
                family_l, family_r = tied_pairs(case, label)
                relatives_sample = evidence.sample(family_l, family_r, shares)
            others_l, others_r = left_over(case, label, left, right)
            candidates = len(left)
            left, right = np.concatenate([left, others_l]), np.concatenate([right, others_r])
            every = estimate.joined(every, evidence.sample(others_l, others_r, shares))
            pairs = pd.DataFrame({"l": left, "r": right})
            left, right = pairs["l"].to_numpy(), pairs["r"].to_numpy()
            keys = pd.concat(
                [keys, pd.DataFrame({"key": ["family in common"], "pairs": [len(others_l)]})], ignore_index=True
            )
            weights, probability = _with_kin(
                table,
                label,
                weights,
                shares,
                sizes,
                every,
                candidates,
                (left, right),
                relatives_sample,
                (family_l, family_r),
            )
            label = _persons(evidence, left, right, probability, weights)
        del every
        probability = among_rivals(table["list"], left, right, probability, label)
        label = _persons(evidence, left, right, probability, weights)
        related = _related(evidence, label, weights, parts, pairs, probability)
    # What compared the records is not needed to join their families, and would fill the memory beside it.
    table = evidence.table
    del evidence, parts, left, right
    household = joined_families(table, label, related)
    return _result(records, pairs, keys, weights, probability, label, household)


def comparer_of(
    engine: Engine, table: pd.DataFrame, fields: list[str], threads: int | None, spark_master: str | None = None
) -> AnyComparer:
    """What compares pairs of the table's records on that engine."""
    if engine == "spark":
        from palayesh.linkage.spark import SparkComparer

        return SparkComparer(table, fields, threads, spark_master)
    return Comparer(table, fields, threads)


def accept_bar(weights: Weights) -> float:
    """From which probability on pairs are joined."""
    return ACCEPT if estimate.knows_families(weights) else ACCEPT_WITHOUT_FAMILIES


def pairs_per_record(records: int) -> float:
    """2.5 for lists of 100,000 records and more; the smaller the list, the wider it is compared, for it costs little."""
    return float(np.clip(2.5 * (100_000 / max(records, 1)) ** 1.5, 2.5, 40.0))


def random_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    wanted = min(_RANDOM_PAIRS, max(_RANDOM_PAIRS // 4, 10 * count))
    drawn = np.sort(generator.integers(0, count, (wanted, 2)), axis=1)
    pairs = distinct(drawn[:, 0] * np.int64(count) + drawn[:, 1])
    left, right = pairs // count, pairs % count
    return left[left != right], right[left != right]


def _some(sample: Sample) -> Sample:
    every = max(1, len(sample.levels) // _LEARN_FROM)
    if every == 1:
        return sample
    return Sample(
        sample.levels[::every],
        sample.rare[::every],
        sample.situation[::every],
        len(sample.levels) / len(sample.levels[::every]),
    )


_NAMES = ["first_sound", "last_sound", "father_sound"]
_OF_FAMILIES = (("county",), ("phone",), ("address",), ("postal",))
"""What `join_cases` asks of two records only whether it is the same; of names also whether they are alike."""


class _Evidence:
    """What compares the records (``comparer``), what is counted of them once, and of the records themselves (``table``) what is asked
    later: their list, case, year, sex, names, and whole numbers for the values of `_OF_FAMILIES`. Other texts are not kept: the comparer has them."""

    comparer: AnyComparer

    def __init__(self, table: pd.DataFrame, fields: list[str]) -> None:
        self.fields = fields
        self.values = estimate.values_of(table, fields)
        self.table = table[["case", "year", "sex"]].assign(
            list=pd.factorize(table["list"])[0], **_of_one_alphabet(table, _NAMES), **numbered(table, _OF_FAMILIES)
        )
        number = table["number_valid"].dropna()
        members = table.loc[(table["case"] >= 0) & table["first"].notna(), ["case", "first"]]
        self.facts = Facts(
            numbers=pd.DataFrame({"node": number.index, "value": pd.factorize(number)[0]}),
            family_lines=members.set_axis(["family", "value"], axis=1).rename_axis("node").reset_index(),
            judge=judge_of(table["first"]),
        )
        self._compared = (np.zeros(0, dtype=np.int64), np.zeros((0, len(fields)), dtype=np.int8))

    def situations(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return estimate.situations(self.table, left, right)

    def sample(
        self,
        left: np.ndarray,
        right: np.ndarray,
        shares: list[np.ndarray],
        stands_for: float = 1.0,
        levels: np.ndarray | None = None,
        relatives: float = 0.0,
    ) -> Sample:
        """How the pairs agree, and how rare that is among strangers, who agree as ``shares`` say."""
        found = self.comparer.levels(left, right) if levels is None else levels
        rare = estimate.rarity(self.values, self.fields, left, right, found, shares, relatives)
        return Sample(found, rare, self.situations(left, right), stands_for)

    def plain_posterior(
        self,
        left: np.ndarray,
        right: np.ndarray,
        weights: Weights,
        *,
        remembered: bool = False,
        of_families: bool = False,
    ) -> np.ndarray:
        """What the pairs' own comparison says, their families' other members left out. ``remembered``: they will be asked for again;
        ``of_families``: it is asked whether they are of one family, whose address is rare however large the family is."""
        plain = without_kin(weights)
        levels = self._remembered(left, right) if remembered else None
        relatives = estimate.relatives_of_a_record(weights, len(self.table)) if of_families else 0.0
        found = self.sample(left, right, [np.exp(part) for part in plain.strangers], levels=levels, relatives=relatives)
        return estimate.posterior(plain, found.levels, found.rare, found.situation)

    def _remembered(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        pairs, levels = self._compared
        asked = left * np.int64(len(self.table)) + right
        new = ~are_in(asked, pairs)
        all_pairs = np.append(pairs, asked[new])
        order = np.argsort(all_pairs)
        levels = np.concatenate([levels, self.comparer.levels(left[new], right[new])])[order]
        self._compared = all_pairs[order], levels
        return np.asfortranarray(levels[np.searchsorted(self._compared[0], asked)])


def _of_one_alphabet(table: pd.DataFrame, names: list[str]) -> dict[str, pd.Series]:
    """The columns with the same categories, in the order of the alphabet: they meet and are ordered by number, as their texts would be."""
    every = pd.Index(sorted(set().union(*(table[name].cat.categories for name in names))), dtype="str")
    return {name: table[name].cat.set_categories(every) for name in names}


def _persons(
    evidence: _Evidence, left: np.ndarray, right: np.ndarray, probability: np.ndarray, weights: Weights
) -> np.ndarray:
    """Cluster of each record. Within what hangs together, pairs that cannot be one person are kept apart."""
    count = len(evidence.table)
    accepted = probability[:, 0] >= accept_bar(weights)
    one, other, sure = left[accepted], right[accepted], probability[accepted, 0]
    label = components(count, one, other)
    inner_l, inner_r = inner_pairs(label)
    known = are_in(inner_l * count + inner_r, np.sort(left * count + right))
    missing_l, missing_r = inner_l[~known], inner_r[~known]
    chance = evidence.plain_posterior(missing_l, missing_r, weights, remembered=True)
    together = np.flatnonzero(label[left] == label[right])
    ends = np.concatenate([np.stack([missing_l, missing_r]), np.stack([left[together], right[together]])], axis=1)
    chance = np.concatenate([chance, probability[together]])
    in_one_family = evidence.situations(*ends) == estimate.ONE_CASE
    two_members = (chance[:, 1] > SURELY_FAMILY) | in_one_family & (chance[:, 0] < 0.5)
    case = evidence.table["case"].to_numpy()
    two_members |= in_one_family & _met_twice(label, case, ends, in_one_family)
    unlikely = ~two_members & (chance[:, 0] < UNLIKELY)
    facts = replace(
        evidence.facts,
        apart=pd.DataFrame({"l": ends[0, two_members], "r": ends[1, two_members]}),
        unlikely=pd.DataFrame(
            {"l": ends[0, unlikely], "r": ends[1, unlikely], "strength": -log_odds(chance[unlikely, 0])}
        ),
    )
    edges = pd.DataFrame({"l": one, "r": other, "strength": log_odds(sure)})
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    return cluster(count, edges, facts, nothing)[0]


def _met_twice(label: np.ndarray, case: np.ndarray, ends: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Of each pair of ``ends`` whether its cluster has two records each in several families of single lists (pairs ``within`` them). Written
    twice by mistake is seldom written twice on another list as well; two members of one family are."""
    width = np.int64(case.max(initial=0)) + 1
    met = distinct(label[ends[0, within]] * width + case[ends[0, within]]) // width
    several, times = np.unique(met, return_counts=True)
    return are_in(label[ends[0]], several[times > 1])


def _related(
    evidence: _Evidence,
    label: np.ndarray,
    weights: Weights,
    parts: dict[str, np.ndarray],
    pairs: pd.DataFrame,
    probability: np.ndarray,
) -> pd.DataFrame:
    """``l``, ``r``: records that are surely of one person or one family."""
    table = evidence.table
    wide, _ = family_pairs(
        table,
        most=_FAMILY_PAIRS_PER_RECORD * len(table),
        largest_block=_LARGEST_FAMILY_BLOCK,
        keys=HOUSEHOLD_KEYS,
        parts=parts,
    )
    # What a person in common ties already need not be compared.
    tied = tied_by_persons(family_rows(table, label))
    wide = wide[tied[wide["l"]] != tied[wide["r"]]]
    chance = evidence.plain_posterior(wide["l"].to_numpy(), wide["r"].to_numpy(), weights, of_families=True)
    bar = SAME_FAMILY if (table["case"] >= 0).any() else SAME_FAMILY_WITHOUT_CODES
    sure, sure_of_pairs = (found.sum(axis=1) >= bar for found in (chance, probability))
    return pd.concat([wide[sure], pairs.loc[sure_of_pairs, ["l", "r"]]], ignore_index=True)


def joined_families(table: pd.DataFrame, label: np.ndarray, related: pd.DataFrame) -> np.ndarray:
    """Household of each record, counted from 0; ``related``: ``l``, ``r``, records surely of one family or one person."""
    rows = family_rows(table, label)
    phones = pd.DataFrame({"record": table.index, "phone": table["phone"]}).dropna()
    household, _ = join_cases(rows, phones, related, largest=_LARGEST_HOUSEHOLD)
    return np.unique(household[rows["case"]], return_inverse=True)[1]


def family_rows(table: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """The table as `join_cases` reads it: a record without a family on its list is a case of its own."""
    case = table["case"].to_numpy()
    own = np.where(case >= 0, case, int(case.max(initial=-1)) + 1 + np.arange(len(table)))
    return table[[*FAMILY_COLUMNS]].assign(
        case=np.unique(own, return_inverse=True)[1],
        person=np.unique(label, return_inverse=True)[1],
        tells=table[["phone", "address", "postal"]].notna().any(axis="columns"),
    )


def without_kin(weights: Weights) -> Weights:
    places = [place for place, field in enumerate(weights.fields) if field != "kin"]
    strangers, person, family = (
        [part[place] for place in places] for part in (weights.strangers, weights.person, weights.family)
    )
    return Weights([weights.fields[place] for place in places], strangers, person, family, weights.rate, weights.pairs)


def inner_pairs(label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of records in one cluster, of clusters of three to fifty."""
    sizes = np.bincount(label)
    usable = np.where((sizes > 2) & (sizes <= 50), sizes, 0)
    pairs = within_blocks(label, usable, len(label))
    return pairs // len(label), pairs % len(label)


def among_rivals(
    list_of: pd.Series,
    left: np.ndarray,
    right: np.ndarray,
    probability: np.ndarray,
    label: np.ndarray,
    list_size: np.ndarray | None = None,
) -> np.ndarray:
    """``probability`` with each pair of two lists weighed against the other persons that its records may be.

    A record is one person, so what speaks for another person of that list speaks against this one; and where nearly everybody of a
    list is on the other, somebody who has but one likeness there is likelier to be him than the likeness alone tells. ``list_size``: how many records the list
    of each record has, where these are not all.
    """
    lists = pd.factorize(list_of)[0].astype(np.int64)
    sizes = np.bincount(lists).astype(float)
    if list_size is not None:
        np.maximum.at(sizes, lists, list_size)
    across = np.flatnonzero(lists[left] != lists[right])
    if not len(across):
        return probability
    one = probability[across, 0]
    odds = np.minimum(one / np.maximum(1.0 - one, 1e-12), 1e9)
    against = np.ones(len(across))
    count, of_lists = np.int64(len(lists)), np.int64(len(sizes))
    for mine, other in ((left[across], right[across]), (right[across], left[across])):
        # By record and list, and by person there.
        order = np.argsort((mine * of_lists + lists[other]) * count + label[other], kind="stable")
        place, person = (mine * of_lists + lists[other])[order], label[other][order]
        starts = np.flatnonzero(np.r_[True, (place[1:] != place[:-1]) | (person[1:] != person[:-1])])
        best_odds, best_p = (np.maximum.reduceat(part[order], starts) for part in (odds, one))
        place_of_best = place[starts]
        first = np.flatnonzero(np.r_[True, place_of_best[1:] != place_of_best[:-1]])
        all_odds, all_p = (np.add.reduceat(part, first) for part in (best_odds, best_p))
        # How many of one list are met on the other, of all who could be.
        between = lists[place_of_best[first] // of_lists] * of_lists + place_of_best[first] % of_lists
        met = np.bincount(between, np.minimum(all_p, 1.0), int(of_lists * of_lists)).reshape(of_lists, of_lists)
        nobody = np.maximum(1.0 - (met / sizes[:, None]).ravel()[between], _NOBODY)
        best_per_place = np.diff(np.r_[first, len(starts)])
        others = np.repeat(all_odds, best_per_place) - best_odds
        weighed = np.repeat(nobody, best_per_place) + np.maximum(others, 0.0)
        against[order] *= np.repeat(weighed, np.diff(np.r_[starts, len(order)]))
    result = probability.copy()
    result[across, 0] = odds / (odds + against)
    result[across, 1] = np.minimum(result[across, 1], 1.0 - result[across, 0])
    return result


def _with_kin(
    table: pd.DataFrame,
    label: np.ndarray,
    weights: Weights,
    shares: list[np.ndarray],
    sizes: np.ndarray,
    every: Sample,
    candidates: int,
    ends: tuple[np.ndarray, np.ndarray],
    relatives: Sample,
    relative_ends: tuple[np.ndarray, np.ndarray],
) -> tuple[Weights, np.ndarray]:
    """Weights and probabilities with one more field: whether the two records' families have another member in common.

    The first so many of ``every`` pair are the ``candidates`` to learn from: the others were chosen for their families.
    """
    case = table["case"].to_numpy()
    kin = shared_kin(case, label, *ends)
    some = _some(every.first(candidates))
    step = max(1, candidates // _LEARN_FROM)
    learned = estimate.learn(
        [*weights.fields, "kin"],
        [*shares, kin_share(case, label)],
        sizes,
        relatives=estimate.with_field(relatives, shared_kin(case, label, *relative_ends)),
        candidates=estimate.with_field(some, kin[:candidates:step]),
        records=len(table),
    )
    return learned, estimate.posterior(learned, every.levels, every.rare, every.situation, kin)


def _case_persons(case: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct (case, person) of families with two members or more."""
    # One number for both: rows of two are slow to sort.
    count = np.int64(label.max(initial=0)) + 1
    both = distinct((case * count + label)[case >= 0])
    cases, persons = both // count, both % count
    in_family = np.bincount(cases, minlength=int(case.max(initial=0)) + 1)[cases] > 1
    return cases[in_family], persons[in_family]


def _tied(cases: np.ndarray, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct pairs of families, the smaller number first, that have persons in common, and how many."""
    order = np.argsort(persons, kind="stable")
    blocks = pd.factorize(persons[order])[0]
    sizes = np.bincount(blocks)
    # Whoever is named in very many families ties none of them.
    pairs = within_blocks(blocks, np.where((sizes > 1) & (sizes <= _LARGEST_BLOCK), sizes, 0), len(order))
    ends = np.sort(np.stack([cases[order][pairs // len(order)], cases[order][pairs % len(order)]]), axis=0)
    count = np.int64(cases.max(initial=0)) + 1
    each = np.sort(ends[0] * count + ends[1])
    starts = np.flatnonzero(np.r_[True, each[1:] != each[:-1]]) if len(each) else np.zeros(0, dtype=np.int64)
    tied = each[starts]
    return tied // count, tied % count, np.diff(np.r_[starts, len(each)])


def shared_kin(case: np.ndarray, label: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Level of ``kin`` of each pair: 2 where the families of both have a person in common who is neither of the two, 0 where not,
    −1 where either has no family on its list."""
    cases, persons = _case_persons(case, label)
    has_family = np.zeros(int(case.max(initial=0)) + 2, dtype=bool)
    has_family[cases] = True
    known = np.flatnonzero(
        has_family[case[left]]
        & has_family[case[right]]
        & (case[left] >= 0)
        & (case[right] >= 0)
        & (case[left] != case[right])
    )
    result = np.full(len(left), -1, dtype=np.int8)
    result[known] = 0
    one, other, common = _tied(cases, persons)
    width, count = np.int64(case.max(initial=0)) + 1, np.int64(label.max(initial=0)) + 1
    tied, members = one * width + other, cases.astype(np.int64) * count + persons
    mine, theirs = case[left[known]], case[right[known]]
    asked = np.minimum(mine, theirs) * width + np.maximum(mine, theirs)
    is_tied = np.flatnonzero(are_in(asked, tied))
    known, mine, theirs = known[is_tied], mine[is_tied], theirs[is_tied]
    own, others = label[left[known]], label[right[known]]
    # Of the persons in common, the two themselves do not count.
    themselves = are_in(theirs * count + own, members).astype(np.int64)
    themselves += are_in(mine * count + others, members) & (own != others)
    shared = common[np.searchsorted(tied, asked[is_tied])] > themselves
    result[known[shared]] = level_names("kin").index("shared")
    return result


def tied_pairs(case: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs ``l`` < ``r`` of records of two families that have a person in common, and of records of one family."""
    cases, persons = _case_persons(case, label)
    one, other, _ = _tied(cases, persons)
    own = distinct(cases)
    size = np.bincount(case[case >= 0])
    families = pd.DataFrame({"one": np.append(one, own), "other": np.append(other, own)})
    families = families[(size[families["one"]] <= _LARGEST_FAMILY) & (size[families["other"]] <= _LARGEST_FAMILY)]
    rows = pd.DataFrame({"case": case, "record": np.arange(len(case))})[case >= 0]
    both = families.merge(rows, left_on="one", right_on="case").drop(columns="case")
    both = both.merge(rows, left_on="other", right_on="case", suffixes=("", "_other"))
    ends = np.sort(both[["record", "record_other"]].to_numpy(dtype=np.int64), axis=1)
    pairs = distinct((ends[:, 0] * len(case) + ends[:, 1])[ends[:, 0] != ends[:, 1]])[:_RELATIVES]
    return pairs // len(case), pairs % len(case)


def left_over(
    case: np.ndarray, label: np.ndarray, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs ``l`` < ``r`` of records that may be one person by their families alone: of two families with a person in common, those whom
    the other family does not have yet. Not the pairs ``left``, ``right``, which are compared already."""
    cases, persons = _case_persons(case, label)
    one, other, _ = _tied(cases, persons)
    size = np.bincount(cases, minlength=int(case.max(initial=-1)) + 1)
    small = np.maximum(size[one], size[other]) <= _LARGEST_FAMILY
    tied = pd.DataFrame({"case": one[small], "case_other": other[small]})
    rows = pd.DataFrame({"case": case, "record": np.arange(len(case))})[case >= 0]
    count = np.int64(len(label))
    there = distinct(cases.astype(np.int64) * count + persons)

    def missing_there(own: str, other: str) -> pd.DataFrame:
        found = tied.rename(columns={own: "own", other: "other"}).merge(rows, left_on="own", right_on="case")
        is_there = are_in(found["other"].to_numpy() * count + label[found["record"]], there)
        return found.loc[~is_there, ["own", "other", "record"]].rename(columns={"own": own, "other": other})

    both = missing_there("case", "case_other").merge(
        missing_there("case_other", "case"), on=["case", "case_other"], suffixes=("", "_other")
    )
    ends = np.sort(both[["record", "record_other"]].to_numpy(dtype=np.int64), axis=1)
    pairs = distinct(ends[:, 0] * count + ends[:, 1])
    pairs = pairs[~are_in(pairs, np.sort(left * count + right))][: _MOST_LEFT_OVER * len(case)]
    return pairs // count, pairs % count


def kin_share(case: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Share of random pairs whose families have no member in common, only a name (never), and some."""
    cases, persons = _case_persons(case, label)
    size = np.bincount(case[case >= 0])
    one, other, _ = _tied(cases, persons)
    tied = float((size[one] * size[other]).sum())
    everyone = float(size[distinct(cases)].sum())
    shared = (tied + 0.5) / max(everyone * (everyone - 1) / 2, 1.0)
    return np.array([1.0 - shared, 1e-12, shared])


def _result(
    records: pd.DataFrame,
    pairs: pd.DataFrame,
    keys: pd.DataFrame,
    weights: Weights,
    probability: np.ndarray,
    label: np.ndarray,
    household: np.ndarray,
) -> LinkedTable:
    same = label[pairs["l"]] == label[pairs["r"]]
    chance = probability[:, 0]
    decided = np.where(same, np.int8(0), np.where(chance >= REVIEW, np.int8(1), np.int8(2)))
    decision = pd.Categorical.from_codes(decided, pd.Index(["accepted", "review", "rejected"], dtype="str"))
    judged = pairs.assign(probability=chance, family_probability=probability[:, 1], decision=decision)
    best = np.zeros(len(records))
    for side in ("l", "r"):
        np.maximum.at(best, pairs.loc[same, side].to_numpy(), chance[same])
    alone = np.bincount(label, minlength=len(records))[label] == 1
    person = np.unique(label, return_inverse=True)[1]
    is_enough = estimate.greatest_probability(weights) >= accept_bar(weights)
    findings = [] if is_enough else [_too_little_evidence(weights.fields)]
    return LinkedTable(_named(records, person, household, np.where(alone, 1.0, best)), judged, keys, weights, findings)


def _named(records: pd.DataFrame, person: np.ndarray, household: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "record_id": records["record_id"].to_numpy(),
            "person_id": _ids("P", person),
            "household_id": _ids("H", household),
            "match_probability": probability.round(4),
        }
    )


def _ids(letter: str, numbers: np.ndarray) -> pd.Series:
    """P0000012 for 12."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 7, "0")
    return pd.Series(pc.binary_join_element_wise(letter, digits, ""), dtype="str")


def _nobody_linked(records: pd.DataFrame, pairs: pd.DataFrame, keys: pd.DataFrame) -> LinkedTable:
    empty = pairs.assign(probability=0.0, family_probability=0.0, decision="rejected")
    each = np.arange(len(records))
    return LinkedTable(
        _named(records, each, each, np.ones(len(records))), empty, keys, None, [_too_little_evidence([])]
    )


def _too_little_evidence(fields: list[str]) -> Finding:
    told = ", ".join(fields) or "—"
    return Finding(
        code="too_little_evidence",
        severity=Severity.WARN,
        count=len(fields),
        sentence_fa=f"مدرک کافی نیست: با این ستون‌ها ({told}) حتی دو ردیف کاملاً یکسان را نمی‌توان با اطمینان یک نفر دانست؛ "
        "ستون‌های بیشتری (نام، تاریخ تولد، کد ملی) بدهید.",
        sentence_en=f"Too little evidence: by these columns ({told}) not even two records alike in all of them are surely one person. "
        "Give more columns (names, date of birth, national number).",
    )
