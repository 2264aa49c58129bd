"""Synthetic people and lists for tests: a few words make a person, a household or a row; dates are fixed.

A ``World`` is what linkage would hand on had it made no mistake: every row says whom it is about.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd

from palayesh.declaration import Agency, ListDeclaration, Title
from palayesh.eligibility.facts import ROW_COLUMNS
from palayesh.reporting_month import ReportingMonth

AS_OF = ReportingMonth(1404, 2).last_day
"""21 May 2025, the last day of Ordibehesht 1404."""
LETTER = dt.date(2025, 4, 20)

LISTS = {
    "prisons/behzisti_referral": ("behzisti_referral", ["relation", "letter_date", "imprisoned_members"]),
    "prisons/relief_referral": ("relief_referral", ["relation", "letter_date"]),
    "prisons/custody": ("custody", ["release_status", "prison_province", "custody_start", "marital_status"]),
    "behzisti/caseload": (
        "behzisti_support",
        ["relation", "support_type", "service_start", "service_end", "judicial_order_no", "judicial_order_date",
         "screening_result", "application_date"],
    ),
    "relief_committee/caseload": (
        "relief_support",
        ["relation", "coverage_cause", "status", "support_type", "service_start", "service_end", "decile",
         "prison_province"],
    ),
    "relief_committee/screening": (
        "relief_review", ["screening_result", "screening_date", "decile", "social_worker_opinion", "reason"],
    ),
    "association/caseload": ("association_support", ["member_no", "service_start", "service_end", "status"]),
    "association/applications": ("association_application", ["member_no", "application_date", "status"]),
    "ngo_mehr/caseload": ("charity_support", ["service_start"]),
}  # fmt: skip
L1, L2, L3, L4, L5, L6, L7, L8, L9 = LISTS
WHOM = {L6: "head", L7: "prisoner", L8: "prisoner"}
"""The role of the mention a row is about, where it is not ``subject``."""


def agencies() -> list[Agency]:
    """The agencies of the lists above, declared just enough to know each list's role."""
    lists: dict[str, dict[str, ListDeclaration]] = {}
    for list_key, (role, _) in LISTS.items():
        agency, name = list_key.split("/")
        lists.setdefault(agency, {})[name] = ListDeclaration(
            title=Title(fa=name, en=name), role=role, key=[], expected_records=(1, 10), columns={}, mentions=[]
        )
    return [
        Agency(
            agency=agency,
            title=Title(fa=agency, en=agency),
            steward="steward@example.org",
            counts_as_cover=not agency.startswith("ngo"),
            lists=own,
        )
        for agency, own in lists.items()
    ]


