"""The log of decisions on records: what was decided, the second person's word, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from fastapi import APIRouter
from fastapi.responses import Response

from console import validating
from console.deciding import OVERTAKEN, answered, conflict, decided, own_group
from console.failures import PAGE, private_columns, sentence, shown_change
from console.guard import open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.corrections.standing import PROPOSE
from palayesh.findings import Refusal
from tasks import corrections, reviewing, work

router = APIRouter()
SHOWN_CHANGES = 50


@router.get("/corrections", **open_to(*WORKERS))
def log(page: AnyPage) -> Response:
    """Every decision on the records of the visitor's agency, the newest first."""
    start = page.start
    groups = corrections.decision_log(agency=page.who.scope, start=start, limit=PAGE + 1)
    following = start + PAGE if len(groups) > PAGE else None
    return page.render("corrections.html.j2", groups=groups[:PAGE], start=start, following=following)


@router.get("/corrections/{group_id}", **open_to(*WORKERS))
def decision_page(page: AnyPage, group_id: str) -> Response:
    """What was decided, what came of it, and the way back."""
    return _decision_page(page, group_id)


def _decision_page(page: Page, group_id: str, *, status: int = 200, refused: str = "", note: str = "") -> Response:
    group = own_group(page, group_id)
    first = group.iloc[0]
    return page.render(
        "correction.html.j2",
        status=status,
        first=first.to_dict(),
        changes=_changes(page, group),
        total=len(group),
        can_undo=_can_undo(group_id),
        proposal=next(
            (
                one
                for one in corrections.proposals(str(first["month"]), agency=str(first["list_key"]).partition("/")[0])
                if one.group_id == group_id
            ),
            None,
        )
        if first["action"] == PROPOSE
        else None,
        refused=refused,
        note=note,
        request_id=reviewing.new_request_id(),
        cause_id=page.request.query_params.get("cause", ""),
        progress=validating.progress(str(first["list_key"]), str(first["month"])),
    )


@router.post("/corrections/{group_id}/confirm", **open_to(*WORKERS))
def confirm(page: AnyPage, group_id: str) -> Response:
    """The second person's word: what somebody else proposed is mended, by a decision of his own."""
    return _answer(
        page,
        group_id,
        event="mend_confirmed",
        decide=corrections.confirm_mend,
        said="recorded",
        shown_again=_decision_page,
        back=f"/corrections/{group_id}",
        wanted="confirm_mend",
    )


@router.get("/corrections/{group_id}/undo", **open_to(*WORKERS))
def ask_undo(page: AnyPage, group_id: str) -> Response:
    """What taking the whole decision back would change, before it does."""
    return _undo_page(page, group_id)


def _undo_page(page: Page, group_id: str, *, status: int = 200, refused: str = "", note: str = "") -> Response:
    group = own_group(page, group_id)
    try:
        would = corrections.preview_undo(group_id)
    except Refusal as error:
        return conflict(
            page, error, str(group["list_key"].iloc[0]), page.address("/corrections"), str(page.words("take_back"))
        )
    entries = group[group["id"].isin(would["id"])]
    return page.render(
        "correction_undo.html.j2",
        status=status,
        first=group.iloc[0].to_dict(),
        changes=_changes(page, entries),
        total=len(entries),
        request_id=reviewing.new_request_id(),
        refused=refused,
        note=note or str(page.words("undo_default_reason")),
    )


@router.post("/corrections/{group_id}/undo", **open_to(*WORKERS))
def undo(page: AnyPage, group_id: str) -> Response:
    """The whole decision is taken back by a new entry, which can itself be taken back."""
    return _answer(
        page,
        group_id,
        event="correction_undone",
        decide=corrections.undo,
        said="undone",
        shown_again=_undo_page,
        back="/corrections",
        wanted="take_back",
    )


def _answer(
    page: Page,
    group_id: str,
    *,
    event: str,
    decide: Callable[..., Any],
    said: str,
    shown_again: Callable[..., Response],
    back: str,
    wanted: str,
) -> Response:
    """A new decision about a whole earlier one is in the log, once however often it is sent; without a reason, or refused, its page is shown again."""
    group = own_group(page, group_id)
    list_key, month = str(group["list_key"].iloc[0]), str(group["month"].iloc[0])
    again = answered(page)
    if again:
        return page.redirect(page.address(f"/corrections/{again}", said=said))
    note = page.field("note")
    if not note:
        return shown_again(page, group_id, status=422, refused=str(page.words("mistake_reason_needed")))
    try:
        decision = decided(
            page,
            event,
            lambda act: decide(group_id, by=page.who.name, at=page.now, reason=note, act=act, validate_now=False),
            of=group_id,
        )
    except Refusal as error:
        if error.code in OVERTAKEN:
            return conflict(page, error, list_key, page.address(back), str(page.words(wanted)))
        return shown_again(page, group_id, status=422, refused=sentence(page, error), note=note)
    validating.begin(list_key, month)
    return page.redirect(page.address(f"/corrections/{decision.group_id}", said=said))


def _can_undo(group_id: str) -> bool:
    try:
        return not corrections.preview_undo(group_id).empty
    except Refusal:
        return False


def _changes(page: Page, entries: pd.DataFrame) -> list[dict[str, Any]]:
    """The first entries, cell by cell: row, column, text before and after, as this visitor may see them."""
    list_key = str(entries["list_key"].iloc[0])
    log = corrections.decisions(list_key=list_key).set_index("id")
    private, headings = private_columns(list_key), work.headings(list_key)
    found = []
    for entry in entries.head(SHOWN_CHANGES).to_dict("records"):
        about, swapped = entry, False
        # An undo is shown as what it takes back, the other way round.
        while about["action"] == "undo":
            about, swapped = log.loc[int(about["undoes"])].to_dict(), not swapped
        record_id = str(entry["record_id"])
        shown = page.is_shown(record_id)
        old, new = shown_change(private, about["column"], about["old_raw"], about["new_raw"], shown=shown)
        place = record_id.rsplit("/", maxsplit=1)[-1]
        found.append(
            {
                "record_id": record_id,
                "row": place.partition("-")[0],
                "heading": headings.get(str(about["column"]), ""),
                "action": about["action"],
                "before": new if swapped else old,
                "after": old if swapped else new,
                "swapped": swapped,
            }
        )
    return found
