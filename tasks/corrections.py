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
    apply_mend(month: str, cause_id: str, mend: str, *, value: str | None = None, token: str, by, at, reason, second_person_records=None)
    proposals(month: str, *, agency: str | None = None) -> list[Proposal]        # large mends that wait for a second person
    confirm_mend(group_id: str, *, by, at, reason)                               # by somebody else than who proposed it
    accept_records(record_ids: Sequence[str], code: str, *, by, at, reason, versions: Mapping[str, str] | None = None)
    send_back(record_ids: Sequence[str], *, by, at, reason, code: str | None = None, versions=None)
    mark_answered(correction_ids: Sequence[int], *, by, at, reason)
    answer_question(correction_id: int, record_id: str, *, keep: "agency" | "correction", by, at, reason)
    preview_undo(group_id: str) -> pd.DataFrame                       # what would change; writes nothing
    undo(group_id: str, *, by, at, reason)

What they return is described in ``palayesh.corrections.shown`` and ``palayesh.corrections.causes.Cause``; mends and their words
in ``palayesh.corrections.mends.MENDS``. Beside these: ``tasks.headings`` (``heading_questions``, ``confirm_heading``, ``withdraw_heading``: drift) and
``tasks.correction_workbooks`` (``export_set_aside``, ``take_workbook``: the Excel round trip).

A list's decisions are taken one after the other, under a lock, and are in the log before anything else happens: a
decision that was answered is never lost. Then the list is validated again. While a run holds the month, that waits for
the run's end or the next run (``Decision.is_validated`` is false): a run never sees its lists change under it. Every
deciding function takes ``act`` as well, what the audit log says of it in the same transaction (its object becomes the
decision), and ``validate_now=False``, for a page that must answer at once: the caller then calls
``validate_again(month: str, agency: str, *, whole_list=None) -> bool`` from a thread of its own; what was decided counts in versions at once.

Whose records these are is the caller's to check: ``Cause.list_key``, ``record_id`` (``agency/list/…``) and ``list_key`` in
every table begin with the agency. ``record_id``, ``cause_id``, ``group_id`` and ids may stand in an address; cells may not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import pandas as pd

from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act
from palayesh.adapters.models import Submission
from palayesh.corrections import causes as grouping
from palayesh.corrections.causes import Cause
from palayesh.corrections.shown import (
    CellInContext,
    Decision,
    FailureInContext,
    Question,
    RecordInContext,
)
from palayesh.findings import Severity
from palayesh.reporting_month import ReportingMonth
from tasks import installation, validate
from tasks.correction_log import (
    LONGEST_VALUE,
    check_versions,
    conclude,
    correct_entries,
    current_file,
    damage_of,
    decided_of,
    decided_submissions,
    deciding,
    frames_of,
    known_frame,
    known_list,
    log_entry,
    open_failures,
    position_of,
    refusal,
    ruling_entries,
    submission_of,
    text_of,
    undo_entries,
    undoable,
    unknown_cause,
    validate_again,
    write,
)
from tasks.group_mends import apply_mend, confirm_mend, preview_mend, proposals
from tasks.stage import without_personal_data
from tasks.validate import StandingList

__all__ = [
    "accept_records",
    "answer_question",
    "apply_mend",
    "cause_records",
    "causes",
    "confirm_mend",
    "correct_value",
    "correct_values",
    "decisions",
    "mark_answered",
    "preview_mend",
    "preview_undo",
    "proposals",
    "questions",
    "record_in_context",
    "return_list",
    "send_back",
    "undo",
    "validate_again",
]
SAMPLES = 10


# --- what is wrong ---------------------------------------------------------------------------------------------


@without_personal_data
def causes(month: str, *, agency: str | None = None) -> list[Cause]:
    """Failures of the month's records grouped by cause: set aside before warned, and most families first."""
    by_list: dict[str, list[Submission]] = {}
    submissions = decided_submissions(month, agency)
    damages = frames_of(submissions, "damage")
    for submission in submissions:
        by_list.setdefault(str(submission.list_key), []).append(submission)
    found: list[Cause] = []
    for list_key, group in sorted(by_list.items()):
        if all(damages[submission.id][1].empty for submission in group):
            continue
        files = tuple((submission.id, submission.received_on, damages[submission.id][0]) for submission in group)
        found += _causes_of_list(settings.current().registry_url, list_key, files, installation.rules_digest())
    return sorted(found, key=grouping.urgency)


@lru_cache(maxsize=64)
def _causes_of_list(
    url: str, list_key: str, files: tuple[tuple[str, dt.date, str], ...], _rules_digest: str
) -> tuple[Cause, ...]:
    """The causes of a list; counted anew only when one of its files was validated with another result."""
    registry = installation.registry()
    damages = [known_frame(url, owner, "damage", digest) for owner, _, digest in files]
    days = [pd.Series([day] * len(damage)) for (_, day, _), damage in zip(files, damages, strict=True)]
    grouped = grouping.causes_of(
        pd.concat(damages, ignore_index=True),
        validate.declaration_of(list_key),
        list_key=list_key,
        rules=pd.concat([registry.frame(owner, "rules") for owner, _, _ in files], ignore_index=True),
        received_on=pd.concat(days, ignore_index=True),
    )
    return tuple(grouped)


