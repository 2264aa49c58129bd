"""What the prisons hold and send: prisoners' custody, and letters that refer their families."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import numbers, places
from palayesh.synthetic.draw import DAY, Draw
from palayesh.synthetic.profiles import Profile

ELSEWHERE = tuple(code for code in places.PROVINCES if code != "08")


_ELSEWHERE_WEIGHTS = np.array([0.02 if code == "abroad" else 1.0 / (n + 1.5) for n, code in enumerate(ELSEWHERE)])


def letter_dates(referrals: pd.DataFrame, size: int) -> np.ndarray:
    """By household, its letter to Behzisti; not-a-time where there is none."""
    dates = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    behzisti = referrals[referrals["list_key"].eq("prisons/behzisti_referral")]
    dates[behzisti["household"].to_numpy()] = behzisti["letter_date"].to_numpy().astype("datetime64[D]")
    return dates


def referrals(month: ReportingMonth, plan: pd.DataFrame, draw: Draw, letters_back: tuple[int, int]) -> pd.DataFrame:
    """The letters that refer families to Behzisti and to the Committee: one row per household and list."""
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


def custody(
    as_of: np.datetime64,
    plan: pd.DataFrame,
    persons: pd.DataFrame,
    draw: Draw,
    dated: list[pd.DataFrame],
    counts: Profile,
) -> pd.DataFrame:
    """Every prisoner of the world, with the days, the place and the state of custody; ``on_list`` are those that the list has."""
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
