"""Ids that stay: opaque, never used twice, carried from month to month by what identifies a mention."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from palayesh.linkage.names import over_distinct

_FIRST_MONTH = 1390 * 12
FIRST_LOOSE = 4
"""Keys of this rank and beyond say nothing where two persons share them."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


def hashed(texts: pd.Series) -> pd.Series:
    """Sixteen hexadecimal digits that stand for each text, the same in every run; missing stays missing."""
    codes, distinct = pd.factorize(texts.astype("str"))
    numbers = pd.util.hash_array(np.asarray(distinct, dtype=object), categorize=False)
    keys = np.array([*(f"{number:016x}" for number in numbers.tolist()), None], dtype=object)
    return pd.Series(keys[codes], index=texts.index, dtype="str")


def pair_id_of(one: str, other: str) -> str:
    """The id of the question whether these two identity keys are one person: the same in every month, in either order."""
    return str(hashed(pd.Series([" ".join(sorted((one, other)))], dtype="str")).iloc[0])


def identity_keys(table: pd.DataFrame) -> pd.DataFrame:
    """``node``, ``identity_key``, ``rank``: what names a mention again next month, the surest first.

    Rank 0: number and given name; 1: the agency's own key with list, role and given name; 2: names, father's name and
    birth; 3: for mentions without any of these, list, family, role and names. From 4 on, what is left of these when one of
    them is written otherwise next month. Hashed, so that a ledger shows nobody's number.
    """
    first = table["first_sound"].fillna("")
    number = table["number_valid"].fillna(table["number_other"]).astype("str")
    by_number = ("n|" + number + "|" + first).where(number.notna())
    by_agency = "a|" + table["list_key"] + "|" + table["agency_key"] + "|" + table["role"] + "|" + first
    birth = table["birth_text"].fillna(table["year"].astype("str"))
    by_name = "b|" + first + "|" + table["last_sound"] + "|" + table["father_sound"] + "|" + birth
    has_any = by_number.notna() | by_agency.notna() | by_name.notna()
    names = (
        first + "|" + table["last_sound"].fillna("") + "|" + table["father_sound"].fillna("") + "|" + birth.fillna("")
    )
    rest = "c|" + table["list_key"] + "|" + table["family_key"].fillna("") + "|" + table["role"] + "|" + names
    by_rest = rest.where(~has_any)
    loose = loose_keys(table)
    parts = [
        pd.DataFrame({"node": table.index, "identity_key": hashed(key), "rank": rank})
        for rank, key in enumerate((by_number, by_agency, by_name, by_rest, *loose))
    ]
    keys = pd.concat(parts, ignore_index=True).dropna(subset=["identity_key"])
    return keys.sort_values(["node", "rank"], ignore_index=True)


def _agency_of(list_key: str) -> str:
    return list_key.partition("/")[0]


def _letters(name: str) -> str:
    return "".join(sorted(name))


def loose_keys(table: pd.DataFrame) -> list[pd.Series]:
    """Keys that outlive a slip in one field; two persons may share one, and then it says nothing (`assign_ids`)."""
    first, last, father, day = (table[name] for name in ("first_sound", "last_sound", "father_sound", "birth_day"))
    number = table["number_valid"].fillna(table["number_other"]).astype("str")
    family = table["family_key"]
    prisoner = table["is_prisoner"].eq(True).fillna(False).map({True: "prisoner", False: "member"}).astype("str")
    first_phone, last_phone = (table["phone_list"].str[place].astype("str") for place in (0, -1))
    # Its letters alone: next month the same name may be cut elsewhere, or its parts exchanged.
    name = over_distinct(first + last, _letters)
    own_key = table["list_key"] + "|" + table["agency_key"] + "|" + table["role"]
    return [
        "d|" + number,
        "w|" + number + "|" + name,
        "f|" + family + "|" + prisoner + "|" + first,
        "g|" + family + "|" + day,
        "h|" + name + "|" + day,
        "l|" + name + "|" + father,
        "k|" + name + "|" + table["prison"] + "|" + table["held_since"],
        *("p|" + name + "|" + phone.where(phone.ne("")) for phone in (first_phone, last_phone)),
        "j|" + name + "|" + table["county"] + "|" + over_distinct(table["list_key"], _agency_of),
        "s|" + own_key + "|" + last,
        "t|" + own_key + "|" + name,
    ]


