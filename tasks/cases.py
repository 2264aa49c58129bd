"""Families covered twice, waiting, or covered by nobody: what the month found, and what agencies did about it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pandas as pd

from palayesh.adapters.audit_store import Act
from palayesh.adapters.case_store import CaseStore, Recorded
from palayesh.adapters.console_models import CaseEvent
from palayesh.adapters.models import Run
from palayesh.adapters.registry import Registry
from palayesh.review.access import Visitor
from palayesh.review.cases import ACTIONS, CaseState, state_of
from tasks import installation

FRAMES = ("overlap_households", "waiting_list", "uncovered")


@dataclass(frozen=True)
class Overlap:
    """A household that two agencies serve at once."""

    case_id: str
    household_id: str
    agencies: tuple[str, str]
    kind: str
    """``conflict``, ``notice`` or ``shown``."""
    since: pd.Timestamp | None
    county: str
    residents: int
    state: CaseState
    events: list[CaseEvent] = field(default_factory=list)

    @property
    def follows(self) -> int:
        """The last event that the page shows."""
        return self.events[-1].id if self.events else 0


@dataclass(frozen=True)
class Family:
    """A family that waits for cover."""

    case_id: str
    household_id: str
    county: str
    residents: int
    row: Mapping[str, Any]
    agencies: tuple[str, ...]
    """Who can act: the agencies of its programmes, or the one that keeps the waiting list."""
    events: list[CaseEvent] = field(default_factory=list)


def store() -> CaseStore:
    """The cases of this installation."""
    return CaseStore(installation.registry())


def case_id(kind: str, household_id: str, pair: str = "") -> str:
    """The same case keeps its id from month to month: it is the household's and the agencies'."""
    return kind[0] + hashlib.sha256(f"{kind}|{household_id}|{pair}".encode()).hexdigest()[:20]


def _frame(run_id: str, name: str) -> pd.DataFrame:
    return _kept_frame(installation.registry(), run_id, name)


@lru_cache(maxsize=12)
def _kept_frame(registry: Registry, run_id: str, name: str) -> pd.DataFrame:
    # A finished run never changes, so its tables may be kept.
    return registry.frame(run_id, name)


def _households(run_id: str) -> dict[str, dict[str, Any]]:
    return _kept_households(installation.registry(), run_id)


@lru_cache(maxsize=4)
def _kept_households(registry: Registry, run_id: str) -> dict[str, dict[str, Any]]:
    table = registry.frame(run_id, "linked_households").astype(object)
    rows = table.where(table.notna(), None).to_dict(orient="records")
    return {str(row["household_id"]): {str(key): value for key, value in row.items()} for row in rows}


def overlaps(who: Visitor, run: Run) -> list[Overlap]:
    """The month's cases of double cover that the visitor's agency takes part in; the gravest and longest first."""
    table = _frame(run.id, "overlap_households")
    agencies = table["pair"].str.split("+", n=1)
    mine = [any(who.may_see(agency) for agency in pair) for pair in agencies]
    chosen = table[pd.Series(mine, index=table.index, dtype="bool")]
    ids = [case_id("overlap", h, p) for h, p in zip(chosen["household_id"], chosen["pair"], strict=True)]
    events = _events(ids)
    households = _households(run.id)
    found = []
    for number, row in zip(ids, chosen.to_dict(orient="records"), strict=True):
        one, other = str(row["pair"]).split("+", 1)
        house = households.get(str(row["household_id"]), {})
        of_case = events.get(number, [])
        found.append(
            Overlap(
                case_id=number,
                household_id=str(row["household_id"]),
                agencies=(one, other),
                kind=str(row["kind"]),
                since=row["since"] if pd.notna(row["since"]) else None,
                county=str(house.get("county") or ""),
                residents=int(house.get("resident_count") or 0),
                state=state_of((one, other), [(e.agency, e.action) for e in of_case]),
                events=of_case,
            )
        )
    gravity = {"conflict": 0, "notice": 1, "shown": 2}
    return sorted(
        found,
        key=lambda c: (c.state.is_closed, gravity.get(c.kind, 3), c.since or pd.Timestamp.max, c.household_id),
    )


def overlap(who: Visitor, run: Run, number: str) -> Overlap | None:
    """One case, if the visitor's agency takes part in it."""
    return next((case for case in overlaps(who, run) if case.case_id == number), None)


