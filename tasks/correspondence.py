"""Who gets what in this installation, and the paper its letters are written on."""

from __future__ import annotations

import datetime as dt

from palayesh.adapters import declarations, settings, templates
from palayesh.adapters.outbox import Outbox
from palayesh.correspondence import AGENCY_REPORTS, Correspondence, ReminderDays
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import TEHRAN
from palayesh.reports.letters import Stationery
from tasks import installation

REPORTS = ("coverage", "public", "run_sheet", *AGENCY_REPORTS)
"""Reports that can be sent."""


def outbox() -> Outbox:
    """The outbox of this installation's registry."""
    return Outbox(installation.registry())


def is_set_up() -> bool:
    """Is there a ``delivery.yml``?"""
    return settings.current().delivery.is_file()


def correspondence() -> Correspondence:
    """What ``delivery.yml`` says. Raises Refusal in one line: the file, the entry and the mend."""
    path = settings.current().delivery
    if not path.is_file():
        raise Refusal(
            "no_delivery",
            f"فایل {path} نیست؛ آن را از نمونهٔ docs/delivery.md بسازید تا معلوم شود هر گزارش برای کیست.",
            f"There is no {path}: make it from the example in docs/delivery.md, which says who gets what.",
        )
    found = declarations.load_correspondence(path)
    agencies = installation.agencies()
    for key, recipient in found.recipients.items():
        for report in recipient.reports:
            if report not in REPORTS:
                known = ", ".join(REPORTS)
                raise _mistake(f"recipients.{key}.reports: there is no report «{report}»; one of: {known}")
        if recipient.agency is not None and recipient.agency not in agencies:
            known = ", ".join(sorted(agencies))
            raise _mistake(f"recipients.{key}.agency: «{recipient.agency}» is not declared; one of: {known}")
    return found


def reminder_days() -> ReminderDays:
    """When lists are due and late: as ``delivery.yml`` says, or as it would say by itself where there is none."""
    return correspondence().reminders if is_set_up() else ReminderDays()


def stationery(found: Correspondence, lang: Language, now: dt.datetime) -> Stationery:
    """The office's paper in the language, dated as Tehran is."""
    strings = templates.load_strings("mail", lang, templates=settings.current().templates)
    return Stationery(found.letter, strings, now.astimezone(TEHRAN).date())


def _mistake(mistake: str) -> Refusal:
    name = settings.current().delivery.name
    return Refusal("declaration_mistake", f"اشتباه در {name}: {mistake}", f"{name}: {mistake}")
