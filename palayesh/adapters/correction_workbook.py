"""Set-aside records as a workbook to mend them in: reasons beside the rows, everything locked but the cells to mend."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Set
from typing import Any

import pandas as pd
import xlsxwriter

from palayesh.corrections.returned import OWN_HEADINGS, shown_text
from palayesh.language import Language

CREATED = dt.datetime(2000, 1, 1)  # fixed, so that the same input gives the same bytes
MOST_ROWS = 1_000_000
SHEET_NAMES: Mapping[str, str] = {"fa": "کنارگذاشته‌ها", "en": "Set aside"}


def correction_workbook(
    rows: pd.DataFrame,
    *,
    headings: Mapping[str, str],
    open_cells: Set[tuple[str, str]],
    title: str,
    lang: Language = "fa",
) -> bytes:
    """One sheet with one table. ``rows``: ``record_id, version, place, reason, mend`` and the text of every column of ``headings``.

    Every cell is text: a formula that somebody typed is shown and never computed. Cells of ``open_cells``
    (``record_id``, column) are open; the others are locked, without a password.
    """
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"created": CREATED, "title": title})
    text = {"num_format": "@", "font_name": "Vazirmatn", "valign": "top", "quote_prefix": True}
    locked = book.add_format(text)
    wrapped = book.add_format({**text, "text_wrap": True})
    opened = book.add_format({**text, "locked": False, "bg_color": "#FFF5CC", "border": 1})
    heading = book.add_format({**text, "bold": True, "bg_color": "#E9F1F2", "text_wrap": True})
    sheet = book.add_worksheet(SHEET_NAMES[lang])
    if lang == "fa":
        sheet.right_to_left()
    columns = [*OWN_HEADINGS, *headings]
    titles = {**OWN_HEADINGS, **headings}
    for line, row in enumerate(rows[columns].to_dict("records"), start=1):
        record = str(row["record_id"])
        for place, name in enumerate(columns):
            is_open = (record, str(name)) in open_cells
            style = opened if is_open else wrapped if name in ("reason", "mend") else locked
            _write(sheet, line, place, row[name], style)
    last = max(len(rows), 1)
    sheet.add_table(
        0,
        0,
        last,
        len(columns) - 1,
        {
            "name": "palayesh",
            "style": None,
            "columns": [{"header": titles[name], "header_format": heading} for name in columns],
        },
    )
    sheet.freeze_panes(1, len(OWN_HEADINGS))
    sheet.set_column(0, 1, 4, None, {"hidden": True})
    sheet.set_column(2, 2, 14)
    sheet.set_column(3, 4, 50)
    sheet.set_column(len(OWN_HEADINGS), len(columns) - 1, 18)
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": False})
    book.close()
    return content.getvalue()


def _write(sheet: Any, row: int, column: int, value: object, style: Any) -> None:
    text = shown_text(None if value is None else str(value)) if value is None or not pd.isna(value) else ""  # type: ignore[call-overload]
    if text:
        sheet.write_string(row, column, text, style)
    else:
        sheet.write_blank(row, column, None, style)
