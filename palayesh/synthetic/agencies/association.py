"""What the Prisoners' Support Association does: whom it supports, and who has applied."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import numbers
from palayesh.synthetic.draw import Draw, mid_month_days
from palayesh.synthetic.profiles import Profile


def services(
    month: ReportingMonth, plan: pd.DataFrame, persons: pd.DataFrame, counts: Profile, draw: Draw
) -> pd.DataFrame:
    """The households that the Association supports, or supported: one row each, with member number, aid and days."""
    segment, kind, relief = (plan[c].to_numpy() for c in ("segment", "kind", "relief_class"))
    released, moved = plan["is_released"].to_numpy(), plan["is_moved_prisoner"].to_numpy()
    husband = kind == "husband"
    covered = (segment == "relief_referral") & husband & (relief == "covered") & ~released & ~moved
    groups: list[tuple[str, np.ndarray]] = [
        ("couple", draw.take((segment == "behzisti_referral") & (kind == "both"), counts.association_couples)),
        (
            "released",
            draw.take((segment == "relief_referral") & (relief == "released"), counts.association_released // 2),
        ),
        ("released", np.flatnonzero((segment == "association") & released)),
    ]
    both = draw.take(covered, counts.association_long_with_committee + counts.association_short_with_committee)
    both = draw.rng.permutation(both)
    groups.append(("long", np.sort(both[: counts.association_long_with_committee])))
    groups.append(("short", np.sort(both[counts.association_long_with_committee :])))
    groups.append(
        (
            "plain",
            draw.take((segment == "relief_referral") & husband & (relief == ""), counts.association_referred_relief),
        )
    )
    groups.append(
        (
            "plain",
            draw.take((segment == "behzisti_referral") & husband & ~released, counts.association_referred_behzisti),
        )
    )
    taken = sum(len(found) * (2 if name == "couple" else 1) for name, found in groups)
    alone = draw.take((segment == "association") & ~released, counts.association_prisoners - taken)
    groups.append(("plain", alone))
    rest = np.flatnonzero((segment == "association") & ~released)
    groups.append(("closed", np.setdiff1d(rest, alone)))

    table = pd.concat([pd.DataFrame({"household": found, "group": name}) for name, found in groups], ignore_index=True)
    prisoners = persons.loc[persons["is_prisoner"], ["person", "household"]]
    table = (
        table.merge(prisoners, on="household")
        .sort_values(["household", "person"], kind="stable")
        .reset_index(drop=True)
    )
    group = table["group"].to_numpy()
    back = np.select(
        [group == "long", group == "short", group == "closed"],
        [
            draw.rng.integers(9, 31, len(table)),
            draw.rng.integers(0, 5, len(table)),
            draw.rng.integers(12, 30, len(table)),
        ],
        default=draw.rng.integers(0, 40, len(table)),
    )
    start = mid_month_days(month, back, draw.rng)
    closed = group == "closed"
    end = np.where(closed, np.datetime64(month.last_day) - draw.days(20, 200, len(table)), np.datetime64("NaT", "D"))
    size = persons.groupby("household").size().to_numpy()
    return pd.DataFrame(
        {
            "person": table["person"],
            "household": table["household"],
            "member_no": numbers.codes("A", 20_001, len(table)),
            "head": plan["head"].to_numpy()[table["household"].to_numpy()],
            "household_size": size[table["household"].to_numpy()]
            + np.where(size[table["household"].to_numpy()] == 2, draw.rng.integers(0, 4, len(table)), 0),
            "aid_type": draw.pick(
                ("بسته معیشتی", "مستمری", "کمک‌هزینه تحصیلی", "نوشت‌افزار"), len(table), (0.6, 0.2, 0.12, 0.08)
            ),
            "service_start": start.astype("datetime64[s]"),
            "service_end": end.astype("datetime64[s]"),
            "status": np.where(closed, "closed", "active"),
            "is_long": group == "long",
            "is_active": ~closed,
        }
    )


def applications(
    month: ReportingMonth, plan: pd.DataFrame, association: pd.DataFrame, counts: Profile, draw: Draw
) -> pd.DataFrame:
    """Those who have applied and wait for a place, some of whom are supported already: one row each."""
    segment, kind, relief = (plan[c].to_numpy() for c in ("segment", "kind", "relief_class"))
    active = np.zeros(len(plan), dtype=bool)
    active[association.loc[association["is_active"], "household"].to_numpy()] = True
    husband = (kind == "husband") & ~active
    quiet = draw.take(active & (kind == "husband") & ~plan["is_released"].to_numpy(), counts.applicants_already_covered)
    household = np.concatenate(
        [
            draw.take(
                (segment == "relief_referral") & husband & (relief == "") & (plan["overlap_case"].to_numpy() == ""),
                counts.applicants_referred,
            ),
            draw.take(husband & (relief == "entitled"), counts.applicants_entitled),
            np.flatnonzero(segment == "applicant"),
            draw.take((segment == "relief_referral") & husband & (relief == "released"), counts.applicants_released),
            quiet,
        ]
    )
    household = np.sort(household)
    n = len(household)
    return pd.DataFrame(
        {
            "person": plan["prisoner"].to_numpy()[household],
            "household": household,
            "member_no": numbers.codes("D", 80_001, n),
            "head": plan["head"].to_numpy()[household],
            "household_size": draw.rng.integers(2, 7, n),
            "aid_type": draw.pick(("بسته معیشتی", "مستمری", "وام"), n, (0.6, 0.3, 0.1)),
            "application_date": (np.datetime64(month.last_day) - draw.days(2, 180, n)).astype("datetime64[s]"),
            "status": "under_review",
        }
    )
