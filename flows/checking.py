"""`palayesh check`: what a sender or a steward runs on one file before it is sent."""

from __future__ import annotations

import json
from pathlib import Path

from flows.wording import say
from palayesh.exit_codes import DONE, INCOMPLETE, REFUSED
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth

ROWS_SHOWN = 40


def check(
    file: Path,
    agency: str,
    list_name: str | None,
    month: ReportingMonth,
    *,
    copy: Path | None,
    as_json: bool,
    show_all: bool = False,
    lang: Language,
) -> int:
    """Show every problem of the file; 0 none, 3 records would be set aside, 1 the file would be refused."""
    from flows.screen_output import console, errors, table
    from tasks import checking, installation

    known = installation.agencies()
    if agency not in known:
        names = ", ".join(sorted(known))
        raise Refusal(
            "unknown_agency",
            say("unknown_agency", "fa", name=agency[:40], known=names),
            say("unknown_agency", "en", name=agency[:40], known=names),
        )
    if not file.is_file():
        why = "not_a_file" if file.is_dir() else "no_file"
        raise Refusal(why, say(why, "fa", path=file), say(why, "en", path=file))
    with errors.status(say("step_validate", lang)):
        checked = checking.check_file(file, agency, list_name, month, copy=copy, lang=lang)
    problems = checked.problems
    code = REFUSED if not checked.is_accepted else INCOMPLETE if checked.set_aside else DONE
    if as_json:
        rows = problems.astype(object).where(problems.notna(), None).to_dict(orient="records")
        summary = {"received": checked.received, "set_aside": checked.set_aside, "accepted": checked.is_accepted}
        print(json.dumps({**summary, "problems": rows}, ensure_ascii=False, indent=1))
        return code
    if len(problems):
        # A text file has no sheets to name
        columns = [
            c for c in ("sheet", "row", "column", "severity", "problem", "mend") if c != "sheet" or problems[c].any()
        ]
        shown = (problems if show_all else problems.head(ROWS_SHOWN))[columns]
        cells = shown.astype(object).where(shown.notna(), None).to_numpy().tolist()
        console.print(
            table(
                say("problems", lang), [say(c, lang) for c in columns], cells, numbers=[columns.index("row")], lang=lang
            )
        )
        if len(problems) > len(shown):
            console.print(say("more", lang, count=len(problems) - len(shown)), markup=False)
    else:
        console.print(say("no_problem", lang, count=checked.received))
    accepted = checked.received - checked.set_aside if checked.is_accepted else 0
    warned = int(problems["severity"].eq(checking.warning_word(lang)).sum())
    decision = say("would_accept" if checked.is_accepted else "would_refuse", lang)
    summary_line = say(
        "check_summary",
        lang,
        received=checked.received,
        accepted=accepted,
        set_aside=checked.received - accepted,
        warned=warned,
        decision=decision,
    )
    console.print(summary_line, markup=False)
    if copy is not None and copy.is_file():
        console.print(say("copy_written", lang, path=copy), markup=False)
    return code
