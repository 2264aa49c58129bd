"""What the console says, in Persian and English: one file, ``strings.yml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from persiantools.jdatetime import JalaliDate

from palayesh.adapters.files import read_yaml
from palayesh.language import Language
from palayesh.persian_text import format_date_fa, format_number, rounded_half_up, to_persian_digits
from palayesh.reporting_month import MONTH_NAMES_EN, TEHRAN, ReportingMonth


@lru_cache(maxsize=1)
def strings() -> dict[str, list[str]]:
    """Every string: key → Persian, English."""
    return {
        str(key): [str(text) for text in pair]
        for key, pair in read_yaml(Path(__file__).with_name("strings.yml")).items()
    }


class Wording:
    """Words, numbers and days in one language."""

    def __init__(self, lang: Language, keys: Mapping[str, str] | None = None) -> None:
        self.lang = lang
        self._keys = keys or {}
        self._column = 0 if lang == "fa" else 1

    def __call__(self, key: str, **values: Any) -> Markup:
        """The string; numbers among the values are written in the language, texts are escaped."""
        one = f"{key}_one"  # "1 record", where the language tells one from many
        text = escape(strings()[one if values.get("count") == 1 and one in strings() else key][self._column])
        shown = {
            name: self.number(value)
            if isinstance(value, int | float) and not isinstance(value, bool)
            else escape(value)
            for name, value in values.items()
        }
        return Markup(str(text).format(**shown)) if shown else Markup(text)  # noqa: S704 - every part is escaped above

    def key(self, action: str) -> Markup:
        """The key of the action, as the visitor chose it."""
        return Markup("<kbd>{}</kbd>").format(self._keys.get(action, action))

    def has(self, key: str) -> bool:
        """Whether there is such a string."""
        return key in strings()

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with its language's digits and separators."""
        if self.lang == "fa":
            return format_number(value, decimals)
        return f"{rounded_half_up(value, decimals):,.{decimals}f}".replace("-", "−")

    def digits(self, text: object) -> str:
        """A text whose digits are the language's (row numbers, years: no separators)."""
        return to_persian_digits(str(text)) if self.lang == "fa" else str(text)

    def share(self, value: float) -> str:
        """A share between 0 and 1 as a whole percentage."""
        return self.number(value * 100) + ("٪" if self.lang == "fa" else "%")

    def day(self, value: dt.date | dt.datetime | str | None) -> str:
        """A day by the Solar Hijri calendar: «۱۴۰۴/۰۲/۰۷», ``7 Ordibehesht 1404``."""
        if not value or value != value:  # noqa: PLR0124 - pandas' missing day is not equal to itself
            return "–"
        if isinstance(value, str):
            if len(value) == 4:  # the year alone is known
                return self.digits(value)
            value = dt.date.fromisoformat(value[:10])
        day = value.astimezone(TEHRAN).date() if isinstance(value, dt.datetime) and value.tzinfo else value
        plain = dt.date(day.year, day.month, day.day)
        if self.lang == "fa":
            return format_date_fa(plain, "short")
        jalali = JalaliDate(plain)  # type: ignore[no-untyped-call]
        return f"{jalali.day} {MONTH_NAMES_EN[jalali.month - 1]} {jalali.year}"

    def written(self, field: str, text: str) -> str:
        """A field of a record as this language writes it."""
        if field == "birth_date":
            return self.day(text)
        return self.digits(text) if field in ("national_id", "phones") else text

    def moment(self, value: dt.datetime) -> str:
        """A moment in Tehran: day and time."""
        here = value.astimezone(TEHRAN)
        return f"{self.day(value)} {self.digits(f'{here:%H:%M}')}"

    def month(self, value: str) -> str:
        """«اردیبهشت ۱۴۰۴»."""
        return ReportingMonth.parse(value).title(self.lang) if value else "–"
