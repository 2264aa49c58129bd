"""The answer to one criterion for every unit of a programme: yes, no or unknown, on what value, by which parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from palayesh.parameters import DatedValue

InForce = Mapping[str, DatedValue]


@dataclass(frozen=True)
class Judgement:
    """``outcome`` (boolean; absent = unknown) and ``value`` (what was looked at, as text) have the units' index."""

    outcome: pd.Series
    value: pd.Series
    parameter: str | None = None


CriterionRule = Callable[[pd.DataFrame, InForce], Judgement]


def text(values: pd.Series) -> pd.Series:
    """Values as text for the record: days as ISO dates, absent stays absent."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").astype("str")
    return values.astype("str").where(values.notna())


def labelled(label: str, values: pd.Series) -> pd.Series:
    """``label=value`` as text, absent where the value is."""
    return (f"{label}=" + text(values)).where(values.notna())
