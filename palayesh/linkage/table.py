"""One or several plain person lists linked by themselves, with no agency's declaration behind them."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from palayesh.identifiers import national_id_column, phone_column, typed_digits_column
from palayesh.linkage.link import link
from palayesh.linkage.mentions import MENTION_COLUMNS, typed_mentions
from palayesh.linkage.settings import LinkageModel, LinkageSettings
from palayesh.solar_hijri import dates_column

LIST_KEY = "lists/persons"
NEVER = dt.date(2100, 1, 1)  # plain lists belong to no month: no date in them is in the future
MALE, FEMALE = frozenset({"1", "m", "male", "مرد", "مذکر"}), frozenset({"2", "f", "female", "زن", "مونث", "مؤنث"})


def link_table(records: pd.DataFrame, *, calendar: str, model: LinkageModel) -> pd.DataFrame:
    """``record_id``, ``person_id``, ``household_id``: who is who, one row per record, in the records' order.

    ``records`` has ``record_id`` and any of full_name, first_name, last_name, father_name, sex, birth_date, national_id,
    external_id, mobile, county, household_code, as text; other columns are not read. ``calendar``: jalali or gregorian.
    """
    linked = link(
        _mentions(records, calendar),
        previous=pd.DataFrame({name: pd.Series(dtype="str") for name in ("entity", "identity_key", "id")}),
        judgements=pd.DataFrame({c: pd.Series(dtype="str") for c in ("identity_key_l", "identity_key_r", "judgement")}),
        settings=LinkageSettings(model=model),
    ).linked_mentions
    found = linked.set_index("record_id")[["person_id", "household_id"]].reindex(records["record_id"])
    # A record that names nobody is a person of its own: nothing can say otherwise.
    alone = "R" + found.index.to_series().astype("str")
    found["person_id"] = found["person_id"].fillna(alone)
    found["household_id"] = found["household_id"].fillna(alone)
    return found.reset_index()


def _mentions(records: pd.DataFrame, calendar: str) -> pd.DataFrame:
    def column(name: str) -> pd.Series:
        if name in records:
            return records[name].astype("str")
        return pd.Series(None, index=records.index, dtype="str")

    mentions = pd.DataFrame({"record_id": records["record_id"].astype("str"), "list_key": LIST_KEY})
    mentions["mention_id"] = mentions["record_id"] + "#subject"
    mentions["list_role"], mentions["role"] = "person_list", "subject"
    for name in ("first_name", "last_name", "full_name", "father_name", "county"):
        mentions[name] = column(name)
    sex = column("sex").str.strip().str.lower()
    mentions["sex"] = pd.Series(None, index=records.index, dtype="str").mask(sex.isin(MALE), "male")
    mentions["sex"] = mentions["sex"].mask(sex.isin(FEMALE), "female")
    number = national_id_column(column("national_id"))
    external = column("external_id")
    mentions["national_id"] = number["value"].fillna(external)
    mentions["national_id_status"] = number["status"].mask(number["value"].isna() & external.notna(), "other_id")
    mentions["national_id_digits"] = typed_digits_column(column("national_id")).fillna(typed_digits_column(external))
    mentions["birth_date"], mentions["birth_year"] = _births(column("birth_date"), calendar)
    mentions["phones"] = phone_column(column("mobile"))["value"]
    code = column("household_code")
    mentions["family_key"] = (LIST_KEY + ":" + code).where(code.notna())
    mentions["relation"] = pd.Series(None, index=records.index, dtype="str")
    mentions["agency_key"] = mentions["record_id"]
    named = mentions[["first_name", "last_name", "full_name", "national_id", "national_id_digits"]].notna().any(axis=1)
    return typed_mentions(mentions.loc[named, list(MENTION_COLUMNS)]).sort_values("mention_id", ignore_index=True)


def _births(texts: pd.Series, calendar: str) -> tuple[pd.Series, pd.Series]:
    if calendar == "jalali":
        read = dates_column(texts, "birth", NEVER)
        return read["value"], read["year"]
    days = pd.to_datetime(texts.str.replace(r"\.0$", "", regex=True), errors="coerce", format="mixed")
    return days.astype("datetime64[s]"), days.dt.year.astype("Int64")
