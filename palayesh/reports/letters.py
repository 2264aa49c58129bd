"""What a letter says, as values that its templates walk. A report's letter is made of the report's own contents."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palayesh.correspondence import Conventions, Recipient
from palayesh.language import InLanguage, Language
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.parts import Cell, EditionReport
from palayesh.reports.wording import Words, write_date, write_digits, write_number


@dataclass(frozen=True)
class LetterFigure:
    """One line of a table of figures: exactly the text that the report prints."""

    key: str
    title: str
    value: str
    unit: str
    change: str


@dataclass(frozen=True)
class LetterTable:
    title: str
    figures: tuple[LetterFigure, ...]


@dataclass(frozen=True)
class Letter(InLanguage):
    """One letter to one post."""

    lang: Language
    subject: str
    besmele: str
    letterhead: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    """Number, date and attachment: name and value."""
    salutation: str
    paragraphs: tuple[str, ...]
    tables: tuple[LetterTable, ...]
    after: tuple[str, ...]
    """Sentences after the tables: what they mean, whether they can be relied on, where the report is."""
    closing: str
    signature: tuple[str, ...]
    copies_title: str
    copies: tuple[str, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True)
class Stationery:
    """What every letter of the office has in common."""

    conventions: Conventions
    strings: Mapping[str, Any]
    """``reports_templates/mail/strings.<lang>.yml`` as read."""
    written_on: dt.date

    def letter(
        self,
        recipient: Recipient,
        *,
        subject: str,
        paragraphs: Iterable[str],
        tables: tuple[LetterTable, ...] = (),
        after: Iterable[str] = (),
        number: str = "",
        has_attachment: bool = False,
    ) -> Letter:
        """The letter with these words, in the recipient's language."""
        lang, office = recipient.language, self.conventions
        words = Words(self.strings, lang)
        named = (
            ("number", write_digits(number, lang)),
            ("date", write_date(self.written_on, lang)),
            ("attachment", words.say("letter.one_attachment" if has_attachment else "letter.no_attachment")),
        )
        contact = words.say("letter.contact", contact=write_digits(office.contact, lang)) if office.contact else ""
        return Letter(
            lang=lang,
            subject=subject,
            besmele=words.say("letter.besmele") if office.besmele else "",
            letterhead=office.letterhead.of(lang),
            fields=tuple((words.say(f"letter.{name}"), value) for name, value in named if value),
            salutation=recipient.title.of(lang),
            paragraphs=(words.say("letter.greeting"), *paragraphs),
            tables=tables,
            after=tuple(after),
            closing=words.say("letter.closing"),
            signature=office.signature.of(lang),
            copies_title=words.say("letter.copies"),
            copies=office.copies.of(lang),
            footer=tuple(line for line in (contact, words.say("letter.automatic")) if line),
        )


def digest_of_summary(report: EditionReport) -> str:
    """SHA-256 of everything that a report's letter repeats of it."""
    repeated = (
        report.month, report.revision, report.status, report.strip, report.headline_rows, report.sentences,
        report.trust_sentences,
    )  # fmt: skip
    return hashlib.sha256(repr(repeated).encode()).hexdigest()


def report_letter(
    contents: EditionReport,
    recipient: Recipient,
    stationery: Stationery,
    *,
    report: str,
    is_encrypted: bool,
    is_attached: bool,
) -> Letter:
    """The letter with which a report is sent: its headline figures, word for word, and what they rest on.

    The subject names the month and nothing that alarms.
    """
    words = Words(stationery.strings, contents.lang)
    # A report without words of its own is told in those of the governorate's.
    said = report if words.find(f"{report}.subject") else "report"
    month = {"month": contents.month_title, "revision": contents.revision, "status": contents.status_title}
    cells = [figure.cell for figure in contents.strip] + [row.cell for row in contents.headline_rows]
    attached = "attached_encrypted" if is_encrypted else "attached"
    strip = [LetterFigure(f.key, f.title, f.cell.text, _unit(f.cell, f.unit), f.change) for f in contents.strip]
    headline = [
        LetterFigure(r.key, r.title, r.cell.text, _unit(r.cell, r.unit), r.change) for r in contents.headline_rows
    ]
    told = {"strip": strip, "headline": headline}
    tables = tuple(LetterTable(words.say(f"report.{name}"), tuple(rows)) for name, rows in told.items() if rows)
    return stationery.letter(
        recipient,
        subject=words.say(f"{said}.subject", **month),
        paragraphs=[words.say(_own(words, said, "opening"), **month, as_of=contents.as_of)],
        tables=tables,
        after=[
            *contents.sentences,
            *contents.trust_sentences,
            *_notes(cells),
            words.say(_own(words, said, attached) if is_attached else "report.too_large"),
        ],
        number=stationery.conventions.number.format(month=contents.month.replace("-", "/"), revision=contents.revision),
        has_attachment=is_attached,
    )


def _own(words: Words, said: str, name: str) -> str:
    return f"{said}.{name}" if words.find(f"{said}.{name}") else f"report.{name}"


def _unit(cell: Cell, unit: str) -> str:
    return unit if cell.state in ("shown", "zero") else ""


def _notes(cells: list[Cell]) -> list[str]:
    """What the marks that stand for numbers mean, each said once."""
    return list(dict.fromkeys(f"{cell.text}: {cell.note}" for cell in cells if cell.note))


def reminder_letter(
    kind: str, list_title: str, month: ReportingMonth, recipient: Recipient, stationery: Stationery
) -> Letter:
    """A list is due, or late."""
    lang = recipient.language
    words = Words(stationery.strings, lang)
    fields = {"list": list_title, "month": month.title(lang)}
    return stationery.letter(
        recipient,
        subject=words.say("reminder.subject", **fields),
        paragraphs=[words.say(f"reminder.{kind}", **fields), words.say("reminder.how"), words.say("reminder.sent")],
    )


def notice_letter(
    waiting: Mapping[str, int], month: ReportingMonth, recipient: Recipient, stationery: Stationery, *, console: str
) -> Letter:
    """Something waits for the stewards: what, and how much of it. ``waiting`` counts by kind (``notice.<kind>``)."""
    lang = recipient.language
    words = Words(stationery.strings, lang)
    told = [words.say(f"notice.{kind}", count=write_number(count, lang)) for kind, count in waiting.items() if count]
    where = words.say("notice.where", console=console) if console else words.say("notice.where_command")
    return stationery.letter(
        recipient,
        subject=words.say("notice.subject", month=month.title(lang)),
        paragraphs=[words.say("notice.opening", month=month.title(lang)), *told, where],
    )


def escalation_letter(
    missing: Mapping[str, Sequence[str]],
    month: ReportingMonth,
    recipient: Recipient,
    stationery: Stationery,
    *,
    days: int,
    is_unreleased: bool,
) -> Letter:
    """What reminders have not brought about: lists that stay away (titles by agency), and a month that nobody released."""
    lang = recipient.language
    words = Words(stationery.strings, lang)
    fields = {"month": month.title(lang), "days": write_number(days, lang)}
    told = [
        words.say("escalation.missing", agency=agency, lists=words.say("escalation.and").join(titles), **fields)
        for agency, titles in missing.items()
    ]
    if is_unreleased:
        told.append(words.say("escalation.unreleased", **fields))
    return stationery.letter(
        recipient,
        subject=words.say("escalation.subject", **fields),
        paragraphs=[words.say("escalation.opening", **fields), *told, words.say("escalation.asked")],
    )
