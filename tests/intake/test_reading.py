"""Which list a file is, where it begins, and what every row of it is; drift of headings (B1–B4) holds the file."""

from __future__ import annotations

import time
from pathlib import Path

import openpyxl
import pytest

from palayesh.adapters.spreadsheets import read_file
from palayesh.findings import Refusal, Severity
from palayesh.intake.full_names import split_child_name, split_full_name
from palayesh.intake.headings import heading_book, shown_heading
from palayesh.intake.reading import PROBLEM_COLUMNS, PROBLEM_SENTENCES, Reading, read_list
from palayesh.persian_text import heading_key
from tests.intake import files
from tests.intake.files import CUSTODY, CUSTODY_HEADINGS, CUSTODY_ROWS

REFERRAL = ["کد خانوار", "نام و نام خانوادگی زندانی", "نام", "نام خانوادگی", "کد ملی", "نسبت"]
TO_BEHZISTI = [*REFERRAL, "زندانی خانوار"]


def family(code: str, *, merged: bool, size: int = 3, prisoner: str = "علی رضایی") -> list[list[object]]:
    rows: list[list[object]] = []
    for number, (name, relation) in enumerate([("علی", "خود زندانی"), ("زهرا", "همسر"), ("رضا", "فرزند")][:size]):
        is_said = number == 0 or not merged
        rows.append([
            code if is_said else None, prisoner if is_said else None, name, "رضایی", f"99000{code}{number}1"[:10],
            relation, "مرد" if is_said else None,
        ])  # fmt: skip
    return rows


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def accounted(reading: Reading) -> bool:
    kinds = sum(count for name, count in reading.account.items() if name.endswith("_rows") and name != "sheet_rows")
    return kinds == reading.account["sheet_rows"]


# --- the received table --------------------------------------------------------------------------------------


def test_records_say_where_they_stood_and_keep_the_text(tmp_path: Path) -> None:
    records = files.read(files.xlsx(tmp_path / "list.xlsx")).records
    assert records["record_id"].tolist() == [f"prisons/custody/0123456789ab/1/{row}" for row in (2, 3, 4)]
    assert list(records.columns[:6]) == ["record_id", "list_key", "sheet", "row", "member", "is_hidden"]
    declared = files.agency("prisons").lists["custody"].columns
    assert list(records.columns[6:]) == [f"{name}_raw" for name in declared]
    assert records["custody_start_raw"].tolist() == ["1403/05/06", "1402/11/20", "1401/01/15"]
    assert records["birth_date_raw"].isna().all()
    assert {str(kind) for kind in records.dtypes} == {"str", "Int64", "boolean"}


def test_the_same_file_gives_the_same_table(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx")
    assert files.read(path).records.equals(files.read(path).records)


def test_every_row_of_the_sheet_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        ["سازمان زندان‌ها"], [], ["ردیف", *CUSTODY_HEADINGS], ["1", *CUSTODY_ROWS[0]], [], ["2", *CUSTODY_ROWS[1]],
        ["ردیف", *CUSTODY_HEADINGS], ["3", *CUSTODY_ROWS[2]], ["4"], ["5"], ["جمع کل", "3"],
    ]  # fmt: skip
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert reading.account == {
        "record_rows": 3, "heading_rows": 1, "title_rows": 1, "blank_rows": 4, "total_rows": 1,
        "repeated_heading_rows": 1, "sheet_rows": 11, "records": 3,
    }  # fmt: skip
    assert reading.records["row"].tolist() == [4, 6, 8]
    assert not reading.is_held


