"""Person lists in CSV, Excel or Parquet → who is who, without a registry."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from palayesh.adapters import linkage_model, person_lists, settings
from palayesh.findings import Refusal
from palayesh.linkage import link_table
from tasks.stage import without_personal_data


@without_personal_data
def link_lists(files: list[Path], out: Path, *, record_id: str, mapping: dict[str, str], calendar: str) -> None:
    """``out`` holds one line per record: ``record_id``, ``person_id``, ``household_id``; order as in the files."""
    tables = []
    for path in files:
        table = person_lists.read_person_list(path).rename(columns=mapping)
        if record_id not in table:
            raise Refusal(
                "no_record_id",
                f"ستون «{record_id}» در {path.name} نیست؛ نام آن را با --record-id بگویید.",
                f"There is no column «{record_id}» in {path.name}: name it by --record-id.",
            )
        tables.append(table.rename(columns={record_id: "record_id"}))
    records = pd.concat(tables, ignore_index=True)
    if records["record_id"].duplicated().any():
        raise Refusal(
            "doubled_record_id",
            "شناسهٔ ردیف در فایل‌ها تکراری است؛ شناسه‌ها باید یکتا باشند.",
            "A record id occurs twice in the files: ids must be unique.",
        )
    linked = link_table(
        records, calendar=calendar, model=linkage_model.load_linkage_model(settings.current().expectations)
    )
    person_lists.write_table(linked, out)
