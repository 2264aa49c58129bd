"""Estimate the weights of a month's linkage and write them into ``expectations/linkage/model.yml``.

    python -m benchmarks.calibrate_linkage [--seeds 401,402,403,404] [--persons 6000]

The lists teach the weights, without their truth (`palayesh.linkage.estimate`): synthetic months are read as intake reads them,
each teaches its own, and the mean is kept. The truth is only asked afterwards, for the error rates. Caps and the
Persian words of the file stay as they are. How near the other county of one person or family is cannot be learned here, for in these
months nobody moves: the file says what is assumed (``assumed_neighbouring``).
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy.sparse import csr_matrix, triu

from benchmarks import months as synthetic
from palayesh.linkage import LinkageModel, LinkageSettings, estimate
from palayesh.linkage.cluster import cluster, log_odds
from palayesh.linkage.estimate import Weights
from palayesh.linkage.evaluate import pairwise_accuracy
from palayesh.linkage.exact import exact_edges, facts_of, judge_of
from palayesh.linkage.fields import level_names
from palayesh.linkage.settings import COMPARED, SITUATIONS
from palayesh.linkage.standardise import standardise_mentions
from palayesh.linkage.table import random_pairs
from palayesh.linkage.weigh import Families, Month, month_pairs, owned, united

MODEL = Path(__file__).parents[1] / "expectations" / "linkage" / "model.yml"
NOTHING = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
_LEAST_SHARE = {"person": 0.001, "family": 1e-5, "strangers": 1e-6}
"""No level is held to be impossible: synthetic lists know fewer slips than people do."""


def settings_of(model: LinkageModel, threads: int = 2) -> LinkageSettings:
    return LinkageSettings(model=model, neighbours=synthetic.vocabularies()["county"].neighbours, threads=threads)


def learned(mentions: pd.DataFrame, model: LinkageModel, threads: int = 2) -> tuple[Weights, np.ndarray, int]:
    """What the mentions teach, the pairs of records in each situation, and the number of records.

    Of ``model`` only the caps and bars count.
    """
    table = standardise_mentions(mentions)
    judge = judge_of(table["first"])
    facts = facts_of(table, judge, NOTHING)
    record_of = np.unique(cluster(len(table), exact_edges(table, judge), facts, NOTHING)[0], return_inverse=True)[1]
    with Month(table, record_of, judge, settings_of(model, threads)) as month:
        count, sizes = month.count, month.belongs.sizes()
        families = Families.of(table)
        kin = families.kin(record_of, model)
        left, right = united(count, month_pairs(month.records, model.largest_block), kin.pairs(model.largest_block))
        fields = list(COMPARED)
        shares = estimate.strangers_shares(month.records, fields, month.levels(*random_pairs(count)))
        phones = month.records[["uid", "phone_list"]].explode("phone_list")
        shared = _share_of(owned(phones["uid"].to_numpy(), phones["phone_list"], count))
        shares[fields.index("phones")] = np.array([1.0 - shared, shared])
        family = family_sample(month)
        relatives, every = month.sample(*family, shares), month.sample(left, right, shares)
        weights = estimate.learn(fields, shares, sizes, relatives=relatives, candidates=every, records=count)
        chance = estimate.posterior(weights, every.levels, every.rare, every.situation)[:, 0]
        sure = chance >= model.accept_probability
        edges = pd.DataFrame({"l": left[sure], "r": right[sure], "strength": log_odds(chance[sure])})
        label, _ = cluster(count, edges, facts.lifted(record_of), NOTHING)
        kin = families.kin(label[record_of], model)
        relatives, every = (
            estimate.with_field(sample, kin.levels(label[one], label[other]))
            for sample, (one, other) in ((relatives, family), (every, (left, right)))
        )
        shared, named = _share_of(kin.relatives), _share_of(kin.names, less=kin.codes)
        shares = [*shares, np.array([1.0 - shared - named, named, shared])]
        weights = estimate.learn([*fields, "kin"], shares, sizes, relatives=relatives, candidates=every, records=count)
    return weights, sizes, count


def family_sample(month: Month) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of records that share a family of one list, or what families share; nothing of the person."""
    cases = (month.belongs.cases @ month.belongs.cases.T).tocoo()
    within = cases.row < cases.col
    one, other, _ = month.relatives(100_000)
    return united(month.count, (one, other), (cases.row[within].astype(np.int64), cases.col[within].astype(np.int64)))


def _share_of(values: csr_matrix, less: csr_matrix | None = None) -> float:
    """Share of pairs with a value in common, of all pairs that have any; ``less`` those that have one of these in common."""
    known = int((values.getnnz(axis=1) > 0).sum())
    both = (values @ values.T) > 0
    if less is not None:
        both = both > ((less @ less.T) > 0)
    shared = triu(both, 1).nnz
    return float((shared + 0.5) / max(known * (known - 1) / 2, 1.0))


