"""What each agency does for whom: custody, referrals, services, reviews and applications of a province's first month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import numbers, places
from palayesh.synthetic.profiles import Profile
from palayesh.synthetic.world import World

DAY = np.timedelta64(1, "D")
ELSEWHERE = tuple(code for code in places.PROVINCES if code != "08")
_ELSEWHERE_WEIGHTS = np.array([0.02 if code == "abroad" else 1.0 / (n + 1.5) for n, code in enumerate(ELSEWHERE)])
REASONS = ("گردش حساب نادرست", "بازدید منزل", "بیماری سرپرست", "نداشتن درآمد", "دارای درآمد کافی")
OTHER_CAUSES = ("old_age", "illness", "disability", "orphan", "female_headed")


class Draw:
    """Takes households or persons out of pools, without putting them back where asked."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def take(self, pool: np.ndarray, count: int) -> np.ndarray:
        """Positions of ``count`` true places of ``pool`` (all of them if there are fewer), in order."""
        found = np.flatnonzero(pool)
        return np.sort(self.rng.permutation(found)[: max(count, 0)])

    def days(self, low: int | np.ndarray, high: int | np.ndarray, count: int) -> np.ndarray:
        """``count`` spans of whole days from ``low`` up to, not including, ``high``."""
        return self.rng.integers(low, high, size=count).astype("timedelta64[D]")

    def pick(self, values: tuple[str, ...], count: int, weights: tuple[float, ...] | None = None) -> np.ndarray:
        """``count`` of the values, by weight."""
        return np.array(values, dtype=object)[self.rng.choice(len(values), size=count, p=weights)]


