"""Review pairs: two records side by side, one question, one key."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from console.evidence import in_words
from console.guard import NotFound, open_to
from console.pages import WORKERS, AnyPage, Page, whole_number
from palayesh.adapters import linkage_model, settings
from palayesh.adapters.console_models import ReviewCard, ReviewCheck
from palayesh.adapters.models import ReviewPair
from palayesh.adapters.review_store import Contradicts, Kept, Overtaken, Place
from palayesh.adapters.templates import load_strings
from palayesh.linkage.explain import Chart, chart, waterfall
from palayesh.review.access import Role
from palayesh.review.cards import RARITY_FIELDS
from palayesh.review.compare import mask
from palayesh.review.policy import PROPOSED
from palayesh.review.standing import DECISIVE
from tasks import checks, installation, reviewing
from tasks import stewards as people

router = APIRouter()
JUDGEMENTS = ("same", "different", "unsure")


@router.get("/pairs", **open_to(*WORKERS))
def pair_list(page: AnyPage) -> Response:
    """The open pairs, and causes that many of them share."""
    run = page.run
    after = Place.parse(page.request.query_params.get("after", ""))
    who = page.who
    found = reviewing.store().queue(run.id, agency=who.scope, steward=who.name, after=after, limit=26) if run else []
    counts = {"open": 0, "unsure": 0, "decided": 0}
    patterns: list[tuple[str, ReviewPair, int]] = []
    if run is not None:
        counts = reviewing.store().counts(run.id, agency=who.scope, steward=who.name)
        patterns = reviewing.store().patterns(run.id, agency=who.scope)
    return page.render(
        "pairs.html.j2",
        pairs=found[:25],
        following=Place(found[24].priority, found[24].pair_id) if len(found) > 25 else None,
        counts=counts,
        patterns=patterns,
        after=after,
    )


@router.get("/pairs/next", **open_to(*WORKERS))
def next_pair(page: AnyPage) -> Response:
    """On to the weightiest pair that nobody else looks at."""
    after = Place.parse(page.request.query_params.get("after", ""))
    return _on(page, after, said=page.request.query_params.get("said", ""))


@router.get("/pairs/{pair_id}", **open_to(*WORKERS))
def show(page: AnyPage, pair_id: str) -> Response:
    """The pair; the visitor has it on the screen from now on."""
    return _show(page, pair_id)


def _show(page: Page, pair_id: str, *, status: int = 200, **more: Any) -> Response:
    run = page.the_run()
    who = page.who
    # Asked again as if nobody had judged it: its own run shows it, and nothing tells it from the others.
    check = checks.store().open_check(who.name, pair_id)
    view = reviewing.view_pair(
        who, check.run_id if check else run.id, pair_id, now=page.now, shown=page.is_shown(pair_id),
        written=page.words.written, as_new=check is not None,
    )  # fmt: skip
    if view is None:
        raise NotFound
    sees_opinion = view.judged_by(who.name) or not _is_blind(page)
    shown = page.is_shown(pair_id)
    before = page.request.query_params.get("before", "")
    return page.render(
        "pair.html.j2",
        status=status,
        view=view,
        shown=shown,
        number=(lambda text: page.words.digits(text if shown else mask(text))),
        rarity=_rarity(view.left, view.right),
        opinion=_opinion(page, view) if sees_opinion else None,
        sees_opinion=sees_opinion,
        counts=reviewing.store().counts(run.id, agency=who.scope, steward=who.name),
        before=_entry_before(page, before),
        checked=_check_before(page),
        may_see_any=lambda cards: any(who.may_see(card.agency) for card in cards),
        needs_second=view.needs_second(who.name),
        proposed=[entry for entry in view.holding if entry.judgement == PROPOSED],
        may_mark=who.role == Role.CHIEF
        and check is None
        and view.judgement is not None
        and view.judgement.judgement in DECISIVE,
        reference=checks.store().reference(pair_id) if who.role == Role.CHIEF else None,
        place=Place(view.pair.priority, view.pair.pair_id),
        request_id=reviewing.new_request_id(),
        **{"mistake": "", "note": "", "intent": "", **more},
    )


def _entry_before(page: Page, number: str) -> Any:
    entry = reviewing.store().entry(whole_number(number))
    return entry if entry is not None and entry.decided_by == page.who.name and entry.withdraws is None else None


def _check_before(page: Page) -> ReviewCheck | None:
    """The check that this steward has just answered: only he is told how."""
    number = whole_number(page.request.query_params.get("checked", ""))
    found = checks.store().check(number, steward=page.who.name) if number else None
    return found if found is not None and found.answer is not None else None


def _is_blind(page: Page) -> bool:
    return settings.current().blind_review and page.who.preferences.get("blind", "on") == "on"


@router.post("/pairs/{pair_id}/judge", **open_to(*WORKERS))
def judge(page: AnyPage, pair_id: str) -> Response:
    """The judgement is committed before the next pair is shown; or the page says what stands in its way."""
    run = page.the_run()
    who = page.who
    judgement, note = page.field("judgement", most=16), page.field("note")
    request_id, follows = page.field("request", most=60), page.number_field("follows")
    done = checks.store().check_of_request(request_id, steward=who.name) if request_id else None
    if done is not None:
        return _on(page, None, checked=done.id)
    check = checks.store().open_check(who.name, pair_id)
    view = reviewing.view_pair(
        who, check.run_id if check else run.id, pair_id, now=None, shown=False, as_new=check is not None
    )
    if view is None:
        raise NotFound
    if judgement not in JUDGEMENTS:
        return _show(page, pair_id, status=422, mistake="choose_one", note=note)
    if judgement == "unsure" and not note:
        return _show(page, pair_id, status=422, mistake="unsure_needs_reason", intent="unsure")
    if not request_id:
        return _show(page, pair_id, status=422, mistake="choose_one", note=note)
    if check is None and view.pair.unsure_by and f"|{who.name}|" in view.pair.unsure_by and follows == view.follows:
        return _show(page, pair_id, status=409, mistake="already_unsure", note=note)
    if page.field("evidence", most=64) != view.pair.evidence_sha256:
        return _show(page, pair_id, status=409, mistake="evidence_changed", note=note)
    if check is not None:
        checks.answer(who, check, judgement, note=note, request_id=request_id, now=page.now)
        return _on(page, Place(view.pair.priority, pair_id), checked=check.id)
    answer = reviewing.judge(who, view, judgement, reason=note, follows=follows, request_id=request_id, now=page.now)
    match answer:
        case Kept(entry):
            return _on(page, Place(view.pair.priority, pair_id), before=entry.id)
        case Overtaken(entry) | Contradicts(entry):
            return page.render(
                "conflict.html.j2",
                status=409,
                kind="overtaken" if isinstance(answer, Overtaken) else "contradicts",
                entry=entry,
                # Tied records lead to pairs of other agencies: that they stand in the way is said, not what was written there.
                is_own=entry.pair_id == pair_id
                or reviewing.store().pair(run.id, str(entry.pair_id), agency=who.scope) is not None,
                pair_id=pair_id,
                judgement=judgement,
                note=note,
                place=Place(view.pair.priority, pair_id),
            )


@router.post("/pairs/{pair_id}/numbers", **open_to(*WORKERS))
def show_numbers(page: AnyPage, pair_id: str) -> Response:
    """The numbers are shown for ten minutes; the log keeps the reason."""
    run = page.the_run()
    if reviewing.store().pair(run.id, pair_id, agency=page.who.scope) is None:
        raise NotFound
    reason = page.field("why", most=300) or page.field("reason", most=60)
    if not reason:
        return _show(page, pair_id, status=422, mistake="reason_needed")
    people.reveal(page.who, pair_id, reason, now=page.now)
    return page.redirect(page.address(f"/pairs/{pair_id}"))


def _on(page: Page, after: Place | None, **query: Any) -> Response:
    run = page.run
    if run is None:
        return page.redirect(page.address("/", said="nothing_left"))
    again = checks.next_check(page.who, run, now=page.now)
    if again is not None:
        return page.redirect(page.address(f"/pairs/{again}", **query))
    found = reviewing.store().next_pair(run.id, agency=page.who.scope, steward=page.who.name, now=page.now, after=after)
    if found is None:
        return page.redirect(page.address("/pairs", **{"said": "nothing_left", **query}))
    return page.redirect(page.address(f"/pairs/{found}", **query))


def _rarity(left: ReviewCard, right: ReviewCard) -> dict[str, int]:
    """How many records of the month have the name, where both sides have the same one."""
    return {
        name: int(left.card[f"{name}_count"])
        for name in RARITY_FIELDS
        if left.card.get(name) and left.card.get(name) == right.card.get(name) and left.card.get(f"{name}_count")
    }


def _opinion(page: Page, view: reviewing.PairView) -> dict[str, Any] | None:
    """The machine's opinion: a waterfall in words and bars; nothing for a pair that no weights were kept of."""
    if not reviewing.weights_of(view.pair):
        return None
    model = linkage_model.load_linkage_model(settings.current().expectations)
    probability = view.pair.match_probability
    counts = installation.registry().step_counts(view.pair.run_id, "link") or {}
    start = model.prior(int(counts.get("mentions", 2)))
    found: Chart = chart(
        in_words(
            waterfall(view.pair.evidence, prior=start, match_probability=probability, model=model, lang=page.lang),
            page.words,
        ),
        lang=page.lang,
    )
    strings = load_strings("_shared", page.lang, templates=settings.current().templates)
    return {"chart": found, "strings": strings["waterfall"]}
