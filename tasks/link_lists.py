"""Person lists in CSV, Excel or Parquet → who is who, without a registry."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from palayesh.adapters import person_lists, settings
from palayesh.findings import Finding, Refusal, Severity
from palayesh.linkage import COLUMNS, LinkedTable, link_table
from palayesh.linkage.increment import link_new, prepare
from palayesh.linkage.prepared import NotPrepared, open_prepared
from palayesh.persian_text import format_number
from tasks.stage import without_personal_data


@without_personal_data
def link_lists(
    files: list[Path],
    out: Path,
    *,
    record_id: str,
    mapping: dict[str, str],
    calendar: str,
    engine: str | None = None,
    prepared: Path | None = None,
) -> tuple[dict[str, int], list[Finding]]:
    """``out`` holds one line per record: ``record_id``, ``person_id``, ``household_id``, ``match_probability``; order as in the files.

    Each file is a list of its own, unless it has a column ``list``; where two files have a record id in common, each record's is preceded by
    its file's name. ``prepared``: a folder to keep what was linked for `link_lists_against`. Returns the counts of records, persons, households
    and uncertain pairs, and what its reader should know.
    """
    records, findings = _read(files, record_id, mapping)
    chosen = engine or settings.current().engine
    if chosen == "spark" and not find_spec("pyspark"):
        raise Refusal(
            "no_spark",
            "برای engine = spark بستهٔ pyspark و Java 17 لازم است: pip install 'palayesh[spark]'",
            "engine = spark needs pyspark and Java 17: pip install 'palayesh[spark]'",
        )
    linked = link_table(
        records,
        calendar=calendar,
        threads=settings.current().threads,
        engine="spark" if chosen == "spark" else "duckdb",
        spark_master=settings.current().spark_master or None,
    )
    if prepared:
        _keep(prepared, records, linked, calendar)
    person_lists.write_table(linked.records, out)
    counts = {
        "records": len(linked.records),
        "persons": linked.records["person_id"].nunique(),
        "households": linked.records["household_id"].nunique(),
        "review_pairs": int(linked.pairs["decision"].eq("review").sum()),
    }
    return counts, [*findings, *linked.findings]


@without_personal_data
def link_lists_against(
    files: list[Path], out: Path, prepared: Path, *, record_id: str, mapping: dict[str, str]
) -> tuple[dict[str, int], list[Finding]]:
    """``out`` as of `link_lists`, for these records only: persons whom ``prepared`` knows have the ids that they have there.

    Returns the counts of records, of known ones and their persons, of new persons and of uncertain pairs.
    """
    records, findings = _read(files, record_id, mapping)
    try:
        registry = open_prepared(prepared, settings.current().threads)
    except NotPrepared as error:
        raise Refusal(
            "not_prepared",
            f"پوشهٔ {prepared} را نمی‌توان به کار برد؛ آن را دوباره با --prepare بسازید.",
            f"{prepared} cannot be used ({error}); make it again by --prepare.",
        ) from None
    with registry:
        found = link_new(records, registry)
    person_lists.write_table(found.records, out)
    persons = found.records["person_id"]
    counts = {
        "records": len(persons),
        "known": int((~found.is_new).sum()),
        "known_persons": persons[~found.is_new].nunique(),
        "persons": persons[found.is_new].nunique(),
        "review_pairs": int(found.pairs["decision"].eq("review").sum()),
    }
    return counts, findings


def _keep(folder: Path, records: pd.DataFrame, linked: LinkedTable, calendar: str) -> None:
    if linked.weights is None:
        raise Refusal(
            "nothing_learned",
            "این فهرست چیزی برای پیوندهای بعدی نیاموخت؛ فهرست بزرگ‌تر یا ستون‌های بیشتر بدهید.",
            "These lists taught nothing to link later lists by: give more records or more columns.",
        )
    try:
        prepare(folder, records, linked, calendar=calendar)
    except FileExistsError:
        raise Refusal(
            "folder_in_use",
            f"پوشهٔ {folder} چیز دیگری دارد؛ پوشهٔ دیگری نام ببرید.",
            f"{folder} holds something else: name another folder.",
        ) from None


def _read(files: list[Path], record_id: str, mapping: dict[str, str]) -> tuple[pd.DataFrame, list[Finding]]:
    """The records of all files in our columns, each with an id of its own, and what was done for that."""
    read = [person_lists.read_person_list(path) for path in files]
    _hold_to_columns(mapping, read, record_id)
    tables = []
    for path, given in zip(files, read, strict=True):
        table = _in_our_columns(given, mapping, record_id)
        if record_id not in table:
            raise Refusal(
                "no_record_id",
                f"ستون «{record_id}» در {path.name} نیست؛ نام آن را با --record-id بگویید.",
                f"There is no column «{record_id}» in {path.name}: name it by --record-id.",
            )
        table = table.rename(columns={record_id: "record_id"})
        table = table if "list" in table else table.assign(list=str(path))
        tables.append(table.assign(file=path.name, path=str(path), place=range(1, len(table) + 1)))
    records = pd.concat(tables, ignore_index=True)
    wrong = records["record_id"].isna() | records.duplicated(["path", "record_id"])
    if wrong.any():
        first = records[wrong].iloc[0]
        raise Refusal(
            "doubled_record_id",
            f"{first['file']}، رکورد {format_number(int(first['place']))}: ستون «{record_id}» خالی است یا در همین فایل پیش‌تر آمده؛ "
            f"هر رکورد شناسه‌ای یکتا می‌خواهد. "
            f"(در همه {format_number(int(wrong.sum()))} رکورد)",
            f"{first['file']}, record {first['place']}: the column «{record_id}» is empty or was met before in this file; every record needs an id of its "
            f"own. ({int(wrong.sum())} records in all)",
        )
    if not (known := [name for name in COLUMNS if name in records]):
        raise Refusal(
            "no_known_column",
            f"هیچ ستون شناخته‌ای در فایل‌ها نیست؛ ستون‌ها را با --map ours=theirs به این نام‌ها برسانید: {'، '.join(COLUMNS)}",
            f"No known column in the files: map them by --map ours=theirs to these: {', '.join(COLUMNS)}",
        )
    records, findings = _with_ids_of_all(records)
    return records[["record_id", "list", *known]], findings


def _with_ids_of_all(records: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The records with ids that are their own in all files together: two lists may each count from 1."""
    repeated = int(records["record_id"].duplicated().sum())
    if not repeated:
        return records, []
    of_one_name = records.groupby("file")["path"].nunique().gt(1).any()
    named = records["path" if of_one_name else "file"] + ":" + records["record_id"]
    return records.assign(record_id=named), [Finding(
        "record_ids_of_two_files", Severity.WARN, repeated,
        f"{format_number(repeated)} شناسهٔ رکورد در بیش از یک فایل هست؛ در خروجی نام فایل پیش از هر شناسه آمده است (فایل:شناسه).",
        f"{repeated} record ids are in more than one file: in the output, every id is preceded by its file's name (file:id).",
    )]  # fmt: skip


