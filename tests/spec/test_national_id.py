"""National numbers: valid, mended and said so, suspect, or not a national number at all."""

import pandas as pd
import pytest

from palayesh.identifiers import (
    is_valid_national_id_column,
    national_id_column,
    read_national_id,
    read_postal_code,
    typed_digits_column,
)
from tests.spec.vector_files import vectors


@pytest.mark.parametrize("case", vectors("national_id_vectors.csv"), ids=lambda case: case["raw"] or "empty")
def test_every_vector_of_national_numbers(case):
    read = read_national_id(case["raw"])
    assert read.status == case["expected_status"]
    # A passport number is no national number, but we keep it: it is that person's identifier.
    expected = "A1234567" if case["reason"] == "passport_like" else case["expected_normalised"]
    assert (read.value or "") == expected


@pytest.mark.parametrize("case", vectors("national_id_vectors.csv"), ids=lambda case: case["raw"] or "empty")
def test_a_column_says_what_a_cell_says(case):
    table = national_id_column(pd.Series([case["raw"], None, case["raw"]], dtype="str"))
    read = read_national_id(case["raw"])
    assert table["status"].tolist() == [read.status, "missing", read.status]
    assert table["value"].fillna("").tolist() == [read.value or "", "", read.value or ""]


@pytest.mark.parametrize(
    ("raw", "value", "status", "reason"),
    [
        ("990-123456-5", "9901234565", "valid", "checksum_ok"),
        ("'9901234565", "9901234565", "valid", "checksum_ok"),
        ("9901234565 (همسر)", "9901234565", "warn", "label_inside_value"),
        ("شماره ملی ۹۹۰۱۲۳۴۵۶۵", "9901234565", "warn", "label_inside_value"),
        ("9.901234565E9", "9901234565", "repaired", "scientific_notation"),
        ("9.901234565E+09", "9901234565", "repaired", "scientific_notation"),
        ("9.90123E+09", None, "invalid", "rounded_by_spreadsheet"),
        ("12345679.0", "0012345679", "repaired", "lost_2_zero"),
        ("12345679", "0012345679", "repaired", "lost_2_zero"),
        ("12345678", None, "invalid", "checksum_fail"),
        ("0000000000", None, "invalid", "all_zeros"),
        ("9900000005", None, "invalid", "serial_zero"),
        ("9876543210", "9876543210", "suspect", "keyboard_run"),
        ("123456789012", "123456789012", "other_id", "12_digits"),
        ("کد اختصاصی 123456789012", "123456789012", "other_id", "12_digits"),
        ("p12345678", "P12345678", "other_id", "passport_like"),
        ("09131234567", None, "invalid", "mobile_number"),
        ("989131234567", "989131234567", "suspect", "mobile_number"),
        ("99O1234565", None, "invalid", "not_a_number"),
        ("²901234565", None, "invalid", "not_a_number"),
        ("9901234565 / 9901234573", None, "invalid", "too_long"),
        ("بدون کد ملی", None, "missing", "placeholder"),
        ("ندارد", None, "missing", "placeholder"),
        ("رضا", None, "invalid", "no_digits"),
    ],
)
def test_other_cases_of_the_same_kinds(raw, value, status, reason):
    read = read_national_id(raw)
    assert (read.value, read.status, read.reason) == (value, status, reason)


def test_a_mobile_number_with_a_right_check_digit_is_suspect():
    passing = next(number for number in map(str, range(9131000000, 9131000100)) if is_right(number))
    assert read_national_id(passing).status == "suspect"
    assert not is_valid_national_id_column(pd.Series([passing])).iloc[0]


def is_right(number: str) -> bool:
    remainder = sum((10 - place) * int(number[place]) for place in range(9)) % 11
    return int(number[9]) == (remainder if remainder < 2 else 11 - remainder)


def test_all_nine_repeated_digits_are_suspect_and_zeros_invalid():
    statuses = [read_national_id(str(digit) * 10).status for digit in range(10)]
    assert statuses == ["invalid"] + ["suspect"] * 9


def test_the_vectorised_check_is_true_only_of_plain_valid_numbers():
    numbers = pd.Series(
        ["9901234565", "9901234566", "1111111111", "012345679", "۹۹۰۱۲۳۴۵۶۵", "0012345679", None], dtype="str"
    )
    answers = is_valid_national_id_column(numbers)
    assert str(answers.dtype) == "boolean"
    assert answers.tolist()[:6] == [True, False, False, False, False, True]
    assert answers.isna().tolist() == [False] * 6 + [True]


def test_the_vectorised_check_keeps_the_index_of_its_column():
    answers = is_valid_national_id_column(pd.Series(["9901234565", "x"], index=[7, 3]))
    assert answers.to_dict() == {7: True, 3: False}


def test_digits_as_typed_are_kept_for_likeness():
    typed = typed_digits_column(pd.Series(["۹۹۰-۱۲۳۴۵۶-۶", "12345679.0", "ندارد", None], dtype="str"))
    assert typed.fillna("").tolist() == ["9901234566", "12345679", "", ""]


@pytest.mark.parametrize(
    ("raw", "value", "status"),
    [
        ("7613813131", "7613813131", "ok"),
        ("۷۶۱۳۸-۱۳۱۳۱", "7613813131", "ok"),
        ("7620813131", "7620813131", "warn"),
        ("761381313", None, "invalid"),
        ("7777777777", None, "invalid"),
        ("-", None, "missing"),
    ],
)
def test_postal_codes(raw, value, status):
    read = read_postal_code(raw)
    assert (read.value, read.status) == (value, status)
