"""Clerical review: pairs on the screen, and judgements into the log."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from palayesh.adapters import linkage_model, settings
from palayesh.adapters.audit_store import Act
from palayesh.adapters.console_models import ReviewCard, ReviewLock
from palayesh.adapters.models import Judgement, ReviewPair, Run
from palayesh.adapters.review_store import Answer, Kept, NewJudgement, ReviewStore
from palayesh.linkage.ids import pair_id_of
from palayesh.review.access import Visitor
from palayesh.review.cards import SEEN_FIELDS
from palayesh.review.compare import Line, as_stored, compare
from palayesh.review.policy import PROPOSED, ReviewPolicy, proposed_by
from palayesh.review.standing import in_force
from tasks import installation

BULK_LIMIT = 50
BULK_SAMPLES = 10


def store() -> ReviewStore:
    """The pairs of this installation."""
    return ReviewStore(installation.registry())


def policy() -> ReviewPolicy:
    """How judgements are secured in this installation."""
    path = settings.current().expectations.resolve()
    return _policy(path, (path / "review" / "queue.yml").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _policy(expectations: Path, _changed: int) -> ReviewPolicy:
    return linkage_model.load_review_policy(expectations)


def latest_run(month: str) -> Run | None:
    """The month's newest finished run: its pairs are the queue."""
    return installation.registry().latest_run(month)


@dataclass(frozen=True)
class PairView:
    """All that a pair's page shows."""

    pair: ReviewPair
    left: ReviewCard
    right: ReviewCard
    lines: list[Line]
    families: tuple[list[ReviewCard], list[ReviewCard]]
    log: list[Judgement]
    others: ReviewLock | None = None
    """Somebody else who has the pair on the screen."""
    same_household: bool = False
    holding: list[Judgement] = field(default_factory=list)
    joined: int = 0
    """Records that "the same" would make one person of."""

    def family_shown(self, sees_opinion: bool) -> list[ReviewCard]:
        """The first side's family; of a join asked by lot without the person himself, who would tell that the machine joined the two."""
        is_told = self.pair.kind != "sampled" or sees_opinion
        return [card for card in self.families[0] if is_told or card.person_id != self.left.person_id]

    @property
    def follows(self) -> int:
        """The last entry of the log that the page shows."""
        return self.log[-1].id if self.log else 0

    @property
    def judgement(self) -> Judgement | None:
        """The entry that holds, if any."""
        return self.holding[-1] if self.holding else None

    def needs_second(self, name: str) -> bool:
        """Whether this person's "the same" waits for a second one: of many records, and nobody else has said it yet."""
        others = [one for one in proposed_by(self.holding) if one != name]
        return self.joined >= policy().second_person_records and not others

    def judged_by(self, name: str) -> bool:
        """Whether this person has judged it: from then on he sees the machine's opinion."""
        return any(entry.decided_by == name for entry in self.log)


def view_pair(
    who: Visitor,
    run_id: str,
    pair_id: str,
    *,
    now: dt.datetime | None,
    shown: bool,
    written: Callable[[str, str], str] = as_stored,
    as_new: bool = False,
) -> PairView | None:
    """The pair as this visitor may see it; nothing if it is not his to see. With ``now`` he has it on the screen.

    ``as_new``: as if nobody had judged it.
    """
    pairs = store()
    pair = pairs.pair(run_id, pair_id, agency=who.scope)
    if pair is None:
        return None
    found = {card.mention_id: card for card in pairs.cards(run_id, mentions=(pair.mention_id_l, pair.mention_id_r))}
    left, right = found.get(pair.mention_id_l), found.get(pair.mention_id_r)
    if left is None or right is None:  # a run of an earlier version, which kept no cards
        return None
    families = pairs.cards(run_id, households={left.household_id, right.household_id})
    log = [] if as_new else pairs.log(pair_id)
    is_looked_at = now is not None and pair.is_open and not as_new
    others = pairs.look_at(pair_id, steward=who.name, now=now) if is_looked_at and now is not None else None
    persons = {left.person_id, right.person_id}
    tied = pairs.cards(run_id, keys=pairs.tied({left.identity_key, right.identity_key}))
    more = {card.person_id for card in tied} - persons
    around = [card for card in families if card.person_id in persons] + (
        pairs.cards(run_id, persons=more) if more else []
    )
    return PairView(
        pair=pair,
        left=left,
        right=right,
        lines=compare(left.card, right.card, shown=shown, written=written),
        families=(
            [card for card in families if card.household_id == left.household_id],
            [card for card in families if card.household_id == right.household_id],
        ),
        log=log,
        others=others,
        same_household=left.household_id == right.household_id,
        holding=in_force(log),
        joined=len({card.card.get("record_id") for card in [left, right, *around]}),
    )


def judge(
    who: Visitor, view: PairView, judgement: str, *, reason: str, follows: int, request_id: str, now: dt.datetime
) -> Answer:
    """The visitor's judgement on the pair that he saw is kept and committed, or he is told why not.

    "The same" of many records is a proposal until a second person says so too.
    """
    judgement = _secured(who, view, judgement)
    return store().judge(
        _judgement_of(who, view, judgement, reason=reason, follows=follows, request_id=request_id),
        Act(now, who.name, who.role, f"judged_{judgement}", view.pair.pair_id),
    )


