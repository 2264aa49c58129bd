"""Mends: what a steward may do to every record of one cause at once. Each proposes new text; none changes anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from rapidfuzz import fuzz

from palayesh.corrections.damage import (
    LETTERS_LIKE_DIGITS,
    date_parts,
    days_in_month,
    typed,
    with_last_digits_exchanged,
    without_extra_digit,
)
from palayesh.declaration import Title
from palayesh.identifiers import read_national_id
from palayesh.persian_text import clean_text, match_key
from palayesh.vocabulary import Vocabulary

LEAST_LIKENESS = 70.0
CLEARLY = 10.0
"""By so much the likeliest value must lead the next one to be proposed: a wrong proposal is soon accepted by habit."""
CHANGE_COLUMNS = {"record_id": "str", "column": "str", "old_raw": "str", "new_raw": "str"}


@dataclass(frozen=True)
class MendContext:
    """What a mend may look at besides the cell."""

    as_of: dt.date
    value: str | None = None
    """What the steward typed or chose, where the mend asks for it."""
    other_column: str | None = None
    """The second column of a rule over two."""
    last_month: Mapping[str, str] = field(default_factory=dict)
    """record_id → the text of the same column of the same record last month, where it was sound."""
    family: Mapping[str, str] = field(default_factory=dict)
    """record_id → the text on which the other records of the family agree."""


@dataclass(frozen=True)
class Mend:
    """One way to mend a cell, in words for people."""

    name: str
    title: Title
    needs_value: bool = False


MENDS: Mapping[str, Mend] = {
    name: Mend(name, Title(fa=fa, en=en), needs_value)
    for name, fa, en, needs_value in (
        ("set_value", "همهٔ این خانه‌ها این مقدار را بگیرند", "give all these cells this value", True),
        ("fill_from_last_month", "مقدار ماه گذشتهٔ همان رکورد", "take the same record's value of last month", False),
        ("fill_from_family", "مقدار دیگر ردیف‌های همان خانواده", "take the value of the family's other rows", False),
        ("letters_to_digits", "حرف‌های شبیه رقم به رقم برگردد", "turn letters that look like digits into digits", False),
        ("exchange_day_and_month", "روز و ماه جابه‌جا شود", "exchange day and month", False),
        ("last_day_of_month", "آخرین روز همان ماه", "take the last day of that month", False),
        ("complete_year", "رقم نخست سال افزوده شود", "add the first digit of the year", False),
        ("exchange_year_digits", "دو رقم آخر سال جابه‌جا شود", "exchange the last two digits of the year", False),
        ("exchange_dates", "دو تاریخ جابه‌جا شود", "exchange the two dates", False),
        ("pad_zeros", "صفرهای آغاز شماره برگردد", "put the leading zeros back", False),
        ("drop_extra_digit", "رقم زیادی برداشته شود", "drop the extra digit", False),
        ("empty_the_cell", "خانه خالی شود", "empty the cell", False),
    )
}

MENDS_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "empty": ("fill_from_last_month", "fill_from_family", "set_value"),
    "lost_characters": ("fill_from_last_month",),
    "unknown_value": ("set_value", "fill_from_last_month", "empty_the_cell"),
    "letters_for_digits": ("letters_to_digits",),
    "month_beyond_twelve": ("fill_from_last_month", "empty_the_cell"),
    "day_and_month_exchanged": ("exchange_day_and_month", "fill_from_last_month"),
    "day_beyond_month": ("fill_from_last_month", "last_day_of_month"),
    "zero_day_or_month": ("fill_from_last_month",),
    "year_lost_its_first_digit": ("complete_year",),
    "year_digits_exchanged": ("exchange_year_digits", "fill_from_last_month"),
    "dates_in_wrong_order": ("exchange_dates", "fill_from_last_month"),
    "number_lost_its_zero": ("pad_zeros",),
    "extra_digit": ("drop_extra_digit",),
    "wrong_check_digit": ("fill_from_last_month", "empty_the_cell"),
    "out_of_range": ("fill_from_last_month", "set_value"),
}
OTHER_KINDS = ("fill_from_last_month", "set_value", "empty_the_cell")
NEVER_FOR_A_GROUP = frozenset({"national_id", "name", "full_name", "identifier", "phone", "birth_date"})
"""What is one person's own: no two records of a group may be given the same."""


def mends_for(kind: str, column_type: str) -> tuple[str, ...]:
    """The mends that may be tried on a cause, likeliest first."""
    named = MENDS_OF_KIND.get(kind, OTHER_KINDS)
    return tuple(name for name in named if name != "set_value" or column_type not in NEVER_FOR_A_GROUP)


