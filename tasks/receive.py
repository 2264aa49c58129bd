"""An agency's files → unchangeable submissions, each read into received records or held with its question."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from palayesh.adapters import spreadsheets
from palayesh.adapters.models import Submission
from palayesh.corrections.headings import with_confirmed_headings
from palayesh.declaration import Agency
from palayesh.findings import Finding, Refusal, Severity
from palayesh.intake import reading, submissions
from palayesh.reporting_month import TEHRAN
from tasks import installation
from tasks.stage import stage_task


@stage_task("receive {agency} {month}")
def receive_agency(month: str, agency: str, inbox: str, received_on: str | None) -> dict[str, int]:
    """Every file in the agency's folder of the inbox is a submission of the month; a file known already changes nothing.

    By day, then by name. Without ``received_on`` a file was received on the day on which it was put there, in Tehran: its own date, not the clock's.
    """
    counts: dict[str, int] = {}
    fixed = dt.date.fromisoformat(received_on) if received_on else None
    arrivals = [(fixed or _day_of(path), path) for path in agency_files(Path(inbox), agency)]
    for day, path in sorted(arrivals):  # a correction came later, whatever it is called
        state = receive_file(path, month=month, agency=agency, received_on=day)
        counts[state] = counts.get(state, 0) + 1
    arrange(month, agency)
    return counts


def agency_files(inbox: Path, agency: str) -> list[Path]:
    """The files that an agency put into its folder, by name; hidden and temporary ones (``~$…``) left out."""
    folder = inbox / agency
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", "~$")))


def _day_of(path: Path) -> dt.date:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, TEHRAN).date()


def receive_file(path: Path, *, month: str, agency: str, received_on: dt.date) -> str:
    """The file's bytes are in the store and one submission stands for them; returns its state.

    ``already_received`` when it stood there before. Nothing is read from the inbox after its bytes are in the store.
    """
    registry, blobs = installation.registry(), installation.blobs()
    sha256, size = blobs.keep(path)
    arrival = submissions.judge_arrival(
        sha256,
        agency=agency,
        month=month,
        known=[
            submissions.KnownFile(s.agency, s.month, s.list_key, s.sha256)
            for s in registry.submissions_of_bytes(sha256)
            if (s.agency, s.month) == (agency, month) or s.state not in ("refused", "held")
        ],
    )
    if arrival.state == "already_received":
        return "already_received"
    submission: dict[str, Any] = {
        "agency": agency,
        "month": month,
        "sha256": sha256,
        "size_bytes": size,
        "received_on": received_on,
    }
    if arrival.finding is not None:
        registry.add_submission({**submission, "state": "refused", "reason": _reasons_of([arrival.finding])}, {})
        return "refused"
    values, frames = read_bytes(sha256, agency_of_month(agency, month), name=path.name)
    registry.add_submission({**submission, **values}, frames)
    return str(values["state"])


def agency_of_month(agency: str, month: str) -> Agency:
    """The agency's declaration with the headings that people have confirmed for the month."""
    return with_confirmed_headings(installation.agencies()[agency], installation.registry().confirmed_headings(), month)


def read_bytes(sha256: str, agency: Agency, *, name: str) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """What a file of the store says: the values of its submission, and its tables."""
    values: dict[str, Any] = {}
    try:
        workbook = spreadsheets.read_file(installation.blobs().path(sha256), name=name)
        values["format"] = f"{workbook.format} {workbook.encoding}".strip()
        read = reading.read_list(workbook, agency, file_name=name, sha256=sha256)
    except Refusal as refusal:
        state = "empty" if refusal.code == "empty_list" else "refused"
        return {**values, "state": state, "reason": reason_of(refusal)}, {}
    values |= {
        "list_key": read.list_key,
        "state": submissions.submission_state(read),
        "reason": _reasons_of([f for f in read.findings if f.severity == Severity.REJECT_SUBMISSION]),
        "received_count": len(read.records),
        "account": {
            "rows": read.account,
            "headings": read.headings,
            "places": read.places,
            "noticed": _noticed(read.findings),
            "questions": [asdict(question) for question in read.questions],
        },
    }
    return values, {"received": read.records, "problems": read.problems}


