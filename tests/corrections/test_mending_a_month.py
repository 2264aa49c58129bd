"""A steward mends a spoiled month in a few actions, and the mends outlive the file."""

import copy
import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from palayesh.findings import Refusal
from palayesh.persian_text import to_ascii_digits
from palayesh.solar_hijri import read_date
from tasks import correction_log, corrections, installation, ledger, receive, validate

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


# --- the list is sent again --------------------------------------------------------------------------------------


def heading_of(submission_id: str, column: str) -> str:
    return installation.registry().submission(submission_id).account["headings"][column]


def record_at(submission_id: str, row: int) -> str:
    received = installation.registry().frame(submission_id, "received")
    return str(received.loc[received["row"].eq(row), "record_id"].iloc[0])


def spoiled_a_little(rows: Rows) -> Spoiled:
    file = Spoiled(copy.deepcopy(rows[:150]))
    assert file.spoil("وضعیت پرونده", lambda t: "پابرجا" if t == "فعال" else None, every=9) >= 8
    return file


def mend_status(month: str = MONTH) -> corrections.Decision:
    (cause,) = [c for c in corrections.causes(month) if c.value == "پابرجا"]
    preview = corrections.preview_mend(month, cause.cause_id, "set_value", value="فعال")
    return corrections.apply_mend(month, cause.cause_id, "set_value", value="فعال", token=preview.token, **STEWARD)


def test_corrections_outlive_the_file_and_a_third_value_is_asked_about(
    installation_on: Path, caseload_rows: Rows
) -> None:
    registry = installation.registry()
    file = spoiled_a_little(caseload_rows)
    first = take(file.write(installation_on / "a.csv"), "relief_committee")
    waiting = registry.submission(first).set_aside_count
    decision = mend_status()
    assert decision.set_aside == waiting - len(file.truth)

    # The agency sends the list again: most rows as they were, one mended by itself, one with a third word, one gone.
    kept = sorted(row for row, _ in file.truth)
    settled, contradicted, gone = kept[0], kept[1], kept[2]
    status = file.headings.index("وضعیت پرونده")
    number = file.headings.index("شماره مددجویی")
    again = Spoiled(copy.deepcopy(file.rows))
    again.rows[settled - 1][status] = "فعال"
    again.rows[contradicted - 1][status] = "مختومه"
    asked_about = again.rows[contradicted - 1][number]
    del again.rows[gone - 1]
    second = take(again.write(installation_on / "b.csv"), "relief_committee", day=dt.date(2025, 5, 21))
    assert registry.submission(first).state == "superseded"
    assert registry.submission(second).set_aside_count == waiting - len(file.truth)

    states = registry.frame(second, "decided")
    assert states["state"].value_counts().to_dict() == {
        "applied": len(kept) - 3, "settled": 1, "question": 1, "absent": 1,
    }  # fmt: skip
    (question,) = corrections.questions(MONTH)
    assert (question.kind, question.old_raw, question.corrected, question.new_raw) == (
        "contradicted", "پابرجا", "فعال", "مختومه",
    )  # fmt: skip
    # Not applied silently: the agency's word is what is read until somebody answers.
    accepted = registry.frame(second, "accepted").set_index("record_id")
    assert accepted.loc[question.record_id, "status"] == "closed"
    assert accepted.loc[question.record_id, "client_no_raw"] == asked_about

    corrections.answer_question(question.correction_id, question.record_id, keep="correction", **STEWARD)
    assert corrections.questions(MONTH) == []
    assert registry.frame(second, "accepted").set_index("record_id").loc[question.record_id, "status"] == "active"
    # Decided elsewhere meanwhile: the answer comes too late.
    with pytest.raises(Refusal, match="changed_meanwhile"):
        corrections.answer_question(question.correction_id, question.record_id, keep="agency", **STEWARD)


def test_the_agencys_word_holds_where_the_steward_says_so(installed: Path, caseload_rows: Rows) -> None:
    file = spoiled_a_little(caseload_rows)
    take(file.write(installed / "a.csv"), "relief_committee")
    mend_status()
    row = min(row for row, _ in file.truth)
    file.rows[row - 1][file.headings.index("وضعیت پرونده")] = "مختومه"
    second = take(file.write(installed / "b.csv"), "relief_committee", day=dt.date(2025, 5, 21))
    (question,) = corrections.questions(MONTH)
    corrections.answer_question(question.correction_id, question.record_id, keep="agency", **STEWARD)
    assert corrections.questions(MONTH) == []
    accepted = installation.registry().frame(second, "accepted").set_index("record_id")
    assert accepted.loc[question.record_id, "status"] == "closed"
    assert accepted.loc[question.record_id, "corrected"] == ""


