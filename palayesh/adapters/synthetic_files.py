"""Writes a synthetic province: the agencies' files as they would send them, and the truth beside them."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
import xlwt

from palayesh.adapters.files import sha256_of
from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, layout, lists, mess, months, truth
from palayesh.synthetic.layout import FilePlan, SheetPlan
from palayesh.synthetic.world import World

MADE = dt.datetime(2025, 1, 1)
Progress = Callable[[int, int], None]


def write_months(
    out: Path,
    *,
    month: ReportingMonth,
    seed: int,
    profile: str = "reference",
    mess: float = 1.0,
    months: int = 1,
    scale: float = 1.0,
    progress: Progress | None = None,
) -> list[Path]:
    """``months`` consecutive months stand under ``out``; returns the folder of each.

    One month is written straight into ``out`` (``inbox/``, ``truth/``), several into ``month-<month>/``. Ids of persons and
    households are the same in every month. ``progress`` hears (files done, files in all). Files there before are replaced.
    Raises ValueError for an unknown profile, for no month, or when the province is too large for the unused numbers.
    """
    return _write(out, month, seed, profile, mess, months, scale, progress)


def _write(
    out: Path,
    month: ReportingMonth,
    seed: int,
    profile: str,
    level: float,
    count: int,
    scale: float,
    progress: Progress | None,
) -> list[Path]:
    if count < 1:
        raise ValueError("ask for one month or more")
    if level < 0:
        raise ValueError("the level of mess is 0 or more")
    folders = []
    current = founding.build(month, seed, profile, scale)
    files_a_month = len(lists.COLUMNS) + 3
    for number in range(count):
        if number:
            current = months.advance(current, seed)
        folder = out if count == 1 else out / f"month-{current.month}"
        before = number * files_a_month

        def told(done: int, before: int = before) -> None:
            if progress:
                progress(min(before + done, count * files_a_month), count * files_a_month)

        _write_month(folder, current, seed, level, told)
        told(files_a_month)
        folders.append(folder)
    return folders


def _write_month(folder: Path, current: World, seed: int, level: float, told: Callable[[int], None]) -> None:
    month = current.month
    seeds = np.random.SeedSequence([seed, month.year * 12 + month.month])
    # The manner of an agency's files stays from month to month; what is mistyped in them does not.
    manner = np.random.default_rng(np.random.SeedSequence([seed, 77]))
    clean = lists.in_words(lists.typed_lists(current))
    messy, damage = mess.damage_lists(clean, current, np.random.default_rng(seeds), level)
    # A file's own date says when it came: the month's last day, whenever the synthetic lists are written.
    sent_at = dt.datetime.combine(month.last_day, dt.time(12), dt.UTC).timestamp()
    records, damages, files = [], [], []
    for number, plan in enumerate(layout.lay_out(messy, damage, current, manner, level), start=1):
        path = folder / "inbox" / plan.agency / plan.name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, plan)
        os.utime(path, (sent_at, sent_at))
        file = f"{plan.agency}/{plan.name}"
        files.append({"agency": plan.agency, "file": plan.name, "sha256": sha256_of(path)})
        records.append(plan.places.assign(agency=plan.agency, list=plan.list_name, file=plan.name))
        damages.append(plan.damage.assign(file=file, sheet=plan.sheets[0].name))
        told(number)
    _write_truth(
        folder / "truth", current, pd.concat(records, ignore_index=True), pd.concat(damages, ignore_index=True)
    )
    _write_table(folder / "truth" / "files.csv", pd.DataFrame(files))


# --- files ---------------------------------------------------------------------------------------------------


def write_file(path: Path, plan: FilePlan) -> None:
    """``path`` holds the planned file in its format."""
    writers: dict[str, Callable[[Path, FilePlan], None]] = {
        "xlsx": _write_xlsx,
        "xls": _write_xls,
        "csv": _write_csv,
        "html": _write_html,
    }
    writers[plan.format](path, plan)


def _write_xlsx(path: Path, plan: FilePlan) -> None:
    # Merged cells reach below the current row, which the sparing mode has then not yet written.
    sparing = not any(first != last for sheet in plan.sheets for first, _, last, _ in sheet.merges)
    with xlsxwriter.Workbook(path, {"constant_memory": sparing, "strings_to_urls": False}) as book:
        book.set_properties({"created": MADE})
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        for sheet in plan.sheets:
            page = book.add_worksheet(sheet.name)
            page.right_to_left()
            hidden = set(sheet.hidden_rows)
            for number, row in enumerate(sheet.rows):
                if number + 1 in hidden:
                    page.set_row(number, None, None, {"hidden": True})
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(number, place, cell)
                    elif isinstance(cell, dt.date):
                        page.write_datetime(number, place, cell, day)
                    elif cell is not None:
                        page.write_number(number, place, float(str(cell)))
            for first_row, first_column, last_row, last_column in sheet.merges:
                _merge_written(page, first_row - 1, first_column - 1, last_row - 1, last_column - 1, sheet)


def _merge_written(
    page: Any, first_row: int, first_column: int, last_row: int, last_column: int, sheet: SheetPlan
) -> None:
    """The cells are merged and show what was already written in the first of them."""
    value = sheet.rows[first_row][first_column]
    if first_row == last_row:
        # The row is already written; only the range is to be told.
        page.merge.append([first_row, first_column, last_row, last_column])
    elif isinstance(value, dt.date):
        page.merge_range(first_row, first_column, last_row, last_column, value.isoformat())
    else:
        page.merge_range(first_row, first_column, last_row, last_column, "" if value is None else value)


def _write_xls(path: Path, plan: FilePlan) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="YYYY/MM/DD")
    for sheet in plan.sheets:
        page = book.add_sheet(sheet.name)
        page.cols_right_to_left = True
        for number, row in enumerate(sheet.rows):
            for place, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    page.write(number, place, dt.datetime(cell.year, cell.month, cell.day), day)
                elif cell is not None:
                    page.write(number, place, cell if isinstance(cell, str) else float(str(cell)))
        for first_row, first_column, last_row, last_column in sheet.merges:
            page.merge(first_row - 1, last_row - 1, first_column - 1, last_column - 1)
        for number in sheet.hidden_rows:
            page.row(number - 1).hidden = True
    book.save(str(path))


def _write_csv(path: Path, plan: FilePlan) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=plan.delimiter, lineterminator="\r\n")
    for row in plan.sheets[0].rows:
        writer.writerow([_as_text(cell) for cell in row])
    path.write_bytes(_encoded(text.getvalue(), plan.encoding))


def _encoded(text: str, encoding: str) -> bytes:
    """The bytes an office program writes: windows-1256 has no Persian yeh, no Persian digits and no direction marks of its own."""
    if encoding == "windows-1256":
        digits = {ord(persian): str(n) for marks in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for n, persian in enumerate(marks)}
        return text.translate(digits | {ord("ی"): "ي", 0x202A: "", 0x202B: "", 0x202C: ""}).encode("windows-1256")
    if encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding)


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


def _write_html(path: Path, plan: FilePlan) -> None:
    sheet = plan.sheets[0]
    across = {(row, column): last - column + 1 for row, column, _, last in sheet.merges}
    lines = [
        '<html dir="rtl"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><table border="1">'
    ]
    for number, row in enumerate(sheet.rows, start=1):
        cells, place = [], 1
        while place <= len(row):
            span = across.get((number, place), 1)
            mark = f' colspan="{span}"' if span > 1 else ""
            cells.append(f"<td{mark}>{html.escape(_as_text(row[place - 1]))}</td>")
            place += span
        lines.append(f"<tr>{''.join(cells)}</tr>")
    lines.append("</table></body></html>")
    path.write_bytes("\r\n".join(lines).encode("utf-8"))


# --- truth ---------------------------------------------------------------------------------------------------


def person_ids(numbers: pd.Series) -> pd.Series:
    """The latent person's name in the truth, the same in every month."""
    return "person-" + numbers.astype("int64").astype("str").str.zfill(7)


