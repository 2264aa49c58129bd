"""Drift: a heading that the list does not know is told what it is, and the held file goes on."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.failures import sentence
from console.files import file_page
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage
from palayesh.adapters.audit_store import Act
from palayesh.findings import Refusal
from tasks import headings, work

router = APIRouter()
NOT_READ = "-"


@router.post("/files/{submission_id}/heading", **open_to(*WORKERS))
def confirm(page: AnyPage, submission_id: str) -> Response:
    """The heading means the chosen column for this list from this month on; the file is read again at once."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None or submission.list_key is None:
        raise NotFound
    heading, column = page.field("heading", most=400), page.field("column", most=64)
    note = page.field("note")
    if not heading or not column:
        return file_page(page, submission, status=422, refused=str(page.words("mistake_choose_column")), note=note)
    act = Act(page.now, page.who.name, page.who.role, "heading_confirmed", submission_id, detail={"column": column})
    try:
        held = headings.confirm_heading(
            submission_id,
            heading,
            None if column == NOT_READ else column,
            by=page.who.name,
            at=page.now,
            reason=note,
            act=act,
        )
    except Refusal as error:
        if error.code == "heading_not_open" and submission.state != "held":
            return page.redirect(page.address(f"/files/{submission_id}", said="heading_known"))
        return file_page(page, submission, status=409, refused=sentence(page, error), note=note)
    said = "heading_more" if held.state == "held" else "heading_done"
    return page.redirect(page.address(f"/files/{submission_id}", said=said))


@router.post("/files/{submission_id}/heading/withdraw", **open_to(*WORKERS))
def withdraw(page: AnyPage, submission_id: str) -> Response:
    """What was confirmed no longer holds from this month on; the file is read again, and held if it must be."""
    submission = work.own_submission(page.who, submission_id)
    if submission is None or submission.list_key is None:
        raise NotFound
    act = Act(page.now, page.who.name, page.who.role, "heading_withdrawn", submission_id)
    try:
        headings.withdraw_heading(
            submission_id,
            page.field("heading", most=400),
            by=page.who.name,
            at=page.now,
            reason=page.field("note"),
            act=act,
        )
    except Refusal as error:
        return file_page(page, submission, status=409, refused=sentence(page, error))
    return page.redirect(page.address(f"/files/{submission_id}", said="undone"))
