"""Behzisti: a prisoner's wife, for a time the head (``expectations/programmes/behzisti_female_headed.yml``)."""

from __future__ import annotations

import pandas as pd

from palayesh.eligibility import criteria
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement, labelled


def has_insufficient_means(units: pd.DataFrame, in_force: InForce) -> Judgement:
    """What Behzisti's latest screening said; where it said neither yes nor no, the decile against the limit."""
    result = units["behzisti_screening_result"]
    by_decile = criteria.decile_is_within(units, in_force, "decile_limit")
    decided = result.isin(("eligible", "not_eligible"))
    outcome = by_decile.outcome.mask(decided, (result == "eligible").astype("boolean"))
    value = by_decile.value.mask(decided, labelled("screening_result", result))
    return Judgement(outcome, value, "decile_limit")


CRITERIA: dict[str, CriterionRule] = {
    "is_prisoners_wife": criteria.is_prisoners_wife,
    "has_prisoner_in_custody": criteria.has_prisoner_in_custody,
    "lives_in_province": criteria.lives_in_province,
    "has_insufficient_means": has_insufficient_means,
    "is_not_in_committee_continuous_support": criteria.is_not_in_committee_continuous_support,
}
