"""Everything a month prints about numbers of people, protected together: what one table hides, no other gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from palayesh.coverage.attack import Relation, Release
from palayesh.coverage.cells import COVERED_TWICE, FAMILIES_KNOWN, NEWLY_COVERED
from palayesh.coverage.disclosure import protect
from palayesh.coverage.families import COVERED, ELIGIBLE, PARTITION
from palayesh.figure_keys import ALL, FREE_PLACES
from palayesh.parameters import DisclosurePolicy, FigureDefinition

Name = tuple[str, ...]
"""A cell by measure, agency and county; a figure by key and part; a pair by agencies and kind; a band."""
HEADLINE_COST, TOTAL_COST, PART_COST = 10_000.0, 100.0, 10.0
COUNTY_COSTS = {ELIGIBLE: 60.0, COVERED: 40.0, FAMILIES_KNOWN: 40.0}
"""Of all agencies together: which families a county misses is what the report is for, so that is hidden last."""
OTHER_COUNTY_COST = 1.0
COVERED_PRISONERS, CAPACITY = "association.covered_prisoners", "association.capacity"


@dataclass
class _Counts:
    """The counts of a release while it is being put together."""

    values: list[int] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    groups: list[Name] = field(default_factory=list)
    sensitive: list[bool] = field(default_factory=list)
    positions: dict[Name, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)

    def add(self, name: Name, value: int, *, cost: float, group: Name, is_sensitive: bool = True) -> None:
        self.positions[name] = len(self.values)
        self.values.append(value)
        self.costs.append(cost + float(np.log1p(value)))
        self.groups.append(group)
        self.sensitive.append(is_sensitive)

    def relate(self, plus: Sequence[Name], minus: Sequence[Name], *, equal: bool = True, constant: int = 0) -> None:
        """``sum(plus) − sum(minus) + constant`` is 0 (or at most 0), if all of them are in the release."""
        if all(name in self.positions for name in (*plus, *minus)):
            terms = [(self.positions[name], 1) for name in plus] + [(self.positions[name], -1) for name in minus]
            self.relations.append(Relation(tuple(terms), equal, constant))

    def release(self) -> Release:
        numbers = {group: number for number, group in enumerate(dict.fromkeys(self.groups))}
        return Release(
            counts=np.array(self.values, dtype="int64"),
            relations=self.relations,
            cost=np.array(self.costs, dtype="float64"),
            group=np.array([numbers[group] for group in self.groups], dtype="int64"),
            is_sensitive=np.array(self.sensitive, dtype="bool"),
        )


@dataclass(frozen=True)
class Published:
    """The four tables with ``state``: ``shown``, ``zero`` or ``hidden``; absent where there is no value."""

    figures: pd.DataFrame
    cells: pd.DataFrame
    overlap: pd.DataFrame
    bands: pd.DataFrame


def publish(
    figures: pd.DataFrame,
    cells: pd.DataFrame,
    overlap: pd.DataFrame,
    bands: pd.DataFrame,
    definitions: Mapping[str, FigureDefinition],
    policy: DisclosurePolicy,
    earlier: Sequence[Published] = (),
) -> Published:
    """Tell of every number of the month whether it may be printed. Values stay; only ``state`` says what to show.

    ``earlier`` are revisions of the same month that readers already have: what differs from one of them by fewer than
    the threshold is hidden, and what was hidden there and has not moved further stays hidden, so that no two of them
    laid side by side tell of a few people.

    Figures are ``key``, ``part``, ``value``, ``unit``; cells ``measure``, ``agency``, ``county``, ``value``; overlap
    ``agency_a``, ``agency_b``, ``kind``, ``value``; bands ``band``, ``value``.
    """
    names = _names(figures, cells, overlap, bands)
    counts = _Counts()
    _add_cells(counts, cells, names["cells"])
    _add_figures(counts, figures, names["figures"], definitions)
    for frame, kind in ((overlap, "overlap"), (bands, "bands")):
        for name, value in zip(names[kind], frame["value"], strict=True):
            if name not in counts.positions and pd.notna(value):
                counts.add(name, int(value), cost=PART_COST, group=name)
    _relate_figures(counts, figures, definitions)
    _relate_tables(counts, names["bands"])
    beside = np.zeros(len(counts.values), dtype=bool)
    for published in earlier:
        for name, (was, state) in _told(published).items():
            if (position := counts.positions.get(name)) is not None:
                value = counts.values[position]
                change = abs(value - was)
                # A zero is printed whatever it was: it tells no more of what was hidden than that it is gone.
                beside[position] |= value > 0 and (change > 0 or state == "hidden") and change < policy.threshold
    hidden = protect(counts.release(), threshold=policy.threshold, width=policy.protected_width, beside=beside)

    def with_state(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
        states = [_state(counts, hidden, name, value) for name, value in zip(names[kind], frame["value"], strict=True)]
        return frame.assign(state=pd.Series(states, index=frame.index, dtype="str"))

    return Published(
        figures=with_state(figures, "figures"),
        cells=with_state(cells, "cells"),
        overlap=with_state(overlap, "overlap"),
        bands=with_state(bands, "bands"),
    )


def told_apart(now: Published, before: Published, policy: DisclosurePolicy) -> int:
    """How many counts two publications of one month print both, so that their difference tells of a few people.

    Where one of the two hides a count, its own protection leaves it at least ``protected_width`` to vary, and so the
    difference.
    """
    then = _told(before)
    found = 0
    for name, (value, state) in _told(now).items():
        was, was_state = then.get(name, (value, "hidden"))
        is_printed = state != "hidden" and was_state != "hidden"
        found += is_printed and 0 < abs(value - was) < policy.threshold
    return found


def _told(published: Published) -> dict[Name, tuple[int, str]]:
    """Every count of people of a publication with its state; what is not a whole number is none."""
    names = _names(published.figures, published.cells, published.overlap, published.bands)
    found: dict[Name, tuple[int, str]] = {}
    for kind in ("figures", "overlap", "bands", "cells"):  # the cells last: a total is hidden as its cell is
        frame: pd.DataFrame = getattr(published, kind)
        for name, value, state in zip(names[kind], frame["value"], frame["state"], strict=True):
            if pd.notna(value) and float(value).is_integer() and pd.notna(state) and name[1:2] != (CAPACITY,):
                found[name] = (int(value), str(state))
    return found


def _names(
    figures: pd.DataFrame, cells: pd.DataFrame, overlap: pd.DataFrame, bands: pd.DataFrame
) -> dict[str, list[Name]]:
    return {
        "cells": [("cell", *row) for row in cells[["measure", "agency", "county"]].itertuples(index=False, name=None)],
        "figures": [_figure_name(*row) for row in figures[["key", "part"]].itertuples(index=False, name=None)],
        "overlap": [
            _pair_name(*row) for row in overlap[["agency_a", "agency_b", "kind"]].itertuples(index=False, name=None)
        ],
        "bands": [("band", band) for band in bands["band"]],
    }


def _state(counts: _Counts, hidden: np.ndarray, name: Name, value: float) -> str | None:
    if pd.isna(value):
        return None
    position = counts.positions.get(name)
    if position is not None and hidden[position]:
        return "hidden"
    return "zero" if value == 0 else "shown"


def _figure_name(key: str, part: str) -> Name:
    """A figure's name; the headline of ``coverage.*`` is the very total of the cells, so it has the cell's name."""
    if key.startswith("coverage.") and part == "":
        return ("cell", key.removeprefix("coverage."), ALL, ALL)
    if key.startswith("overlap.") and part:
        first, second = part.split("+", 1)
        return _pair_name(first, second, key.removeprefix("overlap.").removesuffix("s"))
    return ("figure", key, part)


def _pair_name(first: str, second: str, kind: str) -> Name:
    return ("pair", *sorted((first, second)), kind)


def _add_cells(counts: _Counts, cells: pd.DataFrame, names: list[Name]) -> None:
    told = cells["value"].notna().to_numpy()
    for name, value, is_told in zip(names, cells["value"], told, strict=True):
        if not is_told:
            continue
        _, measure, agency, county = name
        if county != ALL:
            cost = OTHER_COUNTY_COST if agency != ALL else COUNTY_COSTS.get(measure, OTHER_COUNTY_COST)
            counts.add(name, int(value), cost=cost, group=("table", measure, agency))
        else:
            is_headline = agency == ALL and measure in (FAMILIES_KNOWN, *PARTITION)
            counts.add(name, int(value), cost=HEADLINE_COST if is_headline else TOTAL_COST, group=name)
    counties = sorted(set(cells["county"]) - {ALL})
    agencies = sorted(set(cells["agency"]) - {ALL})
    for measure, agency in cells[["measure", "agency"]].drop_duplicates().itertuples(index=False, name=None):
        counts.relate([("cell", measure, agency, county) for county in counties], [("cell", measure, agency, ALL)])
    for county in [ALL, *counties]:
        of_all = {measure: ("cell", measure, ALL, county) for measure in (*PARTITION, NEWLY_COVERED, COVERED_TWICE)}
        for agency in [ALL, *agencies]:
            parts = [("cell", part, agency, county) for part in PARTITION]
            counts.relate(parts, [("cell", FAMILIES_KNOWN, ALL, county)])
            own = ("cell", COVERED, agency, county)
            counts.relate([("cell", NEWLY_COVERED, agency, county)], [own], equal=False)
            if agency != ALL:
                counts.relate([own], [of_all[COVERED]], equal=False)
        counts.relate([of_all[COVERED_TWICE]], [of_all[COVERED]], equal=False)
        own_covers = [
            ("cell", COVERED, a, county) for a in agencies if ("cell", COVERED, a, county) in counts.positions
        ]
        counts.relate([of_all[COVERED], of_all[COVERED_TWICE]], own_covers, equal=False)


def _add_figures(
    counts: _Counts, figures: pd.DataFrame, names: list[Name], definitions: Mapping[str, FigureDefinition]
) -> None:
    for name, (key, part, value) in zip(
        names, figures[["key", "part", "value"]].itertuples(index=False, name=None), strict=True
    ):
        if pd.isna(value) or name in counts.positions or value != int(value):
            continue
        definition = definitions[key]
        declared = definition.parts.get(part)
        is_sensitive = definition.counts_people if not part else declared is None or declared.counts_people
        if not is_sensitive and key != FREE_PLACES:
            continue
        counts.add(name, int(value), cost=PART_COST if part else HEADLINE_COST, group=name, is_sensitive=is_sensitive)


def _relate_figures(counts: _Counts, figures: pd.DataFrame, definitions: Mapping[str, FigureDefinition]) -> None:
    values = figures.set_index(["key", "part"])["value"]
    for key, definition in definitions.items():
        if key.startswith("overlap."):
            parts = [part for part in figures.loc[figures["key"] == key, "part"] if part]
        else:
            parts = definition.sum_of
        if not parts or pd.isna(values.get((key, ""))):
            continue
        adds_up = values[key].reindex(parts).sum() == values[key, ""]
        counts.relate([_figure_name(key, part) for part in parts], [_figure_name(key, "")], equal=bool(adds_up))
    capacity = values.get((CAPACITY, ""))
    if capacity is not None and pd.notna(capacity):
        covered, free, over = (
            ("figure", COVERED_PRISONERS, ""),
            ("figure", FREE_PLACES, ""),
            ("figure", FREE_PLACES, "over_capacity"),
        )
        is_over = values.get((FREE_PLACES, "over_capacity"), 0) > 0
        # One of the two is zero and everybody knows it; the other and the ceiling give the number covered.
        counts.relate([covered] if is_over else [covered, free], [over] if is_over else [], constant=-int(capacity))


def _relate_tables(counts: _Counts, bands: list[Name]) -> None:
    counts.relate(bands, [("cell", ELIGIBLE, ALL, ALL)])
