"""New records against a registry that is already linked: `link_new` beside plain Splink's ``predict_between`` on the same records.

    python -m benchmarks.increment [--registry 1000000] [--new 9000] [--seed 301] [--json OUT] [--keep FOLDER]

The weights of both are learned on the same tenth of the families (or 100,000 records, if that is less), with the rate of pairs
rescaled to the registry. Making the lists, preparing the registry and matching are processes of their own, so that peak memory is
matching's own; three matchings are timed in one process, after loading. A new record is *found* where it goes to the person that it
is: Splink's goes to that of its likeliest pair of at least 0.95.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage import TRUTH, peak_mb

LEARN_FROM = 100_000
ROUNDS = 3
ACCEPT = 0.95


def job_make(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The registry, the new records (drawn from all of it), and whole families to learn from."""
    from benchmarks.persian_lists import persian_chunks

    drawn = np.zeros(arguments.registry + arguments.new, dtype=bool)
    drawn[np.random.default_rng(arguments.seed).choice(len(drawn), arguments.new, replace=False)] = True
    share = min(1.0, max(0.1 if arguments.registry <= 10 * LEARN_FROM else 0.0, LEARN_FROM / arguments.registry))
    families, later, sample = np.random.default_rng(1), [], []
    start = 0
    for number, lists in enumerate(persian_chunks(len(drawn), arguments.seed)):
        is_new = drawn[start : start + len(lists)]
        start += len(lists)
        later.append(lists[is_new])
        lists = lists[~is_new]
        home = lists["household_id"].to_numpy(dtype=np.int64)
        some = np.unique(home)
        some = some[families.random(len(some)) < share]
        sample.append(lists[np.isin(home, some)])
        lists.drop(columns=["damage", "relation"]).to_parquet(folder / f"registry-{number:02d}.parquet", index=False)
    pd.concat(sample).to_parquet(folder / "sample.parquet", index=False)
    new = pd.concat(later, ignore_index=True)
    new["list"] += "/next month"
    new.to_parquet(folder / "new.parquet", index=False)
    return {"records": arguments.registry, "memory_mb": peak_mb()}


def chunks(folder: Path) -> list[Path]:
    return sorted(folder.glob("registry-*.parquet"))


