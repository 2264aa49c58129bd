"""A submission → accepted records, set-aside records, findings."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from palayesh.adapters import settings, suites, validation_page
from palayesh.adapters.files import write_whole
from palayesh.adapters.models import Submission
from palayesh.corrections import causes
from palayesh.corrections.keys import record_versions
from palayesh.corrections.standing import Standing, stand_on, standing_entries
from palayesh.declaration import ListDeclaration
from palayesh.distinct import is_among
from palayesh.intake.standardise import standardise_records
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.validation import outcome as outcomes
from palayesh.validation.contents import SubmissionFacts
from palayesh.validation.rules import Parameters, Suite
from tasks import installation
from tasks.stage import stage_task

ONE_AT_A_TIME = threading.Lock()
"""Great Expectations keeps its context in the process, not in the thread."""
IDENTITY_RULE = "expect_records_to_identify_someone"


@stage_task("validate {agency} {month}")
def validate_agency(month: str, agency: str) -> dict[str, int]:
    """Every read submission of the agency's month is decided, each in one transaction of its own."""
    counts = {"validated": 0, "refused": 0}
    for submission in undecided(month, agency):
        if not is_untouched(submission):
            counts[validate_submission(submission)] += 1
    return counts


def is_untouched(submission: Submission) -> bool:
    """Whether what was decided since its validation concerns no record of the submission; if so, that is noted on it."""
    registry = installation.registry()
    if submission.state == "read":
        return False
    read = standing_list(submission)
    try:
        known = registry.frame(submission.id, "decided")
    except KeyError:
        return False
    now = read.standing.states
    before, after = (states[states["record_id"].notna()].reset_index(drop=True) for states in (known, now))
    if not before.equals(after):
        return False
    registry.replace_reading(submission.id, {"correction_position": read.position}, {"decided": now})
    return True


def undecided(month: str, agency: str) -> list[Submission]:
    """Submissions that were read and not decided, or decided without the corrections that stand on them now."""
    registry = installation.registry()
    positions: dict[str, int] = {}
    found = []
    for submission in registry.submissions(month, agency=agency, states=["read", "validated", "refused"]):
        if submission.list_key is None:
            continue
        if submission.list_key not in positions:
            positions[submission.list_key] = registry.correction_position(submission.list_key, month)
        if submission.state == "read" or submission.correction_position < positions[submission.list_key]:
            found.append(submission)
    return found


@dataclass(frozen=True)
class StandingList:
    """A submission's records as they are read now: what the agency sent, and the corrections that stand on it."""

    submission: Submission
    declared: ListDeclaration
    received: pd.DataFrame
    standing: Standing
    entries: pd.DataFrame
    """The entries of the log that stand."""
    rule_columns: dict[str, tuple[str, ...]]
    position: int
    """The last entry of the log that is in it."""

    @property
    def as_of(self) -> dt.date:
        """The month's last day."""
        return ReportingMonth.parse(self.submission.month).last_day

    @cached_property
    def standardised(self) -> pd.DataFrame:
        """The records with every declared column's value and status."""
        return self.standardise(self.standing.records)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of every record: its text now, and the decisions that stand on it."""
        states = self.standing.states
        standing = states[states["state"].isin(["applied", "settled"])]
        ids = standing.groupby("record_id")["id"].agg(lambda numbers: ",".join(map(str, sorted(set(numbers)))))
        records = self.standing.records
        tokens = record_versions(records, records["record_id"].map(ids).astype("str").fillna(""))
        return dict(zip(records["record_id"], tokens, strict=True))

    @cached_property
    def mends(self) -> dict[tuple[object, ...], Any]:
        """What mends would do to the list as it stands, by what they depend on: a preview is not computed again to apply it."""
        return {}

    def standardise(self, records: pd.DataFrame) -> pd.DataFrame:
        """Other text for the same records, standardised as the list's own."""
        return standardise_records(records, self.declared, vocabularies=installation.vocabularies(), as_of=self.as_of)


def standing_list(
    submission: Submission, suite: Suite | None = None, *, only: Collection[str] | None = None
) -> StandingList:
    """The submission's records (``only`` those, where they are named) with the corrections of the log applied."""
    registry = installation.registry()
    assert submission.list_key is not None
    declared = declaration_of(submission.list_key)
    suite = suite or suite_of(submission.list_key)
    log = registry.corrections(submission.list_key, until_month=submission.month)
    rule_columns = {rule.code: rule.columns for rule in suite.rules}
    entries = standing_entries(log)
    received = registry.frame(submission.id, "received")
    if only is not None:
        received = received[received["record_id"].isin(list(only))].reset_index(drop=True)
    standing = stand_on(received, entries, declared, month=submission.month, rule_columns=rule_columns)
    position = int(log["id"].max()) if len(log) else 0
    return StandingList(submission, declared, received, standing, entries, rule_columns, position)


