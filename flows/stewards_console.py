"""`palayesh console`: the stewards' console on loopback, and the people who may sign in to it."""

from __future__ import annotations

import datetime as dt
import sys

from flows import environment
from flows.wording import say
from palayesh.language import Language


def serve(port: int, *, lang: Language) -> None:
    """Hold the console until interrupted. Only this machine reaches it; a proxy with TLS may stand before it."""
    environment.prepare()
    import uvicorn

    from flows.screen_output import console, errors
    from tasks import stewards

    if not stewards.store().stewards():
        errors.print(say("console_nobody", lang), markup=False)
    console.print(say("console_open", lang, port=str(port)), markup=False)
    # By name, because the two front doors do not import each other.
    uvicorn.run(
        "console.application:serve",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


def add_user(name: str, *, title: str, role: str, agency: str | None, code: bool, lang: Language) -> None:
    """The person may sign in with the password that is typed now."""
    from flows.screen_output import console
    from tasks import stewards

    now = dt.datetime.now(dt.UTC)
    stewards.add(name, title=title, role=role, agency=agency, password=_password(lang), now=now)
    console.print(say("user_added", lang, name=name), markup=False)
    if code:
        require_code(name, lang=lang)


def list_users(lang: Language) -> None:
    """Everybody who may sign in, or might."""
    from flows.screen_output import console, table
    from tasks import stewards

    rows = [
        [s.name, s.title, s.role, s.agency or "–", "✓" if s.totp_secret else "–", "✓" if s.is_active else "–"]
        for s in stewards.store().stewards()
    ]
    headings = [say(h, lang) for h in ("user", "user_title", "user_role", "agency", "user_code", "user_open")]
    console.print(table(say("console_users", lang), headings, rows, lang=lang))


def change_password(name: str, lang: Language) -> None:
    """The person has the password that is typed now, and is signed out everywhere."""
    from flows.screen_output import console
    from tasks import stewards

    stewards.change_password(name, _password(lang), now=dt.datetime.now(dt.UTC))
    console.print(say("user_changed", lang, name=name), markup=False)


def require_code(name: str, lang: Language) -> None:
    """The person signs in with a one-time code too; the address for his authenticator is shown once."""
    from flows.screen_output import console
    from tasks import stewards

    address = stewards.require_code(name, now=dt.datetime.now(dt.UTC))
    console.print(say("user_code_address", lang, address=address), markup=False)


def set_active(name: str, is_active: bool, lang: Language) -> None:
    """The person may sign in, or no longer."""
    from flows.screen_output import console
    from tasks import stewards

    stewards.set_active(name, is_active, now=dt.datetime.now(dt.UTC))
    console.print(say("user_changed", lang, name=name), markup=False)


def _password(lang: Language) -> str:
    """Typed twice without being shown, or one line of the standard input when nobody is at the keyboard."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import typer

    return str(typer.prompt(say("password_twice", lang), hide_input=True, confirmation_prompt=True))
