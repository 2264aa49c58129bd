"""How each list lies in its files: which file, which rows above and between, which form. Pure: files are written elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic.headings import CHILD, ROW_NUMBER, TITLES, heading_of
from palayesh.synthetic.lists import COLUMNS, IDENTITIES
from palayesh.synthetic.world import World

ROWS_PER_FILE = 60_000
"""An old spreadsheet takes 65,536 rows; larger lists come in parts."""
Merge = tuple[int, int, int, int]


@dataclass(frozen=True)
class SheetPlan:
    """A sheet cell by cell. Rows and columns of ``merges`` (first row, first column, last row, last column) and
    ``hidden_rows`` are 1-based."""

    name: str
    rows: list[list[object]]
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class FilePlan:
    """A file to be written and what each of its rows is in truth.

    ``places``: sheet, row, member, role, person, household. ``damage``: row (0 for the file as a whole), member, column, kind.
    """

    agency: str
    list_name: str
    name: str
    format: str
    """``xlsx``, ``xls``, ``csv`` or ``html``."""
    sheets: list[SheetPlan]
    places: pd.DataFrame
    damage: pd.DataFrame
    encoding: str = "utf-8"
    delimiter: str = ","


@dataclass(frozen=True)
class _Style:
    """How one file is typed."""

    format: str = "xlsx"
    extension: str = "xlsx"
    encoding: str = "utf-8"
    delimiter: str = ","
    title_rows: bool = False
    group_headings: bool = False
    row_numbers: bool = False
    total_row: bool = False
    blank_rows: bool = False
    repeated_headings: bool = False
    second_sheet: bool = False
    hidden_rows: bool = False
    full_name: bool = False
    other_headings: bool = False
    arabic_letters: bool = False


_RICH = _Style(
    title_rows=True,
    group_headings=True,
    row_numbers=True,
    total_row=True,
    blank_rows=True,
    repeated_headings=True,
    second_sheet=True,
    hidden_rows=True,
    other_headings=True,
)
_STYLES = (
    _RICH,
    _Style(format="xls", extension="xls", title_rows=True, row_numbers=True, total_row=True, other_headings=True),
    _Style(format="csv", extension="xls", encoding="utf-8-sig", row_numbers=True, other_headings=True),
    _Style(format="html", extension="xls", title_rows=True, row_numbers=True, total_row=True),
    _Style(format="csv", extension="csv", encoding="utf-8", delimiter=";", other_headings=True),
    _Style(format="csv", extension="csv", encoding="utf-16", delimiter="\t"),
    _Style(
        format="csv", extension="csv", encoding="windows-1256", delimiter=";", arabic_letters=True, row_numbers=True
    ),
    _Style(format="csv", extension="csv", encoding="utf-8-sig", delimiter=","),
    dataclasses.replace(_RICH, group_headings=False, second_sheet=False, arabic_letters=True),
)
_NAMES: dict[str, tuple[str, ...]] = {
    "prisons/behzisti_referral": ("لیست معرفی به بهزیستی {month}", "behzisti {month}"),
    "prisons/relief_referral": ("معرفی به کمیته امداد {month}", "لیست امداد {month}"),
    "prisons/custody": ("آمار زندانیان {month}", "فهرست زندانیان {month}"),
    "behzisti/caseload": ("خدمت‌گیرندگان {month}", "مددجویان بهزیستی {month}"),
    "relief_committee/caseload": ("مددجویان {month}", "لیست تحت پوشش {month}"),
    "relief_committee/screening": ("نتیجه بررسی {month}", "پالایش {month}"),
    "association/caseload": ("خانواده‌های تحت پوشش {month}", "لیست تحت پوشش انجمن {month}"),
    "association/applications": ("متقاضیان {month}", "نوبت متقاضیان {month}"),
    "ngo_mehr/caseload": ("کمک‌های خیریه {month}", "گزارش {month}"),
}
_FULL_NAME_LISTS = (
    "prisons/relief_referral",
    "behzisti/caseload",
    "relief_committee/caseload",
    "prisons/custody",
    "ngo_mehr/caseload",
)


def lay_out(
    messy: dict[str, pd.DataFrame], damage: pd.DataFrame, world: World, rng: np.random.Generator, level: float
) -> Iterator[FilePlan]:
    """The month's files, one after the other. At level 0 each list is one plain workbook with the usual headings."""
    month = world.month
    if level == 0:
        for list_key, table in messy.items():
            name = list_key.partition("/")[2]
            for number, part in enumerate(_parts(table)):
                suffix = f"_{number + 1}" if len(table) > ROWS_PER_FILE else ""
                yield _file(list_key, f"{name}_{month}{suffix}.xlsx", part, damage, _Style(), month, rng)
        return
    styles = [_STYLES[int(i)] for i in rng.permutation(len(_STYLES))]
    full_name_lists = set(rng.permutation(np.array(_FULL_NAME_LISTS, dtype=object))[:2].tolist())
    turn = 0
    for list_key, table in messy.items():
        if list_key == "prisons/behzisti_referral":
            yield from _behzisti_referral(table, damage, world, rng)
            continue
        parts = _two_parts(table, rng) if list_key == "prisons/relief_referral" else _parts(table)
        pattern = _NAMES[list_key][int(rng.integers(0, len(_NAMES[list_key])))]
        for number, part in enumerate(parts):
            style = dataclasses.replace(styles[turn % len(styles)], full_name=list_key in full_name_lists)
            turn += 1
            label = f" بخش {number + 1}" if len(parts) > 1 else ""
            file_name = f"{pattern.format(month=month)}{label}.{style.extension}"
            yield _file(list_key, file_name, part, damage, style, month, rng)


