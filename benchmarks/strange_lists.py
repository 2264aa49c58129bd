"""Labelled lists of kinds that nothing was set by: other languages, names and dates only, whole households, one list with many
records a person, a list without duplicates. Each is linked by `palayesh.linkage`, by plain Splink 5 and by equality alone.

    python -m benchmarks.strange_lists [--only KIND ...] [--seed 901] [--json OUT]

Names are Faker's, frequencies fall as those of a real register do, mistakes are set by hand. Nobody in the lists exists.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.plain_splink import AUTOMATIC, components
from benchmarks.scoring import cluster_score, household_score, pairs_score

TRUTH = ("person_id", "household_id")
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PLAIN = str.maketrans("şğıçöüİŞĞÇÖÜąćęłńóśźżéáíñß", "sgicouISGCOUacelnoszzeains")


@dataclass(frozen=True)
class Kind:
    """One kind of labelled lists."""

    make: Callable[[np.random.Generator], pd.DataFrame]
    says: str


class Names:
    """Given names and surnames of a language, drawn as often as the rank says."""

    def __init__(self, rng: np.random.Generator, locale: str, *, steep: float = 0.8) -> None:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        self.rng, self.steep = rng, steep
        self.men = self._pool(getattr(provider, "first_names_male", None) or provider.first_names)
        self.women = self._pool(getattr(provider, "first_names_female", None) or provider.first_names)
        last = getattr(provider, "unisex_last_names", None) or provider.last_names
        self.last = self._pool(last)

    def _pool(self, names: Any) -> np.ndarray:
        distinct = np.array(sorted({str(name) for name in names}), dtype=object)
        return distinct[self.rng.permutation(len(distinct))]

    def draw(self, pool: np.ndarray, count: int) -> np.ndarray:
        share = 1.0 / np.arange(1, len(pool) + 1) ** self.steep
        return self.rng.choice(pool, count, p=share / share.sum())

    def first(self, is_woman: np.ndarray) -> np.ndarray:
        return np.where(is_woman, self.draw(self.women, len(is_woman)), self.draw(self.men, len(is_woman)))


def slip(rng: np.random.Generator, text: str, letters: str = _LATIN) -> str:
    """The text with one letter replaced, missing, added, or swapped with its neighbour."""
    if len(text) < 2:
        return text
    place, what = int(rng.integers(0, len(text))), int(rng.integers(0, 4))
    letter = str(rng.choice(list(letters)))
    if what == 0:
        return text[:place] + letter + text[place + 1 :]
    if what == 1:
        return text[:place] + text[place + 1 :]
    if what == 2:
        return text[:place] + letter + text[place:]
    place = min(place, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def some(rng: np.random.Generator, column: pd.Series, share: float, change: Callable[[Any], Any]) -> pd.Series:
    """The column with that share of its present values changed."""
    chosen = (rng.random(len(column)) < share) & column.notna().to_numpy()
    changed = column.copy()
    changed[chosen] = [change(value) for value in column[chosen]]
    return changed


def days(rng: np.random.Generator, count: int, first: int = 1930, last: int = 2005) -> np.ndarray:
    start = dt.date(first, 1, 1).toordinal()
    return np.array([dt.date.fromordinal(start + int(day)) for day in rng.integers(0, 365 * (last - first), count)])


def slipped_day(rng: np.random.Generator, day: dt.date) -> dt.date:
    """One part of a date slightly wrong, or day and month exchanged."""
    what = int(rng.integers(0, 4))
    try:
        if what == 0:
            return day.replace(year=day.year + int(rng.choice([-10, -1, 1, 10])))
        if what == 1:
            return day.replace(month=int(rng.integers(1, 13)))
        if what == 2:
            return day.replace(day=int(rng.integers(1, 29)))
        return day.replace(month=day.day, day=day.month)
    except ValueError:
        return day.replace(day=1)


def copies(rng: np.random.Generator, people: pd.DataFrame, each: np.ndarray) -> pd.DataFrame:
    """``each`` of the people so many times, in any order."""
    records = people.loc[np.repeat(people.index.to_numpy(), each)].reset_index(drop=True)
    return records.sample(frac=1.0, random_state=int(rng.integers(1 << 31)), ignore_index=True)


def people_of(rng: np.random.Generator, names: Names, count: int) -> pd.DataFrame:
    is_woman = rng.random(count) < 0.5
    return pd.DataFrame(
        {
            "person_id": np.arange(count),
            "first_name": pd.Series(names.first(is_woman), dtype="object"),
            "last_name": pd.Series(names.draw(names.last, count), dtype="object"),
            "sex": np.where(is_woman, "F", "M"),
            "day": days(rng, count),
        }
    )


def finished(records: pd.DataFrame, *, write: str = "%Y-%m-%d") -> pd.DataFrame:
    records = records.reset_index(drop=True)
    if "day" in records:
        texts = [None if day is None or day != day else day.strftime(write) for day in records.pop("day")]
        records["birth_date"] = pd.Series(texts, dtype="str")
    records.insert(0, "record_id", [f"r{place}" for place in range(len(records))])
    texts = [name for name in records if name not in TRUTH]
    records[texts] = records[texts].astype("str")
    return records


# --- the kinds ---------------------------------------------------------------------------------------------------------


def names_and_dates(
    rng: np.random.Generator, locale: str = "de_DE", persons: int = 9_000, again: int = 1_000, write: str = "%Y-%m-%d"
) -> pd.DataFrame:
    """A register of names and dates, a tenth of it written twice, each second record with one mistake."""
    people = people_of(rng, Names(rng, locale), persons)[["person_id", "first_name", "last_name", "day"]]
    second = people.sample(again, random_state=int(rng.integers(1 << 31))).reset_index(drop=True)
    which = rng.integers(0, 3, len(second))
    for place, column in enumerate(("first_name", "last_name")):
        chosen = which == place
        second.loc[chosen, column] = [slip(rng, name) for name in second.loc[chosen, column]]
    chosen = which == 2
    second.loc[chosen, "day"] = [slipped_day(rng, day) for day in second.loc[chosen, "day"]]
    return finished(pd.concat([people, second]).sample(frac=1.0, random_state=1), write=write)


def both_names_misspelt(rng: np.random.Generator) -> pd.DataFrame:
    """50,000 persons and 5,000 second records in which given name and surname are both misspelt; date and country are right."""
    people = people_of(rng, Names(rng, "pl_PL"), 50_000).drop(columns="sex")
    people["county"] = rng.choice([f"Land{place}" for place in range(40)], len(people))
    second = people.sample(5_000, random_state=2).reset_index(drop=True)
    for column in ("first_name", "last_name"):
        second[column] = [slip(rng, name) for name in second[column]]
    return finished(pd.concat([people, second]).sample(frac=1.0, random_state=1))


def many_records_each(rng: np.random.Generator) -> pd.DataFrame:
    """One list of 30,000 records of 4,000 persons: whole names in one column, occupation, postal code; half of the fields of each
    record worn: initials, missing parts, misspellings, other years."""
    names = Names(rng, "en_GB")
    people = people_of(rng, names, 4_000)
    people["occupation"] = rng.choice([f"trade {place}" for place in range(150)], len(people))
    people["postal_code"] = [
        f"{rng.choice(list('ABCDEFGHL'))}{rng.integers(1, 40)} {rng.integers(1, 9)}XY" for _ in range(len(people))
    ]
    records = copies(rng, people, rng.integers(1, 15, len(people)))
    records["first_name"] = some(rng, records["first_name"], 0.15, lambda name: slip(rng, name))
    records["first_name"] = some(rng, records["first_name"], 0.12, lambda name: name[0] + ".")
    records["last_name"] = some(rng, records["last_name"], 0.2, lambda name: slip(rng, name))
    records["day"] = some(rng, records["day"], 0.2, lambda day: slipped_day(rng, day))
    records["day"] = records["day"].where(pd.Series(rng.random(len(records)) > 0.15), None)
    records["occupation"] = records["occupation"].where(pd.Series(rng.random(len(records)) > 0.4), None)
    records["postal_code"] = some(rng, records["postal_code"], 0.2, lambda code: slip(rng, code, "0123456789"))
    records["full_name"] = records["first_name"] + " " + records["last_name"]
    return finished(records.drop(columns=["first_name", "last_name", "sex"]))


def whole_households(rng: np.random.Generator, households: int = 8_000) -> pd.DataFrame:
    """Two counts of one town: every one of its ``households`` on both lists but a tenth, with its members, house and postal code; a
    household's code means something on its own list only."""
    names = Names(rng, "en_GB")
    size = rng.integers(1, 6, households)
    home = np.repeat(np.arange(len(size)), size)
    people = people_of(rng, names, len(home)).assign(household_id=home)
    people["last_name"] = names.draw(names.last, len(size))[home]
    street = rng.choice(names.last, len(size))
    people["address"] = np.array([f"{rng.integers(1, 120)} {name} Street" for name in street], dtype=object)[home]
    people["postal_code"] = np.array([f"TN{rng.integers(1, 40)} {rng.integers(1, 9)}AB" for _ in size], dtype=object)[
        home
    ]
    parts = []
    for name in ("census", "survey"):
        homes = rng.random(len(size)) > 0.1
        codes = rng.permutation(len(size))
        part = people[homes[home] & (rng.random(len(home)) > 0.03)].assign(list=name)
        part = part.assign(household_code=codes[part["household_id"]]).sample(frac=1.0, random_state=3)
        part = part.reset_index(drop=True)
        part["first_name"] = some(rng, part["first_name"], 0.1, lambda text: slip(rng, text))
        part["first_name"] = some(rng, part["first_name"], 0.03, lambda text: text[0])
        part["last_name"] = some(rng, part["last_name"], 0.1, lambda text: slip(rng, text))
        part["day"] = some(rng, part["day"], 0.06, lambda day: slipped_day(rng, day))
        part["sex"] = some(rng, part["sex"], 0.01, lambda sex: "F" if sex == "M" else "M")
        for column, share in (("first_name", 0.02), ("day", 0.03), ("address", 0.05), ("postal_code", 0.04)):
            part[column] = part[column].where(pd.Series(rng.random(len(part)) > share), None)
        parts.append(part)
    return finished(pd.concat(parts))


