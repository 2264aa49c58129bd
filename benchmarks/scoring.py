"""How right a linkage is: pairs, clusters (pairs after closure, and B-cubed), cases of one household, by kind of damage.

Everything is counted from group sizes: the time grows with the records, never with their square.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Score:
    """Precision (what was said and is true), recall (what is true and was said). With nothing said, precision is 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 5) for name, value in (asdict(self) | {"f1": self.f1}).items()}


def _score(right: float, said: float, true: float) -> Score:
    return Score(right / said if said else 1.0, right / true if true else 1.0)


def _codes(labels: pd.Series | np.ndarray) -> np.ndarray:
    codes = pd.factorize(np.asarray(labels))[0].astype(np.int64)
    alone = codes < 0  # no label: a group of its own
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _sizes(labels: pd.Series | np.ndarray, truth: pd.Series | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per record: how many records its cluster has, how many its truth has, how many they have in common."""
    said, true = _codes(labels), _codes(truth)
    both = _codes(said * (true.max(initial=0) + 1) + true)
    return tuple(np.bincount(codes)[codes] for codes in (said, true, both))  # type: ignore[return-value]


def pairs_score(left: np.ndarray, right: np.ndarray, truth: np.ndarray) -> Score:
    """Pairs as said, without closure; ``left`` and ``right`` are positions in ``truth``. Each pair counts once."""
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    said = np.unique(low * len(truth) + high)
    same = truth[said // len(truth)] == truth[said % len(truth)]
    return _score(int(same.sum()), len(said), true_pairs(truth))


def true_pairs(truth: pd.Series | np.ndarray) -> int:
    sizes = np.bincount(_codes(truth))
    return int((sizes * (sizes - 1) // 2).sum())


def cluster_score(labels: pd.Series | np.ndarray, truth: pd.Series | np.ndarray) -> Score:
    """Pairs of records after closure: two records of one cluster are said to be one."""
    said, true, both = _sizes(labels, truth)
    return _score(float((both - 1).sum()), float((said - 1).sum()), float((true - 1).sum()))


def b_cubed(labels: pd.Series | np.ndarray, truth: pd.Series | np.ndarray) -> Score:
    """The mean over records of the share of its cluster that is true, and of its truth that is in its cluster."""
    said, true, both = _sizes(labels, truth)
    return Score(float((both / said).mean()), float((both / true).mean())) if len(both) else Score(1.0, 1.0)


def by_damage(labels: pd.Series | np.ndarray, truth: pd.Series | np.ndarray, damage: pd.Series) -> pd.DataFrame:
    """Per kind of damage: records that have it, and precision, recall and F1 of the pairs that those records are in.

    ``damage`` has the kinds of each record joined by ``;``; records with none are under ``none``.
    """
    said, true, both = _sizes(labels, truth)
    codes, distinct = pd.factorize(damage.fillna(""))
    counts = np.zeros((len(distinct), 4))
    for column, values in enumerate((both - 1, said - 1, true - 1, np.ones(len(both)))):
        counts[:, column] = np.bincount(codes, values, len(distinct))
    kinds: dict[str, np.ndarray] = {}
    for words, row in zip(distinct, counts, strict=True):
        for kind in words.split(";") if words else ["none"]:
            kinds[kind] = kinds.get(kind, np.zeros(4)) + row
    rows = [
        {"damage": kind, "records": int(row[3])} | _score(row[0], row[1], row[2]).as_dict()
        for kind, row in kinds.items()
    ]
    return pd.DataFrame(rows).sort_values(["f1", "damage"], ignore_index=True)


def household_score(records: pd.DataFrame, labels: pd.Series | np.ndarray) -> Score:
    """Pairs of cases said to be one household. A case is one list's family file (``list``, ``household_code``); it goes
    to the household that most of its records have (the first of equals). ``records`` has the true ``household_id``."""
    cases = pd.factorize(records["list"].astype("str") + "\x1f" + records["household_code"].astype("str"))[0]
    votes = pd.DataFrame({"case": cases, "said": _codes(labels), "true": _codes(records["household_id"])})
    most = votes.groupby(["case", "said"], sort=False).size().reset_index(name="n")
    said = most.sort_values("n", ascending=False, kind="stable").drop_duplicates("case").set_index("case")["said"]
    true = votes.drop_duplicates("case").set_index("case")["true"]
    return cluster_score(said.reindex(true.index).to_numpy(), true.to_numpy())


def scores_of(records: pd.DataFrame, linked: pd.DataFrame) -> dict[str, dict[str, float]]:
    """All scores of a linkage (``record_id``, ``person_id`` and perhaps ``household_id``) against the truth in ``records``."""
    said = linked.set_index("record_id").reindex(records["record_id"])
    scores = {
        "clusters": cluster_score(said["person_id"], records["person_id"]).as_dict(),
        "b_cubed": b_cubed(said["person_id"], records["person_id"]).as_dict(),
    }
    if "household_id" in records and "household_id" in said:
        scores["households"] = household_score(records, said["household_id"]).as_dict()
        scores["households_by_record"] = cluster_score(said["household_id"], records["household_id"]).as_dict()
    return scores
