"""Lists as agencies send them, for the console's world: received, read and validated; all of it invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

from palayesh.adapters.registry import Registry
from tasks import receive, validate

MONTH, BEFORE = "1404-02", "1404-01"
DAY = dt.date(2025, 6, 1)
CASELOAD = (
    "کد خانوار", "کد مددجویی", "نام", "نام خانوادگی", "نام پدر", "کد ملی", "تاریخ تولد", "نسبت", "علت نیازمندی",
    "وضعیت پرونده", "نوع حمایت", "تاریخ شروع خدمت", "شهرستان", "موبایل",
)  # fmt: skip
SUPPORTED = (
    "شماره پرونده مددجو", "نام", "نام خانوادگی", "نام پدر", "کد ملی", "نسبت", "کد خانوار", "نوع حمایت", "تاریخ شروع خدمت",
    "شهرستان",
)  # fmt: skip
CUSTODY = (
    "شماره زندانی", "نام", "نام خانوادگی", "نام پدر", "کد ملی", "زندان محل نگهداری", "استان محل حبس", "تاریخ شروع بازداشت",
)  # fmt: skip
SCREENING = ("نام و نام خانوادگی سرپرست", "کد ملی سرپرست", "نتیجه بررسی", "تاریخ انجام بررسی", "شهرستان")
"""The date's heading is one that the list does not know: its file is held."""
NAMES = ("زهرا", "علی", "مریم", "رضا", "فاطمه", "حسین", "مینا", "محمد")
SURNAMES = ("کریمی", "احمدی", "موسوی", "رضایی", "حیدری")
WORD = "پابرجا"
"""What one office writes for an active case; no list knows it."""


def number(serial: int) -> str:
    """A national number that nobody has, with a right check digit."""
    digits = f"990{serial:06d}"
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
    return digits + str(rest if rest < 2 else 11 - rest)


def received_lists(registry: Registry) -> dict[str, str]:
    """Each agency's list, with the Committee's of the month before and one whose headings changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _receive(folder, "relief_committee", "مددجویان.csv", [CASELOAD, *caseload(spoiled=False)], month=BEFORE)
        made = {
            "relief_committee": _receive(folder, "relief_committee", "مددجویان.csv", [CASELOAD, *caseload()]),
            "behzisti": _receive(folder, "behzisti", "خدمت‌گیرندگان.csv", [SUPPORTED, *supported()]),
            "prisons": _receive(folder, "prisons", "فهرست زندانیان.csv", [CUSTODY, *in_custody()]),
        }
        made["held"] = _receive(folder, "relief_committee", "بررسی.csv", [SCREENING, *screened()])
    states = {name: registry.submission(one).state for name, one in made.items()}
    assert states == {
        "relief_committee": "validated",
        "behzisti": "validated",
        "prisons": "validated",
        "held": "held",
    }, [(name, registry.submission(one).reason) for name, one in made.items()]
    return made


def caseload(*, spoiled: bool = True) -> list[list[str]]:
    """Thirty clients of the Committee in fifteen families, spoiled as offices do."""
    rows = []
    for client in range(30):
        row = dict(
            zip(
                CASELOAD,
                (
                    f"H{client // 2:03d}", f"M{client:04d}", NAMES[client % 8], SURNAMES[client // 2 % 5], "حسن", number(client),
                    f"13{60 + client % 30}/03/11", "همسر" if client % 2 else "سرپرست", "زندانی بودن سرپرست", "فعال", "مستمر",
                    f"1402/{1 + client % 12:02d}/{13 + client % 15}", "کرمان", f"09990001{client:03d}",
                ),
                strict=True,
            )
        )  # fmt: skip
        if spoiled:
            _spoil(client, row)
        rows.append([row[heading] for heading in CASELOAD])
    return rows


def _spoil(client: int, row: dict[str, str]) -> None:
    year, month, day = row["تاریخ شروع خدمت"].split("/")
    if client % 3 == 0:
        row["تاریخ شروع خدمت"] = f"{year}/{day}/{month}"  # day and month exchanged
    elif client % 5 == 1:
        row["وضعیت پرونده"] = WORD
    elif client in (2, 14):
        row["کد ملی"] = number(client)[:-1] + str((int(number(client)[-1]) + 1) % 10)
    elif client == 5:
        row["نسبت"] = ""
    elif client == 8:
        row["نام"] = "ز\ufffdرا"


def supported() -> list[list[str]]:
    """Twelve persons in Behzisti's service; two of unknown kind of support."""
    return [
        [
            f"B{person:04d}", NAMES[person % 8], SURNAMES[person % 5], "علی", number(100 + person), "فرزند", f"K{person // 2}",
            "پیوسته‌وار" if person in (3, 7) else "مستمر", f"1402/05/{10 + person}", "بم",
        ]
        for person in range(12)
    ]  # fmt: skip


def in_custody() -> list[list[str]]:
    """Eight prisoners; one without a date."""
    return [
        [
            f"{500 + person}", NAMES[2 * person % 8 + 1], SURNAMES[person % 5], "رضا", number(200 + person), "زندان مرکزی کرمان",
            "کرمان", "" if person == 4 else f"1403/02/{10 + person}",
        ]
        for person in range(8)
    ]  # fmt: skip


def screened() -> list[list[str]]:
    """Four households that were reviewed."""
    return [
        [f"{NAMES[one]} {SURNAMES[one]}", number(300 + one), "واجد شرایط", f"1404/02/{10 + one}", "کرمان"]
        for one in range(4)
    ]


def _receive(folder: Path, agency: str, name: str, rows: Sequence[Sequence[str]], *, month: str = MONTH) -> str:
    path = written(folder / name, rows)
    receive.receive_file(path, month=month, agency=agency, received_on=DAY)
    receive.arrange(month, agency)
    validate.validate_agency.fn(month, agency)
    from tasks import installation

    sha = installation.blobs().keep(path)[0]
    return next(one.id for one in installation.registry().submissions(month, agency=agency) if one.sha256 == sha)


def written(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """The rows as a file of text."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    return path
