"""Small counts are hidden, and enough beside them that no arithmetic on what is printed brings one back.

A release is a set of counts of people and everything that is publicly known to hold between them: what adds up to what,
and what cannot be greater than what. Hiding the counts of 1 … threshold − 1 alone is no protection (trust.md, 0.9): a
reader subtracts. So further counts are hidden until, for every hidden count, the least and the greatest value that
agree with all that is printed lie at least ``protected_width`` apart. Both are found by linear programming, once to
choose what to hide and once, independently, to attack the result; what withstands no attack is hidden altogether.

The reader is taken to be the strongest: one who knows all relations and which hidden counts are small (1 … threshold −
1) and which are hidden only to protect others (threshold or more).

The choice follows the linear-programming heuristic of Kelly, Golden and Assad (1992) for cell suppression: each
unprotected count is moved by the width at the least cost of moving counts that are still printed, and those that move
are hidden. The attack is the audit of Fischetti and Salazar (2001): minimum and maximum of every hidden count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
_NEARLY = 1e-6


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
    group: npt.NDArray[np.int64]
    is_sensitive: Truths

    def __post_init__(self) -> None:
        for relation in self.relations:
            total = sum(sign * int(self.counts[position]) for position, sign in relation.terms) + relation.constant
            if total > 0 or (relation.equal and total != 0):
                raise ValueError("a release breaks one of its own relations: the counts do not add up")


@dataclass
class _System:
    """The relations as matrices: ``equal @ x = equal_right`` and ``most @ x ≤ most_right``."""

    equal: sparse.csr_matrix
    equal_right: Floats
    most: sparse.csr_matrix
    most_right: Floats

    @classmethod
    def of(cls, release: Release) -> _System:
        size = len(release.counts)

        def matrix(relations: list[Relation]) -> tuple[sparse.csr_matrix, Floats]:
            rows = [number for number, relation in enumerate(relations) for _ in relation.terms]
            columns = [position for relation in relations for position, _ in relation.terms]
            signs = [float(sign) for relation in relations for _, sign in relation.terms]
            built = sparse.csr_matrix((signs, (rows, columns)), shape=(len(relations), size))
            return built, np.array([-float(relation.constant) for relation in relations])

        equal, equal_right = matrix([relation for relation in release.relations if relation.equal])
        most, most_right = matrix([relation for relation in release.relations if not relation.equal])
        return cls(equal, equal_right, most, most_right)


@dataclass
class _Seen:
    """The least and greatest value met so far for each count, over worlds that agree with what is printed."""

    least: Floats
    most: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.most = self.least.copy()

    def meet(self, world: Floats, which: npt.NDArray[np.int64]) -> None:
        self.least[which] = np.minimum(self.least[which], world)
        self.most[which] = np.maximum(self.most[which], world)

    @property
    def width(self) -> Floats:
        return self.most - self.least


def is_small(release: Release, threshold: int) -> Truths:
    """Counts of people from 1 up to, and not including, the threshold. Zero is not small: it is printed as zero."""
    return np.asarray(release.is_sensitive & (release.counts >= 1) & (release.counts < threshold))


def attack(
    release: Release, hidden: Truths, *, threshold: int, whole_groups: Truths | None = None
) -> tuple[Floats, Floats]:
    """The least and greatest value a reader can derive for every count (its own value where it is printed).

    The reader knows what is small among the hidden, except in breakdowns hidden whole (``whole_groups`` marks their
    counts), of which he knows only that they are not negative.
    """
    seen, bounds = _Seen(release.counts.astype("float64")), _reader_bounds(release, hidden, threshold, whole_groups)
    _widen(_System.of(release), release, hidden, bounds, seen, enough=np.inf)
    return seen.least, seen.most


def attack_within(release: Release, least: Floats, most: Floats, *, enough: float = np.inf) -> tuple[Floats, Floats]:
    """The least and greatest value a reader can derive who knows of each count that it lies from ``least`` to ``most``.

    The search for a count's bounds ends where they lie ``enough`` apart.
    """
    seen = _Seen(release.counts.astype("float64"))
    _widen(_System.of(release), release, np.asarray(least < most), (least, most), seen, enough=enough)
    return seen.least, seen.most


def protect(release: Release, *, threshold: int, width: int, beside: Truths | None = None) -> Truths:
    """Which counts to hide (true) so that none of 1 … threshold − 1 is printed or can be derived to within ``width``.

    ``beside`` are hidden for another reason.

    Zero stays printed unless its whole breakdown is hidden. The result withstands ``attack``; where a breakdown cannot
    be protected it is hidden whole, then all of its neighbours, and at last everything.
    """
    system = _System.of(release)
    whole = np.zeros(len(release.counts), dtype=bool)
    small = is_small(release, threshold) if beside is None else is_small(release, threshold) | beside
    hidden = small.copy()
    for _ in range(len(set(release.group.tolist())) + 2):
        hidden = _hide_enough(system, release, hidden | whole, whole, threshold, width)
        failing = _exposed(system, release, hidden, whole, threshold, width)
        if not failing.any():
            return hidden
        whole = _hide_more(release, whole, failing)
        hidden = small | whole
    return np.ones(len(release.counts), dtype=bool)


def _reader_bounds(release: Release, hidden: Truths, threshold: int, whole: Truths | None) -> tuple[Floats, Floats]:
    """What the reader knows of each count before any arithmetic."""
    counts = release.counts.astype("float64")
    small = is_small(release, threshold)
    low = np.where(hidden, np.where(small, 1.0, float(threshold)), counts)
    high = np.where(hidden, np.where(small, float(threshold - 1), np.inf), counts)
    unknown = hidden & ~release.is_sensitive if whole is None else hidden & (whole | ~release.is_sensitive)
    return np.where(unknown, 0.0, low), np.where(unknown, np.inf, high)


def _widen(
    system: _System,
    release: Release,
    hidden: Truths,
    bounds: tuple[Floats, Floats],
    seen: _Seen,
    enough: Floats | float,
) -> None:
    """Solve for the extremes of the hidden counts until each one's width is ``enough`` or cannot grow."""
    which = np.flatnonzero(hidden)
    if not len(which):
        return
    printed = np.where(hidden, 0.0, release.counts.astype("float64"))
    touched_equal = np.flatnonzero(np.diff(system.equal[:, which].indptr))
    touched_most = np.flatnonzero(np.diff(system.most[:, which].indptr))
    equal = system.equal[touched_equal][:, which]
    equal_right = (system.equal_right - system.equal @ printed)[touched_equal]
    most = system.most[touched_most][:, which]
    most_right = (system.most_right - system.most @ printed)[touched_most]
    low, high = bounds[0][which], bounds[1][which]
    limit = np.broadcast_to(np.asarray(enough, dtype="float64"), len(release.counts))
    for number, position in enumerate(which):
        for direction in (1.0, -1.0):
            if seen.width[position] >= limit[position] - _NEARLY:
                break
            aim = np.zeros(len(which))
            aim[number] = direction
            solved = linprog(
                aim, A_ub=most, b_ub=most_right, A_eq=equal, b_eq=equal_right,
                bounds=np.column_stack([low, high]), method="highs",
            )  # fmt: skip
            if solved.status == 3:  # unbounded: nothing keeps the count from growing
                seen.most[position] = np.inf
            elif solved.status == 0:
                seen.meet(solved.x, which)
            else:
                raise RuntimeError(f"the disclosure attack could not be solved: {solved.message}")


