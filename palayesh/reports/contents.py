"""Everything the governorate's report says, already rounded, suppressed and written in the reader's language.

Templates compute nothing: they walk these values. A hidden number is gone before anything is measured, sorted or
written, so that neither a bar's length, nor an order, nor an attribute can give it back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from palayesh.reports import annex, breakdowns, charts, front_page
from palayesh.reports.builder import Builder, county_counts, edition_head, key_figures, marks_of, trust_sentences
from palayesh.reports.front_page import Decision, Glance
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.parts import (
    BarChart,
    Caption,
    DefinitionRow,
    DumbbellChart,
    EditionReport,
    Fact,
    Funnel,
    HeadlineFigure,
    Legend,
    ListTable,
    Matrix,
    Part,
    Revised,
    RevisionRow,
    Table,
    TileMap,
    Trends,
)
from palayesh.reports.wording import write_number


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


def build_contents(inputs: ReportInputs) -> CoverageReport:
    """The whole report as values a template can walk, the same for the same inputs."""
    b = Builder(inputs)
    # Captions take their numbers as they are built: keep this the order of the pages.
    headline_caption = b.caption("table", "headline")
    headline_rows = headline_rows_of(b)
    trends = charts.trends(b)
    funnel = charts.funnel(b)
    waiting = charts.waiting(b)
    agencies = breakdowns.agencies(b)
    overlap = breakdowns.overlap(b)
    tile_map = charts.tile_map(b)
    bars = charts.uncovered_by_county(b)
    dumbbells = charts.known_and_covered(b)
    lists = annex.lists(b)
    quality = annex.quality(b)
    counties = breakdowns.counties(b)
    by_county = breakdowns.agencies_by_county(b)
    months = charts.months(b)
    revised = annex.revised(b)
    shown = breakdowns.agencies_on_a_page(b)
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
        page_agencies_by_county=breakdowns.columns_of(by_county, shown),
        agencies_left=b.words.say("text.agencies_left", **said) if len(shown) < len(b.supporting) else "",
        definitions=annex.definitions(b),
        methodology=annex.methodology(b),
        marks=marks_of(b),
        revisions=annex.revisions(b),
        revised=revised,
        facts=annex.facts(b),
    )


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
        (value, label) for label, value, state in county_counts(b, b.settings.uncovered_measure) if state == "shown"
    ]
    if len(worst) >= 3:
        first_three = b.words.join([label for _, label in worst[:3]])
        third = b.words.say("sentences.counties", counties=first_three)
    else:
        third = b.words.say("sentences.counties_hidden")
    return first, second, third
