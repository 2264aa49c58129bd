"""One file checked as it would be on arrival; nothing is written to the registry."""

from __future__ import annotations

from pathlib import Path

from palayesh.adapters import settings, spreadsheets, suites
from palayesh.adapters.checked_copy import write_checked_copy
from palayesh.adapters.files import sha256_of
from palayesh.findings import Refusal, Severity
from palayesh.intake import reading
from palayesh.intake.standardise import standardise_records
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.validation.check import (
    CheckedFile,
    checked_file,
    findings_as_failures,
    refusal_table,
    severity_words,
    sheet_layout,
)
from palayesh.validation.rules import Parameters
from tasks import installation
from tasks.stage import without_personal_data


@without_personal_data
def check_file(
    path: Path, agency: str, list_name: str | None, month: ReportingMonth, *, copy: Path | None, lang: Language
) -> CheckedFile:
    """Every problem of the file, and, if ``copy`` is named, the file again with the reasons beside its rows.

    A file that cannot be read at all is one problem, and has no copy. ``list_name`` narrows which list the file may be.
    """
    declared = installation.agencies()[agency]
    if list_name is not None:
        if list_name not in declared.lists:
            known = ", ".join(declared.lists)
            raise Refusal(
                "unknown_list", f"این دستگاه چنین فهرستی ندارد؛ یکی از این‌ها: {known}", f"No such list; one of: {known}"
            )
        declared = declared.model_copy(update={"lists": {list_name: declared.lists[list_name]}})
    try:
        workbook = spreadsheets.read_file(path)
        read = reading.read_list(workbook, declared, file_name=path.name, sha256=sha256_of(path))
    except Refusal as refusal:
        return CheckedFile(is_accepted=False, received=0, set_aside=0, problems=refusal_table(refusal, lang=lang))
    held = [finding for finding in read.findings if finding.severity == Severity.REJECT_SUBMISSION]
    if held:
        questions = findings_as_failures(held)
        if copy is not None:
            write_checked_copy(workbook.sheets, questions, copy, lang=lang)
        return checked_file(questions, received=len(read.records), is_accepted=False, lang=lang)
    one = declared.lists[read.list_key.split("/")[1]]
    standardised = standardise_records(
        read.records, one, vocabularies=installation.vocabularies(), as_of=month.last_day
    )
    outcome = suites.validate(
        standardised,
        suites.read_suite(suites.suite_path(settings.current().expectations, read.list_key)),
        parameters=Parameters(
            as_of=month.last_day, expected_records=one.expected_records, volume_tolerance=one.volume_tolerance
        ),
        problems=read.problems,
    )
    declared_headings = {name: column.heading for name, column in one.columns.items()}
    layouts = {
        sheet.name: sheet_layout(sheet.rows, read.headings, declared_headings=declared_headings)
        for sheet in workbook.sheets
    }
    if copy is not None:
        write_checked_copy(workbook.sheets, outcome.failures, copy, layouts=layouts, lang=lang)
    return checked_file(
        outcome.failures,
        received=len(read.records),
        is_accepted=outcome.decision == "accepted",
        layouts=layouts,
        lang=lang,
    )


def warning_word(lang: Language) -> str:
    """The word of a warning in the problem table."""
    return severity_words(Severity.WARN.value, lang)
