"""Files from agencies become workbooks of strings, or a refusal in one clear line; nothing in between.

The content decides what a file is, never its name. Reading happens in a child process with bounds on memory, time
and writing (``spreadsheet_reader``), so that a file made to hurt, or merely broken, costs one refusal.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from palayesh.findings import Finding, Refusal, Severity
from palayesh.persian_text import format_number
from palayesh.workbook import MergedRange, ReadingLimits, Sheet, Workbook

SENTENCES: dict[str, tuple[str, str]] = {
    "empty_list": (
        "فایل خالی است. اگر این ماه کسی در فهرست نیست، نهاد باید آن را تأیید کند؛ وگرنه فایل کامل را دوباره بفرستید.",
        "The file is empty. If nobody is on the list this month the agency must confirm it; otherwise send the full file again.",
    ),
    "file_too_large": (
        "فایل از {limit} مگابایت بزرگ‌تر است. فهرست را در چند فایل کوچک‌تر بفرستید.",
        "The file is larger than {limit} MB. Send the list in several smaller files.",
    ),
    "unpacks_too_large": (
        "فایل پس از باز شدن از اندازهٔ مجاز ({limit} مگابایت) بزرگ‌تر می‌شود و باز نشد. فقط فهرست را در یک فایل تازه ذخیره کنید.",
        "The file would unpack to more than is allowed ({limit} MB) and was not opened. Save only the list into a new file.",
    ),
    "directory_lies": (
        "فایل اندازهٔ درون خود را نادرست گفته است و باز نشد. فهرست را از نو در Excel ذخیره کنید.",
        "The file misstates the size of its contents and was not opened. Save the list again from Excel.",
    ),
    "too_many_entries": (
        "درون فایل بیش از {limit} بخش هست و باز نشد. فقط فهرست را در یک فایل تازه ذخیره کنید.",
        "The file holds more than {limit} parts and was not opened. Save only the list into a new file.",
    ),
    "unsafe_entry_name": (
        "نام بخشی از درون فایل به بیرون از آن اشاره می‌کند و فایل باز نشد. فهرست را از نو در Excel ذخیره کنید.",
        "A part inside the file points outside it, so it was not opened. Save the list again from Excel.",
    ),
    "nested_archive": (
        "درون فایل، فایل فشردهٔ دیگری هست. خود فهرست را بدون فشرده‌سازی بفرستید.",
        "There is another archive inside the file. Send the list itself, not compressed.",
    ),
    "document_type_in_xml": (
        "فایل تعریف‌هایی دارد که می‌تواند به بیرون دست ببرد و باز نشد. فهرست را از نو در Excel ذخیره کنید.",
        "The file carries definitions that could reach outside it, so it was not opened. Save the list again from Excel.",
    ),
    "has_macros": (
        "فایل ماکرو دارد. فهرست را با قالب xlsx و بدون ماکرو ذخیره کنید.",
        "The file has macros. Save the list as xlsx without macros.",
    ),
    "has_external_links": (
        "فایل به فایل‌های دیگر پیوند دارد. پیوندها را بشکنید (Data › Edit Links › Break Link) و دوباره ذخیره کنید.",
        "The file links to other files. Break the links (Data › Edit Links › Break Link) and save it again.",
    ),
    "has_embedded_objects": (
        "درون فایل شیء یا پروندهٔ دیگری جاسازی شده است. فقط فهرست را در یک فایل تازه ذخیره کنید.",
        "Another object is embedded in the file. Save only the list into a new file.",
    ),
    "needs_password": (
        "فایل رمز دارد و خوانده نمی‌شود. آن را بدون رمز ذخیره کنید و از راه امن بفرستید.",
        "The file needs a password and cannot be read. Save it without one and send it by the secure way.",
    ),
    "damaged_file": (
        "فایل آسیب دیده یا ناقص رسیده است. آن را دوباره از سامانه بگیرید و بفرستید.",
        "The file is damaged or arrived incomplete. Export it and send it again.",
    ),
    "other_format": (
        "این فایل جدول خواندنی نیست (نوع واقعی: {found}). فهرست را با قالب xlsx یا csv بفرستید.",
        "The file is not a table we read (it really is: {found}). Send the list as xlsx or csv.",
    ),
    "no_table": (
        "در این صفحهٔ HTML جدولی نیست. فهرست را با قالب xlsx یا csv بفرستید.",
        "There is no table in this HTML page. Send the list as xlsx or csv.",
    ),
    "nested_table": (
        "درون خانهٔ یک جدول، جدول دیگری هست. فهرست را با قالب xlsx یا csv بفرستید.",
        "There is a table inside a table's cell. Send the list as xlsx or csv.",
    ),
    "nul_bytes": (
        "در سطر {line} فایل متنی نویسهٔ تهی (NUL) هست. فهرست را دوباره از سامانه بگیرید.",
        "Line {line} of the text file holds a NUL character. Export the list again.",
    ),
    "unknown_encoding": (
        "رمزگذاری نویسه‌های فایل شناخته نشد (نخستین نویسهٔ نادرست: بایت {offset}). فایل را با UTF-8 ذخیره کنید.",
        "The character encoding of the file is unknown (first bad character: byte {offset}). Save it as UTF-8.",
    ),
    "mixed_encodings": (
        "رمزگذاری نویسه‌ها در سطر {line} عوض می‌شود. همهٔ فایل را با UTF-8 ذخیره کنید.",
        "The character encoding changes at line {line}. Save the whole file as UTF-8.",
    ),
    "garbled_text": (
        "متن فارسی فایل پیش از این با رمزگذاری نادرست ذخیره و خراب شده است. فهرست را دوباره از سامانه بگیرید.",
        "The file's Persian text was once saved with the wrong encoding and is garbled. Export the list again.",
    ),
    "unbalanced_quote": (
        "در سطر {line} گیومهٔ انگلیسی (\") باز یا بستهٔ تنها هست و خانه‌ها جدا نمی‌شوند. آن سطر را درست کنید.",
        "Line {line} has an unpaired quotation mark (\"), so its fields cannot be told apart. Mend that line.",
    ),
    "stray_line_break": (
        "در سطر {line} یک شکست سطر تنها (CR) هست و معلوم نیست سطر کجا تمام می‌شود. آن سطر را درست کنید.",
        "Line {line} holds a stray line break (CR), so its end cannot be told. Mend that line.",
    ),
    "cell_too_long": (
        "خانه‌ای بیش از {limit} نویسه دارد. فقط فهرست را بفرستید.",
        "A cell has more than {limit} characters. Send only the list.",
    ),
    "too_many_rows": (
        "برگه‌ای بیش از {limit} سطر دارد. فهرست را در چند فایل بفرستید یا سطرهای پر شدهٔ زیر جدول را پاک کنید.",
        "A sheet has more than {limit} rows. Send the list in several files, or clear what was filled in below it.",
    ),
    "too_many_columns": (
        "برگه‌ای بیش از {limit} ستون دارد. ستون‌های اضافی کنار جدول را پاک کنید.",
        "A sheet has more than {limit} columns. Clear the extra columns beside the table.",
    ),
    "too_many_cells": (
        "برگه‌ای بیش از {limit} خانه دارد. خانه‌های اضافی را پاک کنید یا فهرست را در چند فایل بفرستید.",
        "A sheet has more than {limit} cells. Clear the extra ones, or send the list in several files.",
    ),
    "too_many_sheets": (
        "فایل بیش از {limit} برگه دارد. فقط برگهٔ فهرست را بفرستید.",
        "The file has more than {limit} sheets. Send only the list's sheet.",
    ),
    "reader_out_of_memory": (
        "خواندن فایل بیش از حافظهٔ مجاز می‌خواهد. فقط فهرست را در یک فایل تازه ذخیره کنید.",
        "Reading the file needs more memory than is allowed. Save only the list into a new file.",
    ),
    "reader_out_of_time": (
        "خواندن فایل بیش از زمان مجاز طول کشید. فقط فهرست را در یک فایل تازه ذخیره کنید.",
        "Reading the file took longer than is allowed. Save only the list into a new file.",
    ),
    "reader_stopped": (
        "فایل چنان است که خواندنش ناتمام ماند. آن را از نو در Excel ذخیره کنید و بفرستید.",
        "The file is such that reading it broke off. Save it again from Excel and send it.",
    ),
}  # fmt: skip

NAMES_OF_FORMATS = {"csv": {".csv", ".txt", ".tsv"}, "xlsx": {".xlsx"}, "xls": {".xls"}, "html": {".html", ".htm"}}


def refusal(code: str, **facts: int | str) -> Refusal:
    """The refusal with this code, said in both languages."""
    in_persian, in_english = SENTENCES[code]
    persian = {name: format_number(fact) if isinstance(fact, int) else fact for name, fact in facts.items()}
    return Refusal(code, in_persian.format(**persian), in_english.format(**facts))


def read_file(path: Path, *, limits: ReadingLimits | None = None, name: str | None = None) -> Workbook:
    """The file's cells as strings, with the sheets, merged ranges and formulas they stand in.

    ``name`` is what the agency called the file (default: the name of ``path``); it decides nothing, and where its ending and
    the content differ, that is told. Reads nothing but ``path``; writes nothing. Raises Refusal when the file may not or cannot be read (codes: the keys
    of ``SENTENCES``), OSError when it is not there.
    """
    limits = limits or ReadingLimits()
    if path.stat().st_size > limits.file_bytes:
        raise refusal("file_too_large", limit=limits.file_bytes // (1024 * 1024))
    answer = _lines_from_child(path, limits)
    head: dict[str, Any] = {}
    sheets: list[dict[str, Any]] = []
    rows: list[list[str | None]] = []
    is_whole = False
    for line in answer.split(b"\n"):
        if not line:
            continue
        try:
            thing = json.loads(line.decode())
        except ValueError:
            break
        if isinstance(thing, list):
            rows.extend(thing)
        elif "refusal" in thing:
            raise refusal(thing["refusal"], **thing["facts"])
        elif "format" in thing:
            head = thing
        elif "sheet" in thing:
            rows = []
            sheets.append({**thing, "rows": rows})
        else:
            is_whole = bool(thing.get("end"))
    if not is_whole:
        raise refusal("reader_stopped")
    workbook = Workbook(
        head["format"],
        head["encoding"],
        tuple(_sheet({**facts, "is_binary": head["format"] == "xls"}) for facts in sheets),
    )
    if not any(value for sheet in workbook.sheets for row in sheet.rows for value in row if value and value.strip()):
        raise refusal("empty_list")
    workbook.findings.extend(_findings(workbook, Path(name or path.name).suffix.lower()))
    return workbook


def _lines_from_child(path: Path, limits: ReadingLimits) -> bytes:
    root = str(Path(__file__).resolve().parents[2])
    start = (
        f"import sys; sys.path.insert(0, {root!r}); from palayesh.adapters.spreadsheet_reader.child import main; main()"
    )
    with path.open("rb") as source:
        try:
            child = subprocess.run(  # noqa: S603 - our own interpreter and module; the file's name is not on the line
                [sys.executable, "-I", "-X", "utf8", "-c", start, json.dumps(asdict(limits))],
                stdin=source, capture_output=True, timeout=limits.timeout_seconds, check=False, env={},
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise refusal("reader_out_of_time") from error
    if child.returncode in (-24, -9):  # SIGXCPU, or the kernel's SIGKILL one second later
        raise refusal("reader_out_of_time")
    if child.returncode != 0:
        raise refusal("reader_out_of_memory" if b"memory" in child.stderr.lower() else "reader_stopped")
    return child.stdout


def _sheet(facts: dict[str, Any]) -> Sheet:
    def places(name: str) -> frozenset[tuple[int, int]]:
        return frozenset((row, column) for row, column in facts.get(name, ()))

    rows = facts["rows"]
    formulas, without_value = places("formulas"), places("formulas_without_value")
    if facts["is_binary"]:
        # The old format does not tell "nothing stored" from "shows nothing": neither may pass for an empty cell
        without_value = frozenset((row, column) for row, column in formulas if not _has_text(rows, row, column))
        formulas -= without_value
    return Sheet(
        name=facts["sheet"],
        index=facts["index"],
        rows=rows,
        visibility=facts.get("visibility", "visible"),
        hidden_rows=frozenset(facts.get("hidden_rows", ())),
        hidden_columns=frozenset(facts.get("hidden_columns", ())),
        merged=tuple(MergedRange(*corners) for corners in facts.get("merged", ())),
        formulas=formulas,
        formulas_without_value=without_value,
        error_values=places("error_values"),
        is_ragged=facts.get("is_ragged", False),
    )


def _has_text(rows: list[list[str | None]], row: int, column: int) -> bool:
    return row <= len(rows) and column <= len(rows[row - 1]) and bool(rows[row - 1][column - 1])


def _findings(workbook: Workbook, suffix: str) -> list[Finding]:
    found = []
    if suffix and suffix not in NAMES_OF_FORMATS[workbook.format]:
        found.append(Finding(
            "name_and_content_differ", Severity.WARN, 1,
            f"پسوند نام فایل با درون آن یکی نیست: درون آن {workbook.format} است و همان‌گونه خوانده شد.",
            f"The file's name says one format and its content is another: it is {workbook.format} and was read as that.",
        ))  # fmt: skip
    return found
