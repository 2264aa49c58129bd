"""The levels of agreement of given pairs of records, computed by Splink."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import TracebackType

import duckdb
import numpy as np
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from palayesh.linkage.fields import FIELDS, comparison

_LISTS = ("phone_list", "tokens")
_WHOLE = ("uid", "year", "kin")


class Comparer:
    """Compares pairs of the records it was given. Use it as a context: it holds a database in memory."""

    def __init__(self, table: pd.DataFrame, fields: Sequence[str], threads: int | None = None) -> None:
        self.fields = list(fields)
        self._connection = duckdb.connect()
        if threads:
            self._connection.execute(f"set threads = {int(threads)}")
        self._connection.execute("set preserve_insertion_order = false")
        self.replace(table)

    def __enter__(self) -> Comparer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def replace(self, table: pd.DataFrame) -> None:
        """Further comparisons are of these records."""
        columns = [name for name in table if name not in ("list", "case")]
        self._connection.register("frame", table[columns])
        self._connection.execute(
            f"create or replace table records as select {', '.join(_typed(name, table) for name in columns)} from frame"  # noqa: S608 - our own column names
        )
        self._connection.unregister("frame")

    def levels(self, left: np.ndarray, right: np.ndarray, fields: Sequence[str] | None = None) -> np.ndarray:
        """One row per pair (uids), one column per field: the number of its level (`level_names`), −1 where a value is missing."""
        fields = list(fields or self.fields)
        if not len(left):
            return np.zeros((0, len(fields)), dtype=np.int8)
        logging.getLogger("splink").setLevel(logging.WARNING)
        api = DuckDBAPI(connection=self._connection)
        linker = Linker(
            api.register("records", dataset_display_name="records"),
            SettingsCreator(
                link_type="dedupe_only",
                unique_id_column_name="uid",
                comparisons=[comparison(field) for field in fields],
                blocking_rules_to_generate_predictions=[block_on("uid")],
                retain_matching_columns=False,
                retain_intermediate_calculation_columns=True,
            ),
        )
        pairs = pd.DataFrame({"match_key": "0", "join_key_l": left, "join_key_r": right})
        self._connection.register("pair_frame", pairs)
        self._connection.execute("create or replace table pairs as select * from pair_frame")
        self._connection.unregister("pair_frame")
        linker.table_management.register_blocked_pairs_for_predict(api.register("pairs", dataset_display_name="pairs"))
        found = linker.inference.predict(warning_mode="never")
        gammas = ", ".join(f"(round(mw_{field}) - 1)::tinyint as {field}" for field in fields)
        columns = self._connection.execute(
            f"select uid_l, uid_r, {gammas} from {found.physical_name}"  # noqa: S608
        ).fetchnumpy()
        found.drop_table_from_database_and_remove_from_cache()
        levels = np.column_stack([np.asarray(columns[field], dtype=np.int8) for field in fields])
        # Splink gives the pairs in an order of its own, and the smaller uid on either side.
        size = int(max(left.max(), right.max())) + 1
        got = np.argsort(_pair_code(columns["uid_l"], columns["uid_r"], size), kind="stable")
        wanted = np.argsort(_pair_code(left, right, size), kind="stable")
        ordered = np.empty_like(levels)
        ordered[wanted] = levels[got]
        return ordered


def _pair_code(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    left, right = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    return np.minimum(left, right) * size + np.maximum(left, right)


def _typed(name: str, table: pd.DataFrame) -> str:
    if name in _LISTS:
        return f"{name}::varchar[] as {name}"
    if name in _WHOLE:
        return f"{name}::bigint as {name}"
    if table[name].dtype == bool:
        return f"{name}::boolean as {name}"
    return f"{name}::varchar as {name}"


def present_fields(table: pd.DataFrame) -> list[str]:
    """The fields that at least two records have a value for."""
    return [name for name, field in FIELDS.items() if field.column in table and table[field.column].notna().sum() >= 2]
