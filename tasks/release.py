"""A rendered month → signed off by a second person → letters in the outbox."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from palayesh.accounting import BrokenAccount
from palayesh.adapters import passwords, rules, settings, templates
from palayesh.adapters.files import sha256_of
from palayesh.adapters.models import Run
from palayesh.adapters.outbox import Draft
from palayesh.correspondence import ACTIONS, Correspondence, Recipient, same_person
from palayesh.coverage import publication
from palayesh.coverage.public_release import exposed, publish_public, told_apart
from palayesh.coverage.publication import publish
from palayesh.findings import Refusal
from palayesh.parameters import CoveragePolicies
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.letters import report_letter
from palayesh.reports.protection import Unprotected
from tasks import installation, ledger, render, summarise
from tasks.correspondence import correspondence, outbox, stationery
from tasks.run_reports import RunReports

MONTHS_GUARDED = 12
PROTECTED = ("figures", "cells", "overlap", "waiting")


@dataclass(frozen=True)
class Check:
    """One thing looked at before a release. ``blocks``: what did not pass keeps the month from being released."""

    key: str
    passed: bool
    blocks: bool
    detail: str = ""
    """Names and counts only."""


def check_release(run_id: str) -> list[Check]:
    """Everything that is looked at before the run may be released; nothing is changed."""
    run = installation.registry().run(run_id)
    missing = ledger.missing_lists(run.month)
    waiting = ledger.waiting(run.month)
    changed = changed_files(run)
    return [
        _account(run_id),
        _disclosure(run_id),
        Check("files", not changed, True, ", ".join(changed)),
        _says_the_same(run_id),
        Check("lists", not missing, False, ", ".join(missing)),
        Check("held", not waiting, False, ", ".join(s.id for s in waiting)),
        _password_check(correspondence()),
    ]


def _says_the_same(run_id: str) -> Check:
    """The letters are made from the registry again: that must still say what the rendered report says.

    It no longer does when the month before was computed again after this one was rendered.
    """
    try:
        asked = sorted({kind for recipient in correspondence().recipients.values() for kind in recipient.kinds})
        rendered = set(_rendered(run_id).get("said", []))
        same = set(_reports(run_id).said(asked)) <= rendered
    except Unprotected:
        same = False  # a small count would be printed: ``disclosure`` says so too
    return Check("letters", same, True)


def _rendered(run_id: str) -> dict[str, Any]:
    return installation.registry().step_counts(run_id, render.STEP) or {}


def _reports(run_id: str) -> RunReports:
    return RunReports(run_id, list(_rendered(run_id).get("failed_agencies", [])))


def _account(run_id: str) -> Check:
    try:
        ledger.account(run_id)
    except BrokenAccount as broken:
        return Check("account", False, True, str(broken))
    return Check("account", True, True)


def _disclosure(run_id: str) -> Check:
    """The protection is computed again from the counts that the reports were made of, and attacked again.

    Whatever the run would print that this would hide is a number that somebody can read off or derive: from what it
    prints itself, officials' and public together, or by laying it beside what was released before.
    """
    registry = installation.registry()
    policies = rules.load_policies(settings.current().expectations)
    frames = {name: registry.frame(run_id, name) for name in PROTECTED}
    bare = {name: frame.drop(columns="state", errors="ignore") for name, frame in frames.items()}
    earlier = summarise.published_before(run_id)
    try:
        again = publish(
            bare["figures"],
            bare["cells"],
            bare["overlap"],
            bare["waiting"],
            policies.figures,
            policies.disclosure,
            earlier,
        )
    except ValueError:  # the counts break a relation that everybody knows to hold
        return Check("disclosure", False, True, "the counts do not add up")
    protected = {"figures": again.figures, "cells": again.cells, "overlap": again.overlap, "waiting": again.bands}
    found = sum(_printed_though_hidden(frames[name], protected[name]) for name in PROTECTED)
    if all("state" in frame.columns for frame in frames.values()):
        now = summarise.published_by(run_id)
        found += sum(publication.told_apart(now, before, policies.disclosure) for before in earlier)
    try:
        found += _public_told(run_id, again, policies)
    except KeyError:
        return Check("disclosure", False, True, "the run has no public counts")
    return Check("disclosure", found == 0, True, "" if found == 0 else str(found))


def _public_told(run_id: str, again: publication.Published, policies: CoveragePolicies) -> int:
    """What the public counts of the run tell too closely, by themselves or beside those released in the last year."""
    registry = installation.registry()
    policy = policies.disclosure
    public = registry.frame(run_id, "public")
    anew = publish_public(again.figures, again.cells, policies.figures, policy)
    told = public.merge(anew, on=["key", "county"], how="left", suffixes=("", "_anew"))
    is_told = told["state"].eq("shown") & ~(told["state_anew"].eq("shown") & told["value"].eq(told["value_anew"]))
    before = [frame for frame in released_before(run_id) if frame is not None]
    return exposed(anew, policy) + int(is_told.sum()) + sum(told_apart(anew, one, policy) for one in before)


def released_before(run_id: str) -> list[pd.DataFrame | None]:
    """The public counts that were released before the run: of its month's earlier revisions and of the year before it."""
    registry = installation.registry()
    run = registry.run(run_id)
    month = ReportingMonth.parse(run.month)
    runs = [one for one in registry.runs(run.month) if one.revision < run.revision]
    for back in range(1, MONTHS_GUARDED + 1):
        runs += registry.runs(str(month.plus(-back)))
    return [registry.frame_or_none(one.id, "public") for one in runs if outbox().release_of(one.id) is not None]


