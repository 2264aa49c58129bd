"""Scores counted from group sizes equal those counted pair by pair."""

import itertools

import numpy as np
import pandas as pd
import pytest

from benchmarks.scoring import b_cubed, by_damage, cluster_score, household_score, pairs_score, scores_of


def pair_by_pair(labels, truth, rows=None):
    right = said = true = 0
    for a, b in itertools.permutations(range(len(labels)), 2):
        if rows is not None and a not in rows:
            continue
        said += labels[a] == labels[b]
        true += truth[a] == truth[b]
        right += labels[a] == labels[b] and truth[a] == truth[b]
    return right / said, right / true


@pytest.mark.parametrize("seed", range(5))
def test_clusters_as_pair_by_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, truth = rng.integers(0, 12, 60), rng.integers(0, 15, 60)
    score = cluster_score(labels, truth)
    assert (score.precision, score.recall) == pytest.approx(pair_by_pair(labels, truth))
    left, right = np.array(list(itertools.combinations(range(60), 2))).T
    same = labels[left] == labels[right]
    assert pairs_score(right[same], left[same], truth) == score
    damage = pd.Series(np.where(np.arange(60) < 20, "birth;phone", np.where(np.arange(60) < 30, "phone", "")))
    found = by_damage(labels, truth, damage).set_index("damage")
    assert found.loc["phone", "records"] == 30
    expected = pair_by_pair(labels, truth, set(range(30)))
    assert tuple(found.loc["phone", ["precision", "recall"]]) == pytest.approx(expected, abs=1e-5)


def test_b_cubed_of_an_example() -> None:
    score = b_cubed(np.array([1, 1, 1, 2]), np.array(["a", "a", "b", "b"]))
    assert score.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert score.recall == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)


def test_missing_labels_are_alone() -> None:
    assert cluster_score(pd.Series([None, None, "x"]), pd.Series([1, 1, 2])).recall == 0


def test_cases_are_scored_not_records() -> None:
    records = pd.DataFrame(
        {
            "record_id": list("abcdef"),
            "list": ["p", "p", "p", "q", "q", "q"],
            "household_code": ["1", "1", "2", "1", "1", "3"],
            "household_id": [7, 7, 8, 7, 7, 8],
            "person_id": [1, 2, 3, 1, 4, 3],
        }
    )
    score = household_score(records, np.array(["h", "h", "k", "h", "i", "k"]))
    assert (score.precision, score.recall) == (1, 1)
    linked = pd.DataFrame({"record_id": list("fedcba"), "person_id": list("312345"), "household_id": list("kihkhh")})
    assert set(scores_of(records, linked)) == {"clusters", "b_cubed", "households", "households_by_record"}
