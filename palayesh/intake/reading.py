"""A workbook becomes received records: which list it is, which rows are records, and what could not be read.

Nothing is dropped: every row of the sheet is a record, a heading, a title, a blank, a total or a repeated heading, and the
account says how many of each. What is wrong with the whole file is a finding that holds it; what is wrong with one
row is a problem that sets it aside; the other lists go on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from palayesh.accounting import BrokenAccount
from palayesh.declaration import Agency, ListDeclaration
from palayesh.findings import Finding, Refusal, Severity
from palayesh.intake.full_names import split_child_name, split_full_name
from palayesh.intake.headings import (
    HeadingBook,
    HeadingQuestion,
    MatchedHeadings,
    heading_book,
    heading_questions,
    likeliest_column,
    shown_heading,
)
from palayesh.intake.layout import HeadingRows, SheetTable, find_headings, sheet_table
from palayesh.persian_text import format_number, match_key
from palayesh.workbook import MergedRange, Sheet, Workbook, column_letters

HIDDEN_LIST_SHEET = "hidden_sheet_not_read"
RELATION_OF_MEMBER = {"prisoner": "خود زندانی", "spouse": "همسر", "child": "فرزند"}
"""What the relation column would say of a member of a wide row; the words are in the ``relation`` vocabulary."""
IMPRISONED_WIFE = frozenset(match_key(text) for text in ("همسر", "زن", "زوجه"))
PROBLEM_COLUMNS = ["record_id", "sheet", "row", "column", "code", "severity", "sentence_fa", "sentence_en"]
ROW_KINDS = ("record", "heading", "title", "blank", "total", "repeated_heading")
EXCEL_BLOCK_ROWS = 16
"""Excel writes CSV in blocks of sixteen rows and leaves off fields that are empty in a whole block."""

PROBLEM_SENTENCES: dict[str, tuple[str, str]] = {
    "formula_without_value": (
        "در ستون «{column}» فرمولی هست که مقدارش ذخیره نشده است؛ فایل را در Excel باز و ذخیره کنید یا مقدار را بنویسید.",
        "Column «{column}» holds a formula whose value was not stored; open and save the file in Excel, or type the value.",
    ),
    "error_value": (
        "در ستون «{column}» خطای Excel (مانند #REF!) هست؛ مقدار درست را بنویسید.",
        "Column «{column}» shows an Excel error (such as #REF!); type the right value.",
    ),
    "extra_fields": (
        "این سطر از سرستون‌ها بیشتر خانه دارد؛ شاید جداکننده‌ای درون متن باشد. سطر را درست کنید.",
        "The row has more fields than there are headings; a separator may be inside a text. Mend the row.",
    ),
    "missing_fields": (
        "این سطر از سرستون‌ها کمتر خانه دارد و معلوم نیست کدام افتاده است. سطر را درست کنید.",
        "The row has fewer fields than there are headings, and which is missing cannot be told. Mend the row.",
    ),
    "replacement_character": (
        "در ستون «{column}» نویسه‌ای از دست رفته است (�)؛ مقدار را از نو بنویسید.",
        "A character was lost in column «{column}» (�); type the value again.",
    ),
    "merged_cells": (
        "خانه‌های ستون «{column}» در این سطر با خانه‌های دیگر ادغام شده است؛ ادغام را بردارید و مقدار را در هر سطر بنویسید.",
        "Cells of column «{column}» are merged with others in this row; unmerge them and type the value in each row.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What one file says, for one list."""

    list_key: str
    records: pd.DataFrame
    """The *received* table (docs/contracts.md, 2), in file order."""
    problems: pd.DataFrame
    """One row per record and fault of reading: ``PROBLEM_COLUMNS``."""
    findings: list[Finding] = field(default_factory=list)
    account: dict[str, int] = field(default_factory=dict)
    """Rows of the sheet by kind (they add up to ``sheet_rows``) and ``records`` made of them."""
    headings: dict[str, str] = field(default_factory=dict)
    """Canonical column → heading as typed: which spelling was taken for what."""
    places: dict[str, str] = field(default_factory=dict)
    """Canonical column → its letters in the sheet."""
    questions: list[HeadingQuestion] = field(default_factory=list)
    """What the headings leave open; a held file goes on when a person has answered."""

    @property
    def is_held(self) -> bool:
        return any(finding.severity == Severity.REJECT_SUBMISSION for finding in self.findings)


