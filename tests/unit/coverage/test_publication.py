"""Figures, cells, pairs and bands are one release: no table gives back what another hides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from palayesh.adapters.rules import load_policies
from palayesh.coverage.publication import Published, publish, told_apart

POLICIES = load_policies(Path(__file__).parents[3] / "expectations")
PARTS = ("covered", "eligible_uncovered", "needs_information", "not_eligible")


def cells_of(table: dict[str, list[int]], agency: str = "") -> pd.DataFrame:
    """County cells and totals of a partition; the first county is 0801."""
    known = [sum(column) for column in zip(*(table[part] for part in PARTS), strict=True)]
    rows = []
    for measure, values in ({"families_known": known} | table).items():
        rows.append({"measure": measure, "agency": agency, "county": "", "value": sum(values)})
        rows += [
            {"measure": measure, "agency": agency, "county": f"08{n:02d}", "value": value}
            for n, value in enumerate(values, start=1)
        ]
    return pd.DataFrame(rows).astype({"value": "Int64"})


def figures_of(values: dict[tuple[str, str], float]) -> pd.DataFrame:
    rows = [{"key": key, "part": part, "value": value, "unit": "household"} for (key, part), value in values.items()]
    return pd.DataFrame(rows)


NO_PAIRS = pd.DataFrame({"agency_a": [], "agency_b": [], "kind": [], "value": []}).astype({"value": "Int64"})


def no_bands(total: int) -> pd.DataFrame:
    return pd.DataFrame({"band": ["under_1"], "value": pd.array([total], dtype="Int64")})


def states(frame: pd.DataFrame, *names: str) -> dict[tuple[str, ...], str]:
    return dict(zip(frame[list(names)].itertuples(index=False, name=None), frame["state"], strict=True))


def a_month(table: dict[str, list[int]], bands: pd.DataFrame | None = None) -> tuple[pd.DataFrame, ...]:
    totals = {f"coverage.{part}": float(sum(table[part])) for part in PARTS}
    known = float(sum(totals.values()))
    figures = figures_of({("coverage.families_known", ""): known} | {(key, ""): v for key, v in totals.items()})
    bands = no_bands(int(totals["coverage.eligible_uncovered"])) if bands is None else bands
    return figures, cells_of(table), NO_PAIRS, bands


def test_headline_totals_stay_exact_while_county_cells_are_hidden() -> None:
    table = {
        "covered": [200, 150, 90, 60], "eligible_uncovered": [40, 3, 22, 15],
        "needs_information": [30, 25, 20, 0], "not_eligible": [12, 14, 9, 10],
    }  # fmt: skip
    published = publish(*a_month(table), POLICIES.figures, POLICIES.disclosure)
    assert set(published.figures["state"]) == {"shown"}
    of = states(published.cells, "measure", "county")
    assert of["eligible_uncovered", "0802"] == "hidden"
    assert of["needs_information", "0804"] == "zero"
    hidden_in_county = [part for part in PARTS if of[part, "0802"] == "hidden"]
    hidden_in_measure = [county for county in ("0801", "0803", "0804") if of["eligible_uncovered", county] == "hidden"]
    assert len(hidden_in_county) >= 2 or of["families_known", "0802"] == "hidden"
    assert hidden_in_measure


def test_whom_a_county_misses_is_hidden_last() -> None:
    """One small county cell of «not eligible» needs a second of its county hidden: never the uncovered families, the least cell."""
    table = {
        "covered": [200, 150, 90], "eligible_uncovered": [40, 31, 22],
        "needs_information": [300, 250, 200], "not_eligible": [12, 3, 19],
    }  # fmt: skip
    published = publish(*a_month(table), POLICIES.figures, POLICIES.disclosure)
    of = states(published.cells, "measure", "county")
    assert of["not_eligible", "0802"] == "hidden"
    assert {of["eligible_uncovered", f"080{county}"] for county in (1, 2, 3)} == {"shown"}


def test_a_small_headline_hides_a_second_one_with_it() -> None:
    table = {
        "covered": [200, 150], "eligible_uncovered": [40, 30], "needs_information": [3, 2], "not_eligible": [12, 14],
    }  # fmt: skip
    published = publish(*a_month(table), POLICIES.figures, POLICIES.disclosure)
    of = states(published.figures, "key")
    assert of["coverage.needs_information",] == "hidden"
    assert list(of.values()).count("hidden") >= 2
    cells = states(published.cells, "measure", "county")
    assert {key: cells[key.removeprefix("coverage."), ""] for (key,) in of} == {key: of[key,] for (key,) in of}


def test_a_small_band_of_waiting_hides_another_band() -> None:
    table = {
        "covered": [200, 150], "eligible_uncovered": [40, 30], "needs_information": [30, 20], "not_eligible": [12, 14],
    }  # fmt: skip
    bands = pd.DataFrame({"band": ["under_1", "1_to_3", "3_to_6"], "value": pd.array([4, 30, 36], dtype="Int64")})
    published = publish(*a_month(table, bands), POLICIES.figures, POLICIES.disclosure)
    of = states(published.bands, "band")
    assert of["under_1",] == "hidden"
    assert list(of.values()).count("hidden") == 2
    assert set(published.figures["state"]) == {"shown"}


def test_parts_that_add_up_are_hidden_in_company() -> None:
    figures = figures_of(
        {
            ("behzisti.referred_households", ""): 252, ("behzisti.referred_households", "husband"): 228,
            ("behzisti.referred_households", "wife"): 21, ("behzisti.referred_households", "both"): 3,
        }
    )  # fmt: skip
    empty = cells_of({part: [] for part in PARTS}).iloc[:0]
    published = publish(figures, empty, NO_PAIRS, no_bands(0), POLICIES.figures, POLICIES.disclosure)
    of = states(published.figures, "part")
    assert (of["",], of["both",]) == ("shown", "hidden")
    assert [of["husband",], of["wife",]].count("hidden") == 1


@pytest.mark.parametrize(("covered", "state"), [(4, "hidden"), (694, "shown"), (997, "shown")])
def test_free_places_never_tell_a_small_number_of_prisoners(covered: int, state: str) -> None:
    figures = figures_of(
        {
            ("association.covered_prisoners", ""): covered, ("association.capacity", ""): 1000,
            ("association.free_places", ""): 1000 - covered, ("association.free_places", "over_capacity"): 0,
        }
    )  # fmt: skip
    empty = cells_of({part: [] for part in PARTS}).iloc[:0]
    published = publish(figures, empty, NO_PAIRS, no_bands(0), POLICIES.figures, POLICIES.disclosure)
    of = states(published.figures, "key", "part")
    assert of["association.covered_prisoners", ""] == of["association.free_places", ""] == state
    assert of["association.capacity", ""] == "shown"


def test_what_could_not_be_said_has_no_state() -> None:
    figures = figures_of({("coverage.covered", ""): np.nan})
    empty = cells_of({part: [] for part in PARTS}).iloc[:0]
    published = publish(figures, empty, NO_PAIRS, no_bands(0), POLICIES.figures, POLICIES.disclosure)
    assert published.figures["state"].isna().tolist() == [True]


# Revisions of one month

EARLY = {
    "covered": [200, 150, 90, 60], "eligible_uncovered": [40, 33, 22, 15],
    "needs_information": [30, 25, 20, 18], "not_eligible": [12, 14, 9, 10],
}  # fmt: skip


def one_family_late(by: int = 1) -> dict[str, list[int]]:
    """The same month with families of the second county whose list came late."""
    covered = EARLY["covered"].copy()
    covered[1] += by
    return EARLY | {"covered": covered}


def published(table: dict[str, list[int]], *earlier: Published) -> Published:
    return publish(*a_month(table), POLICIES.figures, POLICIES.disclosure, earlier)


def test_the_naive_publication_of_two_revisions_tells_of_one_family() -> None:
    first, second = published(EARLY), published(one_family_late())
    # Known and covered, of the county and of the province.
    assert told_apart(second, first, POLICIES.disclosure) == 4


def test_a_second_revision_hides_what_would_tell_of_one_family() -> None:
    first = published(EARLY)
    second = published(one_family_late(), first)
    assert told_apart(second, first, POLICIES.disclosure) == 0
    told = states(second.cells, "measure", "county")
    assert {told["covered", county] for county in ("", "0802")} == {"hidden"}
    assert told["eligible_uncovered", ""] == "shown", "what did not move is printed as before"
    assert (second.cells["state"] == "shown").sum() > (second.cells["state"] == "hidden").sum()


def test_what_moved_far_enough_is_printed_again() -> None:
    first = published(EARLY)
    second = published(one_family_late(by=9), first)
    assert told_apart(second, first, POLICIES.disclosure) == 0
    assert set(second.cells["state"]) == {"shown"}


def test_what_an_earlier_revision_hid_stays_hidden_while_it_has_not_moved() -> None:
    """Else the count that was hidden to protect another would give it away in the revision that is read beside it."""
    small = EARLY | {"needs_information": [30, 5, 20, 18]}
    first = published(small)
    hidden = set(first.cells.index[first.cells["state"] == "hidden"])
    assert len(hidden) > 1
    second = published(EARLY | {"needs_information": [30, 13, 20, 18]}, first)
    moved = first.cells.index[(first.cells["value"] - second.cells["value"]).abs() >= POLICIES.disclosure.threshold]
    assert hidden - set(moved) <= set(second.cells.index[second.cells["state"] == "hidden"])


def test_a_zero_after_a_hidden_count_is_a_zero() -> None:
    first = published(EARLY | {"not_eligible": [12, 3, 9, 10]})
    second = published(EARLY | {"not_eligible": [12, 0, 9, 10]}, first)
    assert states(second.cells, "measure", "county")["not_eligible", "0802"] == "zero"
