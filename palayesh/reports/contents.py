"""Everything the governorate's report says, already rounded, suppressed and written in the reader's language.

Templates compute nothing: they walk these values. A hidden number is gone before anything is measured, sorted or
written, so that neither a bar's length, nor an order, nor an attribute can give it back.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from palayesh.declaration import Title
from palayesh.language import InLanguage, Language
from palayesh.persian_text import sort_key
from palayesh.reporting_month import ReportingMonth
from palayesh.reports import front_page
from palayesh.reports.front_page import Decision, Glance
from palayesh.reports.inputs import Definition, ReportInputs, Revision, State, Sum
from palayesh.reports.protection import hide_complements, protect_figures, with_states
from palayesh.reports.trends import RANGES_TO_LIMITS, Drawing, Limits, draw, limits_of
from palayesh.reports.wording import Words, write_date, write_digits, write_long_date, write_number, write_percent

MONTHS_OF_A_YEAR = 12
MISSING_LIST_STATES = ("missing", "rejected", "held")
"""States of a list in which none of its records are in the figures."""


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


@dataclass(frozen=True)
class CoverageReport(EditionReport):
    """The contents of the governorate's report for one month, revision and language."""

    decisions: tuple[Decision, ...]
    glance: Glance
    headline_caption: Caption
    lists: ListTable
    quality: Table
    uncovered_by_county: BarChart
    known_and_covered: DumbbellChart
    trends: Trends | None
    months: Table | None
    funnel: Funnel
    waiting: BarChart
    tile_map: TileMap
    overlap: Matrix
    agencies: Table
    counties: Table
    agencies_by_county: Table
    page_overlap: Matrix
    """The overlap and the counties of as many agencies as a page has room for; the whole tables are in the workbook."""
    page_agencies_by_county: Table
    agencies_left: str
    """Says so, if there are more."""
    definitions: tuple[DefinitionRow, ...]
    methodology: tuple[str, ...]
    marks: tuple[Legend, ...]
    revisions: tuple[RevisionRow, ...]
    revised: Revised | None
    facts: tuple[Fact, ...]


Figures = dict[tuple[str, str], tuple[float, State, str]]
"""Figures by key and part: value, state, unit."""
Cells = dict[tuple[str, str, str], tuple[float, State]]
"""Cells by measure, agency and county: value, state."""


def _by_name(cells: pd.DataFrame) -> Cells:
    return {
        (str(row["measure"]), str(row["agency"]), str(row["county"])): (row["value"], row["state"])
        for row in cells.to_dict("records")
    }


def _count_in(cells: Cells, measure: str, agency: str, county: str) -> tuple[float, State]:
    if (measure, agency, county) in cells:
        return cells[measure, agency, county]
    if county and (measure, agency, "") in cells:
        _, of_province = cells[measure, agency, ""]
        return (math.nan, "not_received") if of_province == "not_received" else (0.0, "zero")
    return math.nan, "not_applicable"


