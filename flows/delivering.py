"""`palayesh release` and `palayesh deliver`: a month signed off, its letters sent, and what became of them."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from typing import Any

from flows import environment
from flows.reporting import run_id_of
from flows.wording import number, say
from palayesh.exit_codes import DONE, INCOMPLETE
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth


def clock() -> dt.datetime:
    """Now, in UTC: the one clock of every delivery."""
    return dt.datetime.now(dt.UTC)


def release(month: ReportingMonth, *, confirmed: bool, lang: Language) -> int:
    """Show the checks, ask, and release the month's newest run; 0 when it is released, now or before."""
    environment.prepare()
    from flows import release_reports
    from flows.screen_output import console
    from palayesh.adapters import settings
    from tasks import release as releasing
    from tasks.correspondence import correspondence, outbox

    run_id = run_id_of(month)
    if (before := outbox().release_of(run_id)) is not None:
        console.print(say("released_before", lang, run=run_id, by=before.released_by), markup=False)
        return DONE
    checks = releasing.check_release(run_id)
    _show_checks(checks, run_id, lang)
    releasing.check_releaser(correspondence(), run_id, settings.current().operator_name)
    if all(check.passed or not check.blocks for check in checks) and not confirmed and not _agrees(run_id, lang):
        raise Refusal("not_confirmed", say("not_confirmed", "fa"), say("not_confirmed", "en"))
    released = release_reports.release(run_id)
    console.print(say("released", lang, run=run_id, by=released["released_by"], count=released["queued"]), markup=False)
    return DONE


def _agrees(run_id: str, lang: Language) -> bool:
    if not sys.stdin.isatty():
        return False
    from rich.prompt import Confirm

    from flows.screen_output import console

    return Confirm.ask(say("ask_release", lang, run=run_id), console=console, default=False)


def _show_checks(checks: list[Any], run_id: str, lang: Language) -> None:
    from flows.screen_output import console, table
    from tasks.correspondence import outbox

    def state(check: Any) -> str:
        return say("check_passed" if check.passed else "check_blocks" if check.blocks else "check_noted", lang)

    rows = [[say(f"check_{check.key}", lang), state(check), check.detail] for check in checks]
    rows.append([say("check_preparers", lang), "", ", ".join(outbox().preparers(run_id))])
    title = say("checks", lang, run=run_id)
    console.print(table(title, [say(k, lang) for k in ("check_name", "state", "detail")], rows, lang=lang))


def deliver(*, lang: Language) -> int:
    """Send what is queued; 0 when nothing is left over that should have gone."""
    from flows.screen_output import console
    from tasks import deliver as delivering

    outcomes = delivering.send_queued(clock)
    console.print(told(outcomes, lang), markup=False)
    return DONE if not outcomes.keys() - {"accepted", "superseded"} else INCOMPLETE


def read_returns(*, lang: Language) -> int:
    """Note what the mailbox says did not arrive; 3 when something there waits for a person."""
    from flows.screen_output import console
    from palayesh.adapters import mailbox
    from tasks import deliver as delivering

    if not mailbox.is_set_up():
        raise Refusal("no_mailbox", say("no_mailbox", "fa"), say("no_mailbox", "en"))
    counts = delivering.read_bounces(clock)
    parts = [
        f"{say(f'returned_{what}', lang)}: {counts[what]}" for what in ("bounced", "known", "unmatched", "unreadable")
    ]
    console.print(("، " if lang == "fa" else ", ").join(parts), markup=False)
    return INCOMPLETE if counts["bounced"] or counts["unreadable"] else DONE


def told(outcomes: Counter[str], lang: Language) -> str:
    """What became of the messages of one round, in one line."""
    if not outcomes:
        return say("nothing_to_send", lang)
    parts = [f"{say(f'mail_{state}', lang)}: {number(count, lang)}" for state, count in sorted(outcomes.items())]
    return ("، " if lang == "fa" else ", ").join(parts)


def status(month: ReportingMonth | None, *, lang: Language) -> int:
    """Show every message and what became of it; 3 when some wait for a person."""
    from flows.screen_output import console, table
    from tasks.correspondence import outbox
    from tasks.deliver import as_utc

    box = outbox()
    messages = box.messages(str(month) if month else None)
    rows = []
    for message in messages:
        last = box.events(message.id)[-1]
        by = f" ({last.decided_by})" if last.decided_by else ""
        state = say(f"mail_{message.state}", lang)
        if message.state == "accepted" and last.event == "acknowledged":
            state = say("mail_acknowledged", lang)
        rows.append(
            [
                message.id,
                say(f"kind_{message.kind}", lang),
                f"{message.month} r{message.revision}" if message.revision else message.month,
                message.subject_key if message.kind != "notice" else "",
                message.recipient,
                state,
                (message.reason or "") + by,
                f"{as_utc(last.happened_at):%Y-%m-%d %H:%M}Z",
            ]
        )
    headings = ("message", "kind", "month", "subject", "recipient", "state", "reason", "since")
    console.print(table(say("outbox", lang), [say(h, lang) for h in headings], rows, lang=lang))
    return INCOMPLETE if any(m.state in ("uncertain", "failed") for m in messages) else DONE


def decide(message_id: str, act: str, *, by: str, lang: Language) -> int:
    """A person's act on a message is in the ledger."""
    from flows.screen_output import console
    from tasks.correspondence import outbox

    message = outbox().decide(message_id, act, by=by, at=clock())
    console.print(say(f"act_{act}", lang, message=message.id, by=by), markup=False)
    return DONE
