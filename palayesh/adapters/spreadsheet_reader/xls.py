"""Workbooks of Excel 97 to 2003: an OLE file with a stream of BIFF records."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

from palayesh.adapters.spreadsheet_reader.cells import NotRead, calamine_sheets

BIFF_BOUNDSHEET, BIFF_FILEPASS, BIFF_SUPBOOK, BIFF_EOF, BIFF_BOF = 0x0085, 0x002F, 0x01AE, 0x000A, 0x0809
BIFF_ROW, BIFF_FORMULA, BIFF_BOOLERR, BIFF_COLINFO, BIFF_MERGED = 0x0208, 0x0006, 0x0205, 0x007D, 0x00E5


def biff_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Records from ``start`` to the end of that substream; a stream that stops earlier is damaged."""
    depth = 0
    while True:
        if start + 4 > len(stream):
            raise NotRead("damaged_file")
        kind, size = struct.unpack_from("<HH", stream, start)
        body = stream[start + 4 : start + 4 + size]
        if len(body) != size:
            raise NotRead("damaged_file")
        start += 4 + size
        if kind == BIFF_BOF:
            depth += 1
        yield kind, body
        if kind == BIFF_EOF:
            depth -= 1
            if depth <= 0:
                return


def xls_sheet_facts(stream: bytes, offset: int, visibility: str) -> dict[str, Any]:
    hidden_rows: list[int] = []
    hidden_columns: list[int] = []
    merged: list[list[int]] = []
    formulas: list[list[int]] = []
    error_values: list[list[int]] = []
    for kind, body in biff_records(stream, offset):
        if kind == BIFF_ROW and len(body) >= 16:
            if struct.unpack_from("<H", body, 12)[0] & 0x20:
                hidden_rows.append(struct.unpack_from("<H", body)[0] + 1)
        elif kind == BIFF_FORMULA and len(body) >= 14:
            row, column = struct.unpack_from("<HH", body)
            formulas.append([row + 1, column + 1])
            if body[6] == 2 and body[12:14] == b"\xff\xff":
                error_values.append([row + 1, column + 1])
        elif kind == BIFF_BOOLERR and len(body) >= 8:
            if body[7]:
                row, column = struct.unpack_from("<HH", body)
                error_values.append([row + 1, column + 1])
        elif kind == BIFF_COLINFO and len(body) >= 10:
            first, last, _, _, options = struct.unpack_from("<5H", body)
            if options & 1:
                hidden_columns += range(first + 1, min(last, 255) + 2)
        elif kind == BIFF_MERGED and len(body) >= 2:
            for position in range(2, len(body) - 7, 8):
                top, bottom, left, right = struct.unpack_from("<4H", body, position)
                merged.append([top + 1, left + 1, bottom + 1, right + 1])
    return {
        "visibility": visibility, "hidden_rows": hidden_rows, "hidden_columns": hidden_columns, "merged": merged,
        "formulas": formulas, "formulas_without_value": [], "error_values": error_values,
    }  # fmt: skip


def read_xls(content: bytes, limits: dict[str, Any]) -> Iterator[Any]:
    import olefile

    try:
        ole = olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT)
        names = {"/".join(parts).lower() for parts in ole.listdir(streams=True, storages=True)}
        if "encryptedpackage" in names:
            raise NotRead("needs_password")
        if any(name.split("/")[0] in ("_vba_project_cur", "macros", "vba") for name in names):
            raise NotRead("has_macros")
        if any(name.startswith("mbd") or name == "objectpool" for name in names):
            raise NotRead("has_embedded_objects")
        book = next((name for name in ("workbook", "book") if name in names), None)
        if book is None:
            raise NotRead("other_format", found="doc" if "worddocument" in names else "ole")
        stream = ole.openstream(book).read()
    except (OSError, ValueError, IndexError, struct.error, TypeError, AttributeError) as error:
        raise NotRead("damaged_file") from error
    offsets = []
    for kind, body in biff_records(stream, 0):
        if kind == BIFF_FILEPASS:
            raise NotRead("needs_password")
        if kind == BIFF_BOUNDSHEET and len(body) >= 6:
            offset, state, sheet_kind = struct.unpack_from("<IBB", body)
            if sheet_kind in (1, 6):
                raise NotRead("has_macros")
            offsets.append((offset, {1: "hidden", 2: "very_hidden"}.get(state & 3, "visible")))
        if kind == BIFF_SUPBOOK and len(body) >= 4 and body[2:4] not in (b"\x01\x04", b"\x01\x3a"):
            raise NotRead("has_external_links")
    extra = [xls_sheet_facts(stream, offset, visibility) for offset, visibility in offsets]
    yield {"format": "xls", "encoding": ""}
    yield from calamine_sheets(content, extra, limits)
