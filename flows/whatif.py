"""`palayesh whatif`: a dated rule as it might be, on a finished month; nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flows import environment
from flows.wording import say
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth


def read_changes(settings: list[str]) -> dict[str, Any]:
    """``programme.parameter=value`` → value, read as YAML. Raises Refusal for what is not written so."""
    changes = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            value = None
        if not equals or "." not in name or value is None:
            raise Refusal("bad_setting", say("bad_setting", "fa", text=name), say("bad_setting", "en", text=name))
        changes[name.strip()] = value
    return changes


def show(month: ReportingMonth, settings: list[str], *, out: Path | None, lang: Language) -> Path | None:
    """Print who would enter, leave and wait, and write the page to ``out`` where it is asked for; returns its path.

    Raises Refusal when there is no finished run of the month, or a setting is not understood.
    """
    wanted = read_changes(settings)
    environment.prepare()
    from flows.reporting import run_id_of
    from flows.screen_output import console, progress_bars, table
    from tasks import whatif

    with progress_bars(lang):
        found = whatif.what_if(run_id_of(month), wanted)
    page = whatif.page_contents(found, month, lang)
    now, would_be, change = (say(key, lang) for key in ("now", "would_be", "change"))
    console.print(
        table(
            say("whatif_rules", lang),
            [say("rule", lang), now, would_be],
            [[r.title, r.value, r.would_be] for r in page.rules],
            lang=lang,
        )
    )
    console.print(
        table(
            say("whatif_figures", lang),
            [say("figure", lang), now, would_be, change],
            [[row.title, row.before.text, row.after.text, row.change.text] for row in page.figures],
            numbers=(1, 2, 3),
            lang=lang,
        )
    )
    for programme in page.programmes:
        headings = [say("county", lang), *(column.title for column in programme.columns)]
        rows = [[row.label, *(cell.text for cell in row.cells)] for row in programme.rows]
        console.print(table(programme.title, headings, rows, numbers=range(1, len(headings)), lang=lang))
    if not page.programmes:
        console.print(say("nobody_moves", lang))
    console.print(say("nothing_changed", lang))
    return whatif.write_page(page, out) if out is not None else None
