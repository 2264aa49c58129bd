"""Letters in the outbox → officials' mailboxes, each once; and the reminders and notices that join them there."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from palayesh.adapters import mail, mailbox, passwords, settings, templates
from palayesh.adapters.files import sha256_of
from palayesh.adapters.outbox import Draft
from palayesh.correspondence import Correspondence
from palayesh.delivery.bounces import read_notification
from palayesh.delivery.outcomes import Settled, after_delay, after_reply
from palayesh.delivery.reminders import Reminder, escalation_week, reminders_due
from palayesh.findings import Refusal
from palayesh.reporting_month import TEHRAN, ReportingMonth
from palayesh.reports.letters import Letter, escalation_letter, notice_letter, reminder_letter
from tasks import installation, ledger
from tasks.correspondence import correspondence, outbox, stationery

Clock = Callable[[], dt.datetime]
REMINDERS = ("due", "late")
HELD_BACK = dt.timedelta(hours=1)
"""How long a reminder is held back at a time while it cannot be known whether the list is there."""
RETURNS_WITHIN = dt.timedelta(days=30)
"""How far back the mailbox is read: servers give up after five days, and the reader may have been down for weeks."""


class Unsendable(Exception):
    """A letter that must not leave as things are; ``args[0]`` is the reason in a word."""


def send_queued(clock: Clock) -> Counter[str]:
    """Everything whose time has come has been offered to the mail server once; counts by what became of it.

    Raises Refusal when another sender is at work, or the server cannot be reached: then nothing has changed.
    """
    box, outcomes = outbox(), Counter[str]()
    with box.only_sender():
        _, unsure = box.recover(clock())
        outcomes["uncertain"] += unsure
        found = correspondence()
        while box.is_anything_due(clock()):
            # The server is reached before a message is claimed, so that a server that is away costs no message an attempt.
            with mail.conversation(found.sender.domain) as talk:
                message = box.claim(clock())
                if message is None:
                    break
                settled = _send(talk, message, found, clock)
                if settled is not None:
                    box.settle(message, settled, clock())
                    outcomes["deferred" if settled.state == "queued" else settled.state] += 1
    return +outcomes


def read_bounces(clock: Clock) -> Counter[str]:
    """Letters of ours that servers say they could not deliver are noted as such; counts of what the mailbox holds.

    ``bounced`` are new, ``known`` were noted before, ``unmatched`` are about no letter of this outbox, ``unreadable``
    notices are left for a person; other letters are not counted. Nothing if no mailbox is set up. Raises Refusal when
    it cannot be read; what was noted until then stays noted.
    """
    counts: Counter[str] = Counter()
    if not mailbox.is_set_up():
        return counts
    for raw in mailbox.letters_since((clock() - RETURNS_WITHIN).date()):
        try:
            notification = read_notification(raw)
        except ValueError:
            counts["unreadable"] += 1
            continue
        if notification is not None and notification.has_failed:
            counts[outbox().note_bounce(notification, clock())] += 1
    return counts


def _send(talk: mail.Conversation, message: Any, found: Correspondence, clock: Clock) -> Settled | None:
    """The letter has been offered; what came of it, or nothing if it was withdrawn or taken over meanwhile."""
    if message.kind in REMINDERS and message.subject_key not in ledger.missing_lists(message.month):
        return Settled("superseded", "the list has come")
    try:
        address = _address(message, found)
        letter = _letter(message, address, found, clock())
    except Unsendable as unsendable:
        return Settled("failed", str(unsendable.args[0]))
    except Refusal as refusal:
        return Settled("failed", refusal.code)
    try:
        talk.offer(found.sender.address, address)
        if not outbox().begin_transmission(message, clock()):
            return None
        reply = talk.transmit(letter)
    except mail.Answered as answer:
        return after_reply(answer.code, answer.reply, deferrals=message.deferral_count, now=clock())
    except mail.Lost:
        return after_delay("connection lost", deferrals=message.deferral_count, now=clock())
    except mail.Unconfirmed:
        return Settled("uncertain", "lost after DATA")
    return Settled("accepted", reply)


def _address(message: Any, found: Correspondence) -> str:
    """The recipient's address as it is now, if the letter is still the recipient's to get."""
    recipient = found.recipients.get(message.recipient)
    if recipient is None:
        raise Unsendable("no such recipient")
    is_theirs = {
        "report": message.subject_key in recipient.reports,
        "notice": recipient.notices,
        "escalation": recipient.escalations,
    }.get(message.kind, recipient.reminders)
    if not is_theirs or message.agency != recipient.agency:
        raise Unsendable("not the recipient's")
    return recipient.address


def _letter(message: Any, address: str, found: Correspondence, now: dt.datetime) -> bytes:
    recipient, lang = found.recipients[message.recipient], message.lang
    attachment = None
    if message.attachment:
        path = settings.current().var.resolve() / "reports" / message.attachment
        if not path.is_file() or sha256_of(path) != message.attachment_sha256:
            raise Unsendable("report file changed")
        content = path.read_bytes()
        if message.is_encrypted:
            encrypt = mail.encrypt_workbook if path.suffix == ".xlsx" else mail.encrypt
            content = encrypt(content, passwords.report_password(message.recipient))
        attachment = mail.Attachment(f"report-{message.month}-r{message.revision}{path.suffix}", content)
    try:
        return mail.compose(
            sender=(getattr(found.sender.name, lang), found.sender.address),
            recipient=(getattr(recipient.title, lang), address),
            subject=message.subject,
            message_id=message.message_id,
            sent_at=now.astimezone(TEHRAN),
            lang=lang,
            plain=message.plain,
            html=message.html,
            attachment=attachment,
        )
    except ValueError:
        raise Unsendable("letter too long or broken header") from None


def missing_reminders(month: ReportingMonth, now: dt.datetime, *, unread: Collection[str] = ()) -> tuple[Reminder, ...]:
    """Reminders that are due today and that nobody has been sent; none to an agency whose files could not be taken in (``unread``)."""
    found = correspondence()
    there = {(m.kind, m.subject_key) for m in outbox().messages(str(month))}
    due = reminders_due(month, now.astimezone(TEHRAN).date(), ledger.missing_lists(str(month)), found.reminders)
    return tuple(
        reminder
        for reminder in due
        if (reminder.kind, reminder.list_key) not in there and reminder.list_key.partition("/")[0] not in unread
    )


def may_remind(month: ReportingMonth, now: dt.datetime) -> bool:
    """Is a reminder of the month to be queued now, or waiting in the outbox?"""
    return outbox().waiting_reminders(str(month)) or bool(missing_reminders(month, now))


def hold_reminders(month: ReportingMonth, now: dt.datetime, *, unread: Collection[str] | None) -> int:
    """Reminders that have not left are held back: to agencies whose files could not be taken in, or (None) to all."""
    return outbox().hold_reminders(str(month), agencies=unread, until=now + HELD_BACK)


def queue_reminders(month: ReportingMonth, now: dt.datetime, *, unread: Collection[str] = ()) -> int:
    """Every agency whose list is due or late has its reminder in the outbox, once; those that have come have none.

    Nor has one whose files could not be taken in (``unread``): what it sent may be there. Returns how many are new.
    """
    found, agencies = correspondence(), installation.agencies()
    outbox().withdraw_reminders(str(month), missing=ledger.missing_lists(str(month)), at=now)
    drafts = []
    for reminder in missing_reminders(month, now, unread=unread):
        agency, list_name = reminder.list_key.split("/")
        for key, recipient in found.recipients.items():
            if recipient.reminders and recipient.agency == agency:
                title = getattr(agencies[agency].lists[list_name].title, recipient.language)
                letter = reminder_letter(
                    reminder.kind, title, month, recipient, stationery(found, recipient.language, now)
                )
                drafts.append(_draft(letter, reminder.kind, month, reminder.list_key, key, agency))
    return outbox().queue(drafts, domain=found.sender.domain, at=now)


def queue_notices(month: ReportingMonth, now: dt.datetime) -> int:
    """The stewards have a notice of what waits, when that has changed, and at most one a day. Returns how many are new."""
    waiting, digest = what_waits(month)
    if not any(waiting.values()):
        return 0
    found = correspondence()
    today = now.astimezone(TEHRAN).date()
    told_today = {
        message.recipient
        for message in outbox().messages(str(month))
        if message.kind == "notice" and as_utc(message.queued_at).astimezone(TEHRAN).date() == today
    }
    drafts = []
    for key, recipient in found.recipients.items():
        if recipient.notices and key not in told_today:
            paper = stationery(found, recipient.language, now)
            letter = notice_letter(waiting, month, recipient, paper, console=found.console)
            drafts.append(_draft(letter, "notice", month, digest, key, recipient.agency))
    return outbox().queue(drafts, domain=found.sender.domain, at=now)


def queue_escalations(month: ReportingMonth, now: dt.datetime) -> int:
    """Whoever is above has a letter about lists that stay away and a month that nobody releases, once a week; how many are new."""
    found, today = correspondence(), now.astimezone(TEHRAN).date()
    week = escalation_week(month, today, found.reminders)
    if week is None:
        return 0
    run = installation.registry().latest_run(str(month))
    is_unreleased = run is None or outbox().release_of(run.id) is None
    missing = ledger.missing_lists(str(month))
    if not missing and not is_unreleased:
        return 0
    agencies = installation.agencies()
    drafts = []
    for key, recipient in found.recipients.items():
        if recipient.escalations:
            lang = recipient.language
            titles: dict[str, list[str]] = {}
            for list_key in missing:
                agency, list_name = list_key.split("/")
                titles.setdefault(agencies[agency].title.of(lang), []).append(
                    agencies[agency].lists[list_name].title.of(lang)
                )
            paper = stationery(found, lang, now)
            days = (today - month.last_day).days
            letter = escalation_letter(titles, month, recipient, paper, days=days, is_unreleased=is_unreleased)
            drafts.append(_draft(letter, "escalation", month, f"week {week}", key, recipient.agency))
    return outbox().queue(drafts, domain=found.sender.domain, at=now)


def what_waits(month: ReportingMonth) -> tuple[dict[str, int], str]:
    """How much waits for a person, by kind, and a digest that changes when something else waits."""
    registry, box = installation.registry(), outbox()
    held = sorted(submission.id for submission in ledger.waiting(str(month)))
    run = registry.latest_run(str(month))
    pairs = int((registry.step_counts(run.id, "link") or {}).get("review_pairs", 0)) if run else 0
    unreleased = [run.id] if run and box.release_of(run.id) is None else []
    troubled = sorted(
        f"{message.id} {message.attempt}" for message in box.messages() if message.state in ("uncertain", "failed")
    )
    waiting = {"held": len(held), "pairs": pairs, "release": len(unreleased), "mail": len(troubled)}
    digest = hashlib.sha256(repr((held, run.id if run else "", pairs, unreleased, troubled)).encode()).hexdigest()
    return waiting, digest[:16]


def _draft(letter: Letter, kind: str, month: ReportingMonth, subject_key: str, key: str, agency: str | None) -> Draft:
    plain, html = templates.render_letter(letter, templates=settings.current().templates)
    return Draft(
        kind=kind,
        month=str(month),
        subject_key=subject_key,
        recipient=key,
        agency=agency,
        lang=letter.lang,
        subject=letter.subject,
        plain=plain,
        html=html,
    )


def as_utc(moment: dt.datetime) -> dt.datetime:
    """SQLite gives a moment without its zone; all moments in the registry are UTC."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
