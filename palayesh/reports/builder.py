"""What all reports of a month share: figures with their states, words, numbers, captions, and the head of an edition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from palayesh.declaration import Title
from palayesh.persian_text import sort_key
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.inputs import Definition, ReportInputs, State, Sum
from palayesh.reports.parts import Caption, Cell, KeyFigure, Legend
from palayesh.reports.protection import hide_complements, protect_figures, with_states
from palayesh.reports.trends import Limits, limits_of
from palayesh.reports.wording import Words, write_date, write_digits, write_long_date, write_number, write_percent

MONTHS_OF_A_YEAR = 12
MISSING_LIST_STATES = ("missing", "rejected", "held")
"""States of a list in which none of its records are in the figures."""

Figures = dict[tuple[str, str], tuple[float, State, str]]
"""Figures by key and part: value, state, unit."""
Cells = dict[tuple[str, str, str], tuple[float, State]]
"""Cells by measure, agency and county: value, state."""


def _by_name(cells: pd.DataFrame) -> Cells:
    return {
        (str(row["measure"]), str(row["agency"]), str(row["county"])): (row["value"], row["state"])
        for row in cells.to_dict("records")
    }


def _count_in(cells: Cells, measure: str, agency: str, county: str) -> tuple[float, State]:
    if (measure, agency, county) in cells:
        return cells[measure, agency, county]
    if county and (measure, agency, "") in cells:
        _, of_province = cells[measure, agency, ""]
        return (math.nan, "not_received") if of_province == "not_received" else (0.0, "zero")
    return math.nan, "not_applicable"


class _Numbering:
    """Hands out the numbers of tables and charts in the order they are printed."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._next = {"table": 1, "chart": 1}

    def take(self, kind: str) -> str:
        number = self._next[kind]
        self._next[kind] += 1
        return self._words.say(f"text.{kind}_number", number=write_number(number, self._words.lang))