def test_a_correction_of_the_key_itself_is_settled_when_the_agency_mends_it(
    installed: Path, caseload_rows: Rows
) -> None:
    file = Spoiled(copy.deepcopy(caseload_rows[:100]))
    number = file.headings.index("شماره مددجویی")
    true_number, file.rows[10][number] = file.rows[10][number], "99999999"
    first = take(file.write(installed / "a.csv"), "relief_committee")
    record = record_at(first, 11)
    context = corrections.record_in_context(record)
    corrections.correct_value(record, "client_no", true_number, version=context.version, **STEWARD)
    file.rows[10][number] = true_number
    second = take(file.write(installed / "b.csv"), "relief_committee", day=dt.date(2025, 5, 21))
    assert installation.registry().frame(second, "decided")["state"].tolist() == ["settled"]


def test_next_month_the_same_mistake_is_mended_and_a_new_word_is_no_contradiction(
    installed: Path, caseload_rows: Rows
) -> None:
    registry = installation.registry()
    file = spoiled_a_little(caseload_rows)
    take(file.write(installed / "a.csv"), "relief_committee")
    mend_status()
    row = min(row for row, _ in file.truth)
    file.rows[row - 1][file.headings.index("وضعیت پرونده")] = "مختومه"
    later = take(file.write(installed / "b.csv"), "relief_committee", month="1404-03", day=dt.date(2025, 6, 20))
    states = registry.frame(later, "decided")["state"].value_counts().to_dict()
    assert states == {"applied": len(file.truth) - 1, "changed": 1}
    assert corrections.questions("1404-03") == []
    assert not [cause for cause in corrections.causes("1404-03") if cause.value == "پابرجا"]
    # The month before it was decided knows nothing of it.
    file.rows[1][-1] += " "
    earlier = take(file.write(installed / "c.csv"), "relief_committee", month="1404-01", day=dt.date(2025, 4, 20))
    assert registry.frame(earlier, "decided").empty


# --- single records ------------------------------------------------------------------------------------------------


def test_apply_and_undo_restore_exactly_the_former_state(installation_on: Path, caseload_rows: Rows) -> None:
    registry = installation.registry()
    submission_id = take(spoiled_a_little(caseload_rows).write(installation_on / "a.csv"), "relief_committee")
    names = ("received", "accepted", "set_aside", "failures", "rules", "damage", "decided")

    def state() -> dict:
        submission = registry.submission(submission_id)
        counts = (submission.accepted_count, submission.set_aside_count, submission.repaired_count)
        frames = {name: registry.frame(submission_id, name).to_csv() for name in names}
        return {"counts": counts, "findings": registry.findings(submission_id).drop(columns="id").to_csv(), **frames}

    before, inputs_before = state(), ledger._decided(MONTH)
    versions = corrections.cause_records(MONTH, corrections.causes(MONTH)[0].cause_id)["version"].tolist()
    decision = mend_status()
    after = state()
    assert after != before and ledger._decided(MONTH) != inputs_before
    changes = corrections.preview_undo(decision.group_id)
    assert len(changes) == len(decision.correction_ids) and set(changes["original"]) == {"پابرجا"}

    undone = corrections.undo(decision.group_id, **STEWARD)
    assert state() == before and ledger._decided(MONTH) == inputs_before
    assert corrections.cause_records(MONTH, corrections.causes(MONTH)[0].cause_id)["version"].tolist() == versions
    with pytest.raises(Refusal, match="already_undone"):
        corrections.undo(decision.group_id, **STEWARD)
    corrections.undo(undone.group_id, **STEWARD)
    assert state() == after
    assert len(corrections.decisions()) == 3 * len(decision.correction_ids)


def test_a_record_is_accepted_with_a_reason_until_its_cells_change(installation_on: Path, caseload_rows: Rows) -> None:
    registry = installation.registry()
    file = spoiled_a_little(caseload_rows)
    submission_id = take(file.write(installation_on / "a.csv"), "relief_committee")
    row = min(row for row, _ in file.truth)
    record = record_at(submission_id, row)
    context = corrections.record_in_context(record)
    (failure,) = [f for f in context.failures if f.severity == "set_aside_record"]
    assert failure.may_be_accepted and not context.is_accepted
    with pytest.raises(Refusal, match="reason_needed"):
        corrections.accept_records([record], failure.code, by="steward", at=AT, reason=" ")
    decision = corrections.accept_records([record], failure.code, versions={record: context.version}, **STEWARD)
    assert decision.received == decision.accepted + decision.set_aside
    accepted = registry.frame(submission_id, "accepted").set_index("record_id")
    assert pd.isna(accepted.loc[record, "status"])
    findings = registry.findings(submission_id).query("record_id == @record and code == @failure.code")
    assert findings["severity"].tolist() == ["warn"]
    assert corrections.record_in_context(record).failures[0].state == "accepted"
    with pytest.raises(Refusal, match="changed_meanwhile"):  # the version of before the acceptance
        corrections.correct_value(record, "status", "فعال", version=context.version, **STEWARD)

    file.rows[row - 1][file.headings.index("نام و نام خانوادگی")] += " نو"  # a cell that the rule does not look at
    second = take(file.write(installation_on / "b.csv"), "relief_committee", day=dt.date(2025, 5, 21))
    assert registry.frame(second, "decided")["state"].tolist() == ["applied"]
    file.rows[row - 1][file.headings.index("وضعیت پرونده")] = "برپا"
    third = take(file.write(installation_on / "c.csv"), "relief_committee", day=dt.date(2025, 5, 22))
    assert registry.frame(third, "decided")["state"].tolist() == ["asked_again"]
    (question,) = corrections.questions(MONTH)
    assert question.kind == "evidence_changed"
    corrections.answer_question(question.correction_id, question.record_id, keep="correction", **STEWARD)
    assert corrections.questions(MONTH) == []
    assert question.record_id in set(registry.frame(third, "accepted")["record_id"])


