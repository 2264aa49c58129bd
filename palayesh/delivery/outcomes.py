"""The states of a message and what a mail server's reply makes of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "sending", "accepted", "uncertain", "failed", "superseded"]
STATES: tuple[State, ...] = ("queued", "sending", "accepted", "uncertain", "failed", "superseded")
"""``sending`` ends with its sender; ``uncertain`` is left to a person; ``superseded`` was never sent and never will be."""

DELAYS = tuple(dt.timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720, 1440, 1440))
"""Waits between attempts. Greylisting servers accept after 5 to 15 minutes; after the last wait a person is asked."""


@dataclass(frozen=True)
class Settled:
    """What a message is after an attempt."""

    state: State
    reason: str
    """The server's reply by number (``451 4.7.1``), or a word of ours. Never its text, which quotes addresses."""
    next_attempt_at: dt.datetime | None = None


def after_reply(code: int, reply: str, *, deferrals: int, now: dt.datetime) -> Settled:
    """2xx is accepted; 4xx is tried again later, up to a limit; anything else has failed."""
    if 200 <= code < 300:
        return Settled("accepted", reply)
    if 400 <= code < 500:
        return after_delay(reply, deferrals=deferrals, now=now)
    return Settled("failed", reply)


def after_delay(reason: str, *, deferrals: int, now: dt.datetime) -> Settled:
    """Queued for a later attempt, or failed when all delays are used up."""
    if deferrals >= len(DELAYS):
        return Settled("failed", f"{reason} gave up")
    return Settled("queued", reason, now + DELAYS[deferrals])
