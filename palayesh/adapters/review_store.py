"""Clerical review in the registry: the queue, a pair with its cards, the log of judgements, and who looks at what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
from sqlalchemy import Connection, and_, delete, func, insert, literal, or_, select, tuple_, union, update
from sqlalchemy.exc import IntegrityError

from palayesh.adapters.audit_store import Act, append, follows_nothing
from palayesh.adapters.console_models import ReviewCard, ReviewLock, in_utc
from palayesh.adapters.models import Judgement, ReviewPair, Run
from palayesh.adapters.registry import Registry
from palayesh.review.standing import DECISIVE, connected, contradiction, in_force

LOCK_MINUTES = 3
_ASKED: WeakKeyDictionary[Registry, dict[str, list[tuple[str, str, str, str, int]]]] = WeakKeyDictionary()
"""By registry and run: agencies, pattern, a pair of it, how many pairs."""


@dataclass(frozen=True)
class Place:
    """Where a page of the queue ends: the next one begins after it."""

    priority: int
    pair_id: str

    def __str__(self) -> str:
        return f"{self.priority}.{self.pair_id}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The place, or nothing if the text is none."""
        priority, _, pair_id = text.partition(".")
        return (
            cls(int(priority), pair_id) if priority.isascii() and priority.isdecimal() and pair_id.isalnum() else None
        )


@dataclass(frozen=True)
class NewJudgement:
    """A judgement that somebody sends: on what he saw (``follows`` is the last entry he knew of, 0 if none)."""

    pair_id: str
    identity_key_l: str
    identity_key_r: str
    judgement: str
    decided_by: str
    request_id: str
    follows: int
    reason: str | None = None
    evidence: dict[str, Any] | None = None
    evidence_sha256: str = ""
    run_id: str | None = None
    batch_id: str | None = None
    withdraws: int | None = None


@dataclass(frozen=True)
class Kept:
    """The judgement is in the log, committed; ``repeated`` when it had been before (the same request came twice)."""

    entry: Judgement
    repeated: bool = False


@dataclass(frozen=True)
class Overtaken:
    """Somebody else judged since the page was opened: nothing was kept."""

    entry: Judgement


@dataclass(frozen=True)
class Contradicts:
    """The judgement cannot stand beside this one: nothing was kept."""

    entry: Judgement


Answer = Kept | Overtaken | Contradicts


