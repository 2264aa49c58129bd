"""Persons and households, with the rules in force on the month's last day → decisions with reasons."""

from __future__ import annotations

import pandas as pd

from palayesh.adapters import rules, settings
from palayesh.eligibility import ROW_COLUMNS, screen
from palayesh.family_facts import FamilyFacts
from palayesh.reporting_month import ReportingMonth
from tasks import installation
from tasks.accepted import accepted_records
from tasks.link import linked_tables
from tasks.stage import stage_task

STEP = "screen"


@stage_task("screen {run_id}")
def screen_month(run_id: str) -> dict[str, dict[str, dict[str, int]]]:
    """Every person and household is screened for every programme."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    month = registry.run(run_id).month
    screened = screen(
        accepted_records(month, {"record_id", *ROW_COLUMNS}),
        linked_tables(run_id),
        installation.agencies().values(),
        rules.load_programmes(settings.current().expectations),
        as_of=ReportingMonth.parse(month).last_day,
        province=settings.current().province,
    )
    counts = {"decisions": _counted(screened.decisions)}
    registry.save_step(
        run_id,
        STEP,
        counts,
        frames={
            "decisions": screened.decisions,
            "criteria": screened.criteria,
            **{f"facts_{name}": frame for name, frame in screened.facts.frames().items()},
        },
    )
    return counts


def facts_of(run_id: str) -> FamilyFacts:
    """The facts that the run's decisions stand on. Raises KeyError before the run is screened."""
    registry = installation.registry()
    return FamilyFacts(**{name: registry.frame(run_id, f"facts_{name}") for name in FamilyFacts.__dataclass_fields__})


def _counted(decisions: pd.DataFrame) -> dict[str, dict[str, int]]:
    counted = decisions.groupby(["programme", "decision"], sort=True).size()
    result: dict[str, dict[str, int]] = {}
    for programme, decision, count in counted.reset_index(name="count").itertuples(index=False):
        result.setdefault(str(programme), {})[str(decision)] = int(count)
    return result
