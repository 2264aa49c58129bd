"""Where in a sheet the list is: its heading row among titles and groups, and what every other row is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from palayesh.distinct import distinct_texts
from palayesh.intake.headings import Cells, HeadingBook, MatchedHeadings, match_headings
from palayesh.persian_text import clean_text, heading_key
from palayesh.workbook import Sheet

ROWS_SEARCHED = 60
TOTAL_ROW = re.compile(r"(?:جمع|مجموع|جمع کل|total)(?:\s.*|[:：]?\s*\d*)", re.IGNORECASE)
UNSEEN = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*")
_UNSEEN_MARKS = "".join(mark for mark in map(chr, range(0x10000)) if UNSEEN.fullmatch(mark))
_OF_A_TOTAL = "[جﺝﺞﺟﺠtT]"
"""No total is said without one of these letters, and few cells have one: the rest need no closer look."""


@dataclass(frozen=True)
class HeadingRows:
    """The rows that carry the headings: ``first`` is above ``last`` where cells are merged over two rows. 1-based."""

    first: int
    last: int
    matched: MatchedHeadings


def find_headings(sheet: Sheet, book: HeadingBook) -> HeadingRows | None:
    """The rows of the first sixty that know most headings of the list; None where no row knows three."""
    best: HeadingRows | None = None
    for number in range(1, min(len(sheet.rows), ROWS_SEARCHED) + 1):
        row = [_text(cell) for cell in sheet.rows[number - 1]]
        if sum(cell is not None for cell in row) < 2:
            continue
        groups = _groups_above(sheet, number)
        single = HeadingRows(number, number, match_headings(row, groups, book))
        double = HeadingRows(number - 1, number, match_headings(_filled_from_above(sheet, number), groups, book))
        for found in (single, double) if number > 1 else (single,):
            known = _known(found.matched)
            if known >= 3 and (best is None or known > _known(best.matched)):
                best = found
    return best


def _known(matched: MatchedHeadings) -> int:
    return len(set(matched.columns.values()))


def _text(cell: str | None) -> str | None:
    return cell if cell is not None and not UNSEEN.fullmatch(cell) else None


def _groups_above(sheet: Sheet, number: int) -> Cells:
    """For each column, the text of the group heading that spans it in the row above; None where there is none."""
    if number < 2:
        return []
    above = [_text(cell) for cell in sheet.rows[number - 2]]
    width = len(sheet.rows[number - 1])
    groups: Cells = [None] * max(width, len(above))
    spans = [
        merged for merged in sheet.merged
        if merged.last_row == number - 1 and merged.last_column > merged.first_column
        and merged.last_column - merged.first_column + 1 < width
    ]  # fmt: skip
    for merged in spans:
        text = _text(_cell(sheet, merged.first_row, merged.first_column))
        groups[merged.first_column - 1 : merged.last_column] = [text] * (merged.last_column - merged.first_column + 1)
    if not sheet.merged and sum(cell is not None for cell in above) > 1:
        # Nothing is merged in a text file: a group reaches to the right as far as the cells above are empty
        current: str | None = None
        for place in range(width):
            current = (above[place] if place < len(above) else None) or current
            groups[place] = current
    return groups


def _filled_from_above(sheet: Sheet, number: int) -> Cells:
    """The row, with a heading that stands over two rows taken from the upper one."""
    above = [_text(cell) for cell in sheet.rows[number - 2]]
    wide = {
        column
        for merged in sheet.merged
        if merged.first_row <= number - 1 <= merged.last_row and merged.last_column > merged.first_column
        for column in range(merged.first_column, merged.last_column + 1)
    }
    row = [_text(cell) for cell in sheet.rows[number - 1]]
    row += [None] * (len(above) - len(row))
    return [
        cell or (above[place] if place < len(above) and place + 1 not in wide else None)
        for place, cell in enumerate(row)
    ]


def _cell(sheet: Sheet, row: int, column: int) -> str | None:
    cells = sheet.rows[row - 1] if 0 < row <= len(sheet.rows) else []
    return cells[column - 1] if 0 < column <= len(cells) else None


# --- what every row is ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetTable:
    """A sheet as a table of text (columns are 0-based positions, the index is the row's number) and each row's kind."""

    cells: pd.DataFrame
    kinds: pd.Series
    """``title``, ``heading``, ``blank``, ``repeated_heading``, ``total`` or ``record``."""

    @cached_property
    def records(self) -> pd.DataFrame:
        return self.cells[self.kinds == "record"]


def sheet_table(sheet: Sheet, headings: HeadingRows) -> SheetTable:
    """Every row of the sheet has exactly one kind."""
    index = pd.RangeIndex(1, len(sheet.rows) + 1)
    columns = enumerate(zip_longest(*sheet.rows))  # a short row's missing cells are empty
    cells = pd.DataFrame({place: _text_column(values, index) for place, values in columns}, index=index)

    matched = headings.matched
    number = pd.Series(index, index=index)
    # A form numbered in advance is blank where only the number stands
    has_text = pd.Series(False, index=index)
    for place in cells:
        filled = cells[place].notna()
        if place in matched.row_numbers:
            filled &= ~cells[place].str.fullmatch(r"\s*\d+\s*", na=False)
        has_text |= filled
    kinds = pd.Series("record", index=index)
    kinds[~has_text] = "blank"
    below = number > headings.last
    kinds[below & has_text & _repeats_headings(cells, headings)] = "repeated_heading"
    kinds[below & (kinds == "record") & _is_total(cells, matched)] = "total"
    kinds[~below & has_text] = "title"
    kinds[(number >= headings.first) & (number <= headings.last)] = "heading"
    return SheetTable(cells, kinds)


def _text_column(values: Sequence[str | None], index: pd.RangeIndex) -> pd.Series:
    texts = pa.array(values, type=pa.large_string())
    seen = pc.not_equal(pc.utf8_trim(texts, _UNSEEN_MARKS), "")
    return pc.if_else(seen, texts, None).to_pandas().set_axis(index)


def _repeats_headings(cells: pd.DataFrame, headings: HeadingRows) -> pd.Series:
    """Rows that say the headings again: all the text they have is the heading of its column, twice or more."""
    filled = cells.notna().sum(axis=1)
    same = pd.Series(0, index=cells.index)
    other = pd.Series(0, index=cells.index)
    top = cells.loc[max(headings.first - 1, 1) : headings.last]
    # Columns of few values first: after three of them hardly a row is left that could still be one.
    for place in cells.head(1000).nunique().sort_values(kind="stable").index:
        wanted = {heading_key(text) for text in top[place].dropna()}
        open_rows = distinct_texts(cells.loc[5 * other <= filled, place])
        equal = [text for text in open_rows.texts if len(text) <= 80 and heading_key(text) in wanted]
        is_same = cells[place].isin(equal)
        same += is_same
        other += cells[place].notna() & ~is_same
    return (same >= 2) & (5 * other <= filled)


def _is_total(cells: pd.DataFrame, matched: MatchedHeadings) -> pd.Series:
    """Rows that begin with «جمع» and lack most of what a record needs; a person may be called «جمعه»."""
    says_total = pd.Series(False, index=cells.index)
    for place in cells.columns:
        likely = cells.loc[cells[place].str.contains(_OF_A_TOTAL, na=False), place]
        totals = [
            text for text in distinct_texts(likely).texts if len(text) < 60 and TOTAL_ROW.fullmatch(clean_text(text))
        ]
        if totals:
            says_total |= cells[place].isin(totals)
    needed = [
        place for place, name in matched.columns.items()
        if place in cells and (column := matched.book.declaration.columns.get(name)) is not None and column.required
    ]  # fmt: skip
    filled = cells[needed].notna().sum(axis=1)
    return says_total & (filled <= len(needed) / 2)
