"""A pair's evidence as a waterfall: where it starts, what each field adds or takes away, and where it ends.

Everything here is levels and weights; no value of a person's data is in it. Geometry is computed here, because templates
compute nothing.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Literal

from palayesh.language import Language
from palayesh.linkage.settings import LinkageModel
from palayesh.persian_text import format_number, rounded_half_up

MOST_BITS = 60.0
"""Beyond 60 bits odds are certain, and a bar would leave the page."""
_WORDS: dict[str, dict[Language, str]] = {
    "prior": {"fa": "آغاز: دو ردیف دلخواه", "en": "Start: any two records"},
    "family": {
        "fa": "دیگر ملاحظه‌ها: یک خانواده، هم‌نام‌ها، یک فهرست",
        "en": "The rest: one family, namesakes, one list",
    },
    "result": {"fa": "نتیجه", "en": "Result"},
    "bits": {"fa": "بیت", "en": "bits"},
    "probability": {"fa": "احتمال یکی بودن", "en": "Probability of one person"},
}


@dataclass(frozen=True)
class Step:
    """One bar. ``weight`` in bits (log2): 1 doubles the odds, −1 halves them; ``before`` and ``after`` are the running totals."""

    field: str
    """A field of the evidence, or ``prior``, ``family``, ``result``."""
    level: str
    title: str
    words: str
    weight: float
    before: float
    after: float

    @property
    def direction(self) -> Literal["for", "against", "neither"]:
        """What the bar speaks for: one person (``for``), two (``against``), or nothing worth telling."""
        return "for" if self.weight > 0 else "against" if self.weight < 0 else "neither"


@dataclass(frozen=True)
class Waterfall:
    """The steps from the prior to the result, and the probability at the end."""

    steps: list[Step]
    match_probability: float


def waterfall(
    evidence: str, *, prior: float, match_probability: float, model: LinkageModel, lang: Language = "fa"
) -> Waterfall:
    """The waterfall of one pair: the prior, one step per field of ``evidence`` in the model's order, and the result.

    ``evidence``: JSON, field → level and weight (bits), as in ``review_pairs``; fields that are missing weigh nothing and have no
    step. ``prior``: probability that two random records are one person. What else was
    weighed (that they may be two members of one family, other namesakes, whether one list names both) is a step of its own, so
    that the steps always end at ``match_probability``.
    Raises ValueError for a field or level that the model does not name, or a prior that is not between 0 and 1.
    """
    if not 0 < prior < 1:
        raise ValueError("the prior lies between 0 and 1")
    read: dict[str, dict[str, float | str]] = json.loads(evidence)
    unknown = [field for field, found in read.items() if found["level"] not in _levels(field, model)]
    if unknown:
        raise ValueError(f"the model does not know the evidence of {', '.join(sorted(unknown))}")
    total = _bits(prior)
    steps = [Step("prior", "", _WORDS["prior"][lang], "", total, 0.0, total)]
    for field in model.comparisons:
        if field in read:
            level, weight = str(read[field]["level"]), float(read[field]["weight"])
            title, words = _words(field, level, model, lang)
            steps.append(Step(field, level, title, words, weight, total, total + weight))
            total += weight
    end = _bits(match_probability)
    if abs(end - total) >= 0.05:  # weights are kept to a tenth of a bit
        steps.append(Step("family", "", _WORDS["family"][lang], "", end - total, total, end))
    steps.append(Step("result", "", _WORDS["result"][lang], "", end, 0.0, end))
    return Waterfall(steps, match_probability)


def _levels(field: str, model: LinkageModel) -> set[str]:
    return set(model.comparisons[field].levels) if field in model.comparisons else set()


def _words(field: str, level: str, model: LinkageModel, lang: Language) -> tuple[str, str]:
    if lang == "fa":
        return model.comparisons[field].fa, model.comparisons[field].levels[level].fa
    return field.replace("_", " "), level.replace("_", " ")


def _bits(probability: float) -> float:
    """log2 of the odds, kept within ± MOST_BITS."""
    if probability <= 0 or probability >= 1:
        return math.copysign(MOST_BITS, probability - 0.5)
    return max(-MOST_BITS, min(MOST_BITS, math.log2(probability / (1 - probability))))


@dataclass(frozen=True)
class Bar:
    """A step as it is drawn: numbers as text, the box in hundredths of the track's width."""

    title: str
    words: str
    weight: str
    total: str
    kind: str
    """``for``, ``against``, ``neither``, ``start`` or ``end``: the class of the bar."""
    x: str
    width: str
    joint: str
    """Where this step ends and the next begins."""


@dataclass(frozen=True)
class Chart:
    """A waterfall ready to be placed by ``_shared/waterfall.html.j2``."""

    lang: Language
    bars: list[Bar]
    zero: str
    """Where even odds lie: on one side of it the pair is rather one person, on the other rather two."""
    probability: str
    description: str


def chart(found: Waterfall, *, lang: Language = "fa") -> Chart:
    """The waterfall drawn. In Persian the evidence for one person grows from right to left, as the page is read."""
    reached = [0.0, *(step.before for step in found.steps), *(step.after for step in found.steps)]
    low, high = min(reached), max(reached)
    room = max(high - low, 1.0)

    def place(bits: float) -> float:
        share = 2.0 + 96.0 * (bits - low) / room
        return 100.0 - share if lang == "fa" else share

    bars = []
    for step in found.steps:
        ends = sorted((place(step.before), place(step.after)))
        kind = {"prior": "start", "result": "end"}.get(step.field, step.direction)
        bars.append(
            Bar(
                title=step.title,
                words=step.words,
                weight=_number(step.weight, lang, signed=True),
                total=_number(step.after, lang, signed=True),
                kind=kind,
                x=f"{ends[0]:.2f}",
                width=f"{max(ends[1] - ends[0], 0.5):.2f}",
                joint=f"{place(step.after):.2f}",
            )
        )
    probability = _number(100 * found.match_probability, lang) + ("٪" if lang == "fa" else "%")
    said = "؛ " if lang == "fa" else "; "
    description = said.join(f"{bar.title} {bar.words} {bar.weight}".replace("  ", " ") for bar in bars)
    return Chart(
        lang, bars, f"{place(0.0):.2f}", probability, f"{description}{said}{_WORDS['probability'][lang]} {probability}"
    )


def _number(value: float, lang: Language, *, signed: bool = False) -> str:
    rounded = rounded_half_up(value, 1)
    plus = "+" if signed and rounded > 0 else ""
    if lang == "fa":
        return plus + format_number(value, 1)
    return plus + f"{rounded or abs(rounded):.1f}".replace("-", "−")
