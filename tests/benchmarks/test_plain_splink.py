"""The baseline's own parts: keys of names, the check digit, and clusters that contradict themselves."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.persian_lists import persian_lists
from benchmarks.plain_splink import _households, _without_contradictions, bones, clean, prepare, sound
from benchmarks.scoring import household_score


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("محمد رضا", "محمد\u200cرضا", clean),
        ("علي", "علی", clean),
        ("سید علی", "علی", clean),
        ("حجت الله", "حجت‌اله", clean),
        ("طاهره", "تاهره", sound),
        ("ابوالفضل", "ابالفضل", sound),
        ("موسی", "موسا", sound),
        ("کریمی", "کرمی", bones),
    ],
)
def test_keys_meet(one: str, other: str, key) -> None:
    assert key(one) == key(other)


def test_brother_and_sister_stay_apart() -> None:
    assert sound("حمید") != sound("حمیده")


def test_only_right_numbers_are_valid() -> None:
    records = persian_lists(2000, 3)
    table = prepare(records)
    mistyped = records["damage"].str.contains("mistyped").to_numpy()
    assert table.loc[~mistyped, "valid_number"].notna().equals(records.loc[~mistyped, "national_id"].notna())
    assert table.loc[mistyped, "valid_number"].notna().mean() < 0.1


def test_a_contradiction_is_cut_at_its_weakest_pair() -> None:
    records = pd.DataFrame({"list": list("abc"), "household_code": ["1", "1", "1"]})
    table = pd.DataFrame(
        {
            "valid_number": ["9900000011", None, "9900000029"],
            "first": ["علی"] * 3,
            "first_sound": ["الی"] * 3,
        }
    ).astype("str")
    table["valid_number"] = table["valid_number"].mask(table["valid_number"].isin(["None", "nan"]))
    pairs = pd.DataFrame({"left": [0, 1], "right": [1, 2], "person": [9.0, 12.0]})
    labels = _without_contradictions(table, records, pairs, np.zeros(3, dtype=np.int64))
    assert labels[1] == labels[2] != labels[0]


def test_households_with_perfect_persons_are_nearly_right() -> None:
    records = persian_lists(4000, 3)
    score = household_score(records, _households(prepare(records), records, records["person_id"].to_numpy()))
    assert score.precision > 0.97
    assert score.recall > 0.94
