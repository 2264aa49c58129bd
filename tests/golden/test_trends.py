"""Months side by side: limits, gaps, and what may not be shown."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from palayesh.adapters.templates import load_settings
from palayesh.reports.contents import build_contents
from palayesh.reports.trends import Limits, draw, limits_of
from tests.golden.sample_report import MONTH, history, sample_inputs


def test_limits_are_the_mean_and_2_66_mean_ranges_and_need_twelve_months() -> None:
    values = [100.0, 110.0] * 6
    assert limits_of(values[:11]) is None
    assert limits_of(values) == Limits(105 - 26.6, 105, pytest.approx(105 + 26.6))
    # A gap has no range on either side of it, and is no month.
    assert limits_of([*values[:11], math.nan]) is None
    assert limits_of([*values, math.nan, 110.0]) == Limits(
        pytest.approx(105.384615 - 26.6), pytest.approx(105.384615), pytest.approx(105.384615 + 26.6)
    )


def test_what_is_hidden_or_missing_breaks_the_line_and_is_nowhere_in_it() -> None:
    drawing = draw(
        [10.0, 20.0, 3.0, 40.0, 50.0, math.nan], ["shown", "shown", "hidden", "shown", "shown", "not_received"], None,
        from_right=False,
    )  # fmt: skip
    assert len(drawing.points) == 4
    assert [stretch.count(",") for stretch in drawing.stretches] == [2, 2]
    assert (drawing.band, drawing.mean) == (None, None)


def test_time_runs_from_where_reading_begins() -> None:
    values, states = [1.0, 2.0, 3.0], ["shown"] * 3
    from_left = [float(point.x) for point in draw(values, states, None, from_right=False).points]
    from_right = [float(point.x) for point in draw(values, states, None, from_right=True).points]
    assert from_left == sorted(from_left)
    assert from_right == pytest.approx([500 - x for x in from_left])
    # More is higher.
    heights = [float(point.y) for point in draw(values, states, None, from_right=False).points]
    assert heights == sorted(heights, reverse=True)


def test_a_month_beyond_the_limits_is_marked_and_said() -> None:
    report = build_contents(sample_inputs("en"))
    lines = {line.title: line for line in report.trends.lines}
    assert lines["Families known"].verdict == "within the usual variation"
    assert lines["Covered by more than one agency"].verdict == "beyond the usual variation"
    assert [point.is_special for point in lines["Covered"].drawing.points].count(True) == 1
    known = next(figure for figure in report.strip if figure.key == "coverage.families_known")
    assert known.direction == "none", "no arrow points at usual variation"
    assert known.change.endswith("(within the usual variation)")


def test_the_table_behind_the_lines_has_every_month_and_no_hidden_number() -> None:
    report = build_contents(sample_inputs("en"))
    assert len(report.months.rows) == 14
    assert report.months.rows[0].label == MONTH.title("en")
    by_month = {row.label: row for row in report.months.rows}
    twice = by_month[MONTH.plus(-3).title("en")].cells[-1]
    assert (twice.state, twice.number) == ("hidden", None)
    assert {cell.state for cell in by_month[MONTH.plus(-5).title("en")].cells} == {"not_received"}


def test_the_first_month_has_no_trend_and_a_second_has_no_limits() -> None:
    inputs = sample_inputs("fa")
    assert build_contents(replace(inputs, history=None)).trends is None
    last = history()[history()["month"] == str(MONTH.plus(-1))]
    short = build_contents(replace(inputs, history=last)).trends
    assert all(line.drawing.band is None and not line.verdict for line in short.lines)
    assert all(len(line.drawing.points) == 2 for line in short.lines)


def test_the_same_month_of_the_year_before_stands_beside_each_line() -> None:
    lines = build_contents(sample_inputs("fa")).trends.lines
    history = sample_inputs("fa").history
    ago = history[history["month"] == str(MONTH.plus(-12))].set_index("key")["value"]
    assert [line.year_ago.number for line in lines] == [ago[key] for key in load_settings().trend]
    young = history[history["month"] > str(MONTH.plus(-12))]
    assert {line.year_ago for line in build_contents(replace(sample_inputs("fa"), history=young)).trends.lines} == {
        None
    }
