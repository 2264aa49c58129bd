"""Numbers, dates and sentences as the reader's language writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from persiantools.jdatetime import JalaliDate

from palayesh.language import Language
from palayesh.persian_text import format_date_fa, format_number, rounded_half_up, to_persian_digits
from palayesh.reporting_month import MONTH_NAMES_EN

_WEEKDAYS_EN = ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def write_number(value: float, lang: Language, *, decimals: int = 0) -> str:
    """The number with grouped digits: «۳٬۷۸۹», ``3,789``. Rounds half up; a whole number never shows decimals."""
    places = 0 if float(value).is_integer() else decimals
    if lang == "fa":
        return format_number(value, places)
    return f"{rounded_half_up(value, places):,}".replace("-", "−")


def write_percent(share: float, lang: Language, *, decimals: int = 0) -> str:
    """A share (0 to 1) as a percentage: «۲۶٪», ``26%``."""
    percent = float(Decimal(str(share)) * 100)
    return f"{format_number(percent, decimals)}٪" if lang == "fa" else f"{rounded_half_up(percent, decimals):,}%"


def write_digits(text: str, lang: Language) -> str:
    """The text with its digits as the language writes them, and nothing else changed."""
    return to_persian_digits(text) if lang == "fa" else text


def write_date(day: dt.date, lang: Language) -> str:
    """The Solar Hijri day with slashes, «۱۴۰۴/۰۲/۳۱»: dashes would turn round in Persian text."""
    jalali = JalaliDate(day)
    return write_digits(f"{jalali.year:04d}/{jalali.month:02d}/{jalali.day:02d}", lang)


def write_long_date(day: dt.date, lang: Language) -> str:
    """«چهارشنبه ۳۱ اردیبهشت ۱۴۰۴», ``Wednesday 31 Ordibehesht 1404``."""
    if lang == "fa":
        return format_date_fa(day)
    jalali = JalaliDate(day)
    return f"{_WEEKDAYS_EN[jalali.weekday()]} {jalali.day} {MONTH_NAMES_EN[jalali.month - 1]} {jalali.year}"


class Words:
    """The strings of one report in one language. A string that is not there is an error that names it."""

    def __init__(self, strings: Mapping[str, Any], lang: Language) -> None:
        self.lang = lang
        self._strings = strings

    def find(self, path: str) -> str | None:
        """The string at ``section.key``, or None."""
        section, _, key = path.partition(".")
        part = self._strings.get(section)
        found = part.get(key) if key and isinstance(part, Mapping) else part
        return found if isinstance(found, str) else None

    def say(self, path: str, **fields: str) -> str:
        """The string at ``section.key`` with its fields filled in. Raises KeyError naming the string."""
        found = self.find(path)
        if found is None:
            raise KeyError(f"strings.{self.lang}.yml has no «{path}»")
        return found.format(**fields)

    def join(self, names: list[str]) -> str:
        """«کرمان، بم و جیرفت»: names as a list in a sentence."""
        if len(names) < 2:
            return "".join(names)
        return self.say("text.list_comma").join(names[:-1]) + self.say("text.list_and") + names[-1]
