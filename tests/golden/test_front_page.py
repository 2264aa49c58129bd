"""The first page: what must be decided, every county at a glance; and why a month has a new revision."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from palayesh.declaration import Title
from palayesh.persian_text import sort_key
from palayesh.reports.contents import build_contents
from palayesh.reports.revisions import FIRST, UNTOLD, explain
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


TITLES = {"relief_committee/caseload": Title(fa="مددجویان امداد", en="Relief caseload")}
BEFORE = {"submissions": [["S1", "validated", "prisons/custody", 10, 0]], "judgements": 3, "rules": "a", "code": "1"}


def late(**changed: object) -> dict[str, object]:
    return {**BEFORE, **changed}


def test_a_late_list_is_named_in_the_revision_log() -> None:
    now = late(submissions=[*BEFORE["submissions"], ["S2", "validated", "relief_committee/caseload", 5, 1]])
    what, why = explain(BEFORE, now, TITLES)
    assert (what.fa, what.en) == ("«مددجویان امداد» افزوده شد", "“Relief caseload” was added")
    assert why.en == "Arrived after the former computation"


def test_every_cause_is_told_apart() -> None:
    resent = late(submissions=[["S9", "validated", "prisons/custody", 11, 0]])
    assert explain(BEFORE, resent, {})[1].en == "The agency sent the list again"
    gone = late(submissions=[["S1", "superseded", "prisons/custody", 10, 0]])
    assert explain(BEFORE, gone, {})[0].en == "“prisons/custody” was taken out"
    assert explain(BEFORE, late(judgements=4), {})[1].en == "Clerical review"
    assert explain(BEFORE, late(corrections="x"), {})[1].en == "Corrections by data stewards"
    both = explain(BEFORE, late(rules="b", code="2"), {})[1]
    assert both.en == "Change of rules; Method of computation"


def test_a_run_of_the_first_release_says_that_it_does_not_know() -> None:
    assert explain(None, BEFORE, {}) == UNTOLD
    assert explain(BEFORE, BEFORE, {}) == UNTOLD
    assert FIRST[0].en == "First computation of the month"
