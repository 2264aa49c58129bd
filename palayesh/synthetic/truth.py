"""The true value of every headline figure, counted in the latent world.

Nothing of the pipeline is used here. The definitions are those of ``docs/contracts.md`` section 4, read once more and written
a second time; the dated parameters stand here as the values in force at the reference month.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic.world import World

ALL_CLASSES = ("covered", "eligible_uncovered", "needs_information", "not_eligible")
L1, L2 = "prisons/behzisti_referral", "prisons/relief_referral"
CUSTODY_STATES = ("in_custody", "on_leave", "electronic_tag")


@dataclass(frozen=True)
class Parameters:
    """What the rules leave to a date: limits, an age in years, months of bridging, the Association's ceiling in prisoners."""

    committee_decile_limit: int = 3
    behzisti_decile_limit: int = 7
    behzisti_continuous_decile_limit: int = 3
    child_age_limit_years: int = 18
    bridging_months: int = 6
    association_capacity: int = 1000


@dataclass(frozen=True)
class Truth:
    """``figures``: key → value, unit, parts. ``households``: household, county, class, in_custody. ``coverage``: county × class, counts."""

    figures: dict[str, dict[str, object]]
    households: pd.DataFrame
    coverage: pd.DataFrame
    parameters: dict[str, int]


def count(world: World, parameters: Parameters | None = None) -> Truth:
    """Every headline figure of the world's month and the coverage class of every household that a list names."""
    rules = parameters or Parameters()
    facts = _facts(world, rules)
    figures = (
        _behzisti(world, facts, rules)
        | _relief_committee(world, facts)
        | _association(world, facts, rules)
        | _overlap(world, facts, rules)
        | _coverage(facts)
    )
    known = facts.households
    counted = known[known["is_known"]]
    coverage = counted.groupby(["county", "class"]).size().rename("households").reset_index()
    return Truth(
        figures=figures,
        households=known[["household", "county", "class", "custody", "is_known"]].reset_index(drop=True),
        coverage=coverage,
        parameters={k: int(v) for k, v in asdict(rules).items()},
    )


@dataclass(frozen=True)
class _Facts:
    """What the month's lists would say, were they without fault: persons named, households with everything the rules ask."""

    as_of: pd.Timestamp
    persons: pd.DataFrame
    prisoners: pd.DataFrame
    households: pd.DataFrame
    behzisti: pd.DataFrame
    committee: pd.DataFrame
    association: pd.DataFrame
    letters: pd.Series
    told: np.ndarray
    """Persons of whom a list says how they are related to the prisoner or the head (a mere name of a head does not)."""


