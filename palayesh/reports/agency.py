"""The report of one agency's head: its own figures, its own work, its own data, and nobody else's rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from palayesh.persian_text import sort_key
from palayesh.reports.builder import Builder, edition_head, trust_sentences
from palayesh.reports.inputs import ReportInputs, State
from palayesh.reports.parts import Cell, KeyFigure, Row, Table
from palayesh.reports.sections import Link, Section, SectionedReport, change_cell, count_cell, plain_table
from palayesh.reports.wording import write_date, write_digits, write_number, write_percent
from palayesh.reports.workbook import Sheet

URGENCIES = {
    "uncovered": "eligible", "place": "eligible", "order": "expiring", "service": "expiring", "conflict": "double",
    "notice": "double", "sent_back": "records", "set_aside": "records",
}  # fmt: skip
"""Kinds of work, the most urgent first, and the group that each is told in."""
CONSOLE_PAGES = {"eligible": "uncovered", "expiring": "cases", "double": "cases", "records": "failures"}
STRIP = ("covered", "eligible_uncovered", "needs_information", "waiting")
FEWEST_OTHERS = 3
"""A median of fewer agencies would name one of them."""
CAUSES_SHOWN = 3


class ForeignRow(ValueError):
    """A row of another agency has come among an agency's own; the report is not made."""


@dataclass(frozen=True)
class AgencyFacts:
    """What one agency's report is made of besides the month's figures. Every frame has ``agency`` or ``list_key``.

    - ``actions``: ``agency``, ``kind`` (see ``URGENCIES``), ``case_no``, ``county``, ``since``, ``due``, ``detail``
      (programme, other agency or rule), ``list_key``, ``sheet``, ``row``; the most urgent and oldest first
    - ``failures``: ``list_key``, ``code``, ``sentence_fa/en``, ``mend_fa/en``, ``failed``, ``checked``, ``before``, ``earlier``
    - ``repeats``: ``list_key``, ``repeats``: rows that say what an earlier row had said
    - ``headings``: ``list_key``, ``column``, ``usual``, ``typed``: columns read under another heading than the usual one
    - ``decided``: ``agency``, ``what``, ``count``
    - ``changes``: ``agency``, ``title_fa/en``, ``from``: parameters of its programmes that changed this month
    """

    agency: str
    actions: pd.DataFrame
    failures: pd.DataFrame
    repeats: pd.DataFrame
    headings: pd.DataFrame
    decided: pd.DataFrame
    changes: pd.DataFrame
    programmes: Mapping[str, Mapping[str, str]]
    """Titles of its programmes by language."""
    counts: Mapping[str, Any]
    """``console`` (its address or nothing), ``rules_changed``, ``base`` (to which counts in a letter are rounded)."""


def build_agency(inputs: ReportInputs, facts: AgencyFacts) -> SectionedReport:
    """The agency's own report. Raises ForeignRow when anything of another agency is among its rows."""
    check_own(facts)
    everybody = inputs.quality
    b = Builder(own_inputs(inputs, facts.agency))
    titles = {agency.agency: agency.title.of(inputs.lang) for agency in inputs.agencies}
    sections = (
        _actions(b, facts),
        _quality(b, facts),
        _files(b, facts),
        _compared(b, facts, everybody),
        _decided(b, facts),
        _changes(b, facts),
    )
    return SectionedReport(
        **edition_head(b),
        strip=_strip(b, facts.agency),
        sentences=_sentences(b, facts),
        trust_sentences=trust_sentences(b),
        headline_rows=(),
        whose=titles[facts.agency],
        sections=sections,
        label_title="",
        amount_title="",
    )


def own_inputs(inputs: ReportInputs, agency: str) -> ReportInputs:
    """The month with this agency's lists, quality and cells alone."""

    def of_agency(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["list_key"].str.startswith(f"{agency}/")].reset_index(drop=True)

    def cells(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["agency"] == agency].reset_index(drop=True)

    before = inputs.previous_coverage_cells
    pairs = inputs.overlap
    return replace(
        inputs,
        lists=of_agency(inputs.lists),
        quality=of_agency(inputs.quality),
        coverage_cells=cells(inputs.coverage_cells),
        previous_coverage_cells=None if before is None else cells(before),
        overlap=pairs[(pairs["agency_a"] == agency) | (pairs["agency_b"] == agency)],
        history=None,
    )


