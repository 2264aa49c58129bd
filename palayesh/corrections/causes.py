"""Failures of records grouped by their cause, so that what went wrong once is mended once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from palayesh.corrections.damage import CODED, KIND_WORDS, kinds_of_failures
from palayesh.corrections.keys import evidence_keys, record_keys
from palayesh.corrections.mends import MendContext, agreed_in_family, changes_of_mend, likeliest_value, mends_for
from palayesh.declaration import ListDeclaration
from palayesh.distinct import is_among
from palayesh.findings import Severity
from palayesh.identifiers import national_id_column
from palayesh.persian_text import match_key
from palayesh.vocabulary import Vocabulary

DAMAGE_COLUMNS = {
    "record_id": "str",
    "sheet": "str",
    "row": "Int64",
    "member": "str",
    "column": "str",
    "code": "str",
    "severity": "str",
    "kind": "str",
    "value": "str",
    "cause_id": "str",
    "family": "str",
    "mend": "str",
    "mend_value": "str",
    "may_be_accepted": "boolean",
    "state": "str",
}
"""One row per record and rule that failed. ``value``: the word that is not known, for coded columns only. ``mend``: the one
proposed. ``state``: ``open``, ``accepted`` (by a steward, with a reason) or ``sent_back``."""
UNMENDABLE_SHAPES = frozenset({"extra_fields", "missing_fields", "merged_cells"})
"""What the reader says of rows whose cells may belong to other columns or rows: no one can say what they hold."""
SOUND = {"national_id": frozenset({"valid", "repaired", "warn", "other_id"})}
SOUND_OTHERWISE = frozenset({"ok", "repaired", "warn"})


@dataclass(frozen=True)
class Cause:
    """What one mend may deal with: records of a list that failed a rule in the same way."""

    cause_id: str
    """The same next month for the same cause."""
    list_key: str
    code: str
    severity: str
    """``set_aside_record`` (the records wait) or ``warn`` (accepted and told)."""
    column: str | None
    kind: str
    value: str | None
    """The word that is not known, for coded columns only. Whatever somebody typed: for the agency's own stewards, as the sentences are."""
    count: int
    """Records that wait for a decision."""
    accepted_count: int
    sent_back_count: int
    family_count: int
    since: dt.date
    """The day on which the oldest of these lists arrived."""
    sentence_fa: str
    sentence_en: str
    mend_fa: str
    mend_en: str
    proposed_mend: str | None
    proposed_value: str | None
    proposed_count: int
    """How many of the records the proposed mend can mend."""
    mends: tuple[str, ...]
    """All mends that may be tried, likeliest first (``palayesh.corrections.mends.MENDS``)."""
    may_be_accepted: bool
    """Whether single records may be accepted with a reason although the rule failed."""

    def age_days(self, today: dt.date) -> int:
        """Days since the oldest of the lists arrived."""
        return (today - self.since).days


def sound_statuses(column_type: str) -> frozenset[str]:
    """The statuses of a value that a mend may be content with."""
    return SOUND.get(column_type, SOUND_OTHERWISE)


def families(standardised: pd.DataFrame, declaration: ListDeclaration) -> pd.Series:
    """What ties a record to its family, as a digest; a record that names no family is one of its own."""
    family = _named_families(standardised, declaration)
    distinct = {text: hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in family.unique()}
    return family.map(distinct).astype("str")


def _named_families(standardised: pd.DataFrame, declaration: ListDeclaration) -> pd.Series:
    family = pd.Series(pd.NA, index=standardised.index, dtype="str")
    for column in declaration.family_key:
        family = family.fillna(column + "\x1f" + standardised[column].astype("str"))
    return family.fillna("record\x1f" + standardised["record_id"].astype("str"))


