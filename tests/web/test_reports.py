"""The month's reports as people open them on a screen: no serious fault for those who hear them or enlarge them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from palayesh.adapters.templates import render_report
from palayesh.language import Language
from palayesh.reports.contents import build_contents
from tests.golden.sample_editions import EDITIONS
from tests.golden.sample_report import sample_inputs


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("kind", ["coverage", *EDITIONS])
def test_axe_finds_no_serious_fault_and_nothing_overflows(
    chrome: Any, tmp_path: Path, kind: str, lang: Language
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    report = build_contents(sample_inputs(lang)) if kind == "coverage" else EDITIONS[kind](lang)
    file = tmp_path / "report.html"
    file.write_text(render_report(report, kind=kind), encoding="utf-8")
    context = chrome.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    faults = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:2]])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    wide = []
    for width in (640, 390):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(width)
    context.close()
    assert faults == []
    assert wide == []
