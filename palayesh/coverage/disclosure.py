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

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from palayesh.coverage.attack import (
    NEARLY,
    Floats,
    Release,
    Seen,
    System,
    Truths,
    can_bind,
    is_small,
    reader_bounds,
    widen,
)

_FURTHEST = 4.0
"""In whose multiples a count may move when another is moved: ways to protect a count by moving one further are not tried."""


def protect(release: Release, *, threshold: int, width: int, beside: Truths | None = None) -> Truths:
    """Which counts to hide (true) so that none of 1 … threshold − 1 is printed or can be derived to within ``width``.

    ``beside`` are hidden for another reason.

    Zero stays printed unless its whole breakdown is hidden. The result withstands ``attack``; where a breakdown cannot
    be protected it is hidden whole, then all of its neighbours, and at last everything.
    """
    system = System.of(release)
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


def _targets(release: Release, whole: Truths, width: int) -> Floats:
    """How far apart the extremes of a hidden count must lie; in a breakdown hidden whole, as far as its total lets."""
    targets = np.full(len(release.counts), float(width))
    for group in np.unique(release.group[whole]):
        members = (release.group == group) & whole
        targets[members] = min(float(width), float(release.counts[members].sum()))
    return targets


def _exposed(
    system: System,
    release: Release,
    hidden: Truths,
    whole: Truths,
    threshold: int,
    width: int,
    *,
    thorough: bool = True,
) -> Truths:
    """Hidden counts that an attack, starting from nothing, pins to within less than the width.

    Not ``thorough``, some that it does not pin may be among them.
    """
    targets = _targets(release, whole, width)
    seen, bounds = Seen(release.counts.astype("float64")), reader_bounds(release, hidden, threshold, whole)
    widen(system, release.counts, hidden, bounds, seen, enough=targets, thorough=thorough)
    return np.asarray(hidden & (seen.width < targets - NEARLY))


def _hide_enough(system: System, release: Release, hidden: Truths, whole: Truths, threshold: int, width: int) -> Truths:
    """``hidden`` and what must be hidden with it, cheapest first. Where no move protects a count the audit finds it."""
    counts, targets = release.counts.astype("float64"), _targets(release, whole, width)
    while True:
        exposed = _exposed(system, release, hidden, whole, threshold, width, thorough=False)
        moved = Seen(counts)
        before = hidden
        for position in sorted(np.flatnonzero(exposed).tolist(), key=lambda place: (int(release.counts[place]), place)):
            if moved.width[position] >= targets[position] - NEARLY:
                continue  # moved with another
            by = targets[position]
            moves = [
                _cheapest_move(system, release, hidden, whole, threshold, position, distance) for distance in (by, -by)
            ]
            found = [move for move in moves if move is not None]
            if found:
                _, chosen = min(found, key=lambda each: each[0])
                hidden = hidden | (np.abs(chosen) > NEARLY)
                moved.meet(counts + chosen, np.arange(len(counts)))
        if (hidden == before).all():
            return hidden


def _cheapest_move(
    system: System, release: Release, hidden: Truths, whole: Truths, threshold: int, position: int, by: float
) -> tuple[float, Floats] | None:
    """Another world in which the count differs by ``by``, at the least cost of counts that must then be hidden too.

    No count moves further than ``_FURTHEST`` times that: relations with more room than this need not be looked at.
    """
    counts = release.counts.astype("float64")
    may_move = (release.counts > 0) | whole | ~release.is_sensitive
    low, high = reader_bounds(release, np.ones(len(counts), dtype=bool), threshold, whole)
    down, up = np.where(may_move, low - counts, 0.0), np.where(may_move, high - counts, 0.0)
    if not down[position] - NEARLY <= by <= up[position] + NEARLY:
        return None
    furthest = _FURTHEST * abs(by)
    down, up = np.maximum(down, -furthest), np.minimum(up, furthest)
    down[position] = up[position] = by
    which = np.flatnonzero(down < up)
    which = np.union1d(which, [position])
    rows = can_bind(system, counts + down, counts + up)
    moved = system.matrix @ counts
    columns = system.matrix[rows][:, which]
    # The move is split in its rise and its fall, so that its cost is linear.
    cost = np.where(hidden, 1e-4, release.cost)[which]
    rise, fall = np.maximum(up[which], 0.0), np.maximum(-down[which], 0.0)
    is_aim = which == position
    solved = milp(
        np.concatenate([cost, cost]),
        constraints=LinearConstraint(
            sparse.hstack([columns, -columns], format="csr"), (system.low - moved)[rows], (system.high - moved)[rows]
        ),
        bounds=Bounds(
            np.concatenate([np.where(is_aim, rise, 0.0), np.where(is_aim, fall, 0.0)]), np.concatenate([rise, fall])
        ),
    )
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
