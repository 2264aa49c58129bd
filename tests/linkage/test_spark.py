"""DuckDB and Spark say the same of every pair, and so of everybody."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from benchmarks.persian_lists import persian_lists
from palayesh.linkage.candidates import candidate_pairs
from palayesh.linkage.fields import in_dialect, level_names
from palayesh.linkage.records import comparable
from palayesh.linkage.score import Comparer, present_fields
from palayesh.linkage.table import link_table

TRUTH = ["person_id", "household_id", "damage", "relation"]
FIRST_WORDS = np.array(["کوچه", "خیابان", "بلوار", "میدان"])
WORDS = np.array(["بهار", "لاله", "شهید", "آزادی", "پلاک", "۱۲", "۲۰", "طبقه", "دوم", "نسترن", "غربی"])


def test_conditions_are_told_in_spark_s_words() -> None:
    assert (
        in_dialect("birth_day_l[5:6] = birth_day_r[7:8]", "spark")
        == "substr(birth_day_l, 5, 2) = substr(birth_day_r, 7, 2)"
    )
    said = in_dialect("len(list_intersect(tokens_l, tokens_r)) >= 2 and starts_with(a_l, a_r)", "spark")
    assert said == "size(array_intersect(tokens_l, tokens_r)) >= 2 and startswith(a_l, a_r)"
    assert in_dialect("length(a_l) > 1", "spark") == "length(a_l) > 1"
    assert in_dialect("len(tokens_l) > 1", "duckdb") == "len(tokens_l) > 1"


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    for there, what in ((shutil.which("java"), "Java 17"), (find_spec("pyspark"), "the extra «spark»")):
        if not there:
            if os.environ.get("PALAYESH_REQUIRE_SPARK"):
                pytest.fail(f"{what} is not installed")
            pytest.skip(f"{what} is not installed")
    from palayesh.linkage.spark import session

    started = session(2)
    yield
    started.stop()


def lists(count: int) -> pd.DataFrame:
    """Persian lists with every field: addresses, postal codes, occupations and an identifier besides those that they have."""
    records = persian_lists(count, 51).drop(columns=TRUTH)
    rng = np.random.default_rng(3)
    home = pd.factorize(records["household_code"])[0]
    words = WORDS[np.random.default_rng(4).integers(0, len(WORDS), (home.max() + 1, 4))][home]
    words = np.where(rng.random(words.shape) < 0.1, "", words)
    records["address"] = [" ".join(row) for row in np.column_stack([FIRST_WORDS[home % 4], words])]
    records["postal_code"] = (76_000_000 + home * 37 + (rng.random(count) < 0.1)).astype(str)
    records["occupation"] = np.array(["کارگر", "کارگر ساختمان", "راننده", None], dtype=object)[
        rng.integers(0, 4, count)
    ]
    records["external_id"] = (10_000 + home * 3 + rng.integers(0, 3, count)).astype(str)
    return records


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
@pytest.mark.usefixtures("spark")
def test_every_pair_has_the_same_levels() -> None:
    from palayesh.linkage.spark import SparkComparer

    table = comparable(lists(1500), "jalali")
    pairs, _ = candidate_pairs(table, pairs_per_record=20.0, largest_block=200)
    left, right = pairs["l"].to_numpy(), pairs["r"].to_numpy()
    fields = present_fields(table)
    with Comparer(table, fields) as ours, SparkComparer(table, fields, 2) as theirs:
        expected, found = ours.levels(left, right), theirs.levels(left, right)
    for place, field in enumerate(fields):
        assert (expected[:, place] == found[:, place]).all(), field
    met = {field: set(expected[:, place].tolist()) for place, field in enumerate(fields)}
    assert all(len(met[field]) > len(level_names(field)) / 2 for field in fields)


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
@pytest.mark.usefixtures("spark")
def test_persons_and_households_are_the_same() -> None:
    records = persian_lists(400, 52).drop(columns=TRUTH)
    one = link_table(records, calendar="jalali", threads=2)
    other = link_table(records, calendar="jalali", threads=2, engine="spark")
    pd.testing.assert_frame_equal(one.records, other.records)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    assert one.records["person_id"].nunique() < len(records)
