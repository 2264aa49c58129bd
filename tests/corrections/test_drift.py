"""A renamed heading holds one file until a person says what it is; then the file goes on, and next month's does too."""

import copy
import datetime as dt
from pathlib import Path

import pytest

from palayesh.findings import Refusal
from tasks import corrections, headings, installation, receive, validate

from .conftest import AT, DAY, MONTH, Rows, Spoiled

AGENCY, LIST = "relief_committee", "relief_committee/caseload"
STEWARD = {"by": "steward", "at": AT}


def renamed(rows: Rows, names: dict[str, str], *, note: str = "") -> Spoiled:
    file = Spoiled(copy.deepcopy(rows[:120]))
    file.rows[0] = [names.get(heading, heading) for heading in file.rows[0]]
    file.rows[-1][-1] += note  # other bytes
    return file


def receive_one(path: Path, month: str = MONTH, day: dt.date = DAY) -> str:
    receive.receive_file(path, month=month, agency=AGENCY, received_on=day)
    receive.arrange(month, AGENCY)
    validate.validate_agency.fn(month, AGENCY)
    sha = installation.blobs().keep(path)[0]
    return next(s.id for s in installation.registry().submissions(month) if s.sha256 == sha)


def test_a_renamed_heading_is_confirmed_and_the_file_goes_on(installation_on: Path, caseload_rows: Rows) -> None:
    path = renamed(caseload_rows, {"تاریخ شروع خدمت": "تاریخ آغاز خدمت"}).write(installation_on / "a.csv")
    submission_id = receive_one(path)
    registry = installation.registry()
    assert registry.submission(submission_id).state == "held"

    (held,) = headings.heading_questions(MONTH)
    (question,) = held.questions
    assert (question.heading, question.column, question.usual_heading) == (
        "تاریخ آغاز خدمت", "service_start", "تاریخ شروع خدمت",
    )  # fmt: skip
    assert question.likeness >= 60

    gone_on = headings.confirm_heading(held.submission_id, question.heading, question.column, **STEWARD)
    assert (gone_on.state, gone_on.questions) == ("validated", ())
    submission = registry.submission(submission_id)
    assert submission.received_count == 119 == submission.accepted_count + submission.set_aside_count
    assert registry.frame(submission_id, "accepted")["service_start"].notna().mean() > 0.9
    assert headings.heading_questions(MONTH) == []
    (entry,) = registry.confirmed_headings().to_dict("records")
    assert (entry["decided_by"], entry["from_month"], entry["column"]) == ("steward", MONTH, "service_start")

    # From that month on, and not before it.
    later = renamed(caseload_rows, {"تاریخ شروع خدمت": "تاریخ آغاز خدمت"}, note=" ").write(installation_on / "b.csv")
    assert registry.submission(receive_one(later, "1404-03", dt.date(2025, 6, 20))).state == "validated"
    earlier = renamed(caseload_rows, {"تاریخ شروع خدمت": "تاریخ آغاز خدمت"}, note="  ").write(installation_on / "c.csv")
    assert registry.submission(receive_one(earlier, "1404-01", dt.date(2025, 4, 20))).state == "held"


def test_a_confirmation_taken_back_holds_the_file_again(installed: Path, caseload_rows: Rows) -> None:
    path = renamed(caseload_rows, {"دهک": "گروه درآمدی تازه"}).write(installed / "a.csv")
    submission_id = receive_one(path)
    held = headings.confirm_heading(submission_id, "گروه درآمدی تازه", "decile", **STEWARD)
    assert held.state == "validated"
    again = headings.withdraw_heading(submission_id, "گروه درآمدی تازه", **STEWARD)
    assert again.state == "held"
    assert [question.heading for question in again.questions] == ["گروه درآمدی تازه"]
    # Known, and not read: the file goes on without the column.
    assert headings.confirm_heading(submission_id, "گروه درآمدی تازه", None, **STEWARD).state == "validated"
    assert installation.registry().frame(submission_id, "accepted")["decile"].isna().all()
    assert len(installation.registry().confirmed_headings()) == 3


def test_a_heading_unlike_any_is_proposed_where_it_is_the_only_one_left(installed: Path, caseload_rows: Rows) -> None:
    path = renamed(caseload_rows, {"کد خانوار": "X7"}).write(installed / "a.csv")
    receive_one(path)
    ((question,),) = [held.questions for held in headings.heading_questions(MONTH)]
    assert (question.column, question.is_needed) == ("household_code", True)
    assert question.likeness < 55


def test_what_is_not_asked_cannot_be_confirmed(installed: Path, caseload_rows: Rows) -> None:
    path = renamed(caseload_rows, {"دهک": "گروه درآمدی تازه"}).write(installed / "a.csv")
    submission_id = receive_one(path)
    with pytest.raises(Refusal, match="heading_not_open"):
        headings.confirm_heading(submission_id, "کد ملی", "decile", **STEWARD)
    with pytest.raises(Refusal, match="column_not_open"):
        headings.confirm_heading(submission_id, "گروه درآمدی تازه", "national_id", **STEWARD)
    with pytest.raises(Refusal, match="name_needed"):
        headings.confirm_heading(submission_id, "گروه درآمدی تازه", "decile", by=" ", at=AT)
    assert corrections.causes(MONTH) == []
    assert installation.registry().submission(submission_id).state == "held"
