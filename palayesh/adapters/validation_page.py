"""The validation page of one submission as HTML: self-contained, counts only."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from palayesh.adapters.templates import TEMPLATES, Medium, load_strings, render_page
from palayesh.language import Language
from palayesh.validation.contents import SubmissionFacts, ValidationPage, validation_page
from palayesh.validation.outcome import Outcome, Split


def page_contents(
    outcome: Outcome,
    split: Split,
    facts: SubmissionFacts,
    *,
    lang: Language = "fa",
    history: pd.DataFrame | None = None,
    templates: Path = TEMPLATES,
) -> ValidationPage:
    """What the page says, with the words of ``reports_templates/validation``. ``history``: see ``validation_page``."""
    accepted, waiting = len(split.accepted), len(split.set_aside)
    return validation_page(
        outcome,
        facts,
        received=accepted + waiting,
        accepted=accepted,
        set_aside=waiting,
        strings=load_strings("validation", lang, templates=templates),
        lang=lang,
        history=history,
    )


def render_validation_page(page: ValidationPage, *, medium: Medium = "html", templates: Path = TEMPLATES) -> str:
    """The page as one HTML document, for the screen or for ``adapters.pdf``."""
    strings = load_strings("validation", page.lang, templates=templates)
    return render_page("validation/page.html.j2", strings=strings, medium=medium, templates=templates, report=page)
