"""What the governorate's report is made from: plain frames and the settings of ``report.yml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from palayesh.declaration import Title
from palayesh.language import Language
from palayesh.parameters import FigureDefinition
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.revisions import Cause

State = Literal["shown", "hidden", "zero", "not_received", "not_applicable"]
"""How a number may be printed. Only ``shown`` and ``zero`` may reveal a value, in words or in the length of a bar."""
STATES: tuple[State, ...] = ("shown", "hidden", "zero", "not_received", "not_applicable")


class _Setting(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StripItem(_Setting):
    """One number of the headline strip: the figure's key, and whether it stands out."""

    key: str
    part: str = ""
    emphasis: bool = False


class HeadlineRow(_Setting):
    """One row of the table of headline figures: the figure and the parts told beside it."""

    key: str
    part: str = ""
    parts: list[str] = Field(default_factory=list)


class Sum(_Setting):
    """Figures of which one is the sum of the others: what one of them hides, the others must not give back."""

    total: str
    parts: list[str]


class ReportSettings(_Setting):
    """``report.yml``: everything an office may wish to set without touching code."""

    rate_minimum: int
    """A rate with fewer households than this below the line is not printed."""
    people_units: list[str]
    sums: list[Sum]
    """Besides those that the definitions declare (``sum_of``). Used only where a frame comes without ``state``."""
    strip: list[StripItem]
    trend: list[str]
    """Keys of the figures whose months are drawn side by side."""
    headline: list[HeadlineRow]
    known_measure: str
    covered_measure: str
    uncovered_measure: str
    county_measures: list[str]
    agency_measures: list[str]
    agency_by_county_measure: str
    bars_shown: int
    rate_limits: list[int]
    """Upper limits (per cent, exclusive) of all classes of the map but the last."""
    quality_limits: list[float]
    """Upper limits (share, exclusive) of all shades of the quality table but the last."""
    tiles: dict[str, tuple[int, int]]
    """County code → (row, column) on the tile map: north is up, west is left."""
    letterhead: dict[str, list[str]]
    """Lines of the letterhead by language."""
    contact: str = ""
    """Whom a reader may ask, as printed under the title: a telephone number or a mailbox."""
    decisions: list[Literal["missing_lists", "longest_wait", "free_places", "conflicts", "needs_information"]]
    """What may be asked of the reader on the first page, weightiest first."""
    change_base: int
    """A county's change since last month is told in multiples of this."""
    most_agency_columns: int = Field(ge=2)
    """As many agencies stand side by side on a page; of more, those that cover most, and the others in the workbook alone."""
    most_counties: int = Field(ge=2)
    """As many counties have a line on the first page and in a chart; of more, those with the largest numbers, and all in the annex."""
    final_after_days: int
    """An edition issued this many days after the end of its month, or later, is final."""
    letter_no: str = ""
    attachment: str = ""
    objection_days: int = Field(default=30, ge=1)
    """Days from the issue in which an agency may object to what was decided on its records."""
    audience: Literal["officials", "public"] = "officials"
    """What holds more than public counts is encrypted before it is mailed."""


@dataclass(frozen=True)
class AgencyName:
    """An agency as the report names it; charities (``counts_as_cover`` false) are shown, never counted."""

    agency: str
    title: Title
    counts_as_cover: bool
    gives_support: bool = True
    """False for one that only sends lists of others' families (the prisons): named beside its lists, nowhere else."""


@dataclass(frozen=True)
class CountyName:
    """A county: four-digit code and its name."""

    code: str
    title: Title


@dataclass(frozen=True)
class Definition:
    """What a figure means: title, unit, who is counted, the lists it is computed from, and the titles of its parts."""

    key: str
    title: Title
    unit: str
    text: Title
    sources: tuple[str, ...] = ()
    """list_keys that are named under the figure."""
    needs: tuple[str, ...] = ()
    """list_keys. A figure that cannot be said is *not received* when one of these is absent, else *not applicable*."""
    parts: Mapping[str, Title] = field(default_factory=dict)
    """A part that is not here is a pair of agencies, ``behzisti+relief_committee``, and titled by their titles."""
    sum_of: tuple[str, ...] = ()
    """Parts that add up to the value."""
    not_people: tuple[str, ...] = ()
    """Parts ("" = the value) that count places or days: printed however small they are."""


