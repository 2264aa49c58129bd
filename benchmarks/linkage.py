"""Linking measured: `palayesh link` against plain Splink 5 on the same records in the same run.

    python -m benchmarks.linkage [--quick] [--json OUT] [--only persian|febrl|million]

Persian lists of 10^5 records with and without national numbers, FEBRL 3 and 4 with and without theirs, and Persian lists
of 10^6 records. Every job is a process of its own, so that peak memory is its own; the lists are made before, by another.
The seeds scored here (101 and on) are none of those that anything was calibrated on (11 to 20).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd

from benchmarks import febrl
from benchmarks.scoring import by_damage, cluster_score, pairs_score, scores_of
from palayesh.linkage.cluster import components

TRUTH = ("person_id", "household_id", "damage", "relation")
SYSTEMS = ("plain_splink", "palayesh")


@dataclass(frozen=True)
class Case:
    """One set of records to link."""

    name: str
    kind: str  # persian, febrl or million
    records: int
    seed: int  # of febrl: its number
    with_numbers: bool

    @property
    def calendar(self) -> str:
        return "gregorian" if self.kind == "febrl" else "jalali"


def cases(*, quick: bool) -> list[Case]:
    """What is measured; ``quick`` is a small part of it, for trying things out."""
    size, seeds = (10_000, (101,)) if quick else (100_000, (101, 102))
    found = [
        Case(
            f"Persian {size:,} {'with' if numbers else 'without'} numbers, seed {seed}", "persian", size, seed, numbers
        )
        for numbers in (True, False)
        for seed in seeds
    ]
    found += [
        Case(f"FEBRL {number} {'with' if numbers else 'without'} number", "febrl", 0, number, numbers)
        for number in ((3,) if quick else (3, 4))
        for numbers in (True, False)
        if febrl.is_there()
    ]
    if not quick:
        found.append(Case("Persian 1,000,000 with numbers, seed 201", "million", 1_000_000, 201, True))
    return found


def make(case: Case) -> pd.DataFrame:
    from benchmarks.persian_lists import persian_lists

    if case.kind == "febrl":
        return febrl.febrl(case.seed, with_numbers=case.with_numbers)
    return persian_lists(case.records, case.seed, with_numbers=case.with_numbers)


def job_plain_splink(records: pd.DataFrame, case: Case) -> dict[str, Any]:
    from benchmarks.plain_splink import figures_of, link_latin, link_persian

    # A million is linked with the narrow blocking: the faster of the two baselines.
    baseline = link_latin(records) if case.kind == "febrl" else link_persian(records, wide=case.kind != "million")
    steps = baseline.seconds
    to_clusters = sum(steps.get(step, 0.0) for step in ("prepare", "prior", "u", "em", "predict", "cluster"))
    cost = {"seconds_by_step": steps, "seconds_to_clusters": round(to_clusters, 2), "seconds": steps["total"]}
    cost["processor_seconds"] = steps["processor"]
    # The steps' clock has stopped before candidate pairs are collected, which the product does not hand on.
    cost["memory_mb"] = peak_mb()
    return figures_of(records, baseline) | cost | scored(records, baseline.linked(records))


def job_palayesh(records: pd.DataFrame, case: Case) -> dict[str, Any]:
    from palayesh.linkage import table

    given = records.drop(columns=[name for name in TRUTH if name in records])
    given = given.dropna(axis="columns", how="all")
    importlib.import_module("splink")  # imports are nobody's linking time
    in_households = 0.0

    def timed(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            nonlocal in_households
            began = time.perf_counter()
            found = step(*arguments)
            in_households += time.perf_counter() - began
            return found

        return run

    began, processor = time.perf_counter(), time.process_time()
    with mock.patch.multiple(table, _related=timed(table._related), joined_families=timed(table.joined_families)):
        linked = table.link_table(given, calendar=case.calendar)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    result: dict[str, Any] = {"processor_seconds": round(processor, 2)}
    result |= {"seconds": round(seconds, 2), "seconds_to_clusters": round(seconds - in_households, 2)}
    result["memory_mb"] = peak_mb()
    if set(linked.records["record_id"]) != set(records["record_id"]):
        raise AssertionError("every record must be answered for")
    return result | pair_figures(records, linked) | scored(records, linked.records)


def pair_figures(records: pd.DataFrame, linked: Any) -> dict[str, Any]:
    """Candidate pairs a record, blocking recall, the review queue, and the clusters if all its questions were answered rightly."""
    truth, pairs = records["person_id"].to_numpy(), linked.pairs
    left, right = pairs["l"].to_numpy(), pairs["r"].to_numpy()
    asked = pairs["decision"].eq("review").to_numpy()
    yes = asked & (truth[left] == truth[right])
    person = pd.factorize(linked.records["person_id"])[0]
    whole = components(int(person.max()) + 1, person[left[yes]], person[right[yes]])
    return {
        "candidate_pairs_per_record": round(len(pairs) / len(records), 3),
        "blocking_recall": round(pairs_score(left, right, truth).recall, 4),
        "review_pairs_per_record": round(float(asked.sum()) / len(records), 4),
        "after_perfect_reviewer": cluster_score(whole[person], truth).as_dict(),
    }


JOBS = {"plain_splink": job_plain_splink, "palayesh": job_palayesh}


def scored(records: pd.DataFrame, linked: pd.DataFrame) -> dict[str, Any]:
    said = linked.set_index("record_id")["person_id"].reindex(records["record_id"])
    damage = by_damage(said, records["person_id"], records["damage"])
    return scores_of(records, linked) | {"by_damage": damage.to_dict("records")}


def peak_mb() -> int:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run_job(job: str, case: Case, file: Path) -> dict[str, Any]:
    """One job in a process of its own; its failure is a result as well."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.linkage",
        "--job",
        job,
        "--file",
        str(file),
        "--case",
        json.dumps(vars(case)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1][:300]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def table_of(results: list[dict[str, Any]]) -> str:
    """The results as text: a row per case and system, and the product as a ratio of the baseline."""
    header = (
        "case",
        "system",
        "P",
        "R",
        "F1",
        "B3 F1",
        "hh P",
        "hh F1",
        "queue",
        "review F1",
        "pairs/rec",
        "block R",
        "s to clusters",
        "s",
        "processor s",
        "MB",
    )
    rows, notes = [header], []

    def at(result: dict[str, Any], *path: str) -> str:
        value: Any = result
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return "-" if value is None else f"{value:.4f}" if isinstance(value, float) and value <= 1 else f"{value:g}"

    for entry in results:
        for system in SYSTEMS:
            result = entry[system]
            if "failed" in result:
                rows.append((entry["name"], system, *["-"] * 14))
                notes.append(f"{entry['name']}, {system}: {result['failed']}")
                continue
            rows.append(
                (
                    entry["name"],
                    system,
                    *(at(result, "clusters", key) for key in ("precision", "recall", "f1")),
                    at(result, "b_cubed", "f1"),
                    at(result, "households", "precision"),
                    at(result, "households", "f1"),
                    at(result, "review_pairs_per_record"),
                    at(result, "after_perfect_reviewer", "f1"),
                    at(result, "candidate_pairs_per_record"),
                    at(result, "blocking_recall"),
                    at(result, "seconds_to_clusters"),
                    f"{result['seconds']:.1f}",
                    f"{result['processor_seconds']:.1f}",
                    str(result["memory_mb"]),
                )
            )
        base, ours = (entry[system] for system in SYSTEMS)
        if "failed" not in base and "failed" not in ours:
            f1 = [1 - max(one["clusters"]["f1"], 0.0) for one in (base, ours)]
            ratios = ("1 - F1:", f"{f1[1] / f1[0]:.2f}x" if f1[0] else "-")
            cost = (f"{ours[what] / base[what]:.2f}x" for what in ("seconds", "processor_seconds", "memory_mb"))
            rows.append((entry["name"], "ratio", "", *ratios, "", "", "", "", "", "", "", "", *cost))
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([*lines, *notes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small lists, one seed")
    parser.add_argument("--json", metavar="OUT", help="write every figure there")
    parser.add_argument("--only", choices=("persian", "febrl", "million"))
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        case = Case(**json.loads(arguments.case))
        print(json.dumps(JOBS[arguments.job](pd.read_parquet(arguments.file), case), default=float))
        return
    if not febrl.is_there():
        print(febrl.HOW_TO_GET, file=sys.stderr)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(quick=arguments.quick):
            if arguments.only and case.kind != arguments.only:
                continue
            file = Path(folder) / "records.parquet"
            make(case).to_parquet(file, index=False)
            entry: dict[str, Any] = {"name": case.name, **vars(case)}
            for system in SYSTEMS:
                entry[system] = run_job(system, case, file)
            results.append(entry)
            print(table_of([entry]), flush=True)
    print("\n" + table_of(results))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
