"""Behzisti: a prisoner's child by judicial order (``expectations/programmes/behzisti_child_judicial_order.yml``)."""

from __future__ import annotations

import pandas as pd

from palayesh.elapsed import age_in_years, is_younger_than
from palayesh.eligibility import criteria
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement, labelled, text


def is_prisoners_child(units: pd.DataFrame, _: InForce) -> Judgement:
    """Whether the person is a child of a prisoner of the household."""
    return Judgement(units["is_prisoners_child"].astype("boolean"), text(units["relation"]))


def is_under_age_limit(units: pd.DataFrame, in_force: InForce) -> Judgement:
    """Whether the child has not completed the age limit; a bare year of birth is unknown only where it leaves doubt."""
    limit = int(in_force["age_limit"].value)
    young = is_younger_than(limit, birth_date=units["birth_date"], birth_year=units["birth_year"], day=units["as_of"])
    age = labelled("age", age_in_years(units["birth_date"], units["as_of"]))
    return Judgement(young, age.fillna(labelled("birth_year", units["birth_year"])), "age_limit")


def is_referred_or_ordered(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes if the prison's social work referred the child or a court ordered the service; otherwise to be asked."""
    ordered, referred = units["has_judicial_order_service"], units["is_on_behzisti_referral"]
    outcome = (ordered | referred).astype("boolean").mask(~(ordered | referred))
    value = pd.Series(None, index=units.index, dtype="str").mask(referred, "referred").mask(ordered, "ordered")
    return Judgement(outcome, value)


CRITERIA: dict[str, CriterionRule] = {
    "is_prisoners_child": is_prisoners_child,
    "is_under_age_limit": is_under_age_limit,
    "has_prisoner_in_custody": criteria.has_prisoner_in_custody,
    "lives_in_province": criteria.lives_in_province,
    "is_referred_or_ordered": is_referred_or_ordered,
}
