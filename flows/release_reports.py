"""A second person signs a month off: check → release → (deliver)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from palayesh.adapters import settings
from tasks import installation
from tasks import release as releasing
from tasks.stage import stage_task


@stage_task("check {run_id}")
def check_run(run_id: str) -> list[dict[str, Any]]:
    """Everything that must hold before the run is released holds."""
    return releasing.passed_checks(run_id, by=settings.current().operator_name)


@stage_task("release {run_id}")
def release_run(run_id: str, checks: list[dict[str, Any]]) -> dict[str, Any]:
    """The run is released by whoever is signed in, and its letters wait in the outbox."""
    # The name is a setting of the process, not a parameter: Prefect keeps parameters in clear text.
    by = settings.current().operator_name
    return releasing.release(run_id, by=by, checks=checks, now=dt.datetime.now(dt.UTC))


@flow(name="release-reports", flow_run_name="{run_id}", persist_result=False, log_prints=False)
def release_reports(run_id: str) -> dict[str, Any]:
    """The run is checked, released, and its letters are queued, all or nothing; safe to run again."""
    month = installation.registry().run(run_id).month
    with installation.registry().month_lock(month):  # nobody computes the month while it is being signed off
        checks = check_run(run_id)
        released: dict[str, Any] = release_run(run_id, checks)
        return released


def release(run_id: str) -> dict[str, Any]:
    """The flow, without the second that Prefect sleeps at the end of each for its heartbeat."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        result: dict[str, Any] = release_reports(run_id)
    return result