def _targets(release: Release, whole: Truths, width: int) -> Floats:
    """How far apart the extremes of a hidden count must lie; in a breakdown hidden whole, as far as its total lets."""
    targets = np.full(len(release.counts), float(width))
    for group in np.unique(release.group[whole]):
        members = (release.group == group) & whole
        targets[members] = min(float(width), float(release.counts[members].sum()))
    return targets


def _exposed(system: _System, release: Release, hidden: Truths, whole: Truths, threshold: int, width: int) -> Truths:
    """Hidden counts that the attack pins to within less than the width: an audit that owes nothing to the choice."""
    targets = _targets(release, whole, width)
    seen, bounds = _Seen(release.counts.astype("float64")), _reader_bounds(release, hidden, threshold, whole)
    _widen(system, release, hidden, bounds, seen, enough=targets)
    return np.asarray(hidden & (seen.width < targets - _NEARLY))


def _hide_enough(
    system: _System, release: Release, hidden: Truths, whole: Truths, threshold: int, width: int
) -> Truths:
    """``hidden`` and what must be hidden with it, cheapest first."""
    hidden = hidden.copy()
    targets = _targets(release, whole, width)
    seen = _Seen(release.counts.astype("float64"))
    waiting = sorted(np.flatnonzero(hidden).tolist(), key=lambda position: (int(release.counts[position]), position))
    while waiting:
        position = waiting.pop(0)
        if seen.width[position] >= targets[position] - _NEARLY:
            continue
        moves = [
            move
            for direction in (1.0, -1.0)
            if (
                move := _cheapest_move(
                    system, release, hidden, whole, threshold, position, direction * targets[position]
                )
            )
        ]
        if not moves:
            continue  # the audit will find it exposed
        _, chosen = min(moves, key=lambda each: each[0])
        added = (np.abs(chosen) > _NEARLY) & ~hidden
        hidden |= added
        seen.meet(release.counts.astype("float64") + chosen, np.arange(len(chosen)))
        waiting += np.flatnonzero(added).tolist()
    return hidden


