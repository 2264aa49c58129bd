"""A workbook as it was typed: strings by sheet, row and column, never guessed types.

Filled by the reader of files, judged by intake; it belongs to neither, so both may know it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from palayesh.findings import Finding


@dataclass(frozen=True)
class ReadingLimits:
    """How much of a file we are ready to read (``trust.md`` A1–A3, A26; OWASP ASVS 5.2.3).

    Sizes in bytes, times in seconds. The defaults take a province's largest list forty times over.
    """

    file_bytes: int = 64 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    unpacked_ratio: int = 100
    """Unpacked / packed; asked only above 10 MB unpacked, because small repetitive sheets pack very well."""
    zip_entries: int = 1_000
    sheets: int = 64
    rows: int = 300_000
    columns: int = 500
    cells: int = 6_000_000
    cell_characters: int = 32_767
    memory_bytes: int = 1_024 * 1024 * 1024
    """Address space of the reading process."""
    cpu_seconds: int = 60
    timeout_seconds: float = 300.0  # by the clock: five times the processor's limit, for the machine may be busy


@dataclass(frozen=True)
class MergedRange:
    """Cells shown as one; only the first has the text. 1-based, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """One sheet. ``rows[0]`` is row 1; a cell without text is ``None``; the text is exactly as stored."""

    name: str
    index: int
    """1-based, counting hidden sheets."""
    rows: list[list[str | None]]
    visibility: str = "visible"
    """``visible``, ``hidden`` or ``very_hidden``."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[MergedRange, ...] = ()
    formulas: frozenset[tuple[int, int]] = frozenset()
    """(row, column) of formulas whose stored value was taken."""
    formulas_without_value: frozenset[tuple[int, int]] = frozenset()
    error_values: frozenset[tuple[int, int]] = frozenset()
    """(row, column) of cells that show #REF!, #N/A and the like."""
    is_ragged: bool = False
    """Rows are as long as the file has them (text files); else every row is padded alike."""

    @property
    def is_hidden(self) -> bool:
        return self.visibility != "visible"


@dataclass(frozen=True)
class Workbook:
    """What a file holds, whatever its format."""

    format: str
    """``xlsx``, ``xls``, ``html`` or ``csv``."""
    encoding: str
    """Encoding of a text file; ``""`` for the others."""
    sheets: tuple[Sheet, ...]
    findings: list[Finding] = field(default_factory=list)


def column_letters(column: int) -> str:
    """A column's letters as a spreadsheet shows them; 1 is A."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
