"""The registry's tables. Large tables of a submission or a run are kept whole, as Parquet, in ``frames``.

What people look up one by one (submissions, findings on records, pairs for review, judgements, figures, the run ledger)
has rows of its own; what stages hand on as whole tables is one value, so that a submission or a step is one transaction
(see docs/decisions/0002).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the registry."""

    type_annotation_map: ClassVar = {dict[str, Any]: JSON, list[dict[str, Any]]: JSON, list[str]: JSON}


class Submission(Base):
    """A file that an agency sent for one month, and what became of it."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("agency", "month", "sha256"), Index("ix_submissions_month", "month", "list_key"))

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    agency: Mapped[str] = mapped_column(String(64))
    list_key: Mapped[str | None] = mapped_column(String(128))
    month: Mapped[str] = mapped_column(String(7))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    """Order of arrival inside the month, from 1."""
    received_on: Mapped[dt.date] = mapped_column(Date)
    format: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    """``read``, ``validated``, ``held`` (a question is open), ``refused``, ``superseded``, ``equivalent``, ``empty``."""
    reason: Mapped[dict[str, Any] | None]
    """Why it is held or refused: code and sentence in both languages."""
    confirmed: Mapped[list[str] | None]
    """Codes of rules about the whole list that a person has confirmed for this submission."""
    supersedes: Mapped[str | None] = mapped_column(String(16))
    difference: Mapped[dict[str, Any] | None]
    """Against what it supersedes: added, removed, changed records."""
    received_count: Mapped[int] = mapped_column(Integer, default=0)
    accepted_count: Mapped[int] = mapped_column(Integer, default=0)
    set_aside_count: Mapped[int] = mapped_column(Integer, default=0)
    repaired_count: Mapped[int] = mapped_column(Integer, default=0)
    account: Mapped[dict[str, Any] | None]
    """How every line of the sheet was read: record, heading, title, blank, total, repeated heading."""


class Frame(Base):
    """A whole table of a submission or a run, as Parquet bytes."""

    __tablename__ = "frames"

    owner: Mapped[str] = mapped_column(String(48), primary_key=True)
    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    row_count: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RecordFinding(Base):
    """One rule that one record failed: where, which rule, how grave. No value a person typed."""

    __tablename__ = "record_findings"
    __table_args__ = (Index("ix_record_findings_code", "submission_id", "code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    record_id: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[str | None] = mapped_column(String(64))
    row: Mapped[int | None] = mapped_column(Integer)
    member: Mapped[str | None] = mapped_column(String(32))
    column: Mapped[str | None] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(24))
    sentence_fa: Mapped[str] = mapped_column(Text)
    sentence_en: Mapped[str] = mapped_column(Text)
    mend_fa: Mapped[str | None] = mapped_column(Text)
    mend_en: Mapped[str | None] = mapped_column(Text)


class RuleResult(Base):
    """How often one rule of a suite was checked and failed on one submission; the trend is read from here."""

    __tablename__ = "rule_results"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    severity: Mapped[str] = mapped_column(String(24))
    checked: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)
    ran: Mapped[bool]


class Run(Base):
    """One computation of one month: revision *n*, from exactly these inputs."""

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("month", "revision"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    rules_sha256: Mapped[str] = mapped_column(String(64))
    judgement_position: Mapped[int] = mapped_column(Integer)
    code_version: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    """``running`` or ``finished``. A killed run stays ``running`` and is taken up again."""
    issued_on: Mapped[dt.date] = mapped_column(Date)


class RunStep(Base):
    """A step of a run that is done, with what it counted; written in the transaction that holds its results."""

    __tablename__ = "run_steps"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(32), primary_key=True)
    counts: Mapped[dict[str, Any]]


class Judgement(Base):
    """A steward's ruling on a pair. The log is append-only: an undo is a new entry, and the database refuses changes."""

    __tablename__ = "judgements"
    __table_args__ = (
        Index("ix_judgements_pair", "pair_id", "follows", unique=True),
        Index("ix_judgements_request", "request_id", unique=True),
        Index("ix_judgements_batch", "batch_id"),
        Index("ix_judgements_key_l", "identity_key_l"),
        Index("ix_judgements_key_r", "identity_key_r"),
        Index("ix_judgements_by", "decided_by", "id"),
        Index("ix_judgements_at", "decided_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    decided_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str] = mapped_column(String(64))
    judgement: Mapped[str] = mapped_column(String(16))
    """``same``, ``different``, ``unsure`` or ``withdrawn``."""
    identity_key_l: Mapped[str] = mapped_column(String(200))
    identity_key_r: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None]
    """What the steward saw: both sides' fields, and the weights."""
    pair_id: Mapped[str | None] = mapped_column(String(40))
    follows: Mapped[int | None] = mapped_column(Integer)
    """The entry on the same pair that it answers, 0 for the first: two answers to one entry cannot both be kept."""
    withdraws: Mapped[int | None] = mapped_column(Integer)
    """The entry that this one undoes; ``judgement`` is then what holds again, ``withdrawn`` if nothing does."""
    request_id: Mapped[str | None] = mapped_column(String(64))
    """Of the form that was sent: a second press of the same key is the same entry."""
    batch_id: Mapped[str | None] = mapped_column(String(64))
    """What was decided together, in one bulk step or one split, is undone together."""
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    run_id: Mapped[str | None] = mapped_column(String(16))


class ReviewPair(Base):
    """Two mentions that may be one person, with the evidence; waits for a steward."""

    __tablename__ = "review_pairs"
    __table_args__ = (
        # The queue is read from the index alone: open pairs of a run by effect, narrowed to an agency.
        Index("ix_review_pairs_queue", "run_id", "is_open", "priority", "pair_id", "agency_l", "agency_r"),
        Index("ix_review_pairs_pair", "pair_id"),
        Index("ix_review_pairs_pattern", "run_id", "is_open", "pattern", "agency_l", "agency_r"),
        Index(
            "ix_review_pairs_unsure",
            "run_id",
            sqlite_where=text("unsure_by is not null"),
            postgresql_where=text("unsure_by is not null"),
        ),
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    pair_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    mention_id_l: Mapped[str] = mapped_column(String(220))
    mention_id_r: Mapped[str] = mapped_column(String(220))
    identity_key_l: Mapped[str] = mapped_column(String(200))
    identity_key_r: Mapped[str] = mapped_column(String(200))
    """By these a judgement outlives the month."""
    person_id_l: Mapped[str] = mapped_column(String(16))
    person_id_r: Mapped[str] = mapped_column(String(16))
    match_probability: Mapped[float] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    agency_l: Mapped[str] = mapped_column(String(64), server_default="")
    agency_r: Mapped[str] = mapped_column(String(64), server_default="")
    effect: Mapped[int] = mapped_column(Integer, server_default="0")
    """Persons in the households of both sides: whom the answer touches."""
    since_month: Mapped[str] = mapped_column(String(7), server_default="")
    """The first month in which the pair was asked."""
    priority: Mapped[int] = mapped_column(Integer, server_default="0")
    """Effect × months of waiting: the queue's order."""
    pattern: Mapped[str] = mapped_column(String(40), server_default="")
    """Pairs of one pattern have the same evidence, field by field."""
    evidence_sha256: Mapped[str] = mapped_column(String(64), server_default="")
    is_open: Mapped[bool] = mapped_column(Boolean, server_default=true())
    """Derived from the log of judgements, so that the queue need not read it."""
    unsure_by: Mapped[str | None] = mapped_column(Text)
    """Who said unsure, between bars («|a|b|»): the pair goes to somebody else."""


class Figure(Base):
    """A headline figure of a run, or one of its parts."""

    __tablename__ = "figures"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float | None] = mapped_column(Float)
    unit: Mapped[str] = mapped_column(String(16))


class Report(Base):
    """A rendered file of a run: which one, and the SHA-256 of its bytes."""

    __tablename__ = "reports"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    lang: Mapped[str] = mapped_column(String(2), primary_key=True)
    format: Mapped[str] = mapped_column(String(8), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(String(255))
    """Under the reports folder of the installation."""
