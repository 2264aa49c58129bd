"""The flows that the schedule starts; Prefect loads them by name in a process of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from prefect import flow

from flows.monthly_coverage import monthly_coverage
from flows.schedule import delivery_round, due_month, inbox_of
from palayesh.adapters import settings
from palayesh.reporting_month import TEHRAN

OPERATOR = "palayesh serve"
"""Who has prepared a month that ran by itself: nobody who could release it."""


@flow(name="scheduled-month", persist_result=False)
def scheduled_month(inbox: str) -> None:
    """The month before the one that Tehran is in is run."""
    settings.override(operator=OPERATOR)
    month = due_month(dt.datetime.now(TEHRAN))
    monthly_coverage(str(month), str(inbox_of(Path(inbox), month)))


@flow(name="scheduled-delivery", persist_result=False)
def scheduled_delivery(inbox: str) -> None:
    """Reminders and notices that are due are queued, and what waits in the outbox is sent."""
    delivery_round(Path(inbox), lambda: dt.datetime.now(dt.UTC))
