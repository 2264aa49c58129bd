"""The mailbox to which servers return our letters, read over IMAP: over TLS or not at all, and never written to."""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import ssl
from collections.abc import Iterator
from typing import Any

from palayesh.adapters import mail, passwords, settings
from palayesh.findings import Refusal

USUAL_PORTS = {"starttls": 143, "tls": 993, "none": 143}
READ_AT_MOST = 256 * 1024
"""Bytes of one letter: what a server reports stands at the beginning, and what it returns may be long."""


class Unreachable(Refusal):
    """The mailbox could not be read; it and the ledger are as they were."""


def is_set_up() -> bool:
    """Is a mailbox named in the settings?"""
    return bool(settings.current().mailbox_host)


def letters_since(day: dt.date) -> Iterator[bytes]:
    """The beginning of every letter that came into the mailbox on the day or later. Raises Unreachable.

    Nothing there is marked, moved or deleted: whoever else reads the mailbox sees it as it was.
    """
    with contextlib.ExitStack() as stack:
        try:
            server = _connected()
            stack.callback(_leave, server)
            _expect(server.select(f'"{settings.current().mailbox_folder}"', readonly=True))
            found = _expect(server.uid("SEARCH", f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"))
            for uid in found[0].split() if found and found[0] else []:
                answer = _expect(server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{READ_AT_MOST}>)"))
                yield from (part[1] for part in answer if isinstance(part, tuple))
        except (OSError, imaplib.IMAP4.error) as error:
            raise _why(error) from None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def check() -> str:
    """What the settings say of the mailbox, if it can be opened now. Raises Unreachable with the mend."""
    now = settings.current()
    for _ in letters_since(dt.date(9999, 1, 1)):
        pass
    return f"{now.mailbox_host}:{_port()} ({now.mailbox_security})"


def _port() -> int:
    now = settings.current()
    return now.mailbox_port or USUAL_PORTS[now.mailbox_security]


def _connected() -> imaplib.IMAP4:
    now = settings.current()
    if now.mailbox_security == "none" and now.mailbox_host not in mail.LOOPBACK:
        raise _unreachable(
            "mailbox_clear",
            "بدون رمزنگاری تنها از کارساز همین رایانه می‌شود خواند؛ mailbox_security را starttls یا tls کنید",
            "without encryption only on this machine: set mailbox_security to starttls or tls",
        )
    password = passwords.mailbox_password()
    context = ssl.create_default_context(cafile=str(now.mailbox_ca_file) if now.mailbox_ca_file else None)
    server: imaplib.IMAP4
    if now.mailbox_security == "tls":
        server = imaplib.IMAP4_SSL(now.mailbox_host, _port(), ssl_context=context, timeout=now.mail_timeout)
    else:
        server = imaplib.IMAP4(now.mailbox_host, _port(), timeout=now.mail_timeout)
    with contextlib.ExitStack() as unless_signed_in:
        unless_signed_in.callback(_leave, server)
        if now.mailbox_security == "starttls":
            server.starttls(ssl_context=context)
        _sign_in(server, now.mailbox_user, password)
        unless_signed_in.pop_all()
    return server


def _sign_in(server: imaplib.IMAP4, user: str, password: str) -> None:
    try:
        if "AUTH=PLAIN" in server.capabilities:
            server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            server.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise _unreachable(
            "mailbox_sign_in",
            "کارساز نام کاربر یا گذرواژهٔ صندوق را نپذیرفت",
            "it did not accept mailbox_user and the password",
        ) from None


def _leave(server: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError, imaplib.IMAP4.error):
        server.logout()
    with contextlib.suppress(OSError):
        server.shutdown()


def _expect(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(kind)
    return data


def _why(error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLError):
        return _unreachable(
            "mailbox_certificate",
            "گواهی کارساز پذیرفته نشد؛ mailbox_host یا mailbox_ca_file را درست کنید",
            "its certificate was not accepted: mend mailbox_host or mailbox_ca_file",
        )
    return _unreachable(
        "mailbox_unreachable",
        f"خوانده نشد ({type(error).__name__})؛ نشانی، درگاه، رمزنگاری و پوشهٔ صندوق را بررسی کنید",
        f"it could not be read ({type(error).__name__}): check host, port, encryption and folder",
    )


def _unreachable(code: str, why_fa: str, why_en: str) -> Unreachable:
    return Unreachable(
        code,
        f"صندوق نامه‌های برگشتی: {why_fa}. چیزی از آن خوانده نشد.",
        f"Mailbox of returned letters: {why_en}. Nothing of it was read.",
    )
