"""Records of a month: the mentions that the exact tier made one, one line each, with what is compared and blocked on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.linkage.arrays import distinct
from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.names import forms_over_distinct, one_byte, skeleton, sound
from palayesh.linkage.settings import LinkageSettings
from palayesh.linkage.standardise import phones_of

SCALARS = (
    "first",
    "last",
    "father",
    "birth_day",
    "year",
    "birth_other",
    "year_other",
    "sex",
    "county",
    "number_valid",
    "number",
    "prison",
    "held_since",
)


def most_voted(label: np.ndarray, value: pd.Series, votes: np.ndarray | None = None) -> pd.Series:
    """The value with most votes under each label that has any, one vote each unless they are given; ties go to the smallest value.
    Indexed by label."""
    codes, distinct = pd.factorize(value, sort=True, use_na_sentinel=True)
    known = codes >= 0
    # One number for label and value: texts and rows of two are slow to group.
    width = np.int64(max(len(distinct), 1))
    both, place = np.unique(label[known] * width + codes[known], return_inverse=True)
    sums = np.bincount(place, weights=None if votes is None else votes[known], minlength=len(both))
    owner = both // width
    order = np.lexsort((both, -sums, owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    return pd.Series(distinct.take(both[first] % width), index=owner[first], dtype=value.dtype)


def rarely_shared(owner: np.ndarray, value: pd.Series, largest_block: int, fewest: int = 2) -> pd.DataFrame:
    """Distinct (``owner``, ``value``) of values that ``fewest`` to ``largest_block`` owners share."""
    shared = pd.DataFrame({"owner": owner, "value": value.to_numpy()}).dropna().drop_duplicates()
    counts = shared.groupby("value")["owner"].transform("size")
    return shared[counts.between(fewest, largest_block)]


def relatives(case: pd.Series, label: np.ndarray, largest_block: int) -> pd.DataFrame:
    """Pairs ``owner``, ``value``: the clusters (``value``) named in one family with a cluster (``owner``).

    Only relatives met in two families or more can tell anything, and only those with few enough families.
    """
    members = pd.DataFrame({"case": case, "owner": label}).drop_duplicates()
    known = members.assign(families=members.groupby("owner")["case"].transform("size"))
    known = known[known["families"].between(2, largest_block)].rename(columns={"owner": "value"})
    pairs = members.merge(known[["case", "value"]], on="case")
    return pairs.loc[pairs["owner"] != pairs["value"], ["owner", "value"]]


CODES_OF_REVIEWS = ("relief_support", "relief_referral")
"""A review of the Committee names the family by the code of one of these lists; all other lists have codes of their own."""
_RARE_NAME = 4
"""A prisoner's name that more families than this bring along says nothing of them."""


def prisoners_names(table: pd.DataFrame) -> pd.DataFrame:
    """``mention``, ``value``: the name (as a whole number) of the prisoner whose family it is, where few families bring it along. To have
    one in common speaks for a family; to have none says nothing, for a name is written in many ways."""
    name = table["first_sound"] + " " + table["last_sound"]
    prisoner = table["is_prisoner"].eq(True).fillna(False)
    named = pd.DataFrame({"case": table["case"], "value": pd.factorize(name)[0]})[prisoner & name.notna()]
    named = named.drop_duplicates()
    named = named[named.groupby("value")["case"].transform("size").le(_RARE_NAME)]
    members = pd.DataFrame({"case": table["case"], "mention": table.index})[~prisoner]
    return members.merge(named, on="case")[["mention", "value"]]


def family_codes(table: pd.DataFrame) -> pd.DataFrame:
    """``mention``, ``value``: the family codes (as whole numbers) under which each is named, in the scope of the list that gave them. To have
    one in common speaks for a family; to have none says nothing, for every list has codes of its own."""
    code = table["family_key"].str.replace("^.*?:", "", regex=True)
    role = table["list_role"]
    is_review = role.eq("relief_review").fillna(False)
    parts = [(~is_review, role.where(role.isin(CODES_OF_REVIEWS), table["list_key"]))]
    parts += [(is_review, pd.Series(of, index=table.index)) for of in CODES_OF_REVIEWS]
    coded = pd.concat([scope[chosen] + " " + code[chosen] for chosen, scope in parts]).dropna()
    return pd.DataFrame({"mention": coded.index, "value": pd.factorize(coded)[0]})