def read_list(workbook: Workbook, agency: Agency, *, file_name: str, sha256: str) -> Reading:
    """The file's records, for the list its headings tell; ``file_name`` decides only where two lists fit.

    ``sha256`` is the file's, hexadecimal. Raises Refusal (``no_visible_sheet``, ``no_list_found``, ``two_sheets``,
    ``which_list``, ``name_contradicts_headings``) when it cannot be told which list to read; everything else is in the findings.
    """
    books = [heading_book(name, declaration) for name, declaration in agency.lists.items()]
    sheet, headings, findings = _the_list(workbook, books, agency, file_name)
    book = headings.matched.book
    list_key = f"{agency.agency}/{book.name}"
    table = sheet_table(sheet, headings)
    findings += _heading_findings(sheet, headings, table)
    account = _account(sheet, table)
    text = table.records.rename(columns=dict(_first_places(headings.matched)))
    text = text[list(_first_places(headings.matched).values())]
    text, filled = _filled_down(text, sheet, headings.matched)
    if filled:
        findings.append(Finding(
            "merged_down_filled", Severity.WARN, filled,
            f"{format_number(filled)} خانهٔ خالی زیر خانه‌های ادغام‌شده با مقدار بالای خود پر شد.",
            f"{filled} empty cells under merged ones took the value above them.",
            sheet=sheet.name,
        ))  # fmt: skip
    records = _received(text, sheet, headings.matched, list_key, sha256)
    problems = _problems(records, sheet, headings, table)
    findings += _sheet_findings(sheet, headings.matched, records)
    if records.empty:
        findings.append(Finding(
            "empty_list", Severity.REJECT_SUBMISSION, 0,
            "فهرست سرستون دارد و هیچ رکوردی ندارد؛ اگر این ماه کسی در فهرست نیست نهاد باید تأیید کند.",
            "The list has headings and no record; if nobody is on it this month, the agency must confirm that.",
            sheet=sheet.name,
        ))  # fmt: skip
    account["records"] = len(records)
    places = _first_places(headings.matched)
    taken = {name: shown_heading(headings.matched.texts[place]) for place, name in places.items()}
    letters = {name: column_letters(place + 1) for place, name in places.items()}
    asked = heading_questions(headings.matched)
    return Reading(list_key, records, problems, [*workbook.findings, *findings], account, taken, letters, asked)


# --- which sheet, which list ---------------------------------------------------------------------------------


