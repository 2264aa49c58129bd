"""What a reader can derive about the counts that a release hides, by linear programming.

A release is a set of counts of people and everything that is publicly known to hold between them: what adds up to what,
and what cannot be greater than what. A world is a set of counts that agrees with all that is printed. The least and the
greatest value of a hidden count over all worlds are what a reader can derive (the audit of Fischetti and Salazar, 2001).

Asked whether every hidden count has room to vary, the attack does not solve two programmes for each of them:

- bounds carried along the relations until nothing changes tell at once which counts are pinned;
- a programme that moves many counts at once finds a world that shows room for all that it moved, and every world met is
  kept for every count;
- only what is still open then is solved by itself, in the part of the release with which it is connected.

Room is believed only by a world that was checked to agree with everything printed; so no shortcut can call a count safe
that is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
NEARLY = 1e-6
_AGREES = 1e-5
"""How far a world may miss a relation and still agree with it: the precision of the solver, far under one person."""
_ROUNDS_OF_BOUNDS = 50
_SEED = 1404


@dataclass(frozen=True)
class Relation:
    """``sum(sign × count) + constant`` is 0 (``equal``), or at most 0; counts are named by their position."""

    terms: tuple[tuple[int, int], ...]
    equal: bool = True
    constant: int = 0


@dataclass(frozen=True)
class Release:
    """Counts of people about to be published, with what everybody knows to hold between them.

    ``cost`` is the loss of not printing a count (a headline total costs most). ``group`` numbers the breakdown a count
    belongs to (one measure of one agency over the counties); a breakdown that cannot be protected is hidden whole.
    ``is_sensitive`` is false for a number that counts no people (free places): small ones may be printed, but they are
    hidden where they would give a count of people away.
    """

    counts: npt.NDArray[np.int64]
    relations: Sequence[Relation]
    cost: Floats
    group: Places
    is_sensitive: Truths

    def __post_init__(self) -> None:
        system = System.of(self)
        left = system.matrix @ self.counts.astype("float64")
        if (left > system.high + NEARLY).any() or (left < system.low - NEARLY).any():
            raise ValueError("a release breaks one of its own relations: the counts do not add up")


@dataclass(frozen=True)
class System:
    """The relations as a matrix: ``low ≤ matrix @ counts ≤ high``."""

    matrix: sparse.csr_matrix
    low: Floats
    high: Floats

    @classmethod
    def of(cls, release: Release) -> System:
        relations = release.relations
        sizes = [len(relation.terms) for relation in relations]
        columns = [position for relation in relations for position, _ in relation.terms]
        signs = [float(sign) for relation in relations for _, sign in relation.terms]
        rows = np.repeat(np.arange(len(relations)), sizes)
        matrix = sparse.csr_matrix((signs, (rows, columns)), shape=(len(relations), len(release.counts)))
        high = np.array([-float(relation.constant) for relation in relations])
        is_equal = np.array([relation.equal for relation in relations], dtype=bool)
        return cls(matrix, np.where(is_equal, high, -np.inf), high)

    def narrowed(self, which: Places, printed: Floats) -> System:
        """What the relations say of some counts when all others are printed."""
        said = self.matrix @ printed
        matrix = self.matrix[:, which]
        touched = np.flatnonzero(np.diff(matrix.indptr))
        return System(matrix[touched], (self.low - said)[touched], (self.high - said)[touched])

    def agrees(self, world: Floats) -> bool:
        left = self.matrix @ world
        return bool((left <= self.high + _AGREES).all() and (left >= self.low - _AGREES).all())


@dataclass
class Seen:
    """The least and greatest value met so far for each count, over worlds that agree with what is printed."""

    least: Floats
    most: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.least, self.most = self.least.copy(), self.least.copy()

    def meet(self, world: Floats, which: Places) -> None:
        self.least[which] = np.minimum(self.least[which], world)
        self.most[which] = np.maximum(self.most[which], world)

    @property
    def width(self) -> Floats:
        return self.most - self.least


def is_small(release: Release, threshold: int) -> Truths:
    """Counts of people from 1 up to, and not including, the threshold. Zero is not small: it is printed as zero."""
    return np.asarray(release.is_sensitive & (release.counts >= 1) & (release.counts < threshold))


def reader_bounds(release: Release, hidden: Truths, threshold: int, whole: Truths | None) -> tuple[Floats, Floats]:
    """What the reader knows of each count before any arithmetic."""
    counts = release.counts.astype("float64")
    small = is_small(release, threshold)
    low = np.where(hidden, np.where(small, 1.0, float(threshold)), counts)
    high = np.where(hidden, np.where(small, float(threshold - 1), np.inf), counts)
    unknown = hidden & ~release.is_sensitive if whole is None else hidden & (whole | ~release.is_sensitive)
    return np.where(unknown, 0.0, low), np.where(unknown, np.inf, high)


def attack(
    release: Release, hidden: Truths, *, threshold: int, whole_groups: Truths | None = None
) -> tuple[Floats, Floats]:
    """The least and greatest value a reader can derive for every count (its own value where it is printed).

    The reader knows what is small among the hidden, except in breakdowns hidden whole (``whole_groups`` marks their
    counts), of which he knows only that they are not negative.
    """
    seen = Seen(release.counts.astype("float64"))
    bounds = reader_bounds(release, hidden, threshold, whole_groups)
    widen(System.of(release), release.counts, hidden, bounds, seen, enough=np.inf)
    return seen.least, seen.most


def attack_within(
    release: Release, least: Floats, most: Floats, *, enough: float = np.inf, seen: Seen | None = None
) -> tuple[Floats, Floats]:
    """The least and greatest value a reader can derive who knows of each count that it lies from ``least`` to ``most``.

    The search for a count's bounds ends where they lie ``enough`` apart, or where they are known never to. ``seen`` are
    worlds already met, and those met here are added to it.
    """
    seen = Seen(release.counts.astype("float64")) if seen is None else seen
    widen(System.of(release), release.counts, np.asarray(least < most), (least, most), seen, enough=enough)
    return seen.least.copy(), seen.most.copy()


def widen(
    system: System,
    counts: npt.NDArray[np.int64],
    hidden: Truths,
    bounds: tuple[Floats, Floats],
    seen: Seen,
    enough: Floats | float,
    thorough: bool = True,
) -> None:
    """Look for worlds until each hidden count's width is ``enough``, cannot grow, or is known never to be enough.

    Not ``thorough``, the search may end earlier for a few: what has no room then may have some.
    """
    which = np.flatnonzero(hidden)
    if not len(which):
        return
    within = system.narrowed(which, np.where(hidden, 0.0, counts.astype("float64")))
    low, high = carried_bounds(within, bounds[0][which], bounds[1][which])
    wanted = np.broadcast_to(np.asarray(enough, dtype="float64"), len(counts))[which]
    for rows, columns in _parts(within, low, high):
        part = System(within.matrix[rows][:, columns], within.low[rows], within.high[rows])
        here = which[columns]
        _Search(part, low[columns], high[columns], wanted[columns], counts[here].astype("float64"), seen, here).run(
            thorough
        )


def carried_bounds(system: System, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Bounds of each count once every relation has narrowed them by those of its other counts, until nothing changes.

    No world lies outside; there need not be a world at each end.
    """
    entries = system.matrix.tocoo()
    rows, columns, signs = entries.row, entries.col, entries.data
    low, high = low.copy(), high.copy()
    for _ in range(_ROUNDS_OF_BOUNDS):
        before = float(np.minimum(high - low, 1e9).sum())
        rest_low, rest_high = _rest(system, signs, rows, low[columns], high[columns])
        most, least = system.high[rows] - rest_low, system.low[rows] - rest_high
        upper, lower = np.where(signs > 0, most, -least), np.where(signs > 0, least, -most)
        np.minimum.at(high, columns, upper)
        np.maximum.at(low, columns, lower)
        if float(np.minimum(high - low, 1e9).sum()) > before - NEARLY:
            break
    return low, high


