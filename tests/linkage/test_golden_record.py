"""Which value is shown of a person, by one named rule per field, and the record it comes from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from palayesh.linkage import Linked
from palayesh.linkage.golden_record import PROVENANCE_COLUMNS
from tests.linkage.people import (
    COMMITTEE,
    CUSTODY,
    REFERRAL,
    SECOND_REFERRAL,
    crowd,
    linked,
    mention,
    number,
    person_of,
    table,
)

NUMBER = number("990900012")
WRONG = NUMBER[:6] + str((int(NUMBER[6]) + 1) % 10) + NUMBER[7:]
BORN = dt.date(1984, 7, 29)  # 1363/05/07
SAME: dict[str, Any] = {"last_name": "گرگین‌پور", "first_name": "کیومرث", "national_id": NUMBER}
ROWS = [
    # About himself: the given name as he bears it, the number as typed rightly.
    mention(1, CUSTODY, **SAME | {"first_name": "کیومرس"}, father_name="شاپور", born=BORN, sex="male", relation="prisoner"),
    # Named beside others' rows, three times another spelling.
    *(
        mention(row, list_key, "prisoner", **SAME, family="1", relation="prisoner", county=county)
        for row, list_key, county in ((1, REFERRAL, "0803"), (2, REFERRAL, "0805"), (1, SECOND_REFERRAL, "0805"))
    ),
    mention(1, COMMITTEE, **SAME | {"first_name": "کیومرس"}, father_name="شاهپور", birth_year=1364, sex="male", county="0805",
            relation="head"),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Linked:
    return linked([*ROWS, *crowd(60)])


@pytest.fixture(scope="module")
def provenance(found: Linked) -> pd.DataFrame:
    return found.golden_provenance


def of_him(found: Linked, provenance: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    person = person_of(found, 1, CUSTODY)
    assert found.linked_mentions["person_id"].eq(person).sum() == len(ROWS)
    golden = found.linked_persons.set_index("person_id").loc[person]
    return golden, provenance[provenance["person_id"].eq(person)].set_index("field")


@pytest.mark.parametrize(
    ("field", "value", "rule", "record"),
    [
        ("first_name", "کیومرس", "own_rows_first", CUSTODY),  # two own rows (4 each) against three beside others
        ("father_name", "شاهپور", "own_rows_first", COMMITTEE),  # a tie goes to the first in order of letters
        ("national_id", NUMBER, "checked_first", None),
        ("birth_date", pd.Timestamp(BORN), "most_frequent", CUSTODY),
        ("birth_year", 1363, "year_of_birth_date", CUSTODY),  # the year of the day shown, not another list's year
        ("sex", "male", "most_frequent", None),
        ("county", "0805", "most_frequent", None),
    ],
)
def test_each_field_survives_by_its_rule_and_tells_its_record(
    field: str, value: object, rule: str, record: str | None, found: Linked, provenance: pd.DataFrame
) -> None:
    golden, origin = of_him(found, provenance)
    assert golden[field] == value
    assert origin.loc[field, "rule"] == rule
    said = table(ROWS).set_index("record_id")
    source = said.loc[[origin.loc[field, "record_id"]]]
    if record:
        assert source["list_key"].item() == record
    if field != "birth_year":
        assert (source[field] == value).any()


def test_a_checked_number_outweighs_any_count_of_unchecked() -> None:
    rows = [
        mention(1, CUSTODY, **SAME, born=BORN, father_name="شاپور", sex="male"),
        *(
            mention(row, COMMITTEE, **SAME | {"national_id": None}, national_id_digits=WRONG, national_id_status="suspect",
                    born=BORN, father_name="شاپور", sex="male", family=str(row))
            for row in (1, 2, 3)
        ),
    ]  # fmt: skip
    for row in rows[1:]:
        row["national_id"] = WRONG
    found = linked([*rows, *crowd(60)])
    person = person_of(found, 1, CUSTODY)
    assert person_of(found, 1, COMMITTEE) == person
    assert found.linked_persons.set_index("person_id").loc[person, "national_id"] == NUMBER


def test_every_value_shown_has_one_record_and_every_absent_one_none(found: Linked, provenance: pd.DataFrame) -> None:
    assert list(provenance) == list(PROVENANCE_COLUMNS)
    fields = sorted(provenance["field"].unique())
    shown = found.linked_persons.set_index("person_id")[fields].notna().stack()
    shown = sorted(shown[shown].index.tolist())
    assert sorted(zip(provenance["person_id"], provenance["field"], strict=True)) == shown
    mentions = found.linked_mentions[["person_id", "record_id"]].drop_duplicates()
    assert len(provenance.merge(mentions, on=["person_id", "record_id"])) == len(provenance), "of his own records"