def _the_list(
    workbook: Workbook, books: list[HeadingBook], agency: Agency, file_name: str
) -> tuple[Sheet, HeadingRows, list[Finding]]:
    findings: list[Finding] = []
    visible = []
    for sheet in workbook.sheets:
        if not _has_text(sheet.rows):
            continue
        if sheet.is_hidden:
            filled = _rows_with_text(sheet)
            findings.append(Finding(
                HIDDEN_LIST_SHEET, Severity.WARN, filled,
                f"برگهٔ پنهان شمارهٔ {format_number(sheet.index)} با {format_number(filled)} سطر خوانده نشد؛ اگر فهرست است آشکارش کنید.",
                f"Hidden sheet no. {sheet.index} with {filled} rows was not read; if it is the list, make it visible.",
                sheet=sheet.name,
            ))  # fmt: skip
        else:
            visible.append(sheet)
    if not visible:
        raise Refusal(
            "no_visible_sheet",
            "فایل برگهٔ آشکاری که نوشته‌ای داشته باشد ندارد؛ برگهٔ فهرست را آشکار کنید.",
            "No visible sheet of the file has anything in it; make the list's sheet visible.",
        )
    candidates: list[tuple[Sheet, list[HeadingRows]]] = []
    for sheet in visible:
        likely = [found for book in books if (found := find_headings(sheet, book)) and found.matched.is_like]
        if likely:
            candidates.append((sheet, likely))
        else:
            filled = _rows_with_text(sheet)
            findings.append(Finding(
                "other_sheet_not_read", Severity.WARN, filled,
                f"برگهٔ شمارهٔ {format_number(sheet.index)} با {format_number(filled)} سطر، فهرست نبود و خوانده نشد.",
                f"Sheet no. {sheet.index} with {filled} rows is not a list and was not read.",
                sheet=sheet.name,
            ))  # fmt: skip
    if not candidates:
        titles_fa = "، ".join(f"«{declaration.title.fa}»" for declaration in agency.lists.values())
        titles_en = ", ".join(f"“{declaration.title.en}”" for declaration in agency.lists.values())
        raise Refusal(
            "no_list_found",
            f"سرستون‌های هیچ برگه‌ای سرستون‌های فهرست‌های {agency.title.fa} نیست ({titles_fa}).",
            f"No sheet has the headings of a list of {agency.title.en} ({titles_en}).",
        )
    with_rows = [(sheet, likely) for sheet, likely in candidates if _has_rows_below(sheet, likely[0])]
    candidates = with_rows or candidates[:1]
    if len(candidates) > 1:
        numbers = [sheet.index for sheet, _ in candidates]
        raise Refusal(
            "two_sheets",
            f"برگه‌های شمارهٔ {' و '.join(map(format_number, numbers))} هر دو به فهرست می‌مانند؛ کدام فهرست است؟ هر فهرست را در فایلی جدا بفرستید.",
            f"Sheets no. {' and '.join(map(str, numbers))} both look like a list; which one is it? Send each list in a file of its own.",
        )
    sheet, likely = candidates[0]
    return sheet, _which_list(likely, file_name), findings


def _has_rows_below(sheet: Sheet, headings: HeadingRows) -> bool:
    return _has_text(sheet.rows[headings.last :])


def _has_text(rows: Sequence[Sequence[str | None]]) -> bool:
    return any(cell and cell.strip() for row in rows for cell in row)


def _rows_with_text(sheet: Sheet) -> int:
    return sum(_has_text([row]) for row in sheet.rows)


def _which_list(likely: list[HeadingRows], file_name: str) -> HeadingRows:
    """The list whose headings fit; the file's name decides between lists that fit alike, and may not contradict."""
    name = match_key(file_name)
    hinted = [found for found in likely if _hints_at(name, found.matched.book)]
    fitting = [found for found in likely if found.matched.fits]
    if len(fitting) == 1:
        chosen = fitting[0]
        if hinted and chosen not in hinted and any(_nearly_fits(found.matched) for found in hinted):
            raise _which_list_question("name_contradicts_headings", [chosen, *hinted])
        return chosen
    choice = fitting or likely
    if not fitting:
        top = max(found.matched.score for found in likely)
        choice = [found for found in likely if found.matched.score >= top - 2]
    if len(choice) == 1:
        return choice[0]
    named = [found for found in choice if found in hinted]
    if len(named) == 1:
        return named[0]
    if not fitting:
        choice = [found for found in choice if found.matched.score == top]
        if len(choice) == 1:
            return choice[0]
    raise _which_list_question("which_list", choice)


def _hints_at(name: str, book: HeadingBook) -> bool:
    return any(match_key(hint) in name for hint in (book.name, *book.declaration.file_name_hints))


def _nearly_fits(matched: MatchedHeadings) -> bool:
    return len(matched.missing) <= 1 and not matched.unknown


