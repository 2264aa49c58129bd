"""The people are plausible and cannot be anybody: unused numbers, families that share names, common names common."""

import numpy as np
import pytest

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, numbers

MONTH = ReportingMonth(1404, 2)


@pytest.fixture(scope="module")
def world():
    return founding.build(MONTH, 5, "reference", 0.3)


def _check_digit(nine: str) -> int:
    remainder = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return remainder if remainder < 2 else 11 - remainder


def test_numbers_are_unused_valid_and_unique(world):
    drawn = world.persons["national_id"]
    assert drawn.is_unique
    assert drawn.str[:3].isin(["990", "099", "009"]).all()
    assert {"990", "099", "009"} == set(drawn.str[:3])
    assert all(int(n[9]) == _check_digit(n[:9]) for n in drawn)
    assert drawn.str[3:9].ne("000000").all()


def test_a_province_too_large_for_the_unused_numbers_is_refused():
    with pytest.raises(ValueError, match="smaller"):
        numbers.national_numbers(np.random.default_rng(1), 1_200_000)


def test_children_bear_their_fathers_names_and_are_younger_than_their_parents(world):
    persons = world.persons
    children = persons[persons["relation"] == "child"]
    parents = persons[persons["relation"].isin(["prisoner", "spouse", "head"])]
    mothers = parents[parents["is_female"]].set_index("household")["birth_date"]
    gap = (children["birth_date"] - children["household"].map(mothers)).dt.days
    assert gap.dropna().min() > 16 * 365
    fathers = parents[~parents["is_female"]].drop_duplicates("household").set_index("household")
    of_father = children["household"].map(fathers["first_name"])
    assert children.loc[of_father.notna(), "father_name"].eq(of_father.dropna()).all()


def test_brothers_have_different_names_and_some_are_twins(world):
    children = world.persons[world.persons["relation"] == "child"]
    assert not children.duplicated(["household", "first_name"]).any()
    assert children.duplicated(["household", "birth_date"]).sum() > 5


def test_some_names_are_very_common_and_many_are_rare(world):
    shares = world.persons["last_name"].value_counts(normalize=True)
    assert shares.iloc[0] > 0.015
    assert len(shares) > 300
    assert "ندارد‌زاده" in set(world.persons["last_name"])


def test_everybody_belongs_to_one_household_that_exists(world):
    assert world.persons["household"].isin(world.households["household"]).all()
    assert world.persons["person"].is_unique
    for table in (world.behzisti, world.committee, world.association, world.applications, world.charity):
        owner = world.persons.set_index("person")["household"].loc[table["person"]].to_numpy()
        assert (owner == table["household"].to_numpy()).all()
