"""Why a month has a new revision: what it stands on now that it did not stand on before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palayesh.declaration import Title

FIRST = (
    Title(fa="نخستین محاسبهٔ ماه", en="First computation of the month"),
    Title(fa="زمان‌بندی ماهانه", en="Monthly schedule"),
)
UNTOLD = (
    Title(fa="ورودی‌های ماه تغییر کرده است", en="The inputs of the month have changed"),
    Title(fa="در این نسخه ثبت نشده است", en="Not recorded by that version"),
)
COUNTED = "validated"
_CAUSES: tuple[tuple[str, Title, Title], ...] = (
    (
        "corrections",
        Title(fa="ردیف‌هایی درست شده است", en="Records were mended"),
        Title(fa="اصلاح راهبران داده", en="Corrections by data stewards"),
    ),
    (
        "headings",
        Title(fa="سرستون‌هایی شناسانده شده است", en="Column headings were confirmed"),
        Title(fa="تأیید راهبران داده", en="Confirmed by data stewards"),
    ),
    (
        "judgements",
        Title(fa="دربارهٔ تطابق‌های نامطمئن داوری شده است", en="Uncertain matches were judged"),
        Title(fa="بازبینی راهبران داده", en="Clerical review"),
    ),
    (
        "rules",
        Title(fa="قاعده یا تنظیمی تغییر کرده است", en="A rule or a setting has changed"),
        Title(fa="تغییر قواعد", en="Change of rules"),
    ),
    (
        "code",
        Title(fa="نسخهٔ تازهٔ نرم‌افزار", en="A new version of the software"),
        Title(fa="روش محاسبه", en="Method of computation"),
    ),
    (
        "previous",
        Title(fa="ماه پیش دوباره محاسبه شده است", en="The month before was computed again"),
        Title(fa="پیوستگی شناسه‌ها", en="Continuity of ids"),
    ),
    (
        "issued_on",
        Title(fa="تاریخ انتشار تعیین شده است", en="The day of issue was set"),
        Title(fa="انتشار دوباره", en="Issued again"),
    ),
)


def explain(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, list_titles: Mapping[str, Title]
) -> tuple[Title, Title]:
    """What differs between the inputs of two revisions of a month, and why, in words for the revision log.

    ``before`` and ``now`` are what the run ledger kept of a run's inputs; ``list_titles`` is list_key → title.
    """
    if before is None or now is None:
        return UNTOLD
    found = _lists(_counted(before), _counted(now), list_titles)
    found += [(what, why) for name, what, why in _CAUSES if before.get(name) != now.get(name)]
    if not found:
        return UNTOLD
    whats, whys = zip(*found, strict=True)
    return _joined(whats), _joined(dict.fromkeys(whys))


def _counted(inputs: Mapping[str, Any]) -> dict[str, set[str]]:
    """The files of each list that count."""
    files: dict[str, set[str]] = {}
    for submission_id, state, list_key, *_ in inputs["submissions"]:
        if state == COUNTED and list_key:
            files.setdefault(list_key, set()).add(submission_id)
    return files


def _lists(
    before: Mapping[str, set[str]], now: Mapping[str, set[str]], titles: Mapping[str, Title]
) -> list[tuple[Title, Title]]:
    found = []
    for key in sorted({*before, *now}):
        old, new = before.get(key, set()), now.get(key, set())
        if old == new:
            continue
        title = titles.get(key, Title(fa=key, en=key))
        if not old:
            found.append(
                (
                    Title(fa=f"«{title.fa}» افزوده شد", en=f"“{title.en}” was added"),
                    Title(fa="پس از محاسبهٔ پیشین رسید", en="Arrived after the former computation"),
                )
            )
        elif not new:
            found.append(
                (
                    Title(fa=f"«{title.fa}» کنار رفت", en=f"“{title.en}” was taken out"),
                    Title(fa="فایل آن دیگر پذیرفته نیست", en="Its file is no longer accepted"),
                )
            )
        else:
            found.append(
                (
                    Title(fa=f"فایل تازه‌ای از «{title.fa}» به کار رفت", en=f"A new file of “{title.en}” was used"),
                    Title(fa="دستگاه فهرست را دوباره فرستاد", en="The agency sent the list again"),
                )
            )
    return found


def _joined(titles: Any) -> Title:
    return Title(fa="؛ ".join(title.fa for title in titles), en="; ".join(title.en for title in titles))
