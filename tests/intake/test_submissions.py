"""The same again, misfiled, a part, a correction, a question; empty is not missing; volume is asked about."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from palayesh.intake.reading import read_list
from palayesh.intake.submissions import (
    Described,
    KnownFile,
    described,
    difference,
    judge_arrival,
    place_submission,
    record_fingerprints,
    submission_state,
)
from tests.intake import files
from tests.intake.files import CUSTODY, CUSTODY_HEADINGS, CUSTODY_ROWS

KEY = ["prisoner_no"]
KNOWN = [KnownFile("prisons", "1404-02", "prisons/custody", "a" * 64)]


def table(tmp_path: Path, rows: list[list[str]]) -> pd.DataFrame:
    return files.read(files.xlsx(tmp_path / "list.xlsx", [CUSTODY_HEADINGS, *rows])).records


def sent(tmp_path: Path, rows: list[list[str]]) -> Described:
    return described(table(tmp_path, rows), key=KEY)


def many(first: int, last: int) -> list[list[str]]:
    return [[str(number), *CUSTODY_ROWS[number % 3][1:]] for number in range(first, last)]


def test_c1_the_same_bytes_for_the_same_month_are_already_received() -> None:
    assert judge_arrival("a" * 64, agency="prisons", month="1404-02", known=KNOWN).state == "already_received"
    assert judge_arrival("b" * 64, agency="prisons", month="1404-02", known=KNOWN).state == "new"


@pytest.mark.parametrize(("agency", "month"), [("behzisti", "1404-02"), ("prisons", "1404-03")])
def test_b9_the_same_bytes_elsewhere_are_misfiled(agency: str, month: str) -> None:
    arrival = judge_arrival("a" * 64, agency=agency, month=month, known=KNOWN)
    assert arrival.state == "misfiled"
    assert arrival.finding is not None
    assert "Ordibehesht 1404" in arrival.finding.sentence_en
    assert "اردیبهشت ۱۴۰۴" in arrival.finding.sentence_fa


def test_c2_saved_again_in_another_order_and_format_it_is_equivalent(tmp_path: Path) -> None:
    earlier = table(tmp_path, CUSTODY_ROWS)
    rows = [[cell.replace("ی", "ي") for cell in row] for row in CUSTODY_ROWS[::-1]]
    later = files.read(files.csv(tmp_path / "list.csv", [CUSTODY_HEADINGS, *rows])).records
    placed = place_submission(described(later, key=KEY), [described(earlier, key=KEY)], sent_together=False)
    assert placed.kind == "equivalent"
    assert sorted(record_fingerprints(earlier)) == sorted(record_fingerprints(later))


def test_c3_a_correction_supersedes_and_its_difference_is_counted(tmp_path: Path) -> None:
    earlier = sent(tmp_path, many(0, 20))
    rows = many(2, 21)
    rows[0][3] = "نام دیگر"
    placed = place_submission(sent(tmp_path, rows), [earlier], sent_together=True)
    assert placed.kind == "correction"
    assert placed.supersedes == (0,)
    assert placed.difference is not None
    assert (placed.difference.added, placed.difference.removed, placed.difference.changed) == (1, 2, 1)
    assert placed.difference.unchanged == 17


def test_disjoint_files_sent_together_are_parts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    assert place_submission(two, [one], sent_together=True).kind == "part"
    assert place_submission(two, [one], sent_together=False).kind == "question"


def test_a_correction_of_one_part_leaves_the_other(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    again = sent(tmp_path, many(11, 21))
    placed = place_submission(again, [one, two], sent_together=False)
    assert (placed.kind, placed.supersedes) == ("correction", (1,))


def test_one_file_may_correct_all_parts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    placed = place_submission(sent(tmp_path, many(0, 19)), [one, two], sent_together=False)
    assert placed.supersedes == (0, 1)
    assert placed.difference is not None
    assert placed.difference.removed == 1


def test_one_file_may_correct_parts_that_share_records_and_each_counts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(9, 19))
    placed = place_submission(sent(tmp_path, [*many(0, 19), *many(9, 10)]), [one, two], sent_together=False)
    assert placed.supersedes == (0, 1)
    assert placed.difference is not None
    assert (placed.difference.added, placed.difference.removed, placed.difference.unchanged) == (0, 0, 20)


def test_records_without_their_key_are_named_by_their_content(tmp_path: Path) -> None:
    rows = [["", *row[1:]] for row in many(0, 3)]
    changed = [[*row] for row in rows]
    changed[0][3] = "نام دیگر"
    found = difference(sent(tmp_path, rows), sent(tmp_path, changed))
    assert (found.added, found.removed, found.changed, found.unchanged) == (1, 1, 0, 2)


def test_a_few_records_in_common_are_a_question(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(8, 20))
    placed = place_submission(two, [one], sent_together=True)
    assert placed.kind == "question"
    assert placed.finding is not None
    assert placed.finding.count == 2


def test_a_first_file_stands_alone(tmp_path: Path) -> None:
    assert place_submission(sent(tmp_path, CUSTODY_ROWS), [], sent_together=True).kind == "first"


def test_repeated_records_are_counted_each(tmp_path: Path) -> None:
    once, twice = sent(tmp_path, many(0, 3)), sent(tmp_path, [*many(0, 3), *many(0, 1)])
    found = difference(once, twice)
    assert (found.added, found.removed, found.changed, found.unchanged) == (1, 0, 0, 3)


def test_a21_an_empty_list_has_a_state_of_its_own(tmp_path: Path) -> None:
    empty = files.read(files.xlsx(tmp_path / "a.xlsx", [CUSTODY_HEADINGS]))
    held = files.read(files.xlsx(tmp_path / "b.xlsx", [[*row, "?"] for row in CUSTODY]))
    assert submission_state(empty) == "empty"
    assert submission_state(held) == "held"
    assert submission_state(files.read(files.xlsx(tmp_path / "c.xlsx"))) == "read"


def test_the_reader_is_told_the_bytes_not_the_name(tmp_path: Path) -> None:
    from palayesh.adapters.spreadsheets import read_file

    path = files.xlsx(tmp_path / "secret-name.xlsx")
    reading = read_list(read_file(path), files.agency("prisons"), file_name=path.name, sha256="f" * 64)
    assert reading.records["record_id"].str.startswith("prisons/custody/ffffffffffff/1/").all()
