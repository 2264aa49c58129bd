"""Months side by side: whether a change is more than the figure's usual variation.

Limits are those of an XmR chart (individuals and moving range): the mean ± 2.66 times the mean moving range, the constant being
3 / d₂ with d₂ = 1.128 for ranges of two (Wheeler, *Understanding Variation*, 1993; NHS England, *Making Data Count*).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from palayesh.reports.inputs import State

FEWEST_MONTHS = 12
"""With fewer months the points are shown without limits: they would not be worth much."""
RANGES_TO_LIMITS = 2.66
_ROOM = 0.12
"""Share of the drawn height that stays free above and below the line."""
WIDTH, HEIGHT = 500.0, 120.0
"""Units of the drawing; the page scales it."""


@dataclass(frozen=True)
class Limits:
    """The mean and the range in which nearly every month lies while nothing changes."""

    lowest: float
    mean: float
    highest: float

    def is_usual(self, value: float) -> bool:
        return self.lowest <= value <= self.highest


def limits_of(values: Sequence[float]) -> Limits | None:
    """The limits of the known values (NaN = not known); None with fewer than twelve of them."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < FEWEST_MONTHS:
        return None
    # Only neighbouring months have a range between them.
    ranges = np.abs(np.diff(np.asarray(values, dtype="float64")))
    spread = RANGES_TO_LIMITS * float(np.nanmean(ranges)) if np.isfinite(ranges).any() else 0.0
    mean = float(np.mean(known))
    return Limits(max(0.0, mean - spread), mean, mean + spread)


@dataclass(frozen=True)
class TrendPoint:
    """A month's dot: ``x`` and ``y`` in the drawing's units, and whether the month is beyond the limits."""

    x: str
    y: str
    is_special: bool


@dataclass(frozen=True)
class Drawing:
    """One line: its unbroken stretches as SVG points, its dots, and the band of usual variation (``y``, ``height``), if there is one."""

    stretches: tuple[str, ...]
    points: tuple[TrendPoint, ...]
    band: tuple[str, str] | None
    mean: str | None


def draw(values: Sequence[float], states: Sequence[State], limits: Limits | None, *, from_right: bool) -> Drawing:
    """The line of the values that may be shown, the first month at the side where reading begins; what is not shown breaks it."""
    shown = [value if state in ("shown", "zero") else math.nan for value, state in zip(values, states, strict=True)]
    known = [value for value in shown if not math.isnan(value)]
    if not known:
        return Drawing((), (), None, None)
    bounds = [*known, *((limits.lowest, limits.highest) if limits else ())]
    low, high = min(bounds), max(bounds)
    room = (high - low) * _ROOM or 1.0
    low, high = low - room, high + room

    def x(place: int) -> str:
        share = (place + 0.5) / len(shown)
        return f"{WIDTH * (1 - share if from_right else share):.1f}"

    def y(value: float) -> str:
        return f"{HEIGHT * (high - value) / (high - low):.1f}"

    stretches: list[list[str]] = [[]]
    points = []
    for place, value in enumerate(shown):
        if math.isnan(value):
            stretches.append([])
            continue
        stretches[-1].append(f"{x(place)},{y(value)}")
        points.append(TrendPoint(x(place), y(value), is_special=limits is not None and not limits.is_usual(value)))
    band = None
    if limits:
        top, bottom = float(y(limits.highest)), float(y(limits.lowest))
        band = (f"{top:.1f}", f"{bottom - top:.1f}")
    return Drawing(
        tuple(" ".join(stretch) for stretch in stretches if len(stretch) > 1),
        tuple(points),
        band,
        y(limits.mean) if limits else None,
    )
