"""A held file: what is in its way, its headings' questions, and confirming that it is right."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console import clock, validating
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters.models import Submission
from palayesh.intake.headings import HeadingQuestion
from tasks import corrections, headings, orders, reviewing, work

router = APIRouter()


@router.get("/files/{submission_id}", **open_to(*WORKERS))
def show(page: AnyPage, submission_id: str) -> Response:
    """The file's question, its account, and what can be done."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None:
        raise NotFound
    return file_page(page, submission)


def file_page(page: Page, submission: Submission, *, status: int = 200, refused: str = "", note: str = "") -> Response:
    """The file, with what is wrong with a form that was sent on it."""
    found = headings.held_file(submission.id) if submission.list_key else None
    questions = _questions(submission)
    causes = [
        one
        for one in corrections.causes(submission.month, agency=submission.agency)
        if one.list_key == submission.list_key
    ]
    return page.render(
        "file.html.j2",
        status=status,
        submission=submission,
        sentence=(submission.reason or {}).get(page.lang, ""),
        is_waiting=submission.state in ("held", "refused", "empty"),
        can_confirm=_can_be_confirmed(submission, questions),
        questions=[one for one in questions if one.typed],
        lacking=[one for one in questions if not one.typed],
        columns=found.columns if found else {},
        confirmed=found.confirmed if found else {},
        names=work.headings(submission.list_key or ""),
        request_id=reviewing.new_request_id(),
        causes=causes if submission.state == "validated" else [],
        progress=validating.progress(submission.list_key or "", submission.month) if submission.list_key else None,
        refused=refused,
        note=note,
    )


@router.post("/files/{submission_id}/confirm", **open_to(*WORKERS))
def confirm(page: AnyPage, submission_id: str) -> Response:
    """A person says that the file is right as it is; a run of the month takes it in."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None or not _can_be_confirmed(submission, _questions(submission)):
        raise NotFound
    request_id = page.field("request", most=60) or reviewing.new_request_id()
    orders.start(
        page.who, submission.month, confirm=[submission_id], request_id=request_id, now=page.now, clock=clock.now
    )
    return page.redirect(page.address("/month", said="run_started"))


def _questions(submission: Submission) -> tuple[HeadingQuestion, ...]:
    found = headings.held_file(submission.id) if submission.list_key else None
    return tuple(found.questions) if found and found.state == "held" else ()


def _can_be_confirmed(submission: Submission, questions: tuple[HeadingQuestion, ...]) -> bool:
    return submission.state in ("held", "refused") and bool(submission.received_count) and not questions
