"""What a file is to the files already there: the same again, misfiled, a part, a correction, or a question.

Pure decisions on what was received; the bytes themselves are kept whatever is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from palayesh.distinct import comparable_column, distinct_texts
from palayesh.findings import Finding, Severity
from palayesh.intake.reading import Reading
from palayesh.persian_text import comparable_text, format_number
from palayesh.reporting_month import ReportingMonth

MOST = 0.5
"""A later file corrects an earlier one if it repeats more than this share of its records."""

Kind = Literal["first", "equivalent", "part", "correction", "question"]


@dataclass(frozen=True)
class KnownFile:
    """A file received before: whose, for which month (``1404-02``) and list, with which bytes."""

    agency: str
    month: str
    list_key: str | None
    sha256: str


@dataclass(frozen=True)
class Arrival:
    """What the bytes alone tell: ``new``, ``already_received`` or ``misfiled``."""

    state: Literal["new", "already_received", "misfiled"]
    finding: Finding | None = None


def judge_arrival(sha256: str, *, agency: str, month: str, known: Sequence[KnownFile]) -> Arrival:
    """The same bytes for the same agency and month change nothing; for another agency or month they are misfiled (B9)."""
    same = [file for file in known if file.sha256 == sha256]
    for file in same:
        if (file.agency, file.month) == (agency, month):
            return Arrival("already_received")
    if not same:
        return Arrival("new")
    other = same[0]
    its_month = ReportingMonth.parse(other.month)
    whose_fa = f"ماه {its_month.title('fa')}" if other.agency == agency else f"نهاد دیگری (ماه {its_month.title('fa')})"
    whose_en = its_month.title("en") if other.agency == agency else f"another agency ({its_month.title('en')})"
    return Arrival("misfiled", Finding(
        "misfiled", Severity.REJECT_SUBMISSION, 1,
        f"همین فایل پیش از این برای {whose_fa} رسیده است؛ گویا جابه‌جا فرستاده شده. فایل درست را بفرستید.",
        f"The very same file was received before for {whose_en}; it seems misfiled. Send the right file.",
    ))  # fmt: skip


# --- what the records tell -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A later file against an earlier one, in records."""

    added: int
    removed: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Placement:
    """What a file is beside the month's other files of the list; ``supersedes`` are positions in ``earlier``."""

    kind: Kind
    supersedes: tuple[int, ...] = ()
    difference: Difference | None = None
    finding: Finding | None = None


def record_fingerprints(records: pd.DataFrame) -> pd.Series:
    """One number per record, the same for the same content: spelling of letters, lost zeros and ``.0`` do not matter.

    A list saved again by a spreadsheet has other bytes and the same fingerprints. Where the record stands is not in it.
    """
    total = _numbers("\x1d" + records["member"].fillna(""))
    for name in [str(name) for name in records.columns if str(name).endswith("_raw")]:
        distinct = distinct_texts(records[name])
        said = np.array([comparable_text(text) for text in distinct.texts], dtype=object)
        numbers = pd.util.hash_array(name + "\x1e" + said, categorize=False)
        # A record's empty columns say nothing: a form with one more column has the same records
        total += np.append(np.where(said == "", 0, numbers), np.uint64(0))[distinct.positions]  # modulo 2**64
    return total


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.Series(pd.util.hash_pandas_object(texts, index=False).to_numpy(), index=texts.index)


@dataclass(frozen=True)
class Described:
    """The records of a file as numbers: how often each content occurs, and each identity (key columns, else content).

    All that comparing a file with others needs, so that each file is described once, however many it is compared with.
    """

    size: int
    contents: pd.Series
    identities: pd.Series


