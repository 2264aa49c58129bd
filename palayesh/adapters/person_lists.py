"""Plain person lists (CSV, Excel, Parquet) in and out, every value as text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from palayesh.adapters import spreadsheets
from palayesh.adapters.files import write_whole
from palayesh.findings import Refusal


def read_person_list(path: Path) -> pd.DataFrame:
    """The file's first row as headings, the rest as text; empty cells are missing.

    Raises Refusal when the file cannot be read or has no heading row.
    """
    if path.suffix == ".parquet":
        try:
            return pd.read_parquet(path).astype("str").rename(columns=lambda name: str(name).strip())
        except (pa.ArrowException, OSError):
            raise Refusal(
                "not_parquet",
                f"{path.name} پروندهٔ Parquet نیست یا آسیب دیده است؛ آن را دوباره بسازید.",
                f"{path.name} is no Parquet file, or a damaged one: make it again.",
            ) from None
    sheets = [sheet for sheet in spreadsheets.read_file(path).sheets if not sheet.is_hidden and sheet.rows]
    if not sheets:
        raise Refusal("no_heading", f"{path.name} سرستون ندارد.", f"{path.name} has no heading row.")
    rows = sheets[0].rows
    width = len(rows[0])
    headings = [str(text or f"column_{place}").strip() for place, text in enumerate(rows[0], start=1)]
    body = [[*row, *[None] * (width - len(row))][:width] for row in rows[1:] if any(row)]
    return pd.DataFrame(body, columns=headings, dtype="str")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """``path`` holds the table as CSV (UTF-8)."""
    write_whole(path, table.to_csv(index=False).encode("utf-8"))
