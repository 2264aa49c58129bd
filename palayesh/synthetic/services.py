"""A province's first month: every agency's services allotted to the households of a plan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic.agencies import association, behzisti, prisons, relief_committee
from palayesh.synthetic.draw import Draw
from palayesh.synthetic.profiles import Profile
from palayesh.synthetic.world import World


def serve(
    month: ReportingMonth,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    counts: Profile,
    rng: np.random.Generator,
    letters_back: tuple[int, int],
) -> World:
    """The world of the month: the plan's households with every agency's services allotted."""
    as_of = np.datetime64(month.last_day)
    draw = Draw(rng)
    plan = plan.assign(
        head=head_persons(plan, persons),
        wife=_first(persons, plan, ~persons["is_prisoner"] & persons["is_female"] & persons["relation"].eq("spouse")),
        prisoner=_first(persons, plan, persons["is_prisoner"]),
    )
    referrals = prisons.referrals(month, plan, draw, letters_back)
    letter = prisons.letter_dates(referrals, len(plan))
    by_association = association.services(month, plan, persons, counts, draw)
    by_committee, files = relief_committee.services(month, plan, persons, counts, draw, by_association)
    by_behzisti, plan = behzisti.services(month, plan, persons, letter, counts, draw, by_committee)
    by_committee = relief_committee.step_aside_for_behzisti(by_committee, plan)
    reviews = relief_committee.reviews(month, plan, files, by_association, counts, draw)
    applications = association.applications(month, plan, by_association, counts, draw)
    charity = _charity(as_of, plan, counts, draw)
    custody = prisons.custody(
        as_of,
        plan,
        persons,
        draw,
        [
            referrals[["household", "letter_date"]].rename(columns={"letter_date": "day"}),
            by_committee[by_committee["cause"].eq("breadwinner_imprisoned")][["household", "service_start"]].rename(
                columns={"service_start": "day"}
            ),
            by_behzisti[["household", "service_start"]].rename(columns={"service_start": "day"}),
            by_association.rename(columns={"service_start": "day"})[["household", "day"]],
            applications.rename(columns={"application_date": "day"})[["household", "day"]],
        ],
        counts,
    )
    households = plan.reset_index(drop=True).assign(household=np.arange(len(plan)))[
        ["household", "segment", "kind", "county_code", "county", "head", "prisoner", "is_afghan"]
    ]
    return World(
        month=month,
        households=households,
        persons=persons,
        custody=custody,
        referrals=referrals,
        behzisti=by_behzisti,
        committee=by_committee,
        reviews=reviews,
        association=by_association,
        applications=applications,
        charity=charity,
    )


def _first(persons: pd.DataFrame, plan: pd.DataFrame, chosen: pd.Series) -> np.ndarray:
    found = persons[chosen].drop_duplicates("household")
    result = np.full(len(plan), -1, dtype=np.int64)
    result[found["household"].to_numpy()] = found["person"].to_numpy()
    return result


def head_persons(plan: pd.DataFrame, persons: pd.DataFrame) -> np.ndarray:
    """Who heads each household at home: the spouse, else the father, else the mother, else the head, else the prisoner himself."""
    rank = persons["relation"].map({"spouse": 0, "father": 1, "mother": 2, "head": 3, "prisoner": 4}).fillna(9)
    rank = rank.where(~(persons["relation"].eq("spouse") & persons["household"].map(plan["kind"].eq("need"))), 8)
    ordered = (
        persons.assign(rank=rank)
        .sort_values(["household", "rank", "person"], kind="stable")
        .drop_duplicates("household")
    )
    result = np.full(len(plan), -1, dtype=np.int64)
    result[ordered["household"].to_numpy()] = ordered["person"].to_numpy()
    return result


def _charity(as_of: np.datetime64, plan: pd.DataFrame, counts: Profile, draw: Draw) -> pd.DataFrame:
    families = draw.take(
        (
            plan["kind"].eq("husband")
            & plan["segment"].isin(["relief_referral", "both_referrals", "behzisti_referral", "elsewhere"])
        ).to_numpy(),
        counts.charity_of_families,
    )
    others = np.flatnonzero(plan["segment"].eq("charity"))
    household = np.sort(np.concatenate([families, others]))
    return pd.DataFrame(
        {
            "person": plan["head"].to_numpy()[household],
            "household": household,
            "aid_type": draw.pick(("بسته معیشتی", "نوشت‌افزار", "جهیزیه", "وام"), len(household), (0.6, 0.2, 0.1, 0.1)),
            "service_start": (as_of - draw.days(5, 400, len(household))).astype("datetime64[s]"),
        }
    )
