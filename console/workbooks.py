"""The Excel round trip: the set-aside records of a list leave as a workbook, and come back mended."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from console import validating
from console.failures import sentence
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act
from palayesh.findings import Refusal
from tasks import correction_workbooks, corrections, work
from tasks import stewards as people

router = APIRouter()
MOST_BYTES = 20_000_000
"""A returned workbook may be so large; every other form far less."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_REFUSED = 200


@router.get("/workbooks", **open_to(*WORKERS))
def lists(page: AnyPage) -> Response:
    """The visitor's lists with set-aside records, each with its workbook to take and to bring back."""
    return _lists(page)


def _lists(page: Page, *, status: int = 200, refused: str = "") -> Response:
    found = corrections.causes(page.month, agency=page.who.scope) if page.month else []
    waiting: dict[str, dict[str, int]] = {}
    for one in found:
        if one.severity != work.SET_ASIDE:
            continue
        counts = waiting.setdefault(one.list_key, {"open": 0, "sent_back": 0})
        counts["open"] += one.count
        counts["sent_back"] += one.sent_back_count
    return page.render("workbooks.html.j2", status=status, lists=sorted(waiting.items()), refused=refused)


@router.post("/workbooks/{agency}/{list_name}/export", **open_to(*WORKERS))
def export(page: AnyPage, agency: str, list_name: str) -> Response:
    """The workbook; the log keeps who took it and why, because its numbers are not hidden."""
    list_key = _own_list(page, agency, list_name)
    reason = page.field("note")
    only: Literal["open", "sent_back"] = "sent_back" if page.field("only", most=16) == "sent_back" else "open"
    if not reason:
        return _lists(page, status=422, refused=str(page.words("mistake_reason_needed")))
    try:
        content = correction_workbooks.export_set_aside(page.month, list_key, only=only, lang=page.lang)
    except Refusal as error:
        return _lists(page, status=409, refused=sentence(page, error))
    people.record(
        Act(page.now, page.who.name, page.who.role, "workbook_exported", list_key, reason, {"month": page.month, "only": only})
    )  # fmt: skip
    name = f"palayesh-{page.month}-{agency}-{list_name}-{only.replace('_', '-')}.xlsx"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/workbooks/{agency}/{list_name}/return", **open_to(*WORKERS))
async def take(page: AnyPage, agency: str, list_name: str) -> Response:
    """The mended cells of the workbook are corrections; rows that cannot be taken are named with their reason."""
    list_key = _own_list(page, agency, list_name)
    uploaded = (await page.request.form(max_files=1, max_fields=200)).get("workbook")
    content = await uploaded.read() if isinstance(uploaded, UploadFile) else b""
    return await run_in_threadpool(_take, page, list_key, content)


def _take(page: Page, list_key: str, content: bytes) -> Response:
    if not content:
        return _lists(page, status=422, refused=str(page.words("mistake_choose_workbook")))
    act = Act(page.now, page.who.name, page.who.role, "workbook_returned", "")
    # A file without a name: nothing of it is left, even where the server is killed while it is read.
    with tempfile.TemporaryFile(dir=settings.current().var) as kept:
        kept.write(content)
        kept.flush()
        try:
            taken = correction_workbooks.take_workbook(
                Path(f"/proc/self/fd/{kept.fileno()}"), by=page.who.name, at=page.now, reason=page.field("note") or None,
                list_key=list_key, act=act, validate_now=False,
            )  # fmt: skip
        except Refusal as error:
            return _lists(page, status=422, refused=sentence(page, error))
    if taken.decision is not None:
        validating.begin(taken.list_key, taken.month)
    return page.render(
        "workbook_taken.html.j2",
        taken=taken,
        refused_rows=taken.refused[:SHOWN_REFUSED],
        progress=validating.progress(taken.list_key, taken.month),
    )


def _own_list(page: Page, agency: str, list_name: str) -> str:
    """The list's key, if it is of an agency that the visitor sees. Raises NotFound."""
    list_key = f"{agency}/{list_name}"
    if not page.who.may_see(agency) or work.declaration_of(list_key) is None:
        raise NotFound
    return list_key
