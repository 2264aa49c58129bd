"""What is known about prisoners' families on one day: the tables that screening makes and coverage counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd

HOME_PROVINCE = "08"
"""Two-digit code of the province whose governorate reads the lists (``expectations/vocabularies/provinces.yml``)."""
COUNTING_ROLES = ("behzisti_support", "relief_support", "association_support")
"""Lists whose active services are cover. Charities are shown, never counted (contracts, section 4)."""


class LinkedTables(Protocol):
    """What linkage hands on (contracts, section 3): an object with these four frames."""

    @property
    def linked_mentions(self) -> pd.DataFrame: ...
    @property
    def linked_persons(self) -> pd.DataFrame: ...
    @property
    def linked_households(self) -> pd.DataFrame: ...
    @property
    def household_members(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class FamilyFacts:
    """Facts of every household that has, or may have, a prisoner; ordered by their ids.

    - ``households``: ``household_id``, ``county``, ``lives_in_province`` (boolean), ``prisoner_count``,
      ``has_prisoner_in_custody`` (boolean), ``is_released`` (has prisoners, all are released), ``is_held_elsewhere``,
      ``is_held_in_province``, ``resident_count``, ``has_spouse_or_child``, ``marital_status`` (``married`` if a
      prisoner is, ``unmarried`` if all are known not to be), ``all_prisoners_single``, ``imprisoned_members``,
      ``is_on_behzisti_referral``, ``is_on_relief_referral``, ``behzisti_letter_date``, ``relief_letter_date``,
      ``custody_start``, ``review_result``, ``review_opinion`` (only with a reason), ``review_date``, ``decile``,
      ``has_committee_file``, ``has_applied``, ``application_date``, ``residents_under_18``.
    - ``persons``: members of those households: ``person_id``, ``household_id``, ``relation``, ``sex``, ``birth_date``,
      ``birth_year``, ``is_prisoner``, ``is_resident``, ``in_custody`` (boolean, of prisoners), ``prison_province``,
      ``custody_start``, ``marital_status``, ``is_prisoners_wife`` (boolean), ``is_prisoners_child``,
      ``is_on_behzisti_referral``, ``behzisti_screening_result``.
    - ``services``: rows of support lists: ``record_id``, ``list_key``, ``agency``, ``role``, ``person_id``,
      ``household_id``, ``start``, ``end``, ``is_active``, ``kind``, ``is_judicial_order``, ``cause``,
      ``application_date``, ``screening_result``.
    - ``referrals``: rows of referral lists: ``record_id``, ``role``, ``person_id``, ``household_id``, ``letter_date``.
    - ``applications``: rows of the Association's applicants: ``record_id``, ``person_id`` (the prisoner),
      ``household_id``, ``member_no``, ``application_date``, ``status``.
    - ``received``: ``role``, ``list_key``, ``agency``, ``records``, ``unlinked`` of every list of the month.
    """

    households: pd.DataFrame
    persons: pd.DataFrame
    services: pd.DataFrame
    referrals: pd.DataFrame
    applications: pd.DataFrame
    received: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables by name, for keeping."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
