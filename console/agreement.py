"""How stewards agree with what was judged before; and the reference pairs."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import NotFound, open_to
from console.pages import AnyPage
from palayesh.review.access import Role
from tasks import checks, reviewing

router = APIRouter()
SHOWN = 30


@router.get("/agreement", **open_to(Role.CHIEF))
def agreement(page: AnyPage) -> Response:
    """Of each steward how many pairs were asked again, and how the answers compare; the newest that differ."""
    found, differing = checks.agreements()
    return page.render(
        "agreement.html.j2",
        stewards=found,
        differing=differing[:SHOWN],
        references=checks.store().reference_count(),
        policy=reviewing.policy(),
    )


@router.post("/pairs/{pair_id}/reference", **open_to(Role.CHIEF))
def mark(page: AnyPage, pair_id: str) -> Response:
    """The pair with the judgement that holds is a reference, or one no longer."""
    view = reviewing.view_pair(page.who, page.the_run().id, pair_id, now=None, shown=False)
    if view is None:
        raise NotFound
    if page.field("mark", most=8) == "off":
        checks.unmark_reference(page.who, pair_id, now=page.now)
    elif not checks.mark_reference(page.who, view, now=page.now):
        raise NotFound
    return page.redirect(page.address(f"/pairs/{pair_id}", said="recorded"))
