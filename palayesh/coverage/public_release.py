"""The counts that everybody may read: rounded, small ones hidden, and nothing that arithmetic could bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from palayesh.coverage.attack import Floats, Relation, Release, Seen, Truths, attack_within
from palayesh.coverage.families import PARTITION
from palayesh.figure_keys import ALL
from palayesh.parameters import DisclosurePolicy, FigureDefinition

COLUMNS = ["key", "county", "value", "unit", "state", "least", "most"]
FIGURE_OF_MEASURE = "coverage."


def publish_public(
    figures: pd.DataFrame,
    cells: pd.DataFrame,
    definitions: Mapping[str, FigureDefinition],
    policy: DisclosurePolicy,
) -> pd.DataFrame:
    """``key``, ``county`` ("" = the province), rounded ``value``, ``unit``, ``state``, and what a reader can derive.

    ``figures`` and ``cells`` are those of the officials, with ``state``: what they may not read nobody may, so that the
    public page adds nothing to what they know. Every count but a zero lies between ``least`` and ``most`` at least
    ``protected_width`` apart for a reader of this release alone, whatever else it prints; so no two releases tell a
    change between them to within less. (``least`` and ``most`` are not for printing.)
    """
    counted = _counted(figures, cells, definitions, policy)
    known = counted["value"].notna()
    release = _release(counted[known], policy)
    hidden = _hide(release, counted[known], policy)
    least, most = _derived(release, counted[known], hidden, policy, Seen(release.counts.astype("float64")))
    values = counted.loc[known, "value"].to_numpy(dtype="int64")
    state = np.where(hidden, "hidden", np.where(values == 0, "zero", "shown"))
    result = counted.drop(columns="state").assign(state="not_received", least=np.nan, most=np.nan)
    result.loc[known, "state"] = state
    result.loc[known, ["least", "most"]] = np.column_stack([least, most])
    result["value"] = result["value"].astype("float64")
    result.loc[known, "value"] = np.where(hidden, np.nan, rounded(values, policy.public.base))
    return result.astype({"state": "str"})[COLUMNS]


def rounded(values: np.ndarray, base: int) -> np.ndarray:
    """The nearest multiples of ``base``, half up."""
    return np.asarray((2 * values + base) // (2 * base) * base)


def exposed(public: pd.DataFrame, policy: DisclosurePolicy) -> int:
    """How many counts of the release a reader can derive to within less than the protected width."""
    told = public["state"].isin(["shown", "hidden"])
    return int((told & ~(public["most"] - public["least"] >= policy.protected_width - 1e-6)).sum())


def told_apart(now: pd.DataFrame, before: pd.DataFrame, policy: DisclosurePolicy) -> int:
    """How many changes of fewer people than the threshold two public releases tell to within less than the protected width.

    The releases are of two months or of two revisions of one.
    """
    both = now.merge(before, on=["key", "county"], suffixes=("", "_before")).dropna(subset=["least", "least_before"])
    least, most = both["least"] - both["most_before"], both["most"] - both["least_before"]
    is_told = most - least < policy.protected_width - 1e-6
    size = np.maximum(least.abs(), most.abs())
    return int((is_told & (size > 0) & (size < policy.threshold)).sum())


def _counted(
    figures: pd.DataFrame, cells: pd.DataFrame, definitions: Mapping[str, FigureDefinition], policy: DisclosurePolicy
) -> pd.DataFrame:
    """The counts of the public release before anything is done to them, with the officials' state."""
    public = policy.public
    of_all = cells[(cells["agency"] == ALL) & cells["measure"].isin(public.by_county)]
    table = of_all.assign(key=FIGURE_OF_MEASURE + of_all["measure"], unit="household")
    people = [key for key in public.figures if definitions[key].counts_people]
    alone = figures[(figures["part"] == "") & figures["key"].isin(people)].assign(county=ALL)
    both = pd.concat([part[["key", "county", "value", "unit", "state"]] for part in (table, alone)], ignore_index=True)
    both["value"] = both["value"].astype("Int64")
    return both.astype({"state": "str"}).drop_duplicates(["key", "county"], ignore_index=True)


