"""What Behzisti does: support of women who head households, of their children and of children by judicial order."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import numbers
from palayesh.synthetic.draw import DAY, Draw
from palayesh.synthetic.profiles import Profile


def services(
    month: ReportingMonth,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    letter: np.ndarray,
    counts: Profile,
    draw: Draw,
    committee: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Persons whom Behzisti supports, and the plan with the cases of overlap that it met."""
    as_of = np.datetime64(month.last_day)
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    wife = plan["wife"].to_numpy()
    has_wife = (plan["kind"].to_numpy() == "husband") & ~plan["is_released"].to_numpy()
    on_list = np.isin(segment, ["behzisti_referral", "both_referrals"]) & has_wife
    free = np.ones(len(plan), dtype=bool)

    use = functools.partial(draw.take_free, free)

    covered = on_list & (relief == "covered")
    conflict = use(covered, counts.conflicts)
    notice = use(covered & (plan["children"].to_numpy() >= 1), counts.notices_behzisti_committee)
    on_list_total = counts.continuous_wives - counts.continuous_wives_off_list
    quiet = on_list & ~np.isin(relief, ["covered", "entitled"])
    plain = use(quiet, on_list_total - len(conflict) - len(notice))
    continuous = np.sort(np.concatenate([conflict, notice, plain]))
    newly_continuous = np.sort(draw.rng.permutation(continuous)[: counts.newly_covered_continuous_wives])
    newly_other = use(on_list & (relief != "entitled"), counts.newly_covered_wives - len(newly_continuous))
    before = np.setdiff1d(continuous, newly_continuous)
    off_own = use((segment == "behzisti") & has_wife, counts.continuous_wives_off_list // 2)
    off_relief = use(
        (segment == "relief_referral") & has_wife & (relief == ""), counts.continuous_wives_off_list - len(off_own)
    )
    released = np.flatnonzero(segment == "behzisti_released")
    unknown = np.flatnonzero(segment == "behzisti_unknown")
    ended = use((segment == "behzisti") & has_wife, counts.wives_ended_service)

    def span(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        width = np.maximum((high - low).astype(np.int64), 1)
        return low + (draw.rng.random(len(low)) * width).astype(np.int64).astype("timedelta64[D]")

    def wives(household: np.ndarray, support: str | None, start: np.ndarray, **more: object) -> pd.DataFrame:
        return pd.DataFrame({"person": wife[household], "support_type": support, "service_start": start, **more})

    nothing = np.datetime64("NaT", "D")
    parts = []
    for household, support in ((newly_continuous, "continuous"), (newly_other, "case_by_case")):
        applied = letter[household] + draw.days(1, 10, len(household))
        last = np.minimum(as_of, applied + 60 * DAY)
        parts.append(
            wives(
                household,
                support,
                span(applied + 1 * DAY, last),
                application_date=applied,
                screening_result="eligible",
                service_type="مستمری" if support == "continuous" else "امدادبگیر",
            )
        )
    for household, end in (
        (before, nothing),
        (off_own, nothing),
        (off_relief, nothing),
        (released, nothing),
        (unknown, nothing),
        (ended, as_of - 40 * DAY),
    ):
        latest = np.where(np.isnat(letter[household]), as_of - 60 * DAY, letter[household] - 20 * DAY)
        start = span(latest - 700 * DAY, latest)
        parts.append(
            wives(
                household,
                "continuous",
                start,
                application_date=start - 30 * DAY,
                screening_result="eligible",
                service_type="مستمری",
                service_end=end,
            )
        )
    for count, result in (
        (counts.wives_not_eligible, "not_eligible"),
        (counts.wives_under_review, "under_review"),
        (counts.wives_no_show, "no_show"),
    ):
        household = use(on_list & (relief != "covered"), count)
        applied = np.minimum(letter[household] + draw.days(1, 40, len(household)), as_of)
        parts.append(
            wives(household, None, np.full(len(household), nothing), application_date=applied, screening_result=result)
        )
    parts.append(_children(as_of, plan, persons, letter, counts, draw, committee, span))
    others = persons.loc[persons["household"].isin(np.flatnonzero(segment == "behzisti_other")), "person"].to_numpy()
    start = as_of - draw.days(60, 3000, len(others))
    parts.append(
        pd.DataFrame(
            {
                "person": others,
                "support_type": draw.pick(("continuous", "case_by_case"), len(others), (0.6, 0.4)),
                "service_start": start,
                "application_date": start - 30 * DAY,
                "screening_result": "eligible",
                "service_type": "مستمری",
            }
        )
    )
    table = pd.concat(parts, ignore_index=True)
    for column in ("service_start", "service_end", "application_date", "judicial_order_date"):
        table[column] = table[column].astype("datetime64[s]")
    table = table.sort_values(["person", "service_start"], kind="stable").reset_index(drop=True)
    table["case_no"] = numbers.codes("", 700_001, len(table))
    household = persons["household"].to_numpy()[table["person"].to_numpy()]
    table["household"] = household
    table["household_code"] = np.array([f"B{h + 1:06d}" for h in household.tolist()], dtype=object)
    case = np.full(len(plan), "", dtype=object)
    case[conflict], case[notice] = "conflict", "notice"
    return table, plan.assign(overlap_case=case)


def _children(
    as_of: np.datetime64,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    letter: np.ndarray,
    counts: Profile,
    draw: Draw,
    committee: pd.DataFrame,
    span: object,
) -> pd.DataFrame:
    """Children in a service of Behzisti: by judicial order, before or after the letter, on the referral list or not."""
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    household = persons["household"].to_numpy()
    age_days = (as_of - persons["birth_date"].to_numpy().astype("datetime64[D]")).astype(np.int64)
    child = persons["relation"].eq("child").to_numpy() & (age_days < 17 * 365)
    on_list = (
        child & np.isin(segment, ["behzisti_referral", "both_referrals"])[household] & (relief != "entitled")[household]
    )
    off_list = child & (segment == "behzisti")[household]
    off_list |= (
        child
        & ((segment == "relief_referral") & (relief == "") & ~plan["is_released"].to_numpy())[household]
        & (np.arange(len(persons)) % 9 == 0)
    )
    free = np.ones(len(persons), dtype=bool)

    use = functools.partial(draw.take_free, free)

    before = use(on_list & (age_days > 700), counts.judicial_children_served_before_letter)
    after = use(on_list, counts.judicial_children_on_list - len(before))
    ended = use(on_list, counts.judicial_children_ended)
    other = use(on_list, counts.other_children_after_letter)
    # Mostly those who are known to Behzisti alone, then some of the families referred to the Committee.
    own = use(off_list & (segment == "behzisti")[household], (2 * counts.judicial_children_off_list) // 3)
    off = np.sort(
        np.concatenate(
            [own, use(off_list & (segment != "behzisti")[household], counts.judicial_children_off_list - len(own))]
        )
    )

    def rows(person: np.ndarray, start: np.ndarray, is_judicial: bool, end: np.ndarray | None = None) -> pd.DataFrame:
        n = len(person)
        frame = pd.DataFrame(
            {
                "person": person,
                "service_start": start,
                "support_type": "case_by_case",
                "service_end": end if end is not None else np.full(n, np.datetime64("NaT", "D")),
                "screening_result": "eligible",
            }
        )
        if is_judicial:
            frame["judicial_order_no"] = [f"{9_900_000_000 + int(k):d}" for k in draw.rng.integers(1, 90_000_000, n)]
            frame["judicial_order_date"] = start - draw.days(0, 15, n)
            frame["service_type"] = "شبه‌خانواده"
            frame["care_type"] = draw.pick(
                ("در خانواده", "بستگان", "امین موقت", "خانواده میزبان", "مرکز شبانه‌روزی"),
                n,
                (0.4, 0.3, 0.12, 0.06, 0.12),
            )
        else:
            frame["service_type"] = draw.pick(("امدادبگیر", "مشاوره", "اورژانس اجتماعی"), n, (0.6, 0.25, 0.15))
        return frame

    def soon(person: np.ndarray) -> np.ndarray:
        """Most are served within days of the letter, some only after weeks."""
        low = letter[household[person]] + 1 * DAY
        wait = np.minimum(draw.rng.gamma(1.3, 9.0, len(person)), 75).astype(np.int64).astype("timedelta64[D]")
        return np.minimum(low + wait, as_of)

    served_before = letter[household[before]] - draw.days(10, 300, len(before))
    served_before = np.maximum(
        served_before, persons["birth_date"].to_numpy().astype("datetime64[D]")[before] + 100 * DAY
    )
    ended_start = np.minimum(soon(ended), as_of - 6 * DAY)
    return pd.concat(
        [
            rows(before, served_before, True),
            rows(after, soon(after), True),
            rows(ended, ended_start, True, np.minimum(ended_start + draw.days(4, 15, len(ended)), as_of)),
            rows(other, soon(other), False),
            rows(
                off,
                np.maximum(
                    as_of - draw.days(30, 400, len(off)),
                    persons["birth_date"].to_numpy().astype("datetime64[D]")[off] + 60 * DAY,
                ),
                True,
            ),
        ],
        ignore_index=True,
    )
