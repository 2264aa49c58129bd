"""By what a record is known again when its list is sent anew, and which text of it a decision was about.

Keys are digests: the same on every machine, and not readable where they are shown. A digest of a national number can be
found by trying them all, so a key stays in the registry all the same (``trust.md`` finding 10).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd

from palayesh.declaration import ListDeclaration
from palayesh.distinct import comparable_column

LENGTH = 16  # bytes


def raw_columns(records: pd.DataFrame) -> list[str]:
    """The declared columns whose text as read the table holds."""
    return [str(name).removesuffix("_raw") for name in records.columns if str(name).endswith("_raw")]


def record_keys(records: pd.DataFrame, declaration: ListDeclaration, column: str | None = None) -> pd.Series:
    """``RecordKeys(records, declaration).of(column)``, for who asks only once."""
    return RecordKeys(records, declaration).of(column)


class RecordKeys:
    """The keys of a list's records: the record's own key where every part of it is filled, else everything else it says."""

    def __init__(self, records: pd.DataFrame, declaration: ListDeclaration) -> None:
        named = pd.Series("key", index=records.index)
        filled = pd.Series(bool(declaration.key), index=records.index)
        for part in declaration.key:
            text = comparable_column(records[f"{part}_raw"]) if f"{part}_raw" in records else None
            if text is None:
                filled &= False
                continue
            named = named + "\x1f" + text
            filled &= text.ne("")
        member = records["member"].fillna("").astype("str")
        self._filled = filled
        self._own = _digests((named + "\x1d" + member)[filled]).reindex(records.index)
        self._member = member[~filled]
        loose = records[~filled]
        names = sorted(raw_columns(loose)) if len(loose) else []
        self._said = {name: comparable_column(loose[f"{name}_raw"]) for name in names}

    def of(self, column: str | None = None) -> pd.Series:
        """One key per record.

        Where a record has no key of its own, the text of ``column`` is left out, so that mending that cell keeps the key.
        """
        if self._member.empty:
            return self._own.astype("str")
        text = pd.Series("content", index=self._member.index)
        for name, said in self._said.items():
            if name != column:
                # A record's empty columns say nothing: a form with one more column has the same records
                text = text + ("\x1f" + name + "\x1e" + said).where(said.ne(""), "")
        loose = _digests(text + "\x1d" + self._member).reindex(self._own.index)
        return self._own.where(self._filled, loose).astype("str")


def evidence_keys(records: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """One digest per record of what these columns say: spelling of letters and lost zeros do not matter."""
    text = pd.Series("evidence", index=records.index)
    for name in sorted(set(columns)):
        if f"{name}_raw" in records:
            text = text + "\x1f" + name + "\x1e" + comparable_column(records[f"{name}_raw"])
    return _digests(text)


def record_versions(records: pd.DataFrame, decisions: pd.Series) -> pd.Series:
    """What a record says now and which decisions stand on it, as a short token that changes with either.

    ``decisions`` is text per record (``""`` where there are none).
    """
    text = decisions.astype("str").fillna("")
    for name in raw_columns(records):
        text = text + "\x1f" + records[f"{name}_raw"].astype("str").fillna("\x00")
    return _digests(text).str[:12].astype("str")


def _digests(texts: pd.Series) -> pd.Series:
    distinct = {text: hashlib.blake2b(text.encode(), digest_size=LENGTH).hexdigest() for text in texts.unique()}
    return texts.map(distinct).astype("str")
