"""A person as a group of records, and a household as a group of persons; one record can be split out."""

from __future__ import annotations

import math
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage
from palayesh.adapters.console_models import ReviewCard
from palayesh.adapters.review_store import Kept
from palayesh.review.compare import mask
from tasks import reviewing

router = APIRouter()


@router.get("/households/{household_id}", **open_to(*WORKERS))
def household(page: AnyPage, household_id: str) -> Response:
    """The household's persons, each with the lists that name them, as a drawing and as a table."""
    cards = reviewing.household_cards(page.who, page.the_run().id, household_id)
    if not cards:
        raise NotFound
    persons: dict[str, list[ReviewCard]] = {}
    for card in cards:
        persons.setdefault(card.person_id, []).append(card)
    return page.render(
        "household.html.j2",
        household_id=household_id,
        persons=persons,
        drawing=_drawing(list(persons.values())),
        number=lambda text: page.words.digits(mask(text)),
    )


@router.get("/persons/{person_id}", **open_to(*WORKERS))
def person(page: AnyPage, person_id: str) -> Response:
    """The records of which the person is made."""
    cards = reviewing.person_cards(page.who, page.the_run().id, person_id)
    if not cards:
        raise NotFound
    keys = {card.identity_key for card in cards}
    return page.render(
        "person.html.j2",
        person_id=person_id,
        cards=cards,
        can_split=len(keys) > 1,
        number=lambda text: page.words.digits(mask(text)),
        request_id=reviewing.new_request_id(),
        mistake="",
    )


@router.post("/persons/{person_id}/split", **open_to(*WORKERS))
def split(page: AnyPage, person_id: str) -> Response:
    """The record is judged different from the person's other records; the next run of the month parts them."""
    cards = reviewing.person_cards(page.who, page.the_run().id, person_id)
    if not cards:
        raise NotFound
    reason, request_id = page.field("reason"), page.field("request", most=60)
    answers = None
    if reason and request_id:
        answers = reviewing.split_out(
            page.who, cards, page.field("mention", most=220), reason=reason, request_id=request_id, now=page.now
        )
    if answers is None or not all(isinstance(answer, Kept) for answer in answers):
        mistake = "reason_needed" if not reason else "cannot_split" if answers is None else "split_overtaken"
        return page.render(
            "person.html.j2",
            status=422 if answers is None else 409,
            person_id=person_id,
            cards=cards,
            can_split=True,
            number=lambda text: page.words.digits(mask(text)),
            request_id=reviewing.new_request_id(),
            mistake=mistake,
        )
    return page.redirect(page.address("/judgements", said="split"))


def _drawing(persons: list[list[ReviewCard]]) -> dict[str, Any]:
    """Points on a circle, the prisoner on top: geometry is computed here, because templates compute nothing."""
    ordered = sorted(persons, key=lambda cards: (not cards[0].card.get("is_prisoner"), cards[0].person_id))
    width, height, radius = 640, 300, 105
    points = []
    for number, cards in enumerate(ordered):
        angle = 2 * math.pi * number / max(1, len(ordered)) - math.pi / 2
        points.append(
            {
                "x": round(width / 2 + 2.0 * radius * math.cos(angle)),
                "y": round(height / 2 + radius * math.sin(angle)),
                "r": min(26, 12 + 2 * len(cards)),
                "card": cards[0].card,
                "person_id": cards[0].person_id,
                "count": len(cards),
            }
        )
    return {"width": width, "height": height, "points": points, "x": width // 2, "y": height // 2}