def described(records: pd.DataFrame, *, key: Sequence[str]) -> Described:
    """A file's records, each named by its key columns where they are all filled, else by its content."""
    content = record_fingerprints(records)
    identity = content
    if parts := [comparable_column(records[f"{name}_raw"]) for name in key if f"{name}_raw" in records]:
        named = parts[0].copy()
        filled = parts[0] != ""
        for part in parts[1:]:
            named = named + "\x1f" + part
            filled &= part != ""
        identity = _numbers("key:" + named + "\x1f" + records["member"].fillna("")).where(filled, content)
    return Described(len(records), _counted(content), _counted(identity))


def _counted(numbers: pd.Series) -> pd.Series:
    return numbers.value_counts(sort=False).sort_index()


def difference(old: Described, new: Described) -> Difference:
    """Records added, removed, changed (same key, other content) and unchanged, repeated records counted each."""
    unchanged = _common(old.contents, new.contents)
    named = _common(old.identities, new.identities)
    changed = max(named - unchanged, 0)
    return Difference(
        added=new.size - unchanged - changed,
        removed=old.size - unchanged - changed,
        changed=changed,
        unchanged=unchanged,
    )


def _common(left: pd.Series, right: pd.Series) -> int:
    """Members of both, each as often as it is in both."""
    return int(pd.concat([left, right], axis=1, join="inner").min(axis=1).sum())


def _together(files: Sequence[Described]) -> Described:
    def added(counts: list[pd.Series]) -> pd.Series:
        return pd.concat(counts).groupby(level=0).sum()

    return Described(
        sum(file.size for file in files),
        added([file.contents for file in files]),
        added([file.identities for file in files]),
    )


def place_submission(later: Described, earlier: Sequence[Described], *, sent_together: bool) -> Placement:
    """What a file of the list is beside the month's files already there (``lists.md``, point 5).

    ``equivalent`` says the same as an earlier one; a ``correction`` repeats more than half of an earlier one and
    supersedes it; a ``part`` shares nothing with the others and was sent together with them; the rest is a ``question``.
    """
    if not earlier:
        return Placement("first")
    differences = [difference(before, later) for before in earlier]
    for position, found in enumerate(differences):
        if found.unchanged == later.size == earlier[position].size:
            return Placement("equivalent", (position,), found)
    repeated = [found.unchanged + found.changed for found in differences]
    superseded = tuple(
        position for position, count in enumerate(repeated) if count > MOST * max(earlier[position].size, 1)
    )
    touched = [position for position, count in enumerate(repeated) if count and position not in superseded]
    if superseded and not touched:
        found = difference(_together([earlier[position] for position in superseded]), later)
        return Placement("correction", superseded, found, Finding(
            "correction", Severity.WARN, found.added + found.removed + found.changed,
            f"این فایل فایل پیشین همین ماه را اصلاح می‌کند: {format_number(found.added)} رکورد تازه، "
            f"{format_number(found.removed)} حذف، {format_number(found.changed)} تغییر.",
            f"The file corrects an earlier one of the month: {found.added} records added, {found.removed} removed, "
            f"{found.changed} changed.",
        ))  # fmt: skip
    if not superseded and not touched and sent_together:
        return Placement("part")
    shared = sum(repeated)
    return Placement("question", finding=Finding(
        "part_or_correction", Severity.REJECT_SUBMISSION, shared,
        f"برای این فهرست در این ماه فایل دیگری هست و {format_number(shared)} رکورد مشترک است؛ این فایل بخش دیگر فهرست است یا جای آن را می‌گیرد؟",
        f"There is another file of this list this month, sharing {shared} records; is this one another part, or a correction?",
    ))  # fmt: skip


# --- the whole submission ------------------------------------------------------------------------------------


def submission_state(reading: Reading) -> Literal["read", "held", "empty"]:
    """``empty`` (headings without records; the agency must confirm it) is a state of its own, and never ``missing``."""
    if {finding.code for finding in reading.findings if finding.severity == Severity.REJECT_SUBMISSION} == {
        "empty_list"
    }:
        return "empty"
    return "held" if reading.is_held else "read"