class _Numbering:
    """Hands out the numbers of tables and charts in the order they are printed."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._next = {"table": 1, "chart": 1}

    def take(self, kind: str) -> str:
        number = self._next[kind]
        self._next[kind] += 1
        return self._words.say(f"text.{kind}_number", number=write_number(number, self._words.lang))


class Builder:
    """What every part of the report looks up: words, titles, figures and cells that may be revealed."""

    def __init__(self, inputs: ReportInputs) -> None:
        self.inputs = inputs
        self.lang = inputs.lang
        self.settings = inputs.settings
        self.words = Words(inputs.strings, inputs.lang)
        self.definitions: Mapping[str, Definition] = {d.key: d for d in inputs.definitions}
        self.supporting = tuple(a for a in inputs.agencies if a.gives_support)
        self.agency_titles = {a.agency: self.title(a.title) for a in inputs.agencies}
        self.county_titles = {c.code: self.title(c.title) for c in inputs.counties}
        self.list_titles = {
            str(row["list_key"]): str(row[f"title_{self.lang}"]) for row in inputs.lists.to_dict("records")
        }
        self.threshold = inputs.threshold
        cells = with_states(inputs.coverage_cells, threshold=self.threshold)
        self.figures = self._protected(inputs.figures, cells)
        before = self._states_or_none(inputs.previous_coverage_cells, cells)
        self.previous = {} if inputs.previous_figures is None else self._protected(inputs.previous_figures, before)
        replaced = self._states_or_none(inputs.replaced_cells, cells)
        self.replaced = {} if inputs.replaced_figures is None else self._protected(inputs.replaced_figures, replaced)
        self.cells, self.cells_before = _by_name(cells), _by_name(before)
        self.waiting = _with_states(self, inputs.waiting, f"coverage.{self.settings.uncovered_measure}")
        absent = inputs.lists["state"].isin(MISSING_LIST_STATES)
        self.absent_lists = set(inputs.lists.loc[absent, "list_key"])
        self.numbering = _Numbering(self.words)

    def _states_or_none(self, cells: pd.DataFrame | None, alike: pd.DataFrame) -> pd.DataFrame:
        return alike.iloc[:0] if cells is None else with_states(cells, threshold=self.threshold)

    def _protected(self, figures: pd.DataFrame, cells: pd.DataFrame) -> Figures:
        """Figures by key and part, and the province's total of every measure that is no figure, all with states.

        A total hidden among the cells is hidden among the figures too: printed there it would open the county table.
        """
        declared = [
            Sum(total=d.key, parts=[f"{d.key}/{part}" for part in d.sum_of])
            for d in self.inputs.definitions
            if d.sum_of
        ]
        figures = protect_figures(
            figures,
            threshold=self.threshold,
            people_units=self.settings.people_units,
            exempt=[f"{d.key}/{part}" if part else d.key for d in self.inputs.definitions for part in d.not_people],
            sums=[*declared, *self.settings.sums],
        )
        known: Figures = {
            (str(row["key"]), str(row["part"])): (row["value"], row["state"], str(row["unit"]))
            for row in figures.to_dict("records")
        }
        totals = cells[(cells["agency"] == "") & (cells["county"] == "")]
        for row in totals.to_dict("records"):
            name = (f"coverage.{row['measure']}", "")
            if row["state"] == "hidden" or name not in known:
                known[name] = (row["value"], row["state"], "household")
        return known

    def title(self, title: Title) -> str:
        return title.of(self.lang)

    def definition(self, key: str) -> Definition:
        if key not in self.definitions:
            raise KeyError(f"«{key}» is printed but has no definition")
        return self.definitions[key]

    def figure_title(self, key: str, part: str = "") -> str:
        definition = self.definition(key)
        if not part:
            return self.title(definition.title)
        if part in definition.parts:
            return self.title(definition.parts[part])
        if "+" in part:
            return self.words.join([self.agency_titles.get(agency, agency) for agency in part.split("+")])
        raise KeyError(f"the part «{part}» of «{key}» is printed but has no title")

    def unit(self, unit: str) -> str:
        return self.words.say(f"units.{unit}")

    def unit_after(self, number: float, unit: str) -> str:
        """The unit as written after a number: English has a plural, Persian has none."""
        plural = self.words.find(f"units.{unit}_plural")
        return plural if plural and number != 1 else self.unit(unit)

    def sources(self, definition: Definition) -> str:
        titles = [self.list_titles.get(key, key) for key in definition.sources]
        return self.words.say("text.list_semicolon").join(titles)

    def number(self, value: float) -> str:
        return write_number(value, self.lang, decimals=1)

    def cell(self, value: float | None, state: State, *, shade: str = "") -> Cell:
        """The number where it may be revealed, else the mark that says why not."""
        if state in ("shown", "zero"):
            number = 0.0 if value is None or state == "zero" else float(value)
            return Cell(self.number(number), state, shade=shade, number=number)
        return Cell(self.words.say(f"marks.{state}"), state, note=self.mark_note(state))

    def text_cell(self, text: str) -> Cell:
        """Words in a table of numbers."""
        return Cell(text)

    def mark_note(self, state: State) -> str:
        """What a mark that stands for a number says."""
        return self.words.say(f"marks.{state}_note", most_hidden=write_number(self.threshold - 1, self.lang))

    def figure(self, key: str, part: str = "") -> tuple[float, State, str]:
        """Value, state and unit of a figure of the month; a figure that nobody computed is an error."""
        if (key, part) not in self.figures:
            raise KeyError(f"the month has no figure «{key}{'/' + part if part else ''}»")
        value, state, unit = self.figures[key, part]
        if state == "not_received" and key in self.definitions:
            needs = self.definitions[key].sources if part else self.definitions[key].needs
            # Where every list it needs came there was nothing to measure, which is another matter than a missing list.
            state = "not_received" if self.absent_lists.intersection(needs) else "not_applicable"
        return value, state, unit

    def figure_cell(self, key: str, part: str = "") -> Cell:
        value, state, _ = self.figure(key, part)
        return self.cell(value, state)

    def count(self, measure: str, agency: str = "", county: str = "") -> tuple[float, State]:
        """Value and state of a cell; a county without one has no families, a measure without one is not applicable."""
        return _count_in(self.cells, measure, agency, county)

    def count_before(self, measure: str, county: str) -> tuple[float, State]:
        """The same of the month before, for all agencies together."""
        return _count_in(self.cells_before, measure, "", county)

    def count_cell(self, measure: str, agency: str = "", county: str = "") -> Cell:
        return self.cell(*self.count(measure, agency, county))

    def quantity(self, value: float, state: State, unit: str) -> str:
        """«۲۵۲ خانوار», or words that say why there is no number, to stand in a sentence."""
        if state in ("shown", "zero"):
            number = 0.0 if state == "zero" else value
            return self.words.say("text.quantity", number=self.number(number), unit=self.unit_after(number, unit))
        return self.words.say(f"text.quantity_{state}", unit=self.unit(unit))

    def change(self, key: str, part: str = "") -> tuple[str, str]:
        """The change since last month in words, and its direction."""
        return self.change_from(self.previous, key, part)

    def change_from(self, earlier: Figures, key: str, part: str = "") -> tuple[str, str]:
        """The change since other figures of the same kind in words, and its direction."""
        value, state, unit = self.figure(key, part)
        if (key, part) not in earlier:
            return self.words.say("change.no_previous"), "none"
        before, before_state, _ = earlier[key, part]
        if "hidden" in (state, before_state):
            return self.words.say("change.hidden"), "none"
        if state in ("not_received", "not_applicable"):
            return self.words.say("change.no_value"), "none"
        if before_state in ("not_received", "not_applicable"):
            return self.words.say("change.no_previous"), "none"
        difference = value - before
        if difference == 0:
            return self.words.say("change.same"), "same"
        direction = "up" if difference > 0 else "down"
        size = self.quantity(abs(difference), "shown", unit)
        return self.words.say(f"change.{direction}", size=size), direction

    def limits(self, key: str) -> Limits | None:
        """The usual variation of a figure over the months; None while too few are known."""
        months = _months_of(self)
        if not months:
            return None
        values, states = _series(self, key, months)
        return limits_of([v if s in ("shown", "zero") else math.nan for v, s in zip(values, states, strict=True)])

    def caption(self, kind: str, name: str, *, unit: str = "", source: Iterable[str] = (), **fields: str) -> Caption:
        """Number, title, «unit، as of …», and the source line of a table or chart."""
        as_of = write_long_date(self.inputs.edition.as_of, self.lang)
        subtitle = self.words.say("text.subtitle", unit=unit, as_of=as_of) if unit else as_of
        sources = self.words.say("text.list_semicolon").join(source) or self.words.say("text.all_lists")
        return Caption(
            number=self.numbering.take(kind),
            title=self.words.say(f"titles.{name}", **fields),
            subtitle=subtitle,
            source=self.words.say("text.source", sources=sources, as_of=as_of),
            description=self.words.find(f"descriptions.{name}") or "",
        )

    def rate(self, county: str, agency: str = "") -> tuple[float, State]:
        """Coverage rate (share, 0 to 1) of the two printed counts; hidden under ``rate_minimum`` households."""
        known, known_state = self.count(self.settings.known_measure, "", county)
        covered, covered_state = self.count(self.settings.covered_measure, agency, county)
        for state in (known_state, covered_state):
            if state not in ("shown", "zero"):
                return math.nan, state
        if known_state == "zero":
            return math.nan, "not_applicable"
        if known < self.settings.rate_minimum:
            return math.nan, "hidden"
        # Rounded counts may pass each other; a rate above one would only puzzle.
        share = 0.0 if covered_state == "zero" else min(1.0, covered / known)
        return share, "zero" if share == 0 else "shown"

    def rate_class(self, share: float) -> str:
        """``class-1`` (lowest) to ``class-5`` of the printed, whole per cent."""
        percent = _whole_percent(share)
        return f"class-{sum(percent >= limit for limit in self.settings.rate_limits) + 1}"

    def rate_cell(self, county: str) -> Cell:
        share, state = self.rate(county)
        if state in ("shown", "zero"):
            number = _whole_percent(share) / 100
            return Cell(write_percent(share, self.lang), state, shade=self.rate_class(share), number=number)
        return self.cell(None, state)


def build_contents(inputs: ReportInputs) -> CoverageReport:
    """The whole report as values a template can walk, the same for the same inputs."""
    b = Builder(inputs)
    # Captions take their numbers as they are built: keep this the order of the pages.
    headline_caption = b.caption("table", "headline")
    headline_rows = headline_rows_of(b)
    trends = _trends(b)
    funnel = _funnel(b)
    waiting = _waiting(b)
    agencies = _agencies(b)
    overlap = _overlap(b)
    tile_map = _tile_map(b)
    bars = _uncovered_by_county(b)
    dumbbells = _known_and_covered(b)
    lists = _lists(b)
    quality = _quality(b)
    counties = _counties(b)
    by_county = _agencies_by_county(b)
    months = _months(b)
    revised = _revised(b)
    shown = _agencies_on_a_page(b)
    said = {"count": write_number(len(shown), b.lang), "all": write_number(len(b.supporting), b.lang)}
    return CoverageReport(
        **edition_head(b),
        strip=key_figures(b),
        sentences=_sentences(b),
        trust_sentences=trust_sentences(b),
        decisions=front_page.decisions(b),
        glance=front_page.glance(b),
        headline_caption=headline_caption,
        headline_rows=headline_rows,
        lists=lists,
        quality=quality,
        uncovered_by_county=bars,
        known_and_covered=dumbbells,
        trends=trends,
        months=months,
        funnel=funnel,
        waiting=waiting,
        tile_map=tile_map,
        overlap=overlap,
        agencies=agencies,
        counties=counties,
        agencies_by_county=by_county,
        page_overlap=overlap.of(shown),
        page_agencies_by_county=_columns_of(by_county, shown),
        agencies_left=b.words.say("text.agencies_left", **said) if len(shown) < len(b.supporting) else "",
        definitions=_definitions(b),
        methodology=_methodology(b),
        marks=_marks(b),
        revisions=_revisions(b),
        revised=revised,
        facts=_facts(b),
    )


def edition_head(b: Builder) -> dict[str, Any]:
    """Which month, revision and office the report is of."""
    edition, lang = b.inputs.edition, b.lang
    return {
        "lang": lang,
        "month": str(edition.month),
        "month_title": edition.month.title(lang),
        "gregorian": b.words.say(
            "text.gregorian",
            first=write_digits(f"{edition.month.first_day:%Y/%m/%d}", lang),
            last=write_digits(f"{edition.as_of:%Y/%m/%d}", lang),
        ),
        "as_of": write_long_date(edition.as_of, lang),
        "status": edition.status,
        "status_title": b.words.say(f"status.{edition.status}"),
        "revision": write_number(edition.revision, lang),
        "issued_on": write_date(edition.issued_on, lang) if edition.issued_on else "",
        "next_issue_on": write_date(edition.next_issue_on, lang) if edition.next_issue_on else "",
        "contact": write_digits(b.settings.contact, lang),
        "letterhead": tuple(b.settings.letterhead[lang]),
        "letter_no": write_digits(b.settings.letter_no, lang),
        "attachment": b.settings.attachment,
        "has_missing_lists": bool(b.absent_lists),
    }


def key_figures(b: Builder) -> tuple[KeyFigure, ...]:
    """The headline strip that the settings name."""
    figures = []
    for item in b.settings.strip:
        value, state, unit = b.figure(item.key, item.part)
        change, direction = b.change(item.key, item.part)
        if direction in ("up", "down") and not item.part and (limits := b.limits(item.key)):
            # A change within the usual variation is no news: no arrow points at it.
            is_usual = limits.is_usual(value)
            direction = "none" if is_usual else direction
            change = f"{change} ({b.words.say('trend.usual' if is_usual else 'trend.unusual')})"
        figures.append(
            KeyFigure(
                key=item.key,
                title=b.words.find(f"strip.{item.key}") or b.figure_title(item.key, item.part),
                cell=b.cell(value, state),
                unit=b.unit_after(0 if math.isnan(value) else value, unit),
                change=change,
                direction=direction,
                emphasis=item.emphasis,
            )
        )
    return tuple(figures)


def headline_rows_of(b: Builder) -> tuple[HeadlineFigure, ...]:
    rows = []
    for position, item in enumerate(b.settings.headline, start=1):
        value, state, unit = b.figure(item.key, item.part)
        parts = (Part(b.figure_title(item.key, part), b.figure_cell(item.key, part)) for part in item.parts)
        rows.append(
            HeadlineFigure(
                number=write_number(position, b.lang),
                key=item.key,
                title=b.figure_title(item.key, item.part),
                unit=b.unit_after(0 if math.isnan(value) else value, unit),
                cell=b.cell(value, state),
                parts=tuple(parts),
                change=b.change(item.key, item.part)[0],
                sources=b.sources(b.definition(item.key)),
            )
        )
    return tuple(rows)


def _sentences(b: Builder) -> tuple[str, ...]:
    """Three neutral sentences that only say what the figures say."""
    known, covered, uncovered = (
        f"coverage.{m}" for m in (b.settings.known_measure, b.settings.covered_measure, b.settings.uncovered_measure)
    )
    first = b.words.say(
        "sentences.state",
        month=b.inputs.edition.month.title(b.lang),
        known=b.quantity(*b.figure(known)),
        covered=b.quantity(*b.figure(covered)),
        uncovered=b.quantity(*b.figure(uncovered)),
    )
    _, direction = b.change(uncovered)
    if direction in ("up", "down"):
        size = abs(b.figure(uncovered)[0] - b.previous[uncovered, ""][0])
        second = b.words.say(f"sentences.change_{direction}", size=b.quantity(size, "shown", "household"))
    else:
        second = b.words.say(f"sentences.change_{direction}")
    worst = [
        (value, label) for label, value, state in _county_counts(b, b.settings.uncovered_measure) if state == "shown"
    ]
    if len(worst) >= 3:
        first_three = b.words.join([label for _, label in worst[:3]])
        third = b.words.say("sentences.counties", counties=first_three)
    else:
        third = b.words.say("sentences.counties_hidden")
    return first, second, third


def trust_sentences(b: Builder) -> tuple[str, ...]:
    """Which lists came, which are missing, and the account of their rows. Raises ValueError when it does not add up."""
    lists = b.inputs.lists
    arrived = lists[~lists["state"].isin(MISSING_LIST_STATES)]
    number = lambda value: write_number(int(value), b.lang)  # noqa: E731
    came = b.words.say("trust.arrived", arrived=number(len(arrived)), expected=number(len(lists)))
    if b.absent_lists:
        names = [b.list_titles[key] for key in lists["list_key"] if key in b.absent_lists]
        missing = b.words.say("trust.missing", lists=b.words.join(names))
    else:
        missing = b.words.say("trust.none_missing")
    received, accepted, aside = (arrived[column].sum() for column in ("received", "accepted", "set_aside"))
    if received != accepted + aside:
        raise ValueError(f"the lists do not add up: {received} received, {accepted} accepted, {aside} set aside")
    account = b.words.say(
        "trust.account",
        received=number(received),
        accepted=number(accepted),
        set_aside=number(aside),
        share=write_percent(aside / received if received else 0, b.lang, decimals=1),
    )
    return came, missing, account


def _county_counts(b: Builder, measure: str) -> list[tuple[str, float, State]]:
    """Counties with their counts: the shown ones first, largest first; then the others by name, in no telling order."""
    rows = [(b.county_titles[c.code], *b.count(measure, "", c.code)) for c in b.inputs.counties]
    shown = sorted((row for row in rows if row[2] in ("shown", "zero")), key=lambda r: (-r[1], sort_key(r[0])))
    return shown + sorted((row for row in rows if row[2] not in ("shown", "zero")), key=lambda r: sort_key(r[0]))


def _bars(b: Builder, rows: list[tuple[str, float, State]]) -> tuple[Bar, ...]:
    longest = max((value for _, value, state in rows if state == "shown"), default=0.0)
    return tuple(
        Bar(label, b.cell(value, state), _percentage(value / longest) if state == "shown" else "")
        for label, value, state in rows
    )


def _uncovered_by_county(b: Builder) -> BarChart:
    rows = _county_counts(b, b.settings.uncovered_measure)
    drawn, left_out = rows[: b.settings.bars_shown], rows[b.settings.bars_shown :]
    definition = b.definition(f"coverage.{b.settings.uncovered_measure}")
    return BarChart(
        caption=b.caption("chart", "uncovered_by_county", unit=b.unit(definition.unit), source=_titles(b, definition)),
        bars=_bars(b, drawn),
        note=b.words.say("text.bars_left_out", number=write_number(len(left_out), b.lang)) if left_out else "",
    )


def _months_of(b: Builder) -> list[str]:
    """The months drawn side by side, oldest first, this month last; months that nobody ran are gaps among them."""
    history = b.inputs.history
    earlier = sorted(set(history["month"].astype(str))) if history is not None else []
    this = b.inputs.edition.month
    if not earlier:
        return []
    first = ReportingMonth.parse(earlier[0])
    count = next(n for n in range(1, 1000) if first.plus(n) == this)
    return [str(first.plus(n)) for n in range(count + 1)]


def _series(b: Builder, key: str, months: list[str]) -> tuple[list[float], list[State]]:
    """The figure's values and states month by month."""
    assert b.inputs.history is not None
    of_key = b.inputs.history[b.inputs.history["key"] == key]
    known: dict[str, tuple[float, State]] = {
        str(row["month"]): (row["value"], row["state"])
        for row in of_key.to_dict("records")
        if not pd.isna(row["value"])
    }
    nothing: tuple[float, State] = (math.nan, "not_received")
    values, states = map(list, zip(*(known.get(month, nothing) for month in months[:-1]), strict=True))
    value, state, _ = b.figure(key)
    return [*values, value if state == "shown" else 0.0 if state == "zero" else math.nan], [*states, state]


