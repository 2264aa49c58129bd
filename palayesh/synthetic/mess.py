"""The mess in which lists really come, done to clean ones: each kind at its rate, each damage written down.

Rates are shares at level 1 and grow in proportion to the level; at level 0 nothing is touched. The mix of typing errors
follows the measured one of ``linkage.md`` 5; the other rates are set by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
from persiantools.jdatetime import JalaliDate

from palayesh.synthetic import places
from palayesh.synthetic.lists import COLUMNS, DATES
from palayesh.synthetic.world import World

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
ARABIC_LETTERS = str.maketrans({"ی": "ي", "ک": "ك"})
PLACEHOLDERS = ("-", "ندارد", "نامشخص", ".", "N/A", "ـ")
MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
IDENTIFIERS = ("national_id", "prisoner_national_id", "head_national_id")
NAMES = ("first_name", "last_name", "father_name", "prisoner_name", "head_name")
FULL_NAMES = ("prisoner_name", "head_name")
TITLES_OF_MEN, TITLES_OF_WOMEN = ("سید", "حاج", "مرحوم", "آقای"), ("سیده", "حاجیه", "خانم")

_SAME_SOUND = {
    "ح": "ه",
    "ه": "ح",
    "س": "ص",
    "ص": "س",
    "ث": "س",
    "ز": "ذ",
    "ذ": "ز",
    "ض": "ز",
    "ظ": "ز",
    "ط": "ت",
    "ت": "ط",
    "غ": "ق",
    "ق": "غ",
}
_SAME_SHAPE = {
    "ز": "ر",
    "ر": "ز",
    "ب": "ت",
    "ت": "ب",
    "ن": "ب",
    "پ": "ب",
    "ج": "ح",
    "چ": "ج",
    "خ": "ح",
    "ش": "س",
    "ف": "ق",
    "د": "ذ",
}
_NEIGHBOURS = {
    "ا": "ل",
    "ل": "ا",
    "م": "ن",
    "ن": "م",
    "ی": "ب",
    "ب": "ی",
    "د": "ج",
    "ک": "گ",
    "گ": "ک",
    "و": "د",
    "س": "ش",
    "ع": "ه",
}
_VOWELS = "اوی"
# (kind, share) of typing errors, the measured ones without those of no clear kind
_TYPING = (
    ("other_dots", 0.176), ("extra_vowel", 0.158), ("neighbour_key", 0.133), ("extra_letter", 0.126), ("missing_letter", 0.098),
    ("same_sound", 0.115), ("swapped", 0.066), ("missing_vowel", 0.064), ("doubled", 0.064),
)  # fmt: skip


class Damage:
    """Damages tables and remembers where: list, row (``_row``), column, kind."""

    def __init__(self, rng: np.random.Generator, level: float) -> None:
        self.rng = rng
        self.level = level
        self._found: list[pd.DataFrame] = []

    def rate(self, share: float) -> float:
        """The share of cells at this level."""
        return min(share * self.level, 0.9)

    def chosen(self, pool: np.ndarray, share: float) -> np.ndarray:
        """Positions of the pool that are hit."""
        return np.flatnonzero(pool & (self.rng.random(len(pool)) < self.rate(share)))

    def note(self, list_key: str, rows: np.ndarray, column: str, kind: str | np.ndarray) -> None:
        if len(rows):
            self._found.append(pd.DataFrame({"list_key": list_key, "_row": rows, "column": column, "kind": kind}))

    def found(self) -> pd.DataFrame:
        """Everything done so far, in order."""
        if not self._found:
            return pd.DataFrame({"list_key": [], "_row": [], "column": [], "kind": []})
        return pd.concat(self._found, ignore_index=True)


def damage_lists(
    tables: dict[str, pd.DataFrame], world: World, rng: np.random.Generator, level: float
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """(the lists with their mess, every damage). Cells may now be text, whole numbers or days; ``_row`` numbers each list's rows."""
    damage = Damage(rng, level)
    messy = {}
    for list_key, table in tables.items():
        rows = table.copy()
        rows["_row"] = np.arange(len(rows))
        if level > 0:
            rows = _rows(rows, list_key, world, damage)
            rows = _cells(rows.astype(object), list_key, world, damage)
        messy[list_key] = rows.reset_index(drop=True)
    return messy, damage.found()


