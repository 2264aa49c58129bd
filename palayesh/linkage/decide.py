"""From weights to decisions: the same person, a question for people, or left apart."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from palayesh.linkage.fields import level_names
from palayesh.linkage.settings import LinkageModel
from palayesh.linkage.weigh import is_level


def decide(pairs: pd.DataFrame, model: LinkageModel) -> pd.DataFrame:
    """``pairs`` with ``is_accepted`` and ``is_uncertain``.

    A given name that disagrees is never accepted by weight alone, unless number and birth day both agree.
    """
    probability = pairs["match_probability"]
    proven = is_level(pairs, "number", "same") & is_level(pairs, "birth", "same_day")
    accepted = probability.ge(model.accept_probability) & (_names_agree(pairs) | proven)
    uncertain = ~accepted & probability.ge(model.review_probability)
    return pairs.assign(is_accepted=accepted, is_uncertain=uncertain)


def speaks_for_itself(pairs: pd.DataFrame) -> pd.Series:
    """Where number, birth or the day of imprisonment can be compared; elsewhere, others of the same name must be asked."""
    return pairs[["level_number", "level_birth", "level_custody"]].ge(0).any(axis="columns")


def _names_agree(pairs: pd.DataFrame) -> pd.Series:
    return ~is_level(pairs, "first", "different", "neighbour_name")


def among_namesakes(pairs: pd.DataFrame, records: pd.DataFrame, label: np.ndarray, model: LinkageModel) -> pd.DataFrame:
    """``pairs`` with probability and decisions settled, where nothing but names speaks, among all persons whom each may be.

    Someone named beside another's row with his number, and a row with his birth date and no number, share nothing but the name.
    Who has but one namesake is nearly surely he, for most of those named on one list have a row on the other; who has two is
    neither before a person has looked. ``label``: the person of each record so far. The custody list is one side, all other
    lists the other.
    """
    nothing_else = ~speaks_for_itself(pairs).to_numpy()
    ends = np.stack([label[pairs["l"].to_numpy()], label[pairs["r"].to_numpy()]])
    chosen = np.flatnonzero(nothing_else & (ends[0] != ends[1]))
    held = np.zeros(len(label), dtype=bool)
    held[label[records["uid"].to_numpy()[records["is_on_custody_list"].to_numpy(dtype=bool)]]] = True
    chance = np.clip(pairs["match_probability"].to_numpy(dtype=float)[chosen], 1e-12, 1 - 1e-9)
    against = np.ones(len(chosen))
    for mine, theirs in (ends[:, chosen], ends[::-1, chosen]):
        rivals = pd.DataFrame({"mine": mine, "theirs": theirs, "held": held[theirs], "odds": chance / (1 - chance)})
        # Several records of one person are one rival.
        rivals["own"] = rivals.groupby(["mine", "theirs"])["odds"].transform("max")
        every = rivals.drop_duplicates(["mine", "theirs"]).groupby(["mine", "held"])["own"].sum().rename("every")
        rivals = rivals.join(every, on=["mine", "held"])
        against *= model.nobody_probability + (rivals["every"] - rivals["own"]).clip(lower=0.0).to_numpy()
    odds = chance / (1 - chance)
    # Only between the custody list and the others is nearly everybody of one to be found on the other.
    across = held[ends[0, chosen]] != held[ends[1, chosen]]
    settled = np.where(across, odds / (odds + against), np.minimum(chance, odds / (odds + np.maximum(against, 1.0))))
    names_agree = _names_agree(pairs).to_numpy()[chosen]
    probability = pairs["match_probability"].to_numpy(dtype=float).copy()
    accepted, uncertain = (pairs[name].to_numpy(dtype=bool).copy() for name in ("is_accepted", "is_uncertain"))
    probability[chosen] = settled
    accepted[chosen] = (settled >= model.accept_probability) & names_agree
    uncertain[chosen] = ~accepted[chosen] & (settled >= model.review_probability)
    return pairs.assign(match_probability=probability, is_accepted=accepted, is_uncertain=uncertain)


def evidence_of(pairs: pd.DataFrame, model: LinkageModel) -> pd.Series:
    """JSON per pair: field → level and weight (bits, one decimal). Missing fields are left out."""
    texts: list[str] = []
    levels = [pairs[f"level_{field}"].tolist() for field in model.comparisons]
    weights = [pairs[f"weight_{field}"].tolist() for field in model.comparisons]
    for position in range(len(pairs)):
        evidence = {
            field: {
                "level": level_names(field)[int(levels[column][position])],
                "weight": round(weights[column][position], 1),
            }
            for column, field in enumerate(model.comparisons)
            if levels[column][position] >= 0
        }
        texts.append(json.dumps(evidence, ensure_ascii=False))
    return pd.Series(texts, index=pairs.index, dtype="str")


def sentence_of(evidence: str, model: LinkageModel) -> str:
    """One Persian sentence: what speaks for one person, and what against. No value of a person's data is in it."""
    read = json.loads(evidence)
    speaks_for = [field for field, found in read.items() if found["weight"] > 0.5]
    speaks_against = [field for field, found in read.items() if found["weight"] < -0.5]
    unknown = [field for field in ("number", "birth") if field not in read]

    def told(fields: list[str]) -> str:
        parts = [
            f"{model.comparisons[field].fa} {model.comparisons[field].levels[read[field]['level']].fa}"
            for field in fields
        ]
        return "، ".join(parts)

    clauses = []
    if speaks_for:
        clauses.append(told(speaks_for))
    if speaks_against:
        clauses.append(("اما " if speaks_for else "") + told(speaks_against))
    if unknown:
        clauses.append(" و ".join(model.comparisons[field].fa for field in unknown) + " معلوم نیست")
    return "؛ ".join(clauses) + "."
