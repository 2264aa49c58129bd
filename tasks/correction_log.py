"""The log of decisions on records: what an entry says, what stands, and the lists validated again after it."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act, append
from palayesh.adapters.models import Submission
from palayesh.corrections import causes as grouping
from palayesh.corrections.keys import RecordKeys, record_keys
from palayesh.corrections.shown import Decision
from palayesh.corrections.standing import taken_back
from palayesh.findings import Refusal, Severity
from tasks import installation, validate
from tasks.stage import without_personal_data
from tasks.validate import StandingList

LONGEST_VALUE = 500
PATIENCE_SECONDS = 20.0
"""So long a decision waits for another one that is validating the same month, before it leaves the rest to a run."""
PAUSE_SECONDS = 0.1
DECIDED_STATES = ("validated", "refused")
MOST_LISTS = 3
"""So many lists are kept as they stand: a preview and what is decided on it are of one list."""
_LISTS: OrderedDict[tuple[object, ...], StandingList] = OrderedDict()
_LISTS_LOCK = threading.Lock()
ENTRY_FIELDS = (
    "list_key", "month", "record_key", "mended_key", "record_id", "action", "column", "old_raw", "new_raw", "code", "evidence",
    "mend", "undoes", "confirms",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A decision that is in the log, and the file whose list it is about."""

    group_id: str
    correction_ids: tuple[int, ...]
    submission: Submission


def decided_submissions(month: str, agency: str | None) -> list[Submission]:
    """The month's files that were validated or refused: those that have records to decide on."""
    found = installation.registry().submissions(month, agency=agency, states=list(DECIDED_STATES))
    return [submission for submission in found if submission.list_key is not None]


def submission_of(record_id: str) -> Submission:
    """The file that a record stands in. Raises Refusal where there is none, or the list was sent again since."""
    try:
        submission = installation.registry().submission_of_record(record_id)
    except KeyError:
        raise refusal("unknown_record") from None
    if submission.state not in DECIDED_STATES:
        raise refusal("list_sent_again")
    return submission


def submissions_of_cause(month: str, cause_id: str) -> list[Submission]:
    """The files with records of the cause. Raises Refusal where there is none any more."""
    found = [s for s in decided_submissions(month, None) if damage_of(s)["cause_id"].eq(cause_id).any()]
    if not found:
        raise unknown_cause()
    return found


def current_file(list_key: str, record_id: str) -> Submission:
    """The file of a list that counts now, by a record of it that may be of an earlier one."""
    registry = installation.registry()
    submission = registry.submission_of_record(record_id)
    if submission.state not in DECIDED_STATES:
        same = [s for s in decided_submissions(submission.month, submission.agency) if s.list_key == list_key]
        submission = same[-1] if same else submission
    return submission


def damage_of(submission: Submission) -> pd.DataFrame:
    """Every failure of the file's records, with kind, cause, mend proposed and state."""
    return frame_of(submission, "damage")


def decided_of(submission: Submission) -> pd.DataFrame:
    """What became of every decision that concerns the file's records."""
    return frame_of(submission, "decided")


def frame_of(submission: Submission, name: str) -> pd.DataFrame:
    """A table that validation left; a file validated before there were such tables is validated now."""
    registry = installation.registry()
    try:
        digest = registry.frame_digest(submission.id, name)
    except KeyError:  # validated by a version that kept no causes
        validate.validate_submission(submission)
        digest = registry.frame_digest(submission.id, name)
    return known_frame(settings.current().registry_url, submission.id, name, digest)


def frames_of(submissions: Sequence[Submission], name: str) -> dict[str, tuple[str, pd.DataFrame]]:
    """The digest and the table of each submission, by its id, asked for together."""
    digests = installation.registry().frame_digests([submission.id for submission in submissions], name)
    for submission in submissions:
        if submission.id not in digests:
            frame_of(submission, name)
            digests[submission.id] = installation.registry().frame_digest(submission.id, name)
    url = settings.current().registry_url
    return {owner: (digest, known_frame(url, owner, name, digest)) for owner, digest in digests.items()}


@lru_cache(maxsize=256)
def known_frame(_url: str, owner: str, name: str, _digest: str) -> pd.DataFrame:
    """A table of the registry, read once for as long as it stays the same; nobody changes it in place."""
    return installation.registry().frame(owner, name)


