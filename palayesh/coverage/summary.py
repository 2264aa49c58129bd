"""A month in numbers: figures, cells, double cover, the waiting list, uncovered families, and what is hidden."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from palayesh.coverage.cells import coverage_cells
from palayesh.coverage.change import change_since
from palayesh.coverage.families import partition
from palayesh.coverage.indicators import PRISON_CAUSE, Month, headline_figures
from palayesh.coverage.overlap import find_overlaps, overlap_counts
from palayesh.coverage.public_release import publish_public
from palayesh.coverage.publication import Published, publish
from palayesh.coverage.uncovered import uncovered_families, waiting_bands
from palayesh.coverage.waiting_list import covered_prisoners, free_places, rank_waiting_list
from palayesh.family_facts import COUNTING_ROLES, FamilyFacts
from palayesh.figure_keys import FREE_PLACES
from palayesh.findings import Finding, Severity
from palayesh.parameters import CoveragePolicies, FigureDefinition


@dataclass(frozen=True)
class Summary:
    """The coverage stage's tables.

    - ``figures``: ``key``, ``part``, ``value``, ``unit``, ``state``
    - ``cells``: ``measure``, ``agency``, ``county``, ``value``, ``state``
    - ``overlap``: households per pair of agencies: ``agency_a``, ``agency_b``, ``kind``, ``value``, ``state``
    - ``overlap_households``: which households, by which rule (for stewards; see ``overlap.find_overlaps``)
    - ``waiting_list``: see ``waiting_list.rank_waiting_list``
    - ``uncovered``: eligible families in nobody's cover; ``waiting``: their number per band of waiting with ``state``
    - ``families``: known families and the part of the partition in which each lies
    - ``change``: ``key``, ``part``, ``unit``, ``value``, ``previous``, ``change``
    - ``public``: what everybody may read; see ``public_release.publish_public``
    """

    figures: pd.DataFrame
    cells: pd.DataFrame
    overlap: pd.DataFrame
    overlap_households: pd.DataFrame
    waiting_list: pd.DataFrame
    uncovered: pd.DataFrame
    waiting: pd.DataFrame
    families: pd.DataFrame
    change: pd.DataFrame
    public: pd.DataFrame
    findings: list[Finding]


def summarise(
    facts: FamilyFacts,
    decisions: pd.DataFrame,
    criteria: pd.DataFrame,
    policies: CoveragePolicies,
    *,
    as_of: dt.date,
    previous_figures: pd.DataFrame | None = None,
    published_before: Sequence[Published] = (),
) -> Summary:
    """Everything the month's reports print, counted on ``as_of``; ``state`` says what may be shown to whom.

    ``published_before`` are the earlier revisions of the month that readers have.

    Raises NotInForce if the ceiling, the order of the waiting list or a limit of the overlap policy has no value.
    """
    families = partition(facts, decisions, policies.programme_roles)
    capacity = int(policies.capacity.on(as_of))
    places = free_places(capacity, len(covered_prisoners(facts)))
    waiting_list = rank_waiting_list(facts, decisions, policies.waiting_list_order, places=places, as_of=as_of)
    overlaps = find_overlaps(facts, policies.overlap, as_of=as_of)
    month = Month(facts, families, decisions, criteria, overlaps, policies.overlap, waiting_list, capacity, as_of)
    figures = headline_figures(month, policies.figures)
    can_say_covered = set(COUNTING_ROLES) <= set(facts.received["role"])
    cells = coverage_cells(facts, families, waiting_list, as_of=as_of, can_say_covered=can_say_covered)
    uncovered = uncovered_families(facts, families, decisions, as_of=as_of)
    published = publish(
        figures,
        cells,
        overlap_counts(overlaps),
        waiting_bands(uncovered),
        policies.figures,
        policies.disclosure,
        published_before,
    )
    return Summary(
        figures=published.figures,
        cells=published.cells,
        overlap=published.overlap,
        overlap_households=overlaps,
        waiting_list=waiting_list,
        uncovered=uncovered,
        waiting=published.bands,
        families=families,
        change=change_since(previous_figures, figures),
        public=publish_public(published.figures, published.cells, policies.figures, policies.disclosure),
        findings=_findings(facts, figures),
    )


def describe_figures(
    figures: pd.DataFrame,
    definitions: Mapping[str, FigureDefinition],
    lists_by_role: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    """Every headline figure with value, unit, parts, definition and the lists it came from, ready to be JSON.

    ``lists_by_role`` names the month's lists (``list_key``) of each role; a role without one is in ``missing``.
    """
    described = []
    for key, definition in definitions.items():
        rows = figures[figures["key"] == key]
        parts = rows[rows["part"] != ""]
        value = rows.loc[rows["part"] == "", "value"]
        described.append(
            {
                "key": key,
                "value": _number(value.iloc[0]) if len(value) else None,
                "unit": definition.unit,
                "title": definition.title.model_dump(),
                "definition": definition.definition.model_dump(),
                "parts": [
                    {"part": row.part, "value": _number(row.value), "unit": row.unit} for row in parts.itertuples()
                ],
                "sources": sorted(name for role in definition.sources for name in lists_by_role.get(role, [])),
                "missing": [role for role in definition.sources if not lists_by_role.get(role)],
            }
        )
    return described


def _number(value: Any) -> int | float | None:
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def canonical_figures(described: list[dict[str, Any]]) -> str:
    """The described figures as JSON that is the same byte for byte whenever the figures are."""
    return json.dumps(described, ensure_ascii=False, sort_keys=True, indent=2)


def _findings(facts: FamilyFacts, figures: pd.DataFrame) -> list[Finding]:
    """What an agency should put right or know, with counts only."""
    households, services = facts.households, facts.services
    for_prison = services["is_active"] & (services["cause"] == PRISON_CAUSE)
    released = households.loc[households["is_released"], "household_id"]
    after_release = services.loc[for_prison & services["household_id"].isin(released), "household_id"].nunique()
    undated = (households["is_on_behzisti_referral"] & households["behzisti_letter_date"].isna()) | (
        households["is_on_relief_referral"] & households["relief_letter_date"].isna()
    )
    over = figures.loc[(figures["key"] == FREE_PLACES) & (figures["part"] == "over_capacity"), "value"]
    told = [
        (
            "cover_for_prison_after_release",
            after_release,
            "خانوار هنوز به سبب زندانی بودن سرپرست تحت پوشش‌اند ولی زندانی‌شان آزاد شده است.",
            "households are still covered because of prison though the prisoner is released.",
        ),
        (
            "referral_without_letter_date",
            int(undated.sum()),
            "خانوار معرفی‌شده تاریخ نامه ندارند؛ در رقم‌های وابسته به تاریخ نامه نیستند.",
            "referred households have no letter date and are in no figure that depends on it.",
        ),
        (
            "association_over_capacity",
            int(over.fillna(0).sum()),
            "زندانی بیش از سقف معتبر انجمن تحت پوشش‌اند؛ اگر سقف بالا رفته، آن را در پروندهٔ برنامه بنویسید.",
            "prisoners are covered above the Association's ceiling; if it rose, enter it in the programme's file.",
        ),
    ]
    return [
        Finding(
            code=code,
            severity=Severity.WARN,
            count=count,
            sentence_fa=f"{count} {sentence_fa}",
            sentence_en=f"{count} {sentence_en}",
        )
        for code, count, sentence_fa, sentence_en in told
        if count
    ]
