"""Estimate the linkage model's m and u on synthetic lists whose truth is known, and write them into model.yml.

    python -m benchmarks.train_linkage [--families 3000] [--seeds 11,12,13]

m: how often each level is met among all pairs of records of one person; u: among random pairs of records. The prior follows
from the same records. Bars, caps and the Persian words are kept as they are. Then the model is tried on another seed.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml

from benchmarks.linkage_population import World, read_settings
from palayesh.linkage import link
from palayesh.linkage.cluster import cluster
from palayesh.linkage.compare import _MISSING, LEVELS
from palayesh.linkage.evaluate import pairwise_accuracy
from palayesh.linkage.exact import exact_edges, facts_of, judge_of
from palayesh.linkage.standardise import standardise_mentions
from palayesh.linkage.weigh import _typed_columns, most_frequent, records_of

MODEL = Path(__file__).parents[1] / "expectations" / "linkage" / "model.yml"
NOTHING = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})


def level_counts(families: int, seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], float, int]:
    """Per field, how often each level is met among true pairs and among random pairs; true pairs per record; records."""
    model = read_settings().model
    mentions = World(families, seed).lists()
    table = standardise_mentions(mentions)
    judge = judge_of(table["first"])
    label, _ = cluster(len(table), exact_edges(table, judge), facts_of(table, judge, NOTHING), NOTHING)
    record_of = np.unique(label, return_inverse=True)[1]
    records = records_of(table, record_of, judge, model)
    # What people of one family have in common cannot be counted among pairs that share no family, so kin counts as is.
    truth = most_frequent(record_of, table["truth_person"])
    records["truth"] = truth.reindex(records["uid"]).astype("int64").to_numpy()
    connection = duckdb.connect()
    connection.register("frame", records)
    connection.execute(f"create table records as select {_typed_columns(records)}, truth::bigint as who from frame")
    same = records[["uid", "truth"]].merge(records[["uid", "truth"]], on="truth", suffixes=("_l", "_r"))
    same = same[same["uid_l"] < same["uid_r"]]
    generator = np.random.default_rng(seed)
    drawn = pd.DataFrame(generator.integers(0, len(records), (3_000_000, 2)), columns=["uid_l", "uid_r"])
    drawn = drawn[records["truth"].to_numpy()[drawn["uid_l"]] != records["truth"].to_numpy()[drawn["uid_r"]]]
    counted = []
    for pairs in (same, drawn):
        connection.register("pairs", pairs)
        sides = ", ".join(
            f"{side}.{column} as {column}_{side}"
            for side in ("l", "r")
            for column in records.columns
            if column not in ("uid", "truth")
        )
        connection.execute(
            f"create or replace table both_sides as select {sides} from pairs join records l on l.uid = uid_l join records r on r.uid = uid_r"
        )
        counts = {}
        for field, levels in LEVELS.items():
            missing = _MISSING.get(field, f"{field}_l is null or {field}_r is null")
            cases = " ".join(
                f"when {condition} then {number}" if condition != "else" else f"else {number}"
                for number, condition in enumerate(levels.values())
            )
            rows = connection.execute(
                f"select case when {missing} then -1 {cases} end as level, count(*) from both_sides group by 1"
            ).fetchall()
            found = dict(rows)
            counts[field] = np.array([found.get(number, 0) for number in range(len(levels))], dtype=float)
        counted.append(counts)
    return counted[0], counted[1], len(same) / len(records), len(records)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=3000)
    parser.add_argument("--seeds", default="11,12,13")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    results = [level_counts(arguments.families, seed) for seed in seeds]
    declared = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    for field, levels in LEVELS.items():
        same = sum(result[0][field] for result in results)
        strangers = sum(result[1][field] for result in results)
        # No level is held to be impossible: synthetic lists know fewer slips than people do.
        m, u = (np.maximum(counts / counts.sum(), floor) for counts, floor in ((same, 0.004), (strangers, 4e-6)))
        print(
            field, {name: (round(one, 5), float(f"{other:.2g}")) for name, one, other in zip(levels, m, u, strict=True)}
        )
        for name, one, other in zip(levels, m, u, strict=True):
            declared["comparisons"][field]["levels"][name] |= {"m": float(f"{one:.4g}"), "u": float(f"{other:.4g}")}
    declared["pairs_per_record"] = round(float(np.mean([result[2] for result in results])), 4)
    declared["version"] = f"{dt.date.today():%Y-%m-%d}"
    declared["calibration"] |= {
        "date": f"{dt.date.today():%Y-%m-%d}",
        "data": f"synthetic lists of benchmarks/linkage_population.py, {arguments.families} families, seeds {arguments.seeds}",
        "records": sum(result[3] for result in results),
    }
    header = "".join(
        line for line in MODEL.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#")
    )
    MODEL.write_text(header + written(declared), encoding="utf-8")

    mentions = World(arguments.families, max(seeds) + 1).lists()
    linked = link(
        mentions.drop(columns=["truth_person", "truth_household"]),
        previous=pd.DataFrame(),
        judgements=pd.DataFrame(),
        settings=read_settings(),
    )
    accuracy = pairwise_accuracy(linked.linked_mentions["person_id"], mentions["truth_person"])
    print("another seed:", accuracy)
    declared["calibration"] |= {"precision": round(accuracy.precision, 4), "recall": round(accuracy.recall, 4)}
    MODEL.write_text(header + written(declared), encoding="utf-8")


def written(declared: dict[str, object]) -> str:
    """YAML with one line per level."""
    fields = dict(declared)
    comparisons = fields.pop("comparisons")
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=140) + "comparisons:\n"
    assert isinstance(comparisons, dict)
    for field, comparison in comparisons.items():
        text += f"  {field}:\n    evidence: {comparison['evidence']}\n    fa: {comparison['fa']}\n    levels:\n"
        for name, level in comparison["levels"].items():
            text += f"      {name}: {{m: {level['m']}, u: {level['u']}, fa: {level['fa']}}}\n"
    return text


if __name__ == "__main__":
    main()