def _secured(who: Visitor, view: PairView, judgement: str) -> str:
    return PROPOSED if judgement == "same" and view.needs_second(who.name) else judgement


def _judgement_of(
    who: Visitor,
    view: PairView,
    judgement: str,
    *,
    reason: str,
    follows: int,
    request_id: str,
    batch: str | None = None,
) -> NewJudgement:
    pair = view.pair
    return NewJudgement(
        pair_id=pair.pair_id,
        identity_key_l=pair.identity_key_l,
        identity_key_r=pair.identity_key_r,
        judgement=judgement,
        decided_by=who.name,
        request_id=request_id,
        follows=follows,
        reason=reason,
        evidence={
            "weights": pair.evidence,
            "reason": pair.reason,
            "match_probability": pair.match_probability,
            "left": _seen(view.left),
            "right": _seen(view.right),
        },
        evidence_sha256=pair.evidence_sha256,
        run_id=pair.run_id,
        batch_id=batch,
    )


def _seen(card: ReviewCard) -> dict[str, Any]:
    return {name: card.card.get(name) for name in SEEN_FIELDS if card.card.get(name)}


# -- undoing -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Undo:
    """What taking back an entry would change."""

    entry: Judgement
    together: list[Judgement]
    """Entries that were decided in the same step, are the visitor's to undo, and are taken back with it."""
    holds_after: str
    """The judgement that then holds on its pair: same, different, unsure, or withdrawn (none)."""
    is_in_report: bool
    """Whether the month's last revision was computed with it: a new one is then needed."""
    later: list[Judgement]
    """Later entries on the pair, by anyone; they stay."""


def undo_preview(who: Visitor, entry_id: int, month: str) -> Undo | None:
    """What an undo of this entry would change; nothing if it is not the visitor's to undo, or is undone already."""
    pairs = store()
    entry = pairs.entry(entry_id)
    run = latest_run(month)
    if entry is None or entry.pair_id is None or entry.withdraws is not None or not _may_undo(who, entry, run):
        return None
    log = pairs.log(entry.pair_id)
    holding = in_force(log)
    if entry.id not in {one.id for one in holding}:
        return None
    rest = [one for one in holding if one.id != entry.id]
    together = [one for one in pairs.batch(entry.batch_id) if one.withdraws is None] if entry.batch_id else [entry]
    return Undo(
        entry=entry,
        together=[
            one
            for one in together
            if _may_undo(who, one, run) and one.id in {e.id for e in in_force(pairs.log(str(one.pair_id)))}
        ],
        holds_after=rest[-1].judgement if rest else "withdrawn",
        is_in_report=run is not None and run.judgement_position >= entry.id,
        later=[one for one in log if one.id > entry.id],
    )


def _may_undo(who: Visitor, entry: Judgement, run: Run | None) -> bool:
    # A chief undoes anything; a steward what he decided himself, or what touches his agency's pairs of the month.
    if who.scope is None or entry.decided_by == who.name:
        return True
    return run is not None and store().pair(run.id, str(entry.pair_id), agency=who.scope) is not None


def undo(who: Visitor, preview: Undo, *, reason: str, request_id: str, now: dt.datetime) -> list[Answer]:
    """The entry, and what was decided with it, no longer hold; each by a new entry of its own."""
    pairs = store()
    judged_pairs = []
    batch = f"undo-{request_id}" if len(preview.together) > 1 else None
    for number, entry in enumerate(preview.together):
        log = pairs.log(str(entry.pair_id))
        rest = [one for one in in_force(log) if one.id != entry.id]
        judged_pairs.append(
            NewJudgement(
                pair_id=str(entry.pair_id),
                identity_key_l=entry.identity_key_l,
                identity_key_r=entry.identity_key_r,
                judgement=rest[-1].judgement if rest else "withdrawn",
                decided_by=who.name,
                request_id=f"{request_id}-{number}" if number else request_id,
                follows=log[-1].id,
                reason=reason,
                evidence_sha256=(rest[-1].evidence_sha256 or "") if rest else "",
                run_id=entry.run_id,
                batch_id=batch,
                withdraws=entry.id,
            )
        )
    return pairs.judge_together(
        judged_pairs, Act(now, who.name, who.role, "judgement_undone", str(preview.entry.pair_id))
    )


# -- many at once ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bulk:
    """Open pairs of one cause: how many, the sentence of the cause, and those that one step may decide."""

    pattern: str
    pairs: list[ReviewPair]
    samples: list[PairView]
    sentence: str


