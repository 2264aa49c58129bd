"""Coverage cells and templates → the month's reports as HTML and PDF, and the figures as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from palayesh.adapters import pdf, report_workbook, rules, settings, templates
from palayesh.adapters.files import write_whole
from palayesh.adapters.models import Report, Run, Submission
from palayesh.correspondence import ACTIONS, AGENCY_REPORTS
from palayesh.declaration import Agency, Title
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.agency import action_sheet, build_agency
from palayesh.reports.contents import EditionReport, build_contents
from palayesh.reports.inputs import (
    AgencyName,
    CountyName,
    Edition,
    ReportInputs,
    ReportSettings,
    Revision,
    read_definitions,
)
from palayesh.reports.letters import digest_of_summary
from palayesh.reports.public import build_public
from palayesh.reports.revisions import Cause, causes
from palayesh.reports.run_sheet import build_run_sheet
from tasks import agency_reports, installation, ledger, run_sheet, summarise
from tasks.correspondence import correspondence, is_set_up, reminder_days
from tasks.stage import stage_task
from tasks.validate import write_validation_page

LANGUAGES: tuple[Language, ...] = ("fa", "en")
STEP = "render"
MONTHS_SHOWN = 24
"""Two years, this month among them, are drawn side by side."""
SUPPORT_SUFFIX = "_support"
STATUS_OF_DIMENSION = {
    "national_id": "national_id_status",
    "birth_date": "birth_date_status",
    "service_dates": "service_start_status",
    "county": "county_status",
}
SOUND = ("valid", "repaired", "warn", "ok", "other_id", "partial")


@stage_task("render {run_id}")
def render_month(run_id: str, failed_agencies: list[str]) -> dict[str, list[str]]:
    """The run's reports stand in its folder as HTML and PDF, with the figures as JSON."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    run_sheet.gather_facts(run_id)
    agency_reports.gather_facts(run_id)
    wanted = _wanted()
    # What all reports of a language have in common is read once.
    common = {lang: _inputs(run_id, lang, failed_agencies) for lang in LANGUAGES}
    # Each PDF is made by a child process, so two are made side by side.
    with ThreadPoolExecutor(max_workers=2) as pool:
        paths = list(pool.map(lambda file: _write(run_id, file[0], file[1], file[2], common[file[1]]), wanted))
    rows = pd.DataFrame([_row(file, path) for file, path in zip(wanted, paths, strict=True)])
    counts = {
        "files": rows["path"].tolist(),
        "failed_agencies": failed_agencies,
        "said": [line for lang in LANGUAGES for line in _said(run_id, kinds(), common[lang])],
    }
    registry.save_step(run_id, STEP, counts, rows={Report: rows})
    return counts


def render_missing(run_id: str, kind: str, lang: Language, failed_agencies: list[str]) -> None:
    """The report's file in the language is among the run's files; what is there already stays as it is."""
    registry = installation.registry()
    there, form = registry.reports(run_id), format_sent(kind)
    if not (there["kind"].eq(kind) & there["lang"].eq(lang) & there["format"].eq(form)).any():
        path = _write(run_id, kind, lang, form, _inputs(run_id, lang, failed_agencies))
        registry.add_reports(run_id, pd.DataFrame([_row((kind, lang, form), path)]))


def format_sent(kind: str) -> str:
    """What is attached to the report's letter: the action list is a workbook, every other report a PDF."""
    return "xlsx" if kind.startswith(f"{ACTIONS}.") else "pdf"


def _wanted() -> list[tuple[str, Language, str]]:
    """Kind, language and format of every file.

    PDFs are dear: besides the governorate's in both languages and the others' in Persian, they are made for those who
    get them. An agency's own is made for nobody else, and its action list lies nowhere unless it is sent.
    """
    files: list[tuple[str, Language, str]] = [("coverage", "fa", "json")]
    for kind in kinds():
        always = {"coverage": {"fa", "en"}, "public": {"fa"}, "run_sheet": {"fa"}}.get(kind, set())
        form = format_sent(kind)
        for lang in LANGUAGES:
            if form == "pdf":
                files.append((kind, lang, "html"))
            if lang in always | languages_asked(kind):
                files.append((kind, lang, form))
    return files


def _row(file: tuple[str, Language, str], path: Path) -> dict[str, Any]:
    kind, lang, form = file
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"kind": kind, "lang": lang, "format": form, "sha256": digest, "size_bytes": len(content), "path": path.name}