def three_writings_of_dates(rng: np.random.Generator) -> pd.DataFrame:
    """Three lists of 3,000 of 6,000 Spanish-speaking persons: ISO dates, day first, and month first; two surnames, one left out."""
    names = Names(rng, "es_ES")
    people = people_of(rng, names, 6_000)
    second = names.draw(names.last, len(people))
    parts = []
    for name, write in (("a", "%Y-%m-%d"), ("b", "%d/%m/%Y"), ("c", "%m/%d/%Y")):
        part = people.sample(3_000, random_state=int(rng.integers(1 << 31)))
        both = part["last_name"] + " " + second[part["person_id"]]
        part["last_name"] = both.where(pd.Series(rng.random(len(part)) > 0.3, index=part.index), part["last_name"])
        part = part.reset_index(drop=True)
        part["first_name"] = some(rng, part["first_name"], 0.08, lambda text: slip(rng, text))
        part["last_name"] = some(rng, part["last_name"], 0.08, lambda text: slip(rng, text))
        part["day"] = some(rng, part["day"], 0.04, lambda day: slipped_day(rng, day))
        part["birth_date"] = [day.strftime(write) for day in part.pop("day")]
        parts.append(part.assign(list=name))
    return finished(pd.concat(parts))


def arabic_script(rng: np.random.Generator) -> pd.DataFrame:
    """Two lists of 4,000 of 6,000 persons in Arabic: forms of alef and yeh, given name with the father's, sex and day/month/year."""
    names = Names(rng, "ar_AA")
    people = people_of(rng, names, 6_000)
    people["father_name"] = names.draw(names.men, len(people))
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    parts = []
    for name in ("a", "b"):
        part = people.sample(4_000, random_state=int(rng.integers(1 << 31))).reset_index(drop=True)
        for column, share in (("first_name", 0.06), ("last_name", 0.1), ("father_name", 0.08)):
            part[column] = some(rng, part[column], 0.5, lambda text: text.translate(str.maketrans("أإآىة", "ااايه")))
            part[column] = some(rng, part[column], share, lambda text: slip(rng, text, letters))
        part["father_name"] = part["father_name"].where(pd.Series(rng.random(len(part)) > 0.1), None)
        part["day"] = some(rng, part["day"], 0.05, lambda day: slipped_day(rng, day))
        parts.append(part.assign(list=name))
    return finished(pd.concat(parts), write="%d/%m/%Y")


