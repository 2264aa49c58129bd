"""The report's tables as an .xlsx: one table per sheet, the same bytes every time, no cell that computes."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xlsxwriter

from palayesh.adapters.templates import TEMPLATES, load_strings
from palayesh.reports.contents import CoverageReport
from palayesh.reports.workbook import Sheet, report_sheets


def render_workbook(report: CoverageReport, *, as_of: dt.date, templates: Path = TEMPLATES) -> bytes:
    """The workbook's bytes; texts stay texts even where they begin like a formula or an address."""
    sheets = report_sheets(report, load_strings("coverage", report.lang, templates=templates))
    return render_sheets(sheets, title=report.month_title, from_right=report.direction == "rtl", as_of=as_of)


def render_sheets(sheets: Iterable[Sheet], *, title: str, from_right: bool, as_of: dt.date) -> bytes:
    """The sheets as a workbook: the same bytes every time."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": title, "created": dt.datetime.combine(as_of, dt.time())})
    styles = {
        "title": book.add_format({"bold": True, "font_size": 13}),
        "heading": book.add_format({"bold": True, "bottom": 2, "bg_color": "#e9f1f2", "text_wrap": True}),
        "number": book.add_format({"num_format": "#,##0.###"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    names: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_tab_name(sheet.name, names))
        if from_right:
            page.right_to_left()
        _write(page, sheet, styles)
    book.close()
    return out.getvalue()


def _write(page: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    page.write_string(0, 0, sheet.title, styles["title"])
    for column, heading in enumerate(sheet.headings):
        page.write_string(2, column, heading, styles["heading"])
        texts = [row[column] for row in sheet.rows if isinstance(row[column], str)]
        page.set_column(column, column, min(60, max(12, *(len(str(text)) + 2 for text in [heading, *texts]))))
    for number, row in enumerate(sheet.rows, start=3):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(number, column, value, styles["text"])
            else:
                page.write_number(number, column, value, styles["number"])
    for number, note in enumerate(sheet.notes, start=len(sheet.rows) + 4):
        page.write_string(number, 0, note)
    page.freeze_panes(3, 1)


def _tab_name(title: str, taken: set[str]) -> str:
    """A name a spreadsheet allows: at most 31 letters, none of ``[]:*?/\\``, and not used before."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip()[:28].strip()
    name = plain if plain not in taken else f"{plain} {len(taken)}"
    taken.add(name)
    return name
