"""A finished computation → what the stewards' run sheet says of it, counted once and kept with the run."""

from __future__ import annotations

import datetime as dt
import hashlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from palayesh.adapters import rules, settings
from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.check_store import CheckStore
from palayesh.adapters.models import Submission
from palayesh.adapters.registry import Registry
from palayesh.adapters.review_store import ReviewStore
from palayesh.coverage.public_release import exposed
from palayesh.parameters import Parameter
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.run_sheet import RunFacts
from palayesh.review import standing
from palayesh.review.policy import agreement
from tasks import installation, ledger, reviewing
from tasks.correspondence import outbox
from tasks.stage import stage_task

STEP = "run_sheet"
LONGEST_PAUSE = 300
"""Seconds between two judgements after which the steward was not at work in between."""
FEWEST_GAPS = 20
MONTHS_BACK = 6
RULE_WORDS = ("sentence_fa", "sentence_en", "mend_fa", "mend_en")
FRAMES = tuple(name for name in RunFacts.__dataclass_fields__ if name != "counts")
PACKAGES = (
    "pandas", "duckdb", "splink", "great-expectations", "prefect", "sqlalchemy", "scipy", "weasyprint", "jinja2",
    "fastapi", "cryptography", "pikepdf",
)  # fmt: skip


@stage_task("run sheet {run_id}")
def gather_facts(run_id: str) -> dict[str, Any]:
    """What the run sheet says is counted, once: what happens later (mail, judgements) is the next run's."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    run = registry.run(run_id)
    before = ledger.previous_run(run.month)
    pairs = ReviewStore(registry).open_pairs(run_id)
    per_hour, is_measured = _pace(registry.judgements())
    chain = AuditStore(registry).check()
    public = registry.frame(run_id, "public")
    linked = registry.step_counts(run_id, "link") or {}
    counts = {
        "pairs_per_hour": per_hour,
        "is_measured": is_measured,
        "ids_merged": int(linked.get("ids_merged", 0)),
        "ids_split": int(linked.get("ids_split", 0)),
        "audit_count": chain.count,
        "audit_head": chain.head,
        "audit_broken_at": chain.broken_at,
        "rules_changed": before is not None and before.rules_sha256 != run.rules_sha256,
        "references": CheckStore(registry).reference_count(),
        **_overdue(run.month),
        "public_exposed": exposed(public, rules.load_policies(settings.current().expectations).disclosure),
    }
    registry.save_step(
        run_id,
        STEP,
        counts,
        frames={
            "sheet_steps": _steps(run_id, before.id if before else None),
            "sheet_lists": _lists(run.month),
            "sheet_changes": _changes(run.month),
            "sheet_headings": _headings(run.month),
            "sheet_failures": failures_of(run.month),
            "sheet_review": _review(pairs, run.month),
            "sheet_links": _links(run_id),
            "sheet_scores": _scores(pairs),
            "sheet_checks": _checks(registry),
            "sheet_decisions": _decisions(
                before.judgement_position if before else 0, run.judgement_position, run.month
            ),
            "sheet_disclosure": _disclosure(run_id, public),
            "sheet_outbox": _outbox(),
            "sheet_versions": _versions(run_id),
        },
    )
    return counts


def facts_of(run_id: str) -> RunFacts:
    """What was counted for the run. Raises KeyError before it was."""
    registry = installation.registry()
    counts = registry.step_counts(run_id, STEP)
    if counts is None:
        raise KeyError(f"the run {run_id} has no run sheet")
    return RunFacts(**{name: registry.frame(run_id, f"sheet_{name}") for name in FRAMES}, counts=counts)


def _frame(rows: list[tuple[Any, ...]], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _steps(run_id: str, before: str | None) -> pd.DataFrame:
    registry = installation.registry()

    def counts(run: str | None) -> dict[str, int]:
        if run is None:
            return {}
        linked = registry.step_counts(run, "link") or {}
        screened = (registry.step_counts(run, "screen") or {}).get("decisions", {})
        decided = {name: sum(of.get(name, 0) for of in screened.values())
                   for name in ("eligible", "not_eligible", "needs_information")}  # fmt: skip
        return {
            name: int(linked.get(name, 0)) for name in ("mentions", "persons", "households", "review_pairs")
        } | decided

    now, then = counts(run_id), counts(before)
    return _frame(
        [(name, now[name], then.get(name)) for name in now], {"step": "str", "count": "Int64", "before": "Int64"}
    )


def _previous(month: str) -> str:
    return str(ReportingMonth.parse(month).previous())


def _received(month: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for submission in ledger.current_submissions(month):
        key = submission.list_key or ""
        found[key] = found.get(key, 0) + submission.received_count
    return found


def _lists(month: str) -> pd.DataFrame:
    by_list: dict[str, list[Submission]] = {}
    for submission in installation.registry().submissions(month):
        by_list.setdefault(submission.list_key or f"{submission.agency}/?", []).append(submission)
    before = _received(_previous(month))
    rows = []
    for name, agency in sorted(installation.agencies().items()):
        for list_name in agency.lists:
            key = f"{name}/{list_name}"
            there = by_list.get(key, [])
            counted = [s for s in there if s.state == "validated"]
            waits = any(s.state in ("held", "empty") for s in there)
            state = "received" if counted else ("held" if waits else ("rejected" if there else "missing"))
            sums = [
                sum(getattr(s, f"{what}_count") for s in counted) if counted else None
                for what in ("received", "accepted", "set_aside", "repaired")
            ]
            rows.append((key, state, len(there), *sums, before.get(key)))
    whole = dict.fromkeys(("files", "received", "accepted", "set_aside", "repaired", "before"), "Int64")
    return _frame(rows, {"list_key": "str", "state": "str"} | whole)


def _headings(month: str) -> pd.DataFrame:
    """Against the month before: columns that are new, gone, or under another heading; and headings that are asked about."""

    def known(of_month: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for submission in ledger.current_submissions(of_month):
            found.setdefault(submission.list_key or "", {}).update((submission.account or {}).get("headings") or {})
        return found

    now, then = known(month), known(_previous(month))
    asked: dict[str, int] = {}
    for submission in ledger.waiting(month):
        if submission.list_key:
            questions = len((submission.account or {}).get("questions") or [])
            asked[submission.list_key] = asked.get(submission.list_key, 0) + questions
    rows = []
    for key in sorted({*now, *asked}):
        mine, before = now.get(key, {}), then.get(key)
        if before is None:
            rows.append((key, 0, 0, 0, asked.get(key, 0)))
            continue
        renamed = sum(mine[column] != before[column] for column in mine.keys() & before.keys())
        rows.append(
            (
                key,
                len(mine.keys() - before.keys()),
                len(before.keys() - mine.keys()) if mine else 0,
                renamed,
                asked.get(key, 0),
            )
        )
    return _frame(rows, {"list_key": "str"} | dict.fromkeys(("new", "gone", "renamed", "asked"), "Int64"))


def failures_of(month: str) -> pd.DataFrame:
    """Every rule of every list with its failures, those of the month before, and whether the kind is new in six months.

    ``earlier`` holds the failures of each of the six months before, oldest first, as text; absent months are empty.
    """
    registry = installation.registry()
    parsed = ReportingMonth.parse(month)
    tables = []
    for back in range(MONTHS_BACK + 1):
        of_month = str(parsed.plus(-back))
        lists = {s.id: s.list_key or "" for s in ledger.current_submissions(of_month)}
        results = (
            registry.rule_results(list(lists))
            if lists
            else pd.DataFrame(columns=["submission_id", "code", "checked", "failed"])
        )
        results = results.assign(list_key=results["submission_id"].map(lists), back=back)
        tables.append(results[["list_key", "code", "checked", "failed", "back"]])
    together = (
        pd.concat(tables, ignore_index=True)
        .groupby(["list_key", "code", "back"], as_index=False)[["checked", "failed"]]
        .sum()
    )
    now = together[together["back"] == 0].set_index(["list_key", "code"])
    earlier = together[together["back"] > 0].pivot_table(
        index=["list_key", "code"], columns="back", values="failed", aggfunc="sum"
    )
    earlier = earlier.reindex(index=now.index, columns=range(1, MONTHS_BACK + 1))
    words = _sentences(month)
    lists_before = set(together.loc[together["back"] > 0, "list_key"])
    rows = []
    for key, row in now.to_dict("index").items():
        list_key, code = map(str, key)  # type: ignore[call-overload]
        past = earlier.loc[(list_key, code)]
        sentence = words.get((list_key, code), (code,) * len(RULE_WORDS))
        is_new = list_key in lists_before and row["failed"] > 0 and not past.fillna(0).gt(0).any()
        told = ";".join("" if pd.isna(past[back]) else str(int(past[back])) for back in range(MONTHS_BACK, 0, -1))
        before = None if pd.isna(past[1]) else int(past[1])
        rows.append((list_key, code, *sentence, int(row["failed"]), int(row["checked"]), before, bool(is_new), told))
    columns = {
        "list_key": "str", "code": "str", **dict.fromkeys(RULE_WORDS, "str"), "failed": "Int64", "checked": "Int64",
        "before": "Int64", "is_new": "bool", "earlier": "str",
    }  # fmt: skip
    return _frame(rows, columns)


def _sentences(month: str) -> dict[tuple[str, str], tuple[str, ...]]:
    registry = installation.registry()
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for submission in ledger.current_submissions(month):
        words = registry.frame(submission.id, "rules", ["code", *RULE_WORDS])
        for code, *said in words.itertuples(index=False):
            found.setdefault((submission.list_key or "", str(code)), tuple(map(str, said)))
    return found


def changed_parameters(month: str) -> list[tuple[str, Parameter, dt.date]]:
    """Programme, parameter and first day of every value of the rules that began in the month."""
    parsed = ReportingMonth.parse(month)
    return [
        (name, parameter, value.from_)
        for name, programme in rules.load_programmes(settings.current().expectations).items()
        for parameter in programme.parameters.values()
        for value in parameter.values
        if parsed.first_day <= value.from_ <= parsed.last_day
    ]


def _changes(month: str) -> pd.DataFrame:
    rows = {(parameter.title.fa, parameter.title.en, began) for _, parameter, began in changed_parameters(month)}
    return _frame(sorted(rows), {"title_fa": "str", "title_en": "str", "from": "datetime64[s]"})


def _checks(registry: Registry) -> pd.DataFrame:
    """What all stewards together answered to pairs that were judged before, and to joins that were asked by lot."""
    answers = CheckStore(registry).answers()
    rows: list[tuple[object, ...]] = []
    for kind in ("reference", "repeat"):
        found = agreement((one.expected, str(one.answer)) for one in answers if one.kind == kind)
        rows.append((kind, found.count, found.same_answer, found.unsure, found.kappa))
    given = standing.standing(registry.judgements()).set_index("pair_id")["judgement"]
    said = given[given.index.isin(ReviewStore(registry).sampled())]
    said = said[said.isin((*standing.DECISIVE, "unsure"))]
    rows.append(("sampled", len(said), int(said.eq("same").sum()), int(said.eq("unsure").sum()), None))
    whole = dict.fromkeys(("asked", "same", "unsure"), "Int64")
    return _frame(rows, {"kind": "str"} | whole | {"kappa": "float64"})


def _overdue(month: str) -> dict[str, Any]:
    """Months whose rows are held longer than the settings say."""
    kept = settings.current().keep_months
    first_kept = str(ReportingMonth.parse(month).plus(1 - kept))
    held = installation.registry().months_held(first_kept) if kept else []
    return {"keep_months": kept, "months_overdue": len(held), "oldest_overdue": held[0] if held else None}


def _review(pairs: pd.DataFrame, month: str) -> pd.DataFrame:
    rows = [
        (kind, len(of_kind), int(of_kind["since_month"].eq(month).sum()), str(of_kind["since_month"].min()))
        for kind, of_kind in pairs.groupby("kind", sort=True)
    ]
    return _frame(rows, {"kind": "str", "open": "Int64", "new": "Int64", "oldest": "str"})


def _links(run_id: str) -> pd.DataFrame:
    tiers = installation.registry().frame(run_id, "linked_mentions", ["tier"])["tier"].value_counts()
    return _frame(
        [(tier, int(tiers.get(tier, 0))) for tier in ("exact", "probabilistic", "single")],
        {"tier": "str", "mentions": "Int64"},
    )


def _scores(pairs: pd.DataFrame) -> pd.DataFrame:
    bands = (pairs["match_probability"].clip(0, 0.9999) * 10).astype("int64").value_counts()
    return _frame([(band, int(bands.get(band, 0))) for band in range(10)], {"band": "Int64", "pairs": "Int64"})


def _decisions(since: int, until: int, month: str) -> pd.DataFrame:
    registry = installation.registry()
    log = registry.judgements()
    log = log[(log["id"] > since) & (log["id"] <= until)]
    is_undo = log["withdraws"].notna()
    judged = log.loc[~is_undo, "judgement"].value_counts().sort_index()
    rows = [("judgements", str(kind), int(count)) for kind, count in judged.items()]
    if is_undo.any():
        rows.append(("judgements", "undone", int(is_undo.sum())))
    corrections = registry.corrections()
    first_day = pd.Timestamp(ReportingMonth.parse(month).first_day, tz="UTC")
    if len(corrections):
        at = pd.to_datetime(corrections["decided_at"], utc=True)
        recent = corrections[(at >= first_day) | corrections["month"].eq(month)]
        groups = recent.drop_duplicates(["group_id", "action"])["action"].value_counts().sort_index()
        rows += [("corrections", str(kind), int(count)) for kind, count in groups.items()]
    return _frame(rows, {"log": "str", "kind": "str", "count": "Int64"})


def _pace(log: pd.DataFrame) -> tuple[int, bool]:
    """Pairs that one steward judges in an hour of work, from the log, and true; the usual number, and false, where it says too little."""
    moments = pd.to_datetime(log["decided_at"], utc=True)
    seconds = (moments - moments.min()).dt.total_seconds().sort_values()
    gaps = seconds.groupby(log["decided_by"]).diff()
    working = gaps[gaps.between(0, LONGEST_PAUSE, inclusive="right")]
    if len(working) < FEWEST_GAPS:
        return reviewing.policy().usual_pairs_per_hour, False
    return max(1, round(3600 * len(working) / float(working.sum()))), True


def _disclosure(run_id: str, public: pd.DataFrame) -> pd.DataFrame:
    registry = installation.registry()
    tables = {name: registry.frame(run_id, name) for name in ("figures", "cells", "overlap", "waiting")} | {
        "public": public
    }
    rows = [
        (name, int(table["state"].isin(["shown", "zero"]).sum()), int(table["state"].eq("hidden").sum()))
        for name, table in tables.items()
    ]
    return _frame(rows, {"table": "str", "printed": "Int64", "hidden": "Int64"})


def _outbox() -> pd.DataFrame:
    messages = pd.DataFrame([(m.month, m.state) for m in outbox().messages()], columns=["month", "state"])
    counted = (
        messages.groupby(["month", "state"]).size().reset_index(name="count")
        if len(messages)
        else messages.assign(count=0)
    )
    newest = sorted(set(counted["month"]))[-3:]
    rows = [tuple(row) for row in counted[counted["month"].isin(newest)].itertuples(index=False)]
    return _frame(rows, {"month": "str", "state": "str", "count": "Int64"})


def _versions(run_id: str) -> pd.DataFrame:
    run = installation.registry().run(run_id)
    rows = [
        ("code", run.code_version),
        ("rules", run.rules_sha256[:12]),
        ("inputs", run.inputs_sha256[:12]),
        ("templates", templates_digest()[:12]),
    ]
    for name in PACKAGES:
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return _frame(list(rows), {"name": "str", "version": "str"})


def templates_digest() -> str:
    """SHA-256 of every template, word and style that the reports are made of."""
    folder = settings.current().templates
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
