"""Failed validations: causes, one cause with its records, one record in its context. What mends them is in ``mending``."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pandas as pd
from fastapi import APIRouter
from fastapi.responses import Response

from console import clock, validating
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.corrections.causes import Cause
from palayesh.corrections.mends import MENDS
from palayesh.corrections.shown import CellInContext, RecordInContext
from palayesh.declaration import ListDeclaration
from palayesh.findings import Refusal
from palayesh.review.compare import Part, differing_parts, mask, masked_parts
from tasks import corrections, installation, reviewing, work
from tasks import stewards as people

router = APIRouter()
PAGE = 50
"""So many records are shown, and may be decided on, at once."""
PRIVATE_TYPES = frozenset({"national_id", "phone"})


@router.get("/failures", **open_to(*WORKERS))
def causes(page: AnyPage) -> Response:
    """Every cause: the records that wait because of it, and those that were accepted with a doubt."""
    found = corrections.causes(page.month, agency=page.who.scope) if page.month else []
    asked = corrections.questions(page.month, agency=page.who.scope) if page.month else []
    return page.render(
        "failures.html.j2",
        causes=[one for one in found if one.severity == work.SET_ASIDE],
        proposals=corrections.proposals(page.month, agency=page.who.scope) if page.month else [],
        doubtful=[one for one in found if one.severity == work.WARN],
        questions=len(asked),
        mend_title=lambda name: page.title(MENDS[name].title),
        today=clock.today(page.now),
    )


@router.get("/failures/next", **open_to(*WORKERS))
def next_cause(page: AnyPage) -> Response:
    """On to the cause after ``after`` whose records wait; from the most urgent one where that is dealt with."""
    found = corrections.causes(page.month, agency=page.who.scope) if page.month else []
    waiting = [one for one in found if one.severity == work.SET_ASIDE and one.count]
    after = page.request.query_params.get("after", "")
    place = next((number for number, one in enumerate(waiting, start=1) if one.cause_id == after), 0)
    # A list that is being validated may still show what was mended a moment ago: on to what comes after it.
    if place < len(waiting):
        return page.redirect(page.address(f"/failures/{waiting[place].cause_id}"))
    return page.redirect(page.address("/failures", said="" if after and waiting else "nothing_left"))


@router.get("/failures/{cause_id}", **open_to(*WORKERS))
def cause(page: AnyPage, cause_id: str) -> Response:
    """One cause: the mend proposed, what else may be done, and its records by sheet and row."""
    found = own_cause(page, cause_id)
    # First how far the validation is, then the cause: a page that says "done" shows what came of it.
    progress = validating.progress(found.list_key, page.month)
    return cause_page(page, own_cause(page, cause_id), start=page.start, progress=progress)


def cause_page(
    page: Page,
    cause: Cause,
    *,
    status: int = 200,
    refused: str = "",
    note: str = "",
    mend: str = "",
    value: str = "",
    chosen: set[int] | None = None,
    start: int = 0,
    progress: validating.Progress | None = None,
) -> Response:
    """The cause, with what was typed on it and what is wrong with that."""
    rows = corrections.cause_records(page.month, cause.cause_id)
    part = rows.iloc[start : start + PAGE].reset_index(drop=True)
    shown = page.is_shown(cause.cause_id)
    raw = _raw_cells(part, cause.column)
    private = private_columns(cause.list_key)
    records = [
        {**row, "raw": shown_cell(private, cause.column, raw.get(row["record_id"]), shown=shown)}
        for row in part.to_dict("records")
    ]
    return page.render(
        "cause.html.j2",
        status=status,
        cause=cause,
        heading=work.headings(cause.list_key).get(cause.column or "", ""),
        records=records,
        start=start,
        following=start + PAGE if len(rows) > start + PAGE else None,
        token=page_token(part),
        whole=page_token(rows),
        mends=[MENDS[name] for name in cause.mends],
        chosen_mend=mend or cause.proposed_mend or (cause.mends[0] if cause.mends else ""),
        value=value or cause.proposed_value or "",
        values=_known_values(page, cause),
        is_private=cause.column in private,
        shown=shown,
        chosen=chosen or set(),
        note=note,
        refused=refused,
        request_id=reviewing.new_request_id(),
        proposals=[
            one
            for one in corrections.proposals(page.month, agency=cause.list_key.partition("/")[0])
            if not one.record_ids.isdisjoint(rows["record_id"])
        ],
        mend_title=lambda name: page.title(MENDS[name].title),
        progress=progress or validating.progress(cause.list_key, page.month),
        today=clock.today(page.now),
    )


@router.post("/failures/{cause_id}/numbers", **open_to(*WORKERS))
def show_cause_numbers(page: AnyPage, cause_id: str) -> Response:
    """The numbers of the cause's records are shown for ten minutes; the log keeps the reason."""
    cause = own_cause(page, cause_id)
    reason = page.field("why", most=300) or page.field("reason", most=60)
    if not reason:
        return cause_page(page, cause, status=422, refused=str(page.words("mistake_reason_needed")))
    people.reveal(page.who, cause_id, reason, now=page.now)
    return page.redirect(page.address(f"/failures/{cause_id}"))


