"""The public summary, the run sheet and an agency's report of the sample month: what they say, what they never say, how they look."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pikepdf
import pytest
from lxml.html import HtmlElement, document_fromstring

from palayesh.adapters.pdf import render_pdf
from palayesh.adapters.report_workbook import render_sheets
from palayesh.adapters.templates import load_strings, render_report
from palayesh.language import Language
from palayesh.persian_text import to_ascii_digits
from palayesh.reports.agency import ForeignRow, action_sheet, build_agency
from palayesh.reports.run_sheet import build_run_sheet
from tests.golden.pages import GOLDEN, accessibility_faults, assert_looks_golden, body_of
from tests.golden.sample_editions import (
    EDITIONS,
    agency_facts,
    agency_report,
    inputs_of,
    public_counts,
    public_summary,
    run_facts,
)
from tests.golden.sample_report import MONTH, sample_inputs

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES: tuple[Language, ...] = ("fa", "en")
KINDS = tuple(EDITIONS)


@cache
def html_of(kind: str, lang: Language) -> str:
    return render_report(EDITIONS[kind](lang), kind=kind)


@cache
def pdf_of(kind: str, lang: Language) -> bytes:
    page = render_report(EDITIONS[kind](lang), kind=kind, medium="pdf")
    return render_pdf(page, as_of=MONTH.last_day)


def page_of(kind: str, lang: Language) -> HtmlElement:
    return document_fromstring(html_of(kind, lang))


def text_of(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def read_number(text: str) -> float:
    return float(to_ascii_digits(text).replace("٬", "").replace(",", "").replace("٫", ".").rstrip("%٪"))


# All of them


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_the_golden_page(kind: str, lang: Language) -> None:
    """Change it only on purpose: ``python -m tests.golden.regenerate``, then read the difference."""
    assert body_of(html_of(kind, lang)) == (GOLDEN / f"{kind}.{lang}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_pages_look_like_the_golden_pages(kind: str) -> None:
    assert_looks_golden(pdf_of(kind, "fa"), kind)


def test_the_same_month_gives_the_same_bytes_in_any_process() -> None:
    """HTML, PDF and the action list over hash seeds, time zones and locales."""
    surroundings = [
        {"PYTHONHASHSEED": "3", "TZ": "Asia/Tehran", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "91", "TZ": "America/St_Johns", "LC_ALL": "fa_IR.UTF-8", "SOURCE_DATE_EPOCH": "5"},
    ]
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "tests.golden.render_sample", "editions"],
            cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1", **around}, capture_output=True, text=True, check=True,
        ).stdout
        for around in surroundings
    ]  # fmt: skip
    assert len(outputs[0].split()) == 2 * len(KINDS) + 1
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_have_the_same_strings(kind: str) -> None:
    def names(strings: object, path: str = "") -> set[str]:
        if isinstance(strings, dict):
            return {name for key, inner in strings.items() for name in names(inner, f"{path}.{key}")}
        return {path}

    persian, english = names(load_strings(kind, "fa")), names(load_strings(kind, "en"))
    assert {name for name in english ^ persian if not name.endswith("_plural")} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_loads_nothing_from_outside(kind: str) -> None:
    page = page_of(kind, "fa")
    assert (page.get("lang"), page.get("dir")) == ("fa", "rtl")
    assert page.xpath("//script | //img | //link") == []
    assert not re.search(r"file:|//cdn|url\(['\"]?http", html_of(kind, "fa"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pdf_is_tagged_and_its_tables_have_headings(kind: str) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(kind, "fa"))) as document:
        assert bool(document.Root["/MarkInfo"]["/Marked"])
        assert str(document.Root["/Lang"]) == "fa"
        assert str(document.docinfo["/Title"]).strip()
        kinds = {
            str(o["/S"]) for o in document.objects if isinstance(o, pikepdf.Dictionary) and "/S" in o and "/P" in o
        }
    assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= kinds


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pdf_conforms_to_pdf_ua(kind: str, lang: Language) -> None:
    assert accessibility_faults(pdf_of(kind, lang)) == []


# The public summary


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_public_summary_is_one_page(lang: Language) -> None:
    with pikepdf.open(io.BytesIO(pdf_of("public", lang))) as document:
        assert len(document.pages) == 1


def test_every_figure_of_the_public_page_is_a_public_count() -> None:
    counts = public_counts().set_index(["key", "county"])
    page = page_of("public", "en")
    for item in page.iterfind(".//li[@data-key]"):
        value = counts.loc[(item.get("data-key"), ""), "value"]
        assert read_number(text_of(item.find_class("value")[0])) == value
    report = public_summary("en")
    names = {county.title.en: county.code for county in sample_inputs("en").counties}
    rows = page.xpath("//table[contains(@class, 'beside')]/tbody/tr")
    assert len(rows) == len(report.counties.bars) == 25
    for row in rows:
        label, _, rate, known, covered = (text_of(cell) for cell in row)
        found = [counts.loc[(f"coverage.{measure}", names[label])] for measure in ("families_known", "covered")]
        for printed, count in zip((known, covered), found, strict=True):
            assert (printed[0].isdigit() and read_number(printed) == count["value"]) or count["state"] != "shown"
        if rate[0].isdigit() and found[1]["state"] == "shown":
            share = found[1]["value"] / found[0]["value"]
            assert read_number(rate) == np.floor(share * 100 + 0.5), "rates come from the rounded parts"
    people = [b.cell.number for b in report.counties.bars if b.beside[0].number is not None and b.beside[0].number < 30]
    assert set(people) == {None}, "no rate of fewer than thirty families"


def test_no_number_of_the_public_page_tells_more_than_a_multiple_of_five() -> None:
    report = public_summary("en")
    printed = [figure.cell.number for figure in report.strip]
    printed += [row.cells[0].number for row in report.figures.rows]
    printed += [cell.number for bar in report.counties.bars for cell in bar.beside]
    told = [number for number in printed if number is not None]
    assert len(told) > 40
    assert all(number % 5 == 0 for number in told)
    numbers = re.findall(r"\d[\d,]*", " ".join([*report.sentences, *(figure.change for figure in report.strip)]))
    counts = [read_number(number) for number in numbers if number.rstrip(",") not in ("1404", "57")]
    assert counts
    assert all(number % 5 == 0 for number in counts)


def test_true_counts_leave_no_trace_in_the_public_page() -> None:
    """The unrounded totals stand nowhere in it, neither in the text nor in a bar's length."""
    html = html_of("public", "en")
    inputs = sample_inputs("en").coverage_cells
    totals = inputs[(inputs["agency"] == "") & (inputs["county"] == "")]
    unround = [int(value) for value in totals["value"] if value % 5]
    assert unround
    assert [f"{value:,}" for value in unround if f"{value:,}" in body_of(html)] == []