def read_definitions(figures: Mapping[str, FigureDefinition], roles: Mapping[str, str]) -> tuple[Definition, ...]:
    """The figures' definitions as the report prints them: roles of lists replaced by the lists that have them.

    ``figures`` is ``load_policies(…).figures``; ``roles`` is list_key → role, from the agencies' declarations.
    """

    def lists(wanted: list[str]) -> tuple[str, ...]:
        return tuple(key for role in wanted for key, has in roles.items() if has == role)

    return tuple(
        Definition(
            key=key,
            title=figure.title,
            unit=figure.unit,
            text=figure.definition,
            sources=lists(figure.sources),
            needs=lists(figure.needs),
            parts={name: part.title for name, part in figure.parts.items()},
            sum_of=tuple(figure.sum_of),
            not_people=(
                *(() if figure.counts_people else ("",)),
                *(name for name, part in figure.parts.items() if not part.counts_people),
            ),
        )
        for key, figure in figures.items()
    )


@dataclass(frozen=True)
class Revision:
    """One revision of the month: when it was issued, and what it stands on that the one before did not."""

    revision: int
    issued_on: dt.date | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Edition:
    """Which month, which revision, and everything needed to make the same report again."""

    month: ReportingMonth
    revision: int
    status: Literal["provisional", "revised", "final"]
    rules_version: str
    code_version: str
    snapshot_id: str
    numbers_hash: str
    """SHA-256 of the canonical JSON of the figures."""
    issued_on: dt.date | None = None
    next_issue_on: dt.date | None = None

    @property
    def as_of(self) -> dt.date:
        return self.month.last_day


@dataclass(frozen=True)
class ReportInputs:
    """Everything ``build_contents`` reads. Frames are plain; every frame of counts may carry ``state`` (see ``State``).

    Disclosure is decided once, in coverage (``Summary.figures``, ``.cells``, ``.overlap``, ``.waiting``), and its
    states are taken as they are; a small count marked ``shown`` is an error (``Unprotected``). Without a ``state``
    column small counts, and what would give them back, are hidden here.
    """

    edition: Edition
    lang: Language
    strings: Mapping[str, Any]
    """``reports_templates/coverage/strings.<lang>.yml`` as read."""
    settings: ReportSettings
    threshold: int
    """``expectations/coverage/disclosure.yml``: counts of people from 1 to threshold − 1 are not printed."""
    agencies: tuple[AgencyName, ...]
    """In the order they are to be listed."""
    counties: tuple[CountyName, ...]
    definitions: tuple[Definition, ...]
    """One for every figure printed, in the order of the annex (``read_definitions``)."""
    figures: pd.DataFrame
    """key, part ("" = the value), value (float, absent = cannot be said), unit[, state]."""
    previous_figures: pd.DataFrame | None
    """The same of the month before; None when there is none."""
    coverage_cells: pd.DataFrame
    """measure, agency ("" = all), county ("" = all, ``unknown``), value[, state], after disclosure control."""
    previous_coverage_cells: pd.DataFrame | None
    """The same of the month before."""
    overlap: pd.DataFrame
    """agency_a, agency_b, kind (conflict, notice, shown), value[, state]: households. No row between two agencies
    whose lists came is a zero."""
    waiting: pd.DataFrame
    """band (titled in ``strings.waiting_bands``), value[, state]: eligible uncovered households, as ordered here."""
    lists: pd.DataFrame
    """list_key, title_fa, title_en, agency, state (received, late, missing, rejected, superseded, held), file_count,
    received, accepted, set_aside, repaired (records with a repaired value; absent counts where nothing was read),
    received_on (date or absent)."""
    quality: pd.DataFrame
    """list_key, dimension (titled in ``strings.quality_dimensions``), failed, checked: records, as ordered here."""
    person_count: int
    """Distinct linked persons of the month."""
    household_count: int
    """Distinct linked households of the month, known families or not."""
    history: pd.DataFrame | None = None
    """month (``1404-01``), key, value, state of the figures themselves as published in earlier months, at most 23; None = no month."""
    revisions: tuple[Revision, ...] = ()
    replaced_figures: pd.DataFrame | None = None
    """The same as ``figures``, of the month's former revision; None in a first one."""
    replaced_cells: pd.DataFrame | None = None
    """The same as ``coverage_cells``, of the month's former revision; only its totals of the province are compared."""
