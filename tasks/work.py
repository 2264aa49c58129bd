"""One queue of everything that waits for a steward, and a failed record in its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import pandas as pd

from palayesh.adapters.models import RecordFinding, ReviewPair, Run, Submission
from palayesh.adapters.registry import Registry
from palayesh.adapters.review_store import Place, ReviewStore
from palayesh.adapters.work_store import Cause, WorkStore
from palayesh.declaration import ListDeclaration
from palayesh.reporting_month import ReportingMonth
from palayesh.review.access import Visitor
from palayesh.review.compare import mask
from tasks import installation, ledger

Kind = Literal["file", "missing", "failure", "pair"]
SET_ASIDE, WARN = "set_aside_record", "warn"


@dataclass(frozen=True)
class Item:
    """Something that waits. ``effect`` counts the records or persons that it holds up; ``priority`` orders the queue."""

    kind: Kind
    id: str
    priority: int
    effect: int
    agency: str
    list_key: str
    since_month: str
    submission: Submission | None = None
    cause: Cause | None = None
    pair: ReviewPair | None = None

    @property
    def place(self) -> Place:
        """Where it stands in the queue."""
        return Place(self.priority, self.id)


def store() -> WorkStore:
    """Failures of this installation."""
    return WorkStore(installation.registry())


def months() -> list[str]:
    """Months of which something was received, the newest first."""
    return store().months()


def held(who: Visitor, month: str) -> list[Submission]:
    """The month's files that are held, refused or empty, of the agencies that the visitor sees."""
    return [s for s in ledger.waiting(month) if who.may_see(s.agency)]


def missing(who: Visitor, month: str) -> list[str]:
    """The month's lists that did not come, of the agencies that the visitor sees."""
    return [key for key in ledger.missing_lists(month) if who.may_see(key.split("/")[0])]


def causes(
    who: Visitor, month: str, *, severities: Sequence[str] = (SET_ASIDE,), submission_id: str = "", code: str = ""
) -> list[Cause]:
    """Failed validations grouped by cause."""
    return store().causes(month, agency=who.scope, severities=severities, submission_id=submission_id, code=code)


def items(who: Visitor, month: str) -> list[Item]:
    """Everything that waits besides pairs: few, and therefore not paged."""
    found = [
        Item(
            "file",
            f"zfile{s.id}",
            max(1, s.received_count),
            s.received_count,
            s.agency,
            s.list_key or "",
            month,
            submission=s,
        )
        for s in held(who, month)
    ]
    agencies = installation.agencies()
    for key in missing(who, month):
        agency, _, name = key.partition("/")
        expected = agencies[agency].lists[name].expected_records[0]
        place = f"zmissing{key.replace('/', 'x').replace('_', '')}"
        found.append(Item("missing", place, expected, expected, agency, key, month))
    for cause in causes(who, month):
        place = f"zcause{cause.submission_id}{cause.code.replace('_', '')}"
        found.append(Item("failure", place, cause.count, cause.count, cause.agency, cause.list_key, month, cause=cause))
    return sorted(found, key=lambda item: (item.priority, item.id), reverse=True)


def queue(
    who: Visitor,
    run: Run | None,
    others: Sequence[Item],
    *,
    kind: str = "",
    after: Place | None = None,
    limit: int = 25,
) -> list[Item]:
    """A page of the queue, of the pairs and of the ``others`` (`items`): by effect on families and age, from ``after`` on."""
    others = [item for item in others if kind in ("", item.kind)]
    if after is not None:
        others = [item for item in others if (item.priority, item.id) < (after.priority, after.pair_id)]
    pairs: list[Item] = []
    if run is not None and kind in ("", "pair"):
        found = ReviewStore(installation.registry()).queue(
            run.id, agency=who.scope, steward=who.name, after=after, limit=limit
        )
        pairs = [Item("pair", p.pair_id, p.priority, p.effect, p.agency_l, "", p.since_month, pair=p) for p in found]
    merged = sorted([*others, *pairs], key=lambda item: (item.priority, item.id), reverse=True)
    return merged[:limit]


