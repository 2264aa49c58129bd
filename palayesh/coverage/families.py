"""Known families, each in one part: covered, else eligible, else in need of an answer, else not eligible."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from palayesh.distinct import is_among
from palayesh.family_facts import COUNTING_ROLES, FamilyFacts

COVERED, ELIGIBLE, UNKNOWN, NOT_ELIGIBLE = "covered", "eligible_uncovered", "needs_information", "not_eligible"
PARTITION = (COVERED, ELIGIBLE, UNKNOWN, NOT_ELIGIBLE)


def is_known(households: pd.DataFrame) -> pd.Series:
    """Families with a prisoner in custody that do not live outside the province (unknown residence is inside)."""
    held = households["has_prisoner_in_custody"].fillna(False).astype("bool")
    return held & households["lives_in_province"].fillna(True).astype("bool")


def is_released(households: pd.DataFrame) -> pd.Series:
    """Families inside the province whose prisoners have all been released."""
    return households["is_released"] & households["lives_in_province"].fillna(True).astype("bool")


def active_cover(facts: FamilyFacts) -> pd.DataFrame:
    """Active services of the counting agencies, whatever their kind or cause."""
    services = facts.services
    return services[services["is_active"] & services["role"].isin(COUNTING_ROLES)]


def counting_agencies(facts: FamilyFacts) -> list[str]:
    """Agencies whose support list arrived and counts as cover, in alphabetical order."""
    received = facts.received
    return sorted(set(received.loc[received["role"].isin(COUNTING_ROLES), "agency"]))


def states(households: pd.Series, covered: pd.Series, decisions: pd.DataFrame) -> pd.Series:
    """The part of the partition in which each household lies, given who is covered and which decisions speak of it."""
    eligible = decisions.loc[decisions["decision"] == "eligible", "household_id"]
    asked = decisions.loc[decisions["decision"] == "needs_information", "household_id"]
    state = pd.Series(NOT_ELIGIBLE, index=households.index, dtype="str")
    state = state.mask(is_among(households, asked), UNKNOWN).mask(is_among(households, eligible), ELIGIBLE)
    return state.mask(is_among(households, covered), COVERED)


def partition(facts: FamilyFacts, decisions: pd.DataFrame, programme_roles: Mapping[str, str]) -> pd.DataFrame:
    """One row per known family: ``household_id``, ``county`` (or ``unknown``), ``state`` and one state per agency.

    The column ``state`` speaks of all counting agencies together; ``state:<agency>`` of that agency's cover and of the
    programmes it runs.
    """
    known = facts.households[is_known(facts.households)].reset_index(drop=True)
    families = pd.DataFrame({"household_id": known["household_id"], "county": known["county"].fillna("unknown")})
    cover = active_cover(facts)
    families["state"] = states(families["household_id"], cover["household_id"], decisions)
    role_of_decision = decisions["programme"].map(dict(programme_roles))
    for agency in counting_agencies(facts):
        roles = facts.received.loc[facts.received["agency"] == agency, "role"]
        own_cover = cover.loc[cover["agency"] == agency, "household_id"]
        own_decisions = decisions[role_of_decision.isin(roles)]
        families[f"state:{agency}"] = states(families["household_id"], own_cover, own_decisions)
    return families
