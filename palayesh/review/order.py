"""The order in which pairs are asked, and what each pair of a run carries for the queue."""

from __future__ import annotations

import json

import pandas as pd

from palayesh.reporting_month import ReportingMonth


def queued(
    pairs: pd.DataFrame,
    linked: pd.DataFrame,
    households: pd.DataFrame,
    before: pd.DataFrame,
    digests: pd.Series,
    *,
    month: str,
) -> pd.DataFrame:
    """The pairs with ``agency_l``, ``agency_r``, ``effect``, ``since_month``, ``priority``, ``pattern``, ``evidence_sha256``.

    ``before``: ``pair_id``, ``since_month`` of the run before. ``effect`` is the number of persons in the two households,
    and the queue's order is effect × months of waiting, because a doubt about a large family costs more and grows with time.
    """
    if pairs.empty:
        return pairs.assign(
            agency_l="", agency_r="", effect=0, since_month=month, priority=0, pattern="", evidence_sha256=""
        )
    where = linked.set_index("mention_id")
    size = households.set_index("household_id")[["resident_count", "prisoner_count"]].sum(axis="columns")
    effect = pd.Series(0, index=pairs.index, dtype="int64")
    found = {}
    for side in ("l", "r"):
        at = pairs[f"mention_id_{side}"]
        found[f"agency_{side}"] = at.map(where["list_key"]).str.split("/").str[0]
        found[f"household_{side}"] = at.map(where["household_id"])
        found[f"digest_{side}"] = at.map(digests).fillna("")
    one_household = found["household_l"] == found["household_r"]
    for side in ("l", "r"):
        persons = found[f"household_{side}"].map(size).fillna(1).astype("int64")
        effect += persons if side == "l" else persons.where(~one_household, 0)
    since = pairs["pair_id"].map(before.drop_duplicates("pair_id").set_index("pair_id")["since_month"]).astype("str")
    since = since.mask(since.eq("")).fillna(month)
    waited = since.map({text: 1 + _months(text, month) for text in since.unique()}).astype("int64")
    return pairs.assign(
        agency_l=found["agency_l"],
        agency_r=found["agency_r"],
        effect=effect,
        since_month=since,
        priority=effect * waited,
        pattern=patterns(pairs),
        evidence_sha256=found["digest_l"] + found["digest_r"],
    )


def patterns(pairs: pd.DataFrame) -> pd.Series:
    """Uncertain pairs whose evidence is at the same level in every field share a pattern; other kinds have none."""
    levels = [
        kind + json.dumps({field: found["level"] for field, found in json.loads(evidence).items()}, sort_keys=True)
        for kind, evidence in zip(pairs["kind"], pairs["evidence"], strict=True)
    ]
    numbers = pd.util.hash_array(pd.Series(levels, dtype=object).to_numpy(), categorize=False)
    found = pd.Series([f"{number:016x}" for number in numbers], index=pairs.index, dtype="str")
    return found.where(pairs["kind"].eq("uncertain"), "")


def _months(first: str, last: str) -> int:
    one, other = ReportingMonth.parse(first), ReportingMonth.parse(last)
    return max(0, (other.year - one.year) * 12 + other.month - one.month)
