"""The labelled pairs of names, and the first level at which the code finds each."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.established_names import ESTABLISHED_GIVEN_NAMES, ESTABLISHED_SURNAMES
from palayesh.linkage.names import compact, is_alike, is_alike_in_full, is_one_letter_off, sound

PATH = Path(__file__).parents[1] / "pairs" / "names.csv"
ESTABLISHED = ESTABLISHED_GIVEN_NAMES | ESTABLISHED_SURNAMES
JUDGE = NameJudge(ESTABLISHED)
WHOLE_NAMES = frozenset({"initials_full", "swapped", "full_name"})
LEVELS = ("compact", "sound", "one_letter", "alike", "in_full", "none")
"""From safe to loose; ``in_full`` counts for whole names only."""


@dataclass(frozen=True)
class Pair:
    left: str
    right: str
    same: str
    category: str
    note: str

    def __str__(self) -> str:
        return f"{self.left}|{self.right}"


def shown(text: str) -> str:
    r"""The text with ``\uXXXX`` read as the character, for marks nobody would see in the file."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)


def read_pairs() -> list[Pair]:
    with PATH.open(encoding="utf-8", newline="") as file:
        return [
            Pair(shown(row["left"]), shown(row["right"]), row["same"], row["category"], row["note"])
            for row in csv.DictReader(file)
        ]


def level_of(pair: Pair) -> str:
    """The first level at which the two are found, before anybody asks whether both are established."""
    left, right = compact(pair.left), compact(pair.right)
    assert left is not None and right is not None, pair
    if left == right:
        return "compact"
    if sound(left) == sound(right):
        return "sound"
    if min(len(left), len(right)) > 1 and is_one_letter_off(left, right):
        return "one_letter"
    if is_alike(left, right):
        return "alike"
    if pair.category in WHOLE_NAMES and is_alike_in_full(pair.left, pair.right):
        return "in_full"
    return "none"


def is_kept_apart(pair: Pair) -> bool:
    """Not alike (whole names: not in full either), or two established names one letter apart."""
    left, right = compact(pair.left) or "", compact(pair.right) or ""
    if level_of(pair) == "in_full":
        return False
    return not JUDGE.can_be_one(left, right)


def figures(pairs: list[Pair]) -> list[str]:
    """The lines of the table of figures in ``docs/name-matching.md``."""
    lines = ["| category | same | pairs | compact | sound | one letter | alike | in full | none | kept apart |"]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.category, pair.same), []).append(pair)
    for same in ("yes", "maybe", "no"):
        groups["all", same] = [pair for pair in pairs if pair.same == same]
    for (category, same), members in groups.items():
        found = Counter(level_of(pair) for pair in members)
        apart = sum(map(is_kept_apart, members)) if same == "no" else ""
        counts = " | ".join(str(found[level]) for level in LEVELS)
        lines.append(f"| {category} | {same} | {len(members)} | {counts} | {apart} |")
    return lines