class Builder:
    """What every part of the report looks up: words, titles, figures and cells that may be revealed."""

    def __init__(self, inputs: ReportInputs) -> None:
        self.inputs = inputs
        self.lang = inputs.lang
        self.settings = inputs.settings
        self.words = Words(inputs.strings, inputs.lang)
        self.definitions: Mapping[str, Definition] = {d.key: d for d in inputs.definitions}
        self.supporting = tuple(a for a in inputs.agencies if a.gives_support)
        self.agency_titles = {a.agency: self.title(a.title) for a in inputs.agencies}
        self.county_titles = {c.code: self.title(c.title) for c in inputs.counties}
        self.list_titles = {
            str(row["list_key"]): str(row[f"title_{self.lang}"]) for row in inputs.lists.to_dict("records")
        }
        self.threshold = inputs.threshold
        cells = with_states(inputs.coverage_cells, threshold=self.threshold)
        self.figures = self._protected(inputs.figures, cells)
        before = self._states_or_none(inputs.previous_coverage_cells, cells)
        self.previous = {} if inputs.previous_figures is None else self._protected(inputs.previous_figures, before)
        replaced = self._states_or_none(inputs.replaced_cells, cells)
        self.replaced = {} if inputs.replaced_figures is None else self._protected(inputs.replaced_figures, replaced)
        self.cells, self.cells_before = _by_name(cells), _by_name(before)
        self.waiting = parts_with_states(self, inputs.waiting, f"coverage.{self.settings.uncovered_measure}")
        absent = inputs.lists["state"].isin(MISSING_LIST_STATES)
        self.absent_lists = set(inputs.lists.loc[absent, "list_key"])
        self.numbering = _Numbering(self.words)

    def _states_or_none(self, cells: pd.DataFrame | None, alike: pd.DataFrame) -> pd.DataFrame:
        return alike.iloc[:0] if cells is None else with_states(cells, threshold=self.threshold)

    def _protected(self, figures: pd.DataFrame, cells: pd.DataFrame) -> Figures:
        """Figures by key and part, and the province's total of every measure that is no figure, all with states.

        A total hidden among the cells is hidden among the figures too: printed there it would open the county table.
        """
        declared = [
            Sum(total=d.key, parts=[f"{d.key}/{part}" for part in d.sum_of])
            for d in self.inputs.definitions
            if d.sum_of
        ]
        figures = protect_figures(
            figures,
            threshold=self.threshold,
            people_units=self.settings.people_units,
            exempt=[f"{d.key}/{part}" if part else d.key for d in self.inputs.definitions for part in d.not_people],
            sums=[*declared, *self.settings.sums],
        )
        known: Figures = {
            (str(row["key"]), str(row["part"])): (row["value"], row["state"], str(row["unit"]))
            for row in figures.to_dict("records")
        }
        totals = cells[(cells["agency"] == "") & (cells["county"] == "")]
        for row in totals.to_dict("records"):
            name = (f"coverage.{row['measure']}", "")
            if row["state"] == "hidden" or name not in known:
                known[name] = (row["value"], row["state"], "household")
        return known

    def title(self, title: Title) -> str:
        return title.of(self.lang)

    def definition(self, key: str) -> Definition:
        if key not in self.definitions:
            raise KeyError(f"«{key}» is printed but has no definition")
        return self.definitions[key]

    def figure_title(self, key: str, part: str = "") -> str:
        definition = self.definition(key)
        if not part:
            return self.title(definition.title)
        if part in definition.parts:
            return self.title(definition.parts[part])
        if "+" in part:
            return self.words.join([self.agency_titles.get(agency, agency) for agency in part.split("+")])
        raise KeyError(f"the part «{part}» of «{key}» is printed but has no title")

    def unit(self, unit: str) -> str:
        return self.words.say(f"units.{unit}")

    def unit_after(self, number: float, unit: str) -> str:
        """The unit as written after a number: English has a plural, Persian has none."""
        plural = self.words.find(f"units.{unit}_plural")
        return plural if plural and number != 1 else self.unit(unit)

    def sources(self, definition: Definition) -> str:
        titles = [self.list_titles.get(key, key) for key in definition.sources]
        return self.words.say("text.list_semicolon").join(titles)

    def number(self, value: float) -> str:
        return write_number(value, self.lang, decimals=1)

    def cell(self, value: float | None, state: State, *, shade: str = "") -> Cell:
        """The number where it may be revealed, else the mark that says why not."""
        if state in ("shown", "zero"):
            number = 0.0 if value is None or state == "zero" else float(value)
            return Cell(self.number(number), state, shade=shade, number=number)
        return Cell(self.words.say(f"marks.{state}"), state, note=self.mark_note(state))

    def text_cell(self, text: str) -> Cell:
        """Words in a table of numbers."""
        return Cell(text)

    def mark_note(self, state: State) -> str:
        """What a mark that stands for a number says."""
        return self.words.say(f"marks.{state}_note", most_hidden=write_number(self.threshold - 1, self.lang))

    def figure(self, key: str, part: str = "") -> tuple[float, State, str]:
        """Value, state and unit of a figure of the month; a figure that nobody computed is an error."""
        if (key, part) not in self.figures:
            raise KeyError(f"the month has no figure «{key}{'/' + part if part else ''}»")
        value, state, unit = self.figures[key, part]
        if state == "not_received" and key in self.definitions:
            needs = self.definitions[key].sources if part else self.definitions[key].needs
            # Where every list it needs came there was nothing to measure, which is another matter than a missing list.
            state = "not_received" if self.absent_lists.intersection(needs) else "not_applicable"
        return value, state, unit

    def figure_cell(self, key: str, part: str = "") -> Cell:
        value, state, _ = self.figure(key, part)
        return self.cell(value, state)

    def count(self, measure: str, agency: str = "", county: str = "") -> tuple[float, State]:
        """Value and state of a cell; a county without one has no families, a measure without one is not applicable."""
        return _count_in(self.cells, measure, agency, county)

    def count_before(self, measure: str, county: str) -> tuple[float, State]:
        """The same of the month before, for all agencies together."""
        return _count_in(self.cells_before, measure, "", county)

    def count_cell(self, measure: str, agency: str = "", county: str = "") -> Cell:
        return self.cell(*self.count(measure, agency, county))

    def quantity(self, value: float, state: State, unit: str) -> str:
        """«۲۵۲ خانوار», or words that say why there is no number, to stand in a sentence."""
        if state in ("shown", "zero"):
            number = 0.0 if state == "zero" else value
            return self.words.say("text.quantity", number=self.number(number), unit=self.unit_after(number, unit))
        return self.words.say(f"text.quantity_{state}", unit=self.unit(unit))

    def change(self, key: str, part: str = "") -> tuple[str, str]:
        """The change since last month in words, and its direction."""
        return self.change_from(self.previous, key, part)

    def change_from(self, earlier: Figures, key: str, part: str = "") -> tuple[str, str]:
        """The change since other figures of the same kind in words, and its direction."""
        value, state, unit = self.figure(key, part)
        if (key, part) not in earlier:
            return self.words.say("change.no_previous"), "none"
        before, before_state, _ = earlier[key, part]
        if "hidden" in (state, before_state):
            return self.words.say("change.hidden"), "none"
        if state in ("not_received", "not_applicable"):
            return self.words.say("change.no_value"), "none"
        if before_state in ("not_received", "not_applicable"):
            return self.words.say("change.no_previous"), "none"
        difference = value - before
        if difference == 0:
            return self.words.say("change.same"), "same"
        direction = "up" if difference > 0 else "down"
        size = self.quantity(abs(difference), "shown", unit)
        return self.words.say(f"change.{direction}", size=size), direction

    def limits(self, key: str) -> Limits | None:
        """The usual variation of a figure over the months; None while too few are known."""
        months = months_of(self)
        if not months:
            return None
        values, states = series_of(self, key, months)
        return limits_of([v if s in ("shown", "zero") else math.nan for v, s in zip(values, states, strict=True)])

    def caption(self, kind: str, name: str, *, unit: str = "", source: Iterable[str] = (), **fields: str) -> Caption:
        """Number, title, «unit، as of …», and the source line of a table or chart."""
        as_of = write_long_date(self.inputs.edition.as_of, self.lang)
        subtitle = self.words.say("text.subtitle", unit=unit, as_of=as_of) if unit else as_of
        sources = self.words.say("text.list_semicolon").join(source) or self.words.say("text.all_lists")
        return Caption(
            number=self.numbering.take(kind),
            title=self.words.say(f"titles.{name}", **fields),
            subtitle=subtitle,
            source=self.words.say("text.source", sources=sources, as_of=as_of),
            description=self.words.find(f"descriptions.{name}") or "",
        )

    def rate(self, county: str, agency: str = "") -> tuple[float, State]:
        """Coverage rate (share, 0 to 1) of the two printed counts; hidden under ``rate_minimum`` households."""
        known, known_state = self.count(self.settings.known_measure, "", county)
        covered, covered_state = self.count(self.settings.covered_measure, agency, county)
        for state in (known_state, covered_state):
            if state not in ("shown", "zero"):
                return math.nan, state
        if known_state == "zero":
            return math.nan, "not_applicable"
        if known < self.settings.rate_minimum:
            return math.nan, "hidden"
        # Rounded counts may pass each other; a rate above one would only puzzle.
        share = 0.0 if covered_state == "zero" else min(1.0, covered / known)
        return share, "zero" if share == 0 else "shown"

    def rate_class(self, share: float) -> str:
        """``class-1`` (lowest) to ``class-5`` of the printed, whole per cent."""
        percent = _whole_percent(share)
        return f"class-{sum(percent >= limit for limit in self.settings.rate_limits) + 1}"

    def rate_cell(self, county: str) -> Cell:
        share, state = self.rate(county)
        if state in ("shown", "zero"):
            number = _whole_percent(share) / 100
            return Cell(write_percent(share, self.lang), state, shade=self.rate_class(share), number=number)
        return self.cell(None, state)


