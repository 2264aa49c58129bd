"""No record is ever lost: every split accounts for its rows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


class BrokenAccount(RuntimeError):
    """Rows went missing between two stages; the month must stop."""


@dataclass(frozen=True)
class Split:
    """A table in two parts that together are the whole."""

    kept: pd.DataFrame
    set_aside: pd.DataFrame


def set_aside(records: pd.DataFrame, failing: pd.Series) -> Split:
    """Part ``records`` in two by the truth of ``failing`` (same index), losing none; order is kept.

    Raises BrokenAccount if the two parts do not add up to the whole.
    """
    hit = failing.fillna(True).astype(bool)
    split = Split(kept=records[~hit], set_aside=records[hit])
    if len(split.kept) + len(split.set_aside) != len(records):
        raise BrokenAccount(f"{len(records)} records became {len(split.kept)} + {len(split.set_aside)}")
    return split
