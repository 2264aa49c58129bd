"""Forms of a name, from safe to loose: clean, compact, sound, skeleton. Each is a function of one text.

Callers apply them to the *distinct* values of a column (`over_distinct`): names repeat, and Python is slow per row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA, JaroWinkler

from palayesh.persian_text import clean_text, to_ascii_digits

_FOLDS = str.maketrans(
    {
        **dict.fromkeys("ێےئ", "ی"),
        **dict.fromkeys("ڬ", "ک"),
        **dict.fromkeys("ةۀہھ", "ه"),
        **dict.fromkeys("ٱأإٲٳ", "ا"),
        **dict.fromkeys("ؤۆۇۊۋڤ", "و"),
        # Kurdish, Pashto and Urdu letters, on the lists of Afghan and Baluch families.
        **dict.fromkeys("ڕړڑ", "ر"),
        **dict.fromkeys("ڵ", "ل"),
        **dict.fromkeys("ټٹ", "ت"),
        **dict.fromkeys("ډڈ", "د"),
        **dict.fromkeys("ڼں", "ن"),
        **dict.fromkeys("ګ", "گ"),
        **dict.fromkeys("ښ", "ش"),
        **dict.fromkeys("ږ", "ژ"),
        **dict.fromkeys("ځ", "ز"),
        **dict.fromkeys("څ", "س"),
        **dict.fromkeys("ءٴ'’‘`´ʼ", ""),
        **dict.fromkeys("\u200c_", " "),
        **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"},
    }
)
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
# Latin, Greek and Cyrillic letters beyond ASCII; NFKD on these alone, for it would change signs of other scripts.
_ACCENTED = re.compile("[\u00aa-\u02ff\u0370-\u052f\u1e00-\u1fff\uff21-\uff5a]+")
_PLAIN = re.compile("[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی]+(?: [آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی]+)*")
_UNLETTERED = re.compile(r"[^\w\s]")
# «حبیب ا...»: God's name is not written out.
_UNWRITTEN_NAME_OF_GOD = re.compile(r"ا\s*(?:\.{2,}|…)")

_TITLES = frozenset(
    [
        "سیده",
        "سید",
        "السید",
        "حاجیه",
        "حاجی",
        "حاج",
        "الحاج",
        "کربلایی",
        "کبلایی",
        "مشهدی",
        "مشدی",
        "شهید",
        "شهیده",
        "مرحومه",
        "مرحوم",
        "شادروان",
        "متوفی",
        "جانباز",
        "آقای",
        "اقای",
        "خانم",
        "دکتر",
        "مهندس",
        "استاد",
        "حجتالاسلام",
        "جناب",
        "سرکار",
        "دوشیزه",
    ]
)
# These also begin surnames («حاج محمدی», «حاجی کرمانی»), and then belong to the name. «سید» is written or left out before any name.
_TITLES_IN_SURNAMES = frozenset(["حاجی", "حاج", "مشهدی", "کربلایی"])
_SURNAME_ENDINGS = frozenset(
    [
        "زاده",
        "زادگان",
        "پور",
        "نژاد",
        "نژادی",
        "فر",
        "نیا",
        "یان",
        "ای",
        "ابادی",
        "آبادی",
        "لو",
        "خانی",
        "وند",
        "پناه",
        "منش",
        "اصل",
        "تبار",
        "دوست",
    ]
)
_AFTER_NAME = re.compile(r"(?<=.)\s+(?:مرحومه|مرحوم|متوفی|شهید)$")
_GIVEN_NAMES_IN_YEH = (
    "علی مهدی هادی تقی نقی نبی ولی مجتبی مصطفی مرتضی موسی عیسی یحیی صفی مانی صغری کبری طوبی لیلی هدی سلمی پری مهری بدری فخری هستی"
    " بیبی ربی شکری زکی رضی قلی بکتاشی"
)
_ENDS_LIKE_GIVEN_NAME = re.compile(f"(?:{'|'.join(_GIVEN_NAMES_IN_YEH.split())})$")
_ENDS_LIKE_SURNAME = re.compile("(?:ی|زاده|پور|نژاد|فر|نیا|یان)$")
# «سید» and «سیده» run together only with given names that stand on their own, so that «سیدی» and the like are left alone.
_GLUED_TITLE = re.compile(
    "^(?:سید(?=محمد|علی|حسن|حسین|رضا|مهدی|احمد|محمود|جواد|کاظم|عباس|ابراهیم|مرتضی|مصطفی|جعفر|موسی|هادی|امیر|ابو|حمید|مجید|محسن|مجتبی"
    "|یوسف|اسماعیل)|سیده(?=زهرا|فاطمه|مریم|زینب|معصومه|سکینه|رقیه|خدیجه|طاهره|لیلا|سمیه|مرضیه|صدیقه|نرگس|سارا))"
)
_SAME_SOUND = str.maketrans("ثصذضظژطحغآع", "سسزززز" + "تهقاا")
_SOUND_RULES = (
    (re.compile("^ته$"), "تاها"),
    (re.compile("^یس$"), "یاسین"),
    (re.compile("رهمن"), "رهمان"),
    (re.compile("اسهق"), "اسهاق"),
    (re.compile("هارن$"), "هارون"),
    (re.compile("خوا(?=[بجرسنهم])"), "خا"),
    (re.compile("نب"), "مب"),
    (re.compile("اال"), "ال"),
    (re.compile("^(?:ابوال|ابال)"), "ابل"),
    (re.compile("^(?:ابو|ابا(?=.))"), "اب"),
    (re.compile("^امال(?=...)"), "امل"),
    # The Arabic article in the middle of a name is heard and written in several ways, or not at all.
    (re.compile("^ابدا?ل(?=..)"), "ابد"),
    (re.compile("(?<=..)الدین"), "دین"),
    # The final «ه» stays: it parts حمید from حمیده, brother from sister.
    (re.compile("^یهیا$"), "یهیی"),
    (re.compile("(?<=.[^ی])ا$"), "ی"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_ANY_SOUND_RULE = re.compile(
    "|".join(pattern.pattern for pattern, _ in _SOUND_RULES if "\\1" not in pattern.pattern) + r"|(.)\1"
)
_LATIN_SOUND_RULES = (
    (re.compile("[^a-z]"), ""),
    (re.compile("^(?:kn|gn)"), "n"),
    (re.compile("^wr"), "r"),
    (re.compile("^mac(?=[^aeiouyhk])"), "mc"),
    (re.compile("ph"), "f"),
    (re.compile("tsch|tch|sch|sh|cz|sz"), "s"),
    (re.compile("ch(?=[rl])"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("ck|[cq]"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("d(?=t)"), ""),
    (re.compile("z"), "s"),
    (re.compile("w"), "v"),
    (re.compile("(?<=[a-z])h"), ""),
    (re.compile("y|j"), "i"),
    (re.compile("ee"), "i"),
    (re.compile("oo|ou"), "u"),
    (re.compile("(?<=[aou])e"), ""),
    (re.compile("ei|ai"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_CYRILLIC_SOUND_RULES = (
    (re.compile("[ьъ]"), ""),
    (re.compile("[іїы]"), "и"),
    (re.compile("ґ"), "г"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_IS_LATIN = re.compile("[a-z]")
_IS_CYRILLIC = re.compile("[\u0400-\u052f]")


_REMEMBERED = 1 << 17
"""Names whose forms are remembered: each form is made from the one before it."""


def over_distinct(values: pd.Series, form: Callable[[str], str | None]) -> pd.Series:
    """``form`` of every present value, computed once per distinct value; missing stays missing."""
    return forms_over_distinct(values, form)[0]


def forms_over_distinct(values: pd.Series, *forms: Callable[[str], str | None]) -> list[pd.Series]:
    """`over_distinct` of each of the forms; of categories, categories again."""
    is_categorical = isinstance(values.dtype, pd.CategoricalDtype)
    if is_categorical:
        codes, distinct = values.cat.codes.to_numpy(), values.cat.categories
    else:
        codes, distinct = pd.factorize(values.astype("str"), use_na_sentinel=True)
    # As objects first: the elements of an Arrow column are slow to come by.
    texts = np.asarray(distinct, dtype=object)
    formed = (pd.array([form(value) for value in texts], dtype="str") for form in forms)
    if is_categorical:
        return [spread(one, codes, values.index) for one in formed]
    return [pd.Series(one.take(codes, allow_fill=True), index=values.index, dtype="str") for one in formed]


def spread(texts: Any, codes: np.ndarray, index: pd.Index) -> pd.Series:
    """A column of categories: per row the text that its code is the place of, missing for −1. Equal texts are one category."""
    numbers, distinct = pd.factorize(pd.Series(texts, dtype="str"), use_na_sentinel=True)
    categories = pd.Index(distinct, dtype="str")
    width = np.int16 if len(categories) < 2**15 else np.int32
    return pd.Series(pd.Categorical.from_codes(np.append(numbers, -1).astype(width)[codes], categories), index=index)


def clean(text: str) -> str | None:
    """One spelling for one text: letters, digits, marks, joiners and spaces unified; lower case; None if nothing is left.

    Accents go in Latin, Greek and Cyrillic script. Marks of other scripts stay, for there they are letters.
    """
    if _PLAIN.fullmatch(text):
        return text.replace("الله", "اله")
    if text.isascii() and text.isalnum():  # a code
        return text.lower()
    unified = to_ascii_digits(clean_text(text)).casefold()
    if "…" in unified or ".." in unified:
        unified = _UNWRITTEN_NAME_OF_GOD.sub("اله ", unified)
    unified = unified.translate(_FOLDS)
    unified = _ACCENTED.sub(lambda run: unicodedata.normalize("NFKD", run[0]).casefold(), unified)
    unified = _MARKS.sub("", unified)
    # Once more: without the marks, letters may compose that did not before.
    unified = unicodedata.normalize("NFC", unified).translate(_FOLDS)
    if _UNLETTERED.search(unified):
        unified = _UNLETTERED.sub(lambda sign: sign[0] if unicodedata.category(sign[0])[0] == "M" else " ", unified)
    return " ".join(unified.replace("الله", "اله").split()) or None


def is_surname_like(word: str) -> bool:
    """A clean word that ends as surnames do («محمدی», «علیزاده») and not as a given name does («مهدی», «شیرعلی»)."""
    return (
        len(word) > 3
        and _ENDS_LIKE_SURNAME.search(word) is not None
        and _ENDS_LIKE_GIVEN_NAME.search(word) is None
        and word not in ("جعفر", "مظفر", "غضنفر", "صفر", "ظفر")
    )


def untitled(text: str) -> str | None:
    """The clean name without titles at its front; a name that is nothing but a title stays, and so does a title that is part of
    a surname («حاجی‌زاده», «حاج محمدی»)."""
    cleaned = clean(text)
    return None if cleaned is None else _without_titles(cleaned)


def _without_titles(cleaned: str) -> str:
    words = cleaned.replace("حجت الاسلام ", "حجتالاسلام ").split(" ")
    while len(words) > 1 and words[0] in _TITLES and len(words[1]) > 1 and words[1] not in _SURNAME_ENDINGS:
        if len(words) == 2 and words[0] in _TITLES_IN_SURNAMES and is_surname_like(words[1]):
            break
        words = words[1:]
    glued = _GLUED_TITLE.match(words[0])
    if glued and not is_surname_like(words[0][glued.end() :]) and (len(words) == 1 or words[1] not in _SURNAME_ENDINGS):
        words[0] = words[0][glued.end() :]
    return _AFTER_NAME.sub("", " ".join(words))


@lru_cache(maxsize=_REMEMBERED)
def compact(text: str) -> str | None:
    """The match key: the untitled name without spaces, so that محمد رضا and محمدرضا meet. Idempotent."""
    name = untitled(text)
    while name is not None:
        joined = name.replace(" ", "").replace("آ", "ا")
        if joined == name == text:
            break
        # Run together, words may make a title or the name of God that was not there before.
        name = untitled(joined)
        if name == joined:
            break
    return name


@lru_cache(maxsize=_REMEMBERED)
def sound(text: str) -> str | None:
    """Letters that sound alike become one letter, silent and doubled ones go; for Latin script a small European fold.

    Idempotent on Persian letters.
    """
    name = compact(text)
    if name is None:
        return None
    if _IS_LATIN.search(name):
        return _apply(_LATIN_SOUND_RULES, name) or name
    if _IS_CYRILLIC.search(name):
        return _apply(_CYRILLIC_SOUND_RULES, name) or name
    heard = name.translate(_SAME_SOUND)
    # One rule may make room for another; each shortens or settles the name, so this ends.
    while _ANY_SOUND_RULE.search(heard):
        heard = _apply(_SOUND_RULES, heard)
    return heard or None


def _apply(rules: tuple[tuple[re.Pattern[str], str], ...], name: str) -> str:
    for pattern, replacement in rules:
        name = pattern.sub(replacement, name)
    return name


def skeleton(text: str) -> str | None:
    """The first letter of the sound and its consonants: the loosest form, for blocking only."""
    name = sound(text)
    if name is None:
        return None
    return name[0] + name[1:].translate(_VOWELS)


_VOWELS = str.maketrans("", "", "اویهaeiou")
_ONE_BYTE = str.maketrans("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&*")
# Signs for the letters of other scripts: neither Latin letters nor digits. An alphabet of 58 letters in a row keeps them apart.
_SYLLABLE = re.compile("[가-힣]+")
_OTHER_SIGNS = [chr(code) for code in range(33, 127) if not ("a" <= chr(code) <= "z" or "0" <= chr(code) <= "9")]


def one_byte(text: str) -> str:
    """The compact name with one ASCII sign for each letter: DuckDB's edit distances count bytes, and a Persian letter has two.

    Different Persian letters have different signs, and so have the letters of any one Cyrillic or Greek alphabet. A Korean syllable is written
    letter by letter: a slip changes one of its letters, and names of two syllables else have too few letters to be compared.
    """
    coded = text.translate(_ONE_BYTE)
    if coded.isascii():
        return coded
    letters = _SYLLABLE.sub(lambda found: unicodedata.normalize("NFD", found[0]), coded)
    return "".join(sign if sign.isascii() else _OTHER_SIGNS[ord(sign) % len(_OTHER_SIGNS)] for sign in letters)


def is_one_letter_off(left: str, right: str) -> bool:
    """One letter replaced, missing, added or swapped with its neighbour."""
    return OSA.distance(left, right, score_cutoff=1) <= 1


def is_contained(left: str, right: str) -> bool:
    """One name is part of the other, with at least three letters: محمدرضا and رضا."""
    return min(len(left), len(right)) >= 3 and (left in right or right in left)


def is_initial(left: str, right: str) -> bool:
    """One is a single letter and the other begins with it: «م» and محمد. Weak: it fits a tenth of all names."""
    short, long = sorted((left, right), key=len)
    return len(short) == 1 and len(long) > 1 and long[0] == short


def is_alike(left: str, right: str) -> bool:
    """Two compact names may be one name written twice. Not alike is what `names conflict` means everywhere here.

    Symmetric. An initial is alike with every name that begins with it.
    """
    if left == right:
        return True
    if min(len(left), len(right)) == 1:
        return is_initial(left, right)
    return (
        is_one_letter_off(left, right)
        or is_contained(left, right)
        or sound(left) == sound(right)
        or (min(len(left), len(right)) >= 5 and JaroWinkler.similarity(left, right) >= 0.92)
    )


def is_reordered(left: str, right: str) -> bool:
    """Two whole names of one person with the surname first in one: «رضایی محمد» and «محمد رضایی», compound names included."""
    one, other = untitled(left), untitled(right)
    if one is None or other is None:
        return False
    target = sound(other)
    turned = (" ".join(words) for words in _turned(one.split(" ")))
    if any(sound(words) == target for words in turned):
        return True
    target = sound(one)
    return any(sound(" ".join(words)) == target for words in _turned(other.split(" ")))


def is_alike_in_full(left: str, right: str) -> bool:
    """Two whole names, given name first, may be one: alike as they stand, or an initial for the given name, or in other order."""
    one, other = untitled(left), untitled(right)
    if one is None or other is None:
        return False
    if is_alike(one.replace(" ", ""), other.replace(" ", "")):
        return True
    (first_one, _, last_one), (first_other, _, last_other) = one.partition(" "), other.partition(" ")
    if is_initial(first_one, first_other) and (sound(last_one or "") == sound(last_other or "")):
        return True
    return is_reordered(left, right)


def _turned(words: list[str]) -> list[list[str]]:
    return [words[cut:] + words[:cut] for cut in range(1, len(words))]
