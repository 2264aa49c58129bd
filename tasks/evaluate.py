"""A run of a synthetic month against its truth. Reads the registry and ``truth/``; hands on counts and shares."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import select

from palayesh.adapters.models import ReviewPair
from palayesh.adapters.truth_files import TruthFiles, load_truth
from palayesh.findings import Refusal
from palayesh.linkage import mentions_from
from palayesh.linkage.evaluate import Judged, damage_of_mentions, evaluate
from tasks import installation
from tasks.accepted import accepted_records
from tasks.stage import without_personal_data

RECORD_ID = r"^[^/]+/[^/]+/(?P<sha>[0-9a-f]{12})/\d+/(?P<row>\d+)(?:/(?P<member>.+))?$"
_PLACE = ["list_key", "sha", "row", "member", "role"]


def with_place(mentions: pd.DataFrame) -> pd.DataFrame:
    """``mentions`` with the ``sha``, ``row`` and ``member`` that their ``record_id`` holds."""
    place = mentions["record_id"].str.extract(RECORD_ID)
    return mentions.assign(sha=place["sha"], row=place["row"].astype("int64"), member=place["member"].fillna(""))


@without_personal_data
def evaluate_run(run_id: str, truth: Path) -> pd.DataFrame:
    """Every measure of the run's linkage (``area``, ``part``, ``measure``, ``value``, ``count``).

    Raises Refusal when a table of the truth is missing, or the truth is of other files than the run's.
    """
    files = load_truth(truth)
    return evaluate(_judged(run_id, files))


def _judged(run_id: str, truth: TruthFiles) -> Judged:
    registry = installation.registry()
    mentions = mentions_from(accepted_records(registry.run(run_id).month), installation.agencies())
    query = select(
        ReviewPair.mention_id_l, ReviewPair.mention_id_r, ReviewPair.match_probability, ReviewPair.kind
    ).where(ReviewPair.run_id == run_id, ReviewPair.kind != "sampled")  # joins are asked by lot, not for a doubt
    with registry.engine.connect() as connection:
        review = pd.read_sql(query.order_by(ReviewPair.pair_id), connection)
    return beside_truth(registry.frame(run_id, "linked_mentions"), review, mentions, truth)


def beside_truth(
    linked_mentions: pd.DataFrame, review: pd.DataFrame, mentions: pd.DataFrame, truth: TruthFiles
) -> Judged:
    """What was linked, with the true person and household of each mention.

    Raises Refusal when the truth is of other files.
    """
    linked = with_place(linked_mentions)
    # A prisoner or head is one mention for the family, on its first row; whom a row's subject is, each row says itself.
    joined = linked.merge(truth.records, on=_PLACE, how="left")
    known = joined[joined["true_person"].notna()].reset_index(drop=True)
    if known.empty:
        raise Refusal(
            "other_truth",
            "این حقیقت از فایل‌های دیگری است؛ هیچ ردیف اجرای این ماه در آن نیست.",
            "This truth belongs to other files: no record of the month's run is in it.",
        )
    known["case"] = known["mention_id"].map(mentions.set_index("mention_id")["family_key"])
    rows = truth.records.drop_duplicates(["list_key", "sha", "row", "member"])
    reached = rows.merge(linked[["list_key", "sha", "row", "member"]].drop_duplicates(), how="left", indicator=True)
    persons = truth.persons.assign(name=truth.persons["first_name"] + "|" + truth.persons["last_name"])
    return Judged(
        mentions=known,
        review=review,
        people=persons[["true_person", "true_household", "relation", "birth_date", "name"]],
        damage=damage_of_mentions(known, truth.damage),
        without_truth=len(linked) - len(known),
        not_linked=int(reached["_merge"].eq("left_only").sum()),
    )
