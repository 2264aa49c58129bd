"""Ids that stay: opaque, never used twice, carried from month to month by what identifies a mention."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from palayesh.linkage.names import over_distinct
from palayesh.linkage.standardise import phones_of

_FIRST_MONTH = 1390 * 12
FIRST_LOOSE = 4
"""Keys of this rank and beyond say nothing where two persons share them."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


def key_numbers(texts: pd.Series) -> np.ndarray:
    """A whole number of 64 bits that stands for each text (none of them missing), the same in every run."""
    return pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False)


def key_texts(numbers: np.ndarray) -> pd.Series:
    """The numbers as they are kept: sixteen hexadecimal digits each, in the order of the numbers."""
    digits = pa.py_buffer(numbers.astype(">u8").tobytes().hex().encode())
    ends = pa.py_buffer(np.arange(0, 16 * len(numbers) + 1, 16, dtype=np.int64))
    texts = pa.LargeStringArray.from_buffers(len(numbers), ends, digits)
    return pd.Series(pd.array(texts, dtype="str"))


def kept_numbers(texts: pd.Series) -> np.ndarray:
    """The numbers that `key_texts` wrote."""
    return np.frombuffer(bytes.fromhex("".join(texts.to_numpy(dtype=object))), dtype=">u8").astype(np.uint64)


def pair_ids(one: pd.Series, other: pd.Series) -> pd.Series:
    """The id of the question whether two identity keys are one person, for each pair: the same in every month, in either order."""
    swapped = (one > other).to_numpy()
    return key_texts(key_numbers(one.mask(swapped, other) + " " + other.mask(swapped, one)))


def pair_id_of(one: str, other: str) -> str:
    """`pair_ids` of one pair."""
    return str(pair_ids(pd.Series([one], dtype="str"), pd.Series([other], dtype="str")).iloc[0])


def identity_keys(table: pd.DataFrame) -> pd.DataFrame:
    """``node``, ``key`` (`key_numbers`), ``rank``: what names a mention again next month, the surest first.

    Rank 0: number and given name; 1: the agency's own key with list, role and given name; 2: names, father's name and
    birth; 3: for mentions without any of these, list, family, role and names. From 4 on, what is left of these when one of
    them is written otherwise next month. Hashed, so that a ledger shows nobody's number.
    """
    first, last, father = (table[name].fillna("") for name in ("first_sound", "last_sound", "father_sound"))
    number = table["number_valid"].fillna(table["number_other"])
    by_number = _text("n", number, first)
    by_agency = _text("a", table["list_key"], table["agency_key"], table["role"], first)
    birth = table["birth_text"].fillna(table["year"].astype("str"))
    by_name = _text("b", first, table["last_sound"], table["father_sound"], birth)
    alone = by_number.isna() & by_agency.isna() & by_name.isna()
    family, birth = table["family_key"].fillna(""), birth.fillna("")
    by_rest = _text("c", table["list_key"], family, table["role"], first, last, father, birth).where(alone)
    loose = loose_keys(table)
    parts = [
        pd.DataFrame({"node": key.index, "key": key_numbers(key), "rank": rank})
        for rank, key in enumerate(key.dropna() for key in (by_number, by_agency, by_name, by_rest, *loose))
    ]
    return pd.concat(parts, ignore_index=True)


def surest_keys(keys: pd.DataFrame) -> pd.Series:
    """The surest of the `identity_keys` of each mention, as it is kept; indexed by its place."""
    surest = keys.drop_duplicates("node").sort_values("node")
    return key_texts(surest["key"].to_numpy()).set_axis(surest["node"].to_numpy())


def _agency_of(list_key: str) -> str:
    return list_key.partition("/")[0]


def _letters(name: str) -> str:
    return "".join(sorted(name))


def loose_keys(table: pd.DataFrame) -> list[pd.Series]:
    """Keys that outlive a slip in one field; two persons may share one, and then it says nothing (`assign_ids`)."""
    first, last, father, day = (table[name] for name in ("first_sound", "last_sound", "father_sound", "birth_day"))
    number = table["number_valid"].fillna(table["number_other"])
    family, county, list_key = table["family_key"], table["county"], table["list_key"]
    prisoner = table["is_prisoner"].eq(True).fillna(False).map({True: "prisoner", False: "member"}).astype("str")
    phones = phones_of(table)
    first_phone, last_phone = (
        phones.drop_duplicates("record", keep=keep).set_index("record")["phone"].reindex(table.index)
        for keep in ("first", "last")
    )
    # Its letters alone: next month the same name may be cut elsewhere, or its parts exchanged.
    name = over_distinct(first + last, _letters)
    own_key = (list_key, table["agency_key"], table["role"])
    return [
        _text("d", number),
        _text("w", number, name),
        _text("f", family, prisoner, first),
        _text("g", family, day),
        _text("h", name, day),
        _text("l", name, father),
        _text("k", name, table["prison"], table["held_since"]),
        _text("p", name, first_phone),
        _text("p", name, last_phone),
        _text("j", name, county, over_distinct(list_key, _agency_of)),
        _text("s", *own_key, last),
        _text("t", *own_key, name),
    ]


def _text(kind: str, *parts: pd.Series) -> pd.Series:
    """The parts joined by strokes, after the kind of key; missing where any of them is."""
    texts = pa.large_string()
    columns = (pa.array(part, type=texts, from_pandas=True) for part in parts)
    joined = pc.binary_join_element_wise(pa.scalar(kind, texts), *columns, pa.scalar("|", texts))
    return pd.Series(pd.array(joined, dtype="str"), index=parts[0].index)


