"""The month reported on: named by the Solar Hijri calendar, with Gregorian days inside the code."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

TEHRAN = ZoneInfo("Asia/Tehran")
"""Where days begin."""
MONTH_NAMES_FA = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
MONTH_NAMES_EN = (
    "Farvardin",
    "Ordibehesht",
    "Khordad",
    "Tir",
    "Mordad",
    "Shahrivar",
    "Mehr",
    "Aban",
    "Azar",
    "Dey",
    "Bahman",
    "Esfand",
)


@dataclass(frozen=True, order=True)
class ReportingMonth:
    """A Solar Hijri month, ``1404-02``. ``first_day`` and ``last_day`` are Gregorian dates; the last day is ``as_of``."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1300 <= self.year <= 1499 and 1 <= self.month <= 12):
            raise ValueError(f"«{self.year}-{self.month}» is not a Solar Hijri month from 1300-01 to 1499-12")

    @classmethod
    def parse(cls, text: str) -> ReportingMonth:
        """Read ``1404-02`` (any decimal digits). Raises ValueError with what was expected."""
        match = re.fullmatch(r"(\d{4})[-/](\d{1,2})", text.strip())
        if not match:
            raise ValueError("a month is written like 1404-02 (year-month, Solar Hijri)")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: dt.date) -> ReportingMonth:
        """The month in which a Gregorian day lies."""
        jalali = JalaliDate(day)
        return cls(jalali.year, jalali.month)

    @property
    def first_day(self) -> dt.date:
        return JalaliDate(self.year, self.month, 1).to_gregorian()

    @property
    def last_day(self) -> dt.date:
        return self.next().first_day - dt.timedelta(days=1)

    as_of = last_day

    def next(self) -> ReportingMonth:
        return self.plus(1)

    def previous(self) -> ReportingMonth:
        return self.plus(-1)

    def plus(self, months: int) -> ReportingMonth:
        count = self.year * 12 + self.month - 1 + months
        return ReportingMonth(count // 12, count % 12 + 1)

    def title(self, lang: str = "fa") -> str:
        """«اردیبهشت ۱۴۰۴», or ``Ordibehesht 1404``."""
        if lang == "fa":
            return f"{MONTH_NAMES_FA[self.month - 1]} {self.year}".translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
        return f"{MONTH_NAMES_EN[self.month - 1]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
