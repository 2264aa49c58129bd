"""Failed validations, grouped by cause, down to the cell. What mends them plugs into the record's and the cause's page."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from tasks import stewards as people
from tasks import work

router = APIRouter()
PAGE = 50


@router.get("/failures", **open_to(*WORKERS))
def causes(page: AnyPage) -> Response:
    """Every cause: the records that wait because of it, and those that were accepted with a doubt."""
    who = page.who
    found = work.causes(who, page.month) if page.month else []
    doubtful = work.causes(who, page.month, severities=(work.WARN,)) if page.month else []
    return page.render("failures.html.j2", causes=found, doubtful=doubtful)


@router.get("/failures/{submission_id}/{code}", **open_to(*WORKERS))
def cause(page: AnyPage, submission_id: str, code: str) -> Response:
    """The records of one cause, by sheet and row."""
    submission = work.own_submission(page.who, submission_id)
    found = submission and work.causes(
        page.who, submission.month, severities=(work.SET_ASIDE, work.WARN), submission_id=submission_id, code=code
    )
    if submission is None or not found:
        raise NotFound
    after = page.request.query_params.get("after", "")
    findings = work.store().findings(
        submission_id, code, after=int(after) if after.isdigit() and len(after) < 12 else 0, limit=PAGE + 1
    )
    return page.render(
        "cause.html.j2",
        submission=submission,
        cause=found[0],
        headings=work.headings(submission.list_key or ""),
        findings=findings[:PAGE],
        following=findings[PAGE - 1].id if len(findings) > PAGE else None,
    )


@router.get("/failures/{submission_id}/records/{number}", **open_to(*WORKERS))
def record(page: AnyPage, submission_id: str, number: int) -> Response:
    """The whole record in context: what was typed and where, what we read, the rule and the mend."""
    view = work.record_view(page.who, submission_id, number)
    if view is None:
        raise NotFound
    shown = page.is_shown(f"{submission_id}.{number}")
    return page.render(
        "record.html.j2",
        view=view,
        shown=shown,
        cells=[_in_words(page, _shown(cell, shown)) for cell in view.cells],
        mistake="",
    )


@router.post("/failures/{submission_id}/records/{number}/numbers", **open_to(*WORKERS))
def show_numbers(page: AnyPage, submission_id: str, number: int) -> Response:
    """The record's numbers are shown for ten minutes; the log keeps the reason."""
    view = work.record_view(page.who, submission_id, number)
    if view is None:
        raise NotFound
    reason = page.field("why", most=300) or page.field("reason", most=60)
    if not reason:
        return page.render(
            "record.html.j2",
            status=422,
            view=view,
            shown=False,
            cells=[_in_words(page, _shown(cell, False)) for cell in view.cells],
            mistake="reason_needed",
        )
    people.reveal(page.who, f"{submission_id}.{number}", reason, now=page.now)
    return page.redirect(page.address(f"/failures/{submission_id}/records/{number}"))


def _shown(cell: work.Cell, shown: bool) -> work.Cell:
    return cell if shown else work.masked(cell)


def _in_words(page: Page, cell: work.Cell) -> work.Cell:
    """What was read, as people say it: days by the Solar Hijri calendar, codes by their words."""
    if cell.kind in {"date", "birth_date"} and len(cell.value) == 10:
        return replace(cell, value=page.words.day(cell.value))
    if cell.vocabulary and cell.value:
        return replace(cell, value=page.vocabulary(cell.vocabulary, cell.value))
    return cell
