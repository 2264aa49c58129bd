"""The annex of the governorate's report: lists, their quality, definitions, revisions and how it was computed."""

from __future__ import annotations

import pandas as pd

from palayesh.reports.builder import MISSING_LIST_STATES, Builder, exact_state
from palayesh.reports.inputs import Revision
from palayesh.reports.parts import (
    Cell,
    Column,
    DefinitionRow,
    Fact,
    ListRow,
    ListTable,
    Revised,
    RevisedFigure,
    RevisionRow,
    Row,
    Table,
)
from palayesh.reports.wording import write_date, write_number, write_percent


def lists(b: Builder) -> ListTable:
    absent = b.cell(None, "not_received")

    def count(value: float) -> Cell:
        return absent if pd.isna(value) else b.cell(float(value), exact_state(value))

    def share(part: float, whole: float) -> Cell:
        if pd.isna(part) or pd.isna(whole):
            return absent
        if whole == 0:
            return b.cell(None, "not_applicable")
        text = write_percent(part / whole, b.lang, decimals=1)
        return Cell(text, "zero" if part == 0 else "shown", number=round(part / whole, 3))

    rows = [
        ListRow(
            list_key=str(row["list_key"]),
            title=str(row[f"title_{b.lang}"]),
            agency=b.agency_titles[str(row["agency"])],
            state=str(row["state"]),
            state_title=b.words.say(f"list_states.{row['state']}"),
            files=b.cell(float(row["file_count"]), exact_state(row["file_count"])),
            received=count(row["received"]),
            accepted=count(row["accepted"]),
            set_aside=count(row["set_aside"]),
            repaired=share(row["repaired"], row["accepted"]),
            received_on="" if pd.isna(row["received_on"]) else write_date(row["received_on"], b.lang),
        )
        for row in b.inputs.lists.to_dict("records")
    ]
    arrived = b.inputs.lists[~b.inputs.lists["state"].isin(MISSING_LIST_STATES)]
    sums = {name: arrived[name].sum() for name in ("file_count", "received", "accepted", "set_aside", "repaired")}
    total = ListRow(
        list_key="",
        title=b.words.say("text.total"),
        agency="",
        state="",
        state_title="",
        files=count(sums["file_count"]),
        received=count(sums["received"]),
        accepted=count(sums["accepted"]),
        set_aside=count(sums["set_aside"]),
        repaired=share(sums["repaired"], sums["accepted"]),
        received_on="",
    )
    return ListTable(b.caption("table", "lists"), tuple(rows), total)


def quality(b: Builder) -> Table:
    quality = b.inputs.quality
    dimensions = list(dict.fromkeys(quality["dimension"]))
    known = {(row["list_key"], row["dimension"]): (row["failed"], row["checked"]) for row in quality.to_dict("records")}

    def cell(list_key: str, dimension: str) -> Cell:
        if list_key in b.absent_lists:
            return b.cell(None, "not_received")
        failed, checked = known.get((list_key, dimension), (0, 0))
        if not checked:
            return b.cell(None, "not_applicable")
        share = failed / checked
        shade = f"heat-{sum(share >= limit for limit in b.settings.quality_limits) + 1}" if failed else ""
        text = write_percent(share, b.lang, decimals=1)
        return Cell(text, "shown" if failed else "zero", shade=shade, number=round(share, 3))

    rows = tuple(
        Row(b.list_titles[key], tuple(cell(key, dimension) for dimension in dimensions))
        for key in b.inputs.lists["list_key"]
    )
    columns = tuple(Column(b.words.find(f"quality_dimensions.{d}") or d) for d in dimensions)
    caption = b.caption("chart", "quality", unit=b.words.say("text.percent_of_records"))
    return Table(caption, b.words.say("text.list"), columns, rows, b.words.say("text.quality_note"))


def definitions(b: Builder) -> tuple[DefinitionRow, ...]:
    return tuple(
        DefinitionRow(
            key=definition.key,
            title=b.title(definition.title),
            unit=b.unit(definition.unit),
            text=b.title(definition.text),
            sources=b.sources(definition) or b.words.say("text.all_lists"),
        )
        for definition in b.inputs.definitions
    )


def methodology(b: Builder) -> tuple[str, ...]:
    threshold, minimum = b.threshold, b.settings.rate_minimum
    sentences = b.inputs.strings["methodology"]
    fields = {
        "threshold": write_number(threshold, b.lang),
        "most_hidden": write_number(threshold - 1, b.lang),
        "rate_minimum": write_number(minimum, b.lang),
    }
    return tuple(str(sentence).format(**fields) for sentence in sentences)


def revisions(b: Builder) -> tuple[RevisionRow, ...]:
    return tuple(
        RevisionRow(
            number=write_number(revision.revision, b.lang),
            issued_on=write_date(revision.issued_on, b.lang) if revision.issued_on else "",
            what=b.words.say("text.list_semicolon").join(_told(b, "revision_what", revision)),
            why=b.words.say("text.list_semicolon").join(_told(b, "revision_why", revision)),
        )
        for revision in b.inputs.revisions
    )


def _told(b: Builder, section: str, revision: Revision) -> list[str]:
    """The causes of a revision in words, each once."""
    told = (
        b.words.say(f"{section}.{cause.code}", list=b.list_titles.get(cause.list_key, cause.list_key))
        for cause in revision.causes
    )
    return list(dict.fromkeys(told))


def revised(b: Builder) -> Revised | None:
    """Every headline figure that the former revision of the month gave otherwise; None in a first revision."""
    if not b.replaced:
        return None
    strip = [(item.key, item.part) for item in b.settings.strip]
    table = [(item.key, part) for item in b.settings.headline for part in (item.part, *item.parts)]
    names = [name for name in dict.fromkeys([*strip, *table]) if name in b.replaced]
    rows = []
    for key, part in names:
        before, before_state, _ = b.replaced[key, part]
        value, state, unit = b.figure(key, part)
        is_same = state == before_state and (state != "shown" or value == before)
        if not is_same:
            title = b.words.find(f"strip.{key}") or b.figure_title(key)
            title = f"{title} – {b.figure_title(key, part)}" if part else title
            can_compare = {state, before_state} <= {"shown", "zero"}
            change = b.change_from(b.replaced, key, part)[0] if can_compare else ""
            if (
                {state, before_state} == {"shown"}
                and abs(value - before) < b.threshold
                and unit in b.settings.people_units
            ):
                # Two numbers side by side would tell of a few families; that it moved is all that may be said.
                before_state, change = "hidden", b.words.say("change.few", limit=write_number(b.threshold, b.lang))
            rows.append(RevisedFigure(title, b.cell(before, before_state), b.cell(value, state), b.unit(unit), change))
    return Revised(caption=b.caption("table", "revised") if rows else None, rows=tuple(rows))


def facts(b: Builder) -> tuple[Fact, ...]:
    edition = b.inputs.edition
    codes = {
        "month": str(edition.month),
        "as_of": edition.as_of.isoformat(),
        "snapshot_id": edition.snapshot_id,
        "rules_version": edition.rules_version,
        "code_version": edition.code_version,
        "numbers_hash": edition.numbers_hash,
    }
    return tuple(Fact(b.words.say(f"facts.{name}"), text, True) for name, text in codes.items())