# --- rows ----------------------------------------------------------------------------------------------------


def _rows(rows: pd.DataFrame, list_key: str, world: World, damage: Damage) -> pd.DataFrame:
    rng = damage.rng
    if list_key in ("prisons/behzisti_referral", "prisons/relief_referral"):
        rows = _two_codes(rows, list_key, damage)
        rows = _parents_number(rows, list_key, damage)
    if list_key == "relief_committee/caseload":
        rows = _parents_number(rows, list_key, damage)
    if list_key == "relief_committee/screening":
        rows = _other_head(rows, list_key, world, damage)
    again = damage.chosen(np.ones(len(rows), dtype=bool), 0.01)
    copies = rows.iloc[again].copy()
    copies["_row"] = len(rows) + np.arange(len(copies))
    damage.note(list_key, copies["_row"].to_numpy(), "", "same_row_twice")
    # Half of the repeated rows stand next to each other, half far below.
    place = np.where(rng.random(len(copies)) < 0.5, again + 0.5, len(rows) + np.arange(len(copies)))
    order = np.concatenate([np.arange(len(rows), dtype=float), place])
    return pd.concat([rows, copies], ignore_index=True).iloc[np.argsort(order, kind="stable")]


def _two_codes(rows: pd.DataFrame, list_key: str, damage: Damage) -> pd.DataFrame:
    """Some families have two codes by mistake; on the list to the Committee some have none."""
    rows = rows.copy()
    codes = rows["household_ref"].unique()
    split = codes[damage.chosen(np.ones(len(codes), dtype=bool), 0.01)]
    second = np.flatnonzero(
        rows["household_ref"].isin(split).to_numpy() & (rows.groupby("household_ref").cumcount() >= 2).to_numpy()
    )
    _put(rows, second, "household_ref", (rows["household_ref"].iloc[second].astype("str") + "1").to_numpy())
    damage.note(list_key, rows["_row"].to_numpy()[second], "household_ref", "two_codes")
    if list_key == "prisons/relief_referral":
        without = codes[damage.chosen(np.ones(len(codes), dtype=bool), 0.02)]
        empty = rows["household_ref"].isin(without).to_numpy()
        damage.note(list_key, rows["_row"].to_numpy()[empty], "household_ref", "no_code")
        rows.loc[empty, "household_ref"] = np.nan
    return rows


def _parents_number(rows: pd.DataFrame, list_key: str, damage: Damage) -> pd.DataFrame:
    """For one child in a hundred the number of the prisoner or of the family's first member is typed."""
    rows = rows.copy()
    child = rows["relation"].eq("فرزند").to_numpy()
    hit = damage.chosen(child, 0.01)
    first = rows.groupby("_household")["national_id"].transform("first")
    number = rows["prisoner_national_id"].where(damage.rng.random(len(rows)) < 0.5, first).fillna(first)
    _put(rows, hit, "national_id", number.to_numpy(dtype=object)[hit])
    damage.note(list_key, rows["_row"].to_numpy()[hit], "national_id", "parents_number")
    return rows


def _other_head(rows: pd.DataFrame, list_key: str, world: World, damage: Damage) -> pd.DataFrame:
    """The prisoner himself is written as head, though the other lists name his wife."""
    rows = rows.copy()
    prisoner = rows["_household"].map(world.households.set_index("household")["prisoner"]).to_numpy()
    hit = damage.chosen(prisoner >= 0, 0.05)
    who = world.persons.set_index("person").loc[prisoner[hit]]
    _put(rows, hit, "head_name", (who["first_name"] + " " + who["last_name"]).to_numpy(dtype=object))
    _put(rows, hit, "head_national_id", who["national_id"].to_numpy(dtype=object))
    rows["_head"] = np.where(np.isin(np.arange(len(rows)), hit), prisoner, rows["_head"].to_numpy())
    damage.note(list_key, rows["_row"].to_numpy()[hit], "head_name", "other_head")
    return rows


