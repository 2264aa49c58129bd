"""Every route × every role × another agency's object: the routes are read from the application, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from console.guard import PUBLIC, roles_of
from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.models import ReviewPair
from palayesh.adapters.registry import Registry
from palayesh.review.access import Role
from tasks import cases, corrections, installation, reviewing
from tests.web import world
from tests.web.conftest import PEOPLE, Browser

Visit = Callable[[str], Browser]


def routes(app: FastAPI) -> list[APIRoute]:
    found: list[APIRoute] = []

    def gather(entries: list[Any]) -> None:
        for entry in entries:
            if isinstance(entry, APIRoute):
                found.append(entry)
            elif hasattr(entry, "original_router"):  # FastAPI keeps an included router as one entry
                gather(entry.original_router.routes)

    gather(list(app.routes))
    assert len(found) > 25
    return found


def objects_of(registry: Registry, agency: str) -> dict[str, str]:
    """For each name in a path, an object that only this agency has to do with."""
    with registry.engine.connect() as connection:
        from sqlalchemy import select

        pair = connection.execute(select(*ReviewPair.__table__.c).where(ReviewPair.agency_r == agency).limit(1)).one()
        submission = next(s for s in registry.submissions(world.MONTH, agency=agency) if s.state == "validated")
    left = reviewing.store().cards(world.RUN, mentions=[pair.mention_id_r])[0]
    entry = reviewing.store().log(pair.pair_id)
    cause = next(one for one in corrections.causes(world.MONTH, agency=agency) if one.severity == "set_aside_record")
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    decision = decision_of(agency)
    folder = installation.reports_folder(world.MONTH, registry.run(world.RUN).revision)
    folder.mkdir(parents=True, exist_ok=True)
    for lang in ("fa", "en"):
        (folder / f"agency.{agency}.{lang}.html").write_text(f"<html><style>p{{}}</style>{agency}</html>")
    household = "H0000000001" if agency == "relief_committee" else "H0000000002"
    other = "association+relief_committee" if agency == "relief_committee" else "association+behzisti"
    return {
        "pair_id": pair.pair_id,
        "number": str(entry[0].id) if entry else "1",
        "pattern": pair.pattern,
        "household_id": left.household_id,
        "person_id": left.person_id,
        "submission_id": submission.id,
        "cause_id": cause.cause_id,
        "record_id": record,
        "group_id": decision["group_id"],
        "correction_id": str(decision["id"]),
        "agency": agency,
        "list_name": "caseload",
        "case": cases.case_id("overlap", household, other),
        "kind": "uncovered",
        "family": cases.case_id("uncovered", "H0000000005" if agency == "relief_committee" else "H0000000004"),
    }


def decision_of(agency: str) -> dict[str, Any]:
    """A decision on a record of this agency's list; made where there is none."""
    log = corrections.decisions(list_key=f"{agency}/caseload")
    if log.empty:
        cause = corrections.causes(world.MONTH, agency=agency)[0]
        records = corrections.cause_records(world.MONTH, cause.cause_id)["record_id"]
        said = {"by": "somebody", "at": world.NOW, "reason": "ask them", "validate_now": False}
        corrections.send_back([str(records.iloc[-1])], **said)  # type: ignore[arg-type]
        log = corrections.decisions(list_key=f"{agency}/caseload")
    return {str(name): value for name, value in log.iloc[0].items()}


def address(path: str, objects: dict[str, str]) -> str:
    names = {**objects}
    if path.startswith("/cases"):
        names["number"] = objects["case"]
    if path.startswith("/families"):
        names["number"] = objects["family"]
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: names[found[1]], path)


FIELDS = {
    "judgement": "same", "note": "n", "reason": "r", "action": "looking", "request": "req", "follows": "0", "looked": "yes",
    "mention": "m", "month": world.MONTH, "mend": "exchange_day_and_month", "choice": "send_back", "which": "all", "keep": "agency",
    "column": "status", "value": "v", "heading": "h", "token": "t", "version": "v",
}  # fmt: skip


def ask(browser: Browser, route: APIRoute, path: str, **fields: str) -> Any:
    if "POST" in route.methods:
        return browser.post(path, **{**FIELDS, **fields})
    return browser.get(path)


def test_every_route_names_its_roles(app: FastAPI) -> None:
    known = {PUBLIC, *map(str, Role)}
    for route in routes(app):
        assert roles_of(route), route.path
        assert set(roles_of(route) or ()) <= known, route.path
    public = {route.path for route in routes(app) if PUBLIC in (roles_of(route) or ())}
    assert public == {"/sign-in", "/preferences"}


def test_a_route_that_names_no_roles_is_refused_to_everybody(app: FastAPI, visit: Visit) -> None:
    browser = visit("chief")

    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    answer = browser.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_nobody_without_signing_in(app: FastAPI, registry: Registry) -> None:
    objects = objects_of(registry, "behzisti")
    for route in routes(app):
        if PUBLIC in (roles_of(route) or ()):
            continue
        browser = Browser(app)
        browser.get("/sign-in")
        answer = ask(browser, route, address(route.path, objects))
        expected = 401 if "POST" in route.methods else 303
        assert answer.status_code == expected, route.path
        if expected == 303:
            assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_every_role_is_refused_what_is_not_its_own(app: FastAPI, registry: Registry, visit: Visit, role: str) -> None:
    kind = Role(PEOPLE[role][1])
    browser = visit(role)
    objects = objects_of(registry, "behzisti")
    refused = 0
    for route in routes(app):
        allowed = roles_of(route) or []
        if PUBLIC in allowed or kind in allowed:
            continue
        answer = ask(browser, route, address(route.path, objects))
        assert answer.status_code == 403, (route.path, answer.status_code)
        refused += 1
    if kind in (Role.OFFICIAL, Role.AUDITOR):
        assert refused > 15
    noted = [e for e in AuditStore(registry).entries(limit=200) if e.action == "refused" and e.actor == PEOPLE[role][0]]
    assert len(noted) == refused


