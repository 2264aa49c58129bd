"""`palayesh doctor`: is this machine ready, and what to do if it is not."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
from collections.abc import Callable
from typing import Any

from persiantools.jdatetime import JalaliDate

from flows.wording import say
from palayesh.adapters import settings
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.persian_text import format_date_fa, format_number
from palayesh.reporting_month import TEHRAN

Finding = dict[str, Any]


def examine(lang: Language) -> list[Finding]:
    """One finding per thing that a month needs: ``name``, ``ready``, ``detail`` (what is there, or what to do)."""
    checks: list[tuple[tuple[str, str], Callable[[], tuple[str, str]]]] = [
        (("قلم", "font"), _font),
        (("ساخت PDF", "PDF"), _pdf),
        (("پایگاه داده", "database"), _database),
        (("اظهارنامه‌ها", "declarations"), _declarations),
        (("فضای دیسک", "disk"), _disk),
        (("زمان‌بند", "schedule"), _schedule),
        (("رایانامه", "mail"), _mail),
    ]
    place = 0 if lang == "fa" else 1
    findings = []
    for names, check in checks:
        try:
            detail, ready = check()[place], True
        except Refusal as refusal:
            detail, ready = (refusal.sentence_fa, refusal.sentence_en)[place], False
        findings.append({"name": names[place], "ready": ready, "detail": detail})
    return findings


def show(findings: list[Finding], lang: Language) -> None:
    """The findings as a table on the terminal."""
    from flows.screen_output import console, table

    rows = [[f["name"], say("ready" if f["ready"] else "not_ready", lang), f["detail"]] for f in findings]
    console.print(table("palayesh doctor", [say(k, lang) for k in ("part", "state", "detail")], rows, lang=lang))


def _font() -> tuple[str, str]:
    fonts = settings.current().templates / "_shared" / "fonts"
    missing = [n for n in ("Vazirmatn-Regular.ttf", "Vazirmatn-Bold.ttf", "OFL.txt") if not (fonts / n).is_file()]
    if missing:
        raise Refusal(
            "font_missing",
            f"این فایل‌ها در {fonts} نیستند: {'، '.join(missing)}. آن‌ها را از مخزن برنامه بازگردانید.",
            f"Missing in {fonts}: {', '.join(missing)}. Restore them from the project.",
        )
    return "Vazirmatn", "Vazirmatn"


def _pdf() -> tuple[str, str]:
    try:
        weasyprint = importlib.import_module("weasyprint")
    except OSError:
        raise Refusal(
            "pango_missing",
            "کتابخانهٔ Pango نصب نیست: apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0",
            "Pango is not installed: apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0",
        ) from None
    return f"WeasyPrint {weasyprint.__version__}", f"WeasyPrint {weasyprint.__version__}"


def _database() -> tuple[str, str]:
    from tasks import installation

    dialect = installation.registry().engine.dialect.name
    return dialect, dialect


def _declarations() -> tuple[str, str]:
    from tasks import installation

    agencies = installation.agencies()
    lists = sum(len(agency.lists) for agency in agencies.values())
    installation.vocabularies()
    return (
        f"{format_number(len(agencies))} دستگاه، {format_number(lists)} فهرست",
        f"{len(agencies)} agencies, {lists} lists",
    )


def _disk() -> tuple[str, str]:
    folder = settings.current().var.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < 2:
        raise Refusal(
            "disk_full",
            f"تنها {format_number(free, 1)} گیگابایت در {folder} مانده است؛ دست‌کم ۲ گیگابایت خالی کنید.",
            f"Only {free:.1f} GB left in {folder}: free at least 2 GB.",
        )
    return f"{format_number(free)} گیگابایت خالی", f"{free:.0f} GB free"


def _schedule() -> tuple[str, str]:
    from flows.schedule import first_days

    following = first_days(dt.datetime.now(TEHRAN).date(), 1)[0]
    solar = JalaliDate(following).isoformat()  # type: ignore[no-untyped-call]
    return f"اجرای بعدی {format_date_fa(following, 'short')}", f"next run {solar} ({following})"


def _mail() -> tuple[str, str]:
    from palayesh.adapters import mail, mailbox, passwords
    from tasks import correspondence, release

    if not correspondence.is_set_up():
        return "گزارش‌ها در پوشه می‌مانند؛ ارسال تنظیم نشده است", "reports stay in their folder; no delivery is set up"
    found = correspondence.correspondence()
    for key, recipient in found.recipients.items():
        if any(release.is_encrypted(report) for report in recipient.reports):
            passwords.report_password(key)
    with mail.conversation(found.sender.domain):
        server = mail.check()  # and signed in, over TLS: nothing is sent
    count = len(found.recipients)
    if not mailbox.is_set_up():
        return f"{server}، {format_number(count)} گیرنده", f"{server}, {count} recipients"
    returned = mailbox.check()
    return (
        f"{server}، {format_number(count)} گیرنده، نامه‌های برگشتی: {returned}",
        f"{server}, {count} recipients, returned letters: {returned}",
    )
