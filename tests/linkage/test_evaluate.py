"""Measures counted by hand on tables small enough to be read."""

from __future__ import annotations

import networkx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.linkage.evaluate import (
    Judged,
    after_perfect_review,
    calibration,
    cluster_accuracy,
    damage_of_mentions,
    evaluate,
    exactly_right,
    pairwise_accuracy,
    value_of,
)

# Five mentions of ann, two of bob (her brother), one of a stranger; found: ann in two parts, the smaller with bob.
MENTIONS = pd.DataFrame(
    {
        "mention_id": [f"m{n}" for n in range(8)],
        "person_id": ["P1", "P1", "P1", "P2", "P2", "P2", "P2", "P3"],
        "household_id": ["H1"] * 7 + ["H2"],
        "tier": ["exact"] * 5 + ["probabilistic"] * 2 + ["single"],
        "match_probability": [1.0] * 5 + [0.96, 0.99, 1.0],
        "true_person": ["ann"] * 5 + ["bob"] * 2 + ["cyd"],
        "true_household": ["h1"] * 7 + ["h2"],
        "case": ["a"] * 3 + ["b"] * 4 + [None],
    }
)
PEOPLE = pd.DataFrame(
    {
        "true_person": ["ann", "bob", "cyd"],
        "true_household": ["h1", "h1", "h2"],
        "relation": ["child", "child", "child"],
        "birth_date": ["1380/01/02", "1382/01/02", "1380/01/02"],
        "name": ["a|x", "b|x", "c|y"],
    }
)
REVIEW = pd.DataFrame(
    {
        "mention_id_l": ["m0", "m1", "m7"],
        "mention_id_r": ["m3", "m5", "m5"],
        "match_probability": [0.9, 0.6, 0.5],
        "kind": ["uncertain", "uncertain", "constraint"],
    }
)
DAMAGE = pd.DataFrame({"mention_id": ["m0", "m3", "m3"], "kind": ["name/title", "name/title", "file/wide_form"]})


@pytest.fixture(scope="module")
def measures() -> pd.DataFrame:
    return evaluate(Judged(MENTIONS, REVIEW, PEOPLE, DAMAGE, without_truth=2, not_linked=1))


def test_pairs_and_clusters_are_counted_apart(measures: pd.DataFrame) -> None:
    # Pairs: true 10 + 1; found 3 + 6; both 3 + 1 + 1.
    assert value_of(measures, "persons", "pairs", "precision") == pytest.approx(5 / 9)
    assert value_of(measures, "persons", "pairs", "recall") == pytest.approx(5 / 11)
    # B-cubed: 3 mentions pure, 2 + 2 half pure, 1 pure; recall 3 of 5, 2 of 5, 2 of 2, 1 of 1.
    assert value_of(measures, "persons", "clusters", "precision") == pytest.approx((3 + 4 * 0.5 + 1) / 8)
    assert value_of(measures, "persons", "clusters", "recall") == pytest.approx((3 * 0.6 + 2 * 0.4 + 2 + 1) / 8)
    assert value_of(measures, "persons", "clusters", "exactly_right") == pytest.approx(1 / 3)
    assert value_of(measures, "persons", "clusters", "split") == 1
    assert value_of(measures, "persons", "clusters", "mixed") == 1
    assert value_of(measures, "households", "clusters", "f1") == 1
    assert value_of(measures, "households", "cases", "recall") == 1


def test_a_kind_of_damage_is_measured_on_the_pairs_it_touches(measures: pd.DataFrame) -> None:
    # m0 and m3 are damaged: of ann's ten pairs 7 touch them, found are those of m0 with m1, m2, and m3 with m4, m5, m6.
    assert value_of(measures, "damage", "name/title", "recall") == pytest.approx(3 / 7)
    assert value_of(measures, "damage", "name/title", "precision") == pytest.approx(3 / 5)
    # A file's manner is not damage of a cell: m3 alone is in the wide form.
    assert value_of(measures, "damage", "file/wide_form", "recall") == pytest.approx(1 / 4)
    assert value_of(measures, "damage", "none", "recall") == pytest.approx((1 + 1) / (3 + 1))


def test_the_queue_has_its_size_its_yield_and_what_a_perfect_reviewer_reaches(measures: pd.DataFrame) -> None:
    assert value_of(measures, "review", "", "pairs") == 3
    assert value_of(measures, "review", "", "share_of_mentions") == pytest.approx(3 / 8)
    assert value_of(measures, "review", "", "yield") == pytest.approx(1 / 3)
    assert value_of(measures, "review", "constraint", "yield") == 0
    assert after_perfect_review(MENTIONS, REVIEW).nunique() == 2, "the one true pair joins P1 and P2, nothing else"
    assert value_of(measures, "review", "", "clusters_recall_after") == 1


def test_probabilities_are_held_against_what_came_true(measures: pd.DataFrame) -> None:
    # Questions: 0.9 (true), 0.6 (false); links: m5 and m6 have one of three others right each.
    assert value_of(measures, "calibration", "0.6–0.7", "true") == 0
    assert value_of(measures, "calibration", "0.9–1.0", "true") == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert value_of(measures, "calibration", "0.9–1.0", "predicted") == pytest.approx((0.9 + 0.96 + 0.99) / 3)
    counts = measures[measures["area"].eq("calibration") & measures["measure"].eq("true")].set_index("part")["count"]
    assert counts["0.9–1.0"] == 3
    assert counts.sum() == 4
    _, brier, error = calibration(pd.Series([0.95, 0.95, 0.05]), pd.Series([1.0, 0.0, 0.0]))
    assert brier == pytest.approx((0.05**2 + 0.95**2 + 0.05**2) / 3)
    assert error == pytest.approx((2 * 0.45 + 0.05) / 3)