def _hold_to_columns(mapping: dict[str, str], tables: list[pd.DataFrame], record_id: str) -> None:
    """Every mapping leads from a column that some file has to a column that we know. Raises Refusal naming the first that does not."""
    there = list(dict.fromkeys(str(column) for table in tables for column in table))
    for theirs, ours in mapping.items():
        if theirs not in there:
            raise Refusal(
                "no_mapped_column",
                f"ستون «{theirs}» که در --map آمده در هیچ فایلی نیست؛ ستون‌ها: {'، '.join(there)}",
                f"The column «{theirs}» of --map is in none of the files; their columns: {', '.join(there)}",
            )
        if ours not in (*COLUMNS, record_id, "record_id", "list"):
            raise Refusal(
                "no_known_column",
                f"«{ours}» در --map نام هیچ ستونی نیست؛ این‌ها هستند: {'، '.join(COLUMNS)}",
                f"«{ours}» of --map is no column that is known; these are: {', '.join(COLUMNS)}",
            )


def _in_our_columns(table: pd.DataFrame, mapping: dict[str, str], record_id: str) -> pd.DataFrame:
    """``table`` with its columns under our names, also where a heading is written «First Name»; several columns of one name are joined by a
    space, in their order."""
    known = {*COLUMNS, "list", record_id}
    ours: dict[str, pd.Series] = {}
    for place, heading in enumerate(map(str, table.columns)):
        as_ours = re.sub(r"[\s_-]+", "_", heading.strip().lower())
        target = mapping.get(heading, as_ours if heading not in known and as_ours in known else heading)
        text = table.iloc[:, place].astype("str")
        if target in ours:
            both = ours[target].fillna("") + " " + text.fillna("")
            ours[target] = both.str.strip().where(both.str.strip().ne(""))
        else:
            ours[target] = text
    return pd.DataFrame(ours)
