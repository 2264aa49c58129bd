"""Criteria that several programmes share, one function each, named as in contracts, section 4.

Each takes the programme's units (one row each, household facts beside them) and the parameters in force.
"""

from __future__ import annotations

import pandas as pd

from palayesh.eligibility.judgement import InForce, Judgement, labelled, text


def has_prisoner_in_custody(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes if a prisoner of the household is held (leave and electronic tag included), no if all are released."""
    held = units["has_prisoner_in_custody"]
    value = pd.Series("unknown", index=units.index, dtype="str")
    value = value.mask(held.fillna(False).astype("bool"), "held")
    return Judgement(held, value.mask(units["is_released"], "released"))


def lives_in_province(units: pd.DataFrame, _: InForce) -> Judgement:
    """Yes if the household's county is one of the province's, no if it is a place outside, unknown without a county."""
    return Judgement(units["lives_in_province"], text(units["county"]))


def is_prisoners_wife(units: pd.DataFrame, _: InForce) -> Judgement:
    """Whether she is the wife of a male prisoner of her household."""
    return Judgement(units["is_prisoners_wife"], text(units["relation"]))


def is_not_in_committee_continuous_support(units: pd.DataFrame, _: InForce) -> Judgement:
    """No if she herself has an active continuous service of the Committee, for whatever cause (1371 Act, art. 1)."""
    has = units["has_committee_continuous_support"]
    value = pd.Series("none", index=units.index, dtype="str").mask(has, "active")
    return Judgement((~has).astype("boolean"), value)


def decile_is_within(units: pd.DataFrame, in_force: InForce, parameter: str) -> Judgement:
    """Whether the household's income decile is at most the limit in force; unknown without a decile."""
    within = (units["decile"] <= in_force[parameter].value).astype("boolean")
    return Judgement(within, labelled("decile", units["decile"]), parameter)
