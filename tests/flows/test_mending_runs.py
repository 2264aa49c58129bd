"""Corrections reach the next run of the month, by the command line as well, and the same corrections give the same bytes."""

import copy
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

MONTH = "1404-02"
LIST = "relief_committee/caseload"


def palayesh(*arguments: str, var: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PALAYESH_VAR": str(var), "PALAYESH_DATABASE_URL": "", "COLUMNS": "200"}
    environment.pop("PREFECT_API_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "--lang", "en", *arguments],
        env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stdout + done.stderr
    return done


def but_for_the_head(var: Path, revision: int) -> dict[str, str]:
    """The reports' bytes, the run sheet without the head of the log of acts: that one holds when each act was done."""
    folder = var / "reports" / MONTH / f"r{revision}"
    sheets = {
        path.name: re.sub(r"\b[0-9a-f]{64}\b", "", path.read_text("utf-8")) for path in folder.glob("run_sheet.*.html")
    }
    others = {name: digest for name, digest in report_bytes(var, revision).items() if not name.startswith("run_sheet.")}
    assert len(sheets) == 2
    return others | sheets


def report_bytes(var: Path, revision: int) -> dict[str, str]:
    folder = var / "reports" / MONTH / f"r{revision}"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small month in which the Committee's office wrote a word that nobody agreed on."""
    out = tmp_path_factory.mktemp("world")
    palayesh("synth", "--out", str(out), "--persons", "2500", "--seed", "1404", var=out / "var")
    path = next((out / "inbox" / "relief_committee").glob("*تحت پوشش*.csv"))
    stat = path.stat()
    lines = path.read_text(encoding="utf-8").split("\r\n")
    spoiled = [line.replace(";فعال;", ";پابرجا;") if number % 9 == 0 else line for number, line in enumerate(lines)]
    path.write_bytes("\r\n".join(spoiled).encode("utf-8"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return out / "inbox"


def mended(inbox: Path, var: Path) -> tuple[str, str]:
    """The month run, the workbook exported, mended, taken, and the month run again; what the last two said."""
    palayesh("run", "--month", MONTH, "--inbox", str(inbox), var=var)
    workbook = var / "set-aside.xlsx"
    palayesh("mend", "export", "--month", MONTH, "--list", LIST, "--out", str(workbook), var=var)
    assert workbook.stat().st_mode & 0o077 == 0
    book = openpyxl.load_workbook(workbook)
    status = next(cell.column for cell in book.active[1] if cell.value == "وضعیت پرونده")
    changed = 0
    for row in range(2, book.active.max_row + 1):
        if book.active.cell(row, status).value == "پابرجا":
            book.active.cell(row, status).value = "فعال"
            changed += 1
    assert changed > 40
    book.save(workbook)
    taken = palayesh("mend", "take", str(workbook), "--by", "clerk", var=var).stdout
    assert f"{changed} cells of {changed} records" in taken
    return taken, palayesh("run", "--month", MONTH, "--inbox", str(inbox), var=var).stdout


@pytest.mark.slow
@pytest.mark.xdist_group("month")
def test_a_mended_month_is_a_new_revision_with_the_same_bytes_everywhere(inbox: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    _, account = mended(inbox, one)
    assert "revision 2" in account
    assert "received = accepted + set aside" in account
    assert report_bytes(one, 1) and report_bytes(one, 2) != report_bytes(one, 1)
    again = palayesh("run", "--month", MONTH, "--inbox", str(inbox), var=one).stdout
    assert "same revision stands" in again
    mended(copy.copy(inbox), other)
    assert but_for_the_head(other, 2) == but_for_the_head(one, 2)
    assert (
        "0 cells of 0 records" in palayesh("mend", "take", str(one / "set-aside.xlsx"), "--by", "clerk", var=one).stdout
    )
