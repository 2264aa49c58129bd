"""The files: the same seed gives the same bytes, every kind of mess occurs, and the truth names every row."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from palayesh.adapters import synthetic_files
from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, layout, lists, mess

MONTH = ReportingMonth(1404, 2)
EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"
NUMBER = re.compile(r"(?<!\d)\d{10}(?!\d)")


def _digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _write(folder, seed=4, level=1.0, scale=0.12, profile="reference", months=1):
    return synthetic_files.write_months(
        folder, month=MONTH, seed=seed, profile=profile, mess=level, months=months, scale=scale
    )


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("messy")
    _write(folder)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    _write(folder, level=0)
    return folder


def test_the_same_seed_gives_the_same_bytes(messy, tmp_path):
    _write(tmp_path)
    assert _digests(tmp_path) == _digests(messy)


def test_another_seed_gives_another_province(messy, tmp_path):
    _write(tmp_path, seed=5, profile="random")
    figures = [json.loads((folder / "truth" / "figures.json").read_text()) for folder in (messy, tmp_path)]
    assert figures[0] != figures[1]


def test_mess_does_not_touch_the_truth(messy, plain):
    assert (messy / "truth" / "figures.json").read_bytes() == (plain / "truth" / "figures.json").read_bytes()


def test_without_mess_there_is_one_plain_workbook_for_each_list(plain):
    files = sorted(
        path.relative_to(plain / "inbox").as_posix() for path in (plain / "inbox").rglob("*") if path.is_file()
    )
    assert files == sorted(f"{list_key}_1404-02.xlsx" for list_key in lists.COLUMNS)
    assert len(pd.read_csv(plain / "truth" / "damage.csv")) == 0


def test_every_format_is_met(messy):
    starts = {path.read_bytes()[:4]: path.suffix for path in (messy / "inbox").rglob("*") if path.is_file()}
    assert b"PK\x03\x04" in starts
    assert b"\xd0\xcf\x11\xe0" in starts
    assert any(start.startswith(b"<htm") for start in starts)
    kinds = set(pd.read_csv(messy / "truth" / "damage.csv")["kind"])
    assert {"xls_is_csv", "xls_is_html", "encoding_utf-16", "encoding_windows-1256", "encoding_utf-8-sig"} <= kinds


def test_every_kind_of_mess_occurs(tmp_path):
    _write(tmp_path, level=2.0, scale=0.5)
    found = set(pd.read_csv(tmp_path / "truth" / "damage.csv")["kind"])
    wanted = {
        "lost_zero", "number_cell", "persian_digits", "arabic_digits", "dashes", "point_zero", "invisible_marks", "scientific",
        "one_digit_wrong", "missing_number", "parents_number", "foreign_code", "no_number", "same_row_twice", "two_codes", "no_code",
        "other_head", "arabic_letters", "space_for_zwnj", "zwnj_lost", "run_together", "title", "surname_first", "vowel_marks",
        "typing_same_sound", "typing_other_dots", "typing_swapped", "typing_missing_letter", "two_digit_year", "excel_misread",
        "gregorian_cell", "month_name", "day_first", "eight_digits", "year_only", "zero_month_and_day", "missing_date",
        "phone_without_zero", "two_phones", "decile_in_words", "placeholder", "other_word", "title_rows", "group_headings",
        "row_numbers", "total_row", "repeated_headings", "blank_rows", "second_sheet", "hidden_rows", "merged_down", "wide_form",
        "name_in_one_column", "other_headings",
    }  # fmt: skip
    assert wanted <= found


def test_the_rates_are_those_of_life():
    world = founding.build(MONTH, 8, "reference", 0.3)
    import numpy as np

    tables, damage = mess.damage_lists(lists.in_words(lists.typed_lists(world)), world, np.random.default_rng(1), 1.0)
    referral = tables["prisons/relief_referral"]
    of_list = damage[damage["list_key"] == "prisons/relief_referral"]
    rows = len(referral)
    assert 0.10 < of_list["kind"].eq("missing_number").where(of_list["column"].eq("national_id")).sum() / rows < 0.20
    wrong = of_list[of_list["kind"].eq("one_digit_wrong") & of_list["column"].eq("national_id")]
    assert 0.005 < len(wrong) / rows < 0.025


def test_no_number_is_outside_the_unused_places(messy, plain):
    for folder in (messy, plain):
        for path in (folder / "inbox").rglob("*.csv"):
            raw = path.read_bytes()
            text = raw.decode("utf-16") if raw[:2] == b"\xff\xfe" else raw.decode("utf-8-sig", errors="replace")
            found = {f"{int(number):010d}" for number in NUMBER.findall(text)}
            assert len(found) > 5
            # 999…: a mobile number that lost its zero
            assert all(number.startswith(("990", "099", "009", "999")) for number in found), path.name
    persons = pd.read_csv(messy / "truth" / "persons.csv", dtype=str)
    assert persons["national_id"].str[:3].isin(["990", "099", "009"]).all()


def test_truth_names_every_row_and_only_known_people(messy):
    records = pd.read_csv(messy / "truth" / "records.csv", dtype={"member": str}, keep_default_na=False)
    persons = pd.read_csv(messy / "truth" / "persons.csv")
    households = pd.read_csv(messy / "truth" / "households.csv")
    assert set(records["person_id"]) <= set(persons["person_id"])
    assert set(records["household_id"]) <= set(households["household_id"])
    assert not records.duplicated(["agency", "file", "sheet", "row", "member", "role"]).any()
    assert {"prisoner", "spouse", "child_1"} <= set(records["member"])


def test_truth_knows_each_file_and_whose_cell_is_damaged(messy):
    files = pd.read_csv(messy / "truth" / "files.csv")
    for agency, file, sha256 in files.itertuples(index=False):
        assert hashlib.sha256((messy / "inbox" / agency / file).read_bytes()).hexdigest() == sha256
    damage = pd.read_csv(messy / "truth" / "damage.csv", dtype={"member": str}, keep_default_na=False)
    wide = damage[damage["member"].ne("")]
    assert set(wide["file"]) == set(damage.loc[damage["kind"].eq("wide_form"), "file"])
    of_child = wide[wide["member"].str.startswith("child")]
    assert len(of_child)
    assert set(of_child["column"]) <= {"first_name", "last_name"}
    records = pd.read_csv(messy / "truth" / "records.csv", dtype={"member": str}, keep_default_na=False)
    places = set(zip(records["agency"] + "/" + records["file"], records["row"], records["member"], strict=True))
    assert set(zip(wide["file"], wide["row"], wide["member"], strict=True)) <= places


def test_a_row_of_the_truth_is_the_row_in_the_file(plain):
    records = pd.read_csv(plain / "truth" / "records.csv", keep_default_na=False)
    persons = pd.read_csv(plain / "truth" / "persons.csv", dtype=str).set_index("person_id")
    sheet = pd.read_excel(
        plain / "inbox" / "prisons" / "custody_1404-02.xlsx", dtype=str, header=None, engine="openpyxl"
    )
    of_list = records[(records["list"] == "custody") & (records["role"] == "subject")]
    assert len(of_list) == len(sheet) - 1
    number = sheet[sheet.iloc[0].tolist().index("کد ملی")]
    typed = [number.iloc[row - 1] for row in of_list["row"]]
    assert typed == persons.loc[of_list["person_id"], "national_id"].tolist()


def test_every_heading_is_one_the_agency_declared():
    from palayesh.adapters import declarations
    from palayesh.persian_text import heading_key
    from palayesh.synthetic.headings import HEADINGS

    agencies = declarations.load_agencies(EXPECTATIONS / "agencies")
    for list_key, columns in lists.COLUMNS.items():
        agency, name = list_key.split("/")
        declared = agencies[agency].lists[name].columns
        for column in columns:
            spellings = {heading_key(text) for text in (declared[column].heading, *declared[column].variants)}
            assert {heading_key(text) for text in HEADINGS[column]} <= spellings, f"{list_key} {column}"


def test_large_lists_come_in_parts(monkeypatch):
    import numpy as np

    monkeypatch.setattr(layout, "ROWS_PER_FILE", 500)
    world = founding.build(MONTH, 2, "reference", 0.15)
    tables, damage = mess.damage_lists(lists.in_words(lists.typed_lists(world)), world, np.random.default_rng(1), 0)
    plans = list(layout.lay_out(tables, damage, world, np.random.default_rng(1), 0))
    parts = [plan for plan in plans if plan.list_name == "relief_referral"]
    assert len(parts) > 1
    assert sum(len(plan.sheets[0].rows) - 1 for plan in parts) == len(tables["prisons/relief_referral"])


def test_no_month_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="one month"):
        _write(tmp_path, months=0)
