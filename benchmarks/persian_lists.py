"""Persian families written on four lists by people who mishear, mistype and leave things out, with the truth beside them.

    python -m benchmarks.persian_lists 100000 --seed 11 --out lists.parquet

The same seed gives the same families and the same mistakes with and without national numbers. Rates are set by hand
(`RATES`), the mix of typing errors (`SLIPS`) follows misspelled first names of a real list. Nobody in it exists: national
numbers begin with 990 (991 to 999 where one place is too small), telephone numbers with 0999.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from palayesh.synthetic import names
from palayesh.synthetic.numbers import check_digits
from palayesh.synthetic.places import COUNTIES, OUTSIDE

LISTS = ("prisoners", "committee", "welfare", "charity")
"""Prisoners, mostly alone; two lists of their wives and children; and one of whole families. Heads differ."""
WITH_ARABIC_LETTERS = (0, 2)

RATES: dict[str, float] = {
    "number_missing": 0.21,
    "number_mistyped": 0.04,
    "number_of_head": 0.012,  # of children
    "first_name_slip": 0.038,
    "last_name_slip": 0.11,
    "father_name_slip": 0.11,
    "first_name_cut": 0.10,  # of compound names
    "last_name_cut": 0.10,  # of surnames with a suffix
    "spacing": 0.30,  # of names in parts
    "title": 0.45,  # of those whose family bears one
    "other_first_name": 0.007,
    "names_swapped": 0.003,
    "first_name_missing": 0.001,
    "father_name_missing": 0.06,
    "father_name_cut": 0.10,
    "birth_missing": 0.025,
    "birth_year_only": 0.095,
    "birth_digit": 0.032,
    "birth_year_near": 0.015,
    "birth_day_and_month_swapped": 0.01,
    "mobile_missing": 0.33,
    "mobile_of_child_missing": 0.80,  # lists ask the grown-ups
    "mobile_changed": 0.22,
    "county_missing": 0.02,
    "county_changed": 0.06,
    "sex_missing": 0.04,
    "sex_wrong": 0.004,
    "written_twice": 0.004,
}
SLIPS: dict[str, float] = {
    "letter_replaced": 0.28,
    "dots": 0.126,
    "vowel_added": 0.113,
    "neighbour_key": 0.095,
    "letter_added": 0.09,
    "letter_missing": 0.07,
    "homophone": 0.10,  # 0.048 of the spellings, but the slips people make most often are these
    "letters_swapped": 0.047,
    "vowel_missing": 0.047,
    "letter_doubled": 0.046,
}
KINDS = (*RATES, *SLIPS)
CHUNK = 1_000_000
TODAY_YEAR = 1404

_SOUNDS = ("ثسص", "ذزضظ", "تط", "حه", "غق", "اع")
_SHAPES = ("بپتثنی", "جچحخ", "دذ", "رزژ", "سش", "صض", "طظ", "عغ", "فق", "کگ")
_KEYS = ("ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو")
_VOWELS = "اوی"
_LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_TO_ARABIC = str.maketrans({"ی": "ي", "ک": "ك"})
_MONTH_DAYS = np.array([31] * 6 + [30] * 5 + [29])
_PLACES = tuple(place for place in range(990, 1000) if place != 996)  # 996 is the series of foreigners


def _neighbours(rows: tuple[str, ...], *, beside: bool) -> dict[str, str]:
    near: dict[str, str] = {}
    for row in rows:
        for at, letter in enumerate(row):
            others = row[max(at - 1, 0) : at] + row[at + 1 : at + 2] if beside else row.replace(letter, "")
            near[letter] = near.get(letter, "") + others
    return near


_REPLACED = {
    "homophone": _neighbours(_SOUNDS, beside=False),
    "dots": _neighbours(_SHAPES, beside=False),
    "neighbour_key": _neighbours(_KEYS, beside=True),
    "letter_replaced": dict.fromkeys(_LETTERS, _LETTERS),
}


def _compounds(pool: np.ndarray, befores: tuple[str, ...], afters: tuple[str, ...]) -> np.ndarray:
    """The pool, and rarer names made of two of it."""
    plain = [name for name in pool if not set(" \u200c") & set(name) and len(name) <= 6]
    made = [f"{before} {name}" for name in plain[:45] for before in befores if before != name]
    made += [f"{name} {after}" for name in plain[:30] for after in afters if after != name]
    return np.array(list(dict.fromkeys([*pool, *made])), dtype=object)


_MALE = _compounds(names.MALE, ("محمد", "امیر", "علی", "غلام"), ("علی", "رضا", "محمد"))
_FEMALE = _compounds(names.FEMALE, ("فاطمه", "گل", "بی‌بی"), ("سادات", "بانو"))
_FAR_TOWNS = "مشهد شیراز تبریز اهواز کرج کرمانشاه ارومیه رشت زاهدان همدان اردبیل بندرعباس زنجان سنندج قزوین خرم‌آباد گرگان ساری بابل آمل دزفول نیشابور سبزوار کاشان بوشهر بیرجند ایلام شهرکرد یاسوج بجنورد مرودشت لار فسا جهرم میناب زابل ایرانشهر چابهار میبد اردکان"
_TOWNS = tuple(dict.fromkeys([*COUNTIES.values(), *OUTSIDE, *_FAR_TOWNS.split()]))
_ENDINGS = ("زاده", "وند", "لو", "پناه", "خانی", "بیگی")
_SUFFIXES = (
    " اصل",
    " نژاد",
    " زاده",
    "‌پور",
    "‌فر",
    "‌نیا",
    " راد",
    " کرمانی",
    " بافتی",
    " جیرفتی",
    " سیرجانی",
    " رفسنجانی",
    " بمی",
    " زرندی",
    " کهنوجی",
    " فرد",
    " تبار",
    " نسب",
)
_PLAIN_SURNAMES = [name for name in names.SURNAMES if not set(" \u200c") & set(name)]
_SURNAMES = np.array(
    list(
        dict.fromkeys(
            [*names.SURNAMES, *(f"{name}{suffix}" for suffix in (*_ENDINGS, *_SUFFIXES) for name in _PLAIN_SURNAMES)]
        )
    ),
    dtype=object,
)
_LIKE_NAMED = (
    ("حسن", "حسین"),
    ("محمد", "احمد"),
    ("مهدی", "هادی"),
    ("حمید", "مجید"),
    ("سعید", "حمید"),
    ("علی رضا", "محمدرضا"),
)
_ALIKE = dict(itertools.chain.from_iterable(((one, other), (other, one)) for one, other in _LIKE_NAMED))


def _draw(rng: np.random.Generator, pool: np.ndarray, count: int, flat: float, steep: float = 1.0) -> np.ndarray:
    """``count`` names, the n-th of the pool as frequent as 1 / (n + flat) ** steep."""
    summed = np.cumsum(1.0 / (np.arange(len(pool)) + flat) ** steep)
    return pool[np.searchsorted(summed, rng.random(count) * summed[-1])]


def _first_names(rng: np.random.Generator, female: np.ndarray, born: np.ndarray) -> np.ndarray:
    drawn = np.where(female, _draw(rng, _FEMALE, len(female), 3.0, 1.3), _draw(rng, _MALE, len(female), 3.0, 1.3))
    elder = (born < 1335) & (rng.random(len(female)) < 0.7)
    old = np.where(female, _draw(rng, names.OLD_FEMALE, len(female), 3.0), _draw(rng, names.OLD_MALE, len(female), 3.0))
    return np.where(elder, old, drawn)


@dataclass
class _People:
    """Columns of persons, one block of columns per place in the family, put together in ``frame``."""

    blocks: list[dict[str, np.ndarray]] = field(default_factory=list)

    def add(self, there: np.ndarray, **columns: np.ndarray | str) -> None:
        block = {name: np.broadcast_to(values, there.shape)[there] for name, values in columns.items()}
        self.blocks.append(block | {"household": np.flatnonzero(there)})

    def frame(self) -> dict[str, np.ndarray]:
        joined = {name: np.concatenate([block[name] for block in self.blocks]) for name in self.blocks[0]}
        order = np.argsort(joined["household"], kind="stable")
        return {name: values[order] for name, values in joined.items()}


def _families(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    people = _People()
    everyone = np.ones(count, dtype=bool)
    woman = rng.random(count) < 0.06
    born = TODAY_YEAR - np.clip(rng.gamma(9.0, 4.2, count), 19, 78).astype(int)
    surname, father = _draw(rng, _SURNAMES, count, 30.0), _first_names(rng, np.zeros(count, bool), born - 28)
    first = _first_names(rng, woman, born)
    # A man in a hundred has a brother in prison too: the same surname and father, another household.
    brother = np.flatnonzero((rng.random(count) < 0.015) & (np.arange(count) > 0))
    surname[brother], father[brother] = surname[brother - 1], father[brother - 1]
    titled = rng.random(count) < 0.07
    titled[brother] = titled[brother - 1]
    people.add(
        everyone, role="prisoner", female=woman, born=born, first=first, last=surname, father=father, titled=titled
    )

    married = rng.random(count) < 0.80
    mate_born = born + np.where(woman, -4, 4) + np.round(rng.normal(0, 3, count)).astype(int)
    mate_born = np.minimum(mate_born, TODAY_YEAR - 16)
    mate = _first_names(rng, ~woman, mate_born)
    cousin = rng.random(count) < 0.2
    mate_last = np.where(cousin, surname, _draw(rng, _SURNAMES, count, 30.0))
    mate_father = _first_names(rng, np.zeros(count, bool), mate_born - 28)
    people.add(
        married,
        role="spouse",
        female=~woman,
        born=mate_born,
        first=mate,
        last=mate_last,
        father=mate_father,
        titled=titled & cousin,
    )

    man_first, man_last = np.where(woman, mate, first), np.where(woman, mate_last, surname)
    man_titled = np.where(woman, titled & cousin, titled)
    mother_born = np.where(woman, born, mate_born)
    wanted = np.where(married | (rng.random(count) < 0.15), rng.binomial(5, 0.66, count), 0)
    year = mother_born + 17 + rng.integers(0, 8, count)
    taken: list[np.ndarray] = []
    for place in range(6):
        twin = (rng.random(count) < 0.014) & (place > 0)
        year = np.where(twin, year, year + rng.integers(1, 5, count))
        girl = rng.random(count) < 0.49
        named = _first_names(rng, girl, year)
        # A son may bear his grandfather's name or, seldom, his father's; brothers' names are often alike.
        boy = ~girl
        named = np.where(boy & (rng.random(count) < 0.06), father, named)
        named = np.where(boy & (rng.random(count) < 0.004), man_first, named)
        if taken:
            like = np.array([_ALIKE.get(name) for name in taken[-1]], dtype=object)
            named = np.where(boy & (like != None) & (rng.random(count) < 0.35), like, named)  # noqa: E711
        for _ in range(3):
            clash = np.zeros(count, dtype=bool)
            for other in taken:
                clash |= other == named
            if not clash.any():
                break
            named[clash] = _first_names(rng, girl[clash], year[clash])
        taken.append(named)
        there = (place < wanted) & (year <= TODAY_YEAR - 1) & (year >= TODAY_YEAR - 30)
        people.add(
            there,
            role=np.where(twin, "twin", "child"),
            female=girl,
            born=year,
            first=named,
            last=man_last,
            father=man_first,
            titled=man_titled,
        )
    for role, share, is_woman in (("father", 0.05, False), ("mother", 0.12, True)):
        year = born - 28 + rng.integers(-7, 6, count)
        first_name = father if not is_woman else _first_names(rng, np.ones(count, bool), year)
        people.add(
            (rng.random(count) < share) & (year > 1310),
            role=role,
            female=np.full(count, is_woman),
            born=year,
            first=first_name,
            last=np.where(is_woman, _draw(rng, _SURNAMES, count, 30.0), surname),
            father=_first_names(rng, np.zeros(count, bool), year - 28),
            titled=titled & (not is_woman),
        )
    girl = rng.random(count) < 0.6
    year = np.minimum(born + rng.integers(-8, 9, count), TODAY_YEAR - 3)
    people.add(
        rng.random(count) < 0.04,
        role="sibling",
        female=girl,
        born=year,
        first=_first_names(rng, girl, year),
        last=surname,
        father=father,
        titled=titled,
    )
    return people.frame()


def _mentioned(
    rng: np.random.Generator, people: dict[str, np.ndarray], households: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which person stands on which list (index of the person, index of the list)."""
    known = rng.random(households)[:, None] * 0.5 + rng.random((households, 4)) * 0.5
    case = known < np.array([0.58, 0.52, 0.38, 0.41])
    case[~case.any(axis=1), 0] = True
    whole = rng.random((households, 4)) < np.array([0.62, 0.40, 0.12, 0.60])
    home, role = people["household"], people["role"]
    prisoner, wife = role == "prisoner", role == "spouse"
    other = ~np.isin(role, ["prisoner", "spouse", "child", "twin"])
    chance = np.empty((len(home), 4))
    chance[:] = [0.75, 0.85, 0.68, 0.68]
    chance[wife] = [0.95, 0.95, 0.85, 0.75]
    chance[other] = [0.30, 0.45, 0.20, 0.20]
    # The prisoners' list knows kin only in its whole families; the prisoner is on the others only in theirs.
    chance[:, 0] = np.where(prisoner, 1.0, np.where(whole[home, 0], chance[:, 0], 0.0))
    for at in (1, 2, 3):
        chance[prisoner, at] = np.where(whole[home[prisoner], at], 0.95, 0.02)
    return np.nonzero(case[home] & (rng.random(chance.shape) < chance))


