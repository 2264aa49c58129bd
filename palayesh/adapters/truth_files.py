"""The truth beside a synthetic month's files, as `palayesh synth` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from palayesh.findings import Refusal


@dataclass(frozen=True)
class TruthFiles:
    """``records``: whom each row names (``list_key``, ``sha`` of the file, ``row``, ``member``, ``role``, ``file``, ``true_person``,
    ``true_household``); ``persons``: everyone the lists name; ``damage``: ``file``, ``row``, ``member``, ``column``, ``kind``."""

    records: pd.DataFrame
    persons: pd.DataFrame
    damage: pd.DataFrame


def load_truth(folder: Path) -> TruthFiles:
    """The truth in ``folder``. Raises Refusal when a table of it is missing."""
    records, persons, damage, files = (
        _read(folder / f"{name}.csv") for name in ("records", "persons", "damage", "files")
    )
    digests = files.set_index(files["agency"] + "/" + files["file"])["sha256"].str[:12]
    path = records["agency"] + "/" + records["file"]
    records = records.assign(
        list_key=records["agency"] + "/" + records["list"],
        file=path,
        sha=path.map(digests),
        row=records["row"].astype("int64"),
        true_person=records["person_id"],
        true_household=records["household_id"],
    )
    columns = ["list_key", "sha", "file", "row", "member", "role", "true_person", "true_household"]
    persons = persons.rename(columns={"person_id": "true_person", "household_id": "true_household"})
    return TruthFiles(records[columns], persons, damage.astype({"row": "int64"}))


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise Refusal(
            "no_truth",
            f"{path.name} در پوشهٔ حقیقت نیست؛ پوشهٔ truth را که «palayesh synth» ساخته است بدهید.",
            f"There is no {path.name} in the truth: give the folder truth/ that `palayesh synth` wrote.",
        )
    return pd.read_csv(path, dtype="str", keep_default_na=False)