def _which_list_question(code: str, choice: list[HeadingRows]) -> Refusal:
    titles = [found.matched.book.declaration.title for found in choice]
    return Refusal(
        code,
        f"از سرستون‌ها و نام فایل نمی‌توان گفت این کدام فهرست است: {' یا '.join(f'«{title.fa}»' for title in titles)}؟",
        f"Headings and file name do not tell which list this is: {' or '.join(f'“{title.en}”' for title in titles)}?",
    )


# --- headings ------------------------------------------------------------------------------------------------


def _first_places(matched: MatchedHeadings) -> dict[int, str]:
    """Position → canonical column; of a doubled heading the first, so that the held file can be shown."""
    places: dict[int, str] = {}
    for place, name in sorted(matched.columns.items()):
        if name not in places.values():
            places[place] = name
    return places


def _heading_findings(sheet: Sheet, headings: HeadingRows, table: SheetTable) -> list[Finding]:
    matched, row = headings.matched, headings.last
    declaration = matched.book.declaration
    held: list[Finding] = []

    def hold(code: str, in_persian: str, in_english: str, place: int | None = None) -> None:
        column = None if place is None else column_letters(place + 1)
        held.append(Finding(
            code, Severity.REJECT_SUBMISSION, 1, in_persian, in_english, sheet=sheet.name, row=row, column=column
        ))  # fmt: skip

    for place in matched.unknown:
        said = shown_heading(matched.texts[place])
        likely = likeliest_column(matched.texts[place] or "", matched)
        mend_fa = f"آیا همان «{likely[1]}» است؟" if likely else "نام آن را به فهرست سرستون‌های نهاد بیفزایید."
        mend_en = f"Is it «{likely[1]}» ({likely[0]})?" if likely else "Add it to the agency's headings."
        hold(
            "unknown_heading",
            f"سرستون «{said}» (ستون {column_letters(place + 1)}) شناخته نیست. {mend_fa}",
            f"Heading «{said}» (column {column_letters(place + 1)}) is not known. {mend_en}",
            place,
        )
    for name, places in sorted(matched.doubled.items()):
        letters = [column_letters(place + 1) for place in places]
        heading = _heading_of(name, declaration)
        hold(
            "doubled_heading",
            f"سرستون «{heading}» دو بار آمده است (ستون‌های {' و '.join(letters)}). کدام درست است؟",
            f"Heading «{heading}» ({name}) occurs twice (columns {' and '.join(letters)}). Which one is right?",
            places[1],
        )
    for name in matched.missing:
        heading = _heading_of(name, declaration)
        hold(
            "missing_heading",
            f"ستون «{heading}» در فایل نیست و لازم است.",
            f"Column «{heading}» ({name}) is not in the file and is needed.",
        )
    records = table.records
    known = {*matched.columns, *matched.unused, *matched.row_numbers, *matched.unknown}
    for place in map(int, records.columns):
        filled = int(records[place].notna().sum())
        if place in known or not filled or (sheet.is_ragged and place >= _heading_width(matched)):
            continue
        if filled >= max(0.1 * len(records), 1) and (filled > 1 or len(records) < 10):
            hold(
                "blank_heading",
                f"ستون {column_letters(place + 1)} سرستون ندارد و {format_number(filled)} سطر آن پر است. سرستونش را بنویسید.",
                f"Column {column_letters(place + 1)} has no heading, and {filled} of its rows are filled. Give it one.",
                place,
            )
        else:
            held.append(Finding(
                "note_beside_the_list", Severity.WARN, filled,
                f"{format_number(filled)} خانه در ستون {column_letters(place + 1)} بیرون از جدول است و خوانده نشد.",
                f"{filled} cells in column {column_letters(place + 1)} are beside the list and were not read.",
                sheet=sheet.name, column=column_letters(place + 1),
            ))  # fmt: skip
    return held


def _heading_width(matched: MatchedHeadings) -> int:
    return max((place + 1 for place, text in enumerate(matched.texts) if text), default=0)