def check_own(facts: AgencyFacts) -> None:
    """Every row is the agency's own. Raises ForeignRow, which names the table and no row."""
    for name in ("actions", "failures", "repeats", "headings", "decided", "changes"):
        frame: pd.DataFrame = getattr(facts, name)
        foreign = pd.Series(False, index=frame.index)
        if "agency" in frame.columns:
            foreign |= frame["agency"].ne(facts.agency)
        if "list_key" in frame.columns:
            told = frame["list_key"].fillna("")
            foreign |= told.ne("") & told.astype("str").str.split("/").str[0].ne(facts.agency)
        if foreign.any():
            raise ForeignRow(f"{name}: {int(foreign.sum())} rows are of another agency than {facts.agency}")


def _n(b: Builder, value: float) -> str:
    return write_number(value, b.lang, decimals=1)


def _strip(b: Builder, agency: str) -> tuple[KeyFigure, ...]:
    """Its cells as the month publishes them: what is hidden there is hidden here, for the letter repeats it in clear."""
    figures = []
    before = {} if b.inputs.previous_coverage_cells is None else {
        str(row["measure"]): (row["value"], row.get("state", "shown"))
        for row in b.inputs.previous_coverage_cells.to_dict("records") if row["county"] == ""
    }  # fmt: skip
    for measure in STRIP:
        value, state = b.count(measure, agency)
        if state == "not_applicable":
            continue
        was, was_state = before.get(measure, (float("nan"), "not_received"))
        figures.append(
            KeyFigure(
                key=f"{measure}/{agency}",
                title=b.words.say(f"strip.{measure}"),
                cell=b.cell(value, state),
                unit=b.unit_after(0 if pd.isna(value) else value, "household"),
                change=_change(b, value, state, was, str(was_state)),
                direction="none",
                emphasis=measure == "eligible_uncovered",
            )
        )
    return tuple(figures)


def _change(b: Builder, value: float, state: State, was: float, was_state: str) -> str:
    if "hidden" in (state, was_state):
        return b.words.say("change.hidden")
    if pd.isna(was):
        return b.words.say("change.no_previous")
    if pd.isna(value):
        return b.words.say("change.no_value")
    if value == was:
        return b.words.say("change.same")
    size = b.quantity(abs(value - was), "shown", "household")
    return b.words.say(f"change.{'up' if value > was else 'down'}", size=size)