def damage_of(
    failures: pd.DataFrame,
    standardised: pd.DataFrame,
    declaration: ListDeclaration,
    *,
    accepted: pd.DataFrame,
    sent_back: pd.DataFrame,
    not_acceptable: frozenset[str],
    vocabularies: Mapping[str, Vocabulary],
    rule_columns: Mapping[str, Sequence[str]],
    last_month: pd.DataFrame,
    known_words: Mapping[str, Mapping[str, str]],
    as_of: dt.date,
) -> pd.DataFrame:
    """Every failure of a record with its kind, its cause and the mend proposed: ``DAMAGE_COLUMNS``, in the failures' order.

    ``failures`` are the outcome's (before acceptances); ``accepted`` and ``sent_back`` (``record_id, code``) are those a
    steward ruled on; ``last_month`` has ``record_id`` and sound ``<column>_raw`` of the
    same records a month ago; ``known_words`` are stewards' earlier choices by column: match key → words.
    """
    own = failures[failures["record_id"].notna()].reset_index(drop=True)
    places = pd.Series(range(len(standardised)), index=standardised["record_id"])
    at = places.reindex(own["record_id"]).to_numpy()
    types = {name: column.type for name, column in declaration.columns.items()}
    raw = pd.Series(pd.NA, index=own.index, dtype="str")
    for column, group in own.groupby("column", sort=True):
        if f"{column}_raw" in standardised:
            raw.loc[group.index] = standardised[f"{column}_raw"].to_numpy()[at[group.index].astype(int)]
    kind = kinds_of_failures(own, raw, own["column"].map(types).astype("str"), as_of)
    is_word = kind.eq("unknown_value")
    list_key = str(standardised["list_key"].iloc[0]) if len(standardised) else ""
    value_key = raw.where(is_word).map({text: match_key(text) for text in raw[is_word].unique()}).astype("str")
    named = own["code"] + "\x1f" + own["column"].fillna("") + "\x1f" + kind + "\x1f" + value_key.fillna("")
    cause = {text: cause_id(list_key, text) for text in named.unique()}
    family = families(standardised, declaration)
    damage = own.assign(
        kind=kind,
        value=raw.where(is_word),
        cause_id=named.map(cause),
        family=family.to_numpy()[at.astype(int)] if len(own) else pd.Series(dtype="str"),
        may_be_accepted=own["severity"].eq(Severity.SET_ASIDE_RECORD.value)
        & ~own["code"].isin(list(not_acceptable))
        & is_among(own["record_id"], standardised.loc[is_usable(standardised, declaration), "record_id"]),
        state=_states(own, accepted, sent_back),
    )
    mends = _proposed(damage, standardised, declaration, vocabularies, rule_columns, last_month, known_words, as_of)
    return damage.assign(**mends).reindex(columns=list(DAMAGE_COLUMNS)).astype(DAMAGE_COLUMNS)


def cause_id(list_key: str, named: str) -> str:
    """A short name for a cause, the same on every machine and in every month."""
    return "C" + hashlib.blake2b(f"{list_key}\x1f{named}".encode(), digest_size=6).hexdigest()


def _states(failures: pd.DataFrame, accepted: pd.DataFrame, sent_back: pd.DataFrame) -> pd.Series:
    state = pd.Series("open", index=failures.index, dtype="str")
    pairs = pd.MultiIndex.from_frame(failures[["record_id", "code"]])
    for word, ruled in (("sent_back", sent_back), ("accepted", accepted)):
        state = state.mask(pairs.isin(pd.MultiIndex.from_frame(ruled)), word)
    return state


def _proposed(
    damage: pd.DataFrame,
    standardised: pd.DataFrame,
    declaration: ListDeclaration,
    vocabularies: Mapping[str, Vocabulary],
    rule_columns: Mapping[str, Sequence[str]],
    last_month: pd.DataFrame,
    known_words: Mapping[str, Mapping[str, str]],
    as_of: dt.date,
) -> dict[str, pd.Series]:
    """For every failure the first mend of its kind that changes its cell, and the words it would write for a whole group."""
    mend = pd.Series(pd.NA, index=damage.index, dtype="str")
    value = pd.Series(pd.NA, index=damage.index, dtype="str")
    # Mends read text alone; the standardised columns would be copied for every group.
    text = ["record_id", *(name for name in standardised if str(name).endswith("_raw"))]
    records = standardised[text].set_index("record_id", drop=False)
    contexts: dict[tuple[str, str], MendContext] = {}
    groups: Any = damage.groupby(["column", "kind", "code", "value"], sort=True, dropna=False)
    for (column, kind, code, word), group in groups:
        declared = declaration.columns.get(str(column)) if not pd.isna(column) else None
        if declared is None or f"{column}_raw" not in standardised or str(code) in UNMENDABLE_SHAPES:
            continue
        of_group = records.loc[group["record_id"]].reset_index(drop=True)
        asked = (str(column), str(code))
        if asked not in contexts:
            contexts[asked] = mend_context(*asked, standardised, declaration, rule_columns, last_month, as_of)
        context = contexts[asked]
        for name in mends_for(str(kind), declared.type):
            chosen = None
            if name == "set_value":
                vocabulary = vocabulary_of(declaration, str(column), vocabularies)
                if vocabulary is None or pd.isna(word):
                    continue
                found = likeliest_value(str(word), vocabulary, known_words.get(str(column), {}))
                if found is None:
                    continue
                chosen = found[0]
            if name == "empty_the_cell":
                continue  # to know less is never proposed
            changed = changes_of_mend(name, of_group, str(column), replace(context, value=chosen))["record_id"]
            hit = group["record_id"].isin(changed) & mend.loc[group.index].isna()
            mend.loc[group.index[hit]] = name
            if chosen is not None:
                value.loc[group.index[hit]] = chosen
    return {"mend": mend, "mend_value": value}


