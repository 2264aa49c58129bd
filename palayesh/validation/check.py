"""What a sender is shown about a file: every problem with its place as the sheet shows it, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from palayesh.findings import Finding, Refusal, Severity
from palayesh.language import Language
from palayesh.persian_text import heading_key
from palayesh.validation.outcome import FAILURE_COLUMNS

SHOWN_COLUMNS = ("sheet", "row", "column", "severity", "problem", "mend")
_SEVERITY_WORDS: Mapping[Language, Mapping[str, str]] = {
    "fa": {
        Severity.REJECT_SUBMISSION: "فایل پذیرفته نمی‌شود",
        Severity.SET_ASIDE_RECORD: "ردیف کنار می‌ماند",
        Severity.WARN: "هشدار",
    },
    "en": {
        Severity.REJECT_SUBMISSION: "file refused",
        Severity.SET_ASIDE_RECORD: "row set aside",
        Severity.WARN: "warning",
    },
}
HEADINGS_WITHIN = 60
"""Titles and logos stand in fewer rows than this above the headings."""
_MENDS: Mapping[str, tuple[str, str]] = {
    "unknown_heading": (
        "اگر همان ستون است، سرستون را همان‌گونه بنویسید؛ وگرنه از کارشناس سامانه بخواهید آن را به سرستون‌های دستگاه بیفزاید.",
        "If it is that column, type its heading so; otherwise ask the steward to add it to the agency's headings.",
    ),
    "doubled_heading": (
        "ستونی را که درست نیست حذف کنید یا سرستون آن را عوض کنید.",
        "Delete the column that is not right, or change its heading.",
    ),
    "missing_heading": ("این ستون را به فهرست بیفزایید.", "Add the column to the list."),
    "empty_list": (
        "اگر این ماه کسی در فهرست نیست، آن را کتبی تأیید کنید؛ وگرنه فایل درست را بفرستید.",
        "If nobody is on the list this month, confirm it in writing; otherwise send the right file.",
    ),
}
_RANK = {severity.value: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True)
class SheetLayout:
    """How the sender laid a sheet out: the heading's row, and per canonical column its place and heading as typed.

    Rows and columns are 1-based, as the spreadsheet shows them.
    """

    heading_row: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedFile:
    """What came of checking one file: ``problems`` (``SHOWN_COLUMNS``), gravest first, then by place."""

    is_accepted: bool
    received: int
    set_aside: int
    problems: pd.DataFrame


def sheet_layout(
    rows: Sequence[Sequence[str | None]],
    headings: Mapping[str, str],
    *,
    declared_headings: Mapping[str, str] | None = None,
) -> SheetLayout:
    """Where the headings stand in a sheet: the first row that holds more of them than any other.

    ``headings`` are canonical columns with their heading as typed (``Reading.headings``); ``declared_headings`` name
    those that the file lacks.
    """
    keys = {heading_key(heading): column for column, heading in headings.items()}
    best: dict[str, int] = {}
    heading_row = None
    for number, row in enumerate(rows[:HEADINGS_WITHIN], start=1):
        found: dict[str, int] = {}
        for place, cell in enumerate(row, start=1):
            column = keys.get(heading_key(cell)) if cell else None
            if column is not None:
                found.setdefault(column, place)
        if len(found) > len(best):
            best, heading_row = found, number
    return SheetLayout(
        heading_row=heading_row, columns=best, headings={**(declared_headings or {}), **headings} if best else {}
    )


def severity_words(severity: str, lang: Language) -> str:
    """The severity as people say it."""
    return _SEVERITY_WORDS[lang][Severity(severity)]


def _headings(failures: pd.DataFrame, layouts: Mapping[str, SheetLayout]) -> pd.Series:
    """The heading as the sender typed it; our own column name where the sheet has none for it."""
    typed = {
        (sheet, column): heading for sheet, layout in layouts.items() for column, heading in layout.headings.items()
    }
    anywhere = {column: heading for (_, column), heading in reversed(list(typed.items()))}
    return pd.Series(
        [
            "" if pd.isna(column) else typed.get((sheet, column), anywhere.get(column, column))
            for sheet, column in zip(failures["sheet"], failures["column"], strict=True)
        ],
        index=failures.index,
        dtype="str",
    )


def problem_table(
    failures: pd.DataFrame, *, layouts: Mapping[str, SheetLayout] | None = None, lang: Language = "fa"
) -> pd.DataFrame:
    """Every problem as a row for people (``SHOWN_COLUMNS``): gravest first, then by sheet and row.

    ``failures`` are those of an ``Outcome``; ``layouts`` by sheet name. ``row`` is absent for what concerns the whole
    list.
    """
    # The members of a wide row share its cells: one line per cell and problem.
    once = failures.drop_duplicates(["sheet", "row", "column", "code"])
    ordered = once.assign(
        rank=once["severity"].map(_RANK).astype("int64"),
        place=range(len(once)),
    ).sort_values(["rank", "sheet", "row", "place"], kind="stable", na_position="first")
    severities = {severity.value: severity_words(severity.value, lang) for severity in Severity}
    return pd.DataFrame(
        {
            "sheet": ordered["sheet"].fillna(""),
            "row": ordered["row"],
            "column": _headings(ordered, layouts or {}),
            "severity": ordered["severity"].map(severities),
            "problem": ordered[f"sentence_{lang}"].fillna(""),
            "mend": ordered[f"mend_{lang}"].fillna(""),
        }
    ).reset_index(drop=True)


def findings_as_failures(findings: Sequence[Finding]) -> pd.DataFrame:
    """What holds a whole file, in the shape of an ``Outcome``'s failures, each with its mend."""
    rows = [
        {
            "sheet": finding.sheet,
            "row": finding.row,
            "column": finding.column,
            "code": f"{finding.code} {place}",  # two unknown headings are two problems
            "severity": finding.severity.value,
            "sentence_fa": finding.sentence_fa,
            "sentence_en": finding.sentence_en,
            "mend_fa": _MENDS.get(finding.code, ("", ""))[0],
            "mend_en": _MENDS.get(finding.code, ("", ""))[1],
        }
        for place, finding in enumerate(findings)
    ]
    return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS)).astype(FAILURE_COLUMNS)


def refusal_table(refusal: Refusal, *, lang: Language = "fa") -> pd.DataFrame:
    """A file that could not be read at all, as the one row of a problem table."""
    sentence = refusal.sentence_fa if lang == "fa" else refusal.sentence_en
    row = {
        "sheet": "",
        "row": pd.NA,
        "column": "",
        "severity": severity_words(Severity.REJECT_SUBMISSION.value, lang),
        "problem": sentence,
        "mend": "",
    }
    return pd.DataFrame([row], columns=list(SHOWN_COLUMNS)).astype({"row": "Int64"})


def checked_file(
    failures: pd.DataFrame,
    *,
    received: int,
    is_accepted: bool,
    layouts: Mapping[str, SheetLayout] | None = None,
    lang: Language = "fa",
) -> CheckedFile:
    """The account of a check: how many rows came, how many would wait, and every problem."""
    waiting = failures[failures["severity"].eq(Severity.SET_ASIDE_RECORD.value)]["record_id"].dropna().nunique()
    return CheckedFile(
        is_accepted=is_accepted,
        received=received,
        set_aside=int(waiting) if is_accepted else received,
        problems=problem_table(failures, layouts=layouts, lang=lang),
    )
