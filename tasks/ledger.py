"""The run ledger: which inputs a run stands on, which of its steps are done, and the account of the month."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from palayesh.accounting import BrokenAccount
from palayesh.adapters import settings
from palayesh.adapters.models import Run, Submission
from palayesh.adapters.outbox import Outbox
from palayesh.adapters.registry import inputs_digest
from palayesh.corrections.headings import confirmed_in
from palayesh.corrections.standing import standing_entries
from palayesh.reporting_month import ReportingMonth
from tasks import installation

INPUTS = "inputs"
"""The step of a run under which the ledger keeps what the run stands on."""


def current_submissions(month: str) -> list[Submission]:
    """The month's submissions that count: validated, and not superseded by a later one."""
    return installation.registry().submissions(month, states=["validated"])


def previous_run(month: str) -> Run | None:
    """The newest finished run of the latest earlier month, of the last twelve: the one whose ids the month takes up."""
    registry = installation.registry()
    for back in range(1, 13):
        run = registry.latest_run(str(ReportingMonth.parse(month).plus(-back)))
        if run is not None:
            return run
    return None


def begin(month: str, issued_on: str | None = None) -> dict[str, Any]:
    """The run that computes the month from what is accepted now: ``run_id``, ``revision``, ``finished``.

    Its report carries ``issued_on``, or else the day of the last arrival: never the clock's, so that the month's bytes stay.
    """
    registry = installation.registry()
    previous = previous_run(month)
    position = _judgement_position()
    rules = installation.rules_digest()
    inputs = {
        "submissions": [
            (s.id, s.state, s.list_key, s.accepted_count, s.set_aside_count)
            for s in sorted(registry.submissions(month), key=lambda s: s.id)
        ],
        "previous": (previous.id, previous.inputs_sha256) if previous else None,
        "judgements": position,
        "rules": rules,
        "code": installation.CODE_VERSION,
        **({"issued_on": issued_on} if issued_on else {}),
        **_decided(month),
    }
    last_arrival = max(
        (s.received_on for s in current_submissions(month)), default=ReportingMonth.parse(month).last_day
    )
    run_id, revision, finished = registry.begin_run(
        month,
        inputs_sha256=inputs_digest(inputs),
        rules_sha256=rules,
        judgement_position=position,
        code_version=installation.CODE_VERSION,
        issued_on=dt.date.fromisoformat(issued_on) if issued_on else last_arrival,
    )
    if registry.step_counts(run_id, INPUTS) is None:
        # For the revision log. What stewards typed is not written down again: its digest tells whether it differs.
        digests = {name: inputs_digest({name: inputs[name]}) for name in ("corrections", "headings") if name in inputs}
        registry.save_step(run_id, INPUTS, inputs | digests)
    Outbox(registry).note_preparer(run_id, settings.current().operator_name)
    return {"run_id": run_id, "revision": revision, "finished": finished}


def inputs_of(run_id: str) -> dict[str, Any] | None:
    """What the run stands on: ids, states and counts of its submissions, and digests; None for a run of the first release."""
    return installation.registry().step_counts(run_id, INPUTS)


def finish(run_id: str) -> None:
    """The run is finished."""
    installation.registry().finish_run(run_id)


def account(run_id: str) -> dict[str, Any]:
    """The account of the month, counts only: each list's received = accepted + set aside, then persons to decisions.

    Raises BrokenAccount when a list's does not add up.
    """
    registry = installation.registry()
    month = registry.run(run_id).month
    lists = []
    for submission in registry.submissions(month):
        counts = (submission.received_count, submission.accepted_count, submission.set_aside_count)
        if submission.state == "validated" and counts[0] != counts[1] + counts[2]:
            raise BrokenAccount(f"submission {submission.id}: {counts[0]} ≠ {counts[1]} + {counts[2]}")
        lists.append(
            {
                "submission": submission.id,
                "agency": submission.agency,
                "list": (submission.list_key or "/").split("/")[1],
                "state": submission.state,
                "received": counts[0],
                "accepted": counts[1],
                "set_aside": counts[2],
                "repaired": submission.repaired_count,
            }
        )
    steps = {step: registry.step_counts(run_id, step) or {} for step in ("link", "screen", "summarise", "render")}
    return {"lists": lists, "steps": steps}


def _judgement_position() -> int:
    log = installation.registry().judgements()
    return int(log["id"].max()) if len(log) else 0


def _decided(month: str) -> dict[str, Any]:
    """What stewards decided about records and headings; nothing where nobody did, or all of it was taken back.

    Not the log's position: what was decided and undone leaves the month as it was.
    """
    registry = installation.registry()
    positions: dict[str, int] = {}
    for submission in registry.submissions(month, states=["validated", "refused"]):
        if submission.list_key is not None:
            position = submission.correction_position
            positions[submission.list_key] = min(position, positions.get(submission.list_key, position))
    log = registry.corrections(until_month=month)
    # Only what the lists were validated with: what came since is for the next run.
    entries = standing_entries(log[log["id"].le(log["list_key"].map(positions).fillna(0))])
    entries = entries[entries["action"].isin(["correct", "accept"])]
    said = ["list_key", "action", "record_key", "column", "old_raw", "new_raw", "code", "evidence"]
    lines = sorted(tuple("" if pd.isna(cell) else str(cell) for cell in line) for line in entries[said].to_numpy())
    log = registry.confirmed_headings()
    headings = [
        (list_key, sorted(confirmed.items()))
        for list_key in sorted(set(log["list_key"]))
        if (confirmed := confirmed_in(log, list_key, month))
    ]
    return ({"corrections": lines} if lines else {}) | ({"headings": headings} if headings else {})


def waiting(month: str) -> list[Submission]:
    """Submissions of the month that are held, refused or empty: somebody has to act."""
    return installation.registry().submissions(month, states=["held", "refused", "empty"])


def missing_lists(month: str) -> list[str]:
    """Declared lists of counting agencies and of the prisons of which nothing is accepted this month."""
    there = {s.list_key for s in current_submissions(month)}
    return [
        f"{name}/{list_name}"
        for name, agency in sorted(installation.agencies().items())
        for list_name, declared in agency.lists.items()
        if declared.role != "charity_support" and f"{name}/{list_name}" not in there
    ]
