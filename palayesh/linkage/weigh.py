"""Candidate pairs of a month's records, how each field of them agrees, and how probable it makes one person.

The engine is that of plain lists: keys (`candidates`), levels (`score`), three kinds of pairs (`estimate`). What a month knows
beyond a plain list is added here: several phones, relatives in common, and families and lists in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from palayesh.linkage import estimate
from palayesh.linkage.arrays import are_in, distinct
from palayesh.linkage.candidates import candidate_pairs, family_pairs
from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.estimate import ONE_CASE, Sample, Weights
from palayesh.linkage.fields import level_names
from palayesh.linkage.mention_records import (
    SCALARS,
    family_codes,
    prisoners_names,
    rarely_shared,
    records_of,
    relatives,
)
from palayesh.linkage.score import Comparer
from palayesh.linkage.settings import COMPARED, LinkageModel, LinkageSettings

_PAIRS_PER_RECORD = 2.0
_LARGEST_BLOCK = 200
_LARGEST_FAMILY_BLOCK = 30
_BITS = float(np.log(2.0))


@dataclass(frozen=True)
class Belonging:
    """What each record (row) belongs to: ``cases`` (families of single lists) and ``lists``."""

    cases: csr_matrix
    lists: csr_matrix

    def situations(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """0: two lists; 1: a list in common; 2: a family of a list in common."""
        found = overlap(self.lists, left, right).astype(np.int8)
        found[overlap(self.cases, left, right)] = ONE_CASE
        return found

    def sizes(self) -> np.ndarray:
        """How many pairs of records there are in each situation, nearly: a record in two families is counted in both."""

        def pairs(owned: csr_matrix) -> float:
            sizes = np.asarray(owned.sum(axis=0), dtype=float).ravel()
            return float((sizes * (sizes - 1) / 2).sum())

        count = self.cases.shape[0]
        every, one_list, one_case = count * (count - 1) / 2, pairs(self.lists), pairs(self.cases)
        return np.maximum([every - one_list, one_list - one_case, one_case], 1.0)


def belonging(table: pd.DataFrame, label: np.ndarray) -> Belonging:
    """What the records (``label`` of each mention) belong to."""
    count = int(label.max(initial=-1)) + 1
    return Belonging(owned(label, table["case"], count), owned(label, table["list_key"], count))


def owned(owner: np.ndarray, value: pd.Series, count: int) -> csr_matrix:
    """A row per owner, a column per value, 1 where the owner has it."""
    codes, distinct = pd.factorize(value, sort=True)
    known = codes >= 0
    matrix = csr_matrix(
        (np.ones(int(known.sum()), dtype=np.int32), (owner[known], codes[known])), shape=(count, max(len(distinct), 1))
    )
    matrix.data[:] = 1  # several of one value are one
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def overlap(matrix: csr_matrix, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether the rows ``left`` and ``right`` have a value in common."""
    return np.asarray(matrix[left].multiply(matrix[right]).getnnz(axis=1) > 0)