_PAIRS_OF_SIGNS = [one + other for one in _ALPHABET for other in _ALPHABET]


def _era(month: str) -> str:
    """Two characters that order the months."""
    year, number = (int(part) for part in month.split("-"))
    return _PAIRS_OF_SIGNS[(year * 12 + number - 1 - _FIRST_MONTH) % 1024]


def _new_ids(prefix: str, month: str, seeds: list[str], taken: set[str]) -> list[str]:
    """An id for each seed: the month of birth and eight characters of a digest; of another digest where the id is ``taken``."""
    found = []
    begin, of_month = prefix + _era(month), f"{prefix}|{month}"
    for seed in seeds:
        attempt, fresh = 0, None
        while fresh is None or fresh in taken:
            number = int.from_bytes(hashlib.sha256(f"{of_month}|{seed}|{attempt}".encode()).digest()[:5], "big")
            first, second = _PAIRS_OF_SIGNS[number >> 30], _PAIRS_OF_SIGNS[number >> 20 & 1023]
            fresh = begin + first + second + _PAIRS_OF_SIGNS[number >> 10 & 1023] + _PAIRS_OF_SIGNS[number & 1023]
            attempt += 1
        taken.add(fresh)
        found.append(fresh)
    return found


def assign_ids(
    keys: pd.DataFrame, *, count: int, previous: pd.DataFrame, entity: str, prefix: str, month: str
) -> tuple[ExtensionArray, pd.DataFrame, pd.DataFrame]:
    """The id of each of ``count`` clusters, the new ledger, and what happened to ids.

    ``keys``: ``cluster``, ``key`` (`key_numbers`), and ``rank`` where some of them are loose. ``previous``: last month's ledger. An old id is
    at home in the cluster that holds most of its keys, so the smaller part of a split gets a new id. A cluster in which several
    ids are at home keeps the oldest (ids sort by age); the others are *merged* into it, and are its aliases. A cluster that held
    part of an old id and is nobody's home is *split*. Keys not met this month stay in the ledger, so that who comes back has the same id.
    """
    known = previous.loc[previous["entity"].eq(entity), ["identity_key", "id"]]
    every = np.concatenate([keys["key"].to_numpy(dtype=np.uint64), kept_numbers(known["identity_key"])])
    numbers, codes = np.unique(every, return_inverse=True)
    codes, known_keys = codes[: len(keys)], codes[len(keys) :]
    known_ids, old_ids = pd.factorize(known["id"], sort=True)
    held_keys, held_by = _held(codes, keys["cluster"].to_numpy(dtype=np.int64), _loose(keys, codes, len(numbers)))

    old_of_key = np.full(len(numbers), -1, dtype=np.int64)
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

    old_of_cluster = np.full(count, -1, dtype=np.int64)
    old_of_cluster[kept["cluster"]] = kept["id"]
    new = np.flatnonzero(old_of_cluster < 0)
    first_key = np.full(count, len(numbers), dtype=np.int64)
    np.minimum.at(first_key, keys["cluster"].to_numpy(dtype=np.int64), codes)
    texts = key_texts(numbers)
    seeds = texts.reindex(first_key[new]).fillna("cluster " + pd.Series(new, index=first_key[new]).astype("str"))
    fresh = _new_ids(prefix, month, seeds.tolist(), set(old_ids))
    every_id = pd.array([*old_ids, *fresh], dtype="str")
    id_of = old_of_cluster.copy()
    id_of[new] = len(old_ids) + np.arange(len(new))

    # An old key that was not met leads to the id that its own id became.
    heir_of = np.append(np.arange(len(old_ids)), -1)
    heir_of[lost["id"]] = old_of_cluster[lost["cluster"]]
    place = heir_of[old_of_key]
    place[held_keys] = id_of[held_by]
    there = np.flatnonzero(place >= 0)
    ledger = pd.DataFrame(
        {
            "entity": pd.array([entity], dtype="str").take(np.zeros(len(there), dtype=np.int64)),
            "identity_key": texts.array.take(there),
            "id": every_id.take(place[there]),
        }
    )
    is_born = ~np.isin(new, parted["cluster"])
    events = {
        "born": (id_of[new[is_born]], np.full(int(is_born.sum()), -1)),
        "merged": (old_of_cluster[lost["cluster"]], lost["id"].to_numpy()),
        "split": (parted["id"].to_numpy(), id_of[parted["cluster"]]),
    }
    return every_id.take(id_of), ledger, _events(entity, events, every_id)


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
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, dtype=np.int64)
    clusters = np.diff(np.r_[starts, len(key)])
    best = np.flatnonzero(counts == np.repeat(np.maximum.reduceat(counts, starts), clusters)) if len(key) else starts
    first = best[np.searchsorted(best, starts)]
    names = ~loose[key[starts]] | (clusters == 1)
    return key[starts][names], holder[first][names]


def _events(entity: str, events: dict[str, tuple[np.ndarray, np.ndarray]], ids: ExtensionArray) -> pd.DataFrame:
    """What happened by kind: the places among ``ids`` of the id and of the other id (−1: none)."""
    parts = [
        pd.DataFrame({"kind": kind, "id": ids.take(one), "other_id": ids.take(other, allow_fill=True)})
        for kind, (one, other) in events.items()
    ]
    table = (
        pd.concat(parts, ignore_index=True).assign(entity=entity)[["entity", "kind", "id", "other_id"]].astype("str")
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