def _printed_though_hidden(frame: pd.DataFrame, protected: pd.DataFrame) -> int:
    if "state" not in frame.columns:
        return len(frame)
    would_hide = (protected["state"] == "hidden").to_numpy()
    return int((would_hide & (frame["state"] != "hidden").to_numpy()).sum())


def _password_check(found: Correspondence) -> Check:
    """Everybody who gets an encrypted report has a password that it can be encrypted with."""
    without = []
    for key, recipient in found.recipients.items():
        if any(is_encrypted(report) for report in recipient.reports):
            try:
                passwords.report_password(key)
            except Refusal as refusal:
                if refusal.code in ("report_password", "report_password_short"):
                    without.append(key)
                else:
                    raise
    return Check("passwords", not without, True, ", ".join(without))


def is_encrypted(report: str) -> bool:
    """Does the report hold more than public counts?"""
    if report == ACTIONS:
        return True
    return templates.load_settings(report, templates=settings.current().templates).audience != "public"


def changed_files(run: Run) -> list[str]:
    """Rendered files of the run that are gone or are not what was rendered."""
    folder = installation.reports_folder(run.month, run.revision)
    rendered = installation.registry().reports(run.id)
    files = zip(rendered["path"].astype(str), rendered["sha256"], strict=True)
    changed = [name for name, sha256 in files if not (folder / name).is_file() or sha256_of(folder / name) != sha256]
    return changed or ([] if len(rendered) else ["–"])


def released_run(month: str) -> Run | None:
    """The month's newest revision that was signed off and whose files are still what was rendered, or nothing."""
    signed_off = (
        run for run in reversed(installation.registry().runs(month)) if outbox().release_of(run.id) is not None
    )
    run = next(signed_off, None)
    return run if run is not None and not changed_files(run) else None


def passed_checks(run_id: str, *, by: str) -> list[dict[str, Any]]:
    """The checks, when ``by`` may release the run and none that blocks has failed. Raises Refusal otherwise."""
    check_releaser(correspondence(), run_id, by)
    checks = check_release(run_id)
    failed = [check.key for check in checks if check.blocks and not check.passed]
    if failed:
        month = installation.registry().run(run_id).month
        raise Refusal(
            "release_checks",
            f"ماه {month} تأیید نشد؛ این بررسی‌ها را ببینید و رفع کنید: {'، '.join(failed)}.",
            f"{month} was not released: look at these checks and mend them: {', '.join(failed)}.",
        )
    return [asdict(check) for check in checks]


