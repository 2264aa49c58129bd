"""Relief Committee: needy household of a prisoner (``expectations/programmes/relief_committee_household.yml``)."""

from __future__ import annotations

import pandas as pd

from palayesh.eligibility import criteria
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement, labelled, text


def has_family_at_home(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes with a resident besides the prisoners; no with none when every prisoner is single; otherwise unknown."""
    at_home = units["resident_count"] > 0
    outcome = at_home.astype("boolean").mask(~at_home & ~units["all_prisoners_single"])
    return Judgement(outcome, labelled("residents", units["resident_count"]))


def is_referred(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes on the prison's list to the Committee; off the list it is a question to the prison, not a refusal."""
    on_list = units["is_on_relief_referral"]
    value = labelled("letter_date", units["relief_letter_date"]).fillna("on the list").where(on_list)
    return Judgement(on_list.astype("boolean").mask(~on_list), text(value))


def is_in_need(units: pd.DataFrame, in_force: InForce) -> Judgement:
    """The latest review decides; where it is silent, a social worker's opinion with its reason; else the decile."""
    by_decile = criteria.decile_is_within(units, in_force, "decile_limit")
    opinion, result = units["review_opinion"], units["review_result"]
    gave_opinion = opinion.isin(("confirmed", "rejected"))
    decided = result.isin(("eligible", "not_eligible"))
    outcome = by_decile.outcome.mask(gave_opinion, (opinion == "confirmed").astype("boolean"))
    outcome = outcome.mask(decided, (result == "eligible").astype("boolean"))
    value = by_decile.value.mask(gave_opinion, labelled("social_worker_opinion", opinion))
    return Judgement(outcome, value.mask(decided, labelled("screening_result", result)), "decile_limit")


CRITERIA: dict[str, CriterionRule] = {
    "has_prisoner_in_custody": criteria.has_prisoner_in_custody,
    "has_family_at_home": has_family_at_home,
    "lives_in_province": criteria.lives_in_province,
    "is_referred": is_referred,
    "is_in_need": is_in_need,
}
