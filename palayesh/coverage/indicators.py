"""The month's headline figures, one function each (contracts, section 4); never rows, always persons or households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from palayesh.coverage.families import PARTITION, is_known, is_released
from palayesh.coverage.overlap import CONFLICT, NOTICE
from palayesh.coverage.waiting_list import covered_prisoners, free_places
from palayesh.distinct import is_among
from palayesh.elapsed import is_younger_than
from palayesh.family_facts import FamilyFacts
from palayesh.parameters import FigureDefinition, OverlapPolicy

CHILD_AGE = 18
"""A referred child is under this many completed years on the letter's day (contracts, section 4)."""
PRISON_CAUSE = "breadwinner_imprisoned"
Values = dict[str, float | None]
"""A figure's value under ``""`` and its parts under their names."""


@dataclass(frozen=True)
class Month:
    """Everything a figure may be counted from."""

    facts: FamilyFacts
    families: pd.DataFrame
    decisions: pd.DataFrame
    criteria: pd.DataFrame
    overlaps: pd.DataFrame
    policy: OverlapPolicy
    waiting: pd.DataFrame
    capacity: int
    as_of: dt.date

    def households_on(self, role: str) -> pd.Series:
        """Distinct households on a referral list."""
        referrals = self.facts.referrals
        return referrals.loc[referrals["role"] == role, "household_id"].drop_duplicates()

    def active(self, role: str) -> pd.DataFrame:
        """Active services of the lists with this role."""
        services = self.facts.services
        return services[services["is_active"] & (services["role"] == role)]

    def wives(self) -> pd.DataFrame:
        """Persons known to be a prisoner's wife."""
        persons = self.facts.persons
        return persons[persons["is_prisoners_wife"].fillna(False).astype("bool")]


def referred_households(month: Month) -> Values:
    """S1: distinct households on the referral list, by who is in prison."""
    referred = month.households_on("behzisti_referral")
    households = month.facts.households
    who = households.loc[is_among(households["household_id"], referred), "imprisoned_members"]
    return {"": len(referred), **{part: int((who == part).sum()) for part in ("husband", "wife", "both")}}


def _newly_covered(month: Month) -> pd.Series:
    """Wives of referred households who applied, were found eligible, and whose cover began after the letter."""
    services = month.active("behzisti_support").merge(
        month.facts.households[["household_id", "behzisti_letter_date"]], on="household_id", how="left"
    )
    wives = month.wives()
    hit = (
        services["application_date"].notna()
        & (services["screening_result"] == "eligible")
        & (services["start"] > services["behzisti_letter_date"])
        & is_among(services["household_id"], month.households_on("behzisti_referral"))
        & is_among(services["person_id"], wives["person_id"])
    )
    return services.loc[hit, "person_id"].drop_duplicates()


def newly_covered_spouses(month: Month) -> Values:
    """S2: the wives newly covered; the unit is the woman, however many rows she has."""
    return {"": len(_newly_covered(month))}


def children_by_judicial_order(month: Month) -> Values:
    """S3: children of the referred households in an active service by judicial order."""
    persons = month.facts.persons
    of_list = is_among(persons["household_id"], month.households_on("behzisti_referral"))
    children = persons.loc[persons["is_prisoners_child"] & of_list, "person_id"]
    services = month.active("behzisti_support")
    ordered = services.loc[services["is_judicial_order"], "person_id"]
    return {"": children[children.isin(ordered)].nunique()}


def continuous_support_spouses(month: Month) -> Values:
    """S4: wives of prisoners in custody in continuous support; those of them on the list, and newly covered."""
    persons, wives = month.facts.persons, month.wives()
    men_held = persons[(persons["sex"] != "female") & persons["in_custody"].fillna(False).astype("bool")]
    services = month.active("behzisti_support")
    continuous = services[(services["kind"] == "continuous") & ~services["is_judicial_order"]]
    supported = wives[
        is_among(wives["household_id"], men_held["household_id"])
        & is_among(wives["person_id"], continuous["person_id"])
    ]
    on_list = is_among(supported["household_id"], month.households_on("behzisti_referral"))
    return {
        "": supported["person_id"].nunique(),
        "on_referral_list": supported.loc[on_list, "person_id"].nunique(),
        "also_newly_covered": supported.loc[
            is_among(supported["person_id"], _newly_covered(month)), "person_id"
        ].nunique(),
    }