_PAIRS_OF_SIGNS = [one + other for one in _ALPHABET for other in _ALPHABET]


def _era(month: str) -> str:
    """Two characters that order the months."""
    year, number = (int(part) for part in month.split("-"))
    return _PAIRS_OF_SIGNS[(year * 12 + number - 1 - _FIRST_MONTH) % 1024]


def _new_id(prefix: str, month: str, seed: str, taken: set[str]) -> str:
    """The month of birth and eight characters of a digest; another digest if the id is taken."""
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{prefix}|{month}|{seed}|{attempt}".encode()).digest()
        number = int.from_bytes(digest[:5], "big")
        signs = "".join(_PAIRS_OF_SIGNS[number >> shift & 1023] for shift in (30, 20, 10, 0))
        candidate = prefix + _era(month) + signs
        if candidate not in taken:
            return candidate
        attempt += 1


def assign_ids(
    keys: pd.DataFrame, *, count: int, previous: pd.DataFrame, entity: str, prefix: str, month: str
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """The id of each of ``count`` clusters, the new ledger, and what happened to ids.

    ``keys``: ``cluster``, ``identity_key``, and ``rank`` where some of them are loose. ``previous``: last month's ledger. An old id is
    at home in the cluster that holds most of its keys, so the smaller part of a split gets a new id. A cluster in which several
    ids are at home keeps the oldest (ids sort by age); the others are *merged* into it, and are its aliases. A cluster that held
    part of an old id and is nobody's home is *split*. Keys not met this month stay in the ledger, so that who comes back has the same id.
    """
    known = previous.loc[previous["entity"].eq(entity), ["identity_key", "id"]].drop_duplicates("identity_key")
    # Whole numbers for the keys and the old ids, in their order: texts are slow to group.
    codes, texts = pd.factorize(pd.concat([keys["identity_key"], known["identity_key"]]).astype("str"), sort=True)
    codes, known_keys = codes[: len(keys)], codes[len(keys) :]
    known_ids, old_ids = pd.factorize(known["id"], sort=True)
    held_keys, held_by = _held(codes, keys["cluster"].to_numpy(dtype=np.int64), _loose(keys, codes, len(texts)))

    old_of_key = np.full(len(texts), -1, dtype=np.int64)
    old_of_key[known_keys] = known_ids
    met = old_of_key[held_keys] >= 0
    votes = pd.DataFrame({"id": old_of_key[held_keys][met], "cluster": held_by[met]})
    votes = votes.value_counts(sort=False).rename("count").reset_index()
    votes = votes.sort_values(["id", "count", "cluster"], ascending=[True, False, True], kind="stable")
    homes = votes.drop_duplicates("id")
    kept = homes.drop_duplicates("cluster")
    lost = homes[~homes["id"].isin(kept["id"])]
    parted = votes[~votes["cluster"].isin(kept["cluster"])]
    parted = parted.sort_values(["cluster", "count"], ascending=[True, False], kind="stable").drop_duplicates("cluster")

    ids = np.full(count, None, dtype=object)
    ids[kept["cluster"]] = old_ids.to_numpy(dtype=object)[kept["id"]]
    claims = dict(zip(parted["cluster"].tolist(), old_ids.take(parted["id"].to_numpy()).tolist(), strict=True))
    gone = dict(zip(old_ids.take(lost["id"].to_numpy()).tolist(), ids[lost["cluster"]].tolist(), strict=True))
    events: list[tuple[str, str, str | None]] = []
    first_key = np.full(count, len(texts), dtype=np.int64)
    np.minimum.at(first_key, keys["cluster"].to_numpy(dtype=np.int64), codes)
    taken = set(old_ids.tolist())
    new = np.flatnonzero(pd.isna(ids))
    seeds = pd.Series(texts, dtype="str").reindex(first_key[new]).fillna("")
    for cluster, seed in zip(new.tolist(), seeds, strict=True):
        fresh = _new_id(prefix, month, seed or f"cluster {cluster}", taken)
        taken.add(fresh)
        ids[cluster] = fresh
        events.append(("split", claims[cluster], fresh) if cluster in claims else ("born", fresh, None))
    events += [("merged", heir, old) for old, heir in gone.items()]

    # An old key that was not met leads to the id that its own id became.
    heirs = [*(gone.get(old, old) for old in old_ids.tolist()), None]
    # Where the id of each key stands among these: the last heir is nobody's.
    any_id = pd.Series([*heirs, *ids.tolist()], dtype="str")
    place = np.where(old_of_key < 0, len(heirs) - 1, old_of_key)
    place[held_keys] = len(heirs) + held_by
    there = np.flatnonzero(any_id.notna().to_numpy()[place])
    ledger = pd.DataFrame(
        {
            "entity": pd.Series(entity, index=range(len(there)), dtype="str"),
            "identity_key": pd.array(texts.take(there), dtype="str"),
            "id": any_id.array.take(place[there]),
        }
    )
    return ids, ledger, _events(entity, events)


def _loose(keys: pd.DataFrame, codes: np.ndarray, count: int) -> np.ndarray:
    """Which of ``count`` keys are loose for any of their holders."""
    loose = np.zeros(count, dtype=bool)
    if "rank" in keys:
        loose[codes[keys["rank"].to_numpy() >= FIRST_LOOSE]] = True
    return loose


def _held(codes: np.ndarray, cluster: np.ndarray, loose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each key that names a cluster, rising, and the cluster: the one with most of its holders, the smallest where two have as many. A
    loose key of two clusters names neither."""
    width = np.int64(cluster.max(initial=0)) + 1
    both, counts = np.unique(codes * width + cluster, return_counts=True)
    key, holder = both // width, both % width
    order = np.lexsort((holder, -counts, key))
    found, first, clusters = np.unique(key[order], return_index=True, return_counts=True)
    names = ~loose[found] | (clusters == 1)
    return found[names], holder[order][first][names]


def _events(entity: str, events: Iterable[tuple[str, str, str | None]]) -> pd.DataFrame:
    table = pd.DataFrame([(entity, *event) for event in events], columns=["entity", "kind", "id", "other_id"]).astype(
        "str"
    )
    return table.sort_values(["kind", "id", "other_id"], ignore_index=True)


ALIAS_COLUMNS = ("entity", "alias", "id", "since")


def aliases_after(previous: pd.DataFrame, events: pd.DataFrame, *, month: str) -> pd.DataFrame:
    """Every id that was ever merged away and the id that stands for it now: ``entity``, ``alias``, ``id``, ``since`` (the month).

    ``previous``: last month's aliases or an empty frame; ``events``: this month's ``id_events``. An alias of an alias leads to the
    end, so one look is enough. Aliases are for ever: ids are never used again.
    """
    merged = events.loc[events["kind"].eq("merged"), ["entity", "id", "other_id"]]
    fresh = merged.rename(columns={"other_id": "alias"}).assign(since=month)
    heir = dict(zip(fresh["entity"] + fresh["alias"], fresh["id"], strict=True))
    old = previous.reindex(columns=list(ALIAS_COLUMNS))
    # This month's heirs were never merged away this month, so one step is enough for old aliases too.
    moved = [heir.get(entity + current, current) for entity, current in zip(old["entity"], old["id"], strict=True)]
    table = pd.concat([old.assign(id=moved), fresh[list(ALIAS_COLUMNS)]], ignore_index=True)
    table = table.drop_duplicates(["entity", "alias"], keep="last").astype("str")
    return table.sort_values(["entity", "alias"], ignore_index=True)


def resolve_ids(ids: pd.Series, aliases: pd.DataFrame, *, entity: str) -> pd.Series:
    """Each id as it is now: an alias becomes the id that stands for it, any other stays."""
    known = aliases[aliases["entity"].eq(entity)].set_index("alias")["id"]
    return ids.map(known).astype("str").fillna(ids)
