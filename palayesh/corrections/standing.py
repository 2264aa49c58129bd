"""Which decisions of the log stand, and what they do to a list as it was received.

The log is never changed: an undo is an entry, and an undo may itself be undone. Raw text is never changed either:
corrections make a table beside it, from which everything else is derived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from palayesh.corrections.keys import RecordKeys, evidence_keys
from palayesh.declaration import ListDeclaration
from palayesh.distinct import comparable_column

STABLE_TYPES = frozenset({"national_id", "birth_date", "name", "full_name"})
"""What does not change with the months: another value in a later month contradicts the correction; a decile may change."""
PROPOSE = "propose"
"""The action of a correction that does nothing until a second person confirms it."""
STATE_COLUMNS = {
    "id": "Int64",
    "action": "str",
    "record_id": "str",
    "column": "str",
    "code": "str",
    "state": "str",
}
"""``state``: ``applied``; ``settled`` (the agency sent the corrected value itself); ``question`` (it sent a third one);
``changed`` (so did a later month, where that is no contradiction); ``asked_again`` (what was accepted has changed);
``absent`` (the record is not in the list)."""


@dataclass(frozen=True)
class Standing:
    """A received list with the decisions that stand on it."""

    records: pd.DataFrame
    """As received, with the corrected text in ``<column>_raw`` and, in ``corrected``, the names of those columns by ``;``."""
    states: pd.DataFrame
    """What became of every decision, one row per decision and record it found: ``STATE_COLUMNS``."""

    def accepted(self) -> pd.DataFrame:
        """``record_id, code`` of failures that a steward accepted with a reason."""
        return self._of("accept")

    def sent_back(self) -> pd.DataFrame:
        """``record_id, code`` of records that wait for the agency."""
        return self._of("send_back")

    def _of(self, action: str) -> pd.DataFrame:
        hit = self.states["action"].eq(action) & self.states["state"].eq("applied")
        return self.states.loc[hit, ["record_id", "code"]].drop_duplicates(ignore_index=True)

    def corrected_cells(self) -> pd.DataFrame:
        """``record_id, column`` of the cells that a correction now speaks for."""
        hit = self.states["action"].eq("correct") & self.states["state"].eq("applied")
        return self.states.loc[hit, ["record_id", "column"]].drop_duplicates(ignore_index=True)


def taken_back(log: pd.DataFrame) -> set[int]:
    """The ids of entries that are undone by an entry which is not itself undone."""
    undone: set[int] = set()
    for number, action, undoes in zip(log["id"][::-1], log["action"][::-1], log["undoes"][::-1], strict=True):
        if action == "undo" and int(number) not in undone:
            undone.add(int(undoes))
    return undone


def standing_entries(log: pd.DataFrame) -> pd.DataFrame:
    """The entries of the log that nobody has taken back, oldest first; the undoing entries themselves left out."""
    return log[~log["id"].isin(taken_back(log)) & log["action"].ne("undo")].reset_index(drop=True)


def open_proposals(log: pd.DataFrame) -> pd.DataFrame:
    """The entries that one person proposed and that wait for a second: neither taken back nor confirmed by a decision that stands."""
    standing = standing_entries(log)
    confirmed = set(standing["confirms"].dropna())
    return standing[standing["action"].eq(PROPOSE) & ~standing["group_id"].isin(confirmed)].reset_index(drop=True)


def stand_on(
    received: pd.DataFrame,
    entries: pd.DataFrame,
    declaration: ListDeclaration,
    *,
    month: str,
    rule_columns: Mapping[str, Sequence[str]],
) -> Standing:
    """The received list with the standing ``entries`` (of this list, oldest first) applied to it.

    ``rule_columns`` names the columns each rule looks at. Of several corrections of one cell the last that was made of
    the text found there holds. Raises nothing for records that are gone: they are ``absent`` in the states.
    """
    entries = entries[entries["month"] <= month]
    corrections = entries[entries["action"].eq("correct")]
    # Of two corrections of the same text in the same cell the later one is what the steward means.
    said = ["record_key", "column", "old_raw"]
    corrections = corrections[~corrections[said].fillna("").duplicated(keep="last")]
    aliases = _aliases(corrections)
    records = received.assign(corrected=pd.Series("", index=received.index, dtype="str"))
    if entries.empty:
        return Standing(records, _typed(pd.DataFrame()))
    keys = RecordKeys(received, declaration)
    parts = []
    for column, group in corrections.groupby("column", sort=True):
        name = str(column)
        if f"{name}_raw" not in received:
            continue
        found = _matched(group, keys.of(name), aliases)
        states = _cell_states(found, received[f"{name}_raw"], month, _type_of(declaration, name))
        applied = states[states["state"].eq("applied")].drop_duplicates("position", keep="last")
        if len(applied):
            places = received.index[applied["position"].to_numpy(dtype="int64")]
            texts = applied["new_raw"].astype("str").set_axis(places)
            # To write what the agency wrote is to go back to it
            is_other = texts.ne(received.loc[places, f"{name}_raw"].astype("str").fillna(""))
            records.loc[places, f"{name}_raw"] = texts.mask(texts.eq(""))
            records.loc[places[is_other], "corrected"] = records.loc[places[is_other], "corrected"] + name + ";"
        parts.append(states)
    records["corrected"] = records["corrected"].str.rstrip(";").astype("str")
    others = entries[entries["action"].isin(["accept", "send_back"])]
    if len(others):
        parts.append(_rulings(others, entries, keys.of(), records, rule_columns, aliases))
    ids = received["record_id"].reset_index(drop=True)
    if not parts:
        return Standing(records, _typed(pd.DataFrame()))
    states = pd.concat([part[["id", "action", "column", "code", "state", "position"]] for part in parts])
    states = states.assign(record_id=states["position"].map(ids)).sort_values(["id", "position"], kind="stable")
    return Standing(records, _typed(states))


def _typed(states: pd.DataFrame) -> pd.DataFrame:
    return states.reindex(columns=list(STATE_COLUMNS)).astype(STATE_COLUMNS).reset_index(drop=True)


def _type_of(declaration: ListDeclaration, column: str) -> str:
    declared = declaration.columns.get(column)
    return declared.type if declared else "text"


def _aliases(corrections: pd.DataFrame) -> dict[str, str]:
    """Old key → the key once a cell of it is mended."""
    mended = corrections[corrections["mended_key"].notna()]
    changed = mended[mended["mended_key"].ne(mended["record_key"])]
    return dict(zip(changed["record_key"], changed["mended_key"], strict=True))


def _matched(entries: pd.DataFrame, keys: pd.Series, aliases: Mapping[str, str]) -> pd.DataFrame:
    """The entries beside the position of every record they speak of; position is absent where there is none."""
    places = pd.DataFrame({"key": keys.to_numpy(), "position": pd.array(range(len(keys)), dtype="Int64")})
    known = set(places["key"])
    key = [k if k in known or aliases.get(k) not in known else aliases[k] for k in entries["record_key"].astype("str")]
    return entries.assign(key=key).merge(places, on="key", how="left", sort=False)


def _cell_states(found: pd.DataFrame, raw: pd.Series, month: str, column_type: str) -> pd.DataFrame:
    """What each correction of one column means for the text that stands there now."""
    now = found["position"].map(raw.reset_index(drop=True)).astype("str").fillna("")
    old, new = found["old_raw"].fillna(""), found["new_raw"].fillna("")
    spelled = comparable_column(now)
    is_old = now.eq(old) | (now.ne(new) & spelled.eq(comparable_column(old)))
    is_new = now.eq(new) | spelled.eq(comparable_column(new))
    state = pd.Series("question", index=found.index, dtype="str")
    if column_type not in STABLE_TYPES:
        state = state.mask(found["month"].lt(month), "changed")
    state = state.mask(is_new & ~now.eq(old), "settled").mask(is_old, "applied")
    state = state.mask(found["position"].isna(), "absent")
    # A cell is explained once: an older correction does not ask about what a newer one speaks of.
    rank = state.map({"applied": 2, "settled": 2}).fillna(1)
    best = rank.where(found["position"].notna()).groupby(found["position"]).transform("max")
    is_last = ~found.duplicated("position", keep="last") | found["position"].isna()
    is_asked = state.isin(["question", "changed"]) & (best.gt(1) | ~is_last)
    state = state.mask(is_asked.fillna(False).astype(bool), "replaced")
    return found.assign(state=state)[state.ne("replaced")]


def _rulings(
    rulings: pd.DataFrame,
    entries: pd.DataFrame,
    keys: pd.Series,
    records: pd.DataFrame,
    rule_columns: Mapping[str, Sequence[str]],
    aliases: Mapping[str, str],
) -> pd.DataFrame:
    """Acceptances and sendings back hold while the cells that the rule looked at say the same."""
    found = _matched(rulings, keys, aliases)
    state = pd.Series("asked_again", index=found.index, dtype="str")
    for code, group in found.groupby("code", sort=True):
        columns = columns_of_rule(str(code), group["column"].dropna(), rule_columns)
        evidence = evidence_keys(records, columns).reset_index(drop=True)
        same = group["position"].map(evidence).astype("str").eq(group["evidence"])
        state = state.mask(same.reindex(found.index, fill_value=False), "applied")
    state = state.mask(found["position"].isna(), "absent")
    answered = entries[entries["action"].eq("answered")]
    is_answered = pd.Series(False, index=found.index)
    for number, key, code in zip(answered["id"], answered["record_key"], answered["code"], strict=True):
        is_answered |= found["record_key"].eq(key) & found["code"].eq(code) & found["id"].lt(number)
    state = state.mask(found["action"].eq("send_back") & is_answered, "settled")
    # As with cells: a ruling on what stands there now explains it, and older ones do not ask.
    same = found["position"].astype("str").fillna("") + "\x1f" + found["action"] + "\x1f" + found["code"]
    is_explained = same.isin(set(same[state.ne("asked_again")]))
    is_last = ~same.duplicated(keep="last")
    return found.assign(state=state)[~(state.eq("asked_again") & (is_explained | ~is_last))]


def columns_of_rule(code: str, columns: pd.Series, rule_columns: Mapping[str, Sequence[str]]) -> list[str]:
    """The columns a rule looks at; for what the reader noticed, the column of the cell."""
    return list(rule_columns.get(code) or sorted(set(columns)))