def days_to_first_service(month: Month) -> Values:
    """S5: days from the letter to each referred child's first service; those served before it are told apart."""
    children = _referred_children(month)
    services = month.facts.services
    services = services[(services["role"] == "behzisti_support") & services["start"].notna()]
    services = services.merge(children[["person_id", "letter_date"]], on="person_id")
    at_letter = (services["start"] <= services["letter_date"]) & (
        services["end"].isna() | (services["end"] > services["letter_date"])
    )
    already = children["person_id"].isin(services.loc[at_letter, "person_id"])
    waited = children[~already]
    later = services[(services["start"] > services["letter_date"]) & (services["start"] <= pd.Timestamp(month.as_of))]
    first = later.groupby("person_id")["start"].min().reindex(waited["person_id"]).set_axis(waited.index)
    days = (first - waited["letter_date"]).dt.days.dropna()
    return {
        "": float(days.median()) if len(days) else None,
        "worst": float(days.max()) if len(days) else None,
        "served": len(days),
        "without_service": len(waited) - len(days),
        "already_served": int(already.sum()),
    }


def _referred_children(month: Month) -> pd.DataFrame:
    """Children on the list themselves, under 18 on the letter's day; unknown birth is taken for a child."""
    persons = month.facts.persons
    children = persons[persons["is_prisoners_child"] & persons["is_on_behzisti_referral"]]
    letters = month.facts.households.set_index("household_id")["behzisti_letter_date"]
    children = children.assign(letter_date=children["household_id"].map(letters).astype("datetime64[s]"))
    children = children[children["letter_date"].notna()].sort_values("letter_date", kind="stable")
    children = children.drop_duplicates("person_id")
    young = is_younger_than(
        CHILD_AGE, birth_date=children["birth_date"], birth_year=children["birth_year"], day=children["letter_date"]
    )
    return children[young.fillna(True).astype("bool")]


def members_prisoner_elsewhere(month: Month) -> Values:
    """S6: covered persons of the province of whose prisoners one is held elsewhere and none here."""
    services = month.active("relief_support")
    covered = services.loc[services["cause"] == PRISON_CAUSE, ["person_id", "household_id"]]
    households = month.facts.households
    elsewhere = households["is_held_elsewhere"] & ~households["is_held_in_province"]
    inside = households["lives_in_province"].fillna(True).astype("bool")
    covered = covered[is_among(covered["household_id"], households.loc[elsewhere & inside, "household_id"])]
    persons = month.facts.persons
    covered = covered[~covered["person_id"].isin(persons.loc[persons["is_prisoner"], "person_id"])]
    return {"": covered["person_id"].nunique(), "households": covered["household_id"].nunique()}


def referred_persons(month: Month) -> Values:
    """S7: distinct persons on the Committee's referral list, and their households."""
    referrals = month.facts.referrals
    on_list = referrals[referrals["role"] == "relief_referral"]
    return {"": on_list["person_id"].nunique(), "households": on_list["household_id"].nunique()}


def covered_referred_households(month: Month) -> Values:
    """S8: households of that list in active cover because of prison; beside it, covered for another need only."""
    referred = month.households_on("relief_referral")
    services = month.active("relief_support")
    for_prison = is_among(referred, services.loc[services["cause"] == PRISON_CAUSE, "household_id"])
    for_any = is_among(referred, services["household_id"])
    return {"": int(for_prison.sum()), "other_need": int((for_any & ~for_prison).sum())}


def entitled_uncovered_households(month: Month) -> Values:
    """S9: households of that list in need, prisoner not released, at home in the province, in nobody's cover."""
    judged = month.criteria[month.criteria["criterion"] == "is_in_need"]
    if judged.empty and len(month.households_on("relief_referral")):
        return {"": None, "identified": None, "not_identified": None}
    in_need = judged.loc[judged["outcome"] == "met", "household_id"]
    services = month.facts.services[month.facts.services["is_active"]]
    is_cover = services["role"].isin(("relief_support", "association_support")) | (
        (services["role"] == "behzisti_support") & (services["kind"] == "continuous")
    )
    households = month.facts.households
    entitled = households[
        households["is_on_relief_referral"]
        & is_among(households["household_id"], in_need)
        & households["has_prisoner_in_custody"].fillna(True).astype("bool")
        & households["lives_in_province"].fillna(True).astype("bool")
        & ~is_among(households["household_id"], services.loc[is_cover, "household_id"])
    ]
    identified = int(entitled["has_committee_file"].sum())
    return {"": len(entitled), "identified": identified, "not_identified": len(entitled) - identified}


