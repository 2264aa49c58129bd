"""Mending failed validations: what is wrong and why, what a steward decides, and the lists validated again at once.

For whoever shows it to people (the console) or offers it on the command line. Times come from the caller (``at``, with a
time zone); ``by`` is a person's name or account and goes into the log. Every function raises ``Refusal`` (both languages,
no personal data) where it cannot do what is asked, among them ``changed_meanwhile`` when somebody else decided first.

What is wrong::

    causes(month: str, *, agency: str | None = None) -> list[Cause]
    cause_records(month: str, cause_id: str) -> pd.DataFrame          # record_id, sheet, row, member, column, state, version …
    record_in_context(record_id: str) -> RecordInContext
    questions(month: str, *, agency: str | None = None) -> list[Question]
    return_list(month: str, *, agency: str | None = None) -> pd.DataFrame
    decisions(*, list_key: str | None = None) -> pd.DataFrame         # the log, oldest first

What a steward decides (each returns ``Decision``)::

    correct_value(record_id: str, column: str, value: str, *, by: str, at: datetime, reason: str, version: str)
    correct_values(changes: Mapping[str, Mapping[str, str]], *, by, at, reason, versions: Mapping[str, str])
    preview_mend(month: str, cause_id: str, mend: str, *, value: str | None = None) -> MendPreview     # writes nothing
    apply_mend(month: str, cause_id: str, mend: str, *, value: str | None = None, token: str, by, at, reason)
    accept_records(record_ids: Sequence[str], code: str, *, by, at, reason, versions: Mapping[str, str] | None = None)
    send_back(record_ids: Sequence[str], *, by, at, reason, code: str | None = None)
    mark_answered(correction_id: int, *, by, at, reason)
    answer_question(correction_id: int, record_id: str, *, keep: "agency" | "correction", by, at, reason)
    preview_undo(group_id: str) -> pd.DataFrame                       # what would change; writes nothing
    undo(group_id: str, *, by, at, reason)

Beside these: ``tasks.headings`` (``heading_questions``, ``confirm_heading``, ``withdraw_heading``: drift) and
``tasks.correction_workbooks`` (``export_set_aside``, ``take_workbook``: the Excel round trip).

A list's decisions are taken one after the other, under a lock, and are in the log before anything else happens: a
decision that was answered is never lost. Then the list is validated again. While a run holds the month, that waits for
the run's end or the next run (``Decision.is_validated`` is false): a run never sees its lists change under it. Every
deciding function takes ``validate_now=False`` as well, for a page that must answer at once: the caller then calls
``validate_again(month: str, agency: str) -> bool`` from a thread of its own; what was decided counts in versions at once.

Whose records these are is the caller's to check: ``Cause.list_key``, ``record_id`` (``agency/list/…``) and ``list_key`` in
every table begin with the agency. ``record_id``, ``cause_id``, ``group_id`` and ids may stand in an address; cells may not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from palayesh.adapters.models import Submission
from palayesh.corrections import causes as grouping
from palayesh.corrections.causes import Cause
from palayesh.corrections.keys import RecordKeys, record_keys, record_versions
from palayesh.corrections.mends import CHANGE_COLUMNS, MENDS, changes_of_mend
from palayesh.findings import Refusal, Severity
from palayesh.reporting_month import ReportingMonth
from tasks import installation, validate
from tasks.stage import without_personal_data
from tasks.validate import StandingList

SAMPLES = 10
LONGEST_VALUE = 500
PATIENCE_SECONDS = 20.0
"""So long a decision waits for another one that is validating the same month, before it leaves the rest to a run."""
PAUSE_SECONDS = 0.1
DECIDED_STATES = ("validated", "refused")


@dataclass(frozen=True)
class Decision:
    """What was written, and what the lists look like now."""

    group_id: str
    """By this the whole decision is shown and undone."""
    correction_ids: tuple[int, ...]
    is_validated: bool
    """Whether the lists were validated again at once; otherwise the next run does."""
    received: int
    accepted: int
    set_aside: int


@dataclass(frozen=True)
class MendSample:
    """One cell before and after a mend."""

    record_id: str
    sheet: str
    row: int
    column: str
    before: str
    after: str
    status_before: str
    status_after: str


@dataclass(frozen=True)
class MendPreview:
    """What a mend would do to the records of a cause."""

    cause_id: str
    mend: str
    value: str | None
    count: int
    """Records that it would change."""
    left_count: int
    """Records of the cause that it cannot mend; they are left as they are."""
    samples: tuple[MendSample, ...]
    token: str
    """Names exactly these records in exactly these versions; ``apply_mend`` asks for it."""


@dataclass(frozen=True)
class CellInContext:
    """One cell of a record: as sent, as read, and a month before."""

    column: str
    heading: str
    place: str | None
    """Letters of the column in the sheet, where the reading kept them."""
    raw: str | None
    corrected: str | None
    """The text that a correction put beside it; nothing where none stands."""
    value: str | None
    status: str
    last_month: str | None


@dataclass(frozen=True)
class FailureInContext:
    """One rule that the record failed."""

    code: str
    severity: str
    column: str | None
    kind: str
    cause_id: str
    state: str
    sentence_fa: str
    sentence_en: str
    mend_fa: str
    mend_en: str
    proposed_mend: str | None
    proposed_value: str | None
    may_be_accepted: bool


@dataclass(frozen=True)
class RecordInContext:
    """Everything a steward needs to decide on one record."""

    record_id: str
    list_key: str
    month: str
    submission_id: str
    received_on: dt.date
    file_format: str | None
    sheet: str
    row: int
    member: str
    is_accepted: bool
    version: str
    """Asked for by every decision on the record."""
    cells: tuple[CellInContext, ...]
    failures: tuple[FailureInContext, ...]
    decisions: pd.DataFrame
    """The entries of the log about this record, oldest first."""


@dataclass(frozen=True)
class Question:
    """An agency's new text contradicts a decision: neither is taken silently."""

    correction_id: int
    kind: Literal["contradicted", "evidence_changed"]
    """A corrected cell that now holds a third text; or an accepted record whose cells changed."""
    record_id: str
    list_key: str
    month: str
    sheet: str
    row: int
    column: str | None
    code: str | None
    old_raw: str | None
    corrected: str | None
    new_raw: str | None
    """What the agency sent now."""
    decided_by: str
    decided_at: dt.datetime
    reason: str | None