def mean_of(found: list[tuple[Weights, np.ndarray, int]]) -> dict[str, Any]:
    """The mean of what several months teach, as the model's file declares it: shares of levels, and pairs for each record."""
    fields = found[0][0].fields
    comparisons: dict[str, dict[str, dict[str, float]]] = {}
    for place, field in enumerate(fields):
        shares = {}
        for kind, least in _LEAST_SHARE.items():
            each = [np.exp(getattr(weights, kind)[place]) for weights, _, _ in found]
            share = np.maximum(np.mean([one / one.sum() for one in each], axis=0), least)
            shares[kind] = share / share.sum()
        # The file names the closest level first; it has the highest number.
        comparisons[field] = {
            name: {kind: float(f"{min(share[number], 0.9999):.4g}") for kind, share in shares.items()}
            for number, name in reversed(list(enumerate(level_names(field))))
        }
    pairs = {}
    for row, situation in enumerate(SITUATIONS):
        each_record = [
            weights.rate[row] * (sizes[row] / count if situation != "one_family" else 1.0)
            for weights, sizes, count in found
        ]
        one, other = np.maximum(np.mean(each_record, axis=0), 1e-6)
        pairs[situation] = {"person": float(f"{one:.4g}"), "family": float(f"{other:.4g}")}
    return {"comparisons": comparisons, "pairs": pairs}


def with_neighbours_assumed(levels: dict[str, dict[str, float]], share: float) -> None:
    """Of one person's, and one family's, pairs with two counties, ``share`` have counties that are neighbours."""
    near, far = levels["neighbour"], levels["different"]
    for kind in ("person", "family"):
        both = near[kind] + far[kind]
        near[kind], far[kind] = (float(f"{part * both:.4g}") for part in (share, 1.0 - share))


def tried(months: Sequence[synthetic.Month], model: LinkageModel) -> tuple[float, float]:
    """Precision and recall of the pairs of mentions that the model joins, over all months."""
    parts = []
    for number, month in enumerate(months):
        found = month.judged(month.linked(settings_of(model))).mentions
        parts.append(f"{number} " + found[["person_id", "true_person"]])
    every = pd.concat(parts, ignore_index=True)
    accuracy = pairwise_accuracy(every["person_id"], every["true_person"])
    return round(accuracy.precision, 4), round(accuracy.recall, 4)


def written(declared: dict[str, Any]) -> str:
    """YAML with one line per level."""
    fields = dict(declared)
    comparisons, pairs = fields.pop("comparisons"), fields.pop("pairs")
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=140)
    text += "# Pairs for each record; within one family of one list, for each pair of strangers.\npairs:\n"
    for situation, each in pairs.items():
        text += f"  {situation}: {{person: {each['person']}, family: {each['family']}}}\n"
    text += "comparisons:\n"
    for field, comparison in comparisons.items():
        text += f"  {field}:\n    fa: {comparison['fa']}\n    levels:\n"
        for name, level in comparison["levels"].items():
            shares = ", ".join(f"{kind}: {level[kind]}" for kind in _LEAST_SHARE)
            text += f"      {name}: {{{shares}, fa: {level['fa']}}}\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="401,402,403,404")
    parser.add_argument("--persons", type=int, default=6000)
    arguments = parser.parse_args()
    header = "".join(
        line + "\n" for line in MODEL.read_text(encoding="utf-8").split("version:")[0].splitlines() if line
    )
    declared = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    caps = LinkageModel.model_validate(declared)
    months: list[synthetic.Month] = []
    for seed in arguments.seeds.split(","):
        with TemporaryDirectory() as folder:
            months += synthetic.written_months(Path(folder), seed=int(seed), persons=arguments.persons)
        print(f"{seed}: {len(months[-1].mentions):,} mentions")
    found = [learned(month.mentions, caps) for month in months]
    mean = mean_of(found)
    with_neighbours_assumed(mean["comparisons"]["county"], caps.calibration.assumed_neighbouring)
    declared["pairs"] = mean["pairs"]
    for field, levels in mean["comparisons"].items():
        for name, shares in levels.items():
            declared["comparisons"][field]["levels"][name] |= shares
    today = f"{dt.date.today():%Y-%m-%d}"
    declared |= {"version": today}
    declared["calibration"] |= {
        "date": today,
        "data": f"synthetic months, {arguments.persons} persons each, seeds {arguments.seeds}, without their truth",
        "records": sum(records for _, _, records in found),
    }
    precision, recall = tried(months, LinkageModel.model_validate(declared))
    declared["calibration"] |= {"precision": precision, "recall": recall}
    MODEL.write_text(header + written(declared), encoding="utf-8")
    print(f"precision {precision}, recall {recall}")


if __name__ == "__main__":
    main()
