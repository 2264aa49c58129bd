"""The registry's tables → what every report of a run is made from."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pandas as pd

from palayesh.adapters import rules, settings, templates
from palayesh.adapters.models import Run, Submission
from palayesh.declaration import Agency, Title
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.inputs import (
    AgencyName,
    CountyName,
    Edition,
    ReportInputs,
    ReportSettings,
    Revision,
    read_definitions,
)
from palayesh.reports.revisions import Cause, causes
from tasks import installation, ledger
from tasks.correspondence import reminder_days

MONTHS_SHOWN = 24
"""Two years, this month among them, are drawn side by side."""
SUPPORT_SUFFIX = "_support"
STATUS_OF_DIMENSION = {
    "national_id": "national_id_status",
    "birth_date": "birth_date_status",
    "service_dates": "service_start_status",
    "county": "county_status",
}
SOUND = ("valid", "repaired", "warn", "ok", "other_id", "partial")


def report_inputs(run_id: str, lang: Language, failed_agencies: list[str]) -> ReportInputs:
    """What every report of the run is made from, with the words and settings of the governorate's."""
    registry = installation.registry()
    run = registry.run(run_id)
    month = ReportingMonth.parse(run.month)
    declared = installation.agencies()
    expectations = settings.current().expectations
    policies = rules.load_policies(expectations)
    before = registry.latest_run(str(month.previous()))
    linked = registry.step_counts(run_id, "link") or {}
    declared_settings = templates.load_settings(templates=settings.current().templates)
    replaced = next((one for one in registry.runs(run.month) if one.revision == run.revision - 1), None)
    roles = {f"{name}/{key}": one.role for name, agency in declared.items() for key, one in agency.lists.items()}
    return ReportInputs(
        edition=Edition(
            month=month,
            revision=run.revision,
            status=_status(run, month, declared_settings),
            rules_version=run.rules_sha256[:12],
            code_version=run.code_version,
            snapshot_id=run.inputs_sha256[:12],
            numbers_hash=_numbers_hash(registry.frame(run_id, "figures")),
            issued_on=run.issued_on,
            # The month after this one is over on that day, and is reported on it.
            next_issue_on=month.plus(2).first_day,
        ),
        lang=lang,
        strings=templates.load_strings("coverage", lang, templates=settings.current().templates),
        settings=declared_settings,
        threshold=policies.disclosure.threshold,
        agencies=tuple(_agency_name(agency) for agency in sorted(declared.values(), key=_agency_order)),
        counties=tuple(
            CountyName(value.value, Title(fa=value.fa, en=value.en))
            for value in installation.vocabularies()["county"].values
            if value.value.startswith(settings.current().province)
        ),
        definitions=read_definitions(policies.figures, roles),
        figures=registry.frame(run_id, "figures"),
        previous_figures=registry.frame(before.id, "figures") if before else None,
        coverage_cells=registry.frame(run_id, "cells"),
        previous_coverage_cells=registry.frame(before.id, "cells") if before else None,
        overlap=registry.frame(run_id, "overlap"),
        waiting=registry.frame(run_id, "waiting"),
        lists=_lists(month, declared, failed_agencies),
        quality=_quality(str(month)),
        history=_history(month),
        person_count=int(linked.get("persons", 0)),
        household_count=int(linked.get("households", 0)),
        revisions=_revisions(run.month, run.revision),
        replaced_figures=registry.frame(replaced.id, "figures") if replaced else None,
        replaced_cells=registry.frame(replaced.id, "cells") if replaced else None,
    )


def _status(run: Run, month: ReportingMonth, declared: ReportSettings) -> Literal["provisional", "revised", "final"]:
    if (run.issued_on - month.last_day).days >= declared.final_after_days:
        return "final"
    return "provisional" if run.revision == 1 else "revised"


def _revisions(month: str, until: int) -> tuple[Revision, ...]:
    """The month's revisions up to this one, newest first, each with what it stands on that the former one did not."""
    runs = sorted(installation.registry().runs(month), key=lambda run: run.revision)
    runs = [run for run in runs if run.revision <= until]
    inputs = [ledger.inputs_of(run.id) for run in runs]
    found = [(Cause("first"),), *(causes(before, now) for before, now in pairwise(inputs))]
    told = [Revision(run.revision, run.issued_on, of) for run, of in zip(runs, found, strict=True)]
    return tuple(reversed(told))


