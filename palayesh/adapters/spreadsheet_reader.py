"""Reads one file in a process of its own, with little memory, little time and nothing to write to.

``palayesh.adapters.spreadsheets`` starts it. The file comes on standard input (its name never does), the cells leave on
standard output as lines of JSON: a head, then for each sheet its facts and its rows, then an end. What may not be
read leaves as ``{"refusal": code, "facts": {...}}``; the facts are numbers and fixed words, never a cell.

Nothing heavy is imported here: what is imported counts against the memory limit.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import json
import re
import resource
import stat
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

PIECE = 1 << 16
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_SIGNATURES = {
    b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"Rar!": "rar", b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip", b"{\\rtf": "rtf", b"II*\x00": "tiff", b"MM\x00*": "tiff", b"\x7fELF": "program",
    b"MZ\x90": "program", b"SQLite format 3": "sqlite", b"\x00\x01\x00\x00Standard": "access",
}  # fmt: skip
SMALL_UNPACKED = 10 * 1024 * 1024

Row = list[str | None]


class NotRead(Exception):
    """The file is refused: a code that ``spreadsheets`` knows how to say, and its numbers."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


# --- text of a cell ------------------------------------------------------------------------------------------


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


# --- xlsx ----------------------------------------------------------------------------------------------------


def column_number(reference: str) -> int:
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number


def row_number(reference: str) -> int:
    digits = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$")
    return int(digits) if digits.isdecimal() else 0


class PartFacts:
    """An XML part read as a stream: no document type, and for a sheet what the cell reader does not tell."""

    def __init__(self, limits: dict[str, Any], *, is_sheet: bool) -> None:
        self.limits = limits
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse_document_type
        self.parser.EntityDeclHandler = self._refuse_document_type
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[int] = []
        self.merged: list[list[int]] = []
        self.formulas: list[list[int]] = []
        self.formulas_without_value: list[list[int]] = []
        self.error_values: list[list[int]] = []
        self.last_row = self.last_column = self.cells = 0
        self.row = self.column = 0
        self.cell_type = ""
        self.has_formula = self.has_value = self.in_value = False
        if is_sheet:
            self.parser.buffer_text = True
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end
            self.parser.CharacterDataHandler = self._characters

    def feed(self, piece: bytes, *, is_last: bool) -> None:
        try:
            self.parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise NotRead("damaged_file") from error

    def _refuse_document_type(self, *_: object) -> NoReturn:
        raise NotRead("document_type_in_xml")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "v":
            self.in_value = True
        elif name == "c":
            reference = attributes.get("r", "")
            self.column = column_number(reference) or self.column + 1
            self.cell_type = attributes.get("t", "")
            self.has_formula = self.has_value = False
        elif name == "f":
            self.has_formula = True
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() else self.row + 1
            self.column = 0
            if attributes.get("hidden") in ("1", "true"):
                self.hidden_rows.append(self.row)
        elif name == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            last = last or first
            self.merged.append([row_number(first), column_number(first), row_number(last), column_number(last)])
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                self.hidden_columns += range(int(first), min(int(last), self.limits["columns"]) + 1)

    def _characters(self, _: str) -> None:
        if self.in_value:
            self.has_value = True

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "v":
            self.in_value = False
            # Excel stores a formula that shows nothing as an empty string value; that is a value
            self.has_value = self.has_value or self.cell_type == "str"
            self._count_cell()
        elif name in ("is", "t"):
            self._count_cell()
        elif name == "c":
            if self.has_formula:
                (self.formulas if self.has_value else self.formulas_without_value).append([self.row, self.column])
            if self.cell_type == "e":
                self.error_values.append([self.row, self.column])

    def _count_cell(self) -> None:
        """Only cells with something in them count: a styled empty cell costs nothing later."""
        self.cells += 1
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        check_extent(self.last_row, self.last_column, self.limits)


def check_extent(rows: int, columns: int, limits: dict[str, Any]) -> None:
    """A sheet of this size may be read. The *area* is what the cell reader must hold, so it is what is bounded."""
    if rows > limits["rows"]:
        raise NotRead("too_many_rows", limit=limits["rows"])
    if columns > limits["columns"]:
        raise NotRead("too_many_columns", limit=limits["columns"])
    if rows * columns > limits["cells"]:
        raise NotRead("too_many_cells", limit=limits["cells"])


