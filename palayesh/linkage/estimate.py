"""What each level of agreement weighs, learned from the lists themselves: no labels, no model brought along.

A pair of records is of *one person*, of *one family* (two members of it), or of *strangers*. How often strangers agree is
counted on random pairs; how often the other two kinds do, and how many such pairs there are, is found by
expectation-maximisation over the candidate pairs. Members of a family share surname, father's name, address and phone and
differ in themselves; as a kind of their own they are not taken for one person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from palayesh.linkage.fields import DIFFERENT, FIELDS, level_names

Counts = Callable[[str, pd.Series], tuple[np.ndarray, float, float]]
"""Of a column and distinct values: how often each occurs, how many values there are, the chance that two are the same."""
PERSON, FAMILY = 0, 1
TWO_LISTS, ONE_LIST, ONE_CASE = 0, 1, 2
_ALL_ALIKE = ("birth", "sex", "phone", "phones", "prisoner", "kin")
"""Fields of which one value says as much as another."""
_ROUNDS = 60
_AT_ONCE = 1_000_000
_SETTLED = 1e-4
_PRIOR_PAIRS = 30.0
"""The typical shares count as much as this many pairs, so that a small list does not learn from chance."""
_LEAST_SHARE = 1e-4
_NEVER = 1e-12
_MOST_OF_ONE_SEX = 0.99
"""No given name is held to be of one sex more surely than this: names are mistyped, and so are sexes."""
_FEWEST_FAMILIES = 0.1
"""Fewer pairs of relatives than this for each pair of one person: the lists hold no families."""
_BY_CHANCE = ("number", "external", "birth", "first")
"""How these agree in a family is learned from the families that the lists name themselves, for elsewhere it cannot be told from slips; without such,
numbers and given names agree by chance, as strangers' do, and births lie as those of a family do."""
_OF_TWO_PERSONS = (DIFFERENT, "similar", "neighbour_name", "one_is_father", "named", "neighbour")
"""Levels of what a family shares that mean two values, not one value written in two ways."""
_MOST = {
    "first": {"similar": 0.02, DIFFERENT: 0.3},
    "last": {"similar": 0.02, DIFFERENT: 0.4},
    "father": {"similar": 0.02, DIFFERENT: 0.4},
    "birth": {"same_year": 0.1, "year_apart": 0.05, "few_years_apart": 0.1, DIFFERENT: 0.2},
    "number": {"two_digits": 0.1, DIFFERENT: 0.3},
    "external": {"two_digits": 0.1, DIFFERENT: 0.5},
}
"""One person's records do not differ so in more pairs than these. Without it, where hardly anybody is met twice, other pairs that have something
in common (given names of two words, cut in the middle) would be taken for the kind that is one person."""
_MOST_BY_AGE = {"year_apart": 0.5, "few_years_apart": 0.3, DIFFERENT: 0.1}
"""The same of births where hardly a day is known: such years are often reckoned from ages, which are told roughly."""
_FAMILY_BIRTHS = {
    "same_day": 0.02,  # twins
    "day_and_month_swapped": 0.0005,
    "one_digit": 0.01,
    "year_and_one_part": 0.003,
    "other_calendar": 0.0001,
    "month_and_day": 0.004,
    "same_year_one_partial": 0.01,
    "same_year": 0.02,
    "year_apart": 0.07,
    "few_years_apart": 0.33,
}
"""Brothers and sisters, and parents and children, mixed; set by hand."""


@dataclass(frozen=True)
class Weights:
    """Natural logarithms of the shares of levels, per field in the order of ``fields``, levels by Splink's number.

    ``strangers``, ``person``, ``family``: share of each level among such pairs where both values are known. ``rate``: for each
    kind of pair (columns: one person, one family) and each situation (rows: `situations`), how many there are for each
    pair of strangers. ``pairs``: how many pairs of one person, and of one family, were found in all.
    """

    fields: list[str]
    strangers: list[np.ndarray]
    person: list[np.ndarray]
    family: list[np.ndarray]
    rate: np.ndarray
    pairs: tuple[float, float]