# --- what is wrong ---------------------------------------------------------------------------------------------


@without_personal_data
def causes(month: str, *, agency: str | None = None) -> list[Cause]:
    """Failures of the month's records grouped by cause: set aside before warned, and most families first."""
    found: list[Cause] = []
    by_list: dict[str, list[Submission]] = {}
    for submission in _decided_submissions(month, agency):
        by_list.setdefault(str(submission.list_key), []).append(submission)
    registry = installation.registry()
    for list_key, group in sorted(by_list.items()):
        damages = [damage_of(submission) for submission in group]
        received_on = [
            pd.Series([submission.received_on] * len(damage)) for submission, damage in zip(group, damages, strict=True)
        ]
        damage = pd.concat(damages, ignore_index=True)
        if damage.empty:
            continue
        found += grouping.causes_of(
            damage,
            validate.declaration_of(list_key),
            list_key=list_key,
            rules=pd.concat([registry.frame(submission.id, "rules") for submission in group], ignore_index=True),
            received_on=pd.concat(received_on, ignore_index=True),
            not_acceptable=validate.not_acceptable(validate.suite_of(list_key)),
        )
    return sorted(found, key=grouping.urgency)


@without_personal_data
def cause_records(month: str, cause_id: str) -> pd.DataFrame:
    """The records of a cause, in the order of the files: the columns of the damage table, ``submission_id`` and ``version``."""
    parts = []
    for submission in _decided_submissions(month, None):
        damage = damage_of(submission)
        hit = damage[damage["cause_id"].eq(cause_id)]
        if len(hit):
            versions = versions_of(validate.standing_list(submission))
            parts.append(hit.assign(submission_id=submission.id, version=hit["record_id"].map(versions)))
    if not parts:
        raise _unknown_cause()
    return pd.concat(parts, ignore_index=True)


@without_personal_data
def record_in_context(record_id: str) -> RecordInContext:
    """The record as sent, as read and a month before, with every rule it failed and every decision about it."""
    submission = _submission_of(record_id)
    read = validate.standing_list(submission)
    position = _position(read, record_id)
    received, now = read.received.loc[position], read.standardised.loc[position]
    before = _last_month_of(read, position)
    account = submission.account or {}
    corrected = set(str(now["corrected"]).split(";")) if pd.notna(now["corrected"]) else set()
    cells = tuple(
        CellInContext(
            column=name,
            heading=(account.get("headings") or {}).get(name, column.heading),
            place=(account.get("places") or {}).get(name),
            raw=_text(received.get(f"{name}_raw")),
            corrected=(_text(now[f"{name}_raw"]) or "") if name in corrected else None,
            value=_text(now[name]),
            status=str(now[f"{name}_status"]),
            last_month=before.get(name),
        )
        for name, column in read.declared.columns.items()
    )
    damage = damage_of(submission)
    own = damage[damage["record_id"].eq(record_id)]
    rules = installation.registry().frame(submission.id, "rules").drop_duplicates("code").set_index("code")
    suite = validate.suite_of(str(submission.list_key))
    refused = validate.not_acceptable(suite)
    usable = bool(grouping.is_usable(read.standardised.loc[[position]], read.declared).iloc[0])
    failures = tuple(
        FailureInContext(
            code=str(row["code"]),
            severity=str(row["severity"]),
            column=_text(row["column"]),
            kind=str(row["kind"]),
            cause_id=str(row["cause_id"]),
            state=str(row["state"]),
            proposed_mend=_text(row["mend"]),
            proposed_value=_text(row["mend_value"]),
            may_be_accepted=usable
            and row["severity"] == Severity.SET_ASIDE_RECORD.value
            and str(row["code"]) not in refused,
            **{word: _text(rules.loc[row["code"], word]) or "" for word in WORDS_OF_RULES},
        )
        for row in own.to_dict("records")
    )
    states = read.standing.states
    about = set(states.loc[states["record_id"].eq(record_id), "id"])
    log = decisions(list_key=str(submission.list_key))
    accepted = installation.registry().frame(submission.id, "accepted", ["record_id"])["record_id"]
    return RecordInContext(
        record_id=record_id,
        list_key=str(submission.list_key),
        month=submission.month,
        submission_id=submission.id,
        received_on=submission.received_on,
        file_format=submission.format,
        sheet=str(received["sheet"]),
        row=int(received["row"]),
        member=_text(received["member"]) or "",
        is_accepted=record_id in set(accepted),
        version=versions_of(read)[record_id],
        cells=cells,
        failures=failures,
        decisions=log[log["record_id"].eq(record_id) | log["id"].isin(about) | log["undoes"].isin(about)],
    )


