"""What a pair's evidence says, in the visitor's language: the model keeps its words in Persian, the others stand in the console's strings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from console.wording import Wording
from palayesh.linkage.explain import Waterfall

if TYPE_CHECKING:
    from palayesh.adapters.models import ReviewPair

AGREES = frozenset({"same", "same_day", "shared", "both", "named"})
DIFFERS = frozenset({"different", "one"})


def reason_of(pair: ReviewPair, words: Wording) -> str:
    """Why the pair is asked, in a sentence or two."""
    if words.lang == "fa":
        return str(pair.reason or words("pair_plain"))
    found = {
        field: str(said["level"])
        for field, said in json.loads(pair.evidence or "{}").items()
        if words.has(f"evidence_{field}") and words.has(f"level_{said['level']}")
    }
    same = [str(words(f"evidence_{field}")) for field, level in found.items() if level in AGREES]
    between = [
        f"{words(f'evidence_{field}')} ({words(f'level_{level}')})"
        for field, level in found.items()
        if level not in AGREES | DIFFERS | {"neither"}
    ]
    other = [str(words(f"evidence_{field}")) for field, level in found.items() if level in DIFFERS]
    parts = [("evidence_agrees", same), ("evidence_between", between), ("evidence_differs", other)]
    told = " ".join(str(words(key, fields=", ".join(fields))) for key, fields in parts if fields)
    return told or str(words("pair_plain"))


def in_words(found: Waterfall, words: Wording) -> Waterfall:
    """The waterfall with its fields and levels named in the visitor's language."""
    if words.lang == "fa":
        return found
    steps = [
        replace(
            step,
            title=str(words(f"evidence_{step.field}")) if words.has(f"evidence_{step.field}") else step.title,
            words=str(words(f"level_{step.level}")) if words.has(f"level_{step.level}") else step.words,
        )
        for step in found.steps
    ]
    return replace(found, steps=steps)
