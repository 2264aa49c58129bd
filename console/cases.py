"""Families covered twice, waiting, or covered by nobody: for the agency that can act."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters.case_store import Recorded
from palayesh.review.cases import ACTIONS
from tasks import cases, installation, reviewing

router = APIRouter()
PAGE = 50


@router.get("/cases", **open_to(*WORKERS))
def overlaps(page: AnyPage) -> Response:
    """Cases of double cover that the visitor's agency takes part in."""
    found = cases.overlaps(page.who, page.run) if page.run else []
    start = page.start
    return page.render(
        "cases.html.j2",
        cases=found[start : start + PAGE],
        total=len(found),
        open_count=sum(not case.state.is_closed for case in found),
        both_keep=sum(case.state.both_keep for case in found),
        following=start + PAGE if len(found) > start + PAGE else None,
    )


@router.get("/cases/{number}", **open_to(*WORKERS))
def overlap(page: AnyPage, number: str) -> Response:
    """One case: both agencies, what each recorded, and the family."""
    return _overlap(page, number)


def _overlap(page: Page, number: str, *, status: int = 200, **more: Any) -> Response:
    run = page.the_run()
    case = cases.overlap(page.who, run, number)
    if case is None:
        raise NotFound
    return page.render(
        "case.html.j2",
        status=status,
        case=case,
        members=cases.members(run, case.household_id),
        acts=[agency for agency in case.agencies if page.who.may_see(agency)],
        actions=ACTIONS["overlap"],
        request_id=reviewing.new_request_id(),
        **{"mistake": "", "note": "", **more},
    )


@router.post("/cases/{number}", **open_to(*WORKERS))
def record_overlap(page: AnyPage, number: str) -> Response:
    """What an agency did is recorded; the case closes when both are final."""
    case = cases.overlap(page.who, page.the_run(), number)
    agency = page.field("agency", most=64)
    if case is None or agency not in case.agencies or not page.who.may_see(agency):
        raise NotFound
    action, note = page.field("action", most=24), page.field("note")
    if action not in ACTIONS["overlap"] or not page.field("request"):
        return _overlap(page, number, status=422, mistake="choose_one", note=note)
    if action == "not_same" and not note:
        return _overlap(page, number, status=422, mistake="reason_needed", note=note)
    recorded = _record(page, "overlap", number, agency, action, note)
    if recorded.overtaken:
        return _overlap(page, number, status=409, mistake="case_overtaken", note=note)
    return page.redirect(page.address(f"/cases/{number}", said="recorded"))


@router.get("/uncovered", **open_to(*WORKERS))
def uncovered(page: AnyPage) -> Response:
    """Families that are eligible and in nobody's cover, the longest waiting first."""
    found = cases.uncovered(page.who, page.run) if page.run else []
    start = page.start
    return page.render(
        "uncovered.html.j2",
        families=found[start : start + PAGE],
        start=start,
        total=len(found),
        following=start + PAGE if len(found) > start + PAGE else None,
        programmes=installation.programme_titles(),
        actions=ACTIONS["uncovered"],
    )


@router.get("/waiting", **open_to(*WORKERS))
def waiting(page: AnyPage) -> Response:
    """The waiting list in its published order, every place with its reason."""
    agency = cases.waiting_agency()
    found = cases.waiting(page.who, page.run, agency=agency) if page.run else []
    start = page.start
    return page.render(
        "waiting.html.j2",
        families=found[start : start + PAGE],
        start=start,
        total=len(found),
        following=start + PAGE if len(found) > start + PAGE else None,
        agency=agency,
        may_see=agency is not None and page.who.may_see(agency),
        actions=ACTIONS["waiting"],
    )


@router.post("/families/{kind}/{number}", **open_to(*WORKERS))
def record_family(page: AnyPage, kind: str, number: str) -> Response:
    """What the agency did about a waiting or uncovered family is recorded."""
    run = page.the_run()
    agency = page.field("agency", most=64) or page.who.agency or cases.waiting_agency() or ""
    if kind == "waiting":
        families = cases.waiting(page.who, run, agency=cases.waiting_agency())
    elif kind == "uncovered":
        families = cases.uncovered(page.who, run)
    else:
        raise NotFound
    family = next((one for one in families if one.case_id == number), None)
    if family is None or agency not in family.agencies or not page.who.may_see(agency):
        raise NotFound
    action = page.field("action", most=24)
    if action not in ACTIONS[kind] or not page.field("request"):
        raise NotFound
    recorded = _record(page, kind, number, agency, action, page.field("note"))
    said = "overtaken" if recorded.overtaken else "recorded"
    start = page.number_field("start")
    return page.redirect(page.address(f"/{kind}", said=said, start=start or "") + f"#{number}")


def _record(page: Page, kind: str, number: str, agency: str, action: str, note: str) -> Recorded:
    return cases.record(
        page.who,
        kind=kind,
        number=number,
        agency=agency,
        action=action,
        note=note,
        month=page.month,
        follows=page.number_field("follows"),
        request_id=page.field("request", most=60),
        now=page.now,
    )
