"""Telephone numbers: one or two in a cell, in every spelling met."""

import pandas as pd
import pytest

from palayesh.identifiers import phone_column, read_phones

CASES = [
    ("09131234567", "09131234567", "ok"),
    ("۰۹۱۳۱۲۳۴۵۶۷", "09131234567", "ok"),
    ("0913-123-4567", "09131234567", "ok"),
    ("0913 123 4567", "09131234567", "ok"),
    ("+98 913 123 4567", "09131234567", "ok"),
    ("+989131234567", "09131234567", "ok"),
    ("00989131234567", "09131234567", "ok"),
    ("989131234567", "09131234567", "repaired"),
    ("+9809131234567", "09131234567", "repaired"),
    ("9131234567", "09131234567", "repaired"),
    ("913 123 4567", "09131234567", "repaired"),
    ("9131234567.0", "09131234567", "repaired"),
    ("9.131234567E9", "09131234567", "repaired"),
    ("9.13E+09", None, "invalid"),
    ("034-32111234", "03432111234", "ok"),
    ("03432111234", "03432111234", "ok"),
    ("3432111234", "03432111234", "repaired"),
    ("32111234", "03432111234", "repaired"),
    ("09131234567 / 034-32111234", "09131234567;03432111234", "ok"),
    ("09131234567-09137654321", "09131234567;09137654321", "ok"),
    ("۰۹۱۳۱۲۳۴۵۶۷،۰۹۱۳۷۶۵۴۳۲۱", "09131234567;09137654321", "ok"),
    ("09131234567 و 09137654321", "09131234567;09137654321", "ok"),
    ("09131234567/9137654321", "09131234567;09137654321", "repaired"),
    ("09131234567، 09131234567", "09131234567", "ok"),
    ("همراه: 09131234567 منزل: 03432111234", "09131234567;03432111234", "ok"),
    ("09131234567/4568", "09131234567", "repaired"),
    ("09111111111", None, "invalid"),
    ("00000000000", None, "invalid"),
    ("0913123456", None, "invalid"),
    ("123", None, "invalid"),
    ("ندارد", None, "missing"),
    ("", None, "missing"),
]


@pytest.mark.parametrize(("raw", "value", "status"), CASES)
def test_every_spelling(raw, value, status):
    read = read_phones(raw)
    assert (read.value, read.status) == (value, status)


def test_a_column_says_what_the_cells_say():
    table = phone_column(pd.Series([raw for raw, _, _ in CASES] + [None], dtype="str"))
    assert table["status"].tolist() == [status for _, _, status in CASES] + ["missing"]
    assert table["value"].fillna("").tolist() == [value or "" for _, value, _ in CASES] + [""]
