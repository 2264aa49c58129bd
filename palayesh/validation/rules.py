"""What a suite file may say: rules as data, and what a run of them is told from outside."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from palayesh.findings import Severity

RULE_COULD_NOT_RUN = "rule_could_not_run"
PARAMETER = "$PARAMETER"
COLUMN_ARGUMENTS = (
    "column",
    "national_id",
    "earlier",
    "later",
    "relation_column",
    "columns",
    "when_column",
    "mobile_columns",
    "family_columns",
)
"""Arguments of expectations that name columns."""


class Rule(BaseModel):
    """One expectation about a list: its type and arguments, what happens when it fails, and the words for people."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: str = Field(pattern=r"^expect_[a-z0-9_]+$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    fa: str = Field(min_length=1)
    en: str = Field(min_length=1)
    mend_fa: str = Field(min_length=1)
    mend_en: str = Field(min_length=1)

    @property
    def column(self) -> str | None:
        """The column the rule is about (of several the first), or none when it is about the whole list."""
        for name in ("column", "national_id", "earlier", "relation_column"):
            if name in self.kwargs:
                return str(self.kwargs[name])
        columns = self.kwargs.get("columns")
        while isinstance(columns, list):
            columns = columns[0] if columns else None
        return None if columns is None else str(columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the rule looks at, in its own order."""
        found: dict[str, None] = {}
        for name in COLUMN_ARGUMENTS:
            pending = [self.kwargs[name]] if name in self.kwargs else []
            while pending:
                value = pending.pop(0)
                if isinstance(value, list):
                    pending = [*value, *pending]
                elif value is not None:
                    found.setdefault(str(value))
        return tuple(found)


class Suite(BaseModel):
    """All rules of one list. Codes are unique, because counts and trends are kept by code."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Suite:
        twice = sorted(code for code, count in Counter(rule.code for rule in self.rules).items() if count > 1)
        if twice:
            raise ValueError(f"two rules have the same code: {', '.join(twice)}")
        if any(rule.code == RULE_COULD_NOT_RUN for rule in self.rules):
            raise ValueError(f"the code {RULE_COULD_NOT_RUN} is kept for rules that raised")
        return self


@dataclass(frozen=True)
class Parameters:
    """What a run must be told: the month's last day, and what a healthy month of this list looks like."""

    as_of: dt.date
    expected_records: tuple[int, int]
    volume_tolerance: float = 0.4
    recent_counts: tuple[int, ...] = ()
    """Records of the same list in the months before (at most the last six are used), oldest first."""
    other_parts: int = 0
    """Records that the month's other files of the same list hold: a list may come in parts."""
    confirmed: frozenset[str] = field(default_factory=frozenset)
    """Codes of list rules that a steward has confirmed for this submission: told, but they no longer hold the file."""

    def as_mapping(self) -> Mapping[str, Any]:
        """The values that a suite may name as ``$PARAMETER``."""
        return {
            "as_of": self.as_of.isoformat(),
            "fewest_records": self.expected_records[0],
            "most_records": self.expected_records[1],
            "volume_tolerance": self.volume_tolerance,
            "recent_counts": list(self.recent_counts[-6:]),
            "other_parts": self.other_parts,
        }


PARAMETER_NAMES = frozenset(Parameters(as_of=dt.date(2025, 5, 21), expected_records=(1, 2)).as_mapping())


def unknown_parameters(rule: Rule) -> list[str]:
    """Names that a rule asks for as ``$PARAMETER`` and that no run is told."""
    named = [value[PARAMETER] for value in rule.kwargs.values() if isinstance(value, dict) and PARAMETER in value]
    return sorted(str(name) for name in named if name not in PARAMETER_NAMES)
