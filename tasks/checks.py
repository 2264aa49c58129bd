"""How stewards agree: pairs that were judged before are asked again among the others, and nobody is told which."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from palayesh.adapters.audit_store import Act
from palayesh.adapters.check_store import CheckStore
from palayesh.adapters.console_models import ReviewCheck
from palayesh.adapters.models import Run
from palayesh.review.access import Visitor
from palayesh.review.policy import Agreement, agreement, is_check_due
from tasks import installation, reviewing


def store() -> CheckStore:
    """The checks of this installation."""
    return CheckStore(installation.registry())


def next_check(who: Visitor, run: Run, *, now: dt.datetime) -> str | None:
    """The pair to be asked again, if it is this steward's turn by lot and there is one; it is his question from now on."""
    policy = reviewing.policy()
    place = store().answered(who.name)
    if not is_check_due(who.name, place, policy.check_share) or store().is_asked(who.name, place):
        return None
    own_before = now - dt.timedelta(days=policy.own_pair_after_days)
    found = store().candidates(run.id, steward=who.name, agency=who.scope, own_before=own_before)
    if not found:
        return None
    chosen = found[place % len(found)]
    return chosen.pair_id if store().ask(who.name, place, chosen, now=now) else None


def answer(who: Visitor, check: ReviewCheck, said: str, *, note: str, request_id: str, now: dt.datetime) -> None:
    """The steward's answer is kept; the month and its log of judgements stay as they are."""
    act = Act(now, who.name, who.role, "check_answered", check.pair_id, detail={"check": check.id})
    store().answer(check.id, said, note, request_id=request_id, act=act)


@dataclass(frozen=True)
class Agreed:
    """What a chief sees of one steward."""

    steward: str
    all: Agreement
    reference: Agreement
    repeat: Agreement


def agreements() -> tuple[list[Agreed], list[ReviewCheck]]:
    """Each steward's agreement with what was judged before, and the newest answers that differ."""
    answers = store().answers()
    found = []
    for steward in sorted({one.steward for one in answers}):
        own = [one for one in answers if one.steward == steward]
        kinds = {
            kind: agreement((one.expected, str(one.answer)) for one in own if one.kind in kinds_of)
            for kind, kinds_of in {
                "all": ("reference", "repeat"),
                "reference": ("reference",),
                "repeat": ("repeat",),
            }.items()
        }
        found.append(Agreed(steward, **kinds))
    return found, [one for one in answers if one.answer != one.expected]


def mark_reference(who: Visitor, view: reviewing.PairView, *, now: dt.datetime) -> bool:
    """The pair and its judgement are a reference; false where no judgement holds."""
    held = view.judgement
    if held is None or held.judgement not in ("same", "different"):
        return False
    values = {
        "pair_id": view.pair.pair_id,
        "run_id": view.pair.run_id,
        "judgement": held.judgement,
        "marked_by": who.name,
        "marked_at": now,
    }
    store().mark(values, Act(now, who.name, who.role, "reference_marked", view.pair.pair_id))
    return True


def unmark_reference(who: Visitor, pair_id: str, *, now: dt.datetime) -> None:
    """The pair is a reference no longer."""
    store().unmark(pair_id, Act(now, who.name, who.role, "reference_unmarked", pair_id))
