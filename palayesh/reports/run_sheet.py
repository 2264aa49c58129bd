"""The stewards' run sheet: what the month's run did, what drifted, what fails, what waits, and on what it all stands. Counts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy.stats import beta

from palayesh.persian_text import sort_key
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.builder import Builder, edition_head, trust_sentences
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.parts import Fact, Row, Table
from palayesh.reports.sections import Section, SectionedReport, bars, change_cell, count_cell, plain_table
from palayesh.reports.wording import write_date, write_number, write_percent

FEWEST_ANSWERS = 20
"""Agreement beyond chance of fewer answers says nothing."""
MOST_RULES = 40
"""Rows of the table of failures; the rest is in the console."""


@dataclass(frozen=True)
class RunFacts:
    """What was counted when the run was finished, as plain frames; every number counts rows, files or work.

    - ``steps``: ``step``, ``count``, ``before``
    - ``lists``: ``list_key``, ``state``, ``files``, ``received``, ``accepted``, ``set_aside``, ``repaired``, ``before``
    - ``changes``: ``title_fa``, ``title_en``, ``from``: parameters of the rules with a value that began in the month
    - ``headings``: ``list_key``, ``new``, ``gone``, ``renamed``, ``asked``
    - ``failures``: ``list_key``, ``code``, ``sentence_fa``, ``sentence_en``, ``failed``, ``checked``, ``before``, ``is_new``
    - ``review``: ``kind``, ``open``, ``new``, ``oldest``
    - ``links``: ``tier``, ``mentions``: by what each mention was given its person
    - ``scores``: ``band`` (0 … 9, tenths of the probability), ``pairs``
    - ``checks``: ``kind`` (reference and repeat: pairs that stewards were asked again; sampled: joins asked by lot), ``asked``,
      ``same``, ``unsure``, ``kappa``
    - ``decisions``: ``log`` (judgements, corrections), ``kind``, ``count``
    - ``disclosure``: ``table``, ``printed``, ``hidden``
    - ``outbox``: ``month``, ``state``, ``count``
    - ``versions``: ``name``, ``version``
    """

    steps: pd.DataFrame
    lists: pd.DataFrame
    changes: pd.DataFrame
    headings: pd.DataFrame
    failures: pd.DataFrame
    review: pd.DataFrame
    links: pd.DataFrame
    scores: pd.DataFrame
    checks: pd.DataFrame
    decisions: pd.DataFrame
    disclosure: pd.DataFrame
    outbox: pd.DataFrame
    versions: pd.DataFrame
    counts: Mapping[str, Any]
    """``pairs_per_hour``, ``is_measured``, ``ids_merged``, ``ids_split``, ``audit_count``, ``audit_head``, ``audit_broken_at``, ``public_exposed``,
    ``rules_changed``, ``references``, ``keep_months``, ``months_overdue``, ``oldest_overdue``."""


def build_run_sheet(inputs: ReportInputs, facts: RunFacts) -> SectionedReport:
    """The run sheet of the month, for the stewards."""
    b = Builder(inputs)
    sections = (
        _account(b, facts),
        _drift(b, facts),
        _failures(b, facts),
        _review(b, facts),
        _matching(b, facts),
        _decisions(b, facts),
        _safeguards(b, facts),
        _versions(b, facts),
    )
    return SectionedReport(
        **edition_head(b),
        strip=(),
        sentences=_sentences(b, facts),
        trust_sentences=trust_sentences(b),
        headline_rows=(),
        whose=b.words.say("report.whose"),
        sections=sections,
        label_title=b.words.say("columns.band"),
        amount_title=b.words.say("columns.pairs"),
    )


def _n(b: Builder, value: float) -> str:
    return write_number(value, b.lang, decimals=1)


def _sentences(b: Builder, facts: RunFacts) -> tuple[str, ...]:
    lost = int(_lost(facts.lists).abs().sum())
    pairs = int(facts.review["open"].sum())
    new_kinds = int(facts.failures["is_new"].sum())
    drifted = int(facts.headings[["new", "gone", "renamed", "asked"]].sum(axis=1).gt(0).sum())
    broken = facts.counts["audit_broken_at"]
    return (
        b.words.say("sentences.conserved" if lost == 0 else "sentences.lost", count=_n(b, lost)),
        b.words.say("sentences.drift" if drifted else "sentences.no_drift", count=_n(b, drifted)),
        b.words.say("sentences.new_kinds" if new_kinds else "sentences.no_new_kinds", count=_n(b, new_kinds)),
        b.words.say(
            "sentences.pairs",
            count=_n(b, pairs),
            hours=_n(b, round(pairs / facts.counts["pairs_per_hour"], 1)),
            pace=_n(b, facts.counts["pairs_per_hour"]),
            how=b.words.say("text.measured" if facts.counts["is_measured"] else "text.usual"),
        ),
        b.words.say("sentences.gate" if not facts.counts["public_exposed"] else "sentences.gate_fails"),
        b.words.say("sentences.audit", count=_n(b, facts.counts["audit_count"]))
        if broken is None
        else b.words.say("sentences.audit_broken", entry=_n(b, broken)),
    )


def _lost(lists: pd.DataFrame) -> pd.Series:
    """Rows of each list that are neither accepted nor set aside; absent where nothing came."""
    return lists["received"] - lists["accepted"] - lists["set_aside"]


def _account(b: Builder, facts: RunFacts) -> Section:
    rows = []
    for row in facts.lists.assign(lost=_lost(facts.lists)).to_dict("records"):
        counts = [count_cell(b, row[name]) for name in ("files", "received", "accepted", "set_aside")]
        rows.append(
            Row(
                b.list_titles[str(row["list_key"])],
                (
                    b.text_cell(b.words.say(f"list_states.{row['state']}")),
                    *counts,
                    count_cell(b, row["lost"]),
                    count_cell(b, row["repaired"]),
                    change_cell(b, row["received"], row["before"]),
                ),
            )
        )
    names = ("files", "received", "accepted", "set_aside", "lost", "repaired")
    columns = (("list", True), ("state", True), *((name, False) for name in names), ("against_before", False))
    steps = [
        Row(
            b.words.say(f"steps.{row['step']}"),
            (count_cell(b, row["count"]), change_cell(b, row["count"], row["before"])),
        )
        for row in facts.steps.to_dict("records")
    ]
    return Section(
        b.words.say("sections.account"),
        tables=(
            plain_table(b, "account", columns, rows, note=b.words.say("text.account_note")),
            plain_table(b, "steps", (("step", True), ("value", False), ("against_before", False)), steps),
        ),
    )


def _drift(b: Builder, facts: RunFacts) -> Section:
    moved = facts.headings[facts.headings[["new", "gone", "renamed", "asked"]].sum(axis=1) > 0]
    names = ("new", "gone", "renamed", "asked")
    rows = [
        Row(b.list_titles[str(row["list_key"])], tuple(count_cell(b, row[name]) for name in names))
        for row in moved.to_dict("records")
    ]
    columns = (("list", True), *((f"heading_{name}", False) for name in names))
    tables = [plain_table(b, "drift", columns, rows, note=b.words.say("text.drift_note"))] if rows else []
    said = [] if rows else [b.words.say("text.no_drift")]
    said.append(b.words.say("text.rules_changed" if facts.counts["rules_changed"] else "text.rules_same"))
    changed = [
        Row(str(row[f"title_{b.lang}"]), (b.text_cell(write_date(row["from"], b.lang)),))
        for row in facts.changes.to_dict("records")
    ]
    if changed:
        tables.append(plain_table(b, "changes", (("parameter", True), ("in_force_from", True)), changed))
    return Section(b.words.say("sections.drift"), tuple(said), tuple(tables))


def _failures(b: Builder, facts: RunFacts) -> Section:
    failed = facts.failures[facts.failures["failed"] > 0]
    failed = failed.assign(change=(failed["failed"] - failed["before"].fillna(0)).abs())
    failed = failed.sort_values(
        ["is_new", "change", "failed", "list_key", "code"], ascending=[False, False, False, True, True], kind="stable"
    )
    rows = [
        Row(
            str(row[f"sentence_{b.lang}"]),
            (
                b.text_cell(b.list_titles[str(row["list_key"])]),
                b.text_cell(b.words.say("text.new_kind")) if row["is_new"] else b.text_cell(""),
                count_cell(b, row["failed"]),
                count_cell(b, row["checked"]),
                change_cell(b, row["failed"], row["before"]),
            ),
        )
        for row in failed.head(MOST_RULES).to_dict("records")
    ]
    if not rows:
        return Section(b.words.say("sections.failures"), (b.words.say("text.no_failures"),))
    columns = (
        ("rule", True),
        ("list", True),
        ("kind", True),
        ("failed", False),
        ("checked", False),
        ("against_before", False),
    )
    left = len(failed) - len(rows)
    note = b.words.say("text.failures_note") + (
        " " + b.words.say("text.more_rules", count=_n(b, left)) if left > 0 else ""
    )
    return Section(b.words.say("sections.failures"), tables=(plain_table(b, "failures", columns, rows, note=note),))


def _review(b: Builder, facts: RunFacts) -> Section:
    rows = []
    for row in facts.review.sort_values(["open", "kind"], ascending=[False, True]).to_dict("records"):
        oldest = ReportingMonth.parse(str(row["oldest"])).title(b.lang) if row["oldest"] else ""
        hours = round(row["open"] / facts.counts["pairs_per_hour"], 1)
        rows.append(
            Row(
                b.words.find(f"pair_kinds.{row['kind']}") or str(row["kind"]),
                (count_cell(b, row["open"]), count_cell(b, row["new"]), b.text_cell(oldest), b.text_cell(_n(b, hours))),
            )
        )
    if not rows:
        return Section(b.words.say("sections.review"), (b.words.say("text.no_pairs"),))
    columns = (("pair_kind", True), ("open", False), ("new_pairs", False), ("oldest", True), ("hours", False))
    return Section(b.words.say("sections.review"), tables=(plain_table(b, "review", columns, rows),))


def _matching(b: Builder, facts: RunFacts) -> Section:
    def label(band: int) -> str:
        high = write_percent((band + 1) / 10, b.lang)
        return b.words.say("text.rate_class", low=write_number(band * 10, b.lang), high=high)

    told = [(label(int(row["band"])), float(row["pairs"])) for row in facts.scores.to_dict("records")]
    said = b.words.say(
        "sentences.matching",
        merged=_n(b, facts.counts["ids_merged"]),
        split=_n(b, facts.counts["ids_split"]),
    )
    chart = (bars(b, "scores", told, note=b.words.say("text.scores_note")),) if any(v for _, v in told) else ()
    links = [
        Row(b.words.say(f"tiers.{row['tier']}"), (count_cell(b, row["mentions"]),))
        for row in facts.links.to_dict("records")
    ]
    table = plain_table(b, "links", (("tier", True), ("mentions", False)), links)
    health = _agreement(b, facts)
    told_of: tuple[str, ...] = (said, b.words.say("sentences.references", count=_n(b, facts.counts["references"])))
    if health is None:
        told_of = (*told_of, b.words.say("text.no_checks"))
    told_of = (*told_of, _sampled(b, facts))
    return Section(b.words.say("sections.matching"), told_of, (table, *((health,) if health else ())), chart)


def _sampled(b: Builder, facts: RunFacts) -> str:
    """How many of the joins that were asked by lot are none, and what share of all joins that leaves possible."""
    found = facts.checks[facts.checks["kind"] == "sampled"]
    settled = int((found["asked"] - found["unsure"]).sum())
    if not settled:
        return b.words.say("text.no_sample")
    wrong = settled - int(found["same"].sum())
    # The exact binomial bound: with fewer wrong joins than this, so few would be seen in one sample of twenty at most.
    bound = float(beta.ppf(0.95, wrong + 1, settled - wrong)) if wrong < settled else 1.0
    return b.words.say(
        "sentences.sampled", asked=_n(b, settled), wrong=_n(b, wrong), bound=write_percent(bound, b.lang, decimals=1)
    )


def _agreement(b: Builder, facts: RunFacts) -> Table | None:
    """How all stewards together answer pairs that were judged before; nobody's own answers are told."""
    rows = []
    for row in facts.checks[facts.checks["asked"] > 0].to_dict("records"):
        kappa = row["kappa"]
        told = (
            b.text_cell(write_number(round(float(kappa), 2), b.lang, decimals=2))
            if pd.notna(kappa) and row["asked"] >= FEWEST_ANSWERS
            else b.cell(None, "not_applicable")
        )
        share = b.text_cell(write_percent(row["same"] / row["asked"], b.lang))
        counts = tuple(count_cell(b, row[name]) for name in ("asked", "same", "unsure"))
        rows.append(Row(b.words.say(f"checks.{row['kind']}"), (*counts, share, told)))
    if not rows:
        return None
    columns = (
        ("check", True),
        ("asked", False),
        ("same", False),
        ("unsure", False),
        ("share", False),
        ("kappa", False),
    )
    note = b.words.say("text.checks_note", fewest=_n(b, FEWEST_ANSWERS))
    return plain_table(b, "checks", columns, rows, note=note)