def _trends(b: Builder) -> Trends | None:
    months = _months_of(b)
    if not months:
        return None
    lines = []
    a_year_ago = str(b.inputs.edition.month.plus(-MONTHS_OF_A_YEAR))
    has_limits = has_special = False
    for key in b.settings.trend:
        values, states = _series(b, key, months)
        visible = [v if s in ("shown", "zero") else math.nan for v, s in zip(values, states, strict=True)]
        limits = limits_of(visible)
        drawing = draw(values, states, limits, from_right=b.lang == "fa")
        is_known = not math.isnan(visible[-1])
        verdict = ""
        if limits and is_known:
            verdict = b.words.say("trend.usual" if limits.is_usual(visible[-1]) else "trend.unusual")
        has_limits |= limits is not None
        has_special |= any(point.is_special for point in drawing.points)
        value, state, unit = b.figure(key)
        lines.append(
            TrendLine(
                title=b.words.find(f"strip.{key}") or b.figure_title(key),
                unit=b.unit_after(0 if math.isnan(value) else value, unit),
                cell=b.cell(value, state),
                drawing=drawing,
                verdict=verdict,
                year_ago=b.cell(values[months.index(a_year_ago)], states[months.index(a_year_ago)])
                if a_year_ago in months
                else None,
            )
        )
    note = [b.words.say("trend.gap_note")]
    if has_limits:
        note.insert(0, b.words.say("trend.limits_note", limit=write_number(RANGES_TO_LIMITS, b.lang, decimals=2)))
    if has_special:
        note.insert(1, b.words.say("trend.special_note"))
    return Trends(
        caption=b.caption("chart", "trends", unit=b.unit("household"), count=write_number(len(months), b.lang)),
        first_month=ReportingMonth.parse(months[0]).title(b.lang),
        last_month=b.inputs.edition.month.title(b.lang),
        lines=tuple(lines),
        note=" ".join(note),
    )