def changes_of_mend(name: str, records: pd.DataFrame, column: str, context: MendContext) -> pd.DataFrame:
    """What the mend would write, one row per cell it changes: ``CHANGE_COLUMNS``; ``""`` is an empty cell.

    ``records`` have ``record_id`` and ``<column>_raw``. Cells that the mend cannot mend have no row. Raises KeyError for
    a mend that does not exist.
    """
    if name == "exchange_dates":
        return _exchanged_columns(records, column, context.other_column)
    texts = records[f"{column}_raw"].astype("str")
    if name in ("set_value", "empty_the_cell"):
        new = pd.Series("" if name == "empty_the_cell" else (context.value or ""), index=records.index, dtype="str")
    elif name in ("fill_from_last_month", "fill_from_family"):
        given = context.last_month if name == "fill_from_last_month" else context.family
        new = records["record_id"].map(dict(given)).astype("str")
    else:
        mend = _TEXT_MENDS[name]
        distinct = {text: mend(text) for text in texts.dropna().unique()}
        new = texts.map(distinct).astype("str")
    changes = pd.DataFrame(
        {"record_id": records["record_id"], "column": column, "old_raw": texts.fillna(""), "new_raw": new}
    )
    return _typed(changes[new.notna() & new.ne(texts.fillna(""))])


def _typed(changes: pd.DataFrame) -> pd.DataFrame:
    return changes.reindex(columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS).reset_index(drop=True)


def _exchanged_columns(records: pd.DataFrame, column: str, other: str | None) -> pd.DataFrame:
    if other is None:
        return _typed(pd.DataFrame())
    parts = []
    for mine, theirs in ((column, other), (other, column)):
        parts.append(
            pd.DataFrame(
                {
                    "record_id": records["record_id"],
                    "column": mine,
                    "old_raw": records[f"{mine}_raw"].astype("str").fillna(""),
                    "new_raw": records[f"{theirs}_raw"].astype("str").fillna(""),
                }
            )
        )
    changes = pd.concat(parts).sort_values(["record_id", "column"], kind="stable")
    return _typed(changes[changes["old_raw"].ne(changes["new_raw"])])


def _written(year: int, month: int, day: int) -> str:
    return f"{year:04d}/{month:02d}/{day:02d}"


def _with_parts(change: Callable[[int, int, int], tuple[int, int, int] | None]) -> Callable[[str], str | None]:
    def mend(text: str) -> str | None:
        parts = date_parts(typed(text))
        changed = change(*parts) if parts else None
        if changed is None or not 1 <= changed[1] <= 12 or not 1 <= changed[2] <= days_in_month(changed[0], changed[1]):
            return None
        return _written(*changed)

    return mend


def _padded(text: str) -> str | None:
    read = read_national_id(text)
    return read.value if read.status == "repaired" else None


_TEXT_MENDS: Mapping[str, Callable[[str], str | None]] = {
    "letters_to_digits": lambda text: typed(text).translate(LETTERS_LIKE_DIGITS),
    "exchange_day_and_month": _with_parts(lambda y, m, d: (y, d, m) if m > 12 >= d else None),
    "last_day_of_month": _with_parts(
        lambda y, m, d: (y, m, days_in_month(y, m)) if 1 <= m <= 12 and 28 < d <= 31 else None
    ),
    "complete_year": _with_parts(lambda y, m, d: (1000 + y, m, d) if 300 <= y <= 499 else None),
    "exchange_year_digits": _with_parts(lambda y, m, d: (with_last_digits_exchanged(y), m, d) if y >= 1300 else None),
    "pad_zeros": _padded,
    "drop_extra_digit": lambda text: without_extra_digit(typed(text)),
}


def likeliest_value(raw: str, vocabulary: Vocabulary, known: Mapping[str, str]) -> tuple[str, float] | None:
    """(the words to write, likeness 0–100) for a text that the vocabulary does not know.

    ``known`` are the words that stewards chose before for this column: match key of the text → words.
    """
    key, words = match_key(raw), clean_text(raw)
    if key in known:
        return known[key], 100.0
    likeness: dict[str, float] = {}
    for entry in vocabulary.values:
        for spelling in (entry.fa, *entry.spellings):
            # Whole words count, parts of words do not: «فرزند ذکور» holds «فرزند», and by accident the letters of «زن».
            alike = max(fuzz.ratio(key, match_key(spelling)), 0.95 * fuzz.token_set_ratio(words, clean_text(spelling)))
            likeness[entry.fa] = max(likeness.get(entry.fa, 0.0), alike)
    best, *rest = sorted(likeness.items(), key=lambda named: -named[1])
    is_clear = best[1] >= LEAST_LIKENESS and (not rest or best[1] - rest[0][1] >= CLEARLY)
    return best if is_clear else None


def agreed_in_family(family: pd.Series, texts: pd.Series, is_sound: pd.Series, record_ids: pd.Series) -> dict[str, str]:
    """record_id → the text on which the family's sound cells of a column agree; absent where they do not, or have none."""
    sound = pd.DataFrame({"family": family, "text": texts})[is_sound & family.notna()]
    by_family = sound.groupby("family")["text"]
    agreed = by_family.first()[by_family.nunique().eq(1)]
    found = family.map(agreed)
    known = found.notna()
    # As objects first: the elements of an Arrow column are slow to come by.
    return dict(zip(record_ids[known].to_numpy(object), found[known].to_numpy(object), strict=True))