@dataclass
class World:
    """A month of lists, built row by row."""

    as_of: dt.date = AS_OF
    missing: tuple[str, ...] = ()
    """Lists that did not arrive."""
    households: list[dict[str, Any]] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {key: [] for key in LISTS})
    mentions: list[dict[str, Any]] = field(default_factory=list)

    def a_household(self, county: str | None = "0808") -> str:
        household = f"H{len(self.households):05d}"
        self.households.append({"household_id": household, "county": county})
        return household

    def a_person(self, household: str, relation: str = "child", **known: Any) -> str:
        person = f"P{len(self.persons):05d}"
        is_prisoner = relation == "prisoner"
        sex = {"prisoner": "male", "spouse": "female"}.get(relation)
        described = {"sex": sex, "birth_date": None, "birth_year": None, "is_resident": not is_prisoner} | known
        self.persons.append(
            {
                "person_id": person,
                "household_id": household,
                "relation": relation,
                "is_prisoner": is_prisoner,
                **described,
            }
        )
        return person

    def a_family(self, county: str | None = "0808", children: int = 0, **custody: Any) -> SimpleNamespace:
        """A married prisoner in the custody list, his wife and ``children`` children of ten."""
        household = self.a_household(county)
        prisoner = self.a_person(household, "prisoner", birth_date=dt.date(1985, 5, 1))
        wife = self.a_person(household, "spouse", birth_date=dt.date(1988, 5, 1))
        young = [self.a_person(household, "child", birth_date=dt.date(2015, 1, 1)) for _ in range(children)]
        self.in_custody(prisoner, **custody)
        return SimpleNamespace(household=household, prisoner=prisoner, wife=wife, children=young)

    def in_custody(self, prisoner: str, **columns: Any) -> None:
        held = {"release_status": "in_custody", "prison_province": "08", "custody_start": dt.date(2025, 1, 10)}
        self.a_row(L3, prisoner, **held | columns)

    def a_row(self, list_key: str, person: str, *, prisoner: str | None = None, **columns: Any) -> str:
        """A row of a list about ``person``; ``prisoner`` is whom else it names as the prisoner."""
        known = LISTS[list_key][1]
        unknown = set(columns) - set(known)
        assert not unknown, f"{list_key} has no columns {unknown}"
        record = f"{list_key}/000000000000/1/{len(self.rows[list_key]) + 2}"
        self.rows[list_key].append({"record_id": record, **dict.fromkeys(known), **columns})
        named = [(WHOM.get(list_key, "subject"), person)] + ([("prisoner", prisoner)] if prisoner else [])
        household = {each["person_id"]: each["household_id"] for each in self.persons}
        self.mentions += [
            {"record_id": record, "list_key": list_key, "role": role, "person_id": who, "household_id": household[who]}
            for role, who in named
        ]
        return record

    def referred_to_behzisti(self, *persons: str, letter: dt.date | None = LETTER, who: str = "husband") -> None:
        for person in persons:
            relation = next(each["relation"] for each in self.persons if each["person_id"] == person)
            self.a_row(L1, person, relation=relation, letter_date=letter, imprisoned_members=who)

    def referred_to_committee(self, *persons: str, letter: dt.date | None = LETTER) -> None:
        for person in persons:
            self.a_row(L2, person, letter_date=letter)

    def in_behzisti_service(self, person: str, **columns: Any) -> None:
        service = {"support_type": "continuous", "service_start": dt.date(2025, 5, 1)}
        self.a_row(L4, person, **service | columns)

    def by_judicial_order(self, person: str, **columns: Any) -> None:
        order = {"judicial_order_no": "1404/17", "judicial_order_date": dt.date(2025, 4, 28)}
        self.in_behzisti_service(person, **order | columns)

    def in_committee_service(self, person: str, **columns: Any) -> None:
        service = {
            "coverage_cause": "breadwinner_imprisoned", "status": "active", "support_type": "continuous",
            "service_start": dt.date(2025, 3, 1),
        }  # fmt: skip
        self.a_row(L5, person, **service | columns)

    def reviewed(self, person: str, **columns: Any) -> None:
        self.a_row(L6, person, **{"screening_date": dt.date(2025, 5, 10)} | columns)

    def in_association(self, prisoner: str, **columns: Any) -> None:
        service = {"status": "active", "service_start": dt.date(2025, 3, 1), "member_no": f"{len(self.rows[L7]) + 1}"}
        self.a_row(L7, prisoner, **service | columns)

    def applied(self, prisoner: str, **columns: Any) -> None:
        application = {"status": "under_review", "application_date": dt.date(2025, 5, 1)}
        self.a_row(L8, prisoner, **application | {"member_no": f"{len(self.rows[L8]) + 1}"} | columns)

    def accepted(self) -> dict[str, pd.DataFrame]:
        frames = {}
        for list_key, (_, columns) in LISTS.items():
            if list_key not in self.missing:
                frame = pd.DataFrame(self.rows[list_key], columns=["record_id", *columns])
                kinds = {column: ROW_COLUMNS[column] for column in columns}
                frames[list_key] = frame.astype({"record_id": "str", **kinds})
        return frames

    def linked(self) -> SimpleNamespace:
        persons = pd.DataFrame(self.persons).astype(
            {"birth_date": "datetime64[s]", "birth_year": "Int64", "sex": "str", "relation": "str"}
        )
        mentions = pd.DataFrame(self.mentions, columns=["record_id", "list_key", "role", "person_id", "household_id"])
        return SimpleNamespace(
            linked_mentions=mentions[~mentions["list_key"].isin(self.missing)].astype("str"),
            linked_persons=persons[["person_id", "sex", "birth_date", "birth_year"]],
            linked_households=pd.DataFrame(self.households).astype("str"),
            household_members=persons[["household_id", "person_id", "relation", "is_prisoner", "is_resident"]],
        )