def test_a_steward_is_refused_every_object_of_another_agency(app: FastAPI, registry: Registry, visit: Visit) -> None:
    stranger, owner = visit("steward"), visit("other")
    objects = objects_of(registry, "behzisti")
    # A judgement of the other agency, so that there is one to take back.
    pair = reviewing.store().pair(world.RUN, objects["pair_id"], agency=None)
    assert pair is not None
    tried = 0
    for route in routes(app):
        if "{" not in route.path or "GET" not in route.methods or Role.STEWARD not in (roles_of(route) or ()):
            continue
        path = address(route.path, objects)
        if route.path.startswith("/causes"):
            continue  # a cause is shared by agencies: below
        if "/judgements/" not in path:
            assert owner.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 404, path
        tried += 1
    assert tried >= 7
    before, decisions = len(AuditStore(registry).entries(limit=500)), len(corrections.decisions())
    for route in routes(app):
        if "{" in route.path and "POST" in route.methods and Role.STEWARD in (roles_of(route) or ()):
            path = address(route.path, objects)
            fields = {"pair": objects["pair_id"], "agency": "behzisti", "code": "support_type_unknown"}
            assert ask(stranger, route, path, **fields).status_code == 404, path
            tried += 1
    assert tried >= 28
    assert len(corrections.decisions()) == decisions
    assert len(AuditStore(registry).entries(limit=500)) == before, "something was done"
    assert reviewing.store().log(objects["pair_id"]) == []


def test_lists_hold_only_the_own_agency(visit: Visit, registry: Registry) -> None:
    steward, other = visit("steward"), visit("other")
    foreign = objects_of(registry, "behzisti")
    for path in (
        "/",
        "/pairs",
        "/failures",
        "/questions",
        "/corrections",
        "/workbooks",
        "/cases",
        "/uncovered",
        "/waiting",
        "/month",
        "/?kind=pair",
        "/?kind=cause",
    ):
        page = steward.get(path).text
        for name in ("pair_id", "submission_id", "cause_id", "record_id", "group_id", "case", "family"):
            assert foreign[name] not in page, (path, name)
    assert foreign["cause_id"] in other.get("/failures").text
    assert foreign["group_id"] in other.get("/corrections").text
    assert "/workbooks/behzisti/caseload" in other.get("/workbooks").text
    assert "/workbooks/behzisti" not in steward.get("/workbooks").text
    assert foreign["pair_id"] in other.get("/pairs").text
    assert foreign["case"] in other.get("/cases").text
    shared = steward.get(f"/causes/{foreign['pattern']}")
    assert shared.status_code in (200, 404)
    assert foreign["pair_id"] not in shared.text


def test_an_official_sees_counts_and_nobody(visit: Visit) -> None:
    page = visit("official").get("/month").text
    assert ">50<" in page  # received over three lists
    for one in ("9901234561", "محمد", "زهرا", "/files/"):
        assert one not in page


def test_numbers_are_masked_until_shown_with_a_reason(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    pair = browser.get("/pairs/next").headers["location"]
    page = browser.get(pair).text
    plain = re.compile(r"990\d{7}|0999\d{7}")
    assert not plain.search(re.sub(r"</?mark>", "", page))
    assert "••••" in re.sub(r"</?mark>", "", page)
    assert browser.post(f"{pair}/numbers", reason="").status_code == 422
    assert browser.post(f"{pair}/numbers", reason="compare").status_code == 303
    assert plain.search(re.sub(r"</?mark>", "", browser.get(pair).text))
    entry = next(e for e in AuditStore(registry).entries() if e.action == "numbers_shown")
    assert (entry.actor, entry.object, entry.reason) == ("zahra", pair.rpartition("/")[2], "compare")
    # In another browser of the same person they are hidden.
    assert not plain.search(re.sub(r"</?mark>", "", visit("steward").get(pair).text))


def test_a_failed_record_masks_its_numbers(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    cause = next(one for one in corrections.causes(world.MONTH) if one.code == "national_id_invalid" and one.count == 2)
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    plain = re.compile(r"990\d{7}")
    for path, thing in ((f"/failures/{cause.cause_id}", cause.cause_id), (f"/records/{record}", record)):
        page = browser.get(path).text
        assert "••••" in page
        assert not plain.search(page)
        assert browser.post(f"{path}/numbers", reason="").status_code == 422
        assert browser.post(f"{path}/numbers", why="phoned them").status_code == 303
        assert plain.search(browser.get(path).text)
        entry = next(e for e in AuditStore(registry).entries() if e.action == "numbers_shown")
        assert (entry.actor, entry.object, entry.reason) == ("zahra", thing, "phoned them")
