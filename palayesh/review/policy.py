"""How judgements are secured: a second person for large merges, and pairs that are asked again to see how stewards agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from palayesh.review.standing import DECISIVE

PROPOSED = "proposed"
"""The same, one person says, of so many records that it holds only when a second person says so too."""


class ReviewPolicy(BaseModel):
    """``expectations/review/queue.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check_share: float = Field(ge=0, le=0.25)
    """The share of what a steward is asked that was judged before."""
    own_pair_after_days: int = Field(ge=1)
    """After so many days a steward may be asked a pair again that he judged himself."""
    second_person_records: int = Field(ge=2)
    """Records that one judgement may join into a person without a second person."""
    second_person_mended_records: int = Field(ge=2)
    """Records that one mend may change without a second person."""
    sampled_joins: int = Field(ge=0)
    """Joins of a month that nobody was asked about and that are asked all the same, by lot."""
    usual_pairs_per_hour: int = Field(ge=1)
    """Pairs that a steward judges in an hour, as long as the log says too little about it."""


class Entry(Protocol):
    """An entry of the log on one pair."""

    judgement: str
    decided_by: str


def proposed_by(holding: Sequence[Entry]) -> list[str]:
    """Who has said "the same" since the last judgement that holds, and waits for a second person."""
    since = max((number for number, entry in enumerate(holding, start=1) if entry.judgement in DECISIVE), default=0)
    return [entry.decided_by for entry in holding[since:] if entry.judgement == PROPOSED]


def is_check_due(steward: str, answered: int, share: float) -> bool:
    """Whether the steward's next question is one that was judged before: by lot, the same however often it is asked."""
    lot = int.from_bytes(hashlib.blake2b(f"{steward} {answered}".encode(), digest_size=8).digest(), "big") / 2**64
    return lot < share


@dataclass(frozen=True)
class Agreement:
    """How one steward's answers compare with what was judged before."""

    count: int
    same_answer: int
    unsure: int
    kappa: float | None
    """Cohen's kappa: agreement beyond chance; nothing where chance alone would agree always."""


def agreement(answers: Iterable[tuple[str, str]]) -> Agreement:
    """``answers``: what was judged before, and what was answered now."""
    pairs = list(answers)
    count = len(pairs)
    same = sum(before == now for before, now in pairs)
    words = {word for pair in pairs for word in pair}
    by_chance = sum(
        sum(before == word for before, _ in pairs) * sum(now == word for _, now in pairs) for word in words
    ) / max(1, count * count)
    kappa = (same / count - by_chance) / (1 - by_chance) if count and by_chance < 1 else None
    return Agreement(count, same, sum(now == "unsure" for _, now in pairs), kappa)
