"""The governorate's report of the sample month: what it says, what it never says, and how it looks."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pikepdf
import pytest
from lxml.html import HtmlElement, document_fromstring

from palayesh.adapters.pdf import PdfFailed, render_pdf
from palayesh.adapters.report_workbook import render_workbook
from palayesh.adapters.rules import load_policies
from palayesh.adapters.templates import load_settings, load_strings, render_report
from palayesh.coverage.publication import publish
from palayesh.declaration import Title
from palayesh.language import Language
from palayesh.persian_text import sort_key, to_ascii_digits
from palayesh.reports.contents import CoverageReport, build_contents
from palayesh.reports.inputs import AgencyName, ReportInputs, Sum
from palayesh.reports.protection import Unprotected, hide_complements, protect_figures, with_states
from palayesh.reports.wording import write_date, write_long_date, write_number, write_percent
from tests.golden.pages import GOLDEN, accessibility_faults, assert_looks_golden, body_of
from tests.golden.sample_report import COUNTIES, EXPECTATIONS, MONTH, TRUE_COUNTS, figures, sample_inputs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report() -> CoverageReport:
    return build_contents(sample_inputs("fa"))


@pytest.fixture(scope="module")
def page(report: CoverageReport) -> HtmlElement:
    return document_fromstring(render_report(report))


@pytest.fixture(scope="module")
def pdf(report: CoverageReport) -> bytes:
    return render_pdf(render_report(report, medium="pdf"), as_of=MONTH.last_day)


def html_of(inputs: ReportInputs) -> str:
    return render_report(build_contents(inputs))


def read_number(text: str) -> float:
    return float(to_ascii_digits(text).replace("٬", "").replace(",", "").replace("٫", "."))


def text_of(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


# What it says


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_page_is_the_golden_page(lang: str) -> None:
    """Change it only on purpose: ``python -m tests.golden.regenerate``, then read the difference."""
    assert body_of(html_of(sample_inputs(lang))) == (GOLDEN / f"report.{lang}.html").read_text(encoding="utf-8")


def test_every_headline_figure_equals_its_input(page: HtmlElement) -> None:
    expected = figures().set_index(["key", "part"])["value"]
    printed = {row.get("data-key"): row for row in page.iterfind(".//tr[@data-key]")}
    assert set(printed) == {row.key for row in load_settings().headline}
    for key, row in printed.items():
        assert read_number(text_of(row.find_class("strong")[0])) == expected[key, ""], key


def test_the_strip_equals_the_figures_and_tells_the_change(page: HtmlElement, report: CoverageReport) -> None:
    expected = figures().set_index(["key", "part"])["value"]
    before = figures(1.04).set_index(["key", "part"])["value"]
    for item in page.iterfind(".//li[@data-key]"):
        key = item.get("data-key")
        if (key, "") not in expected.index:
            continue
        assert read_number(text_of(item.find_class("value")[0])) == expected[key, ""]
        change = text_of(item.find_class("change")[0])
        assert change.startswith(f"{write_number(before[key, ''] - expected[key, ''], 'fa')} خانوار کاهش")
    assert [figure.key for figure in report.strip if figure.emphasis] == ["coverage.eligible_uncovered"]


def test_sentences_say_what_the_figures_say(report: CoverageReport) -> None:
    known, uncovered = (
        figures().set_index(["key", "part"])["value"][key, ""]
        for key in ("coverage.families_known", "coverage.eligible_uncovered")
    )
    assert f"{write_number(known, 'fa')} خانوار" in report.sentences[0]
    assert f"{write_number(uncovered, 'fa')} خانوار" in report.sentences[0]
    assert "کرمان، جیرفت و بم" in report.sentences[2]


def test_changes_are_words() -> None:
    inputs = sample_inputs("fa")
    same = build_contents(replace(inputs, previous_figures=inputs.figures))
    assert {row.change for row in same.headline_rows if row.cell.state == "shown"} == {"بدون تغییر"}
    none = build_contents(replace(inputs, previous_figures=None))
    assert {row.change for row in none.headline_rows} == {"ماه پیش در دست نیست"}
    assert none.sentences[1] != same.sentences[1]


def test_counties_follow_the_alphabet_in_tables_and_the_number_in_charts(report: CoverageReport) -> None:
    names = [row.label for row in report.counties.rows[:25]]
    assert names == sorted((fa for fa, _ in COUNTIES.values()), key=sort_key)
    assert names.index("کوهبنان") < names.index("کهنوج"), "و comes before ه"
    values = [bar.cell.number for bar in report.uncovered_by_county.bars if bar.cell.state == "shown"]
    assert values == sorted(values, reverse=True)


def test_the_funnel_adds_up(report: CoverageReport) -> None:
    steps = report.funnel.steps
    for before, step in itertools.pairwise(steps):
        if step.starts_unit:
            assert not step.losses
            continue
        assert before.cell.number - sum(loss.cell.number for loss in step.losses) == step.cell.number


def test_lists_that_do_not_add_up_stop_the_report() -> None:
    inputs = sample_inputs("fa")
    lists = inputs.lists.copy()
    lists.loc[0, "accepted"] = lists.loc[0, "accepted"] - 1
    with pytest.raises(ValueError, match="do not add up"):
        build_contents(replace(inputs, lists=lists))


def test_a_figure_without_its_list_is_not_a_zero() -> None:
    inputs = sample_inputs("fa")
    frame = inputs.figures.copy()
    frame.loc[frame["key"] == "association.covered_prisoners", "value"] = float("nan")
    lists = inputs.lists.copy()
    lists.loc[lists["list_key"] == "association/caseload", "state"] = "missing"
    row = next(
        r
        for r in build_contents(replace(inputs, figures=frame, lists=lists)).headline_rows
        if r.key == "association.covered_prisoners"
    )
    assert (row.cell.state, row.cell.text) == ("not_received", "نرسیده")
    received = build_contents(replace(inputs, figures=frame))
    row = next(r for r in received.headline_rows if r.key == "association.covered_prisoners")
    assert row.cell.state == "not_applicable"


def test_a_county_without_a_cell_has_no_families() -> None:
    inputs = sample_inputs("fa")
    cells = inputs.coverage_cells
    report = build_contents(replace(inputs, coverage_cells=cells[cells["county"] != "0820"]))
    row = next(row for row in report.counties.rows if row.label == "انار")
    assert [cell.state for cell in row.cells] == ["zero"] * 5 + ["not_applicable"]


# What it never says


def test_hidden_values_leave_no_trace() -> None:
    """Other hidden values, the same page: neither text, attribute, order nor geometry depends on them."""
    inputs = sample_inputs("fa")
    cells = inputs.coverage_cells
    other = cells.assign(value=cells["value"].where(cells["state"] != "hidden", 5_000.0))
    small = inputs.figures.copy()
    keys = small["key"] + "/" + small["part"]
    small.loc[keys == "behzisti.referred_households/both", "value"] = 5.0
    small.loc[keys == "behzisti.referred_households/wife", "value"] = 26.0
    small.loc[keys == "overlap.notices/behzisti+relief_committee", "value"] = 4.0
    small.loc[keys == "overlap.notices/association+relief_committee", "value"] = 55.0
    overlap = inputs.overlap.copy()
    overlap.loc[overlap["kind"] == "notice", "value"] = [4.0, 55.0]
    changed = replace(inputs, coverage_cells=other, figures=small, overlap=overlap)
    assert html_of(changed) == html_of(inputs)
    assert render_workbook(build_contents(changed), as_of=MONTH.last_day) == render_workbook(
        build_contents(inputs), as_of=MONTH.last_day
    )


def test_hidden_cells_have_no_bar_and_no_place_in_the_order() -> None:
    inputs = sample_inputs("fa")
    cells = inputs.coverage_cells.copy()
    is_kerman = (cells["county"] == "0808") & (cells["measure"] == "eligible_uncovered") & (cells["agency"] == "")
    cells.loc[is_kerman, "state"] = "hidden"
    settings = inputs.settings.model_copy(update={"bars_shown": 25})
    bars = build_contents(replace(inputs, coverage_cells=cells, settings=settings)).uncovered_by_county.bars
    kerman = next(bar for bar in bars if bar.label == "کرمان")
    assert (kerman.width, kerman.cell.state, kerman.cell.number) == ("", "hidden", None)
    assert bars[0].label == "جیرفت"
    assert bars[0].width == "100.0%", "the scale may not remember the hidden count"


def test_no_small_count_of_people_is_printed(report: CoverageReport) -> None:
    cells = [cell for table in (report.agencies, report.counties, report.agencies_by_county) for row in table.rows
             for cell in row.cells[: len(row.cells) - (table is report.counties)]]  # fmt: skip
    cells += [part.cell for _, found in report.overlap.rows for parts in found for part in parts]
    cells += [bar.cell for bar in (*report.waiting.bars, *report.uncovered_by_county.bars)]
    numbers = [cell.number for cell in cells if cell.number is not None]
    assert len(numbers) > 150
    assert not [number for number in numbers if 1 <= number < 8]


def test_a_small_count_marked_as_shown_stops_the_report() -> None:
    inputs = sample_inputs("fa")
    cells = inputs.coverage_cells.copy()
    cells.loc[cells["county"] == "0818", "state"] = "shown"
    with pytest.raises(Unprotected):
        build_contents(replace(inputs, coverage_cells=cells))


def test_a_total_hidden_among_the_cells_is_hidden_in_the_headline() -> None:
    inputs = sample_inputs("fa")
    cells = inputs.coverage_cells.copy()
    total = (cells["county"] == "") & (cells["agency"] == "") & (cells["measure"] == "needs_information")
    cells.loc[total, "state"] = "hidden"
    strip = build_contents(replace(inputs, coverage_cells=cells)).strip
    assert next(f for f in strip if f.key == "coverage.needs_information").cell.state == "hidden"


@pytest.mark.parametrize(
    ("values", "total", "hidden"),
    [
        ([221, 28, 3], 252, [False, True, True]),
        ([221, 28, 0, 3], 252, [False, True, False, True]),
        ([5, 6, 40], 51, [True, True, False]),
        ([1, 2, 40], 43, [True, True, True]),
        ([100, 28], 128, [False, False]),
        ([100, 3], None, [False, True]),
    ],
)
def test_complements_are_hidden_until_no_subtraction_helps(
    values: list[float], total: float | None, hidden: list[bool]
) -> None:
    counts = with_states(pd.DataFrame({"value": pd.Series(values, dtype="float64")}), threshold=8)
    states = hide_complements(pd.Series(values, dtype="float64"), counts["state"], total, threshold=8)
    assert (states == "hidden").tolist() == hidden


def test_a_total_is_hidden_where_its_parts_cannot_hide_each_other() -> None:
    frame = pd.DataFrame(
        {"key": ["a", "a", "a"], "part": ["", "x", "y"], "value": [4.0, 4.0, 0.0], "unit": ["household"] * 3}
    )
    sums = [Sum(total="a", parts=["a/*"])]
    stated = protect_figures(frame, threshold=8, people_units=["household"], exempt=[], sums=sums)
    assert stated["state"].tolist() == ["hidden", "hidden", "zero"]
    assert stated["value"].isna().tolist() == [True, True, False]


def test_four_marks_differ_in_word_and_in_look(report: CoverageReport, page: HtmlElement) -> None:
    texts = {entry.cell.state: entry.cell.text for entry in report.marks}
    assert set(texts) == {"zero", "hidden", "not_received", "not_applicable"}
    assert len(set(texts.values())) == 4
    for state in ("hidden", "not_received", "not_applicable"):
        assert page.find_class(state), state
    style = (ROOT / "reports_templates" / "_shared" / "print.css").read_text(encoding="utf-8")
    looks = [re.search(rf"\.mark\.{state} {{([^}}]*)}}", style)[1] for state in texts if state != "zero"]
    assert len(set(looks)) == 3
    tiles = {text_of(tile.find_class("name")[0]): tile for tile in page.find_class("tile")}
    assert text_of(tiles["ارزوئیه"].find_class("amount")[0]) == "۰٪"
    assert text_of(tiles["گنبکی"].find_class("amount")[0]) == "پنهان"
    assert text_of(tiles["جازموریان"].find_class("amount")[0]) == "نرسیده"


def test_hostile_text_is_escaped() -> None:
    inputs = sample_inputs("fa")
    hostile = "<script>alert(1)</script>{{7*7}}<img src=file:///etc/passwd>"
    agencies = (AgencyName("behzisti", Title(fa=hostile, en=hostile), True), *inputs.agencies[1:])
    html = html_of(replace(inputs, agencies=agencies))
    tree = document_fromstring(html)
    assert not [tag for tag in ("script", "img", "iframe", "object", "link") if tree.find(f".//{tag}") is not None]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in html
    assert "49" not in text_of(tree.find_class("matrix")[0].find("thead"))


def test_the_report_takes_what_coverage_protects() -> None:
    """The frames of ``Summary``, whole numbers and all: what is hidden there is a word here, and the rest is equal."""
    inputs = sample_inputs("fa")
    policies = load_policies(EXPECTATIONS)
    whole = {"value": "Int64"}
    cells = inputs.coverage_cells.drop(columns="state").astype(whole)
    figures_of = inputs.figures[inputs.figures["key"] != "behzisti.days_to_first_service"]
    published = publish(
        figures_of,
        cells,
        inputs.overlap.astype(whole),
        inputs.waiting.astype(whole),
        policies.figures,
        policies.disclosure,
    )
    days = inputs.figures[inputs.figures["key"] == "behzisti.days_to_first_service"]
    report = build_contents(
        replace(
            inputs,
            figures=pd.concat([published.figures, days.assign(state="shown")], ignore_index=True),
            coverage_cells=published.cells,
            overlap=published.overlap,
            waiting=published.bands,
        )
    )
    hidden = published.cells[(published.cells["state"] == "hidden") & (published.cells["agency"] == "")]
    assert len(hidden) >= 4
    place = {measure: number for number, measure in enumerate(inputs.settings.county_measures)}
    rows = {row.label: row for row in report.counties.rows}
    for cell in hidden[hidden["county"].isin(COUNTIES) & hidden["measure"].isin(place)].to_dict("records"):
        assert rows[COUNTIES[cell["county"]][0]].cells[place[cell["measure"]]].text == "پنهان"


def test_a_string_that_is_missing_is_an_error() -> None:
    inputs = sample_inputs("fa")
    strings = json.loads(json.dumps(inputs.strings))
    del strings["sentences"]["state"]
    with pytest.raises(KeyError, match=r"sentences\.state"):
        build_contents(replace(inputs, strings=strings))


def test_both_languages_have_the_same_strings() -> None:
    def names(strings: object, path: str = "") -> set[str]:
        if isinstance(strings, dict):
            return {name for key, inner in strings.items() for name in names(inner, f"{path}.{key}")}
        return {path}

    persian, english = names(load_strings("coverage", "fa")), names(load_strings("coverage", "en"))
    assert {name for name in english - persian if not name.endswith("_plural")} == set()
    assert persian - english == set()


def test_the_page_needs_nothing_from_outside(page: HtmlElement) -> None:
    html = render_report(build_contents(sample_inputs("fa")))
    assert not re.search(r"https?://|file:|//cdn", html)
    assert page.get("lang") == "fa"
    assert page.get("dir") == "rtl"
    assert page.find(".//script") is None


# How it looks


def test_no_svg_text(report: CoverageReport) -> None:
    """WeasyPrint draws the letters of an SVG text in reverse order."""
    for medium in ("html", "pdf"):
        assert "<text" not in render_report(report, medium=medium)


def test_at_least_four_charts_with_title_unit_and_source(page: HtmlElement) -> None:
    charts = page.findall(".//figure")
    assert len(charts) >= 7
    for chart in charts:
        assert chart.get("aria-label")
        assert text_of(chart.find_class("caption")[0].find_class("title")[0])
        assert "۱۴۰۴" in text_of(chart.find_class("subtitle")[0])
        assert text_of(chart.find_class("source")[-1]).startswith("منبع:")


def test_the_tile_map_has_every_county_once_and_is_not_mirrored(report: CoverageReport) -> None:
    tiles = report.tile_map.tiles
    assert len({tile.label for tile in tiles}) == len({(tile.left, tile.top) for tile in tiles}) == 25
    english = build_contents(sample_inputs("en")).tile_map.tiles
    assert [(tile.left, tile.top) for tile in english] == [(tile.left, tile.top) for tile in tiles]
    place = {tile.label: float(tile.left[:-1]) for tile in tiles}
    assert place["شهربابک"] < place["کرمان"] < place["فهرج"], "west is left"


def test_rates_come_from_the_printed_counts(report: CoverageReport) -> None:
    for tile, (code, _) in zip(report.tile_map.tiles, COUNTIES.items(), strict=True):
        counts = TRUE_COUNTS[code]
        if tile.cell.state in ("shown", "zero"):
            assert tile.cell.number == round(counts[0] / sum(counts) + 1e-9, 2)
        if sum(counts) < load_settings().rate_minimum:
            assert tile.cell.state == "hidden"


def test_bars_are_as_long_as_their_numbers(report: CoverageReport) -> None:
    bars = [bar for bar in report.uncovered_by_county.bars if bar.width]
    longest = max(bar.cell.number for bar in bars)
    for bar in bars:
        assert float(bar.width[:-1]) == pytest.approx(100 * bar.cell.number / longest, abs=0.05)


def test_only_vazirmatn_is_embedded_and_every_letter_has_a_glyph(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"]
        names = {str(font["/BaseFont"]) for font in fonts if "/BaseFont" in font}
        files = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and "/FontFile2" in o]
        assert document.Root["/StructTreeRoot"] is not None
        assert str(document.Root["/Lang"]) == "fa"
        assert b'pdfuaid:part="1"' in document.Root["/Metadata"].read_bytes()
    assert {name.partition("+")[2] for name in names} == {"Vazirmatn", "Vazirmatn-Bold"}
    assert len(files) == 2


def test_a_letter_without_a_glyph_stops_the_pdf() -> None:
    with pytest.raises(PdfFailed, match="U\\+6F22"):
        render_pdf("<html><body><p>漢</p></body></html>", as_of=MONTH.last_day)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "https://example.org/a.png"])
def test_the_pdf_loads_nothing_but_our_assets(address: str) -> None:
    with pytest.raises(PdfFailed):
        render_pdf(f'<html><body><p>متن</p><img alt="a" src="{address}"></body></html>', as_of=MONTH.last_day)


def test_a_pdf_that_takes_too_long_or_too_much_fails_and_says_so(report: CoverageReport) -> None:
    html = render_report(report, medium="pdf")
    with pytest.raises(PdfFailed, match=r"longer than 1 seconds|exit"):
        render_pdf(html, as_of=MONTH.last_day, seconds=1)
    with pytest.raises(PdfFailed):
        render_pdf(html, as_of=MONTH.last_day, memory_bytes=80 << 20)


def test_the_pages_look_like_the_golden_pages(pdf: bytes) -> None:
    assert_looks_golden(pdf, "page")


def test_the_same_month_gives_the_same_bytes_in_any_process() -> None:
    """HTML, PDF and workbook over hash seeds, time zones and locales."""
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "LC_ALL": "fa_IR.UTF-8", "SOURCE_DATE_EPOCH": "5"},
    ]
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "tests.golden.render_sample"],
            cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1", **around}, capture_output=True, text=True, check=True,
        ).stdout
        for around in surroundings
    ]  # fmt: skip
    assert len(outputs[0].split()) == 3
    assert outputs[0] == outputs[1]


def test_the_workbook_holds_the_printed_numbers_and_no_formula(report: CoverageReport) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(report, as_of=MONTH.last_day)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    sheet = book["ارقام اصلی ماه"]
    printed = {row[1].value: row[2].value for row in sheet.iter_rows(min_row=4) if row[1].value}
    assert printed[report.headline_rows[0].title] == 252
    assert "پنهان" in {cell.value for cell in cells}


# Words


def test_numbers_and_dates_are_written_as_the_language_writes_them() -> None:
    assert write_number(3789, "fa") == "۳٬۷۸۹"
    assert write_number(3789, "en") == "3,789"
    assert write_number(6.5, "fa", decimals=1) == "۶٫۵"
    assert write_number(1000.0, "fa", decimals=1) == "۱٬۰۰۰"
    assert write_percent(0.125, "fa") == "۱۳٪", "halves go up"
    assert write_percent(0.256, "fa", decimals=1) == "۲۵٫۶٪"
    assert write_date(MONTH.last_day, "fa") == "۱۴۰۴/۰۲/۳۱"
    assert write_long_date(MONTH.last_day, "fa") == "چهارشنبه ۳۱ اردیبهشت ۱۴۰۴"
    assert write_long_date(MONTH.last_day, "en") == "Wednesday 31 Ordibehesht 1404"


# PDF/UA


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_pdf_conforms_to_pdf_ua(lang: Language) -> None:
    page = render_report(build_contents(sample_inputs(lang)), medium="pdf")
    assert accessibility_faults(render_pdf(page, as_of=MONTH.last_day)) == []
    spoiled = page.replace("</main>", "<dl><div><dt>term</dt><dd>said</dd></div></dl></main>")
    faults = accessibility_faults(render_pdf(spoiled, as_of=MONTH.last_day))
    assert any(fault.startswith("PDFUA1-L-KIDS") for fault in faults), (
        "the check sees a list with something else than items"
    )


def structure_elements(document: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """Every element of the document's structure tree, in reading order."""
    found: list[pikepdf.Dictionary] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(document.Root["/StructTreeRoot"]["/K"])
    return found


