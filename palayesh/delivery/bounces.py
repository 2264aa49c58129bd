"""What a mail server's notice about one of our letters says (delivery status notification, RFC 3464)."""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import dataclass
from email.message import Message
from email.policy import compat32

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Unreadable(ValueError):
    """It calls itself a delivery status notification and is none that can be read."""


@dataclass(frozen=True)
class Notification:
    """What became of a letter, by the server that had it."""

    message_id: str
    """The letter's Message-ID, with its angle brackets."""
    has_failed: bool
    """False where the letter is only late, was delivered or passed on."""
    status: str
    """The enhanced status by numbers (``5.1.1``), or nothing. Never the server's words, which quote addresses."""
    fingerprint: str
    """The same for every copy of the notification, and for no other one."""


def read_notification(raw: bytes) -> Notification | None:
    """The notification that the bytes are; nothing if they are another kind of letter. Raises Unreadable.

    ``raw`` may end early: all that is needed stands before the returned letter's body.
    """
    message = email.message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or _report_type(message) != "delivery-status":
        return None
    fields = [block for part in _parts(message, "message/delivery-status") for block in _blocks(part)]
    actions = [str(block["Action"]).strip().lower() for block in fields if block["Action"]]
    returned = _returned_id(message)
    if not actions or returned is None:
        raise Unreadable("no action or no returned letter")
    failed = [block for block in fields if str(block["Action"] or "").strip().lower() == "failed"]
    status = _STATUS.search(str(failed[0]["Status"])) if failed else None
    own = _MESSAGE_ID.search(str(message["Message-ID"] or ""))
    return Notification(
        message_id=returned,
        has_failed=bool(failed),
        status=status[0] if status else "",
        fingerprint=hashlib.sha256(own[0].encode() if own else raw).hexdigest()[:16],
    )


def _report_type(message: Message) -> str:
    told = message.get_param("report-type") or ""
    return (told if isinstance(told, str) else told[2]).lower()


def _parts(message: Message, kind: str) -> list[Message]:
    return [part for part in message.walk() if part.get_content_type() == kind]


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery status: one for the letter, one for each recipient."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _returned_id(message: Message) -> str | None:
    """The Message-ID of the letter that came back, whole or by its headers."""
    for part in _parts(message, "message/rfc822"):
        payload = part.get_payload()
        letter = payload[0] if isinstance(payload, list) and payload else None
        if isinstance(letter, Message) and (found := _MESSAGE_ID.search(str(letter["Message-ID"] or ""))):
            return found[0]
    for part in _parts(message, "text/rfc822-headers"):
        headers = email.message_from_string(str(part.get_payload(decode=False)), policy=compat32)
        if found := _MESSAGE_ID.search(str(headers["Message-ID"] or "")):
            return found[0]
    return None
