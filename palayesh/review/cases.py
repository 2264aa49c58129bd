"""The state of a case of double cover, from what each agency recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ACTIONS = {
    "overlap": ("looking", "keeps", "ends", "not_same"),
    "waiting": ("contacted", "not_reached", "taken"),
    "uncovered": ("contacted", "not_reached", "taken", "declined"),
}
"""What may be recorded. Of double cover: still looking into it, keeps its service, ends it, or it is not one family."""
FINAL = frozenset({"keeps", "ends", "not_same"})


@dataclass(frozen=True)
class CaseState:
    """Where each agency stands and what that makes of the case."""

    stand: dict[str, str]
    """The last act of each agency; absent if it recorded none."""
    is_closed: bool
    """Both are final, and they do not both keep their service."""
    both_keep: bool
    """Both say that the family is theirs: it stays in sight until one ends, or a chief settles it."""


def state_of(agencies: tuple[str, str], events: Sequence[tuple[str, str]]) -> CaseState:
    """The fold of the case's events (agency, action), oldest first."""
    stand = {agency: action for agency, action in events if agency in agencies}
    acts = [stand.get(agency) for agency in agencies]
    both_keep = acts == ["keeps", "keeps"]
    return CaseState(stand, all(act in FINAL for act in acts) and not both_keep, both_keep)
