"""Pairs that were judged before and are asked again, to see how stewards agree; and the reference pairs among them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from palayesh.adapters.audit_store import Act, append
from palayesh.adapters.console_models import ReferencePair, ReviewCheck
from palayesh.adapters.models import Judgement, ReviewPair
from palayesh.adapters.registry import Registry
from palayesh.adapters.review_store import of_agency
from palayesh.review.standing import DECISIVE

MOST_CANDIDATES = 50


@dataclass(frozen=True)
class Candidate:
    """A pair that may be asked again, with what was judged."""

    run_id: str
    pair_id: str
    kind: str
    expected: str


class CheckStore:
    """Checks of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def answered(self, steward: str) -> int:
        """How often the steward has answered: the place of his next question."""
        own = select(func.count()).where(Judgement.decided_by == steward, Judgement.withdraws.is_(None))
        checked = select(func.count()).where(ReviewCheck.steward == steward, ReviewCheck.answer.is_not(None))
        with self.registry.engine.connect() as connection:
            return int(connection.execute(own).scalar_one()) + int(connection.execute(checked).scalar_one())

    def is_asked(self, steward: str, place: int) -> bool:
        """Whether a check was asked at this place already: then it was passed over."""
        query = select(ReviewCheck.id).where(ReviewCheck.steward == steward, ReviewCheck.place == place)
        with self.registry.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def candidates(self, run_id: str, *, steward: str, agency: str | None, own_before: dt.datetime) -> list[Candidate]:
        """Reference pairs that this steward was not asked; without one, judgements of others, or his own from before ``own_before``."""
        asked = select(ReviewCheck.id).where(ReviewCheck.steward == steward, ReviewCheck.pair_id == ReviewPair.pair_id)
        reference = (
            select(ReferencePair.run_id, ReferencePair.pair_id, ReferencePair.judgement)
            .join(
                ReviewPair,
                and_(ReviewPair.run_id == ReferencePair.run_id, ReviewPair.pair_id == ReferencePair.pair_id),
            )
            .where(ReferencePair.marked_by != steward, ~asked.exists(), *of_agency(agency))
            .order_by(ReferencePair.pair_id)
            .limit(MOST_CANDIDATES)
        )
        later = aliased(Judgement)
        newest = ~select(later.id).where(later.pair_id == Judgement.pair_id, later.id > Judgement.id).exists()
        repeat = (
            select(ReviewPair.run_id, ReviewPair.pair_id, Judgement.judgement)
            .join(Judgement, Judgement.pair_id == ReviewPair.pair_id)
            .where(
                ReviewPair.run_id == run_id,
                ReviewPair.is_open.is_(False),
                Judgement.judgement.in_(DECISIVE),
                or_(Judgement.decided_by != steward, Judgement.decided_at < own_before),
                newest,
                ~asked.exists(),
                *of_agency(agency),
            )
            .order_by(ReviewPair.pair_id)
            .limit(MOST_CANDIDATES)
        )
        with self.registry.engine.connect() as connection:
            for kind, query in (("reference", reference), ("repeat", repeat)):
                found = [Candidate(row[0], row[1], kind, row[2]) for row in connection.execute(query)]
                if found:
                    return found
        return []

    def ask(self, steward: str, place: int, chosen: Candidate, *, now: dt.datetime) -> bool:
        """The pair is asked of the steward; false if another was at the same place."""
        values = {
            "steward": steward,
            "place": place,
            "run_id": chosen.run_id,
            "pair_id": chosen.pair_id,
            "kind": chosen.kind,
            "expected": chosen.expected,
            "asked_at": now,
        }
        try:
            with self.registry.writing.begin() as connection:
                connection.execute(insert(ReviewCheck).values(**values))
        except IntegrityError:
            return False
        return True

    def open_check(self, steward: str, pair_id: str) -> ReviewCheck | None:
        """The check that this pair is to the steward until he answers."""
        return self._first(ReviewCheck.steward == steward, ReviewCheck.pair_id == pair_id, ReviewCheck.answer.is_(None))

    def check(self, number: int, *, steward: str) -> ReviewCheck | None:
        """One check of the steward's own."""
        return self._first(ReviewCheck.id == number, ReviewCheck.steward == steward)

    def check_of_request(self, request_id: str, *, steward: str) -> ReviewCheck | None:
        """The check that this form answered already."""
        return self._first(ReviewCheck.request_id == request_id, ReviewCheck.steward == steward)

    def _first(self, *where: Any) -> ReviewCheck | None:
        query = select(*ReviewCheck.__table__.c).where(*where).order_by(ReviewCheck.id).limit(1)
        with self.registry.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return ReviewCheck(**row._mapping) if row else None

    def answer(self, number: int, answer: str, note: str, *, request_id: str, act: Act) -> None:
        """The check is answered, once, with its audit entry; a second answer changes nothing."""
        with self.registry.writing.begin() as connection:
            changed = connection.execute(
                update(ReviewCheck)
                .where(ReviewCheck.id == number, ReviewCheck.answer.is_(None))
                .values(answer=answer, note=note or None, answered_at=act.at, request_id=request_id)
            ).rowcount
            if changed:
                append(connection, act)

    def answers(self) -> list[ReviewCheck]:
        """Every answered check, the newest first."""
        query = select(*ReviewCheck.__table__.c).where(ReviewCheck.answer.is_not(None)).order_by(ReviewCheck.id.desc())
        with self.registry.engine.connect() as connection:
            return [ReviewCheck(**row._mapping) for row in connection.execute(query)]

    # -- reference pairs -----------------------------------------------------------------------------------------------

    def reference(self, pair_id: str) -> ReferencePair | None:
        """The pair, if a chief marked it."""
        query = select(*ReferencePair.__table__.c).where(ReferencePair.pair_id == pair_id)
        with self.registry.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return ReferencePair(**row._mapping) if row else None

    def reference_count(self) -> int:
        """How many pairs are marked."""
        with self.registry.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(ReferencePair)).scalar_one())

    def mark(self, values: dict[str, Any], act: Act) -> None:
        """The pair is a reference with this answer; an earlier mark is gone."""
        with self.registry.writing.begin() as connection:
            connection.execute(delete(ReferencePair).where(ReferencePair.pair_id == values["pair_id"]))
            connection.execute(insert(ReferencePair).values(**values))
            append(connection, act)

    def unmark(self, pair_id: str, act: Act) -> None:
        """The pair is a reference no longer."""
        with self.registry.writing.begin() as connection:
            if connection.execute(delete(ReferencePair).where(ReferencePair.pair_id == pair_id)).rowcount:
                append(connection, act)
