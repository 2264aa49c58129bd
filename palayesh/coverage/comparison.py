"""Two sets of rules on the same facts: who would enter, leave, wait, or become a question."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.coverage.attack import Relation, Release
from palayesh.coverage.disclosure import protect
from palayesh.figure_keys import ALL
from palayesh.parameters import DisclosurePolicy

UNKNOWN = "unknown"
_UNIT = ["programme", "household_id", "person_id"]
_TOTAL_COST = 100.0


def moves_between(before: pd.DataFrame, after: pd.DataFrame, county_of: pd.Series) -> pd.DataFrame:
    """``programme``, ``move``, ``county`` (``""`` = all), ``value``: units whose decision differs, counted; zeros left out.

    ``before``, ``after``: decisions of the same units (contracts, section 4). ``county_of``: the county of each household id. A unit
    that only one of the two knows, because a programme is in force in only one, counts as not eligible in the other.
    """
    both = before[[*_UNIT, "decision"]].merge(
        after[[*_UNIT, "decision"]], on=_UNIT, how="outer", suffixes=("_before", "_after"), validate="one_to_one"
    )
    was, would_be = (both[f"decision_{when}"].fillna("not_eligible") for when in ("before", "after"))
    changed = was.ne(would_be)
    move = pd.Series("settled_against", index=both.index, dtype="str")
    move = move.mask(was.eq("eligible"), "leaves").mask(would_be.eq("needs_information"), "becomes_question")
    move = move.mask(would_be.eq("eligible"), "enters")
    moved = both.loc[changed, ["programme", "household_id"]].assign(move=move[changed])
    return _counted(moved, county_of)


def places_between(before: pd.DataFrame, after: pd.DataFrame, county_of: pd.Series, programme: str) -> pd.DataFrame:
    """The same table for the places that the ceiling leaves: which applicants of the waiting list get or lose one."""
    had, would_have = (set(waiting.loc[waiting["gets_place"], "person_id"]) for waiting in (before, after))
    applicants = pd.concat([before, after])[["person_id", "household_id"]].drop_duplicates("person_id")
    gets = applicants["person_id"].isin(would_have - had)
    loses = applicants["person_id"].isin(had - would_have)
    moved = applicants[gets | loses].assign(
        programme=programme, move=pd.Series("loses_place", index=applicants.index, dtype="str").mask(gets, "gets_place")
    )
    return _counted(moved, county_of)


def _counted(moved: pd.DataFrame, county_of: pd.Series) -> pd.DataFrame:
    counties = moved["household_id"].map(county_of).astype("str").fillna(UNKNOWN)
    moved = moved.assign(county=counties)
    counts = pd.concat([moved, moved.assign(county=ALL)]).groupby(["programme", "move", "county"]).size()
    return counts.rename("value").reset_index().sort_values(["programme", "move", "county"], ignore_index=True)


def protected_moves(moves: pd.DataFrame, policy: DisclosurePolicy) -> pd.DataFrame:
    """The moves with ``state`` (``shown`` or ``hidden``): no subtraction between counties and their total brings a small count back."""
    if moves.empty:
        return moves.assign(state=pd.Series(dtype="str"))
    groups = pd.factorize(moves["programme"] + "\x1f" + moves["move"])[0].astype(np.int64)
    is_total = moves["county"].eq(ALL).to_numpy()
    relations = [
        Relation(
            (
                *((int(place), 1) for place in np.flatnonzero((groups == group) & is_total)),
                *((int(place), -1) for place in np.flatnonzero((groups == group) & ~is_total)),
            )
        )
        for group in np.unique(groups)
    ]
    counts = moves["value"].to_numpy(dtype=np.int64)
    release = Release(
        counts=counts,
        relations=relations,
        cost=np.where(is_total, _TOTAL_COST, 0.0) + np.log1p(counts),
        group=groups,
        is_sensitive=np.ones(len(moves), dtype=bool),
    )
    hidden = protect(release, threshold=policy.threshold, width=policy.protected_width)
    return moves.assign(state=np.where(hidden, "hidden", "shown"))


def changed_figures(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """``key``, ``part``, ``unit``, ``before``, ``after``, ``state`` of the figures whose values differ, in their order.

    ``state`` is ``hidden`` where either side may not be shown: beside the other it would give itself away.
    """
    columns = ["key", "part", "unit"]
    both = before[[*columns, "value", "state"]].merge(
        after[[*columns, "value", "state"]], on=columns, how="outer", suffixes=("_before", "_after"), sort=False
    )
    value_before, value_after = both["value_before"], both["value_after"]
    differs = ~(value_before.eq(value_after).fillna(False) | (value_before.isna() & value_after.isna()))
    is_hidden = both["state_before"].eq("hidden") | both["state_after"].eq("hidden")
    found = both.assign(state=pd.Series("shown", index=both.index, dtype="str").mask(is_hidden, "hidden"))[differs]
    found = found.rename(columns={"value_before": "before", "value_after": "after"})
    return found[[*columns, "before", "after", "state"]].reset_index(drop=True)
