"""What would be if a rule were different: who moves is counted once, by county, and small counts stay hidden."""

from __future__ import annotations

import pandas as pd
import pytest

from flows.whatif import read_changes
from palayesh.coverage.comparison import changed_figures, moves_between, places_between, protected_moves
from palayesh.findings import Refusal
from palayesh.parameters import DisclosurePolicy

POLICY = DisclosurePolicy.model_validate(
    {
        "threshold": 8,
        "protected_width": 3,
        "public": {"base": 5, "sensitive_threshold": 10, "by_county": ["families_known"]},
        "last_checked_on": "2025-05-20",
        "reference": "a test's",
    }
)
COUNTY_OF = pd.Series({f"H{place}": "0801" if place < 40 else "0802" for place in range(60)})


def decisions(*decided: str) -> pd.DataFrame:
    """One household's decision each, of one programme."""
    households = [f"H{place}" for place in range(len(decided))]
    return pd.DataFrame(
        {"programme": "p", "household_id": households, "person_id": pd.Series(None, index=range(len(decided)), dtype="str"),
         "decision": decided}
    )  # fmt: skip


def as_dict(moves: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {(row.move, row.county): row.value for row in moves.itertuples()}


def test_every_changed_decision_is_one_move_in_its_county_and_in_all() -> None:
    before = decisions("eligible", "not_eligible", "needs_information", "needs_information", "eligible")
    after = decisions("not_eligible", "eligible", "not_eligible", "eligible", "needs_information")
    moves = moves_between(before, after, COUNTY_OF)
    assert as_dict(moves) == {
        (move, county): value
        for move, value in {"leaves": 1, "enters": 2, "settled_against": 1, "becomes_question": 1}.items()
        for county in ("", "0801")
    }


def test_the_same_rules_move_nobody() -> None:
    same = decisions("eligible", "needs_information")
    assert moves_between(same, same, COUNTY_OF).empty
    assert protected_moves(moves_between(same, same, COUNTY_OF), POLICY).empty


def test_a_programme_in_force_on_one_side_only_counts_as_not_eligible_on_the_other() -> None:
    some = decisions("eligible", "eligible")
    assert as_dict(moves_between(some.iloc[:0], some, COUNTY_OF)) == {("enters", ""): 2, ("enters", "0801"): 2}
    assert as_dict(moves_between(some, some.iloc[:0], COUNTY_OF)) == {("leaves", ""): 2, ("leaves", "0801"): 2}


def test_a_place_is_got_or_lost_by_the_applicant() -> None:
    def waiting(*gets: bool) -> pd.DataFrame:
        return pd.DataFrame(
            {"person_id": ["P0", "P1", "P2"], "household_id": ["H0", "H1", "H50"], "gets_place": list(gets)}
        )

    moves = places_between(waiting(True, True, False), waiting(True, False, True), COUNTY_OF, "association_family")
    assert as_dict(moves) == {
        ("gets_place", ""): 1, ("gets_place", "0802"): 1, ("loses_place", ""): 1, ("loses_place", "0801"): 1,
    }  # fmt: skip


def test_a_small_count_is_not_given_away_by_the_total() -> None:
    moves = pd.DataFrame(
        {"programme": "p", "move": "enters", "county": ["", "0801", "0802", "0803"], "value": [43, 20, 20, 3]}
    )
    state = protected_moves(moves, POLICY).set_index("county")["state"]
    assert state["0803"] == "hidden"
    # With the total printed, one more county must be hidden.
    assert state[["", "0801", "0802"]].eq("hidden").any()


def test_a_figure_hidden_on_one_side_is_hidden_on_both() -> None:
    def figures(value: float, state: str) -> pd.DataFrame:
        return pd.DataFrame(
            {"key": ["k", "same"], "part": "", "unit": "household", "value": [value, 9.0], "state": state}
        )

    found = changed_figures(figures(12.0, "shown"), figures(3.0, "hidden"))
    assert found[["key", "before", "after", "state"]].to_numpy().tolist() == [["k", 12.0, 3.0, "hidden"]]


@pytest.mark.parametrize("text", ["capacity=3", "association_family.capacity", "a.b=", "a.b=[1", "=3"])
def test_a_setting_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_changes([text])
    assert refused.value.code == "bad_setting"


def test_settings_are_read_as_they_are_written_in_the_files() -> None:
    assert read_changes(["a.b=3", "a.c=[x, y]", "a.d=yes"]) == {"a.b": 3, "a.c": ["x", "y"], "a.d": True}
