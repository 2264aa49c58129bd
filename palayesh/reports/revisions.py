"""Why a month has a new revision: what it stands on now that it did not stand on before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COUNTED = "validated"
OTHER_INPUTS = ("corrections", "headings", "judgements", "rules", "code", "previous", "issued_on")
"""What a run stands on besides its lists, in the order in which it is told."""


@dataclass(frozen=True)
class Cause:
    """One thing that differs; ``code`` is titled in ``strings.revision_what`` and ``strings.revision_why``."""

    code: str
    list_key: str = ""


def causes(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> tuple[Cause, ...]:
    """What differs between the inputs of two revisions of a month, as the run ledger kept them.

    ``untold`` where one of them was not kept or nothing kept differs.
    """
    if before is None or now is None:
        return (Cause("untold"),)
    lists = _lists(_counted(before), _counted(now))
    others = [Cause(name) for name in OTHER_INPUTS if before.get(name) != now.get(name)]
    return (*lists, *others) or (Cause("untold"),)


def _counted(inputs: Mapping[str, Any]) -> dict[str, set[str]]:
    """The files of each list that count."""
    files: dict[str, set[str]] = {}
    for submission_id, state, list_key, *_ in inputs["submissions"]:
        if state == COUNTED and list_key:
            files.setdefault(list_key, set()).add(submission_id)
    return files


def _lists(before: Mapping[str, set[str]], now: Mapping[str, set[str]]) -> list[Cause]:
    found = []
    for key in sorted({*before, *now}):
        if key not in before:
            found.append(Cause("list_added", key))
        elif key not in now:
            found.append(Cause("list_gone", key))
        elif before[key] != now[key]:
            found.append(Cause("list_replaced", key))
    return found
