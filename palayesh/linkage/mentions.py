"""Mentions: every person named in an accepted record, as each list's declaration says."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from palayesh.declaration import Agency, ListDeclaration, Mention
from palayesh.linkage.names import compact, over_distinct
from palayesh.persian_text import to_ascii_digits

MENTION_COLUMNS = (
    "mention_id", "record_id", "list_key", "list_role", "role", "first_name", "last_name", "full_name", "father_name",
    "national_id", "national_id_status", "national_id_digits", "birth_date", "birth_year", "sex", "county", "phones",
    "family_key", "relation", "agency_key", "prison", "custody_start",
)  # fmt: skip
_AS_RECORDED = (
    "first_name", "last_name", "full_name", "father_name", "national_id", "sex", "county", "relation", "prison",
)  # fmt: skip
_IDENTIFYING = ("first_name", "last_name", "full_name", "national_id", "national_id_digits")


def mentions_from(accepted: Mapping[str, pd.DataFrame], agencies: Mapping[str, Agency]) -> pd.DataFrame:
    """One row per person named in the accepted records of every list (contracts.md 3), ordered by ``mention_id``.

    The prisoner or head named on many rows of one family is one mention, on the first of them. A mention with neither a name
    nor a number names nobody, and is left out. Raises KeyError for a list that no agency declares.
    """
    parts: list[pd.DataFrame] = []
    for list_key in sorted(accepted):
        agency, name = list_key.split("/", 1)
        declaration = agencies[agency].lists[name]
        records = accepted[list_key]
        for mention in declaration.mentions:
            named = _named(records, list_key, declaration, mention)
            # Whom a record is about is named on every row: a second review of a family is a record of its own.
            is_about = mention == declaration.mentions[0]
            parts.append(named if is_about or mention.role == "subject" else _once_per_family(named))
    if not parts:
        return typed_mentions(pd.DataFrame({column: pd.Series(dtype="object") for column in MENTION_COLUMNS}))
    mentions = typed_mentions(pd.concat(parts, ignore_index=True))
    return mentions.sort_values("mention_id", ignore_index=True)


def columns_read(agencies: Mapping[str, Agency]) -> set[str]:
    """Every column of accepted records that `mentions_from` reads."""
    declared = [declaration for agency in agencies.values() for declaration in agency.lists.values()]
    columns = {"record_id", "agency_key", *(column for declaration in declared for column in declaration.family_key)}
    for mention in (mention for declaration in declared for mention in declaration.mentions):
        columns |= {name for field in _AS_RECORDED if (name := getattr(mention, field))} | set(mention.phones)
        columns |= {name for name in (mention.birth_date, mention.custody_start) if name}
        columns |= {f"{mention.national_id}_status", f"{mention.national_id}_raw", f"{mention.birth_date}_year"}
    return columns


def _named(records: pd.DataFrame, list_key: str, declaration: ListDeclaration, mention: Mention) -> pd.DataFrame:
    def column(name: str | None) -> pd.Series:
        if name is not None and name.startswith("["):
            return pd.Series(name.strip("[]"), index=records.index, dtype="str")
        if name is None or name not in records:
            return pd.Series(None, index=records.index, dtype="str")
        return records[name]

    named = pd.DataFrame({"record_id": records["record_id"], "list_key": list_key, "list_role": declaration.role})
    named["mention_id"] = named["record_id"] + "#" + mention.role
    named["role"] = mention.role
    for field in _AS_RECORDED:
        named[field] = column(getattr(mention, field))
    number = mention.national_id
    named["national_id_status"] = column(f"{number}_status" if number else None)
    named["national_id_digits"] = _digits(column(f"{number}_raw" if number else None), named["national_id"])
    named["birth_date"] = column(mention.birth_date).astype("datetime64[s]")
    named["custody_start"] = column(mention.custody_start).astype("datetime64[s]")
    named["birth_year"] = column(f"{mention.birth_date}_year" if mention.birth_date else None).astype("Int64")
    named["phones"] = _joined([column(phone) for phone in mention.phones], records.index)
    named["family_key"] = _family_key(records, list_key, declaration.family_key)
    named["agency_key"] = column("agency_key")
    identified = named[list(_IDENTIFYING)].notna().any(axis="columns")
    return named.loc[identified, list(MENTION_COLUMNS)]


def _digits(raw: pd.Series, value: pd.Series) -> pd.Series:
    """The digits as typed, also of a number that is not valid."""
    typed = over_distinct(raw.fillna(value).astype("str"), to_ascii_digits).str.replace(r"\.0$", "", regex=True)
    digits = typed.str.replace("[^0-9]", "", regex=True)
    return digits.where(digits.fillna("").str.strip("0").ne(""))


def _joined(columns: list[pd.Series], index: pd.Index) -> pd.Series:
    """All phones of the columns, each once, joined by ``;``."""
    if not columns:
        return pd.Series(None, index=index, dtype="str")
    joined = columns[0].astype("str").fillna("")
    for column in columns[1:]:
        joined = joined + ";" + column.astype("str").fillna("")
    return over_distinct(joined, lambda text: ";".join(sorted({part for part in text.split(";") if part})) or None)


def _family_key(records: pd.DataFrame, list_key: str, columns: list[str]) -> pd.Series:
    """The first of the family columns that is not empty, in the scope of its list; names by their compact form."""
    key = pd.Series(None, index=records.index, dtype="str")
    for column in columns:
        if column in records:
            key = key.fillna(over_distinct(records[column].astype("str"), compact))
    return (list_key + ":" + key).astype("str")


def _once_per_family(named: pd.DataFrame) -> pd.DataFrame:
    """Of mentions of one role that name the same person in one family, the first, with what the others add.

    The same person: the same name, and no two numbers. Without a family code only name and number together say so.
    """
    name = named["full_name"].fillna(named["first_name"].fillna("") + " " + named["last_name"].fillna(""))
    named = named.assign(name_key=over_distinct(name, compact).fillna(""))
    number = named["national_id"].fillna(named["national_id_digits"])
    scope = named["family_key"]
    by_name = [scope, named["name_key"]]
    numbers = number.groupby(by_name).transform("nunique")
    only_number = number.groupby(by_name).transform("first")
    # In a family, a row without the number means the one whose number other rows give, if there is but one.
    settled = number.where(~(scope.notna() & number.isna() & numbers.eq(1)), only_number)
    alone = scope.isna() & (settled.isna() | named["name_key"].eq(""))
    together = [scope.fillna(""), named["name_key"], settled.fillna(""), named["record_id"].where(alone, "")]
    codes = named.groupby(together, sort=False).ngroup()
    # groupby.first takes the first value present, so the number of a later row is kept.
    filled = named.groupby(codes, sort=True)[
        [column for column in MENTION_COLUMNS if column not in ("mention_id", "record_id")]
    ]
    merged = filled.first()
    first = named.groupby(codes, sort=True)[["mention_id", "record_id"]].first()
    return merged.join(first)[list(MENTION_COLUMNS)]


def typed_mentions(mentions: pd.DataFrame) -> pd.DataFrame:
    texts = [column for column in MENTION_COLUMNS if column not in ("birth_date", "birth_year", "custody_start")]
    typed = mentions[list(MENTION_COLUMNS)].astype(dict.fromkeys(texts, "str"))
    return typed.astype({"birth_date": "datetime64[s]", "birth_year": "Int64", "custody_start": "datetime64[s]"})