@router.get("/records/{record_id:path}", **open_to(*WORKERS))
def record(page: AnyPage, record_id: str) -> Response:
    """The whole record in context: what was typed and where, what we read, last month's value, the rule and the mend."""
    found = own_record(page, record_id)
    # As on the cause's page: first the validation, then what it may have changed.
    progress = validating.progress(found.list_key, found.month)
    if progress is not None:
        found = own_record(page, record_id)
    return record_page(page, found, progress=progress)


def record_page(
    page: Page,
    view: RecordInContext,
    *,
    status: int = 200,
    refused: str = "",
    typed: dict[str, Any] | None = None,
    progress: validating.Progress | None = None,
) -> Response:
    """The record, with what was typed on its page and what is wrong with that."""
    shown = page.is_shown(view.record_id)
    private, headings = private_columns(view.list_key), work.headings(view.list_key)
    declared = work.declaration_of(view.list_key)
    failed = {one.column for one in view.failures if one.column}
    cause_id = page.request.query_params.get("cause", "") or page.field("cause", most=20)
    if cause_id not in {one.cause_id for one in view.failures}:
        cause_id = view.failures[0].cause_id if view.failures else ""
    first = next((one.column for one in view.failures if one.cause_id == cause_id and one.column), None)
    typed = typed or {"column": "", "value": "", "note": "", "empty": False}
    history = view.decisions.iloc[::-1].to_dict("records")
    return page.render(
        "record.html.j2",
        status=status,
        view=view,
        shown=shown,
        cells=[
            _cell_in_words(page, declared, private, cell, shown, is_failed=cell.column in failed) for cell in view.cells
        ],
        failed=failed,
        chosen_column=typed["column"] or first or "",
        typed=typed,
        refused=refused,
        cause_id=cause_id,
        following=_following(page, view.record_id, cause_id, view.month),
        mend_title=lambda name: page.title(MENDS[name].title),
        history=[
            {
                **entry,
                "before": shown_cell(private, entry["column"], entry["old_raw"], shown=shown),
                "after": shown_cell(private, entry["column"], entry["new_raw"], shown=shown),
                "heading": headings.get(str(entry["column"]), ""),
            }
            for entry in history
        ],
        request_id=reviewing.new_request_id(),
        progress=progress or validating.progress(view.list_key, view.month),
    )


@router.post("/records/{record_id:path}/numbers", **open_to(*WORKERS))
def show_numbers(page: AnyPage, record_id: str) -> Response:
    """The record's numbers are shown for ten minutes; the log keeps the reason."""
    view = own_record(page, record_id)
    reason = page.field("why", most=300) or page.field("reason", most=60)
    if not reason:
        return record_page(page, view, status=422, refused=str(page.words("mistake_reason_needed")))
    people.reveal(page.who, record_id, reason, now=page.now)
    return page.redirect(page.address(f"/records/{record_id}"))


# -- what is the visitor's to see ------------------------------------------------------------------------------------


def own_cause(page: Page, cause_id: str) -> Cause:
    """The cause, if its list is of an agency that the visitor sees. Raises NotFound."""
    found = corrections.causes(page.month, agency=page.who.scope) if page.month else []
    cause = next((one for one in found if one.cause_id == cause_id), None)
    if cause is None:
        raise NotFound
    return cause


def own_record(page: Page, record_id: str) -> RecordInContext:
    """The record in its context, if it is of an agency that the visitor sees. Raises NotFound."""
    if not page.who.may_see(record_id.partition("/")[0]):
        raise NotFound
    try:
        return corrections.record_in_context(record_id)
    except Refusal as refused:
        if refused.code == "list_sent_again":
            raise
        raise NotFound from None