# -- a failed record in its context --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One column of a record: heading, what was typed, what we read it as, and whether a rule failed on it."""

    column: str
    heading: str
    raw: str
    value: str
    status: str
    failed: bool
    is_private: bool = False
    """A national number or a phone: hidden until shown for a reason."""
    kind: str = ""
    vocabulary: str | None = None


@dataclass(frozen=True)
class RecordView:
    """A record with everything that was found on it."""

    submission: Submission
    finding: RecordFinding
    findings: list[RecordFinding]
    cells: list[Cell]
    is_set_aside: bool


def record_view(who: Visitor, submission_id: str, number: int) -> RecordView | None:
    """The failed record in its context; nothing if it is not the visitor's to see."""
    submission = own_submission(who, submission_id)
    finding = store().finding(submission_id, number) if submission is not None else None
    if submission is None or finding is None:
        return None
    found = store().findings_of_record(submission_id, finding.record_id)
    is_set_aside, record = _record(submission, finding.record_id)
    failed = {f.column for f in found if f.column}
    declared = declaration_of(submission.list_key or "")
    cells = _cells(record, declared, failed) if record is not None and declared is not None else []
    return RecordView(submission, finding, found, cells, is_set_aside)


def own_submission(who: Visitor, submission_id: str) -> Submission | None:
    """The submission, if it is of an agency that the visitor sees."""
    try:
        submission = installation.registry().submission(submission_id)
    except KeyError:
        return None
    return submission if who.may_see(submission.agency) else None


def declaration_of(list_key: str) -> ListDeclaration | None:
    """How the list is declared, if it is."""
    agency, _, name = list_key.partition("/")
    found = installation.agencies().get(agency)
    return found.lists.get(name) if found else None


def headings(list_key: str) -> dict[str, str]:
    """Our columns of the list, as the agency heads them."""
    declared = declaration_of(list_key)
    return {name: column.heading for name, column in declared.columns.items()} if declared else {}


def _record(submission: Submission, record_id: str) -> tuple[bool, dict[str, Any] | None]:
    for name in ("set_aside", "accepted"):
        frame = _frame(
            installation.registry(), submission.id, submission.accepted_count, submission.set_aside_count, name
        )
        if record_id in frame.index:
            return name == "set_aside", {str(key): value for key, value in frame.loc[[record_id]].iloc[0].items()}
    return False, None


@lru_cache(maxsize=6)
def _frame(registry: Registry, submission_id: str, _accepted: int, _set_aside: int, name: str) -> pd.DataFrame:
    # The counts are part of the question, so that a submission validated again is read again.
    return registry.frame(submission_id, name).set_index("record_id", drop=False)


def _cells(record: dict[str, Any], declared: ListDeclaration, failed: set[str]) -> list[Cell]:
    cells = []
    for name, column in declared.columns.items():
        raw, value = record.get(f"{name}_raw"), record.get(name)
        shown_raw, shown = _text(raw), _text(value)
        if shown_raw or shown or name in failed:
            status = _text(record.get(f"{name}_status"))
            is_private = column.type in {"national_id", "phone"}
            cells.append(
                Cell(
                    name,
                    column.heading,
                    shown_raw,
                    shown,
                    status,
                    name in failed,
                    is_private,
                    column.type,
                    column.vocabulary,
                )
            )
    return cells


def _text(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def months_between(first: str, last: str) -> int:
    """Months from one to the other."""
    one, other = ReportingMonth.parse(first), ReportingMonth.parse(last)
    return (other.year - one.year) * 12 + other.month - one.month


def masked(cell: Cell) -> Cell:
    """The cell with its digits hidden where they name somebody: national numbers and phones."""
    if cell.is_private:
        return replace(cell, raw=mask(cell.raw), value=mask(cell.value))
    return cell
