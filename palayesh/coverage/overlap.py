"""Double cover: each household by the gravest pair of services that the policy names; the rest is only shown."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.elapsed import has_lasted_longer_than
from palayesh.family_facts import FamilyFacts
from palayesh.parameters import OverlapPolicy, OverlapRule, ServiceSelector

CONFLICT, NOTICE, SHOWN = "conflict", "notice", "shown"
COLUMNS = ["household_id", "pair", "kind", "rule", "since", "parameter", "parameter_from", "is_counted"]


def find_overlaps(facts: FamilyFacts, policy: OverlapPolicy, *, as_of: dt.date) -> pd.DataFrame:
    """One row per household and pair of agencies active in it at once, with the gravest that the policy says of them.

    ``kind`` is ``conflict``, ``notice`` or ``shown``; ``rule`` numbers the policy's rule (absent when shown); ``since``
    is the day from which both lasted; ``is_counted`` marks the one pair by which the household is counted. Ordered by
    household, then gravity, then the policy's order of rules.
    """
    active = facts.services[facts.services["is_active"]]
    found = [_apply(rule, number, active, policy, as_of) for number, rule in enumerate(policy.rules, start=1)]
    together = pd.concat([*found, _together_in_a_household(active)], ignore_index=True)
    together["gravity"] = together["kind"].map({CONFLICT: 0, NOTICE: 1, SHOWN: 2}).astype("int64")
    together = together.sort_values(["household_id", "gravity", "rule", "pair"], kind="stable")
    together = together.drop_duplicates(["household_id", "pair"])
    is_gravest = ~together["household_id"].duplicated()
    together["is_counted"] = is_gravest & (together["kind"] != SHOWN)
    return together[COLUMNS].reset_index(drop=True)


def overlap_counts(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Households per pair of agencies and kind, each household once by its gravest pair; shown pairs beside them."""
    counted = overlaps[overlaps["is_counted"] | (overlaps["kind"] == SHOWN)]
    counts = counted.groupby(["pair", "kind"], sort=True).size().rename("value").reset_index()
    agencies = counts["pair"].str.split("+", n=1, expand=True).reindex(columns=[0, 1])
    return pd.DataFrame(
        {
            "agency_a": agencies[0].astype("str"),
            "agency_b": agencies[1].astype("str"),
            "kind": counts["kind"].astype("str"),
            "value": counts["value"].astype("Int64"),
        }
    )


def _apply(rule: OverlapRule, number: int, active: pd.DataFrame, policy: OverlapPolicy, as_of: dt.date) -> pd.DataFrame:
    first, second = _selected(active, rule.first), _selected(active, rule.second)
    by = ["household_id", "person_id"] if rule.same == "person" else ["household_id"]
    starts = pd.concat(
        [first.groupby(by)["start"].min().rename("first"), second.groupby(by)["start"].min().rename("second")],
        axis="columns",
        join="inner",
    )
    since = starts.max(axis="columns").groupby(level="household_id").min()
    if rule.same == "household_other_person":
        people = pd.concat([first, second])[["household_id", "person_id"]].drop_duplicates()
        persons = people.groupby("household_id").size()
        since = since[since.index.isin(persons.index[persons > 1])]
    hits = pd.DataFrame({"since": since.astype("datetime64[s]")}).rename_axis("household_id").reset_index()
    hits["parameter"] = pd.Series(rule.longer_than, index=hits.index, dtype="str")
    hits["parameter_from"] = pd.Series(pd.NaT, index=hits.index, dtype="datetime64[s]")
    if rule.longer_than:
        limit = policy.parameters[rule.longer_than].version_on(as_of)
        hits["parameter_from"] = pd.Series(pd.Timestamp(limit.from_), index=hits.index, dtype="datetime64[s]")
        has_passed = has_lasted_longer_than(int(limit.value), start=hits["since"], end=as_of)
        hits = hits[has_passed.fillna(False).astype("bool")]
    return hits.assign(pair=rule.pair, kind=rule.result, rule=number).astype({"rule": "Int64"})


def _selected(active: pd.DataFrame, selector: ServiceSelector) -> pd.DataFrame:
    hit = active["role"] == selector.role
    if selector.kind is not None:
        hit &= active["kind"] == selector.kind
    if selector.cause is not None:
        hit &= active["cause"] == selector.cause
    if selector.is_judicial_order is not None:
        hit &= active["is_judicial_order"] == selector.is_judicial_order
    return active[hit]


def _together_in_a_household(active: pd.DataFrame) -> pd.DataFrame:
    """Every two agencies that serve one household at once, whatever the services are."""
    begun = active.groupby(["household_id", "agency"])["start"].min().rename("start").reset_index()
    pairs = begun.merge(begun, on="household_id", suffixes=("", "_b"))
    pairs = pairs[pairs["agency"] < pairs["agency_b"]]
    since = pairs[["start", "start_b"]].max(axis="columns")
    return pd.DataFrame(
        {
            "household_id": pairs["household_id"],
            "since": since.astype("datetime64[s]"),
            "parameter": pd.Series(None, index=pairs.index, dtype="str"),
            "parameter_from": pd.Series(pd.NaT, index=pairs.index, dtype="datetime64[s]"),
            "pair": pairs["agency"] + "+" + pairs["agency_b"],
            "kind": pd.Series(SHOWN, index=pairs.index, dtype="str"),
            "rule": pd.Series(pd.NA, index=pairs.index, dtype="Int64"),
        }
    )