class ReviewStore:
    """Reading and deciding the pairs of one registry. ``agency`` narrows every question to pairs it takes part in."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    # -- the queue ---------------------------------------------------------------------------------------------------

    def queue(
        self,
        run_id: str,
        *,
        agency: str | None,
        steward: str,
        after: Place | None = None,
        limit: int = 25,
        pattern: str = "",
    ) -> list[ReviewPair]:
        """Open pairs for this steward, the weightiest first; those he was unsure of are for somebody else."""
        where = [ReviewPair.pattern == pattern] if pattern else []
        if after is not None:
            where.append(_after(after))
        with self.registry.engine.connect() as connection:
            rows = connection.execute(_in_order(run_id, agency, steward, where, limit=limit))
            return [ReviewPair(**row._mapping) for row in rows]

    def next_pair(
        self, run_id: str, *, agency: str | None, steward: str, now: dt.datetime, after: Place | None = None
    ) -> str | None:
        """The pair to look at next: the first after ``after`` that nobody else has on the screen, else from the start."""
        busy = select(ReviewLock.pair_id).where(
            ReviewLock.pair_id == ReviewPair.pair_id, ReviewLock.locked_by != steward, ReviewLock.locked_until > now
        )
        with self.registry.engine.connect() as connection:
            for where in ([_after(after)], [ReviewPair.pair_id != after.pair_id]) if after is not None else ([],):
                query = _in_order(run_id, agency, steward, [~busy.exists(), *where], limit=1)
                found = connection.execute(query).first()
                if found is not None:
                    return str(found.pair_id)
        return None

    def counts(self, run_id: str, *, agency: str | None, steward: str) -> dict[str, int]:
        """``open`` for this steward, ``unsure`` ones among them, and ``decided`` of the run."""
        asked = sum(count for *_, count in self._asked(run_id, agency))
        with self.registry.engine.connect() as connection:
            unsure = connection.execute(
                # A judgement clears whoever was unsure, so that these are open without asking.
                select(ReviewPair.unsure_by).where(
                    ReviewPair.run_id == run_id, ReviewPair.unsure_by.is_not(None), *of_agency(agency)
                )
            ).scalars()
            by_me = [f"|{steward}|" in str(names) for names in unsure]
            decided = connection.execute(select(func.count()).where(*_decided(run_id, agency))).scalar_one()
        return {
            "open": asked - int(decided) - sum(by_me),
            "unsure": len(by_me) - sum(by_me),
            "decided": int(decided),
        }

    def _asked(self, run_id: str, agency: str | None) -> list[tuple[str, str, int]]:
        """What the run asks, decided or not: pattern, a pair of it, how many, for each two agencies.

        A finished run asks no other pairs any more, so that they are counted once, and later only what is decided.
        """
        known = _ASKED.setdefault(self.registry, {})
        if run_id not in known:
            two = (ReviewPair.agency_l, ReviewPair.agency_r, ReviewPair.pattern)
            query = select(*two, func.min(ReviewPair.pair_id), func.count()).where(ReviewPair.run_id == run_id)
            with self.registry.engine.connect() as connection:
                state = connection.execute(select(Run.state).where(Run.id == run_id)).scalar_one_or_none()
                rows = connection.execute(query.group_by(*two)).all()
            found = [(str(left), str(right), str(pattern), str(one), int(n)) for left, right, pattern, one, n in rows]
            if state != "finished":
                return _narrowed(found, agency)
            known[run_id] = found
        return _narrowed(known[run_id], agency)

    def open_pairs(self, run_id: str) -> pd.DataFrame:
        """Every open pair of the run: ``kind``, ``since_month``, ``match_probability``."""
        columns = [ReviewPair.kind, ReviewPair.since_month, ReviewPair.match_probability]
        query = (
            select(*columns)
            .where(ReviewPair.run_id == run_id, ReviewPair.is_open.is_(True))
            .order_by(ReviewPair.pair_id)
        )
        with self.registry.engine.connect() as connection:
            rows = connection.execute(query).all()
        return pd.DataFrame(rows, columns=[column.key for column in columns])

    def sampled(self) -> set[str]:
        """The pairs that any run joined by itself and that were asked by lot."""
        query = select(ReviewPair.pair_id).where(ReviewPair.kind == "sampled")
        with self.registry.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def patterns(self, run_id: str, *, agency: str | None, limit: int = 12) -> list[tuple[str, ReviewPair, int]]:
        """Causes that several open pairs share: pattern, a pair of it, how many; the commonest first."""
        left: dict[str, int] = {}
        like: dict[str, str] = {}
        for pattern, pair_id, count in self._asked(run_id, agency):
            left[pattern] = left.get(pattern, 0) + count
            like.setdefault(pattern, pair_id)
        decided = select(ReviewPair.pattern, func.count()).where(*_decided(run_id, agency)).group_by(ReviewPair.pattern)
        with self.registry.engine.connect() as connection:
            for pattern, count in connection.execute(decided):
                left[pattern] -= int(count)
            several = [(-count, pattern) for pattern, count in left.items() if count > 1 and pattern]
            chosen = [(pattern, -count) for count, pattern in sorted(several)[:limit]]
            ids = [like[pattern] for pattern, _ in chosen]
            query = select(*ReviewPair.__table__.c).where(ReviewPair.run_id == run_id, ReviewPair.pair_id.in_(ids))
            pairs = {row.pattern: ReviewPair(**row._mapping) for row in connection.execute(query)} if ids else {}
        return [(pattern, pairs[pattern], count) for pattern, count in chosen]

    def first_months(self, run_id: str | None) -> pd.DataFrame:
        """Of each pair of the run, the month since which it is asked."""
        if run_id is None:
            return pd.DataFrame({"pair_id": [], "since_month": []}, dtype="str")
        query = select(ReviewPair.pair_id, ReviewPair.since_month).where(ReviewPair.run_id == run_id)
        with self.registry.engine.connect() as connection:
            return pd.read_sql(query.order_by(ReviewPair.pair_id), connection).astype("str")

    # -- one pair ----------------------------------------------------------------------------------------------------

    def pair(self, run_id: str, pair_id: str, *, agency: str | None) -> ReviewPair | None:
        """The pair, if it is in the run and this agency takes part in it."""
        query = select(*ReviewPair.__table__.c).where(
            ReviewPair.run_id == run_id, ReviewPair.pair_id == pair_id, *of_agency(agency)
        )
        with self.registry.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return ReviewPair(**row._mapping) if row else None

    def cards(
        self,
        run_id: str,
        *,
        mentions: Iterable[str] = (),
        persons: Iterable[str] = (),
        households: Iterable[str] = (),
        keys: Iterable[str] = (),
    ) -> list[ReviewCard]:
        """Cards of the named mentions, persons, households or identity keys, in the order of their ids."""
        named = [
            column.in_(list(ids))
            for column, ids in (
                (ReviewCard.mention_id, mentions),
                (ReviewCard.person_id, persons),
                (ReviewCard.household_id, households),
                (ReviewCard.identity_key, keys),
            )
            if ids
        ]
        if not named:
            return []
        query = (
            select(*ReviewCard.__table__.c)
            .where(ReviewCard.run_id == run_id, or_(*named))
            .order_by(ReviewCard.household_id, ReviewCard.person_id, ReviewCard.mention_id)
        )
        with self.registry.engine.connect() as connection:
            return [ReviewCard(**row._mapping) for row in connection.execute(query)]

    # -- the log -----------------------------------------------------------------------------------------------------

    def log(self, pair_id: str) -> list[Judgement]:
        """Every entry on the pair, oldest first."""
        with self.registry.engine.connect() as connection:
            return _log(connection, Judgement.pair_id == pair_id)

    def entry(self, number: int) -> Judgement | None:
        """One entry of the log."""
        with self.registry.engine.connect() as connection:
            return next(iter(_log(connection, Judgement.id == number)), None)

    def entries_of(self, steward: str | None, *, before: int | None = None, limit: int = 50) -> list[Judgement]:
        """The newest entries first, of one steward or of all."""
        query = select(*Judgement.__table__.c).where(Judgement.pair_id.is_not(None)).order_by(Judgement.id.desc())
        if steward is not None:
            query = query.where(Judgement.decided_by == steward)
        if before is not None:
            query = query.where(Judgement.id < before)
        with self.registry.engine.connect() as connection:
            return [_judgement(row) for row in connection.execute(query.limit(limit))]

    def batch(self, batch_id: str) -> list[Judgement]:
        """What was decided together."""
        with self.registry.engine.connect() as connection:
            return _log(connection, Judgement.batch_id == batch_id)

    def pace(self, steward: str | None, *, since: dt.datetime) -> list[dt.datetime]:
        """The moments of judgements since then, of one steward or of all."""
        query = select(Judgement.decided_at).where(Judgement.decided_at >= since, Judgement.withdraws.is_(None))
        if steward is not None:
            query = query.where(Judgement.decided_by == steward)
        with self.registry.engine.connect() as connection:
            moments = connection.execute(query.order_by(Judgement.decided_at.desc()).limit(500)).scalars()
            return sorted(moment for moment in map(in_utc, moments) if moment is not None)

    def tied(self, keys: set[str]) -> set[str]:
        """The other keys that judgements of sameness tie to these."""
        with self.registry.engine.connect() as connection:
            around = _judgements_around(connection, keys)
        same = [(entry.identity_key_l, entry.identity_key_r) for entry in around if entry.judgement == "same"]
        return set().union(*(connected(key, same) for key in keys)) - keys

    def judge(self, new: NewJudgement, act: Act) -> Answer:
        """The judgement and its audit entry are kept, committed, and the pair leaves the queue; or nothing is.

        Of two judgements on what was seen as one and the same, one is kept and the other is told of it. The same request
        sent twice is one judgement.
        """
        return self.judge_together([new], act)[0]

    def judge_together(self, judgements: Sequence[NewJudgement], act: Act) -> list[Answer]:
        """Each judgement as in `judge`, in one transaction: those that were overtaken are left out, the others kept."""
        for _ in range(3):
            try:
                with self.registry.writing.begin() as connection:
                    answers = [self._judge(connection, new, act.at) for new in judgements]
                    kept = [a.entry for a in answers if isinstance(a, Kept) and not a.repeated]
                    if kept:
                        detail = {**(act.detail or {}), "judgements": [entry.id for entry in kept]}
                        append(connection, Act(act.at, act.actor, act.role, act.action, act.object, act.reason, detail))
                    return answers
            except IntegrityError:
                # Another process took the same step in the log between our look and our entry: look again.
                continue
        raise RuntimeError("the log of judgements could not be extended")

    def _judge(self, connection: Connection, new: NewJudgement, now: dt.datetime) -> Answer:
        before = _log(connection, Judgement.request_id == new.request_id)
        if before:
            return Kept(before[0], repeated=True)
        log = _log(connection, Judgement.pair_id == new.pair_id)
        last = log[-1] if log else None
        if (last.id if last else 0) != new.follows:
            if last is None:
                raise follows_nothing()
            return Overtaken(last)
        against = self._contradiction(connection, new)
        if against is not None:
            return Contradicts(against)
        number = connection.execute(
            insert(Judgement)
            .values(
                decided_at=now,
                decided_by=new.decided_by,
                judgement=new.judgement,
                identity_key_l=new.identity_key_l,
                identity_key_r=new.identity_key_r,
                reason=new.reason or None,
                evidence=new.evidence,
                pair_id=new.pair_id,
                follows=new.follows,
                withdraws=new.withdraws,
                request_id=new.request_id,
                batch_id=new.batch_id,
                evidence_sha256=new.evidence_sha256,
                run_id=new.run_id,
            )
            .returning(Judgement.id)
        ).scalar_one()
        entry = _log(connection, Judgement.id == number)[0]
        _settle_pair(connection, new.pair_id, [*log, entry])
        connection.execute(delete(ReviewLock).where(ReviewLock.pair_id == new.pair_id))
        return Kept(entry)

    def _contradiction(self, connection: Connection, new: NewJudgement) -> Judgement | None:
        if new.judgement not in DECISIVE:
            return None
        around = _judgements_around(connection, {new.identity_key_l, new.identity_key_r})
        others = [entry for entry in around if entry.pair_id != new.pair_id]
        ends = {
            judgement: [(e.identity_key_l, e.identity_key_r) for e in others if e.judgement == judgement]
            for judgement in DECISIVE
        }
        found = contradiction(new.judgement, new.identity_key_l, new.identity_key_r, ends["same"], ends["different"])
        return next((e for e in others if (e.identity_key_l, e.identity_key_r) == found), None)

    def settle(self, run_id: str) -> None:
        """The run's pairs are open or not as the log says."""
        judged = (
            select(ReviewPair.pair_id)
            .join(Judgement, Judgement.pair_id == ReviewPair.pair_id)
            .where(ReviewPair.run_id == run_id)
            .distinct()
        )
        with self.registry.writing.begin() as connection:
            for pair_id in list(connection.execute(judged).scalars()):
                _settle_pair(connection, pair_id, _log(connection, Judgement.pair_id == pair_id))

    # -- who looks at what ---------------------------------------------------------------------------------------------

    def look_at(self, pair_id: str, *, steward: str, now: dt.datetime) -> ReviewLock | None:
        """This steward has the pair on the screen; or somebody else has, who is returned."""
        until = now + dt.timedelta(minutes=LOCK_MINUTES)
        with self.registry.writing.begin() as connection:
            held = connection.execute(
                select(*ReviewLock.__table__.c).where(ReviewLock.pair_id == pair_id)
            ).one_or_none()
            if held is not None and held.locked_by != steward and held.locked_until > now:
                return ReviewLock(**held._mapping)
            values = {"locked_by": steward, "locked_until": until}
            if held is not None:
                connection.execute(update(ReviewLock).where(ReviewLock.pair_id == pair_id).values(**values))
            else:
                # Two may look at once: the second insert is then dropped, because a lock only warns.
                dialect = connection.dialect.name
                if dialect == "postgresql":
                    from sqlalchemy.dialects.postgresql import insert as insert_once
                else:
                    from sqlalchemy.dialects.sqlite import insert as insert_once  # type: ignore[assignment]
                connection.execute(insert_once(ReviewLock).values(pair_id=pair_id, **values).on_conflict_do_nothing())
        return None


