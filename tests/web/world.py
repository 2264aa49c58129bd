"""A month for the console, made without running one: lists, failures, pairs with their families, cases. All of it invented."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
from sqlalchemy import insert, update

from palayesh.adapters.console_models import ReviewCard
from palayesh.adapters.models import ReviewPair, Run, Submission
from palayesh.adapters.registry import Registry
from palayesh.corrections.causes import DAMAGE_COLUMNS
from palayesh.corrections.standing import STATE_COLUMNS
from palayesh.linkage.ids import pair_ids

MONTH = "1404-02"
RUN = f"{MONTH}.r1"
PASSWORD = "cheshme-ye roshan 1404"
NOW = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
AGENCIES = ("relief_committee", "prisons", "behzisti")
LISTS = {"relief_committee": "relief_committee/caseload", "prisons": "prisons/custody", "behzisti": "behzisti/caseload"}
FIRST, LAST = ("محمد", "زهرا", "علی", "مریم", "رضا", "فاطمه"), ("کریمی", "احمدی", "موسوی", "رضایی", "حیدری")
EVIDENCE = json.dumps(
    {
        "first": {"level": "same", "weight": 6.1},
        "last": {"level": "same", "weight": 5.0},
        "number": {"level": "one_digit", "weight": 9.0},
    }
)


def make_month(
    registry: Registry,
    *,
    pairs: int = 12,
    evidence: str = EVIDENCE,
    members: int = 3,
    lists: Callable[[Registry], dict[str, str]] | None = None,
) -> None:
    """The registry holds the month, computed and finished, with so many open pairs; ``lists`` makes its submissions."""
    submissions = (lists or make_lists)(registry)
    with registry.writing.begin() as connection:
        connection.execute(
            insert(Run).values(
                id=RUN, month=MONTH, revision=1, inputs_sha256="i", rules_sha256="r", judgement_position=0,
                code_version="1", state="running", issued_on=dt.date(2025, 6, 1),
            )
        )  # fmt: skip
    make_tables(registry)
    make_pairs(registry, pairs, submissions, evidence=evidence, members=members)
    registry.finish_run(RUN)


def make_lists(registry: Registry) -> dict[str, str]:
    """One list of each agency: two records accepted, three set aside by two causes; and one file that is held."""
    made = {}
    for agency, list_key in LISTS.items():
        sha = (agency[0] * 64)[:64]
        records = pd.DataFrame(
            {
                "record_id": [f"{list_key}/{sha[:12]}/1/{row}" for row in range(2, 7)],
                "list_key": list_key, "sheet": "Sheet1", "row": range(2, 7), "member": "",
                "national_id_raw": ["12345678", "9901234561", "۹۹۰۱۲۳۴۵۶۲", "55", ""],
                "national_id": [None, "9901234561", "9901234562", None, None],
                "national_id_status": ["invalid", "valid", "valid", "invalid", "missing"],
                "first_name_raw": ["زهرا", "علي", "مريم", "رضا", "مینا"], "first_name": ["زهرا", "علی", "مریم", "رضا", "مینا"],
                "first_name_status": "ok",
            }
        )  # fmt: skip
        number = registry.add_submission(
            {
                "agency": agency, "list_key": list_key, "month": MONTH, "sha256": sha, "size_bytes": 9, "format": "xlsx",
                "received_on": dt.date(2025, 6, 1), "state": "read", "received_count": 5,
            },
            {"received": records},
        )  # fmt: skip
        made[agency] = number
        findings = pd.DataFrame(
            {
                "record_id": records["record_id"].take([0, 3, 4]).tolist(), "sheet": "Sheet1", "row": [2, 5, 6], "member": "",
                "column": "national_id", "code": ["lost_zero", "lost_zero", "number_missing"], "severity": "set_aside_record",
                "sentence_fa": ["صفر آغاز کد ملی افتاده است.", "صفر آغاز کد ملی افتاده است.", "کد ملی نوشته نشده است."],
                "sentence_en": ["The number lost its zero.", "The number lost its zero.", "The number is missing."],
                "mend_fa": ["ده رقم بنویسید."] * 3, "mend_en": ["Write ten digits."] * 3,
            }
        )  # fmt: skip
        registry.save_validation(
            number,
            state="validated",
            reason=None,
            accepted=records.take([1, 2]),
            set_aside=records.take([0, 3, 4]).assign(reason_codes="lost_zero"),
            repaired_count=1,
            findings=findings,
            frames={"damage": _damage(findings, list_key), "decided": pd.DataFrame(columns=list(STATE_COLUMNS)).astype(STATE_COLUMNS), "rules": findings},
            rules=pd.DataFrame(
                {"code": ["lost_zero", "number_missing", "fine"], "severity": "set_aside_record", "checked": 5, "failed": [2, 1, 0], "ran": True}
            ),
        )  # fmt: skip
    held = registry.add_submission(
        {
            "agency": "relief_committee", "list_key": "relief_committee/caseload", "month": MONTH, "sha256": "e" * 64,
            "size_bytes": 9, "format": "xlsx", "received_on": dt.date(2025, 6, 2), "state": "read", "received_count": 40,
        },
        {},
    )  # fmt: skip
    reason = {
        "code": "volume",
        "fa": "شمار ردیف‌ها از ماه پیش بسیار کمتر است.",
        "en": "Far fewer records than last month.",
    }
    with registry.writing.begin() as connection:
        connection.execute(update(Submission).where(Submission.id == held).values(state="held", reason=reason))
    return {**made, "held": held}


def _damage(findings: pd.DataFrame, list_key: str) -> pd.DataFrame:
    """The findings with their causes, as validation leaves them."""
    causes = {"lost_zero": "C00000000001", "number_missing": "C00000000002"}
    return findings.assign(
        kind=findings["code"].map({"lost_zero": "number_lost_its_zero", "number_missing": "empty"}), value=None,
        cause_id=findings["code"].map(causes) + list_key[:1], family=findings["record_id"], mend=None, mend_value=None,
        may_be_accepted=True, state="open",
    ).reindex(columns=list(DAMAGE_COLUMNS)).astype(DAMAGE_COLUMNS)  # fmt: skip


def make_tables(registry: Registry) -> None:
    """The finished run's tables that the console reads: double cover, waiting list, uncovered families."""
    households = [f"H{n:010d}" for n in range(6)]
    persons = [f"P{n:010d}" for n in range(6)]
    since = pd.Timestamp("2024-05-01")
    frames = {
        "linked_households": pd.DataFrame(
            {"household_id": households, "county": "0803", "resident_count": pd.array([3] * 6, "Int64"), "prisoner_count": pd.array([1] * 6, "Int64")}
        ),
        "household_members": pd.DataFrame(
            {"household_id": households, "person_id": persons, "relation": "spouse", "is_prisoner": False, "is_resident": True}
        ),
        "linked_persons": pd.DataFrame(
            {"person_id": persons, "first_name": "زهرا", "last_name": "احمدی", "father_name": "علی", "national_id": "9901234561",
             "birth_date": since, "birth_year": pd.array([1370] * 6, "Int64"), "sex": "female", "county": "0803", "is_prisoner": False,
             "mention_count": 2}
        ),
        "overlap_households": pd.DataFrame(
            {"household_id": households[:3], "pair": ["behzisti+relief_committee", "association+relief_committee", "association+behzisti"],
             "kind": ["conflict", "notice", "shown"], "rule": pd.array([1, 2, None], "Int64"), "since": since, "parameter": None,
             "parameter_from": pd.NaT, "is_counted": [True, True, False]}
        ),
        "waiting_list": pd.DataFrame(
            {"rank": pd.array([1, 2], "Int64"), "household_id": households[3:5], "person_id": persons[3:5], "record_id": ["a/1", "a/2"],
             "residents_under_18": pd.array([3, 1], "Int64"), "decile": pd.array([1, None], "Int64"), "application_date": since,
             "member_no": ["1", "2"], "decision": "eligible", "gets_place": [True, False], "reason": ["place", "no_free_place"], "order_from": since}
        ),
        "uncovered": pd.DataFrame(
            {"household_id": [households[5], households[4]], "county": "0803", "waiting_since": since, "since_what": "custody_start",
             "months_waited": pd.array([12, 3], "Int64"), "band": "6_to_12",
             "programmes": ["relief_committee_household", "behzisti_female_headed;association_family"]}
        ),
    }  # fmt: skip
    registry.save_step(RUN, "summarise", {}, frames=frames)