def records_of(table: pd.DataFrame, label: np.ndarray, judge: NameJudge, settings: LinkageSettings) -> pd.DataFrame:
    """One record per label with the most frequent value of each field and all its phones; missing is missing in every column.

    ``label`` counts from 0 without gaps, one per mention; the record's ``uid`` is its label. Of ``table``, the columns `SCALARS` are
    categories. The columns of the records are those of
    `records.comparable`, with ``phone_list``, ``prisoner`` (yes or no), ``is_on_custody_list``, ``county_neighbours`` (codes, as text).
    """
    count = int(label.max()) + 1 if len(label) else 0
    records = pd.DataFrame({"uid": np.arange(count)})
    for column in SCALARS:
        values = table[column].cat.categories.dtype
        records[column] = most_voted(label, table[column]).reindex(records["uid"]).astype(values).array
    for column in ("year", "year_other"):
        records[column] = records[column].astype("Int64")
    records["number"] = records["number_valid"].astype("str").fillna(records["number"].astype("str"))
    records["birth"] = records["birth_day"].astype("str").fillna(records["year"].astype("str") + "0101")
    records["month_day"] = records["birth_day"].str[4:]
    for column in ("first", "last", "father"):
        forms = forms_over_distinct(records[column], sound, skeleton, one_byte)
        records[f"{column}_sound"], records[f"{column}_skeleton"], records[f"{column}_code"] = forms
        records[f"{column}_is_established"] = records[column].isin(judge.established)
    for column in ("birth_day", "birth_other", "month_day", "sex", "county", "number_valid", "prison", "held_since"):
        records[column] = records[column].astype("str")
    # Counties are codes here, and no code is a slip for another: where neighbours are told, even that there are none, nearness is theirs.
    records["county_code"] = records["county"]
    neighbours = {county: " ".join(codes) for county, codes in settings.neighbours.items()}
    records["county_neighbours"] = records["county"].map(neighbours).fillna("").astype("str")
    records["prisoner"] = pd.array(_yes_or_no(label, table["is_prisoner"], count), dtype="str")

    phones = phones_of(table)
    codes, texts = pd.factorize(phones["phone"], sort=True)
    shared = rarely_shared(label[phones["record"]], pd.Series(codes), settings.model.largest_block, 1)
    records["phone_list"] = _lists(shared, texts, count)
    held = pd.Series(label).where(table["list_role"].eq("custody").fillna(False).to_numpy()).dropna().unique()
    records["is_on_custody_list"] = records["uid"].isin(held)
    return records


def _yes_or_no(label: np.ndarray, said: pd.Series, count: int) -> np.ndarray:
    """Whether any mention of each label says yes; no where one says no and none yes; missing where none says anything."""
    answer = np.full(count, None, dtype=object)
    for truth, word in ((False, "no"), (True, "yes")):
        answer[distinct(label[said.eq(truth).fillna(False).to_numpy(dtype=bool)])] = word
    return answer


def _lists(pairs: pd.DataFrame, texts: pd.Index, count: int) -> pd.Series:
    """The values of each owner (their places among ``texts``) as a list in order; None where there is none."""
    lists = np.full(count, None, dtype=object)
    ordered = pairs.sort_values(["owner", "value"])
    values = texts.take(ordered["value"].to_numpy()).tolist()
    owners, starts = np.unique(ordered["owner"].to_numpy(), return_index=True)
    for owner, start, end in zip(owners.tolist(), starts.tolist(), [*starts[1:].tolist(), len(values)], strict=False):
        lists[owner] = values[start:end]
    return pd.Series(lists, dtype="object")
