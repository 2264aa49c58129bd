"""Persian text in two forms: *clean* to store and show, *key* to match; and numbers and days as people write them.

Sources: ISIRI 6219 (Unicode for Persian) and the character map of the reference data. The yeh and kaf of Arabic
keyboards, marks nobody sees and the half space of old Word files all look alike on the screen and differ in the file.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

from persiantools.jdatetime import JalaliDate

from palayesh.reporting_month import MONTH_NAMES_FA

ZWNJ = "\u200c"
WEEKDAY_NAMES_FA = ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه")
"""In the order of the Persian week, Saturday first."""

PlaceholderKind = Literal["name", "number", "other"]

_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_TO_ASCII_DIGITS = str.maketrans(_PERSIAN_DIGITS + _ARABIC_DIGITS, "0123456789" * 2)
_TO_PERSIAN_DIGITS = str.maketrans("0123456789" + _ARABIC_DIGITS, _PERSIAN_DIGITS * 2)

# NFKC on these alone: on the whole text it would change signs people mean. It gives Arabic yehs, so it comes first.
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")


def _character_map() -> dict[int, str | None]:
    mapped: dict[int, str | None] = dict.fromkeys((0x064A, 0x0649, 0x06D2, 0x06CD, 0x06D0), "\u06cc")
    mapped |= dict.fromkeys((0x0643, 0x06AA), "\u06a9")
    mapped |= dict.fromkeys((0x06C1, 0x06BE, 0x06D5), "\u0647")
    mapped |= dict.fromkeys((0x06C0, 0x06C2), "\u0647\u0654")
    mapped[0x06D3] = "\u0626"
    mapped[0x00AC] = ZWNJ
    spaces = (0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0x2028, 0x2029, 0x85, *range(0x09, 0x0E))
    mapped |= dict.fromkeys(spaces, " ")
    deleted = (
        *range(0x00, 0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0),
        0x0640, *range(0x064B, 0x0653), 0x0670, 0x200D, 0x00AD, 0x200B, 0x200E, 0x200F, 0x061C,
        *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF,
    )  # fmt: skip
    return mapped | dict.fromkeys(deleted)


_CHARACTER_MAP = _character_map()
_MAPPED = re.compile("[" + "".join(re.escape(chr(code)) for code in sorted(_CHARACTER_MAP)) + "]")
_SPACES = re.compile(" {2,}")
_HALF_SPACES = re.compile(f"{ZWNJ}{{2,}}|{ZWNJ}* {ZWNJ}*|^{ZWNJ}+|{ZWNJ}+$")
_YEH_WITH_HAMZA = "\u06cc\u0654"

_KEY_MAP: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "آأإٱ"), "ا"),
    ord("ؤ"): "و",
    ord("ئ"): "ی",
    ord("ة"): "ه",
    ord("ء"): None,
    ord(" "): None,
    ord(ZWNJ): None,
    # All Arabic marks, also those a clean text keeps: a mark left behind would compose with the next letter.
    **dict.fromkeys((*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06DD)), None),
    **dict.fromkeys((*range(0x06DF, 0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE)), None),
    **{ord(digit): str(value) for digits in (_PERSIAN_DIGITS, _ARABIC_DIGITS) for value, digit in enumerate(digits)},
}

_ALPHABET = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_PLAIN = re.compile(f"[ -~{_ALPHABET[1:]}يك{ZWNJ}]*")
"""Signs of the keyboard and letters that a key keeps, but for spaces and the yeh and kaf of Arabic keyboards."""
_SORT_RANKS = {" ": "\u0100"} | {letter: chr(0x0300 + rank) for rank, letter in enumerate(_ALPHABET)}

_PLACEHOLDERS = frozenset({"", "ندارد", "نامشخص", "n/a", "0"})
_PLACEHOLDERS_OF_CODED_CELLS = frozenset(
    {"null", "none", "nan", "nat", "na", "#n/a", "نامعلوم", "مشخصنیست", "ثبتنشده", "فاقد", "بدون", "خالی"}
)
_NON_ZERO_DIGIT = re.compile("[1-9۱-۹١-٩]")
_DAMAGE = re.compile("\ufffd|[\u202d\u202e]|Ø§|Ù„|ÛŒ|ط§|ظ„|غŒ")
_LOST_BY_SPREADSHEETS = re.compile(r"^0+(?=\d)|(?<=\d)\.0+$")
_ONLY_PUNCTUATION = re.compile(r"[-–—_ـ.٫…/\\*؟?،,]*")


@lru_cache(maxsize=2**16)  # cells say few different things, and each is cleaned many times
def clean_text(text: str) -> str:
    """The text as we store and show it: Persian letters, no unseen marks, single spaces, half spaces kept inside words.

    Idempotent. Digits, titles and the hamza stay as typed; ``match_key`` folds them.
    """
    if _MAPPED.search(text) is None and _PRESENTATION_FORMS.search(text) is None:
        cleaned = text
    else:
        cleaned = _PRESENTATION_FORMS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
        cleaned = unicodedata.normalize("NFC", cleaned).translate(_CHARACTER_MAP)
    # Once more at the end: with a mark gone, a letter and a hamza may stand side by side and compose.
    if not unicodedata.is_normalized("NFC", cleaned):
        cleaned = unicodedata.normalize("NFC", cleaned).translate(_CHARACTER_MAP)
    if _YEH_WITH_HAMZA in cleaned:
        cleaned = cleaned.replace(_YEH_WITH_HAMZA, "\u0626")
    if ZWNJ in cleaned:
        cleaned = _HALF_SPACES.sub(lambda run: " " if " " in run[0] else (ZWNJ if len(run[0]) > 1 else ""), cleaned)
        cleaned = cleaned.strip(" " + ZWNJ)
    if "  " in cleaned:
        cleaned = _SPACES.sub(" ", cleaned)
    return cleaned.strip(" ")


def match_key(text: str) -> str:
    """What equal spellings share: no spaces or half spaces, hamza folded, ASCII digits, lower case. Idempotent."""
    if text.isascii() and text.isalnum():
        return text.lower()
    if _PLAIN.fullmatch(text):  # nine cells in ten: what follows would say the same, in eight times the time
        bare = text.replace(" ", "").replace(ZWNJ, "").replace("ي", "ی").replace("ك", "ک")
        return bare.lower().replace("الله", "اله")
    cleaned = clean_text(text)
    key = cleaned.translate(_KEY_MAP).lower()
    if key != cleaned:
        key = clean_text(key).translate(_KEY_MAP)
    return key.replace("الله", "اله")


@lru_cache(maxsize=2**14)  # every row that may be the heading is tried against every list
def heading_key(text: str) -> str:
    """``match_key`` of a heading, where dots, asterisks and colons do not matter either («ت.تولد», «کد ملی *»)."""
    return re.sub(r"[.*:：؛;_]", "", match_key(text))


def to_ascii_digits(text: str) -> str:
    """The same text with Persian and Arabic digits written in ASCII."""
    return text if text.isascii() else text.translate(_TO_ASCII_DIGITS)


def to_persian_digits(text: str) -> str:
    """The same text with ASCII and Arabic digits written in Persian."""
    return text.translate(_TO_PERSIAN_DIGITS)


def is_placeholder(text: str | None, kind: PlaceholderKind = "other") -> bool:
    """Whether a whole cell only says that nothing is known: empty, ``-``, ``.``, ``N/A``, ``0``, «ندارد», «نامشخص».

    ``kind`` is ``name`` for names and free text, where "Null" may be a surname; ``number`` where 0 is a value.
    """
    if text is None:
        return True
    if _NON_ZERO_DIGIT.search(text):
        return False
    key = match_key(text)
    if kind == "number" and key == "0":
        return False
    if key in _PLACEHOLDERS or _ONLY_PUNCTUATION.fullmatch(key):
        return True
    return kind != "name" and key in _PLACEHOLDERS_OF_CODED_CELLS


def is_damaged(text: str) -> bool:
    """Whether the text bears signs of a wrong decoding or of hidden reordering: it is kept, and looked at by a person.

    U+FFFD, UTF-8 read as Latin («Ø§Ù„») or as windows-1256 («ط§ظ„»), or an override, which shows other letters than
    those stored.
    """
    return _DAMAGE.search(text) is not None


def sort_key(text: str) -> str:
    """A text whose code-point order is the Persian alphabet's: آ ا ب پ … گ ل م ن و ه ی; equal spellings by clean text.

    Half spaces and marks do not count, hamza seats count as their letter, spaces come before digits, digits before
    Persian letters, and other scripts last. Source: the order of the Persian dictionary, as in ICU's ``fa``.
    """
    cleaned = clean_text(text)
    folded = to_ascii_digits(cleaned).lower().translate({code: to for code, to in _KEY_MAP.items() if code != ord(" ")})
    ranks = "".join(_sort_rank(plain) for plain in _keep_alef_madda(cleaned, folded))
    return f"{ranks}\u0001{cleaned}"


def _keep_alef_madda(cleaned: str, folded: str) -> str:
    # The key folds آ into ا; a dictionary puts it first. Both texts hold the same alefs in the same order.
    alefs = iter(re.findall("[آاأإٱ]", cleaned))
    return "".join("آ" if letter == "ا" and next(alefs, "ا") == "آ" else letter for letter in folded)


def _sort_rank(character: str) -> str:
    if character in _SORT_RANKS:
        return _SORT_RANKS[character]
    if character.isdigit():
        return "\u0200" + character
    return "\u0400" + character


def rounded_half_up(number: float, decimals: int = 0) -> Decimal:
    """The number with so many decimals, half away from zero, as people round: 2.5 → 3, 0.25 → 0.3."""
    return Decimal(str(number)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def format_number(number: float, decimals: int = 0) -> str:
    """A number as Persian text writes it: ``3789`` → «۳٬۷۸۹», ``25.6`` with one decimal → «۲۵٫۶»; rounded half up.

    A negative sign is held at the left by a mark, where Persian text would otherwise carry it to the right.
    """
    written = f"{abs(rounded_half_up(number, decimals)):,.{decimals}f}".replace(",", "٬").replace(".", "٫")
    sign = "\u200e−" if number < 0 and written.strip("0٫٬") else ""
    return sign + to_persian_digits(written)


def format_percent(share: float, decimals: int = 1) -> str:
    """A share between 0 and 1 as «۲۵٫۶٪»; a whole percentage without decimals («۲۶٪»)."""
    written = format_number(float(Decimal(str(share)) * 100), decimals)
    whole, _, part = written.partition("٫")
    return (whole if part.strip("۰") == "" else written) + "٪"


def format_date_fa(day: dt.date, style: Literal["long", "short"] = "long") -> str:
    """A Gregorian day as officials read it: «یکشنبه ۷ اردیبهشت ۱۴۰۴» or, short, «۱۴۰۴/۰۲/۰۷» (slashes do not flip)."""
    jalali = JalaliDate(day)
    if style == "short":
        return to_persian_digits(f"{jalali.year:04d}/{jalali.month:02d}/{jalali.day:02d}")
    weekday = WEEKDAY_NAMES_FA[(day.weekday() + 2) % 7]
    return to_persian_digits(f"{weekday} {jalali.day} {MONTH_NAMES_FA[jalali.month - 1]} {jalali.year}")


def comparable_text(text: str) -> str:
    """``match_key`` without lost zeros and a spreadsheet's ``.0``.

    Equal for two cells that say the same, one of which was saved again by a spreadsheet.
    """
    return _LOST_BY_SPREADSHEETS.sub("", match_key(text))
