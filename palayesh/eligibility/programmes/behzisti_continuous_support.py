"""Behzisti: continuous support of a prisoner's wife (``expectations/programmes/behzisti_continuous_support.yml``)."""

from __future__ import annotations

import pandas as pd

from palayesh.eligibility import criteria
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement


def is_within_continuous_decile(units: pd.DataFrame, in_force: InForce) -> Judgement:
    """Whether the household's decile is at most the limit for continuous support; unknown without a decile."""
    return criteria.decile_is_within(units, in_force, "continuous_decile_limit")


CRITERIA: dict[str, CriterionRule] = {
    "is_prisoners_wife": criteria.is_prisoners_wife,
    "has_prisoner_in_custody": criteria.has_prisoner_in_custody,
    "lives_in_province": criteria.lives_in_province,
    "is_within_continuous_decile": is_within_continuous_decile,
    "is_not_in_committee_continuous_support": criteria.is_not_in_committee_continuous_support,
}
