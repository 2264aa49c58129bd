"""The lists as the agencies hold them: one table per list, first with typed values, then in the words of the files, without any mess."""

from __future__ import annotations

import numpy as np
import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.synthetic import places
from palayesh.synthetic.world import World

COLUMNS: dict[str, tuple[str, ...]] = {
    "prisons/behzisti_referral": (
        "household_ref",
        "prisoner_name",
        "prisoner_national_id",
        "imprisoned_members",
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "sex",
        "relation",
        "county",
        "mobile",
        "prison",
        "prison_province",
        "custody_start",
        "letter_no",
        "letter_date",
        "social_worker",
    ),
    "prisons/relief_referral": (
        "household_ref",
        "prisoner_name",
        "prisoner_national_id",
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "sex",
        "relation",
        "county",
        "mobile",
        "prison",
        "prison_province",
        "custody_start",
        "letter_no",
        "letter_date",
        "social_worker",
    ),
    "prisons/custody": (
        "prisoner_no",
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "sex",
        "prison",
        "prison_province",
        "custody_start",
        "custody_end",
        "legal_status",
        "release_status",
        "marital_status",
    ),
    "behzisti/caseload": (
        "case_no",
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "sex",
        "relation",
        "household_code",
        "prisoner_name",
        "prisoner_national_id",
        "support_type",
        "service_type",
        "service_start",
        "service_end",
        "judicial_order_no",
        "judicial_order_date",
        "care_type",
        "screening_result",
        "application_date",
        "county",
    ),
    "relief_committee/caseload": (
        "household_code",
        "client_no",
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "sex",
        "relation",
        "head_national_id",
        "coverage_cause",
        "status",
        "support_type",
        "service_start",
        "service_end",
        "decile",
        "prisoner_name",
        "prisoner_national_id",
        "prison_province",
        "county",
    ),
    "relief_committee/screening": (
        "household_code",
        "head_name",
        "head_national_id",
        "screening_result",
        "screening_date",
        "decile",
        "social_worker_opinion",
        "reason",
        "county",
    ),
    "association/caseload": (
        "member_no",
        "prisoner_name",
        "father_name",
        "prisoner_national_id",
        "prison",
        "head_name",
        "head_national_id",
        "household_size",
        "aid_type",
        "service_start",
        "service_end",
        "status",
        "county",
    ),
    "association/applications": (
        "member_no",
        "prisoner_name",
        "father_name",
        "prisoner_national_id",
        "prison",
        "head_name",
        "head_national_id",
        "household_size",
        "aid_type",
        "application_date",
        "status",
        "county",
    ),
    "ngo_mehr/caseload": (
        "first_name",
        "last_name",
        "father_name",
        "national_id",
        "birth_date",
        "aid_type",
        "service_start",
    ),
}

DATES = frozenset(
    {
        "birth_date",
        "custody_start",
        "custody_end",
        "letter_date",
        "service_start",
        "service_end",
        "judicial_order_date",
        "application_date",
        "screening_date",
    }
)
IDENTITIES = ("subject", "prisoner", "head")
"""The roles in which a row names somebody; columns ``_subject`` … hold the person, ``_household`` the household."""

WORDS: dict[str, dict[str, str]] = {
    "sex": {"male": "مرد", "female": "زن"},
    "relation": {
        "prisoner": "خود زندانی",
        "head": "سرپرست",
        "spouse": "همسر",
        "child": "فرزند",
        "father": "پدر",
        "mother": "مادر",
        "sibling": "خواهر یا برادر",
        "grandchild": "نوه",
        "other": "سایر",
    },
    "imprisoned_members": {"husband": "مرد", "wife": "همسر", "both": "هر دو"},
    "support_type": {"continuous": "مستمر", "case_by_case": "موردی"},
    "status": {
        "active": "فعال",
        "dormant": "راکد",
        "temporary_exit": "خروج موقت",
        "closed": "قطع",
        "under_review": "در دست بررسی",
    },
    "screening_result": {
        "eligible": "واجد شرایط",
        "not_eligible": "فاقد شرایط",
        "under_review": "در دست بررسی",
        "no_show": "عدم مراجعه",
    },
    "release_status": {"in_custody": "در حبس", "on_leave": "مرخصی", "electronic_tag": "پابند", "released": "آزاد شده"},
    "legal_status": {"accused": "متهم", "convicted": "محکوم"},
    "marital_status": {"married": "متاهل", "single": "مجرد", "divorced": "مطلقه", "widowed": "همسر فوت شده"},
    "coverage_cause": {
        "breadwinner_imprisoned": "زندانی بودن سرپرست",
        "old_age": "سالمندی",
        "illness": "بیماری",
        "orphan": "یتیمی",
        "disability": "معلولیت",
        "female_headed": "زن سرپرست خانوار",
    },
    "social_worker_opinion": {"confirmed": "تایید", "rejected": "رد"},
    "prison_province": places.PROVINCES,
}


