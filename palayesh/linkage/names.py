"""Forms of a name, from safe to loose: clean, compact, sound, skeleton. Each is a function of one text.

Callers apply them to the *distinct* values of a column (`over_distinct`): names repeat, and Python is slow per row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

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
        **dict.fromkeys("ؤۆۇۊ", "و"),
        **dict.fromkeys("ء'’`", ""),
        **dict.fromkeys("\u200c-_.،,/()", " "),
    }
)
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_TITLES = re.compile(
    r"^(?:(?:سیده|سید|السید|حاجیه|حاجی|حاج|کربلایی|مشهدی|مشدی|شهید|مرحومه|مرحوم|شادروان|آقای|خانم|دکتر|مهندس|سرکار)\s+)+(?=\S{2,})"
)
# «سید» runs together only with given names that stand on their own, so that «سیدی» and the like are left alone.
_GLUED_TITLE = re.compile(
    r"^سید(?=(?:محمد|علی|حسن|حسین|رضا|مهدی|احمد|محمود|جواد|کاظم|عباس|ابراهیم|مرتضی|مصطفی|جعفر|موسی|هادی|امیر|ابو|حمید|مجید|محسن|مجتبی|یوسف|اسماعیل))"
)
_SAME_SOUND = str.maketrans("ثصذضظژطحغآع", "سسزززز" + "تهقاا")
_SOUND_RULES = (
    (re.compile("خوا(?=[بجرسنهم])"), "خا"),
    (re.compile("نب"), "مب"),
    (re.compile("اال"), "ال"),
    (re.compile("^(?:ابوال|ابال)"), "ابل"),
    (re.compile("^(?:ابو|ابا(?=.))"), "اب"),
    (re.compile("دال(?=.{2})"), "دل"),
    (re.compile("ای(?=[یا])"), "ای"),
    (re.compile(r"(.)\1+"), r"\1"),
    # The final «ه» stays: it parts حمید from حمیده, brother from sister.
    (re.compile("(?<=.{2})ا$"), "ی"),
)
_LATIN_SOUND_RULES = (
    (re.compile("[^a-z]"), ""),
    (re.compile("ph"), "f"),
    (re.compile("sch|sh"), "s"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("ck|[cq]"), "k"),
    (re.compile("z"), "s"),
    (re.compile("w"), "v"),
    (re.compile("(?<=[a-z])h"), ""),
    (re.compile("y"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_IS_LATIN = re.compile("[a-z]")


def over_distinct(values: pd.Series, form: Callable[[str], str | None]) -> pd.Series:
    """``form`` of every present value, computed once per distinct value; missing stays missing."""
    codes, distinct = pd.factorize(values.astype("object"), use_na_sentinel=True)
    formed = np.empty(len(distinct) + 1, dtype=object)
    formed[:-1] = [form(value) for value in distinct]
    formed[-1] = None
    return pd.Series(formed[codes], index=values.index, dtype="str")


def clean(text: str) -> str | None:
    """One spelling for one text: letters, digits, marks, joiners and spaces unified; lower case; None if nothing is left."""
    unified = to_ascii_digits(clean_text(text)).casefold().translate(_FOLDS)
    if _IS_LATIN.search(unified):
        unified = unicodedata.normalize("NFKD", unified)
    unified = _MARKS.sub("", unified)
    # Once more: without the marks, letters may compose that did not before.
    unified = unicodedata.normalize("NFC", unified).translate(_FOLDS)
    return " ".join(unified.replace("الله", "اله").split()) or None


def untitled(text: str) -> str | None:
    """The clean name without titles at its front; a name that is nothing but a title stays."""
    cleaned = clean(text)
    if cleaned is None:
        return None
    return _GLUED_TITLE.sub("", _TITLES.sub("", cleaned)).strip() or cleaned


def compact(text: str) -> str | None:
    """The untitled name without spaces: محمد رضا and محمدرضا meet."""
    name = untitled(text)
    return name.replace(" ", "").replace("آ", "ا") if name else None


def sound(text: str) -> str | None:
    """Letters that sound alike become one letter, silent and doubled ones go; for Latin script a small English-like fold."""
    name = compact(text)
    if name is None:
        return None
    if _IS_LATIN.search(name):
        folded = name
        for pattern, replacement in _LATIN_SOUND_RULES:
            folded = pattern.sub(replacement, folded)
        return folded or name
    name = name.translate(_SAME_SOUND)
    for pattern, replacement in _SOUND_RULES:
        name = pattern.sub(replacement, name)
    return name or None


def skeleton(text: str) -> str | None:
    """The first letter of the sound and its consonants: the loosest form, for blocking only."""
    name = sound(text)
    if name is None:
        return None
    return name[0] + re.sub("[اویهaeiou]", "", name[1:])


_ONE_BYTE = str.maketrans("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&*")


def one_byte(text: str) -> str:
    """The compact name with one ASCII sign for each letter: DuckDB's edit distances count bytes, and a Persian letter has two."""
    return text.translate(_ONE_BYTE).encode("ascii", "replace").decode("ascii")


def is_one_letter_off(left: str, right: str) -> bool:
    """One letter replaced, missing, added or swapped with its neighbour."""
    return OSA.distance(left, right, score_cutoff=1) <= 1


def is_contained(left: str, right: str) -> bool:
    """One name is part of the other, with at least three letters: محمدرضا and رضا."""
    return min(len(left), len(right)) >= 3 and (left in right or right in left)


def is_alike(left: str, right: str) -> bool:
    """Two compact names may be one name written twice. Not alike is what `names conflict` means everywhere here."""
    return (
        left == right
        or is_one_letter_off(left, right)
        or is_contained(left, right)
        or sound(left) == sound(right)
        or (min(len(left), len(right)) >= 5 and JaroWinkler.similarity(left, right) >= 0.92)
    )