def declaration_of(list_key: str) -> ListDeclaration:
    """The declaration of a list."""
    agency, list_name = list_key.split("/")
    return installation.agencies()[agency].lists[list_name]


def suite_of(list_key: str) -> Suite:
    """The rules of a list."""
    return _suite(suites.suite_path(settings.current().expectations.resolve(), list_key), installation.rules_digest())


@lru_cache(maxsize=64)
def _suite(path: Path, _digest: str) -> Suite:
    return suites.read_suite(path)


def validate_submission(submission: Submission) -> str:
    """The submission is ``validated`` or ``refused``, with its findings; returns which.

    What stewards corrected or accepted is in it: accepted and set-aside records carry the corrected text, and
    ``corrected`` names those columns; the text as sent stays in the table ``received``.
    """
    registry = installation.registry()
    assert submission.list_key is not None
    suite = suite_of(submission.list_key)
    read = standing_list(submission, suite)
    declared, standardised = read.declared, read.standardised
    problems = causes.without_mended_problems(
        registry.frame(submission.id, "problems"), read.standing.corrected_cells()
    )
    with ONE_AT_A_TIME:
        outcome = suites.validate(standardised, suite, parameters=_parameters(submission, declared), problems=problems)
    accepted = read.standing.accepted()
    usable = standardised.loc[causes.is_usable(standardised, declared), "record_id"]
    accepted = accepted[is_among(accepted["record_id"], usable) & ~accepted["code"].isin(list(not_acceptable(suite)))]
    damage = causes.damage_of(
        outcome.failures,
        standardised,
        declared,
        accepted=accepted,
        sent_back=read.standing.sent_back(),
        not_acceptable=not_acceptable(suite),
        vocabularies=installation.vocabularies(),
        rule_columns=read.rule_columns,
        last_month=last_month(submission, read.standing.records, outcome.failures),
        known_words=causes.known_words(read.entries),
        as_of=read.as_of,
    )
    outcome = replace(outcome, failures=causes.with_acceptances(outcome.failures, accepted))
    parts = outcomes.split(standardised, outcome, key=declared.key)
    refused = outcome.decision == "refused"
    registry.save_validation(
        submission.id,
        state="refused" if refused else "validated",
        reason=_reason(outcome) if refused else None,
        accepted=parts.accepted,
        set_aside=parts.set_aside,
        repaired_count=repaired_values(standardised),
        findings=outcome.failures[outcome.failures["record_id"].notna()],
        rules=_rule_results(outcome.rules),
        frames={
            "rules": outcome.rules,
            "failures": outcome.failures,
            "damage": damage,
            "decided": read.standing.states,
        },
        correction_position=read.position,
    )
    write_validation_pages(registry.submission(submission.id), ("fa", "en"))
    return "refused" if refused else "validated"


def not_acceptable(suite: Suite) -> frozenset[str]:
    """Rules that no reason sets aside: without them nobody can say whom the record is about, or what its cells are."""
    identity = {rule.code for rule in suite.rules if rule.type == IDENTITY_RULE}
    return frozenset(identity) | causes.UNMENDABLE_SHAPES


def last_month(submission: Submission, records: pd.DataFrame, failures: pd.DataFrame) -> pd.DataFrame:
    """``record_id`` of records that failed, with the sound ``<column>_raw`` of the same records a month before."""
    failing = records[is_among(records["record_id"], failures["record_id"])]
    assert submission.list_key is not None
    declared = declaration_of(submission.list_key)
    columns = sorted(set(failures["column"].dropna()) & set(declared.columns))
    previous = previous_records(submission) if len(failing) and columns else None
    if previous is None or previous.empty:
        return pd.DataFrame({"record_id": pd.Series(dtype="str")})
    return causes.same_records(failing, previous, declared, columns)


def previous_records(submission: Submission) -> pd.DataFrame | None:
    """The accepted records of the same list in the month before; none if it did not come."""
    registry = installation.registry()
    month = str(ReportingMonth.parse(submission.month).previous())
    earlier = [
        other
        for other in registry.submissions(month, agency=submission.agency, states=["validated"])
        if other.list_key == submission.list_key
    ]
    frames = [registry.frame(other.id, "accepted") for other in earlier]
    return pd.concat(frames, ignore_index=True) if frames else None


