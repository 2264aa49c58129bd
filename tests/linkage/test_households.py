"""Who lives as one family: families of single lists joined where they are one, and who belonged to which when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from palayesh.linkage import Linked
from palayesh.linkage.households import SPELL_COLUMNS, spells_after
from palayesh.linkage.ids import ALIAS_COLUMNS
from tests.linkage.people import (
    ASSOCIATION,
    CASELOAD,
    COMMITTEE,
    CUSTODY,
    REFERRAL,
    SECOND_REFERRAL,
    crowd,
    household_of,
    linked,
    mention,
    number,
    person_of,
)

Said = dict[str, Any]
NO_SPELLS = pd.DataFrame({column: pd.Series(dtype="str") for column in SPELL_COLUMNS})
NO_ALIASES = pd.DataFrame({column: pd.Series(dtype="str") for column in ALIAS_COLUMNS})


def person(nine: str, first: str, last: str, father: str, year: int, sex: str, **more: Any) -> Said:
    return {
        "first_name": first, "last_name": last, "father_name": father, "sex": sex, "national_id": number(nine),
        "born": dt.date(year, 5, 17), **more,
    }  # fmt: skip


# One family: the prisoner, his wife, two children, and his mother; a married daughter with a husband in prison of her own.
HIM = person("990930011", "کیومرث", "رستم‌پور", "شاپور", 1970, "male")
WIFE = person("990930022", "لیلا", "بهمن‌زاده", "یعقوب", 1974, "female", phones="09131230001", county="0803")
SON = person("990930033", "بهزاد", "رستم‌پور", "کیومرث", 2008, "male", phones="09131230001", county="0803")
GIRL = person("990930044", "نگین", "رستم‌پور", "کیومرث", 2012, "female", phones="09131230001", county="0803")
DAUGHTER = person("990930055", "شیدا", "رستم‌پور", "کیومرث", 1994, "female", county="0803")
HER_HUSBAND = person("990930066", "پیمان", "سهراب‌نیا", "ایوب", 1990, "male")
HER_CHILD = person("990930077", "آرتین", "سهراب‌نیا", "پیمان", 2018, "male", county="0803")


def beside(said: Said) -> Said:
    return {"full_name": f"{said['first_name']} {said['last_name']}", "national_id": said["national_id"]}


ROWS = [
    mention(1, CUSTODY, **HIM, relation="prisoner"),
    # The prison's list names him as the family's prisoner; the married daughter stands among his children.
    mention(1, REFERRAL, "prisoner", **beside(HIM), family="r1", relation="prisoner"),
    mention(1, REFERRAL, **WIFE, family="r1", relation="spouse"),
    mention(2, REFERRAL, **SON, family="r1", relation="child"),
    mention(3, REFERRAL, **DAUGHTER, family="r1", relation="child"),
    # The Committee knows wife and children under her as head, and no prisoner at all.
    mention(1, COMMITTEE, **WIFE, family="k7", relation="head"),
    mention(2, COMMITTEE, **SON, family="k7", relation="child"),
    mention(3, COMMITTEE, **GIRL, family="k7", relation="child"),
    # Behzisti knows the daughter's own family, whose prisoner is her husband.
    mention(1, SECOND_REFERRAL, "prisoner", **beside(HER_HUSBAND), family="s4", relation="prisoner"),
    mention(1, SECOND_REFERRAL, **DAUGHTER, family="s4", relation="spouse"),
    mention(2, SECOND_REFERRAL, **HER_CHILD, family="s4", relation="child"),
    mention(2, CUSTODY, **HER_HUSBAND, relation="prisoner"),
    # The Association knows the prisoner and a head, no code.
    mention(1, ASSOCIATION, "prisoner", **beside(HIM), relation="prisoner"),
    mention(1, ASSOCIATION, "head", **beside(WIFE), relation="head"),
    # Neighbours with the same county and another family's code number: nobody's kin.
    mention(9, CASELOAD, **person("990930088", "ژاله", "داراب‌منش", "نادر", 1980, "female", county="0803"), family="k7"),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Linked:
    return linked([*ROWS, *crowd(60)])


@pytest.fixture(scope="module")
def home(found: Linked) -> str:
    return household_of(found, 1, CUSTODY)


def members(found: Linked) -> pd.DataFrame:
    return found.household_members.set_index("person_id")


def test_one_family_under_two_heads_in_two_agencies_is_one_household(found: Linked, home: str) -> None:
    for row, list_key, role in (
        (1, REFERRAL, "subject"), (2, REFERRAL, "subject"), (1, COMMITTEE, "subject"), (3, COMMITTEE, "subject"),
        (1, ASSOCIATION, "head"), (1, ASSOCIATION, "prisoner"),
    ):  # fmt: skip
        assert household_of(found, row, list_key, role) == home


def test_the_prisoner_is_related_and_not_a_resident(found: Linked, home: str) -> None:
    him = members(found).loc[person_of(found, 1, CUSTODY)]
    assert (him["relation"], bool(him["is_prisoner"]), bool(him["is_resident"])) == ("prisoner", True, False)
    wife = members(found).loc[person_of(found, 1, REFERRAL)]
    assert (wife["relation"], bool(wife["is_resident"])) == ("spouse", True)
    household = found.linked_households.set_index("household_id").loc[home]
    assert household["prisoner_count"] == 1
    residents = found.household_members["household_id"].eq(home) & found.household_members["is_resident"]
    assert household["resident_count"] == residents.sum()


def test_relations_are_told_through_a_head_who_is_the_wife(found: Linked) -> None:
    assert members(found).loc[person_of(found, 3, COMMITTEE), "relation"] == "child"


def test_a_married_daughter_joins_no_two_households(found: Linked, home: str) -> None:
    hers = household_of(found, 2, CUSTODY)
    assert hers != home
    assert household_of(found, 2, SECOND_REFERRAL) == hers
    assert household_of(found, 1, SECOND_REFERRAL) in (home, hers), "she herself is in one of them"
    assert found.household_members["person_id"].is_unique


def test_a_code_says_nothing_on_another_list(found: Linked, home: str) -> None:
    assert household_of(found, 9, CASELOAD) != home


def test_joining_households_never_joins_persons(found: Linked) -> None:
    everyone = [
        (1, CUSTODY),
        (2, CUSTODY),
        (1, REFERRAL),
        (2, REFERRAL),
        (3, REFERRAL),
        (3, COMMITTEE),
        (2, SECOND_REFERRAL),
    ]
    assert len({person_of(found, *end) for end in everyone}) == len(everyone)


def test_a_household_keeps_its_id_when_a_child_is_born(found: Linked, home: str) -> None:
    baby = person("990930099", "نازنین", "رستم‌پور", "کیومرث", 2025, "female", county="0803")
    later = linked(
        [*ROWS, mention(4, REFERRAL, **baby, family="r1", relation="child"), *crowd(60)],
        previous=found.id_ledger,
        month="1404-03",
    )
    assert household_of(later, 1, CUSTODY) == household_of(later, 4, REFERRAL) == home


# --- dated membership -------------------------------------------------------------------------------------------------


def now(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["household_id", "person_id", "relation"])


def told(spells: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    shown = spells.astype(object).where(spells.notna(), "")
    return list(shown[["household_id", "person_id", "from_month", "to_month"]].itertuples(index=False, name=None))


def test_members_come_and_go_and_come_back() -> None:
    first = spells_after(NO_SPELLS, now(("H1", "P1", "prisoner"), ("H1", "P2", "child")), NO_ALIASES, month="1404-01")
    assert told(first) == [("H1", "P1", "1404-01", ""), ("H1", "P2", "1404-01", "")]
    second = spells_after(first, now(("H1", "P1", "prisoner"), ("H2", "P2", "spouse")), NO_ALIASES, month="1404-02")
    assert told(second) == [
        ("H1", "P1", "1404-01", ""),
        ("H1", "P2", "1404-01", "1404-02"),
        ("H2", "P2", "1404-02", ""),
    ]
    third = spells_after(second, now(("H1", "P1", "prisoner"), ("H1", "P2", "child")), NO_ALIASES, month="1404-03")
    assert told(third) == [
        ("H1", "P1", "1404-01", ""),
        ("H1", "P2", "1404-01", "1404-02"),
        ("H1", "P2", "1404-03", ""),
        ("H2", "P2", "1404-02", "1404-03"),
    ]


def test_the_same_members_again_change_nothing_and_a_new_relation_is_the_known_one() -> None:
    first = spells_after(NO_SPELLS, now(("H1", "P1", "other")), NO_ALIASES, month="1404-01")
    pd.testing.assert_frame_equal(spells_after(first, now(("H1", "P1", "other")), NO_ALIASES, month="1404-02"), first)
    known = spells_after(first, now(("H1", "P1", "child")), NO_ALIASES, month="1404-02")
    assert told(known) == told(first)
    assert known["relation"].tolist() == ["child"]


def test_a_merge_of_ids_ends_no_membership() -> None:
    first = spells_after(NO_SPELLS, now(("H1", "P1", "child"), ("H2", "P9", "child")), NO_ALIASES, month="1404-01")
    aliases = pd.DataFrame(
        [("person", "P9", "P1", "1404-02"), ("household", "H2", "H1", "1404-02")], columns=list(ALIAS_COLUMNS)
    )
    merged = spells_after(first, now(("H1", "P1", "child")), aliases, month="1404-02")
    assert told(merged) == [("H1", "P1", "1404-01", "")]
