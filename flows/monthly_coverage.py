"""The month: receive → validate → link → screen → summarise → render."""

from __future__ import annotations

import datetime as dt
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from flows import environment
from tasks import installation, ledger, link, progress, receive, render, screen, summarise, validate


@flow(
    name="monthly-coverage",
    flow_run_name="{month}",
    task_runner=ThreadPoolTaskRunner(max_workers=2),  # type: ignore[arg-type]
    persist_result=False,
    log_prints=False,
)
def monthly_coverage(
    month: str, inbox: str | None, received_on: str | None = None, issued_on: str | None = None
) -> dict[str, Any]:
    """The month's submissions are received, its figures computed and its reports rendered; safe to run again.

    ``month`` is Solar Hijri (``1404-02``); ``inbox`` has a folder per agency (none: what is received already is used);
    ``received_on`` is the Gregorian day of arrival (none: each file's own); ``issued_on`` the day that the report carries
    (none: the last arrival). Returns the run's id, revision and counts.
    """
    progress.report("prefect", 1, 1)
    with installation.registry().month_lock(month):
        agencies = sorted(installation.agencies())
        failed: dict[str, str] = {}

        arriving = {
            agency: receive.receive_agency.submit(month, agency, inbox, received_on) for agency in agencies if inbox
        }
        for done, (agency, future) in enumerate(arriving.items(), start=1):
            _note_failure(failed, agency, future.result(raise_on_failure=False))
            progress.report("receive", done, len(arriving))

        for done, agency in enumerate(agencies, start=1):
            # One after the other: Great Expectations keeps its context in the process, not in the thread.
            state = validate.validate_agency(month, agency, return_state=True)
            _note_failure(failed, agency, state.result(raise_on_failure=False))
            progress.report("validate", done, len(agencies))

        run = ledger.begin(month, issued_on)
        if not run["finished"]:
            for done, step in enumerate((link.link_month, screen.screen_month, summarise.summarise_month), start=1):
                step(run["run_id"])
                progress.report("compute", done, 3)
            render.render_month(run["run_id"], sorted(failed))
            progress.report("render", 1, 1)
            ledger.finish(run["run_id"])

        account = ledger.account(run["run_id"])
        create_table_artifact(
            key=f"month-{month}",
            table=account["lists"],
            description=f"Revision {run['revision']} of {month}: counts only",
        )
    return {**run, "account": account, "failed_agencies": failed}


def _note_failure(failed: dict[str, str], agency: str, result: Any) -> None:
    if isinstance(result, Exception):
        failed[agency] = str(result)


def run_month(
    month: str, inbox: str | None, *, received_on: dt.date | None = None, issued_on: dt.date | None = None
) -> dict[str, Any]:
    """The flow, without the second that Prefect sleeps at the end of each for its heartbeat."""
    # A server that does not start is found out before the flow's first step.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), environment.server_asked():
        result: dict[str, Any] = monthly_coverage(
            month, inbox, *(day.isoformat() if day else None for day in (received_on, issued_on))
        )
    return result
