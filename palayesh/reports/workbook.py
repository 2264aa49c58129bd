"""The report's tables as plain sheets: one table each, numbers as numbers, marks as words, nothing the page hides."""

from __future__ import annotations

from dataclasses import dataclass

from palayesh.reports.contents import CoverageReport
from palayesh.reports.parts import Cell, Table

Value = str | float


@dataclass(frozen=True)
class Sheet:
    """One table of the workbook: its name on the tab, its title, the headings, the rows, and what is said under it."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...]


def report_sheets(report: CoverageReport, words: dict[str, dict[str, str]]) -> tuple[Sheet, ...]:
    """The published tables in the order of the page; ``words`` are the report's strings (for headings)."""
    columns = words["columns"]
    headline = Sheet(
        name=words["sections"]["headline"],
        title=report.headline_caption.title,
        headings=tuple(columns[name] for name in ("number", "figure", "value", "unit", "change", "sources")),
        rows=tuple(
            (row.number, row.title, _value(row.cell), row.unit, row.change, row.sources) for row in report.headline_rows
        ),
        notes=(report.headline_caption.source,),
    )
    parts = Sheet(
        name=columns["parts"],
        title=columns["parts"],
        headings=tuple(columns[name] for name in ("figure", "parts", "value")),
        rows=tuple((row.title, part.title, _value(part.cell)) for row in report.headline_rows for part in row.parts),
        notes=(report.headline_caption.source,),
    )
    waiting = Sheet(
        name=columns["months"],
        title=report.waiting.caption.title,
        headings=(columns["months"], columns["households"]),
        rows=tuple((bar.label, _value(bar.cell)) for bar in report.waiting.bars),
        notes=(report.waiting.note, report.waiting.caption.source),
    )
    overlap = Sheet(
        name=report.overlap.caption.title,
        title=report.overlap.caption.title,
        headings=(columns["agency"], columns["other_agency"], columns["state"], columns["households"]),
        rows=tuple(
            (label, report.overlap.columns[place], part.title, _value(part.cell))
            for row, (label, cells) in enumerate(report.overlap.rows)
            for place, found in enumerate(cells)
            for part in found
            if place > row
        ),
        notes=(words["text"]["overlap_note"], report.overlap.caption.source),
    )
    lists = Sheet(
        name=words["sections"]["quality"],
        title=report.lists.caption.title,
        headings=tuple(
            columns[name]
            for name in (
                "list",
                "agency",
                "state",
                "received_on",
                "files",
                "received",
                "accepted",
                "set_aside",
                "repaired",
            )
        ),
        rows=tuple(
            (
                row.title,
                row.agency,
                row.state_title,
                row.received_on,
                *map(_value, (row.files, row.received, row.accepted, row.set_aside, row.repaired)),
            )
            for row in (*report.lists.rows, report.lists.total)
        ),
        notes=(report.lists.caption.source,),
    )
    definitions = Sheet(
        name=columns["definition"],
        title=words["sections"]["definitions"],
        headings=tuple(columns[name] for name in ("figure", "unit", "definition", "sources")),
        rows=tuple((row.title, row.unit, row.text, row.sources) for row in report.definitions),
        notes=report.methodology,
    )
    tables = (
        _table(t)
        for t in (report.months, report.agencies, report.counties, report.agencies_by_county, report.quality)
        if t is not None
    )
    return headline, parts, waiting, overlap, *tables, lists, definitions


def _table(table: Table) -> Sheet:
    headings = (f"{column.title} ({column.unit})" if column.unit else column.title for column in table.columns)
    return Sheet(
        name=table.caption.title,
        title=table.caption.title,
        headings=(table.row_title, *headings),
        rows=tuple((row.label, *map(_value, row.cells)) for row in table.rows),
        notes=tuple(note for note in (table.note, table.caption.source) if note),
    )


def _value(cell: Cell) -> Value:
    return cell.text if cell.number is None else cell.number