def small_turkish(rng: np.random.Generator) -> pd.DataFrame:
    """500 records of 350 persons: Turkish letters or plain ones, given name and surname sometimes exchanged, years left out."""
    people = people_of(rng, Names(rng, "tr_TR"), 350)
    records = copies(rng, people, np.r_[np.ones(200, dtype=int), np.full(150, 2)])
    for column in ("first_name", "last_name"):
        records[column] = some(rng, records[column], 0.4, lambda text: text.translate(_PLAIN).upper())
        records[column] = some(rng, records[column], 0.06, lambda text: slip(rng, text))
    swapped = rng.random(len(records)) < 0.05
    records.loc[swapped, ["first_name", "last_name"]] = records.loc[swapped, ["last_name", "first_name"]].to_numpy()
    records["day"] = records["day"].where(pd.Series(rng.random(len(records)) > 0.1), None)
    return finished(records, write="%d.%m.%Y")


def no_duplicates(rng: np.random.Generator) -> pd.DataFrame:
    """10,000 persons, each once."""
    return finished(people_of(rng, Names(rng, "en_US"), 10_000))


def names_alone(rng: np.random.Generator) -> pd.DataFrame:
    """Two lists with names and a town, and nothing else: 3,000 of 5,000 persons on each."""
    people = people_of(rng, Names(rng, "fr_FR", steep=0.5), 5_000)
    people["county"] = rng.choice([f"Ville {place}" for place in range(60)], len(people))
    parts = []
    for name in ("a", "b"):
        part = people.sample(3_000, random_state=int(rng.integers(1 << 31))).reset_index(drop=True)
        for column in ("first_name", "last_name"):
            part[column] = some(rng, part[column], 0.07, lambda text: slip(rng, text))
        parts.append(part.drop(columns=["day", "sex"]).assign(list=name))
    return finished(pd.concat(parts))


