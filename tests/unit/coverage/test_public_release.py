"""What everybody may read: rounded, and neither by itself nor beside another month does it tell of a few people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.adapters.rules import load_policies
from palayesh.coverage.public_release import exposed, publish_public, rounded, told_apart

POLICIES = load_policies(Path(__file__).parents[3] / "expectations")
POLICY = POLICIES.disclosure


def release_of(
    known: list[int], covered: list[int], figures: dict[str, int] | None = None, hidden: set[str] = frozenset()
) -> pd.DataFrame:
    """The public counts of counties 0801, 0802 …; ``hidden`` names counties whose known families officials may not read."""
    rows = []
    for measure, values in (("families_known", known), ("covered", covered)):
        rows.append((measure, "", "", sum(values), "shown"))
        for number, value in enumerate(values, start=1):
            county = f"08{number:02d}"
            is_hidden = 0 < value < POLICY.threshold or (measure == "families_known" and county in hidden)
            rows.append((measure, "", county, value, "hidden" if is_hidden else "shown"))
    cells = pd.DataFrame(rows, columns=["measure", "agency", "county", "value", "state"])
    told = [(key, "", float(value), "household", "shown") for key, value in (figures or {}).items()]
    frame = pd.DataFrame(told, columns=["key", "part", "value", "unit", "state"])
    return publish_public(frame, cells, POLICIES.figures, POLICY)


def states(public: pd.DataFrame) -> dict[tuple[str, str], tuple[str, float]]:
    return {(row.key, row.county): (row.state, row.value) for row in public.itertuples()}


def test_everything_printed_is_a_multiple_of_five() -> None:
    public = release_of([70, 253, 1_002, 48], [41, 148, 612, 22])
    printed = public.loc[public["state"] == "shown", "value"]
    assert len(printed) == 10
    assert (printed % 5 == 0).all()
    assert rounded(np.array([8, 12, 13, 17, 18, 2]), 5).tolist() == [10, 10, 15, 15, 20, 0]


def test_small_counts_and_what_officials_may_not_read_are_hidden() -> None:
    told = states(release_of([70, 253, 48, 5, 0], [41, 7, 22, 0, 0], hidden={"0803"}))
    assert told["coverage.covered", "0802"][0] == "hidden"
    assert told["coverage.families_known", "0804"][0] == "hidden"
    assert told["coverage.families_known", "0803"][0] == "hidden", "hidden from officials"
    assert told["coverage.families_known", "0805"] == ("zero", 0.0)
    assert all(np.isnan(value) for state, value in told.values() if state == "hidden")


def test_sensitive_counts_have_a_higher_threshold() -> None:
    key = "behzisti.children_by_judicial_order"
    told = states(release_of([70, 80], [40, 41], {key: 9, "behzisti.newly_covered_spouses": 9}))
    assert told[key, ""][0] == "hidden"
    assert told["behzisti.newly_covered_spouses", ""] == ("shown", 10.0)


def test_rounding_that_adds_up_to_one_solution_alone_is_not_printed() -> None:
    """Four counties of 22 are printed 20; their total, 88, is printed 90 and would leave each of them at 22 exactly."""
    known = [22, 22, 22, 22]
    public = release_of(known, [0, 0, 0, 0])
    assert exposed(public, POLICY) == 0
    told = states(public)
    printed = [told["coverage.families_known", f"08{n:02d}"][0] == "shown" for n in range(1, 5)]
    assert not (all(printed) and told["coverage.families_known", ""][0] == "shown")


counts = st.one_of(st.integers(0, 14), st.integers(0, 300))


@given(st.lists(st.tuples(counts, counts), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_no_random_month_tells_of_a_few_people(table: list[tuple[int, int]]) -> None:
    known = [first + second for first, second in table]
    public = release_of(known, [first for first, _ in table])
    assert exposed(public, POLICY) == 0
    small = pd.Series([*known, *(first for first, _ in table)]).between(1, POLICY.threshold - 1)
    assert public["state"].eq("hidden").sum() >= small.sum()


@given(st.lists(st.tuples(counts, counts, st.integers(0, 3)), min_size=2, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_two_months_tell_a_change_of_a_few_people(table: list[tuple[int, int, int]]) -> None:
    covered = [first for first, _, _ in table]
    before = release_of([first + second for first, second, _ in table], covered)
    after = release_of([first + second + more for first, second, more in table], covered)
    assert told_apart(after, before, POLICY) == 0


def test_two_unrounded_releases_are_told_apart() -> None:
    """The gate fails on the naive publication: the same counts unrounded, one family more in the second."""

    def naive(known: list[int]) -> pd.DataFrame:
        public = release_of(known, [40, 41])
        true = {"0801": known[0], "0802": known[1], "": sum(known)}
        is_known = public["key"] == "coverage.families_known"
        exact = public["county"].map(true).where(is_known, public["least"])
        return public.assign(least=exact, most=exact.where(is_known, public["most"]))

    assert told_apart(naive([71, 80]), naive([70, 80]), POLICY) == 2, "the county and the total"
    assert exposed(naive([71, 80]), POLICY) > 0


@pytest.mark.parametrize("change", [1, 7, 8])
def test_only_changes_under_the_threshold_count(change: int) -> None:
    public = release_of([70, 80], [40, 41]).assign(least=50.0, most=50.0)
    assert bool(told_apart(public.assign(least=50.0 + change, most=50.0 + change), public, POLICY)) == (change < 8)
