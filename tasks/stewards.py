"""Accounts and sessions of the console: passwords as argon2, one-time codes, limits on tries."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Literal

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from palayesh.adapters.audit_store import Act, AuditStore
from palayesh.adapters.console_models import Steward
from palayesh.adapters.steward_store import StewardStore
from palayesh.findings import Refusal
from palayesh.review.access import Role, Visitor, account_mistake, password_mistake
from tasks import installation

IDLE = dt.timedelta(minutes=15)
ABSOLUTE = dt.timedelta(hours=8)
TRIES, WAIT = 5, dt.timedelta(minutes=15)
REVEALED_FOR = dt.timedelta(minutes=10)
_HASHER = PasswordHasher()
# Verified when nobody has the name, so that the answer takes as long as for a wrong password.
_NOBODY = _HASHER.hash(secrets.token_hex(16))

_MISTAKES = {
    "bad_name": ("نام کاربری: ۳ تا ۳۲ نویسه از a-z و 0-9 و . و -، آغاز با حرف.", "User name: 3 to 32 of a-z, 0-9, . and -, beginning with a letter."),
    "bad_role": ("نقش یکی از این‌هاست: steward، chief، official، auditor.", "The role is one of: steward, chief, official, auditor."),
    "agency_needed": ("راهبر باید از یک دستگاه باشد: --agency نام دستگاه.", "A steward belongs to an agency: --agency NAME."),
    "unknown_agency": ("این دستگاه شناخته نیست؛ نام پوشهٔ آن را بنویسید.", "This agency is not known: write the name of its folder."),
    "no_agency_here": ("تنها راهبر (steward) دستگاه دارد؛ --agency را بردارید.", "Only a steward has an agency: leave --agency out."),
    "taken": ("این نام کاربری هست؛ نام دیگری برگزینید.", "This user name is taken: choose another."),
    "unknown": ("کاربری با این نام نیست.", "There is no user of that name."),
    "too_short": ("گذرواژه دست‌کم ۱۵ نویسه باشد؛ یک جملهٔ کوتاه خوب است.", "A password has at least 15 characters; a short sentence is good."),
    "too_plain": ("گذرواژه زیادی ساده است یا نام کاربری در آن است.", "The password is too plain, or has the user name in it."),
}  # fmt: skip


def refusal(code: str) -> Refusal:
    """The mistake as one line in both languages."""
    return Refusal(code, *_MISTAKES[code])


def store() -> StewardStore:
    """The people of this installation."""
    return StewardStore(installation.registry())


# -- accounts --------------------------------------------------------------------------------------------------------


def add(
    name: str, *, title: str, role: str, agency: str | None, password: str, now: dt.datetime, by: str = "operator"
) -> None:
    """The person may sign in. Raises Refusal with what to do when the account cannot be."""
    for mistake in (
        account_mistake(name, role, agency, set(installation.agencies())),
        password_mistake(password, name),
    ):
        if mistake:
            raise refusal(mistake)
    values: dict[str, Any] = {
        "name": name,
        "title": title or name,
        "role": role,
        "agency": agency,
        "password_hash": _HASHER.hash(password),
        "totp_secret": None,
        "totp_used": 0,
        "is_active": True,
        "preferences": {},
        "created_at": now,
    }
    if not store().add(values, Act(now, by, "operator", "account_added", name, detail={"role": role})):
        raise refusal("taken")


def change_password(name: str, password: str, *, now: dt.datetime, by: str = "operator") -> None:
    """The person has a new password, and is signed out everywhere."""
    if mistake := password_mistake(password, name):
        raise refusal(mistake)
    act = Act(now, by, "operator", "password_changed", name)
    if not store().change(name, {"password_hash": _HASHER.hash(password)}, act, sign_out=True):
        raise refusal("unknown")


def set_active(name: str, is_active: bool, *, now: dt.datetime, by: str = "operator") -> None:
    """The person may sign in, or no longer: then he is signed out at once."""
    act = Act(now, by, "operator", "account_opened" if is_active else "account_closed", name)
    if not store().change(name, {"is_active": is_active}, act, sign_out=not is_active):
        raise refusal("unknown")


def require_code(name: str, *, now: dt.datetime, by: str = "operator") -> str:
    """From now on the person signs in with a one-time code too; the address for his authenticator."""
    secret = pyotp.random_base32()
    act = Act(now, by, "operator", "code_required", name)
    if not store().change(name, {"totp_secret": secret, "totp_used": 0}, act, sign_out=True):
        raise refusal("unknown")
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Palayesh")


# -- signing in --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignIn:
    """What came of a try: a token, or why not."""

    token: str | None
    reason: Literal["", "wrong", "wait", "code"] = ""


def sign_in(name: str, password: str, code: str, *, now: dt.datetime) -> SignIn:
    """A new session, if name, password and (where required) code are right and there were not too many wrong tries."""
    people = store()
    name = name.strip().lower()
    if people.failures(name, since=now - WAIT) >= TRIES:
        return SignIn(None, "wait")
    found = people.steward(name)
    right = _is_right(found.password_hash if found else _NOBODY, password)
    if found is None or not right or not found.is_active:
        people.attempt(name, now, succeeded=False)
        return SignIn(None, "wrong")
    if found.totp_secret and not _takes_code(found, code, now):
        if code:
            people.attempt(name, now, succeeded=False)
        return SignIn(None, "code")
    token = secrets.token_urlsafe(32)
    act = Act(now, found.name, found.role, "signed_in", found.name)
    people.attempt(name, now, succeeded=True)
    people.open_session(token, found.name, now=now, oldest=now - ABSOLUTE, act=act)
    return SignIn(token)


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerificationError:
        return False


def _takes_code(found: Steward, code: str, now: dt.datetime) -> bool:
    totp = pyotp.TOTP(str(found.totp_secret))
    step = int(now.timestamp()) // totp.interval
    for candidate in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(candidate), code.strip()):
            return store().take_code(found.name, candidate)
    return False


def visitor(token: str, *, now: dt.datetime, is_used: bool = True) -> Visitor | None:
    """Who the token's browser belongs to, unless the session is too old or the account is closed.

    A page that looks again by itself does not use the session (``is_used``): only a person keeps it awake.
    """
    found = store().session(token)
    if found is None:
        return None
    session, steward = found
    if not steward.is_active or now - session.seen_at > IDLE or now - session.created_at > ABSOLUTE:
        return None
    if is_used and now - session.seen_at > dt.timedelta(minutes=1):
        store().touch(token, now)
    return Visitor(
        name=steward.name,
        title=steward.title,
        role=Role(steward.role),
        agency=steward.agency,
        token=token,
        preferences=dict(steward.preferences or {}),
        revealed={
            thing: until for thing, until in (session.revealed or {}).items() if dt.datetime.fromisoformat(until) > now
        },
    )


def sign_out(who: Visitor, *, now: dt.datetime) -> None:
    """The browser is signed out."""
    store().close_session(who.token, Act(now, who.name, who.role, "signed_out", who.name))


def reveal(who: Visitor, thing: str, reason: str, *, now: dt.datetime) -> None:
    """The numbers of the object are shown to this session for ten minutes, and the log says why."""
    until = (now + REVEALED_FOR).isoformat()
    store().reveal(
        who.token, {**who.revealed, thing: until}, Act(now, who.name, who.role, "numbers_shown", thing, reason)
    )


def prefer(who: Visitor, changes: dict[str, Any]) -> None:
    """The person's preferences have these values."""
    store().change(who.name, {"preferences": {**who.preferences, **changes}})


def csrf_token(token: str, name: str = "") -> str:
    """What every form of the session carries: it follows from the cookie, which other sites cannot read, and says whose form it is."""
    return f"{hmac.new(token.encode(), f'palayesh form {name}'.encode(), hashlib.sha256).hexdigest()}.{name}"


def owner_of_form(sent: str) -> str:
    """Whose form it says it is; nobody's before signing in."""
    return sent.partition(".")[2]


def record(act: Act) -> None:
    """The act is in the audit log."""
    AuditStore(installation.registry()).append(act)
