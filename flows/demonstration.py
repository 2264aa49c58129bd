"""`palayesh demo` and `palayesh synth`: a made-up province, its month, and the truth beside what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flows import environment, running
from flows.wording import say
from palayesh.adapters import settings
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth

DEMO_MONTH = ReportingMonth(1404, 2)
REFERENCE_RECORDS = 25_000


def synthesise(
    out: Path, *, month: ReportingMonth, seed: int, profile: str, mess: float, persons: int, months: int, lang: Language
) -> None:
    """Lists as the agencies would send them, and their truth, stand under ``out``."""
    from flows.screen_output import progress_bars
    from palayesh.adapters import synthetic_files
    from tasks import progress

    with progress_bars(lang):
        synthetic_files.write_months(
            out,
            month=month,
            seed=seed,
            profile=profile,
            mess=mess,
            months=months,
            scale=persons / REFERENCE_RECORDS,
            progress=lambda done, total: progress.report("synth", done, total),
        )


def demo(out: Path, *, seed: int, profile: str, mess: float, persons: int, lang: Language) -> int:
    """The reference month from files to report, in a registry of its own under ``out``; returns the exit code."""
    settings.override(var=out / "var")
    environment.prepare()
    synthesise(out, month=DEMO_MONTH, seed=seed, profile=profile, mess=mess, persons=persons, months=1, lang=lang)
    code = running.run(DEMO_MONTH, out / "inbox", lang=lang, confirmed=[], received_on=DEMO_MONTH.last_day)
    return max(code, show_truth(out, DEMO_MONTH, lang=lang))


def show_truth(out: Path, month: ReportingMonth, *, lang: Language) -> int:
    """Print truth against found; 1 when a figure differs by more than the queues explain, else 0."""
    from flows.screen_output import console, table
    from flows.truth import compare
    from tasks import installation

    run = installation.registry().latest_run(str(month))
    assert run is not None
    truth: dict[str, Any] = json.loads((out / "truth" / "figures.json").read_text(encoding="utf-8"))
    compared = compare(run.id, truth, out / "truth" / "records.csv", out / "inbox")
    rows = [
        [
            line.name,
            line.true,
            line.found,
            line.difference,
            "" if not line.difference else say("explanation", lang, **line.queues),
        ]
        for line in compared
    ]
    headings = [say(k, lang) for k in ("figure", "true", "found", "difference", "explained")]
    console.print(table(say("truth", lang), headings, rows, numbers=(1, 2, 3), lang=lang))
    beyond = [line for line in compared if not line.is_explained]
    if beyond:
        console.print(say("not_explained", lang, count=len(beyond)), style="yellow")
        return 1
    console.print(say("all_explained", lang))
    return 0