# The run sheet


def test_a_lost_row_stands_out_in_the_run_sheet() -> None:
    facts = run_facts()
    lists = facts.lists.copy()
    lists.loc[0, "accepted"] = lists.loc[0, "accepted"] - 1
    report = build_run_sheet(inputs_of("run_sheet", "en"), replace(facts, lists=lists))
    assert report.sentences[0] == "1 rows are unaccounted for. The month must not be released."
    assert report.sections[0].tables[0].rows[0].cells[5].number == 1


def test_new_kinds_of_failure_come_first() -> None:
    table = build_run_sheet(inputs_of("run_sheet", "en"), run_facts()).sections[2].tables[0]
    assert table.rows[0].label == "The birth date cannot be read."
    assert table.rows[0].cells[1].text == "new"
    assert [row.cells[2].number for row in table.rows[1:3]] == [530, 30]


def test_a_gate_or_a_log_that_fails_is_said_first() -> None:
    facts = run_facts()
    broken = replace(facts, counts={**facts.counts, "public_exposed": 2, "audit_broken_at": 17})
    said = build_run_sheet(inputs_of("run_sheet", "en"), broken).sentences
    assert "The disclosure check does not hold. The month must not be released." in said
    assert any("from entry 17 on" in sentence for sentence in said)


# An agency's own


