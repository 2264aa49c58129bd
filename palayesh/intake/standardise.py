"""Every declared column gets its standardised value and a status beside the raw text, which stays as read.

The meaning of values and statuses per type: ``docs/contracts.md`` section 2.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from palayesh.declaration import Column, ListDeclaration
from palayesh.distinct import distinct_texts, text_column
from palayesh.identifiers import national_id_column, phone_column
from palayesh.persian_text import PlaceholderKind, clean_text, is_damaged, is_placeholder, to_ascii_digits
from palayesh.solar_hijri import dates_column
from palayesh.vocabulary import Vocabulary, code_column

_CHILDREN = ("child", "grandchild")
_DIGITS = re.compile(r"\d")
_FLOAT = re.compile(r"([0-9]+)\.0+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_GROUPING = re.compile(r"[,٬،' ]")


def standardise_records(
    received: pd.DataFrame,
    declaration: ListDeclaration,
    *,
    vocabularies: Mapping[str, Vocabulary],
    as_of: dt.date,
) -> pd.DataFrame:
    """The received table with ``<column>`` and ``<column>_status`` for every declared column, rows and order unchanged.

    A declared column without raw text in ``received`` is missing in every row. Dates also get ``<column>_year``. A
    national number that is really the row's own telephone number is ``suspect``. Raises KeyError if a vocabulary that
    the declaration names is not among ``vocabularies``.
    """
    columns = _columns_to_read(received, declaration)
    read: dict[str, pd.Series] = {}
    # Dates last: whether a birth is a child's is told by the relation.
    for name, column in sorted(columns.items(), key=lambda named: named[1].type in ("date", "birth_date")):
        raw = received.get(f"{name}_raw")
        texts = pd.Series(np.nan, index=received.index, dtype="str") if raw is None else raw
        for part, values in _standardise(name, column, texts, received, read, vocabularies, as_of).items():
            read[f"{name}{part}"] = values
    _doubt_telephones_among_national_ids(columns, read)
    ordered = {f"{name}{part}": read[f"{name}{part}"] for name in columns for part in _parts(columns[name])}
    return pd.concat([received, pd.DataFrame(ordered, index=received.index)], axis="columns")


def _columns_to_read(received: pd.DataFrame, declaration: ListDeclaration) -> dict[str, Column]:
    columns = dict(declaration.columns)
    if declaration.wide is not None:
        of_wide_form = {
            "spouse_name": declaration.wide.spouse_name,
            "spouse_national_id": declaration.wide.spouse_national_id,
        }
        columns |= {
            name: column for name, column in of_wide_form.items() if f"{name}_raw" in received and name not in columns
        }
    return columns


def _parts(column: Column) -> tuple[str, ...]:
    return ("", "_status", "_year") if column.type in ("date", "birth_date") else ("", "_status")


def _standardise(
    name: str,
    column: Column,
    texts: pd.Series,
    received: pd.DataFrame,
    read: Mapping[str, pd.Series],
    vocabularies: Mapping[str, Vocabulary],
    as_of: dt.date,
) -> dict[str, pd.Series]:
    if column.type in ("date", "birth_date"):
        role = _birth_roles(received, read) if column.type == "birth_date" else date_role(name)
        dates = dates_column(texts, role, as_of)
        return {"": dates["value"], "_status": dates["status"], "_year": dates["year"]}
    if column.type in ("code", "county", "province"):
        vocabulary = vocabularies[column.vocabulary or column.type]
        table = code_column(texts, vocabulary, column.values)
    else:
        table = _READERS[column.type](texts)
    return {"": table["value"], "_status": table["status"]}


def date_role(name: str) -> str:
    """Which role (``solar_hijri.DateRole``) the day in a canonical column has, told by the column's name."""
    if name.endswith("_end"):
        return "planned_end"
    return "start_of_custody" if name == "custody_start" else "event"


def _birth_roles(received: pd.DataFrame, read: Mapping[str, pd.Series]) -> str | pd.Series:
    is_child = pd.Series(False, index=received.index)
    if "relation" in read:
        is_child |= read["relation"].isin(_CHILDREN)
    if "member" in received:
        is_child |= received["member"].astype("str").str.startswith("child").fillna(False).astype(bool)
    if not is_child.any():
        return "birth"
    return pd.Series(np.where(is_child, "birth_child", "birth"), index=received.index, dtype="str")


