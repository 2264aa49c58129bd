"""The levels of agreement of given pairs, computed by Splink on Spark: the same levels as on DuckDB, pair by pair.

Needs Java 17 or newer and the extra ``spark`` (`pip install palayesh[spark]`).
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from palayesh.linkage.fields import comparison
from palayesh.linkage.score import LISTS, WHOLE, compared_columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PARTS_PER_THREAD = 2
_COUNTER = itertools.count()
"""Views of a session need names of their own, whoever makes them."""


def session(threads: int | None, master: str | None = None) -> SparkSession:
    """A session with Splink's functions and ours: the one that is active, else one of its own on this machine (``local``)."""
    # Its workers must run the Python that it was started by.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with warnings.catch_warnings():
        # It says that it knows no pandas 3 yet; tables come and go as Arrow.
        warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
        from pyspark.sql import SparkSession
        from splink.backends.spark import similarity_jar_location

        at_once = threads or os.cpu_count() or 1
        builder = (
            SparkSession.builder.appName("palayesh")
            .master(master or f"local[{at_once}]")
            .config("spark.jars", similarity_jar_location())
            .config("spark.sql.shuffle.partitions", str(_PARTS_PER_THREAD * at_once))
            .config("spark.default.parallelism", str(_PARTS_PER_THREAD * at_once))
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
        )
        if (master or "local").startswith("local"):
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        spark = SparkSession.getActiveSession() or builder.getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        spark.udf.register("rapidfuzz_jaro_winkler", _jaro_winkler_udf())
    return spark


def _jaro_winkler_udf() -> object:
    """Splink's jar counts half transpositions otherwise than DuckDB, which has rapidfuzz inside; here it is rapidfuzz too."""
    from pyspark.sql.functions import udf
    from rapidfuzz.distance import JaroWinkler

    def similarity(left: str | None, right: str | None) -> float | None:
        return None if left is None or right is None else float(JaroWinkler.similarity(left, right))

    return udf(similarity, "double", useArrow=True)


class SparkComparer:
    """Compares pairs of the records it was given, as `palayesh.linkage.score.Comparer` does."""

    def __init__(
        self, table: pd.DataFrame, fields: Sequence[str], threads: int | None = None, master: str | None = None
    ) -> None:
        self.fields = list(fields)
        self._name = f"records_{next(_COUNTER)}"
        self._spark = session(threads, master)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
            from splink import Linker, SettingsCreator, SparkAPI, block_on

            logging.getLogger("splink").setLevel(logging.WARNING)
            self._api = SparkAPI(spark_session=self._spark, break_lineage_method="persist")
            self._records = self._spark.createDataFrame(_as_arrow(compared_columns(table, fields))).persist()
            self._records.createOrReplaceTempView(self._name)
            self._linker = Linker(
                self._api.register(self._name, dataset_display_name="records"),
                SettingsCreator(
                    link_type="dedupe_only",
                    unique_id_column_name="uid",
                    comparisons=[comparison(field, "spark") for field in self.fields],
                    blocking_rules_to_generate_predictions=[block_on("uid")],
                    retain_matching_columns=False,
                    retain_intermediate_calculation_columns=True,
                ),
                log_level=None,
                validate_settings=False,  # the columns are our own
            )

    def __enter__(self) -> SparkComparer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.delete_tables_created_by_splink_from_db()
        self._spark.catalog.dropTempView(self._name)
        self._records.unpersist()

    def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """One row per pair (uids), one column per field: the number of its level, −1 where a value is missing."""
        if not len(left):
            return np.zeros((0, len(self.fields)), dtype=np.int8)
        name = f"pairs_{next(_COUNTER)}"
        pairs = pa.table(
            {
                "match_key": pa.array(["0"] * len(left)),
                "join_key_l": pa.array(np.asarray(left, dtype=np.int64)),
                "join_key_r": pa.array(np.asarray(right, dtype=np.int64)),
            }
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
            self._spark.createDataFrame(pairs).createOrReplaceTempView(name)
            registered = self._api.register(name, dataset_display_name=name)
            self._linker.table_management.register_blocked_pairs_for_predict(registered)
            found = self._linker.inference.predict(warning_mode="never")
            levels = ", ".join(f"cast(round(mw_{field}) - 1 as tinyint) as {field}" for field in self.fields)
            columns = self._spark.sql(
                f"select least(uid_l, uid_r) as l, greatest(uid_l, uid_r) as r, {levels} from {found.physical_name}"  # noqa: S608 - our own names
            ).toArrow()
            found.drop_table_from_database_and_remove_from_cache()
            self._spark.catalog.dropTempView(name)
        # The pairs come back in an order of their own.
        got = np.lexsort((columns["r"].to_numpy(), columns["l"].to_numpy()))
        wanted = np.lexsort((np.maximum(left, right), np.minimum(left, right)))
        ordered = np.empty((len(left), len(self.fields)), dtype=np.int8)
        for place, field in enumerate(self.fields):
            ordered[wanted, place] = columns[field].to_numpy()[got]
        return ordered


def _as_arrow(table: pd.DataFrame) -> pa.Table:
    def column(name: str) -> pa.Array:
        values = table[name]
        if name in LISTS:
            lists = [list(value) if isinstance(value, list) else None for value in values]
            return pa.array(lists, pa.list_(pa.string()))
        if name in WHOLE:
            return pa.array(values.astype("Int64"), pa.int64(), from_pandas=True)
        if values.dtype == bool:
            return pa.array(values.to_numpy(), pa.bool_())
        if values.dtype == "Int32":
            return pa.array(values, pa.int32(), from_pandas=True)
        return pa.array(values, pa.string(), from_pandas=True)

    return pa.table({name: column(str(name)) for name in table})
