"""Draws of a made-up world: households, days and values, from one generator."""

from __future__ import annotations

import numpy as np

from palayesh.reporting_month import ReportingMonth

DAY = np.timedelta64(1, "D")


class Draw:
    """Takes households or persons out of pools, without putting them back where asked."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def take(self, pool: np.ndarray, count: int) -> np.ndarray:
        """Positions of ``count`` true places of ``pool`` (all of them if there are fewer), in order."""
        found = np.flatnonzero(pool)
        return np.sort(self.rng.permutation(found)[: max(count, 0)])

    def take_free(self, free: np.ndarray, pool: np.ndarray, count: int) -> np.ndarray:
        """As ``take``, of the places that are ``free`` only; those taken are free no more."""
        taken = self.take(pool & free, count)
        free[taken] = False
        return taken

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
