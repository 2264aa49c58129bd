"""Linkage: which mentions are one person, and which persons one household.

`link` reads mentions and hands on persons, households, the pairs people must judge, and the ids' ledger.
`mentions_from` makes the mentions out of accepted records, as each list's declaration says.
"""

from __future__ import annotations

from palayesh.linkage.link import Linked, link
from palayesh.linkage.mentions import mentions_from
from palayesh.linkage.records import COLUMNS
from palayesh.linkage.settings import LinkageModel, LinkageSettings
from palayesh.linkage.table import LinkedTable, link_table

__all__ = [
    "COLUMNS", "LinkageModel", "LinkageSettings", "Linked", "LinkedTable", "link", "link_table", "mentions_from",
]  # fmt: skip