def test_the_wrongly_joined_are_told_by_kinship(measures: pd.DataFrame) -> None:
    assert value_of(measures, "wrongly_joined", "siblings", "person_pairs") == 1
    assert value_of(measures, "wrongly_joined", "siblings", "mention_pairs") == 4
    others = measures[measures["area"].eq("wrongly_joined") & ~measures["part"].eq("siblings")]
    assert others["value"].eq(0).all()


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"birth_date": "1380/01/02"}, "twins"),
        ({"relation": "prisoner"}, "parent_and_child"),
        ({"relation": "sibling"}, "other_relatives"),
        ({"true_household": "h9"}, "strangers"),
        ({"true_household": "h9", "name": "a|x"}, "namesakes"),
    ],
)
def test_every_kinship_has_its_kind(changed: dict[str, str], kind: str) -> None:
    people = PEOPLE.copy()
    for column, value in changed.items():
        people.loc[1, column] = value
    found = evaluate(Judged(MENTIONS, REVIEW, people))
    assert value_of(found, "wrongly_joined", kind, "person_pairs") == 1


def test_what_is_not_measured_is_counted(measures: pd.DataFrame) -> None:
    assert value_of(measures, "account", "", "mentions_without_truth") == 2
    assert value_of(measures, "account", "", "records_not_linked") == 1
    with pytest.raises(KeyError):
        value_of(measures, "persons", "pairs", "luck")


def test_measures_hold_nothing_of_a_person(measures: pd.DataFrame) -> None:
    text = measures.to_csv()
    assert not any(word in text for word in ("ann", "bob", "cyd", "P1", "m0", "a|x", "1380"))


def test_damage_belongs_to_the_one_whom_its_column_names() -> None:
    mentions = pd.DataFrame(
        {
            "mention_id": ["s", "p", "h", "c"],
            "file": ["f", "f", "g", "f"],
            "row": [5, 5, 5, 7],
            "member": ["", "", "", "child_1"],
            "role": ["subject", "prisoner", "prisoner", "subject"],
        }
    )
    damage = pd.DataFrame(
        [
            ("f", 5, "", "first_name", "title"),
            ("f", 5, "", "prisoner_name", "doubled"),
            ("f", 5, "", "decile", "number_cell"),
            ("f", 5, "", "", "same_row_twice"),
            ("g", 5, "", "father_name", "spaces"),
            ("f", 7, "child_1", "last_name", "swapped"),
            ("f", 7, "", "last_name", "lost"),
            ("g", 0, "", "", "hidden_rows"),
        ],
        columns=["file", "row", "member", "column", "kind"],
    )
    found = damage_of_mentions(mentions, damage)
    assert list(found.itertuples(index=False, name=None)) == [
        ("c", "name/swapped"),
        ("h", "father/spaces"),  # no subject on the row: the list is about the prisoner
        ("h", "file/hidden_rows"),
        ("p", "name/doubled"),
        ("p", "row/same_row_twice"),
        ("s", "name/title"),
        ("s", "row/same_row_twice"),
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_measures_agree_with_counting_one_by_one(labels: list[tuple[int, int]]) -> None:
    found, true = (pd.Series([pair[side] for pair in labels]) for side in (0, 1))
    count = range(len(labels))
    said = {(i, j) for i in count for j in count if i < j and found[i] == found[j]}
    meant = {(i, j) for i in count for j in count if i < j and true[i] == true[j]}
    pairs = pairwise_accuracy(found, true)
    assert pairs.precision == pytest.approx(len(said & meant) / len(said) if said else 1)
    assert pairs.recall == pytest.approx(len(said & meant) / len(meant) if meant else 1)
    mine = [{j for j in count if found[j] == found[i]} for i in count]
    ought = [{j for j in count if true[j] == true[i]} for i in count]
    clusters = cluster_accuracy(found, true)
    assert clusters.precision == pytest.approx(
        sum(len(a & b) / len(a) for a, b in zip(mine, ought, strict=True)) / len(labels)
    )
    assert clusters.recall == pytest.approx(
        sum(len(a & b) / len(b) for a, b in zip(mine, ought, strict=True)) / len(labels)
    )
    right = sum({frozenset(mine[i])} == {frozenset(ought[i])} and min(ought[i]) == i for i in count)
    assert exactly_right(found, true) == (right, true.nunique())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=12),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=8),
)
def test_a_perfect_reviewer_joins_what_is_the_same_and_no_more(
    found: list[int], true: list[int], asked: list[tuple[int, int]]
) -> None:
    mentions = pd.DataFrame({"mention_id": range(len(found)), "person_id": found, "true_person": true[: len(found)]})
    asked = [pair for pair in asked if max(pair) < len(found)]
    review = pd.DataFrame(asked, columns=["mention_id_l", "mention_id_r"], dtype="int64").assign(kind="uncertain")
    graph = networkx.Graph()
    graph.add_nodes_from(set(found))
    graph.add_edges_from((found[one], found[other]) for one, other in asked if true[one] == true[other])
    answered = after_perfect_review(mentions, review)
    assert answered.nunique() == networkx.number_connected_components(graph)
    for component in networkx.connected_components(graph):
        assert answered[mentions["person_id"].isin(component)].nunique() == 1
