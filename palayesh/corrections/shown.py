"""What a steward is shown: a decision, a preview, a record in its context, a question."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Decision:
    """What was written, and what the lists look like now."""

    group_id: str
    """By this the whole decision is shown and undone."""
    correction_ids: tuple[int, ...]
    is_validated: bool
    """Whether the lists were validated again at once; otherwise the next run does."""
    received: int
    accepted: int
    set_aside: int
    is_proposed: bool = False
    """Whether it waits for a second person, and has changed nothing yet."""


@dataclass(frozen=True)
class Proposal:
    """A mend of many records that one person wants, and that waits for a second."""

    group_id: str
    list_key: str
    month: str
    mend: str
    count: int
    proposed_by: str
    proposed_at: dt.datetime
    reason: str
    record_ids: frozenset[str]


@dataclass(frozen=True)
class MendSample:
    """One cell before and after a mend."""

    record_id: str
    sheet: str
    row: int
    column: str
    before: str
    after: str
    status_before: str
    status_after: str


@dataclass(frozen=True)
class MendPreview:
    """What a mend would do to the records of a cause."""

    cause_id: str
    mend: str
    value: str | None
    count: int
    """Records that it would change."""
    left_count: int
    """Records of the cause that it cannot mend; they are left as they are."""
    samples: tuple[MendSample, ...]
    token: str
    """Names exactly these records in exactly these versions; ``apply_mend`` asks for it."""


@dataclass(frozen=True)
class CellInContext:
    """One cell of a record: as sent, as read, and a month before."""

    column: str
    heading: str
    place: str | None
    """Letters of the column in the sheet, where the reading kept them."""
    raw: str | None
    corrected: str | None
    """The text that a correction put beside it; nothing where none stands."""
    value: str | None
    status: str
    last_month: str | None


@dataclass(frozen=True)
class FailureInContext:
    """One rule that the record failed."""

    code: str
    severity: str
    column: str | None
    kind: str
    cause_id: str
    state: str
    sentence_fa: str
    sentence_en: str
    mend_fa: str
    mend_en: str
    proposed_mend: str | None
    proposed_value: str | None
    may_be_accepted: bool


@dataclass(frozen=True)
class RecordInContext:
    """Everything a steward needs to decide on one record."""

    record_id: str
    list_key: str
    month: str
    submission_id: str
    received_on: dt.date
    file_format: str | None
    sheet: str
    row: int
    member: str
    is_accepted: bool
    version: str
    """Asked for by every decision on the record."""
    cells: tuple[CellInContext, ...]
    failures: tuple[FailureInContext, ...]
    decisions: pd.DataFrame
    """The entries of the log about this record, oldest first."""


@dataclass(frozen=True)
class Question:
    """An agency's new text contradicts a decision: neither is taken silently."""

    correction_id: int
    kind: Literal["contradicted", "evidence_changed"]
    """A corrected cell that now holds a third text; or an accepted record whose cells changed."""
    record_id: str
    list_key: str
    month: str
    sheet: str
    row: int
    column: str | None
    code: str | None
    old_raw: str | None
    corrected: str | None
    new_raw: str | None
    """What the agency sent now."""
    decided_by: str
    decided_at: dt.datetime
    reason: str | None