def _one_in_five_twice(rng: np.random.Generator, locale: str, count: int) -> pd.DataFrame:
    people = people_of(rng, Names(rng, locale), count).drop(columns="sex")
    return copies(rng, people, np.where(np.arange(count) < 0.8 * count, 1, 2))


def _other_letter_of_a_syllable(rng: np.random.Generator, name: str) -> str:
    """One letter of a Korean name another of its kind: consonant, vowel or last consonant."""
    letters = list(unicodedata.normalize("NFD", name))
    place = int(rng.integers(0, len(letters)))
    kinds = ((0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2))
    first, last = next(kind for kind in kinds if ord(letters[place]) <= kind[1])
    letters[place] = chr(int(rng.integers(first, last + 1)))
    return unicodedata.normalize("NFC", "".join(letters))


def korean(rng: np.random.Generator) -> pd.DataFrame:
    """6,000 records of 5,000 persons: Korean names with a letter mistyped, and dates."""
    records = _one_in_five_twice(rng, "ko_KR", 5_000)
    for column, share in (("first_name", 0.08), ("last_name", 0.03)):
        records[column] = some(rng, records[column], share, lambda name: _other_letter_of_a_syllable(rng, name))
    records["day"] = some(rng, records["day"], 0.05, lambda day: slipped_day(rng, day))
    return finished(records)


def year_only(rng: np.random.Generator) -> pd.DataFrame:
    """6,000 records of 5,000 persons: Italian whole names and the year of birth."""
    records = _one_in_five_twice(rng, "it_IT", 5_000)
    records["full_name"] = records.pop("first_name") + " " + records.pop("last_name")
    records["full_name"] = some(rng, records["full_name"], 0.12, lambda name: slip(rng, name))
    return finished(records, write="%Y")


def whole_names_alone(rng: np.random.Generator) -> pd.DataFrame:
    """3,600 records of 3,000 persons: Polish whole names and nothing else."""
    records = _one_in_five_twice(rng, "pl_PL", 3_000).drop(columns="day")
    records["full_name"] = records.pop("first_name") + " " + records.pop("last_name")
    records["full_name"] = some(rng, records["full_name"], 0.15, lambda name: slip(rng, name))
    return finished(records)