# --- cells ---------------------------------------------------------------------------------------------------


def _cells(rows: pd.DataFrame, list_key: str, world: World, damage: Damage) -> pd.DataFrame:
    columns = COLUMNS[list_key]
    for column in columns:
        if column in NAMES:
            _names(rows, list_key, column, damage)
    for column in columns:
        if column in IDENTIFIERS:
            _numbers_of_persons(rows, list_key, column, world, damage)
        elif column in DATES:
            _dates(rows, list_key, column, damage)
        elif column == "mobile":
            _phones(rows, list_key, damage)
        elif column in _SPELLINGS:
            _spellings(rows, list_key, column, damage)
        elif column == "decile":
            _deciles(rows, list_key, damage)
    for column in columns:
        if column not in ("household_ref", "first_name", "last_name", "decile", "household_size"):
            _placeholders(rows, list_key, column, damage)
    return rows


def _put(rows: pd.DataFrame, hit: np.ndarray, column: str, values: object) -> None:
    """The cells at these positions hold the values: one for all, or one for each."""
    cells = rows[column].to_numpy(dtype=object, copy=True)
    if isinstance(values, list | np.ndarray):
        given = np.empty(len(hit), dtype=object)
        given[:] = values
        values = given
    cells[hit] = values
    rows[column] = pd.Series(cells, index=rows.index, dtype=object)


def _apply(
    rows: pd.DataFrame,
    list_key: str,
    column: str,
    hit: np.ndarray,
    change: Callable[[str], object],
    kind: str,
    damage: Damage,
) -> None:
    """The chosen cells are changed, and noted where the change made a difference."""
    old: list[object] = rows[column].to_numpy(dtype=object)[hit].tolist()
    new = [change(value) if isinstance(value, str) else value for value in old]
    _put(rows, hit, column, new)
    changed = np.array([a is not b and a != b for a, b in zip(old, new, strict=True)], dtype=np.bool_)
    damage.note(list_key, rows["_row"].to_numpy()[hit][changed] if len(hit) else hit, column, kind)


def _text(rows: pd.DataFrame, column: str) -> np.ndarray:
    return np.array([isinstance(value, str) for value in rows[column]], dtype=bool)


def _numbers_of_persons(rows: pd.DataFrame, list_key: str, column: str, world: World, damage: Damage) -> None:
    role = {"national_id": "_subject", "prisoner_national_id": "_prisoner", "head_national_id": "_head"}[column]
    who = rows[role].astype(np.int64).to_numpy()
    stranger = np.isin(who, world.persons.loc[world.persons["has_no_number"], "person"].to_numpy())
    # A foreigner's code of twelve digits, or none at all.
    coded = stranger & (who % 2 == 0)
    _put(rows, np.flatnonzero(coded), column, [f"990{n:09d}" for n in who[coded].tolist()])
    _put(rows, np.flatnonzero(stranger & ~coded), column, np.nan)
    damage.note(list_key, rows["_row"].to_numpy()[coded], column, "foreign_code")
    damage.note(list_key, rows["_row"].to_numpy()[stranger & ~coded], column, "no_number")

    free = _text(rows, column) & ~coded
    share = 0.15 if column == "national_id" and list_key != "prisons/custody" else 0.10
    missing = damage.chosen(free, share)
    _put(rows, missing, column, np.nan)
    free[missing] = False
    damage.note(list_key, rows["_row"].to_numpy()[missing], column, "missing_number")

    def use(pool: np.ndarray, rate: float, change: Callable[[str], object], kind: str) -> None:
        hit = damage.chosen(pool & free, rate)
        _apply(rows, list_key, column, hit, change, kind, damage)
        free[hit] = False

    every = np.ones(len(rows), dtype=bool)
    with_zero = np.array([isinstance(v, str) and v.startswith("0") for v in rows[column]], dtype=bool)
    wrong = damage.chosen(free, 0.013)
    _apply(rows, list_key, column, wrong, lambda v: _one_digit_wrong(v, damage.rng), "one_digit_wrong", damage)
    use(with_zero, 0.5, int, "lost_zero")
    use(every, 0.10, int, "number_cell")
    use(every, 0.05, lambda v: v.translate(PERSIAN), "persian_digits")
    use(every, 0.015, lambda v: v.translate(ARABIC), "arabic_digits")
    use(every, 0.03, lambda v: f"{v[:3]}-{v[3:9]}-{v[9:]}", "dashes")
    use(every, 0.02, lambda v: f"{v}.0", "point_zero")
    use(every, 0.01, lambda v: "\u202b" + v + "\u202c", "invisible_marks")
    use(every, 0.01, lambda v: f" {v} ", "spaces")
    use(every, 0.001, lambda v: f"{float(v):.5E}", "scientific")


