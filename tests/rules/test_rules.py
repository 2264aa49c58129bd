"""Every programme's case file is true of the rules in force: decision, what failed, what is unknown, which dated value."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from palayesh.adapters.rules import load_programmes
from palayesh.eligibility import screen
from palayesh.eligibility.screening import RULES
from palayesh.findings import Refusal
from palayesh.parameters import Programme
from tests.builders import AS_OF, L5, World, agencies

HERE = Path(__file__).parent
PROGRAMMES = load_programmes(HERE.parents[1] / "expectations")
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.yml"))}
CASES = [
    pytest.param(file["programme"], file["usual"], case, id=f"{name}: {case['case']}")
    for name, file in FILES.items()
    if "usual" in file
    for case in file["cases"]
]
KNOWN = {
    "custody", "county", "marital_status", "prisoner_sex", "prisoner_named_on", "person", "head_of_caseload", "decile",
    "behzisti_screening", "behzisti_screening_before", "person_committee_service", "other_member_committee_service",
    "referred_to_behzisti", "referred_to_committee", "judicial_order", "review", "review_before", "association",
}  # fmt: skip


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _dated(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _day(value) if name.endswith(("_date", "_start", "_end")) else value for name, value in columns.items()
    }


def a_world(family: dict[str, Any], as_of: dt.date) -> tuple[World, str | None, str]:
    """The family of a case as lists; the id of the person it speaks of (if any) and of the household."""
    assert set(family) <= KNOWN, f"the case says something the test does not know: {set(family) - KNOWN}"
    world = World(as_of=as_of)
    household = world.a_household(family.get("county"))
    sex = family.get("prisoner_sex", "male")
    prisoner = world.a_person(household, "prisoner", sex=sex, birth_date=dt.date(1985, 5, 1))
    person = None
    if family.get("person"):
        described = dict(family["person"])
        relation = described.pop("relation")
        person = world.a_person(household, relation, **{"sex": None} | _dated(described))
    if family["custody"] != "not_listed":
        world.in_custody(prisoner, release_status=family["custody"], marital_status=family.get("marital_status"))
    named_on = family.get("prisoner_named_on")
    if named_on == "behzisti_referral":
        world.referred_to_behzisti(prisoner)
    elif named_on:
        province = "08" if named_on == "relief_support_with_province" else None
        world.a_row(L5, person or prisoner, prisoner=prisoner, prison_province=province)
    _on_lists(world, family, prisoner, person)
    return world, person, household


def _on_lists(world: World, family: dict[str, Any], prisoner: str, person: str | None) -> None:
    someone = person or prisoner
    for name, day in (("behzisti_screening_before", dt.date(2025, 2, 1)), ("behzisti_screening", dt.date(2025, 3, 1))):
        if family.get(name):
            world.a_row("behzisti/caseload", someone, screening_result=family[name], application_date=day)
    if family.get("decile") is not None:
        world.reviewed(someone, decile=family["decile"])
    for name, default in (("review_before", {}), ("review", {})):
        review = family.get(name)
        if review:
            columns = {"screening_result": "eligible"} if review == "prisoner" else _dated(review)
            world.reviewed(someone, **default | columns)
    if family.get("head_of_caseload"):
        world.a_row(L5, someone, relation="head")
    if "person_committee_service" in family:
        world.in_committee_service(someone, **_dated(family["person_committee_service"]))
    if "other_member_committee_service" in family:
        child = world.a_person(world.households[0]["household_id"], "child")
        world.in_committee_service(child, **_dated(family["other_member_committee_service"]))
    if family.get("referred_to_behzisti"):
        world.referred_to_behzisti(someone)
    if family.get("referred_to_committee"):
        world.referred_to_committee(someone)
    order = family.get("judicial_order")
    if order:
        world.by_judicial_order(someone, **({} if order == "number and date" else {"judicial_order_date": None}))
    if family.get("association") == "applied":
        world.applied(prisoner)
    elif family.get("association") == "supported":
        world.in_association(prisoner)


def _programme(name: str, parameters: dict[str, list[dict[str, Any]]]) -> Programme:
    programme = PROGRAMMES[name].model_dump(by_alias=True)
    for parameter, values in parameters.items():
        programme["parameters"][parameter]["values"] = [{"reference": "a case", **value} for value in values]
    return Programme.model_validate(programme)


@pytest.mark.parametrize(("programme", "usual", "case"), CASES)
def test_case(programme: str, usual: dict[str, Any], case: dict[str, Any]) -> None:
    as_of = _day(case.get("as_of")) or AS_OF
    world, person, household = a_world(usual | case.get("but", {}), as_of)
    rules = {programme: _programme(programme, case.get("parameters", {}))}
    screened = screen(world.accepted(), world.linked(), agencies(), rules, as_of=as_of)
    is_household = rules[programme].unit == "household"

    def own(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["household_id"] == household] if is_household else frame[frame["person_id"] == person]

    decisions, criteria = own(screened.decisions), own(screened.criteria)
    expected = case["expect"]
    if expected["decision"] is None:
        assert decisions.empty
        return
    assert decisions["decision"].tolist() == [expected["decision"]]
    assert sorted(criteria.loc[criteria["outcome"] == "not_met", "criterion"]) == sorted(expected.get("not_met", []))
    assert sorted(criteria.loc[criteria["outcome"] == "unknown", "criterion"]) == sorted(expected.get("unknown", []))
    assert set(criteria["criterion"]) == set(rules[programme].criteria)
    if "parameter_from" in expected:
        used = criteria.loc[criteria["parameter"].notna(), "parameter_from"]
        assert [str(day.date()) for day in used] == [expected["parameter_from"]]


@pytest.mark.parametrize("programme", sorted(RULES))
def test_every_criterion_is_seen_failing_or_unknown(programme: str) -> None:
    """A case file that never shows a criterion not met or unknown does not test it."""
    shown = {
        criterion
        for case in FILES[programme]["cases"]
        for outcome in ("not_met", "unknown")
        for criterion in case["expect"].get(outcome, [])
    }
    never_anything_else = {"is_prisoners_child"}  # only children are units
    assert shown >= set(PROGRAMMES[programme].criteria) - never_anything_else


def test_every_programme_has_its_logic_its_words_and_its_cases() -> None:
    assert set(PROGRAMMES) == set(RULES) == {file["programme"] for file in FILES.values() if "usual" in file}
    assert {name: set(programme.criteria) for name, programme in PROGRAMMES.items()} == {
        name: set(rules) for name, rules in RULES.items()
    }


def test_a_day_before_the_first_value_is_an_error_not_a_default() -> None:
    world, _, _ = a_world(FILES["relief_committee_household"]["usual"], dt.date(2000, 1, 1))
    with pytest.raises(Refusal, match="begins on 2011-03-21"):
        screen(world.accepted(), world.linked(), agencies(), PROGRAMMES, as_of=dt.date(2000, 1, 1))


def test_what_if_changes_one_parameter_and_nothing_else() -> None:
    changed = PROGRAMMES["relief_committee_household"].with_parameter("decile_limit", 5)
    assert changed.in_force_on(AS_OF)["decile_limit"].value == 5
    assert PROGRAMMES["relief_committee_household"].in_force_on(AS_OF)["decile_limit"].value == 3
