"""Coverage cells: households by measure, agency and county, with the totals to which they add up."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.coverage.families import PARTITION, active_cover, counting_agencies
from palayesh.distinct import is_among
from palayesh.family_facts import FamilyFacts
from palayesh.figure_keys import ALL
from palayesh.reporting_month import ReportingMonth

FAMILIES_KNOWN, NEWLY_COVERED, COVERED_TWICE = "families_known", "newly_covered", "covered_twice"
WAITING, HELPED_BY_CHARITY = "waiting", "helped_by_charity"
COLUMNS = ["measure", "agency", "county", "value"]


def coverage_cells(
    facts: FamilyFacts, families: pd.DataFrame, waiting: pd.DataFrame, *, as_of: dt.date, can_say_covered: bool
) -> pd.DataFrame:
    """``measure``, ``agency`` (``""`` = all), ``county`` (``""`` = all, ``unknown``), ``value``; ordered by all three.

    Counts are of known families. For every agency and county the four parts of the partition add up to
    ``families_known``; a family is newly covered if none of its active services began before the month, and covered
    twice if two counting agencies serve it. Without the lists of all counting agencies (``can_say_covered`` false) the
    partition of all agencies together is absent, never too small.
    """
    measures: list[tuple[str, str, pd.Series]] = [(FAMILIES_KNOWN, ALL, families["household_id"])]
    cover = active_cover(facts)
    cover = cover[is_among(cover["household_id"], families["household_id"])]
    first_day = pd.Timestamp(ReportingMonth.of(as_of).first_day)
    for agency in [ALL, *counting_agencies(facts)]:
        state = families["state"] if agency == ALL else families[f"state:{agency}"]
        measures += [(part, agency, families.loc[state == part, "household_id"]) for part in PARTITION]
        begun = (cover if agency == ALL else cover[cover["agency"] == agency]).groupby("household_id")["start"].min()
        measures.append((NEWLY_COVERED, agency, begun.index[begun >= first_day].to_series()))
    agencies = cover.groupby("household_id")["agency"].nunique()
    measures.append((COVERED_TWICE, ALL, agencies.index[agencies > 1].to_series()))
    measures += _beside_the_cover(facts, families, waiting)
    counties = sorted(set(families["county"]))
    county_of = families.set_index("household_id")["county"]
    rows = [_counted(measure, agency, members, county_of, counties) for measure, agency, members in measures]
    cells = pd.concat(rows, ignore_index=True)
    if not can_say_covered:
        of_all = (cells["agency"] == ALL) & cells["measure"].isin((*PARTITION, NEWLY_COVERED, COVERED_TWICE))
        cells["value"] = cells["value"].mask(of_all)
    return cells.sort_values(["measure", "agency", "county"], kind="stable", ignore_index=True)[COLUMNS]


def _beside_the_cover(
    facts: FamilyFacts, families: pd.DataFrame, waiting: pd.DataFrame
) -> list[tuple[str, str, pd.Series]]:
    """Families on the waiting list, and families helped by charities, which are shown and never counted as cover."""
    received = facts.received
    charities = sorted(set(received.loc[received["role"] == "charity_support", "agency"]))
    helped = facts.services[facts.services["is_active"] & (facts.services["role"] == "charity_support")]
    beside = [
        (HELPED_BY_CHARITY, agency, helped.loc[helped["agency"] == agency, "household_id"]) for agency in charities
    ]
    of_list = sorted(set(received.loc[received["role"] == "association_application", "agency"]))
    beside += [(WAITING, agency, waiting["household_id"]) for agency in of_list]
    known = families["household_id"]
    return [(measure, agency, known[known.isin(members)]) for measure, agency, members in beside]


def _counted(
    measure: str, agency: str, households: pd.Series, county_of: pd.Series, counties: list[str]
) -> pd.DataFrame:
    distinct = pd.Series(households).drop_duplicates()
    per_county = distinct.map(county_of).value_counts().reindex(counties, fill_value=0)
    values = [len(distinct), *per_county.tolist()]
    frame = pd.DataFrame({"county": pd.Series([ALL, *counties], dtype="str"), "value": pd.array(values, dtype="Int64")})
    return frame.assign(measure=measure, agency=agency).astype({"measure": "str", "agency": "str"})