def known_list(submission: Submission) -> StandingList:
    """The whole list as it stands, read once for as long as nothing is decided on it; nobody changes it in place."""
    registry = installation.registry()
    digest = registry.frame_digest(submission.id, "received")
    position = registry.correction_position(str(submission.list_key), submission.month)
    known = (settings.current().registry_url, submission.id, digest, position, submission.correction_position)
    rules = installation.rules_digest()
    with _LISTS_LOCK:
        found = _LISTS.get((*known, rules))
        if found is not None:
            _LISTS.move_to_end((*known, rules))
            return found
    read = validate.standing_list(submission)
    if read.position == position:
        with _LISTS_LOCK:
            _LISTS[(*known, rules)] = read
            while len(_LISTS) > MOST_LISTS:
                _LISTS.popitem(last=False)
    return read


def check_versions(read: StandingList, versions: Mapping[str, str]) -> None:
    """The records are as the caller saw them. Raises Refusal ``changed_meanwhile`` otherwise."""
    now = read.versions
    if any(record not in now for record in versions):
        raise refusal("unknown_record")
    if any(now[record] != version for record, version in versions.items()):
        raise refusal("changed_meanwhile")


def position_of(read: StandingList, record_id: str) -> Any:
    """The index of a record in its list. Raises Refusal where it is not there."""
    hit = read.received.index[read.received["record_id"].eq(record_id)]
    if not len(hit):
        raise refusal("unknown_record")
    return hit[0]