def typed_lists(world: World) -> dict[str, pd.DataFrame]:
    """Every list of the month: canonical columns with values (English codes, days, county codes), and who each row names."""
    book = _Book(world)
    return {
        "prisons/behzisti_referral": book.referral("prisons/behzisti_referral", with_prisoners=True),
        "prisons/relief_referral": book.referral("prisons/relief_referral", with_prisoners=False),
        "prisons/custody": book.custody(),
        "behzisti/caseload": book.behzisti(),
        "relief_committee/caseload": book.committee(),
        "relief_committee/screening": book.screening(),
        "association/caseload": book.association(world.association, "association/caseload"),
        "association/applications": book.association(world.applications, "association/applications"),
        "ngo_mehr/caseload": book.charity(),
    }


def in_words(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The typed lists as text: Persian words for codes, ``1404/02/07`` for days, missing where nothing is known."""
    written = {}
    for list_key, table in tables.items():
        text = table.copy()
        for column in COLUMNS[list_key]:
            text[column] = _words(table[column], column)
        written[list_key] = text
    return written


def jalali_text(days: pd.Series) -> pd.Series:
    """Days as ``1404/02/07``."""
    distinct = days.dropna().unique()
    text = {day: JalaliDate(pd.Timestamp(day).date()).strftime("%Y/%m/%d", locale="en") for day in distinct}
    return days.map(text)


def _words(values: pd.Series, column: str) -> pd.Series:
    if column in DATES:
        return jalali_text(values).astype("str")
    if column == "county":
        return values.map({**places.COUNTIES}).fillna(values).astype("str")
    if column in WORDS:
        return values.map(WORDS[column]).astype("str")
    return values.astype("str")


class _Book:
    """Looks up the particulars of persons and households for the rows of a list."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.persons = world.persons.set_index("person")
        self.households = world.households.set_index("household")
        self.held = world.custody.set_index("person")
        p = self.persons
        self.full_name = p["first_name"].astype("str") + " " + p["last_name"].astype("str")
        county = self.households["county_code"].where(
            self.households["county_code"].ne("outside"), self.households["county"]
        )
        self.county = county.astype("str")

    def _person(self, rows: pd.DataFrame, person: pd.Series) -> pd.DataFrame:
        """``rows`` with the particulars of the person each is about."""
        who = self.persons.loc[person.to_numpy()]
        for column in ("first_name", "last_name", "father_name", "national_id", "birth_date"):
            rows[column] = who[column].to_numpy()
        rows["sex"] = np.where(who["is_female"].to_numpy(), "female", "male")
        rows["mobile"] = who["mobile"].to_numpy()
        rows["county"] = self.county.loc[who["household"].to_numpy()].to_numpy()
        rows["_subject"], rows["_household"] = person.to_numpy(), who["household"].to_numpy()
        return rows

    def _prisoner(self, rows: pd.DataFrame, person: pd.Series) -> pd.DataFrame:
        """``rows`` with the name and number of the prisoner each names (none where person is missing)."""
        rows["_prisoner"] = person.to_numpy()
        rows["prisoner_name"] = person.map(self.full_name).to_numpy()
        rows["prisoner_national_id"] = person.map(self.persons["national_id"]).to_numpy()
        return rows

    def _head(self, rows: pd.DataFrame, person: pd.Series) -> pd.DataFrame:
        rows["_head"] = person.to_numpy()
        rows["head_name"] = person.map(self.full_name).to_numpy()
        rows["head_national_id"] = person.map(self.persons["national_id"]).to_numpy()
        return rows

    def _finish(self, rows: pd.DataFrame, list_key: str) -> pd.DataFrame:
        hidden = [f"_{role}" for role in IDENTITIES] + ["_household"]
        for column in hidden:
            rows[column] = (
                (rows[column] if column in rows else pd.Series(-1, index=rows.index)).fillna(-1).astype("int64")
            )
        return rows[[*COLUMNS[list_key], *hidden]].reset_index(drop=True)

    def _first_prisoner(self, household: pd.Series) -> pd.Series:
        prisoner = household.map(self.households["prisoner"])
        return prisoner.where(prisoner >= 0).astype("Int64")

    def referral(self, list_key: str, *, with_prisoners: bool) -> pd.DataFrame:
        letters = self.world.referrals[self.world.referrals["list_key"].eq(list_key)]
        members = self.world.persons[["person", "household", "relation", "is_prisoner"]].merge(letters, on="household")
        if not with_prisoners:
            members = members[~members["is_prisoner"]]
        members = members.sort_values(["household_ref", "person"], kind="stable").reset_index(drop=True)
        rows = self._person(members, members["person"])
        prisoner = self._first_prisoner(members["household"])
        rows = self._prisoner(rows, prisoner)
        rows["imprisoned_members"] = members["household"].map(self.households["kind"]).replace("single", "husband")
        rows["prison"] = prisoner.map(self.held["prison"])
        rows["prison_province"] = prisoner.map(self.held["place"])
        rows["custody_start"] = prisoner.map(self.held["custody_start"])
        return self._finish(rows, list_key)

    def custody(self) -> pd.DataFrame:
        rows = (
            self.world.custody[self.world.custody["on_list"]]
            .sort_values("prisoner_no", kind="stable")
            .reset_index(drop=True)
        )
        rows = self._person(rows, rows["person"])
        return self._finish(rows.rename(columns={"place": "prison_province"}), "prisons/custody")

    def behzisti(self) -> pd.DataFrame:
        rows = self.world.behzisti.sort_values("case_no", kind="stable").reset_index(drop=True)
        rows = self._prisoner(self._person(rows, rows["person"]), self._first_prisoner(rows["household"]))
        rows["relation"] = rows["person"].map(self.persons["relation"])
        return self._finish(rows, "behzisti/caseload")

    def committee(self) -> pd.DataFrame:
        rows = self.world.committee.sort_values("client_no", kind="stable").reset_index(drop=True)
        rows = self._head(self._person(rows, rows["person"]), rows["head"])
        for_prison = rows["cause"].eq("breadwinner_imprisoned")
        rows = self._prisoner(rows, self._first_prisoner(rows["household"]).where(for_prison))
        # Relations on a caseload are to the head: a widow's children are the prisoner's brothers and sisters.
        relation = (
            rows["person"]
            .map(self.persons["relation"])
            .replace({"sibling": "child", "mother": "other", "father": "other"})
        )
        rows["relation"] = relation.mask(rows["person"].eq(rows["head"]), "head")
        rows["coverage_cause"] = rows["cause"]
        rows["prison_province"] = rows["prison_province"].where(for_prison & rows["prison_province"].ne(""))
        return self._finish(rows, "relief_committee/caseload")

    def screening(self) -> pd.DataFrame:
        rows = self.world.reviews.reset_index(drop=True)
        rows = self._head(rows, rows["head"])
        files = self.world.committee.drop_duplicates("household").set_index("household")["household_code"]
        relief = self.world.referrals[self.world.referrals["list_key"].eq("prisons/relief_referral")]
        codes = rows["household"].map(files)
        rows["household_code"] = codes.fillna(rows["household"].map(relief.set_index("household")["household_ref"]))
        rows["social_worker_opinion"] = rows["opinion"]
        rows["county"], rows["_household"] = rows["household"].map(self.county), rows["household"]
        return self._finish(rows, "relief_committee/screening")

    def association(self, table: pd.DataFrame, list_key: str) -> pd.DataFrame:
        rows = table.sort_values("member_no", kind="stable").reset_index(drop=True)
        rows = self._head(self._prisoner(rows, rows["person"].astype("Int64")), rows["head"])
        rows["father_name"] = rows["person"].map(self.persons["father_name"])
        rows["prison"] = rows["person"].map(self.held["prison"])
        rows["county"], rows["_household"] = rows["household"].map(self.county), rows["household"]
        return self._finish(rows, list_key)

    def charity(self) -> pd.DataFrame:
        rows = self.world.charity.reset_index(drop=True)
        return self._finish(self._person(rows, rows["person"]), "ngo_mehr/caseload")
