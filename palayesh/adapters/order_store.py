"""The runs of a month that were started from the console."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from palayesh.adapters.audit_store import Act, append
from palayesh.adapters.console_models import MonthOrder
from palayesh.adapters.registry import Registry


class OrderStore:
    """Orders of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def add(self, values: dict[str, Any], act: Act) -> bool:
        """The run is ordered; false if the same request ordered it before."""
        with self.registry.writing.begin() as connection:
            if connection.execute(select(MonthOrder.id).where(MonthOrder.id == values["id"])).first():
                return False
            connection.execute(insert(MonthOrder).values(**values))
            append(connection, act)
        return True

    def change(self, order_id: str, **values: Any) -> None:
        """The order has these values."""
        with self.registry.writing.begin() as connection:
            connection.execute(update(MonthOrder).where(MonthOrder.id == order_id).values(**values))

    def orders(self, month: str | None = None, *, limit: int = 10) -> list[MonthOrder]:
        """The newest orders first."""
        query = select(*MonthOrder.__table__.c).order_by(MonthOrder.ordered_at.desc()).limit(limit)
        if month is not None:
            query = query.where(MonthOrder.month == month)
        with self.registry.engine.connect() as connection:
            return [MonthOrder(**row._mapping) for row in connection.execute(query)]
