"""Each field of evidence moves a pair's probability in the right direction, and a missing value moves nothing.

The pair is two mentions of one man as two lists give him; everything stands in review (nothing is accepted or refused by
weight), so that its probability can be read.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from palayesh.linkage.decide import sentence_of
from tests.linkage.months import model
from tests.linkage.people import (
    CASELOAD,
    COMMITTEE,
    CUSTODY,
    REFERRAL,
    SECOND_REFERRAL,
    crowd,
    linked,
    mention,
    number,
    person_of,
)

FIRST = (
    "مجید",
    "جواد",
    "سعید",
    "حمید",
    "مهدی",
    "رضا",
    "امیر",
    "کاظم",
    "صادق",
    "باقر",
    "ناصر",
    "منصور",
    "یونس",
    "هاشم",
    "طاهر",
)
FATHER = ("کریم", "رحیم", "محمود", "یعقوب", "ایوب", "قدرت", "نعمت", "حبیب", "شکراله", "عزیز", "پرویز", "بهروز", "خسرو")
SECOND = ("نواز", "داد", "یار", "علی", "بخش", "قلی")
STEMS = ("رستم", "بهمن", "کیان", "سهراب", "داراب", "فرهاد", "شاپور", "نریمان", "گودرز", "هرمز")
ENDINGS = ("پور", "زاده", "نیا", "منش", "راد", "گرد", "یان", "مقدم")
BASE: dict[str, Any] = {"first_name": "{first}", "last_name": "کریمی", "county": "0803"}
BIRTH = dt.date(1984, 7, 29)  # 1363/05/07
EVERYTHING_IN_REVIEW = {"accept_probability": 1 - 1e-12, "review_probability": 1e-12, "review_share": 100.0}
LISTS = (CASELOAD, COMMITTEE)
FAMILIES = (REFERRAL, SECOND_REFERRAL)


class Pairs:
    """Pairs of mentions, each a pair of people nobody else has to do with, linked all at once.

    ``{k}`` in a text is the pair's own number and ``{last}`` its own surname (as ``{first}`` and ``{father}``), so that no two pairs share a number, a phone, a
    family or a name.
    """

    def __init__(self) -> None:
        self.mentions: list[dict[str, Any]] = []
        self.ends: list[tuple[tuple[int, str], tuple[int, str]]] = []

    def add(
        self,
        left: dict[str, Any],
        right: dict[str, Any],
        *others: tuple[int, str, str, dict[str, Any]],
        lists: tuple[str, str] = LISTS,
    ) -> int:
        """``others``: (row 1 … 9, list, role, what is said). Returns the pair's number."""
        k = len(self.ends)
        rows = [(1, lists[0], "subject", BASE | left), (2, lists[1], "subject", BASE | right), *others]
        for row, list_key, role, said in rows:
            own = {field: self.own(value, k) if isinstance(value, str) else value for field, value in said.items()}
            self.mentions.append(mention(10 * k + row, list_key, role, **own))
        self.ends.append(((10 * k + 1, lists[0]), (10 * k + 2, lists[1])))
        return k

    @staticmethod
    def own(text: str, k: int) -> str:
        if text in (NUMBER, OTHER, ONE_OFF, NEXT):
            nine = f"990{k:03d}{'77123' if text == OTHER else '64005'}"[:9]
            valid = number(nine)
            if text == NEXT:
                return number(nine[:8] + str((int(nine[8]) + 1) % 10))
            return valid[:7] + str((int(valid[7]) + 1) % 10) + valid[8:] if text == ONE_OFF else valid
        first = FIRST[k % len(FIRST)] + SECOND[k // len(FIRST)]
        father = FATHER[k % len(FATHER)] + SECOND[k // len(FATHER)]
        last = STEMS[k % len(STEMS)] + ENDINGS[k // len(STEMS)]
        slips = {"first_slip": _slip(first), "father_slip": _slip(father)}
        return text.format(k=f"{k:04d}", first=first, last=last, father=father, **slips)


def _slip(name: str) -> str:
    return name[0] + "ژ" + name[2:]


NUMBER, OTHER, ONE_OFF, NEXT = "number", "another number", "one digit wrong", "the next number"
pairs = Pairs()


Weighed = Callable[[int], float]


@pytest.fixture(scope="module")
def found() -> dict[int, tuple[float, dict[str, Any]]]:
    """By pair: (probability, evidence); 1 when the two are one before anything is weighed, 0 when never compared."""
    result = linked([*pairs.mentions, *crowd()], **EVERYTHING_IN_REVIEW)
    review = result.review_pairs
    ends = [frozenset(both) for both in zip(review["person_id_l"], review["person_id_r"], strict=True)]
    asked = dict(zip(ends, zip(review["match_probability"], review["evidence"], strict=True), strict=True))
    weighed = {}
    for k, (left, right) in enumerate(pairs.ends):
        persons = frozenset({person_of(result, *left), person_of(result, *right)})
        chance, evidence = (1.0, "{}") if len(persons) == 1 else asked.get(persons, (0.0, "{}"))
        weighed[k] = float(chance), json.loads(evidence)
    return weighed


@pytest.fixture(scope="module")
def chance(found: dict[int, tuple[float, dict[str, Any]]]) -> Weighed:
    return lambda pair: found[pair][0]


@pytest.fixture(scope="module")
def weight(found: dict[int, tuple[float, dict[str, Any]]]) -> Callable[[int, str], float]:
    """Bits of one field of a pair's evidence; 0 where the field is missing."""
    return lambda pair, field: found[pair][1].get(field, {"weight": 0.0})["weight"]


BARE = pairs.add({}, {})
"""Names and county alone."""


def test_the_base_can_move_both_ways(chance: Weighed) -> None:
    assert 0.2 < chance(BARE) < 0.995


# --- missing ----------------------------------------------------------------------------------------------------------

ONE_SIDED = {
    "national_id": {"national_id": NUMBER},
    "birth_date": {"born": BIRTH},
    "birth_year": {"birth_year": 1363},
    "sex": {"sex": "male"},
    "phones": {"phones": "0913111{k}"},
    "relation": {"relation": "child"},
    "household_code": {"family": "c{k}"},
}
ON_ONE_SIDE = {field: (pairs.add(said, {}), pairs.add({}, said)) for field, said in ONE_SIDED.items()}
SAID_FATHER = {"father_name": "{father}"}
WITHOUT = {"father_name": BARE, "county": pairs.add({"county": None}, {"county": None})}
ON_THE_OTHER = {"father_name": pairs.add(SAID_FATHER, {}), "county": pairs.add({"county": None}, {})}


@pytest.mark.parametrize("field", ONE_SIDED)
def test_missing_is_never_a_disagreement(field: str, chance: Weighed) -> None:
    for pair in ON_ONE_SIDE[field]:
        assert chance(pair) == pytest.approx(chance(BARE), abs=2e-3)


@pytest.mark.parametrize("field", WITHOUT)
def test_a_field_missing_on_one_side_is_as_missing_on_both(field: str, chance: Weighed) -> None:
    assert chance(ON_THE_OTHER[field]) == pytest.approx(chance(WITHOUT[field]), abs=2e-3)


# --- the national number ----------------------------------------------------------------------------------------------

SAME_NUMBER = {
    status: pairs.add({"national_id": NUMBER, "national_id_status": status}, {"national_id": NUMBER})
    for status in ("valid", "repaired")
}
INVALID = {"national_id_digits": ONE_OFF, "national_id_status": "invalid"}
NEAR_NUMBER = pairs.add({"national_id": NUMBER}, INVALID)
FAR_NUMBER = pairs.add({"national_id": OTHER}, INVALID)
TWO_NUMBERS = pairs.add({"national_id": NUMBER}, {"national_id": OTHER})
NEXT_NUMBER = pairs.add({"national_id": NUMBER}, {"national_id": NEXT})
MOTHERS_NUMBER = pairs.add(
    {"first_name": "زهرا", "last_name": "کریمی", "father_name": "رضا", "national_id": NUMBER, "born": BIRTH},
    {"national_id": NUMBER, "born": dt.date(2012, 3, 3), "relation": "child"},
)


@pytest.mark.parametrize("status", SAME_NUMBER)
def test_the_same_number_is_the_same_person(status: str, chance: Weighed) -> None:
    assert chance(SAME_NUMBER[status]) == 1


def test_a_number_one_edit_away_speaks_for_and_one_far_off_against(chance: Weighed, weight: Any) -> None:
    assert chance(NEAR_NUMBER) > chance(BARE) > chance(FAR_NUMBER)
    assert weight(NEAR_NUMBER, "number") > 0 > weight(FAR_NUMBER, "number")


def test_two_valid_numbers_are_two_persons_however_near(chance: Weighed, weight: Any) -> None:
    for pair in (TWO_NUMBERS, NEXT_NUMBER):
        assert chance(pair) < chance(BARE)
        assert weight(pair, "number") < 0


def test_a_number_shared_by_the_family_does_not_make_one_person(chance: Weighed) -> None:
    assert chance(MOTHERS_NUMBER) < 0.5


# --- birth ------------------------------------------------------------------------------------------------------------

BORN = {"born": BIRTH}
SAME_DAY = pairs.add(BORN, BORN)
SWAPPED = pairs.add(BORN, {"born": dt.date(1984, 9, 27)})  # 1363/07/05
ONE_DIGIT = pairs.add(BORN, {"born": dt.date(1984, 8, 8)})  # 1363/05/17
YEAR_ONLY = pairs.add(BORN, {"birth_year": 1363})
OTHER_DAY = pairs.add(BORN, {"born": dt.date(1971, 2, 11)})
YEARS = {year: pairs.add({"birth_year": 1363}, {"birth_year": year}) for year in (1363, 1364, 1362, 1353)}
OTHER_CALENDAR = {
    "63/05/07 read as 7 May 1963": pairs.add(BORN, {"born": dt.date(1963, 5, 7)}),
    "1363/05/07 read as the Gregorian year 1363": pairs.add(BORN, {"born": dt.date(1363, 5, 7), "birth_year": 742}),
    "29 July 1984 read as Solar Hijri": pairs.add(BORN, {"birth_year": 1984}),
}


def test_the_same_day_speaks_most_and_each_slip_less(chance: Weighed, weight: Any) -> None:
    assert chance(SAME_DAY) > chance(YEAR_ONLY) > chance(BARE) > chance(OTHER_DAY)
    assert (
        weight(SAME_DAY, "birth")
        > weight(SWAPPED, "birth")
        > weight(YEAR_ONLY, "birth")
        > 0
        > weight(OTHER_DAY, "birth")
    )
    assert weight(SAME_DAY, "birth") > weight(ONE_DIGIT, "birth") > 0


def test_a_year_apart_is_better_than_ten_and_worse_than_the_same(chance: Weighed) -> None:
    for near in (1364, 1362):
        assert chance(YEARS[1363]) > chance(YEARS[near]) > chance(YEARS[1353])
    assert chance(YEARS[1363]) > chance(BARE) > chance(YEARS[1353])


@pytest.mark.parametrize("what", OTHER_CALENDAR)
def test_a_day_read_in_the_other_calendar_is_no_strong_disagreement(what: str, chance: Weighed) -> None:
    assert chance(OTHER_CALENDAR[what]) > chance(OTHER_DAY)


# --- father, sex, phone, county, given name ---------------------------------------------------------------------------

SAME_FATHER = pairs.add(SAID_FATHER, SAID_FATHER)
FATHERS_SLIP = pairs.add(SAID_FATHER, {"father_name": "{father_slip}"})
OTHER_FATHER = pairs.add(SAID_FATHER, {"father_name": "منوچهر"})
SAME_SEX, OTHER_SEX = (pairs.add({"sex": "male"}, {"sex": sex}) for sex in ("male", "female"))
SAME_PHONE = pairs.add({"phones": "0913111{k};0343222{k}"}, {"phones": "0913111{k}"})
BROTHERS_PHONE = pairs.add({"phones": "0913111{k}"}, {"phones": "0913111{k}", "first_name": "فریبرز"})
OTHER_PHONE = pairs.add({"phones": "0913111{k}"}, {"phones": "0913222{k}"})
OTHER_COUNTY, NEIGHBOURING_COUNTY = (pairs.add({}, {"county": county}) for county in ("0819", "0812"))
GIVEN_SLIP, OTHER_GIVEN = (pairs.add(BORN, BORN | {"first_name": name}) for name in ("{first_slip}", "فریبرز"))
RARE_SURNAME = pairs.add({"last_name": "{last}"}, {"last_name": "{last}"})
COMMON_GIVEN, RARE_GIVEN = (pairs.add({"first_name": name}, {"first_name": name}) for name in ("محمد", "اردشیر"))


def test_fathers_name_speaks_for_and_against(chance: Weighed, weight: Any) -> None:
    assert min(chance(SAME_FATHER), chance(FATHERS_SLIP)) > chance(BARE) > chance(OTHER_FATHER)
    assert weight(SAME_FATHER, "father") > 0 > weight(OTHER_FATHER, "father")


def test_sex_speaks_little_for_and_much_against(chance: Weighed, weight: Any) -> None:
    assert chance(SAME_SEX) > chance(BARE) > chance(OTHER_SEX)
    # The same given name tells the sex already.
    assert -weight(OTHER_SEX, "sex") > weight(SAME_SEX, "sex") >= 0


def test_a_phone_in_common_finds_the_family_but_does_not_make_the_person(chance: Weighed, weight: Any) -> None:
    assert chance(SAME_PHONE) >= chance(BARE) > chance(OTHER_PHONE)
    assert weight(SAME_PHONE, "phones") > 0 > weight(OTHER_PHONE, "phones")
    assert chance(BROTHERS_PHONE) < 0.05, "brothers share it too"


def test_county_speaks_for_and_another_a_little_against(chance: Weighed, weight: Any) -> None:
    assert chance(BARE) > chance(WITHOUT["county"]) > chance(OTHER_COUNTY)
    assert weight(BARE, "county") > 0 > weight(OTHER_COUNTY, "county")


def test_a_neighbouring_county_stands_between_the_same_and_a_far_one(chance: Weighed, weight: Any, found: Any) -> None:
    assert chance(BARE) > chance(NEIGHBOURING_COUNTY) > chance(OTHER_COUNTY)
    assert weight(BARE, "county") > weight(NEIGHBOURING_COUNTY, "county") > weight(OTHER_COUNTY, "county")
    evidence = json.dumps({"county": found[NEIGHBOURING_COUNTY][1]["county"]})
    assert "شهرستان همسایه است" in sentence_of(evidence, model())


def test_a_given_name_counts_by_how_far_it_is_off(chance: Weighed, weight: Any) -> None:
    assert chance(SAME_DAY) >= chance(GIVEN_SLIP) > chance(OTHER_GIVEN)
    assert min(weight(SAME_DAY, "first"), weight(GIVEN_SLIP, "first")) > 0 > weight(OTHER_GIVEN, "first")


def test_a_rare_name_says_more_than_a_common_one(chance: Weighed, weight: Any) -> None:
    assert weight(RARE_SURNAME, "last") > weight(BARE, "last") > 0
    assert chance(RARE_SURNAME) > chance(BARE)
    assert weight(RARE_GIVEN, "first") > weight(COMMON_GIVEN, "first") > 0
    assert chance(RARE_GIVEN) > chance(COMMON_GIVEN)


# --- whose family -----------------------------------------------------------------------------------------------------

CHILD = {"relation": "child", "family": "f{k}"}


def _families(left: dict[str, Any] | None, right: dict[str, Any] | None, *more: tuple[int, str, str, Any]) -> int:
    beside = [
        (row, list_key, "prisoner", {"family": "f{k}", "relation": "prisoner"} | said)
        for row, list_key, said in ((1, REFERRAL, left), (2, SECOND_REFERRAL, right))
        if said is not None
    ]
    return pairs.add(CHILD, CHILD, *beside, *more, lists=FAMILIES)


NO_PRISONER = _families(None, None)
ONE_PRISONER = _families(None, {"full_name": "جواد یوسفی", "national_id": OTHER})
SAME_PRISONER = _families(*[{"full_name": "جواد یوسفی", "national_id": OTHER}] * 2)
NAMED_PRISONER = _families(*[{"full_name": "کیومرث گرگین"}] * 2)
TWO_PRISONERS = _families(
    {"full_name": "جواد یوسفی", "national_id": OTHER},
    {"full_name": "فریبرز نجفی", "national_id": NUMBER},
    (3, CUSTODY, "subject", {"first_name": "جواد", "last_name": "یوسفی", "national_id": OTHER}),
    (4, CUSTODY, "subject", {"first_name": "فریبرز", "last_name": "نجفی", "national_id": NUMBER}),
)
SAME_CODE = pairs.add({"family": "f{k}"}, {"family": "f{k}"}, lists=(CASELOAD, CASELOAD))
TWO_CODES = pairs.add({"family": "f{k}"}, {"family": "g{k}"}, lists=(CASELOAD, CASELOAD))
SAME_CODE_ELSEWHERE = pairs.add({"family": "f{k}"}, {"family": "f{k}"})


def test_the_prisoners_number_in_common_speaks_for(chance: Weighed) -> None:
    assert chance(SAME_PRISONER) > chance(NO_PRISONER)
    assert chance(ONE_PRISONER) == pytest.approx(chance(NO_PRISONER), abs=2e-3), (
        "a prisoner on one list only is missing"
    )
    assert chance(TWO_PRISONERS) < chance(SAME_PRISONER)
    assert chance(TWO_PRISONERS) <= chance(NO_PRISONER) + 2e-3


def test_the_prisoners_name_in_common_speaks_for(chance: Weighed) -> None:
    assert chance(NAMED_PRISONER) > chance(NO_PRISONER)


def test_a_household_code_says_nothing_across_lists(chance: Weighed) -> None:
    assert chance(SAME_CODE_ELSEWHERE) == pytest.approx(chance(BARE), abs=2e-3)


def test_a_household_code_in_common_speaks_for_within_one_list(chance: Weighed) -> None:
    assert chance(SAME_CODE) > chance(TWO_CODES)
