"""The latent province of a month: who is who, who is in prison, who is served. Lists and truth are read from it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from palayesh.reporting_month import ReportingMonth


@dataclass(frozen=True)
class World:
    """Tables of one month. Persons and households are numbered for ever; a row of a table refers to them by number."""

    month: ReportingMonth
    households: pd.DataFrame
    """household, segment, kind, county_code, county, head, prisoner, is_afghan."""
    persons: pd.DataFrame
    """person, household, relation, is_prisoner, is_female, names, national_id, birth_date, mobile, has_no_number."""
    custody: pd.DataFrame
    """person, household, place (a province), release_status, marital_status, days, on_list (the custody list has him)."""
    referrals: pd.DataFrame
    """list_key, household, household_ref, letter."""
    behzisti: pd.DataFrame
    """person, household, case, service, judicial order, screening."""
    committee: pd.DataFrame
    """person, household, file, service, stated province of the prison."""
    reviews: pd.DataFrame
    """household, head, result, decile, opinion, day: the month's only."""
    association: pd.DataFrame
    """person (the prisoner), household, head, service."""
    applications: pd.DataFrame
    """person (the prisoner), household, head, day of the application."""
    charity: pd.DataFrame
    """person, household, aid."""

    @property
    def as_of(self) -> pd.Timestamp:
        """The last day of the month."""
        return pd.Timestamp(self.month.last_day)