def render_again(run_id: str, *, kind: str, formats: list[str], lang: Language) -> list[Path]:
    """The run's report (of every agency, where each has its own), or its validation pages, stand in their folder once more; returns the files."""
    if kind == "validation":
        month = installation.registry().run(run_id).month
        decided = installation.registry().submissions(month, states=["validated", "refused"])
        return [write_validation_page(submission, lang) for submission in decided if submission.list_key]
    common = _inputs(run_id, lang, [])
    chosen = [one for one in kinds() if one.partition(".")[0] == kind]
    return [
        _write(run_id, one, lang, form, common)
        for one in chosen
        for form in (formats if format_sent(one) == "pdf" else [format_sent(one)])
    ]


def _write(run_id: str, kind: str, lang: Language, form: str, common: ReportInputs) -> Path:
    run = installation.registry().run(run_id)
    folder = installation.reports_folder(run.month, run.revision)
    if form == "json":
        path = folder / "figures.json"
        text = json.dumps(summarise.figures_document(run_id), ensure_ascii=False, indent=1, sort_keys=True)
        write_whole(path, text.encode())
        return path
    path = folder / f"{kind}.{lang}.{form}"
    as_of = ReportingMonth.parse(run.month).last_day
    if kind.startswith(f"{ACTIONS}."):
        write_whole(path, _action_list(run_id, kind, common))
        return path
    if form == "xlsx":
        if kind != "coverage":
            raise Refusal(
                "no_workbook", "این گزارش به صورت کارپوشه نیست؛ html یا pdf بخواهید.",
                "This report is no workbook: ask for html or pdf.",
            )  # fmt: skip
        contents = build_contents(common)
        write_whole(
            path, report_workbook.render_workbook(contents, as_of=as_of, templates=settings.current().templates)
        )
        return path
    page = _page(_report(run_id, kind, common), kind, "pdf" if form == "pdf" else "html")
    if form == "html":
        write_whole(path, page.encode())
    else:
        write_whole(path, pdf.render_pdf(page, as_of=as_of, templates=settings.current().templates))
    return path


def _action_list(run_id: str, kind: str, common: ReportInputs) -> bytes:
    """The agency's action list as a workbook; it is encrypted before it leaves."""
    _, _, agency = kind.partition(".")
    inputs = _in_words_of("agency", common)
    sheet = action_sheet(inputs, agency_reports.facts_of(run_id, agency))
    month = inputs.edition.month
    return report_workbook.render_sheets(
        [sheet], title=month.title(common.lang), from_right=common.lang == "fa", as_of=month.last_day
    )


def page_of(
    run_id: str, lang: Language, medium: Literal["html", "pdf"], failed_agencies: list[str], *, kind: str = "coverage"
) -> str:
    """A report as a page of HTML: for a browser, or for the PDF."""
    return _page(report_of(run_id, kind, lang, failed_agencies), kind, medium)


def _page(report: EditionReport, kind: str, medium: Literal["html", "pdf"]) -> str:
    folder = settings.current().templates
    return templates.render_report(report, kind=kind.partition(".")[0], medium=medium, templates=folder)


def kinds() -> list[str]:
    """Every report of a month; an agency's own is named after it."""
    agencies = sorted(installation.agencies())
    return ["coverage", "public", "run_sheet", *(f"{one}.{agency}" for one in AGENCY_REPORTS for agency in agencies)]


def languages_asked(kind: str) -> set[Language]:
    """The languages in which recipients get the report."""
    if not is_set_up():
        return set()
    return {recipient.language for recipient in correspondence().recipients.values() if kind in recipient.kinds}


def report_of(run_id: str, kind: str, lang: Language, failed_agencies: list[str]) -> EditionReport:
    """What a report of the run says."""
    return _report(run_id, kind, _inputs(run_id, lang, failed_agencies))


def _report(run_id: str, kind: str, inputs: ReportInputs) -> EditionReport:
    if kind == "coverage":
        return build_contents(inputs)
    template, _, agency = kind.partition(".")
    inputs = _in_words_of("agency" if template == ACTIONS else template, inputs)
    if agency:
        return build_agency(inputs, agency_reports.facts_of(run_id, agency))
    if kind == "public":
        registry = installation.registry()
        before = registry.latest_run(str(inputs.edition.month.previous()))
        base = rules.load_policies(settings.current().expectations).disclosure.public.base
        previous = frame_or_none(before.id, "public") if before else None
        return build_public(inputs, registry.frame(run_id, "public"), previous, base=base)
    return build_run_sheet(inputs, run_sheet.facts_of(run_id))


def _in_words_of(report: str, inputs: ReportInputs) -> ReportInputs:
    folder = settings.current().templates
    words = templates.load_strings(report, inputs.lang, templates=folder)
    return replace(inputs, strings=words, settings=templates.load_settings(report, templates=folder))


