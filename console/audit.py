"""The audit log: who did or looked at what, and whether the chain of seals holds."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import open_to
from console.pages import AnyPage, whole_number
from palayesh.adapters.audit_store import AuditStore
from palayesh.review.access import Role
from tasks import installation

router = APIRouter()
PAGE = 50


@router.get("/audit", **open_to(Role.AUDITOR, Role.CHIEF))
def log(page: AnyPage) -> Response:
    """The newest entries first."""
    store = AuditStore(installation.registry())
    asked = page.request.query_params
    before = whole_number(asked.get("before", ""))
    actor, action = asked.get("actor", "")[:64], asked.get("action", "")[:48]
    entries = store.entries(
        before=before or None,
        limit=PAGE + 1,
        actor=actor,
        action=action,
    )
    return page.render(
        "audit.html.j2",
        entries=entries[:PAGE],
        following=entries[PAGE - 1].id if len(entries) > PAGE else None,
        actor=actor,
        action=action,
        chain=store.check() if asked.get("check") == "yes" else None,
    )
