"""The charts of the governorate's report, each with what the table behind it says."""

from __future__ import annotations

import itertools
import math

from palayesh.reporting_month import ReportingMonth
from palayesh.reports.builder import (
    MISSING_LIST_STATES,
    MONTHS_OF_A_YEAR,
    Builder,
    counties_left_note,
    county_counts,
    exact_state,
    marks_of,
    months_of,
    series_of,
)
from palayesh.reports.inputs import Definition, State
from palayesh.reports.parts import (
    Bar,
    BarChart,
    Cell,
    Column,
    Dumbbell,
    DumbbellChart,
    Funnel,
    FunnelStep,
    Legend,
    Part,
    Row,
    Table,
    Tile,
    TileMap,
    TrendLine,
    Trends,
)
from palayesh.reports.trends import RANGES_TO_LIMITS, draw, limits_of
from palayesh.reports.wording import write_number, write_percent


def _bars(b: Builder, rows: list[tuple[str, float, State]]) -> tuple[Bar, ...]:
    longest = max((value for _, value, state in rows if state == "shown"), default=0.0)
    return tuple(
        Bar(label, b.cell(value, state), _percentage(value / longest) if state == "shown" else "")
        for label, value, state in rows
    )


def uncovered_by_county(b: Builder) -> BarChart:
    rows = county_counts(b, b.settings.uncovered_measure)
    drawn, left_out = rows[: b.settings.bars_shown], rows[b.settings.bars_shown :]
    definition = b.definition(f"coverage.{b.settings.uncovered_measure}")
    return BarChart(
        caption=b.caption("chart", "uncovered_by_county", unit=b.unit(definition.unit), source=_titles(b, definition)),
        bars=_bars(b, drawn),
        note=b.words.say("text.bars_left_out", number=write_number(len(left_out), b.lang)) if left_out else "",
    )


def trends(b: Builder) -> Trends | None:
    months = months_of(b)
    if not months:
        return None
    lines = []
    a_year_ago = str(b.inputs.edition.month.plus(-MONTHS_OF_A_YEAR))
    has_limits = has_special = False
    for key in b.settings.trend:
        values, states = series_of(b, key, months)
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


def months(b: Builder) -> Table | None:
    months = months_of(b)
    if not months:
        return None
    series = [series_of(b, key, months) for key in b.settings.trend]
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


def waiting(b: Builder) -> BarChart:
    rows: list[tuple[str, float, State]] = [
        (b.words.say(f"waiting_bands.{row['band']}"), row["value"], row["state"])
        for row in b.waiting.to_dict("records")
    ]
    definition = b.definition(f"coverage.{b.settings.uncovered_measure}")
    caption = b.caption("chart", "waiting", unit=b.unit(definition.unit), source=_titles(b, definition))
    return BarChart(caption=caption, bars=_bars(b, rows), note=b.words.say("text.waiting_note"))


def _titles(b: Builder, definition: Definition) -> list[str]:
    return [b.list_titles.get(key, key) for key in definition.sources]


def known_and_covered(b: Builder) -> DumbbellChart:
    covered_of = {b.county_titles[c.code]: b.count(b.settings.covered_measure, "", c.code) for c in b.inputs.counties}
    rows = county_counts(b, b.settings.known_measure)[: b.settings.most_counties]
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
        note=counties_left_note(b),
    )


def funnel(b: Builder) -> Funnel:
    """From rows to covered families. Where the unit changes nothing is lost: the same people are counted otherwise."""
    lists = b.inputs.lists[~b.inputs.lists["state"].isin(MISSING_LIST_STATES)]
    received, accepted = int(lists["received"].sum()), int(lists["accepted"].sum())
    known, known_state, _ = b.figure(f"coverage.{b.settings.known_measure}")
    covered, covered_state, _ = b.figure(f"coverage.{b.settings.covered_measure}")
    uncovered, uncovered_state, _ = b.figure(f"coverage.{b.settings.uncovered_measure}")
    households, households_state = float(b.inputs.household_count), exact_state(b.inputs.household_count)
    outside, outside_state = households - known, exact_state(households - known)
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
        ("received", received, exact_state(received), "record", ()),
        ("accepted", accepted, exact_state(accepted), "record",
         (loss("set_aside", received - accepted, exact_state(received - accepted)),)),
        ("persons", b.inputs.person_count, exact_state(b.inputs.person_count), "person", ()),
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


def tile_map(b: Builder) -> TileMap:
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
            "chart",
            "tile_map",
            unit=b.words.say("text.percent_of_known"),
            source=_titles(b, definition),
            count=write_number(len(tiles), b.lang),
        ),
        tiles=tiles,
        tile_width=_percentage(1 / columns),
        tile_height=_percentage(1 / rows),
        legend=(*classes, *(Legend("", entry.cell) for entry in marks_of(b) if entry.cell.state != "zero")),
    )


def _percentage(share: float) -> str:
    """A CSS length, to a tenth of a per cent: enough to draw, and no more than the printed numbers tell."""
    return f"{share * 100:.1f}%"
