"""What holds for every name, not only for the labelled pairs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.linkage.cluster import NameJudge
from palayesh.linkage.names import (
    clean,
    compact,
    is_alike,
    is_alike_in_full,
    is_reordered,
    one_byte,
    skeleton,
    sound,
    untitled,
)

LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
ARABIC = "".join(map(chr, [*range(0x0600, 0x0700), *range(0xFB50, 0xFBC0), *range(0xFE70, 0xFEFD)]))
MARKS = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2069\ufeff\u00a0\u00ac\u00ad\t\n \ufdf2…..-_'’()"
PARTS = [
    "سید",
    "سیده",
    "حاج",
    "حاجی",
    "آقای",
    "مرحوم",
    "محمد",
    "علی",
    "رضا",
    "الله",
    "اله",
    "ا...",
    "زاده",
    "پور",
    "محمدی",
    "ابوال",
    "عبدال",
    "الدین",
    "مهدی",
    "زهرا",
]
TEXTS = st.one_of(
    st.text(alphabet=ARABIC + MARKS + "ABZİaz019ẞéøßłЙёΆς", max_size=12),
    st.lists(st.sampled_from([*PARTS, " ", "\u200c", "ی", "ه", "ا", "ل", "ء", "آ"]), max_size=7).map("".join),
    st.text(max_size=8),
)
NAMES = st.text(alphabet=LETTERS, min_size=1, max_size=8)
COMPACT = st.one_of(NAMES, st.lists(st.sampled_from(PARTS[:13]), min_size=1, max_size=3).map("".join)).map(compact)


@settings(max_examples=600)
@given(TEXTS)
def test_a_clean_name_is_clean(text):
    once = clean(text)
    assert once is None or clean(once) == once


@settings(max_examples=600)
@given(TEXTS)
def test_a_match_key_is_its_own_match_key(text):
    once = compact(text)
    assert once is None or compact(once) == once


@settings(max_examples=600)
@given(TEXTS)
def test_forms_are_of_the_clean_name(text):
    cleaned = clean(text)
    if cleaned is not None:
        assert compact(cleaned) == compact(text)
        assert sound(compact(text)) == sound(text)
        assert untitled(cleaned) == untitled(text)


@settings(max_examples=600)
@given(st.one_of(NAMES, st.lists(st.sampled_from([*PARTS, "ا", "ی", "ن", "ب", "خوا"]), max_size=5).map("".join)))
def test_a_sound_sounds_like_itself(name):
    once = sound(name)
    assert once is None or sound(once) == once


@given(NAMES, st.data())
def test_marks_nobody_sees_change_no_form(name, data):
    place = data.draw(st.integers(0, len(name)))
    mark = data.draw(st.sampled_from("\u200d\u200e\u200f\u202b\u202c\ufeff\u00ad\u0640\u064e\u0651\u0670"))
    marked = name[:place] + mark + name[place:]
    for form in (clean, compact, sound, skeleton):
        assert form(marked) == form(name)


@given(COMPACT, COMPACT)
def test_what_has_one_form_has_the_looser_ones(left, right):
    if sound(left) == sound(right):
        assert skeleton(left) == skeleton(right)
        assert len(left) == 1 or len(right) == 1 or is_alike(left, right)


@settings(max_examples=400)
@given(COMPACT, COMPACT)
def test_being_alike_has_no_sides(left, right):
    assert is_alike(left, left)
    assert is_alike(left, right) == is_alike(right, left)
    judge = NameJudge(frozenset({left, right}))
    assert judge.can_be_one(left, right) == NameJudge(frozenset({left, right})).can_be_one(right, left)


@given(COMPACT, COMPACT, COMPACT, COMPACT)
def test_whole_names_have_no_sides(first, last, other_first, other_last):
    one, other = f"{first} {last}", f"{other_first} {other_last}"
    assert is_alike_in_full(one, other) == is_alike_in_full(other, one)
    assert is_reordered(one, other) == is_reordered(other, one)


@given(st.text(alphabet=LETTERS + "abz09", max_size=10), st.text(alphabet=LETTERS + "abz09", max_size=10))
def test_one_sign_for_each_letter_and_another_for_another(left, right):
    assert len(one_byte(left)) == len(left)
    assert one_byte(left).isascii()
    assert (one_byte(left) == one_byte(right)) == (left == right)


def test_every_persian_letter_has_a_sign_of_its_own():
    signs = [one_byte(letter) for letter in LETTERS]
    assert len(set(signs)) == len(LETTERS) == 32
    assert "?" not in signs