def bulk_preview(who: Visitor, run_id: str, pattern: str, *, written: Callable[[str, str], str]) -> Bulk | None:
    """Up to 50 open pairs of the cause, ten of them in full, spread over the whole; nothing if there are fewer than two."""
    found = store().queue(run_id, agency=who.scope, steward=who.name, limit=BULK_LIMIT, pattern=pattern)
    if len(found) < 2:
        return None
    step = max(1, len(found) // BULK_SAMPLES)
    samples = [
        view
        for pair in found[::step][:BULK_SAMPLES]
        if (view := view_pair(who, run_id, pair.pair_id, now=None, shown=False, written=written)) is not None
    ]
    return Bulk(pattern, found, samples, found[0].reason)


def judge_bulk(
    who: Visitor,
    run_id: str,
    pattern: str,
    pair_ids: Sequence[str],
    judgement: str,
    *,
    reason: str,
    request_id: str,
    now: dt.datetime,
) -> tuple[int, list[str]]:
    """Of the pairs that were previewed, those that are still open and of this cause are judged in one step.

    Returns how many, and the pairs that were left out because somebody judged them or their evidence changed.
    """
    chosen = list(dict.fromkeys(pair_ids))[:BULK_LIMIT]
    judged_pairs, left_out = [], []
    for number, pair_id in enumerate(chosen):
        view = view_pair(who, run_id, pair_id, now=None, shown=False)
        fits = view is not None and view.pair.pattern == pattern and view.pair.unsure_by is None
        if view is None or not fits or not (view.pair.is_open or _is_repeat(view, request_id)):
            left_out.append(pair_id)
            continue
        judged_pairs.append(
            _judgement_of(
                who,
                view,
                _secured(who, view, judgement),
                reason=reason,
                follows=view.follows,
                request_id=f"{request_id}-{number}",
                batch=request_id,
            )
        )
    answers = store().judge_together(
        judged_pairs,
        Act(now, who.name, who.role, f"judged_{judgement}_together", pattern, detail={"count": len(judged_pairs)}),
    )
    kept = 0
    for judged, answer in zip(judged_pairs, answers, strict=True):
        if isinstance(answer, Kept):
            kept += 1
        else:
            left_out.append(judged.pair_id)
    return kept, left_out


def _is_repeat(view: PairView, request_id: str) -> bool:
    return any(entry.batch_id == request_id for entry in view.log)


# -- persons and households ------------------------------------------------------------------------------------------------


def person_cards(who: Visitor, run_id: str, person_id: str) -> list[ReviewCard]:
    """The mentions of which a person is made, if one of them is of the visitor's agency."""
    return _if_own(who, store().cards(run_id, persons=[person_id]))


def household_cards(who: Visitor, run_id: str, household_id: str) -> list[ReviewCard]:
    """The mentions of a household's persons, if one of them is of the visitor's agency."""
    return _if_own(who, store().cards(run_id, households=[household_id]))


def _if_own(who: Visitor, cards: list[ReviewCard]) -> list[ReviewCard]:
    return cards if any(who.may_see(card.agency) for card in cards) else []


def split_out(
    who: Visitor, cards: Sequence[ReviewCard], mention_id: str, *, reason: str, request_id: str, now: dt.datetime
) -> list[Answer] | None:
    """The mention is judged different from every other record of its person, in one step.

    Nothing when all records bear the same number and name: then only a corrected number can part them.
    """
    chosen = next((card for card in cards if card.mention_id == mention_id), None)
    if chosen is None:
        return None
    others = {card.identity_key: card for card in cards if card.identity_key != chosen.identity_key}
    if not others:
        return None
    pairs = store()
    judged_pairs = []
    for number, (key, other) in enumerate(sorted(others.items())):
        pair_id = pair_id_of(chosen.identity_key, key)
        log = pairs.log(pair_id)
        judged_pairs.append(
            NewJudgement(
                pair_id=pair_id,
                identity_key_l=chosen.identity_key,
                identity_key_r=key,
                judgement="different",
                decided_by=who.name,
                request_id=f"{request_id}-{number}",
                follows=log[-1].id if log else 0,
                reason=reason,
                evidence={"left": _seen(chosen), "right": _seen(other)},
                run_id=chosen.run_id,
                batch_id=request_id,
            )
        )
    return pairs.judge_together(
        judged_pairs, Act(now, who.name, who.role, "split_out", chosen.person_id, detail={"count": len(judged_pairs)})
    )


# -- progress --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """How fast pairs are decided, and what that means for what is left."""

    today: int
    per_hour: int | None
    hours_left: float | None


def pace(who: Visitor, left: int, *, now: dt.datetime, day_began: dt.datetime) -> Pace:
    """From the judgements of the last week: those of today, the rate while working (pauses over five minutes left out)."""
    moments = store().pace(who.name, since=now - dt.timedelta(days=7))
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]
    working = [gap for gap in gaps if gap <= 300]
    per_hour = round(3600 * len(working) / sum(working)) if len(working) >= 5 and sum(working) > 0 else None
    return Pace(
        today=sum(moment >= day_began for moment in moments),
        per_hour=per_hour,
        hours_left=round(left / per_hour, 1) if per_hour else None,
    )


def new_request_id() -> str:
    """What makes a form's sending one request, however often it is sent."""
    return secrets.token_urlsafe(18)


def weights_of(pair: ReviewPair) -> dict[str, Any]:
    """The evidence's weight per field; empty for a pair without any."""
    return dict(json.loads(pair.evidence or "{}"))
