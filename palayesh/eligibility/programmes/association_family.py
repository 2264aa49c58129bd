"""Prisoners' Support Association: a prisoner's family (``expectations/programmes/association_family.yml``)."""

from __future__ import annotations

import pandas as pd

from palayesh.eligibility import criteria
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement, labelled


def prisoner_is_married(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes if a prisoner is listed as married or has a wife, husband or child at home; no if known to be unmarried."""
    married = (units["marital_status"] == "married") | units["has_spouse_or_child"]
    unmarried = units["marital_status"] == "unmarried"
    outcome = married.astype("boolean").mask(~married & ~unmarried)
    value = labelled("marital_status", units["marital_status"])
    return Judgement(outcome, value.mask(units["has_spouse_or_child"], "spouse or child known"))


def has_applied(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes on either of the Association's lists; a family on neither is to be asked, not refused."""
    applied = units["has_applied"]
    value = labelled("application_date", units["application_date"]).fillna("on a list").where(applied)
    return Judgement(applied.astype("boolean").mask(~applied), value)


CRITERIA: dict[str, CriterionRule] = {
    "has_prisoner_in_custody": criteria.has_prisoner_in_custody,
    "prisoner_is_married": prisoner_is_married,
    "lives_in_province": criteria.lives_in_province,
    "has_applied": has_applied,
}