def _months(b: Builder) -> Table | None:
    months = _months_of(b)
    if not months:
        return None
    series = [_series(b, key, months) for key in b.settings.trend]
    rows = [
        Row(
            label=ReportingMonth.parse(month).title(b.lang),
            cells=tuple(b.cell(values[place], states[place]) for values, states in series),
        )
        for place, month in enumerate(months)
    ]
    return Table(
        caption=b.caption("table", "months", unit=b.unit("household")),
        row_title=b.words.say("columns.month"),
        columns=tuple(Column(b.words.find(f"strip.{key}") or b.figure_title(key)) for key in b.settings.trend),
        rows=tuple(reversed(rows)),
    )


def _waiting(b: Builder) -> BarChart:
    rows: list[tuple[str, float, State]] = [
        (b.words.say(f"waiting_bands.{row['band']}"), row["value"], row["state"])
        for row in b.waiting.to_dict("records")
    ]
    definition = b.definition(f"coverage.{b.settings.uncovered_measure}")
    caption = b.caption("chart", "waiting", unit=b.unit(definition.unit), source=_titles(b, definition))
    return BarChart(caption=caption, bars=_bars(b, rows), note=b.words.say("text.waiting_note"))


def _with_states(b: Builder, parts: pd.DataFrame, figure: str) -> pd.DataFrame:
    """The parts of a headline figure with states; where coverage gave none, complements of what is small are hidden."""
    if "state" in parts.columns:
        return with_states(parts, threshold=b.threshold)
    parts = with_states(parts, threshold=b.threshold)
    value, state, _ = b.figures.get((figure, ""), (math.nan, "hidden", ""))
    total = value if state in ("shown", "zero") else None
    states = hide_complements(parts["value"], parts["state"], total, threshold=b.threshold)
    return parts.assign(state=states, value=parts["value"].where(states != "hidden"))


