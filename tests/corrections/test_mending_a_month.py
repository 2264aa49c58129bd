"""A steward mends a spoiled month in a few actions, and the mends outlive the file."""

import copy
import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from palayesh.persian_text import to_ascii_digits
from palayesh.solar_hijri import read_date
from tasks import corrections, installation, receive, validate

from .conftest import AT, DAY, MONTH, Rows, Spoiled

CASELOAD = "relief_committee/caseload"
STEWARD = {"by": "steward", "at": AT, "reason": "seen on paper"}


def take(path: Path, agency: str, *, month: str = MONTH, day: dt.date = DAY) -> str:
    """The file is received and decided; returns its submission's id."""
    receive.receive_file(path, month=month, agency=agency, received_on=day)
    receive.arrange(month, agency)
    validate.validate_agency.fn(month, agency)
    sha = installation.blobs().keep(path)[0]
    (submission,) = [s for s in installation.registry().submissions(month, agency=agency) if s.sha256 == sha]
    assert submission.state == "validated", submission.reason
    assert submission.received_count == submission.accepted_count + submission.set_aside_count
    return submission.id


def _exchanged(text: str) -> str | None:
    found = re.fullmatch(r"(1[34]\d\d)/(\d\d)/(\d\d)", to_ascii_digits(text))
    return f"{found[1]}/{found[3]}/{found[2]}" if found and int(found[3]) > 12 else None


def _with_letter(text: str) -> str | None:
    return text.replace("0", "O", 1) if re.fullmatch(r"14\d\d/0\d/\d\d", text) else None


def _without_first_digit(text: str) -> str | None:
    return text[1:] if re.fullmatch(r"14\d\d/\d\d/\d\d", text) else None


def spoiled_caseload(rows: Rows) -> Spoiled:
    """Four habits of one office, each in many rows, and a few cells that nobody can guess."""
    file = Spoiled(copy.deepcopy(rows))
    assert file.spoil("وضعیت پرونده", lambda t: "پابرجا" if t == "فعال" else None, every=9) > 40
    assert file.spoil("تاریخ شروع خدمت", _exchanged, every=7, start=2) > 30
    assert file.spoil("تاریخ شروع خدمت", _with_letter, every=5, start=3) > 30
    assert file.spoil("تاریخ شروع خدمت", _without_first_digit, every=6, start=4) > 20
    assert file.spoil("نسبت", lambda t: "فرزند ذکور" if t == "فرزند" else None, every=8, start=5) > 20
    assert file.spoil("نام و نام خانوادگی", lambda t: t[:2] + "\ufffd" + t[3:], every=110, start=7) >= 4
    return file


KNOWN_TO_THE_STEWARD = {"پابرجا": "فعال"}
"""A word that is like none of the vocabulary's, and that whoever knows the office understands."""


def mend_all(month: str, list_key: str) -> int:
    """What a steward would do by hand: look at each cause and take the mend proposed. Returns how many actions it took."""
    actions = 0
    for cause in corrections.causes(month):
        if cause.list_key != list_key or cause.severity != "set_aside_record":
            continue
        mend, value = cause.proposed_mend, cause.proposed_value
        if mend is None and cause.value in KNOWN_TO_THE_STEWARD:
            mend, value = "set_value", KNOWN_TO_THE_STEWARD[cause.value]
        if mend is None:
            continue
        preview = corrections.preview_mend(month, cause.cause_id, mend, value=value)
        if not preview.count:
            continue
        assert 1 <= len(preview.samples) <= 10
        decision = corrections.apply_mend(month, cause.cause_id, mend, value=value, token=preview.token, **STEWARD)
        assert decision.is_validated
        assert decision.received == decision.accepted + decision.set_aside
        assert len(decision.correction_ids) == preview.count
        actions += 1
    return actions


def as_the_list_reads(texts: dict[tuple[int, str], str], column: str, heading: str) -> dict[int, str]:
    return {row: text for (row, name), text in texts.items() if name == heading}


@pytest.mark.slow
def test_ten_actions_mend_nine_in_ten_and_give_the_true_value(installation_on: Path, caseload_rows: Rows) -> None:
    file = spoiled_caseload(caseload_rows)
    submission_id = take(file.write(installation_on / "a.csv"), "relief_committee")
    registry = installation.registry()
    before = registry.submission(submission_id).set_aside_count
    assert before > 150
    raw_before = registry.frame(submission_id, "received")

    actions = mend_all(MONTH, CASELOAD)
    after = registry.submission(submission_id)
    assert actions <= 10
    assert after.set_aside_count <= 0.1 * before

    # Raw text never changes; beside it stands what was true before the office spoiled it.
    pd.testing.assert_frame_equal(registry.frame(submission_id, "received"), raw_before)
    accepted = registry.frame(submission_id, "accepted").set_index("row")
    headings = {h: c for c, h in registry.submission(submission_id).account["headings"].items()}
    checked = 0
    for (row, heading), truth in file.truth.items():
        column = headings[heading]
        if row not in accepted.index:
            continue
        record = accepted.loc[row]
        assert column in record["corrected"].split(";")
        if column == "service_start":
            true_day = read_date(truth, role="event", as_of=DAY).gregorian
            assert record["service_start"].date() == true_day, (record["service_start_raw"], truth)
        else:
            assert record[column] == {"فعال": "active", "فرزند": "child"}[truth]
        checked += 1
    assert checked > 0.9 * len(file.truth) - 10