def _one_digit_wrong(number: str, rng: np.random.Generator) -> str:
    """One of the last seven digits is another one, so that the unused place stays."""
    if len(number) != 10:
        return number
    place = int(rng.integers(3, 10))
    digit = (int(number[place]) + int(rng.integers(1, 10))) % 10
    return number[:place] + str(digit) + number[place + 1 :]


def _names(rows: pd.DataFrame, list_key: str, column: str, damage: Damage) -> None:
    rng = damage.rng
    text = _text(rows, column)

    def use(pool: np.ndarray, share: float, change: Callable[[str], object], kind: str) -> None:
        _apply(rows, list_key, column, damage.chosen(pool, share), change, kind, damage)

    kinds, weights = zip(*_TYPING, strict=True)
    hit = damage.chosen(text, 0.022 if column not in FULL_NAMES else 0.03)
    drawn = rng.choice(len(kinds), size=len(hit), p=np.array(weights) / sum(weights))
    for number, kind in enumerate(kinds):
        _apply(
            rows,
            list_key,
            column,
            hit[drawn == number],
            lambda v, k=kind: _mistyped(v, k, rng),
            f"typing_{kind}",
            damage,
        )
    joined = np.array([isinstance(v, str) and "‌" in v for v in rows[column]], dtype=bool)
    use(joined, 0.35, lambda v: v.replace("‌", " "), "space_for_zwnj")
    use(joined, 0.25, lambda v: v.replace("‌", ""), "zwnj_lost")
    if column not in FULL_NAMES:
        spaced = np.array([isinstance(v, str) and " " in v for v in rows[column]], dtype=bool)
        use(spaced, 0.25, lambda v: v.replace(" ", ""), "run_together")
        use(spaced, 0.15, lambda v: v.replace(" ", "‌"), "zwnj_for_space")
    else:
        use(text, 0.02, _surname_first, "surname_first")
    if column == "first_name":
        female = rows["sex"].eq("زن").to_numpy() if "sex" in rows else np.zeros(len(rows), dtype=bool)
        use(text & ~female, 0.012, lambda v: f"{TITLES_OF_MEN[int(rng.integers(0, 3))]} {v}", "title")
        use(text & female, 0.012, lambda v: f"{TITLES_OF_WOMEN[int(rng.integers(0, 2))]} {v}", "title")
    use(text, 0.03, lambda v: v.translate(ARABIC_LETTERS), "arabic_letters")
    use(text, 0.02, lambda v: f" {v}  ", "spaces")
    use(text, 0.004, lambda v: v[:1] + "\u064e" + v[1:], "vowel_marks")
    use(text, 0.004, lambda v: v + "\u200f", "invisible_marks")


def _surname_first(name: str) -> str:
    first, _, last = name.partition(" ")
    return f"{last} {first}" if last else name