def mid_month_days(month: ReportingMonth, months_back: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A day from the 10th to the 20th of the month so many months before ``month``.

    A span of whole months that begins there never ends within a week of a month's last day, whichever calendar counts it.
    """
    distinct = np.unique(months_back)
    first_days = {int(back): np.datetime64(month.plus(-int(back)).first_day) for back in distinct}
    first = np.array([first_days[int(back)] for back in months_back], dtype="datetime64[D]")
    return first + rng.integers(9, 20, size=len(months_back)).astype("timedelta64[D]")


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
    referrals = _referrals(month, plan, draw, letters_back)
    letter = _letter_dates(referrals, len(plan))
    association = _association(month, plan, persons, counts, draw)
    committee, files = _committee(month, plan, persons, counts, draw, association)
    behzisti, plan = _behzisti(month, plan, persons, letter, counts, draw, committee)
    committee = _step_aside_for_behzisti(committee, plan)
    reviews = _reviews(month, plan, files, association, counts, draw)
    applications = _applications(month, plan, association, counts, draw)
    charity = _charity(as_of, plan, counts, draw)
    custody = _custody(
        as_of,
        plan,
        persons,
        draw,
        [
            referrals[["household", "letter_date"]].rename(columns={"letter_date": "day"}),
            committee[committee["cause"].eq("breadwinner_imprisoned")][["household", "service_start"]].rename(
                columns={"service_start": "day"}
            ),
            behzisti[["household", "service_start"]].rename(columns={"service_start": "day"}),
            association.rename(columns={"service_start": "day"})[["household", "day"]],
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
        behzisti=behzisti,
        committee=committee,
        reviews=reviews,
        association=association,
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


def _letter_dates(referrals: pd.DataFrame, size: int) -> np.ndarray:
    """By household, its letter to Behzisti; not-a-time where there is none."""
    dates = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    behzisti = referrals[referrals["list_key"].eq("prisons/behzisti_referral")]
    dates[behzisti["household"].to_numpy()] = behzisti["letter_date"].to_numpy().astype("datetime64[D]")
    return dates


def _referrals(month: ReportingMonth, plan: pd.DataFrame, draw: Draw, letters_back: tuple[int, int]) -> pd.DataFrame:
    parts = []
    for list_key, segments, months_back, first_code in (
        ("prisons/behzisti_referral", ["behzisti_referral", "both_referrals"], letters_back[0], 10_001),
        ("prisons/relief_referral", ["relief_referral", "both_referrals"], letters_back[1], 500_001),
    ):
        household = draw.rng.permutation(np.flatnonzero(plan["segment"].isin(segments)))
        batch = draw.rng.integers(0, months_back + 1, size=len(household))
        parts.append(
            pd.DataFrame(
                {
                    "list_key": list_key,
                    "household": household,
                    "household_ref": numbers.codes("", first_code, len(household)),
                    "letter_no": [f"{month.plus(-int(b)).year}/{3100 + int(b)}" for b in batch],
                    "letter_date": letter_days(month, batch),
                    "social_worker": draw.pick(_SOCIAL_WORKERS, len(household)),
                }
            ).sort_values("household", kind="stable")
        )
    return pd.concat(parts, ignore_index=True)


_SOCIAL_WORKERS = ("مددکار یک", "مددکار دو", "مددکار سه", "مددکار چهار", "مددکار پنج")


def letter_days(month: ReportingMonth, months_back: np.ndarray) -> np.ndarray:
    """The day of the letter of each month: from the 3rd to the 10th."""
    days = {
        int(back): np.datetime64(month.plus(-int(back)).first_day) + np.timedelta64(2 + int(back) * 3 % 8, "D")
        for back in np.unique(months_back)
    }
    return np.array([days[int(back)] for back in months_back], dtype="datetime64[s]")


def _association(
    month: ReportingMonth, plan: pd.DataFrame, persons: pd.DataFrame, counts: Profile, draw: Draw
) -> pd.DataFrame:
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


def _committee(
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


def on_custody_list(plan: pd.DataFrame, counts: Profile) -> np.ndarray:
    """Whether the month's custody list has the household's prisoners. Only position decides, so that every caller hears the same."""
    segment = plan["segment"].to_numpy()
    order = plan.groupby("segment").cumcount().to_numpy()
    missing = (segment == "elsewhere") & (order % 10 >= 4) & ~plan["is_moved_prisoner"].to_numpy()
    missing |= np.isin(segment, ["committee_unknown", "behzisti_unknown"])
    missing |= (segment == "association") & (order % 24 == 0) & ~plan["is_released"].to_numpy()
    plain = (
        (segment == "relief_referral") & plan["kind"].eq("husband").to_numpy() & plan["relief_class"].eq("").to_numpy()
    )
    missing |= plain & (np.cumsum(plain) <= counts.relief_not_on_custody_list)
    return ~missing


def prisoner_places(plan: pd.DataFrame, draw: Draw) -> np.ndarray:
    """The province in which the household's prisoners are held."""
    if "place" in plan:
        return plan["place"].to_numpy()
    elsewhere = (
        plan["segment"].isin(["elsewhere", "elsewhere_outside"]).to_numpy() | plan["is_moved_prisoner"].to_numpy()
    )
    weights = _ELSEWHERE_WEIGHTS / _ELSEWHERE_WEIGHTS.sum()
    codes = np.array(ELSEWHERE, dtype=object)[draw.rng.choice(len(ELSEWHERE), size=len(plan), p=weights)]
    place = np.where(elsewhere, codes, "08")
    plan["place"] = place
    return place


def _behzisti(
    month: ReportingMonth,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    letter: np.ndarray,
    counts: Profile,
    draw: Draw,
    committee: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    as_of = np.datetime64(month.last_day)
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    wife = plan["wife"].to_numpy()
    has_wife = (plan["kind"].to_numpy() == "husband") & ~plan["is_released"].to_numpy()
    on_list = np.isin(segment, ["behzisti_referral", "both_referrals"]) & has_wife
    free = np.ones(len(plan), dtype=bool)

    def use(pool: np.ndarray, count: int) -> np.ndarray:
        taken = draw.take(pool & free, count)
        free[taken] = False
        return taken

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

    def use(pool: np.ndarray, count: int) -> np.ndarray:
        taken = draw.take(pool & free, count)
        free[taken] = False
        return taken

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


def _step_aside_for_behzisti(committee: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """The Committee's support in the households of the overlaps: all continuous, but for the wife of a mere notice."""
    case = plan["overlap_case"].to_numpy()[committee["household"].to_numpy()]
    support = committee["support_type"].to_numpy().copy()
    support[case != ""] = "continuous"
    support[
        (case == "notice")
        & (committee["person"].to_numpy() == plan["wife"].to_numpy()[committee["household"].to_numpy()])
    ] = "case_by_case"
    return committee.assign(support_type=support)


def _reviews(
    month: ReportingMonth,
    plan: pd.DataFrame,
    files: pd.DataFrame,
    association: pd.DataFrame,
    counts: Profile,
    draw: Draw,
) -> pd.DataFrame:
    segment, relief = plan["segment"].to_numpy(), plan["relief_class"].to_numpy()
    on_list = np.isin(segment, ["relief_referral", "both_referrals"])
    active = np.zeros(len(plan), dtype=bool)
    active[association.loc[association["is_active"], "household"].to_numpy()] = True
    file_decile = np.full(len(plan), -1, dtype=np.int64)
    file_decile[files["household"].to_numpy()] = files["decile"].to_numpy()
    free = np.ones(len(plan), dtype=bool)
    free[plan["kind"].eq("both")] = False

    def use(pool: np.ndarray, count: int) -> np.ndarray:
        taken = draw.take(pool & free, count)
        free[taken] = False
        return taken

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


def _applications(
    month: ReportingMonth, plan: pd.DataFrame, association: pd.DataFrame, counts: Profile, draw: Draw
) -> pd.DataFrame:
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


def _custody(
    as_of: np.datetime64,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    draw: Draw,
    dated: list[pd.DataFrame],
    counts: Profile,
) -> pd.DataFrame:
    prisoners = persons.loc[persons["is_prisoner"]]
    household = prisoners["household"].to_numpy()
    n = len(prisoners)
    place = prisoner_places(plan, draw)[household]
    released = plan["is_released"].to_numpy()[household]
    first = pd.concat(dated).groupby("household")["day"].min().reindex(np.arange(len(plan)))
    known = first.to_numpy().astype("datetime64[D]")[household]
    known = np.where(np.isnat(known), as_of - draw.days(20, 900, n), known)
    start = known - draw.days(30, 500, n)
    adult = prisoners["birth_date"].to_numpy().astype("datetime64[D]") + 18 * 366 * DAY
    start = np.maximum(start, adult)
    convicted = draw.rng.random(n) < 0.8
    end = np.where(convicted, start + draw.days(200, 3600, n), np.datetime64("NaT", "D"))
    end = np.where(released, as_of - draw.days(1, 80, n), end)
    kind = plan["kind"].to_numpy()[household]
    marital = np.select(
        [kind == "single", kind == "lone"],
        ["single", draw.pick(("single", "married", "divorced", "widowed"), n, (0.35, 0.45, 0.15, 0.05))],
        default="married",
    )
    held_here = np.array(places.PRISONS, dtype=object)[
        np.minimum(draw.rng.geometric(0.3, n) - 1, len(places.PRISONS) - 1)
    ]
    held_there = np.array([places.PROVINCE_PRISONS.get(code, "") for code in place], dtype=object)
    return pd.DataFrame(
        {
            "person": prisoners["person"].to_numpy(),
            "household": household,
            "prisoner_no": numbers.codes("", 14_000_001, n),
            "prison": np.where(place == "08", held_here, held_there),
            "place": place,
            "custody_start": start.astype("datetime64[s]"),
            "custody_end": end.astype("datetime64[s]"),
            "legal_status": np.where(convicted, "convicted", "accused"),
            "release_status": np.where(
                released, "released", draw.pick(("in_custody", "on_leave", "electronic_tag"), n, (0.87, 0.08, 0.05))
            ),
            "marital_status": marital,
            "on_list": on_custody_list(plan, counts)[household],
        }
    )