def test_a_warning_needs_no_acceptance_and_a_nameless_record_gets_none(installed: Path, caseload_rows: Rows) -> None:
    file = Spoiled(copy.deepcopy(caseload_rows[:100]))
    for heading in ("نام و نام خانوادگی", "کد ملی", "کد ملی سرپرست", "نام و نام خانوادگی زندانی", "کدملی زندانی"):
        file.rows[10][file.headings.index(heading)] = ""
    submission_id = take(file.write(installed / "a.csv"), "relief_committee")
    record = record_at(submission_id, 11)
    failures = {f.code: f for f in corrections.record_in_context(record).failures}
    assert any(f.severity == "set_aside_record" for f in failures.values())
    for code, failure in failures.items():
        assert not failure.may_be_accepted
        with pytest.raises(Refusal, match=r"not_acceptable|nothing_to_accept"):
            corrections.accept_records([record], code, **STEWARD)
    assert corrections.decisions().empty


def test_what_is_sent_back_waits_until_it_is_answered(installation_on: Path, caseload_rows: Rows) -> None:
    file = spoiled_a_little(caseload_rows)
    submission_id = take(file.write(installation_on / "a.csv"), "relief_committee")
    rows = sorted(row for row, _ in file.truth)
    records = [record_at(submission_id, row) for row in rows[:3]]
    decision = corrections.send_back(records, **STEWARD)
    assert decision.set_aside == installation.registry().submission(submission_id).set_aside_count
    waiting = corrections.return_list(MONTH)
    assert waiting["state"].tolist() == ["waiting"] * 3 and set(waiting["record_id"]) == set(records)
    (cause,) = [c for c in corrections.causes(MONTH) if c.value == "پابرجا"]
    assert (cause.count, cause.sent_back_count) == (len(rows) - 3, 3)

    corrections.mark_answered([int(waiting["id"].iloc[0])], **STEWARD)
    assert corrections.return_list(MONTH)["state"].tolist() == ["answered", "waiting", "waiting"]
    # The agency mends one and leaves the other as it is.
    mended = waiting["record_id"].iloc[1]
    place = int(waiting["row"].iloc[1])
    file.rows[place - 1][file.headings.index("وضعیت پرونده")] = "فعال"
    take(file.write(installation_on / "b.csv"), "relief_committee", day=dt.date(2025, 5, 21))
    assert corrections.return_list(MONTH)["state"].tolist() == ["answered", "answered", "waiting"]
    assert mended


# --- several people, several months, a run ---------------------------------------------------------------------


def test_a_group_that_changed_since_its_preview_is_not_touched(installation_on: Path, caseload_rows: Rows) -> None:
    file = spoiled_a_little(caseload_rows)
    submission_id = take(file.write(installation_on / "a.csv"), "relief_committee")
    (cause,) = [c for c in corrections.causes(MONTH) if c.value == "پابرجا"]
    preview = corrections.preview_mend(MONTH, cause.cause_id, "set_value", value="فعال")
    assert preview.count == cause.count == len(file.truth) and preview.left_count == 0
    assert {(s.before, s.after, s.status_before, s.status_after) for s in preview.samples} == {
        ("پابرجا", "فعال", "unknown", "ok")
    }
    record = record_at(submission_id, min(row for row, _ in file.truth))
    version = corrections.record_in_context(record).version
    corrections.correct_value(record, "status", "مختومه", version=version, **STEWARD)
    with pytest.raises(Refusal, match="changed_meanwhile"):
        corrections.apply_mend(MONTH, cause.cause_id, "set_value", value="فعال", token=preview.token, **STEWARD)
    assert len(corrections.decisions()) == 1
    # A word that the vocabulary does not know mends nothing.
    assert corrections.preview_mend(MONTH, cause.cause_id, "set_value", value="هیچ‌کدام").count == 0


