"""Candidate pairs of plain lists: keys that records may share, chosen by how many pairs each would make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from palayesh.linkage.arrays import are_in, distinct

KEYS: tuple[tuple[str, ...], ...] = (
    ("number",),
    ("external",),
    ("birth_day", "first_skeleton"),
    ("birth_day", "last_skeleton"),
    ("first_skeleton", "last_skeleton", "year"),
    ("first_skeleton", "last_skeleton", "father_skeleton"),
    ("phone", "first_skeleton"),
    ("postal", "first_skeleton"),
    ("postal", "last_skeleton", "year"),
    ("address", "first_skeleton"),
    ("first_sound", "last_sound", "month_day"),
    ("last_sound", "father_sound", "year"),
    ("first_sound", "last_sound", "county"),
    ("number_start", "first_skeleton"),
    ("number_end", "first_skeleton"),
    ("external_start", "first_skeleton"),
    ("external_end", "first_skeleton"),
    ("first_skeleton", "father_skeleton", "year", "county"),
    ("birth_day", "county"),
    ("birth_day", "father_sound"),
    ("birth_day", "postal"),
    ("phone",),
    ("birth_day", "first_start"),
    ("birth_day", "last_start"),
    ("address",),
    ("last_sound", "first_sound"),
    ("postal", "last_sound"),
    ("birth_day",),
    ("first_start", "last_start", "year"),
    ("first_skeleton", "year", "postal_start"),
    ("first_skeleton", "year", "county"),
    ("last_skeleton", "year", "county"),
    ("occupation", "last_skeleton"),
    ("month_day", "last_skeleton"),
    ("month_day", "first_skeleton", "county"),
    ("rare_word", "first_start"),
    ("rare_word", "last_start"),
    ("rare_word", "postal"),
    ("postal", "county", "year"),
    ("postal", "first_start"),
    ("postal", "last_start"),
    ("county", "first_start", "last_start"),
    ("rare_word",),
    ("postal", "county"),
    ("month_day", "last_start"),
    ("month_day", "first_start"),
    ("month_day", "county"),
    ("county", "first_sound"),
    ("county", "last_sound"),
    ("first_start", "last_start"),
    ("first_sound", "year"),
    ("last_sound", "year"),
    ("postal",),
    ("first_start", "last_start", "month_day"),
    ("first_start", "year_month"),
    ("last_start", "year_month"),
    ("first_start", "year", "day"),
    ("last_start", "year", "day"),
    ("first_sound", "last_start"),
    ("first_start", "last_sound"),
    ("first_end", "last_end", "year"),
    ("first_end", "birth_day"),
    ("last_end", "birth_day"),
    ("first_end", "last_sound"),
    ("first_sound", "last_end"),
    ("first_start", "last_start", "day"),
)
"""A pair needs to share one key whole, with no part of it missing."""


_LARGEST_SHARE = 0.5
"""A key that by itself would make more than this share of all pairs parts too little (the first digits of a number, say)."""


def part_of(table: pd.DataFrame, name: str, halves: dict[str, int]) -> pd.Series:
    """The values of one part of a key; the rarest word is not among them. ``halves``: where a number is cut in two."""
    whole, _, piece = name.rpartition("_")
    if whole in halves:
        long_enough = table[whole].where(table[whole].str.len() >= 6)
        return long_enough.str[: halves[whole]] if piece == "start" else long_enough.str[halves[whole] :]
    if whole in ("first", "last") and piece in ("start", "end"):
        sounds = table[f"{whole}_sound"]
        return sounds.str[:3] if piece == "start" else sounds.str[-3:]
    if name == "year_month":
        return table["birth_day"].str[:6]
    if name == "day":
        return table["birth_day"].str[6:]
    return table["postal"].str[:3] if name == "postal_start" else table[name]


def _column_of(name: str) -> str:
    """The column that a part of a key is made from."""
    if name in ("year_month", "day"):
        return "birth_day"
    whole, _, piece = name.rpartition("_")
    if piece not in ("start", "end"):
        return name
    return f"{whole}_sound" if whole in ("first", "last") else whole


def halves_of(table: pd.DataFrame) -> dict[str, int]:
    """Where the numbers of these lists are cut in two."""
    return {
        name: int(table[name].str.len().max()) // 2 if table[name].notna().any() else 0
        for name in ("number", "external")
        if name in table
    }


def key_parts(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Every part of a key as whole numbers, −1 where it is missing; no part of a column that these records do not have."""
    halves = halves_of(table)
    wanted = sorted({name for names in KEYS for name in names if _column_of(name) in table} - {"rare_word", "year"})
    codes = {name: _numbered(part_of(table, name, halves)) for name in wanted}
    if "tokens" in table:
        codes["rare_word"] = _rarest_word(table["tokens"])
    codes["year"] = table["year"].fillna(-1).to_numpy(dtype=np.int32)
    # What families share is no key of persons by itself.
    for name in ({name for names in FAMILY_KEYS for name in names} & set(table.columns)) - codes.keys():
        codes[name] = _numbered(table[name])
    return codes


