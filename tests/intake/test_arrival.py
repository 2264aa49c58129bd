"""Files put into an agency's folder: which are parts, and which corrects which, whatever they are called."""

import datetime as dt
import os
from pathlib import Path

import pandas as pd
import pytest

from palayesh.adapters import settings
from palayesh.intake import submissions
from palayesh.reporting_month import TEHRAN
from tasks import installation, receive
from tests.intake import files
from tests.intake.files import CUSTODY_HEADINGS, CUSTODY_ROWS

MONTH = "1404-02"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    settings.override(var=tmp_path / "var")
    (tmp_path / "inbox" / "prisons").mkdir(parents=True)
    return tmp_path / "inbox"


def put(inbox: Path, name: str, first: int, last: int, *, day: int) -> None:
    rows = [[str(number), *CUSTODY_ROWS[number % 3][1:]] for number in range(first, last)]
    path = files.xlsx(inbox / "prisons" / name, [CUSTODY_HEADINGS, *rows])
    noon = dt.datetime(2025, 5, day, 12, tzinfo=TEHRAN).timestamp()
    os.utime(path, (noon, noon))


def arrive(inbox: Path) -> list[tuple[str, int]]:
    """The states and counts of the month's submissions in the order of arrival."""
    receive.receive_agency.fn(MONTH, "prisons", str(inbox), None)
    return [(s.state, s.received_count) for s in installation.registry().submissions(MONTH)]


def test_parts_found_in_one_run_were_sent_together_even_with_other_dates(inbox: Path) -> None:
    put(inbox, "part 1.xlsx", 0, 10, day=20)
    put(inbox, "part 2.xlsx", 10, 25, day=22)
    assert arrive(inbox) == [("read", 10), ("read", 15)]


def test_a_later_day_corrects_an_earlier_one_whatever_the_files_are_called(inbox: Path) -> None:
    put(inbox, "list.xlsx", 0, 20, day=20)
    put(inbox, "a corrected list.xlsx", 0, 18, day=22)
    assert arrive(inbox) == [("superseded", 20), ("read", 18)]


def test_the_same_files_again_change_nothing(inbox: Path) -> None:
    put(inbox, "part 1.xlsx", 0, 10, day=20)
    put(inbox, "part 2.xlsx", 10, 25, day=20)
    assert arrive(inbox) == arrive(inbox)


def test_a_file_of_another_day_that_shares_nothing_is_a_question_once_the_first_was_validated(inbox: Path) -> None:
    put(inbox, "list.xlsx", 0, 10, day=20)
    arrive(inbox)
    registry = installation.registry()
    registry.change_submission(registry.submissions(MONTH)[0].id, state="validated")
    put(inbox, "more.xlsx", 10, 20, day=22)
    assert arrive(inbox) == [("validated", 10), ("held", 10)]


def test_of_many_parts_each_is_described_once(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    fingerprints = submissions.record_fingerprints

    def counted(records: pd.DataFrame) -> pd.Series:
        sizes.append(len(records))
        return fingerprints(records)

    monkeypatch.setattr(submissions, "record_fingerprints", counted)
    for part in range(1, 9):
        put(inbox, f"part {part}.xlsx", 100 * part, 100 * part + part, day=20)
    assert arrive(inbox) == [("read", part) for part in range(1, 9)]
    assert sorted(sizes) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_after_a_correction_the_next_file_is_compared_with_what_stands(inbox: Path) -> None:
    put(inbox, "1.xlsx", 0, 10, day=20)
    put(inbox, "2.xlsx", 10, 20, day=20)
    put(inbox, "3.xlsx", 1, 11, day=21)  # shares nine records with the first and one with the second: a question
    put(inbox, "4.xlsx", 1, 10, day=22)  # corrects the first
    put(inbox, "5.xlsx", 0, 1, day=23)  # in the first only, which no longer stands
    assert arrive(inbox) == [("superseded", 10), ("read", 10), ("held", 10), ("read", 9), ("read", 1)]