def _release(counted: pd.DataFrame, policy: DisclosurePolicy) -> Release:
    place = {name: at for at, name in enumerate(zip(counted["key"], counted["county"], strict=True))}
    relations: list[Relation] = []

    def relate(parts: Sequence[tuple[str, str]], whole: tuple[str, str], *, equal: bool) -> None:
        if whole in place and parts and all(part in place for part in parts):
            terms = (*((place[part], 1) for part in parts), (place[whole], -1))
            relations.append(Relation(terms, equal))

    counties = sorted(set(counted["county"]) - {ALL})
    measures = [FIGURE_OF_MEASURE + measure for measure in policy.public.by_county]
    for key in measures:
        relate([(key, county) for county in counties], (key, ALL), equal=True)
        if key != measures[0]:
            for county in [ALL, *counties]:
                relate([(key, county)], (measures[0], county), equal=False)
    parts = [(FIGURE_OF_MEASURE + part, ALL) for part in PARTITION]
    relate(parts, (measures[0], ALL), equal=True)
    size = len(counted)
    return Release(
        counts=counted["value"].to_numpy(dtype="int64"),
        relations=relations,
        cost=np.where(counted["county"] == ALL, 100.0, 1.0),
        group=np.arange(size),
        is_sensitive=np.ones(size, dtype=bool),
    )


def _thresholds(counted: pd.DataFrame, policy: DisclosurePolicy) -> Floats:
    is_sensitive = counted["key"].isin(policy.public.sensitive)
    return np.where(is_sensitive, float(policy.public.sensitive_threshold), float(policy.threshold))


def _told(counted: pd.DataFrame, hidden: Truths, policy: DisclosurePolicy) -> tuple[Floats, Floats]:
    """Between which numbers each count lies for a reader of the printed page, before any arithmetic."""
    values, threshold = counted["value"].to_numpy(dtype="float64"), _thresholds(counted, policy)
    base = policy.public.base
    middle = rounded(values.astype("int64"), base).astype("float64")
    low = np.maximum(np.ceil(middle - base / 2), threshold)
    high = np.ceil(middle + base / 2) - 1
    is_small = values < threshold
    low = np.where(hidden, np.where(is_small, 1.0, threshold), low)
    high = np.where(hidden, np.where(is_small, threshold - 1, np.inf), high)
    is_zero = values == 0
    return np.where(is_zero & ~hidden, 0.0, np.where(is_zero, 0.0, low)), np.where(is_zero & ~hidden, 0.0, high)


def _hide(release: Release, counted: pd.DataFrame, policy: DisclosurePolicy) -> Truths:
    """What must be hidden: small counts, what officials may not read, and what arithmetic would tell too closely."""
    values = release.counts
    hidden = ((values >= 1) & (values < _thresholds(counted, policy))) | counted["state"].eq("hidden").to_numpy()
    width = float(policy.protected_width)
    seen = Seen(
        values.astype("float64")
    )  # whatever is hidden besides, a world met once still agrees with what is printed
    while True:
        least, most = _derived(release, counted, hidden, policy, seen)
        is_exposed = (most - least < width - 1e-6) & ((values > 0) | hidden)
        if not is_exposed.any():
            return np.asarray(hidden)
        neighbours = _neighbours(release, is_exposed) & ~hidden
        if not neighbours.any():
            return np.ones(len(values), dtype=bool)
        # The cheapest goes first; one at a time, for one is often enough.
        cost = np.where(neighbours, release.cost + np.log1p(values), np.inf)
        hidden[int(np.argmin(cost))] = True


def _derived(
    release: Release, counted: pd.DataFrame, hidden: Truths, policy: DisclosurePolicy, seen: Seen
) -> tuple[Floats, Floats]:
    """The least and greatest value that a reader of the printed page can derive for every count, as far as is asked."""
    low, high = _told(counted, hidden, policy)
    return attack_within(release, low, high, enough=float(policy.protected_width), seen=seen)


def _neighbours(release: Release, chosen: Truths) -> Truths:
    """The chosen counts and all that share a relation with one of them."""
    found = chosen.copy()
    for relation in release.relations:
        positions = [position for position, _ in relation.terms]
        if chosen[positions].any():
            found[positions] = True
    return found
