"""Truth against found: every figure of a synthetic month, and what in the queues explains a difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from palayesh.adapters.files import sha256_of


@dataclass(frozen=True)
class Line:
    """One figure or part: its truth, what was found, and how much waits in the queues of the lists it comes from."""

    name: str
    true: float | None
    found: float | None
    queues: dict[str, int]

    @property
    def difference(self) -> float | None:
        if self.true is None or self.found is None:
            return None
        return self.found - self.true

    @property
    def is_explained(self) -> bool:
        """Whether the difference is no greater than the records and persons that wait or were linked otherwise."""
        if self.true is None or self.found is None:
            return self.true == self.found
        return abs(self.found - self.true) <= sum(self.queues.values())


def compare(run_id: str, truth: dict[str, Any], records: Path, inbox: Path) -> list[Line]:
    """A line for every figure and part of the truth; ``records`` says whom each row of the files names."""
    from tasks import summarise

    document = summarise.figures_document(run_id)
    queues = _queues_by_list(run_id, _true_persons(records, inbox))
    lines = []
    for key, figure in truth.items():
        found = document["figures"][key]
        waits = {
            name: sum(of_list[name] for one, of_list in queues.items() if one in found["lists"]) for name in QUEUES
        }
        lines.append(Line(key, figure["value"], found["value"], waits))
        for part, value in figure["parts"].items():
            lines.append(Line(f"{key}/{part}", value, found["parts"].get(part, 0), waits))
    return lines


QUEUES = ("set_aside", "waiting", "split", "joined")


def _true_persons(records: Path, inbox: Path) -> pd.DataFrame:
    """``list_key``, ``place`` (file, row and member as record_id ends), ``role``, ``person``, ``household``."""
    table = pd.read_csv(records, dtype={"member": "str", "sheet": "str"}, keep_default_na=False)
    digests = {
        (agency, file): sha256_of(inbox / agency / file)[:12]
        for agency, file in table[["agency", "file"]].drop_duplicates().itertuples(index=False)
    }
    table = table.rename(columns={"person_id": "person", "household_id": "household"})
    sha = [digests[pair] for pair in zip(table["agency"], table["file"], strict=True)]
    return table.assign(list_key=table["agency"] + "/" + table["list"], sha=sha)


def true_mentions(run_id: str, records: Path, inbox: Path) -> pd.DataFrame:
    """The run's mentions with the true ``person`` beside the found ``person_id``, and the number on each as read."""
    from tasks import installation, ledger

    registry = installation.registry()
    mentions = _with_truth(run_id, _true_persons(records, inbox))
    numbers = pd.concat(
        [
            registry.frame(s.id, "accepted").reindex(columns=["record_id", "national_id"])
            for s in ledger.current_submissions(registry.run(run_id).month)
        ]
    )
    subject = mentions["role"].eq("subject")
    number = mentions["record_id"].map(numbers.set_index("record_id")["national_id"])
    return mentions.assign(true_number=number.where(subject))


def _with_truth(run_id: str, true: pd.DataFrame) -> pd.DataFrame:
    from tasks import installation
    from tasks.evaluate import with_place

    columns = ["mention_id", "record_id", "list_key", "role", "person_id"]
    mentions = with_place(installation.registry().frame(run_id, "linked_mentions", columns))
    # A prisoner or head is one mention for the family, on its first row; whom a row's subject is, each row says itself.
    return mentions.merge(true, on=["list_key", "sha", "row", "member", "role"], how="inner")


def _queues_by_list(run_id: str, true: pd.DataFrame) -> dict[str, dict[str, int]]:
    from palayesh.adapters.models import ReviewPair
    from tasks import installation, ledger

    registry = installation.registry()
    joined = _with_truth(run_id, true)
    split = joined.groupby("person")["person_id"].nunique()
    mixed = joined.groupby("person_id")["person"].nunique()
    with registry.engine.connect() as connection:
        pairs = pd.read_sql(
            ReviewPair.__table__.select().where(ReviewPair.run_id == run_id, ReviewPair.kind != "sampled"), connection
        )
    set_aside: dict[str, int] = {}
    for submission in ledger.current_submissions(registry.run(run_id).month):
        key = submission.list_key or ""
        set_aside[key] = set_aside.get(key, 0) + submission.set_aside_count
    result = {}
    for list_key, group in joined.groupby("list_key"):
        in_pairs = pairs["mention_id_l"].str.startswith(f"{list_key}/") | pairs["mention_id_r"].str.startswith(
            f"{list_key}/"
        )
        result[str(list_key)] = {
            "set_aside": set_aside.get(str(list_key), 0),
            "waiting": int(in_pairs.sum()),
            "split": int(group["person"].drop_duplicates().map(split).gt(1).sum()),
            "joined": int(group["person_id"].drop_duplicates().map(mixed).gt(1).sum()),
        }
    return result
