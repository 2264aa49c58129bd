"""Names as people write them: every labelled pair, and every row of the published specification."""

import re
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from name_pairs import LEVELS, PATH, Pair, figures, is_kept_apart, level_of, read_pairs, shown

from palayesh.linkage.names import (
    clean,
    compact,
    is_alike,
    is_alike_in_full,
    is_initial,
    is_reordered,
    one_byte,
    over_distinct,
    skeleton,
    sound,
    untitled,
)

SPECIFICATION = Path(__file__).parents[2] / "docs" / "name-matching.md"
PAIRS = read_pairs()
# (category, the loosest level that counts, the share of «yes» pairs that must be found there or before)
FLOORS = [
    ("letters", "compact", 0.97),
    ("marks", "compact", 1.0),
    ("spaces", "compact", 1.0),
    ("compound", "compact", 1.0),
    ("titles", "compact", 1.0),
    ("suffixes", "compact", 1.0),
    ("divine", "compact", 0.55),
    ("divine", "sound", 1.0),
    ("same_sound", "sound", 1.0),
    ("misspelt", "one_letter", 0.96),
    ("misspelt", "alike", 0.98),
    ("swapped", "in_full", 1.0),
    ("full_name", "sound", 1.0),
    ("latin", "sound", 0.89),
    ("latin", "alike", 0.95),
    ("other_script", "sound", 1.0),
]
JOINED_NEGATIVES = {"حاجی‌زاده|زاده", "ندارد‌زاده|زاده", "محمدی اصل|احمدی اصل"}
POSITIVES_KEPT_APART = {"بلوچ|بلوچی", "زارع|زارعی", "دهقان|دهقانی", "لیلی|لیلا", "حیدری|حیدر"}
NOT_ALIKE = {
    "ئه‌حمه‌د|احمد", "حسن‌زاده|حسنی", "محمدزاده|محمدی", "مهدی‌پور|پورمهدی", "شمس‌الدینی|شمسدنی", "Stephen|Steven",
    "Geoffrey|Jeffrey",
}  # fmt: skip


def test_the_pairs_are_many_and_each_is_there_once():
    assert len(PAIRS) >= 500
    assert len({frozenset((pair.left, pair.right)) for pair in PAIRS}) == len(PAIRS)
    assert {pair.same for pair in PAIRS} == {"yes", "no", "maybe"}
    assert all(pair.left != pair.right for pair in PAIRS)
    # A mark nobody sees is written as its code, so that the file can be read; the half space alone stands as it is.
    assert not re.search("[\u200b\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00a0\u00ad]", PATH.read_text("utf-8"))


@pytest.mark.parametrize(("category", "level", "floor"), FLOORS)
def test_one_name_in_two_spellings_is_found(category, level, floor):
    wanted = [pair for pair in PAIRS if pair.category == category and pair.same == "yes"]
    missed = [str(pair) for pair in wanted if LEVELS.index(level_of(pair)) > LEVELS.index(level)]
    assert wanted
    assert 1 - len(missed) / len(wanted) >= floor, missed


def test_what_may_be_one_name_is_alike_but_for_listed_pairs():
    within_reach = [pair for pair in PAIRS if pair.same != "no" and pair.category != "transliteration"]
    assert {str(pair) for pair in within_reach if level_of(pair) == "none"} == NOT_ALIKE


def test_two_names_are_kept_apart_but_for_listed_pairs():
    joined = {str(pair) for pair in PAIRS if pair.same == "no" and not is_kept_apart(pair)}
    assert joined == JOINED_NEGATIVES


def test_two_names_never_share_a_match_key_nor_a_sound():
    assert [pair for pair in PAIRS if pair.same == "no" and level_of(pair) in ("compact", "sound")] == []


def test_established_names_part_few_pairs_that_are_one():
    apart = {str(p) for p in PAIRS if p.same != "no" and level_of(p) != "none" and is_kept_apart(p)}
    assert apart == {pair for pair in POSITIVES_KEPT_APART if pair}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_no_answer_depends_on_which_side_a_name_stands(pair):
    other = Pair(pair.right, pair.left, pair.same, pair.category, pair.note)
    assert level_of(pair) == level_of(other)
    assert is_kept_apart(pair) == is_kept_apart(other)
    assert is_alike_in_full(pair.left, pair.right) == is_alike_in_full(pair.right, pair.left)
    assert is_reordered(pair.left, pair.right) == is_reordered(pair.right, pair.left)