def _titles(b: Builder, definition: Definition) -> list[str]:
    return [b.list_titles.get(key, key) for key in definition.sources]


def _known_and_covered(b: Builder) -> DumbbellChart:
    covered_of = {b.county_titles[c.code]: b.count(b.settings.covered_measure, "", c.code) for c in b.inputs.counties}
    rows = _county_counts(b, b.settings.known_measure)
    longest = max((value for _, value, state in rows if state == "shown"), default=0.0) or 1.0
    drawn = []
    for label, known, known_state in rows:
        covered, covered_state = covered_of[label]
        both = known_state in ("shown", "zero") and covered_state in ("shown", "zero")
        low, high = sorted((known, covered)) if both else (0.0, 0.0)
        drawn.append(
            Dumbbell(
                label=label,
                left=b.cell(covered, covered_state),
                right=b.cell(known, known_state),
                left_at=_percentage(covered / longest) if both else "",
                right_at=_percentage(known / longest) if both else "",
                line_at=_percentage(low / longest) if both else "",
                line_length=_percentage((high - low) / longest) if both else "",
            )
        )
    definition = b.definition(f"coverage.{b.settings.known_measure}")
    return DumbbellChart(
        caption=b.caption("chart", "known_and_covered", unit=b.unit(definition.unit), source=_titles(b, definition)),
        rows=tuple(drawn),
        left_title=b.words.say(f"measures.{b.settings.covered_measure}"),
        right_title=b.words.say(f"measures.{b.settings.known_measure}"),
    )


