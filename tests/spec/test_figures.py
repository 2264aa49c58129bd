"""Every headline figure in worlds small enough to count on one's fingers, each with the traps that a row count falls into."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from palayesh.adapters.rules import load_policies, load_programmes
from palayesh.coverage import Summary, canonical_figures, describe_figures, summarise
from palayesh.coverage.families import PARTITION
from palayesh.eligibility import screen
from tests.builders import AS_OF, L1, L4, L5, L7, LETTER, World, agencies

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
PROGRAMMES, POLICIES = load_programmes(EXPECTATIONS), load_policies(EXPECTATIONS)
DAY = dt.timedelta(days=1)


def summary(world: World) -> Summary:
    screened = screen(world.accepted(), world.linked(), agencies(), PROGRAMMES, as_of=world.as_of)
    return summarise(screened.facts, screened.decisions, screened.criteria, POLICIES, as_of=world.as_of)


def figure(world: World, key: str) -> dict[str, float | None]:
    rows = summary(world).figures
    rows = rows[rows["key"] == key]
    assert len(rows), key
    return {part: None if pd.isna(value) else value for part, value in zip(rows["part"], rows["value"], strict=True)}


def test_referred_households_are_households_however_many_rows_and_codes_they_have() -> None:
    world = World()
    first, second = world.a_family(children=2), world.a_family()
    world.referred_to_behzisti(first.prisoner, first.wife, *first.children)
    world.referred_to_behzisti(first.wife)  # the same family under a second code
    world.referred_to_behzisti(second.wife, who="both")
    world.a_family()  # not referred
    assert figure(world, "behzisti.referred_households") == {"": 2, "husband": 1, "wife": 0, "both": 1}


def test_who_is_in_prison_is_told_by_the_prisoners_where_the_list_is_silent() -> None:
    world = World()
    household = world.a_household()
    mother = world.a_person(household, "prisoner", sex="female")
    child = world.a_person(household, "child")
    world.in_custody(mother)
    world.referred_to_behzisti(child, who=None)
    assert figure(world, "behzisti.referred_households") == {"": 1, "husband": 0, "wife": 1, "both": 0}


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        ({}, 1),
        ({"service_start": LETTER + DAY}, 1),
        ({"service_start": LETTER}, 0),  # begun on the letter's day: not after it
        ({"service_end": AS_OF}, 0),  # ended on the month's last day
        ({"service_end": AS_OF + DAY}, 1),
        ({"service_start": AS_OF}, 1),
        ({"service_start": AS_OF + DAY}, 0),
        ({"screening_result": "under_review"}, 0),
        ({"application_date": None}, 0),
        ({"service_start": None}, 0),
        ({"support_type": "case_by_case"}, 1),
    ],
)
def test_newly_covered_wives(columns: dict[str, object], counted: int) -> None:
    world = World()
    family, unreferred = world.a_family(), world.a_family()
    world.referred_to_behzisti(family.wife)
    usual = {"application_date": LETTER + DAY, "screening_result": "eligible", "service_start": LETTER + 5 * DAY}
    world.in_behzisti_service(family.wife, **usual | columns)
    world.in_behzisti_service(family.wife, **usual | columns)  # a second row of the same woman
    world.in_behzisti_service(unreferred.wife, **usual)
    assert figure(world, "behzisti.newly_covered_spouses") == {"": counted}


def test_the_conditions_of_new_cover_hold_of_one_row_not_of_several_together() -> None:
    world = World()
    family = world.a_family()
    world.referred_to_behzisti(family.wife)
    world.in_behzisti_service(family.wife, application_date=LETTER, screening_result="eligible", service_start=None)
    world.in_behzisti_service(family.wife)
    assert figure(world, "behzisti.newly_covered_spouses") == {"": 0}


def test_cover_begun_after_a_familys_second_letter_counts_from_the_first() -> None:
    world = World()
    family = world.a_family()
    world.referred_to_behzisti(family.wife)
    world.referred_to_behzisti(family.wife, letter=LETTER + 20 * DAY)
    world.in_behzisti_service(
        family.wife, application_date=LETTER, screening_result="eligible", service_start=LETTER + 3 * DAY
    )
    assert figure(world, "behzisti.newly_covered_spouses") == {"": 1}


def test_children_by_judicial_order_need_number_and_date_and_a_family_on_the_list() -> None:
    world = World()
    family, unreferred = world.a_family(children=4), world.a_family(children=1)
    world.referred_to_behzisti(*family.children)
    first, second, third, fourth = family.children
    world.by_judicial_order(first)
    world.by_judicial_order(first)
    world.by_judicial_order(second, judicial_order_no=None)
    world.by_judicial_order(third, service_end=AS_OF)
    world.in_behzisti_service(fourth)
    world.by_judicial_order(family.wife)
    world.by_judicial_order(unreferred.children[0])
    assert figure(world, "behzisti.children_by_judicial_order") == {"": 1}


def test_wives_in_continuous_support_and_how_many_are_also_newly_covered() -> None:
    world = World()
    new, old, unlisted, released, ordered = (world.a_family() for _ in range(5))
    world.referred_to_behzisti(new.wife, old.wife)
    world.in_behzisti_service(
        new.wife, application_date=LETTER, screening_result="eligible", service_start=LETTER + DAY
    )
    world.in_behzisti_service(old.wife, service_start=dt.date(2023, 1, 1))
    world.in_behzisti_service(unlisted.wife)
    world.in_custody(released.prisoner, release_status="released", custody_start=dt.date(2025, 2, 1))
    world.in_behzisti_service(released.wife)
    world.by_judicial_order(ordered.wife)
    world.in_behzisti_service(ordered.wife, support_type="case_by_case")
    got = figure(world, "behzisti.continuous_support_spouses")
    assert got == {"": 3, "on_referral_list": 2, "also_newly_covered": 1}


def test_days_to_first_service_are_a_median_over_the_served_children() -> None:
    world = World()
    family = world.a_family(children=5)
    grown = world.a_person(family.household, "child", birth_date=dt.date(2005, 1, 1))
    world.referred_to_behzisti(*family.children, grown)
    soon, late, already, ended_before, never = family.children
    world.in_behzisti_service(soon, service_start=LETTER + DAY)
    world.in_behzisti_service(soon, service_start=LETTER + 9 * DAY)
    world.in_behzisti_service(late, service_start=LETTER + 20 * DAY)
    world.in_behzisti_service(already, service_start=LETTER, service_end=LETTER + DAY)
    world.in_behzisti_service(ended_before, service_start=dt.date(2024, 1, 1), service_end=LETTER)
    world.in_behzisti_service(never, service_start=AS_OF + DAY)
    world.in_behzisti_service(grown, service_start=LETTER + 2 * DAY)
    got = figure(world, "behzisti.days_to_first_service")
    assert got == {"": 10.5, "worst": 20, "served": 2, "without_service": 2, "already_served": 1}


def test_no_child_served_has_no_median_rather_than_zero_days() -> None:
    world = World()
    family = world.a_family(children=1)
    world.referred_to_behzisti(*family.children)
    got = figure(world, "behzisti.days_to_first_service")
    assert got == {"": None, "worst": None, "served": 0, "without_service": 1, "already_served": 0}


def test_members_whose_prisoner_is_held_elsewhere() -> None:
    world = World()
    elsewhere = world.a_family(children=2, prison_province="10")
    here = world.a_family(children=1)
    outside = world.a_family(county="outside", prison_province="10")
    other_cause, dormant = (world.a_family(prison_province="10") for _ in range(2))
    moved = world.a_family(children=1)
    unlisted_household = world.a_household()
    unlisted = world.a_person(unlisted_household, "prisoner")
    mother = world.a_person(unlisted_household, "mother", sex="female")
    # Moved here since: the custody list of the month decides, not the Committee's older note.
    world.a_row(L5, moved.wife, prisoner=moved.prisoner, prison_province="10")
    for person in (elsewhere.wife, *elsewhere.children, elsewhere.prisoner, here.wife, outside.wife, moved.wife):
        world.in_committee_service(person)
    world.in_committee_service(elsewhere.wife)
    world.in_committee_service(other_cause.wife, coverage_cause="illness")
    world.in_committee_service(dormant.wife, status="dormant")
    world.a_row(
        L5, mother, prisoner=unlisted, prison_province="10", coverage_cause="breadwinner_imprisoned", status="active",
        service_start=dt.date(2025, 1, 1),
    )  # fmt: skip
    got = figure(world, "relief_committee.members_prisoner_elsewhere")
    assert got == {"": 4, "households": 2}


@pytest.mark.parametrize("second_held_in", ["08", "10"])
def test_one_prisoner_here_is_enough_to_leave_the_family_out(second_held_in: str) -> None:
    world = World()
    family = world.a_family(prison_province="10")
    son = world.a_person(family.household, "prisoner")
    world.in_custody(son, prison_province=second_held_in)
    world.in_committee_service(family.wife)
    assert figure(world, "relief_committee.members_prisoner_elsewhere")[""] == (0 if second_held_in == "08" else 1)


def test_a_released_prisoner_is_held_nowhere() -> None:
    world = World()
    family = world.a_family(prison_province="10", release_status="released")
    world.in_committee_service(family.wife)
    assert figure(world, "relief_committee.members_prisoner_elsewhere") == {"": 0, "households": 0}
    assert [finding.code for finding in summary(world).findings] == ["cover_for_prison_after_release"]


def test_referred_persons_are_persons_not_rows() -> None:
    world = World()
    family, other = world.a_family(children=2), world.a_family()
    world.referred_to_committee(family.wife, *family.children, family.wife, other.wife)
    assert figure(world, "relief_committee.referred_persons") == {"": 4, "households": 2}


def test_referred_households_in_the_committees_cover_for_prison_or_another_need() -> None:
    world = World()
    prison, both_causes, other, ended, unreferred = (world.a_family() for _ in range(5))
    world.referred_to_committee(prison.wife, both_causes.wife, other.wife, ended.wife)
    world.in_committee_service(prison.wife)
    world.in_committee_service(both_causes.wife)
    world.in_committee_service(both_causes.wife, coverage_cause="illness")
    world.in_committee_service(other.wife, coverage_cause="disability")
    world.in_committee_service(ended.wife, service_end=AS_OF)
    world.in_committee_service(unreferred.wife)
    assert figure(world, "relief_committee.covered_referred_households") == {"": 2, "other_need": 1}


def test_entitled_and_in_nobodys_cover() -> None:
    world = World()
    families = {
        name: world.a_family(county="outside" if name == "outside" else "0808", children=1)
        for name in (
            "new", "closed_file", "by_decile", "too_rich", "unknown", "other_need", "association", "continuous",
            "case_by_case", "released", "outside", "not_referred",
        )
    }  # fmt: skip
    for name, family in families.items():
        if name != "not_referred":
            world.referred_to_committee(family.wife)
        if name not in ("by_decile", "too_rich", "unknown"):
            world.reviewed(family.wife, screening_result="eligible")
    world.reviewed(families["by_decile"].wife, screening_result="under_review", decile=3)
    world.reviewed(families["too_rich"].wife, screening_result="no_show", decile=4)
    world.in_committee_service(families["closed_file"].wife, status="closed")
    world.in_committee_service(families["other_need"].wife, coverage_cause="illness", support_type="case_by_case")
    world.in_association(families["association"].prisoner)
    world.in_behzisti_service(families["continuous"].wife)
    world.in_behzisti_service(families["case_by_case"].wife, support_type="case_by_case")
    world.in_custody(families["released"].prisoner, release_status="released", custody_start=dt.date(2025, 2, 1))
    got = figure(world, "relief_committee.entitled_uncovered_households")
    # new, closed_file, by_decile, case_by_case; of these only closed_file has a file with the Committee
    assert got == {"": 4, "identified": 1, "not_identified": 3}


def test_prisoners_of_the_association_and_their_families() -> None:
    world = World()
    one, released, ended, closed = (world.a_family() for _ in range(4))
    brother = world.a_person(one.household, "prisoner")
    for prisoner in (one.prisoner, one.prisoner, brother, released.prisoner):
        world.in_association(prisoner)
    world.in_custody(released.prisoner, release_status="released", custody_start=dt.date(2025, 2, 1))
    world.in_association(ended.prisoner, service_end=AS_OF)
    world.in_association(closed.prisoner, status="closed")
    assert figure(world, "association.covered_prisoners") == {"": 3, "families": 2, "released": 1}
    assert figure(world, "association.capacity") == {"": 1000}
    assert figure(world, "association.free_places") == {"": 997, "waiting": 0, "over_capacity": 0}


def test_known_families_are_parted_without_rest() -> None:
    world = World()
    covered, eligible, asked, refused, released, outside, unknown_county = (
        world.a_family(county=county) for county in ("0808", "0801", "0801", "0802", "0808", "outside", None)
    )
    world.in_committee_service(covered.wife, coverage_cause="illness")  # cover is cover, whatever its cause
    world.referred_to_committee(eligible.wife)
    world.reviewed(eligible.wife, screening_result="eligible")
    world.in_behzisti_service(asked.wife, service_end=AS_OF)
    for prisoner in (released.prisoner, outside.prisoner):
        world.in_custody(prisoner, release_status="released" if prisoner == released.prisoner else "on_leave")
    # Refused by everyone: at home is only an unmarried prisoner's grown sister who is not in need.
    household = world.a_household("0802")
    single = world.a_person(household, "prisoner")
    sister = world.a_person(household, "sibling", sex="female", birth_date=dt.date(1990, 1, 1))
    world.in_custody(single, marital_status="single")
    world.referred_to_committee(sister)
    world.reviewed(sister, screening_result="not_eligible")
    result = summary(world)
    got = {row.key: row.value for row in result.figures.itertuples() if row.part == "" and "coverage." in row.key}
    assert got == {
        "coverage.families_known": 6,
        "coverage.covered": 1,
        "coverage.eligible_uncovered": 1,
        "coverage.needs_information": 3,
        "coverage.not_eligible": 1,
    }
    assert figure(world, "coverage.families_known")["released"] == 1
    assert refused.household in set(result.families["household_id"])
    assert outside.household not in set(result.families["household_id"])
    assert unknown_county.household in set(result.families.loc[result.families["county"] == "unknown", "household_id"])


def test_a_charity_is_shown_and_is_no_cover() -> None:
    world = World()
    family = world.a_family()
    world.a_row("ngo_mehr/caseload", family.wife, service_start=dt.date(2025, 1, 1))
    result = summary(world)
    cells = result.cells.set_index(["measure", "agency", "county"])["value"]
    assert cells["helped_by_charity", "ngo_mehr", ""] == 1
    assert cells["covered", "", ""] == 0


def a_busy_month() -> World:
    world = World()
    for number in range(40):
        family = world.a_family(county=f"08{number % 7 + 1:02d}", children=number % 3)
        if number % 2:
            world.referred_to_behzisti(family.wife, *family.children)
            world.referred_to_committee(family.wife)
        if number % 3 == 0:
            world.in_committee_service(family.wife, service_start=dt.date(2025, 5, 1))
        if number % 4 == 0:
            world.in_association(family.prisoner)
        if number % 5 == 0:
            world.in_behzisti_service(family.wife)
        if number % 7 == 0:
            world.reviewed(family.wife, decile=number % 10 + 1)
        if number % 6 == 1:
            world.applied(family.prisoner)
    return world


def test_cells_add_up_by_county_by_agency_and_over_the_partition() -> None:
    result = summary(a_busy_month())
    cells = result.cells.set_index(["measure", "agency", "county"])["value"]
    counties = sorted(set(result.cells["county"]) - {""})
    for measure, agency in set(zip(result.cells["measure"], result.cells["agency"], strict=True)):
        assert sum(cells[measure, agency, county] for county in counties) == cells[measure, agency, ""]
    for agency in ("", "association", "behzisti", "relief_committee"):
        for county in ["", *counties]:
            parts = sum(cells[part, agency, county] for part in PARTITION)
            assert parts == cells["families_known", "", county]
    headline = result.figures[result.figures["part"] == ""].set_index("key")["value"]
    assert headline["coverage.covered"] == cells["covered", "", ""]
    assert cells["newly_covered", "relief_committee", ""] == cells["covered", "relief_committee", ""]
    assert cells["newly_covered", "association", ""] == 0
    assert result.waiting["value"].sum() == cells["eligible_uncovered", "", ""] == len(result.uncovered)


def test_a_list_that_did_not_arrive_leaves_its_figures_unsaid_and_the_others_as_they_are() -> None:
    complete = summary(a_busy_month()).figures.set_index(["key", "part"])["value"]
    world = a_busy_month()
    world.missing = (L7,)
    result = summary(world)
    figures = result.figures.set_index(["key", "part"])["value"]
    assert pd.isna(figures["association.covered_prisoners", ""])
    assert pd.isna(figures["coverage.covered", ""])
    assert figures["relief_committee.referred_persons", ""] == complete["relief_committee.referred_persons", ""]
    assert figures["coverage.families_known", ""] == complete["coverage.families_known", ""]
    cells = result.cells.set_index(["measure", "agency", "county"])["value"]
    assert pd.isna(cells["covered", "", ""])
    assert cells["covered", "relief_committee", ""] > 0


@pytest.mark.parametrize("missing", [L1, L4, L5, "relief_committee/screening", "prisons/custody", "ngo_mehr/caseload"])
def test_any_one_list_may_be_missing(missing: str) -> None:
    world = a_busy_month()
    world.missing = (missing,)
    assert len(summary(world).figures) == len(summary(a_busy_month()).figures)


def test_the_order_of_rows_changes_nothing() -> None:
    world = a_busy_month()
    forth = summary(world)
    for rows in world.rows.values():
        rows.reverse()
    world.mentions.reverse()
    world.persons.reverse()
    world.households.reverse()
    back = summary(world)
    for name in ("figures", "cells", "overlap", "overlap_households", "waiting_list", "uncovered", "families"):
        pd.testing.assert_frame_equal(getattr(forth, name), getattr(back, name))


def test_described_figures_carry_unit_definition_and_source() -> None:
    result = summary(a_busy_month())
    described = describe_figures(result.figures, POLICIES.figures, {"behzisti_referral": [L1]})
    first = described[0]
    assert (first["key"], first["unit"], first["sources"]) == ("behzisti.referred_households", "household", [L1])
    assert first["definition"]["fa"] and first["definition"]["en"]
    assert [entry["key"] for entry in described] == list(POLICIES.figures)
    assert described[1]["missing"] == ["behzisti_support"]
    assert canonical_figures(described) == canonical_figures(describe_figures(
        summary(a_busy_month()).figures, POLICIES.figures, {"behzisti_referral": [L1]}
    ))  # fmt: skip


def test_change_since_last_month_is_absent_where_there_was_none() -> None:
    world = a_busy_month()
    screened = screen(world.accepted(), world.linked(), agencies(), PROGRAMMES, as_of=AS_OF)
    before = pd.DataFrame({"key": ["coverage.families_known"], "part": [""], "value": [38.0], "unit": ["household"]})
    result = summarise(
        screened.facts, screened.decisions, screened.criteria, POLICIES, as_of=AS_OF, previous_figures=before
    )
    change = result.change.set_index(["key", "part"])["change"]
    assert change["coverage.families_known", ""] == 2
    assert pd.isna(change["coverage.covered", ""])


@pytest.mark.parametrize(
    ("since", "band"),
    [
        ((1404, 2, 31), "under_1"),
        ((1404, 2, 1), "under_1"),
        ((1404, 1, 31), "1_to_3"),
        ((1403, 12, 1), "1_to_3"),
        ((1403, 11, 30), "3_to_6"),
        ((1403, 9, 1), "3_to_6"),
        ((1403, 8, 30), "6_to_12"),
        ((1403, 3, 1), "6_to_12"),
        ((1403, 2, 31), "over_12"),
        (None, "unknown"),
    ],
)
def test_waiting_is_counted_in_completed_months_from_the_earliest_date(
    since: tuple[int, int, int] | None, band: str
) -> None:
    from persiantools.jdatetime import JalaliDate

    world = World()
    day = JalaliDate(*since).to_gregorian() if since else None
    family = world.a_family(custody_start=None)
    world.referred_to_committee(family.wife, letter=day)
    world.reviewed(family.wife, screening_result="eligible")
    result = summary(world)
    assert result.uncovered["band"].tolist() == [band]
    assert result.uncovered["programmes"].tolist() == ["relief_committee_household"]
    assert result.waiting.set_index("band")["value"][band] == 1
