"""The one queue: everything that waits, by effect on families and age."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console import clock
from console.guard import open_to
from console.pages import WORKERS, AnyPage, Page
from palayesh.adapters.review_store import Place
from palayesh.corrections.mends import MENDS
from tasks import corrections, reviewing, work

router = APIRouter()
PAGE = 25
KINDS = ("", "submission", "missing", "cause", "question", "pair")


@router.get("/", **open_to(*WORKERS))
def queue(page: AnyPage) -> Response:
    """What waits, how far the work is, and what will miss the cut-off."""
    kind = page.request.query_params.get("kind", "")
    kind = kind if kind in KINDS else ""
    after = Place.parse(page.request.query_params.get("after", ""))
    who = page.who
    others = work.items(who, page.month) if page.month else []
    found = work.queue(who, page.run, others, kind=kind, after=after, limit=PAGE + 1)
    counts = {name: sum(item.kind == name for item in others) for name in KINDS if name and name != "pair"}
    pairs = {"open": 0, "unsure": 0, "decided": 0}
    if page.run is not None:
        pairs = reviewing.store().counts(page.run.id, agency=who.scope, steward=who.name)
    pace = reviewing.pace(who, pairs["open"], now=page.now, day_began=clock.day_began(page.now))
    records = sum(item.cause.count for item in others if item.cause is not None)
    days = (page.cut_off - clock.today(page.now)).days if page.month else 0
    # Six hours of review a day: what the pace does not reach before the cut-off is told now.
    late = 0
    if pace.per_hour is not None and pairs["open"]:
        late = max(0, pairs["open"] - round(pace.per_hour * 6 * max(days, 0)))
    return page.render(
        "queue.html.j2",
        items=found[:PAGE],
        proposals=corrections.proposals(page.month, agency=who.scope) if page.month else [],
        mend_title=lambda name: page.title(MENDS[name].title),
        start=next((address for item in found if (address := _address(page, item))), ""),
        following=found[PAGE - 1].place if len(found) > PAGE else None,
        kind=kind,
        kinds=KINDS,
        counts={**counts, "pair": pairs["open"], "": sum(counts.values()) + pairs["open"]},
        pairs=pairs,
        pace=pace,
        records=records,
        days=days,
        late=late,
        after=after,
    )


def _address(page: Page, item: work.Item) -> str:
    """Where the item's work begins; nothing where it can only be waited for."""
    match item.kind:
        case "pair":
            return page.address("/pairs/next")
        case "cause":
            return page.address(f"/failures/{item.cause.cause_id}") if item.cause else ""
        case "submission":
            return page.address(f"/files/{item.submission.id}") if item.submission else ""
        case "question":
            return page.address("/questions")
        case _:
            return ""