def _funnel(b: Builder) -> Funnel:
    """From rows to covered families. Where the unit changes nothing is lost: the same people are counted otherwise."""
    lists = b.inputs.lists[~b.inputs.lists["state"].isin(MISSING_LIST_STATES)]
    received, accepted = int(lists["received"].sum()), int(lists["accepted"].sum())
    known, known_state, _ = b.figure(f"coverage.{b.settings.known_measure}")
    covered, covered_state, _ = b.figure(f"coverage.{b.settings.covered_measure}")
    uncovered, uncovered_state, _ = b.figure(f"coverage.{b.settings.uncovered_measure}")
    households, households_state = float(b.inputs.household_count), _exact_state(b.inputs.household_count)
    outside, outside_state = households - known, _exact_state(households - known)
    if known_state == "hidden" or (outside_state == "shown" and outside < b.threshold):
        # All households are printed nowhere else: hiding them too keeps the few that are not known families hidden.
        households_state = outside_state = "hidden"
    entitled_state: State = "hidden" if "hidden" in (covered_state, uncovered_state) else "shown"
    if "not_received" in (covered_state, uncovered_state):
        entitled_state = "not_received"
    entitled = (0.0 if math.isnan(covered) else covered) + (0.0 if math.isnan(uncovered) else uncovered)
    if entitled_state == "shown" and entitled == 0:
        entitled_state = "zero"

    def loss(name: str, value: float, state: State) -> Part:
        return Part(b.words.say(f"funnel.loss_{name}"), b.cell(value, state))

    def from_figure(key: str) -> Part:
        return Part(b.figure_title(key), b.figure_cell(key))

    steps: list[tuple[str, float, State, str, tuple[Part, ...]]] = [
        ("received", received, _exact_state(received), "record", ()),
        ("accepted", accepted, _exact_state(accepted), "record",
         (loss("set_aside", received - accepted, _exact_state(received - accepted)),)),
        ("persons", b.inputs.person_count, _exact_state(b.inputs.person_count), "person", ()),
        ("households", households, households_state, "household", ()),
        ("known", known, known_state, "household", (loss("not_known", outside, outside_state),)),
        ("entitled", entitled, entitled_state, "household",
         (from_figure("coverage.needs_information"), from_figure("coverage.not_eligible"))),
        ("covered", covered, covered_state, "household", (from_figure(f"coverage.{b.settings.uncovered_measure}"),)),
    ]  # fmt: skip
    longest: dict[str, float] = {}
    for _, value, state, unit, _ in steps:
        if state == "shown":
            longest[unit] = max(longest.get(unit, 0.0), value)
    drawn, unit_before = [], ""
    for name, value, state, unit, losses in steps:
        drawn.append(
            FunnelStep(
                title=b.words.say(f"funnel.{name}"),
                cell=b.cell(value, state),
                unit=b.unit_after(0 if math.isnan(value) else value, unit),
                width=_percentage(value / longest[unit]) if state == "shown" else "",
                losses=losses,
                note=b.words.find(f"funnel.{name}_note") or "",
                starts_unit=unit != unit_before,
            )
        )
        unit_before = unit
    return Funnel(caption=b.caption("chart", "funnel", unit=b.words.say("text.three_units")), steps=tuple(drawn))


def _exact_state(value: float) -> State:
    return "zero" if value == 0 else "shown"


def _tile_map(b: Builder) -> TileMap:
    places = b.settings.tiles
    without = [c.code for c in b.inputs.counties if c.code not in places]
    if without:
        raise ValueError(f"report.yml has no tile for the counties {', '.join(without)}")
    rows = max(row for row, _ in places.values()) + 1
    columns = max(column for _, column in places.values()) + 1
    tiles = tuple(
        Tile(
            label=b.county_titles[county.code],
            cell=b.rate_cell(county.code),
            left=_percentage(places[county.code][1] / columns),
            top=_percentage(places[county.code][0] / rows),
        )
        for county in b.inputs.counties
    )
    limits = [0, *b.settings.rate_limits, 101]
    classes = []
    for index, (low, high) in enumerate(itertools.pairwise(limits), start=1):
        label = b.words.say(
            "text.rate_class", low=write_number(low, b.lang), high=write_percent((high - 1) / 100, b.lang)
        )
        classes.append(Legend(label, Cell("", "shown", shade=f"class-{index}")))
    definition = b.definition(f"coverage.{b.settings.covered_measure}")
    return TileMap(
        caption=b.caption(
            "chart", "tile_map", unit=b.words.say("text.percent_of_known"), source=_titles(b, definition)
        ),
        tiles=tiles,
        tile_width=_percentage(1 / columns),
        tile_height=_percentage(1 / rows),
        legend=(*classes, *(Legend("", entry.cell) for entry in _marks(b) if entry.cell.state != "zero")),
    )


def _overlap(b: Builder) -> Matrix:
    kinds = ("conflict", "notice", "shown")
    known: dict[tuple[frozenset[str], str], tuple[float, State]] = {}
    for kind, pairs in b.inputs.overlap.groupby("kind", sort=True):
        for row in _with_states(b, pairs, f"overlap.{kind}s").to_dict("records"):
            pair = frozenset((str(row["agency_a"]), str(row["agency_b"])))
            known[pair, str(row["kind"])] = (row["value"], row["state"])
    lists = b.inputs.lists
    arrived = set(lists.loc[~lists["state"].isin(MISSING_LIST_STATES), "agency"])

    def parts(one: str, other: str) -> tuple[Part, ...]:
        if one == other:
            return ()
        pair = frozenset((one, other))
        found = [kind for kind in kinds if (pair, kind) in known]
        # Nothing between two agencies is a zero only when the lists of both could have told.
        nothing = Part("", b.cell(0.0, "zero") if pair <= arrived else b.cell(None, "not_received"))
        return tuple(Part(b.words.say(f"overlap.{k}"), b.cell(*known[pair, k])) for k in found) or (nothing,)

    names = [agency.agency for agency in b.supporting]
    return Matrix(
        caption=b.caption("chart", "overlap", unit=b.unit("household")),
        columns=tuple(b.agency_titles[name] for name in names),
        rows=tuple((b.agency_titles[one], tuple(parts(one, other) for other in names)) for one in names),
    )