def test_a_person_called_friday_is_no_total(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[1][1] = "جمعه"
    rows[2][2] = "جمع"
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert reading.account["record_rows"] == 3


def test_group_headings_tell_whose_number_it_is(tmp_path: Path) -> None:
    def grouped(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet.append(["فهرست", None, None, None, None, None, None, None])
        sheet.append(["کد خانوار", "مشخصات زندانی", None, "زندانی خانوار", "عضو خانوار", None, None, None])
        sheet.append([None, "نام", "کد ملی", None, "نام", "نام خانوادگی", "کد ملی", "نسبت"])
        for area in ("A2:A3", "B2:C2", "D2:D3", "E2:H2"):
            sheet.merge_cells(area)
        sheet.append(["7", "علی رضایی", "9900000011", "مرد", "زهرا", "احمدی", "9900000029", "همسر"])

    reading = files.read(files.xlsx(tmp_path / "list.xlsx", [], shape=grouped))
    record = reading.records.iloc[0]
    assert reading.list_key == "prisons/behzisti_referral"
    assert not reading.is_held
    assert reading.account["heading_rows"] == 2
    assert record["prisoner_national_id_raw"] == "9900000011"
    assert record["national_id_raw"] == "9900000029"
    assert record["prisoner_name_raw"] == "علی رضایی"
    assert accounted(reading)


def test_group_headings_in_a_text_file(tmp_path: Path) -> None:
    text = (
        "کد خانوار,زندانی,,زندانی خانوار,عضو,,,\n"
        ",نام,کد ملی,,نام,نام خانوادگی,کد ملی,نسبت\n"
        "7,علی رضایی,9900000011,مرد,زهرا,احمدی,9900000029,همسر\n"
    )
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    reading = files.read(tmp_path / "list.csv")
    assert not reading.is_held
    assert reading.records.iloc[0]["prisoner_national_id_raw"] == "9900000011"
    assert reading.records.iloc[0]["household_ref_raw"] == "7"


# --- merged down, wide ---------------------------------------------------------------------------------------


def test_codes_merged_down_by_ranges_reach_every_row(tmp_path: Path) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        for column in "ABG":
            book.active.merge_cells(f"{column}2:{column}4")
            book.active.merge_cells(f"{column}5:{column}7")

    rows = [
        TO_BEHZISTI,
        *family("11", merged=True),
        *family("12", merged=True),
        [None, "x y", "z", "w", None, "همسر", None],
    ]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows, shape=merge))
    assert reading.records["household_ref_raw"].fillna("-").tolist() == ["11"] * 3 + ["12"] * 3 + ["-"]
    assert reading.records["prisoner_name_raw"].tolist()[:3] == ["علی رضایی"] * 3
    assert reading.problems.empty
    assert "merged_down_filled" in codes(reading)


def test_codes_merged_down_in_a_text_file_are_seen_by_their_pattern(tmp_path: Path) -> None:
    rows = [TO_BEHZISTI, *family("11", merged=True), *family("12", merged=True, size=2), *family("13", merged=True)]
    text = [["" if cell is None else cell for cell in row] for row in rows]
    records = files.read(files.csv(tmp_path / "list.csv", text)).records
    assert records["household_ref_raw"].tolist() == ["11"] * 3 + ["12"] * 2 + ["13"] * 3
    assert records["prisoner_name_raw"].notna().all()
    assert records["imprisoned_members_raw"].tolist() == ["مرد"] * 8


def test_a_missing_code_is_not_as_above_where_nothing_is_merged(tmp_path: Path) -> None:
    rows = [TO_BEHZISTI, *family("11", merged=False), *family("12", merged=False), *family("13", merged=False)]
    for number in (2, 5, 6):
        rows[number][0] = None
    records = files.read(files.xlsx(tmp_path / "list.xlsx", rows)).records
    assert records["household_ref_raw"].isna().sum() == 3


def test_another_prisoner_under_a_code_refutes_merging(tmp_path: Path) -> None:
    rows = [TO_BEHZISTI]
    for number in range(4):
        rows += family(str(number), merged=False, size=1)
        rows += [[None, *row[1:]] for row in family(str(number), merged=False, size=2, prisoner=f"دیگری {number}")]
    records = files.read(files.xlsx(tmp_path / "list.xlsx", rows)).records
    assert records["household_ref_raw"].isna().sum() == 8


def test_codes_that_are_merely_missing_never_tie_strangers(tmp_path: Path) -> None:
    headings = ["شماره پرونده", "نام", "نام خانوادگی", "کد خانوار", "نام زندانی", "نوع حمایت", "تاریخ شروع خدمت"]
    body = [
        [str(n), "زهرا", f"شماره {n}", f"خ-{n}" if n % 2 == 0 else None, f"زندانی {n}", "مستمر", "1404/01/02"]
        for n in range(8)
    ]
    records = files.read(files.xlsx(tmp_path / "a.xlsx", [headings, *body]), "behzisti").records
    assert records["household_code_raw"].isna().sum() == 4
    without = [[*row[:4], *row[5:]] for row in [headings, *body]]
    records = files.read(files.xlsx(tmp_path / "b.xlsx", without), "behzisti").records
    assert records["household_code_raw"].isna().sum() == 4


