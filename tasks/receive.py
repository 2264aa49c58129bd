"""An agency's files → unchangeable submissions, each read into received records or held with its question."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from palayesh.adapters import spreadsheets
from palayesh.adapters.models import Submission
from palayesh.adapters.registry import OPEN_STATES
from palayesh.findings import Finding, Refusal, Severity
from palayesh.intake import reading, submissions
from tasks import installation
from tasks.stage import stage_task


@stage_task("receive {agency} {month}")
def receive_agency(month: str, agency: str, inbox: str, received_on: str) -> dict[str, int]:
    """Every file in the agency's folder of the inbox is a submission of the month; a file known already changes nothing."""
    counts: dict[str, int] = {}
    for path in agency_files(Path(inbox), agency):
        state = receive_file(path, month=month, agency=agency, received_on=dt.date.fromisoformat(received_on))
        counts[state] = counts.get(state, 0) + 1
    arrange(month, agency)
    return counts


def agency_files(inbox: Path, agency: str) -> list[Path]:
    """The files that an agency put into its folder, by name; hidden and temporary ones (``~$…``) left out."""
    folder = inbox / agency
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", "~$")))


def receive_file(path: Path, *, month: str, agency: str, received_on: dt.date) -> str:
    """The file's bytes are in the store and one submission stands for them; returns its state.

    ``already_received`` when it stood there before. Nothing is read from the inbox after its bytes are in the store.
    """
    registry, blobs = installation.registry(), installation.blobs()
    sha256, size = blobs.keep(path)
    known = registry.submissions_of_bytes(sha256)
    if any(s.agency == agency and s.month == month for s in known):
        return "already_received"
    submission: dict[str, Any] = {
        "agency": agency,
        "month": month,
        "sha256": sha256,
        "size_bytes": size,
        "received_on": received_on,
    }
    try:
        _refuse_misfiled(known, agency, month)
        workbook = spreadsheets.read_file(blobs.path(sha256))
        submission["format"] = f"{workbook.format} {workbook.encoding}".strip()
        read = reading.read_list(workbook, installation.agencies()[agency], file_name=path.name, sha256=sha256)
    except Refusal as refusal:
        state = "empty" if refusal.code == "empty_list" else "refused"
        registry.add_submission({**submission, "state": state, "reason": reason_of(refusal)}, {})
        return state
    question = next((f for f in read.findings if f.severity == Severity.REJECT_SUBMISSION), None)
    state = "empty" if read.is_empty else "held" if question else "read"
    registry.add_submission(
        {
            **submission,
            "list_key": read.list_key,
            "state": state,
            "reason": _reasons_of([f for f in read.findings if f.severity == Severity.REJECT_SUBMISSION]),
            "received_count": len(read.records),
            "account": {"rows": read.account, "headings": read.headings, "noticed": _noticed(read.findings)},
        },
        {"received": read.records, "problems": read.problems},
    )
    return state


def arrange(month: str, agency: str) -> None:
    """Several files of one list are parts, or a correction and what it supersedes, or a question; never both by luck."""
    registry = installation.registry()
    of_list: dict[str, list[Submission]] = {}
    for submission in registry.submissions(month, agency=agency, states=OPEN_STATES):
        if submission.list_key is not None and submission.state != "held":
            of_list.setdefault(submission.list_key, []).append(submission)
    for list_key, group in sorted(of_list.items()):
        if len(group) < 2:
            continue
        name = list_key.split("/")[1]
        declared = installation.agencies()[agency].lists[name]
        arrived = [
            submissions.Arrival(s.id, s.received_on, registry.frame(s.id, "received"), bool(s.supersedes))
            for s in sorted(group, key=lambda s: s.position)
        ]
        for change in submissions.arrange(arrived, declared):
            registry.change_submission(change.submission_id, **change.values)


def confirm(submission_id: str) -> None:
    """A person says that a submission held for its volume is right; the next run validates it again."""
    registry = installation.registry()
    try:
        submission = registry.submission(submission_id)
    except KeyError:
        raise Refusal(
            "unknown_submission",
            "فایلی با این شناسه نیست؛ شناسه را از حساب ماه بردارید.",
            "There is no submission of that id: take it from the account of the month.",
        ) from None
    codes = (submission.reason or {}).get("code", "").split(";")
    registry.change_submission(submission_id, state="read", confirmed=sorted({*(submission.confirmed or []), *codes}))


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


def _refuse_misfiled(known: list[Submission], agency: str, month: str) -> None:
    for other in known:
        if other.state in ("refused", "held"):
            continue
        raise Refusal(
            "misfiled",
            f"همین فایل پیش‌تر برای «{other.agency}» و ماه {other.month} رسیده است؛ فایل این ماه را بفرستید.",
            f"These very bytes were received for {other.agency}, {other.month}: send the file of {agency} for {month}.",
        )