def frame_or_none(run_id: str, name: str) -> pd.DataFrame | None:
    """A table of a run; nothing where the run is older than the table."""
    try:
        return installation.registry().frame(run_id, name)
    except KeyError:
        return None


def said(run_id: str, failed_agencies: list[str], kinds_said: Sequence[str] = ("coverage",)) -> list[str]:
    """A digest for each report and language of what its letter repeats: the same as long as it says the same."""
    common = [_inputs(run_id, lang, failed_agencies) for lang in LANGUAGES]
    return [line for inputs in common for line in _said(run_id, kinds_said, inputs)]


def _said(run_id: str, kinds_said: Sequence[str], common: ReportInputs) -> list[str]:
    return [f"{kind} {common.lang} {digest_of_summary(_report(run_id, kind, common))}" for kind in kinds_said]


def _inputs(run_id: str, lang: Language, failed_agencies: list[str]) -> ReportInputs:
    registry = installation.registry()
    run = registry.run(run_id)
    month = ReportingMonth.parse(run.month)
    declared = installation.agencies()
    expectations = settings.current().expectations
    policies = rules.load_policies(expectations)
    before = registry.latest_run(str(month.previous()))
    linked = registry.step_counts(run_id, "link") or {}
    declared_settings = templates.load_settings(templates=settings.current().templates)
    replaced = next((one for one in registry.runs(run.month) if one.revision == run.revision - 1), None)
    roles = {f"{name}/{key}": one.role for name, agency in declared.items() for key, one in agency.lists.items()}
    return ReportInputs(
        edition=Edition(
            month=month,
            revision=run.revision,
            status=_status(run, month, declared_settings),
            rules_version=run.rules_sha256[:12],
            code_version=run.code_version,
            snapshot_id=run.inputs_sha256[:12],
            numbers_hash=_numbers_hash(registry.frame(run_id, "figures")),
            issued_on=run.issued_on,
            # The month after this one is over on that day, and is reported on it.
            next_issue_on=month.plus(2).first_day,
        ),
        lang=lang,
        strings=templates.load_strings("coverage", lang, templates=settings.current().templates),
        settings=declared_settings,
        threshold=policies.disclosure.threshold,
        agencies=tuple(_agency_name(agency) for agency in sorted(declared.values(), key=_agency_order)),
        counties=tuple(
            CountyName(value.value, Title(fa=value.fa, en=value.en))
            for value in installation.vocabularies()["county"].values
            if value.value.startswith(settings.current().province)
        ),
        definitions=read_definitions(policies.figures, roles),
        figures=registry.frame(run_id, "figures"),
        previous_figures=registry.frame(before.id, "figures") if before else None,
        coverage_cells=registry.frame(run_id, "cells"),
        previous_coverage_cells=registry.frame(before.id, "cells") if before else None,
        overlap=registry.frame(run_id, "overlap"),
        waiting=registry.frame(run_id, "waiting"),
        lists=_lists(month, declared, failed_agencies),
        quality=_quality(str(month)),
        history=_history(month),
        person_count=int(linked.get("persons", 0)),
        household_count=int(linked.get("households", 0)),
        revisions=_revisions(run.month, run.revision),
        replaced_figures=registry.frame(replaced.id, "figures") if replaced else None,
        replaced_cells=registry.frame(replaced.id, "cells") if replaced else None,
    )


def _status(run: Run, month: ReportingMonth, declared: ReportSettings) -> Literal["provisional", "revised", "final"]:
    if (run.issued_on - month.last_day).days >= declared.final_after_days:
        return "final"
    return "provisional" if run.revision == 1 else "revised"


def _revisions(month: str, until: int) -> tuple[Revision, ...]:
    """The month's revisions up to this one, newest first, each with what it stands on that the former one did not."""
    runs = sorted(installation.registry().runs(month), key=lambda run: run.revision)
    runs = [run for run in runs if run.revision <= until]
    inputs = [ledger.inputs_of(run.id) for run in runs]
    found = [(Cause("first"),), *(causes(before, now) for before, now in pairwise(inputs))]
    told = [Revision(run.revision, run.issued_on, of) for run, of in zip(runs, found, strict=True)]
    return tuple(reversed(told))


