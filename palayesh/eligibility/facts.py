"""Accepted lists and linked persons become facts about families; the words are those of contracts, section 4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palayesh.declaration import Agency
from palayesh.distinct import is_among
from palayesh.elapsed import age_in_years, is_younger_than, solar_hijri_year
from palayesh.family_facts import HOME_PROVINCE, FamilyFacts, LinkedTables

OUTSIDE = "outside"
HELD_STATUSES = ("in_custody", "on_leave", "electronic_tag")
REFERRAL_ROLES = ("behzisti_referral", "relief_referral")
SUPPORT_ROLES = ("behzisti_support", "relief_support", "association_support", "charity_support")
ASSOCIATION_ROLES = ("association_support", "association_application")
LISTS_OF_PRISONERS = ("custody", *ASSOCIATION_ROLES)
PRISON_CAUSE = "breadwinner_imprisoned"
YEARS_OF_A_GENERATION = 16
"""A woman heading a prisoner's household and this much older than he is taken for his mother, not his wife."""
ADULT_AGE = 18
"""Completed years at which a resident no longer counts as a child."""

ROW_COLUMNS = {
    "status": "str",
    "relation": "str",
    "support_type": "str",
    "coverage_cause": "str",
    "screening_result": "str",
    "screening_date": "datetime64[s]",
    "social_worker_opinion": "str",
    "reason": "str",
    "decile": "Int64",
    "service_start": "datetime64[s]",
    "service_end": "datetime64[s]",
    "application_date": "datetime64[s]",
    "judicial_order_no": "str",
    "judicial_order_date": "datetime64[s]",
    "letter_date": "datetime64[s]",
    "imprisoned_members": "str",
    "custody_start": "datetime64[s]",
    "release_status": "str",
    "prison_province": "str",
    "marital_status": "str",
    "member_no": "str",
}
"""The columns that facts are made from; a list that does not have one has it absent in every row."""


def build_facts(
    accepted: Mapping[str, pd.DataFrame],
    linked: LinkedTables,
    agencies: Iterable[Agency],
    *,
    as_of: dt.date,
    province: str = HOME_PROVINCE,
) -> FamilyFacts:
    """Every household that has or may have a prisoner, its members, and what the lists say of them on ``as_of``.

    A household is taken in if a prisoner belongs to it, if it is on a referral or Association list, or if the Committee
    covers it for imprisonment; the many households of a caseload that have nothing to do with prison are left out.
    """
    rows, received = _rows_of_lists(accepted, linked, agencies)
    referrals = _referrals(rows)
    services = _services(rows, as_of)
    applications = _applications(rows)
    members = linked.household_members
    wanted = _households_of_prisoners(members, rows, services)
    members = members[is_among(members["household_id"], wanted)]
    custody = _custody(rows, linked)
    persons = _persons(members, linked, custody, rows, services, referrals)
    households = _households(wanted, linked, persons, rows, referrals, applications, as_of, province)
    return FamilyFacts(
        households=households,
        persons=persons,
        services=_only_of(services, wanted),
        referrals=_only_of(referrals, wanted),
        applications=_only_of(applications, wanted),
        received=received,
    )


