"""Hidden small counts stay hidden: the attack that breaks naive hiding does not break ours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.coverage.attack import Relation, Release, attack, is_small
from palayesh.coverage.disclosure import protect

THRESHOLD, WIDTH = 8, 3


def a_table(counts: np.ndarray) -> Release:
    """Rows × columns with their totals: the totals of rows, of columns, and of all, are counts of the release too."""
    rows, columns = counts.shape
    full = np.zeros((rows + 1, columns + 1), dtype="int64")
    full[:rows, :columns] = counts
    full[rows, :columns] = counts.sum(axis=0)
    full[:, columns] = full[:, :columns].sum(axis=1)
    position = np.arange(full.size).reshape(full.shape)
    lines = [*position, *position.T]
    relations = [Relation((*((int(p), 1) for p in line[:-1]), (int(line[-1]), -1))) for line in lines]
    cost = np.ones(full.shape)
    cost[rows, :], cost[:, columns] = 10.0, 10.0
    cost[rows, columns] = 1000.0
    group = np.arange(full.size).reshape(full.shape) + 1000
    group[:rows, :columns] = np.arange(columns)
    return Release(full.ravel(), relations, cost.ravel(), group.ravel(), np.ones(full.size, dtype=bool))


def widths(release: Release, hidden: np.ndarray) -> np.ndarray:
    least, most = attack(release, hidden, threshold=THRESHOLD)
    return (most - least)[hidden]


def county_by_agency(seed: int, rows: int = 12, columns: int = 6) -> Release:
    drawn = np.random.default_rng(seed)
    return a_table(drawn.poisson(drawn.gamma(1.2, 15, size=(rows, columns))))


def test_one_hidden_cell_in_a_row_is_found_by_subtraction_unless_another_is_hidden() -> None:
    release = a_table(np.array([[40, 5, 30], [20, 50, 60], [70, 30, 90]]))
    naive = is_small(release, THRESHOLD)
    least, most = attack(release, naive, threshold=THRESHOLD)
    assert naive.sum() == 1
    assert least[naive] == most[naive] == release.counts[naive] == [5]
    ours = protect(release, threshold=THRESHOLD, width=WIDTH)
    assert ours[naive].all()
    assert widths(release, ours).min() >= WIDTH - 1e-6
    assert not ours[-1], "the grand total stays printed"


def test_the_attack_breaks_naive_hiding_and_not_ours() -> None:
    broken = 0
    for seed in range(6):
        release = county_by_agency(seed)
        broken += bool((widths(release, is_small(release, THRESHOLD)) < 0.5).any())
        hidden = protect(release, threshold=THRESHOLD, width=WIDTH)
        assert hidden[is_small(release, THRESHOLD)].all()
        assert widths(release, hidden).min() >= WIDTH - 1e-6
        assert hidden.sum() < release.counts.size / 2, "most of the table is still printed"
    assert broken >= 5


@given(
    st.integers(2, 6).flatmap(
        lambda rows: st.integers(2, 5).flatmap(
            lambda columns: st.lists(
                st.lists(st.one_of(st.integers(0, 12), st.integers(0, 200)), min_size=columns, max_size=columns),
                min_size=rows,
                max_size=rows,
            )
        )
    )
)
@settings(max_examples=40, deadline=None)
def test_no_random_table_gives_a_small_count_away(counts: list[list[int]]) -> None:
    release = a_table(np.array(counts, dtype="int64"))
    hidden = protect(release, threshold=THRESHOLD, width=WIDTH)
    small = is_small(release, THRESHOLD)
    assert hidden[small].all(), "a small count is printed"
    if hidden.all():
        return
    least, most = attack(release, hidden, threshold=1)  # a reader who only knows that counts are not negative
    exposed = hidden & small & (most - least < 0.5)
    assert not exposed.any(), "a small count is pinned to one value"
    assert ((least - 1e-6 <= release.counts) & (release.counts <= most + 1e-6)).all(), "the attack left the truth out"


def test_a_zero_is_printed_as_zero() -> None:
    release = a_table(np.array([[0, 40, 50], [30, 0, 60], [70, 30, 90]]))
    assert not protect(release, threshold=THRESHOLD, width=WIDTH).any()


def test_threshold_itself_is_printed_and_one_below_is_not() -> None:
    table = np.full((4, 4), 50)
    table[0, 0] = 8
    assert not protect(a_table(table), threshold=THRESHOLD, width=WIDTH).any()
    table[0, 0] = 7
    assert protect(a_table(table), threshold=THRESHOLD, width=WIDTH)[0]


def test_a_breakdown_that_cannot_be_protected_is_hidden_whole() -> None:
    # Everybody knows that the first two make 11; the second is hidden only to protect, so it is 8 or more, so the first
    # is 1, 2 or 3. Nothing else can be hidden with them, except that one no longer tells zero from small in the breakdown.
    known = Relation(((0, 1), (1, 1)), constant=-11)
    release = Release(np.array([2, 9, 0]), [known], np.ones(3), np.array([0, 1, 0]), np.ones(3, dtype=bool))
    assert protect(release, threshold=THRESHOLD, width=WIDTH).tolist() == [True, True, True]


def test_free_places_are_hidden_when_they_would_tell_a_small_number_covered() -> None:
    ceiling = Relation(((0, 1), (1, 1)), constant=-1000)
    places = np.array([False, True])
    few = Release(np.array([4, 996]), [ceiling], np.ones(2), np.array([0, 1]), ~places)
    assert protect(few, threshold=THRESHOLD, width=WIDTH).tolist() == [True, True]
    nearly_full = Release(np.array([997, 3]), [ceiling], np.ones(2), np.array([0, 1]), ~places)
    assert protect(nearly_full, threshold=THRESHOLD, width=WIDTH).tolist() == [False, False]


def test_what_cannot_be_greater_gives_a_bound_that_is_reckoned_with() -> None:
    # Covered by one agency is at most covered by any: 100 − 98 leaves between 1 and 2 for what is hidden.
    at_most = Relation(((0, 1), (1, -1)), equal=False)
    adds_up = Relation(((1, 1), (2, 1), (3, -1)))
    release = Release(np.array([98, 98, 2, 100]), [at_most, adds_up], np.ones(4), np.arange(4), np.ones(4, dtype=bool))
    hidden = protect(release, threshold=THRESHOLD, width=WIDTH)
    least, most = attack(release, hidden, threshold=THRESHOLD)
    assert hidden[2]
    assert most[2] - least[2] >= WIDTH - 1e-6


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Release(np.array([1, 2, 4]), [Relation(((0, 1), (1, 1), (2, -1)))], np.ones(3), np.arange(3), np.ones(3, bool))


def test_the_same_table_is_always_hidden_alike() -> None:
    first, again = (protect(county_by_agency(3), threshold=THRESHOLD, width=WIDTH) for _ in range(2))
    assert (first == again).all()
