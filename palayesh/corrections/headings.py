"""Headings whose meaning a person has confirmed, beside those that the agency's declaration knows."""

from __future__ import annotations

import pandas as pd

from palayesh.declaration import Agency, ListDeclaration
from palayesh.persian_text import heading_key


def confirmed_in(log: pd.DataFrame, list_key: str, month: str) -> dict[str, str | None]:
    """Heading as typed → our column (nothing: known and not read), as it holds for a month; the last word counts."""
    of_list = log[log["list_key"].eq(list_key) & log["from_month"].le(month)]
    standing: dict[str, tuple[str, str | None] | None] = {}
    for heading, column, is_withdrawn in zip(
        of_list["heading"], of_list["column"], of_list["is_withdrawn"], strict=True
    ):
        standing[heading_key(heading)] = None if is_withdrawn else (heading, None if pd.isna(column) else str(column))
    return dict(named for named in standing.values() if named is not None)


def with_confirmed_headings(agency: Agency, log: pd.DataFrame, month: str) -> Agency:
    """The agency as its files of a month are read: confirmed headings are spellings of their columns.

    What the declaration itself knows wins: it may have learnt the heading since.
    """
    lists = {
        name: _with_spellings(declaration, confirmed_in(log, f"{agency.agency}/{name}", month))
        for name, declaration in agency.lists.items()
    }
    return agency.model_copy(update={"lists": lists})


def _with_spellings(declaration: ListDeclaration, confirmed: dict[str, str | None]) -> ListDeclaration:
    known = {
        heading_key(text) for column in declaration.columns.values() for text in (column.heading, *column.variants)
    }
    columns, unused = dict(declaration.columns), list(declaration.unused_headings)
    for heading, name in confirmed.items():
        if heading_key(heading) in known:
            continue
        if name is None:
            unused.append(heading)
        elif name in columns:
            columns[name] = columns[name].model_copy(update={"variants": [*columns[name].variants, heading]})
    return declaration.model_copy(update={"columns": columns, "unused_headings": unused})