def _agencies(b: Builder) -> Table:
    columns = tuple(
        Column(b.words.find(f"agency_measures.{measure}") or b.words.say(f"measures.{measure}"), b.unit("household"))
        for measure in b.settings.agency_measures
    )
    rows = tuple(
        Row(
            label=b.agency_titles[a.agency] + ("" if a.counts_as_cover else b.words.say("text.not_counted")),
            cells=tuple(b.count_cell(measure, a.agency) for measure in b.settings.agency_measures),
            number=write_number(position, b.lang),
        )
        for position, a in enumerate(b.supporting, start=1)
    )
    together = Row(
        b.words.say("text.any_agency"), tuple(b.count_cell(m) for m in b.settings.agency_measures), is_total=True
    )
    return Table(
        b.caption("table", "agencies"),
        b.words.say("text.agency"),
        columns,
        (*rows, together),
        b.words.say("text.agencies_note"),
    )


def _measure_column(b: Builder, measure: str) -> Column:
    return Column(b.words.say(f"measures.{measure}"), b.unit("household"))


def _county_rows(b: Builder, cells_of: Callable[[str], tuple[Cell, ...]]) -> tuple[Row, ...]:
    """A row per county by the alphabet, then families whose county nobody knows, then the province."""
    ordered = sorted(b.county_titles, key=lambda code: sort_key(b.county_titles[code]))
    rows = [
        Row(b.county_titles[code], cells_of(code), write_number(position, b.lang))
        for position, code in enumerate(ordered, start=1)
    ]
    rows.append(Row(b.words.say("text.unknown_county"), cells_of("unknown")))
    rows.append(Row(b.words.say("text.total"), cells_of(""), is_total=True))
    return tuple(rows)


def _counties(b: Builder) -> Table:
    measures = b.settings.county_measures
    columns = tuple(_measure_column(b, measure) for measure in measures)
    rate = Column(b.words.say("text.coverage_rate"), b.words.say("text.percent"))

    def cells(county: str) -> tuple[Cell, ...]:
        share = b.rate_cell(county)
        plain = Cell(share.text, share.state, share.note, number=share.number)
        return (*(b.count_cell(measure, "", county) for measure in measures), plain)

    caption = b.caption("table", "counties")
    return Table(
        caption, b.words.say("text.county"), (*columns, rate), _county_rows(b, cells), b.words.say("text.counties_note")
    )


def _agencies_by_county(b: Builder) -> Table:
    measure = b.settings.agency_by_county_measure
    columns = tuple(Column(b.agency_titles[a.agency], b.unit("household")) for a in b.supporting)
    rows = _county_rows(b, lambda county: tuple(b.count_cell(measure, a.agency, county) for a in b.supporting))
    caption = b.caption("table", "agencies_by_county")
    return Table(caption, b.words.say("text.county"), columns, rows, b.words.say("text.agencies_by_county_note"))


def _agencies_on_a_page(b: Builder) -> tuple[int, ...]:
    """The places of the agencies that cover most, as many as there is room for, in their order."""
    covered = [b.count_cell(b.settings.covered_measure, a.agency, "").number or 0.0 for a in b.supporting]
    largest = sorted(range(len(covered)), key=lambda place: (-covered[place], place))
    return tuple(sorted(largest[: b.settings.most_agency_columns]))


def _columns_of(table: Table, places: Sequence[int]) -> Table:
    rows = tuple(replace(row, cells=tuple(row.cells[at] for at in places)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[at] for at in places), rows=rows)


def _lists(b: Builder) -> ListTable:
    absent = b.cell(None, "not_received")

    def count(value: float) -> Cell:
        return absent if pd.isna(value) else b.cell(float(value), _exact_state(value))

    def share(part: float, whole: float) -> Cell:
        if pd.isna(part) or pd.isna(whole):
            return absent
        if whole == 0:
            return b.cell(None, "not_applicable")
        text = write_percent(part / whole, b.lang, decimals=1)
        return Cell(text, "zero" if part == 0 else "shown", number=round(part / whole, 3))

    rows = [
        ListRow(
            list_key=str(row["list_key"]),
            title=str(row[f"title_{b.lang}"]),
            agency=b.agency_titles[str(row["agency"])],
            state=str(row["state"]),
            state_title=b.words.say(f"list_states.{row['state']}"),
            files=b.cell(float(row["file_count"]), _exact_state(row["file_count"])),
            received=count(row["received"]),
            accepted=count(row["accepted"]),
            set_aside=count(row["set_aside"]),
            repaired=share(row["repaired"], row["accepted"]),
            received_on="" if pd.isna(row["received_on"]) else write_date(row["received_on"], b.lang),
        )
        for row in b.inputs.lists.to_dict("records")
    ]
    arrived = b.inputs.lists[~b.inputs.lists["state"].isin(MISSING_LIST_STATES)]
    sums = {name: arrived[name].sum() for name in ("file_count", "received", "accepted", "set_aside", "repaired")}
    total = ListRow(
        list_key="",
        title=b.words.say("text.total"),
        agency="",
        state="",
        state_title="",
        files=count(sums["file_count"]),
        received=count(sums["received"]),
        accepted=count(sums["accepted"]),
        set_aside=count(sums["set_aside"]),
        repaired=share(sums["repaired"], sums["accepted"]),
        received_on="",
    )
    return ListTable(b.caption("table", "lists"), tuple(rows), total)