# --- the specification -----------------------------------------------------------------------------------------


def tables() -> list[tuple[list[str], list[str]]]:
    """(headings, cells) of every row of every table in the specification."""
    rows, headings = [], []
    for line in SPECIFICATION.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            headings = []
        elif not headings:
            headings = [cell.strip() for cell in line.strip("|").split("|")]
        elif not line.startswith("|---"):
            rows.append((headings, [cell.strip() for cell in line.strip("|").split("|")]))
    return rows


def test_every_row_of_the_specification_is_true():
    labelled = {(pair.left, pair.right): pair for pair in PAIRS}
    labelled |= {(left.strip(), right.strip()): pair for (left, right), pair in labelled.items()}
    checked = {"first met at": 0, "kept apart by": 0}
    for headings, cells in tables():
        if headings[:2] != ["left", "right"]:
            continue
        row = dict(zip(headings, cells, strict=True))
        pair = labelled[shown(row["left"]), shown(row["right"])]
        if "first met at" in row:
            assert (row["same person"], row["first met at"]) == (pair.same, level_of(pair)), cells
            checked["first met at"] += 1
        else:
            met = level_of(pair)
            reason = "nothing" if not is_kept_apart(pair) else "not alike" if met == "none" else "two established names"
            assert pair.same == "no", cells
            assert (row["met at"], row["kept apart by"]) == (met, reason), cells
            checked["kept apart by"] += 1
    assert checked["first met at"] >= 120
    assert checked["kept apart by"] >= 80


def test_the_published_figures_are_those_of_the_pairs():
    assert "\n".join(figures(PAIRS)) in SPECIFICATION.read_text(encoding="utf-8")


# --- single rules ----------------------------------------------------------------------------------------------


def test_a_title_goes_unless_it_is_the_name_or_part_of_a_surname():
    assert untitled("آقای دکتر سید علی") == "علی"
    assert untitled("سید") == "سید"
    assert compact("حاجی‌زاده") == compact("حاجیزاده") == "حاجیزاده"
    assert compact("حاجی زاده کرمانی") == "حاجیزادهکرمانی"
    assert compact("حاج محمدی") == "حاجمحمدی"
    assert compact("حاج مهدی") == "مهدی"
    assert compact("سیدی") == "سیدی"
    assert compact("سید م") == "سیدم"


def test_nothing_to_compare_is_missing():
    for text in ("", " ", "\u200f", "ـ", "..", "-", "()"):
        assert clean(text) is compact(text) is sound(text) is skeleton(text) is untitled(text) is None
    assert not is_reordered("", "علی رضایی")
    assert not is_alike_in_full("-", "علی")


def test_an_initial_fits_names_that_begin_with_it_and_no_other_letter():
    assert is_initial("م", "محمد")
    assert is_alike("محمد", "م")
    assert not is_alike("م", "علی")
    assert not is_alike("م", "ن")
    assert is_alike("م", "م")


def test_letters_of_other_scripts_are_not_one_sign():
    """A sign for "any other letter" would make all Cyrillic names of one length equal."""
    for alphabet in ("абвгдежзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω"):
        assert len(set(one_byte(alphabet))) == len(alphabet)
    assert one_byte("иван") != one_byte("олег")
    assert len(one_byte("민지")) == 5, "the letters of two Korean syllables"
    assert one_byte("민지")[:3] == one_byte("민수")[:3]


def test_marks_that_are_letters_stay():
    assert clean("शर्मा") == "शर्मा"


def test_missing_stays_missing_over_distinct_values():
    names = pd.Series(["محمد رضا", None, "محمدرضا", "-"], dtype="str")
    formed = over_distinct(names, compact)
    assert formed.isna().tolist() == [False, True, False, True]
    assert formed[0] == formed[2]


def test_twenty_five_thousand_names_take_a_moment():
    letters = "ابپتجدرسشعفقکلمنوهی"
    names = [a + "ا" + b + c + "ی" for a in letters for b in letters for c in letters]
    names = (names * 4)[:25_000]
    started = time.process_time()
    keys = [compact(name) for name in names]
    for key in keys:
        sound(key)
        skeleton(key)
    # A few tenths of a second on a free core; the bound leaves room for a busy one.
    assert time.process_time() - started < 2.5