def situations(table: pd.DataFrame, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """0: two lists; 1: one list; 2: one family of one list."""
    lists = pd.factorize(table["list"])[0]
    case = table["case"].to_numpy()
    one_list = lists[left] == lists[right]
    return one_list.astype(np.int8) + ((case[left] >= 0) & (case[left] == case[right])).astype(np.int8)


def situation_sizes(table: pd.DataFrame) -> np.ndarray:
    """How many pairs of records there are in each situation."""

    def pairs(sizes: np.ndarray) -> float:
        return float((sizes * (sizes - 1.0) / 2).sum())

    every = pairs(np.array([len(table)]))
    one_list = pairs(np.bincount(pd.factorize(table["list"])[0]))
    case = table["case"].to_numpy()
    one_case = pairs(np.bincount(case[case >= 0])) if (case >= 0).any() else 0.0
    return np.array([every - one_list, one_list - one_case, one_case])


@dataclass(frozen=True)
class Values:
    """The values of one column: the number of each record's (−1 where it is missing), how often each of them occurs, how many there are,
    and the chance that two are the same; of given names, also the chance that two bearers of one have the same sex."""

    codes: np.ndarray
    counts: np.ndarray
    total: float
    typical: float
    one_sex: float | None = None


def values_of(table: pd.DataFrame, fields: list[str], population: Counts | None = None) -> dict[str, Values]:
    """The values of each column that is compared. They are counted in the table, unless ``population`` knows how often they occur
    in all the records that the table is a part of."""
    found = {}
    for field in fields:
        column = FIELDS[field].column
        if field in _ALL_ALIKE or column in found:
            continue
        codes, distinct = pd.factorize(table[column], use_na_sentinel=True)
        if population:
            counts, total, typical = population(column, pd.Series(distinct, dtype="str"))
        else:
            counts = np.bincount(codes[codes >= 0], minlength=len(distinct)).astype(float)
            total = float(counts.sum())
            typical = float((counts * counts).sum()) / max(total * total, 1.0)
        found[column] = Values(codes.astype(np.int32), counts, total, typical)
    if "first" in found and "sex" in fields:
        found["first"] = replace(found["first"], one_sex=_one_sex(found["first"].codes, table["sex"]))
    return found


def _one_sex(name: np.ndarray, sex: pd.Series) -> float:
    """The chance that two bearers of one given name have the same sex."""
    sexes, distinct = pd.factorize(sex, use_na_sentinel=True)
    known = (name >= 0) & (sexes >= 0)
    width = np.int64(max(len(distinct), 1))
    of_both = np.bincount(name[known] * width + sexes[known]).astype(float)
    of_name = np.bincount(name[known]).astype(float)
    every = float((of_name * (of_name - 1)).sum())
    same = float((of_both * (of_both - 1)).sum())
    return float(np.clip((same + 1.0) / (every + 2.0), 0.5, _MOST_OF_ONE_SEX))


def strangers_shares(
    table: pd.DataFrame, fields: list[str], values: dict[str, Values], random_levels: np.ndarray
) -> list[np.ndarray]:
    """Share of each level among random pairs. Equality is counted exactly over all pairs, the rest on the sample."""
    shares = []
    for place, field in enumerate(fields):
        names = level_names(field)
        seen = random_levels[:, place]
        counts = np.bincount(seen[seen >= 0], minlength=len(names)).astype(float)
        share = (counts + 0.5) / (counts.sum() + 0.5 * len(names))
        declared = FIELDS[field]
        column = "birth_day" if field == "birth" else declared.column
        if field not in ("phone", "phones", "prisoner") and declared.exact in names:
            exact = names.index(declared.exact)
            sizes = values[column].counts if column in values else table[column].value_counts().to_numpy(dtype=float)
            known = table[declared.column].notna().sum()
            equal = max(
                float((sizes * (sizes - 1)).sum()) / max(known * (known - 1.0), 1.0), 0.1 / max(known * known, 1.0)
            )
            rest = share.copy()
            rest[exact] = 0.0
            share = rest / rest.sum() * (1 - equal)
            share[exact] = equal
        shares.append(share)
    return shares


def rarity(
    values: dict[str, Values],
    fields: list[str],
    left: np.ndarray,
    right: np.ndarray,
    levels: np.ndarray,
    shares: list[np.ndarray],
    relatives: float = 0.0,
) -> np.ndarray:
    """Per pair and field, the logarithm of how much likelier (or less likely) strangers are to agree on *this* value than on any.

    Of two values slightly different, the more frequent one counts. Where nothing is known it is 0. ``relatives``: so many other
    records have what a family shares because they are of that family, and are no strangers that happen to have it too.
    """
    found = np.zeros(levels.shape, dtype=np.float32, order="F")
    for place, field in enumerate(fields):
        declared = FIELDS[field]
        names = level_names(field)
        if field in _ALL_ALIKE or not len(values[declared.column].counts):
            continue
        of_column = values[declared.column]
        codes, total, typical = of_column.codes, of_column.total, of_column.typical
        share = np.append(of_column.counts / max(total, 1.0), 1.0)  # the last for what is missing
        level = levels[:, place]
        exact = names.index(declared.exact)
        same = np.flatnonzero(level == exact)
        holders = np.maximum(share[codes[left[same]]], share[codes[right[same]]]) * total
        if declared.evidence == "family":
            holders = np.maximum(holders - relatives, np.minimum(holders, 1.0))
        found[same, place] = np.log(holders / total / shares[place][exact])
        for name in declared.near:
            near = np.flatnonzero(level == names.index(name))
            commoner = np.maximum(share[codes[left[near]]], share[codes[right[near]]])
            found[near, place] = 0.5 * np.log(
                np.clip((commoner + 1.0 / max(total, 1.0)) / max(typical, 1e-9), 1e-3, 1e2)
            )
    if "sex" in fields and "first" in fields and (one_sex := values["first"].one_sex) is not None:
        # Whoever bears the same given name has the same sex: that says nothing new.
        names, place = level_names("first"), fields.index("sex")
        namesakes = levels[:, fields.index("first")] >= names.index("same_sound")
        for name, chance in (("same", one_sex), (DIFFERENT, 1.0 - one_sex)):
            number = level_names("sex").index(name)
            found[namesakes & (levels[:, place] == number), place] = np.log(chance / shares[place][number])
    return found


def _apart(field: str, strangers: np.ndarray) -> np.ndarray:
    """Members of a family agree in themselves by chance, but parents do not give two children one name."""
    share = strangers.copy()
    if field == "first":
        share[level_names(field).index("same")] *= 0.2
    return share / share.sum()


def first_guess(fields: list[str], shares: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Shares of one person's and one family's levels before anything is learned."""
    person = [np.array(FIELDS[field].typical[::-1], dtype=float) for field in fields]
    person = [share / share.sum() for share in person]
    births = {**_FAMILY_BIRTHS, DIFFERENT: 1.0 - sum(_FAMILY_BIRTHS.values())}
    family = [
        np.array([births[name] for name in level_names(field)])
        if field == "birth"
        else one
        if FIELDS[field].evidence == "family"
        else _apart(field, strangers)
        for field, one, strangers in zip(fields, person, shares, strict=True)
    ]
    return person, family


def log_likelihoods(weights: Weights, levels: np.ndarray, rare: np.ndarray) -> np.ndarray:
    """Per pair: the logarithms of how likely its levels are for one person, one family and strangers (three columns)."""
    result = np.zeros((len(levels), 3), dtype=np.float64, order="F")
    for place, field in enumerate(weights.fields):
        level = levels[:, place]
        # A missing value, −1, takes the last, which weighs nothing; nor has it a rarity.
        person, family, strangers = (
            np.append(part[place], 0.0)[level] for part in (weights.person, weights.family, weights.strangers)
        )
        result[:, 0] += person
        if FIELDS[field].evidence == "person":
            # Members of a family agree in themselves by chance, as strangers do: a common name sooner.
            family += rare[:, place]
        result[:, 1] += family
        strangers += rare[:, place]
        result[:, 2] += strangers
    return result


def posterior(
    weights: Weights, levels: np.ndarray, rare: np.ndarray, situation: np.ndarray, kin: np.ndarray | None = None
) -> np.ndarray:
    """Probability of one person and of one family (two columns) for each pair; ``kin``: levels of one more field (`with_field`)."""
    result = np.empty((len(levels), 2), order="F")
    # A part at a time: what is reckoned with takes several times the room of what is found.
    for start in range(0, len(levels), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        sample = Sample(levels[part], rare[part], situation[part])
        result[part] = _posterior(weights, sample if kin is None else with_field(sample, kin[part]))
    return result


def _posterior(weights: Weights, sample: Sample) -> np.ndarray:
    likely = log_likelihoods(weights, sample.levels, sample.rare)
    with np.errstate(divide="ignore"):
        likely[:, :2] += np.log(weights.rate)[sample.situation]
    most = np.maximum(np.maximum(likely[:, 0], likely[:, 1]), likely[:, 2])
    person, family, strangers = (np.exp(likely[:, kind] - most) for kind in range(3))
    every = person + family + strangers
    return np.stack([person / every, family / every]).T


def relatives_of_a_record(weights: Weights, records: int) -> float:
    """How many other records a record has on the average that are of its person or family."""
    return 2.0 * sum(weights.pairs) / max(records, 1)


def knows_families(weights: Weights) -> bool:
    """Whether the lists were found to hold families."""
    return bool((weights.rate[:, FAMILY] > _NEVER).any())


def greatest_probability(weights: Weights) -> float:
    """Probability of one person for two records that agree in everything, on values of middling rarity, in the likeliest situation."""
    top = {
        kind: sum(
            float(part[level_names(field).index(FIELDS[field].exact)])
            for part, field in zip(parts, weights.fields, strict=True)
        )
        for kind, parts in (("person", weights.person), ("family", weights.family), ("strangers", weights.strangers))
    }
    with np.errstate(divide="ignore"):
        rates = np.log(weights.rate[:ONE_CASE])
    against = np.logaddexp(top["strangers"], top["family"] + rates[:, 1]) - (top["person"] + rates[:, 0])
    return float((1.0 / (1.0 + np.exp(np.clip(against, -700, 700)))).max())


@dataclass(frozen=True)
class Sample:
    """Candidate pairs to learn from: their levels, rarities and situations; each stands for so many pairs."""

    levels: np.ndarray
    rare: np.ndarray
    situation: np.ndarray
    each_stands_for: float = 1.0

    def part(self, places: list[int]) -> Sample:
        return replace(self, levels=self.levels[:, places], rare=self.rare[:, places])

    def first(self, count: int) -> Sample:
        """The first so many pairs."""
        return Sample(self.levels[:count], self.rare[:count], self.situation[:count], self.each_stands_for)


def _one_below_another(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    # Columns stay whole in memory: they are read one by one.
    return np.concatenate([one.T, other.T], axis=1).T


def joined(one: Sample, other: Sample) -> Sample:
    """The pairs of both."""
    return Sample(
        _one_below_another(one.levels, other.levels),
        _one_below_another(one.rare, other.rare),
        np.concatenate([one.situation, other.situation]),
        one.each_stands_for,
    )


def with_field(sample: Sample, level: np.ndarray) -> Sample:
    """The sample with one more field, whose values have no rarity."""
    return Sample(
        np.vstack([sample.levels.T, level]).T,
        np.vstack([sample.rare.T, np.zeros((1, len(level)), dtype=np.float32)]).T,
        sample.situation,
        sample.each_stands_for,
    )


def learn(
    fields: list[str],
    shares: list[np.ndarray],
    sizes: np.ndarray,
    *,
    relatives: Sample,
    candidates: Sample,
    records: int,
) -> Weights:
    """Weights from pairs that share what families share (``relatives``), then from the candidate pairs.

    Candidate pairs were chosen for agreeing in themselves, so of one family's pairs they hold nearly only twins and namesakes; how
    many such pairs there are, and how they agree, can only be seen where the choice did not look at the person.
    """
    person, family = first_guess(fields, shares)
    start = 0.2 * records * sizes / max(sizes.sum(), 1.0)
    rate = np.outer(start / np.maximum(sizes, 1.0), np.ones(2))
    rate[2] = [0.02, 0.5]
    guess = Weights(fields, _logs(shares), _logs(person), _logs(family), rate, (0.0, 0.0))
    seen = _maximise(guess, relatives, sizes, free=(PERSON, FAMILY)) if len(relatives.levels) else guess
    if seen.pairs[FAMILY] < _FEWEST_FAMILIES * seen.pairs[PERSON] or not len(relatives.levels):
        # A handful of such pairs are the worst written records of single persons, not families.
        seen = replace(seen, rate=np.stack([rate[:, 0], np.full(3, _NEVER)], axis=1))
    begin = replace(guess, family=seen.family, rate=np.stack([rate[:, 0], seen.rate[:, 1]], axis=1))
    learned = _maximise(begin, candidates, sizes, free=(PERSON,))
    return replace(learned, pairs=(learned.pairs[0], seen.pairs[1]))


def _hardly_a_day(strangers: np.ndarray) -> bool:
    """Whether most of those who are born in one year are not known by their day; ``strangers``: logarithms of the shares of births."""
    names = level_names("birth")
    return bool(strangers[names.index("same_year_one_partial")] > strangers[names.index("same_year")] + np.log(9.0))


def _within_bounds(field: str, share: np.ndarray, strangers: np.ndarray) -> np.ndarray:
    """The shares of one person's levels, none above what it may be (`_MOST`); what is cut off is spread over the others."""
    bounds = _MOST_BY_AGE if field == "birth" and _hardly_a_day(strangers) else _MOST.get(field, {})
    most = np.array([bounds.get(name, 1.0) for name in level_names(field)])
    over = share > most
    if not over.any():
        return share
    rest = share[~over].sum()
    room = 1.0 - most[over].sum()
    return np.where(over, most, share * (room / rest if rest else 0.0))


def as_slips_are(weights: Weights, family: list[np.ndarray]) -> list[np.ndarray]:
    """Logarithms of the family's shares (``family``) with one value written in two ways as often as in one person's records, and with no more
    agreement than theirs.

    A slip is the record's, whoever it is compared with; and relatives were found by what they share, so that those in whose records it
    differs are too few among them.
    """
    found = []
    for field, of_person, own in zip(weights.fields, weights.person, family, strict=True):
        if FIELDS[field].evidence != "family":
            found.append(own)
            continue
        of_one = np.array([name not in _OF_TWO_PERSONS for name in level_names(field)])
        person, share = np.exp(of_person), np.exp(own)
        agree = min(share[of_one].sum() / share.sum(), person[of_one].sum() / person.sum())
        share[~of_one] *= (1.0 - agree) / share[~of_one].sum()
        share[of_one] = person[of_one] * agree / person[of_one].sum()
        found.append(np.log(np.maximum(share, _LEAST_SHARE)))
    return found


def _logs(parts: list[np.ndarray]) -> list[np.ndarray]:
    return [np.log(np.maximum(part, 1e-12)) for part in parts]


def _maximise(weights: Weights, sample: Sample, sizes: np.ndarray, *, free: tuple[int, ...]) -> Weights:
    """Expectation-maximisation: shares and rates of the ``free`` kinds are learned, all else stays."""
    prior = {PERSON: [np.exp(part) for part in weights.person], FAMILY: [np.exp(part) for part in weights.family]}
    before = 0.0
    family = weights.family
    one = np.int8(1)
    one_case = np.flatnonzero(sample.situation == ONE_CASE)
    for _ in range(_ROUNDS):
        if FAMILY not in free:
            weights = replace(weights, family=as_slips_are(weights, family))
        chance = posterior(weights, sample.levels, sample.rare, sample.situation)
        parts = {PERSON: list(weights.person), FAMILY: list(weights.family)}
        rate = weights.rate.copy()
        found = [0.0, 0.0]
        for kind in free:
            for place, field in enumerate(weights.fields):
                level = sample.levels[:, place]
                if kind == FAMILY and field in _BY_CHANCE:
                    known = one_case[level[one_case] >= 0]
                    counts = np.bincount(level[known], chance[known, kind], len(prior[kind][place]))
                else:
                    counts = np.bincount(level + one, chance[:, kind], len(prior[kind][place]) + 1)[1:]
                counts = counts * sample.each_stands_for + _PRIOR_PAIRS * prior[kind][place]
                share = counts / counts.sum()
                if kind == PERSON:
                    share = _within_bounds(field, share, weights.strangers[place])
                parts[kind][place] = np.log(np.maximum(share, _LEAST_SHARE))
            there = np.bincount(sample.situation, weights=chance[:, kind], minlength=3) * sample.each_stands_for
            rate[:, kind] = (there + 0.01) / np.maximum(sizes - there, 0.5 * sizes + 0.5)
            found[kind] = float(there.sum())
        weights = replace(
            weights, person=parts[PERSON], family=parts[FAMILY], rate=rate, pairs=(found[PERSON], found[FAMILY])
        )
        if abs(sum(found) - before) <= _SETTLED * max(sum(found), 1.0):
            break
        before = sum(found)
    return weights


__all__ = [
    "DIFFERENT",
    "Sample",
    "Weights",
    "learn",
    "posterior",
    "rarity",
    "situation_sizes",
    "situations",
    "strangers_shares",
]