def test_the_pdf_is_tagged_titled_and_says_its_language(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert bool(document.Root["/MarkInfo"]["/Marked"])
        assert str(document.Root["/Lang"]) == "fa"
        assert bool(document.Root["/ViewerPreferences"]["/DisplayDocTitle"])
        assert str(document.docinfo["/Title"]).strip()
        assert all("/StructParents" in page for page in document.pages)
        assert all(str(page.get("/Tabs", "/S")) == "/S" for page in document.pages)


def test_tables_have_headings_and_no_chart_is_a_mere_picture(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        elements = structure_elements(document)
        kinds = {str(element["/S"]) for element in elements}
        assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/L", "/LI"} <= kinds
        # Charts are lists and tables whose numbers can be read; the lines over the months are pictures and say so.
        pictures = [element for element in elements if str(element["/S"]) == "/Figure"]
        assert len(pictures) == len(load_settings().trend)
        assert all(str(picture.get("/Alt", "")).strip() for picture in pictures)
        headings = [str(e["/S"]) for e in elements if str(e["/S"]) in ("/H1", "/H2", "/H3", "/H4", "/H5", "/H6")]
        levels = [int(heading[-1]) for heading in headings]
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels)), "no level is left out"


def test_every_font_is_embedded_and_maps_to_unicode(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"]
        whole = [font for font in fonts if "/DescendantFonts" in font]
        assert whole
        assert all("/ToUnicode" in font for font in whole)
        for font in whole:
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert any(key in descriptor for key in ("/FontFile2", "/FontFile3"))


PAINTING = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "INLINE IMAGE"}


