"""Who is one person: families never merge, damage does not part, and judgements of people outrank everything."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pandas as pd
import pytest

from palayesh.findings import Refusal
from palayesh.linkage import Linked, link
from palayesh.linkage.mentions import MENTION_COLUMNS
from tests.linkage.people import (
    ASSOCIATION,
    COMMITTEE,
    CUSTODY,
    NO_JUDGEMENTS,
    NO_LEDGER,
    REFERRAL,
    SECOND_REFERRAL,
    crowd,
    linkage_settings,
    linked,
    mention,
    number,
    person_of,
    table,
)

FAMILY = {"last_name": "یوسفی", "father_name": "جواد", "county": "0803", "phones": "09131112233"}
TWINS_BORN = dt.date(2009, 4, 5)
ONE, OTHER = number("990900012"), number("990911177")
Said = dict[str, Any]


def two_members(one: Said, other: Said, relation: str = "child") -> list[tuple[str, Said, Said]]:
    """Two members of one family, with numbers and without, and once more under one number typed for both."""
    one, other = ({"relation": relation} | FAMILY | said for said in (one, other))
    return [
        ("with their numbers", one | {"national_id": ONE}, other | {"national_id": OTHER}),
        ("without numbers", one, other),
        ("with one number typed for both", one | {"national_id": ONE}, other | {"national_id": ONE}),
        ("one with a number, one without", one | {"national_id": ONE}, other),
    ]


MEMBERS: dict[str, list[tuple[str, Said, Said]]] = {
    "twins": two_members(
        {"first_name": "حسن", "born": TWINS_BORN, "sex": "male"},
        {"first_name": "حسین", "born": TWINS_BORN, "sex": "male"},
    ),
    "twins, boy and girl": two_members(
        {"first_name": "امین", "born": TWINS_BORN, "sex": "male"},
        {"first_name": "امینه", "born": TWINS_BORN, "sex": "female"},
    ),
    "brothers": two_members(
        {"first_name": "مجید", "born": dt.date(2009, 4, 5), "sex": "male"},
        {"first_name": "حمید", "born": dt.date(2011, 4, 5), "sex": "male"},
    ),
    "brothers of unknown birth": two_members({"first_name": "علی"}, {"first_name": "رضا"}),
    "brother and sister": two_members(
        {"first_name": "سعید", "birth_year": 1388, "sex": "male"},
        {"first_name": "سعیده", "birth_year": 1389, "sex": "female"},
    ),
    "father and son": two_members(
        {"first_name": "محمد", "born": dt.date(1981, 1, 3), "sex": "male", "father_name": "رضا"},
        {"first_name": "محمدرضا", "born": dt.date(2007, 6, 9), "sex": "male", "father_name": "محمد"},
        relation="other",
    ),
    "grandfather and grandson of one name": two_members(
        {"first_name": "رضا", "born": dt.date(1950, 1, 3), "sex": "male", "father_name": "علی"},
        {"first_name": "رضا", "born": dt.date(2007, 6, 9), "sex": "male", "father_name": "محمد"},
        relation="other",
    ),
    "mother and daughter": two_members(
        {
            "first_name": "زهرا",
            "born": dt.date(1984, 1, 3),
            "sex": "female",
            "last_name": "کریمی",
            "father_name": "علی",
        },
        {"first_name": "زینب", "born": dt.date(2009, 1, 3), "sex": "female"},
    ),
}
CASES = [(f"{who}, {how}", one, other) for who, variants in MEMBERS.items() for how, one, other in variants]
SURNAMES = [
    stem + ending
    for ending in ("پور", "زاده", "نیا", "منش")
    for stem in ("رستم", "بهمن", "سهراب", "داراب", "فرهاد", "شاپور", "نریمان", "گودرز")
]


@pytest.fixture(scope="module")
def families() -> Linked:
    """Every pair of members in a family of its own, each member on two lists, all linked at once."""
    rows = []
    for k, (_, one, other) in enumerate(CASES):
        own = {"last_name": SURNAMES[k], "phones": f"0913111{k:04d}", "family": f"f{k}"}
        for list_key in (REFERRAL, COMMITTEE):
            for row, said in ((10 * k + 1, one), (10 * k + 2, other)):
                more = own | ({"last_name": said["last_name"]} if said["last_name"] != FAMILY["last_name"] else {})
                if "national_id" in said:
                    more["national_id"] = number(f"9909{k:03d}{said['national_id'][7:9]}")
                rows.append(mention(row, list_key, **said | more))
    return linked([*rows, *crowd()])


@pytest.mark.parametrize("k", range(len(CASES)), ids=[name for name, _, _ in CASES])
def test_members_of_one_family_are_never_one_person(k: int, families: Linked) -> None:
    ones, others = (
        {person_of(families, 10 * k + row, list_key) for list_key in (REFERRAL, COMMITTEE)} for row in (1, 2)
    )
    assert not ones & others


def test_one_person_on_three_lists_with_damage_is_one_person() -> None:
    born = dt.date(1984, 7, 29)  # 1363/05/07
    rows = [
        mention(1, CUSTODY, first_name="محمدرضا", last_name="یوسفی", father_name="جواد", born=born, sex="male",
                national_id=ONE, relation="prisoner"),
        # Arabic letters, a title and a space; no number.
        mention(1, COMMITTEE, first_name="سيد محمد رضا", last_name="يوسفي", father_name="جواد", born=born, sex="male",
                county="0803", relation="head"),
        # The number with one digit wrong, surname mistyped, day and month exchanged.
        mention(1, ASSOCIATION, "prisoner", first_name="محمدرضا", last_name="بوسفی", father_name="جواد",
                born=dt.date(1984, 9, 27), national_id=None, national_id_status="invalid",
                national_id_digits=ONE[:6] + str((int(ONE[6]) + 1) % 10) + ONE[7:]),
    ]  # fmt: skip
    found = linked([*rows, *crowd()])
    persons = {
        person_of(found, 1, CUSTODY),
        person_of(found, 1, COMMITTEE),
        person_of(found, 1, ASSOCIATION, "prisoner"),
    }
    assert len(persons) == 1


def test_a_month_without_any_number_or_household_code_is_linked() -> None:
    people = table([*crowd(120)]).assign(national_id=None, national_id_digits=None, national_id_status="missing")
    again = people.assign(
        list_key=ASSOCIATION, mention_id=people["mention_id"] + "x", record_id=people["record_id"] + "x"
    )
    both = pd.concat([people, again]).astype(people.dtypes.to_dict()).sort_values("mention_id", ignore_index=True)
    found = linked(both[list(MENTION_COLUMNS)])
    assert found.linked_mentions["person_id"].nunique() == len(people)


# --- judgements -------------------------------------------------------------------------------------------------------

BROTHERS = [
    mention(1, REFERRAL, family="1", **FAMILY, first_name="علی", birth_year=1380, national_id=ONE),
    mention(1, COMMITTEE, family="1", **FAMILY, first_name="علی", birth_year=1380, national_id=ONE),
    mention(1, SECOND_REFERRAL, family="1", **FAMILY, first_name="رضا", birth_year=1384, national_id=OTHER),
]
ENDS = {"referral": (1, REFERRAL), "committee": (1, COMMITTEE), "brother": (1, SECOND_REFERRAL)}


def judged(rows: list[Said], *answers: tuple[str, str, str]) -> pd.DataFrame:
    """Judgements between the named ends, as the log keeps them."""
    keys = linked(rows).identity_keys.set_index("mention_id")["identity_key"]
    key = {name: keys[f"{list_key}/0123456789ab/1/{row}#subject"] for name, (row, list_key) in ENDS.items()}
    return pd.DataFrame(
        [(key[one], key[other], answer) for one, other, answer in answers],
        columns=["identity_key_l", "identity_key_r", "judgement"],
        dtype="str",
    )


@pytest.fixture(scope="module")
def undisturbed() -> Linked:
    return linked([*BROTHERS, *crowd()])


def persons(found: Linked) -> dict[str, str]:
    return {name: person_of(found, *end) for name, end in ENDS.items()}


def same_tables(one: Linked, other: Linked) -> None:
    for field in fields(Linked):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right)
        else:
            assert left == right


def test_without_a_judgement_two_are_one_and_the_brother_is_not(undisturbed: Linked) -> None:
    found = persons(undisturbed)
    assert found["referral"] == found["committee"] != found["brother"]


def test_judged_the_same_outranks_two_valid_numbers(undisturbed: Linked) -> None:
    rows = [*BROTHERS, *crowd()]
    found = linked(rows, judgements=judged(rows, ("referral", "brother", "same")))
    assert len(set(persons(found).values())) == 1
    untouched = ~found.linked_mentions["mention_id"].isin([row["mention_id"] for row in BROTHERS])
    pd.testing.assert_series_equal(
        found.linked_mentions.loc[untouched, "person_id"], undisturbed.linked_mentions.loc[untouched, "person_id"]
    )


def test_judged_different_parts_what_any_rule_would_join_and_is_not_asked_again() -> None:
    # Two keys are needed: one man with a number on one list and without on the other.
    rows = [
        mention(1, REFERRAL, family="1", **FAMILY, first_name="علی", born=TWINS_BORN, sex="male", national_id=ONE),
        mention(1, COMMITTEE, family="1", **FAMILY, first_name="علی", born=TWINS_BORN, sex="male"),
        BROTHERS[2],
        *crowd(),
    ]
    before = linked(rows)
    assert persons(before)["referral"] == persons(before)["committee"]
    after = linked(rows, judgements=judged(rows, ("referral", "committee", "different")))
    apart = persons(after)
    assert apart["referral"] != apart["committee"]
    asked = after.review_pairs
    ends = [{one, other} for one, other in zip(asked["person_id_l"], asked["person_id_r"], strict=True)]
    assert {apart["referral"], apart["committee"]} not in ends


def test_an_undone_judgement_leaves_exactly_the_former_state(undisturbed: Linked) -> None:
    rows = [*BROTHERS, *crowd()]
    same = judged(rows, ("referral", "brother", "same"))
    assert persons(linked(rows, judgements=same)) != persons(undisturbed)
    same_tables(linked(rows, judgements=same.iloc[:0]), undisturbed)


def test_the_last_answer_to_a_question_holds(undisturbed: Linked) -> None:
    rows = [*BROTHERS, *crowd()]
    answers = judged(rows, ("referral", "brother", "same"), ("brother", "referral", "different"))
    assert persons(linked(rows, judgements=answers)) == persons(undisturbed)


def test_judgements_that_contradict_each_other_are_refused() -> None:
    rows = [
        BROTHERS[0],
        mention(1, COMMITTEE, family="1", **FAMILY, first_name="علی", birth_year=1380),
        BROTHERS[2],
        *crowd(),
    ]
    answers = judged(
        rows, ("referral", "committee", "same"), ("committee", "brother", "same"), ("referral", "brother", "different")
    )
    with pytest.raises(Refusal) as refusal:
        linked(rows, judgements=answers)
    assert refusal.value.code == "contradicting_judgements"
    assert ONE not in str(refusal.value)


def test_the_order_of_rows_changes_nothing(undisturbed: Linked) -> None:
    rows = table([*BROTHERS, *crowd()]).sample(frac=1, random_state=3)
    same_tables(linked(rows), undisturbed)


# --- joins asked by lot -----------------------------------------------------------------------------------------------

TWICE = [
    one
    for place, person in enumerate(crowd(24))
    for one in (
        person,
        mention(
            5000 + place,
            COMMITTEE,
            **{name: person[name] for name in ("first_name", "last_name", "father_name", "sex", "county", "phones")},
            born=person["birth_date"],
        ),
    )
]


def by_lot(rows: list[Said] | pd.DataFrame, count: int, month: str = "1404-02", **more: pd.DataFrame) -> Linked:
    settings = linkage_settings(month).model_copy(update={"sampled_joins": count})
    mentions = rows if isinstance(rows, pd.DataFrame) else table(rows)
    return link(mentions, **{"previous": NO_LEDGER, "judgements": NO_JUDGEMENTS} | more, settings=settings)


def test_joins_are_asked_by_lot_and_change_nothing() -> None:
    rows = [*TWICE, *crowd()[24:]]
    without, found = linked(rows), by_lot(rows, 5)
    sampled = found.review_pairs[found.review_pairs["kind"] == "sampled"]
    assert len(sampled) == 5
    assert sampled["person_id_l"].tolist() == sampled["person_id_r"].tolist()
    assert sampled["reason"].ne("").all()
    assert "sampled" not in set(without.review_pairs["kind"])
    others = found.review_pairs[found.review_pairs["kind"] != "sampled"].reset_index(drop=True)
    same_tables(replace(found, review_pairs=others), without)
    shuffled = by_lot(table(rows).sample(frac=1, random_state=3), 5).review_pairs
    assert set(shuffled["pair_id"]) == set(found.review_pairs["pair_id"]), "the lot is the pair's and not the row's"
    later = by_lot(rows, 5, month="1404-03").review_pairs
    assert set(later["pair_id"]) != set(found.review_pairs["pair_id"]), "another month draws others"


def test_a_join_asked_by_lot_is_answered_once_and_different_parts_it() -> None:
    rows = [*TWICE, *crowd()[24:]]
    sampled = by_lot(rows, 2).review_pairs.query("kind == 'sampled'")
    answers = sampled[["identity_key_l", "identity_key_r"]].assign(judgement=["same", "different"])
    after = by_lot(rows, 1000, judgements=answers)
    assert not set(sampled["pair_id"]) & set(after.review_pairs["pair_id"])
    person = after.linked_mentions.set_index("mention_id")["person_id"]
    held = [
        person[one] == person[other]
        for one, other in zip(sampled["mention_id_l"], sampled["mention_id_r"], strict=True)
    ]
    assert held == [True, False]


# --- months -----------------------------------------------------------------------------------------------------------


def test_ids_over_three_months() -> None:
    """The same again; judged the same, the older id stays and the other is its alias; judged otherwise, the smaller part is new."""
    young = [*BROTHERS[:2], *crowd()]
    first = linked(young, month="1404-01")
    again = linked(young, month="1404-01")
    same_tables(first, again)
    older = person_of(first, *ENDS["referral"])

    second = linked([*BROTHERS, *crowd()], previous=first.id_ledger, month="1404-02")
    newer = person_of(second, *ENDS["brother"])
    assert person_of(second, *ENDS["referral"]) == older != newer
    carried = second.linked_mentions.merge(first.linked_mentions, on="mention_id", suffixes=("", "_before"))
    assert carried["person_id"].eq(carried["person_id_before"]).all()
    assert carried["household_id"].eq(carried["household_id_before"]).all()

    rows = [*BROTHERS, *crowd()]
    joined = linked(
        rows,
        previous=second.id_ledger,
        month="1404-03",
        judgements=judged(rows, ("referral", "brother", "same")),
    )
    assert set(persons(joined).values()) == {older}
    merged = joined.id_events[joined.id_events["kind"].eq("merged") & joined.id_events["entity"].eq("person")]
    assert list(zip(merged["id"], merged["other_id"], strict=True)) == [(older, newer)]

    parted = linked(rows, previous=joined.id_ledger, month="1404-04")
    found = persons(parted)
    assert found["referral"] == found["committee"] == older, "the larger part keeps the id"
    assert found["brother"] not in (older, newer), "an id is never used twice"
    split = parted.id_events[parted.id_events["kind"].eq("split") & parted.id_events["entity"].eq("person")]
    assert list(zip(split["id"], split["other_id"], strict=True)) == [(older, found["brother"])]
