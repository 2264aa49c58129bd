"""From weights to decisions: the same person, a question for people, or left apart."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd

from palayesh.linkage.compare import LEVELS, level_of
from palayesh.linkage.settings import LinkageModel


def match_probability(pairs: pd.DataFrame, model: LinkageModel) -> pd.Series:
    """Probability that a pair is one person, against strangers *and* against members of one family.

    Strangers are told apart by all evidence. Brothers share surname, father's name, county and phone, so against a relative
    only the person's own fields count (`linkage.md` 7): phone and family name find the family and cannot make the person.
    """
    family_odds = math.log2(model.family_prior / (1.0 - model.family_prior))
    person = person_weight(pairs, model) + family_odds
    against_strangers = np.exp2(-pairs["match_weight"].to_numpy(dtype=float).clip(-60, 60))
    against_family = np.exp2(-person.to_numpy(dtype=float).clip(-60, 60))
    return pd.Series(1.0 / (1.0 + against_strangers + against_family), index=pairs.index)


def person_weight(pairs: pd.DataFrame, model: LinkageModel) -> pd.Series:
    """Bits of the fields that can tell members of one family apart."""
    fields = [field for field in LEVELS if model.comparisons[field].evidence == "person"]
    return pairs[[f"weight_{field}" for field in fields]].sum(axis="columns")


def _is_level(pairs: pd.DataFrame, field: str, *levels: str) -> pd.Series:
    numbers = {level: len(LEVELS[field]) - 1 - position for position, level in enumerate(LEVELS[field])}
    return pairs[f"level_{field}"].isin([numbers[level] for level in levels])


def decide(pairs: pd.DataFrame, model: LinkageModel) -> pd.DataFrame:
    """``pairs`` with ``match_probability``, ``is_accepted`` and ``is_uncertain``.

    A given name that disagrees is never accepted by weight alone, unless number and birth day both agree.
    """
    probability = match_probability(pairs, model)
    name_disagrees = _is_level(pairs, "first", "different", "neighbour_name")
    proven = _is_level(pairs, "number", "same") & _is_level(pairs, "birth", "same_day")
    accepted = probability.ge(model.accept_probability) & (~name_disagrees | proven)
    uncertain = ~accepted & probability.ge(model.review_probability)
    return pairs.assign(match_probability=probability, is_accepted=accepted, is_uncertain=uncertain)


def with_shared_relatives(
    pairs: pd.DataFrame, label: np.ndarray, kin: pd.DataFrame, model: LinkageModel
) -> pd.DataFrame:
    """``pairs`` weighed again where both records' persons (``label``) share a relative found since the first weighing."""
    if pairs.empty or kin.empty:
        return pairs
    ends = pd.DataFrame(
        {"pair": np.arange(len(pairs)), "owner": label[pairs["l"].to_numpy()], "other": label[pairs["r"].to_numpy()]}
    )
    left = ends.merge(kin, on="owner")
    both = left.merge(kin.rename(columns={"owner": "other"}), on=["other", "value"])
    shares = np.zeros(len(pairs), dtype=bool)
    shares[both["pair"].unique()] = True
    level = model.comparisons["kin"].levels["shared"].weight
    gain = np.where(shares, level - pairs["weight_kin"].to_numpy(), 0.0)
    return pairs.assign(
        match_weight=pairs["match_weight"] + gain,
        weight_kin=pairs["weight_kin"] + gain,
        level_kin=np.where(shares, len(LEVELS["kin"]) - 1, pairs["level_kin"]),
    )


def without_rivals(pairs: pd.DataFrame, records: pd.DataFrame, label: np.ndarray, model: LinkageModel) -> pd.Series:
    """True where neither record is bare, or the pair is clearly the best that its bare record has.

    A mention with no number and no year of birth fits any namesake; it is given to one only if the next best person lies at
    least ``rival_margin`` bits behind.
    """
    bare = records["is_bare"].to_numpy(dtype=bool)
    clear = pd.Series(True, index=pairs.index)
    for side, other in (("l", "r"), ("r", "l")):
        mine = pairs[side].to_numpy()
        chosen = bare[mine] & ~bare[pairs[other].to_numpy()]
        rivals = pd.DataFrame(
            {
                "pair": pairs.index[chosen],
                "record": mine[chosen],
                "person": label[pairs[other].to_numpy()[chosen]],
                "weight": pairs["match_weight"].to_numpy()[chosen],
            }
        )
        best = rivals.groupby(["record", "person"], as_index=False)["weight"].max()
        best = best.sort_values(["record", "weight", "person"], ascending=[True, False, True], kind="stable")
        top = best.drop_duplicates("record").set_index("record")
        second = best[best.duplicated("record")].drop_duplicates("record").set_index("record")["weight"]
        margin = top["weight"] - second.reindex(top.index).fillna(-np.inf)
        is_top = rivals["person"].to_numpy() == rivals["record"].map(top["person"]).to_numpy()
        enough = rivals["record"].map(margin).ge(model.rival_margin).to_numpy()
        clear.loc[rivals["pair"]] = is_top & enough
    return clear


def evidence_of(pairs: pd.DataFrame, model: LinkageModel) -> pd.Series:
    """JSON per pair: field → level and weight (bits, one decimal). Missing fields are left out."""
    texts: list[str] = []
    levels = [pairs[f"level_{field}"].tolist() for field in LEVELS]
    weights = [pairs[f"weight_{field}"].tolist() for field in LEVELS]
    for position in range(len(pairs)):
        evidence = {
            field: {
                "level": level_of(field, int(levels[column][position])),
                "weight": round(weights[column][position], 1),
            }
            for column, field in enumerate(LEVELS)
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