def association_prisoners(month: Month) -> Values:
    """S10: distinct prisoners in active cover, their families, and those of them who have been released."""
    covered = covered_prisoners(month.facts)
    services = month.active("association_support")
    persons = month.facts.persons
    released = persons.loc[persons["in_custody"].eq(False).fillna(False), "person_id"]
    return {
        "": len(covered),
        "families": services["household_id"].nunique(),
        "released": int(covered.isin(released).sum()),
    }


def association_capacity(month: Month) -> Values:
    """S11: the ceiling in force."""
    return {"": month.capacity}


def association_free_places(month: Month) -> Values:
    """What is left of the ceiling, how many wait, and how many are covered above it."""
    covered = len(covered_prisoners(month.facts))
    return {
        "": free_places(month.capacity, covered),
        "waiting": len(month.waiting),
        "over_capacity": free_places(covered, month.capacity),
    }


def _overlaps_of(kind: str) -> Callable[[Month], Values]:
    def count(month: Month) -> Values:
        counted = month.overlaps[month.overlaps["is_counted"] & (month.overlaps["kind"] == kind)]
        pairs = sorted({rule.pair for rule in month.policy.rules if rule.result == kind})
        return {"": len(counted), **{pair: int((counted["pair"] == pair).sum()) for pair in pairs}}

    return count


def families_known(month: Month) -> Values:
    """Known families; those whose prisoners are all released stand beside the figure."""
    households = month.facts.households
    return {"": int(is_known(households).sum()), "released": int(is_released(households).sum())}


def _families_in(state: str) -> Callable[[Month], Values]:
    return lambda month: {"": int((month.families["state"] == state).sum())}


FIGURES: Mapping[str, Callable[[Month], Values]] = {
    "behzisti.referred_households": referred_households,
    "behzisti.newly_covered_spouses": newly_covered_spouses,
    "behzisti.children_by_judicial_order": children_by_judicial_order,
    "behzisti.continuous_support_spouses": continuous_support_spouses,
    "behzisti.days_to_first_service": days_to_first_service,
    "relief_committee.members_prisoner_elsewhere": members_prisoner_elsewhere,
    "relief_committee.referred_persons": referred_persons,
    "relief_committee.covered_referred_households": covered_referred_households,
    "relief_committee.entitled_uncovered_households": entitled_uncovered_households,
    "association.covered_prisoners": association_prisoners,
    "association.capacity": association_capacity,
    "association.free_places": association_free_places,
    "overlap.conflicts": _overlaps_of(CONFLICT),
    "overlap.notices": _overlaps_of(NOTICE),
    "coverage.families_known": families_known,
    **{f"coverage.{state}": _families_in(state) for state in PARTITION},
}


def headline_figures(month: Month, definitions: Mapping[str, FigureDefinition]) -> pd.DataFrame:
    """``key``, ``part``, ``value``, ``unit`` by definition; absent where a needed list did not arrive."""
    received = set(month.facts.received["role"])
    rows = []
    for key, definition in definitions.items():
        values = FIGURES[key](month)
        for part in sorted({*values, *definition.parts} - {""}):
            values.setdefault(part, 0)
        can_say = set(definition.needs) <= received
        parts = [*definition.parts, *sorted(set(values) - set(definition.parts) - {""})]
        for part in ["", *parts]:
            declared = definition.parts.get(part)
            unit = declared.unit if declared is not None and declared.unit else definition.unit
            value = values[part] if can_say else None
            rows.append(
                {"key": key, "part": part, "value": float("nan") if value is None else float(value), "unit": unit}
            )
    frame = pd.DataFrame(rows, columns=["key", "part", "value", "unit"])
    return frame.astype({"key": "str", "part": "str", "value": "float64", "unit": "str"})