@dataclass(frozen=True)
class Kin:
    """Who is named in one family with whom: ``relatives``, family ``codes`` and prisoners' ``names``, a row per cluster, a column per
    value (`mention_records`)."""

    relatives: csr_matrix
    codes: csr_matrix
    names: csr_matrix

    def pairs(self, largest_block: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of clusters that have something of these in common, of what few enough have."""
        return united(
            self.relatives.shape[0],
            *(_pairs_in(part, largest_block) for part in (self.relatives, self.codes, self.names)),
        )

    def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Level of ``kin`` of each pair of clusters: *shared* where both have a relative or the family's code in common; *different*
        where both have relatives known from several families, none in common; where either has none, *named* if the
        families' prisoners bear one name, else −1."""
        names = level_names("kin")
        has_any = self.relatives.getnnz(axis=1) > 0
        level = np.where(has_any[left] & has_any[right], names.index("different"), -1)
        level[(level < 0) & overlap(self.names, left, right)] = names.index("named")
        level[overlap(self.relatives, left, right) | overlap(self.codes, left, right)] = names.index("shared")
        return level.astype(np.int8)


@dataclass(frozen=True)
class Families:
    """In which families the mentions are named: the ``case`` of each, and ``codes`` and ``names`` (`mention_records`)."""

    case: pd.Series
    codes: pd.DataFrame
    names: pd.DataFrame

    @classmethod
    def of(cls, table: pd.DataFrame) -> Families:
        """Those of the standardised mentions."""
        return cls(table["case"], family_codes(table), prisoners_names(table))

    def kin(self, label: np.ndarray, model: LinkageModel) -> Kin:
        """The kin of the clusters ``label`` of the mentions."""
        count = int(label.max(initial=-1)) + 1
        beside = relatives(self.case, label, model.largest_block)
        return Kin(
            owned(beside["owner"].to_numpy(dtype=np.int64), beside["value"], count),
            *(owned(label[part["mention"]], part["value"], count) for part in (self.codes, self.names)),
        )


def _pairs_in(values: csr_matrix, largest_block: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows with a value in common, of values that few enough rows have."""
    few = values[:, np.asarray(values.sum(axis=0)).ravel() <= largest_block]
    pairs = (few @ few.T).tocoo()
    upper = pairs.row < pairs.col
    return pairs.row[upper].astype(np.int64), pairs.col[upper].astype(np.int64)


def month_pairs(records: pd.DataFrame, largest_block: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidate pairs ``l`` < ``r`` of the month's records, ordered.

    Those of plain lists, within their budget; and beyond it all that share a phone, prisoners of one name, and namesakes of one
    county, for of many mentions the lists tell no more than that.
    """
    pairs, _ = candidate_pairs(records, pairs_per_record=_PAIRS_PER_RECORD, largest_block=_LARGEST_BLOCK)
    phones = records[["uid", "phone_list"]].explode("phone_list")
    name = records["first_sound"] + " " + records["last_sound"]
    each = records["uid"].to_numpy()
    return united(
        len(records),
        (pairs["l"].to_numpy(), pairs["r"].to_numpy()),
        pairs_sharing(phones["uid"].to_numpy(), phones["phone_list"], largest_block),
        pairs_sharing(each, name.where(records["prisoner"].eq("yes")), _LARGEST_BLOCK),
        pairs_sharing(each, name + " " + records["county"], _LARGEST_BLOCK),
    )


def pairs_sharing(owner: np.ndarray, value: pd.Series, largest_block: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of owners that share a value, of values that few enough have."""
    codes = pd.factorize(value)[0]
    known = codes >= 0
    shared = rarely_shared(owner[known], pd.Series(codes[known]), largest_block)
    both = shared.merge(shared, on="value", suffixes=("_l", "_r"))
    both = both[both["owner_l"] < both["owner_r"]]
    return both["owner_l"].to_numpy(dtype=np.int64), both["owner_r"].to_numpy(dtype=np.int64)


def united(count: int, *parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of all parts, ordered."""
    pairs = distinct(np.concatenate([left * np.int64(count) + right for left, right in parts]))
    return pairs // max(count, 1), pairs % max(count, 1)


class Month:
    """The records of a month, ready to be compared. Use it as a context: it holds a database in memory.

    ``records``, what they ``belong`` to, how many there are (``count``), and the model's ``weights`` for so many.
    """

    def __init__(self, table: pd.DataFrame, label: np.ndarray, judge: NameJudge, settings: LinkageSettings) -> None:
        self._judge, self._settings = judge, settings
        # They are counted of records, and again of what is joined: categories are numbered once.
        self._table = table.astype(dict.fromkeys(SCALARS, "category"))
        self._place(label)
        self._comparer = Comparer(self._compared(), list(COMPARED), settings.threads)

    def _place(self, label: np.ndarray) -> None:
        self.records = records_of(self._table, label, self._judge, self._settings)
        self.count = len(self.records)
        self.belongs = belonging(self._table, label)
        self.weights = self._settings.model.weights(self.count, self.belongs.sizes())

    def _compared(self) -> pd.DataFrame:
        columns = [
            name
            for name in map(str, self.records)
            if name != "birth" and not name.startswith("is_") and not name.endswith("_skeleton")
        ]
        return self.records[columns]

    def __enter__(self) -> Month:
        return self

    def __exit__(self, *error: object) -> None:
        self._comparer.close()

    def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """One row per pair, one column per field of COMPARED."""
        return self._comparer.levels(left, right)

    def sample(self, left: np.ndarray, right: np.ndarray, shares: list[np.ndarray] | None = None) -> Sample:
        """Levels of every field but kin, rarities and situations of the pairs. ``shares`` of strangers: the model's, unless given."""
        return self._sampled(left, right, self.levels(left, right), shares)

    def _sampled(
        self, left: np.ndarray, right: np.ndarray, levels: np.ndarray, shares: list[np.ndarray] | None = None
    ) -> Sample:
        shares = shares or [np.exp(part) for part in self.weights.strangers]
        values = estimate.values_of(self.records, list(COMPARED))
        rare = estimate.rarity(values, list(COMPARED), left, right, levels, shares)
        return Sample(levels, rare, self.belongs.situations(left, right))

    def gathered(
        self,
        found: np.ndarray,
        found_of: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        sample: Sample,
    ) -> tuple[np.ndarray, np.ndarray, Sample]:
        """The records joined as ``found`` says (``found_of`` each mention), and the pairs, with ``sample``, as those of what was joined."""
        self._place(found_of)
        ends = np.sort(np.stack([found[left], found[right]]), axis=0)
        codes, first = np.unique(ends[0] * np.int64(self.count) + ends[1], return_index=True)
        one, other = codes // self.count, codes % self.count
        first, one, other = (part[one != other] for part in (first, one, other))
        levels = sample.levels[first]
        is_joined = np.bincount(found) > 1
        changed = is_joined[one] | is_joined[other]
        self._comparer.replace(self._compared())
        levels[changed] = self.levels(one[changed], other[changed])
        return one, other, self._sampled(one, other, levels)

    def relatives(self, most: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Pairs that share what families share, and how many each stands for."""
        pairs, each = family_pairs(self.records, most=most, largest_block=_LARGEST_FAMILY_BLOCK)
        return pairs["l"].to_numpy(), pairs["r"].to_numpy(), each


def without(
    count: int, pairs: tuple[np.ndarray, np.ndarray], known: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that are not known yet."""
    asked, had = (left * np.int64(count) + right for left, right in (pairs, known))
    new = ~are_in(asked, np.sort(had))
    return pairs[0][new], pairs[1][new]


def weighed(left: np.ndarray, right: np.ndarray, sample: Sample, weights: Weights) -> pd.DataFrame:
    """``l``, ``r``, ``match_probability``, ``family_probability``, and for each field its level's number ``level_<field>`` (−1: missing)."""
    chance = estimate.posterior(weights, sample.levels, sample.rare, sample.situation)
    pairs = pd.DataFrame({"l": left, "r": right, "match_probability": chance[:, 0], "family_probability": chance[:, 1]})
    return pairs.assign(**{f"level_{field}": sample.levels[:, place] for place, field in enumerate(weights.fields)})


def with_bits(pairs: pd.DataFrame, sample: Sample, weights: Weights) -> pd.DataFrame:
    """Those of the `weighed` pairs of the sample, with ``weight_<field>``: how many bits each field speaks for one person against strangers,
    the rarity of the value included."""
    chosen = pairs.index.to_numpy()
    found = {}
    for place, field in enumerate(weights.fields):
        level = pairs[f"level_{field}"].to_numpy()
        number = np.maximum(level, 0)
        bits = (weights.person[place] - weights.strangers[place])[number] - sample.rare[chosen, place]
        found[f"weight_{field}"] = np.where(level >= 0, bits / _BITS, 0.0)
    return pairs.assign(**found)


def is_level(pairs: pd.DataFrame, field: str, *levels: str) -> pd.Series:
    """Where the field is at one of the levels."""
    names = level_names(field)
    return pairs[f"level_{field}"].isin([names.index(level) for level in levels])