def _sentences(b: Builder, facts: AgencyFacts) -> tuple[str, ...]:
    """What the letter repeats in clear: counts of people are rounded in it, and small ones are not told."""
    groups = facts.actions["kind"].map(URGENCIES).value_counts()
    said = []
    for group in dict.fromkeys(URGENCIES.values()):
        count = int(groups.get(group, 0))
        is_people = group != "records"
        if count == 0:
            continue
        number = _n(b, count)
        if is_people:
            base = int(facts.counts["base"])
            about = b.words.say("text.about", count=_n(b, (2 * count + base) // (2 * base) * base))
            number = b.words.say("text.few") if count < b.threshold else about
        said.append(b.words.say(f"sentences.{group}", count=number))
    return tuple(said) or (b.words.say("sentences.nothing"),)


def _actions(b: Builder, facts: AgencyFacts) -> Section:
    counted = facts.actions.assign(since=pd.to_datetime(facts.actions["since"])).groupby("kind", sort=False)
    oldest = counted["since"].min()
    due = counted["due"].min()
    sizes = counted.size()
    rows = []
    for number, (kind, group) in enumerate(URGENCIES.items(), start=1):
        count = int(sizes.get(kind, 0))
        first = oldest.get(kind)
        ends = due.get(kind)
        rows.append(
            Row(
                b.words.say(f"actions.{kind}"),
                (
                    count_cell(b, count),
                    b.text_cell("" if first is None or pd.isna(first) else write_date(first.date(), b.lang)),
                    b.text_cell("" if ends is None or pd.isna(ends) else write_date(pd.Timestamp(ends).date(), b.lang)),
                    b.text_cell(b.words.say(f"places.{group}")),
                ),
                write_number(number, b.lang),
            )
        )
    columns = (("work", True), ("cases", False), ("oldest", True), ("first_due", True), ("in_console", True))
    console = str(facts.counts["console"]).rstrip("/")
    links = tuple(
        Link(b.words.say(f"places.{group}"), f"{console}/{page}")
        for group, page in CONSOLE_PAGES.items()
        if console and group != "expiring"
    )
    return Section(
        b.words.say("sections.actions"),
        (b.words.say("text.actions_list"),),
        (plain_table(b, "actions", columns, rows, note=b.words.say("text.actions_note")),),
        links=links,
    )


def _quality(b: Builder, facts: AgencyFacts) -> Section:
    failed = facts.failures[facts.failures["failed"] > 0].sort_values(
        ["failed", "list_key", "code"], ascending=[False, True, True], kind="stable"
    )
    if failed.empty:
        return Section(b.words.say("sections.quality"), (b.words.say("text.no_failures"),))
    rows = [
        Row(
            str(row[f"sentence_{b.lang}"]),
            (
                b.text_cell(b.list_titles[str(row["list_key"])]),
                count_cell(b, row["failed"]),
                b.text_cell(_share(b, row["failed"], row["checked"])),
                change_cell(b, row["failed"], row["before"]) if pd.notna(row["before"]) else b.text_cell(""),
                b.text_cell(_earlier(b, str(row["earlier"]))),
            ),
        )
        for row in failed.to_dict("records")
    ]
    columns = (
        ("rule", True),
        ("list", True),
        ("failed", False),
        ("share", False),
        ("against_before", True),
        ("earlier", True),
    )
    causes = failed.groupby("code", as_index=False, sort=False).agg(
        failed=("failed", "sum"), sentence=(f"sentence_{b.lang}", "first"), mend=(f"mend_{b.lang}", "first")
    )
    causes = causes.sort_values(["failed", "code"], ascending=[False, True], kind="stable").head(CAUSES_SHOWN)
    top = [
        Row(
            str(row["sentence"]),
            (count_cell(b, row["failed"]), b.text_cell(_example(b, str(row["code"]))), b.text_cell(str(row["mend"]))),
        )
        for row in causes.to_dict("records")
    ]
    return Section(
        b.words.say("sections.quality"),
        tables=(
            plain_table(b, "causes", (("cause", True), ("failed", False), ("example", True), ("mend", True)), top,
                        note=b.words.say("text.examples_note")),
            plain_table(b, "rules", columns, rows, note=b.words.say("text.earlier_note")),
        ),
    )  # fmt: skip


def _share(b: Builder, part: float, whole: float) -> str:
    return write_percent(float(part) / float(whole), b.lang, decimals=1) if whole else ""


def _earlier(b: Builder, told: str) -> str:
    """The six months before, oldest first; a month without the list is a dash."""
    months = [write_digits(number, b.lang) if number else "–" for number in told.split(";")]
    return b.words.say("text.list_comma").join(months) if any(told.split(";")) else ""


def _example(b: Builder, code: str) -> str:
    """An invented cell that would fail the rule."""
    parts = code.split("_")
    tried = [code, *("_".join(parts[at:]) for at in range(1, len(parts)))]
    return next((found for name in tried if (found := b.words.find(f"examples.{name}"))), b.words.say("examples.other"))


def _files(b: Builder, facts: AgencyFacts) -> Section:
    repeats = dict(zip(facts.repeats["list_key"], facts.repeats["repeats"], strict=True))
    rows = []
    for row in b.inputs.lists.to_dict("records"):
        counts = [count_cell(b, row[name]) for name in ("file_count", "received", "accepted", "set_aside")]
        received_on = "" if pd.isna(row["received_on"]) else write_date(row["received_on"], b.lang)
        was_read = pd.notna(row["received"])
        rows.append(
            Row(
                b.list_titles[str(row["list_key"])],
                (
                    b.text_cell(b.words.say(f"list_states.{row['state']}")),
                    b.text_cell(received_on),
                    *counts,
                    count_cell(b, repeats.get(row["list_key"], 0) if was_read else None),
                    count_cell(b, row["repaired"]),
                ),
            )
        )
    names = ("files", "received", "accepted", "set_aside", "repeats", "repaired")
    columns = (("list", True), ("state", True), ("received_on", True), *((name, False) for name in names))
    tables = [plain_table(b, "files", columns, rows, note=b.words.say("text.files_note"))]
    mapped = [
        Row(
            str(row["typed"]),
            (b.text_cell(str(row["usual"])), b.text_cell(b.list_titles[str(row["list_key"])])),
        )
        for row in facts.headings.to_dict("records")
    ]
    if mapped:
        tables.append(plain_table(b, "mapping", (("typed", True), ("usual", True), ("list", True)), mapped))
    sentences = () if mapped else (b.words.say("text.usual_headings"),)
    return Section(b.words.say("sections.files"), sentences, tuple(tables))


def _compared(b: Builder, facts: AgencyFacts, everybody: pd.DataFrame) -> Section:
    shares = everybody.assign(agency=everybody["list_key"].astype("str").str.split("/").str[0])
    shares = shares.groupby(["agency", "dimension"], as_index=False)[["failed", "checked"]].sum()
    shares = shares[shares["checked"] > 0]
    shares = shares.assign(share=shares["failed"].astype("float64") / shares["checked"].astype("float64"))
    rows = []
    for dimension in dict.fromkeys(everybody["dimension"]):
        of_measure = shares[shares["dimension"] == dimension]
        own = of_measure.loc[of_measure["agency"] == facts.agency, "share"]
        others = of_measure.loc[of_measure["agency"] != facts.agency, "share"]
        if own.empty:
            continue
        median = (
            Cell(write_percent(float(others.median()), b.lang, decimals=1))
            if len(others) >= FEWEST_OTHERS
            else b.cell(None, "not_applicable")
        )
        rows.append(
            Row(
                b.words.find(f"quality_dimensions.{dimension}") or str(dimension),
                (Cell(write_percent(float(own.iloc[0]), b.lang, decimals=1)), median),
            )
        )
    if not rows:
        return Section(b.words.say("sections.compared"), (b.words.say("text.nothing_to_compare"),))
    columns = (("measure", True), ("own_share", False), ("median", False))
    note = b.words.say("text.median_note", fewest=_n(b, FEWEST_OTHERS))
    return Section(b.words.say("sections.compared"), tables=(plain_table(b, "compared", columns, rows, note=note),))


def _decided(b: Builder, facts: AgencyFacts) -> Section:
    rows = [
        Row(b.words.say(f"decided.{row['what']}"), (count_cell(b, row["count"]),))
        for row in facts.decided.to_dict("records")
    ]
    edition = b.inputs.edition
    issued = edition.issued_on or edition.as_of
    until = issued + dt.timedelta(days=b.settings.objection_days)
    how = b.words.say("text.objection", until=write_date(until, b.lang), days=_n(b, b.settings.objection_days))
    tables: tuple[Table, ...] = ()
    if rows:
        tables = (plain_table(b, "decided", (("decision", True), ("value", False)), rows),)
    return Section(b.words.say("sections.decided"), (how,), tables)


def _changes(b: Builder, facts: AgencyFacts) -> Section:
    changed = facts.changes.assign(title=facts.changes[f"title_{b.lang}"])
    changed = changed.sort_values("title", key=lambda titles: titles.map(sort_key), kind="stable")
    rows = [
        Row(str(row["title"]), (b.text_cell(write_date(row["from"], b.lang)),)) for row in changed.to_dict("records")
    ]
    said = "text.rules_changed" if facts.counts["rules_changed"] else "text.rules_same"
    tables: tuple[Table, ...] = ()
    if rows:
        tables = (plain_table(b, "changes", (("rule", True), ("in_force_from", True)), rows),)
    return Section(b.words.say("sections.changes"), (b.words.say(said),), tables)


def action_sheet(inputs: ReportInputs, facts: AgencyFacts) -> Sheet:
    """The action list itself, a row for every case: numbers, places and reasons, no names. Raises ForeignRow."""
    check_own(facts)
    b = Builder(own_inputs(inputs, facts.agency))
    counties, agencies = b.county_titles, b.agency_titles
    rules = {
        (row["list_key"], row["code"]): (str(row[f"sentence_{b.lang}"]), str(row[f"mend_{b.lang}"]))
        for row in facts.failures.to_dict("records")
    }

    def date(value: Any) -> str:
        return "" if value is None or pd.isna(value) else write_date(pd.Timestamp(value).date(), b.lang)

    rows = []
    for number, row in enumerate(facts.actions.to_dict("records"), start=1):
        kind, detail = str(row["kind"]), str(row["detail"] or "")
        why, mend = "", ""
        if kind in ("set_aside", "sent_back"):
            why, mend = rules.get((row["list_key"], detail), (detail, ""))
        elif kind in ("conflict", "notice"):
            why = b.words.say("why.double", other=agencies.get(detail, detail))
        elif kind in ("uncovered", "service", "order", "place"):
            programmes = [facts.programmes.get(one, {}).get(b.lang, one) for one in detail.split(";") if one]
            why = b.words.join(programmes)
        rows.append(
            (
                float(number),
                b.words.say(f"urgencies.{URGENCIES[kind]}"),
                b.words.say(f"actions.{kind}"),
                str(row["case_no"]),
                counties.get(str(row["county"] or ""), ""),
                date(row["since"]),
                date(row["due"]),
                b.list_titles.get(str(row["list_key"] or ""), ""),
                "" if not row["sheet"] or pd.isna(row["sheet"]) else str(row["sheet"]),
                "" if pd.isna(row["row"]) else float(row["row"]),
                why,
                mend,
            )
        )
    headings = (
        "number", "urgency", "work", "case_no", "county", "since", "due", "list", "sheet", "row", "why", "mend",
    )  # fmt: skip
    return Sheet(
        name=b.words.say("titles.actions_short"),
        title=f"{b.words.say('titles.actions')} – {agencies[facts.agency]} – {inputs.edition.month.title(b.lang)}",
        headings=tuple(b.words.say(f"columns.{heading}") for heading in headings),
        rows=tuple(rows),
        notes=(b.words.say("text.workbook_note"),),
    )
