"""The registry's tables behind the stewards' console: people, sessions, the audit log, cards of mentions, cases."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from palayesh.adapters.models import Base


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is given back its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return in_utc(value)


def in_utc(value: dt.datetime | None) -> dt.datetime | None:
    """The moment with its zone; one that was read without is in UTC."""
    if value is None or value.tzinfo is not None:
        return value
    return value.replace(tzinfo=dt.UTC)


class Steward(Base):
    """A person who may sign in to the console, in one role."""

    __tablename__ = "stewards"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    """As colleagues see it: «زهرا احمدی»."""
    role: Mapped[str] = mapped_column(String(16))
    """``steward``, ``chief``, ``official`` or ``auditor``."""
    agency: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(255))
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_used: Mapped[int] = mapped_column(Integer, default=0)
    """The last time step whose code was taken: a code is good once."""
    is_active: Mapped[bool] = mapped_column(default=True)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)


class StewardSession(Base):
    """A signed-in browser. The token itself is only in its cookie."""

    __tablename__ = "steward_sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    steward: Mapped[str] = mapped_column(ForeignKey("stewards.name", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    seen_at: Mapped[dt.datetime] = mapped_column(Moment)
    revealed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Objects whose numbers are shown in this session, with the moment until which they are."""


class SignInAttempt(Base):
    """A try at a password, so that they can be limited."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_name", "name", "at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Moment)
    succeeded: Mapped[bool]


class AuditEntry(Base):
    """What somebody did or looked at. Append-only, and each entry seals the one before it."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_actor", "actor", "id"), Index("ix_audit_entries_object", "object"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(48))
    object: Mapped[str] = mapped_column(String(120))
    """An opaque id: of a pair, a case, a submission. Never a value of a person's data."""
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)


class ReviewCard(Base):
    """A mention as the console shows it, for the persons and families around the pairs of a run."""

    __tablename__ = "review_cards"
    __table_args__ = (
        Index("ix_review_cards_person", "run_id", "person_id"),
        Index("ix_review_cards_household", "run_id", "household_id"),
        Index("ix_review_cards_key", "run_id", "identity_key"),
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    mention_id: Mapped[str] = mapped_column(String(220), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    household_id: Mapped[str] = mapped_column(String(16))
    agency: Mapped[str] = mapped_column(String(64))
    identity_key: Mapped[str] = mapped_column(String(200))
    card: Mapped[dict[str, Any]]


class ReviewLock(Base):
    """A pair that somebody has on the screen. It only warns; the log decides."""

    __tablename__ = "review_locks"

    pair_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    locked_by: Mapped[str] = mapped_column(String(64))
    locked_until: Mapped[dt.datetime] = mapped_column(Moment, index=True)


class ReferencePair(Base):
    """A pair whose answer a chief is sure of: stewards are asked it now and then, to see how they agree."""

    __tablename__ = "reference_pairs"

    pair_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    """The run whose cards show it."""
    judgement: Mapped[str] = mapped_column(String(16))
    marked_by: Mapped[str] = mapped_column(String(64))
    marked_at: Mapped[dt.datetime] = mapped_column(Moment)


class ReviewCheck(Base):
    """A pair that was judged before and is asked of a steward as if it were new. The answer changes nothing of the month."""

    __tablename__ = "review_checks"
    __table_args__ = (
        Index("ix_review_checks_steward", "steward", "pair_id"),
        Index("ix_review_checks_place", "steward", "place", unique=True),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    steward: Mapped[str] = mapped_column(String(64))
    place: Mapped[int] = mapped_column(Integer)
    """After how many answers of his: by lot, and once."""
    run_id: Mapped[str] = mapped_column(String(16))
    pair_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    """``reference`` (a chief is sure of the answer) or ``repeat`` (somebody's judgement)."""
    expected: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    answer: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    request_id: Mapped[str | None] = mapped_column(String(64), unique=True)


class CaseEvent(Base):
    """What an agency did about a family covered twice or by nobody. Append-only; the case is what its events say."""

    __tablename__ = "case_events"
    __table_args__ = (
        Index("ix_case_events_case", "case_id", "follows", unique=True),
        Index("ix_case_events_request", "request_id", unique=True),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(16))
    """``overlap``, ``waiting`` or ``uncovered``."""
    month: Mapped[str] = mapped_column(String(7))
    agency: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(24))
    note: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Moment)
    follows: Mapped[int] = mapped_column(Integer)
    request_id: Mapped[str] = mapped_column(String(64))


class MonthOrder(Base):
    """A run of a month that was started from the console."""

    __tablename__ = "month_orders"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    ordered_by: Mapped[str] = mapped_column(String(64))
    ordered_at: Mapped[dt.datetime] = mapped_column(Moment)
    process: Mapped[int | None] = mapped_column(Integer)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    exit_code: Mapped[int | None] = mapped_column(Integer)
