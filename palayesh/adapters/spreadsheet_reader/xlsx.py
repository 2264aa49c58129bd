"""Workbooks of today: a ZIP archive that is looked through before anything of it is unpacked."""

from __future__ import annotations

import functools
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NoReturn
from xml.parsers import expat

from palayesh.adapters.spreadsheet_reader.cells import OLE_SIGNATURE, NotRead, calamine_sheets, check_extent

PIECE = 1 << 16
SMALL_UNPACKED = 10 * 1024 * 1024


def column_number(reference: str) -> int:
    return number_of_letters(reference.rstrip("0123456789"))


@functools.lru_cache(maxsize=1024)  # as many letters as a sheet has columns, asked for in every cell
def number_of_letters(letters: str) -> int:
    number = 0
    for letter in letters:
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
        self.last_row = self.last_column = 0
        self.row = self.column = 0
        self.cell_type = ""
        self.has_value = self.in_value = False
        if is_sheet:
            self.parser.buffer_text = True
            self.parser.StartElementHandler = self._start

    def feed(self, piece: bytes, *, is_last: bool) -> None:
        try:
            self.parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise NotRead("damaged_file") from error

    def _refuse_document_type(self, *_: object) -> NoReturn:
        raise NotRead("document_type_in_xml")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self.column = column_number(attributes.get("r", "")) or self.column + 1
            self.cell_type = attributes.get("t", "")
            if self.cell_type == "e":
                self.error_values.append([self.row, self.column])
        elif name in ("v", "is", "t"):
            self.in_value = name == "v"
            self._count_cell()
        elif name == "f":
            self._watch_formula()
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

    def _watch_formula(self) -> None:
        """What follows in the cell is looked at; of a cell without a formula its beginning says enough."""
        self.has_value = self.in_value = False
        self.parser.CharacterDataHandler = self._characters
        self.parser.EndElementHandler = self._end

    def _characters(self, _: str) -> None:
        if self.in_value:
            self.has_value = True

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "v":
            self.in_value = False
            # Excel stores a formula that shows nothing as an empty string value; that is a value
            self.has_value = self.has_value or self.cell_type == "str"
        elif name == "c":
            (self.formulas if self.has_value else self.formulas_without_value).append([self.row, self.column])
            self.parser.CharacterDataHandler = self.parser.EndElementHandler = None

    def _count_cell(self) -> None:
        """Only cells with something in them count: a styled empty cell costs nothing later."""
        if self.row > self.last_row or self.column > self.last_column:
            self.last_row = max(self.last_row, self.row)
            self.last_column = max(self.last_column, self.column)
            check_extent(self.last_row, self.last_column, self.limits)


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
