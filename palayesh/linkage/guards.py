"""Guards against a linkage that runs away: signs that a block, a placeholder or a shared number has joined strangers.

A finding never changes a result; it says that somebody should look before the figures are believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from palayesh.findings import Finding, Severity
from palayesh.persian_text import format_number, format_percent


class Guards(BaseModel):
    """The limits, ``expectations/linkage/guards.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duplicate_share: float = Field(gt=0, lt=1)
    """Most mentions that may be a further mention of somebody, as a share of all."""
    duplicate_share_change: float = Field(gt=0, lt=1)
    """Most by which that share may differ from last month's."""
    links_per_mention: float = Field(gt=0)
    """Most other mentions of the same person that a mention may have, on average."""
    cluster_size: int = Field(gt=1)
    """A person with more mentions than this is looked at."""
    records_on_one_list: int = Field(gt=1)
    """A person who is the subject of more records than this on one list is looked at."""


def duplicate_share(mentions: int, persons: int) -> float:
    """The share of mentions that are a further mention of somebody."""
    return 1.0 - persons / mentions if mentions else 0.0


def runaway_findings(
    linked_mentions: pd.DataFrame, guards: Guards, *, previous_share: float | None = None
) -> list[Finding]:
    """What of a month's links is out of proportion; counts only. ``previous_share``: last month's share of duplicates."""
    total = len(linked_mentions)
    if not total:
        return []
    sizes = linked_mentions["person_id"].value_counts()
    share = duplicate_share(total, len(sizes))
    links = float((sizes * (sizes - 1)).sum()) / total
    subjects = linked_mentions[linked_mentions["role"].eq("subject")]
    on_one_list = subjects.groupby(["person_id", "list_key"]).size()
    found = [
        (
            share > guards.duplicate_share,
            "many_duplicates",
            total - len(sizes),
            f"{format_percent(share, 0)} نام‌برده‌ها تکرار کسی دانسته شده‌اند (بیشینه {format_percent(guards.duplicate_share, 0)})",
            f"{share:.0%} of the mentions are taken for somebody mentioned before (at most {guards.duplicate_share:.0%})",
        ),
        (
            previous_share is not None and abs(share - previous_share) > guards.duplicate_share_change,
            "duplicates_changed",
            total - len(sizes),
            f"سهم تکرارها از ماه پیش {format_percent(abs(share - (previous_share or 0.0)), 0)} تغییر کرده است",
            f"The share of duplicates has changed by {abs(share - (previous_share or 0.0)):.0%} since last month",
        ),
        (
            links > guards.links_per_mention,
            "many_links",
            round(links * total),
            f"هر نام‌برده به طور میانگین {format_number(links, 1)} پیوند دارد (بیشینه {format_number(guards.links_per_mention, 1)})",
            f"A mention has {links:.1f} links on average (at most {guards.links_per_mention:g})",
        ),
        _sizes("large_cluster", sizes, guards.cluster_size, "نام‌برده", "mentions"),
        _sizes(
            "many_records_on_one_list",
            on_one_list,
            guards.records_on_one_list,
            "ردیف در یک فهرست",
            "records on one list",
        ),
    ]
    mend_fa, mend_en = (
        "؛ کدهای ملی تکراری و جانشین را در فهرست‌ها بازبینی کنید.",
        ": look for placeholders and shared national numbers in the lists.",
    )
    return [
        Finding(code=code, severity=Severity.WARN, count=count, sentence_fa=fa + mend_fa, sentence_en=en + mend_en)
        for holds, code, count, fa, en in found
        if holds
    ]


def _sizes(code: str, sizes: pd.Series, limit: int, fa: str, en: str) -> tuple[bool, str, int, str, str]:
    large = sizes[sizes > limit]
    most = int(sizes.max()) if len(sizes) else 0
    return (
        len(large) > 0,
        code,
        len(large),
        f"{format_number(len(large))} شخص بیش از {format_number(limit)} {fa} دارند (بیشترین {format_number(most)})",
        f"{len(large)} persons have more than {limit} {en} (the most: {most})",
    )


def as_counts(findings: Sequence[Finding]) -> list[dict[str, str | int]]:
    """The findings as a step of the run ledger keeps them."""
    return [{"code": f.code, "count": f.count, "fa": f.sentence_fa, "en": f.sentence_en} for f in findings]
