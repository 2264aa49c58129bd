"""Who may sign in to the console, and who is signed in."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from palayesh.adapters.audit_store import Act, append
from palayesh.adapters.console_models import SignInAttempt, Steward, StewardSession
from palayesh.adapters.registry import Registry


def token_hash(token: str) -> str:
    """What the registry keeps of a session's token: it has 256 random bits, so a plain digest gives nothing back."""
    return hashlib.sha256(token.encode()).hexdigest()


class StewardStore:
    """People and sessions of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def steward(self, name: str) -> Steward | None:
        """The person of that name."""
        return next(iter(self._stewards(Steward.name == name)), None)

    def stewards(self) -> list[Steward]:
        """Everybody, by name."""
        return self._stewards()

    def _stewards(self, *where: Any) -> list[Steward]:
        query = select(*Steward.__table__.c).where(*where).order_by(Steward.name)
        with self.registry.engine.connect() as connection:
            return [Steward(**row._mapping) for row in connection.execute(query)]

    def add(self, values: dict[str, Any], act: Act) -> bool:
        """The person may sign in; false if somebody of that name is there."""
        with self.registry.writing.begin() as connection:
            if connection.execute(select(Steward.name).where(Steward.name == values["name"])).first():
                return False
            connection.execute(insert(Steward).values(**values))
            append(connection, act)
        return True

    def change(self, name: str, values: dict[str, Any], act: Act | None = None, *, sign_out: bool = False) -> bool:
        """The person has these values; with ``sign_out`` every browser of his is signed out. False if nobody has the name."""
        with self.registry.writing.begin() as connection:
            found = connection.execute(update(Steward).where(Steward.name == name).values(**values)).rowcount
            if sign_out:
                connection.execute(delete(StewardSession).where(StewardSession.steward == name))
            if found and act is not None:
                append(connection, act)
        return bool(found)

    def take_code(self, name: str, step: int) -> bool:
        """The time step of a code is used up; false if it was before."""
        with self.registry.writing.begin() as connection:
            return bool(
                connection.execute(
                    update(Steward).where(Steward.name == name, Steward.totp_used < step).values(totp_used=step)
                ).rowcount
            )

    # -- sessions ----------------------------------------------------------------------------------------------------

    def open_session(self, token: str, name: str, *, now: dt.datetime, oldest: dt.datetime, act: Act) -> None:
        """The token's browser is signed in; sessions begun before ``oldest`` are gone."""
        with self.registry.writing.begin() as connection:
            connection.execute(delete(StewardSession).where(StewardSession.created_at < oldest))
            connection.execute(
                insert(StewardSession).values(
                    token_sha256=token_hash(token), steward=name, created_at=now, seen_at=now, revealed={}
                )
            )
            append(connection, act)

    def session(self, token: str) -> tuple[StewardSession, Steward] | None:
        """The session of the token and whose it is, whatever its age."""
        query = (
            select(*StewardSession.__table__.c, *Steward.__table__.c.values())
            .join(Steward, Steward.name == StewardSession.steward)
            .where(StewardSession.token_sha256 == token_hash(token))
        )
        with self.registry.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        own = len(StewardSession.__table__.c)
        session = dict(zip(StewardSession.__table__.c.keys(), row[:own], strict=True))
        steward = dict(zip(Steward.__table__.c.keys(), row[own:], strict=True))
        return StewardSession(**session), Steward(**steward)

    def touch(self, token: str, now: dt.datetime) -> None:
        """The session was used now."""
        self._change_session(token, seen_at=now)

    def reveal(self, token: str, revealed: dict[str, Any], act: Act) -> None:
        """The session shows the numbers of these objects, and the log says why."""
        with self.registry.writing.begin() as connection:
            connection.execute(
                update(StewardSession).where(StewardSession.token_sha256 == token_hash(token)).values(revealed=revealed)
            )
            append(connection, act)

    def _change_session(self, token: str, **values: Any) -> None:
        with self.registry.writing.begin() as connection:
            connection.execute(
                update(StewardSession).where(StewardSession.token_sha256 == token_hash(token)).values(**values)
            )

    def close_session(self, token: str, act: Act) -> None:
        """The browser is signed out."""
        with self.registry.writing.begin() as connection:
            connection.execute(delete(StewardSession).where(StewardSession.token_sha256 == token_hash(token)))
            append(connection, act)

    # -- attempts ----------------------------------------------------------------------------------------------------

    def attempt(self, name: str, at: dt.datetime, *, succeeded: bool) -> None:
        """The try is counted."""
        with self.registry.writing.begin() as connection:
            connection.execute(delete(SignInAttempt).where(SignInAttempt.at < at - dt.timedelta(days=30)))
            connection.execute(insert(SignInAttempt).values(name=name[:64], at=at, succeeded=succeeded))

    def failures(self, name: str, *, since: dt.datetime) -> int:
        """Failed tries for the name since then, or since the last that succeeded."""
        last = select(func.max(SignInAttempt.id)).where(
            SignInAttempt.name == name[:64], SignInAttempt.succeeded.is_(True)
        )
        query = select(func.count()).where(
            SignInAttempt.name == name[:64],
            SignInAttempt.succeeded.is_(False),
            SignInAttempt.at >= since,
            SignInAttempt.id > func.coalesce(last.scalar_subquery(), 0),
        )
        with self.registry.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())