def _rest(system: System, signs: Floats, rows: Places, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """For every count in a relation: between what the sum of the relation's other counts lies."""

    def others(end: Floats, without: float) -> Floats:
        size = system.matrix.shape[0]
        is_open = np.isinf(end)
        told = np.where(is_open, 0.0, end)
        total = np.bincount(rows, told, minlength=size)[rows] - told
        still_open = np.bincount(rows, is_open, minlength=size)[rows] - is_open > 0
        return np.where(still_open, without, total)

    least = np.where(signs > 0, low, -high)
    greatest = np.where(signs > 0, high, -low)
    return others(least, -np.inf), others(greatest, np.inf)


def _parts(system: System, low: Floats, high: Floats) -> Iterator[tuple[Places, Places]]:
    """Relations and counts that have nothing to do with each other; relations that always hold connect nothing."""
    binding = can_bind(system, low, high)
    size = len(low)
    links = system.matrix[binding].tocoo()
    shape = size + len(binding)
    graph = sparse.coo_matrix((np.ones(links.nnz), (links.col, size + links.row)), shape=(shape, shape))
    number, label = connected_components(graph, directed=False)
    of_columns, of_rows = label[:size], label[size:]
    columns = np.split(np.argsort(of_columns, kind="stable"), np.cumsum(np.bincount(of_columns, minlength=number))[:-1])
    rows = np.split(np.argsort(of_rows, kind="stable"), np.cumsum(np.bincount(of_rows, minlength=number))[:-1])
    for own_rows, own_columns in zip(rows, columns, strict=True):
        yield binding[own_rows], own_columns


def can_bind(system: System, low: Floats, high: Floats) -> Places:
    """The relations that counts within these bounds may break."""
    plus, minus = system.matrix.maximum(0), (-system.matrix).maximum(0)
    least, greatest = plus @ low - _sums(minus, high), _sums(plus, high) - minus @ low
    return np.flatnonzero((least < system.low - NEARLY) | (greatest > system.high + NEARLY))


def _sums(matrix: sparse.csr_matrix, ends: Floats) -> Floats:
    """``matrix @ ends`` of a matrix of zeros and ones, where nothing times an open end is nothing."""
    is_open = np.isinf(ends)
    told = matrix @ np.where(is_open, 0.0, ends)
    return np.where(matrix @ is_open.astype("float64") > 0, np.inf, told)


@dataclass
class _Search:
    """The search for worlds in one connected part of a release."""

    system: System
    low: Floats
    high: Floats
    wanted: Floats
    truth: Floats
    seen: Seen
    which: Places

    def run(self, thorough: bool) -> None:
        if self.system.matrix.shape[0] == 0:  # nothing but its own bounds holds a count here
            self.seen.meet(self.low, self.which)
            self.seen.meet(self.high, self.which)
            return
        if np.isfinite(self.wanted).all():
            self._move_together()
        for place in self._open():
            self._move_alone(int(place), thorough)

    def _open(self) -> Places:
        """Counts not yet wide enough that may still become so."""
        width = self.seen.width[self.which]
        can_grow = np.minimum(self.high - self.low, self.wanted) > width + NEARLY
        can_be_enough = (self.high - self.low >= self.wanted - NEARLY) | np.isinf(self.wanted)
        return np.flatnonzero((width < self.wanted - NEARLY) & can_grow & can_be_enough)

    def _move_together(self) -> None:
        """Move as many open counts as one world can, until no world moves any more of them far enough."""
        random = np.random.default_rng(_SEED)
        remaining = self._open()
        fruitless = 0
        while len(remaining) > 1 and fruitless < 2:
            least, most = self.seen.least[self.which][remaining], self.seen.most[self.which][remaining]
            up, down = least + self.wanted[remaining], most - self.wanted[remaining]
            low, high = self.low.copy(), self.high.copy()
            # None need move further than is enough: what one leaves over moves another.
            low[remaining], high[remaining] = np.maximum(low[remaining], down), np.minimum(high[remaining], up)
            can_rise, can_fall = self.high[remaining] >= up - NEARLY, self.low[remaining] <= down + NEARLY
            direction = np.where(can_rise == can_fall, random.choice([-1.0, 1.0], len(remaining)), can_rise * 2.0 - 1)
            aim = np.zeros(len(self.which))
            aim[remaining] = direction * random.uniform(0.5, 1.5, len(remaining))
            world = _greatest(self.system, aim, low, high)
            if world is not None and self.system.agrees(world):
                self.seen.meet(world, self.which)
            still = self._open()
            fruitless = fruitless + 1 if len(still) == len(remaining) else 0
            remaining = still

    def _move_alone(self, place: int, thorough: bool) -> None:
        """Move one count as far as it is wanted to go, or as far as it goes: first with its neighbours alone."""
        rows = np.flatnonzero(self.system.matrix[:, [place]].toarray())
        near = np.unique(self.system.matrix[rows].indices)
        if np.isfinite(self.wanted[place]) and 2 * len(near) < len(self.which):
            if self._is_pinned_by(rows, near, place):
                return
            self._stretch(self._with_others_fixed(near), near, place)
            if not thorough:
                return
        self._stretch(self.system, np.arange(len(self.which)), place)

    def _is_pinned_by(self, rows: Places, near: Places, place: int) -> bool:
        """Do the count's own relations alone, whatever else holds, leave it less than the wanted width?"""
        own = System(self.system.matrix[rows][:, near], self.system.low[rows], self.system.high[rows])
        aim = (near == place).astype("float64")
        ends = []
        for direction in (-1.0, 1.0):
            world = _greatest(own, direction * aim, self.low[near], self.high[near])
            if world is None:
                return False
            ends.append(float(world @ aim))
        return ends[1] - ends[0] < self.wanted[place] - NEARLY

    def _with_others_fixed(self, near: Places) -> System:
        others = self.truth.copy()
        others[near] = 0.0
        return self.system.narrowed(near, others)

    def _stretch(self, system: System, among: Places, place: int) -> None:
        """Look for worlds in which only counts ``among`` differ and the one lies as low, or as high, as wanted."""
        here = self.which[place]
        aim = (among == place).astype("float64")
        for direction in (-1.0, 1.0):
            if self.seen.width[here] >= self.wanted[place] - NEARLY:
                return
            low, high = self.low[among], self.high[among]
            if np.isfinite(self.wanted[place]):
                low = np.where(aim > 0, np.maximum(low, self.seen.most[here] - self.wanted[place]), low)
                high = np.where(aim > 0, np.minimum(high, self.seen.least[here] + self.wanted[place]), high)
            world = _greatest(system, direction * aim, low, high)
            if world is None:
                self.seen.most[here] = np.inf
            elif system.agrees(world):
                self.seen.meet(world, self.which[among])


def _greatest(system: System, aim: Floats, low: Floats, high: Floats) -> Floats | None:
    """A world within the bounds in which the aim is greatest; None if nothing keeps it from growing."""
    solved = milp(-aim, constraints=LinearConstraint(system.matrix, system.low, system.high), bounds=Bounds(low, high))
    if solved.status == 3:
        return None
    if solved.status != 0:
        raise RuntimeError(f"the disclosure attack could not be solved: {solved.message}")
    return np.clip(solved.x, low, high)