def _numbered(values: pd.Series) -> np.ndarray:
    return pd.factorize(values, use_na_sentinel=True)[0].astype(np.int32)


def _rarest_word(tokens: pd.Series) -> np.ndarray:
    """The word of each address that the fewest addresses have, of those that at least two have."""
    words = tokens.explode().dropna()
    if words.empty:
        return np.full(len(tokens), -1, dtype=np.int32)
    codes = pd.factorize(words, sort=True)[0]
    counts = np.bincount(codes)[codes]
    shared = pd.DataFrame({"record": words.index.to_numpy(), "code": codes, "count": counts})[counts > 1]
    rarest = shared.sort_values(["record", "count", "code"], kind="stable").drop_duplicates("record")
    found = np.full(len(tokens), -1, dtype=np.int32)
    found[rarest["record"]] = rarest["code"]
    return found


_MOST_BLOCKS = 2**62
"""As many blocks have numbers of their own before the used ones are numbered anew."""


def _key(parts: dict[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    """The number of each record's block, −1 where a part of the key is missing."""
    if len(names) == 1:
        return parts[names[0]]
    whole = np.logical_and.reduce([parts[name] >= 0 for name in names])
    known = np.flatnonzero(whole)
    block, blocks = np.zeros(len(known), dtype=np.int64), 1
    for name in names:
        part = parts[name][known]
        values = int(part.max(initial=0)) + 1
        if blocks * values > _MOST_BLOCKS:
            block = pd.factorize(block)[0]
            blocks = len(known)
        block = block * values + part
        blocks *= values
    key = np.full(len(whole), -1, dtype=np.int32)
    key[known] = pd.factorize(block)[0]
    return key


FAMILY_KEYS: tuple[tuple[str, ...], ...] = (
    ("phone",),
    ("address",),
    ("last_sound", "father_sound", "county"),
    ("postal", "last_sound"),
    ("last_sound", "rare_word"),
    ("last_sound", "father_sound"),
    ("last_sound", "county"),
)
"""What members of a family share and strangers seldom do; nothing of the person."""


HOUSEHOLD_KEYS = FAMILY_KEYS[:4]
"""Those of them that say of two families that they may be one: a surname alone, or with a county, says little."""


def family_pairs(
    table: pd.DataFrame,
    *,
    most: int,
    largest_block: int,
    keys: Sequence[tuple[str, ...]] = FAMILY_KEYS,
    parts: dict[str, np.ndarray] | None = None,
) -> tuple[pd.DataFrame, float]:
    """Pairs that share what families share, ``most`` at the most, and how many pairs each of them stands for.

    ``parts``: the table's `key_parts`, where they are known.
    """
    parts = parts or key_parts(table)
    blocks: list[tuple[np.ndarray, np.ndarray]] = []
    due = 0
    for names in keys:
        if not parts.keys() >= set(names):
            continue
        key = _key(parts, names)
        usable = _usable(key, largest_block)
        found = int((usable * (usable - 1) // 2).sum())
        if found and found <= 8 * len(table):
            blocks.append((key, usable))
            due += found
    # Of a large list, the pairs of every n-th record stand for all.
    every = max(1, due // most)
    pairs = distinct(
        np.concatenate(
            [np.zeros(0, dtype=np.int64), *(within_blocks(key, usable, len(table), every) for key, usable in blocks)]
        )
    )
    return pd.DataFrame({"l": pairs // len(table), "r": pairs % len(table)}), float(every)


def candidate_pairs(
    table: pd.DataFrame,
    *,
    pairs_per_record: float,
    largest_block: int,
    parts: dict[str, np.ndarray] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Distinct pairs ``l`` < ``r`` (uids) that share a key, and how many each key gave (``key``, ``pairs``).

    Keys are used from the one that makes the fewest pairs on, as long as all stay within ``pairs_per_record`` × records; blocks of
    more than ``largest_block`` records are left out, for they say nothing. A key that would burst the budget is left out whole.
    ``parts``: the table's `key_parts`, where they are known.
    """
    parts = parts or key_parts(table)
    budget = pairs_per_record * len(table)
    due: dict[tuple[str, ...], int] = {}
    keys: dict[tuple[str, ...], np.ndarray] = {}
    for names in KEYS:
        if not parts.keys() >= set(names):
            continue
        key = _key(parts, names)
        usable = _usable(key, largest_block)
        made = int((usable * (usable - 1) // 2).sum())
        if 0 < made <= _LARGEST_SHARE * budget:
            due[names], keys[names] = made, key
    del parts
    pairs = np.zeros(0, dtype=np.int64)
    told: list[tuple[str, int]] = []
    # The keys that make the fewest pairs part people best.
    for names in sorted(due, key=due.__getitem__):
        if due[names] > 2.0 * (budget - len(pairs)):
            continue
        key = keys.pop(names)
        within = within_blocks(key, _usable(key, largest_block), len(table))
        new = within[~are_in(within, pairs)]
        if len(pairs) + len(new) > budget:
            continue
        pairs = np.sort(np.concatenate([pairs, new]))
        told.append(("+".join(names), len(new)))
    return (
        pd.DataFrame({"l": pairs // len(table), "r": pairs % len(table)}),
        pd.DataFrame(told, columns=["key", "pairs"]),
    )


def _usable(key: np.ndarray, largest_block: int) -> np.ndarray:
    """The size of each block, 0 where it holds one record or too many."""
    sizes = np.bincount(key[key >= 0]) if (key >= 0).any() else np.zeros(1, dtype=np.int64)
    return np.where((sizes > 1) & (sizes <= largest_block), sizes, 0).astype(np.int64)


def within_blocks(key: np.ndarray, usable: np.ndarray, count: int, every: int = 1) -> np.ndarray:
    """All pairs of records in one block, as ``l * count + r``, sorted; only those whose ``l`` is a multiple of ``every``."""
    chosen = np.flatnonzero((key >= 0) & (usable[np.maximum(key, 0)] > 0))
    # One number for block and record: whole numbers are sorted faster than they are ordered.
    packed = np.sort(key[chosen] * np.int64(count) + chosen)
    blocks = packed // max(count, 1)
    chosen = packed - blocks * count
    starts = np.flatnonzero(np.r_[True, blocks[1:] != blocks[:-1]])
    sizes = np.diff(np.r_[starts, len(blocks)])
    # Each record is paired with those after it in its block, which are larger: the sort above keeps their order.
    after = np.repeat(starts + sizes, sizes) - np.arange(len(chosen)) - 1
    after[chosen % every != 0] = 0
    left = np.repeat(np.arange(len(chosen)), after)
    first = np.repeat(np.cumsum(after) - after, after)
    right = left + 1 + np.arange(len(left)) - first
    return np.sort(chosen[left] * np.int64(count) + chosen[right])