def vocabulary_of(
    declaration: ListDeclaration, column: str, vocabularies: Mapping[str, Vocabulary]
) -> Vocabulary | None:
    """The vocabulary whose words a coded column holds."""
    declared = declaration.columns.get(column)
    if declared is None or declared.type not in CODED:
        return None
    return vocabularies.get(declared.vocabulary or declared.type)


def mend_context(
    column: str,
    code: str,
    standardised: pd.DataFrame,
    declaration: ListDeclaration,
    rule_columns: Mapping[str, Sequence[str]],
    last_month: pd.DataFrame,
    as_of: dt.date,
    value: str | None = None,
) -> MendContext:
    """What mends of a column may look at: last month's text, the family's, the other column of the rule."""
    others = [name for name in rule_columns.get(code, ()) if name != column]
    status = standardised.get(f"{column}_status")
    agreed: dict[str, str] = {}
    if status is not None and declaration.family_key and column in household_columns(declaration):
        is_sound = status.isin(list(sound_statuses(declaration.columns[column].type)))
        family = _named_families(standardised, declaration)
        agreed = agreed_in_family(family, standardised[f"{column}_raw"], is_sound, standardised["record_id"])
    before: dict[str, str] = {}
    if f"{column}_raw" in last_month:
        known = last_month[last_month[f"{column}_raw"].notna()]
        before = dict(zip(known["record_id"], known[f"{column}_raw"], strict=True))
    return MendContext(as_of, value, others[0] if len(others) == 1 else None, before, agreed)


def household_columns(declaration: ListDeclaration) -> frozenset[str]:
    """Columns that say the same for every member of a family: those a file may merge down, and places."""
    places = {name for name, column in declaration.columns.items() if column.type in ("county", "province")}
    return frozenset(declaration.merged_down) | places


def causes_of(
    damage: pd.DataFrame,
    declaration: ListDeclaration,
    *,
    list_key: str,
    rules: pd.DataFrame,
    received_on: pd.Series,
) -> list[Cause]:
    """The causes of one list's failures, by their ids.

    ``rules`` has the words of every rule (``code, sentence_fa, …, mend_en``); ``received_on`` the day of each row of ``damage``.
    """
    words = rules.drop_duplicates("code").set_index("code")
    found = []
    for name, group in damage.assign(received_on=received_on).groupby("cause_id", sort=True):
        first = group.iloc[0]
        waiting = group[group["state"].eq("open")]
        column = None if pd.isna(first["column"]) else str(first["column"])
        declared = declaration.columns.get(column) if column else None
        mends = (
            ()
            if str(first["code"]) in UNMENDABLE_SHAPES or declared is None
            else mends_for(first["kind"], declared.type)
        )
        proposal = waiting[waiting["mend"].notna()].groupby(["mend", "mend_value"], dropna=False, sort=True).size()
        best = proposal.sort_values(ascending=False, kind="stable").index[0] if len(proposal) else (None, None)
        said = words.loc[first["code"]]
        count = int(waiting["record_id"].nunique())
        found.append(
            Cause(
                cause_id=str(name),
                list_key=list_key,
                code=str(first["code"]),
                severity=str(first["severity"]),
                column=column,
                kind=str(first["kind"]),
                value=_optional(first["value"]),
                count=count,
                accepted_count=int(group.loc[group["state"].eq("accepted"), "record_id"].nunique()),
                sent_back_count=int(group.loc[group["state"].eq("sent_back"), "record_id"].nunique()),
                family_count=int(waiting["family"].nunique()),
                since=min(group["received_on"]),
                sentence_fa=_sentence(0, first, declared.heading if declared else "", said["sentence_fa"]),
                sentence_en=_sentence(1, first, declared.heading if declared else "", said["sentence_en"]),
                mend_fa=str(said["mend_fa"]) if pd.notna(said["mend_fa"]) else "",
                mend_en=str(said["mend_en"]) if pd.notna(said["mend_en"]) else "",
                proposed_mend=_optional(best[0]),
                proposed_value=_optional(best[1]),
                proposed_count=int(proposal.max()) if len(proposal) else 0,
                mends=mends,
                may_be_accepted=bool(waiting["may_be_accepted"].any()),
            )
        )
    return found


def urgency(cause: Cause) -> tuple[bool, int, int, str]:
    """The order in which causes are shown: those that set records aside, then most families, then most records."""
    return (cause.severity != Severity.SET_ASIDE_RECORD.value, -cause.family_count, -cause.count, cause.cause_id)


