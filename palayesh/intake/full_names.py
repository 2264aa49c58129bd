"""A name typed in one cell, cut into given name and surname as well as its words allow.

The cut is a reading, not a fact: the whole name is kept beside it (``full_name_raw``), and it is what may be compared.
"""

from __future__ import annotations

from palayesh.persian_text import clean_text, match_key


def _keys(words: str) -> frozenset[str]:
    return frozenset(match_key(word) for word in words.split())


_FIRST_OF_TWO = _keys("""
    محمد علی امیر سید سیده غلام عبد ابو فاطمه زهرا مریم نازنین بی‌بی ملا میر شاه نور حسین حسن گل ماه پری سارا رقیه
    کبری عذرا
""")
_SECOND_OF_TWO = _keys("""
    رضا علی حسین حسن مهدی محمد صادق جواد باقر کاظم تقی نقی هادی امین طاها یاسین یوسف ابراهیم اسماعیل اکبر اصغر عباس
    محسن مصطفی مرتضی مجتبی احمد محمود قاسم پارسا ارسلان سام عرفان احسان ایمان پویا سبحان متین معین حیدر الله زهرا
    فاطمه سادات زینب مریم کبری صغری خاتون بیگم سلطان بانو ناز نسا النسا جان خان میرزا حسنی الدین الحسن الفضل القاسم
""")
_IN_A_DOUBLE_NAME = _FIRST_OF_TWO | _SECOND_OF_TWO
_ALWAYS_JOINED = _keys("""
    سید سیده غلام عبد ابو بی‌بی میر
    مرحوم مرحومه شهید شهیده شادروان حاج حاجی حاجیه کربلایی مشهدی آقای خانم دکتر مهندس استاد
""")
"""A title is no given name: it stands with the one after it."""


def given_name_length(words: list[str]) -> int:
    """How many of the first words are the given name: one, or two or three where they are known to go together."""
    length = 1
    keys = [match_key(word) for word in words]
    while length < len(words) and keys[length - 1] in _ALWAYS_JOINED:
        length += 1
    while length < len(words) and keys[length - 1] in _IN_A_DOUBLE_NAME and keys[length] in _SECOND_OF_TWO:
        length += 1
    return length


def split_full_name(text: str) -> tuple[str, str]:
    """(given name, surname); at least one word is left for the surname where there are two or more."""
    words = clean_text(text).split(" ")
    length = min(given_name_length(words), max(len(words) - 1, 1))
    return " ".join(words[:length]), " ".join(words[length:])


def split_child_name(text: str, family_surname: str) -> tuple[str, str]:
    """(given name, surname) of a child's cell, which holds a given name, or the full name where the surname differs."""
    words = clean_text(text).split(" ")
    length = given_name_length(words)
    if length >= len(words):
        return " ".join(words), family_surname
    return " ".join(words[:length]), " ".join(words[length:])
