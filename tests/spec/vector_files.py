"""The conformance cases beside the tests, with ``\\uXXXX`` read as the character it stands for."""

import csv
import re
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"


def unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)


def vectors(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8-sig", newline="") as lines:
        return [{column: unescaped(text) for column, text in row.items()} for row in csv.DictReader(lines)]