def one_county(rng: np.random.Generator) -> pd.DataFrame:
    """7,800 records of 6,000 persons: few names, so many namesakes; sex, dates, and a county and occupation that tell hardly anything."""
    people = people_of(rng, Names(rng, "pt_BR"), 6_000).assign(occupation="none")
    people["county"] = np.where(rng.random(len(people)) < 0.98, "Recife", "Olinda")
    records = copies(rng, people, np.where(np.arange(len(people)) < 0.7 * len(people), 1, 2))
    for column in ("first_name", "last_name"):
        records[column] = some(rng, records[column], 0.1, lambda name: slip(rng, name))
    records["day"] = some(rng, records["day"], 0.05, lambda day: slipped_day(rng, day))
    return finished(records)


def half_of_the_dates(rng: np.random.Generator) -> pd.DataFrame:
    """11,200 records of 8,000 persons: of a third of the dates nothing is known, of a quarter the month, and so the year."""
    people = people_of(rng, Names(rng, "sv_SE"), 8_000)
    records = copies(rng, people, np.where(np.arange(len(people)) < 0.6 * len(people), 1, 2))
    for column in ("first_name", "last_name"):
        records[column] = some(rng, records[column], 0.06, lambda name: slip(rng, name))
    drawn, born = rng.random(len(records)), pd.Series(pd.to_datetime(records.pop("day")))
    written = born.dt.strftime("%Y-%m-%d").where(drawn >= 0.55, born.dt.strftime("%Y-%m"))
    records["birth_date"] = written.where(drawn >= 0.3, None)
    return finished(records)


_ABBREVIATED = {"William": "Wm", "James": "Jas", "Thomas": "Thos", "Charles": "Chas", "Robert": "Robt", "Richard": "Richd", "Henry": "Hy"} | {
    "Edward": "Edwd", "Samuel": "Saml", "Daniel": "Danl", "Benjamin": "Benjn", "Elizabeth": "Eliz", "Margaret": "Margt", "Frederick": "Fredk"
}  # fmt: skip


def two_censuses(rng: np.random.Generator, households: int = 3_000) -> pd.DataFrame:
    """Two counts of ``households`` ten years apart: years of birth reckoned from ages, names abbreviated, a third moved, some died or left."""
    names = Names(rng, "en_GB")
    names.men[:12] = [*list(_ABBREVIATED)[:11], "John"]
    size = rng.integers(1, 7, households)
    home = np.repeat(np.arange(households), size)
    people = people_of(rng, names, len(home)).assign(household_id=home)
    people["last_name"] = names.draw(names.last, households)[home]
    people["year"] = rng.integers(1811, 1871, len(home))
    people["occupation"] = rng.choice(
        ["labourer", "carpenter", "miner", "weaver", "servant", "baker", "smith"], len(home)
    )
    towns = [f"{place}ham" for place in names.last[:25]]
    street, town = np.full(households, "", dtype=object), np.full(households, "", dtype=object)
    parts: list[pd.DataFrame] = []
    for name in ("1871", "1881"):
        moves = rng.random(households) < (0.35 if parts else 1.0)
        new_street = [f"{rng.integers(1, 90)} {place} street" for place in rng.choice(names.last, households)]
        leaves_town = moves & (rng.random(households) < (0.3 if parts else 1.0))
        street = np.where(moves, np.array(new_street, dtype=object), street)
        town = np.where(leaves_town, rng.choice(towns, households), town)
        part = people.assign(address=street[home], county=town[home], list=name, household_code=home)
        part = part[rng.random(len(home)) < (0.8 if parts else 1.0)].sample(frac=1.0, random_state=5, ignore_index=True)
        part["first_name"] = some(rng, part["first_name"], 0.2, lambda text: _ABBREVIATED.get(text, text[0]))
        for column in ("first_name", "last_name", "address"):
            part[column] = some(rng, part[column], 0.1, lambda text: slip(rng, text))
        told = part.pop("year") + np.where(rng.random(len(part)) < 0.4, rng.choice([-3, -2, -1, 1, 2, 3], len(part)), 0)
        part["birth_date"] = told.astype("str")
        part["occupation"] = part["occupation"].where(pd.Series(rng.random(len(part)) > 0.3), None)
        parts.append(part.drop(columns="day"))
    return finished(pd.concat(parts))


