"""The log of judgements: who, when, what, why; taking one back; and many of one cause at once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page, whole_number
from palayesh.adapters.review_store import Kept
from tasks import reviewing

router = APIRouter()


@router.get("/judgements", **open_to(*WORKERS))
def log(page: AnyPage) -> Response:
    """The visitor's own entries, or for a chief everybody's, the newest first."""
    before = whole_number(page.request.query_params.get("before", ""))
    everybody = page.who.scope is None and page.request.query_params.get("of", "") == "all"
    found = reviewing.store().entries_of(
        None if everybody else page.who.name,
        before=before or None,
        limit=31,
    )
    undone = {entry.withdraws for entry in found if entry.withdraws is not None}
    return page.render(
        "judgements.html.j2",
        entries=found[:30],
        following=found[29].id if len(found) > 30 else None,
        undone=undone,
        everybody=everybody,
    )


@router.get("/judgements/{number}/undo", **open_to(*WORKERS))
def ask_undo(page: AnyPage, number: int) -> Response:
    """What taking the entry back would change, before it does."""
    preview = reviewing.undo_preview(page.who, number, page.month)
    if preview is None:
        raise NotFound
    return page.render("undo.html.j2", undo=preview, request_id=reviewing.new_request_id())


@router.post("/judgements/{number}/undo", **open_to(*WORKERS))
def undo(page: AnyPage, number: int) -> Response:
    """The entry no longer holds, by a new entry; the pair is asked again."""
    preview = reviewing.undo_preview(page.who, number, page.month)
    if preview is None:
        if any(e.request_id == page.field("request") for e in reviewing.store().entries_of(page.who.name, limit=50)):
            return page.redirect(page.address("/judgements", said="undone"))
        raise NotFound
    answers = reviewing.undo(
        page.who,
        preview,
        reason=page.field("reason"),
        request_id=page.field("request", most=60) or reviewing.new_request_id(),
        now=page.now,
    )
    if not all(isinstance(answer, Kept) for answer in answers):
        return page.redirect(page.address(f"/judgements/{number}/undo", said="overtaken"))
    run = page.run
    pair_id = str(preview.entry.pair_id)
    if run is not None and reviewing.store().pair(run.id, pair_id, agency=page.who.scope) is not None:
        return page.redirect(page.address(f"/pairs/{pair_id}", said="undone"))
    return page.redirect(page.address("/judgements", said="undone"))


@router.get("/causes/{pattern}", **open_to(*WORKERS))
def bulk(page: AnyPage, pattern: str) -> Response:
    """Up to fifty open pairs of one cause, ten of them to look at, before anything is decided."""
    return _bulk(page, pattern)


def _bulk(page: Page, pattern: str, *, status: int = 200, **more: Any) -> Response:
    preview = reviewing.bulk_preview(page.who, page.the_run().id, pattern, written=page.words.written)
    if preview is None:
        raise NotFound
    return page.render(
        "bulk.html.j2",
        status=status,
        bulk=preview,
        limit=reviewing.BULK_LIMIT,
        request_id=reviewing.new_request_id(),
        **{"mistake": "", "note": "", **more},
    )


@router.post("/causes/{pattern}", **open_to(*WORKERS))
def judge_bulk(page: AnyPage, pattern: str) -> Response:
    """The pairs that were previewed and have not changed are judged in one step; the others are named."""
    run = page.the_run()
    judgement, note = page.field("judgement", most=16), page.field("note")
    pair_ids = page.field("pair", most=4000).split()
    request_id = page.field("request", most=60)
    own = [p for p in pair_ids if reviewing.store().pair(run.id, p, agency=page.who.scope) is not None]
    if not own:
        raise NotFound
    if judgement not in ("same", "different") or page.field("looked") != "yes" or not note or not request_id:
        return _bulk(page, pattern, status=422, mistake="bulk_needs_look", note=note)
    kept, left_out = reviewing.judge_bulk(
        page.who, run.id, pattern, own, judgement, reason=note, request_id=request_id, now=page.now
    )
    return page.render("bulk_done.html.j2", kept=kept, left_out=left_out, judgement=judgement)