WORDS_OF_RULES = ("sentence_fa", "sentence_en", "mend_fa", "mend_en")


@without_personal_data
def questions(month: str, *, agency: str | None = None) -> list[Question]:
    """Where what an agency sent contradicts what a steward had decided, oldest decision first."""
    found: list[Question] = []
    for submission in _decided_submissions(month, agency):
        decided = _decided(submission)
        asked = decided[decided["state"].isin(["question", "asked_again"]) & decided["action"].ne("send_back")]
        if asked.empty:
            continue
        received = installation.registry().frame(submission.id, "received").set_index("record_id")
        log = decisions(list_key=str(submission.list_key)).set_index("id")
        for row in asked.to_dict("records"):
            entry, record = log.loc[row["id"]], received.loc[row["record_id"]]
            column = _text(row["column"])
            is_cell = row["action"] == "correct"
            found.append(
                Question(
                    correction_id=int(row["id"]),
                    kind="contradicted" if is_cell else "evidence_changed",
                    record_id=str(row["record_id"]),
                    list_key=str(submission.list_key),
                    month=submission.month,
                    sheet=str(record["sheet"]),
                    row=int(record["row"]),
                    column=column,
                    code=_text(entry["code"]),
                    old_raw=_text(entry["old_raw"]),
                    corrected=_text(entry["new_raw"]),
                    new_raw=_text(record.get(f"{column}_raw")) if column else None,
                    decided_by=str(entry["decided_by"]),
                    decided_at=entry["decided_at"],
                    reason=_text(entry["reason"]),
                )
            )
    return sorted(found, key=lambda question: (question.correction_id, question.record_id))


RETURN_COLUMNS = (
    "id", "group_id", "list_key", "record_id", "sheet", "row", "column", "code", "decided_by", "decided_at", "reason", "state",
)  # fmt: skip


@without_personal_data
def return_list(month: str, *, agency: str | None = None) -> pd.DataFrame:
    """Records sent back to their agency (``RETURN_COLUMNS``); ``state`` is ``waiting`` or ``answered``.

    Answered means: a person said so, the record no longer fails the rule, its cells changed, or it is no longer in the list.
    """
    parts = []
    for submission in _decided_submissions(month, agency):
        decided = _decided(submission)
        sent = decided[decided["action"].eq("send_back")]
        if sent.empty:
            continue
        damage = damage_of(submission)
        failing = pd.MultiIndex.from_frame(damage[["record_id", "code"]])
        still = pd.MultiIndex.from_frame(sent[["record_id", "code"]]).isin(failing) & sent["state"].eq("applied")
        log = decisions(list_key=str(submission.list_key))
        places = damage.drop_duplicates("record_id").set_index("record_id")[["sheet", "row"]]
        rows = sent[["id", "record_id"]].assign(state=["waiting" if waits else "answered" for waits in still])
        rows = rows.merge(log.drop(columns="record_id"), on="id", how="left")
        parts.append(rows.join(places, on="record_id").reindex(columns=list(RETURN_COLUMNS)))
    if not parts:
        return pd.DataFrame(columns=list(RETURN_COLUMNS))
    return pd.concat(parts, ignore_index=True).sort_values(["id", "record_id"], kind="stable", ignore_index=True)


@without_personal_data
def decisions(*, list_key: str | None = None) -> pd.DataFrame:
    """The whole log of decisions on records, oldest first."""
    return installation.registry().corrections(list_key)


# --- what a steward decides ------------------------------------------------------------------------------------


@without_personal_data
def correct_value(
    record_id: str,
    column: str,
    value: str,
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    version: str,
    validate_now: bool = True,
) -> Decision:
    """The cell reads ``value`` from now on (``""``: nothing); what the agency sent stays beside it."""
    changes, versions = {record_id: {column: value}}, {record_id: version}
    return correct_values(changes, by=by, at=at, reason=reason, versions=versions, validate_now=validate_now)