def _cheapest_move(
    system: _System,
    release: Release,
    hidden: Truths,
    whole: Truths,
    threshold: int,
    position: int,
    by: float,
) -> tuple[float, Floats] | None:
    """Another world in which the count differs by ``by``, at the least cost of counts that must then be hidden too."""
    counts = release.counts.astype("float64")
    may_move = (release.counts > 0) | whole | ~release.is_sensitive
    low, high = _reader_bounds(release, np.ones(len(counts), dtype=bool), threshold, whole)
    down, up = np.where(may_move, low - counts, 0.0), np.where(may_move, high - counts, 0.0)
    if not down[position] - _NEARLY <= by <= up[position] + _NEARLY:
        return None
    cost = np.where(hidden, 1e-4, release.cost)
    # The move is split in its rise and its fall, so that its cost is linear.
    which = np.flatnonzero(may_move)
    rise, fall = up[which], -down[which]
    here = int(np.flatnonzero(which == position)[0])
    lows = np.zeros(2 * len(which))
    highs = np.concatenate([rise, fall])
    index, other = (here, len(which) + here) if by > 0 else (len(which) + here, here)
    lows[index] = highs[index] = abs(by)
    highs[other] = 0.0
    equal = sparse.hstack([system.equal[:, which], -system.equal[:, which]], format="csr")
    most = sparse.hstack([system.most[:, which], -system.most[:, which]], format="csr")
    solved = linprog(
        np.concatenate([cost[which], cost[which]]),
        A_ub=most, b_ub=system.most_right - system.most @ counts,
        A_eq=equal, b_eq=system.equal_right - system.equal @ counts,
        bounds=np.column_stack([lows, highs]), method="highs",
    )  # fmt: skip
    if solved.status != 0:
        return None
    move = np.zeros(len(counts))
    move[which] = solved.x[: len(which)] - solved.x[len(which) :]
    return float(solved.fun), move


def _hide_more(release: Release, whole: Truths, failing: Truths) -> Truths:
    """Hide the breakdowns of what is exposed; if they are hidden already, those that share a relation with it."""
    groups = set(release.group[failing & ~whole].tolist())
    if not groups:
        exposed = set(np.flatnonzero(failing).tolist())
        for relation in release.relations:
            positions = [position for position, _ in relation.terms]
            if exposed & set(positions):
                groups |= set(release.group[positions].tolist())
    return np.asarray(whole | np.isin(release.group, list(groups)))
