"""Accepted records → persons, households, pairs for clerical review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from palayesh.adapters import linkage_model, settings
from palayesh.adapters.models import ReviewPair, Run
from palayesh.findings import Finding
from palayesh.linkage import LinkageSettings, link, mentions_from
from palayesh.linkage.golden_record import golden_provenance
from palayesh.linkage.guards import as_counts, duplicate_share, runaway_findings
from palayesh.linkage.households import SPELL_COLUMNS, spells_after
from palayesh.linkage.ids import ALIAS_COLUMNS, aliases_after
from palayesh.reporting_month import ReportingMonth
from tasks import installation
from tasks.accepted import accepted_records
from tasks.stage import stage_task

# What linkage hands on itself; beside it stand what outlives the month (aliases, spells) and where each value comes from.
FRAMES = ("linked_mentions", "linked_persons", "linked_households", "household_members", "id_ledger", "id_events")
STEP = "link"
LEDGER_COLUMNS = ("entity", "identity_key", "id")


@dataclass(frozen=True)
class Linked:
    """The tables that linkage handed on, read back from the registry."""

    linked_mentions: pd.DataFrame
    linked_persons: pd.DataFrame
    linked_households: pd.DataFrame
    household_members: pd.DataFrame


def linked_tables(run_id: str) -> Linked:
    """The run's persons and households. Raises KeyError before the run is linked."""
    registry = installation.registry()
    return Linked(**{name: registry.frame(run_id, name) for name in Linked.__dataclass_fields__})


@stage_task("link {run_id}")
def link_month(run_id: str) -> dict[str, Any]:
    """The month's mentions are linked; persons and households keep last month's ids."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    month = registry.run(run_id).month
    mentions = mentions_from(accepted_records(month), installation.agencies())
    before = previous_run(month)
    linked = link(
        mentions,
        previous=frame_before(before, "id_ledger", LEDGER_COLUMNS),
        judgements=registry.judgements()[["identity_key_l", "identity_key_r", "judgement"]],
        settings=LinkageSettings(
            model=linkage_model.load_linkage_model(settings.current().expectations),
            month=month,
            threads=settings.current().threads,
        ),
    )
    aliases = aliases_after(frame_before(before, "id_aliases", ALIAS_COLUMNS), linked.id_events, month=month)
    spells = spells_after(
        frame_before(before, "household_spells", SPELL_COLUMNS), linked.household_members, aliases, month=month
    )
    counts: dict[str, Any] = {
        "mentions": len(linked.linked_mentions),
        "persons": len(linked.linked_persons),
        "households": len(linked.linked_households),
        "review_pairs": len(linked.review_pairs),
        "ids_merged": int(linked.id_events["kind"].eq("merged").sum()),
        "ids_split": int(linked.id_events["kind"].eq("split").sum()),
        "findings": as_counts([*linked.findings, *_runaway(linked.linked_mentions, before)]),
    }
    registry.save_step(
        run_id,
        STEP,
        counts,
        frames={
            **{name: getattr(linked, name) for name in FRAMES},
            "id_aliases": aliases,
            "household_spells": spells,
            "golden_provenance": golden_provenance(mentions, linked.linked_mentions),
        },
        rows={ReviewPair: linked.review_pairs},
    )
    return counts


def previous_run(month: str) -> Run | None:
    """The newest finished run of the latest earlier month, of the last twelve."""
    registry = installation.registry()
    for back in range(1, 13):
        run = registry.latest_run(str(ReportingMonth.parse(month).plus(-back)))
        if run is not None:
            return run
    return None


def frame_before(run: Run | None, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """A table of an earlier run; an empty one where there is no run, or it knew no such table."""
    if run is not None:
        try:
            return installation.registry().frame(run.id, name)
        except KeyError:
            pass
    return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})


def _runaway(linked_mentions: pd.DataFrame, before: Run | None) -> list[Finding]:
    counts = installation.registry().step_counts(before.id, STEP) if before is not None else None
    return runaway_findings(
        linked_mentions,
        linkage_model.load_guards(settings.current().expectations),
        previous_share=duplicate_share(counts["mentions"], counts["persons"]) if counts else None,
    )
