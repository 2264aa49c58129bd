"""The levels of agreement of given pairs of records, computed by Splink."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import TracebackType

import duckdb
import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from palayesh.linkage.fields import FIELDS, MAYBE_UNTOLD, ONLY_EQUAL, columns_of, comparison
from palayesh.linkage.workspace import Workspace, delete_left_behind

LISTS = ("tokens", "phone_list")
_AT_ONCE = 1_000_000
"""Pairs compared in one go, or a quarter of the records if that is more: memory grows with them, and each go reads all records."""
_ON_DISK_FROM = 2_000_000
"""So many records and more are kept in a file without a name, and what does not fit into memory in a `Workspace`."""
_MEMORY_ON_DISK = "3GB"
WHOLE = ("uid", "year", "year_other", "kin")


class Comparer:
    """Compares pairs of the records it was given. Use it as a context: it holds a database, in memory or, of many records, on disk."""

    def __init__(self, table: pd.DataFrame, fields: Sequence[str], threads: int | None = None) -> None:
        self.fields = list(fields)
        self._asked = 0
        self._at_once = max(_AT_ONCE, len(table) // 4)
        delete_left_behind()
        self._workspace = Workspace() if len(table) >= _ON_DISK_FROM else None
        if self._workspace:
            file = self._workspace.folder / "records.duckdb"
            self._connection = duckdb.connect(str(file))
            # Without a name the file is gone when its process is, also when that is killed.
            file.unlink()
            # DuckDB's log of what is not in its file yet has a name: everything goes into the file at once instead.
            self._connection.execute("set wal_autocheckpoint = '1B'")
            self._connection.execute("set auto_checkpoint_skip_wal_threshold = 0")
            self._connection.execute(f"set memory_limit = '{_MEMORY_ON_DISK}'")
        else:
            self._connection = duckdb.connect()
        if threads:
            self._connection.execute(f"set threads = {int(threads)}")
        self._connection.execute("set preserve_insertion_order = false")
        self._read(table, "create table records as")
        logging.getLogger("splink").setLevel(logging.WARNING)
        self._api = DuckDBAPI(connection=self._connection)
        self._linker = Linker(
            self._api.register("records", dataset_display_name="records"),
            SettingsCreator(
                link_type="dedupe_only",
                unique_id_column_name="uid",
                comparisons=[comparison(field) for field in self.fields],
                blocking_rules_to_generate_predictions=[block_on("uid")],
                retain_matching_columns=False,
                retain_intermediate_calculation_columns=True,
            ),
            log_level=None,
            validate_settings=False,  # the columns are our own; checking them takes longer than a small comparison
        )

    def _read(self, table: pd.DataFrame, how: str) -> None:
        frame = compared_columns(table, self.fields)
        self._connection.register("frame", frame)
        self._connection.execute(f"{how} select {', '.join(_typed(str(name), frame) for name in frame)} from frame")  # noqa: S608 - our own column names
        self._connection.unregister("frame")

    def replace(self, table: pd.DataFrame) -> None:
        """Further comparisons are of these records, which have the same columns."""
        self._connection.execute("delete from records")
        self._read(table, "insert into records by name")

    def close(self) -> None:
        self._connection.close()
        if self._workspace:
            self._workspace.close()

    def __enter__(self) -> Comparer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """One row per pair (uids), one column per field: the number of its level (`level_names`), −1 where a value is missing."""
        parts = [
            self._levels_of(left[start : start + self._at_once], right[start : start + self._at_once])
            for start in range(0, len(left), self._at_once)
        ]
        # The levels of one field lie together: they are read field by field.
        return np.concatenate([np.zeros((len(self.fields), 0), dtype=np.int8), *parts], axis=1).T

    def _levels_of(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        # Splink gives the pairs in an order of its own, and hands on the match key: it is the pair's place.
        place_of = np.arange(len(left), dtype=np.int32)
        self._connection.register(
            "pair_frame", pd.DataFrame({"match_key": place_of, "join_key_l": left, "join_key_r": right})
        )
        self._asked += 1
        name = f"pairs_{self._asked}"
        self._connection.execute(f"create table {name} as select * from pair_frame")  # noqa: S608
        self._connection.unregister("pair_frame")
        registered = self._api.register(name, dataset_display_name=name)
        self._linker.table_management.register_blocked_pairs_for_predict(registered)
        found = self._linker.inference.predict(warning_mode="never")
        levels = ", ".join(f"(round(mw_{field}) - 1)::tinyint as {field}" for field in self.fields)
        columns = self._connection.execute(f"select match_key, {levels} from {found.physical_name}").fetchnumpy()  # noqa: S608
        found.drop_table_from_database_and_remove_from_cache()
        self._connection.execute(f"drop table {name}")
        place_of = np.asarray(columns["match_key"])
        ordered = np.empty((len(self.fields), len(left)), dtype=np.int8)
        for place, field in enumerate(self.fields):
            ordered[place, place_of] = np.asarray(columns[field])
        return ordered


def compared_columns(table: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """The columns that the fields read. What is only asked whether it is the same is a whole number."""
    needed = {"uid"}.union(*(columns_of(field) for field in fields))
    there = table[[name for name in table if name in needed]]
    untold = {
        name: pd.Series(None, index=table.index, dtype="str") for name in MAYBE_UNTOLD if name in needed - set(there)
    }
    return there.assign(**numbered(there, ONLY_EQUAL), **untold)


def numbered(table: pd.DataFrame, groups: Sequence[Sequence[str]]) -> dict[str, pd.Series]:
    """Whole numbers for the values of those columns that are there: equal values of one group of columns have one number."""
    found = {}
    for together in groups:
        there = [name for name in together if name in table]
        if there:
            codes = pd.factorize(_one_below_another([table[name] for name in there]), use_na_sentinel=True)[0]
            for name, part in zip(there, np.split(codes.astype(np.int32), len(there)), strict=True):
                found[name] = pd.Series(pd.arrays.IntegerArray(part, part < 0), index=table.index)
    return found


def _one_below_another(columns: list[pd.Series]) -> pd.Series:
    if all(isinstance(column.dtype, pd.CategoricalDtype) for column in columns):
        return pd.Series(union_categoricals(columns))
    return pd.concat(columns)


def _typed(name: str, table: pd.DataFrame) -> str:
    if name in LISTS:
        return f"{name}::varchar[] as {name}"
    if name in WHOLE:
        return f"{name}::bigint as {name}"
    if table[name].dtype == bool:
        return f"{name}::boolean as {name}"
    if table[name].dtype == "Int32":
        return f"{name}::integer as {name}"
    return f"{name}::varchar as {name}"


def present_fields(table: pd.DataFrame) -> list[str]:
    """The fields that at least two records have a value for."""
    return [name for name, field in FIELDS.items() if field.column in table and table[field.column].notna().sum() >= 2]
