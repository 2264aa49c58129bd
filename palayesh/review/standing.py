"""Which entries of the log of judgements hold, which must be asked again, and which would contradict others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import pandas as pd

DECISIVE = ("same", "different")
"""Judgements that settle a pair."""


def standing(log: pd.DataFrame) -> pd.DataFrame:
    """The last entry of every pair, in the order of the log; undone ones are left out.

    ``log``: ``id``, ``identity_key_l``, ``identity_key_r``, ``judgement`` and what else it has, oldest first.
    """
    if log.empty:
        return log
    ends = log[["identity_key_l", "identity_key_r"]]
    pair = ends.min(axis="columns") + " " + ends.max(axis="columns")
    last = log[~pair.duplicated(keep="last")]
    return last[last["judgement"].ne("withdrawn")]


def asked_again(log: pd.DataFrame, keys: pd.DataFrame, digests: pd.Series) -> pd.DataFrame:
    """Judgements whose two records no longer say what they said when they were judged: a person is asked again.

    A judgement stands while, on each side, some mention with its key still says what was seen. ``keys``: ``mention_id``,
    ``identity_key``; ``digests`` by mention_id. The rows of the log, with ``mention_id_l`` and ``_r`` as they are now; a
    judgement on somebody who is on no list this month waits without being asked.
    """
    given = standing(log)
    if given.empty:
        return given.assign(mention_id_l="", mention_id_r="")
    given = given[given["judgement"].isin(DECISIVE) & given["evidence_sha256"].fillna("").str.len().eq(32)]
    said = keys.assign(digest=keys["mention_id"].map(digests))
    seen = pd.MultiIndex.from_frame(said[["identity_key", "digest"]])
    first = said.drop_duplicates("identity_key").set_index("identity_key")["mention_id"]
    holds = pd.Series(True, index=given.index)
    present = pd.Series(True, index=given.index)
    for side, half in (("l", slice(0, 16)), ("r", slice(16, 32))):
        key = given[f"identity_key_{side}"]
        digest = given["evidence_sha256"].str[half]
        holds &= pd.MultiIndex.from_arrays([key, digest]).isin(seen)
        present &= key.isin(first.index)
    asked = given[~holds & present]
    return asked.assign(
        mention_id_l=asked["identity_key_l"].map(first), mention_id_r=asked["identity_key_r"].map(first)
    )


class Entry(Protocol):
    """An entry of the log on one pair."""

    id: int
    judgement: str
    withdraws: int | None


E = TypeVar("E", bound=Entry)


def in_force(log: Sequence[E]) -> list[E]:
    """The entries on one pair that nobody has undone, oldest first; the last one holds."""
    undone = {entry.withdraws for entry in log if entry.withdraws is not None}
    return [entry for entry in log if entry.withdraws is None and entry.id not in undone]


def connected(key: str, same: Iterable[tuple[str, str]]) -> set[str]:
    """Every key that judgements of sameness tie to ``key``, itself included."""
    beside: dict[str, set[str]] = {}
    for one, other in same:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    reached, waiting = {key}, [key]
    while waiting:
        fresh = beside.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting.extend(fresh)
    return reached


def contradiction(
    judgement: str, left: str, right: str, same: list[tuple[str, str]], different: list[tuple[str, str]]
) -> tuple[str, str] | None:
    """The judgement that the new one cannot stand beside, as its two keys; nothing where they agree.

    ``same`` and ``different`` are the judgements that stand, the pair's own left out.
    """
    if judgement == "different":
        together = connected(left, same)
        return next((pair for pair in same if pair[0] in together), None) if right in together else None
    if judgement == "same":
        together = connected(left, same) | connected(right, same)
        return next((pair for pair in different if pair[0] in together and pair[1] in together), None)
    return None
