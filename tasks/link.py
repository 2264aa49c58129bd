"""Accepted records → persons, households, pairs for clerical review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from palayesh.adapters import linkage_model, settings
from palayesh.adapters.console_models import ReviewCard
from palayesh.adapters.models import ReviewPair, Run
from palayesh.adapters.review_store import ReviewStore
from palayesh.distinct import is_among
from palayesh.findings import Finding
from palayesh.linkage import LinkageSettings, link, mentions_from
from palayesh.linkage import Linked as LinkedFrames
from palayesh.linkage.guards import as_counts, duplicate_share, runaway_findings
from palayesh.linkage.households import SPELL_COLUMNS, spells_after
from palayesh.linkage.ids import ALIAS_COLUMNS, aliases_after
from palayesh.linkage.mentions import columns_read
from palayesh.review import cards, order, standing
from tasks import installation, ledger, reviewing
from tasks.accepted import accepted_records
from tasks.stage import stage_task

# What linkage hands on itself; beside it stands what outlives the month (aliases, spells).
FRAMES = (
    "linked_mentions", "linked_persons", "linked_households", "household_members", "id_ledger", "id_events", "golden_provenance",
)  # fmt: skip
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
    accepted = accepted_records(month, {*columns_read(installation.agencies()), "sheet", "row"})
    mentions = mentions_from(accepted, installation.agencies())
    before = ledger.previous_run(month)
    log = registry.judgements()
    given = standing.standing(log)
    linked = link(
        mentions,
        previous=frame_before(before, "id_ledger", LEDGER_COLUMNS),
        # An unsure pair is asked until somebody knows, a proposed one until a second person agrees; an undone one as if it had
        # never been judged.
        judgements=given.loc[
            given["judgement"].isin(standing.DECISIVE), ["identity_key_l", "identity_key_r", "judgement"]
        ],
        settings=LinkageSettings(
            model=linkage_model.load_linkage_model(settings.current().expectations),
            month=month,
            neighbours=installation.vocabularies()["county"].neighbours,
            threads=settings.current().threads,
            sampled_joins=reviewing.policy().sampled_joins,
        ),
    )
    aliases = aliases_after(frame_before(before, "id_aliases", ALIAS_COLUMNS), linked.id_events, month=month)
    spells = spells_after(
        frame_before(before, "household_spells", SPELL_COLUMNS), linked.household_members, aliases, month=month
    )
    pairs, shown = _for_review(linked, mentions, accepted, log, before, month=month)
    counts: dict[str, Any] = {
        "mentions": len(linked.linked_mentions),
        "persons": len(linked.linked_persons),
        "households": len(linked.linked_households),
        "review_pairs": int(pairs["kind"].ne("sampled").sum()),
        "sampled_joins": int(pairs["kind"].eq("sampled").sum()),
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
        },
        rows={ReviewPair: pairs, ReviewCard: shown},
    )
    # Judgements that came while this was computed are in the log, and now also in the state of the pairs.
    ReviewStore(registry).settle(run_id)
    return counts


def _for_review(
    linked: LinkedFrames,
    mentions: pd.DataFrame,
    accepted: dict[str, pd.DataFrame],
    log: pd.DataFrame,
    before: Run | None,
    *,
    month: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The pairs with what the queue needs, and a card for every mention of the families around them."""
    pairs = linked.review_pairs
    keys = linked.identity_keys
    judged = keys["identity_key"].isin(pd.concat([log["identity_key_l"], log["identity_key_r"]]))
    asked = pd.concat([pairs["mention_id_l"], pairs["mention_id_r"], keys.loc[judged, "mention_id"]])
    digests = cards.digests(mentions[is_among(mentions["mention_id"], asked)])
    again = standing.asked_again(log, keys, digests)
    again = again[~again["pair_id"].isin(pairs["pair_id"])]
    person = linked.linked_mentions.set_index("mention_id")["person_id"]
    pairs = pd.concat([pairs, _asked_again(again, person)], ignore_index=True).drop_duplicates("pair_id")
    earlier = ReviewStore(installation.registry()).first_months(before.id if before else None)
    pairs = order.queued(pairs, linked.linked_mentions, linked.linked_households, earlier, digests, month=month)
    where = linked.linked_mentions[["mention_id", "record_id", "household_id"]]
    of_pairs = is_among(where["mention_id"], pd.concat([pairs["mention_id_l"], pairs["mention_id_r"]]))
    touched = set(where.loc[of_pairs, "household_id"])
    around = where.loc[where["household_id"].isin(touched), "record_id"]
    places = pd.concat(
        [
            records.loc[is_among(records["record_id"], around), ["record_id", "sheet", "row"]]
            for records in accepted.values()
        ],
        ignore_index=True,
    )
    files = {s.sha256[:12]: s.id for s in ledger.current_submissions(month)}
    places["submission_id"] = places["record_id"].str.split("/").str[2].map(files)
    shown = cards.cards_of(
        mentions, linked.linked_mentions, linked.household_members, places.drop_duplicates("record_id"), keys, touched
    )
    return pairs, shown


def _asked_again(log: pd.DataFrame, person: pd.Series) -> pd.DataFrame:
    """Judgements whose evidence changed, as pairs of this run; what was seen then is in the log."""
    seen = [entry or {} for entry in log["evidence"]]
    return pd.DataFrame(
        {
            "pair_id": log["pair_id"],
            "kind": "changed",
            "mention_id_l": log["mention_id_l"],
            "mention_id_r": log["mention_id_r"],
            "identity_key_l": log["identity_key_l"],
            "identity_key_r": log["identity_key_r"],
            "person_id_l": log["mention_id_l"].map(person),
            "person_id_r": log["mention_id_r"].map(person),
            "match_probability": [float(entry.get("match_probability", 0.5)) for entry in seen],
            "reason": [str(entry.get("reason", "")) for entry in seen],
            "evidence": [str(entry.get("weights", "{}")) for entry in seen],
        }
    )


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
