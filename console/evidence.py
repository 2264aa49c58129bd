"""What a pair's evidence says, in the visitor's language: the model keeps its words in Persian, the others stand in the console's strings."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from console.wording import Wording
from palayesh.linkage.explain import Waterfall

if TYPE_CHECKING:
    from palayesh.adapters.models import ReviewPair

AGREES = frozenset({"same", "same_day", "shared", "both", "named"})
DIFFERS = frozenset({"different", "one"})


def reason_of(pair: ReviewPair, words: Wording) -> str | Markup:
    """Why the pair is asked, in a sentence or two."""
    if words.lang == "fa":
        return pair.reason or words("pair_plain")
    found = {
        field: str(said["level"])
        for field, said in json.loads(pair.evidence or "{}").items()
        if words.has(f"evidence_{field}") and words.has(f"level_{said['level']}")
    }
    same = [words(f"evidence_{field}") for field, level in found.items() if level in AGREES]
    between = [
        Markup("{} ({})").format(words(f"evidence_{field}"), words(f"level_{level}"))
        for field, level in found.items()
        if level not in AGREES | DIFFERS | {"neither"}
    ]
    other = [words(f"evidence_{field}") for field, level in found.items() if level in DIFFERS]
    parts = [("evidence_agrees", same), ("evidence_between", between), ("evidence_differs", other)]
    told = Markup(" ").join(words(key, fields=Markup(", ").join(fields)) for key, fields in parts if fields)
    return told or words("pair_plain")


def in_words(found: Waterfall, words: Wording) -> Waterfall:
    """The waterfall with its fields and levels named in the visitor's language."""
    if words.lang == "fa":
        return found
    steps = [
        replace(
            step,
            title=html.unescape(str(words(f"evidence_{step.field}")))
            if words.has(f"evidence_{step.field}")
            else step.title,
            words=html.unescape(str(words(f"level_{step.level}"))) if words.has(f"level_{step.level}") else step.words,
        )
        for step in found.steps
    ]
    return replace(found, steps=steps)
