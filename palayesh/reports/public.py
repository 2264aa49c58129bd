"""What everybody may read of a month: one page of rounded counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from palayesh.persian_text import sort_key
from palayesh.reports.builder import Builder, edition_head, key_figures, trust_sentences
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.parts import Bar, BarChart, Caption, Column, EditionReport, Row, Table
from palayesh.reports.wording import write_number, write_percent

PREFIX = "coverage."


@dataclass(frozen=True)
class PublicSummary(EditionReport):
    """The contents of the public summary for one month, revision and language."""

    figures: Table
    counties: BarChart
    rounding: tuple[str, ...]
    """How the numbers were made coarse, and what is not told."""


def build_public(
    inputs: ReportInputs, public: pd.DataFrame, previous: pd.DataFrame | None, *, base: int
) -> PublicSummary:
    """The public page of the month's report, from the counts of ``coverage.public_release`` and nothing else.

    ``inputs`` gives the month, the names and the words; its own counts are not looked at.
    """
    b = Builder(
        replace(
            inputs,
            figures=_figures(public),
            previous_figures=None if previous is None else _figures(previous),
            coverage_cells=_cells(public),
            previous_coverage_cells=None,
            history=None,
        )
    )
    figures = _table(b)
    counties = _counties(b)
    return PublicSummary(
        **edition_head(b),
        strip=key_figures(b),
        sentences=_sentences(b),
        trust_sentences=trust_sentences(b)[:2],
        headline_rows=(),
        figures=figures,
        counties=counties,
        rounding=tuple(
            str(sentence).format(
                base=write_number(base, b.lang),
                most_hidden=write_number(b.threshold - 1, b.lang),
                rate_minimum=write_number(b.settings.rate_minimum, b.lang),
            )
            for sentence in inputs.strings["rounding"]
        ),
    )


def _figures(public: pd.DataFrame) -> pd.DataFrame:
    of_province = public[public["county"] == ""]
    return of_province.assign(part="")[["key", "part", "value", "unit", "state"]]


def _cells(public: pd.DataFrame) -> pd.DataFrame:
    cells = public[public["key"].str.startswith(PREFIX)]
    return cells.assign(measure=cells["key"].str.removeprefix(PREFIX), agency="")[
        ["measure", "agency", "county", "value", "state"]
    ]


def _sentences(b: Builder) -> tuple[str, ...]:
    quantities = {
        name: b.quantity(*b.figure(f"{PREFIX}{measure}"))
        for name, measure in (
            ("known", b.settings.known_measure),
            ("covered", b.settings.covered_measure),
            ("uncovered", b.settings.uncovered_measure),
        )
    }
    share, state = b.rate("")
    said = [b.words.say("sentences.state", month=b.inputs.edition.month.title(b.lang), **quantities)]
    if state in ("shown", "zero"):
        said.append(b.words.say("sentences.rate", rate=write_percent(share, b.lang)))
    return tuple(said)


def _table(b: Builder) -> Table:
    rows = []
    for position, item in enumerate(b.settings.headline, start=1):
        value, state, unit = b.figure(item.key)
        unit = b.unit_after(0 if pd.isna(value) else value, unit)
        cells = (b.cell(value, state), b.text_cell(unit), b.text_cell(b.change(item.key)[0]))
        rows.append(Row(b.figure_title(item.key), cells, write_number(position, b.lang)))
    columns = tuple(
        Column(b.words.say(f"columns.{name}"), is_text=name != "value") for name in ("value", "unit", "change")
    )
    return Table(b.caption("table", "headline"), b.words.say("columns.figure"), columns, tuple(rows))


def _counties(b: Builder) -> BarChart:
    """Counties by their rate, the highest first; those whose rate is not told follow by the alphabet."""
    bars = []
    for code, title in b.county_titles.items():
        rate = b.rate_cell(code)
        beside = tuple(
            b.count_cell(measure, "", code) for measure in (b.settings.known_measure, b.settings.covered_measure)
        )
        width = f"{rate.number * 100:.1f}%" if rate.state == "shown" and rate.number is not None else ""
        bars.append(Bar(title, replace(rate, shade=""), width, beside))
    bars.sort(key=lambda bar: (-(bar.cell.number if bar.cell.number is not None else -1.0), sort_key(bar.label)))
    caption: Caption = b.caption("chart", "counties", unit=b.words.say("text.percent_of_known"))
    heads = tuple(b.words.say(f"measures.{m}") for m in (b.settings.known_measure, b.settings.covered_measure))
    return BarChart(caption, tuple(bars), b.words.say("text.rates_note"), heads)
