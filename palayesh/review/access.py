"""Roles of the console, and whose records each may see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NAME = re.compile(r"[a-z][a-z0-9.-]{1,30}[a-z0-9]")
"""How people are named at sign-in: no sign that means something in a pattern or an address."""


class Role(StrEnum):
    """What a person may do in the console."""

    STEWARD = "steward"
    """Works on the records of his own agency."""
    CHIEF = "chief"
    """Works on the records of every agency, and starts runs."""
    OFFICIAL = "official"
    """Sees counts only."""
    AUDITOR = "auditor"
    """Sees the log only."""


WORKERS = frozenset({Role.STEWARD, Role.CHIEF})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Visitor:
    """Who is at the console in this request."""

    name: str
    title: str
    role: Role
    agency: str | None
    """The only agency whose records he sees; nothing for those who see all."""
    token: str
    preferences: dict[str, Any] = field(default_factory=dict)
    revealed: dict[str, str] = field(default_factory=dict)

    def may_see(self, agency: str) -> bool:
        """Whether records of this agency may be shown to him."""
        return self.role == Role.CHIEF or (self.role == Role.STEWARD and self.agency == agency)

    @property
    def scope(self) -> str | None:
        """The agency that narrows every question he asks; nothing for all. A steward without one sees nothing."""
        return None if self.role == Role.CHIEF else (self.agency or "-")


def account_mistake(name: str, role: str, agency: str | None, agencies: set[str]) -> str | None:
    """What is wrong with a new account: ``bad_name``, ``bad_role``, ``agency_needed``, ``unknown_agency``, ``no_agency_here``."""
    if not NAME.fullmatch(name):
        return "bad_name"
    if role not in set(Role):
        return "bad_role"
    if role == Role.STEWARD:
        return None if agency in agencies else "agency_needed" if not agency else "unknown_agency"
    return "no_agency_here" if agency else None


def password_mistake(password: str, name: str) -> str | None:
    """``too_short`` under fifteen characters (ASVS 6.2.1), ``too_plain`` when it is hardly more than one sign or the name."""
    if len(password) < 15:
        return "too_short"
    if len(set(password)) < 5 or name in password.lower():
        return "too_plain"
    return None