def write_validation_pages(submission: Submission, langs: Sequence[Language]) -> list[Path]:
    """The submission's validation page in each language stands under ``var/validation``; returns the files.

    They hold counts, no values.
    """
    registry = installation.registry()
    assert submission.list_key is not None
    agency, list_name = submission.list_key.split("/")
    declared = installation.agencies()[agency]
    failures = registry.frame(submission.id, "failures")
    outcome = outcomes.Outcome(
        rules=registry.frame(submission.id, "rules"),
        failures=failures,
        decision="accepted" if submission.state == "validated" else "refused",
        reasons=outcomes.reasons_of(failures),
    )
    split = outcomes.Split(
        accepted=registry.frame(submission.id, "accepted", ["record_id"]),
        set_aside=registry.frame(submission.id, "set_aside", ["record_id"]),
    )
    history = _history(submission)
    templates = settings.current().templates

    def written(lang: Language) -> Path:
        facts = SubmissionFacts(
            agency_title=getattr(declared.title, lang),
            list_title=getattr(declared.lists[list_name].title, lang),
            month=ReportingMonth.parse(submission.month),
            file_format=submission.format or "",
            sha256=submission.sha256,
            size_bytes=submission.size_bytes,
            received_on=submission.received_on,
            headings=(submission.account or {}).get("headings"),
        )
        page = validation_page.page_contents(outcome, split, facts, lang=lang, history=history, templates=templates)
        path = installation.validation_folder(submission.month) / f"{agency}.{list_name}.{submission.id}.{lang}.html"
        write_whole(path, validation_page.render_validation_page(page, templates=templates).encode())
        return path

    return [written(lang) for lang in langs]


def _history(submission: Submission) -> pd.DataFrame:
    """Rule results of the same list in the six months before: ``month, code, checked, failed, ran``."""
    registry = installation.registry()
    month = ReportingMonth.parse(submission.month)
    earlier = {
        other.id: other.month
        for back in range(1, 7)
        for other in registry.submissions(str(month.plus(-back)), agency=submission.agency, states=["validated"])
        if other.list_key == submission.list_key
    }
    results = registry.rule_results(list(earlier))
    results = results.assign(month=results["submission_id"].map(earlier))
    together = results.groupby(["month", "code"], as_index=False, sort=True)
    return together.agg(checked=("checked", "sum"), failed=("failed", "sum"), ran=("ran", "all"))


def repaired_values(standardised: pd.DataFrame) -> int:
    """How many values stand repaired beside their raw text."""
    statuses = [column for column in standardised.columns if column.endswith("_status")]
    return int(sum(int(standardised[column].eq("repaired").sum()) for column in statuses))


def _parameters(submission: Submission, declared: ListDeclaration) -> Parameters:
    """What a healthy month of the list looks like, and what the month's other parts of it already hold."""
    registry = installation.registry()
    others = sum(
        other.received_count
        for other in registry.submissions(submission.month, agency=submission.agency, states=["read", "validated"])
        if other.list_key == submission.list_key and other.id != submission.id
    )
    fewest, most = declared.expected_records
    recent = registry.recent_counts(submission.list_key or "", submission.month)
    return Parameters(
        as_of=ReportingMonth.parse(submission.month).last_day,
        expected_records=(max(1, fewest - others), max(1, most - others)),
        volume_tolerance=declared.volume_tolerance,
        recent_counts=tuple(count for _, count in sorted(recent.items())),
        other_parts=others,
        confirmed=frozenset(submission.confirmed or ()),
    )


def _reason(outcome: outcomes.Outcome) -> dict[str, str]:
    return {
        "code": ";".join(reason.code for reason in outcome.reasons),
        "fa": " ".join(f"{reason.sentence_fa} {reason.mend_fa}".strip() for reason in outcome.reasons),
        "en": " ".join(f"{reason.sentence_en} {reason.mend_en}".strip() for reason in outcome.reasons),
    }


def _rule_results(rules: pd.DataFrame) -> pd.DataFrame:
    """One row per code: a rule that the reader and the suite share counts once, by its gravest line."""
    chosen = rules[["code", "severity", "checked", "failed", "ran"]]
    return chosen.groupby("code", sort=True, as_index=False).agg(
        severity=("severity", "first"), checked=("checked", "max"), failed=("failed", "sum"), ran=("ran", "all")
    )