def _names(texts: pd.Series) -> pd.DataFrame:
    return _texts(texts, has_doubt=lambda clean: is_damaged(clean) or _DIGITS.search(clean) is not None)


def _texts(texts: pd.Series, *, has_doubt: Callable[[str], bool] = is_damaged) -> pd.DataFrame:
    return _spread(texts, kind="name", standard=clean_text, has_doubt=has_doubt)


def _identifiers(texts: pd.Series) -> pd.DataFrame:
    # A spreadsheet's 1.23E+09 is not the number any more.
    return _spread(
        texts,
        kind="other",
        standard=_identifier,
        has_doubt=lambda text: is_damaged(text) or bool(_SCIENTIFIC.fullmatch(text)),
    )


def _identifier(text: str) -> str:
    joined = to_ascii_digits(clean_text(text)).replace(" ", "").replace("\u200c", "")
    whole = _FLOAT.fullmatch(joined)
    return whole[1] if whole else joined


def _spread(
    texts: pd.Series, *, kind: PlaceholderKind, standard: Callable[[str], str], has_doubt: Callable[[str], bool]
) -> pd.DataFrame:
    distinct = distinct_texts(texts)
    values: list[str | None] = []
    statuses: list[str | None] = []
    for text in distinct.texts:
        missing = is_placeholder(text, kind)
        value = None if missing else standard(text)
        values.append(value)
        # Hidden reordering is gone from the clean text, so the raw one is asked as well.
        statuses.append("missing" if value is None else "suspect" if has_doubt(value) or is_damaged(text) else "ok")
    return pd.DataFrame(
        {"value": text_column(distinct, values), "status": text_column(distinct, statuses, absent="missing")}
    )


def _integers(texts: pd.Series) -> pd.DataFrame:
    distinct = distinct_texts(texts)
    numbers = [_integer(text) for text in distinct.texts]
    known = np.array([number is not None for number in numbers] + [False], dtype=bool)[distinct.positions]
    values = np.array([number or 0 for number in numbers] + [0], dtype="int64")[distinct.positions]
    statuses = [
        "ok" if number is not None else "missing" if is_placeholder(text, "number") else "invalid"
        for text, number in zip(distinct.texts, numbers, strict=True)
    ]
    return pd.DataFrame(
        {
            "value": pd.Series(pd.arrays.IntegerArray(values, ~known), index=texts.index),
            "status": text_column(distinct, statuses, absent="missing"),
        }
    )


def _integer(text: str) -> int | None:
    """A whole number, also behind or before a word («دهک ۳», «۳ نفر»), with groups or an empty fraction."""
    typed = to_ascii_digits(clean_text(text)).replace("٫", ".").replace("\u2212", "-")
    bare = _GROUPING.sub("", re.sub(r"^[^\W\d_ :]+[ :]*|[ ]*[^\W\d_]+$", "", typed))
    whole = _FLOAT.fullmatch(bare)
    digits = whole[1] if whole else bare
    return int(digits) if _INTEGER.fullmatch(digits) else None


_READERS: Mapping[str, Callable[[pd.Series], pd.DataFrame]] = {
    "national_id": national_id_column,
    "name": _names,
    "full_name": _names,
    "text": _texts,
    "identifier": _identifiers,
    "phone": phone_column,
    "integer": _integers,
}


def _doubt_telephones_among_national_ids(columns: Mapping[str, Column], read: dict[str, pd.Series]) -> None:
    """One mobile number in ten has a right check digit: a number that is also the row's telephone is ``suspect``."""
    phones = [name for name, column in columns.items() if column.type == "phone"]
    for name in (name for name, column in columns.items() if column.type == "national_id"):
        numbers, statuses = read[name], read[f"{name}_status"]
        accepted = statuses.isin(("valid", "repaired", "warn")) & numbers.str.match(r"0?9")
        for phone in phones if accepted.any() else []:
            both = numbers[accepted] + "|" + read[phone][accepted]
            cut = both.str.match(r"(?P<id>\d{10})\|(?:.*;)?(?:0(?P=id)|(?P=id)\d)(?:;|$)").fillna(False).astype(bool)
            statuses = statuses.mask(cut.reindex(statuses.index, fill_value=False), "suspect")
        read[f"{name}_status"] = statuses