def _heading_of(name: str, declaration: ListDeclaration) -> str:
    if name in declaration.columns:
        return declaration.columns[name].heading
    wide = declaration.wide
    if wide and name == "spouse_name":
        return wide.spouse_name.heading
    if wide and name == "spouse_national_id":
        return wide.spouse_national_id.heading
    return wide.child_heading.replace("{n}", name.rpartition("_")[2]) if wide else name


def _sheet_findings(sheet: Sheet, matched: MatchedHeadings, records: pd.DataFrame) -> list[Finding]:
    found: list[Finding] = []

    def tell(code: str, count: int, in_persian: str, in_english: str) -> None:
        if count:
            found.append(Finding(code, Severity.WARN, count, in_persian, in_english, sheet=sheet.name))

    hidden = int(records.loc[records["is_hidden"].astype(bool), "row"].nunique())
    tell(
        "hidden_rows_read", hidden,
        f"{format_number(hidden)} سطر پنهان نیز رکورد است و خوانده شد.", f"{hidden} hidden rows are records too and were read.",
    )  # fmt: skip
    columns = sum(place + 1 in sheet.hidden_columns for place in matched.columns)
    tell(
        "hidden_columns_read", columns,
        f"{format_number(columns)} ستون پنهان نیز خوانده شد.", f"{columns} hidden columns were read too.",
    )  # fmt: skip
    rows = set(records["row"].dropna().astype(int))
    formulas = sum(row in rows and column - 1 in matched.columns for row, column in sheet.formulas)
    tell(
        "formula_values_taken", formulas,
        f"{format_number(formulas)} خانه فرمول دارد و مقدار ذخیره‌شدهٔ آن گرفته شد.", f"{formulas} cells hold formulas; their stored values were taken.",
    )  # fmt: skip
    return found


def _account(sheet: Sheet, table: SheetTable) -> dict[str, int]:
    """Rows by kind. Raises BrokenAccount if a row has none."""
    counted = table.kinds.value_counts().reindex(list(ROW_KINDS), fill_value=0)
    if counted.sum() != len(sheet.rows):
        raise BrokenAccount(f"{len(sheet.rows)} rows of the sheet became {counted.sum()}")
    account = {f"{kind}_rows": int(count) for kind, count in counted.items()}
    account["sheet_rows"] = len(sheet.rows)
    return account


# --- merged down ---------------------------------------------------------------------------------------------


def _filled_down(text: pd.DataFrame, sheet: Sheet, matched: MatchedHeadings) -> tuple[pd.DataFrame, int]:
    """Cells that stand for several rows give their value to each: (table, number of cells filled).

    Only in columns declared ``merged_down``; by merged ranges where the file has them, else where the codes show it.
    """
    declaration = matched.book.declaration
    place_of = {name: place for place, name in _first_places(matched).items()}
    declared = [name for name in declaration.merged_down if name in text]
    before = int(text.isna().sum().sum())
    text = text.copy()
    ranges = [merged for merged in sheet.merged if merged.last_row > merged.first_row and merged.last_row > 1]
    for name in declared:
        block = _merged_block(text.index, ranges, column=place_of[name] + 1)
        in_block = block >= 0
        if in_block.any():
            text[name] = text[name].fillna(text.loc[in_block, name].groupby(block[in_block]).transform("first"))
    if declared and not any(merged.first_row > 1 and merged.first_row in text.index for merged in ranges):
        text = _filled_as_codes_show(text, declared)
    return text, before - int(text.isna().sum().sum())


def _merged_block(rows: pd.Index, ranges: list[MergedRange], *, column: int) -> pd.Series:
    """For each row the number of the merged range of the column in which it stands; -1 where it stands in none."""
    own = sorted((r.first_row, r.last_row) for r in ranges if r.first_column == r.last_column == column)
    if not own:
        return pd.Series(-1, index=rows)
    firsts, lasts = np.array(own).T
    numbers = rows.to_numpy(dtype="int64")
    block = np.searchsorted(firsts, numbers, side="right") - 1
    return pd.Series(np.where((block >= 0) & (numbers <= lasts[block]), block, -1), index=rows)


