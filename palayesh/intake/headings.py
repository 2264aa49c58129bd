"""Which column of a sheet is which column of a list: told by the headings alone, per agency, and never guessed.

A heading that the declaration does not know, or knows twice, is said, with the likeliest mapping; the file waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from palayesh.declaration import Column, ListDeclaration
from palayesh.persian_text import clean_text, heading_key

LONGEST_HEADING = 80
LEAST_LIKENESS = 55
ROW_NUMBER_KEYS = frozenset(heading_key(text) for text in ("ردیف", "شماره ردیف", "#", "R", "row", "رديف"))
WORDS_OF_A_GROUP = re.compile(r"(?:^|\s)(?:مشخصات|اطلاعات|فردی|مربوط به|بخش)(?=\s|$)")

Cells = list[str | None]


@dataclass(frozen=True)
class HeadingBook:
    """A list's headings by their key."""

    name: str
    declaration: ListDeclaration
    column_of: dict[str, str]
    """Heading's key → canonical column, the wide form's own columns among them."""
    unused: frozenset[str]
    child: re.Pattern[str] | None
    """Key of the n-th child's heading in the wide form, the number as its group."""

    def column(self, key: str) -> str | None:
        """The canonical column of a heading's key; ``child_3`` in the wide form; None if the list does not know it."""
        known = self.column_of.get(key)
        if known is None and self.child and (match := self.child.fullmatch(key)):
            return f"child_{int(match[1])}"
        return known


@dataclass(frozen=True)
class MatchedHeadings:
    """A heading row against one list. Columns are 0-based positions in the sheet."""

    book: HeadingBook
    texts: Cells
    columns: dict[int, str]
    unused: tuple[int, ...]
    row_numbers: tuple[int, ...]
    unknown: tuple[int, ...]
    doubled: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def is_wide(self) -> bool:
        wide = self.book.declaration.wide
        found = set(self.columns.values())
        return wide is not None and any(
            name in found for name in (*wide.marker, *(name for name in found if re.fullmatch(r"child_\d+", name)))
        )

    @property
    def missing(self) -> list[str]:
        """Required columns whose heading is not there, nor one that stands for it."""
        declaration = self.book.declaration
        found = set(self.columns.values())
        replaced = {name for whole, parts in declaration.stands_for.items() if whole in found for name in parts}
        replaced |= {whole for whole, parts in declaration.stands_for.items() if found.issuperset(parts)}
        if self.is_wide and declaration.wide:
            replaced |= set(declaration.wide.columns_not_in_wide)
        return [
            name for name, column in declaration.columns.items() if column.required and name not in found | replaced
        ]

    @property
    def fits(self) -> bool:
        return not (self.unknown or self.doubled or self.missing)

    @property
    def score(self) -> float:
        """How like the list the row is: what it knows, less what it does not know and what it lacks."""
        return len(set(self.columns.values())) - len(self.unknown) - len(self.missing)

    @property
    def is_like(self) -> bool:
        """Enough known headings to take the sheet for this list, even if it must be held."""
        required = sum(column.required for column in self.book.declaration.columns.values())
        return len(set(self.columns.values())) >= 3 and len(self.missing) <= required / 2


def heading_book(name: str, declaration: ListDeclaration) -> HeadingBook:
    """The list's headings are ready to be looked up. Raises ValueError if two columns claim one spelling."""
    columns = dict(declaration.columns)
    child = None
    if declaration.wide:
        columns |= {
            "spouse_name": declaration.wide.spouse_name,
            "spouse_national_id": declaration.wide.spouse_national_id,
        }
        before, _, after = declaration.wide.child_heading.partition("{n}")
        child = re.compile(rf"(?:نام)?{re.escape(heading_key(before))}(\d{{1,2}}){re.escape(heading_key(after))}")
    column_of: dict[str, str] = {}
    for canonical, column in columns.items():
        for key in _keys(column):
            if column_of.setdefault(key, canonical) != canonical:
                raise ValueError(f"list {name}: «{column.heading}» is claimed by {column_of[key]} and by {canonical}")
    unused = frozenset(map(heading_key, declaration.unused_headings)) - column_of.keys()
    return HeadingBook(name, declaration, column_of, unused, child)


def _keys(column: Column) -> set[str]:
    return {heading_key(text) for text in (column.heading, *column.variants)}


