"""The Excel round trip: set-aside records leave as a workbook, and come back with the cells that somebody mended.

export_set_aside(month: str, list_key: str, *, only: "open" | "sent_back" = "open", lang: "fa" | "en" = "fa") -> bytes
take_workbook(path: Path, *, by: str, at: datetime, reason: str | None = None, list_key: str | None = None) -> TakenWorkbook
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from palayesh.adapters import spreadsheets
from palayesh.adapters.audit_store import Act
from palayesh.adapters.correction_workbook import MOST_ROWS, correction_workbook
from palayesh.adapters.models import Submission
from palayesh.corrections.causes import UNMENDABLE_SHAPES
from palayesh.corrections.returned import OWN_HEADINGS, RefusedRow, Returned, compare_returned
from palayesh.corrections.shown import Decision
from palayesh.findings import Refusal, Severity
from palayesh.language import Language
from palayesh.workbook import Sheet
from tasks import correction_log, installation, validate
from tasks.stage import without_personal_data
from tasks.validate import StandingList


@dataclass(frozen=True)
class TakenWorkbook:
    """What came of a returned workbook."""

    list_key: str
    month: str
    row_count: int
    record_count: int
    """Records with a mended cell that was taken."""
    cell_count: int
    refused: tuple[RefusedRow, ...]
    decision: Decision | None
    """Nothing where no cell was changed."""


@without_personal_data
def export_set_aside(
    month: str, list_key: str, *, only: Literal["open", "sent_back"] = "open", lang: Language = "fa"
) -> bytes:
    """The list's set-aside records that wait for a decision, or for the agency, as a workbook to mend them in.

    Raises Refusal where there is none.
    """
    parts: list[pd.DataFrame] = []
    open_cells: set[tuple[str, str]] = set()
    headings: dict[str, str] = {}
    for submission in _submissions(month, list_key):
        read = correction_log.known_list(submission)
        damage = _set_aside(submission, only)
        headings |= _headings(read)
        rows = _rows(read, damage, lang)
        parts.append(rows)
        open_cells |= _open_cells(read, damage)
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if rows.empty:
        raise _refusal("nothing_set_aside")
    if len(rows) > MOST_ROWS:
        raise _refusal("too_many_rows")
    agency, list_name = list_key.split("/")
    title = getattr(installation.agencies()[agency].lists[list_name].title, lang)
    return correction_workbook(rows, headings=headings, open_cells=open_cells, title=title, lang=lang)


@without_personal_data
def take_workbook(
    path: Path,
    *,
    by: str,
    at: dt.datetime,
    reason: str | None = None,
    list_key: str | None = None,
    act: Act | None = None,
    validate_now: bool = True,
) -> TakenWorkbook:
    """The mended cells of a workbook that was exported here are corrections by ``by``; the same workbook again changes nothing.

    Rows that somebody decided on since are refused by name, and the others go on. Raises Refusal for what is no such
    workbook, and for one of another list than ``list_key`` where that is named.
    """
    sheet = _our_sheet(path)
    submission = _submission_of(sheet)
    if list_key is not None and list_key != submission.list_key:
        raise _refusal("other_list")
    list_key, month = str(submission.list_key), submission.month
    if not by.strip():
        raise correction_log.refusal("name_needed")
    with installation.registry().decision_lock(list_key):
        reads = [validate.standing_list(s) for s in _submissions(month, list_key)]
        returned = _compared(sheet, reads)
        entries = []
        for read in reads:
            own = returned.changes[returned.changes["record_id"].isin(set(read.received["record_id"]))]
            entries += correction_log.correct_entries(read, own, "workbook")
        said = reason or REASON
        act = act.about(act.object, refused=len(returned.refused)) if act is not None else None
        written = correction_log.write(reads[0], entries, by=by, at=at, reason=said, act=act) if entries else None
    return TakenWorkbook(
        list_key=list_key,
        month=month,
        row_count=returned.row_count,
        record_count=int(returned.changes["record_id"].nunique()),
        cell_count=len(returned.changes),
        refused=returned.refused,
        decision=correction_log.conclude(written, validate_now=validate_now) if written else None,
    )


REASON = "اصلاح در کارپوشهٔ اکسل"


def _compared(sheet: Sheet, reads: list[StandingList]) -> Returned:
    texts: list[pd.DataFrame] = []
    versions: dict[str, str] = {}
    open_cells: set[tuple[str, str]] = set()
    headings: dict[str, str] = {}
    for read in reads:
        headings |= _headings(read)
        records = read.standing.records
        texts.append(records[["record_id"]].assign(**{name: records[f"{name}_raw"] for name in _columns(read)}))
        versions |= read.versions
        damage = installation.registry().frame(read.submission.id, "damage")
        open_cells |= _open_cells(read, damage[damage["state"].isin(["open", "sent_back"])])
    return compare_returned(
        sheet.rows,
        headings=headings,
        texts=pd.concat(texts, ignore_index=True),
        versions=versions,
        open_cells=open_cells,
        formulas_without_value=sheet.formulas_without_value,
    )


def _submissions(month: str, list_key: str) -> list[Submission]:
    found = installation.registry().submissions(month, states=["validated", "refused"])
    return [submission for submission in found if submission.list_key == list_key]


def _set_aside(submission: Submission, state: str) -> pd.DataFrame:
    damage = correction_log.damage_of(submission)
    waits = damage[damage["state"].eq(state) & damage["severity"].eq(Severity.SET_ASIDE_RECORD.value)]
    return damage[
        damage["record_id"].isin(set(waits["record_id"])) & damage["severity"].eq(Severity.SET_ASIDE_RECORD.value)
    ]


def _columns(read: StandingList) -> list[str]:
    return [name for name in read.declared.columns if f"{name}_raw" in read.received]


def _headings(read: StandingList) -> dict[str, str]:
    """Column → heading, as the agency typed it where that is one heading for one column."""
    typed = (read.submission.account or {}).get("headings") or {}
    named = {name: typed.get(name) or read.declared.columns[name].heading for name in _columns(read)}
    taken = list(named.values())
    plain = {name: read.declared.columns[name].heading for name in named}
    return {name: heading if taken.count(heading) == 1 else plain[name] for name, heading in named.items()}


def _open_cells(read: StandingList, damage: pd.DataFrame) -> set[tuple[str, str]]:
    """The cells that the failed rules look at."""
    cells: set[tuple[str, str]] = set()
    columns = set(_columns(read))
    for record, column, code in damage[["record_id", "column", "code"]].itertuples(index=False):
        if code in UNMENDABLE_SHAPES:
            continue
        looked_at = {*read.rule_columns.get(str(code), ()), *([] if pd.isna(column) else [str(column)])}
        cells |= {(str(record), name) for name in looked_at & columns}
    return cells


def _rows(read: StandingList, damage: pd.DataFrame, lang: Language) -> pd.DataFrame:
    rules = installation.registry().frame(read.submission.id, "rules").drop_duplicates("code").set_index("code")
    said = damage.assign(
        reason=damage["code"].map(rules[f"sentence_{lang}"]), mend_words=damage["code"].map(rules[f"mend_{lang}"])
    )
    grouped = said.groupby("record_id")[["reason", "mend_words"]].agg(_each_once)
    records = read.standing.records
    records = records[records["record_id"].isin(set(damage["record_id"]))]
    return pd.DataFrame(
        {
            "record_id": records["record_id"],
            "version": records["record_id"].map(read.versions),
            "place": records["sheet"].fillna("") + " / " + records["row"].astype("str"),
            "reason": records["record_id"].map(grouped["reason"]),
            "mend": records["record_id"].map(grouped["mend_words"]),
            **{name: records[f"{name}_raw"] for name in _columns(read)},
        }
    )


def _each_once(texts: pd.Series) -> str:
    return " ".join(dict.fromkeys(texts.dropna()))


def _our_sheet(path: Path) -> Sheet:
    if not path.is_file():
        raise _refusal("no_file")
    for sheet in spreadsheets.read_file(path).sheets:
        if sheet.rows and OWN_HEADINGS["record_id"] in [(cell or "").strip() for cell in sheet.rows[0]]:
            return sheet
    raise _refusal("not_our_workbook")


def _submission_of(sheet: Sheet) -> Submission:
    """The submission of the first record that is known."""
    place = [(cell or "").strip() for cell in sheet.rows[0]].index(OWN_HEADINGS["record_id"])
    registry = installation.registry()
    for row in sheet.rows[1:]:
        record = (row[place] if place < len(row) else None) or ""
        try:
            return registry.submission_of_record(record.strip())
        except KeyError:
            continue
    raise _refusal("not_our_workbook")


_SENTENCES = {
    "nothing_set_aside": (
        "از این فهرست در این ماه ردیفی کنار نمانده است که در انتظار باشد.",
        "No record of this list waits this month.",
    ),
    "too_many_rows": (
        "شمار ردیف‌ها برای یک برگه زیاد است؛ نخست گروه‌های بزرگ را یک‌جا اصلاح کنید.",
        "Too many rows for one sheet: mend the large groups at once first.",
    ),
    "not_our_workbook": (
        "این کارپوشه از «پالایش» گرفته نشده است یا ستون شناسه‌اش حذف شده است؛ از نو خروجی بگیرید. چیزی ثبت نشد.",
        "This workbook was not exported here, or its column of ids is gone: export it anew. Nothing was taken.",
    ),
    "other_list": (
        "این کارپوشه از فهرست دیگری است؛ آن را در جای همان فهرست بدهید. چیزی ثبت نشد.",
        "This workbook is of another list: hand it in there. Nothing was taken.",
    ),
    "no_file": ("چنین فایلی نیست.", "There is no such file."),
}  # fmt: skip


def _refusal(code: str) -> Refusal:
    return Refusal(code, *_SENTENCES[code])
