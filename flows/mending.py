"""`palayesh mend`: set-aside records leave as a workbook and come back mended."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from flows import environment
from flows.wording import say
from palayesh.adapters.audit_store import Act
from palayesh.adapters.files import write_whole
from palayesh.exit_codes import DONE, INCOMPLETE
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth


def export(month: ReportingMonth, list_key: str, out: Path, *, sent_back: bool, lang: Language) -> None:
    """The list's waiting records are in the workbook ``out``, readable by its owner only."""
    environment.prepare()
    from tasks import correction_workbooks, installation

    known = [
        f"{name}/{of_agency}" for name, agency in sorted(installation.agencies().items()) for of_agency in agency.lists
    ]
    if list_key not in known:
        names = ", ".join(known)
        raise Refusal("unknown_list", say("unknown_list", "fa", known=names), say("unknown_list", "en", known=names))
    content = correction_workbooks.export_set_aside(
        str(month), list_key, only="sent_back" if sent_back else "open", lang=lang
    )
    write_whole(out, content)


def take(file: Path, *, by: str, reason: str | None, lang: Language) -> int:
    """The workbook's mended cells are corrections; 0 when every row was taken, 3 when some were refused, each by name."""
    environment.prepare()
    from flows.screen_output import console, errors
    from tasks import correction_workbooks

    now = dt.datetime.now(dt.UTC)
    act = Act(now, by.strip()[:64], "operator", "workbook_returned", "")
    taken = correction_workbooks.take_workbook(file, by=by, at=now, reason=reason, act=act)
    counts = {"rows": taken.row_count, "cells": taken.cell_count, "records": taken.record_count}
    console.print(say("mend_taken", lang, **counts), markup=False)
    if taken.decision is not None:
        made = taken.decision
        told = "mend_validated" if made.is_validated else "mend_waits"
        console.print(say(told, lang, accepted=made.accepted, set_aside=made.set_aside), markup=False)
    for row in taken.refused:
        errors.print(row.sentence_fa if lang == "fa" else row.sentence_en, style="yellow", markup=False)
    return INCOMPLETE if taken.refused else DONE