KINDS: dict[str, Kind] = {
    "names_and_dates": Kind(names_and_dates, "10,000 German names and dates, 10 % twice"),
    "names_and_dates_us": Kind(lambda rng: names_and_dates(rng, "en_US", 4_000, 800, "%m/%d/%y"), "American, m/d/yy"),
    "names_and_dates_few": Kind(lambda rng: names_and_dates(rng, "fr_FR", 450, 50), "500 French names and dates"),
    "both_names_misspelt": Kind(both_names_misspelt, "55,000 Polish, both names misspelt in every second record"),
    "many_records_each": Kind(many_records_each, "30,000 records of 4,000 persons, whole names, worn"),
    "whole_households": Kind(whole_households, "two counts of 8,000 households"),
    "three_writings_of_dates": Kind(three_writings_of_dates, "three Spanish lists, three ways to write a date"),
    "arabic_script": Kind(arabic_script, "two Arabic lists"),
    "small_turkish": Kind(small_turkish, "500 Turkish records"),
    "no_duplicates": Kind(no_duplicates, "10,000 persons once each"),
    "names_alone": Kind(names_alone, "two French lists of names and towns"),
    "korean": Kind(korean, "6,000 Korean names and dates"),
    "year_only": Kind(year_only, "6,000 Italian whole names with the year of birth"),
    "whole_names_alone": Kind(whole_names_alone, "3,600 Polish whole names"),
    "one_county": Kind(one_county, "7,800 Brazilian, many namesakes, one county"),
    "half_of_the_dates": Kind(half_of_the_dates, "11,200 Swedish, half of the dates in part or missing"),
    "two_censuses": Kind(two_censuses, "two counts ten years apart, ages, abbreviations"),
}


# --- what they are compared with -------------------------------------------------------------------------------------


def by_equality(records: pd.DataFrame) -> np.ndarray:
    """Who has every name and the date of birth the same, letter by letter, is one person."""
    names = [name for name in ("full_name", "first_name", "last_name", "birth_date") if name in records]
    names += ["county"] if "birth_date" not in records and "county" in records else []
    whole = records[names].notna().all(axis="columns")
    key = pd.Series(np.where(whole, records[names].fillna("").agg("\x1f".join, axis=1), records["record_id"]))
    return pd.factorize(key)[0]