def _filled_as_codes_show(text: pd.DataFrame, declared: list[str]) -> pd.DataFrame:
    """Without merged ranges: a file is merged down if its codes stand in the first row of each family only.

    The sign: the first row has a code, three rows in ten or more have none, no code comes twice, and the family's other
    columns bear it out: below a code they name the same prisoner, or nothing (``lists.md``, point 1). A code that is
    merely missing must never tie a stranger to the family above.
    """
    code, others = text[declared[0]], declared[1:]
    if len(text) < 2 or code.isna().mean() < 0.3 or pd.isna(code.iloc[0]) or not code.dropna().is_unique:
        return text
    block = code.notna().cumsum()
    continued = code.isna()
    filled = text.assign(**{declared[0]: code.ffill()})
    compared = agreeing = 0
    is_borne_out = False
    for name in others:
        said = text[name].where(~continued).groupby(block).transform("first")
        if text.loc[continued, name].isna().all():
            filled[name] = text[name].fillna(said)
            is_borne_out |= bool(text.loc[~continued, name].notna().mean() > 0.5)
        else:
            both = continued & text[name].notna() & said.notna()
            compared += int(both.sum())
            agreeing += int((_comparable(text.loc[both, name]) == _comparable(said[both])).sum())
    is_refuted = agreeing < 0.9 * compared
    return filled if (is_borne_out or compared) and not is_refuted else text


def _comparable(column: pd.Series) -> pd.Series:
    return column.map({cell: match_key(cell) for cell in column.unique()})


# --- received records ----------------------------------------------------------------------------------------


def _received(text: pd.DataFrame, sheet: Sheet, matched: MatchedHeadings, list_key: str, sha256: str) -> pd.DataFrame:
    """The received table: one record per row, or one per member of a wide row."""
    text = text.astype("str")
    members = _members_of_wide_rows(text) if matched.is_wide else text.assign(member="", order=0)
    declaration = matched.book.declaration
    if not matched.is_wide:
        for whole, parts in declaration.stands_for.items():
            members = _with_whole_and_parts(members, declaration, whole, parts)
    members = members.rename_axis("row").reset_index().sort_values(["row", "order"], kind="stable", ignore_index=True)
    member = members["member"].astype("str")
    row = members["row"].astype("int64")
    suffix = ("/" + member).where(member != "", "")
    received = pd.DataFrame({
        "record_id": (f"{list_key}/{sha256[:12]}/{sheet.index}/" + row.astype("str") + suffix).astype("str"),
        "list_key": pd.Series(list_key, index=members.index, dtype="str"),
        "sheet": pd.Series(sheet.name, index=members.index, dtype="str"),
        "row": row.astype("Int64"),
        "member": member,
        "is_hidden": row.isin(sheet.hidden_rows).astype("boolean"),
    })  # fmt: skip
    absent = pd.Series(np.nan, index=members.index, dtype="str")
    for name in declaration.columns:
        received[f"{name}_raw"] = members[name].astype("str") if name in members else absent
    return received


def _with_whole_and_parts(
    members: pd.DataFrame, declaration: ListDeclaration, whole: str, parts: list[str]
) -> pd.DataFrame:
    """A name typed in one cell is cut where the list needs its parts, and two parts are joined where it needs the whole."""
    members = members.copy()
    if whole in members and len(parts) == 2:
        needed = [part for part in parts if declaration.columns[part].required]
        is_short = members.reindex(columns=needed).isna().any(axis="columns")
        split = _split_series(members[whole].where(is_short))
        for part, read in zip(parts, split, strict=True):
            if part in needed:
                members[part] = members[part].fillna(read) if part in members else read
    elif whole not in members and declaration.columns[whole].required and all(part in members for part in parts):
        joined = members[parts[0]].fillna("").astype("str")
        for part in parts[1:]:
            joined = joined.str.cat(members[part].fillna("").astype("str"), sep=" ")
        joined = joined.str.strip()
        members[whole] = joined.mask(joined == "")
    return members


