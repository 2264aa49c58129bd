"""The Association's waiting list: published order, stable, every place in it with its reasons."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.family_facts import FamilyFacts
from palayesh.parameters import PROGRAMME_WITH_CEILING, Parameter

CRITERIA = ("residents_under_18", "decile", "application_date", "member_no")
COLUMNS = [
    "rank", "household_id", "person_id", "record_id", *CRITERIA, "decision", "gets_place", "reason", "order_from",
]  # fmt: skip


def covered_prisoners(facts: FamilyFacts) -> pd.Series:
    """Ids of the distinct prisoners in active cover of the Association, sorted."""
    services = facts.services
    active = services[services["is_active"] & (services["role"] == "association_support")]
    return active["person_id"].dropna().drop_duplicates().sort_values(ignore_index=True)


def free_places(capacity: int, covered: int) -> int:
    """What the ceiling leaves: never below zero, when more are covered than it allows."""
    return max(0, capacity - covered)


def rank_waiting_list(
    facts: FamilyFacts, decisions: pd.DataFrame, order: Parameter, *, places: int, as_of: dt.date
) -> pd.DataFrame:
    """Applicants in the published order; free places go down the list to those decided ``eligible``.

    An applicant is a prisoner with an application under review and no active cover whose family was not found outside
    the conditions. Two applications of one prisoner are one, the earlier. ``reason``: ``place``, ``no_free_place`` or
    ``needs_information`` (keeps the rank; the place is not lost, it is offered once the question is answered).
    """
    version = order.version_on(as_of)
    applications = facts.applications[facts.applications["status"] == "under_review"]
    applications = applications[~applications["person_id"].isin(covered_prisoners(facts))]
    applications = applications.sort_values(["application_date", "member_no", "record_id"], na_position="last")
    waiting = applications.drop_duplicates("person_id").merge(
        facts.households[["household_id", "residents_under_18", "decile"]], on="household_id", how="left"
    )
    family = decisions[decisions["programme"] == PROGRAMME_WITH_CEILING][["household_id", "decision"]]
    waiting = waiting.merge(family, on="household_id", how="left", validate="many_to_one")
    waiting["decision"] = waiting["decision"].fillna("needs_information")
    waiting = waiting[waiting["decision"] != "not_eligible"]
    waiting = _sorted_by(waiting, version.value)
    waiting["rank"] = pd.array(range(1, len(waiting) + 1), dtype="Int64")
    eligible = waiting["decision"] == "eligible"
    waiting["gets_place"] = eligible & (eligible.cumsum() <= places)
    reason = pd.Series("no_free_place", index=waiting.index, dtype="str").mask(~eligible, "needs_information")
    waiting["reason"] = reason.mask(waiting["gets_place"], "place")
    waiting["order_from"] = pd.Series(pd.Timestamp(version.from_), index=waiting.index, dtype="datetime64[s]")
    return waiting[COLUMNS]


def _sorted_by(waiting: pd.DataFrame, order: list[dict[str, str]]) -> pd.DataFrame:
    """Rows in the order of the dated parameter, unknown values last; the record settles what is still equal."""
    keys = pd.DataFrame(index=waiting.index)
    for position, step in enumerate(order):
        criterion = step["criterion"]
        if criterion not in CRITERIA:
            raise ValueError(f"the waiting list cannot be ordered by «{criterion}»; known are {', '.join(CRITERIA)}")
        values = _number_before_text(waiting[criterion]) if criterion == "member_no" else waiting[criterion]
        ranks = values.rank(method="dense", ascending=step["first"] != "more", na_option="keep")
        keys[str(position)] = ranks.astype("float64").fillna(float("inf"))
    keys["record_id"] = waiting["record_id"]
    return waiting.loc[keys.sort_values(list(keys.columns), kind="stable").index].reset_index(drop=True)


def _number_before_text(values: pd.Series) -> pd.Series:
    """Member numbers in their natural order: 9 before 10, and as text where they are no numbers."""
    width = int(values.str.len().max()) if values.notna().any() else 0
    return values.str.rjust(width, "0")
