"""The process itself: which format a file is told by its first bytes, and nothing else reaches it."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from palayesh.adapters.spreadsheet_reader.cells import OLE_SIGNATURE, NotRead
from palayesh.adapters.spreadsheet_reader.html import html_text, read_html
from palayesh.adapters.spreadsheet_reader.text import decoded, read_csv
from palayesh.adapters.spreadsheet_reader.xls import read_xls
from palayesh.adapters.spreadsheet_reader.xlsx import read_xlsx

OTHER_SIGNATURES = {
    b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"Rar!": "rar", b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip", b"{\\rtf": "rtf", b"II*\x00": "tiff", b"MM\x00*": "tiff", b"\x7fELF": "program",
    b"MZ\x90": "program", b"SQLite format 3": "sqlite", b"\x00\x01\x00\x00Standard": "access",
}  # fmt: skip


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
    """A line for everything that is told, and one for every two thousand rows."""
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    rows: list[Any] = []
    for thing in chain(things, [{"end": True}]):
        is_row = isinstance(thing, list)
        if is_row:
            rows.append(thing)
        if len(rows) == 2000 or (rows and not is_row):
            out.write((encode(rows) + "\n").encode("utf-8"))
            rows.clear()
        if not is_row:
            out.write((encode(thing) + "\n").encode("utf-8"))


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
