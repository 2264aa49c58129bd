"""Two independent readings of every definition agree: the stages' figures, fed clean lists and perfect linkage, and the
truth of the synthetic province, which shares no code with them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from palayesh.adapters.rules import load_policies, load_programmes
from palayesh.coverage import describe_figures, summarise
from palayesh.eligibility import screen
from palayesh.eligibility.facts import most_frequent
from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, lists, standardised, truth
from palayesh.synthetic.world import World
from tests.builders import LISTS, agencies

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
MONTH = ReportingMonth(1404, 2)
TELLING = ("prisons/behzisti_referral", "prisons/relief_referral", "behzisti/caseload", "relief_committee/caseload")
"""Lists that tell a relation; an Association list only names a head."""


def perfectly_linked(tables: dict[str, pd.DataFrame], world: World) -> SimpleNamespace:
    """What linkage would hand on had it recognised everybody, and known no more than the lists tell."""
    household_of = world.persons.set_index("person")["household"]
    mentions = []
    for list_key, table in tables.items():
        for role in lists.IDENTITIES:
            named = table[table[f"_{role}"] >= 0]
            person = named[f"_{role}"]
            mentions.append(
                pd.DataFrame(
                    {
                        "record_id": named["record_id"],
                        "list_key": list_key,
                        "role": role,
                        "person_id": person,
                        "household_id": person.map(household_of),
                        "county": named.get("county", None),
                        "tells_relation": list_key in TELLING and role == "subject",
                    }
                )
            )
    mentions = pd.concat(mentions, ignore_index=True)
    in_list = mentions[~mentions["list_key"].isin(["prisons/custody"])]
    county = most_frequent(in_list, by="household_id", value="county")
    persons = world.persons[world.persons["person"].isin(mentions["person_id"])]
    told = persons["person"].isin(mentions.loc[mentions["tells_relation"], "person_id"]) | persons["is_prisoner"]
    members = pd.DataFrame(
        {
            "household_id": persons["household"].astype("str"),
            "person_id": persons["person"].astype("str"),
            "relation": persons["relation"].astype("str").where(told, "other"),
            "is_prisoner": persons["is_prisoner"],
            "is_resident": ~persons["is_prisoner"],
            "sex": persons["is_female"].map({True: "female", False: "male"}).astype("str"),
            "birth_date": persons["birth_date"].astype("datetime64[s]"),
            "birth_year": pd.Series(pd.NA, index=persons.index, dtype="Int64"),
        }
    )
    households = pd.Series(sorted(members["household_id"].unique(), key=int), dtype="str")
    known = households.astype("int64").map(county)
    is_code = known.str.fullmatch(r"08\d\d").fillna(False).astype("bool")
    return SimpleNamespace(
        linked_mentions=mentions.astype({"person_id": "str", "household_id": "str"}),
        linked_persons=members[["person_id", "sex", "birth_date", "birth_year"]],
        linked_households=pd.DataFrame(
            {"household_id": households, "county": known.where(is_code | known.isna(), "outside").astype("str")}
        ),
        household_members=members[["household_id", "person_id", "relation", "is_prisoner", "is_resident"]],
    )


@pytest.mark.parametrize(("profile", "seed", "scale"), [("reference", 1, 1.0), ("random", 7, 0.5), ("random", 20, 0.5)])
def test_every_figure_is_the_truth(profile: str, seed: int, scale: float) -> None:
    world = founding.build(MONTH, seed, profile, scale)
    tables = standardised(lists.typed_lists(world))
    assert set(tables) == set(LISTS)
    linked = perfectly_linked(tables, world)
    as_of = MONTH.last_day
    screened = screen(tables, linked, agencies(), load_programmes(EXPECTATIONS), as_of=as_of)
    policies = load_policies(EXPECTATIONS)
    summary = summarise(screened.facts, screened.decisions, screened.criteria, policies, as_of=as_of)
    ours = {
        figure["key"]: {
            "value": figure["value"],
            "unit": figure["unit"],
            "parts": {part["part"]: part["value"] for part in figure["parts"]},
        }
        for figure in describe_figures(summary.figures, policies.figures, {})
    }
    true = truth.count(world).figures
    assert set(ours) == set(true)
    for key, expected in true.items():
        got = ours[key]
        # A pair of agencies that nobody has may be left out or be 0.
        parts = {part: value for part, value in got["parts"].items() if value or part in expected["parts"]}
        zero = {part: value for part, value in expected["parts"].items() if value or part in parts}
        assert {**got, "parts": parts} == {**expected, "parts": zero}, key