def _mistyped(name: str, kind: str, rng: np.random.Generator) -> str:
    """One typing error of the kind, if the name has a letter for it."""
    letters = list(name)
    n = len(letters)
    if n < 3:
        return name
    maps = {"other_dots": _SAME_SHAPE, "neighbour_key": _NEIGHBOURS, "same_sound": _SAME_SOUND}
    if kind in maps:
        places_ = [i for i in range(n) if letters[i] in maps[kind]]
        if places_:
            i = places_[int(rng.integers(0, len(places_)))]
            letters[i] = maps[kind][letters[i]]
    elif kind in ("missing_letter", "missing_vowel"):
        wanted = kind == "missing_vowel"
        places_ = [i for i in range(1, n) if (letters[i] in _VOWELS) == wanted and letters[i] not in " ‌"]
        if places_:
            del letters[places_[int(rng.integers(0, len(places_)))]]
    elif kind == "extra_vowel":
        letters.insert(int(rng.integers(1, n)), _VOWELS[int(rng.integers(0, 3))])
    elif kind == "extra_letter":
        letters.insert(int(rng.integers(1, n)), "بتنرسم"[int(rng.integers(0, 6))])
    elif kind == "swapped":
        i = int(rng.integers(0, n - 1))
        letters[i], letters[i + 1] = letters[i + 1], letters[i]
    else:
        i = int(rng.integers(0, n))
        letters.insert(i, letters[i])
    return "".join(letters)


def _dates(rows: pd.DataFrame, list_key: str, column: str, damage: Damage) -> None:
    """Every style in which days are typed, mixed in one column; what counts decides little, so only births may be partial."""
    free = _text(rows, column)

    def use(pool: np.ndarray, share: float, change: Callable[[str], object], kind: str) -> None:
        hit = damage.chosen(pool & free, share)
        _apply(rows, list_key, column, hit, change, kind, damage)
        free[hit] = False

    every = np.ones(len(rows), dtype=bool)
    use(every, 0.10, lambda v: v.translate(PERSIAN), "persian_digits")
    use(every, 0.08, _without_zeros, "no_leading_zeros")
    use(every, 0.03, lambda v: v.replace("/", ""), "eight_digits")
    use(every, 0.03, _in_words_of_month, "month_name")
    use(every, 0.03, lambda v: v.replace("/", "-"), "dashes")
    use(every, 0.02, _day_first, "day_first")
    use(every, 0.03, _gregorian, "gregorian_cell")
    use(every, 0.01, lambda v: _gregorian(v).isoformat(), "gregorian_text")
    use(every, 0.01, lambda v: f"\u202b{v}\u202c", "invisible_marks")
    if column == "birth_date":
        last_century = np.array([isinstance(v, str) and v[:2] == "13" for v in rows[column]], dtype=bool)
        use(last_century, 0.03, lambda v: v[2:], "two_digit_year")
        use(last_century, 0.004, _misread, "excel_misread")
        use(every, 0.008, lambda v: v[:4], "year_only")
        use(every, 0.005, lambda v: f"{v[:4]}/00/00", "zero_month_and_day")
        use(every, 0.015, lambda _: np.nan, "missing_date")
        use(every, 0.003, lambda _: "0", "placeholder_zero")
    elif column == "custody_end":
        use(every, 0.01, lambda _: np.nan, "missing_date")
    else:
        use(every, 0.001, lambda _: np.nan, "missing_date")


def _without_zeros(text: str) -> str:
    year, month, day = text.split("/")
    return f"{year}/{int(month)}/{int(day)}"


def _in_words_of_month(text: str) -> str:
    year, month, day = text.split("/")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"


def _day_first(text: str) -> str:
    year, month, day = text.split("/")
    return f"{day}/{month}/{year}"


def _gregorian(text: str) -> dt.date:
    year, month, day = map(int, text.split("/"))
    return JalaliDate(year, month, day).to_gregorian()


def _misread(text: str) -> object:
    """``63/05/07`` as a spreadsheet takes it: 7 May 1963."""
    year, month, day = map(int, text.split("/"))
    try:
        return dt.date(1900 + year % 100, month, day)
    except ValueError:
        return text


