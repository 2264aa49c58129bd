"""What every decision on records has in common: it is kept once, and whoever was slower is told who was quicker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from fastapi.responses import Response

from console import validating
from console.failures import own_cause, sentence
from console.guard import NotFound
from console.pages import Page
from palayesh.adapters.audit_store import Act
from palayesh.corrections.causes import Cause
from palayesh.corrections.shown import Decision
from palayesh.findings import Refusal
from tasks import corrections, installation, reviewing, work

OVERTAKEN = frozenset({"changed_meanwhile", "list_sent_again", "already_undone", "no_proposal", "unknown_cause"})
"""Refusals that say that somebody or something was quicker: shown with who, when and what."""
CHANGED = (
    "در این میان کس دیگری دربارهٔ این رکوردها تصمیم گرفته است؛ دوباره ببینید و تصمیم بگیرید.",
    "Somebody else has decided on these records meanwhile: look again, then decide.",
)


def decided(page: Page, action: str, decide: Callable[[Act], Decision], **detail: Any) -> Decision:
    """The decision is in the log of corrections and in the audit log, once, in one transaction."""
    act = Act(page.now, page.who.name, page.who.role, action, "", detail=detail)
    request_id = page.field("request", most=60) or reviewing.new_request_id()
    return validating.once(page.who.name, request_id, lambda: decide(act))


def answered(page: Page) -> str:
    """The decision that this very form made already."""
    return validating.answered(page.who.name, page.field("request", most=60))


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


def own_group(page: Page, group_id: str) -> pd.DataFrame:
    """The entries of a decision, if they are about an agency that the visitor sees. Raises NotFound."""
    list_key = installation.registry().list_of_decision(group_id)
    if list_key is None or not page.who.may_see(list_key.partition("/")[0]):
        raise NotFound
    log = corrections.decisions(list_key=list_key)
    return log[log["group_id"].eq(group_id)]
