"""A province made up from a seed: people and services that never were, the lists agencies would send, and the truth.

Shares no code with the stages it is used to test; its national numbers begin with 990, 099 or 009, which were never issued.
"""

from __future__ import annotations

import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, lists

_STATUS_OF_NUMBERS = ("national_id", "prisoner_national_id", "head_national_id")


def clean_tables(
    month: ReportingMonth, seed: int, profile: str = "reference", scale: float = 1.0
) -> dict[str, pd.DataFrame]:
    """Every list of a synthetic month as if received, standardised and accepted without a fault (docs/contracts.md, 2).

    Columns ``_subject``, ``_prisoner``, ``_head`` and ``_household`` say who is who: numbers of the latent world, −1 for nobody.
    """
    return standardised(lists.typed_lists(founding.build(month, seed, profile, scale)))


def standardised(typed: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Typed lists with record ids and the status of every value: sound where there is one, else missing."""
    tables = {}
    for list_key, table in typed.items():
        row = pd.Series(range(2, len(table) + 2), dtype="int64")
        out = pd.DataFrame(
            {
                "record_id": [f"{list_key}/000000000000/1/{n}" for n in row],
                "list_key": list_key,
                "sheet": "Sheet1",
                "row": row,
                "member": "",
                "is_hidden": False,
            }
        )
        for column in lists.COLUMNS[list_key]:
            values = _typed(table[column], column)
            sound = "valid" if column in _STATUS_OF_NUMBERS else "ok"
            out[column] = values
            out[f"{column}_status"] = pd.Series(sound, index=values.index, dtype="str").where(values.notna(), "missing")
        hidden = [name for name in table.columns if name.startswith("_")]
        tables[list_key] = pd.concat([out, table[hidden].reset_index(drop=True)], axis=1)
    return tables


def _typed(values: pd.Series, column: str) -> pd.Series:
    values = values.reset_index(drop=True)
    if column in lists.DATES:
        return values.astype("datetime64[s]")
    if column in ("decile", "household_size"):
        return values.astype("Int64")
    return values.astype("str")
