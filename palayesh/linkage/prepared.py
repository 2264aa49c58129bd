"""A linked registry laid out on disk so that new records find their candidates in it without reading it.

A folder with: ``records.arrow``, what is compared, one row per record; ``index/``, for each blocking key its sorted 64-bit hashes
with the row of each; ``frequency/``, how often each value occurs; ``values/``, the forms of each distinct name; who is whose record;
and ``prepared.json``: the learned weights with their checksum, the size they were learned on, and the libraries' versions.
Everything is mapped into memory, so that opening costs nothing and only the pages that are looked at are read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from palayesh.linkage.candidates import KEYS, part_of
from palayesh.linkage.estimate import Weights
from palayesh.linkage.fields import FIELDS, level_names
from palayesh.linkage.names import one_byte, over_distinct, sound
from palayesh.linkage.records import NAMES, comparable, with_plain_texts
from palayesh.linkage.score import Comparer

FORMAT = 2
LARGEST_BLOCK = 200
"""Blocks of more of the registry's records than this say nothing, and are not kept."""
CANDIDATES_PER_RECORD = 18.0
"""How many of a large registry's records a record may meet by all keys together, those that it meets by several counted each time."""
_MOST_CANDIDATES = 120.0
_CANDIDATES = 1_000_000
"""A small registry is searched widely, for it costs little."""
_TEXTS = ("birth_day", "sex", "number", "external", "phone", "second_phone", "postal", "words", "occupation")
_NAMED = (*NAMES, "county")
_COUNTED = ("number", "external", *NAMES, "county", "postal", "address", "occupation")
"""Columns whose values weigh by how rare they are."""
_MIXER = np.uint64(0x9E3779B97F4A7C15)
_PROBE = "پالایش"
_FIRST_DAYS = ("0101", "0000")


class NotPrepared(ValueError):
    """The folder is no prepared registry that this version can use; the message says why."""


# --- hashes ------------------------------------------------------------------------------------------------------------


def hashes(values: pd.Series) -> np.ndarray:
    """A 64-bit number for each value, 0 where it is missing; the same in every process."""
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    texts = np.asarray(distinct, dtype=object).astype(str).astype(object)
    hashed = pd.util.hash_array(texts, categorize=False) | np.uint64(1) if len(texts) else np.zeros(0, np.uint64)
    return np.append(hashed, np.uint64(0))[codes]


def key_hashes(parts: dict[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
    """The hash of a whole key, 0 where a part of it is missing."""
    key = parts[names[0]].copy()
    for name in names[1:]:
        whole = (key != 0) & (parts[name] != 0)
        key = key * _MIXER ^ parts[name]
        key ^= key >> np.uint64(29)
        key = np.where(whole, key | np.uint64(1), np.uint64(0))
    return key


def part_hashes(table: pd.DataFrame, keys: list[tuple[str, ...]], halves: dict[str, int]) -> dict[str, np.ndarray]:
    """Hashes of every part that the keys are made of."""
    wanted = {name for names in keys for name in names if name != "rare_word"}
    return {name: hashes(part_of(table, name, halves)) for name in sorted(wanted)}


def candidates_per_record(size: int) -> float:
    """How many records of a registry of that size a record may meet."""
    return float(np.clip(_CANDIDATES / max(size, 1), CANDIDATES_PER_RECORD, _MOST_CANDIDATES))


def met_per_record(hashed: np.ndarray, largest: int) -> float:
    """How many others a record shares its hash with, on average; blocks of more than ``largest`` records count for nothing."""
    ordered = np.sort(hashed[hashed != 0])
    if not len(ordered):
        return 0.0
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(ordered)]).astype(float)
    sizes = sizes[sizes <= largest]
    return float((sizes * (sizes - 1)).sum() / len(hashed))


