"""`palayesh check`, as a sender reads it: in the terminal and in the Excel copy."""

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

AGENCIES = Path(__file__).resolve().parents[2] / "expectations" / "agencies"


def check(path: Path, agency: str, tmp_path: Path, *more: str, lang: str = "fa") -> subprocess.CompletedProcess:
    arguments = ["check", str(path), "--agency", agency, "--month", "1404-02", "--lang", lang, *more]
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        env={**os.environ, "PALAYESH_VAR": str(tmp_path / "var"), "COLUMNS": "220"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_household_in_one_row_is_checked_like_any_other(tmp_path: Path) -> None:
    """The members of a wide row share its cells: a problem of the cell is told once, under a heading that people know."""
    done = check(AGENCIES / "prisons" / "sample" / "behzisti_referral_wide.xls", "prisons", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "national_id" not in done.stdout
    assert done.stderr == "", "nothing but the table is said"


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_gravest_problems_stand_first_and_all_can_be_shown(lang: str, tmp_path: Path) -> None:
    lines = [
        "شماره زندانی,نام,نام خانوادگی,نام پدر,کد ملی,تاریخ تولد,جنسیت,زندان,استان زندان,تاریخ شروع بازداشت,وضعیت آزادی"
    ]
    for number in range(60):
        began = "" if number == 59 else "1403/01/01"
        lines.append(
            f"{1000 + number},علی,رضایی{'ابپتجچحخدذ'[number % 10]},حسن,,1360/01/{1 + number % 28:02},مرد,زندان کرمان,کرمان,{began},در حبس"
        )
    path = tmp_path / "custody.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    short = check(path, "prisons", tmp_path, lang=lang)
    assert short.returncode == 3, short.stdout + short.stderr
    rows = [line for line in short.stdout.splitlines() if line.startswith("│")]
    aside = "ردیف کنار می‌ماند" if lang == "fa" else "row set aside"
    assert aside in rows[0] and ("۶۱" if lang == "fa" else "61") in rows[0]
    assert "--all" in short.stdout
    whole = check(path, "prisons", tmp_path, "--all", lang=lang)
    assert "--all" not in whole.stdout
    assert len([line for line in whole.stdout.splitlines() if line.startswith("│")]) > 60
    assert "برگه" not in whole.stdout and "Sheet" not in whole.stdout, "a text file has no sheets"


def test_a_held_file_names_the_likeliest_heading_its_place_and_the_mend_also_in_the_copy(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "فهرست"
    sheet.append(["شماره عضویت", "نام زندانی", "کد ملی زندانيان", "تاریخ شروع خدمت", "وضعیت", "ملاحظات دیگر مسئول"])
    sheet.append(["A1", "=1+1", "9901234567", "1403/01/01", "فعال", "-"])
    sheet["B2"].data_type = "s"
    notes = book.create_sheet("راهنما")
    notes.append(["این فایل نمونه است"])
    path = tmp_path / "caseload.xlsx"
    book.save(path)
    copy = tmp_path / "copy.xlsx"
    done = check(path, "association", tmp_path, "--list", "caseload", "--copy", str(copy))
    assert done.returncode == 1
    assert "کد ملی زندانی" in done.stdout and "C" in done.stdout
    assert str(copy) in done.stdout

    written = openpyxl.load_workbook(copy)
    overview = [[cell.value for cell in row] for row in written.worksheets[0].iter_rows(min_row=2)]
    assert len(overview) >= 2, "each heading is a problem of its own"
    assert all(row[0] == "فهرست" and row[1] == "1" and row[4] for row in overview)
    assert all(row[5] for row in overview), "every problem has its mend"
    assert written["فهرست"]["B2"].value == "=1+1" and written["فهرست"]["B2"].data_type != "f"
    assert "پالایش" in str(written["فهرست"]["G1"].value)
    assert written["راهنما"].max_column == 1, "a sheet of notes is left as it was"


def test_no_copy_is_promised_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"\0" * 200)
    copy = tmp_path / "copy.xlsx"
    done = check(path, "association", tmp_path, "--copy", str(copy))
    assert done.returncode == 1
    assert not copy.exists() and "copy.xlsx" not in done.stdout


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    done = check(tmp_path, "prisons", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "پوشه است، نه فایل" in done.stderr
