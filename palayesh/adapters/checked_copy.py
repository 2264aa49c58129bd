"""An Excel copy of what a sender sent, with the reasons written beside the rows. Only strings, never a formula."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import xlsxwriter

from palayesh.adapters.files import write_whole
from palayesh.findings import Severity
from palayesh.language import Language
from palayesh.validation.check import SheetLayout, problem_table

CREATED = dt.datetime(2000, 1, 1)  # fixed, so that the same input gives the same bytes
LONGEST_CELL = 32_767
REASON_HEADINGS: Mapping[Language, tuple[str, str]] = {
    "fa": ("پالایش: اشکال", "پالایش: راه اصلاح"),
    "en": ("Palayesh: problem", "Palayesh: how to mend"),
}
_LIST_HEADINGS: Mapping[Language, tuple[str, ...]] = {
    "fa": ("برگه", "ردیف", "ستون", "پیامد", "اشکال", "راه اصلاح"),
    "en": ("Sheet", "Row", "Column", "Consequence", "Problem", "How to mend"),
}
_LIST_NAMES: Mapping[Language, str] = {"fa": "اشکال‌ها", "en": "Problems"}
_TINTS = {
    Severity.REJECT_SUBMISSION.value: "#F4C7C3",
    Severity.SET_ASIDE_RECORD.value: "#FBDDB8",
    Severity.WARN.value: "#FFF5CC",
}
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_FORBIDDEN_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_RANK = {severity.value: place for place, severity in enumerate(Severity)}


class SourceSheet(Protocol):
    """What is needed of a sheet that was read: its name, and rows of cells as text."""

    @property
    def name(self) -> str: ...

    @property
    def rows(self) -> Sequence[Sequence[str | None]]: ...


def _sheet_names(names: Sequence[str], taken: str) -> list[str]:
    """Names that Excel takes: at most 31 characters, none forbidden, no two alike."""
    used = {taken.casefold()}
    given = []
    for place, name in enumerate(names, start=1):
        plain = _FORBIDDEN_IN_NAMES.sub(" ", name).strip(" '")[:31] or f"{place}"
        unique, extra = plain, 2
        while unique.casefold() in used or unique.casefold() == "history":
            ending = f" ({extra})"
            unique, extra = plain[: 31 - len(ending)] + ending, extra + 1
        used.add(unique.casefold())
        given.append(unique)
    return given


def _safe_text(value: object) -> str:
    """The text as a cell can hold it: what Excel or XML cannot carry is shown as U+FFFD or cut."""
    return _FORBIDDEN_IN_XML.sub("�", str(value))[:LONGEST_CELL]


def _write(sheet: Any, row: int, column: int, value: object, style: Any = None) -> None:
    sheet.write_string(row, column, _safe_text(value), style)


def _reasons_by_row(failures: pd.DataFrame, lang: Language) -> dict[str, dict[int, tuple[str, str, str]]]:
    """Per sheet and row: gravest severity, all problems, all mends."""
    placed = failures[failures["row"].notna() & failures["sheet"].notna()]
    placed = placed.assign(rank=placed["severity"].map(_RANK)).sort_values("rank", kind="stable")
    found: dict[str, dict[int, tuple[str, str, str]]] = {}
    for (sheet, row), group in placed.groupby(["sheet", "row"], sort=True):
        problems = " ".join(dict.fromkeys(group[f"sentence_{lang}"].fillna("")))
        mends = " ".join(dict.fromkeys(group[f"mend_{lang}"].fillna("")))
        found.setdefault(str(sheet), {})[int(str(row))] = (str(group["severity"].iloc[0]), problems, mends)
    return found


def _cells_by_severity(failures: pd.DataFrame, layout: SheetLayout, sheet: str) -> dict[tuple[int, int], str]:
    """Which cells (1-based row and column) carry a problem, and the gravest severity of each."""
    placed = failures[failures["sheet"].eq(sheet) & failures["row"].notna() & failures["column"].notna()]
    cells: dict[tuple[int, int], str] = {}
    for row, column, severity in zip(placed["row"], placed["column"], placed["severity"], strict=True):
        place = layout.columns.get(str(column))
        if place is None:
            continue
        key = (int(row), place)
        if key not in cells or _RANK[str(severity)] < _RANK[cells[key]]:
            cells[key] = str(severity)
    return cells


def checked_copy(
    source_sheets: Sequence[SourceSheet],
    failures: pd.DataFrame,
    *,
    layouts: Mapping[str, SheetLayout] | None = None,
    lang: Language = "fa",
) -> bytes:
    """The sheets as they came, each flagged row tinted, with what is wrong and how to mend it after its last column.

    The first sheet lists all problems, those of the whole file included. Failures are those of an ``Outcome``.
    """
    layouts = layouts or {}
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"created": CREATED, "title": _LIST_NAMES[lang]})
    text = {"num_format": "@", "font_name": "Vazirmatn", "valign": "top"}
    plain = book.add_format(text)
    bold = book.add_format({**text, "bold": True, "bg_color": "#E9F1F2", "text_wrap": True})
    wrapped = book.add_format({**text, "text_wrap": True})
    tinted = {severity: book.add_format({**text, "bg_color": tint}) for severity, tint in _TINTS.items()}
    marked = {
        severity: book.add_format({**text, "bg_color": tint, "bold": True, "border": 1})
        for severity, tint in _TINTS.items()
    }
    noted = {
        severity: book.add_format({**text, "bg_color": tint, "text_wrap": True}) for severity, tint in _TINTS.items()
    }

    overview = book.add_worksheet(_LIST_NAMES[lang])
    problems = problem_table(failures, layouts=layouts, lang=lang)
    for place, heading in enumerate(_LIST_HEADINGS[lang]):
        _write(overview, 0, place, heading, bold)
    lines = problems.astype("str").fillna("").to_dict("split")["data"]
    for line, shown in enumerate(lines, start=1):
        for place, value in enumerate(shown):
            _write(overview, line, place, value, wrapped)
    overview.autofilter(0, 0, max(len(problems), 1), len(_LIST_HEADINGS[lang]) - 1)
    overview.freeze_panes(1, 0)
    overview.set_column(0, 2, 16)
    overview.set_column(3, 3, 20)
    overview.set_column(4, 5, 60)
    if lang == "fa":
        overview.right_to_left()

    reasons = _reasons_by_row(failures, lang)
    for source, name in zip(
        source_sheets, _sheet_names([sheet.name for sheet in source_sheets], _LIST_NAMES[lang]), strict=True
    ):
        sheet = book.add_worksheet(name)
        if lang == "fa":
            sheet.right_to_left()
        of_rows = reasons.get(source.name, {})
        layout = layouts.get(source.name, SheetLayout())
        cells = _cells_by_severity(failures, layout, source.name)
        width = max((len(row) for row in source.rows), default=0)
        for number, row in enumerate(source.rows, start=1):
            severity, problem, mend = of_rows.get(number, ("", "", ""))
            for place, value in enumerate(row, start=1):
                style = marked[cells[number, place]] if (number, place) in cells else tinted.get(severity, plain)
                if value is not None and value != "":
                    _write(sheet, number - 1, place - 1, value, style)
                elif severity:
                    sheet.write_blank(number - 1, place - 1, None, style)
            if severity:
                _write(sheet, number - 1, width, problem, noted[severity])
                _write(sheet, number - 1, width + 1, mend, noted[severity])
        sheet.set_column(0, max(width - 1, 0), 16)
        if layout.heading_row is None and not of_rows:  # a sheet of notes, not of records
            continue
        heading_row = (layout.heading_row or 1) - 1
        for place, heading in enumerate(REASON_HEADINGS[lang]):
            _write(sheet, heading_row, width + place, heading, bold)
        sheet.autofilter(heading_row, 0, max(len(source.rows) - 1, heading_row + 1), width + 1)
        sheet.freeze_panes(heading_row + 1, 0)
        sheet.set_column(width, width + 1, 60)
    book.close()
    return content.getvalue()


def write_checked_copy(
    source_sheets: Sequence[SourceSheet],
    failures: pd.DataFrame,
    path: Path,
    *,
    layouts: Mapping[str, SheetLayout] | None = None,
    lang: Language = "fa",
) -> None:
    """``path`` holds the checked copy, whole, readable by its owner only."""
    write_whole(path, checked_copy(source_sheets, failures, layouts=layouts, lang=lang))
