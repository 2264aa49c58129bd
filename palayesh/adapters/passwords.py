"""Passwords, from the environment or from a file that only its owner can read; never from a settings file or a log."""

from __future__ import annotations

import os
from pathlib import Path

from palayesh.adapters import declarations, settings
from palayesh.findings import Refusal
from palayesh.persian_text import format_number

MAIL_PASSWORD = "PALAYESH_MAIL_PASSWORD"  # noqa: S105 - a variable's name
MAILBOX_PASSWORD = "PALAYESH_MAILBOX_PASSWORD"  # noqa: S105
REPORT_PASSWORD = "PALAYESH_REPORT_PASSWORD_"  # noqa: S105
SHORTEST = 16
"""Sixteen random letters and digits are 95 bits; what guards a report that can be copied must outlast guessing."""


def mail_password() -> str:
    """The password of ``mail_user``. Raises Refusal when there is none, or when others can read its file."""
    return _of_server(
        MAIL_PASSWORD, settings.current().mail_password_file, "mail_password", "کارساز رایانامه", "mail server"
    )


def mailbox_password() -> str:
    """The password of ``mailbox_user``. Raises Refusal when there is none, or when others can read its file."""
    return _of_server(
        MAILBOX_PASSWORD,
        settings.current().mailbox_password_file,
        "mailbox_password",
        "صندوق نامه‌های برگشتی",
        "mailbox",
    )


def _of_server(variable: str, path: Path | None, setting: str, name_fa: str, name_en: str) -> str:
    if found := os.environ.get(variable):
        return found
    if path is None:
        raise Refusal(
            setting,
            f"گذرواژهٔ {name_fa} نیست؛ {variable} یا {setting}_file (با دسترسی 0600) را بگذارید.",
            f"The {name_en}'s password is missing: set {variable}, or {setting}_file (mode 0600).",
        )
    return _private(path).read_text(encoding="utf-8").strip()


def report_password(recipient: str) -> str:
    """The password of the reports that the recipient gets. Raises Refusal when there is none, or it is too short."""
    password = os.environ.get(REPORT_PASSWORD + recipient.upper())
    path = settings.current().report_passwords_file
    if password is None and path is not None:
        password = declarations.load_passwords(_private(path)).get(recipient)
    if not password:
        raise Refusal(
            "report_password",
            f"برای گیرندهٔ {recipient} گذرواژهٔ گزارش نیست؛ آن را در report_passwords_file (با دسترسی 0600) بنویسید.",
            f"Recipient {recipient} has no password for reports: write it in report_passwords_file (mode 0600).",
        )
    if len(password) < SHORTEST:
        raise Refusal(
            "report_password_short",
            f"گذرواژهٔ گیرندهٔ {recipient} کوتاه‌تر از {format_number(SHORTEST)} نویسه است؛ گذرواژهٔ تصادفی بلندتری بگذارید.",
            f"The password of recipient {recipient} has fewer than {SHORTEST} characters: take a longer random one.",
        )
    return password


def _private(path: Path) -> Path:
    try:
        status = path.stat()
    except OSError:
        raise Refusal(
            "password_file",
            f"فایل گذرواژه {path.name} خوانده نشد؛ نشانی آن را در تنظیمات درست کنید.",
            f"The password file {path.name} cannot be read: mend its path in the settings.",
        ) from None
    if status.st_mode & 0o077 or status.st_uid not in (os.geteuid(), 0):
        raise Refusal(
            "password_file_open",
            f"دیگران به فایل گذرواژه {path.name} دسترسی دارند: chmod 600 {path.name}",
            f"Others can read the password file {path.name}: chmod 600 {path.name}",
        )
    return path
