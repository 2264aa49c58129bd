"""The run sheet's forecast: a steward's pace comes from the log of judgements, or else from the settings."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tasks import reviewing
from tasks.run_sheet import _pace

START = dt.datetime(2025, 5, 22, 8, 0, tzinfo=dt.UTC)


def log(*seconds: float, by: str = "maryam") -> pd.DataFrame:
    moments = [START + dt.timedelta(seconds=second) for second in seconds]
    return pd.DataFrame({"decided_by": [by] * len(moments), "decided_at": moments})


def test_the_pace_is_counted_over_work_and_not_over_pauses() -> None:
    morning, afternoon = [30 * n for n in range(15)], [9000 + 30 * n for n in range(15)]
    both = pd.concat([log(*morning, *afternoon), log(1, 61, by="zahra")], ignore_index=True)
    assert _pace(both) == (round(3600 * 29 / (28 * 30 + 60)), True)


def test_a_log_that_says_too_little_gives_the_usual_pace() -> None:
    usual = reviewing.policy().usual_pairs_per_hour
    assert _pace(log(*range(0, 300, 30))) == (usual, False)
    assert _pace(log()) == (usual, False)
