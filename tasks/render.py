"""What the month's reports say → HTML, PDF and workbooks in the run's folder, and the figures as JSON."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from palayesh.adapters import pdf, report_workbook, settings, templates
from palayesh.adapters.files import write_whole
from palayesh.adapters.models import Report
from palayesh.correspondence import ACTIONS
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from tasks import agency_reports, installation, run_sheet, summarise
from tasks.correspondence import correspondence, is_set_up
from tasks.run_reports import LANGUAGES, RunReports, kinds
from tasks.stage import stage_task
from tasks.validate import write_validation_pages

STEP = "render"
ALWAYS_MADE: dict[str, set[Language]] = {"coverage": {"fa", "en"}, "public": {"fa"}, "run_sheet": {"fa"}}
"""Languages in which a report's PDF is made whether or not anybody gets it."""


class ReportFile(NamedTuple):
    """One file of a run's folder."""

    kind: str
    lang: Language
    format: str

    @property
    def name(self) -> str:
        """Its name in the run's folder."""
        return "figures.json" if self.format == "json" else f"{self.kind}.{self.lang}.{self.format}"


@stage_task("render {run_id}")
def render_month(run_id: str, failed_agencies: list[str]) -> dict[str, list[str]]:
    """The run's reports stand in its folder as HTML and PDF, with the figures as JSON."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    run_sheet.gather_facts(run_id)
    agency_reports.gather_facts(run_id)
    reports = RunReports(run_id, failed_agencies)
    wanted = _wanted()
    paths = _write(reports, wanted)
    rows = pd.DataFrame([_row(file, path) for file, path in zip(wanted, paths, strict=True)])
    counts = {
        "files": rows["path"].tolist(),
        "failed_agencies": failed_agencies,
        "said": reports.said(kinds()),
    }
    registry.save_step(run_id, STEP, counts, rows={Report: rows})
    return counts


def render_missing(reports: RunReports, kind: str, lang: Language) -> None:
    """The file of the report that is sent is among the run's files; what is there already stays as it is."""
    registry = installation.registry()
    file = ReportFile(kind, lang, format_sent(kind))
    there = registry.reports(reports.run_id)
    if not (there["kind"].eq(kind) & there["lang"].eq(lang) & there["format"].eq(file.format)).any():
        (path,) = _write(reports, [file])
        registry.add_reports(reports.run_id, pd.DataFrame([_row(file, path)]))


def render_again(run_id: str, *, kind: str, formats: list[str], lang: Language) -> list[Path]:
    """The run's report (of every agency, where each has its own), or its validation pages, stand in their folder once more; returns the files."""
    if kind == "validation":
        month = installation.registry().run(run_id).month
        decided = installation.registry().submissions(month, states=["validated", "refused"])
        pages = [write_validation_pages(submission, [lang]) for submission in decided if submission.list_key]
        return [page for written in pages for page in written]
    chosen = [one for one in kinds() if one.partition(".")[0] == kind]
    files = [
        ReportFile(one, lang, form)
        for one in chosen
        for form in (formats if format_sent(one) == "pdf" else [format_sent(one)])
    ]
    return _write(RunReports(run_id, []), files)


def format_sent(kind: str) -> str:
    """What is attached to the report's letter: the action list is a workbook, every other report a PDF."""
    return "xlsx" if kind.startswith(f"{ACTIONS}.") else "pdf"


def page_of(reports: RunReports, kind: str, lang: Language, medium: Literal["html", "pdf"]) -> str:
    """A report as a page of HTML: for a browser, or for the PDF."""
    folder = settings.current().templates
    report = reports.report(kind, lang)
    return templates.render_report(report, kind=kind.partition(".")[0], medium=medium, templates=folder)


def _wanted() -> list[ReportFile]:
    """PDFs are dear: besides those that are always made, they are made for those who get them.

    An agency's own is made for nobody else, and its action list lies nowhere unless it is sent.
    """
    files = [ReportFile("coverage", "fa", "json")]
    for kind in kinds():
        form = format_sent(kind)
        for lang in LANGUAGES:
            if form == "pdf":
                files.append(ReportFile(kind, lang, "html"))
            if lang in ALWAYS_MADE.get(kind, set()) | _languages_asked(kind):
                files.append(ReportFile(kind, lang, form))
    return files


def _languages_asked(kind: str) -> set[Language]:
    """The languages in which recipients get the report."""
    if not is_set_up():
        return set()
    return {recipient.language for recipient in correspondence().recipients.values() if kind in recipient.kinds}


def _row(file: ReportFile, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {**file._asdict(), "sha256": digest, "size_bytes": len(content), "path": path.name}


def _write(reports: RunReports, files: list[ReportFile]) -> list[Path]:
    """Each file stands in the run's folder; returns the paths in their order."""
    run = installation.registry().run(reports.run_id)
    folder = installation.reports_folder(run.month, run.revision)
    as_of = ReportingMonth.parse(run.month).last_day

    pdfs = [
        (folder / file.name, page_of(reports, file.kind, file.lang, "pdf")) for file in files if file.format == "pdf"
    ]

    def write_pdfs(share: list[tuple[Path, str]]) -> None:
        made = pdf.render_pdfs([page for _, page in share], as_of=as_of, templates=settings.current().templates)
        for (path, _), content in zip(share, made, strict=True):
            write_whole(path, content)

    # Two child processes, of which each has about half of it to do, while the other files are written here.
    pdfs.sort(key=lambda one: len(one[1]), reverse=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        begun = [pool.submit(write_pdfs, share) for share in (pdfs[::2], pdfs[1::2]) if share]
        for file in files:
            if file.format != "pdf":
                write_whole(folder / file.name, _content(reports, file))
        for pdfs_written in begun:
            pdfs_written.result()
    return [folder / file.name for file in files]


def _content(reports: RunReports, file: ReportFile) -> bytes:
    if file.format == "json":
        return json.dumps(
            summarise.figures_document(reports.run_id), ensure_ascii=False, indent=1, sort_keys=True
        ).encode()
    if file.format == "html":
        return page_of(reports, file.kind, file.lang, "html").encode()
    month = reports.inputs(file.lang).edition.month
    name, _, agency = file.kind.partition(".")
    if name == ACTIONS:
        return report_workbook.render_sheets(
            [reports.action_list(agency, file.lang)],
            title=month.title(file.lang),
            from_right=file.lang == "fa",
            as_of=month.last_day,
        )
    if name != "coverage":
        raise Refusal(
            "no_workbook", "این گزارش به صورت کارپوشه نیست؛ html یا pdf بخواهید.",
            "This report is no workbook: ask for html or pdf.",
        )  # fmt: skip
    return report_workbook.render_workbook(
        reports.coverage(file.lang), as_of=month.last_day, templates=settings.current().templates
    )
