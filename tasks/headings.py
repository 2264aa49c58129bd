"""Drift: a heading that a list does not know holds its file until a person says what it is; then the file goes on.

    heading_questions(month: str, *, agency: str | None = None) -> list[HeldFile]
    held_file(submission_id: str) -> HeldFile
    confirm_heading(submission_id: str, heading: str, column: str | None, *, by: str, at: datetime, reason: str = "") -> HeldFile
    withdraw_heading(submission_id: str, heading: str, *, by: str, at: datetime, reason: str = "") -> HeldFile

With ``act`` the audit log says it in the same transaction.

Why confirmed headings are rows of the registry and not lines of ``source.yml``: ``docs/decisions/0007``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from palayesh.adapters.audit_store import Act, append
from palayesh.adapters.models import Submission
from palayesh.corrections.headings import confirmed_in
from palayesh.findings import Refusal
from palayesh.intake.headings import LONGEST_HEADING, HeadingQuestion, shown_heading
from tasks import correction_log, installation, receive
from tasks.stage import without_personal_data

CODES_OF_DRIFT = frozenset({"unknown_heading", "missing_heading", "doubled_heading"})


@dataclass(frozen=True)
class HeldFile:
    """A file, and what its headings leave open: nothing, once it has gone on."""

    submission_id: str
    list_key: str
    month: str
    received_on: dt.date
    state: str
    """``held`` while a question is open; then ``validated``, or what came of it."""
    questions: tuple[HeadingQuestion, ...]
    """Each unknown heading with the column proposed (by likeness of the headings), then needed columns without a heading."""
    columns: dict[str, str]
    """Columns that a heading of this file may still be: canonical name → its usual heading."""
    confirmed: dict[str, str | None]
    """What people have confirmed for this list and month: heading → column."""
    sentence_fa: str
    sentence_en: str


@without_personal_data
def heading_questions(month: str, *, agency: str | None = None) -> list[HeldFile]:
    """The month's files that are held for a heading, in their order of arrival."""
    held = installation.registry().submissions(month, agency=agency, states=["held"])
    return [_held(submission) for submission in held if _is_drift(submission)]


@without_personal_data
def held_file(submission_id: str) -> HeldFile:
    """The file with what its headings leave open, and what was confirmed for it."""
    return _held(_submission(submission_id))


@without_personal_data
def confirm_heading(
    submission_id: str,
    heading: str,
    column: str | None,
    *,
    by: str,
    at: dt.datetime,
    reason: str = "",
    act: Act | None = None,
) -> HeldFile:
    """The heading means the column for this list from the file's month on (``None``: it is known and not read).

    The file is read again at once, and goes on if no other question is open.
    """
    submission = _submission(submission_id)
    held = _held(submission)
    asked = [
        question.typed
        for question in held.questions
        if question.typed and heading in (question.heading, question.typed)
    ]
    if submission.state != "held" or not asked:
        raise _refusal("heading_not_open")
    if len(asked[0]) > LONGEST_HEADING:
        raise _refusal("heading_too_long")
    if column is not None and column not in held.columns:
        raise _refusal("column_not_open")
    return _go_on(submission, asked[0], column, is_withdrawn=False, by=by, at=at, reason=reason, act=act)


@without_personal_data
def withdraw_heading(
    submission_id: str, heading: str, *, by: str, at: dt.datetime, reason: str = "", act: Act | None = None
) -> HeldFile:
    """The confirmation no longer holds from the file's month on; the file is read again, and held again if it must be."""
    submission = _submission(submission_id)
    confirmed = [typed for typed in _held(submission).confirmed if heading in (typed, shown_heading(typed))]
    if not confirmed:
        raise _refusal("heading_not_open")
    return _go_on(submission, confirmed[0], None, is_withdrawn=True, by=by, at=at, reason=reason, act=act)


def _go_on(
    submission: Submission,
    heading: str,
    column: str | None,
    *,
    is_withdrawn: bool,
    by: str,
    at: dt.datetime,
    reason: str,
    act: Act | None,
) -> HeldFile:
    if not by.strip():
        raise _refusal("name_needed")
    registry = installation.registry()
    with registry.month_lock(submission.month):
        registry.add_confirmed_heading(
            {
                "decided_at": at.astimezone(dt.UTC),
                "decided_by": by.strip()[:64],
                "list_key": submission.list_key,
                "from_month": submission.month,
                "heading": heading,
                "column": column,
                "is_withdrawn": is_withdrawn,
                "reason": reason.strip() or None,
            },
            beside=(lambda connection: append(connection, act)) if act is not None else None,
        )
        agency = receive.agency_of_month(submission.agency, submission.month)
        list_name = str(submission.list_key).split("/")[1]
        alone = agency.model_copy(update={"lists": {list_name: agency.lists[list_name]}})
        values, frames = receive.read_bytes(submission.sha256, alone, name=list_name)
        registry.replace_reading(submission.id, values, frames)
        receive.arrange(submission.month, submission.agency)
    correction_log.validate_again(submission.month, submission.agency)
    return _held(registry.submission(submission.id))


def _held(submission: Submission) -> HeldFile:
    account = submission.account or {}
    list_key = str(submission.list_key)
    agency = receive.agency_of_month(submission.agency, submission.month)
    declared = agency.lists[list_key.split("/")[1]]
    taken = set(account.get("headings") or {})
    reason = submission.reason or {}
    return HeldFile(
        submission_id=submission.id,
        list_key=list_key,
        month=submission.month,
        received_on=submission.received_on,
        state=submission.state,
        questions=tuple(HeadingQuestion(**question) for question in account.get("questions") or []),
        columns={name: column.heading for name, column in declared.columns.items() if name not in taken},
        confirmed=confirmed_in(installation.registry().confirmed_headings(), list_key, submission.month),
        sentence_fa=str(reason.get("fa", "")),
        sentence_en=str(reason.get("en", "")),
    )


def _is_drift(submission: Submission) -> bool:
    codes = set((submission.reason or {}).get("code", "").split(";"))
    return submission.list_key is not None and bool(codes & CODES_OF_DRIFT)


def _submission(submission_id: str) -> Submission:
    try:
        return installation.registry().submission(submission_id)
    except KeyError:
        raise _refusal("unknown_submission") from None


_SENTENCES = {
    "unknown_submission": (
        "فایلی با این شناسه نیست؛ صفحه را تازه کنید.",
        "There is no file of that id: load the page again.",
    ),
    "heading_not_open": (
        "این فایل دیگر دربارهٔ این سرستون پرسشی ندارد؛ صفحه را تازه کنید.",
        "The file no longer asks about this heading: load the page again.",
    ),
    "column_not_open": (
        "این ستون در فایل سرستون دیگری دارد یا در فهرست نیست؛ ستون دیگری را برگزینید.",
        "The file has this column under another heading, or the list has no such column: choose another.",
    ),
    "heading_too_long": (
        "این سرستون بیش از ۸۰ نویسه دارد و شاید سطری از فهرست باشد؛ از دستگاه بخواهید سرستون‌ها را درست کند.",
        "This heading is longer than 80 characters and may be a row of the list: ask the agency to mend its headings.",
    ),
    "name_needed": ("نام تصمیم‌گیرنده را بنویسید.", "Say who decides."),
}


def _refusal(code: str) -> Refusal:
    return Refusal(code, *_SENTENCES[code])
