"""A column's work is done once per distinct text, and mapped back: a list of a million cells holds far fewer texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from palayesh.persian_text import comparable_text


@dataclass(frozen=True)
class Distinct:
    """A column as its distinct texts and, per row, the position of its text (-1 where the cell is absent)."""

    texts: list[str]
    positions: NDArray[np.intp]
    index: pd.Index


def distinct_texts(column: pd.Series) -> Distinct:
    """The distinct texts of a column, in order of first appearance."""
    positions, texts = pd.factorize(column)
    # As objects first: the elements of an Arrow column are slow to come by.
    return Distinct([str(text) for text in np.asarray(texts, dtype=object)], positions, column.index)


def text_column(distinct: Distinct, values: Sequence[str | None], absent: str | None = None) -> pd.Series:
    """One value per distinct text, spread over the rows as ``str``; ``absent`` is for rows without a text."""
    spread = pd.array([*values, absent], dtype=pd.StringDtype(na_value=np.nan)).take(distinct.positions)
    return pd.Series(spread, index=distinct.index)


def comparable_column(texts: pd.Series) -> pd.Series:
    """``comparable_text`` of every cell; ``""`` where there is no text."""
    distinct = distinct_texts(texts)
    return text_column(distinct, [comparable_text(text) for text in distinct.texts], absent="")


def is_among(texts: pd.Series, values: pd.Series | pd.Index) -> pd.Series:
    """Whether each text is one of ``values``, as ``isin`` says it.

    For values that are a column of texts: ``isin`` makes an object of every one of them first, which takes twenty times as long.
    """
    own, others = (pa.array(column, type=pa.large_string(), from_pandas=True) for column in (texts, values))
    return pd.Series(pc.is_in(own, value_set=others).to_numpy(zero_copy_only=False), index=texts.index)