def _slip(word: str, kind: str, at: float, choice: float) -> str:
    """``word`` with one typing error; ``at`` and ``choice`` in [0, 1) say where and what. Unchanged where none fits."""
    if len(word) < 2:
        return word

    def pick(options: str | list[int]) -> str | int:
        return options[int(choice * len(options))]

    if kind in _REPLACED:
        near = _REPLACED[kind]
        places = [place for place, letter in enumerate(word) if letter in near]
        if not places:
            return word
        place = places[int(at * len(places))]
        return word[:place] + pick(near[word[place]].replace(word[place], "")) + word[place + 1 :]
    place = int(at * len(word))
    if kind == "vowel_added":
        return word[: place + 1] + pick(_VOWELS) + word[place + 1 :]
    if kind == "letter_added":
        return word[: place + 1] + pick(_LETTERS) + word[place + 1 :]
    if kind == "letter_doubled":
        return word[: place + 1] + word[place:]
    if kind == "letters_swapped":
        place = min(place, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    wanted = kind == "vowel_missing"
    places = [place for place, letter in enumerate(word) if (letter in _VOWELS) == wanted and letter not in " \u200c"]
    if not places or len(word) < 4:
        return word
    place = places[int(at * len(places))]
    return word[:place] + word[place + 1 :]


class _Writing:
    """The records of one chunk while they are written: columns, and which kinds of damage each has."""

    def __init__(self, rng: np.random.Generator, rows: int, rates: dict[str, float]) -> None:
        self.rng, self.rows, self.rates = rng, rows, rates
        self.damage = np.zeros(rows, dtype=np.int64)

    def struck(self, kind: str, among: np.ndarray | None = None) -> np.ndarray:
        hit = self.rng.random(self.rows) < self.rates[kind]
        return hit if among is None else hit & among

    def mark(self, kind: str, rows: np.ndarray) -> None:
        self.damage[rows] |= 1 << KINDS.index(kind)

    def slips(self, column: np.ndarray, kind: str) -> None:
        """Typing errors in some names of ``column``."""
        rows = np.flatnonzero(self.struck(kind))
        slip_kinds = self.rng.choice(len(SLIPS), len(rows), p=np.array(list(SLIPS.values())) / sum(SLIPS.values()))
        before = column[rows]
        kinds = list(SLIPS)
        after = np.array(
            [
                _slip(word, kinds[number], at, choice)
                for word, number, at, choice in zip(
                    before, slip_kinds, self.rng.random(len(rows)), self.rng.random(len(rows)), strict=True
                )
            ],
            dtype=object,
        )
        column[rows] = after
        changed = after != before
        self.mark(kind, rows[changed])
        for number, name in enumerate(kinds):
            self.mark(name, rows[changed & (slip_kinds == number)])

    def cut(self, column: np.ndarray, parted: np.ndarray, kind: str, *, first_part: bool) -> None:
        """Some names in parts are cut to one part: either, or the first."""
        rows = np.flatnonzero(self.struck(kind, parted))
        which = np.zeros(len(rows), dtype=int) if first_part else self.rng.integers(0, 2, len(rows))
        column[rows] = [
            max(name.replace("\u200c", " ").split(" ")[at], "", key=len)
            for name, at in zip(column[rows], which, strict=True)
        ]
        self.mark(kind, rows)

    def respaced(self, column: np.ndarray, parted: np.ndarray) -> None:
        rows = np.flatnonzero(self.struck("spacing", parted))
        glue = np.array(["", " ", "\u200c"], dtype=object)[self.rng.integers(0, 3, len(rows))]
        column[rows] = [
            name.replace("\u200c", " ").replace(" ", sign) for name, sign in zip(column[rows], glue, strict=True)
        ]
        self.mark("spacing", rows)


def _in_parts(column: np.ndarray) -> np.ndarray:
    """Which names of a column have a space or a joiner inside."""
    codes, distinct = pd.factorize(column)
    return np.array([" " in name or "\u200c" in name for name in distinct])[codes]


def _dates(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Jalali texts YYYY/MM/DD; each distinct day is written once."""
    code = (year * 100 + month) * 100 + day
    distinct, place = np.unique(code, return_inverse=True)
    texts = [f"{n // 10000:04d}/{n // 100 % 100:02d}/{n % 100:02d}" for n in distinct.tolist()]
    return np.array(texts, dtype=object)[place]


def _digits_text(numbers: np.ndarray, width: int) -> np.ndarray:
    """Numbers as ASCII digits of one width."""
    digits = (numbers[:, None] // 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)) % 10 + ord("0")
    return np.ascontiguousarray(digits.astype(np.uint32)).view(f"<U{width}").ravel().astype(object)


def _mistyped(rng: np.random.Generator, numbers: np.ndarray) -> np.ndarray:
    """One digit wrong (two in three) or two neighbours swapped, after the place's three digits."""
    power = 10 ** rng.integers(0, 7, len(numbers))
    digit = numbers // power % 10
    wrong = numbers + ((digit + rng.integers(1, 10, len(numbers))) % 10 - digit) * power
    low, high = numbers // power % 10, numbers // (power * 10) % 10
    swapped = numbers + (high - low) * power + (low - high) * power * 10
    return np.where((rng.random(len(numbers)) < 0.67) | (low == high) | (power >= 10**6), wrong, swapped)


def _chunk(seed: int, chunk: int, records: int, serials: np.ndarray, rates: dict[str, float]) -> pd.DataFrame:
    """``records`` records of whole families (the last may be cut short), apart from every other chunk."""
    rng = np.random.default_rng([seed, chunk])
    households = records // 3 + 100
    people = _families(rng, households)
    person, of_list = _mentioned(rng, people, households)
    twice = np.flatnonzero(rng.random(len(person)) < rates["written_twice"])
    again = np.zeros(len(person) + len(twice), dtype=bool)
    again[len(person) :] = True
    person, of_list = np.concatenate([person, person[twice]]), np.concatenate([of_list, of_list[twice]])
    order = np.lexsort((again, person, of_list, people["household"][person]))[:records]
    person, of_list, again = person[order], of_list[order], again[order]
    if len(person) < records:
        raise AssertionError("too few families for the records asked for")
    home, role, female = people["household"][person], people["role"][person], people["female"][person]
    child = np.isin(role, ["child", "twin"])
    case_code, case_home = pd.factorize(home * 4 + of_list)

    writing = _Writing(rng, records, rates)
    writing.mark("written_twice", np.flatnonzero(again))
    first, last, father = (people[name][person] for name in ("first", "last", "father"))
    other = np.flatnonzero(writing.struck("other_first_name"))
    first[other] = _first_names(rng, female[other], people["born"][person][other])
    writing.mark("other_first_name", other)
    for column, cut in ((first, "first_name_cut"), (last, "last_name_cut"), (father, "father_name_cut")):
        writing.cut(column, _in_parts(column), cut, first_part=cut == "last_name_cut")
        writing.respaced(column, _in_parts(column))
    writing.slips(first, "first_name_slip")
    writing.slips(last, "last_name_slip")
    writing.slips(father, "father_name_slip")
    titled = np.flatnonzero(writing.struck("title", people["titled"][person]))
    first[titled] = np.where(female[titled], "سیده ", "سید ").astype(object) + first[titled]
    writing.mark("title", titled)
    swapped = np.flatnonzero(writing.struck("names_swapped"))
    first[swapped], last[swapped] = last[swapped].copy(), first[swapped].copy()
    writing.mark("names_swapped", swapped)

    # Births: siblings who are twins share the day, which is drawn per family and year.
    day_seed = np.random.default_rng([seed, chunk, 1]).integers(0, 2**31, (households, 2))
    born = people["born"]
    person_seed = np.arange(len(born)) * (people["role"] != "twin")
    person_seed = np.maximum.accumulate(person_seed)  # a twin comes after the sibling
    mixed = (day_seed[people["household"], 0] * 31 + person_seed * 2_654_435_761) % 2**32
    mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % 2**32
    month = (mixed >> 7) % 12
    day = (mixed >> 13) % _MONTH_DAYS[month] + 1
    year, month, day = born[person], month[person] + 1, day[person]
    moved = np.flatnonzero(writing.struck("birth_year_near"))
    year[moved] += rng.choice([-1, 1], len(moved))
    writing.mark("birth_year_near", moved)
    turned = np.flatnonzero(writing.struck("birth_day_and_month_swapped", (day <= 12) & (day != month)))
    day[turned], month[turned] = month[turned].copy(), day[turned].copy()
    writing.mark("birth_day_and_month_swapped", turned)
    birth = _dates(year, month, day)
    off = np.flatnonzero(writing.struck("birth_digit"))
    place = rng.choice([2, 3, 5, 6, 8, 9], len(off), p=[0.12, 0.28, 0.05, 0.2, 0.1, 0.25])
    digit = rng.integers(1, 10, len(off))
    birth[off] = [
        text[:at] + str((int(text[at]) + plus) % 10) + text[at + 1 :]
        for text, at, plus in zip(birth[off], place, digit, strict=True)
    ]
    writing.mark("birth_digit", off)
    rough = np.flatnonzero(writing.struck("birth_year_only"))
    birth[rough] = np.array([text[:4] + "/01/01" for text in birth[rough]], dtype=object)
    writing.mark("birth_year_only", rough)

    # Numbers: a person's own, unless left out, mistyped, or the head's written for the child.
    numbers = np.zeros(len(people["role"]), dtype=np.int64)
    written_down = np.unique(person)
    numbers[written_down] = serials[: len(written_down)]
    number = numbers[person]
    number = number * 10 + check_digits(number)
    case_first = np.unique(case_code, return_index=True)[1]
    lent = np.flatnonzero(writing.struck("number_of_head", child & ~again))
    first_of_case = person[case_first][case_code[lent]]
    heads = numbers[first_of_case]
    lent, heads = lent[first_of_case != person[lent]], heads[first_of_case != person[lent]]
    number[lent] = heads * 10 + check_digits(heads)
    writing.mark("number_of_head", lent)
    no_number = writing.struck("number_missing")
    mistyped = np.flatnonzero(writing.struck("number_mistyped", ~no_number))
    number[mistyped] = _mistyped(rng, number[mistyped])
    writing.mark("number_mistyped", mistyped)
    writing.mark("number_missing", np.flatnonzero(no_number))

    # Telephone and county are the household's; a list may have an older telephone, or the town they left.
    start = int(np.random.default_rng([seed, 2]).integers(0, 10_000_000)) + chunk * (CHUNK // 3 + 100) * 2
    changed = (rng.random(len(case_home)) < rates["mobile_changed"])[case_code]
    absent = (rng.random(len(case_home)) < rates["mobile_missing"])[case_code]
    writing.mark("mobile_missing", np.flatnonzero(absent))
    childs = writing.struck("mobile_of_child_missing", child)
    writing.mark("mobile_of_child_missing", np.flatnonzero(childs))
    absent |= childs
    mobile = _digits_text(9_990_000_000 + (start + 2 * home + changed) * 6_700_417 % 10_000_000, 11)
    writing.mark("mobile_changed", np.flatnonzero(changed & ~absent))
    towns = np.array(_TOWNS, dtype=object)
    town = _draw(rng, np.arange(len(towns)), households, 40.0)[home]
    elsewhere = (rng.random(len(case_home)) < rates["county_changed"])[case_code]
    moved_to = _draw(rng, np.arange(len(towns)), len(case_home), 40.0)[case_code]
    county = towns[np.where(elsewhere, moved_to, town)]
    writing.mark("county_changed", np.flatnonzero(elsewhere & (moved_to != town)))

    sex_wrong = np.flatnonzero(writing.struck("sex_wrong"))
    written_female = female.copy()
    written_female[sex_wrong] ^= True
    writing.mark("sex_wrong", sex_wrong)
    sex = np.where(written_female, "زن", "مرد").astype(object)

    arabic = np.isin(of_list, WITH_ARABIC_LETTERS)
    for column in (first, last, father, county):
        codes, distinct = pd.factorize(column)
        in_arabic = np.array([text.translate(_TO_ARABIC) for text in distinct], dtype=object)
        column[arabic] = in_arabic[codes[arabic]]
    for column, kind, rows in (
        (first, "first_name_missing", writing.struck("first_name_missing")),
        (father, "father_name_missing", writing.struck("father_name_missing")),
        (birth, "birth_missing", writing.struck("birth_missing")),
        (county, "county_missing", writing.struck("county_missing")),
        (sex, "sex_missing", writing.struck("sex_missing")),
    ):
        column[rows] = None
        writing.mark(kind, np.flatnonzero(rows))
    national_id = _digits_text(number, 10)
    national_id[no_number] = None
    mobile[absent] = None

    kinds, which = np.unique(writing.damage, return_inverse=True)
    words = [";".join(kind for bit, kind in enumerate(KINDS) if mask >> bit & 1) for mask in kinds.tolist()]
    letters = np.array(["P", "C", "W", "H"], dtype=object)
    frame = pd.DataFrame(
        {
            "list": np.array(LISTS, dtype=object)[of_list],
            "household_code": letters[of_list] + _digits_text(chunk * CHUNK + case_code + 1, 8),
            "first_name": first,
            "last_name": last,
            "father_name": father,
            "sex": sex,
            "birth_date": birth,
            "national_id": national_id,
            "mobile": mobile,
            "county": county,
            "relation": _relations(role, of_list, case_code, home),
            "person_id": chunk * CHUNK * 2 + person,
            "household_id": chunk * CHUNK + home,
            "damage": np.array(words, dtype=object)[which],
        }
    )
    shuffled = frame.iloc[rng.permutation(records)].reset_index(drop=True)
    shuffled.insert(0, "record_id", "R" + _digits_text(chunk * CHUNK + np.arange(records) + 1, 8))
    texts = [name for name in shuffled if name not in ("person_id", "household_id")]
    return shuffled.astype(dict.fromkeys(texts, "str"))


def _relations(role: np.ndarray, of_list: np.ndarray, case_code: np.ndarray, home: np.ndarray) -> np.ndarray:
    """Relation to the head of the case: the prisoner on two lists, his wife on the other two (where she is there)."""
    cases = int(case_code.max()) + 1
    has_wife, has_prisoner = np.zeros(cases, dtype=bool), np.zeros(cases, dtype=bool)
    has_wife[case_code[role == "spouse"]] = True
    has_prisoner[case_code[role == "prisoner"]] = True
    wife_leads = (has_wife[case_code] & np.isin(of_list, [1, 2])) | ~has_prisoner[case_code]
    relation = np.where(role == "twin", "child", role).astype(object)
    relation[(role == "prisoner") & ~wife_leads] = "head"
    relation[(role == "spouse") & wife_leads] = "head"
    relation[(role == "spouse") & ~wife_leads] = "spouse"
    relation[wife_leads & np.isin(role, ["father", "mother", "sibling"])] = "other"
    return relation


def persian_lists(
    records: int, seed: int, *, with_numbers: bool = True, rates: dict[str, float] | None = None
) -> pd.DataFrame:
    """``records`` records on four lists, with the truth (person_id, household_id) and the kinds of ``damage`` of each.

    ``rates`` replaces single rates of ``RATES``.
    """
    return pd.concat(persian_chunks(records, seed, with_numbers=with_numbers, rates=rates), ignore_index=True)


def persian_chunks(
    records: int, seed: int, *, with_numbers: bool = True, rates: dict[str, float] | None = None
) -> Iterator[pd.DataFrame]:
    """The same, a million records at a time. A family's records are all in one chunk."""
    rates = RATES | (rates or {})
    sizes = [min(CHUNK, records - start) for start in range(0, records, CHUNK)]
    roomy = [size * 3 // 4 + 100 for size in sizes]  # persons: about two for three records
    if sum(roomy) > 990_000 * len(_PLACES):
        raise ValueError("the unused places hold numbers for fewer persons; ask for at most 11,000,000 records")
    places = _PLACES[: -(-sum(roomy) // 990_000)]
    drawn = np.random.default_rng([seed, 0]).permutation(990_000 * len(places))[: sum(roomy)]
    serials = np.array(places)[drawn // 990_000] * 1_000_000 + drawn % 990_000 + 1
    for number, (size, end) in enumerate(zip(sizes, itertools.accumulate(roomy), strict=True)):
        lists = _chunk(seed, number, size, serials[end - roomy[number] : end], rates)
        if not with_numbers:
            lists["national_id"] = pd.Series(None, index=lists.index, dtype="str")
            lists["damage"] = lists["damage"].str.replace(r"number_[a-z_]+;?", "", regex=True).str.strip(";")
        yield lists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--without-numbers", action="store_true")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    lists = persian_lists(arguments.records, arguments.seed, with_numbers=not arguments.without_numbers)
    lists.to_parquet(arguments.out, index=False)


if __name__ == "__main__":
    main()