def _quality(b: Builder) -> Table:
    quality = b.inputs.quality
    dimensions = list(dict.fromkeys(quality["dimension"]))
    known = {(row["list_key"], row["dimension"]): (row["failed"], row["checked"]) for row in quality.to_dict("records")}

    def cell(list_key: str, dimension: str) -> Cell:
        if list_key in b.absent_lists:
            return b.cell(None, "not_received")
        failed, checked = known.get((list_key, dimension), (0, 0))
        if not checked:
            return b.cell(None, "not_applicable")
        share = failed / checked
        shade = f"heat-{sum(share >= limit for limit in b.settings.quality_limits) + 1}" if failed else ""
        text = write_percent(share, b.lang, decimals=1)
        return Cell(text, "shown" if failed else "zero", shade=shade, number=round(share, 3))

    rows = tuple(
        Row(b.list_titles[key], tuple(cell(key, dimension) for dimension in dimensions))
        for key in b.inputs.lists["list_key"]
    )
    columns = tuple(Column(b.words.find(f"quality_dimensions.{d}") or d) for d in dimensions)
    caption = b.caption("chart", "quality", unit=b.words.say("text.percent_of_records"))
    return Table(caption, b.words.say("text.list"), columns, rows, b.words.say("text.quality_note"))


def _definitions(b: Builder) -> tuple[DefinitionRow, ...]:
    return tuple(
        DefinitionRow(
            key=definition.key,
            title=b.title(definition.title),
            unit=b.unit(definition.unit),
            text=b.title(definition.text),
            sources=b.sources(definition) or b.words.say("text.all_lists"),
        )
        for definition in b.inputs.definitions
    )


def _methodology(b: Builder) -> tuple[str, ...]:
    threshold, minimum = b.threshold, b.settings.rate_minimum
    sentences = b.inputs.strings["methodology"]
    fields = {
        "threshold": write_number(threshold, b.lang),
        "most_hidden": write_number(threshold - 1, b.lang),
        "rate_minimum": write_number(minimum, b.lang),
    }
    return tuple(str(sentence).format(**fields) for sentence in sentences)


def _marks(b: Builder) -> tuple[Legend, ...]:
    """The four marks that are not a number, and what each says."""
    states: tuple[State, ...] = ("zero", "hidden", "not_received", "not_applicable")
    texts = {state: write_number(0, b.lang) if state == "zero" else b.words.say(f"marks.{state}") for state in states}
    return tuple(Legend(b.mark_note(state), Cell(text, state)) for state, text in texts.items())


def _revisions(b: Builder) -> tuple[RevisionRow, ...]:
    return tuple(
        RevisionRow(
            number=write_number(revision.revision, b.lang),
            issued_on=write_date(revision.issued_on, b.lang) if revision.issued_on else "",
            what=b.words.say("text.list_semicolon").join(_told(b, "revision_what", revision)),
            why=b.words.say("text.list_semicolon").join(_told(b, "revision_why", revision)),
        )
        for revision in b.inputs.revisions
    )


def _told(b: Builder, section: str, revision: Revision) -> list[str]:
    """The causes of a revision in words, each once."""
    told = (
        b.words.say(f"{section}.{cause.code}", list=b.list_titles.get(cause.list_key, cause.list_key))
        for cause in revision.causes
    )
    return list(dict.fromkeys(told))


def _revised(b: Builder) -> Revised | None:
    """Every headline figure that the former revision of the month gave otherwise; None in a first revision."""
    if not b.replaced:
        return None
    strip = [(item.key, item.part) for item in b.settings.strip]
    table = [(item.key, part) for item in b.settings.headline for part in (item.part, *item.parts)]
    names = [name for name in dict.fromkeys([*strip, *table]) if name in b.replaced]
    rows = []
    for key, part in names:
        before, before_state, _ = b.replaced[key, part]
        value, state, unit = b.figure(key, part)
        is_same = state == before_state and (state != "shown" or value == before)
        if not is_same:
            title = b.words.find(f"strip.{key}") or b.figure_title(key)
            title = f"{title} – {b.figure_title(key, part)}" if part else title
            can_compare = {state, before_state} <= {"shown", "zero"}
            change = b.change_from(b.replaced, key, part)[0] if can_compare else ""
            if (
                {state, before_state} == {"shown"}
                and abs(value - before) < b.threshold
                and unit in b.settings.people_units
            ):
                # Two numbers side by side would tell of a few families; that it moved is all that may be said.
                before_state, change = "hidden", b.words.say("change.few", limit=write_number(b.threshold, b.lang))
            rows.append(RevisedFigure(title, b.cell(before, before_state), b.cell(value, state), b.unit(unit), change))
    return Revised(caption=b.caption("table", "revised") if rows else None, rows=tuple(rows))


def _facts(b: Builder) -> tuple[Fact, ...]:
    edition = b.inputs.edition
    codes = {
        "month": str(edition.month),
        "as_of": edition.as_of.isoformat(),
        "snapshot_id": edition.snapshot_id,
        "rules_version": edition.rules_version,
        "code_version": edition.code_version,
        "numbers_hash": edition.numbers_hash,
    }
    return tuple(Fact(b.words.say(f"facts.{name}"), text, True) for name, text in codes.items())


def _whole_percent(share: float) -> int:
    return math.floor(share * 100 + 0.5)


def _percentage(share: float) -> str:
    """A CSS length, to a tenth of a per cent: enough to draw, and no more than the printed numbers tell."""
    return f"{share * 100:.1f}%"