def _optional(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _sentence(position: int, first: pd.Series, heading: str, rule_sentence: Any) -> str:
    words = KIND_WORDS.get(str(first["kind"]))
    if words is None or not heading:
        return "" if pd.isna(rule_sentence) else str(rule_sentence)
    return words[position].format(heading=heading, value="" if pd.isna(first["value"]) else first["value"])


# --- what is known from before -------------------------------------------------------------------------------


def known_words(entries: pd.DataFrame) -> dict[str, dict[str, str]]:
    """By column: match key of a word that was not known → what a steward wrote for the whole group; the last one holds."""
    chosen = entries[entries["action"].eq("correct") & entries["mend"].eq("set_value") & entries["old_raw"].notna()]
    words: dict[str, dict[str, str]] = {}
    for column, old, new in zip(chosen["column"], chosen["old_raw"], chosen["new_raw"], strict=True):
        words.setdefault(str(column), {})[match_key(str(old))] = str(new)
    return words


def same_records(
    records: pd.DataFrame,
    previous: pd.DataFrame,
    declaration: ListDeclaration,
    columns: Sequence[str],
    *,
    only_sound: bool = True,
) -> pd.DataFrame:
    """``record_id`` of the records with the text that the same record held before, where it was sound.

    The same record has the same key in the list, or else names the same sound national number, once in each table.
    """
    text = pd.DataFrame({"key": record_keys(previous, declaration)})
    for column in columns:
        is_sound = previous[f"{column}_status"].isin(list(sound_statuses(declaration.columns[column].type)))
        is_sound |= not only_sound
        text[f"{column}_raw"] = previous[f"{column}_raw"].where(is_sound)
    found = pd.DataFrame({"record_id": records["record_id"], "key": record_keys(records, declaration)})
    by_key = found.merge(text.drop_duplicates("key", keep="last"), on="key", how="inner")
    numbers = next((mention.national_id for mention in declaration.mentions if mention.national_id), None)
    rest = ~records["record_id"].isin(by_key["record_id"])
    if numbers is None or not rest.any():
        return by_key.drop(columns="key")
    before = text.assign(key=previous[numbers].where(previous[f"{numbers}_status"].isin(["valid", "repaired"])))
    before = before[before["key"].notna() & ~before["key"].duplicated(keep=False)]
    now = national_id_column(records[f"{numbers}_raw"])["value"]
    single = found.assign(key=now)[rest & now.notna() & ~now.duplicated(keep=False)]
    by_number = single.merge(before, on="key", how="inner")
    return pd.concat([by_key, by_number], ignore_index=True).drop(columns="key")


# --- acceptance ----------------------------------------------------------------------------------------------


def is_usable(standardised: pd.DataFrame, declaration: ListDeclaration) -> pd.Series:
    """Whether a record says of somebody who it is: by a number or by a name, in any person it names."""
    usable = pd.Series(False, index=standardised.index)
    for mention in declaration.mentions:
        named = [(mention.national_id,), (mention.full_name,), (mention.first_name, mention.last_name)]
        for columns in named:
            if all(columns) and all(column in standardised for column in columns):
                whole = pd.Series(True, index=standardised.index)
                for column in columns:
                    whole &= standardised[column].notna() & ~standardised[f"{column}_status"].isin(
                        ["missing", "invalid"]
                    )
                usable |= whole
    return usable


def with_acceptances(failures: pd.DataFrame, accepted: pd.DataFrame) -> pd.DataFrame:
    """The failures, with those a steward accepted as warnings: told, but they no longer set the record aside."""
    if accepted.empty:
        return failures
    pairs = pd.MultiIndex.from_frame(failures[["record_id", "code"]])
    hit = pairs.isin(pd.MultiIndex.from_frame(accepted)) & failures["severity"].eq(Severity.SET_ASIDE_RECORD.value)
    return failures.assign(severity=failures["severity"].mask(hit, Severity.WARN.value))


def without_mended_problems(problems: pd.DataFrame, corrected: pd.DataFrame) -> pd.DataFrame:
    """What the reader noticed, less what concerns a cell that a correction now speaks for."""
    if corrected.empty or problems.empty:
        return problems
    cells = pd.MultiIndex.from_frame(corrected[["record_id", "column"]])
    hit = pd.MultiIndex.from_frame(problems[["record_id", "column"]]).isin(cells)
    return problems[~(hit & ~problems["code"].isin(list(UNMENDABLE_SHAPES)))].reset_index(drop=True)


def evidence_of(
    records: pd.DataFrame, codes: pd.Series, columns: pd.Series, rule_columns: Mapping[str, Sequence[str]]
) -> pd.Series:
    """The digest of the cells each rule looked at, one per record; ``codes`` and ``columns`` are aligned with ``records``."""
    evidence = pd.Series("", index=records.index, dtype="str")
    for code, group in codes.groupby(codes, sort=True):
        looked_at = list(rule_columns.get(str(code)) or sorted(set(columns.loc[group.index].dropna())))
        evidence.loc[group.index] = evidence_keys(records.loc[group.index], looked_at)
    return evidence
