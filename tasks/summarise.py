"""Decisions → figures, coverage cells, double cover, waiting list, uncovered families; small counts protected."""

from __future__ import annotations

from typing import Any

import pandas as pd

from palayesh.adapters import rules, settings
from palayesh.adapters.models import Figure
from palayesh.coverage import describe_figures, summarise
from palayesh.coverage.publication import Published
from palayesh.reporting_month import ReportingMonth
from tasks import installation, ledger
from tasks.correspondence import outbox
from tasks.screen import facts_of
from tasks.stage import stage_task

STEP = "summarise"
FRAMES = (
    "figures", "cells", "overlap", "overlap_households", "waiting_list", "uncovered", "waiting", "families", "change",
    "public",
)  # fmt: skip
UNITS = {
    "household": {"fa": "خانوار", "en": "households"},
    "woman": {"fa": "خانم", "en": "women"},
    "child": {"fa": "فرزند", "en": "children"},
    "person": {"fa": "نفر", "en": "persons"},
    "prisoner": {"fa": "زندانی", "en": "prisoners"},
    "day": {"fa": "روز", "en": "days"},
}


@stage_task("summarise {run_id}")
def summarise_month(run_id: str) -> dict[str, int]:
    """Every figure of the month is counted from its decisions, with the change since last month."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    month = ReportingMonth.parse(registry.run(run_id).month)
    summary = summarise(
        facts_of(run_id),
        registry.frame(run_id, "decisions"),
        registry.frame(run_id, "criteria"),
        rules.load_policies(settings.current().expectations),
        as_of=month.last_day,
        previous_figures=previous_figures(str(month)),
        published_before=published_before(run_id),
    )
    counts = {
        "figures": len(summary.figures),
        "waiting": len(summary.waiting_list),
        "uncovered": len(summary.uncovered),
        "overlaps": len(summary.overlap_households),
    }
    registry.save_step(
        run_id,
        STEP,
        counts,
        frames={name: getattr(summary, name) for name in FRAMES},
        rows={Figure: summary.figures},
    )
    return counts


def published_before(run_id: str) -> list[Published]:
    """The earlier revisions of the run's month that were released, oldest first: readers have them."""
    registry = installation.registry()
    run = registry.run(run_id)
    earlier = (one for one in registry.runs(run.month) if one.revision < run.revision)
    return [published_by(one.id) for one in earlier if outbox().release_of(one.id) is not None]


def published_by(run_id: str) -> Published:
    """The four tables of the officials as the run published them."""
    frame = installation.registry().frame
    return Published(
        frame(run_id, "figures"), frame(run_id, "cells"), frame(run_id, "overlap"), frame(run_id, "waiting")
    )


def previous_figures(month: str) -> pd.DataFrame | None:
    """Last month's figures, from its newest finished run, or nothing."""
    registry = installation.registry()
    run = registry.latest_run(str(ReportingMonth.parse(month).previous()))
    return registry.frame(run.id, "figures") if run else None


def figures_document(run_id: str) -> dict[str, Any]:
    """Every headline figure with unit, definition, parts, change and where it came from, ready to be JSON."""
    registry = installation.registry()
    run = registry.run(run_id)
    current = ledger.current_submissions(run.month)
    by_role: dict[str, list[str]] = {}
    for name, agency in sorted(installation.agencies().items()):
        for list_name, declared in agency.lists.items():
            if any(s.list_key == f"{name}/{list_name}" for s in current):
                by_role.setdefault(declared.role, []).append(f"{name}/{list_name}")
    policies = rules.load_policies(settings.current().expectations)
    described = describe_figures(registry.frame(run_id, "figures"), policies.figures, by_role)
    change = registry.frame(run_id, "change").set_index(["key", "part"])["change"]
    files = [
        {"list": s.list_key, "submission": s.id, "sha256": s.sha256, "received": s.received_count,
         "accepted": s.accepted_count, "set_aside": s.set_aside_count}
        for s in current
    ]  # fmt: skip
    return {
        "month": run.month,
        "as_of": ReportingMonth.parse(run.month).last_day.isoformat(),
        "run": run.id,
        "revision": run.revision,
        "rules_sha256": run.rules_sha256,
        "inputs_sha256": run.inputs_sha256,
        "code_version": run.code_version,
        "lists": files,
        "figures": {
            entry["key"]: {
                "value": entry["value"],
                "unit": entry["unit"],
                "unit_title": UNITS.get(entry["unit"], {"fa": entry["unit"], "en": entry["unit"]}),
                "title": entry["title"],
                "definition": entry["definition"],
                "parts": {part["part"]: part["value"] for part in entry["parts"]},
                "change": _number(change.get((entry["key"], ""))),
                "lists": entry["sources"],
                "missing_lists": entry["missing"],
            }
            for entry in described
        },
    }


def _number(value: Any) -> float | int | None:
    if value is None or pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)
