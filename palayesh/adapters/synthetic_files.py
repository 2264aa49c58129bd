"""A synthetic province's lists as files in an inbox, in the formats that agencies really send, and the truth beside them."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
import xlwt

from palayesh.findings import Refusal
from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic.headings import CHILD, ROW_NUMBER, SPOUSE_NAME, SPOUSE_NATIONAL_ID, headings
from palayesh.synthetic.lists import COLUMNS, in_words, typed_lists
from palayesh.synthetic.mess import Damage, damage_table
from palayesh.synthetic.truth import Truth, count
from palayesh.synthetic.world import World, build

FORMATS = ("xlsx", "xls", "csv_utf8", "csv_utf16", "csv_1256", "html")
LIST_NAMES = {
    "prisons/behzisti_referral": "معرفی به بهزیستی",
    "prisons/relief_referral": "معرفی به کمیته امداد",
    "prisons/custody": "آمار زندانیان",
    "behzisti/caseload": "مددجویان",
    "relief_committee/caseload": "خانوارهای تحت پوشش",
    "relief_committee/screening": "نتایج بازدید",
    "association/caseload": "تحت پوشش انجمن",
    "association/applications": "متقاضیان انجمن",
    "ngo_mehr/caseload": "فهرست خیریه",
}
WIDE_LIST, LONG_LIST = "prisons/behzisti_referral", "prisons/relief_referral"
WIDE_EVERY = 9
"""One plain household of so many is sent in the wide form."""
WIDE_COLUMNS = (
    "household_ref", "prisoner_name", "prisoner_national_id", "imprisoned_members", "county", "mobile", "prison",
    "prison_province", "custody_start", "letter_no", "letter_date", "social_worker",
)  # fmt: skip
XLS_ROWS = 65_000
SHEET = "فهرست"
CREATED = dt.datetime(2025, 5, 22)  # fixed, so that the same seed gives the same bytes
EXTENSIONS = {"xlsx": "xlsx", "xls": "xls", "html": "xls", "csv_utf8": "csv", "csv_utf16": "csv", "csv_1256": "xls"}
TEXT_FORMS = {"csv_utf8": ("utf-8-sig", ","), "csv_utf16": ("utf-16", "\t"), "csv_1256": ("cp1256", ";")}
TO_CP1256 = str.maketrans(
    {"ی": "ي", **{chr(0x06F0 + n): str(n) for n in range(10)}, **{chr(0x0660 + n): str(n) for n in range(10)}}
)
ROLES = ("subject", "prisoner", "head")


def write_months(
    out: Path,
    *,
    month: ReportingMonth,
    seed: int,
    profile: str = "reference",
    mess: float = 1.0,
    months: int = 1,
    scale: float = 1.0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """``out/inbox`` and ``out/truth`` hold the month of the seed; the same arguments give the same bytes.

    Raises Refusal for more than one month, which this version cannot write.
    """
    if months != 1:
        raise Refusal(
            "one_month_only",
            "این نسخه تنها یک ماه می‌سازد؛ «--months 1» را به کار ببرید.",
            "This version writes one month only: use --months 1.",
        )
    world = build(month, seed, profile, scale)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    tables = in_words(typed_lists(world))
    inbox, truth_folder = out / "inbox", out / "truth"
    for folder in (inbox, truth_folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    formats = (
        ["xlsx"] * len(tables)
        if mess <= 0
        else [str(f) for f in rng.permutation([*FORMATS, "xlsx", "xlsx", "csv_utf8"])]
    )
    records: list[pd.DataFrame] = []
    damages: list[pd.DataFrame] = []
    for done, ((list_key, table), form) in enumerate(zip(tables.items(), formats, strict=False), start=1):
        wide = _is_wide(list_key, table, seed) if mess > 0 else pd.Series(False, index=table.index)
        for number, part in enumerate(_parts(list_key, table[~wide], mess), start=1):
            messy, damage = damage_table(part.reset_index(drop=True), mess, rng)
            name = f"{LIST_NAMES[list_key]} {month.title()}" + (f" بخش {number}" if number > 1 else "")
            placed = _write_list(inbox, list_key, name, messy, form, mess, rng)
            records.append(_located(list_key, placed, messy))
            damages.append(_damaged(list_key, placed, damage))
        if wide.any():
            records.append(
                _write_wide(inbox, list_key, f"{LIST_NAMES[list_key]} {month.title()} خانوارها", table[wide])
            )
        progress(done, len(tables))
    _write_truth(truth_folder, world, count(world), pd.concat(records), pd.concat(damages))
    return [out]


Placed = tuple[str, str, list[int]]
"""File name, sheet name, and the spreadsheet row of each record."""


def _is_wide(list_key: str, table: pd.DataFrame, seed: int) -> pd.Series:
    """Households of the referral list that are sent one a row: plain families of an imprisoned husband, some of them."""
    if list_key != WIDE_LIST:
        return pd.Series(False, index=table.index)
    plain = table["relation"].isin(["خود زندانی", "همسر", "فرزند"]).groupby(table["household_ref"]).transform("all")
    chosen = table["household_ref"].astype("int64") % WIDE_EVERY == seed % WIDE_EVERY
    return plain & chosen & table["imprisoned_members"].eq("مرد")


def _parts(list_key: str, table: pd.DataFrame, mess: float) -> list[pd.DataFrame]:
    """The list in the files in which it is sent: the long referral list comes in two."""
    if mess <= 0 or list_key != LONG_LIST:
        return [table]
    half = table["household_ref"].iloc[len(table) // 2]
    return [table[table["household_ref"] < half], table[table["household_ref"] >= half]]


def _write_list(
    inbox: Path, list_key: str, name: str, table: pd.DataFrame, form: str, mess: float, rng: np.random.Generator
) -> Placed:
    columns = list(COLUMNS[list_key])
    chosen = [headings(c)[int(rng.integers(0, len(headings(c)))) if mess > 0 else 0] for c in columns]
    rows = table[columns].astype(object).where(table[columns].notna(), "").to_numpy().tolist()
    folder = inbox / list_key.split("/")[0]
    folder.mkdir(parents=True, exist_ok=True)
    if form == "xls" and len(rows) > XLS_ROWS:
        form = "xlsx"
    path = folder / f"{name}.{EXTENSIONS[form]}"
    if form in ("xlsx", "xls"):
        merged = [columns.index(c) for c in ("household_ref",) if c in columns and mess > 0]
        plan = _layout([ROW_NUMBER, *chosen], rows, merged=[m + 1 for m in merged], title=name, is_messy=mess > 0)
        (_write_xlsx if form == "xlsx" else _write_xls)(path, plan)
        return path.name, SHEET, plan.places
    _write_text(path, form, [chosen, *rows])
    return path.name, "" if form != "html" else "", list(range(2, len(rows) + 2))


@dataclass(frozen=True)
class _Layout:
    """Cells of a sheet, row by row, the row (1-based) of each record, merged ranges and hidden rows."""

    cells: list[list[str]]
    places: list[int]
    merged: list[tuple[int, int, int]]
    """(first row, last row, column), 0-based."""
    hidden: list[int]
    heading_row: int


def _layout(heads: list[str], rows: list[list[str]], *, merged: list[int], title: str, is_messy: bool) -> _Layout:
    cells: list[list[str]] = [[title], []] if is_messy else []
    if is_messy:
        cells.append(["", "مشخصات", *[""] * (len(heads) - 2)])
    heading_row = len(cells)
    cells.append(heads)
    places: list[int] = []
    ranges: list[tuple[int, int, int]] = []
    hidden: list[int] = []
    block_start = -1
    for number, row in enumerate(rows, start=1):
        if is_messy and number % 400 == 0:
            cells.append(heads)  # the heading again, as on every printed page
        if is_messy and number % 333 == 0:
            cells.append([])
        line = [str(number), *row]
        is_first = not merged or number == 1 or rows[number - 2][merged[0] - 1] != row[merged[0] - 1]
        here = len(cells)
        if merged and is_messy:
            broken = bool(places) and places[-1] != here
            if is_first or broken:
                block_start = here
            else:
                line[merged[0]] = ""
                if ranges and ranges[-1][0] == block_start:
                    ranges[-1] = (block_start, here, merged[0])
                else:
                    ranges.append((block_start, here, merged[0]))
        if is_messy and number % 977 == 0:
            hidden.append(here)
        cells.append(line)
        places.append(here + 1)
    if is_messy:
        cells.append(["جمع", str(len(rows))])
    return _Layout(cells, places, ranges, hidden, heading_row)


def _write_xlsx(path: Path, plan: _Layout) -> None:
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet(SHEET)
    sheet.right_to_left()
    for number, line in enumerate(plan.cells):
        for place, text in enumerate(line):
            if text != "":
                sheet.write_string(number, place, text)
    style = book.add_format({"valign": "vcenter"})
    for first, last, column in plan.merged:
        sheet.merge_range(first, column, last, column, plan.cells[first][column], style)
    for number in plan.hidden:
        sheet.set_row(number, None, None, {"hidden": True})
    if plan.heading_row:
        book.add_worksheet("راهنما").write_string(0, 0, "این برگه راهنماست")
    book.close()


def _write_xls(path: Path, plan: _Layout) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(SHEET)
    covered = {(row, column) for first, last, column in plan.merged for row in range(first, last + 1)}
    for number, line in enumerate(plan.cells):
        for place, text in enumerate(line):
            if text != "" and (number, place) not in covered:
                sheet.write(number, place, text)
    for first, last, column in plan.merged:
        sheet.write_merge(first, last, column, column, plan.cells[first][column])
    for number in plan.hidden:
        sheet.row(number).hidden = True
    book.save(str(path))


def _write_text(path: Path, form: str, rows: list[list[str]]) -> None:
    if form == "html":
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        path.write_bytes(f"<html><head><meta charset='utf-8'></head><body><table>{body}</table></body></html>".encode())
        return
    encoding, delimiter = TEXT_FORMS[form]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    content = text.getvalue()
    if encoding == "cp1256":  # it holds neither the Persian yeh nor any but ASCII digits
        content = content.translate(TO_CP1256)
    path.write_bytes(content.encode(encoding, errors="ignore"))


def _write_wide(inbox: Path, list_key: str, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """One row per household; returns where each member stands."""
    families = [group for _, group in table.groupby("household_ref", sort=True)]
    most = max(int(group["relation"].eq("فرزند").sum()) for group in families)
    shared = [c for c in WIDE_COLUMNS if c in table]
    heads = [
        *(headings(c)[0] for c in shared),
        SPOUSE_NAME,
        SPOUSE_NATIONAL_ID,
        *(CHILD.format(n=n + 1) for n in range(most)),
    ]
    rows: list[list[str]] = []
    located: list[dict[str, object]] = []
    for group in families:
        first = group.iloc[0]
        spouse, children = group[group["relation"] == "همسر"], group[group["relation"] == "فرزند"]
        surname = first["prisoner_name"].partition(" ")[2]
        given = [
            c["first_name"] if c["last_name"] == surname else f"{c['first_name']} {c['last_name']}"
            for c in children.to_dict("records")
        ]
        wife = spouse.iloc[0] if len(spouse) else None
        line = ["" if pd.isna(first[c]) else str(first[c]) for c in shared]
        line += ["", ""] if wife is None else [f"{wife['first_name']} {wife['last_name']}", _text(wife["national_id"])]
        rows.append([*line, *given, *[""] * (most - len(given))])
        place = len(rows) + 1
        members = [("prisoner", int(first["_prisoner"]))]
        members += [("spouse", int(wife["_subject"]))] if wife is not None else []
        members += [(f"child_{n}", int(subject)) for n, subject in enumerate(children["_subject"], start=1)]
        located += [
            {"row": place, "member": member, "role": "subject", "person": person, "household": int(first["_household"])}
            for member, person in members
        ]
        located.append({"row": place, "member": "", "role": "prisoner", "person": int(first["_prisoner"]),
                        "household": int(first["_household"])})  # fmt: skip
    folder = inbox / list_key.split("/")[0]
    path = folder / f"{name}.xlsx"
    _write_xlsx(path, _layout(heads, rows, merged=[], title="", is_messy=False))
    agency, list_name = list_key.split("/")
    return pd.DataFrame(located).assign(agency=agency, list=list_name, file=path.name, sheet=SHEET)


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def _located(list_key: str, placed: Placed, table: pd.DataFrame) -> pd.DataFrame:
    """Whom each row names, by the row's place in the file."""
    agency, list_name = list_key.split("/")
    file, sheet, places = placed
    roles = [
        pd.DataFrame(
            {
                "row": places,
                "role": role,
                "person": table[f"_{role}"].to_numpy(),
                "household": table["_household"].to_numpy(),
            }
        )
        for role in ROLES
    ]
    every = pd.concat(roles, ignore_index=True)
    named = every[every["person"] >= 0]
    return named.assign(agency=agency, list=list_name, file=file, sheet=sheet, member="")


def _damaged(list_key: str, placed: Placed, damage: Damage) -> pd.DataFrame:
    agency, _ = list_key.split("/")
    file, sheet, places = placed
    return pd.DataFrame(
        [(agency, file, sheet, places[row], column, kind) for row, column, kind in damage],
        columns=["agency", "file", "sheet", "row", "column", "kind"],
    )


def _write_truth(folder: Path, world: World, truth: Truth, records: pd.DataFrame, damage: pd.DataFrame) -> None:
    """Who is who, which household, every figure, and what was done to the lists."""
    figures = json.dumps(truth.figures, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    (folder / "figures.json").write_text(figures, encoding="utf-8")
    columns = ["agency", "list", "file", "sheet", "row", "member", "role", "person", "household"]
    records[columns].to_csv(folder / "records.csv", index=False)
    persons = world.persons
    persons.to_csv(folder / "persons.csv", index=False)
    truth.households.to_csv(folder / "households.csv", index=False)
    truth.coverage.to_csv(folder / "coverage.csv", index=False)
    damage.to_csv(folder / "damage.csv", index=False)