def match_headings(texts: Cells, groups: Cells, book: HeadingBook) -> MatchedHeadings:
    """Each heading's column. ``groups`` is the text of the merged heading above each column, if there is one.

    Under a group «زندانی», «کد ملی» means «کد ملی زندانی»: the group's words are tried first.
    """
    columns: dict[int, str] = {}
    unused, row_numbers, unknown = [], [], []
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if not text:
            continue
        key = heading_key(text) if len(text) <= LONGEST_HEADING else ""
        group = groups[place] if place < len(groups) else None
        grouped = heading_key(f"{text} {WORDS_OF_A_GROUP.sub(' ', clean_text(group))}") if group and key else ""
        canonical = (book.column(grouped) if grouped else None) or book.column(key)
        if canonical:
            columns[place] = canonical
            places.setdefault(canonical, []).append(place)
        elif key in ROW_NUMBER_KEYS:
            row_numbers.append(place)
        elif key in book.unused or grouped in book.unused:
            unused.append(place)
        else:
            unknown.append(place)
    doubled = {canonical: tuple(at) for canonical, at in places.items() if len(at) > 1}
    return MatchedHeadings(book, texts, columns, tuple(unused), tuple(row_numbers), tuple(unknown), doubled)


def likeliest_column(heading: str, matched: MatchedHeadings) -> tuple[str, str] | None:
    """(canonical column, its usual heading) nearest to an unknown heading among columns the file still lacks."""
    key = heading_key(heading)
    taken = set(matched.columns.values())
    best: tuple[float, str, str] | None = None
    for canonical, column in matched.book.declaration.columns.items():
        if canonical in taken:
            continue
        likeness = max(fuzz.WRatio(key, known) for known in _keys(column))
        if best is None or likeness > best[0]:
            best = (likeness, canonical, column.heading)
    return (best[1], best[2]) if best and best[0] >= LEAST_LIKENESS else None


@dataclass(frozen=True)
class HeadingQuestion:
    """A heading that the list does not know, or a column that the file lacks, and what it may be."""

    heading: str | None
    """As shown to people (``shown_heading``); nothing where a needed column has no heading that could be it."""
    typed: str | None
    """As typed, to the letter."""
    place: int | None
    """1-based column of the sheet."""
    column: str | None
    """The canonical column proposed."""
    usual_heading: str | None
    likeness: int
    """How alike the two headings are, 0–100."""
    is_needed: bool
    """Whether the list cannot be read without this column."""


def heading_questions(matched: MatchedHeadings) -> list[HeadingQuestion]:
    """Every unknown heading with the column it is likeliest to be, each column proposed once; then what is missing still.

    Where one unknown heading and one needed column are left, they are proposed to each other however unlike.
    """
    declared = matched.book.declaration.columns
    lacking = [name for name in declared if name not in set(matched.columns.values())]
    missing = set(matched.missing)
    texts = {place: matched.texts[place] or "" for place in matched.unknown}
    pairs = sorted(
        (-max(fuzz.WRatio(heading_key(text), known) for known in _keys(declared[name])), place, name)
        for place, text in texts.items()
        for name in lacking
    )
    chosen: dict[int, tuple[str, int]] = {}
    for likeness, place, name in pairs:
        if -likeness >= LEAST_LIKENESS and place not in chosen and name not in {taken for taken, _ in chosen.values()}:
            chosen[place] = (name, round(-likeness))
    open_places = [place for place in texts if place not in chosen]
    open_columns = missing - {name for name, _ in chosen.values()}
    if len(open_places) == 1 and len(open_columns) == 1:
        name = open_columns.pop()
        chosen[open_places[0]] = (name, round(-next(p[0] for p in pairs if p[1:] == (open_places[0], name))))
    found = []
    for place, text in texts.items():
        proposed, likeness = chosen.get(place, (None, 0))
        usual = declared[proposed].heading if proposed else None
        found.append(
            HeadingQuestion(shown_heading(text), text, place + 1, proposed, usual, int(likeness), proposed in missing)
        )
    return found + [
        HeadingQuestion(None, None, None, name, declared[name].heading, 0, True)
        for name in matched.missing
        if name in open_columns
    ]


def shown_heading(text: str | None) -> str:
    """A heading fit for a sentence: short, on one line, and with long numbers masked, lest a misread row speak."""
    clean = clean_text(re.sub(r"\s+", " ", text or ""))
    return re.sub(r"\d{4,}", "…", clean)[:50]