def test_a_wide_row_becomes_one_record_per_member(tmp_path: Path) -> None:
    rows = [
        [
            "کد خانوار",
            "نام زندانی",
            "کد ملی زندانی",
            "زندانی خانوار",
            "نام همسر",
            "کد ملی همسر",
            "فرزند ۱",
            "فرزند2",
            "فرزند 3",
        ],
        ["21", "محمد رضا کریمی نژاد", "9900000011", "مرد", "زهرا احمدی", "9900000029", "علی", None, "سارا محمدی"],
        ["22", "علی کریمی", "9900000037", "مرد", None, None, None, None, None],
        ["23", "مریم تهرانی", "9900000045", "همسر", "رضا موسوی", None, "امیر حسین", None, None],
    ]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    records = reading.records
    assert not reading.is_held
    assert records["member"].tolist() == [
        "prisoner", "spouse", "child_1", "child_3", "prisoner", "prisoner", "spouse", "child_1",
    ]  # fmt: skip
    assert records["record_id"][2] == "prisons/behzisti_referral/0123456789ab/1/2/child_1"
    first = records.set_index(["household_ref_raw", "member"])
    assert first.loc[("21", "prisoner"), ["first_name_raw", "last_name_raw"]].tolist() == ["محمد رضا", "کریمی نژاد"]
    assert first.loc[("21", "child_1"), ["first_name_raw", "last_name_raw"]].tolist() == ["علی", "کریمی نژاد"]
    assert first.loc[("21", "child_3"), ["first_name_raw", "last_name_raw"]].tolist() == ["سارا", "محمدی"]
    assert first.loc[("23", "child_1"), ["first_name_raw", "last_name_raw"]].tolist() == ["امیر حسین", "موسوی"]
    assert first.loc[("21", "spouse"), "national_id_raw"] == "9900000029"
    assert records["relation_raw"].tolist()[:4] == ["خود زندانی", "همسر", "فرزند", "فرزند"]
    assert records["prisoner_name_raw"].notna().all()
    assert reading.account["record_rows"] == 3
    assert reading.account["records"] == 8


@pytest.mark.parametrize(
    ("whole", "parts"),
    [("علی رضایی", ("علی", "رضایی")), ("سید محمد حسینی", ("سید محمد", "حسینی")),
     ("محمد کریمی نژاد", ("محمد", "کریمی نژاد")),
     ("محمد رضا کریمی", ("محمد رضا", "کریمی")), ("زهرا سادات موسوی پور", ("زهرا سادات", "موسوی پور")),
     ("مرحوم حمیدرضا کمالی", ("مرحوم حمیدرضا", "کمالی")), ("حاج سید علی موسوی", ("حاج سید علی", "موسوی")), ("حاجی کرمانی", ("حاجی", "کرمانی")),
     ("علی", ("علی", "")),
     ("محمد علی", ("محمد", "علی"))],
)  # fmt: skip
def test_a_whole_name_is_cut_where_its_words_allow(whole: str, parts: tuple[str, str]) -> None:
    assert split_full_name(whole) == parts


def test_a_childs_cell_is_a_given_name_unless_a_surname_follows() -> None:
    assert split_child_name("امیر حسین", "رضایی") == ("امیر حسین", "رضایی")
    assert split_child_name("علی", "رضایی") == ("علی", "رضایی")
    assert split_child_name("علی احمدی", "رضایی") == ("علی", "احمدی")


def test_one_column_of_whole_names_serves_a_list_that_needs_parts(tmp_path: Path) -> None:
    headings = ["شماره زندانی", "نام و نام خانوادگی", *CUSTODY_HEADINGS[3:]]
    rows = [[row[0], f"{row[1]} {row[2]}", *row[3:]] for row in CUSTODY_ROWS]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", [headings, *rows]))
    assert not reading.is_held
    assert reading.records["full_name_raw"].tolist() == ["علی رضایی", "محمد کریمی", "جواد محمدی"]
    assert reading.records["last_name_raw"].tolist() == ["رضایی", "کریمی", "محمدی"]


def test_two_columns_of_names_serve_a_list_that_needs_the_whole(tmp_path: Path) -> None:
    rows = [["نام", "نام خانوادگی", "کد ملی", "تاریخ شروع خدمت"], ["علی", "رضایی", "9900000011", "1404/01/02"]]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows), "ngo_mehr")
    assert not reading.is_held
    assert reading.records["full_name_raw"].tolist() == ["علی رضایی"]


# --- which list ----------------------------------------------------------------------------------------------


def test_headings_tell_the_two_referral_lists_apart(tmp_path: Path) -> None:
    to_behzisti = files.xlsx(tmp_path / "a.xlsx", [TO_BEHZISTI, *family("11", merged=False)])
    to_committee = files.xlsx(tmp_path / "b.xlsx", [REFERRAL, *(row[:-1] for row in family("11", merged=False))])
    assert files.read(to_behzisti).list_key == "prisons/behzisti_referral"
    assert files.read(to_committee).list_key == "prisons/relief_referral"