@without_personal_data
def correct_values(
    changes: Mapping[str, Mapping[str, str]],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    versions: Mapping[str, str],
    validate_now: bool = True,
) -> Decision:
    """As ``correct_value``, for several cells (``record_id`` → column → text) of one list: one decision, all or nothing."""
    submission = _submission_of(next(iter(changes)))
    with _deciding(submission) as read:
        _check_versions(read, {record: versions.get(record, "") for record in changes})
        rows = [
            {"record_id": record, "column": column, "new_raw": value}
            for record, cells in changes.items()
            for column, value in cells.items()
        ]
        wanted = pd.DataFrame(rows, columns=["record_id", "column", "new_raw"])
        for column in sorted(set(wanted["column"])):
            if column not in read.declared.columns or f"{column}_raw" not in read.received:
                raise refusal("unknown_column")
        if wanted["new_raw"].str.len().gt(LONGEST_VALUE).any():
            raise refusal("value_too_long")
        written = write(read, correct_entries(read, wanted, "typed"), by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def preview_mend(month: str, cause_id: str, mend: str, *, value: str | None = None) -> MendPreview:
    """What the mend would change: how many records, ten of them before and after, and the token that names them all."""
    read = validate.standing_list(_submissions_of_cause(month, cause_id)[0])
    return _preview(month, cause_id, mend, value, read)[0]


@without_personal_data
def apply_mend(
    month: str,
    cause_id: str,
    mend: str,
    *,
    value: str | None = None,
    token: str,
    by: str,
    at: dt.datetime,
    reason: str,
    validate_now: bool = True,
) -> Decision:
    """Exactly the previewed records are mended, in one decision; nothing is where one of them changed since."""
    submissions = _submissions_of_cause(month, cause_id)
    with _deciding(submissions[0]) as read:
        preview, changes = _preview(month, cause_id, mend, value, read)
        if preview.token != token:
            raise refusal("changed_meanwhile")
        if not preview.count:
            raise refusal("nothing_changes")
        entries = []
        for submission in submissions:
            one = read if submission.id == read.submission.id else validate.standing_list(submission)
            own = changes[changes["record_id"].isin(set(one.received["record_id"]))]
            entries += correct_entries(one, own, mend)
        written = write(read, entries, by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def accept_records(
    record_ids: Sequence[str],
    code: str,
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    versions: Mapping[str, str] | None = None,
    validate_now: bool = True,
) -> Decision:
    """The records are accepted although the rule failed; not where nobody could say whom they are about."""
    submission = _submission_of(record_ids[0])
    if code in validate.not_acceptable(validate.suite_of(str(submission.list_key))):
        raise refusal("not_acceptable")
    with _deciding(submission) as read:
        if versions is not None:
            _check_versions(read, versions)
        failing = _open_failures(read, record_ids, code)
        if not failing["severity"].eq(Severity.SET_ASIDE_RECORD.value).all():
            raise refusal("nothing_to_accept")
        chosen = read.standardised[read.standardised["record_id"].isin(list(record_ids))]
        if not grouping.is_usable(chosen, read.declared).all():
            raise refusal("not_acceptable")
        written = write(read, _ruling_entries(read, failing, "accept"), by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def send_back(
    record_ids: Sequence[str],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    code: str | None = None,
    validate_now: bool = True,
) -> Decision:
    """The records wait for the agency and stand on the return list; without ``code``, for every rule that sets them aside."""
    submission = _submission_of(record_ids[0])
    with _deciding(submission) as read:
        failing = _open_failures(read, record_ids, code)
        written = write(read, _ruling_entries(read, failing, "send_back"), by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def mark_answered(correction_id: int, *, by: str, at: dt.datetime, reason: str, validate_now: bool = True) -> Decision:
    """What was sent back is answered, a person says; the record is open again if it still fails."""
    entry = _entry(correction_id)
    if entry["action"] != "send_back":
        raise refusal("unknown_decision")
    read = _reading_of_list(str(entry["list_key"]), str(entry["record_id"]))
    same = {name: entry[name] for name in ("list_key", "month", "record_key", "record_id", "column", "code")}
    with _deciding(read.submission) as now:
        written = write(now, [{**same, "action": "answered"}], by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def answer_question(
    correction_id: int,
    record_id: str,
    *,
    keep: Literal["agency", "correction"],
    by: str,
    at: dt.datetime,
    reason: str,
    validate_now: bool = True,
) -> Decision:
    """The agency's new text holds (the decision is taken back), or the steward's does (against this new text as well)."""
    entry = _entry(correction_id)
    submission = _submission_of(record_id)
    with _deciding(submission) as read:
        states = read.standing.states
        asked = states["id"].eq(correction_id) & states["record_id"].eq(record_id)
        if not states.loc[asked, "state"].isin(["question", "asked_again"]).any():
            raise refusal("changed_meanwhile")
        if keep == "agency":
            entries = [_undo_entry(entry)]
        elif entry["action"] == "correct":
            wanted = pd.DataFrame(
                {"record_id": [record_id], "column": [str(entry["column"])], "new_raw": [_text(entry["new_raw"]) or ""]}
            )
            entries = correct_entries(read, wanted, "typed")
        else:
            failing = _open_failures(read, [record_id], str(entry["code"]))
            entries = _ruling_entries(read, failing, "accept")
        written = write(read, entries, by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def preview_undo(group_id: str) -> pd.DataFrame:
    """What taking the decision back would change: ``record_id, column, code, action, corrected, original``."""
    entries = _undoable(group_id)
    columns = {"new_raw": "corrected", "old_raw": "original"}
    return entries.rename(columns=columns)[["id", "record_id", "column", "code", "action", "corrected", "original"]]


@without_personal_data
def undo(group_id: str, *, by: str, at: dt.datetime, reason: str, validate_now: bool = True) -> Decision:
    """The decision is taken back by a new entry; everything is as if it had not been made, later decisions aside.

    An undo is a decision as well and may be undone.
    """
    entries = _undoable(group_id)
    read = _reading_of_list(str(entries["list_key"].iloc[0]), str(entries["record_id"].iloc[0]))
    with _deciding(read.submission) as now:
        again = _undoable(group_id)
        written = write(now, [_undo_entry(entry) for _, entry in again.iterrows()], by=by, at=at, reason=reason)
    return conclude(written, validate_now=validate_now)


# --- helpers ---------------------------------------------------------------------------------------------------


def _decided_submissions(month: str, agency: str | None) -> list[Submission]:
    found = installation.registry().submissions(month, agency=agency, states=list(DECIDED_STATES))
    return [submission for submission in found if submission.list_key is not None]


def _submission_of(record_id: str) -> Submission:
    try:
        submission = installation.registry().submission_of_record(record_id)
    except KeyError:
        raise refusal("unknown_record") from None
    if submission.state not in DECIDED_STATES:
        raise refusal("list_sent_again")
    return submission


def _submissions_of_cause(month: str, cause_id: str) -> list[Submission]:
    found = [s for s in _decided_submissions(month, None) if damage_of(s)["cause_id"].eq(cause_id).any()]
    if not found:
        raise _unknown_cause()
    return found


def _reading_of_list(list_key: str, record_id: str) -> StandingList:
    """A list as it stands, by a record of it that may be of an earlier file: the file that counts now is read."""
    registry = installation.registry()
    submission = registry.submission_of_record(record_id)
    if submission.state not in DECIDED_STATES:
        same = [s for s in _decided_submissions(submission.month, submission.agency) if s.list_key == list_key]
        submission = same[-1] if same else submission
    return validate.standing_list(submission)


def damage_of(submission: Submission) -> pd.DataFrame:
    return _frame_of(submission, "damage")


def _decided(submission: Submission) -> pd.DataFrame:
    return _frame_of(submission, "decided")


def _frame_of(submission: Submission, name: str) -> pd.DataFrame:
    registry = installation.registry()
    try:
        return registry.frame(submission.id, name)
    except KeyError:  # validated by a version that kept no causes
        validate.validate_submission(submission)
        return registry.frame(submission.id, name)


def versions_of(read: StandingList) -> dict[str, str]:
    """The version of every record: its text now, and the decisions that stand on it."""
    states = read.standing.states
    standing = states[states["state"].isin(["applied", "settled"])]
    ids = standing.groupby("record_id")["id"].agg(lambda numbers: ",".join(map(str, sorted(set(numbers)))))
    records = read.standing.records
    tokens = record_versions(records, records["record_id"].map(ids).astype("str").fillna(""))
    return dict(zip(records["record_id"], tokens, strict=True))


def _check_versions(read: StandingList, versions: Mapping[str, str]) -> None:
    now = versions_of(read)
    if any(record not in now for record in versions):
        raise refusal("unknown_record")
    if any(now[record] != version for record, version in versions.items()):
        raise refusal("changed_meanwhile")


def _position(read: StandingList, record_id: str) -> Any:
    hit = read.received.index[read.received["record_id"].eq(record_id)]
    if not len(hit):
        raise refusal("unknown_record")
    return hit[0]


def _text(value: Any) -> str | None:
    if value is None or pd.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _last_month_of(read: StandingList, position: Any) -> dict[str, str]:
    """Column → the text of the same record a month before: by its key or number, or by the person it was linked to."""
    previous = validate.previous_records(read.submission)
    if previous is None or previous.empty:
        return {}
    record = read.standing.records.loc[[position]]
    columns = [name for name in read.declared.columns if f"{name}_raw" in previous]
    found = grouping.same_records(record, previous, read.declared, columns, only_sound=False)
    if found.empty:
        linked = _record_of_the_same_person(read.submission, str(record["record_id"].iloc[0]))
        found = previous[previous["record_id"].eq(linked or "")]
    if found.empty:
        return {}
    row = found.iloc[0]
    return {name: str(row[f"{name}_raw"]) for name in columns if pd.notna(row[f"{name}_raw"])}


def _record_of_the_same_person(submission: Submission, record_id: str) -> str | None:
    """The record of the same list that last month's run linked to the person this month's run links the record to."""
    registry = installation.registry()
    month = ReportingMonth.parse(submission.month)
    runs = [registry.latest_run(str(month)), registry.latest_run(str(month.previous()))]
    if runs[0] is None or runs[1] is None:
        return None
    columns = ["record_id", "list_key", "role", "person_id"]
    now, before = (registry.frame(run.id, "linked_mentions", columns) for run in runs if run)
    persons = now.loc[now["record_id"].eq(record_id) & now["role"].eq("subject"), "person_id"]
    same = before[before["person_id"].isin(persons) & before["list_key"].eq(str(submission.list_key))]
    same = same[same["role"].eq("subject")]
    return str(same["record_id"].iloc[0]) if len(same) == 1 else None


def _preview(
    month: str, cause_id: str, mend: str, value: str | None, read: StandingList
) -> tuple[MendPreview, pd.DataFrame]:
    """The preview, and the changes it speaks of: ``record_id, column, old_raw, new_raw`` in the order of the files."""
    if mend not in MENDS:
        raise refusal("unknown_mend")
    if MENDS[mend].needs_value and not value:
        raise refusal("value_needed")
    if value is not None and len(value) > LONGEST_VALUE:
        raise refusal("value_too_long")
    parts, samples, left = [], [], 0
    for submission in _submissions_of_cause(month, cause_id):
        one = read if submission.id == read.submission.id else validate.standing_list(submission)
        changes, before, after, missed = _changes_in(one, cause_id, mend, value)
        left += missed
        versions = versions_of(one)
        parts.append(changes.assign(version=changes["record_id"].map(versions)))
        samples += _samples(changes, before, after)
    changes = pd.concat(parts, ignore_index=True)
    lines = [mend, value or "", *("\x1f".join(line) for line in changes.astype("str").to_numpy().tolist())]
    token = hashlib.blake2b("\x1e".join(lines).encode(), digest_size=16).hexdigest()
    step = max(1, len(samples) // SAMPLES)
    chosen = tuple(samples[::step][:SAMPLES])
    count = int(changes["record_id"].nunique())
    return MendPreview(cause_id, mend, value, count, left, chosen, token), changes


def _changes_in(
    read: StandingList, cause_id: str, mend: str, value: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]:
    """Changes that leave a sound cell behind, the records before and after, and how many records cannot be mended so."""
    damage = damage_of(read.submission)
    waiting = damage[damage["cause_id"].eq(cause_id) & damage["state"].eq("open")]
    nothing = pd.DataFrame(columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS)
    before = read.standardised.set_index("record_id", drop=False)
    if waiting.empty or pd.isna(waiting["column"].iloc[0]):
        return nothing, before, before, len(waiting)
    column, code = str(waiting["column"].iloc[0]), str(waiting["code"].iloc[0])
    context = grouping.mend_context(
        column,
        code,
        read.standardised,
        read.declared,
        read.rule_columns,
        validate.last_month(read.submission, read.standing.records, waiting),
        read.as_of,
        value,
    )
    records = before.loc[waiting["record_id"].drop_duplicates()].reset_index(drop=True)
    changes = changes_of_mend(mend, records, column, context)
    after = read.standardise(_with_changes(read.standing.records, changes)).set_index("record_id", drop=False)
    sound = pd.Series(True, index=changes.index)
    for name, group in changes.groupby("column", sort=True):
        declared = read.declared.columns[str(name)]
        statuses = after.loc[group["record_id"], f"{name}_status"].to_numpy()
        allowed = grouping.sound_statuses(declared.type) | ({"missing"} if mend == "empty_the_cell" else set())
        sound.loc[group.index] = pd.Series(statuses, index=group.index).isin(list(allowed))
    unsound = set(changes.loc[~sound, "record_id"])
    changes = changes[~changes["record_id"].isin(unsound)].reset_index(drop=True)
    return changes, before, after, len(records) - changes["record_id"].nunique()


def _with_changes(records: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    changed = records.copy()
    places = pd.Series(records.index, index=records["record_id"])
    for column, group in changes.groupby("column", sort=True):
        texts = group["new_raw"].set_axis(places.loc[group["record_id"]])
        changed.loc[texts.index, f"{column}_raw"] = texts.mask(texts.eq(""))
    return changed


def _samples(changes: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> list[MendSample]:
    return [
        MendSample(
            record_id=record,
            sheet=str(before.loc[record, "sheet"]),
            row=int(before.loc[record, "row"]),
            column=column,
            before=old,
            after=new,
            status_before=str(before.loc[record, f"{column}_status"]),
            status_after=str(after.loc[record, f"{column}_status"]),
        )
        for record, column, old, new in changes[list(CHANGE_COLUMNS)].itertuples(index=False)
    ]


def correct_entries(read: StandingList, wanted: pd.DataFrame, mend: str) -> list[dict[str, Any]]:
    """Log entries for new texts of cells (``record_id, column, new_raw``). Raises Refusal where a text is no change."""
    received = read.received.set_index("record_id", drop=False)
    if not set(wanted["record_id"]) <= set(received.index):
        raise refusal("unknown_record")
    now = read.standing.records.set_index("record_id", drop=False)
    changed = _with_changes(read.standing.records, wanted)
    mended = dict(zip(changed["record_id"], record_keys(changed, read.declared), strict=True))
    of_records = RecordKeys(read.received, read.declared)
    keys = {
        str(column): dict(zip(received.index, of_records.of(str(column)), strict=True))
        for column in set(wanted["column"])
    }
    entries = []
    for record, column, new in wanted[["record_id", "column", "new_raw"]].itertuples(index=False):
        old = _text(received.loc[record, f"{column}_raw"]) or ""
        if new == (_text(now.loc[record, f"{column}_raw"]) or ""):
            raise refusal("nothing_changes")
        entries.append(
            {
                **_entry_of(read, record, keys[column][record], column),
                "action": "correct",
                "mended_key": mended[record] if column in read.declared.key else None,
                "old_raw": old,
                "new_raw": new,
                "mend": mend,
            }
        )
    return entries


def _ruling_entries(read: StandingList, failing: pd.DataFrame, action: str) -> list[dict[str, Any]]:
    records = read.standing.records.set_index("record_id", drop=False).loc[failing["record_id"]].reset_index(drop=True)
    codes, columns = (failing[name].reset_index(drop=True) for name in ("code", "column"))
    evidence = grouping.evidence_of(records, codes, columns, read.rule_columns)
    keys = dict(zip(read.received["record_id"], record_keys(read.received, read.declared), strict=True))
    return [
        {
            **_entry_of(read, record, keys[record], _text(column)),
            "action": action,
            "code": code,
            "evidence": proof,
        }
        for record, code, column, proof in zip(records["record_id"], codes, columns, evidence, strict=True)
    ]


def _entry_of(read: StandingList, record_id: str, key: str, column: str | None) -> dict[str, Any]:
    return {
        "list_key": read.submission.list_key,
        "month": read.submission.month,
        "record_key": key,
        "record_id": record_id,
        "column": column,
    }


def _open_failures(read: StandingList, record_ids: Sequence[str], code: str | None) -> pd.DataFrame:
    """The records' failures that nobody has ruled on. Raises Refusal where one of the records has none."""
    damage = damage_of(read.submission)
    # What was decided since the last validation is in the log and not yet in the table.
    ruled = pd.concat([read.standing.accepted(), read.standing.sent_back()])
    is_ruled = pd.MultiIndex.from_frame(damage[["record_id", "code"]]).isin(pd.MultiIndex.from_frame(ruled))
    hit = damage["record_id"].isin(list(record_ids)) & ~is_ruled
    if code is not None:
        hit &= damage["code"].eq(code)
    else:  # what keeps a record waiting; its warnings only where nothing does
        grave = hit & damage["severity"].eq(Severity.SET_ASIDE_RECORD.value)
        hit &= grave | ~damage["record_id"].isin(set(damage.loc[grave, "record_id"]))
    found = damage[hit].drop_duplicates(["record_id", "code"])
    if set(found["record_id"]) != set(record_ids):
        raise refusal("changed_meanwhile")
    return found


def _entry(correction_id: int) -> pd.Series:
    log = decisions()
    found = log[log["id"].eq(correction_id)]
    if found.empty:
        raise refusal("unknown_decision")
    return found.iloc[0]


def _undoable(group_id: str) -> pd.DataFrame:
    log = decisions()
    group = log[log["group_id"].eq(group_id)]
    if group.empty:
        raise refusal("unknown_decision")
    standing = group[~group["id"].isin(_taken_back(log))]
    if standing.empty:
        raise refusal("already_undone")
    return standing


def _taken_back(log: pd.DataFrame) -> set[int]:
    undone: set[int] = set()
    for number, action, target in zip(log["id"][::-1], log["action"][::-1], log["undoes"][::-1], strict=True):
        if action == "undo" and int(number) not in undone:
            undone.add(int(target))
    return undone


def _undo_entry(entry: pd.Series) -> dict[str, Any]:
    same = ("list_key", "month", "record_key", "record_id", "column", "code")
    return {**{name: _text(entry[name]) for name in same}, "action": "undo", "undoes": int(entry["id"])}


@contextmanager
def _deciding(submission: Submission) -> Iterator[StandingList]:
    """The list as it stands, while nobody else decides on it."""
    with installation.registry().decision_lock(str(submission.list_key)):
        yield validate.standing_list(submission)


ENTRY_FIELDS = (
    "list_key", "month", "record_key", "mended_key", "record_id", "action", "column", "old_raw", "new_raw", "code", "evidence",
    "mend", "undoes",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A decision that is in the log, and the file whose list it is about."""

    group_id: str
    correction_ids: tuple[int, ...]
    submission: Submission


def write(
    read: StandingList, entries: Sequence[Mapping[str, Any]], *, by: str, at: dt.datetime, reason: str
) -> Written:
    """The entries are in the log, all or none: from here on the decision is not lost."""
    if not by.strip():
        raise refusal("name_needed")
    if not reason.strip():
        raise refusal("reason_needed")
    group_id = uuid.uuid4().hex
    common = {"group_id": group_id, "decided_at": at, "decided_by": by.strip()[:64], "reason": reason.strip()}
    rows = [{**{name: entry.get(name) for name in ENTRY_FIELDS}, **common} for entry in entries]
    return Written(group_id, tuple(installation.registry().add_corrections(rows)), read.submission)


def conclude(written: Written, *, validate_now: bool = True) -> Decision:
    """The lists that the decision is about are validated again, of its month and of later ones that have come already."""
    registry = installation.registry()
    submission = written.submission
    is_validated = validate_now
    if validate_now:
        months = registry.months_of_list(str(submission.list_key), since=submission.month)
        outcomes = [validate_again(month, submission.agency) for month in months]
        is_validated = all(outcomes)
    now = registry.submission(submission.id)
    return Decision(
        written.group_id,
        written.correction_ids,
        is_validated,
        now.received_count,
        now.accepted_count,
        now.set_aside_count,
    )


@without_personal_data
def validate_again(month: str, agency: str) -> bool:
    """The agency's lists of the month are validated with every decision in the log; false where a run holds the month."""
    registry = installation.registry()
    waited = 0.0
    while True:
        try:
            with registry.month_lock(month):
                while undecided := validate.undecided(month, agency):
                    for submission in undecided:
                        if not validate.is_untouched(submission):
                            validate.validate_submission(submission)
                return True
        except Refusal as refused:
            if refused.code != "already_running" or waited >= PATIENCE_SECONDS:
                return False
            time.sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS


_SENTENCES = {
    "unknown_record": (
        "این رکورد در فهرست‌های رسیده نیست؛ صفحه را تازه کنید.",
        "This record is not in the lists received: load the page again.",
    ),
    "list_sent_again": (
        "دستگاه این فهرست را دوباره فرستاده است؛ رکورد را در فهرست تازه ببینید.",
        "The agency has sent this list again: look the record up in the new one.",
    ),
    "changed_meanwhile": (
        "در این میان کس دیگری دربارهٔ این رکوردها تصمیم گرفته است؛ دوباره ببینید و تصمیم بگیرید.",
        "Somebody else has decided on these records meanwhile: look again, then decide.",
    ),
    "nothing_changes": ("این کار چیزی را تغییر نمی‌دهد.", "This changes nothing."),
    "unknown_column": ("این فهرست چنین ستونی ندارد.", "The list has no such column."),
    "value_too_long": ("مقدار بیش از ۵۰۰ نویسه است؛ کوتاه‌ترش کنید.", "The value is longer than 500 characters: shorten it."),
    "value_needed": ("برای این اصلاح مقداری بنویسید.", "This mend needs a value: type one."),
    "unknown_mend": ("چنین اصلاحی نیست.", "There is no such mend."),
    "not_acceptable": (
        "این رکورد را نمی‌توان با ذکر علت پذیرفت: معلوم نمی‌شود دربارهٔ چه کسی است؛ درستش کنید یا برگردانید.",
        "No reason makes this record usable: it does not say whom it is about. Correct it, or send it back.",
    ),
    "nothing_to_accept": (
        "این قاعده رکورد را کنار نگذاشته است؛ پذیرفتن لازم ندارد.",
        "This rule does not set the record aside: there is nothing to accept.",
    ),
    "unknown_decision": ("چنین تصمیمی در دفتر نیست.", "There is no such decision in the log."),
    "already_undone": ("این تصمیم پیش از این برگردانده شده است.", "This decision was taken back before."),
    "name_needed": ("نام تصمیم‌گیرنده را بنویسید.", "Say who decides."),
    "reason_needed": ("علت را بنویسید.", "Give the reason."),
    "unknown_cause": (
        "این گروه دیگر رکوردی ندارد؛ صفحه را تازه کنید.",
        "No record has this cause any more: load the page again.",
    ),
}  # fmt: skip


def refusal(code: str) -> Refusal:
    return Refusal(code, *_SENTENCES[code])


def _unknown_cause() -> Refusal:
    return refusal("unknown_cause")
