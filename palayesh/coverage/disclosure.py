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

from palayesh.coverage.attack import NEARLY, Floats, Release, Seen, System, Truths, is_small, reader_bounds, widen


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
        hidden, failing = _hide_enough(system, release, hidden | whole, whole, threshold, width)
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


def _hide_enough(
    system: System, release: Release, hidden: Truths, whole: Truths, threshold: int, width: int
) -> tuple[Truths, Truths]:
    """``hidden`` and what must be hidden with it, cheapest first; and what the last attack still pins.

    Every attack starts from nothing: it owes nothing to the worlds by which the counts were chosen.
    """
    counts, targets = release.counts.astype("float64"), _targets(release, whole, width)
    while True:
        seen = Seen(counts)
        bounds = reader_bounds(release, hidden, threshold, whole)
        widen(system, release.counts, hidden, bounds, seen, enough=targets)
        exposed = hidden & (seen.width < targets - NEARLY)
        before = hidden
        for position in sorted(np.flatnonzero(exposed).tolist(), key=lambda place: (int(release.counts[place]), place)):
            if seen.width[position] >= targets[position] - NEARLY:
                continue  # moved with another
            by = targets[position]
            moves = [
                _cheapest_move(system, release, hidden, whole, threshold, position, distance) for distance in (by, -by)
            ]
            found = [move for move in moves if move is not None]
            if found:
                _, chosen = min(found, key=lambda each: each[0])
                hidden = hidden | (np.abs(chosen) > NEARLY)
                seen.meet(counts + chosen, np.arange(len(counts)))
        if (hidden == before).all():
            return hidden, exposed


def _cheapest_move(
    system: System,
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
    low, high = reader_bounds(release, np.ones(len(counts), dtype=bool), threshold, whole)
    down, up = np.where(may_move, low - counts, 0.0), np.where(may_move, high - counts, 0.0)
    if not down[position] - NEARLY <= by <= up[position] + NEARLY:
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
    moved = system.matrix @ counts
    solved = milp(
        np.concatenate([cost[which], cost[which]]),
        constraints=LinearConstraint(
            sparse.hstack([system.matrix[:, which], -system.matrix[:, which]], format="csr"),
            system.low - moved, system.high - moved,
        ),
        bounds=Bounds(lows, highs),
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