def edition_head(b: Builder) -> dict[str, Any]:
    """Which month, revision and office the report is of."""
    edition, lang = b.inputs.edition, b.lang
    return {
        "lang": lang,
        "month": str(edition.month),
        "month_title": edition.month.title(lang),
        "gregorian": b.words.say(
            "text.gregorian",
            first=write_digits(f"{edition.month.first_day:%Y/%m/%d}", lang),
            last=write_digits(f"{edition.as_of:%Y/%m/%d}", lang),
        ),
        "as_of": write_long_date(edition.as_of, lang),
        "status": edition.status,
        "status_title": b.words.say(f"status.{edition.status}"),
        "revision": write_number(edition.revision, lang),
        "issued_on": write_date(edition.issued_on, lang) if edition.issued_on else "",
        "next_issue_on": write_date(edition.next_issue_on, lang) if edition.next_issue_on else "",
        "contact": write_digits(b.settings.contact, lang),
        "letterhead": tuple(b.settings.letterhead[lang]),
        "letter_no": write_digits(b.settings.letter_no, lang),
        "attachment": b.settings.attachment,
        "has_missing_lists": bool(b.absent_lists),
    }


def key_figures(b: Builder) -> tuple[KeyFigure, ...]:
    """The headline strip that the settings name."""
    figures = []
    for item in b.settings.strip:
        value, state, unit = b.figure(item.key, item.part)
        change, direction = b.change(item.key, item.part)
        if direction in ("up", "down") and not item.part and (limits := b.limits(item.key)):
            # A change within the usual variation is no news: no arrow points at it.
            is_usual = limits.is_usual(value)
            direction = "none" if is_usual else direction
            change = f"{change} ({b.words.say('trend.usual' if is_usual else 'trend.unusual')})"
        figures.append(
            KeyFigure(
                key=item.key,
                title=b.words.find(f"strip.{item.key}") or b.figure_title(item.key, item.part),
                cell=b.cell(value, state),
                unit=b.unit_after(0 if math.isnan(value) else value, unit),
                change=change,
                direction=direction,
                emphasis=item.emphasis,
            )
        )
    return tuple(figures)


