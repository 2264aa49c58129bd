"""Accepted records → persons, households, pairs for clerical review."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from palayesh.adapters import linkage_model, settings
from palayesh.adapters.models import ReviewPair
from palayesh.linkage import LinkageSettings, link, mentions_from
from palayesh.reporting_month import ReportingMonth
from tasks import installation
from tasks.accepted import accepted_records
from tasks.stage import stage_task

FRAMES = ("linked_mentions", "linked_persons", "linked_households", "household_members", "id_ledger", "id_events")
STEP = "link"


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
def link_month(run_id: str) -> dict[str, int]:
    """The month's mentions are linked; persons and households keep last month's ids."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    month = registry.run(run_id).month
    mentions = mentions_from(accepted_records(month), installation.agencies())
    linked = link(
        mentions,
        previous=previous_ledger(month),
        judgements=registry.judgements()[["identity_key_l", "identity_key_r", "judgement"]],
        settings=LinkageSettings(
            model=linkage_model.load_linkage_model(settings.current().expectations),
            month=month,
            threads=settings.current().threads,
        ),
    )
    counts = {
        "mentions": len(linked.linked_mentions),
        "persons": len(linked.linked_persons),
        "households": len(linked.linked_households),
        "review_pairs": len(linked.review_pairs),
        "ids_merged": int(linked.id_events["kind"].eq("merged").sum()),
        "ids_split": int(linked.id_events["kind"].eq("split").sum()),
    }
    registry.save_step(
        run_id,
        STEP,
        counts,
        frames={name: getattr(linked, name) for name in FRAMES},
        rows={ReviewPair: linked.review_pairs},
    )
    return counts


def previous_ledger(month: str) -> pd.DataFrame:
    """The id ledger of the newest finished run of the latest earlier month, or an empty one."""
    registry = installation.registry()
    for back in range(1, 13):
        run = registry.latest_run(str(ReportingMonth.parse(month).plus(-back)))
        if run is not None:
            return registry.frame(run.id, "id_ledger")
    return pd.DataFrame({name: pd.Series(dtype="str") for name in ("entity", "identity_key", "id")})
