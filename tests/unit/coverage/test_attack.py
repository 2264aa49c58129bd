"""The attack that moves many counts at once finds exactly what two programmes for every hidden count find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from palayesh.coverage.attack import (
    Relation,
    Release,
    Seen,
    System,
    attack,
    attack_within,
    carried_bounds,
    is_small,
    reader_bounds,
)

THRESHOLD, WIDTH = 8, 3.0


def plain_attack(release: Release, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and greatest value of every count, each by a programme of its own over the whole release."""
    size = len(release.counts)
    rows = {True: ([], []), False: ([], [])}
    for relation in release.relations:
        row = np.zeros(size)
        for position, sign in relation.terms:
            row[position] += sign
        rows[relation.equal][0].append(row)
        rows[relation.equal][1].append(-float(relation.constant))
    least, most = release.counts.astype(float), release.counts.astype(float)
    for position in np.flatnonzero(low < high):
        for direction in (1.0, -1.0):
            aim = np.zeros(size)
            aim[position] = direction
            solved = linprog(
                aim,
                A_eq=np.array(rows[True][0]) if rows[True][0] else None,
                b_eq=rows[True][1] or None,
                A_ub=np.array(rows[False][0]) if rows[False][0] else None,
                b_ub=rows[False][1] or None,
                bounds=np.column_stack([low, high]),
            )
            if solved.status == 3:
                most[position] = np.inf
            else:
                assert solved.status == 0
                ends = least if direction > 0 else most
                ends[position] = solved.x[position]
    return least, most


def a_province(counts: np.ndarray) -> Release:
    """Agencies × counties with totals, and the families covered by any of them: at least each one's, at most their sum."""
    agencies, counties = counts.shape
    of_all = counts.max(axis=0) + counts.sum(axis=0) // 7
    of_all = np.minimum(of_all, counts.sum(axis=0))
    table = np.vstack([counts, of_all])
    full = np.hstack([table, table.sum(axis=1, keepdims=True)])
    position = np.arange(full.size).reshape(full.shape)
    relations = [Relation((*((int(p), 1) for p in line[:-1]), (int(line[-1]), -1))) for line in position]
    for column in position.T:
        relations += [Relation(((int(own), 1), (int(column[-1]), -1)), equal=False) for own in column[:-1]]
        relations.append(Relation(((int(column[-1]), 1), *((int(own), -1) for own in column[:-1])), equal=False))
    return Release(
        full.ravel(), relations, np.ones(full.size), np.repeat(np.arange(agencies + 1), counties + 1), full.ravel() >= 0
    )


provinces = st.integers(2, 4).flatmap(
    lambda agencies: st.integers(2, 6).flatmap(
        lambda counties: st.lists(
            st.lists(st.one_of(st.integers(0, 9), st.integers(0, 120)), min_size=counties, max_size=counties),
            min_size=agencies,
            max_size=agencies,
        )
    )
)


def some_hidden(release: Release, seed: int) -> np.ndarray:
    """Small counts, and by chance some of the others."""
    chance = np.random.default_rng(seed).random(len(release.counts))
    return is_small(release, THRESHOLD) | ((chance < (seed % 5) / 10) & (release.counts > 0))


@given(provinces, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_it_pins_what_the_plain_attack_pins_and_nothing_else(table: list[list[int]], seed: int) -> None:
    release = a_province(np.array(table, dtype="int64"))
    hidden = some_hidden(release, seed)
    low, high = reader_bounds(release, hidden, THRESHOLD, None)
    plain_least, plain_most = plain_attack(release, low, high)
    is_pinned = hidden & (plain_most - plain_least < WIDTH - 1e-6)

    least, most = attack_within(release, low, high, enough=WIDTH)
    assert (hidden & (most - least < WIDTH - 1e-6)).tolist() == is_pinned.tolist()
    assert (least >= plain_least - 1e-5).all(), "a world was met that is none"
    assert (most <= plain_most + 1e-5).all(), "a world was met that is none"

    least, most = attack(release, hidden, threshold=THRESHOLD)
    assert np.allclose(least, plain_least, atol=1e-5)
    assert np.allclose(most, plain_most, atol=1e-5)


@given(provinces, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_carried_bounds_leave_no_world_out(table: list[list[int]], seed: int) -> None:
    release = a_province(np.array(table, dtype="int64"))
    low, high = reader_bounds(release, some_hidden(release, seed), THRESHOLD, None)
    least, most = carried_bounds(System.of(release), low, high)
    plain_least, plain_most = plain_attack(release, low, high)
    assert (least <= plain_least + 1e-6).all()
    assert (most >= plain_most - 1e-6).all()


def test_naive_hiding_of_a_whole_country_is_broken_in_a_moment() -> None:
    drawn = np.random.default_rng(1404)
    table = drawn.poisson(drawn.gamma(0.3, 60, size=(60, 120))).astype("int64")
    table[0] = 200
    table[0, 7] = 4  # the only count that a large agency must hide: its total gives it back
    release = a_province(table)
    naive = is_small(release, THRESHOLD)
    least, most = attack_within(release, *reader_bounds(release, naive, THRESHOLD, None), enough=WIDTH)
    is_pinned = naive & (most - least < WIDTH - 1e-6)
    assert naive.sum() > 1_000
    assert is_pinned[7]
    assert is_pinned.sum() < 20


def test_a_world_that_breaks_a_relation_is_no_evidence() -> None:
    release = a_province(np.array([[3, 40, 50], [20, 30, 2]], dtype="int64"))
    system = System.of(release)
    assert system.agrees(release.counts.astype(float))
    assert not system.agrees(release.counts + np.eye(1, len(release.counts)).ravel())


def test_counts_met_are_kept_apart_from_the_counts_themselves() -> None:
    counts = np.array([4.0, 5.0])
    seen = Seen(counts)
    seen.meet(np.array([1.0]), np.array([0]))
    assert counts.tolist() == [4.0, 5.0]
    assert seen.width.tolist() == [3.0, 0.0]


def test_a_count_that_nothing_keeps_from_growing_has_no_greatest_value() -> None:
    release = Release(
        np.array([9, 20]), [Relation(((0, 1), (1, -1)), equal=False)], np.ones(2), np.arange(2), np.ones(2, dtype=bool)
    )
    least, most = attack(release, np.array([True, True]), threshold=THRESHOLD)
    assert least == pytest.approx([8.0, 9.0 - 1.0])
    assert np.isinf(most).all()