# --- lookup ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Index:
    """Sorted hashes, and the row that each belongs to."""

    sorted_hashes: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, hashed: np.ndarray, largest: int | None = None) -> Index:
        """An index of the rows' hashes without the missing, and without blocks of more than ``largest`` rows."""
        known = np.flatnonzero(hashed)
        order = known[np.argsort(hashed[known], kind="stable")]
        found = hashed[order]
        if largest and len(found):
            starts = np.flatnonzero(np.r_[True, found[1:] != found[:-1]])
            sizes = np.diff(np.r_[starts, len(found)])
            kept = np.repeat(sizes <= largest, sizes)
            found, order = found[kept], order[kept]
        return cls(found, order.astype(np.uint32))

    def find(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions in ``wanted`` and the rows that share their hash, one pair a line; 0 shares nothing."""
        distinct, place = np.unique(wanted, return_inverse=True)
        starts = np.searchsorted(self.sorted_hashes, distinct, side="left")
        sizes = np.searchsorted(self.sorted_hashes, distinct, side="right") - starts
        sizes[distinct == 0] = 0
        starts, sizes = starts[place], sizes[place]
        position = np.repeat(np.arange(len(wanted)), sizes)
        within = np.arange(len(position)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return position, self.rows[np.repeat(starts, sizes) + within].astype(np.int64)

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.hash.npy", self.sorted_hashes)
        np.save(folder / f"{name}.row.npy", self.rows)

    @classmethod
    def load(cls, folder: Path, name: str) -> Index:
        return cls(*(_mapped(folder / f"{name}.{part}.npy") for part in ("hash", "row")))


@dataclass(frozen=True)
class Frequencies:
    """How often each value of a column occurs in the registry."""

    sorted_hashes: np.ndarray
    counts: np.ndarray
    total: int
    typical: float
    """The chance that two records picked at random have the same value."""

    @classmethod
    def of(cls, hashed: np.ndarray) -> Frequencies:
        distinct, counts = np.unique(hashed[hashed != 0], return_counts=True)
        total = int(counts.sum())
        share = counts / max(total, 1)
        return cls(distinct, counts.astype(np.uint32), total, float((share * share).sum()))

    def of_hashes(self, wanted: np.ndarray) -> np.ndarray:
        if not len(self.sorted_hashes):
            return np.zeros(len(wanted), dtype=np.int64)
        place = np.minimum(np.searchsorted(self.sorted_hashes, wanted), len(self.sorted_hashes) - 1)
        return np.where(self.sorted_hashes[place] == wanted, self.counts[place], 0).astype(np.int64)


def _mapped(path: Path) -> np.ndarray:
    # A file without elements cannot be mapped.
    return np.load(path, mmap_mode="r") if path.stat().st_size > 256 else np.load(path)


# --- the registry ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """A prepared registry, open. ``keys``: those that are indexed; ``situation_sizes``: pairs of records in each situation when the
    weights were learned, of ``learned_on`` records; ``list_size``: how many records share a list with a record, then. ``lists``: how many
    records each list has."""

    folder: Path
    size: int
    calendar: str
    weights: Weights
    learned_on: int
    situation_sizes: np.ndarray
    list_size: float
    lists: dict[str, int]
    keys: list[tuple[str, ...]]
    halves: dict[str, int]
    first_day_is_year: bool
    next_person: int
    next_household: int
    index: dict[tuple[str, ...], Index]
    case_index: Index
    frequencies: dict[str, Frequencies]
    words: Frequencies | None
    person_of_row: np.ndarray
    person_rows: np.ndarray
    person_start: np.ndarray
    batches: list[pa.RecordBatch]
    values: dict[str, pd.DataFrame]
    comparer: Comparer

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        self.comparer.__exit__(None, None, None)

    def take(self, rows: np.ndarray, columns: list[str]) -> pd.DataFrame:
        """Columns of the registry's records at ``rows`` (rising)."""
        starts = np.cumsum([0, *(batch.num_rows for batch in self.batches)])
        ends = np.searchsorted(rows, starts)
        pieces = [
            batch.select(columns).take(pa.array(rows[start:end] - first))
            for batch, first, start, end in zip(self.batches, starts[:-1], ends[:-1], ends[1:], strict=True)
            if end > start
        ]
        if not pieces:
            pieces = [self.batches[0].select(columns).slice(0, 0)]
        return pa.Table.from_batches(pieces).to_pandas(types_mapper={pa.string(): pd.StringDtype(na_value=np.nan)}.get)

    def case_of_rows(self, rows: np.ndarray) -> np.ndarray:
        return self.take(rows, ["case"])["case"].to_numpy()

    def records_of_persons(self, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(place in ``persons``, row) of all records of the persons."""
        starts, sizes = self.person_start[persons], np.diff(self.person_start)[persons] if len(persons) else []
        sizes = np.asarray(sizes, dtype=np.int64)
        place = np.repeat(np.arange(len(persons)), sizes)
        within = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return place, self.person_rows[np.repeat(starts, sizes) + within].astype(np.int64)

    def compared(self, rows: np.ndarray) -> pd.DataFrame:
        """What `comparable` said of the records at ``rows`` (rising), as far as comparing needs it."""
        stored = self.take(rows, [*_TEXTS, *_NAMED, "list", "year", "number_is_valid", "case"])
        table = pd.DataFrame({"list": stored["list"]})
        for name in _NAMED:
            codes = stored[name].to_numpy()
            used, place = np.unique(codes, return_inverse=True)
            forms = self.values[name].reindex(used)
            for form in forms:
                column = name if form == "value" else f"{name}_{form}"
                table[column] = forms[form].array.take(place)
        for name in ("birth_day", "sex", "number", "external", "phone", "second_phone", "postal", "occupation"):
            table[name] = stored[name]
        table["number_valid"] = stored["number"].where(stored["number_is_valid"].to_numpy())
        table["year"] = stored["year"].astype("Int64")
        table["birth"] = table["birth_day"].fillna(table["year"].astype("str") + "0101")
        table["birth_other"] = pd.Series(None, index=table.index, dtype="str")
        table["year_other"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
        table["tokens"] = stored["words"].str.split(" ").astype("object")
        table["address"] = stored["words"].str.replace(" ", "")
        table["address_code"] = over_distinct(table["address"], one_byte)
        table["case"] = stored["case"].to_numpy()
        return table

    def rare_words(self, tokens: pd.Series) -> np.ndarray:
        """Hash of the word of each address that the fewest of the registry's addresses have; 0 where two have none of them."""
        return _rarest(tokens, self.words) if self.words else np.zeros(len(tokens), dtype=np.uint64)


def _rarest(tokens: pd.Series, words: Frequencies) -> np.ndarray:
    split = tokens.explode().dropna()
    found = np.zeros(len(tokens), dtype=np.uint64)
    if split.empty:
        return found
    hashed = hashes(split)
    known = pd.DataFrame({"record": split.index, "hash": hashed, "count": words.of_hashes(hashed)})
    known = known[known["count"] > 1].sort_values(["record", "count", "hash"], kind="stable")
    rarest = known.drop_duplicates("record")
    found[rarest["record"].to_numpy()] = rarest["hash"].to_numpy()
    return found


def case_hashes(records: pd.DataFrame) -> np.ndarray:
    """A whole number for each family of one list (``list``, ``household_code``), −1 where there is none."""
    if "household_code" not in records:
        return np.full(len(records), -1, dtype=np.int64)
    code = records["household_code"].astype("str").str.strip()
    code = code.where(code.ne(""))
    lists = records["list"].fillna("").astype("str") if "list" in records else ""
    return np.where(code.notna(), hashes((lists + "\x1f" + code).where(code.notna())) >> np.uint64(1), -1).astype(
        np.int64
    )


def open_prepared(folder: Path, threads: int | None = None) -> Prepared:
    """The registry in ``folder``, with what compares records made ready; use it as a context.

    Raises NotPrepared if it is none, is damaged, or was written by a version that hashes or compares differently.
    """
    try:
        told = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotPrepared("the folder holds no prepared registry") from None
    if told.get("format") != FORMAT or told["probe"] != _probe():
        raise NotPrepared("the registry was prepared by another version: prepare it again")
    if told["weights_checksum"] != _checksum(told["weights"]):
        raise NotPrepared("the weights are not those that were written: prepare it again")
    weights = _read_weights(told["weights"])
    keys = [tuple(key.split("+")) for key in told["keys"]]
    with pa.memory_map(str(folder / "records.arrow")) as mapped, pa.ipc.open_file(mapped) as reader:
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    values = {
        name: pa.ipc.open_file(pa.memory_map(str(folder / "values" / f"{name}.arrow"))).read_all()
        .to_pandas(types_mapper={pa.string(): pd.StringDtype(na_value=np.nan)}.get)
        for name in _NAMED
    }  # fmt: skip
    registry = Prepared(
        folder=folder,
        size=told["size"],
        calendar=told["calendar"],
        weights=weights,
        learned_on=told["learned_on"],
        situation_sizes=np.array(told["situation_sizes"]),
        list_size=told["list_size"],
        lists=told["lists"],
        keys=keys,
        halves=told["halves"],
        first_day_is_year=told["first_day_is_year"],
        next_person=told["next_person"],
        next_household=told["next_household"],
        index={key: Index.load(folder / "index", "+".join(key)) for key in keys},
        case_index=Index.load(folder / "index", "case"),
        frequencies={name: _load_frequencies(folder, name, told) for name in told["frequencies"] if name != "words"},
        words=_load_frequencies(folder, "words", told) if "words" in told["frequencies"] else None,
        person_of_row=_mapped(folder / "person_of_row.npy"),
        person_rows=_mapped(folder / "person_rows.npy"),
        person_start=_mapped(folder / "person_start.npy"),
        batches=batches,
        values=values,
        comparer=cast(Comparer, None),  # made next, from a row of the registry
    )
    example = registry.compared(np.zeros(1, dtype=np.int64))
    example = example.assign(uid=0, **{f"{name}_is_established": False for name in NAMES})
    fields = [field for field in weights.fields if field != "kin"]
    return replace(registry, comparer=Comparer(example, fields, threads))


def _load_frequencies(folder: Path, name: str, told: dict[str, Any]) -> Frequencies:
    found, counts = (_mapped(folder / "frequency" / f"{name}.{part}.npy") for part in ("hash", "count"))
    return Frequencies(found, counts, **told["frequencies"][name])


def _probe() -> int:
    """Shows whether texts are hashed here as they were there."""
    return int(hashes(pd.Series([_PROBE], dtype="str"))[0])


def _checksum(weights: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()


def _write_weights(weights: Weights) -> dict[str, Any]:
    """Shares by the names of the levels: a level that comes or goes is noticed when they are read."""
    kinds = {"strangers": weights.strangers, "person": weights.person, "family": weights.family}
    return {
        "fields": {
            field: {
                kind: dict(zip(level_names(field), parts[place].tolist(), strict=True)) for kind, parts in kinds.items()
            }
            for place, field in enumerate(weights.fields)
        },
        "rate": weights.rate.tolist(),
        "pairs": list(weights.pairs),
    }


def _read_weights(told: dict[str, Any]) -> Weights:
    fields = list(told["fields"])
    for field in fields:
        if field not in FIELDS or list(told["fields"][field]["person"]) != level_names(field):
            raise NotPrepared("fields are compared differently now: prepare the registry again")
    strangers, person, family = (
        [np.array(list(told["fields"][field][kind].values())) for field in fields]
        for kind in ("strangers", "person", "family")
    )
    return Weights(fields, strangers, person, family, np.array(told["rate"]), tuple(told["pairs"]))


# --- writing -----------------------------------------------------------------------------------------------------------


class RegistryWriter:
    """Writes a prepared registry, chunk by chunk; nothing stands at ``folder`` until `finish`.

    ``weights`` were learned on ``learned_on`` records whose pairs are spread over situations as ``situation_sizes`` says;
    ``list_size`` records, on average, shared a list with a record there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        calendar: str,
        weights: Weights,
        learned_on: int,
        situation_sizes: np.ndarray,
        list_size: float,
    ) -> None:
        self._folder, self._half_made = folder, folder.with_name(folder.name + ".half-made")
        if folder.exists() and not (folder / "prepared.json").is_file():
            raise FileExistsError(f"{folder} is there and is no prepared registry")
        shutil.rmtree(self._half_made, ignore_errors=True)
        for part in ("index", "frequency", "values", "parts"):
            (self._half_made / part).mkdir(parents=True, mode=0o700)
        self._half_made.chmod(0o700)
        self._calendar, self._weights = calendar, weights
        self._keys = list(KEYS)
        self._told: dict[str, Any] = {
            "learned_on": learned_on, "situation_sizes": list(map(float, situation_sizes)), "list_size": list_size,
        }  # fmt: skip
        self._size = 0
        self._lists: Counter[str] = Counter()
        self._halves: dict[str, int] = {}
        self._first_day_is_year = False
        self._codes: dict[str, dict[str, int]] = {name: {} for name in _NAMED}
        self._file = pa.OSFile(str(self._half_made / "records.arrow"), "wb")
        self._arrow: pa.RecordBatchFileWriter | None = None
        self._next = {"person_id": 0, "household_id": 0}

    def add(self, records: pd.DataFrame) -> None:
        """``records``: as for `link_table`, with ``person_id`` and ``household_id``."""
        records = records.reset_index(drop=True)
        table = with_plain_texts(comparable(records, self._calendar))
        if not self._size:
            self._halves = {
                name: int((table[name].str.len().max() if table[name].notna().any() else 0) // 2)
                for name in ("number", "external")
            }
            first_day = table["birth"].str[4:].isin(_FIRST_DAYS) & table["year"].notna()
            self._first_day_is_year = bool((first_day & table["birth_day"].isna()).any())
        _settle_first_days(table, is_year=self._first_day_is_year)
        case = case_hashes(records)
        for name, hashed in part_hashes(table, self._keys, self._halves).items():
            self._append(name, hashed)
        for name in _COUNTED:
            self._append(f"value_{name}", hashes(table[name]))
        self._append("person", hashes(records["person_id"]))
        self._append("case", np.where(case < 0, np.uint64(0), case.astype(np.uint64)))
        for name, latest in self._next.items():
            numbers = pd.to_numeric(records[name].astype("str").drop_duplicates().str.extract(r"^[PH](\d{7,})$")[0])
            self._next[name] = max(latest, int(numbers.max()) + 1 if numbers.notna().any() else 0)
        self._write_rows(records, table, case)
        self._size += len(records)
        self._lists.update(table["list"].tolist())

    def _append(self, name: str, hashed: np.ndarray) -> None:
        with (self._half_made / "parts" / name).open("ab") as file:
            hashed.astype(np.uint64).tofile(file)

    def _part(self, name: str) -> np.ndarray:
        return np.fromfile(self._half_made / "parts" / name, dtype=np.uint64)

    def _key(self, key: tuple[str, ...]) -> np.ndarray:
        return key_hashes({name: self._part(name) for name in set(key)}, key)

    def _write_rows(self, records: pd.DataFrame, table: pd.DataFrame, case: np.ndarray) -> None:
        columns: dict[str, pa.Array] = {
            name: pa.array(records[name].astype("str"), pa.string(), from_pandas=True)
            for name in ("record_id", "person_id", "household_id")
        }
        columns["list"] = pa.array(table["list"], pa.string(), from_pandas=True)
        for name in _NAMED:
            codes, distinct = pd.factorize(table[name], use_na_sentinel=True)
            known = self._codes[name]
            numbers = np.array([*(known.setdefault(value, len(known)) for value in distinct), -1], dtype=np.int32)
            columns[name] = pa.array(numbers[codes])
        texts = {
            **{
                name: table[name]
                for name in ("birth_day", "sex", "number", "external", "phone", "second_phone", "postal", "occupation")
            },
            "words": table["tokens"].str.join(" "),
        }
        columns |= {name: pa.array(texts[name], pa.string(), from_pandas=True) for name in _TEXTS}
        columns["year"] = pa.array(table["year"].astype("Int16"), pa.int16(), from_pandas=True)
        columns["number_is_valid"] = pa.array(table["number_valid"].notna().to_numpy())
        columns["case"] = pa.array(case)
        (batch,) = pa.table(columns).combine_chunks().to_batches()
        if self._arrow is None:
            self._arrow = pa.ipc.new_file(self._file, batch.schema)
        self._arrow.write_batch(batch)

    def finish(self) -> None:
        """``folder`` holds the registry. Keys are indexed from the one by which a record meets the fewest others on, which parts
        people best, as long as it meets no more by all of them than `candidates_per_record`."""
        if self._arrow is None:
            raise ValueError("a registry without records cannot be prepared")
        self._arrow.close()
        self._file.close()
        words = self._index_words()
        keys, met, most = [], 0.0, candidates_per_record(self._size)
        each = {key: met_per_record(self._key(key), LARGEST_BLOCK) for key in self._keys}
        for key in sorted(each, key=each.__getitem__):
            if each[key] and met + each[key] <= most:
                Index.of(self._key(key), LARGEST_BLOCK).save(self._half_made / "index", "+".join(key))
                keys.append("+".join(key))
                met += each[key]
        Index.of(self._part("case")).save(self._half_made / "index", "case")
        frequencies = {name: self._count(f"value_{name}", name) for name in _COUNTED}
        self._save_persons()
        for name, codes in self._codes.items():
            self._save_values(name, list(codes))
        shutil.rmtree(self._half_made / "parts")
        weights = _write_weights(self._weights)
        told = {
            "format": FORMAT,
            "probe": _probe(),
            "libraries": {name: version(name) for name in ("splink", "duckdb", "pandas", "numpy", "pyarrow")},
            "size": self._size,
            "lists": dict(self._lists),
            "calendar": self._calendar,
            **self._told,
            "keys": keys,
            "candidates_per_record": round(met, 2),
            "halves": self._halves,
            "first_day_is_year": self._first_day_is_year,
            "next_person": self._next["person_id"],
            "next_household": self._next["household_id"],
            "frequencies": frequencies | ({"words": words} if words else {}),
            "weights_checksum": _checksum(weights),
            "weights": weights,
        }
        (self._half_made / "prepared.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._half_made.rename(self._folder)

    def _index_words(self) -> dict[str, float] | None:
        """The rarest word of each address becomes a part of keys, once all addresses are known."""
        if not any("rare_word" in key for key in self._keys):
            return None
        columns = []
        with pa.memory_map(str(self._half_made / "records.arrow")) as mapped, pa.ipc.open_file(mapped) as reader:
            for number in range(reader.num_record_batches):
                words = reader.get_batch(number).column("words").to_pandas()
                columns.append(words.astype("str").str.split(" ").astype("object"))
        split = [hashes(words.explode().dropna()) for words in columns]
        told = None
        if any(map(len, split)):
            told = self._save_frequencies("words", np.concatenate(split))
        if told is None:
            self._append("rare_word", np.zeros(self._size, dtype=np.uint64))
            return None
        words_known = _load_frequencies(self._half_made, "words", {"frequencies": {"words": told}})
        for words in columns:
            self._append("rare_word", _rarest(words, words_known))
        return told

    def _count(self, part: str, name: str) -> dict[str, float]:
        return self._save_frequencies(name, self._part(part))

    def _save_frequencies(self, name: str, hashed: np.ndarray) -> dict[str, float]:
        found = Frequencies.of(hashed)
        np.save(self._half_made / "frequency" / f"{name}.hash.npy", found.sorted_hashes)
        np.save(self._half_made / "frequency" / f"{name}.count.npy", found.counts)
        return {"total": found.total, "typical": found.typical}

    def _save_persons(self) -> None:
        person = np.unique(self._part("person"), return_inverse=True)[1].astype(np.int32)
        np.save(self._half_made / "person_of_row.npy", person)
        np.save(self._half_made / "person_rows.npy", np.argsort(person, kind="stable").astype(np.uint32))
        starts = np.concatenate([[0], np.cumsum(np.bincount(person))])
        np.save(self._half_made / "person_start.npy", starts.astype(np.int64))

    def _save_values(self, name: str, values: list[str]) -> None:
        column = pd.Series(values, dtype="str")
        forms = {"value": column, "code": over_distinct(column, one_byte)}
        if name in NAMES:
            forms["sound"] = over_distinct(column, sound)
        arrays = {form: pa.array(found, pa.string(), from_pandas=True) for form, found in forms.items()}
        (batch,) = pa.table(arrays).combine_chunks().to_batches(max_chunksize=None) or [
            pa.RecordBatch.from_pydict(arrays)
        ]
        path = str(self._half_made / "values" / f"{name}.arrow")
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)


def _settle_first_days(table: pd.DataFrame, *, is_year: bool) -> None:
    """Whether the first day of a year stands for "year only" is the registry's to say, not each list's."""
    first_day = table["birth"].str[4:].isin(_FIRST_DAYS)
    written = table["birth_day"].mask(first_day) if is_year else table["birth_day"]
    table["birth_day"], table["month_day"] = written, written.str[4:]


def as_in_registry(records: pd.DataFrame, registry: Prepared) -> pd.DataFrame:
    """New records made comparable as the registry's are."""
    table = with_plain_texts(comparable(records, registry.calendar))
    _settle_first_days(table, is_year=registry.first_day_is_year)
    table["case"] = case_hashes(records.reset_index(drop=True))
    return table
