"""The tables of the governorate's report: by agency, by county, and where agencies overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from palayesh.persian_text import sort_key
from palayesh.reports.builder import MISSING_LIST_STATES, Builder, parts_with_states
from palayesh.reports.inputs import State
from palayesh.reports.parts import Cell, Column, Matrix, Part, Row, Table
from palayesh.reports.wording import write_number


def overlap(b: Builder) -> Matrix:
    kinds = ("conflict", "notice", "shown")
    known: dict[tuple[frozenset[str], str], tuple[float, State]] = {}
    for kind, pairs in b.inputs.overlap.groupby("kind", sort=True):
        for row in parts_with_states(b, pairs, f"overlap.{kind}s").to_dict("records"):
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


def agencies(b: Builder) -> Table:
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


def counties(b: Builder) -> Table:
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


def agencies_by_county(b: Builder) -> Table:
    measure = b.settings.agency_by_county_measure
    columns = tuple(Column(b.agency_titles[a.agency], b.unit("household")) for a in b.supporting)
    rows = _county_rows(b, lambda county: tuple(b.count_cell(measure, a.agency, county) for a in b.supporting))
    caption = b.caption("table", "agencies_by_county")
    return Table(caption, b.words.say("text.county"), columns, rows, b.words.say("text.agencies_by_county_note"))


def agencies_on_a_page(b: Builder) -> tuple[int, ...]:
    """The places of the agencies that cover most, as many as there is room for, in their order."""
    covered = [b.count_cell(b.settings.covered_measure, a.agency, "").number or 0.0 for a in b.supporting]
    largest = sorted(range(len(covered)), key=lambda place: (-covered[place], place))
    return tuple(sorted(largest[: b.settings.most_agency_columns]))


def columns_of(table: Table, places: Sequence[int]) -> Table:
    rows = tuple(replace(row, cells=tuple(row.cells[at] for at in places)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[at] for at in places), rows=rows)
