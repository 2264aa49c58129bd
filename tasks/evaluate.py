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


def _judged(run_id: str, files: TruthFiles) -> Judged:
    registry = installation.registry()
    linked = with_place(registry.frame(run_id, "linked_mentions"))
    # A prisoner or head is one mention for the family, on its first row; whom a row's subject is, each row says itself.
    joined = linked.merge(files.records, on=_PLACE, how="left")
    known = joined[joined["true_person"].notna()].reset_index(drop=True)
    if known.empty:
        raise Refusal(
            "other_truth",
            "این حقیقت از فایل‌های دیگری است؛ هیچ ردیف اجرای این ماه در آن نیست.",
            "This truth belongs to other files: no record of the month's run is in it.",
        )
    families = mentions_from(accepted_records(registry.run(run_id).month), installation.agencies())
    known["case"] = known["mention_id"].map(families.set_index("mention_id")["family_key"])
    rows = files.records.drop_duplicates(["list_key", "sha", "row", "member"])
    reached = rows.merge(linked[["list_key", "sha", "row", "member"]].drop_duplicates(), how="left", indicator=True)
    query = select(
        ReviewPair.mention_id_l, ReviewPair.mention_id_r, ReviewPair.match_probability, ReviewPair.kind
    ).where(ReviewPair.run_id == run_id)
    with registry.engine.connect() as connection:
        review = pd.read_sql(query.order_by(ReviewPair.pair_id), connection)
    return Judged(
        mentions=known,
        review=review,
        people=_people(files.persons),
        damage=damage_of_mentions(known, files.damage),
        without_truth=len(linked) - len(known),
        not_linked=int(reached["_merge"].eq("left_only").sum()),
    )


def _people(persons: pd.DataFrame) -> pd.DataFrame:
    return persons.assign(name=persons["first_name"] + "|" + persons["last_name"])[
        ["true_person", "true_household", "relation", "birth_date", "name"]
    ]
