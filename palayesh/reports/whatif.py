"""What would be under other rules, as a page places it: the changed parameters, who moves, which figures change."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from palayesh.declaration import Title
from palayesh.figure_keys import ALL, MOVES
from palayesh.language import InLanguage, Language
from palayesh.persian_text import sort_key
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.parts import Cell, Column, Row
from palayesh.reports.wording import Words, write_digits, write_number


@dataclass(frozen=True)
class ChangedRule:
    """One parameter: what it is called, what it is and what it would be."""

    title: str
    unit: str
    value: str
    would_be: str


@dataclass(frozen=True)
class ChangedFigure:
    """One headline figure or part of one, on both sides."""

    title: str
    before: Cell
    after: Cell
    change: Cell


@dataclass(frozen=True)
class MovesTable:
    """Who moves in one programme: a column per move, a row per county, the whole province last."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class WhatIfPage(InLanguage):
    """Everything the template places. Numbers are written, sentences are whole."""

    lang: Language
    month_title: str
    rules: tuple[ChangedRule, ...]
    programmes: tuple[MovesTable, ...]
    figures: tuple[ChangedFigure, ...]
    most_hidden: str


def whatif_page(
    month: ReportingMonth,
    rules: Sequence[tuple[Title, str, Any, Any]],
    moves: pd.DataFrame,
    figures: pd.DataFrame,
    *,
    programme_titles: Mapping[str, Title],
    figure_titles: Mapping[str, Title],
    counties: Mapping[str, Title],
    threshold: int,
    strings: Mapping[str, Any],
    lang: Language,
) -> WhatIfPage:
    """The page's contents. ``rules``: title, unit, value, value wanted; ``moves`` and ``figures`` as the comparison makes them."""
    words = Words(strings, lang)
    return WhatIfPage(
        lang=lang,
        month_title=month.title(lang),
        rules=tuple(
            ChangedRule(title.of(lang), words.find(f"units.{unit}") or unit, _value(now, lang), _value(wanted, lang))
            for title, unit, now, wanted in rules
        ),
        programmes=tuple(
            _moves_table(programme_titles[str(programme)].of(lang), found, counties, words)
            for programme, found in moves.groupby("programme", sort=True)
        ),
        figures=tuple(_changed_figure(row, figure_titles, words) for row in figures.to_dict("records")),
        most_hidden=write_digits(str(threshold - 1), lang),
    )


def _value(value: Any, lang: Language) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return write_digits(str(value), lang)
    return write_number(value, lang)


def _number(value: float | None, words: Words, state: str = "shown", *, signed: bool = False) -> Cell:
    if state == "hidden":
        return Cell(words.say("marks.hidden"), "hidden")
    if value is None or pd.isna(value):
        return Cell(words.say("marks.not_received"), "not_received")
    if value == 0:
        return Cell(write_number(0, words.lang), "zero", number=0)
    written = write_number(value, words.lang, decimals=1)
    return Cell(f"+{written}" if signed and value > 0 else written, number=float(value))


def _moves_table(title: str, moves: pd.DataFrame, counties: Mapping[str, Title], words: Words) -> MovesTable:
    found = {(row["move"], row["county"]): (row["value"], row["state"]) for row in moves.to_dict("records")}
    kinds = [move for move in MOVES if any(move == kind for kind, _ in found)]

    def name(county: str) -> str:
        if county == ALL:
            return words.say("text.whole_province")
        return counties[county].of(words.lang) if county in counties else words.say("text.county_unknown")

    places = sorted({county for _, county in found} - {ALL}, key=lambda county: sort_key(name(county)))
    rows = tuple(
        Row(
            label=name(county),
            cells=tuple(
                _number(value, words, state) for value, state in (found.get((k, county), (0, "shown")) for k in kinds)
            ),
            number="" if county == ALL else write_digits(str(number), words.lang),
            is_total=county == ALL,
        )
        for number, county in enumerate([*places, ALL], start=1)
    )
    return MovesTable(title, tuple(Column(words.say(f"moves.{kind}")) for kind in kinds), rows)


def _changed_figure(row: Mapping[Hashable, Any], titles: Mapping[str, Title], words: Words) -> ChangedFigure:
    key, part, state = str(row["key"]), str(row["part"]), str(row["state"])
    title = titles[key].of(words.lang)
    if part:
        own = titles.get(f"{key}/{part}")
        title = f"{title}: {own.of(words.lang) if own else part}"
    before, after = row["before"], row["after"]
    is_known = not (pd.isna(before) or pd.isna(after))
    return ChangedFigure(
        title,
        _number(before, words, state),
        _number(after, words, state),
        _number(after - before if is_known else None, words, state, signed=True),
    )
