"""The first page: what must be decided, every county at a glance; and why a month has a new revision."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from palayesh.adapters.templates import load_strings
from palayesh.language import Language
from palayesh.persian_text import sort_key
from palayesh.reports.contents import build_contents
from palayesh.reports.revisions import OTHER_INPUTS, Cause, causes
from tests.golden.sample_report import COUNTIES, sample_inputs


def county(name: str, **changed: object) -> tuple[str, str, str]:
    report = build_contents(replace(sample_inputs("fa"), **changed))
    line = next(line for line in report.glance.counties if line.label == name)
    return line.cell.text, line.direction, line.change


def with_before(county_code: str, value: float, state: str = "shown") -> pd.DataFrame:
    cells = sample_inputs("fa").coverage_cells.copy()
    row = (cells["measure"] == "eligible_uncovered") & (cells["county"] == county_code) & (cells["agency"] == "")
    cells.loc[row, ["value", "state"]] = (value, state)
    return cells


def test_every_county_stands_on_the_first_page_in_the_order_of_the_alphabet() -> None:
    labels = [line.label for line in build_contents(sample_inputs("fa")).glance.counties]
    assert labels == sorted((fa for fa, _ in COUNTIES.values()), key=sort_key)


@pytest.mark.parametrize(
    ("before", "direction", "change"),
    [(58, "same", "≈"), (51, "same", "≈"), (65, "same", "≈"), (50, "up", "۱۰"), (71, "down", "۱۵"), (21, "up", "۳۵")],
)
def test_a_countys_change_is_told_in_round_numbers_only(before: float, direction: str, change: str) -> None:
    """Jiroft has 58 this month; a change of fewer than eight families is never told."""
    assert county("جیرفت", previous_coverage_cells=with_before("0803", before)) == ("۵۸", direction, change)


def test_a_change_from_or_to_a_hidden_number_is_not_told() -> None:
    assert county("جیرفت", previous_coverage_cells=with_before("0803", 20, "hidden")) == ("۵۸", "none", "")
    now = county(
        "جیرفت", coverage_cells=with_before("0803", 58, "hidden"), previous_coverage_cells=with_before("0803", 20)
    )
    assert now == ("پنهان", "none", "")
    assert county("جیرفت", previous_coverage_cells=None) == ("۵۸", "none", "")


def test_at_most_three_decisions_are_asked_each_with_its_owner_and_day() -> None:
    asked = build_contents(sample_inputs("fa")).decisions
    assert len(asked) == 3
    assert "متقاضیان انجمن" in asked[0].text, "what did not come is asked for first"
    assert all(decision.owner and decision.until == "۱۴۰۴/۰۴/۰۴" for decision in asked)
    conflicts = next(decision for decision in asked if "۳۱ خانوار" in decision.text)
    assert conflicts.owner == "بهزیستی و کمیتهٔ امداد"
    assert conflicts.before == "۳۲ خانوار"


def test_without_a_month_before_nothing_is_said_about_changes() -> None:
    inputs = sample_inputs("fa")
    report = build_contents(replace(inputs, previous_coverage_cells=None))
    assert not any(line.change for line in report.glance.counties)
    assert "نسبت به ماه پیش" not in report.glance.note
    assert "نسبت به ماه پیش" in build_contents(inputs).glance.note


def test_nothing_is_asked_on_a_hidden_number() -> None:
    inputs = sample_inputs("fa")
    frame = inputs.figures.copy()
    frame.loc[frame["key"] == "overlap.conflicts", "value"] = 4.0
    report = build_contents(replace(inputs, figures=frame))
    assert not any("دوگانهٔ ناسازگار" in decision.text for decision in report.decisions)


def test_the_table_of_what_changed_holds_the_changed_figures_only() -> None:
    revised = build_contents(sample_inputs("fa")).revised
    assert revised is not None
    assert [(row.before.text, row.cell.text, row.change) for row in revised.rows] == [
        ("۱٬۸۰۰", "۱٬۸۹۱", "۹۱ خانوار افزایش")
    ]
    inputs = sample_inputs("fa")
    same = build_contents(replace(inputs, replaced_figures=inputs.figures)).revised
    assert same is not None
    assert same.rows == ()
    assert build_contents(replace(inputs, replaced_figures=None)).revised is None


def test_a_figure_that_could_not_be_said_before_is_no_change_of_the_month() -> None:
    inputs = sample_inputs("fa")
    value = inputs.figures["value"].mask(inputs.figures["key"] == "relief_committee.referred_persons")
    revised = build_contents(replace(inputs, replaced_figures=inputs.figures.assign(value=value))).revised
    assert revised is not None
    row = next(row for row in revised.rows if row.cell.text == "۹٬۰۰۰")
    assert (row.before.state, row.change) == ("not_received", "")


def test_a_total_that_is_no_figure_of_its_own_is_told_too() -> None:
    """«Covered by more than one agency» stands in the strip and among the cells alone."""
    cells = sample_inputs("fa").coverage_cells
    other = cells.assign(value=cells["value"].mask(cells["measure"] == "covered_twice", 100.0))
    inputs = sample_inputs("fa")
    revised = build_contents(replace(inputs, replaced_figures=inputs.figures, replaced_cells=other)).revised
    assert revised is not None
    assert [(row.title, row.before.text) for row in revised.rows] == [("زیر پوشش بیش از یک دستگاه", "۱۰۰")]


@pytest.mark.parametrize(
    ("before", "said"), [(1889.0, "کمتر از ۸"), (1884.0, "کمتر از ۸"), (1883.0, "۸ خانوار افزایش")]
)
def test_the_table_of_what_changed_tells_of_no_few_families(before: float, said: str) -> None:
    inputs = sample_inputs("fa")
    frame = inputs.figures.assign(value=lambda frame: frame["value"].where(frame["key"] != "coverage.covered", before))
    revised = build_contents(replace(inputs, replaced_figures=frame)).revised
    assert revised is not None
    assert [row.change for row in revised.rows] == [said]
    assert (revised.rows[0].before.text == "پنهان") == (said == "کمتر از ۸")


BEFORE = {"submissions": [["S1", "validated", "prisons/custody", 10, 0]], "judgements": 3, "rules": "a", "code": "1"}


def now(**changed: object) -> dict[str, object]:
    return {**BEFORE, **changed}


def test_a_late_list_is_named_in_the_revision_log() -> None:
    late = now(submissions=[*BEFORE["submissions"], ["S2", "validated", "relief_committee/caseload", 5, 1]])
    assert causes(BEFORE, late) == (Cause("list_added", "relief_committee/caseload"),)
    row = build_contents(sample_inputs("fa")).revisions[0]
    assert row.what.startswith("«مددجویان کمیتهٔ امداد» افزوده شد؛ ")
    assert row.why == "پس از محاسبهٔ پیشین رسید؛ بازبینی راهبران داده"


def test_every_cause_is_told_apart() -> None:
    assert causes(BEFORE, now(submissions=[["S9", "validated", "prisons/custody", 11, 0]])) == (
        Cause("list_replaced", "prisons/custody"),
    )
    assert causes(BEFORE, now(submissions=[["S1", "superseded", "prisons/custody", 10, 0]])) == (
        Cause("list_gone", "prisons/custody"),
    )
    assert causes(BEFORE, now(judgements=4)) == (Cause("judgements"),)
    assert causes(BEFORE, now(corrections="x")) == (Cause("corrections"),)
    assert causes(BEFORE, now(rules="b", code="2")) == (Cause("rules"), Cause("code"))


def test_a_run_whose_inputs_were_not_kept_says_so() -> None:
    assert causes(None, BEFORE) == causes(BEFORE, BEFORE) == (Cause("untold"),)


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_cause_has_its_words(lang: Language) -> None:
    strings = load_strings("coverage", lang)
    codes = {"first", "untold", "list_added", "list_gone", "list_replaced", *OTHER_INPUTS}
    assert set(strings["revision_what"]) == set(strings["revision_why"]) == codes
