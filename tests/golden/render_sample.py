"""Print the SHA-256 of the sample report's HTML, PDF and workbook, one per line; tests run it in other processes."""

from __future__ import annotations

import hashlib

from palayesh.adapters.pdf import render_pdf
from palayesh.adapters.report_workbook import render_workbook
from palayesh.adapters.templates import render_report
from palayesh.reports.contents import build_contents
from tests.golden.sample_report import MONTH, sample_inputs

report = build_contents(sample_inputs("fa"))
parts = (
    render_report(report).encode("utf-8"),
    render_pdf(render_report(report, medium="pdf"), as_of=MONTH.last_day),
    render_workbook(report, as_of=MONTH.last_day),
)
for part in parts:
    print(hashlib.sha256(part).hexdigest())
