"""What a check found: a code, a severity, a count and a sentence a person can act on."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Severity(enum.StrEnum):
    """What happens when a check fails, gravest first."""

    REJECT_SUBMISSION = "reject_submission"
    SET_ASIDE_RECORD = "set_aside_record"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a submission. Never holds a value that a person typed about a person."""

    code: str
    severity: Severity
    count: int
    sentence_fa: str
    sentence_en: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None


class Refusal(Exception):
    """A file or a request we do not take, with the reason and the mend in both languages, and no personal data."""

    def __init__(self, code: str, sentence_fa: str, sentence_en: str) -> None:
        super().__init__(f"{code}: {sentence_en}")
        self.code = code
        self.sentence_fa = sentence_fa
        self.sentence_en = sentence_en
