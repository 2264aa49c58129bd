"""What every format has in common: the text of a cell, the bounds of a sheet, and the refusal of a file."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Row = list[str | None]


class NotRead(Exception):
    """The file is refused: a code that ``spreadsheets`` knows how to say, and its numbers."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def text_of(value: object, cell_characters: int) -> str | None:
    """The cell's text: numbers without rounding or ``.0``, dates as ``YYYY-MM-DD[ HH:MM:SS]``, nothing as None."""
    if isinstance(value, str):
        if len(value) > cell_characters:
            raise NotRead("cell_too_long", limit=cell_characters)
        return value or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return text_of_number(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.isoformat(timespec="seconds")
    return None if value is None else str(value)


def text_of_number(value: float) -> str:
    """Digits only: ``12345678.0`` is ``12345678`` and ``1.23E+09`` is ``1230000000``; a fraction keeps its digits."""
    if value.is_integer():
        return str(int(value))
    shortest = repr(value)
    return shortest if "e" not in shortest else f"{value:.20f}".rstrip("0")


def check_extent(rows: int, columns: int, limits: dict[str, Any]) -> None:
    """A sheet of this size may be read. The *area* is what the cell reader must hold, so it is what is bounded."""
    if rows > limits["rows"]:
        raise NotRead("too_many_rows", limit=limits["rows"])
    if columns > limits["columns"]:
        raise NotRead("too_many_columns", limit=limits["columns"])
    if rows * columns > limits["cells"]:
        raise NotRead("too_many_cells", limit=limits["cells"])


def calamine_sheets(content: bytes, extra: list[dict[str, Any]], limits: dict[str, Any]) -> Iterator[Any]:
    """Each worksheet's facts, then its rows; ``extra`` says per sheet, in order, what calamine does not."""
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        described = workbook.sheets_metadata
    except calamine.PasswordError as error:
        raise NotRead("needs_password") from error
    except calamine.CalamineError as error:
        raise NotRead("damaged_file") from error
    if len(described) > limits["sheets"]:
        raise NotRead("too_many_sheets", limit=limits["sheets"])
    if len(extra) != len(described):
        raise NotRead("damaged_file")
    for number, (about, more) in enumerate(zip(described, extra, strict=True), start=1):
        if about.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_index(number - 1)
            check_extent(sheet.total_height, sheet.total_width, limits)
            yield {"sheet": about.name, "index": number, **more}
            for row in sheet.iter_rows():
                yield [text_of(value, limits["cell_characters"]) for value in row]
        except calamine.CalamineError as error:
            raise NotRead("damaged_file") from error
