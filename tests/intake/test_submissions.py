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
    placed = place_submission(
        described(later, key=KEY), [described(earlier, key=KEY)], sent_together=False, on_one_day=False
    )
    assert placed.kind == "equivalent"
    assert sorted(record_fingerprints(earlier)) == sorted(record_fingerprints(later))


def test_c3_a_correction_supersedes_and_its_difference_is_counted(tmp_path: Path) -> None:
    earlier = sent(tmp_path, many(0, 20))
    rows = many(2, 21)
    rows[0][3] = "نام دیگر"
    placed = place_submission(sent(tmp_path, rows), [earlier], sent_together=True, on_one_day=True)
    assert placed.kind == "correction"
    assert placed.supersedes == (0,)
    assert placed.difference is not None
    assert (placed.difference.added, placed.difference.removed, placed.difference.changed) == (1, 2, 1)
    assert placed.difference.unchanged == 17


def test_disjoint_files_sent_together_are_parts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    assert place_submission(two, [one], sent_together=True, on_one_day=True).kind == "part"
    assert place_submission(two, [one], sent_together=False, on_one_day=False).kind == "question"


def test_a_correction_of_one_part_leaves_the_other(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    again = sent(tmp_path, many(11, 21))
    placed = place_submission(again, [one, two], sent_together=False, on_one_day=False)
    assert (placed.kind, placed.supersedes) == ("correction", (1,))


def test_one_file_may_correct_all_parts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(10, 20))
    placed = place_submission(sent(tmp_path, many(0, 19)), [one, two], sent_together=False, on_one_day=False)
    assert placed.supersedes == (0, 1)
    assert placed.difference is not None
    assert placed.difference.removed == 1


def test_one_file_may_correct_parts_that_share_records_and_each_counts(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 10)), sent(tmp_path, many(9, 19))
    placed = place_submission(
        sent(tmp_path, [*many(0, 19), *many(9, 10)]), [one, two], sent_together=False, on_one_day=False
    )
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
    placed = place_submission(two, [one], sent_together=True, on_one_day=True)
    assert placed.kind == "question"
    assert placed.finding is not None
    assert placed.finding.count == 2


def test_large_parts_of_one_day_may_share_a_few_records_and_that_is_told(tmp_path: Path) -> None:
    one, two = sent(tmp_path, many(0, 100)), sent(tmp_path, many(98, 140))
    placed = place_submission(two, [one], sent_together=True, on_one_day=True)
    assert placed.kind == "part"
    assert placed.finding is not None
    assert (placed.finding.code, placed.finding.severity, placed.finding.count) == ("records_of_other_parts", "warn", 2)
    # Found in one run, but of another day: it may bring what was forgotten, and mend what was wrong
    assert place_submission(two, [one], sent_together=True, on_one_day=False).kind == "question"
    assert place_submission(two, [one], sent_together=False, on_one_day=False).kind == "question"


@pytest.mark.parametrize("rows", [many(97, 102), many(90, 130), [*many(0, 3), *many(100, 140)]])
def test_what_repeats_more_of_itself_or_of_the_other_is_no_part(tmp_path: Path, rows: list[list[str]]) -> None:
    """Mended records sent alone, or among some that were forgotten, are few in the list and many in the file."""
    one = sent(tmp_path, many(0, 100))
    assert place_submission(sent(tmp_path, rows), [one], sent_together=True, on_one_day=True).kind == "question"


def test_records_shared_with_several_parts_are_counted_together(tmp_path: Path) -> None:
    parts = [sent(tmp_path, many(first, first + 100)) for first in (0, 100, 200)]
    rows = [row for first in (0, 100, 200) for row in many(first, first + 3)] + many(300, 400)
    assert place_submission(sent(tmp_path, rows), parts, sent_together=True, on_one_day=True).kind == "question"
    few = [*rows[2:5], *many(300, 400)]
    assert place_submission(sent(tmp_path, few), parts, sent_together=True, on_one_day=True).kind == "part"


@pytest.mark.parametrize("on_one_day", [True, False])
def test_a_corrected_part_that_shares_a_few_records_with_another_still_supersedes(
    tmp_path: Path, on_one_day: bool
) -> None:
    one, two = sent(tmp_path, many(0, 100)), sent(tmp_path, many(98, 198))
    rows = many(98, 190)
    rows[5][3] = "نام دیگر"
    placed = place_submission(sent(tmp_path, rows), [one, two], sent_together=on_one_day, on_one_day=on_one_day)
    assert (placed.kind, placed.supersedes) == ("correction", (1,))


def test_a_list_sent_again_where_little_is_left_of_the_first_is_never_a_part(tmp_path: Path) -> None:
    one = sent(tmp_path, many(0, 100))
    for left in (100, 60, 40, 10, 6):
        rows = [*many(100 - left, 100), *many(200, 230)]
        placed = place_submission(sent(tmp_path, rows), [one], sent_together=True, on_one_day=True)
        assert placed.kind == ("correction" if left > 50 else "question")


def test_a_first_file_stands_alone(tmp_path: Path) -> None:
    assert place_submission(sent(tmp_path, CUSTODY_ROWS), [], sent_together=True, on_one_day=True).kind == "first"


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
