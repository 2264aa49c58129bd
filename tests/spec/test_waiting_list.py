"""The Association's ceiling and its waiting list: published order, stable, reasons shown, right on every side of the ceiling."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from palayesh.adapters.rules import load_policies, load_programmes
from palayesh.coverage.waiting_list import covered_prisoners, free_places, rank_waiting_list
from palayesh.eligibility import Screened, screen
from tests.builders import AS_OF, World, agencies

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
PROGRAMMES, POLICIES = load_programmes(EXPECTATIONS), load_policies(EXPECTATIONS)


def screened(world: World) -> Screened:
    return screen(world.accepted(), world.linked(), agencies(), PROGRAMMES, as_of=AS_OF)


def ranked(world: World, places: int) -> pd.DataFrame:
    month = screened(world)
    return rank_waiting_list(month.facts, month.decisions, POLICIES.waiting_list_order, places=places, as_of=AS_OF)


def an_applicant(
    world: World, *, children: int = 0, decile: int | None = None, since: dt.date | None = dt.date(2025, 4, 1),
    member_no: str | None = None, **custody: object,
) -> str:  # fmt: skip
    family = world.a_family(children=children, **custody)
    number = {} if member_no is None else {"member_no": member_no}
    world.applied(family.prisoner, application_date=since, **number)
    if decile is not None:
        world.reviewed(family.wife, decile=decile)
    return family.prisoner


@pytest.mark.parametrize(
    ("covered", "free", "over"),
    [(0, 1000, 0), (999, 1, 0), (1000, 0, 0), (1001, 0, 1), (1635, 0, 635)],
)
def test_places_around_the_ceiling(covered: int, free: int, over: int) -> None:
    world = World()
    household = world.a_household()
    for _ in range(covered):
        world.in_association(world.a_person(household, "prisoner"))
    for _ in range(3):
        an_applicant(world)
    month = screened(world)
    prisoners = len(covered_prisoners(month.facts))
    capacity = POLICIES.capacity.on(AS_OF)
    places = free_places(capacity, prisoners)
    assert (prisoners, places, free_places(prisoners, capacity)) == (covered, free, over)
    order = rank_waiting_list(month.facts, month.decisions, POLICIES.waiting_list_order, places=places, as_of=AS_OF)
    assert order["rank"].tolist() == [1, 2, 3]
    assert order["gets_place"].tolist() == [rank <= free for rank in (1, 2, 3)]
    assert order["reason"].tolist() == ["place" if rank <= free else "no_free_place" for rank in (1, 2, 3)]


def test_more_children_first_then_the_poorer_then_the_longer_waiting_then_the_member_number() -> None:
    world = World()
    by_number_later = an_applicant(world, children=1, decile=2, member_no="10")
    by_number = an_applicant(world, children=1, decile=2, member_no="9")
    unknown_decile = an_applicant(world, children=1, member_no="1")
    unknown_date = an_applicant(world, children=1, decile=2, since=None, member_no="2")
    longer = an_applicant(world, children=1, decile=2, since=dt.date(2025, 3, 31), member_no="99")
    poorer = an_applicant(world, children=1, decile=1, since=dt.date(2025, 5, 20), member_no="98")
    more_children = an_applicant(world, children=2, decile=3, since=dt.date(2025, 5, 20), member_no="97")
    childless = an_applicant(world, decile=1, since=dt.date(2020, 1, 1), member_no="0")
    expected = [more_children, poorer, longer, by_number, by_number_later, unknown_date, unknown_decile, childless]
    assert ranked(world, places=0)["person_id"].tolist() == expected


def test_a_child_of_eighteen_is_no_longer_counted() -> None:
    world = World()
    grown = world.a_family()
    world.a_person(grown.household, "child", birth_date=dt.date(2007, 5, 21))
    world.applied(grown.prisoner, member_no="1")
    young = world.a_family()
    world.a_person(young.household, "child", birth_date=dt.date(2007, 5, 22))
    world.applied(young.prisoner, member_no="2")
    order = ranked(world, places=0)
    assert order["person_id"].tolist() == [young.prisoner, grown.prisoner]
    assert order["residents_under_18"].tolist() == [1, 0]


def test_complete_ties_keep_one_order_whatever_the_order_of_the_rows() -> None:
    world = World()
    for _ in range(6):
        an_applicant(world, member_no="7")
    forth = ranked(world, places=2)
    world.mentions.reverse()
    for rows in world.rows.values():
        rows.reverse()
    pd.testing.assert_frame_equal(ranked(world, places=2), forth)


def test_a_place_passes_over_who_needs_information_and_is_not_lost() -> None:
    world = World()
    first = an_applicant(world, children=3)
    asked = world.a_family(county=None, children=2)
    world.applied(asked.prisoner)
    third, fourth = an_applicant(world, children=1), an_applicant(world)
    order = ranked(world, places=2)
    assert order["person_id"].tolist() == [first, asked.prisoner, third, fourth]
    assert order["reason"].tolist() == ["place", "needs_information", "place", "no_free_place"]


def test_who_is_refused_covered_or_not_under_review_does_not_wait() -> None:
    world = World()
    an_applicant(world, release_status="released")
    covered = an_applicant(world)
    world.in_association(covered)
    closed = world.a_family()
    world.applied(closed.prisoner, status="closed")
    ended = an_applicant(world)
    world.in_association(ended, service_end=AS_OF)
    assert ranked(world, places=5)["person_id"].tolist() == [ended]


def test_two_applications_of_one_prisoner_are_one_and_the_earlier_counts() -> None:
    world = World()
    prisoner = an_applicant(world, since=dt.date(2025, 5, 1))
    world.applied(prisoner, application_date=dt.date(2024, 5, 1))
    order = ranked(world, places=5)
    assert order["application_date"].dt.date.tolist() == [dt.date(2024, 5, 1)]


def test_the_order_is_a_dated_parameter() -> None:
    world = World()
    poor = an_applicant(world, decile=1)
    with_children = an_applicant(world, children=2, decile=5)
    month = screened(world)
    decile_first = POLICIES.waiting_list_order.with_value(
        [{"criterion": "decile", "first": "lower"}, {"criterion": "residents_under_18", "first": "more"}]
    )
    published = rank_waiting_list(month.facts, month.decisions, POLICIES.waiting_list_order, places=0, as_of=AS_OF)
    changed = rank_waiting_list(month.facts, month.decisions, decile_first, places=0, as_of=AS_OF)
    assert published["person_id"].tolist() == [with_children, poor]
    assert changed["person_id"].tolist() == [poor, with_children]


def test_an_order_by_an_unknown_criterion_is_refused_by_name() -> None:
    world = World()
    an_applicant(world)
    month = screened(world)
    order = POLICIES.waiting_list_order.with_value([{"criterion": "friendship", "first": "more"}])
    with pytest.raises(ValueError, match="friendship"):
        rank_waiting_list(month.facts, month.decisions, order, places=0, as_of=AS_OF)


def test_nobody_waits_in_an_empty_list() -> None:
    world = World()
    world.a_family()
    assert ranked(world, places=10).empty
