"""`palayesh run`: the month with progress, and its account at the end."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows import environment
from flows.wording import number, say
from palayesh.exit_codes import DONE, INCOMPLETE
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth


def run(
    month: ReportingMonth,
    inbox: Path | None,
    *,
    lang: Language,
    confirmed: list[str],
    received_on: dt.date | None = None,
    issued_on: dt.date | None = None,
) -> int:
    """Run the month and show its account; 0 when every expected list is in it, 3 when some are held or missing."""
    environment.prepare()
    environment.end_servers_left_over()
    from flows.screen_output import progress_bars
    from tasks import progress

    with progress_bars(lang):
        progress.report("prefect", 0, 1)
        run_month = loaded()
        from tasks import receive

        for submission_id in confirmed:
            receive.confirm(submission_id)
        result = run_month(str(month), str(inbox) if inbox else None, received_on=received_on, issued_on=issued_on)
    return show(result, month, lang=lang)


def loaded() -> Callable[..., dict[str, Any]]:
    """``run_month`` with its libraries imported, and Prefect's server started meanwhile."""
    server = environment.begin_server()
    from flows.monthly_coverage import run_month
    from palayesh.adapters import suites

    suites.great_expectations()
    with environment.server_asked():
        server.result()
    return run_month


def show(result: dict[str, Any], month: ReportingMonth, *, lang: Language) -> int:
    """Print the account of the month; returns the exit code that it deserves."""
    from flows.screen_output import console, errors, table
    from tasks import installation, ledger

    account = result["account"]
    if result["finished"]:
        console.print(say("unchanged", lang))
    agencies = installation.agencies()
    files = Counter((x["agency"], x["list"]) for x in account["lists"])

    def list_of(entry: dict[str, Any]) -> str:
        title = getattr(agencies[entry["agency"]].lists[entry["list"]].title, lang) if entry["list"] else "–"
        # Of several files of one list each is named as its validation page is.
        return f"{title} [{entry['submission']}]" if files[entry["agency"], entry["list"]] > 1 else title

    rows = [
        [
            getattr(agencies[x["agency"]].title, lang),
            list_of(x),
            say(f"state_{x['state']}", lang),
            *(x[count] for count in ("received", "accepted", "set_aside", "repaired")),
        ]
        for x in account["lists"]
    ]
    counted = [x for x in account["lists"] if x["state"] == "validated"]
    total = [sum(x[c] for x in counted) for c in ("received", "accepted", "set_aside", "repaired")]
    headings = [say(h, lang) for h in ("agency", "list", "state", "received", "accepted", "set_aside", "repaired")]
    title = say("account", lang, month=month.title(lang), revision=result["revision"])
    console.print(table(title, headings, [*rows, [say("total", lang), "", "", *total]], numbers=range(3, 7), lang=lang))
    console.print(say("received_equals", lang))

    linked = account["steps"]["link"]
    console.print(
        (", " if lang == "en" else "، ").join(
            f"{say(k, lang)}: {number(linked.get(k, 0), lang)}"
            for k in ("mentions", "persons", "households", "review_pairs")
        )
    )
    for finding in linked.get("findings", []):
        errors.print(finding[lang], style="yellow", markup=False)
    titles = {name: getattr(title, lang) for name, title in installation.programme_titles().items()}
    decided = account["steps"]["screen"].get("decisions", {})
    outcomes = ("eligible", "needs_information", "not_eligible")
    console.print(
        table(
            say("decisions", lang),
            [say("programme", lang), *(say(o, lang) for o in outcomes)],
            [
                [titles.get(programme, programme), *(counts.get(o, 0) for o in outcomes)]
                for programme, counts in sorted(decided.items())
            ],
            numbers=(1, 2, 3),
            lang=lang,
        )
    )
    console.print(say("reports", lang) + ":")
    for path in account["steps"]["render"].get("files", []):
        console.print(f"  {installation.reports_folder(str(month), result['revision']) / path}", markup=False)

    console.print(say("validation_pages", lang, path=installation.validation_folder(str(month))), markup=False)

    waiting = ledger.waiting(str(month))
    for submission in waiting:
        reason = submission.reason or {}
        sentence = reason.get(lang, submission.state)
        errors.print(
            say(
                "held_file",
                lang,
                agency=getattr(agencies[submission.agency].title, lang),
                sentence=f"[{submission.id}] {sentence}",
            ),
            markup=False,
        )
    for agency, error in result["failed_agencies"].items():
        errors.print(
            say("agency_failed", lang, agency=getattr(agencies[agency].title, lang), error=error), markup=False
        )
    missing = ledger.missing_lists(str(month))
    for list_key in missing:
        errors.print(say("missing_list", lang, list=_list_title(list_key, lang)), markup=False)
    return INCOMPLETE if waiting or missing or result["failed_agencies"] else DONE


def _list_title(list_key: str, lang: Language) -> str:
    from tasks import installation

    name, list_name = list_key.split("/")
    agency = installation.agencies()[name]
    return f"{getattr(agency.lists[list_name].title, lang)} ({getattr(agency.title, lang)})"
