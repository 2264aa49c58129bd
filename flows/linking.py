"""`palayesh link`: person lists alone, one to deduplicate or several to link."""

from __future__ import annotations

from pathlib import Path

from flows.wording import say
from palayesh.findings import Refusal
from palayesh.language import Language


def link_files(
    files: list[Path],
    out: Path,
    *,
    record_id: str,
    mapping: list[str],
    calendar: str,
    lang: Language,
    engine: str | None = None,
    against: Path | None = None,
    prepare: Path | None = None,
) -> None:
    """``out`` is a CSV with ``record_id``, ``person_id``, ``household_id``, ``match_probability`` for every record of the files; the
    counts are shown, and whether there was evidence enough.

    ``prepare``: a folder that holds, afterwards, what was linked, ready for later lists; ``against``: such a folder, whose persons the
    records are looked for among, keeping their ids. ``engine``: duckdb or spark, instead of the settings'.
    Raises Refusal when a file is missing or unreadable, the record id is absent or doubled, a mapping is not ``ours=theirs``, or
    the folder is not one that can be used.
    """
    from flows.screen_output import console, errors
    from tasks import link_lists

    if calendar not in ("jalali", "gregorian"):
        raise Refusal("unknown_calendar", "تقویم jalali یا gregorian است.", "The calendar is jalali or gregorian.")
    if engine not in (None, "duckdb", "spark"):
        raise Refusal("unknown_engine", "موتور duckdb یا spark است.", "The engine is duckdb or spark.")
    if against and engine == "spark":
        raise Refusal(
            "against_and_spark",
            "‎--against همیشه با DuckDB کار می‌کند؛ ‎--engine spark را بردارید.",
            "--against always works on DuckDB: leave out --engine spark.",
        )
    if against and prepare:
        raise Refusal(
            "against_and_prepare",
            "‎--against و --prepare با هم به کار نمی‌روند.",
            "Use either --against or --prepare, not both.",
        )
    for path in files:
        if not path.is_file():
            raise Refusal("no_file", say("no_file", "fa", path=path), say("no_file", "en", path=path))
    with errors.status(say("step_link", lang)):
        if against:
            counts, findings = link_lists.link_lists_against(
                files, out, against, record_id=record_id, mapping=_mapping(mapping)
            )
        else:
            counts, findings = link_lists.link_lists(
                files,
                out,
                record_id=record_id,
                mapping=_mapping(mapping),
                calendar=calendar,
                engine=engine,
                prepared=prepare,
            )
    for finding in findings:
        errors.print(finding.sentence_fa if lang == "fa" else finding.sentence_en)
    console.print(say("linked_against" if against else "linked", lang, **counts))


def _mapping(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise Refusal("bad_mapping", "نگاشت ستون را مانند ours=theirs بنویسید.", "Write a mapping as ours=theirs.")
    return {theirs: ours for ours, _, theirs in (pair.partition("=") for pair in pairs)}