def _phones(rows: pd.DataFrame, list_key: str, damage: Damage) -> None:
    free = _text(rows, "mobile")

    def use(share: float, change: Callable[[str], object], kind: str) -> None:
        hit = damage.chosen(free.copy(), share)
        _apply(rows, list_key, "mobile", hit, change, kind, damage)
        free[hit] = False

    rng = damage.rng
    use(0.12, lambda v: v[1:], "phone_without_zero")
    use(0.06, lambda v: f"{v} - 034{int(rng.integers(32000000, 34000000))}", "two_phones")
    use(0.03, lambda v: f"{v}/0998{int(rng.integers(1000000, 9999999))}", "two_phones")
    use(0.02, lambda v: f"+98{v[1:]}", "country_code")
    use(0.05, lambda v: v.translate(PERSIAN), "persian_digits")
    use(0.05, lambda _: np.nan, "missing_phone")


def _deciles(rows: pd.DataFrame, list_key: str, damage: Damage) -> None:
    every = _text(rows, "decile")
    _apply(
        rows,
        list_key,
        "decile",
        damage.chosen(every, 0.08),
        lambda v: f"دهک {v}".translate(PERSIAN),
        "decile_in_words",
        damage,
    )
    _apply(
        rows,
        list_key,
        "decile",
        damage.chosen(_text(rows, "decile"), 0.3),
        lambda v: int(v) if v.isdigit() and v.isascii() else v,
        "number_cell",
        damage,
    )


_SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "sex": {"مرد": ("مذکر", "آقا", "1"), "زن": ("مؤنث", "خانم", "2")},
    "relation": {
        "همسر": ("همسر زندانی",),
        "فرزند": ("اولاد",),
        "خواهر یا برادر": ("خواهر", "برادر"),
        "سرپرست": ("سرپرست خانوار",),
    },
    "imprisoned_members": {"مرد": ("شوهر",), "همسر": ("زوجه",), "هر دو": ("هردو",)},
    "support_type": {"مستمر": ("مستمری",), "موردی": ("حمایت موردی",)},
    "screening_result": {"در دست بررسی": ("در حال بررسی",)},
    "release_status": {"پابند": ("پابند الکترونیکی",), "آزاد شده": ("آزاد",)},
    "marital_status": {"متاهل": ("متأهل",), "همسر فوت شده": ("بیوه",)},
    "county": {places.COUNTIES[code]: variants for code, variants in places.COUNTY_VARIANTS.items()},
    "prison_province": {"کرمان": ("كرمان", "استان کرمان"), "سیستان و بلوچستان": ("سیستان وبلوچستان",)},
}
_SEX_OF_RELATION = {"فرزند": {"مرد": "پسر", "زن": "دختر"}, "همسر": {"زن": "زوجه", "مرد": "شوهر"}}


def _spellings(rows: pd.DataFrame, list_key: str, column: str, damage: Damage) -> None:
    """Other words for the same value, as the agency's own people type them."""
    variants = _SPELLINGS[column]
    if column == "relation" and list_key != "relief_committee/caseload" and "sex" in rows:
        for word, by_sex in _SEX_OF_RELATION.items():
            for sex, said in by_sex.items():
                pool = (rows["relation"].eq(word) & rows["sex"].isin([sex, *_SPELLINGS["sex"][sex]])).to_numpy()
                _apply(rows, list_key, column, damage.chosen(pool, 0.2), lambda _, s=said: s, "other_word", damage)
    hit = damage.chosen(rows[column].isin(list(variants)).to_numpy(), 0.08)
    _apply(
        rows,
        list_key,
        column,
        hit,
        lambda v: variants[v][int(damage.rng.integers(0, len(variants[v])))],
        "other_word",
        damage,
    )
    _apply(
        rows,
        list_key,
        column,
        damage.chosen(_text(rows, column), 0.03),
        lambda v: v.translate(ARABIC_LETTERS),
        "arabic_letters",
        damage,
    )


def _placeholders(rows: pd.DataFrame, list_key: str, column: str, damage: Damage) -> None:
    """Some empty cells hold a sign for nothing."""
    empty = rows[column].isna().to_numpy()
    hit = damage.chosen(empty, 0.12)
    signs = np.array(PLACEHOLDERS, dtype=object)[damage.rng.integers(0, len(PLACEHOLDERS), len(hit))]
    _put(rows, hit, column, signs)
    damage.note(list_key, rows["_row"].to_numpy()[hit], column, "placeholder")
