"""The matrix of double cover, case by case as in ``overlap.yml``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from palayesh.adapters.rules import load_policies
from palayesh.coverage.overlap import find_overlaps, overlap_counts
from palayesh.eligibility import build_facts
from tests.builders import AS_OF, L9, World, agencies

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "overlap.yml").read_text(encoding="utf-8"))["cases"]
POLICY = load_policies(HERE.parents[1] / "expectations").overlap


def a_world(services: list[dict[str, Any]]) -> World:
    world = World()
    family = world.a_family(children=1)
    people = {"wife": family.wife, "child": family.children[0], "prisoner": family.prisoner}
    for service in services:
        columns = {key: value for key, value in service.items() if key not in ("who", "from", "judicial")}
        for day in ("service_start", "service_end"):
            if day in columns:
                columns[day] = dt.date.fromisoformat(columns[day])
        person = people[service["who"]]
        if service["from"] == "behzisti":
            if service.get("judicial") == "number only":
                columns["judicial_order_no"] = "1404/17"
            add = world.by_judicial_order if service.get("judicial") is True else world.in_behzisti_service
            add(person, **columns)
        elif service["from"] == "committee":
            world.in_committee_service(person, **columns)
        elif service["from"] == "association":
            world.in_association(person, **columns)
        else:
            world.a_row(L9, person, service_start=dt.date(2025, 1, 1))
    return world


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    world = a_world(case["services"])
    facts = build_facts(world.accepted(), world.linked(), agencies(), as_of=AS_OF)
    overlaps = find_overlaps(facts, POLICY, as_of=AS_OF)
    counted = overlaps[overlaps["is_counted"]]
    expected = case["expect"]
    if expected["kind"] in ("none", "shown"):
        assert counted.empty
        assert overlaps["kind"].tolist() == ([] if expected["kind"] == "none" else ["shown"])
    else:
        assert counted[["kind", "pair"]].values.tolist() == [[expected["kind"], expected["pair"]]]
        assert overlap_counts(overlaps).query("kind != 'shown'")["value"].tolist() == [1]


def test_the_limit_in_months_is_a_dated_parameter() -> None:
    world = a_world(
        [
            {"who": "prisoner", "from": "association", "service_start": "2025-01-01"},
            {"who": "wife", "from": "committee", "service_start": "2025-01-01"},
        ]
    )
    facts = build_facts(world.accepted(), world.linked(), agencies(), as_of=AS_OF)
    shorter = POLICY.model_copy(
        update={"parameters": {"bridging_months": POLICY.parameters["bridging_months"].with_value(3)}}
    )
    assert find_overlaps(facts, POLICY, as_of=AS_OF)["kind"].tolist() == ["shown"]
    found = find_overlaps(facts, shorter, as_of=AS_OF)
    assert found[["kind", "parameter"]].values.tolist() == [["notice", "bridging_months"]]
    assert found["since"].dt.date.tolist() == [dt.date(2025, 1, 1)]