def _members_of_wide_rows(text: pd.DataFrame) -> pd.DataFrame:
    """One record for the prisoner, the spouse and each child of a row (``lists.md``, point 2).

    What the row says of the household and the prisoner stands in each record; every filled cell of a member is a record.
    """
    children = sorted(
        (name for name in text.columns if re.fullmatch(r"child_\d+", name)), key=lambda name: int(name[6:])
    )
    own = ["spouse_name", "spouse_national_id", *children]
    common = text.drop(columns=[name for name in own if name in text])
    nothing = pd.Series(np.nan, index=text.index, dtype="str")
    prisoner_name = text.get("prisoner_name", nothing)
    spouse_name = text.get("spouse_name", nothing)
    prisoner = _split_series(prisoner_name)
    spouse = _split_series(spouse_name)
    wife_is_imprisoned = text.get("imprisoned_members", nothing).map(
        lambda cell: isinstance(cell, str) and match_key(cell) in IMPRISONED_WIFE
    )
    surname = prisoner[1].where(~wife_is_imprisoned.astype(bool) | spouse[1].isna(), spouse[1])

    frames = [_member(common, "prisoner", 0, prisoner_name, prisoner, text.get("prisoner_national_id", nothing))]
    spouse_id = text.get("spouse_national_id", nothing)
    has_spouse = spouse_name.notna() | spouse_id.notna()
    frames.append(_member(common, "spouse", 1, spouse_name, spouse, spouse_id)[has_spouse])
    for name in children:
        cells = text[name]
        pairs = {
            (cell, family): split_child_name(cell, family)
            for cell, family in set(zip(cells.dropna(), surname[cells.notna()].fillna(""), strict=True))
        }
        parts = [pairs.get((cell, family), ("", "")) for cell, family in zip(cells, surname.fillna(""), strict=True)]
        split = tuple(
            pd.Series([part[position] or np.nan for part in parts], index=text.index, dtype="str")
            for position in (0, 1)
        )
        whole = split[0].str.cat(split[1].fillna("").astype("str"), sep=" ").str.strip()
        frames.append(_member(common, name, 1 + int(name[6:]), whole, split, nothing)[cells.notna()])
    return pd.concat(frames)


def _split_series(names: pd.Series) -> tuple[pd.Series, ...]:
    distinct = {text: split_full_name(text) for text in names.dropna().unique()}
    return tuple(
        names.map({text: split[position] or np.nan for text, split in distinct.items()}).astype("str")
        for position in (0, 1)
    )


def _member(
    common: pd.DataFrame,
    member: str,
    order: int,
    whole: pd.Series,
    split: tuple[pd.Series, ...],
    national_id: pd.Series,
) -> pd.DataFrame:
    relation = RELATION_OF_MEMBER[member.partition("_")[0]]
    return common.assign(
        member=member, order=order, full_name=whole, first_name=split[0], last_name=split[1], national_id=national_id,
        relation=relation,
    )  # fmt: skip


# --- problems of rows ----------------------------------------------------------------------------------------