def trust_sentences(b: Builder) -> tuple[str, ...]:
    """Which lists came, which are missing, and the account of their rows. Raises ValueError when it does not add up."""
    lists = b.inputs.lists
    arrived = lists[~lists["state"].isin(MISSING_LIST_STATES)]
    number = lambda value: write_number(int(value), b.lang)  # noqa: E731
    came = b.words.say("trust.arrived", arrived=number(len(arrived)), expected=number(len(lists)))
    if b.absent_lists:
        names = [b.list_titles[key] for key in lists["list_key"] if key in b.absent_lists]
        missing = b.words.say("trust.missing", lists=b.words.join(names))
    else:
        missing = b.words.say("trust.none_missing")
    received, accepted, aside = (arrived[column].sum() for column in ("received", "accepted", "set_aside"))
    if received != accepted + aside:
        raise ValueError(f"the lists do not add up: {received} received, {accepted} accepted, {aside} set aside")
    account = b.words.say(
        "trust.account",
        received=number(received),
        accepted=number(accepted),
        set_aside=number(aside),
        share=write_percent(aside / received if received else 0, b.lang, decimals=1),
    )
    return came, missing, account


def county_counts(b: Builder, measure: str) -> list[tuple[str, float, State]]:
    """Counties with their counts: the shown ones first, largest first; then the others by name, in no telling order."""
    rows = [(b.county_titles[c.code], *b.count(measure, "", c.code)) for c in b.inputs.counties]
    shown = sorted((row for row in rows if row[2] in ("shown", "zero")), key=lambda r: (-r[1], sort_key(r[0])))
    return shown + sorted((row for row in rows if row[2] not in ("shown", "zero")), key=lambda r: sort_key(r[0]))


def counties_left_note(b: Builder) -> str:
    """That only the counties with the largest numbers are drawn; nothing where all of them are."""
    drawn, every = b.settings.most_counties, len(b.inputs.counties)
    if every <= drawn:
        return ""
    return b.words.say("text.counties_left", count=write_number(drawn, b.lang), all=write_number(every, b.lang))


def months_of(b: Builder) -> list[str]:
    """The months drawn side by side, oldest first, this month last; months that nobody ran are gaps among them."""
    history = b.inputs.history
    earlier = sorted(set(history["month"].astype(str))) if history is not None else []
    this = b.inputs.edition.month
    if not earlier:
        return []
    first = ReportingMonth.parse(earlier[0])
    count = next(n for n in range(1, 1000) if first.plus(n) == this)
    return [str(first.plus(n)) for n in range(count + 1)]


def series_of(b: Builder, key: str, months: list[str]) -> tuple[list[float], list[State]]:
    """The figure's values and states month by month."""
    assert b.inputs.history is not None
    of_key = b.inputs.history[b.inputs.history["key"] == key]
    known: dict[str, tuple[float, State]] = {
        str(row["month"]): (row["value"], row["state"])
        for row in of_key.to_dict("records")
        if not pd.isna(row["value"])
    }
    nothing: tuple[float, State] = (math.nan, "not_received")
    values, states = map(list, zip(*(known.get(month, nothing) for month in months[:-1]), strict=True))
    value, state, _ = b.figure(key)
    return [*values, value if state == "shown" else 0.0 if state == "zero" else math.nan], [*states, state]


def parts_with_states(b: Builder, parts: pd.DataFrame, figure: str) -> pd.DataFrame:
    """The parts of a headline figure with states; where coverage gave none, complements of what is small are hidden."""
    if "state" in parts.columns:
        return with_states(parts, threshold=b.threshold)
    parts = with_states(parts, threshold=b.threshold)
    value, state, _ = b.figures.get((figure, ""), (math.nan, "hidden", ""))
    total = value if state in ("shown", "zero") else None
    states = hide_complements(parts["value"], parts["state"], total, threshold=b.threshold)
    return parts.assign(state=states, value=parts["value"].where(states != "hidden"))


def exact_state(value: float) -> State:
    return "zero" if value == 0 else "shown"


def marks_of(b: Builder) -> tuple[Legend, ...]:
    """The four marks that are not a number, and what each says."""
    states: tuple[State, ...] = ("zero", "hidden", "not_received", "not_applicable")
    texts = {state: write_number(0, b.lang) if state == "zero" else b.words.say(f"marks.{state}") for state in states}
    return tuple(Legend(b.mark_note(state), Cell(text, state)) for state, text in texts.items())


def _whole_percent(share: float) -> int:
    return math.floor(share * 100 + 0.5)
