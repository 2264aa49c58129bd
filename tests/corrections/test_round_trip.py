"""The Excel round trip: what leaves comes back the same, only mended cells are taken, and nothing is taken twice."""

import copy
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palayesh.adapters import spreadsheets
from palayesh.adapters.correction_workbook import correction_workbook
from palayesh.corrections.returned import OWN_HEADINGS, compare_returned
from palayesh.findings import Refusal
from tasks import correction_workbooks, corrections, installation

from .conftest import AT, MONTH, Rows, Spoiled
from .test_mending_a_month import CASELOAD, take

STEWARD = {"by": "agency clerk", "at": AT}
HEADINGS = {"full_name": "نام و نام خانوادگی", "service_start": "تاریخ شروع خدمت"}


def small(rows: Rows, *, of: int = 150) -> Spoiled:
    file = Spoiled(copy.deepcopy(rows[:of]))
    assert file.spoil("وضعیت پرونده", lambda t: "پابرجا" if t == "فعال" else None, every=9) >= 5
    assert file.spoil("تاریخ شروع خدمت", lambda t: "=1+1" if t else None, every=31, start=3) >= 3
    return file


@pytest.fixture
def spoiled(installation_on: Path, caseload_rows: Rows) -> str:
    return take(small(caseload_rows).write(installation_on / "a.csv"), "relief_committee")


def edited(content: bytes, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None], path: Path) -> Path:
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book.active)
    book.save(path)
    return path


def column_of(sheet: openpyxl.worksheet.worksheet.Worksheet, heading: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == heading)


def test_the_workbook_is_made_for_mending(spoiled: str) -> None:
    content = correction_workbooks.export_set_aside(MONTH, CASELOAD)
    assert content == correction_workbooks.export_set_aside(MONTH, CASELOAD)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.sheet_view.rightToLeft and sheet.protection.sheet and list(sheet.tables) == ["palayesh"]
    assert sheet.column_dimensions["A"].hidden
    set_aside = installation.registry().submission(spoiled).set_aside_count
    assert sheet.max_row == set_aside + 1
    reason, status = column_of(sheet, OWN_HEADINGS["reason"]), column_of(sheet, "وضعیت پرونده")
    start, name = column_of(sheet, "تاریخ شروع خدمت"), column_of(sheet, "نام و نام خانوادگی")
    for row in range(2, sheet.max_row + 1):
        assert sheet.cell(row, reason).value
        is_status = sheet.cell(row, status).value == "پابرجا"
        assert sheet.cell(row, status).protection.locked is not is_status
        assert sheet.cell(row, name).protection.locked
    formulas = [sheet.cell(row, start) for row in range(2, sheet.max_row + 1) if sheet.cell(row, start).value == "=1+1"]
    assert formulas and all(cell.data_type == "s" or cell.quotePrefix for cell in formulas)


def test_nothing_changed_is_nothing_taken(spoiled: str, tmp_path: Path) -> None:
    content = correction_workbooks.export_set_aside(MONTH, CASELOAD)
    (tmp_path / "same.xlsx").write_bytes(content)
    saved = edited(content, lambda sheet: None, tmp_path / "saved.xlsx")
    for path in (tmp_path / "same.xlsx", saved):
        taken = correction_workbooks.take_workbook(path, **STEWARD)
        assert (taken.cell_count, taken.refused, taken.decision) == (0, (), None)
    assert corrections.decisions().empty


def test_mended_cells_are_taken_once_and_a_stale_row_is_refused_by_name(spoiled: str, tmp_path: Path) -> None:
    registry = installation.registry()
    before = registry.submission(spoiled).set_aside_count
    content = correction_workbooks.export_set_aside(MONTH, CASELOAD)
    rows_of_status: list[int] = []

    def mend(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        status = column_of(sheet, "وضعیت پرونده")
        rows_of_status.extend(r for r in range(2, sheet.max_row + 1) if sheet.cell(r, status).value == "پابرجا")
        for row in rows_of_status:
            sheet.cell(row, status).value = "فعال"
        sheet.cell(sheet.max_row + 1, 1).value = f"{CASELOAD}/000000000000/1/7"

    path = edited(content, mend, tmp_path / "mended.xlsx")
    # Meanwhile somebody decides on one of the records in the console.
    first = openpyxl.load_workbook(path).active.cell(rows_of_status[0], 1).value
    context = corrections.record_in_context(first)
    corrections.correct_value(first, "status", "مختومه", by="steward", at=AT, reason="phoned", version=context.version)

    taken = correction_workbooks.take_workbook(path, **STEWARD)
    assert taken.cell_count == taken.record_count == len(rows_of_status) - 1
    assert {(row.row, row.code) for row in taken.refused} == {
        (rows_of_status[0], "stale_row"), (before + 2, "unknown_row"),
    }  # fmt: skip
    assert str(rows_of_status[0]) in taken.refused[0].sentence_fa + taken.refused[0].sentence_en
    assert taken.decision and taken.decision.set_aside == before - len(rows_of_status)
    log = corrections.decisions()
    assert (log["decided_by"] == "agency clerk").sum() == taken.cell_count
    assert set(log.loc[log["decided_by"] == "agency clerk", "mend"]) == {"workbook"}

    again = correction_workbooks.take_workbook(path, **STEWARD)
    assert (again.cell_count, again.decision) == (0, None)
    assert len(corrections.decisions()) == len(log)


def test_a_locked_cell_is_refused_and_a_strange_column_stops_the_file(spoiled: str, tmp_path: Path) -> None:
    content = correction_workbooks.export_set_aside(MONTH, CASELOAD)

    def rename(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.cell(2, column_of(sheet, "نام و نام خانوادگی")).value = "کسی دیگر"

    taken = correction_workbooks.take_workbook(edited(content, rename, tmp_path / "a.xlsx"), **STEWARD)
    assert [(row.row, row.code) for row in taken.refused] == [(2, "locked_cell")]

    def add_column(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.cell(1, sheet.max_column + 1).value = "یادداشت من"

    with pytest.raises(Refusal, match="unknown_column"):
        correction_workbooks.take_workbook(edited(content, add_column, tmp_path / "b.xlsx"), **STEWARD)

    def without_ids(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.delete_cols(1)

    with pytest.raises(Refusal, match="not_our_workbook"):
        correction_workbooks.take_workbook(edited(content, without_ids, tmp_path / "c.xlsx"), **STEWARD)
    assert corrections.decisions().empty


@given(
    st.lists(
        st.tuples(st.text(max_size=12), st.text(alphabet="=+-@\t\r\n \u200c،0123۴۵/<&\"'_x000D_", max_size=12)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_typed_comes_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    records = [f"a/b/{'0' * 12}/1/{number}" for number in range(len(cells))]
    rows = pd.DataFrame({
        "record_id": records, "version": "v", "place": "s / 1", "reason": "r", "mend": "m",
        "full_name": [a for a, _ in cells], "service_start": [b for _, b in cells],
    })  # fmt: skip
    open_cells = {(record, column) for record in records for column in HEADINGS}
    path = tmp_path_factory.mktemp("trip") / "w.xlsx"
    path.write_bytes(correction_workbook(rows, headings=HEADINGS, open_cells=open_cells, title="t"))
    (sheet,) = spreadsheets.read_file(path).sheets
    returned = compare_returned(
        sheet.rows, headings=HEADINGS, texts=rows, versions=dict.fromkeys(records, "v"), open_cells=open_cells
    )
    assert returned.changes.empty and returned.refused == () and returned.row_count == len(cells)