def test_a_name_that_contradicts_the_headings_is_a_question(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "b.xlsx", [REFERRAL, *(row[:-1] for row in family("11", merged=False))])
    with pytest.raises(Refusal) as caught:
        files.read(path, file_name="معرفی به بهزيستي 1404-02.xlsx")
    assert caught.value.code == "name_contradicts_headings"


def test_a_name_decides_between_lists_that_fit_alike_and_none_is_a_question(tmp_path: Path) -> None:
    agency = files.agency("prisons")
    lists = {name: agency.lists[name] for name in ("custody",)}
    other = lists["custody"].model_copy(update={"file_name_hints": ["ورودی"]})
    two = agency.model_copy(update={"lists": {**lists, "entries": other}})
    workbook = read_file(files.xlsx(tmp_path / "list.xlsx"))
    assert read_list(workbook, two, file_name="ورودي‌ها.xlsx", sha256="0" * 64).list_key == "prisons/entries"
    with pytest.raises(Refusal) as caught:
        read_list(workbook, two, file_name="list.xlsx", sha256="0" * 64)
    assert caught.value.code == "which_list"
    assert caught.value.sentence_en.endswith("?")


def test_another_agencys_file_is_refused_with_the_lists_expected(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        files.read(files.xlsx(tmp_path / "list.xlsx"), "association")
    assert caught.value.code == "no_list_found"
    assert "Association" in caught.value.sentence_en


def test_a_workbook_with_hidden_sheets_only_is_refused(tmp_path: Path) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("empty")

    with pytest.raises(Refusal) as caught:
        files.read(files.xlsx(tmp_path / "list.xlsx", shape=hide))
    assert caught.value.code == "no_visible_sheet"


# --- B: drift ------------------------------------------------------------------------------------------------


def renamed(old: str, new: str) -> list[list[str]]:
    return [[new if heading == old else heading for heading in CUSTODY_HEADINGS], *CUSTODY_ROWS]


def test_b1_a_known_spelling_is_accepted_and_noted(tmp_path: Path) -> None:
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", renamed("کد ملی", "شماره ملي *")))
    assert not reading.is_held
    assert reading.headings["national_id"] == "شماره ملی *"
    assert reading.records["national_id_raw"][0] == "9900000011"


@pytest.mark.parametrize(
    ("old", "new", "proposed"),
    [("کد ملی", "کد ملی فرد", "national_id"), ("نام پدر", "نام پدر زندانی محترم", "father_name"),
     ("تاریخ شروع بازداشت", "تاریخ شروع بازداشت موقت", "custody_start")],
)  # fmt: skip
def test_b1_an_unknown_heading_holds_the_file_and_names_the_likeliest(
    tmp_path: Path, old: str, new: str, proposed: str
) -> None:
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", renamed(old, new)))
    held = {finding.code: finding for finding in reading.findings}
    assert reading.is_held
    assert new in held["unknown_heading"].sentence_fa
    assert proposed in held["unknown_heading"].sentence_en
    assert held["unknown_heading"].row == 1
    assert len(reading.records) == 3


def test_b2_a_dropped_column_holds_the_file_and_is_named(tmp_path: Path) -> None:
    rows = [row[:5] + row[6:] for row in CUSTODY]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    held = [finding for finding in reading.findings if finding.severity == Severity.REJECT_SUBMISSION]
    assert [finding.code for finding in held] == ["missing_heading"]
    assert "زندان محل نگهداری" in held[0].sentence_fa


def test_b3_a_new_column_holds_the_file_and_is_never_stored(tmp_path: Path) -> None:
    rows = [[*row, extra] for row, extra in zip(CUSTODY, ["گروه خونی", "O+", "A-", "B+"], strict=True)]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert codes(reading) == ["unknown_heading"]
    assert "O+" not in reading.records.to_string()


def test_b3_a_known_column_that_we_do_not_read_is_never_stored(tmp_path: Path) -> None:
    rows = [[*row, extra] for row, extra in zip(CUSTODY, ["نوع جرم", "راز", "راز", "راز"], strict=True)]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert not reading.is_held
    assert "راز" not in reading.records.to_string()


def test_b4_the_order_of_columns_has_no_effect(tmp_path: Path) -> None:
    there = files.read(files.xlsx(tmp_path / "a.xlsx")).records
    back = files.read(files.xlsx(tmp_path / "b.xlsx", [row[::-1] for row in CUSTODY])).records
    assert there.equals(back)


def test_a_broken_row_does_not_stop_the_others(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[1][1] = "عل\ufffd"
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert reading.problems["code"].tolist() == ["replacement_character"]
    assert len(reading.records) == 3


def test_an_error_shown_by_a_spreadsheet_is_a_problem_of_its_row(tmp_path: Path) -> None:
    def broken(book: openpyxl.Workbook) -> None:
        book.active["E3"].value = "#REF!"
        book.active["E3"].data_type = "e"

    problems = files.read(files.xlsx(tmp_path / "list.xlsx", shape=broken)).problems
    assert problems[["row", "code"]].values.tolist() == [[3, "error_value"]]


def test_nothing_said_of_a_file_repeats_what_it_says_of_people(tmp_path: Path) -> None:
    rows = [[*row, extra] for row, extra in zip(CUSTODY, ["ستون 9900000011", "x", "=1+1", "z"], strict=True)]
    rows[2][4] = "=2"
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    said = " ".join(finding.sentence_fa + finding.sentence_en for finding in reading.findings)
    said += reading.problems.drop(columns="sheet").to_string()
    for value in {cell for row in CUSTODY_ROWS for cell in row if len(cell) > 3} - {"کرمان", "زندان کرمان"}:
        assert value not in said
    assert shown_heading("ستون 9900000011\nدوم") == "ستون … دوم"


def test_problems_speak_both_languages_on_one_line() -> None:
    assert PROBLEM_COLUMNS[-2:] == ["sentence_fa", "sentence_en"]
    for in_persian, in_english in PROBLEM_SENTENCES.values():
        assert "\n" not in in_persian + in_english
        assert ("{column}" in in_persian) == ("{column}" in in_english)


# --- declarations --------------------------------------------------------------------------------------------


LISTS = [
    (folder, name)
    for folder in sorted(path.parent.name for path in files.AGENCIES.glob("*/source.yml"))
    for name in files.agency(folder).lists
]


@pytest.mark.parametrize(("folder", "name"), LISTS)
def test_every_declared_spelling_means_its_column(folder: str, name: str) -> None:
    declaration = files.agency(folder).lists[name]
    book = heading_book(name, declaration)
    for canonical, column in declaration.columns.items():
        for spelling in (column.heading, *column.variants):
            assert book.column(heading_key(spelling)) == canonical
    assert declaration.unused_headings
    assert not {heading_key(text) for text in declaration.unused_headings} & book.column_of.keys()


@pytest.mark.parametrize(("folder", "name"), LISTS)
def test_a_file_with_every_usual_heading_is_that_list(tmp_path: Path, folder: str, name: str) -> None:
    declaration = files.agency(folder).lists[name]
    columns = {
        canonical: column
        for canonical, column in declaration.columns.items()
        if canonical not in declaration.stands_for
    }
    rows = [[column.heading for column in columns.values()], [f"x{place}" for place in range(len(columns))]]
    reading = files.read(files.xlsx(tmp_path / "file.xlsx", rows), folder)
    assert reading.list_key == f"{folder}/{name}"
    assert not reading.is_held
    assert reading.records.iloc[0][[f"{canonical}_raw" for canonical in columns]].tolist() == rows[1]


@pytest.mark.parametrize(("folder", "name"), LISTS)
def test_a_file_with_the_needed_headings_only_is_that_list(tmp_path: Path, folder: str, name: str) -> None:
    needed = [column.heading for column in files.agency(folder).lists[name].columns.values() if column.required]
    needed += ["توضیحات", "ردیف"] if len(needed) < 3 else []
    extra = ["نام پدر"] if len(needed) < 5 and name == "caseload" else []
    rows = [[*needed, *extra], [f"x{place}" for place in range(len(needed) + len(extra))]]
    reading = files.read(files.xlsx(tmp_path / "file.xlsx", rows), folder)
    assert reading.list_key == f"{folder}/{name}"
    assert not reading.is_held


def test_twenty_five_thousand_rows_take_seconds(tmp_path: Path) -> None:
    rows = [CUSTODY_HEADINGS, *([str(number), *CUSTODY_ROWS[number % 3][1:]] for number in range(25_000))]
    path = files.fast_xlsx(tmp_path / "list.xlsx", rows)
    start = time.process_time()
    assert len(files.read(path).records) == 25_000
    # Generous: the point is that no step is slower than the rows are many
    assert time.process_time() - start < 20