def private_columns(list_key: str) -> frozenset[str]:
    """The list's columns that hold what names somebody: national numbers, telephones. Asked once for a page."""
    declared = work.declaration_of(list_key)
    columns = declared.columns.items() if declared is not None else ()
    return frozenset(name for name, column in columns if column.type in PRIVATE_TYPES)


def shown_cell(private: frozenset[str], column: Any, text: Any, *, shown: bool) -> str:
    """A cell as this visitor may see it."""
    if text is None or pd.isna(text):
        return ""
    return mask(str(text)) if column in private and not shown else str(text)


def shown_change(
    private: frozenset[str], column: Any, before: Any, after: Any, *, shown: bool
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """A cell before and after, as this visitor may see it; the signs that differ are marked where the texts are alike."""
    texts = ["" if text is None or pd.isna(text) else str(text) for text in (before, after)]
    sides = differing_parts(*texts)
    differing = max(sum(len(part.text) for part in side if part.differs) for side in sides)
    if differing * 2 > max(map(len, texts)):
        sides = tuple((Part(text, False),) if text else () for text in texts)  # type: ignore[assignment]
    if column in private and not shown:
        sides = tuple(masked_parts(side, 2, 4) for side in sides)  # type: ignore[assignment]
    return sides


def page_token(rows: pd.DataFrame) -> str:
    """Names exactly these records in exactly these versions."""
    text = "\x1e".join(
        rows["record_id"].astype("str") + "\x1f" + rows["version"].astype("str") + "\x1f" + rows["state"]
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def sentence(page: Page, refused: Refusal) -> str:
    """The refusal in the visitor's language."""
    return refused.sentence_fa if page.lang == "fa" else refused.sentence_en


def _raw_cells(part: pd.DataFrame, column: str | None) -> dict[str, Any]:
    """The cell that failed, as sent: record_id → text."""
    if column is None:
        return {}
    texts: dict[str, Any] = {}
    for submission_id in part["submission_id"].drop_duplicates():
        received = installation.registry().frame(str(submission_id), "received")
        if f"{column}_raw" in received:
            own = received[received["record_id"].isin(part["record_id"])]
            texts |= dict(zip(own["record_id"], own[f"{column}_raw"], strict=True))
    return texts


def _known_values(page: Page, cause: Cause) -> list[tuple[str, str]]:
    """What a coded column may hold: the text to write, and how this visitor reads it."""
    declared = work.declaration_of(cause.list_key)
    column = declared.columns.get(cause.column or "") if declared is not None else None
    found = installation.vocabularies().get(column.vocabulary or "") if column is not None else None
    if found is None:
        return []
    return [(entry.fa, entry.fa if page.lang == "fa" else f"{entry.en} ({entry.fa})") for entry in found.values]


def _cell_in_words(
    page: Page,
    declared: ListDeclaration | None,
    private: frozenset[str],
    cell: CellInContext,
    shown: bool,
    *,
    is_failed: bool,
) -> dict[str, Any]:
    """A cell as people say it: days by the Solar Hijri calendar, codes by their words, numbers masked."""
    column = declared.columns.get(cell.column) if declared is not None else None
    value = shown_cell(private, cell.column, cell.value, shown=shown)
    if column is not None and column.type in {"date", "birth_date"} and len(value) == 10:
        value = page.words.day(dt.date.fromisoformat(value))
    elif column is not None and value:
        value = page.words.digits(page.vocabulary(column.vocabulary or column.type, value))
    texts = {
        name: shown_cell(private, cell.column, getattr(cell, name), shown=shown)
        for name in ("raw", "corrected", "last_month")
    }
    return {
        **texts,
        "is_told": is_failed or cell.corrected is not None or any((cell.raw, cell.value, cell.last_month)),
        "is_corrected": cell.corrected is not None,
        "column": cell.column,
        "heading": cell.heading,
        "place": cell.place,
        "value": value,
        "status": cell.status,
        "is_private": cell.column in private,
    }


def _following(page: Page, record_id: str, cause_id: str, month: str) -> str:
    """The next record of the same cause that waits."""
    if not cause_id:
        return ""
    try:
        rows = corrections.cause_records(month, cause_id)
    except Refusal:
        return ""
    waits = rows[rows["state"].eq("open") | rows["record_id"].eq(record_id)]["record_id"].drop_duplicates().tolist()
    after = waits[waits.index(record_id) + 1 :] if record_id in waits else waits
    return str(after[0]) if after else ""
