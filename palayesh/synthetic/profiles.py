"""How many of each kind a synthetic province holds. Figures are never copied from here: ``truth`` counts them in the world.

``reference`` is the month of the news item; ``random`` draws every count from the seed, so that nothing can be tuned to one month.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

PROFILES = ("reference", "random")


@dataclass(frozen=True)
class Profile:
    """Counts of households unless the name says persons, wives, children or prisoners. A count that its pool cannot hold is cut."""

    name: str
    # Prisons Organization → Behzisti (L1)
    referred_husband: int = 196
    referred_wife: int = 31
    referred_both: int = 25
    referred_to_both_agencies: int = 92
    referred_released: int = 5
    # Prisons Organization → Relief Committee (L2)
    relief_households: int = 2272
    relief_persons: int = 9000
    relief_covered: int = 452
    relief_covered_referred_to_both: int = 34
    relief_covered_moved_prisoner: int = 12
    relief_covered_released: int = 9
    entitled_not_identified: int = 63
    entitled_identified: int = 0
    relief_other_need: int = 28
    relief_closed_file: int = 46
    relief_released: int = 40
    relief_outside: int = 30
    relief_not_on_custody_list: int = 12
    # Relief Committee's other cases (L5)
    elsewhere_households: int = 957
    elsewhere_persons: int = 3789
    local_committee: int = 130
    elsewhere_outside: int = 15
    committee_released: int = 45
    committee_unknown_custody: int = 6
    other_need_households: int = 560
    # reviews of the month (L6)
    covered_reviewed: int = 280
    not_eligible_reviewed: int = 120
    undecided_over_limit: int = 40
    undecided_rejected: int = 15
    undecided_without_reason: int = 10
    undecided_unknown: int = 30
    eligible_with_association: int = 9
    reviewed_twice: int = 35
    # Association (L7, L8)
    association_prisoners: int = 694
    association_couples: int = 6
    association_released: int = 14
    association_long_with_committee: int = 34
    association_short_with_committee: int = 60
    association_referred_relief: int = 120
    association_referred_behzisti: int = 20
    association_closed: int = 35
    applicants_referred: int = 110
    applicants_entitled: int = 20
    applicants_known_to_association_only: int = 200
    applicants_single: int = 15
    applicants_released: int = 8
    applicants_already_covered: int = 10
    # Behzisti (L4)
    newly_covered_wives: int = 37
    newly_covered_continuous_wives: int = 15
    continuous_wives: int = 48
    continuous_wives_off_list: int = 17
    continuous_wives_of_released: int = 6
    wives_of_unknown_custody: int = 4
    conflicts: int = 11
    notices_behzisti_committee: int = 8
    wives_not_eligible: int = 22
    wives_under_review: int = 14
    wives_no_show: int = 9
    wives_ended_service: int = 12
    judicial_children_on_list: int = 162
    judicial_children_served_before_letter: int = 42
    judicial_children_off_list: int = 38
    judicial_children_ended: int = 12
    other_children_after_letter: int = 45
    behzisti_without_prisoner: int = 240
    # others
    lone_prisoners: int = 620
    charity_of_families: int = 110
    charity_of_others: int = 50

    def scaled(self, scale: float) -> Profile:
        """Every count multiplied, at least one where there was one."""
        if scale == 1:
            return self
        counts = {
            field.name: max(1, round(getattr(self, field.name) * scale))
            for field in dataclasses.fields(self)
            if field.name != "name" and getattr(self, field.name) > 0
        }
        return dataclasses.replace(self, **counts)


def profile_of(name: str, rng: np.random.Generator) -> Profile:
    """The counts of a profile. Raises ValueError for a name that is not in PROFILES."""
    if name == "reference":
        wife, both = int(rng.integers(24, 40)), int(rng.integers(18, 30))
        return Profile(name="reference", referred_husband=252 - wife - both, referred_wife=wife, referred_both=both)
    if name == "random":
        return _random(rng)
    raise ValueError(f"a profile is one of {', '.join(PROFILES)}")


def _random(rng: np.random.Generator) -> Profile:
    plain = Profile(name="random")
    counts = {
        field.name: max(1, round(getattr(plain, field.name) * float(rng.uniform(0.6, 1.5))))
        for field in dataclasses.fields(plain)
        if field.name != "name"
    }
    counts["relief_persons"] = round(counts["relief_households"] * float(rng.uniform(3.6, 4.3)))
    counts["elsewhere_persons"] = round(counts["elsewhere_households"] * float(rng.uniform(3.6, 4.2)))
    counts["entitled_identified"] = int(rng.integers(5, 40))
    # In about half of the draws the Association is over its ceiling.
    counts["association_prisoners"] = int(rng.integers(500, 1400))
    counts["newly_covered_continuous_wives"] = min(
        counts["newly_covered_continuous_wives"], counts["newly_covered_wives"], counts["continuous_wives"] // 2
    )
    return dataclasses.replace(plain, **counts)