def _rows_of_lists(
    accepted: Mapping[str, pd.DataFrame], linked: LinkedTables, agencies: Iterable[Agency]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Rows by list role with the person and household each is about, and an account of the lists."""
    mentions = linked.linked_mentions
    parts: dict[str, list[pd.DataFrame]] = {}
    account = []
    for agency in sorted(agencies, key=lambda each: each.agency):
        for name, declaration in agency.lists.items():
            list_key = f"{agency.agency}/{name}"
            if list_key not in accepted:
                continue
            rows = _with_persons(accepted[list_key], mentions[mentions["list_key"] == list_key], declaration.role)
            rows = rows.assign(list_key=list_key, agency=agency.agency, role=declaration.role)
            parts.setdefault(declaration.role, []).append(rows)
            account.append(
                {
                    "role": declaration.role,
                    "list_key": list_key,
                    "agency": agency.agency,
                    "records": len(rows),
                    "unlinked": int(rows["household_id"].isna().sum()),
                }
            )
    received = pd.DataFrame(account, columns=["role", "list_key", "agency", "records", "unlinked"])
    return {role: pd.concat(frames, ignore_index=True) for role, frames in parts.items()}, received


def _with_persons(records: pd.DataFrame, mentions: pd.DataFrame, role: str) -> pd.DataFrame:
    """The columns facts need, with ``person_id`` and ``household_id`` of whom the row is about and ``prisoner_id``."""
    rows = records[["record_id"]].astype("str").reset_index(drop=True)
    rows["position"] = range(len(records))
    for column, kind in ROW_COLUMNS.items():
        values = records[column].array if column in records.columns else None
        rows[column] = pd.Series(values, index=rows.index, dtype=kind if values is None else None)
    rows = rows.astype(ROW_COLUMNS)
    rows["has_status"] = "status" in records.columns
    order = ("subject", "head", "prisoner", "spouse")
    if role in LISTS_OF_PRISONERS:
        order = ("prisoner", "subject", "head", "spouse")
    ranked = mentions[["record_id", "role", "person_id", "household_id"]].assign(
        rank=mentions["role"].map({name: rank for rank, name in enumerate(order)})
    )
    ranked = ranked.sort_values(["rank"], kind="stable")
    about = ranked.drop_duplicates("record_id")[["record_id", "person_id", "household_id"]]
    prisoner = ranked[ranked["role"] == "prisoner"].drop_duplicates("record_id")
    rows = rows.merge(about, on="record_id", how="left", validate="many_to_one")
    return rows.merge(
        prisoner[["record_id", "person_id"]].rename(columns={"person_id": "prisoner_id"}),
        on="record_id",
        how="left",
        validate="many_to_one",
    )


def _rows(rows: Mapping[str, pd.DataFrame], *roles: str) -> pd.DataFrame:
    """The linked rows of the lists with these roles, with every column even when none was received."""
    found = [rows[role] for role in roles if role in rows]
    if not found:
        empty = {name: pd.Series([], dtype=kind) for name, kind in ROW_COLUMNS.items()}
        texts = ("record_id", "list_key", "agency", "role", "person_id", "household_id", "prisoner_id")
        empty |= {name: pd.Series([], dtype="str") for name in texts}
        return pd.DataFrame(
            {**empty, "position": pd.Series([], dtype="int64"), "has_status": pd.Series([], dtype="bool")}
        )
    together = pd.concat(found, ignore_index=True)
    return together[together["household_id"].notna()].reset_index(drop=True)


def _only_of(rows: pd.DataFrame, households: pd.Series) -> pd.DataFrame:
    return rows[is_among(rows["household_id"], households)].reset_index(drop=True)


def _referrals(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    columns = ["record_id", "role", "person_id", "household_id", "letter_date"]
    return _rows(rows, *REFERRAL_ROLES)[columns]


def _applications(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    columns = ["record_id", "person_id", "household_id", "member_no", "application_date", "status"]
    return _rows(rows, "association_application")[columns]


def _services(rows: Mapping[str, pd.DataFrame], as_of: dt.date) -> pd.DataFrame:
    """Rows of support lists; a row without a start is no service, and one that ends on ``as_of`` has ended."""
    support = _rows(rows, *SUPPORT_ROLES)
    day = pd.Timestamp(as_of)
    has_begun = support["service_start"] <= day
    goes_on = support["service_end"].isna() | (support["service_end"] > day)
    is_open = ~support["has_status"] | (support["status"] == "active")
    return pd.DataFrame(
        {
            "record_id": support["record_id"],
            "list_key": support["list_key"],
            "agency": support["agency"],
            "role": support["role"],
            "person_id": support["person_id"],
            "household_id": support["household_id"],
            "start": support["service_start"],
            "end": support["service_end"],
            "is_active": (has_begun & goes_on & is_open).astype("bool"),
            "kind": support["support_type"],
            "is_judicial_order": support["judicial_order_no"].notna() & support["judicial_order_date"].notna(),
            "cause": support["coverage_cause"],
            "application_date": support["application_date"],
            "screening_result": support["screening_result"],
        }
    )


def _households_of_prisoners(
    members: pd.DataFrame, rows: Mapping[str, pd.DataFrame], services: pd.DataFrame
) -> pd.Series:
    of_prisoners = members.loc[members["is_prisoner"].fillna(False).astype("bool"), "household_id"]
    on_lists = _rows(rows, *REFERRAL_ROLES, *ASSOCIATION_ROLES)["household_id"]
    covered = services.loc[services["is_active"] & (services["cause"] == PRISON_CAUSE), "household_id"]
    together = pd.concat([of_prisoners, on_lists, covered], ignore_index=True).drop_duplicates()
    return together.sort_values(ignore_index=True)


def _custody(rows: Mapping[str, pd.DataFrame], linked: LinkedTables) -> pd.DataFrame:
    """One row per person named as a prisoner: what the lists of the month say of his custody."""
    listed = _rows(rows, "custody").sort_values(["custody_start", "position"], na_position="first", kind="stable")
    first_held = listed.groupby("person_id")["custody_start"].min()
    latest = listed.drop_duplicates("person_id", keep="last").set_index("person_id")
    caseload = _rows(rows, "relief_support")
    held_by_caseload = caseload[caseload["prison_province"].notna() & caseload["prisoner_id"].notna()]
    caseload_province = most_frequent(held_by_caseload, by="prisoner_id", value="prison_province")
    referred = _rows(rows, *REFERRAL_ROLES)
    associated = _rows(rows, *ASSOCIATION_ROLES)
    named = pd.concat(
        [
            referred["prisoner_id"],
            referred.loc[referred["relation"] == "prisoner", "person_id"],
            associated["person_id"],
            held_by_caseload["prisoner_id"],
        ],
        ignore_index=True,
    ).dropna()
    people = pd.Index(
        sorted(set(linked.household_members["person_id"]) & (set(named) | set(latest.index))), dtype="str"
    )
    says_held = latest["release_status"].isin(HELD_STATUSES).astype("boolean")
    says_held = says_held.mask(~latest["release_status"].isin((*HELD_STATUSES, "released")))
    in_custody = says_held.reindex(people)
    by_other_lists = pd.Series(True, index=people, dtype="boolean").where(_are_among(people, named))
    return pd.DataFrame(
        {
            "in_custody": in_custody.fillna(by_other_lists),
            "prison_province": latest["prison_province"].reindex(people).fillna(caseload_province.reindex(people)),
            "custody_start": first_held.reindex(people),
            "marital_status": latest["marital_status"].reindex(people),
        },
        index=people,
    ).rename_axis("person_id")


def most_frequent(rows: pd.DataFrame, *, by: str, value: str) -> pd.Series:
    """The commonest ``value`` of each ``by``; ties by the value's order; absent values do not vote."""
    votes = rows[[by, value]].dropna().groupby([by, value], sort=True).size().rename("votes").reset_index()
    votes = votes.sort_values([by, "votes", value], ascending=[True, False, True], kind="stable")
    return votes.drop_duplicates(by).set_index(by)[value]


def _persons(
    members: pd.DataFrame,
    linked: LinkedTables,
    custody: pd.DataFrame,
    rows: Mapping[str, pd.DataFrame],
    services: pd.DataFrame,
    referrals: pd.DataFrame,
) -> pd.DataFrame:
    columns = ["household_id", "person_id", "relation", "is_prisoner", "is_resident"]
    persons = members[columns].drop_duplicates(["household_id", "person_id"])
    persons = persons.sort_values(["household_id", "person_id"], ignore_index=True)
    for column in ("is_prisoner", "is_resident"):
        persons[column] = persons[column].fillna(False).astype("bool")
    known = linked.linked_persons[["person_id", "sex", "birth_date", "birth_year"]]
    persons = persons.merge(known, on="person_id", how="left", validate="many_to_one")
    persons["sex"] = persons["sex"].astype("str")
    persons["birth_date"] = persons["birth_date"].astype("datetime64[s]")
    persons["birth_year"] = persons["birth_year"].astype("Int64").fillna(solar_hijri_year(persons["birth_date"]))
    persons = persons.merge(custody.reset_index(), on="person_id", how="left", validate="many_to_one")
    # A person whom linkage does not call a prisoner is not one by an accident of another household.
    persons["in_custody"] = persons["in_custody"].astype("boolean").where(persons["is_prisoner"])
    persons["custody_start"] = persons["custody_start"].astype("datetime64[s]")
    persons["is_prisoners_wife"] = _is_prisoners_wife(persons, _women_named_as_head(rows, persons))
    persons["is_prisoners_child"] = (persons["relation"] == "child") & ~persons["is_prisoner"]
    on_list = referrals.loc[referrals["role"] == "behzisti_referral", "person_id"]
    persons["is_on_behzisti_referral"] = is_among(persons["person_id"], on_list)
    persons["behzisti_screening_result"] = persons["person_id"].map(_latest_behzisti_result(services))
    return persons


def _women_named_as_head(rows: Mapping[str, pd.DataFrame], persons: pd.DataFrame) -> pd.Series:
    """Women whom a caseload calls head of household and whose relation to the prisoner no list tells."""
    caseload = _rows(rows, "relief_support", "behzisti_support")
    heads = caseload.loc[caseload["relation"] == "head", "person_id"]
    untold = persons["relation"].isna() | persons["relation"].isin(("head", "other"))
    return untold & is_among(persons["person_id"], heads) & (persons["sex"] == "female") & ~persons["is_prisoner"]


def _is_prisoners_wife(persons: pd.DataFrame, heads: pd.Series) -> pd.Series:
    """Whether each person is the wife of a male prisoner of her household; absent where no sex is known."""
    prisoners = persons[persons["is_prisoner"]]
    men = prisoners[prisoners["sex"] == "male"]
    has_man = is_among(persons["household_id"], men["household_id"])
    may_have_man = is_among(persons["household_id"], prisoners.loc[prisoners["sex"] != "female", "household_id"])
    spouse = (persons["relation"] == "spouse") & ~persons["is_prisoner"]
    woman, unknown_sex = persons["sex"] == "female", persons["sex"].isna()
    # One known sex of the two is enough: a woman's husband is a man, a man's wife is a woman.
    wife = spouse & ((woman & may_have_man) | (unknown_sex & has_man))
    # A head of household: the youngest male prisoner decides whether she may be a mother.
    youngest = men.groupby("household_id")[["birth_date", "birth_year"]].max().reindex(persons["household_id"])
    his = youngest.set_axis(persons.index)
    gap = age_in_years(persons["birth_date"], his["birth_date"]).fillna(his["birth_year"] - persons["birth_year"])
    may_be_wife = (gap < YEARS_OF_A_GENERATION).fillna(True).astype("bool")
    wife |= heads & has_man & may_be_wife
    cannot_tell = spouse & unknown_sex & ~has_man & may_have_man
    return wife.astype("boolean").mask(cannot_tell)


def _latest_behzisti_result(services: pd.DataFrame) -> pd.Series:
    """Each person's latest answer of Behzisti's screening, by application date, then the row."""
    screened = services[(services["role"] == "behzisti_support") & services["screening_result"].notna()]
    ordered = screened.sort_values("application_date", na_position="first", kind="stable")
    return ordered.drop_duplicates("person_id", keep="last").set_index("person_id")["screening_result"]


def _households(
    wanted: pd.Series,
    linked: LinkedTables,
    persons: pd.DataFrame,
    rows: Mapping[str, pd.DataFrame],
    referrals: pd.DataFrame,
    applications: pd.DataFrame,
    as_of: dt.date,
    province: str,
) -> pd.DataFrame:
    index = pd.Index(wanted, dtype="str", name="household_id")
    county = linked.linked_households.set_index("household_id")["county"].reindex(index)
    table = pd.DataFrame({"county": county.astype("str")}, index=index)
    table["lives_in_province"] = (table["county"] != OUTSIDE).astype("boolean").mask(table["county"].isna())
    table = table.join(_prisoners_of_households(persons, index, province))
    residents = persons[persons["is_resident"] & ~persons["is_prisoner"]]
    table["resident_count"] = residents.groupby("household_id").size().reindex(index, fill_value=0).astype("Int64")
    near = residents["relation"].isin(("spouse", "child")) | residents["is_prisoners_wife"].fillna(False)
    table["has_spouse_or_child"] = _are_among(index, residents.loc[near, "household_id"])
    table["residents_under_18"] = _residents_under(ADULT_AGE, residents, index, as_of)
    table["imprisoned_members"] = _imprisoned_members(rows, persons).reindex(index).astype("str")
    for role, column, date in (
        ("behzisti_referral", "is_on_behzisti_referral", "behzisti_letter_date"),
        ("relief_referral", "is_on_relief_referral", "relief_letter_date"),
    ):
        on_list = referrals[referrals["role"] == role]
        table[column] = _are_among(index, on_list["household_id"])
        table[date] = on_list.groupby("household_id")["letter_date"].min().reindex(index).astype("datetime64[s]")
    table = table.join(_reviews(rows, index))
    caseload = _rows(rows, "relief_support")
    table["decile"] = table["decile"].fillna(most_frequent(caseload, by="household_id", value="decile").reindex(index))
    table["has_committee_file"] = _are_among(index, caseload["household_id"])
    table["has_applied"] = _are_among(index, _rows(rows, *ASSOCIATION_ROLES)["household_id"])
    applied = applications.groupby("household_id")["application_date"].min()
    table["application_date"] = applied.reindex(index).astype("datetime64[s]")
    return table.reset_index()


def _are_among(index: pd.Index, values: pd.Series) -> NDArray[np.bool_]:
    return is_among(index.to_series(), values).to_numpy()


def _prisoners_of_households(persons: pd.DataFrame, index: pd.Index, province: str) -> pd.DataFrame:
    prisoners = persons[persons["is_prisoner"]]
    held = prisoners["in_custody"].fillna(False).astype("bool")
    elsewhere = held & prisoners["prison_province"].notna() & (prisoners["prison_province"] != province)
    here = held & (prisoners["prison_province"] == province)

    def have_one(hit: pd.Series) -> NDArray[np.bool_]:
        return _are_among(index, prisoners.loc[hit, "household_id"])

    has_prisoner = _are_among(index, prisoners["household_id"])
    has_held = have_one(held)
    has_unknown = have_one(prisoners["in_custody"].isna())
    in_custody = pd.Series(has_held, index=index).astype("boolean").mask(~has_held & (has_unknown | ~has_prisoner))
    married = have_one(prisoners["marital_status"] == "married")
    not_told = have_one(prisoners["marital_status"].isna())
    not_single = have_one(prisoners["marital_status"] != "single")
    marital = pd.Series("unmarried", index=index, dtype="str").mask(not_told | ~has_prisoner).mask(married, "married")
    return pd.DataFrame(
        {
            "prisoner_count": prisoners.groupby("household_id").size().reindex(index, fill_value=0).astype("Int64"),
            "has_prisoner_in_custody": in_custody,
            "is_released": has_prisoner & ~has_held & ~has_unknown,
            "is_held_elsewhere": have_one(elsewhere),
            "is_held_in_province": have_one(here),
            "custody_start": prisoners[held].groupby("household_id")["custody_start"].min().reindex(index),
            "marital_status": marital,
            "all_prisoners_single": has_prisoner & ~not_single,
        },
        index=index,
    )


def _residents_under(years: int, residents: pd.DataFrame, index: pd.Index, as_of: dt.date) -> pd.Series:
    day = pd.Series(pd.Timestamp(as_of), index=residents.index, dtype="datetime64[s]")
    young = is_younger_than(years, birth_date=residents["birth_date"], birth_year=residents["birth_year"], day=day)
    count = residents[young.fillna(False).astype("bool")].groupby("household_id").size()
    return count.reindex(index, fill_value=0).astype("Int64")


def _imprisoned_members(rows: Mapping[str, pd.DataFrame], persons: pd.DataFrame) -> pd.Series:
    """Who of a referred household is in prison: as most of its rows say, else by the sex of its prisoners."""
    prisoners = persons[persons["is_prisoner"]]
    households = pd.Index(prisoners["household_id"].unique(), dtype="str")
    has_man = _are_among(households, prisoners.loc[prisoners["sex"] == "male", "household_id"])
    has_woman = _are_among(households, prisoners.loc[prisoners["sex"] == "female", "household_id"])
    by_sex = pd.Series(None, index=households, dtype="str").mask(has_man, "husband").mask(has_woman, "wife")
    by_sex = by_sex.mask(has_man & has_woman, "both")
    told = most_frequent(_rows(rows, "behzisti_referral"), by="household_id", value="imprisoned_members")
    return told.reindex(told.index.union(by_sex.index)).fillna(by_sex)


def _reviews(rows: Mapping[str, pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    """The Committee's latest review of each household; an opinion counts only with its reason."""
    reviews = _rows(rows, "relief_review").sort_values("screening_date", na_position="first", kind="stable")
    latest = reviews.drop_duplicates("household_id", keep="last").set_index("household_id").reindex(index)
    return pd.DataFrame(
        {
            "review_result": latest["screening_result"].astype("str"),
            "review_opinion": latest["social_worker_opinion"].where(latest["reason"].notna()).astype("str"),
            "review_date": latest["screening_date"].astype("datetime64[s]"),
            "decile": latest["decile"].astype("Int64"),
        },
        index=index,
    )
