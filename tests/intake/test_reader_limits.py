"""Files that hurt or are broken, one test per row of the reader's failure matrix (A1–A30): read rightly, or refused."""

from __future__ import annotations

import re
import string
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palayesh.adapters.spreadsheets import SENTENCES, read_file
from palayesh.findings import Refusal
from palayesh.workbook import MergedRange, ReadingLimits, Workbook
from tests.intake import files
from tests.intake.files import CUSTODY, CUSTODY_HEADINGS, CUSTODY_ROWS

SHEET = "xl/worksheets/sheet1.xml"
CANARY = "9900000011"


def refused(path: Path, limits: ReadingLimits | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_file(path, limits=limits)
    assert CANARY not in str(caught.value) + caught.value.sentence_fa + caught.value.sentence_en
    return caught.value


def cells(workbook: Workbook) -> list[list[str | None]]:
    return workbook.sheets[0].rows


# --- A1–A5: archives -----------------------------------------------------------------------------------------


def test_a1_a_zip_bomb_is_refused_from_its_list_of_contents(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx")
    files.with_part(path, "xl/media/image1.bin", b"\0" * (210 * 1024 * 1024))
    assert path.stat().st_size < 1024 * 1024
    # With this little memory, opening it would end the child, not give this answer
    assert refused(path, ReadingLimits(memory_bytes=150 * 1024 * 1024)).code == "unpacks_too_large"


def test_a1_a_very_dense_archive_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = files.with_part(files.xlsx(tmp_path / "list.xlsx"), "xl/media/image1.bin", b"\0" * (20 * 1024 * 1024))
    assert refused(path).code == "unpacks_too_large"


def test_a2_an_archive_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = files.with_lying_size(files.xlsx(tmp_path / "list.xlsx"), SHEET, 100)
    assert refused(path).code == "directory_lies"
    path = files.with_lying_size(files.xlsx(tmp_path / "list.xlsx"), SHEET, 100_000)
    assert refused(path).code == "damaged_file"


def test_a3_nested_archives_are_refused(tmp_path: Path) -> None:
    inner = files.xlsx(tmp_path / "inner.xlsx").read_bytes()
    by_name = files.with_part(files.xlsx(tmp_path / "a.xlsx"), "xl/media/inner.zip", inner)
    by_content = files.with_part(files.xlsx(tmp_path / "b.xlsx"), "xl/media/picture.png", inner)
    assert refused(by_name).code == "nested_archive"
    assert refused(by_content).code == "nested_archive"
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("list.xlsx", inner)
    assert refused(tmp_path / "c.zip").code == "nested_archive"


def test_a3_too_many_entries_are_refused(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(1001):
            archive.writestr(f"xl/media/{number}.png", b"")
    assert refused(path).code == "too_many_entries"


@pytest.mark.parametrize("name", ["../../outside.xml", "/etc/outside.xml", "xl\\..\\..\\outside.xml", "C:/outside.xml"])
def test_a3_names_that_point_outside_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    path = files.with_part(files.xlsx(tmp_path / "list.xlsx"), name, b"<a/>")
    before = sorted(tmp_path.rglob("*"))
    assert refused(path).code == "unsafe_entry_name"
    assert sorted(tmp_path.rglob("*")) == before


def test_a3_symbolic_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("xl/link.xml")
    link.external_attr = 0o120777 << 16
    path = files.with_part(files.xlsx(tmp_path / "list.xlsx"), "xl/link.xml", b"/etc/passwd", info=link)
    assert refused(path).code == "unsafe_entry_name"


BILLION = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY outside SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
@pytest.mark.parametrize("definition", [BILLION, OUTSIDE])
def test_a4_a5_entities_in_any_part_are_refused(tmp_path: Path, part: str, definition: str) -> None:
    path = files.fast_xlsx(tmp_path / "list.xlsx", CUSTODY)
    text = re.sub(r"^(<\?xml[^>]*\?>)?", definition, files.part_of(path, part).decode(), count=1)
    files.with_part(path, part, text.encode(), replace=True)
    assert refused(path).code == "document_type_in_xml"


def test_a4_entities_in_html_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    path.write_text(BILLION.replace("<!DOCTYPE x", "<!DOCTYPE html") + files.html_text(), encoding="utf-8")
    assert refused(path).code == "document_type_in_xml"


# --- A6–A9: what cells hide ----------------------------------------------------------------------------------


def test_a6_a_formula_without_a_stored_value_is_never_an_empty_cell(tmp_path: Path) -> None:
    sheet = read_file(files.xlsx(tmp_path / "list.xlsx", [["a", "b"], ["1", "=1+1"]])).sheets[0]
    assert sheet.formulas_without_value == {(2, 2)}
    assert sheet.rows[1] == ["1", None]
    book = xlwt.Workbook()
    old = book.add_sheet("list")
    old.write(0, 0, "a")
    old.write(1, 0, xlwt.Formula("1+1"))
    book.save(str(tmp_path / "list.xls"))
    assert read_file(tmp_path / "list.xls").sheets[0].formulas_without_value == {(2, 1)}


def test_a6_such_a_row_is_a_problem_of_that_row(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[2][4] = "=1+1"
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert not reading.is_held
    assert reading.problems[["row", "column", "code", "severity"]].values.tolist() == [
        [3, "national_id", "formula_without_value", "set_aside_record"]
    ]
    assert len(reading.records) == 3


def test_a7_a_stored_value_of_a_formula_is_taken_and_told(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "list.xlsx"))
    sheet = book.add_worksheet()
    for number, row in enumerate(CUSTODY):
        sheet.write_row(number, 0, row)
    sheet.write_formula(1, 0, "=100+1", None, 101)
    sheet.write_formula(2, 0, '=""', None, "")
    book.close()
    # Excel marks a formula that shows nothing as text; the writer here does not
    path = tmp_path / "list.xlsx"
    marked = files.part_of(path, SHEET).replace(b'<c r="A3">', b'<c r="A3" t="str">')
    files.with_part(path, SHEET, marked, replace=True)
    read = read_file(path).sheets[0]
    assert read.rows[1][0] == "101"
    assert read.formulas == {(2, 1), (3, 1)}
    assert not read.formulas_without_value
    reading = files.read(tmp_path / "list.xlsx")
    assert {finding.code: finding.count for finding in reading.findings}["formula_values_taken"] == 2


def test_a8_merged_cells_in_the_data_set_their_rows_aside(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx", shape=lambda book: book.active.merge_cells("B2:B3"))
    assert read_file(path).sheets[0].merged == (MergedRange(2, 2, 3, 2),)
    problems = files.read(path).problems
    assert problems[["row", "column", "code"]].values.tolist() == [[3, "first_name", "merged_cells"]]
    sideways = files.xlsx(tmp_path / "b.xlsx", shape=lambda book: book.active.merge_cells("B3:C3"))
    assert files.read(sideways).problems["row"].tolist() == [3]


def hide(book: openpyxl.Workbook) -> None:
    for title, state in (("hidden", "hidden"), ("very", "veryHidden")):
        sheet = book.create_sheet(title)
        for row in CUSTODY:
            sheet.append(row)
        sheet.sheet_state = state
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["E"].hidden = True


def test_a9_hidden_sheets_are_reported_and_hidden_rows_are_records(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx", shape=hide)
    assert [sheet.visibility for sheet in read_file(path).sheets] == ["visible", "hidden", "very_hidden"]
    reading = files.read(path)
    assert reading.records["is_hidden"].tolist() == [False, True, False]
    told = [finding.code for finding in reading.findings]
    assert told.count("hidden_sheet_not_read") == 2
    assert {"hidden_rows_read", "hidden_columns_read"} <= set(told)
    assert not reading.is_held


def test_a9_the_old_format_tells_hidden_rows_and_sheets_too(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    for name, visibility in (("list", 0), ("other", 1), ("third", 2)):
        sheet = book.add_sheet(name)
        sheet.visibility = visibility
        for number, row in enumerate(CUSTODY):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
        sheet.row(2).hidden = True
    book.save(str(tmp_path / "list.xls"))
    workbook = read_file(tmp_path / "list.xls")
    assert [sheet.visibility for sheet in workbook.sheets] == ["visible", "hidden", "very_hidden"]
    assert workbook.sheets[0].hidden_rows == {3}


def test_a10_two_sheets_that_look_like_the_list_are_a_question(tmp_path: Path) -> None:
    def twice(book: openpyxl.Workbook) -> None:
        second = book.create_sheet("second")
        for row in CUSTODY:
            second.append(row)

    with pytest.raises(Refusal) as caught:
        files.read(files.xlsx(tmp_path / "list.xlsx", shape=twice))
    assert caught.value.code == "two_sheets"
    assert "1 and 2" in caught.value.sentence_en


def test_a10_a_sheet_beside_the_list_is_told_and_left(tmp_path: Path) -> None:
    def guide(book: openpyxl.Workbook) -> None:
        book.create_sheet("guide", 0).append(["راهنمای پر کردن فهرست"])

    reading = files.read(files.xlsx(tmp_path / "list.xlsx", shape=guide))
    assert reading.records["sheet"].unique().tolist() == ["Sheet"]
    assert "other_sheet_not_read" in [finding.code for finding in reading.findings]


# --- A11–A19: text and numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [files.fast_xlsx, files.xls])
def test_a11_a12_numbers_keep_every_digit_and_gain_none(tmp_path: Path, write: object) -> None:
    path = write(tmp_path / "list.bin", [["a", "b", "c", "d"], [12345678, 1.23e9, 9900000011.0, 0.5]])  # type: ignore[operator]
    assert cells(read_file(path))[1] == ["12345678", "1230000000", "9900000011", "0.5"]


def test_a11_a12_text_that_looks_like_a_number_stays_as_typed(tmp_path: Path) -> None:
    typed = ["0012345678", "1.23E+09", "12345678.0", "۰۰۱۲", "299-123456-7"]
    path = files.xlsx(tmp_path / "list.xlsx", [["a", "b", "c", "d", "e"], typed])
    assert cells(read_file(path))[1] == typed
    assert cells(read_file(files.csv(tmp_path / "list.csv", [["a", "b", "c", "d", "e"], typed])))[1] == typed


UNSEEN = ["\u200c", "\u0640", "\u00a0", " ", "\u200f", "\u202b", "\u064e"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(UNSEEN), min_size=8, max_size=8), st.booleans(),
    st.lists(st.integers(min_value=0, max_value=6), min_size=8, max_size=8),
)  # fmt: skip
def test_a13_headings_match_whatever_the_keyboard_put_into_them(
    marks: list[str], arabic: bool, places: list[int]
) -> None:
    from palayesh.intake.headings import heading_book, match_headings

    book = heading_book("custody", files.agency("prisons").lists["custody"])
    typed: list[str | None] = []
    for heading, mark, place in zip(CUSTODY_HEADINGS, marks, places, strict=True):
        text = heading[:place] + mark + heading[place:]
        typed.append(text.translate(str.maketrans("یک", "يك")) if arabic else text)
    matched = match_headings(typed, [], book)
    assert not matched.unknown
    assert not matched.missing


def test_a13_the_text_itself_is_kept_as_typed(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[1][2] = "رضايي\u200cنژاد\u200f "
    assert files.read(files.xlsx(tmp_path / "l.xlsx", rows)).records["last_name_raw"][0] == "رضايي\u200cنژاد\u200f "


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1256"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a14_every_encoding_and_separator_gives_the_same_rows(tmp_path: Path, encoding: str, separator: str) -> None:
    arabic = [[cell.translate(str.maketrans("ی", "ي")) for cell in row] for row in CUSTODY]
    path = files.csv(tmp_path / "list.xls", arabic, encoding=encoding, separator=separator)
    workbook = read_file(path)
    assert cells(workbook) == arabic
    assert workbook.encoding in {encoding, "utf-16-le"}
    assert [finding.code for finding in workbook.findings] == ["name_and_content_differ"]
    assert len(files.read(path).records) == 3


def test_a14_an_unknown_encoding_is_refused_with_the_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\r\n" + bytes(range(0xA0, 0xC0)) * 4 + b",1\r\n")
    assert refused(path).code == "unknown_encoding"
    assert "byte 5" in refused(path).sentence_en


@pytest.mark.parametrize("wrong", ["latin-1", "windows-1256"])
def test_a14_text_garbled_before_is_refused(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(files.csv_text().encode("utf-8").decode(wrong, errors="replace").encode("utf-8"))
    assert refused(path).code == "garbled_text"


def test_a15_encodings_mixed_in_one_file_are_refused_with_the_line(tmp_path: Path) -> None:
    lines = files.csv_text().replace("ی", "ي").splitlines(keepends=True)
    path = tmp_path / "list.csv"
    path.write_bytes("".join(lines[:2]).encode("utf-8") + "".join(lines[2:]).encode("windows-1256"))
    refusal = refused(path)
    assert refusal.code == "mixed_encodings"
    assert "line 3" in refusal.sentence_en


def test_a16_nul_bytes_are_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(files.csv_text().encode("utf-8").replace(b"103", b"1\x003"))
    refusal = refused(path)
    assert refusal.code == "nul_bytes"
    assert "Line 4" in refusal.sentence_en


def test_a17_a_row_with_extra_fields_is_set_aside_and_never_shifts(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[2] = [*rows[2][:2], "دو", *rows[2][2:]]
    reading = files.read(files.csv(tmp_path / "list.csv", rows))
    assert reading.problems[["row", "code", "severity"]].values.tolist() == [[3, "extra_fields", "set_aside_record"]]
    assert reading.records["prisoner_no_raw"].tolist() == ["101", "102", "103"]
    assert reading.records.loc[reading.records["row"] != 3, "national_id_raw"].tolist() == ["9900000011", "9900000037"]


def test_a17_a_separator_at_the_end_of_every_line_is_no_extra_field(tmp_path: Path) -> None:
    rows = [CUSTODY_HEADINGS, *([*row, ""] for row in CUSTODY_ROWS)]
    assert files.read(files.csv(tmp_path / "list.csv", rows)).problems.empty


def test_a18_a_row_with_a_missing_field_is_set_aside(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    del rows[3][2]
    problems = files.read(files.csv(tmp_path / "list.csv", rows)).problems
    assert problems[["row", "code", "severity"]].values.tolist() == [[4, "missing_fields", "set_aside_record"]]


def test_a18_fields_that_a_spreadsheet_leaves_off_are_only_told(tmp_path: Path) -> None:
    rows = [[*CUSTODY_HEADINGS, "تاریخ پایان محکومیت"], *([CUSTODY_ROWS[0]] * 20)]
    problems = files.read(files.csv(tmp_path / "list.csv", rows)).problems
    assert set(problems["severity"]) == {"warn"}


def test_a18_an_unpaired_quote_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(files.csv_text().replace("محمد", '"محمد', 1), encoding="utf-8")
    assert refused(path).code == "unbalanced_quote"


def test_a18_a_quoted_field_may_hold_separators_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(files.csv_text().replace("محمد,", '"محمد,\nعلی",', 1), encoding="utf-8", newline="")
    assert cells(read_file(path))[2][1] == "محمد,\nعلی"
    assert files.read(path).records["row"].tolist() == [2, 3, 4]


def test_a18_a_stray_line_break_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(files.csv_text().replace("محمد,", "محمد\r,", 1).encode("utf-8"))
    refusal = refused(path)
    assert refusal.code == "stray_line_break"
    assert "Line 3" in refusal.sentence_en


def test_a18_old_line_ends_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(files.csv_text(end="\r").encode("utf-8"))
    assert cells(read_file(path)) == CUSTODY


def test_a19_no_word_is_missing_by_itself(tmp_path: Path) -> None:
    rows = [row[:] for row in CUSTODY]
    rows[1][2], rows[2][2], rows[3][2], rows[1][4], rows[2][4] = "Null", "NA", "ندارد‌زاده", "-", " "
    records = files.read(files.csv(tmp_path / "list.csv", rows)).records
    assert records["last_name_raw"].tolist() == ["Null", "NA", "ندارد‌زاده"]
    assert records["national_id_raw"][0] == "-"
    assert records["national_id_raw"].isna().tolist() == [False, True, False]


# --- A20–A26: shape and size ---------------------------------------------------------------------------------


def test_a20_a_doubled_heading_holds_the_file(tmp_path: Path) -> None:
    rows = [[*row, row[4]] for row in CUSTODY]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    held = [finding for finding in reading.findings if finding.code == "doubled_heading"]
    assert reading.is_held
    assert "E and I" in held[0].sentence_en
    assert len(reading.records) == 3


def test_a20_a_blank_heading_over_values_holds_the_file(tmp_path: Path) -> None:
    rows = [[*CUSTODY_HEADINGS, None], *([*row, "x"] for row in CUSTODY_ROWS)]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert [finding.code for finding in reading.findings] == ["blank_heading"]
    assert reading.is_held


@pytest.mark.parametrize("above", [1, 4, 12])
def test_a20_headings_may_begin_on_any_early_row(tmp_path: Path, above: int) -> None:
    rows = [["فهرست زندانیان استان کرمان"], *([[None]] * (above - 1)), *CUSTODY]
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", rows))
    assert reading.records["row"].tolist() == [above + 2, above + 3, above + 4]
    assert reading.account["title_rows"] == 1


def test_a21_nothing_at_all_is_an_empty_list(tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", b""),
        ("b.csv", b"\r\n \r\n"),
        ("c.csv", b"\xef\xbb\xbf"),
        ("d.csv", b",,,\r\n,,\r\n"),
    ):
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name).code == "empty_list"
    assert refused(files.xlsx(tmp_path / "e.xlsx", [])).code == "empty_list"


def test_a21_headings_alone_are_an_empty_list(tmp_path: Path) -> None:
    reading = files.read(files.xlsx(tmp_path / "list.xlsx", [CUSTODY_HEADINGS]))
    assert [finding.code for finding in reading.findings] == ["empty_list"]
    assert reading.records.empty
    assert reading.list_key == "prisons/custody"


@pytest.mark.parametrize("write", [files.xlsx, files.xls])
def test_a22_a_truncated_file_is_refused_and_the_whole_one_read(tmp_path: Path, write: object) -> None:
    rows = [CUSTODY_HEADINGS, *([str(number), *CUSTODY_ROWS[0][1:]] for number in range(400))]
    path = write(tmp_path / "list.bin", rows)  # type: ignore[operator]
    whole = path.read_bytes()
    for size in range(4096, len(whole) - 512, 4096):
        path.write_bytes(whole[:size])
        assert refused(path).code in {"damaged_file", "reader_stopped"}
    path.write_bytes(whole)
    assert len(cells(read_file(path))) == 401


@pytest.mark.parametrize("name", ["list.xls", "list.xlsx", "list.csv", "list.pdf", "list"])
def test_a23_content_decides_and_the_name_is_only_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for form, content in (
        ("xlsx", files.xlsx(tmp_path / "x").read_bytes()),
        ("xls", files.xls(tmp_path / "y").read_bytes()),
        ("csv", files.csv_text().encode("utf-8-sig")),
        ("html", files.html_text().encode("utf-8")),
    ):
        path.write_bytes(content)
        workbook = read_file(path)
        assert workbook.format == form
        assert cells(workbook) == CUSTODY
        assert bool(workbook.findings) == (path.suffix not in ("", f".{form}"))


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"%PDF-1.7\n", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"Rar!\x1a\x07", "rar"), (b"\xff\xd8\xff\xe0", "jpeg"),
     (b"\x1f\x8b\x08\x00", "gzip"), (b'<?xml version="1.0"?><Workbook/>', "xml")],
)  # fmt: skip
def test_a23_what_is_no_table_is_refused_by_its_signature(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content + b"0" * 100)
    refusal = refused(path)
    assert refusal.code == "other_format"
    assert found in refusal.sentence_en


@pytest.mark.parametrize(
    ("part", "found"), [("word/document.xml", "docx"), ("xl/workbook.bin", "xlsb"), ("a.txt", "zip")]
)
def test_a23_other_archives_are_refused(tmp_path: Path, part: str, found: str) -> None:
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr(part, "<a/>")
    assert found in refused(tmp_path / "list.xlsx").sentence_en


def test_a24_a_password_is_asked_for_in_words(tmp_path: Path) -> None:
    path = files.xls(tmp_path / "list.xls")
    content = path.read_bytes()
    code_page = content.index(b"\x42\x00\x02\x00")
    path.write_bytes(content[:code_page] + b"\x2f\x00" + content[code_page + 2 :])
    assert refused(path).code == "needs_password"
    name, length = "EncryptedPackage".encode("utf-16-le"), b"\x22\x00"
    at = content.index("Workbook".encode("utf-16-le"))
    encrypted = content[:at] + name.ljust(64, b"\0") + length + content[at + 66 :]
    (tmp_path / "list.xlsx").write_bytes(encrypted)
    assert refused(tmp_path / "list.xlsx").code == "needs_password"


@pytest.mark.parametrize(
    ("part", "code"),
    [("xl/vbaProject.bin", "has_macros"), ("xl/macrosheets/sheet1.xml", "has_macros"),
     ("xl/externalLinks/externalLink1.xml", "has_external_links"),
     ("xl/embeddings/oleObject1.bin", "has_embedded_objects"),
     ("xl/activeX/activeX1.xml", "has_embedded_objects")],
)  # fmt: skip
def test_a25_programs_links_and_objects_are_refused(tmp_path: Path, part: str, code: str) -> None:
    assert refused(files.with_part(files.xlsx(tmp_path / "list.xlsx"), part, b"<a/>")).code == code


def test_a25_a_workbook_declared_as_a_program_is_refused(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx")
    types = files.part_of(path, "[Content_Types].xml").replace(b"spreadsheetml.sheet.main", b"macroEnabled.main")
    assert refused(files.with_part(path, "[Content_Types].xml", types, replace=True)).code == "has_macros"


def test_a26_a_cell_at_the_far_corner_is_refused_without_filling_memory(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "a.xlsx", shape=lambda book: book.active.cell(1_048_576, 1, "x"))
    assert refused(path).code == "too_many_rows"
    path = files.xlsx(tmp_path / "b.xlsx", shape=lambda book: book.active.cell(1, 16_384, "x"))
    assert refused(path).code == "too_many_columns"
    path = files.xlsx(tmp_path / "c.xlsx", shape=lambda book: book.active.cell(100_000, 100, "x"))
    assert refused(path).code == "too_many_cells"


def test_a26_style_alone_is_not_size(tmp_path: Path) -> None:
    def styled(book: openpyxl.Workbook) -> None:
        book.active.cell(1_000_000, 5).font = openpyxl.styles.Font(bold=True)

    assert len(cells(read_file(files.xlsx(tmp_path / "list.xlsx", shape=styled)))) == 4


@pytest.mark.parametrize("form", ["csv", "html"])
def test_a26_text_files_have_the_same_bounds(tmp_path: Path, form: str) -> None:
    small = replace(ReadingLimits(), rows=3, columns=8)
    path = tmp_path / "list"
    path.write_text(files.csv_text() if form == "csv" else files.html_text(), encoding="utf-8")
    assert refused(path, small).code == "too_many_rows"
    assert refused(path, replace(small, rows=9, columns=7)).code == "too_many_columns"
    assert refused(path, replace(small, rows=9, cells=10)).code == "too_many_cells"
    assert refused(path, replace(small, rows=9, file_bytes=100)).code == "file_too_large"


def test_a26_the_longest_cell_is_read_and_a_longer_one_refused(tmp_path: Path) -> None:
    longest = "ا" * 32_767
    assert cells(read_file(files.csv(tmp_path / "a.csv", [["a", "b"], ["1", longest]])))[1][1] == longest
    assert cells(read_file(files.xlsx(tmp_path / "a.xlsx", [["a", "b"], ["1", longest]])))[1][1] == longest
    assert refused(files.csv(tmp_path / "b.csv", [["a", "b"], ["1", longest + "ا"]])).code == "cell_too_long"


def test_a26_spans_in_html_cannot_multiply_cells(tmp_path: Path) -> None:
    path = tmp_path / "list.html"
    path.write_text('<table><tr><td colspan="999999">x</td><td rowspan="999999">y</td></tr></table>', encoding="utf-8")
    assert refused(path).code == "too_many_columns"


# --- A27–A30 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH])
def test_a27_dates_are_days_in_both_epochs(tmp_path: Path, epoch: object) -> None:
    import datetime as dt

    def with_epoch(book: openpyxl.Workbook) -> None:
        book.epoch = epoch
        book.active.append([dt.date(2025, 5, 21), dt.datetime(2025, 5, 21, 13, 45, 10), "1404/12/30", "31/02/80"])

    path = files.xlsx(tmp_path / "list.xlsx", [], shape=with_epoch)
    assert cells(read_file(path))[0] == ["2025-05-21", "2025-05-21 13:45:10", "1404/12/30", "31/02/80"]


@pytest.mark.parametrize(
    "name", ["=cmd|' C calc'!A0.xlsx", "\u202efdp.xlsx", "n" * 240 + ".xlsx", "; rm -rf $HOME.xlsx"]
)
def test_a28_a_hostile_file_name_goes_nowhere(tmp_path: Path, name: str) -> None:
    reading = files.read(files.xlsx(tmp_path / name))
    said = " ".join(finding.sentence_fa + finding.sentence_en for finding in reading.findings)
    assert name not in said + " ".join(reading.records["record_id"])
    assert len(reading.records) == 3


def test_a28_a_name_that_climbs_is_only_a_hint(tmp_path: Path) -> None:
    reading = files.read(files.xlsx(tmp_path / "list.xlsx"), file_name="../../etc/passwd")
    assert reading.list_key == "prisons/custody"


WHOLE: dict[str, bytes] = {}


@pytest.mark.parametrize("form", ["xlsx", "xls", "csv", "html"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), min_size=1, max_size=12))
def test_a29_flipped_bytes_give_rows_or_a_typed_refusal(
    tmp_path: Path, form: str, changes: list[tuple[float, int]]
) -> None:
    path = tmp_path / "list"
    if form not in WHOLE:
        writers = {"xlsx": files.xlsx, "xls": files.xls}
        text = files.csv_text() if form == "csv" else files.html_text()
        WHOLE[form] = writers[form](path).read_bytes() if form in writers else text.encode("utf-8")
    content = bytearray(WHOLE[form])
    for place, change in changes:
        content[int(place * len(content))] ^= change
    path.write_bytes(content)
    try:
        files.read(path)
    except Refusal as refusal:
        assert refusal.sentence_fa
        assert refusal.sentence_en


@pytest.mark.parametrize("sign", ["=1+1", "+98", "-5", "@SUM(A1)", "\tx", "＝1+1"])
def test_a30_a_cell_that_begins_like_a_formula_is_text_as_typed(tmp_path: Path, sign: str) -> None:
    assert cells(read_file(files.csv(tmp_path / "list.csv", [["a", "b"], ["x", sign]], separator=";")))[1][1] == sign
    path = tmp_path / "list.xlsx"
    files.fast_xlsx(path, [["a", "b"], ["x", sign]], {"strings_to_formulas": False})
    assert cells(read_file(path))[1][1] == sign


# --- the child process ---------------------------------------------------------------------------------------


def test_a_reader_that_hangs_or_eats_memory_is_a_refusal(tmp_path: Path) -> None:
    rows = [[f"{row} {column}" for column in range(40)] for row in range(8000)]
    path = files.csv(tmp_path / "list.csv", rows)
    assert refused(path, ReadingLimits(timeout_seconds=0.01)).code == "reader_out_of_time"
    assert refused(path, ReadingLimits(memory_bytes=26 * 1024 * 1024)).code in {
        "reader_out_of_memory",
        "reader_stopped",
    }
    assert len(cells(read_file(path))) == 8000


def test_the_reader_leaves_no_file_behind(tmp_path: Path) -> None:
    path = files.xlsx(tmp_path / "list.xlsx")
    before = sorted(tmp_path.rglob("*"))
    read_file(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_not_there_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "list.xlsx")


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_refusal_is_one_line_in_persian_and_in_english(code: str) -> None:
    in_persian, in_english = SENTENCES[code]
    names = {name for _, name, _, _ in string.Formatter().parse(in_persian) if name}
    assert names == {name for _, name, _, _ in string.Formatter().parse(in_english) if name}
    assert names <= {"limit", "line", "offset", "found"}
    for sentence in (in_persian, in_english):
        assert "\n" not in sentence
        assert sentence.rstrip().endswith(".")
    assert len(re.findall("[آ-ی]", in_persian)) > 20
    assert not re.search("[آ-ی]", in_english)
