"""A workbook of set-aside records that comes back: which cells were mended, and which rows cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

from palayesh.findings import Refusal
from palayesh.persian_text import format_number
from palayesh.workbook import column_letters

OWN_HEADINGS: Mapping[str, str] = {
    "record_id": "پالایش: شناسه",
    "version": "پالایش: نسخه",
    "place": "پالایش: جای ردیف",
    "reason": "پالایش: علت",
    "mend": "پالایش: راه اصلاح",
}
"""Headings of the workbook that are ours and not the list's."""
LONGEST_CELL = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class RefusedRow:
    """A row of the workbook that was not taken; the others go on."""

    row: int
    """As the spreadsheet shows it."""
    code: str
    """``unknown_row``, ``stale_row``, ``locked_cell``, ``doubled_row`` or ``formula_without_value``."""
    sentence_fa: str
    sentence_en: str


@dataclass(frozen=True)
class Returned:
    """What a returned workbook asks for."""

    changes: pd.DataFrame
    """``record_id, column, new_raw, version``: only cells whose text differs from what stands now."""
    refused: tuple[RefusedRow, ...]
    row_count: int


def shown_text(raw: str | None) -> str:
    """A cell's text as a workbook can hold it: what it cannot carry is U+FFFD, and lines end in one way."""
    if raw is None or pd.isna(raw):
        return ""
    return _NOT_IN_XML.sub("\ufffd", re.sub(r"\r\n?", "\n", raw))[:LONGEST_CELL]


def compare_returned(
    rows: Sequence[Sequence[str | None]],
    *,
    headings: Mapping[str, str],
    texts: pd.DataFrame,
    versions: Mapping[str, str],
    open_cells: Set[tuple[str, str]],
    formulas_without_value: Set[tuple[int, int]] = frozenset(),
) -> Returned:
    """The changed cells of a returned sheet, and the rows that cannot be taken.

    ``headings``: column → heading, as exported. ``texts``: ``record_id`` and, per column, the text that stands now;
    ``versions`` of the same records; ``open_cells`` those that were open for mending. A text that is what stands already
    is no change, whatever the version: returning a workbook twice changes nothing more. Raises Refusal for a sheet that
    is not one of ours, or has a column that the list does not have.
    """
    places = _places(rows[0] if rows else [], headings)
    now = {str(row["record_id"]): row for row in texts.to_dict("records")}
    changes: list[tuple[str, str, str, str]] = []
    refused: list[RefusedRow] = []
    seen: set[str] = set()
    counted = 0
    for number, row in enumerate(rows[1:], start=2):
        cells = {name: (row[place] if place < len(row) else None) for name, place in places.items()}
        if not any(cell and cell.strip() for cell in cells.values()):
            continue
        counted += 1
        record = (cells["record_id"] or "").strip()
        if record not in now:
            refused.append(_refused(number, "unknown_row"))
            continue
        if record in seen:
            refused.append(_refused(number, "doubled_row"))
            continue
        seen.add(record)
        differing = {
            column: shown_text(cells[column])
            for column in headings
            if column in cells and shown_text(cells[column]) != shown_text(now[record][column])
        }
        if any((number, place + 1) in formulas_without_value for place in places.values()):
            refused.append(_refused(number, "formula_without_value"))
        elif differing and (cells["version"] or "").strip() != versions[record]:
            refused.append(_refused(number, "stale_row"))
        elif any((record, column) not in open_cells for column in differing):
            refused.append(_refused(number, "locked_cell"))
        else:
            changes += [(record, column, text, versions[record]) for column, text in differing.items()]
    frame = pd.DataFrame(changes, columns=["record_id", "column", "new_raw", "version"]).astype("str")
    return Returned(frame, tuple(refused), counted)


def _places(first: Sequence[str | None], headings: Mapping[str, str]) -> dict[str, int]:
    """Column → 0-based place. Raises Refusal."""
    names = {_key(heading): name for name, heading in {**headings, **OWN_HEADINGS}.items()}
    places: dict[str, int] = {}
    for place, heading in enumerate(first):
        if not heading or not heading.strip():
            continue
        name = names.get(_key(heading))
        if name is None or name in places:
            letters = column_letters(place + 1)
            raise Refusal(
                "unknown_column",
                f"ستون {letters} این کارپوشه در فهرست نیست یا دو بار آمده است؛ آن را حذف کنید و دوباره بدهید. چیزی ثبت نشد.",
                f"Column {letters} of the workbook is not one of the list's, or stands twice: delete it and hand it in again. "
                "Nothing was taken.",
            )
        places[name] = place
    if "record_id" not in places or "version" not in places:
        raise Refusal(
            "not_our_workbook",
            "این کارپوشه از «پالایش» گرفته نشده یا دو ستون پنهان نخست آن حذف شده است؛ از نو خروجی بگیرید. چیزی ثبت نشد.",
            "This workbook was not exported here, or its two hidden first columns are gone: export it anew. Nothing was taken.",
        )
    return places


def _key(heading: str) -> str:
    return re.sub(r"\s+", " ", heading).strip()


_SENTENCES: Mapping[str, tuple[str, str]] = {
    "unknown_row": (
        "ردیف {row}: این رکورد در فهرست کنونی نیست؛ شاید دستگاه فهرست را دوباره فرستاده است. از نو خروجی بگیرید.",
        "Row {row}: the record is not in the list as it stands; the agency may have sent it again. Export it anew.",
    ),
    "stale_row": (
        "ردیف {row}: پس از خروجی گرفتن، کسی دربارهٔ این رکورد تصمیم گرفته است؛ از نو خروجی بگیرید و آن را ببینید.",
        "Row {row}: somebody has decided on this record since the export: export it anew and look at it.",
    ),
    "locked_cell": (
        "ردیف {row}: خانه‌ای تغییر کرده است که برای اصلاح باز نبود؛ آن را به حال خود برگردانید.",
        "Row {row}: a cell was changed that was not open for mending: put it back.",
    ),
    "doubled_row": (
        "ردیف {row}: این رکورد در کارپوشه دو بار آمده است؛ یکی را حذف کنید.",
        "Row {row}: the record stands twice in the workbook: delete one.",
    ),
    "formula_without_value": (
        "ردیف {row}: فرمولی هست که مقدارش ذخیره نشده است؛ مقدار را بنویسید.",
        "Row {row}: there is a formula without a stored value: type the value.",
    ),
}  # fmt: skip


def _refused(row: int, code: str) -> RefusedRow:
    persian, english = _SENTENCES[code]
    return RefusedRow(row, code, persian.format(row=format_number(row)), english.format(row=row))
