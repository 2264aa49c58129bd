"""Two mentions side by side: one field a line, what differs by sign and by character; numbers masked until shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein

from palayesh.persian_text import match_key, to_ascii_digits

Sign = Literal["=", "≈", "≠", "∅"]
EQUAL: Final = "="
NEAR: Final = "≈"
DIFFERENT: Final = "≠"
MISSING: Final = "∅"

FIELDS = (
    "first_name", "last_name", "full_name", "father_name", "national_id", "birth_date", "sex", "relation", "county", "phones",
)  # fmt: skip
NAMES = frozenset({"first_name", "last_name", "full_name", "father_name"})
MASKED = {"national_id": (2, 4), "phones": (4, 2)}
"""Fields that are hidden until shown, and how many characters stay readable at each end."""
DOT = "•"


@dataclass(frozen=True)
class Part:
    """A run of characters that the other side has too, or has not."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Line:
    """One field of both sides. ``left`` and ``right`` are empty where a side does not say."""

    field: str
    sign: Sign
    left: tuple[Part, ...]
    right: tuple[Part, ...]


def as_stored(_field: str, text: str) -> str:
    """The text as it is."""
    return text


def compare(
    left: Mapping[str, Any],
    right: Mapping[str, Any],
    *,
    shown: bool,
    written: Callable[[str, str], str] = as_stored,
) -> list[Line]:
    """One line per field that either side says, in a fixed order; national numbers and phones masked unless ``shown``.

    ``written``: how a field's value is written on the page (days by the reader's calendar, digits in his language).
    """
    lines = []
    # A list that writes the name in one column is compared by whole names; the parts alone would look missing.
    whole = not all(side.get("first_name") or side.get("last_name") for side in (left, right))
    for field in FIELDS:
        if field in ({"first_name", "last_name"} if whole else {"full_name"}):
            continue
        one, other = ((whole_name(side) if field == "full_name" else _value(side, field)) for side in (left, right))
        if one or other:
            lines.append(compare_field(field, one, other, shown=shown, written=written))
    return lines


def compare_field(
    field: str, one: str, other: str, *, shown: bool = True, written: Callable[[str, str], str] = as_stored
) -> Line:
    """The line of one field."""
    sign = sign_of(field, one, other)
    one, other = (written(field, text) if text else "" for text in (one, other))
    if sign in {EQUAL, MISSING}:
        parts = (_one_part(one), _one_part(other))
    else:
        parts = differing_parts(one, other)
    if field in MASKED and not shown:
        keep = MASKED[field]
        parts = (masked_parts(parts[0], *keep), masked_parts(parts[1], *keep))
    return Line(field, sign, parts[0], parts[1])


def _one_part(text: str) -> tuple[Part, ...]:
    return (Part(text, False),) if text else ()


def sign_of(field: str, one: str, other: str) -> Sign:
    """``=`` the same, ``≈`` near (a slip of the pen), ``≠`` different, ``∅`` where a side does not say."""
    if not one or not other:
        return MISSING
    if field == "phones":
        shared = set(one.split(" ")) & set(other.split(" "))
        return EQUAL if one == other else NEAR if shared else DIFFERENT
    if field == "birth_date":
        return _sign_of_days(one, other)
    key, other_key = match_key(one), match_key(other)
    if key == other_key:
        return EQUAL
    if field == "national_id":
        return NEAR if OSA.distance(key, other_key) <= 2 else DIFFERENT
    if field in NAMES:
        return NEAR if JaroWinkler.similarity(key, other_key) >= 0.85 or _contains(one, other) else DIFFERENT
    return DIFFERENT


def _sign_of_days(one: str, other: str) -> Sign:
    if one == other:
        return EQUAL
    year, other_year = one[:4], other[:4]
    if len(one) == 4 or len(other) == 4:  # one side knows the year alone
        return NEAR if year == other_year else DIFFERENT
    same_digits = sorted(one) == sorted(other)
    return NEAR if same_digits or OSA.distance(one, other) <= 1 or one[5:] == other[5:] else DIFFERENT


def _contains(one: str, other: str) -> bool:
    words, other_words = one.split(), other.split()
    return set(words) <= set(other_words) or set(other_words) <= set(words)


def differing_parts(one: str, other: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts cut where they differ; only the cuts differ, no character is lost."""
    left: list[Part] = []
    right: list[Part] = []
    for operation in Levenshtein.opcodes(one, other):
        differs = operation.tag != "equal"
        if text := one[operation.src_start : operation.src_end]:
            left.append(Part(text, differs))
        if text := other[operation.dest_start : operation.dest_end]:
            right.append(Part(text, differs))
    return tuple(left), tuple(right)


def masked_parts(parts: tuple[Part, ...], first: int, last: int) -> tuple[Part, ...]:
    """The same parts with every digit between the ends as a dot: where they differ stays visible, what it is does not."""
    text = "".join(part.text for part in parts)
    hidden = mask(text, first, last)
    masked, start = [], 0
    for part in parts:
        masked.append(Part(hidden[start : start + len(part.text)], part.differs))
        start += len(part.text)
    return tuple(masked)


def mask(text: str, first: int = 2, last: int = 4) -> str:
    """``0012345678`` → ``00••••5678``; each of several numbers by itself; a short number is hidden whole."""
    return " ".join(_mask_word(word, first, last) for word in text.split(" "))


def _mask_word(word: str, first: int, last: int) -> str:
    if len(word) <= first + last:
        return DOT * len(word)
    return word[:first] + DOT * (len(word) - first - last) + word[len(word) - last :]


def whole_name(card: Mapping[str, Any]) -> str:
    """The name as one text, however the list writes it."""
    return str(card.get("full_name") or "") or " ".join(
        str(card[part]) for part in ("first_name", "last_name") if card.get(part)
    )


def _value(card: Mapping[str, Any], field: str) -> str:
    value = card.get(field)
    return to_ascii_digits(str(value)) if field in MASKED and value else str(value or "")
