"""Rules as they are and as they might be, on the facts of a finished run; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from palayesh.adapters import rules, settings, templates
from palayesh.adapters.files import write_whole
from palayesh.coverage import comparison, summarise
from palayesh.coverage.summary import Summary
from palayesh.declaration import Title
from palayesh.eligibility.screening import screen_facts
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.parameters import PROGRAMME_WITH_CEILING, CoveragePolicies, Parameter, Programme
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.whatif import WhatIfPage, whatif_page
from tasks import installation, progress
from tasks.screen import facts_of

OVERLAP = "overlap"
"""Stands for the programme in the name of a parameter of the overlap policy."""


@dataclass(frozen=True)
class Change:
    """One parameter, what it is on the month's last day, and what it would be."""

    name: str
    title: Title
    unit: str
    value: Any
    would_be: Any


@dataclass(frozen=True)
class WhatIf:
    """``changes``; ``moves``: ``programme``, ``move``, ``county``, ``value``, ``state``; ``figures``: see `comparison.changed_figures`."""

    changes: list[Change]
    moves: pd.DataFrame
    figures: pd.DataFrame
    programme_titles: dict[str, Title]
    figure_titles: dict[str, Title]


def what_if(run_id: str, wanted: Mapping[str, Any]) -> WhatIf:
    """What the month would look like if ``wanted`` (``programme.parameter`` → value) had held; see `comparison`.

    Both sides are screened anew on the run's facts, so that nothing but the wanted values differs. Raises Refusal for a parameter
    that is not there, or a value of another kind than it has now; KeyError before the run is screened.
    """
    as_of = ReportingMonth.parse(installation.registry().run(run_id).month).last_day
    expectations = settings.current().expectations
    programmes, policies = rules.load_programmes(expectations), rules.load_policies(expectations)
    there = _parameters(programmes, policies)
    changes = []
    for name, value in wanted.items():
        if name not in there:
            known = ", ".join(sorted(there))
            raise Refusal(
                "unknown_parameter",
                f"پارامتری با نام {name} نیست. پارامترها: {known}",
                f"There is no parameter {name}. The parameters are: {known}",
            )
        now = there[name].on(as_of)
        if not _is_of_one_kind(now, value):
            raise Refusal(
                "wrong_kind_of_value",
                f"مقدار {name} باید از نوع مقدار کنونی آن باشد: {now}",
                f"The value of {name} must be of the kind that it has now: {now}",
            )
        changes.append(Change(name, there[name].title, there[name].unit, now, value))

    facts = facts_of(run_id)
    sides: list[tuple[pd.DataFrame, Summary]] = []
    for done, (its_programmes, its_policies) in enumerate(
        ((programmes, policies), _with_values(programmes, policies, wanted)), start=1
    ):
        screened = screen_facts(facts, its_programmes, as_of=as_of)
        sides.append(
            (screened.decisions, summarise(facts, screened.decisions, screened.criteria, its_policies, as_of=as_of))
        )
        progress.report("compute", done, 2)
    (decisions, summary), (other_decisions, other_summary) = sides
    county_of = facts.households.set_index("household_id")["county"]
    moves = pd.concat(
        [
            comparison.moves_between(decisions, other_decisions, county_of),
            comparison.places_between(
                summary.waiting_list, other_summary.waiting_list, county_of, PROGRAMME_WITH_CEILING
            ),
        ],
        ignore_index=True,
    )
    return WhatIf(
        changes=changes,
        moves=comparison.protected_moves(moves, policies.disclosure),
        figures=comparison.changed_figures(summary.figures, other_summary.figures),
        programme_titles={name: programme.title for name, programme in programmes.items()},
        figure_titles={
            **{key: figure.title for key, figure in policies.figures.items()},
            **{
                f"{key}/{part}": p.title for key, figure in policies.figures.items() for part, p in figure.parts.items()
            },
        },
    )


def _parameters(programmes: Mapping[str, Programme], policies: CoveragePolicies) -> dict[str, Parameter]:
    of_programmes = {
        f"{programme}.{name}": parameter
        for programme, declared in programmes.items()
        for name, parameter in declared.parameters.items()
    }
    return of_programmes | {f"{OVERLAP}.{name}": parameter for name, parameter in policies.overlap.parameters.items()}


def _is_of_one_kind(now: Any, value: Any) -> bool:
    if isinstance(now, bool) or isinstance(value, bool):
        return isinstance(now, bool) and isinstance(value, bool)
    if isinstance(now, int | float):
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, type(now))


def _with_values(
    programmes: Mapping[str, Programme], policies: CoveragePolicies, wanted: Mapping[str, Any]
) -> tuple[dict[str, Programme], CoveragePolicies]:
    changed = dict(programmes)
    for name, value in wanted.items():
        owner, _, parameter = name.partition(".")
        if owner == OVERLAP:
            parameters = {
                **policies.overlap.parameters,
                parameter: policies.overlap.parameters[parameter].with_value(value),
            }
            overlap = policies.overlap.model_copy(update={"parameters": parameters})
            policies = policies.model_copy(update={"overlap": overlap})
            continue
        changed[owner] = changed[owner].with_parameter(parameter, value)
        if owner == PROGRAMME_WITH_CEILING and parameter in ("capacity", "waiting_list_order"):
            policies = policies.model_copy(update={parameter: changed[owner].parameters[parameter]})
    return changed, policies


def page_contents(found: WhatIf, month: ReportingMonth, lang: Language) -> WhatIfPage:
    """What the terminal and the page say of it, in the language."""
    expectations = settings.current().expectations
    return whatif_page(
        month,
        [(change.title, change.unit, change.value, change.would_be) for change in found.changes],
        found.moves,
        found.figures,
        programme_titles=found.programme_titles,
        figure_titles=found.figure_titles,
        counties={
            value.value: Title(fa=value.fa, en=value.en) for value in installation.vocabularies()["county"].values
        },
        threshold=rules.load_policies(expectations).disclosure.threshold,
        strings=templates.load_strings("whatif", lang, templates=settings.current().templates),
        lang=lang,
    )


def write_page(page: WhatIfPage, path: Path) -> Path:
    """The page stands at ``path`` as one self-contained HTML document; returns it."""
    own = settings.current().templates
    strings = templates.load_strings("whatif", page.lang, templates=own)
    text = templates.render_page("whatif/page.html.j2", strings=strings, medium="html", templates=own, report=page)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())
    return path
