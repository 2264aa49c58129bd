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
    correction_position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The last entry of ``corrections`` that the validation of this submission knew; 0 before any."""


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
    """A steward's judgement on a pair. The log is append-only: an undo is a new entry, and the database refuses changes."""

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
    """``same``, ``different``, ``unsure``, ``proposed`` (the same, if a second person agrees) or ``withdrawn``."""
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


class Correction(Base):
    """A steward's decision on one record of one list. The log is append-only: an undo is a new entry.

    Kept beside the raw text, by the record's own key and the raw text of the cell, so that it outlives the file.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_list", "list_key", "month"),
        Index("ix_corrections_group", "group_id"),
        Index("ix_corrections_action", "action", "list_key"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    group_id: Mapped[str] = mapped_column(String(32))
    """One decision of one person; a mend of a whole group has many entries and is undone as one."""
    decided_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(16))
    """``correct``, ``accept``, ``send_back``, ``answered`` (ends a sending back), ``undo``, or ``propose``: a correction of many
    records that waits for a second person."""
    list_key: Mapped[str] = mapped_column(String(128))
    month: Mapped[str] = mapped_column(String(7))
    """The first month it holds for; it holds for later ones as well."""
    record_key: Mapped[str] = mapped_column(String(32))
    """Digest of the record's own key in the list, or, without one, of what else the record says."""
    mended_key: Mapped[str | None] = mapped_column(String(32))
    """The record's key once the correction is in it: where the agency mends a cell of the key itself."""
    record_id: Mapped[str] = mapped_column(String(200))
    """Where the record stood when it was decided on."""
    column: Mapped[str | None] = mapped_column(String(64))
    old_raw: Mapped[str | None] = mapped_column(Text)
    new_raw: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(String(64))
    """The rule that is accepted or sent back."""
    evidence: Mapped[str | None] = mapped_column(String(32))
    """Digest of the cells that the rule looked at: if they change, an acceptance is asked again. Of a proposal: the record's version."""
    mend: Mapped[str | None] = mapped_column(String(32))
    """How the value was found: ``typed``, ``workbook`` or the mend of a group."""
    reason: Mapped[str | None] = mapped_column(Text)
    undoes: Mapped[int | None] = mapped_column(Integer)
    """The entry that an ``undo`` takes back."""
    confirms: Mapped[str | None] = mapped_column(String(32))
    """The proposal (its ``group_id``) that a second person confirms by this entry."""


class ConfirmedHeading(Base):
    """A heading that a person has told the meaning of, for one agency's list from one month on. Append-only."""

    __tablename__ = "confirmed_headings"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    decided_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str] = mapped_column(String(64))
    list_key: Mapped[str] = mapped_column(String(128), index=True)
    from_month: Mapped[str] = mapped_column(String(7))
    heading: Mapped[str] = mapped_column(String(120))
    """As the agency typed it."""
    column: Mapped[str | None] = mapped_column(String(64))
    """Our column, or nothing: a heading that is known and not read."""
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)


class ReviewPair(Base):
    """Two mentions that may be one person, with the evidence; waits for a steward."""

    __tablename__ = "review_pairs"
    __table_args__ = (
        # The queue is read from the index alone: open pairs of a run by effect, narrowed to an agency.
        Index("ix_review_pairs_queue", "run_id", "is_open", "priority", "pair_id", "agency_l", "agency_r"),
        Index("ix_review_pairs_left", "run_id", "agency_l", "is_open", "priority", "pair_id"),
        Index("ix_review_pairs_right", "run_id", "agency_r", "is_open", "priority", "pair_id"),
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


class Preparation(Base):
    """Who started a run or took it up: none of them may release it."""

    __tablename__ = "preparations"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    prepared_by: Mapped[str] = mapped_column(String(64), primary_key=True)


class Release(Base):
    """A run that a second person has signed off: what it was when they did, and who."""

    __tablename__ = "releases"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    released_by: Mapped[str] = mapped_column(String(64))
    released_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    checks: Mapped[list[dict[str, Any]]]
    """The checks as they were shown: key, passed, counts."""


class LetterBody(Base):
    """The words of a letter as they were signed off, by their SHA-256; what is sent is this and nothing newer."""

    __tablename__ = "letters"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)


class OutboxMessage(Base):
    """One message to one recipient. The address is looked up in ``delivery.yml`` when it is sent, and kept nowhere."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        UniqueConstraint("kind", "month", "revision", "subject_key", "recipient"),
        Index("ix_outbox_messages_state", "state", "next_attempt_at"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Follows from kind, month, revision, subject and recipient, so that the same message is queued once."""
    kind: Mapped[str] = mapped_column(String(16))
    """``report``, ``due``, ``late`` or ``notice``."""
    month: Mapped[str] = mapped_column(String(7), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    """0 where the message belongs to no revision."""
    subject_key: Mapped[str] = mapped_column(String(128))
    """The report, the list, or a digest of what waits."""
    recipient: Mapped[str] = mapped_column(String(40))
    agency: Mapped[str | None] = mapped_column(String(64))
    """Whose matter it is; sent only to a recipient of that agency."""
    lang: Mapped[str] = mapped_column(String(2))
    message_id: Mapped[str] = mapped_column(String(255))
    letter_sha256: Mapped[str] = mapped_column(ForeignKey("letters.sha256"))
    attachment: Mapped[str | None] = mapped_column(String(255))
    """Under the reports folder of the installation."""
    attachment_sha256: Mapped[str | None] = mapped_column(String(64))
    is_encrypted: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    """Number of the attempt: a sender that lost the message to another can write nothing more about it."""
    deferral_count: Mapped[int] = mapped_column(Integer, default=0)
    queued_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    next_attempt_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    transmitting_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    """Set before DATA: from here on a lost connection or a dead sender leaves the message ``uncertain``."""
    reason: Mapped[str | None] = mapped_column(String(64))


class OutboxEvent(Base):
    """The ledger of the outbox, append-only: what happened to a message, when, and who decided it."""

    __tablename__ = "outbox_events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("outbox_messages.id"), index=True)
    happened_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str | None] = mapped_column(String(64))
    """A person's sign-in name; absent where the programme acted."""
    reason: Mapped[str | None] = mapped_column(String(64))
