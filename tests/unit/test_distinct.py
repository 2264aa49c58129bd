"""A column of texts against another: as pandas says it, without an object of each value."""

import pandas as pd
import pytest

from palayesh.distinct import is_among

TEXTS = pd.Series(["الف", None, "ب", "ب", ""], index=[3, 1, 4, 0, 9], dtype="str")


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["ب", "ج"], dtype="str"),
        pd.Series(["ب", None, ""], dtype="str"),
        pd.Series([], dtype="str"),
        pd.Series([], dtype="object"),
        pd.Series(["الف", "ب"], dtype="object"),
        pd.Index(["الف", "الف"], dtype="str"),
    ],
)
def test_a_text_is_among_others_as_pandas_says_it(values: pd.Series | pd.Index) -> None:
    pd.testing.assert_series_equal(is_among(TEXTS, values), TEXTS.isin(values))
    assert is_among(TEXTS.iloc[:0], values).empty
