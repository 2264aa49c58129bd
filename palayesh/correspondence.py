"""What ``delivery.yml`` says: who gets which report in which language, who may release, and how a letter is written.

The file belongs to the installation, not to the programme: people change post more often than rules change. The models
forbid unknown keys, so a misspelled one is an error that names it.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from palayesh.declaration import Title
from palayesh.language import Language

ACTIONS = "actions"
AGENCY_REPORTS = ("agency", ACTIONS)
"""Reports of which every agency has its own and sees no other's."""
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("is not one e-mail address like office@example.org")
    return text


def _one_line(title: Title) -> Title:
    if any(ord(letter) < 32 for letter in title.fa + title.en):
        raise ValueError("must be one line")
    return title


class Sender(_Declared):
    """In whose name the mail is sent."""

    address: str
    name: Title

    _is_address = field_validator("address")(_address)
    _is_line = field_validator("name")(_one_line)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


class Recipient(_Declared):
    """One post (never a person's name) and what it gets."""

    title: Title
    """How the letter addresses the post."""
    address: str
    language: Language = "fa"
    reports: list[str] = Field(default_factory=list)
    agency: str | None = None
    """The agency whose post this is: it can get that agency's reports and reminders and nobody else's."""
    reminders: bool = False
    notices: bool = False
    """Is told when something waits for the stewards."""
    escalations: bool = False
    """Is told, once a week, what reminders have not brought about: lists that stay away, a month that nobody releases."""

    _is_address = field_validator("address")(_address)
    _is_line = field_validator("title")(_one_line)

    def kind(self, report: str) -> str:
        """The report as the run's files are named: one of an agency is that of the recipient's own."""
        return f"{report}.{self.agency}" if report in AGENCY_REPORTS else report

    @property
    def kinds(self) -> list[str]:
        """Every report that it gets, as the run's files are named."""
        return [self.kind(report) for report in self.reports]

    @model_validator(mode="after")
    def _reminders_are_of_an_agency(self) -> Recipient:
        if self.reminders and not self.agency:
            raise ValueError("gets reminders but names no agency")
        if not self.agency and (own := [report for report in self.reports if report in AGENCY_REPORTS]):
            raise ValueError(f"gets «{own[0]}», which is an agency's own, but names no agency")
        if not (self.reports or self.reminders or self.notices or self.escalations):
            raise ValueError("gets nothing: name its reports, or set reminders, notices or escalations to true")
        return self


class Lines(_Declared):
    """Lines of a letter in both languages; none are written where none are given."""

    fa: list[str] = Field(default_factory=list)
    en: list[str] = Field(default_factory=list)

    def of(self, lang: Language) -> tuple[str, ...]:
        return tuple(self.fa if lang == "fa" else self.en)


class Conventions(_Declared):
    """How an official letter of this office looks. What is left out is not written."""

    besmele: bool = True
    letterhead: Lines = Lines()
    number: str = ""
    """The letter's number; ``{month}`` and ``{revision}`` stand for those of the report."""
    signature: Lines = Lines()
    """The post that signs, not the person."""
    copies: Lines = Lines()
    contact: str = ""

    @field_validator("number")
    @classmethod
    def _knows_its_fields(cls, number: str) -> str:
        try:
            number.format(month="", revision="")
        except (KeyError, IndexError, ValueError):
            raise ValueError("may hold {month} and {revision} and no other braces") from None
        return number


class ReminderDays(_Declared):
    """Days after the last day of the month: lists are due, are late, and are a matter for whoever is above."""

    due: int = Field(default=1, ge=1)
    late: int = Field(default=10, ge=2)
    escalated: int = Field(default=20, ge=3)

    @model_validator(mode="after")
    def _each_comes_after_the_other(self) -> ReminderDays:
        if self.late <= self.due:
            raise ValueError("late must be a later day than due")
        if self.escalated <= self.late:
            raise ValueError("escalated must be a later day than late")
        return self


class Correspondence(_Declared):
    """The whole of ``delivery.yml``."""

    sender: Sender
    releasers: list[str] = Field(min_length=1)
    """Who may sign a month off; of them only one who did not prepare it."""
    recipients: dict[str, Recipient] = Field(min_length=1)
    letter: Conventions = Conventions()
    reminders: ReminderDays = ReminderDays()
    attachment_limit_mb: float = Field(default=10, gt=0)
    console: str = ""
    """Address of the stewards' console, for the notices."""

    @model_validator(mode="after")
    def _nobody_is_named_twice(self) -> Correspondence:
        holders: dict[tuple[str, str], str] = {}
        for key, recipient in self.recipients.items():
            if not _KEY.fullmatch(key):
                raise ValueError(
                    f"recipients.{key}: a recipient's key is small Latin letters, digits and _, like head_office"
                )
            if len(set(recipient.reports)) < len(recipient.reports):
                raise ValueError(f"recipients.{key}.reports: a report stands twice")
            for report in recipient.reports:
                other = holders.setdefault((recipient.address.lower(), report), key)
                if other != key:
                    raise ValueError(f"recipients.{key}.address: «{other}» has it too and would get «{report}» twice")
        return self


def same_person(first: str, second: str) -> bool:
    """Two spellings of one sign-in name."""
    return " ".join(first.casefold().split()) == " ".join(second.casefold().split())