def release(run_id: str, *, by: str, now: dt.datetime, checks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The run is released by ``by`` and its letters are queued; a run released before stays as it is.

    ``checks`` are those that have just passed; without them they are made now. Returns ``queued`` and ``already``
    (released before). Raises Refusal when ``by`` may not, a check that blocks has not passed, or nobody gets the report.
    """
    run = installation.registry().run(run_id)
    if (before := outbox().release_of(run_id)) is not None:
        return {"queued": 0, "already": True, "released_by": before.released_by}
    checks = passed_checks(run_id, by=by) if checks is None else checks
    found = correspondence()
    drafts = report_letters(run, found, now)
    if not drafts:
        raise Refusal(
            "nobody_gets_it",
            "هیچ گیرنده‌ای این گزارش را نمی‌گیرد؛ در delivery.yml برای گیرندگان reports را بنویسید.",
            "Nobody gets the report: name it under a recipient's reports in delivery.yml.",
        )
    new = outbox().release(
        run_id,
        month=run.month,
        revision=run.revision,
        released_by=by,
        checks=checks,
        drafts=drafts,
        domain=found.sender.domain,
        at=now,
    )
    return {"queued": len(drafts) if new else 0, "already": not new, "released_by": by}


def check_releaser(found: Correspondence, run_id: str, by: str) -> None:
    """``by`` is a releaser and did not prepare the run. Raises Refusal otherwise."""
    if not any(same_person(by, name) for name in found.releasers):
        raise Refusal(
            "not_releaser",
            "این نام در releasers فایل delivery.yml نیست.",
            "This name is not among the releasers in delivery.yml.",
        )
    preparers = outbox().preparers(run_id)
    month = installation.registry().run(run_id).month
    if not preparers:
        raise Refusal(
            "preparer_unknown",
            f"معلوم نیست چه کسی {month} را آماده کرده است؛ او «palayesh run --month {month} --by نام» را دوباره بزند (چیزی عوض نمی‌شود).",
            f"It is not known who prepared {month}: have them run `palayesh run --month {month} --by NAME` again (nothing changes).",
        )
    if any(same_person(by, name) for name in preparers):
        raise Refusal(
            "same_person",
            "کسی که ماه را آماده کرده است نمی‌تواند آن را تأیید کند؛ نفر دومی از releasers تأیید کند.",
            "Who prepared the month may not release it: a second person among the releasers has to.",
        )


def report_letters(run: Run, found: Correspondence, now: dt.datetime) -> list[Draft]:
    """One letter for each recipient of each report, with the rendered file in the recipient's language."""
    reports = _reports(run.id)
    for recipient in found.recipients.values():
        for kind in recipient.kinds:
            render.render_missing(reports, kind, recipient.language)
    rendered = installation.registry().reports(run.id)
    files = {
        (row.kind, row.lang): row for row in rendered.itertuples() if row.format == render.format_sent(str(row.kind))
    }
    return [
        _report_letter(
            run, key, recipient, report, reports, files[recipient.kind(report), recipient.language], found, now
        )
        for key, recipient in found.recipients.items()
        for report in recipient.reports
    ]


def _report_letter(
    run: Run,
    key: str,
    recipient: Recipient,
    report: str,
    reports: RunReports,
    file: Any,
    found: Correspondence,
    now: dt.datetime,
) -> Draft:
    lang = recipient.language
    encrypted = is_encrypted(report)
    attached = file.size_bytes <= found.attachment_limit_mb * 1_000_000
    letter = report_letter(
        reports.report(recipient.kind(report), lang),
        recipient,
        stationery(found, lang, now),
        report=report,
        is_encrypted=encrypted,
        is_attached=attached,
    )
    plain, html = templates.render_letter(letter, templates=settings.current().templates)
    return Draft(
        kind="report",
        month=run.month,
        revision=run.revision,
        subject_key=report,
        recipient=key,
        agency=recipient.agency,
        lang=lang,
        subject=letter.subject,
        plain=plain,
        html=html,
        attachment=f"{run.month}/r{run.revision}/{file.path}" if attached else None,
        attachment_sha256=file.sha256 if attached else None,
        is_encrypted=encrypted,
    )