def test_an_agencys_report_names_its_own_lists_and_no_other() -> None:
    text = text_of(page_of("agency", "en"))
    lists = sample_inputs("en").lists
    own = lists["list_key"].str.startswith("behzisti/")
    assert all(title in text for title in lists.loc[own, "title_en"])
    assert [title for title in lists.loc[~own, "title_en"] if title in text] == []
    others = [agency.title.en for agency in sample_inputs("en").agencies if agency.agency != "behzisti"]
    assert [title for title in others if title in text] == []


@pytest.mark.parametrize("table", ["actions", "failures", "repeats", "headings", "decided", "changes"])
def test_a_planted_row_of_another_agency_stops_the_report(table: str) -> None:
    facts = agency_facts()
    own, foreign = getattr(facts, table), getattr(agency_facts("relief_committee"), table)
    if foreign.empty:
        foreign = own.head(1).assign(list_key="relief_committee/caseload")
    planted = replace(facts, **{table: pd.concat([own, foreign.head(1)], ignore_index=True)})
    for build in (build_agency, action_sheet):
        with pytest.raises(ForeignRow, match=table):
            build(inputs_of("agency", "en"), planted)


def test_other_agencies_are_a_median_without_a_name() -> None:
    table = agency_report("en").sections[3].tables[0]
    own, median = table.rows[0].cells
    assert (table.rows[0].label, own.text) == ("Set aside", "2.5%")
    shares = (136 / 14_665, 80 / 7_412, 8 / 741)
    assert median.text == f"{sorted(shares)[1]:.1%}"


def test_a_median_of_two_is_not_told() -> None:
    inputs = inputs_of("agency", "en")
    few = replace(inputs, quality=inputs.quality[~inputs.quality["list_key"].str.startswith("association/")])
    assert build_agency(few, agency_facts()).sections[3].tables[0].rows[0].cells[1].state == "not_applicable"


def test_work_is_told_by_urgency_and_counts_are_the_lists() -> None:
    table = agency_report("en").sections[0].tables[0]
    assert [row.cells[0].number for row in table.rows] == [2, 0, 1, 0, 1, 0, 1, 1]
    assert table.rows[0].label == "Eligible for your programme, in nobody’s cover"
    assert table.rows[2].cells[2].text == "1404/03/12", "the day on which the first order ends"
    assert sum(row.cells[0].number or 0 for row in table.rows) == len(agency_facts().actions)


def test_what_the_month_hides_is_hidden_from_the_agencys_letter() -> None:
    inputs = inputs_of("agency", "en")
    cells = inputs.coverage_cells
    own = (cells["agency"] == "behzisti") & (cells["measure"] == "eligible_uncovered") & (cells["county"] == "")
    hidden = replace(inputs, coverage_cells=cells.assign(state=cells["state"].mask(own, "hidden")))
    figure = next(f for f in build_agency(hidden, agency_facts()).strip if f.key == "eligible_uncovered/behzisti")
    assert (figure.cell.state, figure.cell.number) == ("hidden", None)
    assert figure.change == "not told, for confidentiality"


def test_the_action_list_is_a_workbook_of_cases_without_formulas() -> None:
    sheet = action_sheet(inputs_of("agency", "fa"), agency_facts())
    content = render_sheets([sheet], title="t", from_right=True, as_of=MONTH.last_day)
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = [row for row in page.iter_rows(min_row=4, values_only=True) if isinstance(row[0], (int, float))]
    assert len(rows) == len(agency_facts().actions)
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None} <= {"s", "n"}
    assert page.sheet_view.rightToLeft
    assert rows[3][10] == "کمیتهٔ امداد نیز پوشش می‌دهد"
    assert rows[5][8:] == ("لیست", 71, "آغاز خدمت خالی است.", "آن را بنویسید.")
