"""Files as agencies send them, written for one test each. People are synthetic (national numbers begin with 990)."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import xlsxwriter
import xlwt

from palayesh.adapters.declarations import load_agency
from palayesh.adapters.spreadsheets import read_file
from palayesh.declaration import Agency
from palayesh.intake.reading import Reading, read_list

AGENCIES = Path(__file__).resolve().parents[2] / "expectations" / "agencies"
CUSTODY_HEADINGS = [
    "شماره زندانی", "نام", "نام خانوادگی", "نام پدر", "کد ملی", "زندان محل نگهداری", "استان محل حبس",
    "تاریخ شروع بازداشت",
]  # fmt: skip
CUSTODY_ROWS = [
    ["101", "علی", "رضایی", "حسن", "9900000011", "زندان کرمان", "کرمان", "1403/05/06"],
    ["102", "محمد", "کریمی", "رضا", "9900000029", "زندان بم", "کرمان", "1402/11/20"],
    ["103", "جواد", "محمدی", "اکبر", "9900000037", "زندان یزد", "یزد", "1401/01/15"],
]
CUSTODY = [CUSTODY_HEADINGS, *CUSTODY_ROWS]

Rows = Sequence[Sequence[object]]


def agency(name: str) -> Agency:
    return load_agency(AGENCIES / name)


def read(path: Path, agency_name: str = "prisons", file_name: str | None = None) -> Reading:
    """The file through both stages: cells, then records."""
    return read_list(
        read_file(path), agency(agency_name), file_name=file_name or path.name, sha256="0123456789abcdef" * 4
    )


def xlsx(path: Path, rows: Rows = CUSTODY, *, shape: Callable[[openpyxl.Workbook], None] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    if shape:
        shape(book)
    book.save(path)
    return path


def fast_xlsx(path: Path, rows: Rows, options: dict[str, object] | None = None) -> Path:
    book = xlsxwriter.Workbook(str(path), options or {})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.close()
    return path


def xls(path: Path, rows: Rows = CUSTODY) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("list")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(str(path))
    return path


def csv_text(rows: Rows = CUSTODY, *, separator: str = ",", end: str = "\r\n") -> str:
    return "".join(separator.join(str(cell) for cell in row) + end for row in rows)


def csv(path: Path, rows: Rows = CUSTODY, *, encoding: str = "utf-8", separator: str = ",") -> Path:
    path.write_bytes(csv_text(rows, separator=separator).encode(encoding))
    return path


def html_text(rows: Rows = CUSTODY) -> str:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<html><head><meta charset="utf-8"></head><body><table border=1>{lines}</table></body></html>'


def with_part(
    path: Path, name: str, content: bytes, *, replace: bool = False, info: zipfile.ZipInfo | None = None
) -> Path:
    """The archive with one part more, or with one replaced."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in source.infolist():
            if not (replace and entry.filename == name):
                out.writestr(entry, source.read(entry))
        out.writestr(info or name, content)
    return path


def part_of(path: Path, name: str) -> bytes:
    return zipfile.ZipFile(path).read(name)


def with_lying_size(path: Path, name: str, size: int) -> Path:
    """The archive's list of contents (and the entry's own head) gives another unpacked size than the truth."""
    content = bytearray(path.read_bytes())
    entry = zipfile.ZipFile(path).getinfo(name)
    struct.pack_into("<I", content, entry.header_offset + 22, size)
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        length = struct.unpack_from("<H", content, place + 28)[0]
        if bytes(content[place + 46 : place + 46 + length]) == name.encode():
            struct.pack_into("<I", content, place + 24, size)
        place = content.find(b"PK\x01\x02", place + 4)
    path.write_bytes(content)
    return path
