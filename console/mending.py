"""What a steward decides about failed records, a whole cause or one record: mend, accept, send back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console import validating
from console.deciding import CHANGED, OVERTAKEN, answered, cause_or_gone, conflict, decided
from console.failures import (
    PAGE,
    cause_page,
    own_record,
    page_token,
    private_columns,
    record_page,
    sentence,
    shown_change,
)
from console.guard import open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.corrections.causes import Cause
from palayesh.corrections.mends import MENDS
from palayesh.corrections.shown import Decision
from palayesh.findings import Refusal
from tasks import corrections, reviewing, work

router = APIRouter()


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
            (one, *shown_change(private, one.column, one.before, one.after, shown=shown)) for one in found.samples
        ],
        headings=work.headings(cause.list_key),
        request_id=reviewing.new_request_id(),
        refused=refused,
        note=note or page.title(MENDS[mend].title),
        needs_second=found.count >= reviewing.policy().second_person_mended_records,
    )


@router.post("/failures/{cause_id}/mend", **open_to(*WORKERS))
def mend(page: AnyPage, cause_id: str) -> Response:
    """Exactly the previewed records are mended in one decision; nothing is where one of them changed since."""
    again = answered(page)
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
                at=page.now, reason=note, second_person_records=reviewing.policy().second_person_mended_records, act=act,
                validate_now=False,
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
    said = "proposed" if decision.is_proposed else "recorded"
    return page.redirect(page.address(f"/corrections/{decision.group_id}", said=said, cause=cause_id))


def _mend(page: Page) -> tuple[str, str | None]:
    """The mend that the form names, and its value where it takes one."""
    name = page.field("mend", most=40)
    if name not in MENDS or not MENDS[name].needs_value:
        return name, None
    return name, page.field("value", most=600) or None


@router.post("/failures/{cause_id}/rule", **open_to(*WORKERS))
def rule(page: AnyPage, cause_id: str) -> Response:
    """The chosen records are accepted with a reason, or sent back to their agency."""
    again = answered(page)
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


# -- one record --------------------------------------------------------------------------------------------------------


@router.post("/records/{record_id:path}/correct", **open_to(*WORKERS))
def correct(page: AnyPage, record_id: str) -> Response:
    """The cell reads what was typed from now on; on any mistake what was typed is there again."""
    view = own_record(page, record_id)
    column, value = page.field("column", most=64), page.field("value", most=4000)
    note, back = page.field("note"), page.address(f"/records/{record_id}", cause=page.field("cause", most=20))
    typed = {"column": column, "value": value, "note": note, "empty": page.field("empty") == "yes"}
    if answered(page):
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
    if answered(page):
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
