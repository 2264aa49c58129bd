"""A held file: what is in its way, and confirming that it is right."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console import clock
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage
from tasks import orders, reviewing, work

router = APIRouter()


@router.get("/files/{submission_id}", **open_to(*WORKERS))
def show(page: AnyPage, submission_id: str) -> Response:
    """The file's question, its account, and what can be done."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None:
        raise NotFound
    reason = submission.reason or {}
    account = submission.account or {}
    return page.render(
        "file.html.j2",
        submission=submission,
        sentence=reason.get(page.lang, ""),
        headings=account.get("headings") or {},
        rows=account.get("rows") or {},
        is_waiting=submission.state in ("held", "refused", "empty"),
        can_confirm=submission.state in ("held", "refused") and bool(submission.received_count),
        request_id=reviewing.new_request_id(),
        causes=work.causes(
            page.who, submission.month, severities=(work.SET_ASIDE, work.WARN), submission_id=submission_id
        ),
        mistake="",
    )


@router.post("/files/{submission_id}/confirm", **open_to(*WORKERS))
def confirm(page: AnyPage, submission_id: str) -> Response:
    """A person says that the file is right as it is; a run of the month takes it in."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None or submission.state not in ("held", "refused"):
        raise NotFound
    request_id = page.field("request", most=60) or reviewing.new_request_id()
    orders.start(
        page.who, submission.month, confirm=[submission_id], request_id=request_id, now=page.now, clock=clock.now
    )
    return page.redirect(page.address("/month", said="run_started"))
