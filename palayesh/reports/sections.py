"""A report as plain sections: sentences, tables, bars and facts under headings, for readers who work through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from palayesh.reports.builder import Builder
from palayesh.reports.parts import Bar, BarChart, Cell, Column, EditionReport, Fact, Row, Table
from palayesh.reports.wording import write_number


@dataclass(frozen=True)
class Link:
    """Where something is found in the console."""

    title: str
    address: str


@dataclass(frozen=True)
class Section:
    """What stands under one heading, in this order."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[BarChart, ...] = ()
    facts: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class SectionedReport(EditionReport):
    """The contents of a report made of sections."""

    whose: str
    """Whom the report is for."""
    sections: tuple[Section, ...]
    label_title: str
    amount_title: str


def count_cell(b: Builder, value: float | None) -> Cell:
    """A count of rows, files or work, never of people: exact, and marked where nothing was received."""
    if value is None or pd.isna(value):
        return b.cell(None, "not_received")
    return b.cell(float(value), "zero" if value == 0 else "shown")


def change_cell(b: Builder, value: float | None, before: float | None) -> Cell:
    """The difference of two counts of rows, in words."""
    if value is None or before is None or pd.isna(value) or pd.isna(before):
        return b.cell(None, "not_applicable")
    difference = float(value) - float(before)
    if difference == 0:
        return Cell(b.words.say("change.same"), number=0.0)
    direction = "up" if difference > 0 else "down"
    return Cell(b.words.say(f"change.{direction}", size=write_number(abs(difference), b.lang)), number=difference)


def plain_table(
    b: Builder,
    name: str,
    columns: Sequence[tuple[str, bool]],
    rows: Iterable[Row],
    *,
    note: str = "",
) -> Table:
    """A table titled ``titles.<name>``; ``columns`` are words of ``columns`` and whether they hold text, the first naming the row."""
    titles = [b.words.say(f"columns.{column}") for column, _ in columns]
    return Table(
        caption=b.caption("table", name),
        row_title=titles[0],
        columns=tuple(Column(title, is_text=text) for title, (_, text) in zip(titles[1:], columns[1:], strict=True)),
        rows=tuple(rows),
        note=note,
    )


def bars(b: Builder, name: str, counts: Iterable[tuple[str, float]], *, note: str = "") -> BarChart:
    """Counts as bars from zero, in the order given."""
    told = list(counts)
    longest = max((value for _, value in told), default=0.0) or 1.0
    return BarChart(
        caption=b.caption("chart", name),
        bars=tuple(
            Bar(label, count_cell(b, value), f"{value / longest * 100:.1f}%" if value else "") for label, value in told
        ),
        note=note,
    )