def make_pairs(
    registry: Registry,
    count: int,
    submissions: dict[str, str],
    *,
    evidence: str = EVIDENCE,
    batch: int = 2000,
    members: int = 3,
) -> None:
    """So many open pairs, each of two records in two families of three; every third pair is between prisons and behzisti."""
    registry.save_step(RUN, "link", {"mentions": 4 * count, "persons": 2 * count, "review_pairs": count})
    for start in range(0, count, batch):
        pairs: list[dict[str, Any]] = []
        cards: list[dict[str, Any]] = []
        numbers = range(start, min(start + batch, count))
        keys = pd.DataFrame([_keys(number) for number in numbers], dtype="str")
        ids = pair_ids(keys[0], keys[1])
        for number, pair_id in zip(numbers, ids, strict=True):
            pair, around = _pair(number, pair_id, submissions, evidence, members)
            pairs.append(pair)
            cards += around
        with registry.writing.begin() as connection:
            connection.execute(insert(ReviewPair), pairs)
            connection.execute(insert(ReviewCard), cards)


def _keys(number: int) -> list[str]:
    return [f"{number:08x}{side:08x}" for side in (1, 2)]


def _pair(
    number: int, pair_id: str, submissions: dict[str, str], evidence: str, members: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    left_agency, right_agency = ("prisons", "behzisti") if number % 3 == 2 else ("prisons", "relief_committee")
    keys = _keys(number)
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    cards = []
    for side, agency in enumerate((left_agency, right_agency)):
        household = f"H{number:07d}{side:03d}"
        for member, relation in enumerate(("spouse", "prisoner", "child")[:members]):
            name = first if member == 0 else FIRST[(number + member + side) % len(FIRST)]
            cards.append(
                {
                    "run_id": RUN, "mention_id": f"{LISTS[agency]}/aaaa/1/{number}-{side}-{member}#subject",
                    "person_id": f"P{number:06d}{side:02d}{member:02d}", "household_id": household, "agency": agency,
                    "identity_key": keys[side] if member == 0 else f"{number:08x}{side:04x}{member:04x}",
                    "card": _card(number, side, member, name, last, relation, LISTS[agency], submissions[agency]),
                }
            )  # fmt: skip
        if members == 1:
            continue
        # A second list names the same person under another key, so that there is something to split.
        cards.append(
            {
                **cards[-3],
                "mention_id": cards[-3]["mention_id"].replace("#subject", "#head"),
                "identity_key": f"{number:08x}{side:04x}ffff",
            }
        )
    effect = 2 + number % 9
    left, right = cards[0], cards[len(cards) // 2]
    pair = {
        "run_id": RUN, "pair_id": pair_id, "kind": "uncertain",
        "mention_id_l": left["mention_id"], "mention_id_r": right["mention_id"],
        "identity_key_l": keys[0], "identity_key_r": keys[1],
        "person_id_l": left["person_id"], "person_id_r": right["person_id"],
        "match_probability": 0.9, "reason": "نام یکی است؛ اما کد ملی یک رقم فرق دارد.", "evidence": evidence,
        "agency_l": left_agency, "agency_r": right_agency, "effect": effect, "since_month": MONTH, "priority": effect,
        "pattern": f"{number % 4:016x}", "evidence_sha256": f"{number:032x}", "is_open": True, "unsure_by": None,
    }  # fmt: skip
    return pair, cards


def _card(
    number: int, side: int, member: int, first: str, last: str, relation: str, list_key: str, submission: str
) -> dict[str, Any]:
    digits = f"990{number % 10**5:05d}{member}{side}"
    return {
        "first_name": first, "last_name": last if side == 0 else last + "زاده", "full_name": None, "father_name": "حسین",
        "national_id": digits, "national_id_status": "valid", "birth_date": "1991-05-21" if side == 0 else "1991-05-12",
        "sex": "female", "county": "0803", "phones": "09990001234", "relation": relation, "family_key": None,
        "first_name_count": 40, "last_name_count": 3, "full_name_count": None, "father_name_count": 90, "list_key": list_key,
        "role": "subject", "record_id": f"{list_key}/aaaa/1/{number}", "submission_id": submission, "sheet": "Sheet1",
        "row": number + 2, "family_relation": relation, "is_prisoner": relation == "prisoner",
    }  # fmt: skip
