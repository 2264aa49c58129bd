"""A received table becomes a standardised one: raw text kept, value and status beside it."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from palayesh.adapters.declarations import load_agencies, load_vocabularies
from palayesh.declaration import Column, ListDeclaration, Title
from palayesh.intake.standardise import standardise_records

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
AS_OF = dt.date(2025, 5, 21)
VOCABULARIES = load_vocabularies(EXPECTATIONS / "vocabularies")
COLUMNS = {
    "birth_date": Column(heading="تاریخ تولد", type="birth_date"),
    "national_id": Column(heading="کد ملی", type="national_id"),
    "first_name": Column(heading="نام", type="name"),
    "last_name": Column(heading="نام خانوادگی", type="name"),
    "prisoner_name": Column(heading="زندانی", type="full_name"),
    "household_ref": Column(heading="کد خانوار", type="identifier"),
    "mobile": Column(heading="موبایل", type="phone"),
    "sex": Column(heading="جنسیت", type="code", vocabulary="sex", values={"1": "male"}),
    "relation": Column(heading="نسبت", type="code", vocabulary="relation"),
    "county": Column(heading="شهرستان", type="county"),
    "prison_province": Column(heading="استان", type="province"),
    "letter_date": Column(heading="تاریخ نامه", type="date"),
    "service_end": Column(heading="تاریخ قطع", type="date"),
    "decile": Column(heading="دهک", type="integer"),
    "reason": Column(heading="دلیل", type="text"),
}
LIST = ListDeclaration(
    title=Title(fa="فهرست", en="List"),
    role="behzisti_referral",
    key=["household_ref"],
    expected_records=(1, 10),
    columns=COLUMNS,
    mentions=[],
)
ONE_RECORD = {
    "birth_date": "۱۳۶۳/۰۵/۰۷",
    "national_id": "۹۹۰-۱۲۳۴۵۶-۵",
    "first_name": " سيده  زهرا ",
    "last_name": "علی\u200fپور",
    "prisoner_name": "محمد\u200cرضا كرماني",
    "household_ref": "خ ۱۲/۳",
    "mobile": "9131234567",
    "sex": "1",
    "relation": "همسر",
    "county": "شهرستان كرمان",
    "prison_province": "هرمزگان",
    "letter_date": "1404-02-07",
    "service_end": "1405/01/01",
    "decile": "دهک ۳",
    "reason": "ندارد",
}


def received(*records: dict[str, str | None], columns: dict[str, Column] = COLUMNS) -> pd.DataFrame:
    table = pd.DataFrame({"record_id": [f"a/b/{number}" for number in range(len(records))], "member": ""})
    for name in columns:
        table[f"{name}_raw"] = pd.Series([{**ONE_RECORD, **record}[name] for record in records], dtype="str")
    return table


def standardised(*records: dict[str, str | None]) -> pd.DataFrame:
    return standardise_records(received(*records), LIST, vocabularies=VOCABULARIES, as_of=AS_OF)


def test_one_record_as_an_official_would_read_it():
    record = standardised({}).iloc[0]
    values = {name: record[name] for name in COLUMNS if record[f"{name}_status"] != "missing"}
    assert values == {
        "birth_date": pd.Timestamp("1984-07-29"),
        "national_id": "9901234565",
        "first_name": "سیده زهرا",
        "last_name": "علیپور",
        "prisoner_name": "محمد\u200cرضا کرمانی",
        "household_ref": "خ12/3",
        "mobile": "09131234567",
        "sex": "male",
        "relation": "spouse",
        "county": "0808",
        "prison_province": "22",
        "letter_date": pd.Timestamp("2025-04-27"),
        "service_end": pd.Timestamp("2026-03-21"),
        "decile": 3,
    }
    assert record["birth_date_year"] == 1363
    assert record["mobile_status"] == "repaired"
    assert pd.isna(record["reason"])


def test_columns_types_and_order_are_those_of_the_contract():
    table = standardised({}, {})
    expected = ["record_id", "member", *(f"{name}_raw" for name in COLUMNS)]
    for name, column in COLUMNS.items():
        expected += [name, f"{name}_status", *([f"{name}_year"] if "date" in column.type else [])]
    assert table.columns.tolist() == expected
    for name, column in COLUMNS.items():
        kinds = {"date": "datetime64[s]", "birth_date": "datetime64[s]", "integer": "Int64"}
        assert str(table[name].dtype) == kinds.get(column.type, "str"), name
        assert str(table[f"{name}_status"].dtype) == "str"
    assert str(table["birth_date_year"].dtype) == "Int64"


def test_raw_text_and_the_order_of_rows_are_untouched():
    given = received({"first_name": "كبري"}, {"birth_date": "98/02/07", "relation": "فرزند"}, {"national_id": "x"})
    table = standardise_records(given, LIST, vocabularies=VOCABULARIES, as_of=AS_OF)
    pd.testing.assert_frame_equal(table[given.columns], given)


def test_an_empty_cell_of_any_column_is_missing_and_absent():
    for empty in (None, "", "  ", "-", "ندارد", "N/A", "\u200f"):
        table = standardised(dict.fromkeys(COLUMNS, empty))
        for name in COLUMNS:
            assert table[f"{name}_status"].tolist() == ["missing"], (name, empty)
            assert table[name].isna().all(), (name, empty)


def test_an_empty_list_keeps_its_columns_and_types():
    table = standardise_records(received({}).iloc[:0], LIST, vocabularies=VOCABULARIES, as_of=AS_OF)
    assert len(table) == 0
    assert str(table["birth_date"].dtype) == "datetime64[s]" and str(table["national_id"].dtype) == "str"


def test_a_declared_column_that_the_file_lacks_is_missing():
    given = received({}).drop(columns="mobile_raw")
    table = standardise_records(given, LIST, vocabularies=VOCABULARIES, as_of=AS_OF)
    assert table["mobile_status"].tolist() == ["missing"] and table["mobile"].isna().all()


def test_a_childs_two_digit_year_is_of_this_century():
    records = [{"birth_date": "02/02/07", "relation": relation} for relation in ("فرزند", "نوه", "مادر")]
    assert standardised(*records)["birth_date_year"].tolist() == [1402, 1402, 1302]


def test_a_child_of_the_wide_form_is_a_child_without_a_relation():
    given = received({"birth_date": "02/02/07", "relation": None}, {"birth_date": "02/02/07", "relation": None})
    given["member"] = ["child_1", "spouse"]
    table = standardise_records(given, LIST, vocabularies=VOCABULARIES, as_of=AS_OF)
    assert table["birth_date_year"].tolist() == [1402, 1302]


def test_only_a_planned_end_may_be_ahead():
    table = standardised({"letter_date": "1405/01/01", "service_end": "1405/01/01"})
    assert table["letter_date_status"].tolist() == ["invalid"] and table["letter_date"].isna().all()
    assert table["service_end_status"].tolist() == ["ok"]


def test_a_telephone_typed_as_national_number_is_doubted():
    telephone = next(
        number
        for number in (f"0913{tail:06d}" for tail in range(500))
        if standardised({"national_id": number})["national_id_status"][0] == "valid"
    )
    table = standardised({"national_id": telephone, "mobile": telephone + "7"}, {"national_id": telephone})
    assert table["national_id_status"].tolist() == ["suspect", "valid"]


def test_names_keep_titles_and_doubtful_ones_are_marked():
    table = standardised(
        {"last_name": "ندارد‌زاده"},
        {"last_name": "Null"},
        {"last_name": "رضایی 2"},
        {"last_name": "رض\ufffdیی"},
        {"last_name": "ali\u202eb"},
    )
    assert table["last_name_status"].tolist() == ["ok", "ok", "suspect", "suspect", "suspect"]
    assert table["last_name"].tolist()[:2] == ["ندارد‌زاده", "Null"]


@pytest.mark.parametrize(
    ("raw", "value", "status"),
    [
        ("3", 3, "ok"), ("۳", 3, "ok"), ("3.0", 3, "ok"), ("دهک سوم", None, "invalid"), ("۳ نفر", 3, "ok"), ("0", 0, "ok"),
        ("۱٬۲۳۴", 1234, "ok"), ("3.5", None, "invalid"), ("-2", -2, "ok"), ("3/4", None, "invalid"), ("NULL", None, "missing"),
    ],
)  # fmt: skip
def test_whole_numbers(raw, value, status):
    table = standardised({"decile": raw})
    assert table["decile_status"].tolist() == [status]
    assert (None if table["decile"].isna()[0] else table["decile"][0]) == value


@pytest.mark.parametrize(
    ("raw", "value", "status"),
    [
        ("123.0", "123", "ok"),
        ("۹۵/۳۴۴", "95/344", "ok"),
        (" الف ۱۲ ", "الف12", "ok"),
        ("1.2E+15", "1.2E+15", "suspect"),
        ("0", None, "missing"),
    ],
)
def test_identifiers_of_the_lists(raw, value, status):
    table = standardised({"household_ref": raw})
    assert table["household_ref_status"].tolist() == [status]
    assert (None if table["household_ref"].isna()[0] else table["household_ref"][0]) == value


def test_the_same_table_gives_the_same_bytes():
    records = [{}, {"birth_date": "1984-07-29"}, {"county": "زاهدان"}, {"mobile": "09131234567 / 03432111234"}]
    pd.testing.assert_frame_equal(standardised(*records), standardised(*records))


def test_every_declared_list_can_be_standardised():
    for agency in load_agencies(EXPECTATIONS / "agencies").values():
        for declaration in agency.lists.values():
            given = pd.DataFrame(
                {f"{name}_raw": pd.Series(["ندارد", "۱"], dtype="str") for name in declaration.columns}
            )
            table = standardise_records(given, declaration, vocabularies=VOCABULARIES, as_of=AS_OF)
            assert {f"{name}_status" for name in declaration.columns} <= set(table.columns)
