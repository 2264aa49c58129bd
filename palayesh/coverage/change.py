"""Each figure beside the month before."""

from __future__ import annotations

import pandas as pd


def change_since(previous: pd.DataFrame | None, figures: pd.DataFrame) -> pd.DataFrame:
    """``key``, ``part``, ``unit``, ``value``, ``previous``, ``change``: absent where a month cannot say it."""
    table = figures[["key", "part", "unit", "value"]].copy()
    if previous is None:
        table["previous"] = pd.Series(float("nan"), index=table.index, dtype="float64")
    else:
        before = previous[["key", "part", "value"]].rename(columns={"value": "previous"})
        table = table.merge(before, on=["key", "part"], how="left", validate="one_to_one")
    table["change"] = table["value"] - table["previous"]
    return table