def _decisions(b: Builder, facts: RunFacts) -> Section:
    rows = [
        Row(b.words.say(f"decisions.{row['log']}_{row['kind']}"), (count_cell(b, row["count"]),))
        for row in facts.decisions.to_dict("records")
    ]
    if not rows:
        return Section(b.words.say("sections.decisions"), (b.words.say("text.no_decisions"),))
    table = plain_table(b, "decisions", (("decision", True), ("value", False)), rows)
    return Section(b.words.say("sections.decisions"), tables=(table,))


def _safeguards(b: Builder, facts: RunFacts) -> Section:
    gate = [
        Row(b.words.say(f"gate.{row['table']}"), (count_cell(b, row["printed"]), count_cell(b, row["hidden"])))
        for row in facts.disclosure.to_dict("records")
    ]
    tables = [
        plain_table(b, "gate", (("published", True), ("printed", False), ("hidden", False)), gate,
                    note=b.words.say("text.gate_note"))
    ]  # fmt: skip
    mail = [
        Row(
            ReportingMonth.parse(str(row["month"])).title(b.lang),
            (b.text_cell(b.words.say(f"mail_states.{row['state']}")), count_cell(b, row["count"])),
        )
        for row in facts.outbox.to_dict("records")
    ]
    if mail:
        tables.append(plain_table(b, "outbox", (("month", True), ("state", True), ("messages", False)), mail))
    head = str(facts.counts["audit_head"])
    told = (Fact(b.words.say("facts.audit_head"), head, True),)
    sentences = (*(() if mail else (b.words.say("text.no_mail"),)), _retention(b, facts))
    return Section(b.words.say("sections.safeguards"), sentences, tuple(tables), facts=told)


def _retention(b: Builder, facts: RunFacts) -> str:
    """Which months' rows are held longer than the office has said."""
    kept, overdue = facts.counts["keep_months"], facts.counts["months_overdue"]
    if not kept:
        return b.words.say("sentences.no_retention")
    if not overdue:
        return b.words.say("sentences.retention_kept", months=_n(b, kept))
    oldest = ReportingMonth.parse(str(facts.counts["oldest_overdue"])).title(b.lang)
    return b.words.say("sentences.retention_due", months=_n(b, kept), count=_n(b, overdue), oldest=oldest)


def _versions(b: Builder, facts: RunFacts) -> Section:
    own = {"code", "rules", "templates", "inputs"}
    rows = facts.versions.sort_values("name", key=lambda names: names.map(sort_key)).to_dict("records")
    ordered = [row for row in rows if row["name"] in own] + [row for row in rows if row["name"] not in own]
    told = tuple(
        Fact(b.words.find(f"versions.{row['name']}") or str(row["name"]), str(row["version"]), True) for row in ordered
    )
    return Section(b.words.say("sections.versions"), facts=told)
