"""The other reports of the sample month, made of the same invented counts as the governorate's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pandas as pd

from palayesh.adapters.rules import load_policies
from palayesh.adapters.templates import load_settings, load_strings
from palayesh.coverage.public_release import publish_public
from palayesh.coverage.publication import publish
from palayesh.language import Language
from palayesh.reports.contents import EditionReport
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.public import PublicSummary, build_public
from tests.golden.sample_report import EXPECTATIONS, MONTH, coverage_cells, figures, sample_inputs

__all__ = ["EDITIONS", "MONTH"]


def inputs_of(kind: str, lang: Language) -> ReportInputs:
    """The sample month with the words and settings of one report."""
    return replace(sample_inputs(lang), strings=load_strings(kind, lang), settings=load_settings(kind))


@cache
def public_counts() -> pd.DataFrame:
    """What everybody may read of the sample month."""
    policies, inputs = load_policies(EXPECTATIONS), sample_inputs()
    cells = coverage_cells().drop(columns="state")
    published = publish(figures(), cells, inputs.overlap, inputs.waiting, policies.figures, policies.disclosure)
    return publish_public(published.figures, published.cells, policies.figures, policies.disclosure)


def public_summary(lang: Language = "fa") -> PublicSummary:
    """The public page of the sample month."""
    before = public_counts().assign(value=lambda counts: counts["value"].where(counts["value"] < 100, counts["value"] + 15))
    base = load_policies(EXPECTATIONS).disclosure.public.base
    return build_public(inputs_of("public", lang), public_counts(), before, base=base)


EDITIONS: dict[str, Callable[[Language], EditionReport]] = {"public": public_summary}
