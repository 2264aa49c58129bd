"""Frames as Parquet bytes: the same frame always gives the same bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def to_bytes(frame: pd.DataFrame) -> bytes:
    """The frame (its index left out) as Parquet."""
    buffer = io.BytesIO()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, buffer, compression="zstd", compression_level=1, write_statistics=False)
    return buffer.getvalue()


def from_bytes(content: bytes, columns: Collection[str] | None = None) -> pd.DataFrame:
    """The frame that ``to_bytes`` wrote, with the same dtypes; of ``columns`` those that it has."""
    file = pq.ParquetFile(io.BytesIO(content))
    wanted = [name for name in file.schema_arrow.names if columns is None or name in columns]
    frame = file.read(columns=wanted).to_pandas()
    for name in frame.select_dtypes("datetime64[ms]"):  # Parquet has no seconds: they come back as milliseconds
        frame[name] = frame[name].astype("datetime64[s]")
    return frame


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