def _history(month: ReportingMonth) -> pd.DataFrame | None:
    """The figures themselves and the province's totals of the newest finished run of each earlier month, as far as they go back."""
    registry = installation.registry()
    frames = []
    for back in range(1, MONTHS_SHOWN):
        earlier = str(month.plus(-back))
        if run := registry.latest_run(earlier):
            figures, cells = registry.frame(run.id, "figures"), registry.frame(run.id, "cells")
            totals = cells[cells["agency"].eq("") & cells["county"].eq("")]
            both = pd.concat(
                [
                    figures.loc[figures["part"] == "", ["key", "value", "state"]],
                    totals.assign(key="coverage." + totals["measure"])[["key", "value", "state"]],
                ]
            )
            # A total hidden among the cells is hidden, whatever the figures say: the cells come last.
            frames.append(both.drop_duplicates("key", keep="last").assign(month=earlier))
    return pd.concat(frames, ignore_index=True) if frames else None


def _agency_name(agency: Agency) -> AgencyName:
    gives = any(one.role.endswith(SUPPORT_SUFFIX) for one in agency.lists.values())
    return replace(AgencyName(agency.agency, agency.title, agency.counts_as_cover), gives_support=gives)


def _agency_order(agency: Agency) -> tuple[bool, bool, str]:
    gives = any(one.role.endswith(SUPPORT_SUFFIX) for one in agency.lists.values())
    return (not gives, not agency.counts_as_cover, agency.agency)


def _numbers_hash(figures: pd.DataFrame) -> str:
    ordered = figures.sort_values(["key", "part"])[["key", "part", "value", "unit"]]
    return hashlib.sha256(ordered.to_csv(index=False).encode()).hexdigest()


def _lists(month: ReportingMonth, declared: dict[str, Agency], failed_agencies: list[str]) -> pd.DataFrame:
    """Every declared list with what came of it this month."""
    arrived: dict[str, list[Submission]] = {}
    for submission in installation.registry().submissions(str(month)):
        arrived.setdefault(submission.list_key or f"{submission.agency}/?", []).append(submission)
    rows = []
    for name, agency in sorted(declared.items()):
        unread = [s for s in arrived.get(f"{name}/?", []) if s.state in ("refused", "held", "empty")]
        for list_name, one in agency.lists.items():
            of_list = arrived.get(f"{name}/{list_name}", [])
            counted = [s for s in of_list if s.state == "validated"]
            rows.append(
                {
                    "list_key": f"{name}/{list_name}",
                    "title_fa": one.title.fa,
                    "title_en": one.title.en,
                    "agency": name,
                    "state": _list_state(counted, of_list or unread, month, is_failed=name in failed_agencies),
                    "file_count": len(counted) or len(of_list),
                    **{
                        column: sum(getattr(s, f"{column}_count") for s in counted) if counted else None
                        for column in ("received", "accepted", "set_aside", "repaired")
                    },
                    "received_on": max((s.received_on for s in counted), default=None),
                }
            )
    counts = ["file_count", "received", "accepted", "set_aside", "repaired"]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(counts, "Int64"))
    # «repaired» counts values; a record may have several, so it never exceeds what was received
    frame["repaired"] = frame[["repaired", "received"]].min(axis=1).astype("Int64")
    return frame.astype({"received_on": "object"})


def _list_state(counted: list[Submission], others: list[Submission], month: ReportingMonth, *, is_failed: bool) -> str:
    if counted:
        late = max((s.received_on - month.last_day).days for s in counted) >= reminder_days().late
        return "late" if late else "received"
    states = {s.state for s in others}
    if "held" in states or "empty" in states:
        return "held"
    return "rejected" if "refused" in states or is_failed else "missing"


def _quality(month: str) -> pd.DataFrame:
    """Failed and checked records per list and dimension, over accepted and set-aside records."""
    registry = installation.registry()
    rows: dict[tuple[str, str], tuple[int, int]] = {}

    def add(list_key: str, dimension: str, failed: int, checked: int) -> None:
        before = rows.get((list_key, dimension), (0, 0))
        rows[list_key, dimension] = (before[0] + failed, before[1] + checked)

    for submission in ledger.current_submissions(month):
        key = submission.list_key or ""
        add(key, "set_aside", submission.set_aside_count, submission.received_count)
        accepted = registry.frame(submission.id, "accepted", list(STATUS_OF_DIMENSION.values()))
        for dimension, column in STATUS_OF_DIMENSION.items():
            if column in accepted and not accepted[column].eq("missing").all():  # else the list has no such column
                add(key, dimension, int((~accepted[column].isin(SOUND)).sum()), len(accepted))
    frame = pd.DataFrame(
        [(key, dimension, failed, checked) for (key, dimension), (failed, checked) in rows.items()],
        columns=["list_key", "dimension", "failed", "checked"],
    )
    order = {name: place for place, name in enumerate(("set_aside", *STATUS_OF_DIMENSION))}
    return frame.sort_values("dimension", key=lambda names: names.map(order), kind="stable", ignore_index=True)