def _open_for(run_id: str, steward: str) -> list[Any]:
    mine = ReviewPair.unsure_by.like(f"%|{steward}|%")
    return [
        ReviewPair.run_id == run_id,
        ReviewPair.is_open.is_(True),
        or_(ReviewPair.unsure_by.is_(None), ~mine),
    ]


def _in_order(run_id: str, agency: str | None, steward: str, where: Sequence[Any], *, limit: int) -> Any:
    """The first open pairs that fit, the weightiest first; an agency's from one end of each of its two indexes."""
    weightiest = (ReviewPair.priority.desc(), ReviewPair.pair_id.desc())
    sides = [[]] if agency is None else [[ReviewPair.agency_l == agency], [ReviewPair.agency_r == agency]]
    parts = [
        select(*ReviewPair.__table__.c)
        .where(*_open_for(run_id, steward), *side, *where)
        .order_by(*weightiest)
        .limit(limit)
        for side in sides
    ]
    if len(parts) == 1:
        return parts[0]
    # A pair within one agency stands on both sides.
    both = union(*(select(part.subquery()) for part in parts)).subquery()
    return select(both).order_by(both.c.priority.desc(), both.c.pair_id.desc()).limit(limit)


def _decided(run_id: str, agency: str | None) -> list[Any]:
    return [ReviewPair.run_id == run_id, ReviewPair.is_open.is_(False), *of_agency(agency)]


