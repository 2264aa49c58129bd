"""What the first page adds to the headline strip: what must be decided this month, and every county at a glance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from palayesh.figure_keys import FREE_PLACES
from palayesh.persian_text import rounded_half_up, sort_key
from palayesh.reports.builder import Builder, counties_left_note, county_counts
from palayesh.reports.parts import Cell
from palayesh.reports.wording import write_date, write_number

MOST_DECISIONS = 3
CONFLICTS = "overlap.conflicts"
LONGEST_WAIT = "over_12"
MOST_MOVERS = 5


@dataclass(frozen=True)
class Decision:
    """One thing that is asked of the reader: what, of whom, until when, and how it stood a month ago."""

    text: str
    owner: str
    until: str
    before: str


@dataclass(frozen=True)
class CountyAtAGlance:
    """A county's eligible uncovered families and their change since last month in round numbers."""

    label: str
    cell: Cell
    change: str
    direction: str


@dataclass(frozen=True)
class Glance:
    """Counties in the order of the alphabet, where it became worse or better, and how the numbers are to be read."""

    counties: tuple[CountyAtAGlance, ...]
    movers: str
    note: str


def decisions(b: Builder) -> tuple[Decision, ...]:
    """At most three, in the order of ``report.yml``; each only where the number that it rests on may be printed."""
    asked = {
        "missing_lists": _missing_lists,
        "longest_wait": _longest_wait,
        "free_places": _free_places,
        "conflicts": _conflicts,
        "needs_information": _needs_information,
    }
    found = (asked[name](b) for name in b.settings.decisions)
    return tuple(decision for decision in found if decision is not None)[:MOST_DECISIONS]


def _missing_lists(b: Builder) -> Decision | None:
    rows = b.inputs.lists[b.inputs.lists["list_key"].isin(b.absent_lists)]
    if rows.empty:
        return None
    titles = [b.list_titles[key] for key in rows["list_key"]]
    owners = [b.agency_titles[agency] for agency in dict.fromkeys(rows["agency"])]
    return _decision(b, "missing_lists", owner=b.words.join(owners), before="", lists=b.words.join(titles))


def _longest_wait(b: Builder) -> Decision | None:
    bands = b.waiting[(b.waiting["band"] == LONGEST_WAIT) & (b.waiting["state"] == "shown")]
    if bands.empty:
        return None
    owners = [b.agency_titles[a.agency] for a in b.supporting if a.counts_as_cover]
    families = b.quantity(float(bands["value"].iloc[0]), "shown", "household")
    return _decision(b, "longest_wait", owner=b.words.join(owners), before="", families=families)


def _free_places(b: Builder) -> Decision | None:
    if (FREE_PLACES, "waiting") not in b.figures:
        return None
    free, free_state, unit = b.figure(FREE_PLACES)
    waiting, waiting_state, _ = b.figure(FREE_PLACES, "waiting")
    if free_state != "shown" or waiting_state != "shown":
        return None
    owners = [b.agency_titles[a.agency] for a in b.supporting if a.agency == FREE_PLACES.partition(".")[0]]
    return _decision(
        b,
        "free_places",
        owner=b.words.join(owners),
        before=_before(b, FREE_PLACES),
        free=b.quantity(free, "shown", unit),
        waiting=b.quantity(waiting, "shown", "household"),
    )


def _conflicts(b: Builder) -> Decision | None:
    value, state, unit = b.figure(CONFLICTS)
    if state != "shown":
        return None
    # Every pair that has its own number is an agency's matter; pairs hidden for confidentiality name nobody.
    shown = [part for key, part in b.figures if key == CONFLICTS and "+" in part and b.figures[key, part][1] == "shown"]
    agencies = dict.fromkeys(agency for part in shown for agency in part.split("+"))
    owner = b.words.join([b.agency_titles.get(agency, agency) for agency in agencies])
    families = b.quantity(value, state, unit)
    return _decision(b, "conflicts", owner=owner, before=_before(b, CONFLICTS), families=families)


def _needs_information(b: Builder) -> Decision | None:
    key = "coverage.needs_information"
    value, state, unit = b.figure(key)
    if state != "shown":
        return None
    owners = [b.agency_titles[a.agency] for a in b.supporting if a.counts_as_cover]
    families = b.quantity(value, state, unit)
    return _decision(b, "needs_information", owner=b.words.join(owners), before=_before(b, key), families=families)


def _decision(b: Builder, name: str, *, owner: str, before: str, **fields: str) -> Decision:
    until: dt.date | None = b.inputs.edition.next_issue_on
    return Decision(
        text=b.words.say(f"decisions.{name}", **fields),
        owner=owner or b.words.say("decisions.any_owner"),
        until=write_date(until, b.lang) if until else "",
        before=before,
    )


def _before(b: Builder, key: str) -> str:
    """What the same number was a month ago, where it may be told."""
    value, state, unit = b.previous.get((key, ""), (0.0, "not_applicable", ""))
    return b.quantity(value, state, unit) if state in ("shown", "zero") else ""


def glance(b: Builder) -> Glance:
    """The counties in the order of the alphabet, so that a reader finds his own on the first page; of a country, those with the most."""
    measure = b.settings.uncovered_measure
    codes = {b.county_titles[county.code]: county.code for county in b.inputs.counties}
    differences = {label: _difference(b, codes[label]) for label in sorted(codes, key=sort_key)}
    drawn = {label for label, _, _ in county_counts(b, measure)[: b.settings.most_counties]}
    lines = [
        CountyAtAGlance(label, b.count_cell(measure, "", codes[label]), *_in_round_numbers(b, difference))
        for label, difference in differences.items()
        if label in drawn
    ]
    note = ""
    if any(line.change for line in lines):
        note = b.words.say(
            "text.glance_note",
            smallest_change=write_number(b.threshold, b.lang),
            base=write_number(b.settings.change_base, b.lang),
        )
    return Glance(tuple(lines), _movers(b, differences), " ".join(filter(None, (note, counties_left_note(b)))))


def _difference(b: Builder, county: str) -> float | None:
    """This month's printed number less last month's; None where either may not be told."""
    value, state = b.count(b.settings.uncovered_measure, "", county)
    before, before_state = b.count_before(b.settings.uncovered_measure, county)
    return value - before if {state, before_state} <= {"shown", "zero"} else None


def _in_round_numbers(b: Builder, difference: float | None) -> tuple[str, str]:
    """The change in words and its direction; under the threshold only «nearly as before».

    No single family is seen to come or go.
    """
    if difference is None:
        return "", "none"
    if abs(difference) < b.threshold:
        return b.words.say("glance.nearly_same"), "same"
    direction = "up" if difference > 0 else "down"
    size = int(rounded_half_up(abs(difference) / b.settings.change_base)) * b.settings.change_base
    return b.words.say(f"glance.{direction}", size=write_number(size, b.lang)), direction


def _movers(b: Builder, differences: Mapping[str, float | None]) -> str:
    """Where it became worse and where better, of the counties whose change may be told; or nothing."""
    told = {label: change for label, change in differences.items() if change and abs(change) >= b.threshold}
    # Equal changes stay in the order of the alphabet.
    worse = sorted((label for label in told if told[label] > 0), key=lambda label: -told[label])
    better = sorted((label for label in told if told[label] < 0), key=lambda label: told[label])
    said = [
        b.words.say(f"glance.{name}", counties=b.words.join(labels[:MOST_MOVERS]))
        for name, labels in (("worse", worse), ("better", better))
        if labels
    ]
    return " ".join(said)