def painted_outside_the_tags(document: pikepdf.Pdf) -> int:
    """Painting operators that belong neither to a tagged element nor to an artifact (Matterhorn 01-005)."""
    found = 0
    for page in document.pages:
        inside: list[bool] = []
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in ("BDC", "BMC"):
                is_tagged = name == "BDC" and isinstance(operands[1], pikepdf.Dictionary) and "/MCID" in operands[1]
                inside.append(is_tagged or str(operands[0]) == "/Artifact")
            elif name == "EMC":
                inside.pop()
            elif name in PAINTING and not any(inside):
                found += 1
    return found


def test_everything_painted_is_tagged_or_an_artifact(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert painted_outside_the_tags(document) == 0
        page = document.pages[0]
        page.contents_add(document.make_stream(b"0 0 10 10 re f"))
        assert painted_outside_the_tags(document) == 1, "the check sees a rectangle that nobody tagged"


def test_every_cell_of_a_table_names_its_headings(pdf: bytes) -> None:
    """Matterhorn 15-003: a reader of tables by ear hears what a number is of."""

    def attributes(element: pikepdf.Dictionary) -> list[pikepdf.Dictionary]:
        given = element.get("/A", pikepdf.Array())
        return list(given) if isinstance(given, pikepdf.Array) else [given]

    with pikepdf.open(io.BytesIO(pdf)) as document:
        elements = structure_elements(document)
        headings = {bytes(e["/ID"]) for e in elements if str(e["/S"]) == "/TH" and "/ID" in e}
        cells = [element for element in elements if str(element["/S"]) == "/TD"]
        named = [
            {bytes(name) for one in attributes(cell) for name in one.get("/Headers", pikepdf.Array())} for cell in cells
        ]
        assert len(cells) > 500
        assert all(names and names <= headings for names in named)


def test_more_agencies_than_a_page_has_room_for_stand_in_the_workbook_alone() -> None:
    inputs = sample_inputs("en")
    report = build_contents(replace(inputs, settings=inputs.settings.model_copy(update={"most_agency_columns": 2})))
    assert [len(report.page_overlap.columns), len(report.page_overlap.rows)] == [2, 2]
    assert {len(row.cells) for row in report.page_agencies_by_county.rows} == {2}
    shown = {column.title for column in report.page_agencies_by_county.columns}
    assert shown == set(report.page_overlap.columns)
    covered = {row.label: row.cells[0].number or 0 for row in report.agencies.rows[:-1]}
    assert min(covered[name] for name in shown) >= max(v for name, v in covered.items() if name not in shown)
    assert len(report.agencies_by_county.columns) == 4, "the workbook has all of them"
    assert "all 4 are in the workbook" in render_report(report)
    whole = build_contents(inputs)
    assert (whole.page_overlap, whole.agencies_left) == (whole.overlap, "")


def test_of_more_counties_than_a_page_has_room_for_those_with_the_most_are_drawn() -> None:
    inputs = sample_inputs("en")
    report = build_contents(replace(inputs, settings=inputs.settings.model_copy(update={"most_counties": 5})))
    assert len(report.known_and_covered.rows) == len(report.glance.counties) == 5
    whole = build_contents(inputs)
    uncovered = {county.label: county.cell.number or 0 for county in whole.glance.counties}
    drawn = {county.label for county in report.glance.counties}
    assert min(uncovered[name] for name in drawn) >= max(v for name, v in uncovered.items() if name not in drawn)
    assert report.counties == whole.counties, "the annex has all of them"
    said = "The 5 counties with the most, of 25"
    assert render_report(report).count(said) == 2
    assert said not in render_report(whole)
