"""Text files: the encoding told by the bytes alone, and lines of separated fields."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from palayesh.adapters.spreadsheet_reader.cells import NotRead, check_extent

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
