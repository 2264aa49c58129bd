"""What the Relief Committee does: who is on its referral list, whom it supports, what its screening found."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import numbers
from palayesh.synthetic.agencies.prisons import on_custody_list, prisoner_places
from palayesh.synthetic.draw import DAY, Draw, mid_month_days
from palayesh.synthetic.profiles import Profile

REASONS = ("گردش حساب نادرست", "بازدید منزل", "بیماری سرپرست", "نداشتن درآمد", "دارای درآمد کافی")


OTHER_CAUSES = ("old_age", "illness", "disability", "orphan", "female_headed")


def allot_relief_classes(plan: pd.DataFrame, counts: Profile, rng: np.random.Generator) -> pd.DataFrame:
    """``plan`` with what the Relief Committee's referral list holds: ``relief_class``, ``is_moved_prisoner``, ``is_released``."""
    draw = Draw(rng)
    size = len(plan)
    segment, kind = plan["segment"].to_numpy(), plan["kind"].to_numpy()
    relief_class = np.full(size, "", dtype=object)
    both = segment == "both_referrals"
    relief = segment == "relief_referral"
    family = relief & np.isin(kind, ["husband", "single"])
    husband = relief & (kind == "husband")

    def mark(pool: np.ndarray, count: int, name: str) -> np.ndarray:
        taken = draw.take(pool & (relief_class == ""), count)
        relief_class[taken] = name
        return taken

    on_both = mark(both, counts.relief_covered_referred_to_both, "covered")
    moved = mark(husband, counts.relief_covered_moved_prisoner, "covered")
    covered_released = mark(husband, counts.relief_covered_released, "covered")
    mark(family, counts.relief_covered - len(on_both) - len(moved) - len(covered_released), "covered")
    mark(both | family, counts.entitled_not_identified, "entitled")
    mark(husband, counts.entitled_identified, "identified")
    mark(husband, counts.relief_other_need, "other_need")
    mark(husband, counts.relief_closed_file, "closed")
    released = mark(husband, counts.relief_released, "released")
    mark(husband, counts.relief_outside, "outside")

    is_released = np.isin(segment, ["committee_released", "behzisti_released"])
    is_released[covered_released] = True
    is_released[released] = True
    referred = draw.take((segment == "behzisti_referral") & (kind == "husband"), counts.referred_released)
    is_released[referred] = True
    association = draw.take(segment == "association", counts.association_released - counts.association_released // 2)
    is_released[association] = True
    is_moved = np.zeros(size, dtype=bool)
    is_moved[moved] = True
    return plan.assign(relief_class=relief_class, is_moved_prisoner=is_moved, is_released=is_released)


def services(
    month: ReportingMonth,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    counts: Profile,
    draw: Draw,
    association: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the Committee's caseload, one per member, and its files, one per household."""
    as_of = np.datetime64(month.last_day)
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    prison = np.isin(
        segment, ["elsewhere", "elsewhere_outside", "local_committee", "committee_released", "committee_unknown"]
    )
    covered, other = relief == "covered", (relief == "other_need") | (segment == "other_need")
    closed = np.isin(relief, ["closed", "identified"])
    household = np.flatnonzero(prison | covered | other | closed)
    n = len(household)
    is_other, is_closed = other[household], closed[household]
    is_closed = is_closed | ((segment[household] == "other_need") & (draw.rng.random(n) < 0.12))
    status = np.where(is_closed, draw.pick(("closed", "dormant", "temporary_exit"), n, (0.5, 0.3, 0.2)), "active")
    long_held = np.isin(household, association.loc[association["is_long"], "household"].to_numpy())
    back = np.where(long_held, draw.rng.integers(12, 41, n), draw.rng.integers(1, 48, n))
    start = mid_month_days(month, back, draw.rng)
    end = np.where(
        status == "closed", np.maximum(as_of - draw.days(15, 120, n), start + 5 * DAY), np.datetime64("NaT", "D")
    )
    decile = draw.rng.choice([1, 2, 3, 4, 5], size=n, p=[0.45, 0.32, 0.2, 0.02, 0.01])
    over_limit = relief[household] == "closed"
    decile = np.where(over_limit, draw.rng.integers(4, 9, n), decile)
    decile = np.where(relief[household] == "identified", draw.rng.integers(1, 4, n), decile)
    place = prisoner_places(plan, draw)
    stated = place[household].copy()
    # What the Committee was told once may no longer hold; the custody list, where it has the prisoner, knows better.
    stale = draw.rng.random(n)
    on_list = on_custody_list(plan, counts)[household]
    stated = np.where((segment[household] == "local_committee") & (stale < 0.3), "22", stated)
    stated = np.where((stated != "08") & on_list & (stale > 0.88) & (segment[household] == "elsewhere"), "08", stated)
    stated = np.where((segment[household] == "committee_unknown") | (segment[household] == "other_need"), "", stated)
    files = pd.DataFrame(
        {
            "household": household,
            "household_code": numbers.codes("", 3_000_001, n),
            "status": status,
            "cause": np.where(is_other, draw.pick(OTHER_CAUSES, n), "breadwinner_imprisoned"),
            "support_type": draw.pick(("continuous", "case_by_case"), n, (0.8, 0.2)),
            "file_start": start.astype("datetime64[s]"),
            "service_end": end.astype("datetime64[s]"),
            "decile": decile,
            "prison_province": stated,
            "head": plan["head"].to_numpy()[household],
            "prisoner": plan["prisoner"].to_numpy()[household],
        }
    )
    rows = persons.loc[~persons["is_prisoner"], ["person", "household", "birth_date"]].merge(files, on="household")
    rows = rows.sort_values("person", kind="stable").reset_index(drop=True)
    born = rows["birth_date"].to_numpy().astype("datetime64[D]") + 20 * DAY
    start = np.maximum(rows["file_start"].to_numpy().astype("datetime64[D]"), born)
    rows["service_start"] = start.astype("datetime64[s]")
    rows["service_end"] = rows["service_end"].where(
        rows["service_end"].isna() | rows["service_end"].gt(rows["service_start"])
    )
    rows["client_no"] = numbers.codes("", 40_000_001, len(rows))
    return rows.drop(columns=["birth_date", "file_start"]), files


def step_aside_for_behzisti(committee: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """The Committee's support in the households of the overlaps: all continuous, but for the wife of a mere notice."""
    case = plan["overlap_case"].to_numpy()[committee["household"].to_numpy()]
    support = committee["support_type"].to_numpy().copy()
    support[case != ""] = "continuous"
    support[
        (case == "notice")
        & (committee["person"].to_numpy() == plan["wife"].to_numpy()[committee["household"].to_numpy()])
    ] = "case_by_case"
    return committee.assign(support_type=support)


def reviews(
    month: ReportingMonth,
    plan: pd.DataFrame,
    files: pd.DataFrame,
    association: pd.DataFrame,
    counts: Profile,
    draw: Draw,
) -> pd.DataFrame:
    """What the Committee found of the referred households that it screened: one row each."""
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    on_list = np.isin(segment, ["relief_referral", "both_referrals"])
    active = np.zeros(len(plan), dtype=bool)
    active[association.loc[association["is_active"], "household"].to_numpy()] = True
    file_decile = np.full(len(plan), -1, dtype=np.int64)
    file_decile[files["household"].to_numpy()] = files["decile"].to_numpy()
    free = np.ones(len(plan), dtype=bool)
    free[plan["kind"].eq("both")] = False

    use = functools.partial(draw.take_free, free)

    def rows(
        household: np.ndarray, result: object, decile: np.ndarray, opinion: object = None, with_reason: bool = False
    ) -> pd.DataFrame:
        n = len(household)
        return pd.DataFrame(
            {
                "household": household,
                "screening_result": result,
                "decile": np.where(file_decile[household] >= 0, file_decile[household], decile),
                "opinion": opinion,
                "reason": draw.pick(REASONS, n) if with_reason else None,
            }
        )

    def low(n: int) -> np.ndarray:
        return draw.rng.integers(1, 4, n)

    def high(n: int) -> np.ndarray:
        return draw.rng.integers(4, 10, n)

    def undecided(n: int) -> np.ndarray:
        return draw.pick(("under_review", "no_show"), n, (0.7, 0.3))

    parts = []
    found = use(on_list & (relief == "covered"), counts.covered_reviewed)
    parts.append(rows(found, "eligible", low(len(found))))
    found = use(segment == "local_committee", counts.local_committee // 2)
    parts.append(rows(found, "eligible", low(len(found))))
    # The entitled whom nobody covers: most by the review, some by their decile, some by a social worker's reasoned opinion.
    entitled = draw.rng.permutation(np.flatnonzero(np.isin(relief, ["entitled"])))
    seventh = len(entitled) // 7
    by_decile, by_opinion, by_review = np.split(entitled, [seventh, 2 * seventh])
    parts.append(rows(by_review, "eligible", draw.rng.integers(1, 5, len(by_review))))
    parts.append(rows(by_decile, undecided(len(by_decile)), low(len(by_decile))))
    parts.append(rows(by_opinion, undecided(len(by_opinion)), high(len(by_opinion)), "confirmed", True))
    # Those in a closed file: identified and in need by decile, or plainly not eligible.
    identified = np.flatnonzero(relief == "identified")
    parts.append(rows(identified[: len(identified) // 2], "eligible", low(len(identified) // 2)))
    closed = np.flatnonzero(relief == "closed")
    parts.append(rows(closed[: len(closed) // 4], "not_eligible", high(len(closed) // 4)))
    free[entitled] = free[identified] = free[closed] = False

    nobody = on_list & (relief == "") & ~active & ~plan["is_released"].to_numpy()
    not_eligible = use(nobody, counts.not_eligible_reviewed)
    parts.append(rows(not_eligible, "not_eligible", draw.rng.integers(2, 10, len(not_eligible))))
    found = use(nobody, counts.undecided_over_limit)
    parts.append(rows(found, undecided(len(found)), high(len(found))))
    found = use(nobody, counts.undecided_rejected)
    parts.append(rows(found, undecided(len(found)), low(len(found)), "rejected", True))
    found = use(nobody, counts.undecided_without_reason)
    parts.append(rows(found, undecided(len(found)), high(len(found)), "confirmed", False))
    found = use(nobody, counts.undecided_unknown)
    parts.append(rows(found, undecided(len(found)), np.full(len(found), -1)))
    found = use(on_list & (relief == "") & active, counts.eligible_with_association)
    parts.append(rows(found, "eligible", low(len(found))))
    for other in ("released", "outside"):
        found = use(on_list & (relief == other), 6)
        parts.append(rows(found, "eligible", low(len(found))))
    last = pd.concat(parts, ignore_index=True)
    first_day = np.datetime64(month.first_day)
    last["screening_date"] = first_day + draw.days(12, 27, len(last))
    # Some were seen twice, and the later visit says otherwise.
    again = np.concatenate([not_eligible[: counts.reviewed_twice * 2 // 3], by_review[: counts.reviewed_twice // 3]])
    earlier = last[last["household"].isin(again)].copy()
    earlier["screening_result"] = np.where(earlier["screening_result"].eq("eligible"), "under_review", "eligible")
    earlier["screening_date"] = first_day + draw.days(1, 10, len(earlier))
    table = pd.concat([earlier, last], ignore_index=True)
    table["screening_date"] = table["screening_date"].astype("datetime64[s]")
    table["decile"] = table["decile"].where(table["decile"] >= 0).astype("Int64")
    table["head"] = plan["head"].to_numpy()[table["household"].to_numpy()]
    return table.sort_values(["screening_date", "household"], kind="stable").reset_index(drop=True)
