"""What a report is made of: values that a template walks, already written in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from palayesh.language import InLanguage, Language
from palayesh.reports.inputs import State
from palayesh.reports.trends import Drawing


@dataclass(frozen=True)
class Cell:
    """One printed number: its text and why it looks so. ``note`` is said beside it; ``shade`` is a class of colour.

    ``number`` is what the text says, for a spreadsheet; absent unless it may be revealed.
    """

    text: str
    state: State = "shown"
    note: str = ""
    shade: str = ""
    number: float | None = None


@dataclass(frozen=True)
class KeyFigure:
    """One number of the headline strip."""

    key: str
    title: str
    cell: Cell
    unit: str
    change: str
    direction: str
    """``up``, ``down``, ``same`` or ``none``: for a mark beside the words, never a judgement."""
    emphasis: bool


@dataclass(frozen=True)
class Part:
    """A part of a figure, told beside it."""

    title: str
    cell: Cell


@dataclass(frozen=True)
class HeadlineFigure:
    """One row of the table of headline figures."""

    number: str
    key: str
    title: str
    unit: str
    cell: Cell
    parts: tuple[Part, ...]
    change: str
    sources: str


@dataclass(frozen=True)
class Caption:
    """What stands around a table or chart: number, title (the measure), unit and period, source, and words for it."""

    number: str
    title: str
    subtitle: str
    source: str
    description: str


@dataclass(frozen=True)
class Bar:
    """One bar: ``width`` is a CSS percentage of the longest, empty when there is nothing to draw."""

    label: str
    cell: Cell
    width: str
    beside: tuple[Cell, ...] = ()
    """What the bar is made of, printed beside it."""


@dataclass(frozen=True)
class BarChart:
    caption: Caption
    bars: tuple[Bar, ...]
    note: str
    beside: tuple[str, ...] = ()
    """Headings of what is printed beside the bars."""


@dataclass(frozen=True)
class Dumbbell:
    """Two dots on one line. ``from_start`` and ``length`` are CSS percentages; empty unless both ends may be shown."""

    label: str
    left: Cell
    right: Cell
    left_at: str
    right_at: str
    line_at: str
    line_length: str


@dataclass(frozen=True)
class DumbbellChart:
    caption: Caption
    rows: tuple[Dumbbell, ...]
    left_title: str
    right_title: str
    note: str


@dataclass(frozen=True)
class FunnelStep:
    """One step and what it lost against the step before; ``starts_unit`` marks where something else is counted."""

    title: str
    cell: Cell
    unit: str
    width: str
    losses: tuple[Part, ...]
    note: str
    starts_unit: bool


@dataclass(frozen=True)
class Funnel:
    caption: Caption
    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True)
class Tile:
    """One county as an equal square. ``left`` and ``top`` are CSS percentages: west is left in every language."""

    label: str
    cell: Cell
    left: str
    top: str


@dataclass(frozen=True)
class Legend:
    label: str
    cell: Cell


@dataclass(frozen=True)
class TileMap:
    caption: Caption
    tiles: tuple[Tile, ...]
    tile_width: str
    tile_height: str
    legend: tuple[Legend, ...]


@dataclass(frozen=True)
class Column:
    title: str
    unit: str = ""
    is_text: bool = False
    """Words, not numbers: they begin at the column's edge."""


@dataclass(frozen=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    number: str = ""
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    """A table of numbers under column headings, the first column naming the row."""

    caption: Caption
    row_title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class TrendLine:
    """One figure over the months: its drawing, the value and the words beside it."""

    title: str
    unit: str
    cell: Cell
    drawing: Drawing
    verdict: str
    year_ago: Cell | None
    """The same month of the year before, so that what comes every year is not taken for news; None where there is none."""


@dataclass(frozen=True)
class Trends:
    """Small lines of a few figures over the months, and the table behind them (a row per month, newest first)."""

    caption: Caption
    first_month: str
    last_month: str
    lines: tuple[TrendLine, ...]
    note: str


@dataclass(frozen=True)
class Matrix:
    """Agencies against agencies; every cell holds one part per kind of overlap, none on the diagonal."""

    caption: Caption
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Part, ...], ...]], ...]

    def of(self, places: Sequence[int]) -> Matrix:
        """The same of some agencies."""
        rows = tuple((label, tuple(cells[at] for at in places)) for label, cells in (self.rows[at] for at in places))
        return replace(self, columns=tuple(self.columns[at] for at in places), rows=rows)


@dataclass(frozen=True)
class ListRow:
    """One expected list: did it come, when, and what became of its records."""

    list_key: str
    title: str
    agency: str
    state: str
    state_title: str
    files: Cell
    received: Cell
    accepted: Cell
    set_aside: Cell
    repaired: Cell
    received_on: str


@dataclass(frozen=True)
class ListTable:
    caption: Caption
    rows: tuple[ListRow, ...]
    total: ListRow


@dataclass(frozen=True)
class DefinitionRow:
    key: str
    title: str
    unit: str
    text: str
    sources: str


@dataclass(frozen=True)
class RevisionRow:
    number: str
    issued_on: str
    what: str
    why: str


@dataclass(frozen=True)
class Fact:
    """A line of the reproducibility block; ``is_code`` values are isolated left-to-right."""

    title: str
    text: str
    is_code: bool


@dataclass(frozen=True)
class RevisedFigure:
    """One figure that the former revision gave otherwise."""

    title: str
    before: Cell
    cell: Cell
    unit: str
    change: str


@dataclass(frozen=True)
class Revised:
    """What this revision changed of the former one; no rows where every headline figure stayed."""

    caption: Caption | None
    rows: tuple[RevisedFigure, ...]


@dataclass(frozen=True)
class EditionReport(InLanguage):
    """What every report of a month begins with, and what its letter repeats."""

    lang: Language
    month: str
    month_title: str
    gregorian: str
    as_of: str
    status: str
    status_title: str
    revision: str
    issued_on: str
    next_issue_on: str
    contact: str
    letterhead: tuple[str, ...]
    letter_no: str
    attachment: str
    strip: tuple[KeyFigure, ...]
    sentences: tuple[str, ...]
    trust_sentences: tuple[str, ...]
    has_missing_lists: bool
    headline_rows: tuple[HeadlineFigure, ...]
