"""A finished computation → what each of its reports says."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace

from palayesh.adapters import rules, settings, templates
from palayesh.correspondence import ACTIONS, AGENCY_REPORTS
from palayesh.language import Language
from palayesh.reports.agency import AgencyFacts, action_sheet, build_agency
from palayesh.reports.contents import CoverageReport, build_contents
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.letters import digest_of_summary
from palayesh.reports.parts import EditionReport
from palayesh.reports.public import build_public
from palayesh.reports.run_sheet import build_run_sheet
from palayesh.reports.workbook import Sheet
from tasks import agency_reports, installation, run_sheet
from tasks.report_inputs import report_inputs

LANGUAGES: tuple[Language, ...] = ("fa", "en")


def kinds() -> list[str]:
    """Every report of a month; an agency's own is named after it."""
    agencies = sorted(installation.agencies())
    return ["coverage", "public", "run_sheet", *(f"{one}.{agency}" for one in AGENCY_REPORTS for agency in agencies)]


class RunReports:
    """What the reports of one run say. Each is built once, and what they have in common is read once."""

    def __init__(self, run_id: str, failed_agencies: list[str]) -> None:
        self.run_id = run_id
        self._failed_agencies = failed_agencies
        self.inputs = functools.cache(self._inputs)
        self.coverage = functools.cache(self._coverage)
        self.report = functools.cache(self._report)

    def action_list(self, agency: str, lang: Language) -> Sheet:
        """The families and records on which the agency can act, as the table of a workbook."""
        return action_sheet(self._in_words_of("agency", lang), self._agency_facts[agency])

    def said(self, of_kinds: Iterable[str]) -> list[str]:
        """A digest for each report and language of what its letter repeats: the same as long as it says the same."""
        return [
            f"{kind} {lang} {digest_of_summary(self.report(kind, lang))}" for lang in LANGUAGES for kind in of_kinds
        ]

    def _inputs(self, lang: Language) -> ReportInputs:
        return report_inputs(self.run_id, lang, self._failed_agencies)

    def _coverage(self, lang: Language) -> CoverageReport:
        return build_contents(self.inputs(lang))

    @functools.cached_property
    def _agency_facts(self) -> dict[str, AgencyFacts]:
        return agency_reports.facts_of(self.run_id)

    def _report(self, kind: str, lang: Language) -> EditionReport:
        template, _, agency = kind.partition(".")
        if template == "coverage":
            return self.coverage(lang)
        if template == ACTIONS:  # its letter says what the letter of the agency's report says
            return self.report(f"agency.{agency}", lang)
        inputs = self._in_words_of(template, lang)
        if agency:
            return build_agency(inputs, self._agency_facts[agency])
        if template == "run_sheet":
            return build_run_sheet(inputs, run_sheet.facts_of(self.run_id))
        registry = installation.registry()
        before = registry.latest_run(str(inputs.edition.month.previous()))
        base = rules.load_policies(settings.current().expectations).disclosure.public.base
        previous = registry.frame_or_none(before.id, "public") if before else None
        return build_public(inputs, registry.frame(self.run_id, "public"), previous, base=base)

    def _in_words_of(self, report: str, lang: Language) -> ReportInputs:
        folder = settings.current().templates
        return replace(
            self.inputs(lang),
            strings=templates.load_strings(report, lang, templates=folder),
            settings=templates.load_settings(report, templates=folder),
        )
