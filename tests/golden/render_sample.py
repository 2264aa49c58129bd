"""Print the SHA-256 of what is made of the sample month, one per line; tests run it in other processes.

Without an argument the governorate's report as HTML, PDF and workbook; with ``editions`` the other reports.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

from palayesh.adapters.pdf import render_pdf
from palayesh.adapters.report_workbook import render_sheets, render_workbook
from palayesh.adapters.templates import render_report
from palayesh.reports.agency import action_sheet
from palayesh.reports.contents import build_contents
from tests.golden.sample_editions import EDITIONS, agency_facts, inputs_of
from tests.golden.sample_report import MONTH, sample_inputs


def governorate() -> Iterator[bytes]:
    """The governorate's report in each format."""
    report = build_contents(sample_inputs("fa"))
    yield render_report(report).encode("utf-8")
    yield render_pdf(render_report(report, medium="pdf"), as_of=MONTH.last_day)
    yield render_workbook(report, as_of=MONTH.last_day)


def editions() -> Iterator[bytes]:
    """The other reports as HTML and PDF, and an action list."""
    for kind, build in EDITIONS.items():
        report = build("fa")
        yield render_report(report, kind=kind).encode("utf-8")
        yield render_pdf(render_report(report, kind=kind, medium="pdf"), as_of=MONTH.last_day)
    sheet = action_sheet(inputs_of("agency", "fa"), agency_facts())
    yield render_sheets([sheet], title="t", from_right=True, as_of=MONTH.last_day)


for part in editions() if "editions" in sys.argv else governorate():
    print(hashlib.sha256(part).hexdigest())