def by_plain_splink(records: pd.DataFrame) -> np.ndarray:
    """Splink's ready comparisons on the columns as they are, a threshold of 0.95 set beforehand, connected components."""
    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.disable(logging.WARNING)
    table = records.drop(columns=[*TRUTH, "household_code"], errors="ignore").assign(row=np.arange(len(records)))
    compared: dict[str, Any] = {
        "full_name": cl.JaroWinklerAtThresholds("full_name", [0.95, 0.88, 0.8]).configure(term_frequency_adjustments=True),
        "first_name": cl.NameComparison("first_name"),
        "last_name": cl.NameComparison("last_name"),
        "father_name": cl.NameComparison("father_name"),
        "birth_date": cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        "postal_code": cl.DamerauLevenshteinAtThresholds("postal_code", [1, 2]),
        "address": cl.JaroWinklerAtThresholds("address", [0.9, 0.8]),
        "county": cl.ExactMatch("county").configure(term_frequency_adjustments=True),
        "occupation": cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        "sex": cl.ExactMatch("sex"),
    }  # fmt: skip
    there = [name for name in compared if name in table]
    names = [name for name in ("full_name", "first_name", "last_name", "father_name") if name in there]
    others = [name for name in ("birth_date", "postal_code", "address", "county") if name in there]
    blocks = [block_on(other, f"substr({name}, 1, 2)") for other in others for name in names]
    blocks += [block_on(*names[:2])] if "full_name" not in there else [block_on("full_name")]
    blocks += [block_on("birth_date")] if "birth_date" in there else []
    sure = block_on(*names[:2], *others[:1])
    connection = duckdb.connect()
    linker = Linker(
        DuckDBAPI(connection=connection).register(table, dataset_display_name="persons"),
        SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="row",
            comparisons=[compared[name] for name in there],
            blocking_rules_to_generate_predictions=blocks,
            retain_matching_columns=False,
        ),
    )
    linker.training.estimate_probability_two_random_records_match([sure], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for free in [block_on(*names[:2]), *(block_on(other) for other in others[:2])]:
        linker.training.estimate_parameters_using_expectation_maximisation(free)
    scored = linker.inference.predict(threshold_match_probability=0.05)
    pairs = connection.execute(
        f'select row_l as "left", row_r as "right", match_weight from {scored.physical_name}'
    ).df()
    return components(len(table), pairs[pairs["match_weight"] >= AUTOMATIC])


def calibration(probability: np.ndarray, is_same: np.ndarray) -> str:
    """The mean true share in three ranges of probability between sure and impossible, with how many pairs lie there."""
    told = []
    for low, high in ((0.05, 0.35), (0.35, 0.65), (0.65, 0.95)):
        there = (probability >= low) & (probability < high)
        if there.sum():
            told.append(f"{probability[there].mean():.2f}→{is_same[there].mean():.2f} ({int(there.sum())})")
    return " ".join(told)


def measured(records: pd.DataFrame, *, baselines: bool = True) -> dict[str, Any]:
    from palayesh.linkage import link_table

    truth = records["person_id"].to_numpy()
    began = time.perf_counter()
    found = link_table(records.drop(columns=[name for name in TRUTH if name in records]), calendar="gregorian")
    result: dict[str, Any] = {"seconds": round(time.perf_counter() - began, 1)}
    said = found.records["person_id"].to_numpy()
    pairs, met = found.pairs, (found.pairs["l"].to_numpy(), found.pairs["r"].to_numpy())
    result["palayesh"] = cluster_score(said, truth).as_dict()
    is_same = truth[met[0]] == truth[met[1]]
    asked = pairs["decision"].eq("review").to_numpy()
    result["blocking_recall"] = round(pairs_score(*met, truth).recall, 4)
    result["asked"], result["asked_are_one"] = int(asked.sum()), int((asked & is_same).sum())
    result["calibration"] = calibration(pairs["probability"].to_numpy(), is_same)
    result["findings"] = [finding.code for finding in found.findings]
    result["persons"] = [len(np.unique(truth)), len(np.unique(said))]
    if "household_id" in records and "household_code" in records:
        result["households"] = household_score(records, found.records["household_id"].to_numpy()).as_dict()
    if baselines:
        from splink.internals.exceptions import SplinkException

        result["equality"] = cluster_score(by_equality(records), truth).as_dict()
        began = time.perf_counter()
        try:
            result["plain_splink"] = cluster_score(by_plain_splink(records), truth).as_dict()
        except (
            duckdb.Error,
            SplinkException,
            ValueError,
        ) as error:  # a list without the columns that plain Splink trains on
            result["plain_splink"] = {"failed": str(error).splitlines()[0][:80]}
        result["plain_splink_seconds"] = round(time.perf_counter() - began, 1)
    return result


def line_of(name: str, result: dict[str, Any]) -> str:
    def told(score: dict[str, float] | None) -> str:
        if not score:
            return "-"
        return "failed" if "failed" in score else f"{score['precision']:.4f}/{score['recall']:.4f}/{score['f1']:.4f}"

    parts = [f"{name:24}", f"ours {told(result['palayesh'])}", f"splink {told(result.get('plain_splink'))}"]
    parts += [f"equal {told(result.get('equality'))}", f"block {result['blocking_recall']}"]
    parts += [f"asked {result['asked_are_one']}/{result['asked']}", f"cal {result['calibration']}"]
    parts += [f"homes {told(result.get('households'))}"] if "households" in result else []
    return "  ".join([*parts, f"{result['seconds']} s", *result["findings"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=KINDS)
    parser.add_argument("--seed", type=int, default=901)
    parser.add_argument("--without-baselines", action="store_true")
    parser.add_argument("--json", metavar="OUT", help="write every figure there")
    arguments = parser.parse_args()
    results = {}
    for place, (name, kind) in enumerate(KINDS.items()):
        if arguments.only and name not in arguments.only:
            continue
        records = kind.make(np.random.default_rng([arguments.seed, place]))
        results[name] = measured(records, baselines=not arguments.without_baselines)
        print(line_of(name, results[name]), flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
