"""Two records side by side: signs, characters, masks."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palayesh.review import order
from palayesh.review.cases import state_of
from palayesh.review.compare import compare, compare_field, differing_parts, mask, sign_of

LETTERS = st.text(alphabet="ابپتسعلمحیک ۱۲۳0", max_size=12)


@pytest.mark.parametrize(
    ("field", "one", "other", "sign"),
    [
        ("first_name", "علی", "علي", "="),
        ("first_name", "محمدحسین", "محمد حسین", "="),
        ("last_name", "طالقانی", "طالقانى", "="),
        ("last_name", "رضایی", "رضائی", "="),
        ("last_name", "کریمی", "کرمی", "≈"),
        ("last_name", "محمدی", "محمدی نژاد", "≈"),
        ("first_name", "زهرا", "مهدی", "≠"),
        ("first_name", "زهرا", "", "∅"),
        ("national_id", "9901234561", "۹۹۰۱۲۳۴۵۶۱", "="),
        ("national_id", "9901234561", "9901234516", "≈"),
        ("national_id", "9901234561", "9907654321", "≠"),
        ("birth_date", "1991-05-21", "1991-05-21", "="),
        ("birth_date", "1991-05-21", "1991-05-12", "≈"),
        ("birth_date", "1991-05-21", "1992-05-21", "≈"),
        ("birth_date", "1370", "1370", "="),
        ("birth_date", "1991-05-21", "1971-08-02", "≠"),
        ("phones", "09990001111 09990002222", "09990002222", "≈"),
        ("phones", "09990001111", "09990003333", "≠"),
        ("sex", "male", "female", "≠"),
    ],
)
def test_signs(field: str, one: str, other: str, sign: str) -> None:
    assert sign_of(field, one, other) == sign
    assert sign_of(field, other, one) == sign


def test_what_differs_is_marked_by_character() -> None:
    line = compare_field("national_id", "9901234561", "9901234591")
    assert [(p.text, p.differs) for p in line.left] == [("99012345", False), ("6", True), ("1", False)]
    hidden = compare_field("national_id", "9901234561", "9901234591", shown=False)
    assert [(p.text, p.differs) for p in hidden.left] == [("99••••45", False), ("6", True), ("1", False)]


@given(LETTERS, LETTERS)
def test_no_character_is_lost(one: str, other: str) -> None:
    left, right = differing_parts(one, other)
    assert "".join(p.text for p in left) == one
    assert "".join(p.text for p in right) == other
    assert [p.text for p in left if not p.differs] == [p.text for p in right if not p.differs]


@given(st.text(alphabet="0123456789۰۱۲ ", max_size=30))
def test_a_mask_hides_all_but_the_ends(text: str) -> None:
    for word, hidden in zip(text.split(" "), mask(text).split(" "), strict=True):
        assert len(word) == len(hidden)
        assert sum(character != "•" for character in hidden) <= 6
        if len(word) <= 6:
            assert set(hidden) <= {"•"}
    assert mask("0012345678") == "00••••5678"


def test_a_whole_name_is_compared_with_its_parts() -> None:
    lines = compare(
        {"full_name": "زهرا احمدی", "father_name": "علی"}, {"first_name": "زهرا", "last_name": "احمدی"}, shown=True
    )
    assert [(line.field, line.sign) for line in lines] == [("full_name", "="), ("father_name", "∅")]


def test_the_queue_weighs_effect_and_age() -> None:
    pairs = pd.DataFrame(
        {
            "pair_id": ["a", "b", "c"], "mention_id_l": ["1", "3", "1"], "mention_id_r": ["2", "4", "5"],
            "kind": ["uncertain", "uncertain", "constraint"],
            "evidence": ['{"first": {"level": "same", "weight": 1.0}}', '{"first": {"level": "same", "weight": 2.0}}', "{}"],
        }
    )  # fmt: skip
    linked = pd.DataFrame(
        {
            "mention_id": ["1", "2", "3", "4", "5"], "list_key": ["prisons/custody"] * 3 + ["behzisti/caseload"] * 2,
            "household_id": ["H", "G", "F", "G", "H"],
        }
    )  # fmt: skip
    households = pd.DataFrame(
        {"household_id": ["F", "G", "H"], "resident_count": [1, 2, 5], "prisoner_count": [0, 1, 1]}
    )
    before = pd.DataFrame({"pair_id": ["b"], "since_month": ["1403-12"]})
    digests = pd.Series(["x" * 16] * 5, index=["1", "2", "3", "4", "5"])
    queued = order.queued(pairs, linked, households, before, digests, month="1404-02").set_index("pair_id")
    assert queued["effect"].to_dict() == {"a": 9, "b": 4, "c": 6}, "one household counts once"
    assert queued["priority"].to_dict() == {"a": 9, "b": 12, "c": 6}, "what waits three months weighs three times"
    assert queued.loc["b", "agency_r"] == "behzisti"
    assert queued.loc["a", "pattern"] == queued.loc["b", "pattern"] != ""
    assert queued.loc["c", "pattern"] == "", "a conflict is never judged in bulk"


@pytest.mark.parametrize(
    ("events", "closed", "both_keep"),
    [
        ([], False, False),
        ([("a", "ends")], False, False),
        ([("a", "ends"), ("b", "looking")], False, False),
        ([("a", "ends"), ("b", "keeps")], True, False),
        ([("a", "keeps"), ("b", "keeps")], False, True),
        ([("a", "keeps"), ("b", "keeps"), ("a", "ends")], True, False),
        ([("a", "not_same"), ("b", "not_same")], True, False),
        ([("a", "ends"), ("c", "ends")], False, False),
    ],
)
def test_a_case_is_what_its_events_say(events: list[tuple[str, str]], closed: bool, both_keep: bool) -> None:
    state = state_of(("a", "b"), events)
    assert (state.is_closed, state.both_keep) == (closed, both_keep)
