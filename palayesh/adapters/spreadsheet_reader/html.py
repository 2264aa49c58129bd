"""Pages with tables, which many systems give out under the name of a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from palayesh.adapters.spreadsheet_reader.cells import NotRead, Row, check_extent, text_of
from palayesh.adapters.spreadsheet_reader.text import decoded

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
