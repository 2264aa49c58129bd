"""A letter as bytes, and one conversation with the mail server: over TLS or not at all.

Every way in which the conversation can end is told apart by what is known of the letter: it has not left (``Unreachable``,
``Lost``), the server has answered (``Answered``), or nobody can say (``Unconfirmed``).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import secrets
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from palayesh.adapters import passwords, settings
from palayesh.findings import Refusal

BODY_LIMIT = 100_000
"""Bytes of both bodies as sent; Gmail cuts a page off at about 102,000."""
USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unreachable(Refusal):
    """No conversation came about: server away, no TLS, wrong certificate or password. No letter is concerned."""


class Answered(Exception):
    """The server refused the letter, for now (4xx) or for good (5xx). ``reply`` is its numbers, never its text."""

    def __init__(self, code: int, reply: str) -> None:
        super().__init__(reply)
        self.code = code
        self.reply = reply


class Lost(Exception):
    """The conversation broke off before any of the letter had left."""


class Unconfirmed(Exception):
    """The conversation broke off after the letter began to leave, before the server's answer."""


@dataclass(frozen=True)
class Attachment:
    """A PDF under the name that the recipient sees."""

    name: str
    content: bytes


class _WholeWords(EmailPolicy):
    """Headers in Persian keep every space.

    Python's own folding (3.11) loses a space where it begins a new encoded word, and joins two words for the reader.
    """

    def fold(self, name: str, value: Any) -> str:
        addresses = getattr(value, "addresses", ())
        words = addresses[0].display_name if addresses else str(value)
        if words.isascii():
            return super().fold(name, value)
        after = f"{self.linesep} <{addresses[0].addr_spec}>" if addresses else ""
        encoded = Header(words, "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{after}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = _WholeWords(linesep="\r\n")


def compose(
    *,
    sender: tuple[str, str],
    recipient: tuple[str, str],
    subject: str,
    message_id: str,
    sent_at: dt.datetime,
    lang: str,
    plain: str,
    html: str,
    attachment: Attachment | None = None,
) -> bytes:
    """The letter: the words as plain text and as HTML, then the attachment. Both pairs are (name, address).

    Raises ValueError for a line break in a header, and when the bodies exceed ``BODY_LIMIT``.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(*sender)
    message["To"] = _address(*recipient)
    message["Subject"] = subject
    message["Date"] = sent_at
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = lang
    # Base64 passes every server unchanged; Persian letters would not pass one without 8BITMIME.
    message.set_content(plain, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    if len(message.as_bytes()) > BODY_LIMIT:
        raise ValueError("the letter is longer than mail programmes show")
    if attachment:
        message.add_attachment(attachment.content, maintype="application", subtype="pdf", filename=attachment.name)
    return message.as_bytes()


def _address(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=address)


def encrypt(pdf: bytes, password: str) -> bytes:
    """The PDF under AES-256, readable with the password and by screen readers then; other bytes each time."""
    import pikepdf

    encrypted = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            encrypted,
            encryption=pikepdf.Encryption(
                user=password,
                owner=secrets.token_urlsafe(32),
                R=6,
                allow=pikepdf.Permissions(accessibility=True, modify_other=False, modify_assembly=False),
            ),
        )
    return encrypted.getvalue()


def encrypt_workbook(workbook: bytes, password: str) -> bytes:
    """The workbook under AES-256 (agile encryption), which spreadsheets open with the password; other bytes each time."""
    from msoffcrypto.format.ooxml import OOXMLFile

    encrypted = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook)).encrypt(password, encrypted)
    return encrypted.getvalue()


class Conversation:
    """A conversation in which letters may be offered, one after the other."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def offer(self, sender: str, recipient: str) -> None:
        """The server would take a letter from sender to recipient. Raises Answered or Lost; nothing has left."""
        try:
            self._expect(*self._server.mail(sender))
            self._expect(*self._server.rcpt(recipient))
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(type(error).__name__) from None

    def transmit(self, letter: bytes) -> str:
        """The server has accepted the letter; returns its reply's numbers. Raises Answered, Lost or Unconfirmed."""
        try:
            code, text = self._server.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(type(error).__name__) from None
        if code != 354:
            raise Answered(code, numbers(code, text))
        try:
            self._server.send(re.sub(rb"(?m)^\.", b"..", letter) + b".\r\n")
            code, text = self._server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Unconfirmed(type(error).__name__) from None
        self._expect(code, text)
        return numbers(code, text)

    @staticmethod
    def _expect(code: int, text: bytes) -> None:
        if not 200 <= code < 300:
            raise Answered(code, numbers(code, text))


def numbers(code: int, text: bytes) -> str:
    """A reply's code and enhanced status: ``451 4.7.1``."""
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}", text)
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


