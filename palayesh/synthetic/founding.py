"""A province is founded from a seed, and families come to it later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import people, services
from palayesh.synthetic.agencies import relief_committee
from palayesh.synthetic.profiles import Profile, profile_of
from palayesh.synthetic.world import World


def build(month: ReportingMonth, seed: int, profile: str = "reference", scale: float = 1.0) -> World:
    """The province of a seed in its first month. The same arguments give the same world."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1404]))
    counts = profile_of(profile, rng).scaled(scale)
    return settle_families(month, counts, rng)


def settle_families(
    month: ReportingMonth, counts: Profile, rng: np.random.Generator, letters_back: tuple[int, int] = (4, 11)
) -> World:
    """A world of so many of each kind. ``letters_back``: how many months ago the oldest letters to Behzisti and to the
    Relief Committee were written."""
    plan = _plan(counts, rng)
    persons = people.populate(plan, np.datetime64(month.last_day), rng)
    persons["has_no_number"] = persons["household"].isin(plan.index[plan["is_afghan"]]) & persons["relation"].isin(
        ["spouse", "child"]
    )
    return services.serve(month, plan, persons, counts, rng, letters_back)


def _plan(counts: Profile, rng: np.random.Generator) -> pd.DataFrame:
    """One row per household: its segment and kind, what each agency is to do for it, where its prisoner is held."""
    both_agencies = min(counts.referred_to_both_agencies, counts.referred_husband)
    husbands_only = counts.referred_husband - both_agencies
    relief_only = counts.relief_households - both_agencies
    segments: list[tuple[str, str, int]] = [
        ("behzisti_referral", "husband", husbands_only),
        ("behzisti_referral", "wife", counts.referred_wife),
        ("behzisti_referral", "both", counts.referred_both),
        ("both_referrals", "husband", both_agencies),
        ("relief_referral", "single", relief_only // 11),
        ("relief_referral", "wife", relief_only // 40),
        ("relief_referral", "husband", relief_only - relief_only // 11 - relief_only // 40),
        ("elsewhere", "single", counts.elsewhere_households // 14),
        (
            "elsewhere",
            "husband",
            counts.elsewhere_households - counts.elsewhere_households // 14 - counts.relief_covered_moved_prisoner,
        ),
        ("elsewhere_outside", "husband", counts.elsewhere_outside),
        ("local_committee", "husband", counts.local_committee),
        ("committee_released", "husband", counts.committee_released),
        ("committee_unknown", "husband", counts.committee_unknown_custody),
        ("other_need", "need", counts.other_need_households),
        ("behzisti", "husband", _off_list_wives(counts)),
        ("behzisti_released", "husband", counts.continuous_wives_of_released),
        ("behzisti_unknown", "husband", counts.wives_of_unknown_custody),
        ("behzisti_other", "person", counts.behzisti_without_prisoner),
        ("association", "husband", _association_only(counts)),
        ("applicant", "husband", counts.applicants_known_to_association_only),
        ("applicant", "single", counts.applicants_single),
        ("charity", "person", counts.charity_of_others),
        ("lone", "lone", counts.lone_prisoners),
    ]
    plan = pd.DataFrame(
        {
            "segment": np.repeat([s for s, _, _ in segments], [max(n, 0) for _, _, n in segments]),
            "kind": np.repeat([k for _, k, _ in segments], [max(n, 0) for _, _, n in segments]),
        }
    )
    size = len(plan)
    plan["only_father"] = plan["segment"].eq("applicant") & plan["kind"].eq("single")
    plan["woman_alone"] = rng.random(size) < plan["kind"].map({"lone": 0.06, "need": 0.55, "person": 0.5}).fillna(0.0)
    plan["has_spouse"] = plan["kind"].eq("need") & ~plan["woman_alone"] & (rng.random(size) < 0.85)
    plan["is_afghan"] = (
        plan["kind"].eq("husband")
        & plan["segment"].isin(["behzisti_referral", "relief_referral", "both_referrals", "elsewhere"])
        & (rng.random(size) < 0.012)
    )
    plan = relief_committee.allot_relief_classes(plan, counts, rng)
    # A file of the Committee for parents is the widowed mother's: two parents at one file would read as the prisoner's couple.
    plan["may_have_father"] = plan["relief_class"].isin(["", "entitled", "released", "outside"]) & ~plan["segment"].eq(
        "elsewhere"
    )
    plan["lives_outside"] = plan["relief_class"].eq("outside") | plan["segment"].eq("elsewhere_outside")
    plan = people.settle(people.compose(plan, rng), rng)
    on_relief_list = plan["segment"].isin(["both_referrals", "relief_referral"]).to_numpy()
    plan = people.fit_residents(plan, on_relief_list, counts.relief_persons, rng)
    elsewhere = plan["segment"].eq("elsewhere").to_numpy()
    moved = plan["is_moved_prisoner"].to_numpy()
    already = int(people.resident_counts(plan)[moved].sum())
    return people.fit_residents(plan, elsewhere, counts.elsewhere_persons - already, rng)


def _off_list_wives(counts: Profile) -> int:
    return counts.continuous_wives_off_list // 2 + counts.wives_ended_service + counts.judicial_children_off_list // 2


def _association_only(counts: Profile) -> int:
    """Families known only to the Association and the custody list: what its other pools leave of its prisoners."""
    elsewhere = (
        2 * counts.association_couples
        + counts.association_released // 2
        + counts.association_long_with_committee
        + counts.association_short_with_committee
        + counts.association_referred_relief
        + counts.association_referred_behzisti
    )
    return max(counts.association_prisoners - elsewhere, 0) + counts.association_closed
