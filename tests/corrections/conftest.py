"""A small messy month in which two agencies spoiled their lists in the ways agencies do; what was there before is known."""

import csv
import datetime as dt
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from palayesh.adapters import settings

MONTH = "1404-02"
DAY = dt.date(2025, 5, 20)
AT = dt.datetime(2025, 5, 21, 9, 30, tzinfo=dt.UTC)
Rows = list[list[str]]


@dataclass
class Spoiled:
    """A list's file: its rows, and the true text of every cell that was spoiled, by (row as shown, heading)."""

    rows: Rows
    truth: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def headings(self) -> list[str]:
        return self.rows[0]

    def spoil(
        self, heading: str, change: Callable[[str], str | None], *, every: int, start: int = 1, most: int = 10**6
    ) -> int:
        """Every n-th row that the change fits and that is whole so far; returns how many."""
        place = self.headings.index(heading)
        spoiled = 0
        for number in range(start, len(self.rows), every):
            if any(row == number + 1 for row, _ in self.truth) or spoiled >= most:
                continue
            old = self.rows[number][place]
            new = change(old)
            if new is None or new == old:
                continue
            self.rows[number][place] = new
            self.truth[number + 1, heading] = old
            spoiled += 1
        return spoiled

    def write(self, path: Path) -> Path:
        """The file, as UTF-8."""
        out = io.StringIO()
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(self.rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(out.getvalue().encode("utf-8-sig"))
        return path


def read_rows(path: Path) -> Rows:
    content = path.read_bytes()
    for encoding in ("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig", "utf-8-sig", "cp1256"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    first = text.splitlines()[0]
    delimiter = max(";,\t", key=first.count)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small messy month as the agencies sent it, with its truth."""
    out = tmp_path_factory.mktemp("corrections-world")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "flows.cli",
            "--lang",
            "en",
            "synth",
            "--out",
            str(out),
            "--persons",
            "2500",
            "--seed",
            "1404",
        ],
        env={**os.environ, "PALAYESH_VAR": str(out / "var")},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return out


@pytest.fixture(scope="session")
def caseload_rows(world: Path) -> Rows:
    """The Relief Committee's caseload as it was sent."""
    return read_rows(next((world / "inbox" / "relief_committee").glob("*تحت پوشش*.csv")))


@pytest.fixture(scope="session")
def referral_rows(world: Path) -> Rows:
    """The larger part of the prisons' list to the Committee."""
    parts = sorted((world / "inbox" / "prisons").glob("*امداد*.csv"))
    return max((read_rows(part) for part in parts), key=len)


@pytest.fixture
def installation_on(database_url: str, tmp_path: Path) -> Iterator[Path]:
    """An empty installation, once on each database; returns its folder."""
    settings.override(var=tmp_path / "var", database_url=database_url, lang="en")
    yield tmp_path
    settings.reset()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """An empty installation on SQLite; returns its folder."""
    settings.override(var=tmp_path / "var", lang="en")
    yield tmp_path
    settings.reset()