def _active(table: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Begun, not ended, and (where a status is kept) active."""
    running = table["service_start"].le(as_of) & (table["service_end"].isna() | table["service_end"].gt(as_of))
    return running & table["status"].eq("active") if "status" in table else running


def _facts(world: World, rules: Parameters) -> _Facts:
    as_of = world.as_of
    behzisti = world.behzisti.assign(
        is_active=_active(world.behzisti, as_of),
        is_judicial=world.behzisti["judicial_order_no"].notna() & world.behzisti["judicial_order_date"].notna(),
    )
    committee = world.committee.assign(
        is_active=_active(world.committee, as_of), for_prison=world.committee["cause"].eq("breadwinner_imprisoned")
    )
    association = world.association.assign(is_active=_active(world.association, as_of))
    referrals = {key: world.referrals.loc[world.referrals["list_key"].eq(key)] for key in (L1, L2)}
    persons = world.persons
    named = _named(world, referrals, committee)
    persons = persons[persons["person"].isin(named)]

    prisoners = world.custody[world.custody["person"].isin(named)].copy()
    on_list = prisoners["on_list"]
    referred = prisoners["household"].isin(world.referrals["household"])
    told = committee[committee["for_prison"] & committee["prison_province"].ne("")].drop_duplicates("household")
    stated = prisoners["household"].map(told.set_index("household")["prison_province"])
    with_association = prisoners["person"].isin(association["person"]) | prisoners["person"].isin(
        world.applications["person"]
    )
    prisoners["custody"] = np.select(
        [
            on_list & prisoners["release_status"].isin(CUSTODY_STATES),
            on_list,
            referred | stated.notna() | with_association,
        ],
        ["yes", "no", "yes"],
        default="unknown",
    )
    prisoners["held_in"] = prisoners["place"].where(on_list, stated)
    prisoners = prisoners.merge(persons[["person", "is_female"]], on="person")

    households = world.households.set_index("household")
    present = np.sort(persons["household"].unique())
    table = households.loc[present, ["county_code"]].rename(columns={"county_code": "true_county"})
    with_county = set(world.referrals["household"]) | set(behzisti["household"]) | set(committee["household"])
    with_county |= (
        set(world.reviews["household"]) | set(association["household"]) | set(world.applications["household"])
    )
    table["county"] = table["true_county"].where(table.index.isin(list(with_county)), "unknown")
    table["lives_inside"] = _truth_value(~table["county"].eq("outside"), table["county"].eq("unknown"))

    by_household = prisoners.groupby("household")
    states = by_household["custody"].agg(
        lambda s: "yes" if "yes" in set(s) else "unknown" if "unknown" in set(s) else "no"
    )
    table["custody"] = states.reindex(table.index).fillna("none")
    table["l1"], table["l2"] = (
        table.index.isin(referrals[L1]["household"]),
        table.index.isin(referrals[L2]["household"]),
    )

    last_review = world.reviews.sort_values("screening_date", kind="stable").drop_duplicates("household", keep="last")
    last_review = last_review.set_index("household").reindex(table.index)
    file = committee.drop_duplicates("household").set_index("household").reindex(table.index)
    table["has_file"] = file["household_code"].notna()
    table["decile"] = last_review["decile"].astype("Float64").fillna(file["decile"].astype("Float64"))
    table["in_need"] = _in_need(last_review, table["decile"], rules.committee_decile_limit)

    active_committee, active_behzisti = committee[committee["is_active"]], behzisti[behzisti["is_active"]]
    active_association = association[association["is_active"]]
    table["committee_active"] = table.index.isin(active_committee["household"])
    table["committee_prison"] = table.index.isin(active_committee.loc[active_committee["for_prison"], "household"])
    table["behzisti_active"] = table.index.isin(active_behzisti["household"])
    table["behzisti_continuous"] = table.index.isin(
        active_behzisti.loc[active_behzisti["support_type"].eq("continuous"), "household"]
    )
    table["association_active"] = table.index.isin(active_association["household"])
    table["is_covered"] = table["committee_active"] | table["behzisti_active"] | table["association_active"]
    table["is_known"] = table["custody"].eq("yes") & ~table["county"].eq("outside")

    letters = referrals[L1].groupby("household")["letter_date"].min()
    of_referral = world.persons.loc[world.persons["household"].isin(world.referrals["household"]), "person"]
    told_of = np.unique(
        np.concatenate([of_referral.to_numpy(), behzisti["person"].to_numpy(), committee["person"].to_numpy()])
    )
    facts = _Facts(as_of, persons, prisoners, table.reset_index(), behzisti, committee, association, letters, told_of)
    return _with_classes(world, facts, rules)


def _named(world: World, referrals: dict[str, pd.DataFrame], committee: pd.DataFrame) -> np.ndarray:
    """Every person whom some list of the month names, as subject, prisoner or head."""
    persons = world.persons
    referred = persons.loc[persons["household"].isin(world.referrals["household"]), "person"]
    of_case = world.custody["household"].isin(world.behzisti["household"]) | world.custody["household"].isin(
        committee.loc[committee["for_prison"], "household"]
    )
    parts = [
        referred,
        world.custody.loc[world.custody["on_list"] | of_case, "person"],
        world.behzisti["person"],
        committee["person"],
        committee["head"],
        world.reviews["head"],
        world.association["person"],
        world.association["head"],
        world.applications["person"],
        world.applications["head"],
        world.charity["person"],
    ]
    return np.unique(np.concatenate([part.to_numpy() for part in parts]))


def _truth_value(holds: pd.Series, unknown: pd.Series) -> pd.Series:
    """1 yes, 0 no, missing unknown."""
    return holds.astype("Float64").mask(unknown.astype(bool))


def _in_need(review: pd.DataFrame, decile: pd.Series, limit: int) -> pd.Series:
    result = review["screening_result"]
    with_reason = review["reason"].notna()
    need = _truth_value(decile.le(limit).fillna(False), decile.isna())
    need = need.mask(review["opinion"].eq("confirmed") & with_reason, 1.0).mask(
        review["opinion"].eq("rejected") & with_reason, 0.0
    )
    return need.mask(result.eq("eligible"), 1.0).mask(result.eq("not_eligible"), 0.0)


def _decide(criteria: list[pd.Series]) -> pd.Series:
    """``eligible`` when all are yes, ``not_eligible`` when one is no, else ``needs_information``."""
    table = pd.concat([c.reset_index(drop=True) for c in criteria], axis=1)
    refused = table.eq(0).fillna(False).any(axis=1)
    accepted = table.eq(1).fillna(False).all(axis=1)
    return pd.Series(np.select([refused, accepted], ["not_eligible", "eligible"], default="needs_information"))


def _with_classes(world: World, facts: _Facts, rules: Parameters) -> _Facts:
    table = facts.households.set_index("household")
    custody = _truth_value(table["custody"].eq("yes"), table["custody"].isin(["unknown"]))
    persons = facts.persons
    residents = persons.loc[~persons["is_prisoner"]]
    told = residents["person"].isin(facts.told)
    related = residents.loc[residents["relation"].isin(["spouse", "child"]) & told, "household"]

    marital = facts.prisoners.assign(marital=facts.prisoners["marital_status"].where(facts.prisoners["on_list"]))
    is_married = marital["marital"].eq("married").groupby(marital["household"]).any().reindex(table.index).fillna(False)
    any_known = marital["marital"].notna().groupby(marital["household"]).any().reindex(table.index).fillna(False)
    all_single = marital["marital"].eq("single").groupby(marital["household"]).all().reindex(table.index).fillna(False)
    has_related = table.index.isin(related) | table.index.isin(
        persons.loc[
            persons["is_prisoner"]
            & persons["relation"].eq("prisoner")
            & persons["household"].isin(world.households.loc[world.households["kind"].eq("both"), "household"]),
            "household",
        ]
    )
    married = _truth_value(is_married | has_related, ~(is_married | has_related | any_known))
    at_home = table.index.isin(residents["household"])
    home = _truth_value(pd.Series(at_home, index=table.index), ~(pd.Series(at_home, index=table.index) | all_single))
    unknown_unless = {
        "l2": _truth_value(table["l2"], ~table["l2"]),
        "applied": _only_yes(
            table.index.isin(world.association["household"]) | table.index.isin(world.applications["household"]), table
        ),
    }
    committee = _decide([custody, home, table["lives_inside"], unknown_unless["l2"], table["in_need"]])
    association = _decide([custody, married, table["lives_inside"], unknown_unless["applied"]])
    decisions = [
        pd.DataFrame(
            {"household": table.index, "programme": "relief_committee_household", "decision": committee.to_numpy()}
        ),
        pd.DataFrame({"household": table.index, "programme": "association_family", "decision": association.to_numpy()}),
        *_person_decisions(facts, table, custody, rules),
    ]
    long = pd.concat(decisions, ignore_index=True)
    eligible = table.index.isin(long.loc[long["decision"].eq("eligible"), "household"])
    unsure = table.index.isin(long.loc[long["decision"].eq("needs_information"), "household"])
    table["association_decision"] = association.to_numpy()
    table["class"] = np.select(
        [table["custody"].eq("none"), table["is_covered"], eligible, unsure],
        ["", "covered", "eligible_uncovered", "needs_information"],
        default="not_eligible",
    )
    return _Facts(**{**vars(facts), "households": table.reset_index()})


def _only_yes(holds: np.ndarray, table: pd.DataFrame) -> pd.Series:
    series = pd.Series(holds, index=table.index)
    return _truth_value(series, ~series)


def _person_decisions(facts: _Facts, table: pd.DataFrame, custody: pd.Series, rules: Parameters) -> list[pd.DataFrame]:
    men = facts.prisoners.loc[~facts.prisoners["is_female"], "household"]
    wives = facts.persons[
        facts.persons["relation"].eq("spouse")
        & facts.persons["is_female"]
        & facts.persons["household"].isin(men)
        & facts.persons["person"].isin(facts.told)
    ]
    of = wives["household"]
    results = facts.behzisti[facts.behzisti["screening_result"].notna()].sort_values(
        ["application_date"], kind="stable"
    )
    result = wives["person"].map(results.drop_duplicates("person", keep="last").set_index("person")["screening_result"])
    decile = of.map(table["decile"])
    means = _truth_value(decile.le(rules.behzisti_decile_limit).fillna(False), decile.isna())
    means = means.mask(result.eq("eligible"), 1.0).mask(result.eq("not_eligible"), 0.0)
    within = _truth_value(decile.le(rules.behzisti_continuous_decile_limit).fillna(False), decile.isna())
    served = facts.committee[facts.committee["is_active"] & facts.committee["support_type"].eq("continuous")]
    not_served = (~wives["person"].isin(served["person"])).astype("Float64")
    lives, held = of.map(table["lives_inside"]), of.map(custody)
    parts = []
    for programme, last in (("behzisti_female_headed", means), ("behzisti_continuous_support", within)):
        decision = _decide([held, lives, last, not_served])
        parts.append(
            pd.DataFrame({"household": of.to_numpy(), "programme": programme, "decision": decision.to_numpy()})
        )

    children = facts.persons[
        facts.persons["relation"].eq("child") & facts.persons["household"].isin(facts.prisoners["household"])
    ]
    of = children["household"]
    young = _is_under(children["birth_date"], facts.as_of, rules.child_age_limit_years).astype("Float64")
    ordered = facts.behzisti.loc[facts.behzisti["is_active"] & facts.behzisti["is_judicial"], "person"]
    referred = children["person"].isin(ordered) | of.map(table["l1"])
    decision = _decide([young, of.map(custody), of.map(table["lives_inside"]), _truth_value(referred, ~referred)])
    parts.append(
        pd.DataFrame(
            {"household": of.to_numpy(), "programme": "behzisti_child_judicial_order", "decision": decision.to_numpy()}
        )
    )
    return parts


def _is_under(births: pd.Series, day: pd.Timestamp | pd.Series, years: int) -> pd.Series:
    """Whether so many Solar Hijri years have not yet passed since the birth."""
    distinct = pd.Series(births.unique())
    come_of_age = dict(zip(distinct, (_years_later(b.date(), years) for b in distinct), strict=True))
    return births.map(come_of_age).gt(day)


def _years_later(day: dt.date, years: int) -> pd.Timestamp:
    jalali = JalaliDate(day)
    if jalali.month == 12 and jalali.day == 30:
        return pd.Timestamp(JalaliDate(jalali.year + years + 1, 1, 1).to_gregorian())
    return pd.Timestamp(JalaliDate(jalali.year + years, jalali.month, jalali.day).to_gregorian())


def _months_later(day: dt.date, months: int) -> pd.Timestamp:
    jalali = JalaliDate(day)
    later = ReportingMonth(jalali.year, jalali.month).plus(months)
    return pd.Timestamp(
        min(JalaliDate(later.year, later.month, 1).to_gregorian() + dt.timedelta(days=jalali.day - 1), later.last_day)
    )


def _figure(value: float, unit: str, **parts: float) -> dict[str, object]:
    return {"value": _plain(value), "unit": unit, "parts": {name: _plain(part) for name, part in parts.items()}}


def _plain(value: float) -> float | int | None:
    if value is None or np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _behzisti(world: World, facts: _Facts, rules: Parameters) -> dict[str, dict[str, object]]:
    kind = world.households.set_index("household")["kind"]
    referred = facts.households.loc[facts.households["l1"], "household"]
    split = referred.map(kind).value_counts()
    men = facts.prisoners.loc[~facts.prisoners["is_female"], "household"]
    relation = world.persons.set_index("person")["relation"]
    women = world.persons.set_index("person")["is_female"]
    cases = facts.behzisti.assign(
        relation=facts.behzisti["person"].map(relation),
        is_female=facts.behzisti["person"].map(women),
        letter=facts.behzisti["household"].map(facts.letters),
        on_list=facts.behzisti["household"].isin(referred),
    )
    wives = cases[cases["relation"].eq("spouse") & cases["is_female"] & cases["household"].isin(men)]
    newly = wives[
        wives["on_list"]
        & wives["is_active"]
        & wives["application_date"].notna()
        & wives["screening_result"].eq("eligible")
        & wives["service_start"].gt(wives["letter"])
    ]["person"].unique()
    in_custody = facts.prisoners.loc[facts.prisoners["custody"].eq("yes") & ~facts.prisoners["is_female"], "household"]
    continuous = wives[
        wives["is_active"]
        & wives["support_type"].eq("continuous")
        & ~wives["is_judicial"]
        & wives["household"].isin(in_custody)
    ].drop_duplicates("person")
    judicial = cases[cases["on_list"] & cases["relation"].eq("child") & cases["is_active"] & cases["is_judicial"]]

    children = facts.persons[facts.persons["relation"].eq("child") & facts.persons["household"].isin(referred)]
    letter = children["household"].map(facts.letters)
    children = children[_is_under(children["birth_date"], letter, rules.child_age_limit_years)]
    served = cases[cases["person"].isin(children["person"]) & cases["service_start"].le(facts.as_of)]
    already = served[
        served["service_start"].le(served["letter"])
        & (served["service_end"].isna() | served["service_end"].gt(served["letter"]))
    ]["person"].unique()
    first = (
        served[~served["person"].isin(already) & served["service_start"].gt(served["letter"])]
        .groupby("person")
        .agg(start=("service_start", "min"), letter=("letter", "first"))
    )
    days = (first["start"] - first["letter"]).dt.days
    return {
        "behzisti.referred_households": _figure(
            len(referred),
            "household",
            husband=split.get("husband", 0),
            wife=split.get("wife", 0),
            both=split.get("both", 0),
        ),
        "behzisti.newly_covered_spouses": _figure(len(newly), "woman"),
        "behzisti.children_by_judicial_order": _figure(judicial["person"].nunique(), "child"),
        "behzisti.continuous_support_spouses": _figure(
            len(continuous),
            "woman",
            on_referral_list=continuous["on_list"].sum(),
            also_newly_covered=continuous["person"].isin(newly).sum(),
        ),
        "behzisti.days_to_first_service": _figure(
            days.median() if len(days) else np.nan,
            "day",
            worst=days.max() if len(days) else np.nan,
            served=len(days),
            without_service=len(children) - len(already) - len(days),
            already_served=len(already),
        ),
    }


def _relief_committee(world: World, facts: _Facts) -> dict[str, dict[str, object]]:
    table = facts.households
    held = facts.prisoners[facts.prisoners["custody"].eq("yes") & facts.prisoners["held_in"].notna()]
    elsewhere = set(held.loc[held["held_in"].ne("08"), "household"]) - set(
        held.loc[held["held_in"].eq("08"), "household"]
    )
    inside = set(table.loc[~table["county"].eq("outside"), "household"])
    active = facts.committee[facts.committee["is_active"]]
    members = active[active["for_prison"] & active["household"].isin(elsewhere & inside)]
    members = members[~members["person"].isin(facts.prisoners["person"])]
    on_list = table[table["l2"]]
    persons = facts.persons
    referred = persons[persons["household"].isin(on_list["household"]) & ~persons["is_prisoner"]]
    entitled = on_list[
        on_list["in_need"].eq(1).fillna(False)
        & ~on_list["committee_active"]
        & ~on_list["behzisti_continuous"]
        & ~on_list["association_active"]
        & on_list["custody"].ne("no")
        & on_list["county"].ne("outside")
    ]
    other = on_list["committee_active"] & ~on_list["committee_prison"]
    return {
        "relief_committee.members_prisoner_elsewhere": _figure(
            members["person"].nunique(), "person", households=members["household"].nunique()
        ),
        "relief_committee.referred_persons": _figure(len(referred), "person", households=len(on_list)),
        "relief_committee.covered_referred_households": _figure(
            on_list["committee_prison"].sum(), "household", other_need=other.sum()
        ),
        "relief_committee.entitled_uncovered_households": _figure(
            len(entitled),
            "household",
            identified=entitled["has_file"].sum(),
            not_identified=(~entitled["has_file"]).sum(),
        ),
    }


def _association(world: World, facts: _Facts, rules: Parameters) -> dict[str, dict[str, object]]:
    active = facts.association[facts.association["is_active"]]
    released = facts.prisoners.loc[facts.prisoners["custody"].eq("no"), "person"]
    covered = active["person"].nunique()
    decision = facts.households.set_index("household")["association_decision"]
    waiting = world.applications[
        world.applications["status"].eq("under_review")
        & ~world.applications["person"].isin(active["person"])
        & world.applications["household"].map(decision).ne("not_eligible")
    ]
    return {
        "association.covered_prisoners": _figure(
            covered,
            "prisoner",
            families=active["household"].nunique(),
            released=active.loc[active["person"].isin(released), "person"].nunique(),
        ),
        "association.capacity": _figure(rules.association_capacity, "prisoner"),
        "association.free_places": _figure(
            max(0, rules.association_capacity - covered),
            "prisoner",
            waiting=waiting["person"].nunique(),
            over_capacity=max(0, covered - rules.association_capacity),
        ),
    }


def _overlap(world: World, facts: _Facts, rules: Parameters) -> dict[str, dict[str, object]]:
    behzisti = facts.behzisti[
        facts.behzisti["is_active"] & facts.behzisti["support_type"].eq("continuous") & ~facts.behzisti["is_judicial"]
    ]
    prison = facts.committee[facts.committee["is_active"] & facts.committee["for_prison"]]
    committee = prison[prison["support_type"].eq("continuous")]
    conflicts = set(behzisti.loc[behzisti["person"].isin(committee["person"]), "household"])
    both = (set(behzisti["household"]) & set(committee["household"])) - conflicts
    active = facts.association[facts.association["is_active"]]
    starts = pd.concat(
        [
            active.groupby("household")["service_start"].min().rename("association"),
            prison.groupby("household")["service_start"].min().rename("committee"),
        ],
        axis=1,
    ).dropna()
    later = starts.max(axis=1)
    long = set(later.index[[_months_later(day.date(), rules.bridging_months) < facts.as_of for day in later]])
    bridging = long - conflicts - both
    return {
        "overlap.conflicts": _figure(len(conflicts), "household", **{"behzisti+relief_committee": len(conflicts)}),
        "overlap.notices": _figure(
            len(both) + len(bridging),
            "household",
            **{"association+relief_committee": len(bridging), "behzisti+relief_committee": len(both)},
        ),
    }


def _coverage(facts: _Facts) -> dict[str, dict[str, object]]:
    table = facts.households
    known = table[table["is_known"]]
    released = table["custody"].eq("no") & table["county"].ne("outside")
    figures = {"coverage.families_known": _figure(len(known), "household", released=released.sum())}
    for name in ALL_CLASSES:
        figures[f"coverage.{name}"] = _figure(known["class"].eq(name).sum(), "household")
    return figures
