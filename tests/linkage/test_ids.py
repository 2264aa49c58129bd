"""Ids that stay: carried, merged into the oldest, split from the larger, never used twice; every old id can be found."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.linkage import Linked
from palayesh.linkage.ids import ALIAS_COLUMNS, aliases_after, assign_ids, key_numbers, resolve_ids
from tests.linkage.months import NO_LEDGER
from tests.linkage.people import COMMITTEE, REFERRAL, linked, mention, person_of

Clusters = list[list[str]]
NO_ALIASES = pd.DataFrame({column: pd.Series(dtype="str") for column in ALIAS_COLUMNS})


def assigned(clusters: Clusters, previous: pd.DataFrame, month: str) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    keys = pd.DataFrame(
        [(place, key) for place, members in enumerate(clusters) for key in members], columns=["cluster", "key"]
    )
    keys["key"] = key_numbers(keys["key"])
    ids, ledger, events = assign_ids(
        keys, count=len(clusters), previous=previous, entity="person", prefix="P", month=month
    )
    return list(ids), ledger, events


def told(events: pd.DataFrame, kind: str) -> list[tuple[str, str]]:
    chosen = events[events["kind"].eq(kind)]
    return list(zip(chosen["id"], chosen["other_id"], strict=True))


def test_the_same_month_again_gives_the_same_ids() -> None:
    clusters = [["a", "b"], ["c"]]
    assert assigned(clusters, NO_LEDGER, "1404-01")[0] == assigned(clusters, NO_LEDGER, "1404-01")[0]


def test_a_merge_keeps_the_older_id_even_when_the_younger_has_more_keys() -> None:
    (old,), ledger, _ = assigned([["a"]], NO_LEDGER, "1404-01")
    (kept, young), ledger, _ = assigned([["a"], ["b", "c", "d"]], ledger, "1404-02")
    assert kept == old
    assert old < young
    (one,), _, events = assigned([["a", "b", "c", "d"]], ledger, "1404-03")
    assert one == old
    assert told(events, "merged") == [(old, young)]


def test_a_split_gives_the_new_id_to_the_smaller_part() -> None:
    (whole,), ledger, _ = assigned([["a", "b", "c"]], NO_LEDGER, "1404-01")
    (smaller, larger), _, events = assigned([["c"], ["a", "b"]], ledger, "1404-02")
    assert larger == whole != smaller
    assert told(events, "split") == [(whole, smaller)]


def test_who_comes_back_has_the_same_id() -> None:
    (one, other), ledger, _ = assigned([["a"], ["b"]], NO_LEDGER, "1404-01")
    _, ledger, _ = assigned([["a"]], ledger, "1404-02")
    assert assigned([["b"], ["a"]], ledger, "1404-03")[0] == [other, one]


def test_an_alias_of_an_alias_leads_to_the_end() -> None:
    (a, b, c), ledger, _ = assigned([["a"], ["b"], ["c"]], NO_LEDGER, "1404-01")
    first, second, third = sorted((a, b, c))
    key = {a: "a", b: "b", c: "c"}
    _, ledger, events = assigned([[key[second], key[third]], [key[first]]], ledger, "1404-02")
    aliases = aliases_after(NO_ALIASES, events, month="1404-02")
    assert aliases.iloc[0].tolist() == ["person", third, second, "1404-02"]
    _, _, events = assigned([["a", "b", "c"]], ledger, "1404-03")
    aliases = aliases_after(aliases, events, month="1404-03")
    assert resolve_ids(pd.Series([a, b, c, "P0"]), aliases, entity="person").tolist() == [first, first, first, "P0"]
    assert resolve_ids(pd.Series([third]), aliases, entity="household").tolist() == [third]
    assert aliases.set_index("alias")["since"].to_dict() == {third: "1404-02", second: "1404-03"}
    pd.testing.assert_frame_equal(aliases_after(aliases, events.iloc[:0], month="1404-04"), aliases)


PARTITIONS = st.lists(st.lists(st.integers(0, 4), min_size=8, max_size=8), min_size=2, max_size=4)


@settings(max_examples=80, deadline=None)
@given(PARTITIONS)
def test_over_any_months_no_id_is_used_twice_and_every_old_id_is_found(months: list[list[int]]) -> None:
    ledger, aliases, ever = NO_LEDGER, NO_ALIASES, set()
    before: dict[str, str] = {}
    for number, labels in enumerate(months, start=1):
        clusters = [[f"k{i}" for i, label in enumerate(labels) if label == each] for each in sorted(set(labels))]
        ids, ledger, events = assigned(clusters, ledger, f"1404-{number:02d}")
        aliases = aliases_after(aliases, events, month=f"1404-{number:02d}")
        assert len(set(ids)) == len(ids)
        gone = set(aliases["alias"])
        assert not gone & set(ids), "an id that was merged away never comes back"
        fresh = {row_id for row_id, _ in told(events, "born")} | {other for _, other in told(events, "split")}
        assert not fresh & ever, "a new id is new"
        ever |= set(ids)
        now = {key: id_ for id_, members in zip(ids, clusters, strict=True) for key in members}
        if before:
            found = resolve_ids(pd.Series(sorted(set(before.values()))), aliases, entity="person")
            assert set(found) <= set(ids), "all keys are still there, so every id leads to somebody of today"
            unchanged = [key for key in now if before[key] == now[key]]
            changed = [key for key in now if before[key] != now[key]]
            assert len(unchanged) + len(changed) == len(labels)
            if months[number - 2] == labels:
                assert not changed
        before = now


def _next_month(before: dict[str, object], now: dict[str, object]) -> tuple[Linked, Linked]:
    first = linked([mention(1, **before)])  # type: ignore[arg-type]
    return first, linked([mention(7, **now)], previous=first.id_ledger, month="1404-03")  # type: ignore[arg-type]


def test_a_bare_name_keeps_its_id_by_its_phone() -> None:
    person = {"list_key": REFERRAL, "first_name": "فاطمه", "last_name": "قاسمی"}
    first, then = _next_month(
        person | {"phones": "03432058181;09996060879", "family": "8", "agency_key": None},
        person | {"phones": "09996060879", "family": "9", "agency_key": None},
    )
    assert person_of(then, 7, REFERRAL) == person_of(first, 1, REFERRAL)


def test_a_name_cut_elsewhere_keeps_its_id_by_the_agencys_own_key() -> None:
    person = {"list_key": COMMITTEE, "agency_key": "40000748"}
    first, then = _next_month(
        person | {"first_name": "رحمت", "last_name": "الله طاهری"},
        person | {"first_name": "رحمت‌الله", "last_name": "طاهری"},
    )
    assert person_of(then, 7, COMMITTEE) == person_of(first, 1, COMMITTEE)


def test_another_person_under_the_agencys_key_has_an_id_of_his_own() -> None:
    person = {"list_key": COMMITTEE, "agency_key": "40000748"}
    first, then = _next_month(
        person | {"first_name": "رحمت", "last_name": "طاهری"}, person | {"first_name": "سارا", "last_name": "کمالی"}
    )
    assert person_of(then, 7, COMMITTEE) != person_of(first, 1, COMMITTEE)
