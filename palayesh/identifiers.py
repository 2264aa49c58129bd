"""National numbers, foreign identifiers, postal codes and telephone numbers, read from what people typed.

Every reader returns a value, a status and a reason; a value that had to be mended says ``repaired``, and one that may
mislead says ``suspect``. Raw text is kept by the caller. Sources: the check digit of the civil registry, and the cases
of ``tests/spec/vectors/national_id_vectors.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from palayesh.distinct import Distinct, distinct_texts, text_column
from palayesh.persian_text import clean_text, is_placeholder, to_ascii_digits


@dataclass(frozen=True)
class Identifier:
    """What was read: ``value`` is absent when the status is invalid or missing; ``reason`` says which rule decided."""

    value: str | None
    status: str
    reason: str


_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SEPARATORS = re.compile(r"[ \-_/.,'’`\u200c]")
_SCIENTIFIC = re.compile(r"\d(?:[.,٫]\d+)?[eE]\+?\d{1,2}")
_FLOAT = re.compile(r"(\d+)[.٫]0+")
_PASSPORT = re.compile(r"[A-Za-z]{1,2}[0-9]{6,9}")
_LABEL = re.compile("[\u0621-\u064a\u0654\u066e-\u06d3 \u200c.:：()«»#*_/-]+")
_NO_IDENTIFIER = re.compile("(?:فاقد|بدون|ندارد)")
_TYPED_RUNS = frozenset({"0123456789", "1234567891", "9876543210"})
_MOBILE_WITHOUT_ZERO = re.compile("9[0-3][0-9]{8}")


def has_right_check_digit(digits: str) -> bool:
    """Whether the tenth of ten ASCII digits is right.

    With r = Σ (11 − i)·dᵢ mod 11 over the first nine, the tenth is r if r < 2, else 11 − r.
    It misses 1.7 % of single wrong digits, because the remainders 1 and 10 both give 1.
    """
    remainder = sum((10 - place) * int(digits[place]) for place in range(9)) % 11
    return int(digits[9]) == (remainder if remainder < 2 else 11 - remainder)


def read_national_id(text: str | None) -> Identifier:
    """A national number as ten ASCII digits, or another identifier kept as such, or why it is neither.

    Eight or nine digits are padded with the zeros a spreadsheet took, accepted only with the right check digit, and
    marked ``repaired``. Numbers of foreigners (12 digits, passports) and unknown 11-digit codes are ``other_id``.
    """
    if is_placeholder(text) or text is None:
        return Identifier(None, "missing", "empty" if not text or not clean_text(text) else "placeholder")
    typed = _DASHES.sub("-", to_ascii_digits(clean_text(text)))
    if _SCIENTIFIC.fullmatch(typed):
        return _from_scientific(typed)
    unlabelled, had_label = _without_label(typed)
    whole = _FLOAT.fullmatch(unlabelled)
    digits = whole[1] if whole else _SEPARATORS.sub("", unlabelled)
    if _PASSPORT.fullmatch(digits):
        return Identifier(digits.upper(), "other_id", "passport_like")
    if not digits:
        known = "placeholder" if _NO_IDENTIFIER.search(typed) else "no_digits"
        return Identifier(None, "missing" if known == "placeholder" else "invalid", known)
    if not (digits.isascii() and digits.isdigit()):
        return Identifier(None, "invalid", "not_a_number")
    read = _from_digits(digits)
    if had_label and read.status == "valid":
        return Identifier(read.value, "warn", "label_inside_value")
    return read


def _without_label(typed: str) -> tuple[str, bool]:
    # Only a label before or after one run of digits: letters between digits are a typing error, not a label.
    letters = re.search("[\u0621-\u064a\u066e-\u06d3]", typed)
    if letters is None:
        return typed, False
    kept = re.fullmatch(f"(?:{_LABEL.pattern})?([0-9A-Za-z][0-9A-Za-z \\-_/.]*)?(?:{_LABEL.pattern})?", typed)
    return ((kept[1] or "").strip(" -_/."), True) if kept else (typed, True)


def _from_scientific(typed: str) -> Identifier:
    mantissa = re.split("[eE]", typed)[0]
    number = Decimal(typed.replace(",", ".").replace("٫", "."))
    significant = len(re.sub(r"\D", "", mantissa))
    # Fewer digits than the number has: the spreadsheet rounded, and no one can say what was typed.
    if number != number.to_integral_value() or significant < number.adjusted() + 1:
        return Identifier(None, "invalid", "rounded_by_spreadsheet")
    read = _from_digits(str(int(number)))
    return Identifier(read.value, "repaired", "scientific_notation") if read.status == "valid" else read


def _from_digits(digits: str) -> Identifier:
    length = len(digits)
    if length == 10:
        return _from_ten_digits(digits, lost_zeros=0)
    if set(digits) == {"0"}:
        return Identifier(None, "invalid", "all_zeros")
    if length in (8, 9):
        return _from_ten_digits(digits.zfill(10), lost_zeros=10 - length)
    if length < 8:
        return Identifier(None, "invalid", "too_short")
    if length == 11 and digits.startswith("09"):
        return Identifier(None, "invalid", "mobile_number")
    if length == 12 and digits.startswith("989"):
        return Identifier(digits, "suspect", "mobile_number")
    if length == 11 and _holds_a_national_id(digits):
        return Identifier(None, "invalid", "too_long")
    if length in (11, 12):
        return Identifier(digits, "other_id", f"{length}_digits")
    return Identifier(None, "invalid", "too_long")


def _holds_a_national_id(eleven_digits: str) -> bool:
    # A national number with one digit too many at an end is a typing error, not a code of its own.
    return any(_from_ten_digits(ten, lost_zeros=0).status == "valid" for ten in (eleven_digits[:10], eleven_digits[1:]))


def _from_ten_digits(digits: str, *, lost_zeros: int) -> Identifier:
    if digits == "0" * 10:
        return Identifier(None, "invalid", "all_zeros")
    if len(set(digits)) == 1:
        # All nine pass the check digit, and 1111111111 is reported as really issued: a person must look.
        return Identifier(digits, "suspect", "all_same_digits")
    if digits in _TYPED_RUNS:
        return Identifier(digits, "suspect", "keyboard_run")
    if not has_right_check_digit(digits):
        if digits.startswith("996") and not lost_zeros:
            return Identifier(digits, "other_id", "foreign_series")
        return Identifier(None, "invalid", "checksum_fail")
    if digits.startswith("000"):
        return Identifier(None, "invalid", "no_such_place")
    if digits[3:9] == "000000":
        return Identifier(None, "invalid", "serial_zero")
    if lost_zeros:
        return Identifier(digits, "repaired", f"lost_{lost_zeros}_zero")
    if _MOBILE_WITHOUT_ZERO.fullmatch(digits):
        # One mobile number in ten passes the check digit, and no place code begins with 90 to 93.
        return Identifier(digits, "suspect", "mobile_number")
    return Identifier(digits, "valid", "checksum_ok")


def is_valid_national_id_column(numbers: pd.Series) -> pd.Series:
    """Whether each text is a plain ten-digit national number beyond suspicion (``boolean``; absent where the text is).

    True exactly where ``read_national_id`` says ``valid`` of ten ASCII digits.
    """
    distinct = distinct_texts(numbers)
    answers = _are_valid_national_ids(distinct.texts)
    valid = np.append(answers, False)[distinct.positions]
    return pd.Series(pd.arrays.BooleanArray(valid, distinct.positions == -1), index=numbers.index)


def _are_valid_national_ids(texts: list[str]) -> NDArray[np.bool_]:
    answers = np.zeros(len(texts), dtype=bool)
    column = pa.array(texts, pa.string())
    shaped = pc.match_substring_regex(column, "^[0-9]{10}$").to_numpy(zero_copy_only=False)
    if not shaped.any():
        return answers
    joined = "".join(column.filter(pa.array(shaped)).to_pylist())
    digits = (np.frombuffer(joined.encode("ascii"), dtype=np.uint8) - ord("0")).reshape(-1, 10).astype(np.int64)
    remainder = (digits[:, :9] * np.arange(10, 1, -1)).sum(axis=1) % 11
    right = digits[:, 9] == np.where(remainder < 2, remainder, 11 - remainder)
    number = digits @ (10 ** np.arange(9, -1, -1))
    same_digits = (digits == digits[:, :1]).all(axis=1)
    typed_run = np.isin(number, [int(run) for run in _TYPED_RUNS])
    place, serial = number // 10**7, number // 10 % 10**6
    mobile = (place >= 900) & (place < 940)
    answers[shaped] = right & ~same_digits & ~typed_run & (place > 0) & (serial > 0) & ~mobile
    return answers


def national_id_column(texts: pd.Series) -> pd.DataFrame:
    """``read_national_id`` of every cell: ``value`` and ``status``, one row per row."""
    distinct = distinct_texts(texts)
    # Most cells are plain valid numbers: those are settled together, the rest one by one.
    texts_in_ascii = [to_ascii_digits(text) for text in distinct.texts]
    values: list[str | None] = list(texts_in_ascii)
    statuses = ["valid"] * len(values)
    for position in np.flatnonzero(~_are_valid_national_ids(texts_in_ascii)).tolist():
        read = read_national_id(texts_in_ascii[position])
        values[position], statuses[position] = read.value, read.status
    return _spread(distinct, values, statuses)


def typed_digits_column(texts: pd.Series) -> pd.Series:
    """The ASCII digits of every cell as typed, whatever their number (str; absent where there are none).

    For linkage: a mistyped number still resembles the right one.
    """
    plain = texts.str.fullmatch("[0-9]+").fillna(False).astype(bool)
    distinct = distinct_texts(texts[~plain])
    found = [re.sub("[^0-9]", "", _FLOAT.sub(r"\1", to_ascii_digits(clean_text(text)))) for text in distinct.texts]
    typed = texts.where(plain).astype("str")
    return typed.fillna(text_column(distinct, [digits or None for digits in found]))


def read_postal_code(text: str | None) -> Identifier:
    """A postal code of exactly ten digits; 0 or 2 among the first five is a warning (they look like 5 and 3)."""
    if is_placeholder(text) or text is None:
        return Identifier(None, "missing", "placeholder")
    typed = _DASHES.sub("-", to_ascii_digits(clean_text(text)))
    whole = _FLOAT.fullmatch(typed)
    digits = whole[1] if whole else _SEPARATORS.sub("", typed)
    if not re.fullmatch("[0-9]{10}", digits) or len(set(digits)) == 1:
        return Identifier(None, "invalid", "not_ten_digits")
    if set(digits[:5]) & {"0", "2"}:
        return Identifier(digits, "warn", "digit_not_used_in_area")
    return Identifier(digits, "ok", "ten_digits")


_PLAIN_PHONE = re.compile(r"0[1-9][0-9][- ]?[0-9]{8}", re.ASCII)
_PHONE_CHUNK = re.compile(r"\+?[0-9]+")
_LONGEST_PHONE = 15
_AREA_CODE = "034"


def read_phones(text: str | None) -> Identifier:
    """The mobile and landline numbers of a cell as ``09…``/``0…``, joined by ``;``, each once, in their order.

    ``+98`` and ``0098`` are spellings; a lost zero, ``98`` without plus, a local number without its area code (taken
    as Kerman's 034) or leftover digits beside a good number make the cell ``repaired``.
    """
    if is_placeholder(text) or text is None:
        return Identifier(None, "missing", "placeholder")
    typed = _DASHES.sub("-", to_ascii_digits(clean_text(text)))
    if _SCIENTIFIC.fullmatch(typed):
        number = Decimal(typed.replace(",", ".").replace("٫", "."))
        exact = len(re.sub(r"\D", "", re.split("[eE]", typed)[0])) >= number.adjusted() + 1
        typed = str(int(number)) if exact else ""
    chunks = _PHONE_CHUNK.findall(re.sub(r"(?<=[0-9]{8})[.٫]0+(?![0-9])", "", typed))
    numbers: list[str] = []
    is_repaired = False
    position = 0
    while position < len(chunks):
        taken, phone, mended = _phone_at(chunks, position)
        if phone is not None and phone not in numbers:
            numbers.append(phone)
        is_repaired |= mended
        position += taken
    if not numbers:
        return Identifier(None, "invalid", "no_phone_number")
    return Identifier(";".join(numbers), "repaired" if is_repaired else "ok", "repaired" if is_repaired else "as_typed")


def _phone_at(chunks: list[str], position: int) -> tuple[int, str | None, bool]:
    """How many chunks the next number takes, the number, and whether it was mended; the longest reading wins."""
    for last in range(len(chunks), position, -1):
        joined = "".join(chunks[position:last])
        if len(joined) > _LONGEST_PHONE or "+" in joined[1:]:
            continue
        number, mended = _as_phone(joined)
        # Pieces make a number that needs mending only if they are the whole cell: joining strays would invent one.
        is_sound = not mended or last - position in (1, len(chunks))
        if number is not None and is_sound:
            return last - position, number, mended
    number, _ = _as_phone(chunks[position])
    return 1, number, True


def _as_phone(digits: str) -> tuple[str | None, bool]:
    mended = False
    national = digits
    for prefix, is_spelling in (("+98", True), ("0098", True), ("98", False)):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (10, 11):
            subscriber = digits.removeprefix(prefix)
            mended = not is_spelling or subscriber.startswith("0")
            national = "0" + subscriber.removeprefix("0")
            break
    else:
        if re.fullmatch("[1-9][0-9]{9}", digits):
            national, mended = "0" + digits, True
        elif re.fullmatch("[2-9][0-9]{7}", digits):
            national, mended = _AREA_CODE + digits, True
    if re.fullmatch("0[1-9][0-9]{9}", national) and len(set(national[2:])) > 1:
        return national, mended
    return None, True


def phone_column(texts: pd.Series) -> pd.DataFrame:
    """``read_phones`` of every cell: ``value`` and ``status``."""
    distinct = distinct_texts(texts)
    return _spread_read(distinct, [_read_phones_quickly(text) for text in distinct.texts])


def _read_phones_quickly(text: str) -> Identifier:
    # Most cells hold one plain number: the general reading, which would say the same, is ten times slower.
    if _PLAIN_PHONE.fullmatch(text):
        number = text.replace("-", "").replace(" ", "")
        if len(set(number[2:])) > 1:
            return Identifier(number, "ok", "as_typed")
    return read_phones(text)


def _column(texts: pd.Series, read: Callable[[str | None], Identifier]) -> pd.DataFrame:
    distinct = distinct_texts(texts)
    return _spread_read(distinct, [read(text) for text in distinct.texts])


def _spread_read(distinct: Distinct, read: list[Identifier]) -> pd.DataFrame:
    return _spread(distinct, [identifier.value for identifier in read], [identifier.status for identifier in read])


def _spread(distinct: Distinct, values: Sequence[str | None], statuses: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {"value": text_column(distinct, values), "status": text_column(distinct, statuses, absent="missing")}
    )
