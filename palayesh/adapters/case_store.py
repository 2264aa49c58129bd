"""What agencies did about families covered twice or by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from palayesh.adapters.audit_store import Act, append, follows_nothing
from palayesh.adapters.console_models import CaseEvent
from palayesh.adapters.registry import Registry


@dataclass(frozen=True)
class Recorded:
    """The event is in the log; or somebody else's came first (``overtaken``) and nothing was kept."""

    event: CaseEvent
    overtaken: bool = False


class CaseStore:
    """Cases of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def events(self, case_ids: Sequence[str]) -> list[CaseEvent]:
        """Everything recorded on these cases, oldest first."""
        found: list[CaseEvent] = []
        with self.registry.engine.connect() as connection:
            for start in range(0, len(case_ids), 500):
                query = select(*CaseEvent.__table__.c).where(CaseEvent.case_id.in_(case_ids[start : start + 500]))
                found += [CaseEvent(**row._mapping) for row in connection.execute(query.order_by(CaseEvent.id))]
        return found

    def record(self, values: dict[str, Any], act: Act) -> Recorded:
        """The agency's act on the case is kept with its audit entry; the same request twice is one event."""
        for _ in range(3):
            try:
                with self.registry.writing.begin() as connection:
                    columns = CaseEvent.__table__.c
                    same = connection.execute(
                        select(*columns).where(CaseEvent.request_id == values["request_id"])
                    ).one_or_none()
                    if same is not None:
                        return Recorded(CaseEvent(**same._mapping))
                    last = connection.execute(
                        select(*columns)
                        .where(CaseEvent.case_id == values["case_id"])
                        .order_by(CaseEvent.id.desc())
                        .limit(1)
                    ).one_or_none()
                    if (last.id if last else 0) != values["follows"]:
                        if last is None:
                            raise follows_nothing()
                        return Recorded(CaseEvent(**last._mapping), overtaken=True)
                    number = connection.execute(insert(CaseEvent).values(**values).returning(CaseEvent.id)).scalar_one()
                    append(connection, act)
                    row = connection.execute(select(*columns).where(CaseEvent.id == number)).one()
                    return Recorded(CaseEvent(**row._mapping))
            except IntegrityError:
                continue
        raise RuntimeError("the log of the case could not be extended")
