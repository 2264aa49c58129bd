"""Templates, strings and settings as they lie in ``reports_templates/``, and a report's contents as one HTML page."""

from __future__ import annotations

import base64
import functools
import re
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from palayesh.adapters.files import read_yaml
from palayesh.language import Language
from palayesh.reports.inputs import ReportSettings
from palayesh.reports.letters import Letter
from palayesh.reports.parts import EditionReport

TEMPLATES = Path(__file__).resolve().parents[2] / "reports_templates"
"""Where the templates lie unless told otherwise: beside the package, in the project's root."""

GOVERNORATE = "coverage"
EDITIONS = ("public", "run_sheet", "agency")
"""Reports of the month that share the office, the words and the settings of the governorate's."""

Medium = Literal["html", "pdf"]


@functools.lru_cache(maxsize=64)
def load_strings(report: str, lang: Language, *, templates: Path = TEMPLATES) -> dict[str, Any]:
    """The words of one report in one language, from ``<report>/strings.<lang>.yml``.

    What another report of the month does not say in its own words it says in those of the governorate's.
    """
    strings = read_yaml(templates / report / f"strings.{lang}.yml")
    if not isinstance(strings, dict) or not strings:
        raise ValueError(f"{report}/strings.{lang}.yml holds no strings")
    if report not in EDITIONS:
        return strings
    shared = load_strings(GOVERNORATE, lang, templates=templates)
    joined = {
        section: words | strings[section] if isinstance(words, dict) and section in strings else words
        for section, words in shared.items()
    }
    return joined | {section: words for section, words in strings.items() if not isinstance(joined.get(section), dict)}


def load_settings(report: str = GOVERNORATE, *, templates: Path = TEMPLATES) -> ReportSettings:
    """The settings of a report; a misspelled one is an error that names it. What is not set is as in the governorate's."""
    raw = read_yaml(templates / GOVERNORATE / "report.yml")
    if report != GOVERNORATE:
        raw = raw | (read_yaml(templates / report / "report.yml") or {})
    return ReportSettings.model_validate(raw)


@functools.lru_cache(maxsize=4)
def environment(templates: Path = TEMPLATES) -> Environment:
    """Jinja2 as every report uses it: all text escaped, a name that is not there an error, nothing but our folder."""
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


@functools.lru_cache(maxsize=8)
def fonts(medium: Medium, *, templates: Path = TEMPLATES) -> dict[str, str]:
    """Where a page finds Vazirmatn: inside itself on screen (it opens offline anywhere), in our folder for the PDF."""
    folder = templates / "_shared" / "fonts"
    names = {"regular": "Vazirmatn-Regular", "bold": "Vazirmatn-Bold"}
    if medium == "pdf":
        return {weight: (folder / f"{name}.ttf").as_uri() for weight, name in names.items()}
    encoded = {weight: base64.b64encode((folder / f"{name}.woff2").read_bytes()) for weight, name in names.items()}
    return {weight: f"data:font/woff2;base64,{font.decode('ascii')}" for weight, font in encoded.items()}


def render_page(
    template: str, *, strings: dict[str, Any], medium: Medium, templates: Path = TEMPLATES, **context: object
) -> str:
    """A template of any report as one self-contained page; ``style`` and ``fonts`` are filled in here."""
    style = (templates / "_shared" / "print.css").read_text(encoding="utf-8")
    page = environment(templates).get_template(template)
    # The style sheet and the font addresses are ours, not data: escaping would break them.
    safe = {weight: Markup(address) for weight, address in fonts(medium, templates=templates).items()}  # noqa: S704
    return page.render(t=strings, style=Markup(style), fonts=safe, **context)  # noqa: S704


def render_report(
    report: EditionReport, *, kind: str = GOVERNORATE, medium: Medium = "html", templates: Path = TEMPLATES
) -> str:
    """A report of the month as one HTML page: for people (``html``) or for ``adapters.pdf`` (``pdf``)."""
    strings = load_strings(kind, report.lang, templates=templates)
    return render_page(f"{kind}/report.html.j2", strings=strings, medium=medium, templates=templates, report=report)


def render_letter(letter: Letter, *, templates: Path = TEMPLATES) -> tuple[str, str]:
    """A letter as plain text and as one HTML page that needs nothing from outside."""
    strings = load_strings("mail", letter.lang, templates=templates)
    plain, html = (
        environment(templates).get_template(f"mail/letter.{form}.j2").render(letter=letter, t=strings)
        for form in ("txt", "html")
    )
    return re.sub(r"\n{3,}", "\n\n", plain).strip() + "\n", html