@without_personal_data
def cause_records(month: str, cause_id: str) -> pd.DataFrame:
    """The records of a cause, in the order of the files: the columns of the damage table, ``submission_id`` and ``version``."""
    parts = []
    for submission in decided_submissions(month, None):
        damage = damage_of(submission)
        hit = damage[damage["cause_id"].eq(cause_id)]
        if len(hit):
            versions = known_list(submission).versions
            parts.append(hit.assign(submission_id=submission.id, version=hit["record_id"].map(versions)))
    if not parts:
        raise unknown_cause()
    return pd.concat(parts, ignore_index=True)


@without_personal_data
def record_in_context(record_id: str) -> RecordInContext:
    """The record as sent, as read and a month before, with every rule it failed and every decision about it."""
    submission = submission_of(record_id)
    read = validate.standing_list(submission, only=[record_id])
    position = position_of(read, record_id)
    received, now = read.received.loc[position], _as_read(read, record_id)
    before = _last_month_of(read, position)
    account = submission.account or {}
    corrected = set(str(now["corrected"]).split(";")) if pd.notna(now["corrected"]) else set()
    cells = tuple(
        CellInContext(
            column=name,
            heading=(account.get("headings") or {}).get(name, column.heading),
            place=(account.get("places") or {}).get(name),
            raw=text_of(received.get(f"{name}_raw")),
            corrected=(text_of(now[f"{name}_raw"]) or "") if name in corrected else None,
            value=text_of(now[name]),
            status=str(now[f"{name}_status"]),
            last_month=before.get(name),
        )
        for name, column in read.declared.columns.items()
    )
    damage = damage_of(submission)
    own = damage[damage["record_id"].eq(record_id)]
    rules = installation.registry().frame(submission.id, "rules").drop_duplicates("code").set_index("code")
    failures = tuple(
        FailureInContext(
            code=str(row["code"]),
            severity=str(row["severity"]),
            column=text_of(row["column"]),
            kind=str(row["kind"]),
            cause_id=str(row["cause_id"]),
            state=str(row["state"]),
            proposed_mend=text_of(row["mend"]),
            proposed_value=text_of(row["mend_value"]),
            may_be_accepted=bool(row["may_be_accepted"]),
            **{word: text_of(rules.loc[row["code"], word]) or "" for word in WORDS_OF_RULES},
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
        member=text_of(received["member"]) or "",
        is_accepted=record_id in set(accepted),
        version=read.versions[record_id],
        cells=cells,
        failures=failures,
        decisions=log[log["record_id"].eq(record_id) | log["id"].isin(about) | log["undoes"].isin(about)],
    )


def _as_read(read: StandingList, record_id: str) -> pd.Series:
    """The record as validation read it; read anew where something was decided since."""
    registry = installation.registry()
    if read.position == read.submission.correction_position:
        for name in ("set_aside", "accepted"):
            stored = registry.frame(read.submission.id, name)
            found = stored[stored["record_id"].eq(record_id)]
            if len(found):
                return found.iloc[0]
    whole = known_list(read.submission).standardised
    return whole[whole["record_id"].eq(record_id)].iloc[0]


WORDS_OF_RULES = ("sentence_fa", "sentence_en", "mend_fa", "mend_en")


@without_personal_data
def questions(month: str, *, agency: str | None = None) -> list[Question]:
    """Where what an agency sent contradicts what a steward had decided, oldest decision first."""
    found: list[Question] = []
    submissions = decided_submissions(month, agency)
    tables = frames_of(submissions, "decided")
    for submission in submissions:
        decided = tables[submission.id][1]
        asked = decided[decided["state"].isin(["question", "asked_again"]) & decided["action"].ne("send_back")]
        if asked.empty:
            continue
        received = installation.registry().frame(submission.id, "received").set_index("record_id")
        log = decisions(list_key=str(submission.list_key)).set_index("id")
        for row in asked.to_dict("records"):
            entry, record = log.loc[row["id"]], received.loc[row["record_id"]]
            column = text_of(row["column"])
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
                    code=text_of(entry["code"]),
                    old_raw=text_of(entry["old_raw"]),
                    corrected=text_of(entry["new_raw"]),
                    new_raw=text_of(record.get(f"{column}_raw")) if column else None,
                    decided_by=str(entry["decided_by"]),
                    decided_at=entry["decided_at"],
                    reason=text_of(entry["reason"]),
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
    for submission in decided_submissions(month, agency):
        decided = decided_of(submission)
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


def decision_log(*, agency: str | None, start: int, limit: int) -> list[dict[str, Any]]:
    """One page of the decisions, the newest first: the last entry of each, with ``count``, how many it has."""
    entries, counts = installation.registry().decision_log(agency, start=start, limit=limit)
    rows = entries.to_dict("records")
    return [{**{str(k): v for k, v in row.items()}, "count": n} for row, n in zip(rows, counts, strict=True)]


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
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """The cell reads ``value`` from now on (``""``: nothing); what the agency sent stays beside it."""
    changes, versions = {record_id: {column: value}}, {record_id: version}
    return correct_values(changes, by=by, at=at, reason=reason, versions=versions, act=act, validate_now=validate_now)


@without_personal_data
def correct_values(
    changes: Mapping[str, Mapping[str, str]],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    versions: Mapping[str, str],
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """As ``correct_value``, for several cells (``record_id`` → column → text) of one list: one decision, all or nothing."""
    submission = submission_of(next(iter(changes)))
    with deciding(submission, list(changes)) as read:
        check_versions(read, {record: versions.get(record, "") for record in changes})
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
        written = write(read, correct_entries(read, wanted, "typed"), by=by, at=at, reason=reason, act=act)
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
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """The records are accepted although the rule failed; not where nobody could say whom they are about."""
    submission = submission_of(record_ids[0])
    with deciding(submission, record_ids) as read:
        if versions is not None:
            check_versions(read, versions)
        failing = open_failures(read, record_ids, code)
        if not failing["severity"].eq(Severity.SET_ASIDE_RECORD.value).all():
            raise refusal("nothing_to_accept")
        if not failing["may_be_accepted"].all():
            raise refusal("not_acceptable")
        written = write(read, ruling_entries(read, failing, "accept"), by=by, at=at, reason=reason, act=act)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def send_back(
    record_ids: Sequence[str],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    code: str | None = None,
    versions: Mapping[str, str] | None = None,
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """The records wait for the agency and stand on the return list; without ``code``, for every rule that sets them aside."""
    submission = submission_of(record_ids[0])
    with deciding(submission, record_ids) as read:
        if versions is not None:
            check_versions(read, versions)
        failing = open_failures(read, record_ids, code)
        written = write(read, ruling_entries(read, failing, "send_back"), by=by, at=at, reason=reason, act=act)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def mark_answered(
    correction_ids: Sequence[int],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """What was sent back is answered, a person says, in one decision on one list; a record is open again if it still fails."""
    asked = [log_entry(number) for number in correction_ids]
    list_key = str(asked[0]["list_key"])
    if any(entry["action"] != "send_back" or entry["list_key"] != list_key for entry in asked):
        raise refusal("unknown_decision")
    submission = current_file(list_key, str(asked[0]["record_id"]))
    names = ("list_key", "month", "record_key", "record_id", "column", "code")
    with deciding(submission) as now:
        waits = now.standing.states["action"].eq("send_back") & now.standing.states["state"].eq("applied")
        if not set(correction_ids) <= set(now.standing.states.loc[waits, "id"]):
            raise refusal("changed_meanwhile")
        entries = [{**{name: text_of(entry[name]) for name in names}, "action": "answered"} for entry in asked]
        written = write(now, entries, by=by, at=at, reason=reason, act=act)
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
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """The agency's new text holds (the decision is taken back), or the steward's does (against this new text as well)."""
    entry = log_entry(correction_id)
    submission = submission_of(record_id)
    with deciding(submission, [record_id]) as read:
        states = read.standing.states
        asked = states["id"].eq(correction_id) & states["record_id"].eq(record_id)
        if not states.loc[asked, "state"].isin(["question", "asked_again"]).any():
            raise refusal("changed_meanwhile")
        if keep == "agency":
            entries = undo_entries(entry.to_frame().T)
        elif entry["action"] == "correct":
            wanted = pd.DataFrame(
                {
                    "record_id": [record_id],
                    "column": [str(entry["column"])],
                    "new_raw": [text_of(entry["new_raw"]) or ""],
                }
            )
            entries = correct_entries(read, wanted, "typed")
        else:
            failing = open_failures(read, [record_id], str(entry["code"]))
            entries = ruling_entries(read, failing, "accept")
        written = write(read, entries, by=by, at=at, reason=reason, act=act)
    return conclude(written, validate_now=validate_now)


@without_personal_data
def preview_undo(group_id: str) -> pd.DataFrame:
    """What taking the decision back would change: ``record_id, column, code, action, corrected, original``."""
    entries = undoable(group_id)
    columns = {"new_raw": "corrected", "old_raw": "original"}
    return entries.rename(columns=columns)[["id", "record_id", "column", "code", "action", "corrected", "original"]]


@without_personal_data
def undo(
    group_id: str, *, by: str, at: dt.datetime, reason: str, act: Act | None = None, validate_now: bool = True
) -> Decision:
    """The decision is taken back by a new entry; everything is as if it had not been made, later decisions aside.

    An undo is a decision as well and may be undone.
    """
    entries = undoable(group_id)
    submission = current_file(str(entries["list_key"].iloc[0]), str(entries["record_id"].iloc[0]))
    with deciding(submission, []) as now:
        again = undoable(group_id)
        written = write(now, undo_entries(again), by=by, at=at, reason=reason, act=act)
    return conclude(written, validate_now=validate_now)


# --- helpers ---------------------------------------------------------------------------------------------------


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