def text_of(value: Any) -> str | None:
    """The value as text; nothing where it is absent."""
    if value is None or pd.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def with_changes(records: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """The records with other text in some cells (``record_id, column, new_raw``; ``""`` is an empty cell)."""
    changed = records.copy()
    places = pd.Series(records.index, index=records["record_id"])
    for column, group in changes.groupby("column", sort=True):
        texts = group["new_raw"].set_axis(places.loc[group["record_id"]])
        changed.loc[texts.index, f"{column}_raw"] = texts.mask(texts.eq(""))
    return changed


def correct_entries(read: StandingList, wanted: pd.DataFrame, mend: str) -> list[dict[str, Any]]:
    """Log entries for new texts of cells (``record_id, column, new_raw``). Raises Refusal where a text is no change."""
    if not set(wanted["record_id"]) <= set(read.received["record_id"]):
        raise refusal("unknown_record")
    mended: dict[str, str] = {}
    if set(wanted["column"]) & set(read.declared.key):
        changed = with_changes(read.standing.records, wanted)
        mended = dict(zip(changed["record_id"], record_keys(changed, read.declared), strict=True))
    of_records = RecordKeys(read.received, read.declared)
    entries = []
    for column, group in wanted.groupby("column", sort=False):
        keys = _by_record(read.received, of_records.of(str(column)))
        sent, now = (_by_record(of, of[f"{column}_raw"]) for of in (read.received, read.standing.records))
        for record, new in group[["record_id", "new_raw"]].itertuples(index=False):
            if new == (text_of(now[record]) or ""):
                raise refusal("nothing_changes")
            entries.append(
                {
                    **entry_of(read, record, keys[record], str(column)),
                    "action": "correct",
                    "mended_key": mended[record] if column in read.declared.key else None,
                    "old_raw": text_of(sent[record]) or "",
                    "new_raw": new,
                    "mend": mend,
                }
            )
    return entries


def _by_record(records: pd.DataFrame, values: pd.Series) -> dict[str, Any]:
    return dict(zip(records["record_id"].to_numpy(object), values.to_numpy(object), strict=True))


def ruling_entries(read: StandingList, failing: pd.DataFrame, action: str) -> list[dict[str, Any]]:
    """Log entries that accept or send back the failures (``record_id, code, column``)."""
    records = read.standing.records.set_index("record_id", drop=False).loc[failing["record_id"]].reset_index(drop=True)
    codes, columns = (failing[name].reset_index(drop=True) for name in ("code", "column"))
    evidence = grouping.evidence_of(records, codes, columns, read.rule_columns)
    keys = dict(zip(read.received["record_id"], record_keys(read.received, read.declared), strict=True))
    return [
        {
            **entry_of(read, record, keys[record], text_of(column)),
            "action": action,
            "code": code,
            "evidence": proof,
        }
        for record, code, column, proof in zip(records["record_id"], codes, columns, evidence, strict=True)
    ]


def entry_of(read: StandingList, record_id: str, key: str, column: str | None) -> dict[str, Any]:
    """What every entry about a record says."""
    return {
        "list_key": read.submission.list_key,
        "month": read.submission.month,
        "record_key": key,
        "record_id": record_id,
        "column": column,
    }


def open_failures(read: StandingList, record_ids: Sequence[str], code: str | None) -> pd.DataFrame:
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


def log_entry(correction_id: int) -> pd.Series:
    """One entry of the log. Raises Refusal where there is none."""
    log = installation.registry().corrections()
    found = log[log["id"].eq(correction_id)]
    if found.empty:
        raise refusal("unknown_decision")
    return found.iloc[0]


def undoable(group_id: str) -> pd.DataFrame:
    """The entries of a decision that are not taken back. Raises Refusal where there is none."""
    registry = installation.registry()
    list_key = registry.list_of_decision(group_id)
    if list_key is None:
        raise refusal("unknown_decision")
    log = registry.corrections(list_key)
    group = log[log["group_id"].eq(group_id)]
    standing = group[~group["id"].isin(taken_back(log))]
    if standing.empty:
        raise refusal("already_undone")
    return standing


def undo_entries(entries: pd.DataFrame) -> list[dict[str, Any]]:
    """The entries that take others back."""
    same = ["list_key", "month", "record_key", "record_id", "column", "code"]
    texts = entries[same].astype(object)
    return [
        {**{str(name): text for name, text in entry.items()}, "action": "undo", "undoes": int(number)}
        for number, entry in zip(entries["id"], texts.where(texts.notna(), None).to_dict("records"), strict=True)
    ]


@contextmanager
def deciding(submission: Submission, record_ids: Collection[str] | None = None) -> Iterator[StandingList]:
    """The list (or these records of it) as it stands, while nobody else decides on it."""
    with installation.registry().decision_lock(str(submission.list_key)):
        yield known_list(submission) if record_ids is None else validate.standing_list(submission, only=record_ids)


def write(
    read: StandingList,
    entries: Sequence[Mapping[str, Any]],
    *,
    by: str,
    at: dt.datetime,
    reason: str,
    act: Act | None = None,
) -> Written:
    """The entries are in the log with the act in the audit log, all or none: from here on the decision is not lost."""
    if not by.strip():
        raise refusal("name_needed")
    if not reason.strip():
        raise refusal("reason_needed")
    group_id = uuid.uuid4().hex
    common = {
        "group_id": group_id,
        "decided_at": at.astimezone(dt.UTC),
        "decided_by": by.strip()[:64],
        "reason": reason.strip(),
    }
    rows = [{**{name: entry.get(name) for name in ENTRY_FIELDS}, **common} for entry in entries]
    noted = act.about(group_id, list=str(read.submission.list_key), entries=len(rows)) if act is not None else None
    beside = (lambda connection: append(connection, noted)) if noted is not None else None
    return Written(group_id, tuple(installation.registry().add_corrections(rows, beside=beside)), read.submission)


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
def validate_again(month: str, agency: str, *, whole_list: str | None = None) -> bool:
    """The agency's lists of the month are validated with every decision in the log; false where a run holds the month.

    ``whole_list`` is validated also where nothing was decided: by the rules as they are now.
    """
    registry = installation.registry()
    waited = 0.0
    while True:
        try:
            with registry.month_lock(month):
                for submission in registry.submissions(month, agency=agency, states=["read", *DECIDED_STATES]):
                    if whole_list is not None and submission.list_key == whole_list:
                        validate.validate_submission(submission)
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
    "own_proposal": (
        "این اصلاح را خودتان پیشنهاد کرده‌اید؛ کس دیگری باید آن را تأیید کند.",
        "You proposed this mend yourself: somebody else has to confirm it.",
    ),
    "no_proposal": (
        "این پیشنهاد دیگر منتظر تأیید نیست: تأیید یا پس گرفته شده است.",
        "This proposal no longer waits: it was confirmed or taken back.",
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
    """A refusal in both languages."""
    return Refusal(code, *_SENTENCES[code])


def unknown_cause() -> Refusal:
    """The refusal of a cause that has no records."""
    return refusal("unknown_cause")
