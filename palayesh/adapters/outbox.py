"""The outbox: messages that wait, are being sent, or were sent, in the registry's database.

A message is queued in the transaction of the decision that causes it, under a key that follows from what it is, so that
nothing is queued twice. Sending is at-most-once: before a message's content leaves, that is written down; whoever finds
it written down and no outcome calls the message uncertain and asks a person.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from palayesh.adapters.models import LetterBody, OutboxEvent, OutboxMessage, Preparation, Release
from palayesh.adapters.registry import Registry
from palayesh.delivery.bounces import Notification
from palayesh.delivery.outcomes import Settled
from palayesh.findings import Refusal

_REMINDERS = OutboxMessage.kind.in_(("due", "late"))
NEVER_TRANSMITTED = or_(
    OutboxMessage.state == "queued", and_(OutboxMessage.state == "sending", OutboxMessage.transmitting_at.is_(None))
)


@dataclass(frozen=True)
class Draft:
    """A message to be queued."""

    kind: str
    month: str
    subject_key: str
    recipient: str
    lang: str
    subject: str
    plain: str
    html: str
    revision: int = 0
    agency: str | None = None
    attachment: str | None = None
    attachment_sha256: str | None = None
    is_encrypted: bool = False

    @property
    def key(self) -> str:
        """The same for the same message on every machine."""
        what = f"{self.kind} {self.month} {self.revision} {self.subject_key} {self.recipient}"
        return f"M{hashlib.sha256(what.encode()).hexdigest()[:15]}"

    @property
    def letter_sha256(self) -> str:
        whole = "\0".join((self.subject, self.plain, self.html))
        return hashlib.sha256(whole.encode()).hexdigest()


class Outbox:
    """The outbox of one registry. Every method is one transaction; times are given, in UTC."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @contextmanager
    def only_sender(self) -> Iterator[None]:
        """Nobody else sends while this holds. Raises Refusal ``already_sending`` at once if somebody does."""
        try:
            with self.registry.lock("delivery"):
                yield
        except Refusal as refusal:
            if refusal.code != "already_running":
                raise
            raise Refusal(
                "already_sending",
                "ارسال هم‌اکنون در دست انجام است؛ پیام‌ها را همان فرستنده می‌فرستد.",
                "Another sender is at work: it sends what is queued.",
            ) from None

    # -- queueing --------------------------------------------------------------------------------------------------

    def note_preparer(self, run_id: str, name: str) -> None:
        """It is known that ``name`` started the run or took it up."""
        with self.registry.writing.begin() as connection:
            _insert_new(connection, Preparation, [{"run_id": run_id, "prepared_by": name}])

    def preparers(self, run_id: str) -> list[str]:
        """Everybody who started the run or took it up."""
        query = select(Preparation.prepared_by).where(Preparation.run_id == run_id).order_by(Preparation.prepared_by)
        with self.registry.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def release_of(self, run_id: str) -> Row[Any] | None:
        """The run's release, or nothing."""
        with self.registry.engine.connect() as connection:
            return connection.execute(select(*Release.__table__.c).where(Release.run_id == run_id)).one_or_none()

    def release(
        self,
        run_id: str,
        *,
        month: str,
        revision: int,
        released_by: str,
        checks: list[dict[str, Any]],
        drafts: Sequence[Draft],
        domain: str,
        at: dt.datetime,
    ) -> bool:
        """The run is released and its messages queued, in one transaction; false when it had been released already.

        What an earlier revision of the month has not sent yet will not be sent.
        """
        with self.registry.writing.begin() as connection:
            release = {
                "run_id": run_id, "month": month, "revision": revision, "released_by": released_by,
                "released_at": at, "checks": checks,
            }  # fmt: skip
            if not _insert_new(connection, Release, [release]):
                return False
            earlier = and_(
                OutboxMessage.kind == "report", OutboxMessage.month == month, OutboxMessage.revision < revision
            )
            _withdraw(connection, earlier, at, reason=f"revision {revision}")
            self._queue(connection, drafts, domain=domain, at=at)
        return True

    def queue(self, drafts: Sequence[Draft], *, domain: str, at: dt.datetime) -> int:
        """The messages are queued, but for those that were queued before; returns how many are new."""
        with self.registry.writing.begin() as connection:
            return self._queue(connection, drafts, domain=domain, at=at)

    def _queue(self, connection: Connection, drafts: Sequence[Draft], *, domain: str, at: dt.datetime) -> int:
        new = 0
        for draft in drafts:
            letter = {
                "sha256": draft.letter_sha256, "subject": draft.subject, "plain": draft.plain, "html": draft.html,
            }  # fmt: skip
            _insert_new(connection, LetterBody, [letter])
            message = {
                "id": draft.key, "message_id": f"<{draft.key}.{draft.month}@{domain}>", "kind": draft.kind,
                "letter_sha256": draft.letter_sha256, "state": "queued", "attempt": 0, "deferral_count": 0,
                "queued_at": at, "next_attempt_at": at, "transmitting_at": None, "reason": None,
                **{name: getattr(draft, name) for name in (
                    "month", "revision", "subject_key", "recipient", "agency", "lang", "attachment",
                    "attachment_sha256", "is_encrypted",
                )},
            }  # fmt: skip
            if _insert_new(connection, OutboxMessage, [message]):
                _note(connection, draft.key, "queued", at)
                new += 1
        return new

    def withdraw_reminders(self, month: str, *, missing: Iterable[str], at: dt.datetime) -> int:
        """Reminders of lists that have come since, and have not left, will not be sent."""
        with self.registry.writing.begin() as connection:
            come = and_(
                _REMINDERS,
                OutboxMessage.month == month,
                OutboxMessage.subject_key.not_in(list(missing)),
            )
            return _withdraw(connection, come, at, reason="the list has come")

    def waiting_reminders(self, month: str) -> bool:
        """Does a reminder of the month wait to be sent?"""
        query = select(OutboxMessage.id).where(
            _REMINDERS, OutboxMessage.month == month, OutboxMessage.state == "queued"
        )
        with self.registry.engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def hold_reminders(self, month: str, *, agencies: Iterable[str] | None, until: dt.datetime) -> int:
        """Reminders of the month that have not left, to these agencies or (None) to all, wait at least until then."""
        held = and_(_REMINDERS, OutboxMessage.month == month, OutboxMessage.state == "queued")
        if agencies is not None:
            held = and_(held, OutboxMessage.agency.in_(list(agencies)))
        with self.registry.writing.begin() as connection:
            return connection.execute(
                update(OutboxMessage)
                .where(held, OutboxMessage.next_attempt_at < until)
                .values(next_attempt_at=until, reason="held back")
            ).rowcount

    # -- sending ---------------------------------------------------------------------------------------------------

    def recover(self, at: dt.datetime) -> tuple[int, int]:
        """What a dead sender left is queued again if it had not begun to leave, else uncertain; returns both counts.

        Only for the holder of ``only_sender``: then whatever is being sent has no living sender.
        """
        with self.registry.writing.begin() as connection:
            again = _move(
                connection,
                and_(OutboxMessage.state == "sending", OutboxMessage.transmitting_at.is_(None)),
                "queued", "recovered", at, reason="sender died before DATA",
            )  # fmt: skip
            unsure = _move(
                connection,
                OutboxMessage.state == "sending",
                "uncertain",
                "uncertain",
                at,
                reason="sender died after DATA",
            )
        return again, unsure

    def is_anything_due(self, now: dt.datetime) -> bool:
        """Is a message waiting whose time has come?"""
        query = select(OutboxMessage.id).where(OutboxMessage.state == "queued", OutboxMessage.next_attempt_at <= now)
        with self.registry.engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def claim(self, now: dt.datetime) -> Row[Any] | None:
        """The next message whose time has come is this sender's, with its letter; nothing if none waits."""
        waiting = (
            select(OutboxMessage.id)
            .where(OutboxMessage.state == "queued", OutboxMessage.next_attempt_at <= now)
            .order_by(OutboxMessage.queued_at, OutboxMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self.registry.writing.begin() as connection:
            found = connection.execute(waiting).scalar_one_or_none()
            if found is None:
                return None
            connection.execute(
                update(OutboxMessage)
                .where(OutboxMessage.id == found)
                .values(state="sending", attempt=OutboxMessage.attempt + 1, transmitting_at=None, reason=None)
            )
            _note(connection, found, "sending", now)
            return connection.execute(_with_letter().where(OutboxMessage.id == found)).one()

    def begin_transmission(self, message: Row[Any], at: dt.datetime) -> bool:
        """It is written down that the content is about to leave; false if the message is no longer this sender's."""
        with self.registry.writing.begin() as connection:
            return bool(
                connection.execute(
                    update(OutboxMessage)
                    .where(
                        OutboxMessage.id == message.id,
                        OutboxMessage.attempt == message.attempt,
                        OutboxMessage.state == "sending",
                        OutboxMessage.transmitting_at.is_(None),
                    )
                    .values(transmitting_at=at)
                ).rowcount
            )

    def settle(self, message: Row[Any], settled: Settled, at: dt.datetime) -> bool:
        """The attempt has this outcome; false, and nothing is written, if the message is no longer this sender's.

        An acceptance is written even if somebody has called the same attempt uncertain meanwhile.
        """
        mine = ("sending", "uncertain") if settled.state == "accepted" else ("sending",)
        deferred = settled.state == "queued"
        with self.registry.writing.begin() as connection:
            changed = connection.execute(
                update(OutboxMessage)
                .where(
                    OutboxMessage.id == message.id,
                    OutboxMessage.attempt == message.attempt,
                    OutboxMessage.state.in_(mine),
                )
                .values(
                    state=settled.state,
                    reason=settled.reason,
                    next_attempt_at=settled.next_attempt_at or at,
                    deferral_count=OutboxMessage.deferral_count + int(deferred),
                    **({"transmitting_at": None} if deferred else {}),
                )
            ).rowcount
            if changed:
                _note(connection, message.id, "deferred" if deferred else settled.state, at, reason=settled.reason)
        return bool(changed)

    # -- people ----------------------------------------------------------------------------------------------------

    def decide(self, message_id: str, act: str, *, by: str, at: dt.datetime) -> Row[Any]:
        """A person's act on a message is in the ledger: ``resend``, ``bounced`` or ``acknowledged``.

        Resending is for what is uncertain or failed, keeps the Message-ID, and is refused for a revision that a later
        one has replaced. What bounced has failed; what was acknowledged has been accepted. Raises Refusal otherwise.
        """
        may_be = {"resend": ("uncertain", "failed"), "bounced": ("accepted", "uncertain"),
                  "acknowledged": ("accepted", "uncertain")}[act]  # fmt: skip
        changes: dict[str, dict[str, Any]] = {
            "resend": {"state": "queued", "next_attempt_at": at, "deferral_count": 0, "transmitting_at": None},
            "bounced": {"state": "failed", "reason": "bounced"},
            "acknowledged": {"state": "accepted"},
        }
        with self.registry.writing.begin() as connection:
            message = connection.execute(
                select(*OutboxMessage.__table__.c).where(OutboxMessage.id == message_id).with_for_update()
            ).one_or_none()
            if message is None:
                raise Refusal(
                    "no_message",
                    "پیامی با این شناسه نیست؛ شناسه‌ها را «palayesh deliver --status» نشان می‌دهد.",
                    "There is no message of that id: `palayesh deliver --status` shows them.",
                )
            if message.state not in may_be:
                raise Refusal(
                    "message_state",
                    f"پیام {message.id} در وضعیت «{message.state}» است؛ این کار برای این وضعیت‌هاست: {'، '.join(may_be)}.",
                    f"Message {message.id} is {message.state}: this can be done only to what is {' or '.join(may_be)}.",
                )
            if act == "resend" and message.kind == "report":
                newer = select(Release.revision).where(
                    Release.month == message.month, Release.revision > message.revision
                )
                if connection.execute(newer).first():
                    raise Refusal(
                        "message_superseded",
                        f"ویرایش تازه‌تری از {message.month} منتشر شده است؛ ویرایش پیشین دوباره فرستاده نمی‌شود.",
                        f"A later revision of {message.month} is released: an earlier one is not sent again.",
                    )
            connection.execute(update(OutboxMessage).where(OutboxMessage.id == message_id).values(**changes[act]))
            _note(connection, message_id, act, at, by=by)
            return connection.execute(select(*OutboxMessage.__table__.c).where(OutboxMessage.id == message_id)).one()

    def note_bounce(self, notification: Notification, at: dt.datetime) -> Literal["bounced", "known", "unmatched"]:
        """A server's notice that a letter of ours did not arrive is in the ledger, once however often it is read.

        The letter has failed, if nobody has meanwhile asked for it to be sent again.
        """
        note = f"{notification.status} notice {notification.fingerprint}".strip()
        with self.registry.writing.begin() as connection:
            message = connection.execute(
                select(OutboxMessage.id, OutboxMessage.state)
                .where(OutboxMessage.message_id == notification.message_id)
                .with_for_update()
            ).one_or_none()
            if message is None:
                return "unmatched"
            told = select(OutboxEvent.id).where(OutboxEvent.message_id == message.id, OutboxEvent.reason == note)
            if connection.execute(told.limit(1)).first():
                return "known"
            if message.state in ("accepted", "uncertain"):
                reason = f"bounced {notification.status}".strip()
                connection.execute(
                    update(OutboxMessage).where(OutboxMessage.id == message.id).values(state="failed", reason=reason)
                )
            _note(connection, message.id, "bounced", at, reason=note)
        return "bounced"

    def messages(self, month: str | None = None) -> list[Row[Any]]:
        """Every message, or the month's, in the order of queueing."""
        query = select(*OutboxMessage.__table__.c).order_by(OutboxMessage.queued_at, OutboxMessage.id)
        if month:
            query = query.where(OutboxMessage.month == month)
        with self.registry.engine.connect() as connection:
            return list(connection.execute(query))

    def letter(self, sha256: str) -> Row[Any]:
        """The words of a letter. Raises NoResultFound if there is none of that SHA-256."""
        with self.registry.engine.connect() as connection:
            return connection.execute(select(*LetterBody.__table__.c).where(LetterBody.sha256 == sha256)).one()

    def events(self, message_id: str) -> list[Row[Any]]:
        """The ledger of one message, oldest first."""
        query = select(*OutboxEvent.__table__.c).where(OutboxEvent.message_id == message_id).order_by(OutboxEvent.id)
        with self.registry.engine.connect() as connection:
            return list(connection.execute(query))


def _with_letter() -> Any:
    return select(*OutboxMessage.__table__.c, LetterBody.subject, LetterBody.plain, LetterBody.html).join_from(
        OutboxMessage, LetterBody, OutboxMessage.letter_sha256 == LetterBody.sha256
    )


def _insert_new(connection: Connection, model: type, rows: list[dict[str, Any]]) -> int:
    """Insert what is not there yet; returns how many were new."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(model).values(rows).on_conflict_do_nothing()
    # Counted by what comes back: PostgreSQL's driver tells no number of rows for an INSERT.
    return len(connection.execute(added.returning(*model.__table__.primary_key)).all())  # type: ignore[attr-defined]


def _note(
    connection: Connection,
    message_id: str,
    event: str,
    at: dt.datetime,
    *,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    connection.execute(
        insert(OutboxEvent).values(message_id=message_id, happened_at=at, event=event, decided_by=by, reason=reason)
    )


def _move(connection: Connection, which: Any, state: str, event: str, at: dt.datetime, *, reason: str) -> int:
    """Every message of ``which`` is in the state, and its ledger says so."""
    found = connection.execute(select(OutboxMessage.id).where(which).with_for_update()).scalars().all()
    if found:
        connection.execute(
            update(OutboxMessage).where(OutboxMessage.id.in_(found), which).values(state=state, reason=reason)
        )
        for message_id in found:
            _note(connection, message_id, event, at, reason=reason)
    return len(found)


def _withdraw(connection: Connection, which: Any, at: dt.datetime, *, reason: str) -> int:
    return _move(connection, and_(which, NEVER_TRANSMITTED), "superseded", "superseded", at, reason=reason)
