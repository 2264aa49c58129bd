"""`palayesh report` and `palayesh figures`: what the registry says of a month, again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from flows import environment
from flows.wording import say
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth

KINDS = ("coverage", "public", "run_sheet", "agency", "actions", "validation")
FORMATS = ("html", "pdf", "xlsx", "json")


def report(month: ReportingMonth, *, kind: str, formats: str, out: Path | None, lang: Language) -> list[Path]:
    """The month's report stands under ``out`` (or in the registry's folder) in each format; returns the files.

    Raises Refusal when there is no finished run of the month, or the kind or a format is unknown.
    """
    wanted = [f.strip() for f in formats.split(",") if f.strip()]
    unknown = [f for f in wanted if f not in FORMATS] + ([] if kind in KINDS else [kind])
    if unknown or not wanted:
        known = ", ".join((*KINDS, *FORMATS))
        raise Refusal(
            "unknown_report",
            f"نوع یا قالب ناشناخته؛ یکی از این‌ها: {known}",
            f"Unknown kind or format; one of: {known}",
        )
    environment.prepare()
    from tasks import render

    paths = render.render_again(run_id_of(month), kind=kind, formats=wanted, lang=lang)
    if out is None:
        return paths
    out.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(path, out / path.name)) for path in paths]


def show_figures(month: ReportingMonth, *, as_json: bool, lang: Language) -> None:
    """Print every headline figure, as JSON with definition and provenance or as a table."""
    from tasks import summarise

    document = summarise.figures_document(run_id_of(month))
    if as_json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return
    from flows.screen_output import console, table

    rows = [
        [key, figure["title"][lang], figure["value"], figure["unit_title"][lang], figure["change"]]
        for key, figure in document["figures"].items()
    ]
    headings = [say(k, lang) for k in ("key", "figure", "value", "unit", "change")]
    console.print(table(f"{month.title(lang)} · r{document['revision']}", headings, rows, numbers=(2, 4), lang=lang))


def run_id_of(month: ReportingMonth) -> str:
    """The newest finished run of the month. Raises Refusal when there is none."""
    from tasks import installation

    run = installation.registry().latest_run(str(month))
    if run is None:
        raise Refusal("no_run", say("no_run", "fa", month=month), say("no_run", "en", month=month))
    return run.id
