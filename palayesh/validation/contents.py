"""What the validation page of one submission may say: words and counts, already written for people. Never a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from palayesh.findings import Severity
from palayesh.language import InLanguage, Language
from palayesh.persian_text import format_date_fa, format_number, format_percent, to_persian_digits
from palayesh.reporting_month import ReportingMonth
from palayesh.validation.outcome import Outcome

Strings = Mapping[str, Mapping[str, str]]
RuleState = Literal["passed", "failed", "not_run", "not_checked"]

ROWS_NAMED = 12
"""So many row numbers are named per cause; the rest is in the checked copy."""
MONTHS_SHOWN = 6
_RANK = {severity.value: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Fact:
    """One fact about the file; ``is_code`` values are isolated left-to-right."""

    title: str
    text: str
    is_code: bool = False


@dataclass(frozen=True)
class Account:
    """received = accepted + set aside."""

    received: str
    accepted: str
    set_aside: str
    warned: str
    """Accepted rows with at least one warning."""


@dataclass(frozen=True)
class Action:
    """One thing the steward must do now."""

    sentence: str
    detail: str


@dataclass(frozen=True)
class TrendBar:
    """One month of a rule: its share of failing records, and the bar's height among the rule's own months."""

    month: str
    text: str
    height: str
    is_this_month: bool
    is_known: bool


@dataclass(frozen=True)
class RuleLine:
    """One rule: what it expects not to find, and what it found."""

    code: str
    sentence: str
    column: str
    severity: str
    severity_title: str
    state: RuleState
    state_title: str
    checked: str
    failed: str
    share: str
    trend: tuple[TrendBar, ...]


@dataclass(frozen=True)
class Cause:
    """All records that failed for the same reason, with one mend."""

    code: str
    sentence: str
    mend: str
    column: str
    severity: str
    severity_title: str
    count: str
    rows: str


@dataclass(frozen=True)
class SubmissionFacts:
    """What is known of the file, apart from its contents."""

    agency_title: str
    list_title: str
    month: ReportingMonth
    file_format: str
    sha256: str
    size_bytes: int
    received_on: dt.date | None = None
    sheets: tuple[str, ...] = ()
    headings: Mapping[str, str] | None = None
    """Heading of each canonical column, as people know it."""


@dataclass(frozen=True)
class ValidationPage(InLanguage):
    """Everything the template places. Numbers are written, dates are Solar Hijri, sentences are whole."""

    lang: Language
    agency_title: str
    list_title: str
    month_title: str
    decision: str
    decision_title: str
    decision_sentence: str
    account: Account
    actions: tuple[Action, ...]
    causes: tuple[Cause, ...]
    rules: tuple[RuleLine, ...]
    months: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class _Writer:
    """Numbers and words in one language."""

    strings: Strings
    lang: Language

    def number(self, count: float) -> str:
        return format_number(count) if self.lang == "fa" else f"{count:,.0f}"

    def share(self, share: float) -> str:
        if self.lang == "fa":
            return format_percent(share)
        return f"{share * 100:.1f}%".replace(".0%", "%")

    def digits(self, text: str) -> str:
        return to_persian_digits(text) if self.lang == "fa" else text

    def say(self, section: str, key: str, **fields: str) -> str:
        return self.strings[section][key].format(**fields)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _state(row: Mapping[Hashable, Any]) -> RuleState:
    if not row["ran"]:
        return "not_run"
    if row["failed"]:
        return "failed"
    return "passed" if row["checked"] else "not_checked"


def _share_of(row: Mapping[Hashable, Any]) -> float | None:
    """The share of failing records; unknown where the rule did not run or had nothing to look at."""
    return float(row["failed"]) / float(row["checked"]) if row["ran"] and row["checked"] else None


def _trend(
    code: str,
    this_month: float | None,
    earlier: Mapping[tuple[str, str], float | None],
    months: tuple[ReportingMonth, ...],
    writer: _Writer,
) -> tuple[TrendBar, ...]:
    shares = [earlier.get((str(month), code)) for month in months[:-1]] + [this_month]
    most = max((share for share in shares if share is not None), default=0.0)
    return tuple(
        TrendBar(
            month=month.title(writer.lang),
            text=writer.say("rules", "not_known") if share is None else writer.share(share),
            height=f"{round(100 * share / most) if share and most else 0}%",
            is_this_month=place == len(months) - 1,
            is_known=share is not None,
        )
        for place, (month, share) in enumerate(zip(months, shares, strict=True))
    )


def _rule_lines(
    outcome: Outcome,
    history: pd.DataFrame | None,
    months: tuple[ReportingMonth, ...],
    headings: Mapping[str, str],
    writer: _Writer,
) -> tuple[RuleLine, ...]:
    earlier = {
        (str(row["month"]), str(row["code"])): _share_of(row)
        for row in ([] if history is None else history.to_dict("records"))
    }
    lines = []
    for row in outcome.rules.to_dict("records"):
        state = _state(row)
        measured = row["share"]
        column = _text(row["column"])
        line = RuleLine(
            code=str(row["code"]),
            sentence=_text(row[f"sentence_{writer.lang}"]),
            column=headings.get(column, column),
            severity=str(row["severity"]),
            severity_title=writer.say("severity", str(row["severity"])),
            state=state,
            state_title=writer.say("state", state),
            checked=writer.number(row["checked"]),
            failed=writer.number(row["failed"]),
            share=writer.say("rules", "not_known") if pd.isna(measured) else writer.share(float(measured)),
            trend=_trend(str(row["code"]), _share_of(row), earlier, months, writer),
        )
        lines.append((0 if state in ("failed", "not_run") else 1, _RANK[line.severity], line))
    return tuple(line for _, _, line in sorted(lines, key=lambda entry: entry[:2]))


def _rows_text(rows: pd.Series, writer: _Writer) -> str:
    known = sorted({int(row) for row in rows.dropna()})
    named = writer.say("text", "comma").join(writer.digits(str(row)) for row in known[:ROWS_NAMED])
    if len(known) <= ROWS_NAMED:
        return named
    return writer.say("causes", "and_more", rows=named, more=writer.number(len(known) - ROWS_NAMED))


def _causes(outcome: Outcome, headings: Mapping[str, str], writer: _Writer) -> tuple[Cause, ...]:
    """One cause per code and sentence: gravest first, then the most frequent."""
    failures = outcome.failures
    found = []
    for _, group in failures.groupby(["code", f"sentence_{writer.lang}"], sort=True, dropna=False):
        first = group.iloc[0]
        column = _text(first["column"])
        cause = Cause(
            code=str(first["code"]),
            sentence=_text(first[f"sentence_{writer.lang}"]),
            mend=_text(first[f"mend_{writer.lang}"]),
            column=headings.get(column, column),
            severity=str(first["severity"]),
            severity_title=writer.say("severity", str(first["severity"])),
            count=writer.number(len(group)),
            rows=_rows_text(group["row"], writer),
        )
        found.append((_RANK[cause.severity], -len(group), cause.code, cause))
    return tuple(cause for _, _, _, cause in sorted(found, key=lambda entry: entry[:3]))


def _actions(outcome: Outcome, set_aside: int, warned: int, writer: _Writer) -> tuple[Action, ...]:
    fa = writer.lang == "fa"
    actions = [
        Action(
            sentence=reason.sentence_fa if fa else reason.sentence_en, detail=reason.mend_fa if fa else reason.mend_en
        )
        for reason in outcome.reasons
    ]
    if actions:
        actions.append(
            Action(sentence=writer.say("actions", "refused"), detail=writer.say("actions", "refused_detail"))
        )
    elif set_aside:
        causes = outcome.failures[outcome.failures["severity"].eq(Severity.SET_ASIDE_RECORD.value)]["code"].nunique()
        actions.append(
            Action(
                sentence=writer.say(
                    "actions", "set_aside", count=writer.number(set_aside), causes=writer.number(causes)
                ),
                detail=writer.say("actions", "set_aside_detail"),
            )
        )
    if warned and not outcome.reasons:
        actions.append(
            Action(
                sentence=writer.say("actions", "warned", count=writer.number(warned)),
                detail=writer.say("actions", "warned_detail"),
            )
        )
    return tuple(actions) or (
        Action(sentence=writer.say("actions", "nothing"), detail=writer.say("actions", "nothing_detail")),
    )


def _facts(facts: SubmissionFacts, writer: _Writer) -> tuple[Fact, ...]:
    day = facts.received_on
    kilobytes = max(1, round(facts.size_bytes / 1024))
    rows = [
        ("format", facts.file_format),
        ("sheets", writer.say("text", "comma").join(facts.sheets)),
        ("size", writer.say("facts", "kilobytes", count=writer.number(kilobytes))),
        ("fingerprint", facts.sha256[:12]),
        ("received_on", "" if day is None else _day(day, writer)),
    ]
    return tuple(Fact(title=writer.say("facts", key), text=text) for key, text in rows if text)


def _day(day: dt.date, writer: _Writer) -> str:
    return format_date_fa(day, "short") if writer.lang == "fa" else day.isoformat()


def validation_page(
    outcome: Outcome,
    facts: SubmissionFacts,
    *,
    received: int,
    accepted: int,
    set_aside: int,
    strings: Strings,
    lang: Language = "fa",
    history: pd.DataFrame | None = None,
) -> ValidationPage:
    """The page's contents. ``history`` holds earlier months of the same list: ``month, code, checked, failed, ran``.

    Raises ValueError if the account does not balance: such a page must not be shown.
    """
    if received != accepted + set_aside:
        raise ValueError(f"the account is broken: {received} received, {accepted} accepted, {set_aside} set aside")
    writer = _Writer(strings=strings, lang=lang)
    headings = facts.headings or {}
    months = tuple(facts.month.plus(-back) for back in reversed(range(MONTHS_SHOWN)))
    failures = outcome.failures
    failing = failures.loc[failures["severity"].eq(Severity.SET_ASIDE_RECORD.value), "record_id"].dropna()
    warnings = failures.loc[failures["severity"].eq(Severity.WARN.value), "record_id"].dropna()
    warned = 0 if outcome.decision == "refused" else int(warnings[~warnings.isin(failing)].nunique())
    return ValidationPage(
        lang=lang,
        agency_title=facts.agency_title,
        list_title=facts.list_title,
        month_title=facts.month.title(lang),
        decision=outcome.decision,
        decision_title=writer.say("decision", outcome.decision),
        decision_sentence=writer.say("decision", f"{outcome.decision}_sentence"),
        account=Account(
            received=writer.number(received),
            accepted=writer.number(accepted),
            set_aside=writer.number(set_aside),
            warned=writer.number(warned),
        ),
        actions=_actions(outcome, set_aside, warned, writer),
        causes=_causes(outcome, headings, writer),
        rules=_rule_lines(outcome, history, months, headings, writer),
        months=tuple(month.title(lang) for month in months),
        facts=_facts(facts, writer),
    )