def household_ids(numbers: pd.Series) -> pd.Series:
    """The latent household's name in the truth, the same in every month."""
    return "household-" + numbers.astype("int64").astype("str").str.zfill(6)


def _write_truth(folder: Path, current: World, records: pd.DataFrame, damage: pd.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    counted = truth.count(current)
    _write_json(folder / "figures.json", counted.figures)
    _write_json(folder / "parameters.json", counted.parameters)
    records = records.assign(person_id=person_ids(records["person"]), household_id=household_ids(records["household"]))
    _write_table(
        folder / "records.csv",
        records[["agency", "list", "file", "sheet", "row", "member", "role", "person_id", "household_id"]].sort_values(
            ["agency", "list", "file", "sheet", "row", "member", "role"], kind="stable"
        ),
    )
    people = current.persons[current.persons["person"].isin(records["person"])]
    birth = lists.jalali_text(people["birth_date"])
    _write_table(
        folder / "persons.csv",
        pd.DataFrame(
            {
                "person_id": person_ids(people["person"]),
                "household_id": household_ids(people["household"]),
                "relation": people["relation"],
                "is_prisoner": people["is_prisoner"],
                "sex": np.where(people["is_female"], "female", "male"),
                "first_name": people["first_name"],
                "last_name": people["last_name"],
                "father_name": people["father_name"],
                "national_id": people["national_id"],
                "birth_date": birth,
            }
        ),
    )
    households = counted.households.assign(household_id=household_ids(counted.households["household"]))
    _write_table(folder / "households.csv", households[["household_id", "county", "class", "custody", "is_known"]])
    _write_table(folder / "coverage.csv", counted.coverage[["county", "class", "households"]])
    _write_table(folder / "damage.csv", damage[["file", "sheet", "row", "member", "column", "kind"]])


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_table(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