def _problems(records: pd.DataFrame, sheet: Sheet, headings: HeadingRows, table: SheetTable) -> pd.DataFrame:
    matched = headings.matched
    name_at = _first_places(matched)
    found: list[tuple[int, str, str, Severity]] = []
    kept = set(table.records.index)

    def at_cells(places: frozenset[tuple[int, int]], code: str) -> None:
        for row, column in sorted(places):
            if row in kept and column - 1 in name_at:
                found.append((row, name_at[column - 1], code, Severity.SET_ASIDE_RECORD))

    at_cells(sheet.formulas_without_value, "formula_without_value")
    if sheet.error_values:
        at_cells(sheet.error_values, "error_value")
    for place, name in name_at.items():
        lost = table.records[place].str.contains("\ufffd", regex=False, na=False)
        found += [
            (int(row), name, "replacement_character", Severity.SET_ASIDE_RECORD) for row in table.records.index[lost]
        ]
    found += [
        (row, name, "merged_cells", Severity.SET_ASIDE_RECORD) for row, name in _merged_in_data(sheet, matched, kept)
    ]
    if sheet.is_ragged:
        found += [(row, "", code, severity) for row, code, severity in _ragged(sheet, matched, table)]
    if not found:
        return pd.DataFrame({name: pd.Series(dtype="Int64" if name == "row" else "str") for name in PROBLEM_COLUMNS})
    faults = pd.DataFrame(found, columns=["row", "column", "code", "severity"]).drop_duplicates(ignore_index=True)
    faults["order"] = range(len(faults))
    faults["severity"] = faults["severity"].map(str)
    declaration = matched.book.declaration
    shown = {name: _heading_of(name, declaration) for name in faults["column"].unique()}
    for position, language in enumerate(("sentence_fa", "sentence_en")):
        faults[language] = [
            PROBLEM_SENTENCES[code][position].format(column=shown[name])
            for code, name in zip(faults["code"], faults["column"], strict=True)
        ]
    faults["row"] = faults["row"].astype("Int64")
    of_records = records[["record_id", "sheet", "row"]].merge(faults, on="row", how="inner")
    ordered = of_records.sort_values(["row", "record_id", "order"], kind="stable", ignore_index=True)[PROBLEM_COLUMNS]
    return ordered.astype({name: "str" for name in PROBLEM_COLUMNS if name != "row"})


def _merged_in_data(sheet: Sheet, matched: MatchedHeadings, kept: set[int]) -> list[tuple[int, str]]:
    """(row, column) of cells merged in the data where the list does not merge down: no one can say whose value it is."""
    name_at = _first_places(matched)
    merging = set(matched.book.declaration.merged_down)
    found = []
    for merged in sheet.merged:
        names = [
            name_at[column - 1]
            for column in range(merged.first_column, merged.last_column + 1)
            if column - 1 in name_at
        ]
        is_declared = merged.first_column == merged.last_column and all(name in merging for name in names)
        if not names or is_declared:
            continue
        first = merged.first_row if merged.last_column > merged.first_column else merged.first_row + 1
        found += [(row, names[0]) for row in _rows(merged, first) if row in kept]
    return found


def _rows(merged: MergedRange, first: int) -> range:
    return range(first, merged.last_row + 1)


def _ragged(sheet: Sheet, matched: MatchedHeadings, table: SheetTable) -> list[tuple[int, str, Severity]]:
    """Rows of a text file with more or fewer fields than the heading: set aside, never shifted (``trust.md`` A17, A18)."""
    if table.records.empty:
        return []
    width = _heading_width(matched)
    lengths = pd.Series([len(row) for row in sheet.rows], index=range(1, len(sheet.rows) + 1))[table.records.index]
    beyond = [place for place in map(int, table.records.columns) if place >= width]
    extra = table.records[beyond].notna().any(axis=1) if beyond else pd.Series(False, index=table.records.index)
    # A separator at the end of every line is a habit of the file; one field more than the file's habit is a shift
    extra |= lengths > max(width, len(matched.texts), int(lengths.mode().iloc[0]))
    short = lengths < width
    run = (lengths != lengths.shift()).cumsum()
    is_trimmed = bool((short & (lengths.groupby(run).transform("size") >= EXCEL_BLOCK_ROWS - 1)).any())
    found = [(int(row), "extra_fields", Severity.SET_ASIDE_RECORD) for row in lengths.index[extra]]
    severity = Severity.WARN if is_trimmed else Severity.SET_ASIDE_RECORD
    return found + [(int(row), "missing_fields", severity) for row in lengths.index[short]]
