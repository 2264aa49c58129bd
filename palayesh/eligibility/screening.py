"""Every person and household screened for every programme, on the rules in force on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from palayesh.declaration import Agency
from palayesh.distinct import is_among
from palayesh.eligibility.facts import build_facts
from palayesh.eligibility.judgement import CriterionRule, InForce, Judgement
from palayesh.eligibility.programmes import (
    association_family,
    behzisti_child_judicial_order,
    behzisti_continuous_support,
    behzisti_female_headed,
    relief_committee_household,
)
from palayesh.family_facts import HOME_PROVINCE, FamilyFacts, LinkedTables
from palayesh.findings import Finding, Refusal, Severity
from palayesh.parameters import NotInForce, Programme
from palayesh.persian_text import format_number

RULES: Mapping[str, Mapping[str, CriterionRule]] = MappingProxyType(
    {
        "behzisti_female_headed": behzisti_female_headed.CRITERIA,
        "behzisti_child_judicial_order": behzisti_child_judicial_order.CRITERIA,
        "behzisti_continuous_support": behzisti_continuous_support.CRITERIA,
        "relief_committee_household": relief_committee_household.CRITERIA,
        "association_family": association_family.CRITERIA,
    }
)
"""The logic of each programme; its words and numbers are in ``expectations/programmes/``."""
DECISION_COLUMNS = ["unit", "person_id", "household_id", "programme", "decision"]
CRITERIA_COLUMNS = [
    "household_id", "person_id", "programme", "criterion", "outcome", "value", "parameter", "parameter_from",
]  # fmt: skip


@dataclass(frozen=True)
class Screened:
    """``decisions`` and ``criteria`` as in contracts, section 4, ordered by programme, household, person; the facts."""

    decisions: pd.DataFrame
    criteria: pd.DataFrame
    facts: FamilyFacts
    findings: list[Finding]


def screen(
    accepted: Mapping[str, pd.DataFrame],
    linked: LinkedTables,
    agencies: Iterable[Agency],
    programmes: Mapping[str, Programme],
    *,
    as_of: dt.date,
    province: str = HOME_PROVINCE,
) -> Screened:
    """One decision per unit and programme, each with all its criteria: met, not met or unknown.

    A programme that has ended by ``as_of`` decides nothing and is told as a finding. Raises Refusal when a programme's
    rules and its file differ, or when ``as_of`` lies before the first date of a parameter.
    """
    facts = build_facts(accepted, linked, agencies, as_of=as_of, province=province)
    return screen_facts(facts, programmes, as_of=as_of)


def screen_facts(facts: FamilyFacts, programmes: Mapping[str, Programme], *, as_of: dt.date) -> Screened:
    """The decisions that follow from the facts; see ``screen``."""
    decisions, criteria = [], []
    findings = _unlinked_records(facts)
    units_by_kind = _units(facts, as_of)
    for name in sorted(programmes):
        programme = programmes[name]
        rules = _rules_of(programme)
        try:
            in_force = programme.in_force_on(as_of)
        except NotInForce as reason:
            if not reason.has_ended:
                raise Refusal(
                    "programme_not_yet_in_force",
                    f"برنامهٔ «{programme.title.fa}» برای این ماه مقدار معتبری ندارد؛ پروندهٔ برنامه را کامل کنید.",
                    f"Programme {name} cannot be screened: {reason} Add the earlier value to its file.",
                ) from reason
            findings.append(_ended(programme))
            continue
        decided, judged = _screen_programme(units_by_kind[programme.unit], name, rules, in_force)
        decisions.append(decided)
        criteria.append(judged)
    return Screened(
        decisions=_together(decisions, DECISION_COLUMNS),
        criteria=_together(criteria, CRITERIA_COLUMNS),
        facts=facts,
        findings=findings,
    )


def _rules_of(programme: Programme) -> Mapping[str, CriterionRule]:
    rules = RULES.get(programme.programme, {})
    if set(rules) != set(programme.criteria):
        differing = ", ".join(sorted(set(rules) ^ set(programme.criteria)))
        raise Refusal(
            "programme_rules_differ",
            f"معیارهای برنامهٔ «{programme.title.fa}» در پرونده و در برنامهٔ رایانه‌ای یکی نیست: {differing}",
            f"Programme {programme.programme}: the criteria in its file and in the code differ: {differing}",
        )
    return rules


def _units(facts: FamilyFacts, as_of: dt.date) -> dict[str, pd.DataFrame]:
    """The rows to be screened by kind of unit, with all household facts; ordered by household, then person."""
    households = facts.households
    persons = facts.persons.drop(columns=["custody_start", "marital_status", "prison_province", "in_custody"])
    persons = persons.merge(
        households.drop(columns=["is_on_behzisti_referral"]), on="household_id", how="left", validate="many_to_one"
    )
    active = facts.services[facts.services["is_active"]]
    committee = active[(active["role"] == "relief_support") & (active["kind"] == "continuous")]
    ordered = active[(active["role"] == "behzisti_support") & active["is_judicial_order"]]
    persons["has_committee_continuous_support"] = is_among(persons["person_id"], committee["person_id"])
    persons["has_judicial_order_service"] = is_among(persons["person_id"], ordered["person_id"])
    persons["as_of"] = pd.Series(pd.Timestamp(as_of), index=persons.index, dtype="datetime64[s]")
    may_be_wife = persons["is_prisoners_wife"].fillna(True).astype("bool")
    return {
        "wife": persons[may_be_wife].reset_index(drop=True),
        "child": persons[persons["is_prisoners_child"]].reset_index(drop=True),
        "household": households.assign(person_id=pd.Series(None, index=households.index, dtype="str")),
    }


def _screen_programme(
    units: pd.DataFrame, programme: str, rules: Mapping[str, CriterionRule], in_force: InForce
) -> tuple[pd.DataFrame, pd.DataFrame]:
    judged = {criterion: rule(units, in_force) for criterion, rule in rules.items()}
    outcomes = pd.DataFrame({criterion: answer.outcome.astype("boolean") for criterion, answer in judged.items()})
    is_person = units["person_id"].notna()
    decisions = pd.DataFrame(
        {
            "unit": pd.Series("household", index=units.index, dtype="str").mask(is_person, "person"),
            "person_id": units["person_id"],
            "household_id": units["household_id"],
            "programme": pd.Series(programme, index=units.index, dtype="str"),
            "decision": decide(outcomes),
        }
    )
    long = [_long(units, programme, name, answer, in_force) for name, answer in judged.items()]
    criteria = pd.concat(long).sort_index(kind="stable").reset_index(drop=True)
    return decisions, criteria


def decide(outcomes: pd.DataFrame) -> pd.Series:
    """The decision that the criteria (boolean columns) lead to, row by row."""
    failed, unknown = np.zeros(len(outcomes), dtype=bool), np.zeros(len(outcomes), dtype=bool)
    for criterion in outcomes:
        failed |= ~outcomes[criterion].fillna(True).to_numpy(dtype=bool)
        unknown |= outcomes[criterion].isna().to_numpy()
    # A failed criterion settles the matter even when another one is unknown.
    place = np.where(failed, 2, np.where(unknown, 1, 0))
    return _worded(("eligible", "needs_information", "not_eligible"), place, outcomes.index)


def _worded(words: Sequence[str], place: np.ndarray, index: pd.Index) -> pd.Series:
    """The word for each place."""
    return pd.Series(pd.array(words, dtype="str").take(place), index=index)


def _long(units: pd.DataFrame, programme: str, name: str, answer: Judgement, in_force: InForce) -> pd.DataFrame:
    met = answer.outcome.astype("boolean")
    place = met.astype("Int8").fillna(2).to_numpy(dtype=np.int64)
    outcome = _worded(("not_met", "met", "unknown"), place, units.index)
    since = pd.Timestamp(in_force[answer.parameter].from_) if answer.parameter else pd.NaT
    return pd.DataFrame(
        {
            "household_id": units["household_id"],
            "person_id": units["person_id"],
            "programme": pd.Series(programme, index=units.index, dtype="str"),
            "criterion": pd.Series(name, index=units.index, dtype="str"),
            "outcome": outcome,
            "value": answer.value.astype("str"),
            "parameter": pd.Series(answer.parameter, index=units.index, dtype="str"),
            "parameter_from": pd.Series(since, index=units.index, dtype="datetime64[s]"),
        }
    )


def _together(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame({column: pd.Series([], dtype="str") for column in columns})
    return pd.concat(frames, ignore_index=True)[columns]


def _ended(programme: Programme) -> Finding:
    return Finding(
        code="programme_has_ended",
        severity=Severity.WARN,
        count=1,
        sentence_fa=f"برنامهٔ «{programme.title.fa}» در این ماه دیگر برقرار نیست و کسی برای آن سنجیده نشد.",
        sentence_en=f"{programme.title.en} is no longer in force this month; nobody was screened for it.",
    )


def _unlinked_records(facts: FamilyFacts) -> list[Finding]:
    unlinked = facts.received.loc[facts.received["unlinked"] > 0, ["list_key", "unlinked"]]
    return [
        Finding(
            code="record_without_household",
            severity=Severity.WARN,
            count=count,
            sentence_fa=f"{format_number(count)} رکورد فهرست {list_key} به هیچ خانواری پیوند نخورد و در هیچ رقمی نیست.",
            sentence_en=f"{count} records of {list_key} belong to no linked household and are in no figure.",
        )
        for list_key, count in zip(unlinked["list_key"].tolist(), unlinked["unlinked"].tolist(), strict=True)
    ]
