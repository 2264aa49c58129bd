"""One queue of everything that waits for a steward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from palayesh.adapters.models import ReviewPair, Run, Submission
from palayesh.adapters.review_store import Place, ReviewStore
from palayesh.adapters.work_store import WorkStore
from palayesh.corrections.causes import Cause
from palayesh.declaration import ListDeclaration
from palayesh.review.access import Visitor
from tasks import corrections, installation, ledger

Kind = Literal["submission", "missing", "cause", "question", "pair"]
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
    """What was received in this installation."""
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


def causes(who: Visitor, month: str) -> list[Cause]:
    """Causes whose records wait for a decision, of the agencies that the visitor sees."""
    found = corrections.causes(month, agency=who.scope)
    return [cause for cause in found if cause.severity == SET_ASIDE and cause.count]


def items(who: Visitor, month: str) -> list[Item]:
    """Everything that waits besides pairs: few, and therefore not paged."""
    found = [
        Item(
            "submission",
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
        agency = cause.list_key.partition("/")[0]
        effect = max(1, cause.family_count)
        found.append(
            Item("cause", f"zcause{cause.cause_id}", effect, effect, agency, cause.list_key, month, cause=cause)
        )
    asked: dict[str, int] = {}
    for question in corrections.questions(month, agency=who.scope):
        asked[question.list_key] = asked.get(question.list_key, 0) + 1
    for key, count in asked.items():
        place = f"zquestion{key.replace('/', 'x').replace('_', '')}"
        found.append(Item("question", place, count, count, key.split("/")[0], key, month))
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