def job_prepare_palayesh(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    from palayesh.linkage import estimate
    from palayesh.linkage.prepared import RegistryWriter
    from palayesh.linkage.table import link_table

    began = time.perf_counter()
    sample = pd.read_parquet(folder / "sample.parquet").drop(columns=list(TRUTH))
    linked = link_table(sample, calendar="jalali")
    learned = time.perf_counter() - began
    assert linked.weights is not None
    cases = pd.DataFrame(
        {
            "list": sample["list"].to_numpy(),
            "case": pd.factorize(sample["list"] + "\x1f" + sample["household_code"])[0],
        }
    )
    lists = sample["list"].value_counts().to_numpy(dtype=float)
    writer = RegistryWriter(
        folder / "prepared",
        calendar="jalali",
        weights=linked.weights,
        learned_on=len(sample),
        situation_sizes=estimate.situation_sizes(cases),
        list_size=float((lists**2).sum() / lists.sum()),
    )
    count = 0
    for path in chunks(folder):
        records = pd.read_parquet(path)
        count += len(records)
        for name, letter in (("person_id", "P"), ("household_id", "H")):
            records[name] = letter + records[name].astype("str").str.zfill(7)
        writer.add(records)
    writer.finish()
    size = sum(path.stat().st_size for path in (folder / "prepared").rglob("*") if path.is_file())
    return {
        "seconds_learning": round(learned, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "memory_mb": peak_mb(),
        "disk_mb": size // 2**20,
    }


def job_palayesh(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    for library in ("palayesh.linkage", "splink"):  # imports are nobody's matching
        importlib.import_module(library)
    from palayesh.linkage.increment import link_new
    from palayesh.linkage.prepared import as_in_registry, open_prepared

    new = pd.read_parquet(folder / "new.parquet")
    given = new.drop(columns=list(TRUTH))
    began = time.perf_counter()
    with open_prepared(folder / "prepared", threads=2) as registry:
        loading = time.perf_counter() - began
        seconds, found = [], None
        for _round in range(ROUNDS):
            began = time.perf_counter()
            found = link_new(given, registry)
            seconds.append(round(time.perf_counter() - began, 2))
        began = time.perf_counter()
        as_in_registry(given, registry)
        preparing = time.perf_counter() - began
        keys = len(registry.keys)
    assert found is not None
    person = found.records["person_id"].where(~found.is_new).str[1:].astype("Int64").to_numpy(dtype=float, na_value=-1)
    return {
        "loading": round(loading, 2),
        "rounds": seconds,
        "of_which_preparing_new": round(preparing, 2),
        "pairs_per_new_record": round(found.compared / len(new), 1),
        "keys": keys,
        "review_pairs": int(found.pairs["decision"].eq("review").sum()),
        "memory_mb": peak_mb(),
    } | found_again(folder, new, person)


def job_prepare_plain(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.plain_splink import prepare, trained_linker

    began = time.perf_counter()
    sample = prepare(pd.read_parquet(folder / "sample.parquet"))
    linker = trained_linker(duckdb.connect(), sample, wide=False, keep_weights=False)
    model = linker.misc.save_model_to_json()
    learned = time.perf_counter() - began
    connection = duckdb.connect(str(folder / "plain.duckdb"))
    count = 0
    for path in chunks(folder):
        part = pd.read_parquet(path)
        table = prepare(part).assign(row=np.arange(count, count + len(part)), person_id=part["person_id"].to_numpy())
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        connection.register("part", arrow)
        connection.execute(f"{'insert into registry' if count else 'create table registry as'} select * from part")
        connection.unregister("part")
        count += len(part)
    connection.close()
    model["probability_two_random_records_match"] *= len(sample) / count
    (folder / "plain.json").write_text(json.dumps(model), encoding="utf-8")
    return {
        "seconds_learning": round(learned, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "memory_mb": peak_mb(),
        "disk_mb": (folder / "plain.duckdb").stat().st_size // 2**20,
    }


def job_plain_splink(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    from splink import DuckDBAPI, Linker

    from benchmarks.plain_splink import prepare

    logging.disable(logging.WARNING)
    new = pd.read_parquet(folder / "new.parquet")
    began = time.perf_counter()
    connection = duckdb.connect(str(folder / "plain.duckdb"))
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set threads = 2")
    api = DuckDBAPI(connection=connection)
    registry = api.register("registry", dataset_display_name="registry")
    linker = Linker(registry, json.loads((folder / "plain.json").read_text(encoding="utf-8")))
    for column in ("first", "last", "father", "county"):
        linker.table_management.compute_tf_table(column)
    loading = time.perf_counter() - began
    began = time.perf_counter()
    table = prepare(new).assign(row=lambda one: 10**9 + one["row"], person_id=new["person_id"].to_numpy())
    preparing = time.perf_counter() - began
    connection.register("new_frame", pa.Table.from_pandas(table, preserve_index=False))
    connection.execute("create or replace temp table fresh as select * from new_frame")
    fresh = api.register("fresh", dataset_display_name="fresh")
    seconds = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        within = linker.inference.predict_within(fresh, threshold_match_probability=0.01)
        between = linker.inference.predict_between(fresh, registry, threshold_match_probability=0.01)
        seconds.append(round(time.perf_counter() - began + preparing, 2))
        if _round < ROUNDS - 1:
            within.drop_table_from_database_and_remove_from_cache()
            between.drop_table_from_database_and_remove_from_cache()
    memory = peak_mb()
    best = connection.execute(
        f"""select greatest(row_l, row_r) - 1000000000 as new, arg_max(person_id, match_probability) as person
        from {between.physical_name} join registry on row = least(row_l, row_r)
        where match_probability >= {ACCEPT} group by 1"""
    ).df()
    person = np.full(len(new), -1.0)
    person[best["new"].to_numpy()] = best["person"].to_numpy()
    return {
        "loading": round(loading, 2),
        "rounds": seconds,
        "of_which_preparing_new": round(preparing, 2),
        "memory_mb": memory,
    } | found_again(folder, new, person)


def found_again(folder: Path, new: pd.DataFrame, person: np.ndarray) -> dict[str, float]:
    """Precision and recall of the new records that are said to be persons of the registry (−1: said to be new)."""
    known = pq.read_table([str(path) for path in chunks(folder)], columns=["person_id"])["person_id"].to_numpy()
    truth = new["person_id"].to_numpy()
    there = np.isin(truth, known)
    right = person == truth
    return {
        "precision": round(float(right.sum() / max((person >= 0).sum(), 1)), 4),
        "recall": round(float(right[there].sum() / max(there.sum(), 1)), 4),
    }


JOBS = {
    "make": job_make,
    "prepare_plain": job_prepare_plain,
    "plain_splink": job_plain_splink,
    "prepare_palayesh": job_prepare_palayesh,
    "palayesh": job_palayesh,
}


def run_job(job: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """One job in a process of its own; its failure is a result as well."""
    sizes = [str(part) for name in ("registry", "new", "seed") for part in (f"--{name}", getattr(arguments, name))]
    command = [sys.executable, "-m", "benchmarks.increment", "--job", job, "--keep", str(folder), *sizes]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1][:300]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registry", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=9_000)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--json", metavar="OUT", help="write every figure there")
    parser.add_argument("--keep", metavar="FOLDER", help="work there, and use what an earlier run left there")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(JOBS[arguments.job](Path(arguments.keep), arguments), default=float))
        return
    with tempfile.TemporaryDirectory() as own:
        folder = Path(arguments.keep or own)
        folder.mkdir(parents=True, exist_ok=True)
        made = {"make": "new.parquet", "prepare_plain": "plain.json", "prepare_palayesh": "prepared/prepared.json"}
        results = {}
        for job in JOBS:
            if job in made and (folder / made[job]).exists():
                continue
            results[job] = run_job(job, folder, arguments)
            print(f"{job}: {json.dumps(results[job])}", flush=True)
        base, ours = results["plain_splink"], results["palayesh"]
        if "failed" not in base and "failed" not in ours:
            wrong = [(1 - one["precision"], 1 - one["recall"]) for one in (base, ours)]
            print(
                f"palayesh / plain Splink: seconds {np.median(ours['rounds']) / np.median(base['rounds']):.2f}x, "
                f"memory {ours['memory_mb'] / base['memory_mb']:.2f}x, "
                f"wrong {wrong[1][0] / max(wrong[0][0], 1e-9):.2f}x, missed {wrong[1][1] / max(wrong[0][1], 1e-9):.2f}x"
            )
        if arguments.json:
            Path(arguments.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
