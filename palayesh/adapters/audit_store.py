"""The audit log: append-only, each entry sealing the one before it, so that a changed or missing one is found."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select

from palayesh.adapters.console_models import AuditEntry
from palayesh.adapters.locks import lock_number
from palayesh.adapters.registry import Registry
from palayesh.findings import Refusal

START = "0" * 64


@dataclass(frozen=True)
class Act:
    """What somebody did: to be sealed in the log in the transaction that does it."""

    at: dt.datetime
    actor: str
    role: str
    action: str
    object: str
    reason: str | None = None
    detail: dict[str, Any] | None = None

    def about(self, thing: str, **detail: Any) -> Act:
        """The same act on an object whose id was not known before, with more of what was done."""
        return replace(self, object=thing, detail={**(self.detail or {}), **detail})


def append(connection: Connection, act: Act) -> int:
    """The act is the log's last entry; its number."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(select(func.pg_advisory_xact_lock(lock_number("audit"))))
    last = connection.execute(
        select(AuditEntry.id, AuditEntry.sha256).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    number, previous = (last.id + 1, last.sha256) if last else (1, START)
    values: dict[str, Any] = {
        "id": number,
        "at": act.at.astimezone(dt.UTC).replace(microsecond=0),
        "actor": act.actor,
        "role": act.role,
        "action": act.action,
        "object": act.object,
        "reason": act.reason or None,
        "detail": act.detail or {},
        "previous_sha256": previous,
    }
    connection.execute(insert(AuditEntry).values(**values, sha256=seal(values)))
    return number


def seal(values: dict[str, Any]) -> str:
    """SHA-256 over an entry, the seal of the one before included."""
    content = {**values, "at": values["at"].astimezone(dt.UTC).isoformat()}
    content.pop("sha256", None)
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def follows_nothing() -> Refusal:
    """The refusal of a form that answers an entry which the log never had."""
    return Refusal(
        "follows_nothing",
        "این فرم به ثبتی پاسخ می‌دهد که نیست؛ صفحه را تازه کنید و دوباره تصمیم بگیرید. چیزی ثبت نشد.",
        "The form answers an entry that does not exist: load the page again, then decide. Nothing was recorded.",
    )


@dataclass(frozen=True)
class Chain:
    """The state of the whole log: how many entries, the last seal, and the first entry that does not fit, if any."""

    count: int
    head: str
    broken_at: int | None


class AuditStore:
    """Reading the log of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def append(self, act: Act) -> int:
        """The act is kept, in a transaction of its own."""
        with self.registry.writing.begin() as connection:
            return append(connection, act)

    def entries(
        self, *, before: int | None = None, limit: int = 50, actor: str = "", action: str = ""
    ) -> list[AuditEntry]:
        """The newest entries first, from ``before`` backwards."""
        query = select(*AuditEntry.__table__.c).order_by(AuditEntry.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        if actor:
            query = query.where(AuditEntry.actor == actor)
        if action:
            query = query.where(AuditEntry.action == action)
        with self.registry.engine.connect() as connection:
            return [AuditEntry(**row._mapping) for row in connection.execute(query)]

    def check(self) -> Chain:
        """Every seal is computed again; what was cut off at the end shows only against a head that was noted elsewhere."""
        expected, number, broken = START, 0, None
        query = select(*AuditEntry.__table__.c).order_by(AuditEntry.id)
        # A transaction of its own: PostgreSQL reads on from where it was only in one.
        with self.registry.writing.connect().execution_options(
            stream_results=True, palayesh_writes=False
        ) as connection:
            for row in connection.execute(query):
                values = dict(row._mapping)
                number += 1
                fits = values["id"] == number and values["previous_sha256"] == expected
                if not fits or seal(values) != values["sha256"]:
                    broken = values["id"]
                    break
                expected = values["sha256"]
        return Chain(number, expected, broken)
