"""Families that are eligible and in nobody's cover, by how long they have waited."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.coverage.families import ELIGIBLE
from palayesh.distinct import is_among
from palayesh.elapsed import completed_months
from palayesh.family_facts import FamilyFacts

BANDS = ("under_1", "1_to_3", "3_to_6", "6_to_12", "over_12", "unknown")
"""Completed months of waiting: a family that has waited exactly three is in ``3_to_6``."""
COLUMNS = ["household_id", "county", "waiting_since", "since_what", "months_waited", "band", "programmes"]


def uncovered_families(
    facts: FamilyFacts, families: pd.DataFrame, decisions: pd.DataFrame, *, as_of: dt.date
) -> pd.DataFrame:
    """One row per eligible family without cover, longest waiting first, with the programmes it is eligible for.

    It waits since the earliest of its referral letters, its application and the start of custody (``since_what`` tells
    which); ``unknown`` where none of these is dated.
    """
    waiting = families.loc[families["state"] == ELIGIBLE, ["household_id", "county"]]
    dates = facts.households.set_index("household_id").reindex(waiting["household_id"])
    dates = dates[["behzisti_letter_date", "relief_letter_date", "application_date", "custody_start"]]
    since = dates.min(axis="columns")
    table = waiting.reset_index(drop=True)
    table["waiting_since"] = since.to_numpy(dtype="datetime64[s]")
    what = pd.Series(None, index=dates.index, dtype="str")
    for column in reversed(dates.columns):
        what = what.mask(dates[column].notna() & (dates[column] == since), column)
    table["since_what"] = what.to_numpy()
    table["months_waited"] = completed_months(table["waiting_since"], as_of)
    table["band"] = _bands(table["months_waited"])
    eligible = decisions[
        (decisions["decision"] == "eligible") & is_among(decisions["household_id"], table["household_id"])
    ]
    eligible = eligible.drop_duplicates(["household_id", "programme"]).sort_values(["household_id", "programme"])
    table["programmes"] = table["household_id"].map(eligible.groupby("household_id")["programme"].agg(";".join))
    order = ["waiting_since", "household_id"]
    return table.astype({"since_what": "str"}).sort_values(order, na_position="last", ignore_index=True)[COLUMNS]


def waiting_bands(uncovered: pd.DataFrame) -> pd.DataFrame:
    """Families per band of waiting, in the order to print; a band without families is 0."""
    counts = uncovered["band"].value_counts().reindex(list(BANDS), fill_value=0)
    return pd.DataFrame({"band": pd.Series(BANDS, dtype="str"), "value": pd.array(counts.tolist(), dtype="Int64")})


def _bands(months: pd.Series) -> pd.Series:
    band = pd.Series("unknown", index=months.index, dtype="str")
    for least, name in ((0, "under_1"), (1, "1_to_3"), (3, "3_to_6"), (6, "6_to_12"), (12, "over_12")):
        band = band.mask((months >= least).fillna(False).astype("bool"), name)
    # A date after the month's last day is a typing error of a date, not a long wait: the family has just begun to wait.
    return band.mask((months < 0).fillna(False).astype("bool"), "under_1")
