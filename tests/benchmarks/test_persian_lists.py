"""The synthetic lists have the shape they promise: shares of damage, families, and a truth that stays with its seed."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.persian_lists import KINDS, LISTS, RATES, persian_lists
from palayesh.identifiers import has_right_check_digit

ROWS = 20_000


@pytest.fixture(scope="module")
def lists() -> pd.DataFrame:
    return persian_lists(ROWS, 5)


def has(lists: pd.DataFrame, kind: str) -> pd.Series:
    return (";" + lists["damage"] + ";").str.contains(f";{kind};", regex=False)


def test_the_same_seed_gives_the_same_lists(lists: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(lists, persian_lists(ROWS, 5))
    assert not lists["mobile"].equals(persian_lists(ROWS, 6)["mobile"])


def test_persons_and_households_are_as_many_as_promised(lists: pd.DataFrame) -> None:
    assert len(lists) == ROWS
    assert lists["record_id"].is_unique
    assert set(lists["list"]) == set(LISTS)
    assert lists["person_id"].nunique() == pytest.approx(0.64 * ROWS, rel=0.05)
    assert lists["household_id"].nunique() == pytest.approx(0.205 * ROWS, rel=0.08)
    assert lists.groupby("person_id")["household_id"].nunique().max() == 1
    assert lists.groupby("household_code")["household_id"].nunique().max() == 1
    assert (lists[lists["relation"] == "head"].groupby("household_code").size() <= 2).all()


@pytest.mark.parametrize(
    "kind",
    ["number_missing", "birth_year_only", "birth_digit", "first_name_slip", "father_name_missing", "mobile_missing"],
)
def test_damage_has_its_rate(lists: pd.DataFrame, kind: str) -> None:
    assert has(lists, kind).mean() == pytest.approx(RATES[kind], rel=0.12)


def test_damage_names_only_known_kinds(lists: pd.DataFrame) -> None:
    assert set(lists["damage"].str.split(";").explode()) <= {*KINDS, ""}


def test_numbers_are_right_unless_damaged(lists: pd.DataFrame) -> None:
    numbers = lists["national_id"].dropna()
    assert numbers.str.fullmatch("990[0-9]{7}").all()
    mistyped = has(lists, "number_mistyped")[numbers.index]
    assert numbers[~mistyped].map(has_right_check_digit).all()
    assert numbers[mistyped].map(has_right_check_digit).mean() < 0.05
    child = lists["relation"] == "child"
    assert has(lists, "number_of_head")[child].mean() == pytest.approx(RATES["number_of_head"], rel=0.35)
    own = lists[numbers.index.to_series().isin(numbers.index[~mistyped]).reindex(lists.index, fill_value=False)]
    own = own[~has(own, "number_of_head")]
    assert own.groupby("national_id")["person_id"].nunique().max() == 1


def test_lists_without_numbers_are_the_same_lists(lists: pd.DataFrame) -> None:
    without = persian_lists(ROWS, 5, with_numbers=False)
    assert without["national_id"].isna().all()
    assert not without["damage"].str.contains("number").any()
    pd.testing.assert_frame_equal(
        without.drop(columns=["national_id", "damage"]), lists.drop(columns=["national_id", "damage"])
    )


def test_two_lists_write_arabic_letters(lists: pd.DataFrame) -> None:
    persian = lists["last_name"].str.contains("[یک]", na=False).groupby(lists["list"]).mean()
    assert (persian[["prisoners", "welfare"]] == 0).all()
    assert (persian[["committee", "charity"]] > 0.5).all()


def test_heads_differ_and_prisoners_stand_alone(lists: pd.DataFrame) -> None:
    cases = lists.groupby("household_code").agg(
        home=("household_id", "first"), n=("record_id", "size"), of=("list", "first")
    )
    elsewhere = cases.groupby("home").size()[cases["home"]].to_numpy() > 1
    assert ((cases["n"] == 1) & (cases["of"] == "prisoners") & elsewhere).mean() > 0.03
    heads = lists[lists["relation"] == "head"].groupby("household_id")["person_id"].nunique()
    assert (heads > 1).mean() > 0.2


def test_twins_share_the_day_and_brothers_do_not(lists: pd.DataFrame) -> None:
    clean = lists[(lists["relation"] == "child") & ~lists["damage"].str.contains("birth")]
    children = clean.drop_duplicates("person_id").groupby("household_id")["birth_date"]
    repeated = children.size() - children.nunique()
    assert 0.003 < repeated.sum() / len(clean) < 0.03


def test_names_are_as_frequent_as_in_life(lists: pd.DataFrame) -> None:
    persons = lists.drop_duplicates("person_id")
    shares = persons["first_name"].value_counts(normalize=True)
    assert 0.005 < float(np.square(shares).sum()) < 0.02
    shares = persons["last_name"].value_counts(normalize=True)
    assert float(np.square(shares).sum()) < 0.012