def arrange(month: str, agency: str) -> None:
    """Several files of one list are parts, or a correction and what it supersedes, or a question; never both by luck.

    Files that arrived on one day, or that one run found in the inbox, were sent together. What was decided about earlier files stays.
    """
    of_list: dict[str, list[Submission]] = {}
    for submission in installation.registry().submissions(month, agency=agency, states=["read", "validated"]):
        if submission.list_key is not None:
            of_list.setdefault(submission.list_key, []).append(submission)
    for list_key, group in sorted(of_list.items()):
        _arrange_list(group, installation.agencies()[agency].lists[list_key.split("/")[1]].key)


def _arrange_list(group: list[Submission], key: list[str]) -> None:
    @functools.cache  # each file is read and described once, however many are compared with it
    def described(submission_id: str) -> submissions.Described:
        return submissions.described(installation.registry().frame(submission_id, "received"), key=key)

    placed: list[Submission] = []
    for submission in sorted(group, key=lambda s: s.position):
        if submission.state == "read" and placed and "part_or_correction" not in (submission.confirmed or []):
            placed = _placed(submission, placed, described)
        else:
            placed = [*placed, submission]


def _placed(
    submission: Submission, earlier: list[Submission], described: Callable[[str], submissions.Described]
) -> list[Submission]:
    """The submission is placed beside the earlier ones of its list; returns which of them all are of the list now."""
    registry = installation.registry()
    placement = submissions.place_submission(
        described(submission.id),
        [described(other.id) for other in earlier],
        sent_together=all(o.received_on == submission.received_on or o.state == "read" for o in earlier),
    )
    found = asdict(placement.difference) if placement.difference else None
    match placement.kind:
        case "equivalent":
            registry.change_submission(submission.id, state="equivalent", difference=found)
            return earlier
        case "question":
            reason = _reasons_of([placement.finding] if placement.finding else [])
            registry.change_submission(submission.id, state="held", reason=reason)
            return earlier
        case "correction":
            for position in placement.supersedes:
                registry.change_submission(earlier[position].id, state="superseded")
            first = earlier[placement.supersedes[0]].id
            registry.change_submission(submission.id, supersedes=first, difference=found)
    return [*(o for position, o in enumerate(earlier) if position not in placement.supersedes), submission]


def confirm(submission_id: str) -> None:
    """A person says that a submission held or refused for what can be right (its volume, a part or a correction) is right.

    The next run validates it again. One that is not held or refused any more is left as it is. Raises Refusal when there is
    none of that id, when nothing in it could be read, or when a run holds the month.
    """
    registry = installation.registry()
    try:
        month = registry.submission(submission_id).month
    except KeyError:
        raise Refusal(
            "unknown_submission",
            "فایلی با این شناسه نیست؛ شناسه را از حساب ماه بردارید.",
            "There is no submission of that id: take it from the account of the month.",
        ) from None
    with registry.month_lock(month):
        _confirm(registry.submission(submission_id))


def _confirm(submission: Submission) -> None:
    if submission.state not in ("held", "refused"):
        return
    if not submission.list_key or not submission.received_count:
        raise Refusal(
            "nothing_to_confirm",
            "در این فایل چیزی خوانده نشده است که بتوان تأییدش کرد؛ فایل درست را از دستگاه بخواهید.",
            "Nothing could be read in this file that could be confirmed: ask the agency for the right one.",
        )
    codes = (submission.reason or {}).get("code", "").split(";")
    confirmed = sorted({*(submission.confirmed or []), *codes})
    installation.registry().change_submission(submission.id, state="read", confirmed=confirmed)


def reason_of(refusal: Refusal) -> dict[str, str]:
    """A refusal as it is kept: code and one sentence in each language."""
    return {"code": refusal.code, "fa": refusal.sentence_fa, "en": refusal.sentence_en}


def _reasons_of(findings: list[Finding]) -> dict[str, str] | None:
    if not findings:
        return None
    return {
        "code": ";".join(dict.fromkeys(f.code for f in findings)),
        "fa": " ".join(f.sentence_fa for f in findings),
        "en": " ".join(f.sentence_en for f in findings),
    }


def _noticed(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{"code": f.code, "severity": f.severity.value, "count": f.count} for f in findings]
