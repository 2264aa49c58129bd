"""Which months there is work of."""

from __future__ import annotations

from sqlalchemy import select

from palayesh.adapters.models import Submission
from palayesh.adapters.registry import Registry


class WorkStore:
    """What was received, in one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def months(self) -> list[str]:
        """Months of which something was received, the newest first."""
        query = select(Submission.month).distinct().order_by(Submission.month.desc())
        with self.registry.engine.connect() as connection:
            return [str(month) for month in connection.execute(query).scalars()]
