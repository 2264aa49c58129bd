"""The month: its lists, its runs, its report; starting a run."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import APIRouter
from fastapi.responses import Response

from console import clock, validating
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters.audit_store import Act
from palayesh.adapters.models import Run
from palayesh.review.access import Role
from tasks import installation, ledger, orders, release, reviewing, stewards, work

router = APIRouter()


@router.get("/month", **open_to(*WORKERS, Role.OFFICIAL))
def month(page: AnyPage) -> Response:
    """Which lists came, how many records each has, and the month's runs: counts only."""
    who = page.who
    if not page.month:
        return page.render(
            "month.html.j2",
            lists=[],
            missing=[],
            runs=[],
            orders=[],
            may_validate=set(),
            progress={},
            totals={},
            may_run=False,
            has_report=False,
            is_released=False,
            request_id="",
        )
    every = who.role in (Role.CHIEF, Role.OFFICIAL)
    lists = [s for s in installation.registry().submissions(page.month) if every or who.may_see(s.agency)]
    missing = [key for key in ledger.missing_lists(page.month) if every or who.may_see(key.split("/")[0])]
    counted = [s for s in lists if s.state == "validated"]
    reported = _reported_run(page)
    return page.render(
        "month.html.j2",
        lists=lists,
        missing=missing,
        runs=installation.registry().runs(page.month)[::-1],
        orders=orders.recent(page.month),
        may_validate={
            s.id for s in lists if who.role in WORKERS and s.list_key and s.state in ("validated", "refused")
        },
        progress={s.list_key: validating.progress(s.list_key, page.month) for s in lists if s.list_key}
        if who.role in WORKERS
        else {},
        totals={
            name: sum(getattr(s, f"{name}_count") for s in counted)
            for name in ("received", "accepted", "set_aside", "repaired")
        },
        may_run=who.role in WORKERS,
        has_report=reported is not None,
        is_released=reported is not None and _is_released(page.month, reported),
        request_id=reviewing.new_request_id(),
    )


@router.post("/month/run", **open_to(*WORKERS))
def run(page: AnyPage) -> Response:
    """A run of the month has begun: from what is received, with every judgement up to now."""
    asked = page.field("month", most=7)
    if asked not in page.months:
        raise NotFound
    request_id = page.field("request", most=60)
    if not request_id:
        raise NotFound
    orders.start(page.who, asked, confirm=[], request_id=request_id, now=page.now, clock=clock.now)
    return page.redirect(page.address("/month", month=asked, said="run_started"))


@router.post("/month/lists/{agency}/{list_name}", **open_to(*WORKERS))
def validate_list(page: AnyPage, agency: str, list_name: str) -> Response:
    """One list is validated anew, by the rules as they are and with every decision; nothing else of the month is computed."""
    list_key = f"{agency}/{list_name}"
    asked = page.field("month", most=7)
    if asked not in page.months or not page.who.may_see(agency) or work.declaration_of(list_key) is None:
        raise NotFound
    detail = {"month": asked}
    stewards.record(Act(page.now, page.who.name, page.who.role, "list_validated", list_key, detail=detail))
    validating.begin(list_key, asked, anew=True)
    return page.redirect(page.address("/month", month=asked, said="list_validated"))


@router.get("/month/report", **open_to(Role.CHIEF, Role.OFFICIAL))
def report(page: AnyPage) -> Response:
    """The month's report: counts, the small ones protected. An official sees what was signed off, a chief what he may sign off."""
    return _show(page, _reported_run(page), "coverage")


@router.get("/month/run-sheet", **open_to(Role.CHIEF))
def run_sheet(page: AnyPage) -> Response:
    """The stewards' run sheet of the month: counts only."""
    return _show(page, page.run, "run_sheet")


@router.get("/month/agency/{agency}", **open_to(*WORKERS))
def agency_report(page: AnyPage, agency: str) -> Response:
    """The report of one agency, for that agency's own stewards."""
    if not page.who.may_see(agency) or agency not in installation.agencies():
        raise NotFound
    return _show(page, page.run, f"agency.{agency}")


def _show(page: Page, run: Run | None, kind: str) -> Response:
    """A rendered report of the run as it lies in its folder."""
    if run is None:
        raise NotFound
    path = installation.reports_folder(run.month, run.revision) / f"{kind}.{page.lang}.html"
    if not path.is_file():
        raise NotFound
    text = path.read_text(encoding="utf-8")
    # The report carries its own style and font; only exactly that style may be used, and nothing may run.
    styles = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
        for style in re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    )
    policy = (
        f"default-src 'none'; style-src {styles}; style-src-attr 'unsafe-inline'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Response(text, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


def _is_released(month: str, run: Run) -> bool:
    released = release.released_run(month)
    return released is not None and released.id == run.id


def _reported_run(page: Page) -> Run | None:
    if not page.month:
        return None
    return release.released_run(page.month) if page.who.role == Role.OFFICIAL else page.run