def _parts(table: pd.DataFrame) -> list[pd.DataFrame]:
    return [table.iloc[start : start + ROWS_PER_FILE] for start in range(0, max(len(table), 1), ROWS_PER_FILE)]


def _two_parts(table: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """The list to the Committee in two parts, each family in one of them."""
    first = set(table["_household"].unique()[rng.random(table["_household"].nunique()) < 0.55].tolist())
    in_first = table["_household"].isin(first)
    return [part for half in (table[in_first], table[~in_first]) for part in _parts(half)]


# --- one table in one sheet ----------------------------------------------------------------------------------


def _file(
    list_key: str,
    name: str,
    table: pd.DataFrame,
    damage: pd.DataFrame,
    style: _Style,
    month: ReportingMonth,
    rng: np.random.Generator,
    *,
    columns: list[str] | None = None,
    merged_down: tuple[str, ...] = (),
) -> FilePlan:
    agency, list_name = list_key.split("/")
    table = table.reset_index(drop=True)
    shown = columns or list(COLUMNS[list_key])
    if style.full_name and "first_name" in shown:
        whole = [_joined(first, last) for first, last in zip(table["first_name"], table["last_name"], strict=True)]
        table = table.assign(full_name=pd.Series(whole, dtype=object))
        place = shown.index("first_name")
        shown = [*shown[:place], "full_name", *[c for c in shown[place:] if c not in ("first_name", "last_name")]]
    headings: list[object] = [
        column
        if column.startswith("فرزند")
        else heading_of(column, float(rng.random()) if style.other_headings and rng.random() < 0.5 else 0.0)
        for column in shown
    ]
    body = table[shown].astype(object)
    body = body.where(body.notna(), None)
    cells: list[list[object]] = body.to_numpy().tolist()
    if style.arabic_letters:
        letters = str.maketrans({"ی": "ي", "ک": "ك"})
        cells = [[c.translate(letters) if isinstance(c, str) else c for c in row] for row in cells]
    rows, merges, kinds = _preamble(headings, list_key, month, style)
    spots = np.zeros(len(cells), dtype=np.int64)
    hidden: list[int] = []
    for number, row in enumerate(cells):
        if style.repeated_headings and number and number % 700 == 0:
            rows.append([ROW_NUMBER, *headings] if style.row_numbers else list(headings))
        if style.blank_rows and number and number % 450 == 0:
            rows.append([None] * (len(headings) + style.row_numbers))
        rows.append([number + 1, *row] if style.row_numbers else row)
        spots[number] = len(rows)
    if style.hidden_rows and len(cells) > 20:
        hidden = [int(spots[i]) for i in np.sort(rng.choice(len(cells), 3, replace=False))]
    if style.total_row:
        rows.append(["جمع", len(cells), *[None] * (len(headings) - 1 + style.row_numbers)])
        kinds.append("total_row")
    if merged_down:
        merges += _merge_down(rows, table, shown, merged_down, spots, style.row_numbers)
        kinds.append("merged_down")
    kinds += _kinds_of(style, len(cells), hidden)
    sheets = [SheetPlan("Sheet1", rows, merges, hidden)]
    if style.second_sheet:
        sheets.append(SheetPlan("راهنما", [["این فایل از سامانه گرفته شده است"], ["لطفا ستون‌ها را جابه‌جا نکنید"]]))
    return FilePlan(
        agency=agency,
        list_name=list_name,
        name=name,
        format=style.format,
        sheets=sheets,
        places=_places(table, spots, sheets[0].name),
        damage=_damage(table, damage, list_key, spots, kinds),
        encoding=style.encoding,
        delimiter=style.delimiter,
    )


def _joined(first: object, last: object) -> object:
    found = [str(part).strip() for part in (first, last) if isinstance(part, str)]
    return " ".join(found) if found else None


def _preamble(
    headings: list[object], list_key: str, month: ReportingMonth, style: _Style
) -> tuple[list[list[object]], list[Merge], list[str]]:
    """The rows above the data, down to the real headings."""
    rows: list[list[object]] = []
    merges: list[Merge] = []
    kinds: list[str] = []
    width = len(headings) + style.row_numbers
    if style.title_rows:
        rows += [
            ["بسمه تعالی", *[None] * (width - 1)],
            [f"{TITLES[list_key]} - {month.title()}", *[None] * (width - 1)],
        ]
        merges += [(1, 1, 1, width), (2, 1, 2, width)]
        kinds.append("title_rows")
    if style.group_headings and width > 6:
        middle = width // 2
        groups: list[object] = ["مشخصات اصلی", *[None] * (middle - 1), "سایر اطلاعات", *[None] * (width - middle - 1)]
        rows.append(groups)
        merges += [(len(rows), 1, len(rows), middle), (len(rows), middle + 1, len(rows), width)]
        kinds.append("group_headings")
    rows.append([ROW_NUMBER, *headings] if style.row_numbers else list(headings))
    return rows, merges, kinds


def _kinds_of(style: _Style, count: int, hidden: list[int]) -> list[str]:
    found = {
        "row_numbers": style.row_numbers,
        "repeated_headings": style.repeated_headings and count > 700,
        "blank_rows": style.blank_rows and count > 450,
        "second_sheet": style.second_sheet,
        "hidden_rows": bool(hidden),
        "name_in_one_column": style.full_name,
        "other_headings": style.other_headings,
        "arabic_letters_all": style.arabic_letters,
        "xls_is_csv": style.format == "csv" and style.extension == "xls",
        "xls_is_html": style.format == "html",
        f"encoding_{style.encoding}": style.format == "csv" and style.encoding != "utf-8",
    }
    return [kind for kind, holds in found.items() if holds]


def _merge_down(
    rows: list[list[object]],
    table: pd.DataFrame,
    shown: list[str],
    merged_down: tuple[str, ...],
    spots: np.ndarray,
    offset: int,
) -> list[Merge]:
    """Cells of a family's common columns merged over its rows; empties the cells under the first."""
    code = table["household_ref"].astype("str")
    block = code.ne(code.shift()).cumsum().to_numpy()
    merges: list[Merge] = []
    starts = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
    ends = np.r_[starts[1:], len(block)] - 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end == start or spots[end] - spots[start] != end - start:
            continue
        for column in merged_down:
            place = shown.index(column) + 1 + offset
            merges.append((int(spots[start]), place, int(spots[end]), place))
            for number in range(start + 1, end + 1):
                rows[int(spots[number]) - 1][place - 1] = None
    return merges


def _places(table: pd.DataFrame, spots: np.ndarray, sheet: str) -> pd.DataFrame:
    parts = []
    for role in IDENTITIES:
        who = table[f"_{role}"].astype(np.int64).to_numpy()
        named = who >= 0
        parts.append(
            pd.DataFrame(
                {
                    "sheet": sheet,
                    "row": spots[named],
                    "member": "",
                    "role": role,
                    "person": who[named],
                    "household": table["_household"].astype(np.int64).to_numpy()[named],
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["row", "role"], kind="stable").reset_index(drop=True)


def _damage(
    table: pd.DataFrame, damage: pd.DataFrame, list_key: str, spots: np.ndarray, kinds: list[str]
) -> pd.DataFrame:
    of_list = damage[damage["list_key"].eq(list_key)]
    place = pd.Series(spots, index=table["_row"].astype(np.int64).to_numpy())
    cells = of_list[of_list["_row"].isin(place.index)]
    rows = pd.DataFrame({"row": cells["_row"].map(place), "column": cells["column"], "kind": cells["kind"]})
    whole = pd.DataFrame({"row": 0, "column": "", "kind": kinds})
    return (
        pd.concat([whole, rows], ignore_index=True)
        .assign(member="")
        .sort_values(["row", "column", "kind"], kind="stable")
        .reset_index(drop=True)
    )


# --- the list to Behzisti: merged down, and wide -------------------------------------------------------------

_MERGED = ("household_ref", "prisoner_name", "prisoner_national_id", "imprisoned_members")
_WIDE_HEAD = (
    "household_ref",
    "prisoner_name",
    "prisoner_national_id",
    "imprisoned_members",
    "county",
    "mobile",
    "prison",
    "prison_province",
    "custody_start",
    "letter_no",
    "letter_date",
    "social_worker",
)


def _behzisti_referral(
    table: pd.DataFrame, damage: pd.DataFrame, world: World, rng: np.random.Generator
) -> Iterator[FilePlan]:
    """A part with cells merged down, and a part with one row per household (simple families of one prisoner only)."""
    month = world.month
    relation = table["_subject"].astype(np.int64).map(world.persons.set_index("person")["relation"])
    prisoners = relation.eq("prisoner").groupby(table["_household"]).transform("sum")
    simple = relation.isin(["prisoner", "spouse", "child"]).groupby(table["_household"]).transform(
        "all"
    ) & prisoners.eq(1)
    simple &= (
        table.groupby("_household")["_subject"]
        .transform("nunique")
        .eq(table.groupby("_household")["_subject"].transform("size"))
    )
    chosen = set(table["_household"].unique()[rng.random(table["_household"].nunique()) < 0.25].tolist())
    wide = simple & table["_household"].isin(chosen)
    long = table[~wide]
    # A repeated row far below would cut its family in two.
    long = (
        long.assign(_order=long["household_ref"].astype("str"))
        .sort_values("_order", kind="stable")
        .drop(columns="_order")
    )
    list_key = "prisons/behzisti_referral"
    style = dataclasses.replace(_RICH, repeated_headings=False, blank_rows=False, group_headings=False)
    pattern = _NAMES[list_key][int(rng.integers(0, 2))].format(month=month)
    for number, part in enumerate(_parts(long)):
        yield _file(list_key, f"{pattern} بخش {number + 1}.xlsx", part, damage, style, month, rng, merged_down=_MERGED)
    if wide.any():
        yield _wide_file(list_key, f"{pattern} به تفکیک خانوار.xls", table[wide], damage, relation[wide], world, rng)


def _wide_file(
    list_key: str,
    name: str,
    table: pd.DataFrame,
    damage: pd.DataFrame,
    relation: pd.Series,
    world: World,
    rng: np.random.Generator,
) -> FilePlan:
    rank = relation.map({"prisoner": 0, "spouse": 1, "child": 2})
    table = table.assign(_relation=relation, _rank=rank).sort_values(["_household", "_rank", "_row"], kind="stable")
    households = table.drop_duplicates("_household").set_index("_household")
    spouse = table[table["_rank"].eq(1)].set_index("_household")
    children = table[table["_rank"].eq(2)].copy()
    children["n"] = children.groupby("_household").cumcount() + 1
    # Children bear their father's surname: the prisoner's, unless it is the wife who is in prison.
    of_prisoner = households["prisoner_name"].map(lambda name: str(name).partition(" ")[2])
    of_spouse = spouse["last_name"].reindex(households.index)
    surname = of_prisoner.where(households["imprisoned_members"].ne("همسر"), of_spouse)
    family = children["_household"].map(surname)
    cells = [
        first if isinstance(first, str) and last == of else _joined(first, last)
        for first, last, of in zip(children["first_name"], children["last_name"], family, strict=True)
    ]
    children["cell"] = pd.Series(cells, index=children.index, dtype=object)
    most = int(children["n"].max()) if len(children) else 0
    shown = households[list(_WIDE_HEAD)].copy()
    shown["spouse_name"] = pd.Series(
        [_joined(f, n) for f, n in zip(spouse["first_name"], spouse["last_name"], strict=True)],
        index=spouse.index,
        dtype=object,
    ).reindex(households.index)
    shown["spouse_national_id"] = spouse["national_id"].reindex(households.index)
    names = [CHILD.format(n=n).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")) for n in range(1, most + 1)]
    for n, heading in enumerate(names, start=1):
        shown[heading] = children[children["n"].eq(n)].set_index("_household")["cell"].reindex(households.index)
    shown = shown.reset_index()
    for column in ("_row", *(f"_{role}" for role in IDENTITIES)):
        shown[column] = households[column].to_numpy()
    style = _Style(format="xls", extension="xls", title_rows=True, row_numbers=True)
    columns = [*_WIDE_HEAD, "spouse_name", "spouse_national_id", *names]
    plan = _file(list_key, name, shown, damage.iloc[0:0], style, world.month, rng, columns=columns)
    spots = plan.places.drop_duplicates("household").set_index("household")["row"]
    member = np.select(
        [table["_rank"].eq(0), table["_rank"].eq(1)],
        ["prisoner", "spouse"],
        default="child_" + (table.groupby(["_household", "_rank"]).cumcount() + 1).astype(str),
    )
    prisoner = table["_household"].map(households["_subject"]).astype(np.int64)
    places = (
        pd.concat(
            [
                pd.DataFrame(
                    {
                        "sheet": plan.sheets[0].name,
                        "row": table["_household"].map(spots),
                        "member": member,
                        "role": role,
                        "person": who.astype(np.int64),
                        "household": table["_household"].astype(np.int64),
                    }
                )
                for role, who in (("subject", table["_subject"]), ("prisoner", prisoner))
            ],
            ignore_index=True,
        )
        .sort_values(["row", "member", "role"], kind="stable")
        .reset_index(drop=True)
    )
    wide_form = pd.DataFrame({"row": [0], "member": [""], "column": [""], "kind": ["wide_form"]})
    of_cells = _damage_of_members(table.assign(_spot=table["_household"].map(spots), _member=member), damage, list_key)
    kinds = pd.concat([plan.damage, wide_form, of_cells], ignore_index=True)
    return dataclasses.replace(plan, places=places, damage=kinds)


_WIDE_MEMBER = {"prisoner": _WIDE_HEAD, "spouse": ("first_name", "last_name", "national_id")}
"""What the wide form shows of a member; of a child, the name."""


def _damage_of_members(table: pd.DataFrame, damage: pd.DataFrame, list_key: str) -> pd.DataFrame:
    """The damage that the wide form still shows: a member's own cells, and the family's from its first row."""
    places = table[["_row", "_spot", "_member"]].astype({"_row": np.int64})
    cells = damage[damage["list_key"].eq(list_key)].merge(places, on="_row")
    shown = [
        column in _WIDE_MEMBER.get(member, ("first_name", "last_name"))
        for member, column in zip(cells["_member"], cells["column"], strict=True)
    ]
    cells = cells[np.array(shown, dtype=bool)].sort_values(["_spot", "_member", "column", "kind"], kind="stable")
    return cells.rename(columns={"_spot": "row", "_member": "member"})[["row", "member", "column", "kind"]]