def check_directory(archive: zipfile.ZipFile, packed_bytes: int, limits: dict[str, Any]) -> None:
    """The archive's own list of contents promises something we are ready to unpack; nothing was unpacked yet."""
    entries = archive.infolist()
    if len(entries) > limits["zip_entries"]:
        raise NotRead("too_many_entries", limit=limits["zip_entries"])
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise NotRead("damaged_file")
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise NotRead("unsafe_entry_name")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise NotRead("unsafe_entry_name")
        if entry.flag_bits & 0x1:
            raise NotRead("needs_password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotRead("damaged_file")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits["unpacked_bytes"]:
        raise NotRead("unpacks_too_large", limit=limits["unpacked_bytes"] // (1024 * 1024))
    if unpacked > SMALL_UNPACKED and unpacked > limits["unpacked_ratio"] * packed_bytes:
        raise NotRead("unpacks_too_large", limit=limits["unpacked_bytes"] // (1024 * 1024))


def unpacked_pieces(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The entry's bytes in pieces; stops the moment it gives more than the archive's list of contents promised."""
    head = content[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise NotRead("damaged_file")
    name_bytes, extra_bytes = struct.unpack("<HH", head[26:30])
    method = struct.unpack("<H", head[8:10])[0]
    if method != entry.compress_type:
        raise NotRead("damaged_file")
    start = entry.header_offset + 30 + name_bytes + extra_bytes
    packed = memoryview(content)[start : start + entry.compress_size]
    if len(packed) != entry.compress_size:
        raise NotRead("damaged_file")
    given = check = 0
    for piece in _inflated(packed) if method == zipfile.ZIP_DEFLATED else _stored(packed):
        given += len(piece)
        if given > entry.file_size:
            raise NotRead("directory_lies")
        check = zlib.crc32(piece, check)
        yield piece
    if given != entry.file_size or check != entry.CRC:
        raise NotRead("damaged_file")


def _stored(packed: memoryview) -> Iterator[bytes]:
    for start in range(0, len(packed), PIECE):
        yield bytes(packed[start : start + PIECE])


def _inflated(packed: memoryview) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    try:
        for start in range(0, len(packed), PIECE):
            waiting = bytes(packed[start : start + PIECE])
            while waiting:
                if piece := inflater.decompress(waiting, PIECE):
                    yield piece
                waiting = inflater.unconsumed_tail
        while piece := inflater.decompress(b"", PIECE):
            yield piece
    except zlib.error as error:
        raise NotRead("damaged_file") from error
    if not inflater.eof or inflater.unused_data:
        raise NotRead("damaged_file")


def small_part(archive: zipfile.ZipFile, content: bytes, name: str) -> bytes:
    return b"".join(unpacked_pieces(content, archive.getinfo(name)))


def workbook_sheets(archive: zipfile.ZipFile, content: bytes) -> list[tuple[str, str]]:
    """(visibility, part name) of each sheet, in the workbook's order."""
    from defusedxml import ElementTree

    try:
        book = ElementTree.fromstring(small_part(archive, content, "xl/workbook.xml"))
        links = ElementTree.fromstring(small_part(archive, content, "xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError) as error:
        raise NotRead("damaged_file") from error
    except ValueError as error:  # defusedxml's refusals
        raise NotRead("document_type_in_xml") from error
    target = {link.get("Id"): link.get("Target", "") for link in links}
    found = []
    for element in book.iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        link = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), "")
        part = target.get(link, "")
        part = part.removeprefix("/") if part.startswith("/") else f"xl/{part}"
        visibility = {"hidden": "hidden", "veryHidden": "very_hidden"}.get(element.get("state", ""), "visible")
        found.append((visibility, part))
    return found


def check_active_content(archive: zipfile.ZipFile) -> None:
    """The workbook holds cells, not programs, foreign objects or doors to other files (``trust.md`` A25)."""
    names = [name.lower() for name in archive.namelist()]
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in names):
        raise NotRead("has_macros")
    if any("/externallinks/" in name for name in names):
        raise NotRead("has_external_links")
    if any("/embeddings/" in name or "/activex/" in name for name in names):
        raise NotRead("has_embedded_objects")
    if any(name.endswith((".zip", ".xlsx", ".xlsm", ".docx", ".rar", ".7z")) for name in names):
        raise NotRead("nested_archive")


def check_is_workbook(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise NotRead("other_format", found="xlsb")
    if "word/document.xml" in names:
        raise NotRead("other_format", found="docx")
    if "ppt/presentation.xml" in names:
        raise NotRead("other_format", found="pptx")
    if "content.xml" in names and "mimetype" in names:
        raise NotRead("other_format", found="ods")
    if any(name.lower().endswith((".zip", ".xlsx", ".xls", ".csv")) for name in names):
        raise NotRead("nested_archive")
    raise NotRead("other_format", found="zip")


def read_xlsx(content: bytes, limits: dict[str, Any]) -> Iterator[Any]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise NotRead("damaged_file") from error
    check_directory(archive, len(content), limits)
    check_active_content(archive)
    check_is_workbook(archive)
    sheets = workbook_sheets(archive, content)
    facts: dict[str, PartFacts] = {}
    sheet_parts = {part for _, part in sheets}
    for entry in archive.infolist():
        is_xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
        part = PartFacts(limits, is_sheet=entry.filename in sheet_parts) if is_xml else None
        first = True
        for piece in unpacked_pieces(content, entry):
            if first and piece.startswith((b"PK\x03\x04", OLE_SIGNATURE)):
                raise NotRead("nested_archive")
            first = False
            if entry.filename == "[Content_Types].xml" and b"macroEnabled" in piece:
                raise NotRead("has_macros")
            if part and not entry.filename.endswith(".vml"):
                part.feed(piece, is_last=False)
        if part and not entry.filename.endswith(".vml"):
            part.feed(b"", is_last=True)
            facts[entry.filename] = part
    yield {"format": "xlsx", "encoding": ""}
    extra = []
    for visibility, name in sheets:
        part = facts.get(name)
        extra.append({
            "visibility": visibility,
            "hidden_rows": part.hidden_rows, "hidden_columns": part.hidden_columns, "merged": part.merged,
            "formulas": part.formulas, "formulas_without_value": part.formulas_without_value,
            "error_values": part.error_values,
        } if part else {"visibility": visibility})  # fmt: skip
    yield from calamine_sheets(content, extra, limits)


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


# --- xls -----------------------------------------------------------------------------------------------------

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


# --- text ----------------------------------------------------------------------------------------------------

PERSIAN_HIGH_BYTES = frozenset((0x00, 0x06, 0x20, 0xFB, 0xFE))


def utf16_order(content: bytes) -> str | None:
    """Which UTF-16 a file without a mark is in, if it is: its high bytes are nearly all of Persian or of ASCII."""
    sample = content[:4096]
    if len(sample) < 8:
        return None
    even = sum(byte in PERSIAN_HIGH_BYTES for byte in sample[::2]) / len(sample[::2])
    odd = sum(byte in PERSIAN_HIGH_BYTES for byte in sample[1::2]) / max(len(sample[1::2]), 1)
    if odd > 0.9 and even < 0.6 and 0 in sample:
        return "utf-16-le"
    if even > 0.9 and odd < 0.6 and 0 in sample:
        return "utf-16-be"
    return None


def decoded(content: bytes) -> tuple[str, str]:
    """The file's text and its encoding; told by the bytes alone (``domain.md`` 4.3, ``trust.md`` A14–A16)."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):  # fmt: skip
        if content.startswith(mark):
            if name == "utf-32":
                raise NotRead("unknown_encoding", offset=0)
            return decoded_utf16(content[len(mark) :], name)
    if order := utf16_order(content):
        return decoded_utf16(content, order)
    if b"\x00" in content:
        raise NotRead("nul_bytes", line=content[: content.index(b"\x00")].count(b"\n") + 1)
    body = content.removeprefix(codecs.BOM_UTF8)
    encoding = "utf-8-sig" if len(body) != len(content) else "utf-8"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return decoded_1256(body, error.start, must_be_utf8=encoding == "utf-8-sig")
    if looks_garbled(text):
        raise NotRead("garbled_text")
    return text, encoding


def decoded_utf16(body: bytes, encoding: str) -> tuple[str, str]:
    if len(body) % 2:
        raise NotRead("damaged_file")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotRead("unknown_encoding", offset=error.start) from error
    if "\x00" in text:
        raise NotRead("nul_bytes", line=text[: text.index("\x00")].count("\n") + 1)
    return text, encoding


def decoded_1256(body: bytes, first_bad: int, *, must_be_utf8: bool) -> tuple[str, str]:
    """windows-1256, unless some lines are plainly UTF-8: half and half is refused with the line where it turns."""
    in_utf8, not_utf8 = [], []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            in_utf8.append(number)
        except UnicodeDecodeError:
            not_utf8.append(number)
    if in_utf8 and (len(in_utf8) >= 2 or must_be_utf8):
        turn = min(not_utf8) if min(in_utf8) < min(not_utf8) else min(in_utf8)
        raise NotRead("mixed_encodings", line=turn)
    if must_be_utf8:
        raise NotRead("mixed_encodings", line=min(not_utf8))
    text = body.decode("windows-1256", errors="replace")
    foreign = [letter for letter in text[:200_000] if letter > "\x7f"]
    persian = sum("\u0600" <= letter <= "\u06ff" or letter in "\u200c\u200d\u00a0«»" for letter in foreign)
    if persian < 0.8 * len(foreign) or looks_garbled(text):
        raise NotRead("unknown_encoding", offset=first_bad)
    return text, "windows-1256"


def looks_garbled(text: str) -> bool:
    """Persian in UTF-8 that was once read as Latin-1 («Ø§Ù…») or as windows-1256 («ط§ظ…»), and saved so."""
    foreign = [letter for letter in text[:200_000] if letter > "\x7f"]
    if len(foreign) < 20:
        return False
    counted = Counter(foreign)
    latin = sum(counted[letter] for letter in "ØÙÚÛ")
    windows = sum(counted[letter] for letter in "طظعغ")
    return latin > 0.3 * len(foreign) or windows > 0.4 * len(foreign)


def lines_to_parse(text: str) -> io.StringIO:
    """Lines end at ``\\n``; where a file has none, at ``\\r`` (old Macintosh). A stray ``\\r`` stays and is refused."""
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    return io.StringIO(text, newline="\n")


def delimiter_of(text: str) -> str:
    """The separator that cuts the first lines into most fields, most evenly."""
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:
        return declared[1]
    sample = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:200])
    best, best_score = ",", 0.0
    for candidate in (",", ";", "\t", "|"):
        counts = Counter[int]()
        try:
            for row in csv.reader(io.StringIO(sample), delimiter=candidate):
                if len(row) > 1:
                    counts[len(row)] += 1
        except csv.Error:
            continue
        score = max((fields * rows for fields, rows in counts.items()), default=0)
        if score > best_score:
            best, best_score = candidate, score
    return best


def read_csv(text: str, encoding: str, limits: dict[str, Any]) -> Iterator[Any]:
    yield {"format": "csv", "encoding": encoding}
    yield {"sheet": "", "index": 1, "is_ragged": True}
    csv.field_size_limit(limits["cell_characters"])
    reader = csv.reader(lines_to_parse(text), delimiter=delimiter_of(text), strict=True)
    count = widest = 0
    try:
        for row in reader:
            count += 1
            widest = max(widest, len(row))
            check_extent(count, len(row), limits)
            yield [field or None for field in row]
    except csv.Error as error:
        said = str(error)
        if "field larger" in said:
            raise NotRead("cell_too_long", limit=limits["cell_characters"]) from error
        if "new-line" in said:
            raise NotRead("stray_line_break", line=reader.line_num) from error
        raise NotRead("unbalanced_quote", line=reader.line_num) from error


# --- HTML ----------------------------------------------------------------------------------------------------

HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|meta|table|style|div|center)\b",
    re.I | re.S,
)


def html_text(content: bytes) -> tuple[str, str] | None:
    """The text of an HTML file, or None if it is not one. A declared charset is believed only if the bytes agree."""
    probe = content[:4096].replace(b"\x00", b"").decode("latin-1").lstrip("ÿþï»¿")
    if not HTML_START.match(probe):
        return None
    return decoded(content)


def cell_text(cell: Any) -> str | None:
    if not len(cell):
        return re.sub(r"[ \t\r\n]+", " ", cell.text or "").strip(" ") or None
    pieces: list[str] = []

    def walk(element: Any) -> None:
        if not isinstance(element.tag, str) or element.tag in ("script", "style"):
            return
        pieces.append(re.sub(r"[ \t\r\n]+", " ", element.text or ""))
        for child in element:
            if child.tag == "br":
                pieces.append("\n")
            elif child.tag == "table":
                raise NotRead("nested_table")
            walk(child)
            pieces.append(re.sub(r"[ \t\r\n]+", " ", child.tail or ""))

    walk(cell)
    return "".join(pieces).strip(" \n") or None


def span(cell: Any, name: str) -> int:
    digits = re.match(r"\d{1,6}", (cell.get(name) or "1").strip())
    return max(int(digits[0]), 1) if digits else 1


def table_rows(table: Any, limits: dict[str, Any]) -> tuple[list[Row], list[int], list[list[int]]]:
    """Rows of one table with spans opened out: rows, hidden rows, merged ranges."""
    rows: list[Row] = []
    hidden: list[int] = []
    merged: list[list[int]] = []
    covered: dict[int, int] = {}  # column (0-based) -> rows still covered by a cell above
    for line in table.iter("tr"):
        row: Row = []
        number = len(rows) + 1
        for cell in line:
            if cell.tag not in ("td", "th"):
                continue
            while covered.get(len(row), 0):
                row.append(None)
            wide, high = span(cell, "colspan"), span(cell, "rowspan")
            column = len(row)
            check_extent(number, column + wide, limits)
            value = cell_text(cell)
            row.append(text_of(value, limits["cell_characters"]) if value else None)
            row += [None] * (wide - 1)
            if wide > 1 or high > 1:
                merged.append([number, column + 1, number + high - 1, column + wide])
            if high > 1:
                covered.update(dict.fromkeys(range(column, column + wide), high))
        covered = {place: left - 1 for place, left in covered.items() if left > 1}
        rows.append(row)
        if "display:none" in (line.get("style") or "").replace(" ", "").lower() or line.get("hidden") is not None:
            hidden.append(number)
    return rows, hidden, merged


def read_html(text: str, encoding: str, limits: dict[str, Any]) -> Iterator[Any]:
    from lxml import html

    if re.search(r"<!ENTITY", text, re.I):
        raise NotRead("document_type_in_xml")
    if len(re.findall(r"<table\b", text, re.I)) != len(re.findall(r"</table\s*>", text, re.I)):
        raise NotRead("damaged_file")
    try:
        page = html.fromstring(
            re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("utf-8"),
            parser=html.HTMLParser(no_network=True, encoding="utf-8", huge_tree=False),
        )
    except (ValueError, html.etree.LxmlError) as error:
        raise NotRead("damaged_file") from error
    tables = [table for table in page.iter("table") if not table.xpath("ancestor::table")]
    if not tables:
        raise NotRead("no_table")
    if len(tables) > limits["sheets"]:
        raise NotRead("too_many_sheets", limit=limits["sheets"])
    yield {"format": "html", "encoding": encoding}
    for number, table in enumerate(tables, start=1):
        rows, hidden, merged = table_rows(table, limits)
        yield {"sheet": f"table {number}", "index": number, "hidden_rows": hidden, "merged": merged}
        yield from rows


# --- one file ------------------------------------------------------------------------------------------------


def read(content: bytes, limits: dict[str, Any]) -> Iterator[Any]:
    """Everything in the file, format told by its first bytes. Raises NotRead."""
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise NotRead("nul_bytes" if b"\x00" in content.strip() and len(content) > 2 else "empty_list", line=1)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from read_xlsx(content, limits)
        return
    if content.startswith(OLE_SIGNATURE):
        yield from read_xls(content, limits)
        return
    for signature, name in OTHER_SIGNATURES.items():
        if content.startswith(signature):
            raise NotRead("other_format", found=name)
    page = html_text(content)
    if page:
        yield from read_html(*page, limits)
        return
    if content[:200].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") or b"MIME-Version" in content[:200]:
        raise NotRead("other_format", found="xml")
    text, encoding = decoded(content)
    if sum(letter < " " and letter not in "\t\r\n\x0b\x0c\x1f" for letter in text[:10_000]) > 10:
        raise NotRead("other_format", found="binary")
    yield from read_csv(text, encoding, limits)


def refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a reader opens nothing to write, talks to nobody and starts nothing."""
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system", "ctypes.")):
        raise PermissionError(event)
    if event == "open" and len(arguments) > 1 and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise PermissionError(event)


def written(things: Iterable[Any], out: BinaryIO) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    lines: list[str] = []
    for thing in things:
        lines.append(encode(thing))
        if len(lines) >= 2000:
            out.write(("\n".join(lines) + "\n").encode("utf-8"))
            lines.clear()
    lines.append('{"end": true}')
    out.write(("\n".join(lines) + "\n").encode("utf-8"))


def main() -> None:
    """Standard input to standard output, inside the limits given as JSON in the first argument."""
    limits: dict[str, Any] = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(refuse_the_outside)
    out = sys.stdout.buffer
    try:
        content = sys.stdin.buffer.read(limits["file_bytes"] + 1)
        if len(content) > limits["file_bytes"]:
            raise NotRead("file_too_large", limit=limits["file_bytes"] // (1024 * 1024))
        written(read(content, limits), out)
    except NotRead as refusal:
        out.write(("\n" + json.dumps({"refusal": refusal.code, "facts": refusal.facts}) + "\n").encode())
    except (MemoryError, RecursionError):
        out.write(b'\n{"refusal": "reader_out_of_memory", "facts": {}}\n')
    out.flush()