def _narrowed(asked: list[tuple[str, str, str, str, int]], agency: str | None) -> list[tuple[str, str, int]]:
    return [(pattern, one, n) for left, right, pattern, one, n in asked if agency in (None, left, right)]


def of_agency(agency: str | None) -> list[Any]:
    """The condition that a pair is the agency's; none for who sees every agency's."""
    return [] if agency is None else [or_(ReviewPair.agency_l == agency, ReviewPair.agency_r == agency)]


def _after(place: Place) -> Any:
    return tuple_(ReviewPair.priority, ReviewPair.pair_id) < tuple_(literal(place.priority), literal(place.pair_id))


def _log(connection: Connection, where: Any) -> list[Judgement]:
    query = select(*Judgement.__table__.c).where(where).order_by(Judgement.id)
    return [_judgement(row) for row in connection.execute(query)]


def _judgement(row: Any) -> Judgement:
    values = dict(row._mapping)
    values["decided_at"] = in_utc(values["decided_at"])
    return Judgement(**values)


def _settle_pair(connection: Connection, pair_id: str, log: Sequence[Judgement]) -> None:
    """The pair, in every run that asks it, is as its log says: open until judged, on the evidence it has in that run."""
    holding = in_force(log)
    last = holding[-1] if holding else None
    judged = last is not None and last.judgement in DECISIVE
    judgements = [number for number, entry in enumerate(holding, start=1) if entry.judgement in DECISIVE]
    unsure = [entry.decided_by for entry in holding[max(judgements, default=0) :]]
    doubted_by = f"|{'|'.join(dict.fromkeys(unsure))}|" if unsure else None
    connection.execute(
        update(ReviewPair).where(ReviewPair.pair_id == pair_id).values(is_open=not judged, unsure_by=doubted_by)
    )
    if judged and last is not None and last.evidence_sha256:
        other = and_(ReviewPair.evidence_sha256 != "", ReviewPair.evidence_sha256 != last.evidence_sha256)
        connection.execute(
            update(ReviewPair)
            .where(ReviewPair.pair_id == pair_id, ReviewPair.kind == "changed", other)
            .values(is_open=True)
        )


def _judgements_around(connection: Connection, keys: set[str]) -> list[Judgement]:
    """The judgements that stand on these keys and on those that judgements of sameness tie to them."""
    known: set[str] = set()
    found: dict[str | None, Judgement] = {}
    waiting = set(keys)
    while waiting:
        known |= waiting
        near = _log(connection, or_(Judgement.identity_key_l.in_(waiting), Judgement.identity_key_r.in_(waiting)))
        for entry in near:
            pair = " ".join(sorted((entry.identity_key_l, entry.identity_key_r)))
            if pair not in found or found[pair].id < entry.id:
                found[pair] = entry
        tied = {key for e in found.values() if e.judgement == "same" for key in (e.identity_key_l, e.identity_key_r)}
        waiting = tied - known
    return [entry for entry in found.values() if entry.judgement in DECISIVE]