def _history(month: ReportingMonth) -> pd.DataFrame | None:
    """The figures themselves and the province's totals of the newest finished run of each earlier month, as far as they go back."""
    registry = installation.registry()
    frames = []
    for back in range(1, MONTHS_SHOWN):
        earlier = str(month.plus(-back))
        if run := registry.latest_run(earlier):
            figures, cells = registry.frame(run.id, "figures"), registry.frame(run.id, "cells")
            totals = cells[cells["agency"].eq("") & cells["county"].eq("")]
            both = pd.concat(
                [
                    figures.loc[figures["part"] == "", ["key", "value", "state"]],
                    totals.assign(key="coverage." + totals["measure"])[["key", "value", "state"]],
                ]
            )
            # A total hidden among the cells is hidden, whatever the figures say: the cells come last.
            frames.append(both.drop_duplicates("key", keep="last").assign(month=earlier))
    return pd.concat(frames, ignore_index=True) if frames else None


def _agency_name(agency: Agency) -> AgencyName:
    gives = any(one.role.endswith(SUPPORT_SUFFIX) for one in agency.lists.values())
    return replace(AgencyName(agency.agency, agency.title, agency.counts_as_cover), gives_support=gives)


def _agency_order(agency: Agency) -> tuple[bool, bool, str]:
    gives = any(one.role.endswith(SUPPORT_SUFFIX) for one in agency.lists.values())
    return (not gives, not agency.counts_as_cover, agency.agency)


def _numbers_hash(figures: pd.DataFrame) -> str:
    ordered = figures.sort_values(["key", "part"])[["key", "part", "value", "unit"]]
    return hashlib.sha256(ordered.to_csv(index=False).encode()).hexdigest()


def _lists(month: ReportingMonth, declared: dict[str, Agency], failed_agencies: list[str]) -> pd.DataFrame:
    """Every declared list with what came of it this month."""
    arrived: dict[str, list[Submission]] = {}
    for submission in installation.registry().submissions(str(month)):
        arrived.setdefault(submission.list_key or f"{submission.agency}/?", []).append(submission)
    rows = []
    for name, agency in sorted(declared.items()):
        unread = [s for s in arrived.get(f"{name}/?", []) if s.state in ("refused", "held", "empty")]
        for list_name, one in agency.lists.items():
            of_list = arrived.get(f"{name}/{list_name}", [])
            counted = [s for s in of_list if s.state == "validated"]
            rows.append(
                {
                    "list_key": f"{name}/{list_name}",
                    "title_fa": one.title.fa,
                    "title_en": one.title.en,
                    "agency": name,
                    "state": _list_state(counted, of_list or unread, month, is_failed=name in failed_agencies),
                    "file_count": len(counted) or len(of_list),
                    **{
                        column: sum(getattr(s, f"{column}_count") for s in counted) if counted else None
                        for column in ("received", "accepted", "set_aside", "repaired")
                    },
                    "received_on": max((s.received_on for s in counted), default=None),
                }
            )
    counts = ["file_count", "received", "accepted", "set_aside", "repaired"]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(counts, "Int64"))
    # «repaired» counts values; a record may have several, so it never exceeds what was received
    frame["repaired"] = frame[["repaired", "received"]].min(axis=1).astype("Int64")
    return frame.astype({"received_on": "object"})


def _list_state(counted: list[Submission], others: list[Submission], month: ReportingMonth, *, is_failed: bool) -> str:
    if counted:
        late = max((s.received_on - month.last_day).days for s in counted) >= reminder_days().late
        return "late" if late else "received"
    states = {s.state for s in others}
    if "held" in states or "empty" in states:
        return "held"
    return "rejected" if "refused" in states or is_failed else "missing"


def _quality(month: str) -> pd.DataFrame:
    """Failed and checked records per list and dimension, over accepted and set-aside records."""
    registry = installation.registry()
    rows: dict[tuple[str, str], tuple[int, int]] = {}

    def add(list_key: str, dimension: str, failed: int, checked: int) -> None:
        before = rows.get((list_key, dimension), (0, 0))
        rows[list_key, dimension] = (before[0] + failed, before[1] + checked)

    for submission in ledger.current_submissions(month):
        key = submission.list_key or ""
        add(key, "set_aside", submission.set_aside_count, submission.received_count)
        accepted = registry.frame(submission.id, "accepted", list(STATUS_OF_DIMENSION.values()))
        for dimension, column in STATUS_OF_DIMENSION.items():
            if column in accepted and not accepted[column].eq("missing").all():  # else the list has no such column
                add(key, dimension, int((~accepted[column].isin(SOUND)).sum()), len(accepted))
    frame = pd.DataFrame(
        [(key, dimension, failed, checked) for (key, dimension), (failed, checked) in rows.items()],
        columns=["list_key", "dimension", "failed", "checked"],
    )
    order = {name: place for place, name in enumerate(("set_aside", *STATUS_OF_DIMENSION))}
    return frame.sort_values("dimension", key=lambda names: names.map(order), kind="stable", ignore_index=True)
