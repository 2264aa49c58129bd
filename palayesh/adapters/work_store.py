"""What waits for a steward besides pairs: held files and failed validations grouped by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from palayesh.adapters.models import RecordFinding, RuleResult, Submission
from palayesh.adapters.registry import Registry


@dataclass(frozen=True)
class Cause:
    """Records of one submission that failed one rule."""

    submission_id: str
    agency: str
    list_key: str
    code: str
    severity: str
    count: int
    sentence_fa: str
    sentence_en: str
    mend_fa: str
    mend_en: str


class WorkStore:
    """Failures of one registry, read from what validation counted."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def months(self) -> list[str]:
        """Months of which something was received, the newest first."""
        query = select(Submission.month).distinct().order_by(Submission.month.desc())
        with self.registry.engine.connect() as connection:
            return [str(month) for month in connection.execute(query).scalars()]

    def causes(
        self, month: str, *, agency: str | None, severities: Sequence[str], submission_id: str = "", code: str = ""
    ) -> list[Cause]:
        """Every cause of the month's submissions that count, the gravest and commonest first."""
        where: list[Any] = [
            Submission.month == month, Submission.state == "validated", RuleResult.failed > 0, RuleResult.severity.in_(severities),
        ]  # fmt: skip
        if agency is not None:
            where.append(Submission.agency == agency)
        if submission_id:
            where.append(Submission.id == submission_id)
        if code:
            where.append(RuleResult.code == code)
        # One finding stands for its cause: the rule's sentence is the same for all of them.
        first = (
            select(func.min(RecordFinding.id))
            .where(RecordFinding.submission_id == RuleResult.submission_id, RecordFinding.code == RuleResult.code)
            .correlate(RuleResult)
            .scalar_subquery()
        )
        query = (
            select(
                Submission.id, Submission.agency, Submission.list_key, RuleResult.code, RuleResult.severity, RuleResult.failed,
                RecordFinding.sentence_fa, RecordFinding.sentence_en, RecordFinding.mend_fa, RecordFinding.mend_en,
            )
            .join(RuleResult, RuleResult.submission_id == Submission.id)
            .join(RecordFinding, and_(RecordFinding.id == first))
            .where(*where)
            .order_by(RuleResult.severity, RuleResult.failed.desc(), Submission.id, RuleResult.code)
        )  # fmt: skip
        with self.registry.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Cause(*row[:6], *(text or "" for text in row[6:])) for row in rows]

    def findings(self, submission_id: str, code: str, *, after: int = 0, limit: int = 50) -> list[RecordFinding]:
        """The records that failed the rule, in the order of the file."""
        query = (
            select(*RecordFinding.__table__.c)
            .where(RecordFinding.submission_id == submission_id, RecordFinding.code == code, RecordFinding.id > after)
            .order_by(RecordFinding.id)
            .limit(limit)
        )
        return self._findings(query)

    def finding(self, submission_id: str, number: int) -> RecordFinding | None:
        """One finding of the submission."""
        query = select(*RecordFinding.__table__.c).where(
            RecordFinding.submission_id == submission_id, RecordFinding.id == number
        )
        return next(iter(self._findings(query)), None)

    def findings_of_record(self, submission_id: str, record_id: str) -> list[RecordFinding]:
        """Everything that was found on one record."""
        query = select(*RecordFinding.__table__.c).where(
            RecordFinding.submission_id == submission_id, RecordFinding.record_id == record_id
        )
        return self._findings(query.order_by(RecordFinding.id))

    def _findings(self, query: Any) -> list[RecordFinding]:
        with self.registry.engine.connect() as connection:
            return [RecordFinding(**row._mapping) for row in connection.execute(query)]
