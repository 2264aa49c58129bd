"""What a steward decides about failed records: mend, accept, send back, answer, take back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pandas as pd
from fastapi import APIRouter
from fastapi.responses import Response

from console import validating
from console.failures import (
    PAGE,
    cause_page,
    own_cause,
    own_record,
    page_token,
    private_columns,
    record_page,
    sentence,
    shown_cell,
)
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters.audit_store import Act
from palayesh.corrections.causes import Cause
from palayesh.corrections.mends import MENDS
from palayesh.corrections.shown import Decision
from palayesh.findings import Refusal
from tasks import corrections, reviewing, work

router = APIRouter()
SHOWN_CHANGES = 50
OVERTAKEN = frozenset({"changed_meanwhile", "list_sent_again", "already_undone", "unknown_cause"})
"""Refusals that say that somebody or something was quicker: shown with who, when and what."""


# -- deciding ----------------------------------------------------------------------------------------------------------


def decided(page: Page, action: str, decide: Callable[[Act], Decision], **detail: Any) -> Decision:
    """The decision is in the log of corrections and in the audit log, once, in one transaction."""
    act = Act(page.now, page.who.name, page.who.role, action, "", detail=detail)
    request_id = page.field("request", most=60) or reviewing.new_request_id()
    return validating.once(page.who.name, request_id, lambda: decide(act))


def cause_or_gone(page: Page, cause_id: str, wanted: str) -> Cause | Response:
    """The cause; or, where somebody has dealt with all of it since the page was made, the page that says so."""
    try:
        return own_cause(page, cause_id)
    except NotFound:
        list_key = page.field("list", most=128)
        if not list_key or not page.who.may_see(list_key.partition("/")[0]) or work.declaration_of(list_key) is None:
            raise
        return conflict(page, Refusal("unknown_cause", *CHANGED), list_key, page.address("/failures"), wanted)


def conflict(page: Page, refused: Refusal, list_key: str, back: str, wanted: str, record_id: str = "") -> Response:
    """Nothing was done: who decided meanwhile, when and what, and what the visitor had wanted."""
    log = corrections.decisions(list_key=list_key)
    about = log[log["record_id"].eq(record_id)] if record_id else log
    entry = about.iloc[-1].to_dict() if len(about) else None
    return page.render(
        "mend_conflict.html.j2",
        status=409,
        refused=sentence(page, refused),
        entry=entry,
        entries=int(about["group_id"].eq(entry["group_id"]).sum()) if entry else 0,
        back=back,
        wanted=wanted,
        note=page.field("note"),
    )


# -- a whole cause -----------------------------------------------------------------------------------------------------


@router.post("/failures/{cause_id}/preview", **open_to(*WORKERS))
def preview(page: AnyPage, cause_id: str) -> Response:
    """What the mend would do: how many records, ten of them before and after. Nothing is written."""
    cause = cause_or_gone(page, cause_id, str(page.words("preview_title")))
    return _preview(page, cause) if isinstance(cause, Cause) else cause


def _preview(page: Page, cause: Cause, *, status: int = 200, refused: str = "", note: str = "") -> Response:
    mend, value = _mend(page)
    try:
        found = corrections.preview_mend(page.month, cause.cause_id, mend, value=value)
    except Refusal as error:
        return cause_page(page, cause, status=422, refused=sentence(page, error), mend=mend, value=value or "")
    shown, private = page.is_shown(cause.cause_id), private_columns(cause.list_key)
    return page.render(
        "mend_preview.html.j2",
        status=status,
        cause=cause,
        found=found,
        title=page.title(MENDS[mend].title),
        samples=[
            (
                one,
                shown_cell(private, one.column, one.before, shown=shown),
                shown_cell(private, one.column, one.after, shown=shown),
            )
            for one in found.samples
        ],
        headings=work.headings(cause.list_key),
        request_id=reviewing.new_request_id(),
        refused=refused,
        note=note or page.title(MENDS[mend].title),
    )


@router.post("/failures/{cause_id}/mend", **open_to(*WORKERS))
def mend(page: AnyPage, cause_id: str) -> Response:
    """Exactly the previewed records are mended in one decision; nothing is where one of them changed since."""
    again = _answered(page)
    if again:
        return page.redirect(page.address(f"/corrections/{again}", said="recorded"))
    name, value = _mend(page)
    cause = cause_or_gone(page, cause_id, page.title(MENDS[name].title) if name in MENDS else "")
    if not isinstance(cause, Cause):
        return cause
    note = page.field("note")
    if not note:
        return _preview(page, cause, status=422, refused=page.words("mistake_reason_needed"))
    try:
        decision = decided(
            page,
            "mend_applied",
            lambda act: corrections.apply_mend(
                page.month, cause_id, name, value=value, token=page.field("token", most=64), by=page.who.name,
                at=page.now, reason=note, act=act, validate_now=False,
            ),
            mend=name,
            cause=cause_id,
        )  # fmt: skip
    except Refusal as error:
        if error.code in OVERTAKEN:
            wanted = page.title(MENDS[name].title) if name in MENDS else ""
            return conflict(page, error, cause.list_key, page.address(f"/failures/{cause_id}"), wanted)
        return _preview(page, cause, status=422, refused=sentence(page, error), note=note)
    validating.begin(cause.list_key, page.month)
    return page.redirect(page.address(f"/corrections/{decision.group_id}", said="recorded", cause=cause_id))


def _mend(page: Page) -> tuple[str, str | None]:
    """The mend that the form names, and its value where it takes one."""
    name = page.field("mend", most=40)
    if name not in MENDS or not MENDS[name].needs_value:
        return name, None
    return name, page.field("value", most=600) or None


def _answered(page: Page) -> str:
    """The decision that this very form made already."""
    return validating.answered(page.who.name, page.field("request", most=60))


@router.post("/failures/{cause_id}/rule", **open_to(*WORKERS))
def rule(page: AnyPage, cause_id: str) -> Response:
    """The chosen records are accepted with a reason, or sent back to their agency."""
    again = _answered(page)
    if again:
        return page.redirect(page.address(f"/corrections/{again}", said="recorded"))
    choice, note = page.field("choice", most=16), page.field("note")
    wanted = str(page.words(f"choice_{choice}")) if choice in ("accept", "send_back") else ""
    cause = cause_or_gone(page, cause_id, wanted)
    if not isinstance(cause, Cause):
        return cause
    start = page.number_field("start")
    rows = corrections.cause_records(page.month, cause_id)
    part = rows.iloc[start : start + PAGE].reset_index(drop=True)
    everyone = page.field("which", most=8) == "all" and choice == "send_back"
    chosen = {int(text) for text in page.field("choose", most=600).split() if text.isascii() and text.isdecimal()}
    picked = rows[rows["state"].eq("open")] if everyone else part[part.index.isin(chosen) & part["state"].eq("open")]
    mistake = ""
    if choice not in ("accept", "send_back") or picked.empty:
        mistake = "choose_records"
    elif not note:
        mistake = "reason_needed"
    if mistake:
        return cause_page(
            page, cause, status=422, refused=page.words(f"mistake_{mistake}"), note=note, chosen=chosen, start=start
        )
    back = page.address(f"/failures/{cause_id}", start=start or "")
    if page.field("token", most=64) != page_token(part) or (
        everyone and page.field("whole", most=64) != page_token(rows)
    ):
        return conflict(page, Refusal("changed_meanwhile", *CHANGED), cause.list_key, back, wanted)
    versions = dict(zip(picked["record_id"], picked["version"], strict=True))
    try:
        decision = _chosen(page, choice, versions, cause.code, note)
    except Refusal as error:
        if error.code in OVERTAKEN:
            return conflict(page, error, cause.list_key, back, wanted)
        return cause_page(page, cause, status=422, refused=sentence(page, error), note=note, chosen=chosen, start=start)
    validating.begin(cause.list_key, page.month)
    return page.redirect(page.address(f"/corrections/{decision.group_id}", said="recorded", cause=cause_id))


def _chosen(page: Page, choice: str, versions: dict[str, str], code: str, note: str) -> Decision:
    """The records are accepted although the rule failed, or wait for their agency."""
    if choice == "accept":
        return decided(
            page,
            "records_accepted",
            lambda act: corrections.accept_records(
                list(versions),
                code,
                versions=versions,
                by=page.who.name,
                at=page.now,
                reason=note,
                act=act,
                validate_now=False,
            ),
            code=code,
        )
    return decided(
        page,
        "records_sent_back",
        lambda act: corrections.send_back(
            list(versions),
            code=code,
            versions=versions,
            by=page.who.name,
            at=page.now,
            reason=note,
            act=act,
            validate_now=False,
        ),
        code=code,
    )


CHANGED = (
    "در این میان کس دیگری دربارهٔ این رکوردها تصمیم گرفته است؛ دوباره ببینید و تصمیم بگیرید.",
    "Somebody else has decided on these records meanwhile: look again, then decide.",
)


# -- one record --------------------------------------------------------------------------------------------------------


@router.post("/records/{record_id:path}/correct", **open_to(*WORKERS))
def correct(page: AnyPage, record_id: str) -> Response:
    """The cell reads what was typed from now on; on any mistake what was typed is there again."""
    view = own_record(page, record_id)
    column, value = page.field("column", most=64), page.field("value", most=4000)
    note, back = page.field("note"), page.address(f"/records/{record_id}", cause=page.field("cause", most=20))
    typed = {"column": column, "value": value, "note": note, "empty": page.field("empty") == "yes"}
    if _answered(page):
        return page.redirect(f"{back}{'&' if '?' in back else '?'}said=recorded")
    mistake = ""
    if column not in {cell.column for cell in view.cells}:
        mistake = "choose_column"
    elif not value and not typed["empty"]:
        mistake = "value_needed"
    elif not note:
        mistake = "reason_needed"
    if mistake:
        return record_page(page, view, status=422, refused=page.words(f"mistake_{mistake}"), typed=typed)
    try:
        decided(
            page,
            "value_corrected",
            lambda act: corrections.correct_value(
                record_id, column, "" if typed["empty"] else value, by=page.who.name, at=page.now, reason=note,
                version=page.field("version", most=64), act=act, validate_now=False,
            ),
            column=column,
        )  # fmt: skip
    except Refusal as error:
        if error.code in OVERTAKEN:
            # The page as it is now, with what was typed, and who was quicker.
            return record_page(
                page, own_record(page, record_id), status=409, refused=sentence(page, error), typed=typed
            )
        return record_page(page, view, status=422, refused=sentence(page, error), typed=typed)
    validating.begin(view.list_key, view.month)
    return page.redirect(f"{back}{'&' if '?' in back else '?'}said=recorded")


@router.post("/records/{record_id:path}/rule", **open_to(*WORKERS))
def rule_one(page: AnyPage, record_id: str) -> Response:
    """The record is accepted although a rule failed, or sent back to its agency."""
    view = own_record(page, record_id)
    choice, code, note = page.field("choice", most=16), page.field("code", most=64), page.field("note")
    back = page.address(f"/records/{record_id}", cause=page.field("cause", most=20))
    typed = {"column": "", "value": "", "note": note, "empty": False}
    if _answered(page):
        return page.redirect(f"{back}{'&' if '?' in back else '?'}said=recorded")
    mistake = ""
    if choice not in ("accept", "send_back") or code not in {one.code for one in view.failures}:
        mistake = "choose_one"
    elif not note:
        mistake = "reason_needed"
    elif page.field("version", most=64) != view.version:
        error = Refusal("changed_meanwhile", *CHANGED)
        return conflict(page, error, view.list_key, back, str(page.words(f"choice_{choice}")), record_id)
    if mistake:
        return record_page(page, view, status=422, refused=page.words(f"mistake_{mistake}"), typed=typed)
    try:
        _chosen(page, choice, {record_id: view.version}, code, note)
    except Refusal as error:
        if error.code in OVERTAKEN:
            return conflict(page, error, view.list_key, back, str(page.words(f"choice_{choice}")), record_id)
        return record_page(page, view, status=422, refused=sentence(page, error), typed=typed)
    validating.begin(view.list_key, view.month)
    return page.redirect(f"{back}{'&' if '?' in back else '?'}said=recorded")


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
    if _answered(page):
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
    if _answered(page):
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


# -- decisions, and taking them back -----------------------------------------------------------------------------------


def own_group(page: Page, group_id: str) -> pd.DataFrame:
    """The entries of a decision, if they are about an agency that the visitor sees. Raises NotFound."""
    log = corrections.decisions()
    group = log[log["group_id"].eq(group_id)]
    if group.empty or not page.who.may_see(str(group["list_key"].iloc[0]).partition("/")[0]):
        raise NotFound
    return group


@router.get("/corrections", **open_to(*WORKERS))
def log(page: AnyPage) -> Response:
    """Every decision on the records of the visitor's agency, the newest first."""
    entries = corrections.decisions()
    if page.who.scope is not None:
        entries = entries[entries["list_key"].str.startswith(f"{page.who.scope}/")]
    start = page.start
    order = entries["group_id"].drop_duplicates(keep="last").iloc[::-1]
    groups = []
    for group_id in order.iloc[start : start + PAGE]:
        group = entries[entries["group_id"].eq(group_id)]
        groups.append({**group.iloc[-1].to_dict(), "count": len(group)})
    return page.render(
        "corrections.html.j2", groups=groups, start=start, following=start + PAGE if len(order) > start + PAGE else None
    )


