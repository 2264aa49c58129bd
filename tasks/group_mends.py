"""One mend for all records of a cause: its preview, the decision, and the second person of a large one."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from palayesh.adapters.audit_store import Act
from palayesh.corrections import causes as grouping
from palayesh.corrections.mends import CHANGE_COLUMNS, MENDS, changes_of_mend
from palayesh.corrections.shown import Decision, MendPreview, MendSample, Proposal
from palayesh.corrections.standing import PROPOSE, open_proposals
from palayesh.reporting_month import ReportingMonth
from tasks import installation, validate
from tasks.correction_log import (
    LONGEST_VALUE,
    conclude,
    correct_entries,
    damage_of,
    decided_submissions,
    deciding,
    known_list,
    refusal,
    submissions_of_cause,
    text_of,
    with_changes,
    write,
)
from tasks.stage import without_personal_data
from tasks.validate import StandingList

SAMPLES = 10


@without_personal_data
def preview_mend(month: str, cause_id: str, mend: str, *, value: str | None = None) -> MendPreview:
    """What the mend would change: how many records, ten of them before and after, and the token that names them all."""
    read = known_list(submissions_of_cause(month, cause_id)[0])
    return _preview(month, cause_id, mend, value, read)[0]


@without_personal_data
def apply_mend(
    month: str,
    cause_id: str,
    mend: str,
    *,
    value: str | None = None,
    token: str,
    by: str,
    at: dt.datetime,
    reason: str,
    second_person_records: int | None = None,
    act: Act | None = None,
    validate_now: bool = True,
) -> Decision:
    """Exactly the previewed records are mended, in one decision; nothing is where one of them changed since.

    ``second_person_records`` or more of them are only proposed: they stay as they are until a second person confirms it.
    """
    submissions = submissions_of_cause(month, cause_id)
    with deciding(submissions[0]) as read:
        preview, changes = _preview(month, cause_id, mend, value, read)
        if preview.token != token:
            raise refusal("changed_meanwhile")
        if not preview.count:
            raise refusal("nothing_changes")
        is_large = second_person_records is not None and preview.count >= second_person_records
        entries: list[dict[str, Any]] = []
        for submission in submissions:
            one = read if submission.id == read.submission.id else known_list(submission)
            own = changes[changes["record_id"].isin(set(one.received["record_id"]))]
            wanted = correct_entries(one, own, mend)
            entries += (
                [{**entry, "action": PROPOSE, "evidence": one.versions[entry["record_id"]]} for entry in wanted]
                if is_large
                else wanted
            )
        written = write(read, entries, by=by, at=at, reason=reason, act=act)
    return replace(conclude(written, validate_now=validate_now), is_proposed=is_large)


@without_personal_data
def proposals(month: str, *, agency: str | None = None) -> list[Proposal]:
    """Mends that wait for a second person, the oldest first."""
    registry = installation.registry()
    own = [key for key in registry.lists_with_proposals() if agency in (None, key.partition("/")[0])]
    waiting = [open_proposals(registry.corrections(key, until_month=month)) for key in own]
    return sorted(
        (_proposal(group) for entries in waiting for _, group in entries.groupby("group_id", sort=True)),
        key=lambda one: (one.proposed_at, one.group_id),
    )


def _proposal(group: pd.DataFrame) -> Proposal:
    first = group.iloc[0]
    return Proposal(
        group_id=str(first["group_id"]),
        list_key=str(first["list_key"]),
        month=str(first["month"]),
        mend=str(first["mend"]),
        count=int(group["record_id"].nunique()),
        proposed_by=str(first["decided_by"]),
        proposed_at=first["decided_at"],
        reason=text_of(first["reason"]) or "",
        record_ids=frozenset(group["record_id"]),
    )


@without_personal_data
def confirm_mend(
    group_id: str, *, by: str, at: dt.datetime, reason: str, act: Act | None = None, validate_now: bool = True
) -> Decision:
    """A second person confirms the proposal: exactly its records are mended, in one decision of his; nothing is where one changed since."""
    proposed = _waiting(group_id)
    if str(proposed["decided_by"].iloc[0]) == by.strip()[:64]:
        raise refusal("own_proposal")
    list_key, month = str(proposed["list_key"].iloc[0]), str(proposed["month"].iloc[0])
    agency = list_key.partition("/")[0]
    files = [one for one in decided_submissions(month, agency) if one.list_key == list_key]
    if not files:
        raise refusal("list_sent_again")
    with deciding(files[0]) as read:
        proposed = _waiting(group_id)
        entries: list[dict[str, Any]] = []
        for submission in files:
            one = read if submission.id == read.submission.id else known_list(submission)
            own = proposed[proposed["record_id"].isin(set(one.received["record_id"]))]
            if own.empty:
                continue
            if not own["record_id"].map(one.versions).eq(own["evidence"]).all():
                raise refusal("changed_meanwhile")
            wanted = own[["record_id", "column", "new_raw"]].fillna({"new_raw": ""})
            entries += [
                {**entry, "confirms": group_id} for entry in correct_entries(one, wanted, str(own["mend"].iloc[0]))
            ]
        if len(entries) != len(proposed):
            raise refusal("list_sent_again")
        written = write(read, entries, by=by, at=at, reason=reason, act=act)
    return conclude(written, validate_now=validate_now)


def _waiting(group_id: str) -> pd.DataFrame:
    """The entries of a proposal that waits. Raises Refusal where it does not."""
    list_key = installation.registry().list_of_decision(group_id)
    if list_key is None:
        raise refusal("unknown_decision")
    waiting = open_proposals(installation.registry().corrections(list_key))
    found = waiting[waiting["group_id"].eq(group_id)]
    if found.empty:
        raise refusal("no_proposal")
    return found


def _preview(
    month: str, cause_id: str, mend: str, value: str | None, read: StandingList
) -> tuple[MendPreview, pd.DataFrame]:
    """The preview, and the changes it speaks of: ``record_id, column, old_raw, new_raw`` in the order of the files."""
    if mend not in MENDS:
        raise refusal("unknown_mend")
    if MENDS[mend].needs_value and not value:
        raise refusal("value_needed")
    if value is not None and len(value) > LONGEST_VALUE:
        raise refusal("value_too_long")
    parts: list[pd.DataFrame] = []
    tables: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    left = 0
    for submission in submissions_of_cause(month, cause_id):
        one = read if submission.id == read.submission.id else known_list(submission)
        changes, before, after, missed = _changes_in(one, cause_id, mend, value)
        left += missed
        versions = one.versions
        parts.append(changes.assign(version=changes["record_id"].map(versions), file=len(tables)))
        tables.append((before, after))
    changes = pd.concat(parts, ignore_index=True)
    shown = changes.iloc[:: max(1, len(changes) // SAMPLES)].head(SAMPLES)
    changes = changes.drop(columns="file")
    lines = [mend, value or "", *("\x1f".join(line) for line in changes.astype("str").to_numpy().tolist())]
    token = hashlib.blake2b("\x1e".join(lines).encode(), digest_size=16).hexdigest()
    chosen = tuple(_sample(one, *tables[one["file"]]) for one in shown.to_dict("records"))
    count = int(changes["record_id"].nunique())
    return MendPreview(cause_id, mend, value, count, left, chosen, token), changes


Changes = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]


def _changes_in(read: StandingList, cause_id: str, mend: str, value: str | None) -> Changes:
    """As `_changes_of`, computed once for as long as neither the list nor the month before it has changed."""
    registry = installation.registry()
    month = str(ReportingMonth.parse(read.submission.month).previous())
    before = registry.submissions(month, agency=read.submission.agency, states=["validated"])
    damage = registry.frame_digest(read.submission.id, "damage")
    key = (cause_id, mend, value, damage, *((one.id, one.correction_position) for one in before))
    if key not in read.mends:
        read.mends.clear()  # the last one is what somebody is about to decide
        read.mends[key] = _changes_of(read, cause_id, mend, value)
    return cast(Changes, read.mends[key])


def _changes_of(read: StandingList, cause_id: str, mend: str, value: str | None) -> Changes:
    """Changes that leave a sound cell behind, the records before and after, and how many records cannot be mended so."""
    damage = damage_of(read.submission)
    waiting = damage[damage["cause_id"].eq(cause_id) & damage["state"].eq("open")]
    nothing = pd.DataFrame(columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS)
    if waiting.empty or pd.isna(waiting["column"].iloc[0]):
        return nothing, nothing, nothing, len(waiting)
    column, code = str(waiting["column"].iloc[0]), str(waiting["code"].iloc[0])
    # What one record says follows from its own text; only what a family agrees on follows from the whole list.
    of_family = column in grouping.household_columns(read.declared)
    own = read.standing.records[read.standing.records["record_id"].isin(set(waiting["record_id"]))]
    standardised = read.standardised if of_family else read.standardise(own)
    before = standardised.set_index("record_id", drop=False)
    context = grouping.mend_context(
        column,
        code,
        standardised,
        read.declared,
        read.rule_columns,
        validate.last_month(read.submission, read.standing.records, waiting),
        read.as_of,
        value,
    )
    records = before.loc[waiting["record_id"].drop_duplicates()].reset_index(drop=True)
    changes = changes_of_mend(mend, records, column, context)
    # A record's values follow from its own text: those that change are read anew, not the whole list.
    mended = read.standing.records[read.standing.records["record_id"].isin(set(changes["record_id"]))]
    after = read.standardise(with_changes(mended, changes)).set_index("record_id", drop=False)
    sound = pd.Series(True, index=changes.index)
    for name, group in changes.groupby("column", sort=True):
        declared = read.declared.columns[str(name)]
        statuses = after.loc[group["record_id"], f"{name}_status"].to_numpy()
        allowed = grouping.sound_statuses(declared.type) | ({"missing"} if mend == "empty_the_cell" else set())
        sound.loc[group.index] = pd.Series(statuses, index=group.index).isin(list(allowed))
    unsound = set(changes.loc[~sound, "record_id"])
    changes = changes[~changes["record_id"].isin(unsound)].reset_index(drop=True)
    return changes, before, after, len(records) - changes["record_id"].nunique()


def _sample(change: Mapping[Hashable, Any], before: pd.DataFrame, after: pd.DataFrame) -> MendSample:
    record, column = change["record_id"], change["column"]
    return MendSample(
        record_id=record,
        sheet=str(before.loc[record, "sheet"]),
        row=int(before.loc[record, "row"]),
        column=column,
        before=change["old_raw"],
        after=change["new_raw"],
        status_before=str(before.loc[record, f"{column}_status"]),
        status_after=str(after.loc[record, f"{column}_status"]),
    )
