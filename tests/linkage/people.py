"""A few words make a mention; what is not said is missing. National numbers begin with 990."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from palayesh.linkage import Linked, link
from palayesh.linkage.mentions import MENTION_COLUMNS, typed_mentions
from tests.linkage.months import NO_JUDGEMENTS, NO_LEDGER, linkage_settings

ROLE_OF_LIST = {
    "prisons/custody": "custody",
    "prisons/behzisti_referral": "behzisti_referral",
    "prisons/relief_referral": "relief_referral",
    "behzisti/caseload": "behzisti_support",
    "relief_committee/caseload": "relief_support",
    "association/caseload": "association_support",
}
CUSTODY, REFERRAL, SECOND_REFERRAL, CASELOAD, COMMITTEE, ASSOCIATION = ROLE_OF_LIST


def number(nine: str) -> str:
    """The valid national number with these first nine digits."""
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
    return nine + str(rest if rest < 2 else 11 - rest)


def mention(row: int, list_key: str = CASELOAD, role: str = "subject", **said: Any) -> dict[str, Any]:
    """One mention on a row of a list. ``family`` is the list's code; ``born`` a Gregorian day."""
    record = f"{list_key}/0123456789ab/1/{row}"
    given: dict[str, Any] = dict.fromkeys(MENTION_COLUMNS)
    family, born = said.pop("family", None), said.pop("born", None)
    given |= {
        "mention_id": f"{record}#{role}",
        "record_id": record,
        "list_key": list_key,
        "list_role": ROLE_OF_LIST[list_key],
        "role": role,
        "national_id_status": "missing",
        "agency_key": f"{list_key}-{row}",
    }
    if "national_id" in said:
        given |= {"national_id_status": "valid", "national_id_digits": said["national_id"]}
    if family is not None:
        given["family_key"] = f"{list_key}:{family}"
    if born is not None:
        given |= {"birth_date": pd.Timestamp(born), "birth_year": said.pop("birth_year", jalali_year(born))}
    return given | said


def jalali_year(day: dt.date) -> int:
    return day.year - 621 - (1 if (day.month, day.day) < (3, 21) else 0)


def table(mentions: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(mentions, columns=list(MENTION_COLUMNS))
    for column in ("birth_date", "custody_start"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return typed_mentions(frame).sort_values("mention_id", ignore_index=True)


def linked(
    mentions: list[dict[str, Any]] | pd.DataFrame,
    *,
    previous: pd.DataFrame = NO_LEDGER,
    judgements: pd.DataFrame = NO_JUDGEMENTS,
    month: str = "1404-02",
    **model: object,
) -> Linked:
    frame = mentions if isinstance(mentions, pd.DataFrame) else table(mentions)
    return link(frame, previous=previous, judgements=judgements, settings=linkage_settings(month, **model))


def person_of(found: Linked, row: int, list_key: str = CASELOAD, role: str = "subject") -> str:
    chosen = found.linked_mentions["mention_id"].eq(f"{list_key}/0123456789ab/1/{row}#{role}")
    return str(found.linked_mentions.loc[chosen, "person_id"].item())


def household_of(found: Linked, row: int, list_key: str = CASELOAD, role: str = "subject") -> str:
    chosen = found.linked_mentions["mention_id"].eq(f"{list_key}/0123456789ab/1/{row}#{role}")
    return str(found.linked_mentions.loc[chosen, "household_id"].item())


# Common names, so that judges of names know them; nobody here is related to those under test.
_CROWD_MEN = ("محمد", "علی", "حسین", "حسن", "رضا", "مهدی", "امیر", "امین", "مجید", "حمید", "سعید", "جواد")
_CROWD_WOMEN = ("فاطمه", "زهرا", "مریم", "زینب", "حمیده", "سعیده", "مجیده", "امینه", "مهدیه", "لیلا")
_CROWD_SURNAMES = ("کریمی", "رضایی", "محمدی", "حسینی", "احمدی", "مرادی", "جعفری", "صادقی", "نوری", "یوسفی", "زارعی")


def crowd(size: int = 240) -> list[dict[str, Any]]:
    """People of the same province with the same names, each on one row of the custody list or a caseload."""
    people = []
    for place in range(size):
        is_man = place % 2 == 0
        names = _CROWD_MEN if is_man else _CROWD_WOMEN
        people.append(
            mention(
                1000 + place,
                CUSTODY if is_man else CASELOAD,
                first_name=names[(place // 2) % len(names)],
                last_name=_CROWD_SURNAMES[(place * 7 + place // 24) % len(_CROWD_SURNAMES)],
                father_name=_CROWD_MEN[(place * 5 + 3) % len(_CROWD_MEN)],
                national_id=number(f"9907{place:05d}"),
                born=dt.date(1955, 1, 10) + dt.timedelta(days=83 * place),
                sex="male" if is_man else "female",
                county=f"08{place % 25 + 1:02d}",
                phones=f"0913{place:07d}",
            )
        )
    return people