@router.get("/corrections/{group_id}", **open_to(*WORKERS))
def decision_page(page: AnyPage, group_id: str) -> Response:
    """What was decided, what came of it, and the way back."""
    group = own_group(page, group_id)
    first = group.iloc[0]
    return page.render(
        "correction.html.j2",
        first=first.to_dict(),
        changes=_changes(page, group),
        total=len(group),
        can_undo=_can_undo(group_id),
        cause_id=page.request.query_params.get("cause", ""),
        progress=validating.progress(str(first["list_key"]), str(first["month"])),
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
    group = own_group(page, group_id)
    list_key, month = str(group["list_key"].iloc[0]), str(group["month"].iloc[0])
    again = _answered(page)
    if again:
        return page.redirect(page.address(f"/corrections/{again}", said="undone"))
    note = page.field("note")
    if not note:
        return _undo_page(page, group_id, status=422, refused=page.words("mistake_reason_needed"))
    try:
        decision = decided(
            page,
            "correction_undone",
            lambda act: corrections.undo(
                group_id, by=page.who.name, at=page.now, reason=note, act=act, validate_now=False
            ),
            of=group_id,
        )
    except Refusal as error:
        if error.code in OVERTAKEN:
            return conflict(page, error, list_key, page.address("/corrections"), str(page.words("take_back")))
        return _undo_page(page, group_id, status=422, refused=sentence(page, error), note=note)
    validating.begin(list_key, month)
    return page.redirect(page.address(f"/corrections/{decision.group_id}", said="undone"))


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
        old, new = (shown_cell(private, about["column"], about[name], shown=shown) for name in ("old_raw", "new_raw"))
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
