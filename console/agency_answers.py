"""What agencies answer: new text that contradicts a decision, and records that were sent back to them."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from fastapi import APIRouter
from fastapi.responses import Response

from console import validating
from console.deciding import OVERTAKEN, answered, conflict, decided, own_group
from console.failures import PAGE, private_columns, sentence, shown_cell
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.findings import Refusal
from tasks import corrections, work

router = APIRouter()


# -- an agency's new text contradicts a decision -----------------------------------------------------------------------


@router.get("/questions", **open_to(*WORKERS))
def questions(page: AnyPage) -> Response:
    """Where the agency and a steward say different things: both are shown, and one is kept."""
    return _questions(page)


def _questions(page: Page, *, status: int = 200, refused: str = "", note: str = "") -> Response:
    found = corrections.questions(page.month, agency=page.who.scope) if page.month else []
    asked = []
    for one in found[:PAGE]:
        shown = page.is_shown(one.record_id)
        texts = {
            name: shown_cell(private_columns(one.list_key), one.column, getattr(one, name), shown=shown)
            for name in ("old_raw", "corrected", "new_raw")
        }
        heading = work.headings(one.list_key).get(one.column or "", one.column or "")
        asked.append((one, texts, heading))
    return page.render(
        "questions.html.j2", status=status, asked=asked, total=len(found), refused=refused, note=note,
        progress=[p for p in {one.list_key: validating.progress(one.list_key, one.month) for one in found}.values() if p],
    )  # fmt: skip


@router.post("/questions/{correction_id:int}/{record_id:path}", **open_to(*WORKERS))
def answer(page: AnyPage, correction_id: int, record_id: str) -> Response:
    """The agency's new text holds, or the steward's does; the other stays in the log."""
    if not page.who.may_see(record_id.partition("/")[0]):
        raise NotFound
    if answered(page):
        return page.redirect(page.address("/questions", said="recorded"))
    keep, note = page.field("keep", most=16), page.field("note")
    list_key = "/".join(record_id.split("/")[:2])
    mistake = "choose_one" if keep not in ("agency", "correction") else "reason_needed" if not note else ""
    if mistake:
        return _questions(page, status=422, refused=page.words(f"mistake_{mistake}"), note=note)
    try:
        decision = decided(
            page,
            "question_answered",
            lambda act: corrections.answer_question(
                correction_id, record_id, keep="agency" if keep == "agency" else "correction", by=page.who.name,
                at=page.now, reason=note, act=act, validate_now=False,
            ),
            keep=keep,
        )  # fmt: skip
    except Refusal as error:
        if error.code in OVERTAKEN:
            wanted = str(page.words(f"keep_{keep}"))
            return conflict(page, error, list_key, page.address("/questions"), wanted, record_id)
        return _questions(page, status=422, refused=sentence(page, error), note=note)
    validating.begin(list_key, str(own_group(page, decision.group_id)["month"].iloc[0]))
    return page.redirect(page.address("/questions", said="recorded"))


# -- what was sent back ------------------------------------------------------------------------------------------------


@router.get("/returns", **open_to(*WORKERS))
def returns(page: AnyPage) -> Response:
    """The records that wait for their agency, and those that were answered."""
    return _returns(page)


def _returns(
    page: Page, *, status: int = 200, refused: str = "", note: str = "", chosen: Collection[int] = ()
) -> Response:
    found = corrections.return_list(page.month, agency=page.who.scope) if page.month else pd.DataFrame()
    waiting = found[found["state"].eq("waiting")] if len(found) else found
    start = page.start
    part = waiting.iloc[start : start + PAGE]
    causes = {one.code: one for one in corrections.causes(page.month, agency=page.who.scope)} if page.month else {}
    lists = {
        str(key): [{**row, "cause": causes.get(row["code"])} for row in rows.to_dict("records")]
        for key, rows in (part.groupby("list_key", sort=True) if len(part) else ())
    }
    return page.render(
        "returns.html.j2",
        status=status,
        lists=lists,
        waiting=len(waiting),
        answered=len(found) - len(waiting),
        start=start,
        following=start + PAGE if len(waiting) > start + PAGE else None,
        chosen=set(chosen),
        refused=refused,
        note=note,
        progress=[p for p in (validating.progress(key, page.month) for key in lists) if p],
    )


@router.post("/returns/{agency}/{list_name}", **open_to(*WORKERS))
def mark_answered(page: AnyPage, agency: str, list_name: str) -> Response:
    """The agency has answered, somebody says: the records wait no longer for it, and are judged as they are."""
    list_key = f"{agency}/{list_name}"
    if not page.who.may_see(agency) or work.declaration_of(list_key) is None:
        raise NotFound
    if answered(page):
        return page.redirect(page.address("/returns", said="recorded"))
    note = page.field("note")
    chosen = [int(text) for text in page.field("choose", most=4000).split() if text.isascii() and text.isdecimal()]
    own = corrections.return_list(page.month, agency=agency)
    own = own[own["list_key"].eq(list_key) & own["id"].isin(chosen)]
    mistake = "choose_answered" if not chosen or own.empty else "reason_needed" if not note else ""
    if mistake:
        return _returns(page, status=422, refused=str(page.words(f"mistake_{mistake}")), note=note, chosen=chosen)
    numbers = sorted(set(own["id"].astype(int)))
    try:
        decided(
            page,
            "return_answered",
            lambda act: corrections.mark_answered(
                numbers, by=page.who.name, at=page.now, reason=note, act=act, validate_now=False
            ),
        )
    except Refusal as error:
        if error.code in OVERTAKEN:
            return conflict(page, error, list_key, page.address("/returns"), str(page.words("mark_answered")))
        return _returns(page, status=422, refused=sentence(page, error), note=note, chosen=chosen)
    validating.begin(list_key, page.month)
    return page.redirect(page.address("/returns", said="recorded"))