def waiting(who: Visitor, run: Run, *, agency: str | None) -> list[Family]:
    """The waiting list of the agency that keeps one, in its published order."""
    table = _frame(run.id, "waiting_list")
    if table.empty or agency is None or not who.may_see(agency):
        return []
    return _families(run, table, "waiting", [(agency,)] * len(table))


def waiting_agency() -> str | None:
    """The agency whose list of applications makes the waiting list."""
    for name, agency in installation.agencies().items():
        if any(declared.role == "association_application" for declared in agency.lists.values()):
            return name
    return None


def uncovered(who: Visitor, run: Run) -> list[Family]:
    """Families eligible for a programme and in nobody's cover, the longest waiting first, of programmes the visitor may act in."""
    table = _frame(run.id, "uncovered")
    known = programme_agencies()
    programmes = table["programmes"].fillna("").str.split(";")
    agencies = [tuple(dict.fromkeys(known[p] for p in of_family if p in known)) for of_family in programmes]
    own = [who.scope is None or who.scope in of_family for of_family in agencies]
    return _families(
        run, table[own], "uncovered", [found for found, is_own in zip(agencies, own, strict=True) if is_own]
    )


def programme_agencies() -> dict[str, str]:
    """Programme → the agency that runs it: the one whose name its name begins with."""
    agencies = sorted(installation.agencies(), key=len, reverse=True)
    titles = installation.programme_titles()
    return {programme: agency for programme in titles for agency in agencies if programme.startswith(f"{agency}_")}


def _families(run: Run, table: pd.DataFrame, kind: str, agencies: list[tuple[str, ...]]) -> list[Family]:
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    ids = [case_id(kind, str(row["household_id"])) for row in rows]
    events = _events(ids)
    households = _households(run.id)
    return [
        Family(
            case_id=number,
            household_id=str(row["household_id"]),
            county=str(households.get(str(row["household_id"]), {}).get("county") or ""),
            residents=int(households.get(str(row["household_id"]), {}).get("resident_count") or 0),
            row={str(key): value for key, value in row.items()},
            agencies=who_acts,
            events=events.get(number, []),
        )
        for number, row, who_acts in zip(ids, rows, agencies, strict=True)
    ]


def _events(ids: list[str]) -> dict[str, list[CaseEvent]]:
    found: dict[str, list[CaseEvent]] = {}
    for event in store().events(ids):
        found.setdefault(event.case_id, []).append(event)
    return found


def record(
    who: Visitor,
    *,
    kind: str,
    number: str,
    agency: str,
    action: str,
    note: str,
    month: str,
    follows: int,
    request_id: str,
    now: dt.datetime,
) -> Recorded:
    """What the agency did is in the case's log. Raises ValueError for an act that the kind of case does not know."""
    if action not in ACTIONS[kind]:
        raise ValueError(f"{kind} knows no act «{action}»")
    values = {
        "case_id": number,
        "kind": kind,
        "month": month,
        "agency": agency,
        "action": action,
        "note": note or None,
        "actor": who.name,
        "at": now,
        "follows": follows,
        "request_id": request_id,
    }
    return store().record(values, Act(now, who.name, who.role, f"case_{action}", number, detail={"agency": agency}))


def members(run: Run, household_id: str) -> list[dict[str, Any]]:
    """The persons of a household with their relation, the prisoner first; numbers are not among what is given."""
    members = _frame(run.id, "household_members")
    here = members[members["household_id"].eq(household_id)]
    persons = _frame(run.id, "linked_persons")
    columns = [
        "person_id",
        "first_name",
        "last_name",
        "father_name",
        "birth_date",
        "birth_year",
        "sex",
        "mention_count",
    ]
    table = here.merge(persons[columns], on="person_id", how="left").sort_values(
        ["is_prisoner", "person_id"], ascending=[False, True]
    )
    table = table.astype(object)
    return [
        {str(key): value for key, value in row.items()}
        for row in table.where(table.notna(), None).to_dict(orient="records")
    ]
