"""Mentions as the console shows them: what a record says of a person, where it stands, and how rare its names are."""

from __future__ import annotations

import pandas as pd

from palayesh.distinct import is_among

CARD_FIELDS = (
    "first_name", "last_name", "full_name", "father_name", "national_id", "national_id_status", "birth_date", "sex", "county",
    "phones", "relation", "family_key",
)  # fmt: skip
SEEN_FIELDS = (
    "first_name", "last_name", "full_name", "father_name", "national_id", "birth_date", "sex",
)  # fmt: skip
"""By these a judgement is given: while they stay, it stands."""
RARITY_FIELDS = ("first_name", "last_name", "full_name", "father_name")


def cards_of(
    mentions: pd.DataFrame,
    linked: pd.DataFrame,
    members: pd.DataFrame,
    places: pd.DataFrame,
    keys: pd.DataFrame,
    households: set[str],
) -> pd.DataFrame:
    """One card per mention of the ``households``: ``mention_id``, ``person_id``, ``household_id``, ``agency``, ``identity_key``, ``card``.

    ``places``: ``record_id`` with ``submission_id``, ``sheet``, ``row``. ``keys``: ``mention_id``, ``identity_key``.
    ``members``: the relation of each person in his household. Rarity is the number of mentions of the month with that name.
    """
    shown = linked.loc[linked["household_id"].isin(households), ["mention_id", "person_id", "household_id"]]
    said = mentions[is_among(mentions["mention_id"], shown["mention_id"])].merge(shown, on="mention_id")
    said = said.merge(places, on="record_id", how="left").merge(keys, on="mention_id", how="left")
    said = said.merge(
        members[["person_id", "relation", "is_prisoner"]].rename(columns={"relation": "family_relation"}),
        on="person_id",
        how="left",
    )
    texts = said_texts(said)
    for field in RARITY_FIELDS:
        counts = mentions[field].value_counts()
        texts[f"{field}_count"] = said[field].map(counts).astype("Int64")
    cards = texts.assign(
        list_key=said["list_key"],
        role=said["role"],
        record_id=said["record_id"],
        submission_id=said["submission_id"],
        sheet=said["sheet"],
        row=said["row"].astype("Int64"),
        family_relation=said["family_relation"],
        is_prisoner=said["is_prisoner"],
    ).astype(object)
    cards = cards.where(cards.notna(), None)
    return pd.DataFrame(
        {
            "mention_id": said["mention_id"],
            "person_id": said["person_id"],
            "household_id": said["household_id"],
            "agency": said["list_key"].str.split("/").str[0],
            "identity_key": said["identity_key"].fillna(""),
            "card": cards.to_dict(orient="records"),
        }
    )


def said_texts(mentions: pd.DataFrame) -> pd.DataFrame:
    """The fields of a card as text: days as ``1990-05-21``, or the Solar Hijri year alone; the digits as typed where a number is invalid."""
    texts = pd.DataFrame({field: mentions[field] for field in CARD_FIELDS if field != "birth_date"})
    texts["national_id"] = mentions["national_id"].fillna(mentions["national_id_digits"])
    texts["birth_date"] = (
        mentions["birth_date"].dt.strftime("%Y-%m-%d").astype("str").fillna(mentions["birth_year"].astype("str"))
    )
    texts["phones"] = mentions["phones"].str.replace(";", " ")
    return texts[list(CARD_FIELDS)]


def digests(mentions: pd.DataFrame) -> pd.Series:
    """Sixteen digits per mention that change when anything by which a judgement is given changes. Indexed by mention_id."""
    texts = said_texts(mentions)[list(SEEN_FIELDS)].astype("str").fillna("")
    if texts.empty:
        return pd.Series(dtype="str")
    joined = texts[SEEN_FIELDS[0]]
    for field in SEEN_FIELDS[1:]:
        joined = joined + "|" + texts[field]
    numbers = pd.util.hash_array(joined.to_numpy(dtype=object), categorize=False)
    return pd.Series([f"{number:016x}" for number in numbers], index=mentions["mention_id"].to_numpy(), dtype="str")