@contextmanager
def conversation(own_name: str) -> Iterator[Conversation]:
    """A conversation with the settings' server, signed in. Raises Unreachable before anything of a letter is said."""
    server = _connected(own_name)
    try:
        yield Conversation(server)
    finally:
        # Whatever is still unsaid is unimportant: the letters' outcomes are known by now.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def check() -> str:
    """What the settings say of the mail server, if they can be used. Raises Unreachable with the mend."""
    now = settings.current()
    port = now.mail_port or USUAL_PORTS[now.mail_security]
    if not now.mail_host:
        raise _unreachable("mail_host", "نشانی کارساز (mail_host) در تنظیمات نیست", "mail_host is not set")
    if now.mail_security == "none" and now.mail_host not in LOOPBACK:
        raise _unreachable(
            "mail_clear",
            "بدون رمزنگاری تنها به کارساز همین رایانه می‌شود فرستاد؛ mail_security را starttls یا tls کنید",
            "without encryption only to a server on this machine: set mail_security to starttls or tls",
        )
    if now.mail_user:
        passwords.mail_password()
    return f"{now.mail_host}:{port} ({now.mail_security})"


def _connected(own_name: str) -> smtplib.SMTP:
    check()
    now = settings.current()
    port = now.mail_port or USUAL_PORTS[now.mail_security]
    server: smtplib.SMTP | None = None
    try:
        context = ssl.create_default_context(cafile=str(now.mail_ca_file) if now.mail_ca_file else None)
        if now.mail_security == "tls":
            server = smtplib.SMTP_SSL(
                now.mail_host, port, local_hostname=own_name, timeout=now.mail_timeout, context=context
            )
        else:
            server = smtplib.SMTP(now.mail_host, port, local_hostname=own_name, timeout=now.mail_timeout)
        if now.mail_security == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if now.mail_user:
            server.login(now.mail_user, passwords.mail_password())
        return server
    except (OSError, smtplib.SMTPException) as error:
        if server is not None:
            server.close()
        raise _why(error) from None


def _why(error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLError):
        return _unreachable(
            "mail_certificate",
            "گواهی کارساز پذیرفته نشد؛ نام کارساز یا mail_ca_file را درست کنید",
            "its certificate was not accepted: mend mail_host or mail_ca_file",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _unreachable(
            "mail_no_tls",
            "کارساز رمزنگاری یا ورود با گذرواژه را نمی‌شناسد؛ mail_security و mail_user را بررسی کنید",
            "it offers no STARTTLS or no sign-in: check mail_security and mail_user",
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _unreachable(
            "mail_sign_in",
            "کارساز نام کاربر یا گذرواژه را نپذیرفت",
            "it did not accept mail_user and the password",
        )
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return _unreachable(
        "mail_unreachable",
        f"پاسخ نداد ({type(error).__name__}{code})؛ نشانی، درگاه و شبکه را بررسی کنید",
        f"it did not answer ({type(error).__name__}{code}): check host, port and network",
    )


def _unreachable(code: str, why_fa: str, why_en: str) -> Unreachable:
    return Unreachable(
        code, f"کارساز رایانامه: {why_fa}. چیزی فرستاده نشد.", f"Mail server: {why_en}. Nothing was sent."
    )
