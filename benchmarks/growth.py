"""How the time, the memory and the pairs of `palayesh link` grow: Persian lists, the first so many million records of one set.

    python -m benchmarks.growth 1 2 4 [--of 10] [--seed 301] [--keep FOLDER]

Each size is linked in a process of its own, so that peak memory is its own. The lists are read with each distinct text once, as
Parquet keeps them. Nothing of the truth is given to the linking.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage import TRUTH, peak_mb
from benchmarks.persian_lists import CHUNK, persian_chunks
from benchmarks.scoring import scores_of

_SCORED = ["record_id", "person_id", "household_id", "list", "household_code"]


def make(folder: Path, millions: int, seed: int) -> None:
    for number, lists in enumerate(persian_chunks(millions * CHUNK, seed)):
        lists.to_parquet(folder / f"lists-{number:02d}.parquet", index=False)


def given(files: list[Path]) -> pd.DataFrame:
    """What is linked: every column but the truth, each distinct text kept once."""
    columns = [name for name in pq.read_schema(files[0]).names if name not in TRUTH]
    parts = [pq.read_table(file, columns=columns, read_dictionary=columns[1:]) for file in files]
    table = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    text = pd.StringDtype(na_value=np.nan)
    return table.to_pandas(types_mapper=lambda kind: None if pa.types.is_dictionary(kind) else text)


def job(files: list[Path]) -> dict[str, Any]:
    from palayesh.linkage.table import link_table

    importlib.import_module("splink")  # imports are nobody's linking time
    records = given(files)
    loaded = peak_mb()
    began, processor = time.perf_counter(), time.process_time()
    linked = link_table(records, calendar="jalali", threads=2)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    memory = peak_mb()
    truth = pd.concat([pd.read_parquet(file, columns=_SCORED) for file in files])
    return {
        "records": len(records),
        "pairs_per_record": round(len(linked.pairs) / len(records), 3),
        "processor_seconds": round(processor, 1),
        "seconds": round(seconds, 1),
        "loaded_mb": loaded,
        "memory_mb": memory,
    } | {name: score for name, score in scores_of(truth, linked.records).items() if name in ("clusters", "households")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", type=int, nargs="+")
    parser.add_argument("--of", type=int, metavar="MILLIONS", help="how large the set is (the largest of the sizes)")
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--keep", metavar="FOLDER", help="make the lists there, and use those that are there")
    parser.add_argument("--job", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        folder = Path(arguments.keep or own)
        folder.mkdir(parents=True, exist_ok=True)
        files = sorted(folder.glob("lists-*.parquet"))
        if arguments.job:
            print(json.dumps(job(files[: arguments.millions[0]]), default=float))
            return
        if not files:
            make(folder, arguments.of or max(arguments.millions), arguments.seed)
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        for size in arguments.millions:
            command = [sys.executable, "-m", "benchmarks.growth", str(size), "--job", "--keep", str(folder)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
            print(done.stdout.strip() or f"{size} million records: failed ({done.returncode})", flush=True)


if __name__ == "__main__":
    main()