def test_of_many_at_once_one_decides(installation_on: Path, caseload_rows: Rows) -> None:
    submission_id = take(spoiled_a_little(caseload_rows).write(installation_on / "a.csv"), "relief_committee")
    records = corrections.cause_records(MONTH, next(c.cause_id for c in corrections.causes(MONTH) if c.value))
    record, version = records["record_id"].iloc[0], records["version"].iloc[0]

    def decide(name: str) -> str:
        try:
            corrections.correct_value(record, "status", "فعال", by=name, at=AT, reason="race", version=version)
        except Refusal as refusal:
            return refusal.code
        return "decided"

    with ThreadPoolExecutor(40) as pool:
        outcomes = list(pool.map(decide, [f"steward {n}" for n in range(40)]))
    assert sorted(set(outcomes)) == ["changed_meanwhile", "decided"] and outcomes.count("decided") == 1
    assert len(corrections.decisions()) == 1
    assert record in set(installation.registry().frame(submission_id, "accepted")["record_id"])


def test_a_decision_during_a_run_waits_for_the_next_one(
    installed: Path, caseload_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correction_log, "PATIENCE_SECONDS", 0.2)
    submission_id = take(spoiled_a_little(caseload_rows).write(installed / "a.csv"), "relief_committee")
    before = installation.registry().submission(submission_id).set_aside_count
    with installation.registry().month_lock(MONTH):
        decision = mend_status()
        assert not decision.is_validated and decision.set_aside == before
    assert [s.id for s in validate.undecided(MONTH, "relief_committee")] == [submission_id]
    validate.validate_agency.fn(MONTH, "relief_committee")
    assert installation.registry().submission(submission_id).set_aside_count < before
    assert validate.undecided(MONTH, "relief_committee") == []


def test_the_log_is_never_changed(installation_on: Path, caseload_rows: Rows) -> None:
    take(spoiled_a_little(caseload_rows).write(installation_on / "a.csv"), "relief_committee")
    mend_status()
    for statement in ("update corrections set reason = 'x'", "delete from corrections"):
        with (
            pytest.raises(DBAPIError, match="entries are never changed"),
            installation.registry().writing.begin() as connection,
        ):
            connection.execute(text(statement))


def test_last_month_fills_what_is_missing_now(installed: Path, caseload_rows: Rows) -> None:
    whole = Spoiled(copy.deepcopy(caseload_rows[:150]))
    whole.rows[1][-1] += " "
    take(whole.write(installed / "a.csv"), "relief_committee", month="1404-01", day=dt.date(2025, 4, 20))
    file = Spoiled(copy.deepcopy(caseload_rows[:150]))
    assert file.spoil("تاریخ شروع خدمت", lambda t: "" if re.fullmatch(r"14\d\d/\d\d/\d\d", t) else None, every=6) >= 8
    submission_id = take(file.write(installed / "b.csv"), "relief_committee")
    (cause,) = [c for c in corrections.causes(MONTH) if c.code == "service_start_missing"]
    assert (cause.kind, cause.proposed_mend) == ("empty", "fill_from_last_month")
    preview = corrections.preview_mend(MONTH, cause.cause_id, "fill_from_last_month")
    corrections.apply_mend(MONTH, cause.cause_id, "fill_from_last_month", token=preview.token, **STEWARD)
    accepted = installation.registry().frame(submission_id, "accepted").set_index("row")
    for (row, _), truth in file.truth.items():
        assert accepted.loc[row, "service_start_raw"] == truth
    record = corrections.record_in_context(record_at(submission_id, min(row for row, _ in file.truth)))
    (cell,) = [c for c in record.cells if c.column == "service_start"]
    assert cell.raw is None and cell.corrected == cell.last_month != ""
    assert cell.heading == "تاریخ شروع خدمت" and cell.place == "M"


def test_a_list_refused_for_a_new_word_goes_on_when_the_word_is_mended(installed: Path, caseload_rows: Rows) -> None:
    registry = installation.registry()
    file = Spoiled(copy.deepcopy(caseload_rows[:150]))
    assert file.spoil("وضعیت پرونده", lambda t: "پابرجا" if t == "فعال" else None, every=2) >= 50
    path = file.write(installed / "a.csv")
    receive.receive_file(path, month=MONTH, agency="relief_committee", received_on=DAY)
    validate.validate_agency.fn(MONTH, "relief_committee")
    (submission,) = registry.submissions(MONTH)
    assert (submission.state, submission.accepted_count) == ("refused", 0)
    decision = mend_status()
    assert registry.submission(submission.id).state == "validated"
    assert decision.accepted > 140
