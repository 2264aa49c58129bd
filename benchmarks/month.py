"""The whole month against the bare libraries on the same data, at several sizes.

    .venv/bin/python benchmarks/month.py [--sizes 1 10 40] [--out results.json]

Every measurement is a process of its own, so that peak memory is its own; its processor seconds are those of all its
children too, Prefect's server among them. "bare" is what the libraries alone cost on the same inputs (`benchmarks/bare.py`),
each in a process of its own, with its import.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks import bare  # noqa: E402 - this file is run by its path

MONTH = "1404-02"
REFERENCE_RECORDS = 25_000
STEPS = {("compute", 1): "link", ("compute", 2): "screen", ("compute", 3): "summarise"}


def measured(job: str, world: Path) -> dict[str, Any]:
    """Run one job of this file in a process of its own: its seconds, peak megabytes and what it counted."""
    environment = {**os.environ, "PALAYESH_VAR": str(world / "var"), "PALAYESH_DATABASE_URL": "", "PREFECT_API_URL": ""}
    start, used_before = time.perf_counter(), processor_seconds(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, __file__, "--job", job, "--world", str(world)], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{job} failed: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    used = processor_seconds(resource.RUSAGE_CHILDREN) - used_before
    return {"wall_seconds": round(time.perf_counter() - start, 2), "processor_seconds": round(used, 2), **result}


def processor_seconds(*whose: int) -> float:
    """Processor seconds of this process, or of its children that have ended."""
    used = [resource.getrusage(who) for who in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)


def job_month(world: Path) -> dict[str, Any]:
    """The whole month from files to reports, as ``palayesh run`` does it."""
    began = time.perf_counter()
    from flows import environment

    environment.prepare()
    from tasks import progress

    marks: list[tuple[str, float, float]] = []

    def mark(step: str, done: int, total: int) -> None:
        used = processor_seconds(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        marks.append((STEPS.get((step, done), step), time.perf_counter(), used))

    progress.watch(mark)
    from flows.running import loaded

    run_month = loaded()
    imported = time.perf_counter()
    used_by_imports = processor_seconds(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    result = run_month(MONTH, str(world / "inbox"))
    ended = time.perf_counter()
    stages: dict[str, float] = {"imports": imported - began}
    processor: dict[str, float] = {"imports": used_by_imports}
    last, last_used = imported, used_by_imports
    for stage, moment, used in marks:
        stages[stage] = stages.get(stage, 0.0) + moment - last
        processor[stage] = processor.get(stage, 0.0) + used - last_used
        last, last_used = moment, used
    stages["account"] = ended - last
    if result["failed_agencies"]:
        raise SystemExit(f"agencies failed: {result['failed_agencies']}")
    counted = [entry for entry in result["account"]["lists"] if entry["state"] == "validated"]
    return {
        "seconds": ended - began,
        "stages": {stage: round(seconds, 2) for stage, seconds in stages.items()},
        "stages_processor": {stage: round(seconds, 2) for stage, seconds in processor.items()},
        "records": sum(entry["received"] for entry in counted),
        "states": sorted({entry["state"] for entry in result["account"]["lists"]}),
        "linked": result["account"]["steps"]["link"],
    }


def job_inputs(world: Path) -> dict[str, Any]:
    return bare.keep_inputs(MONTH, world / "kept")


def job_schedule(world: Path) -> dict[str, Any]:
    return bare.scheduling(world / "prefect")


def job_read(world: Path) -> dict[str, Any]:
    return bare.reading(world / "inbox")


def job_validate(world: Path) -> dict[str, Any]:
    return bare.validation(MONTH, world / "kept")


def job_link(world: Path) -> dict[str, Any]:
    from palayesh.adapters import settings

    return bare.linking(world / "kept", settings.current().threads)


def job_render(world: Path) -> dict[str, Any]:
    return bare.rendering(world / "kept")


JOBS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "month": job_month,
    "inputs": job_inputs,
    "schedule": job_schedule,
    "read": job_read,
    "validate": job_validate,
    "link": job_link,
    "render": job_render,
}


def measure(size: float, world: Path) -> dict[str, Any]:
    """One size: the month, then each library alone on what the month gave it."""
    arguments = ["synth", "--out", str(world), "--seed", "1404", "--persons", str(int(size * REFERENCE_RECORDS))]
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "flows.cli", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    synthesised = time.perf_counter() - began
    month = measured("month", world)
    handed = measured("inputs", world)
    libraries = {job: measured(job, world) for job in ("schedule", "read", "validate", "link", "render")}
    alone = sum(part["seconds"] for part in libraries.values())
    used, used_by_prefect = month["processor_seconds"], libraries["schedule"]["processor_seconds"]
    used_bare = sum(part["processor_seconds"] for part in libraries.values())
    return {
        "size": size,
        "synth_seconds": round(synthesised, 1),
        "month": month,
        "handed": handed,
        "bare": libraries,
        "bare_seconds": round(alone, 2),
        "ratio": round(month["seconds"] / alone, 2),
        "processor_ratio": round(used / used_bare, 2),
        # Prefect's server costs the same whatever it runs, and would flatter a small month.
        "processor_ratio_without_prefect": round((used - used_by_prefect) / (used_bare - used_by_prefect), 2),
    }


def main() -> None:
    """Measure each size and print it; one job of this file when ``--job`` says so."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 10, 40])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--world", type=Path, help="folder to work in (default: a temporary one)")
    parser.add_argument("--job", choices=JOBS)
    chosen = parser.parse_args()
    if chosen.job:
        result = JOBS[chosen.job](chosen.world)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(json.dumps({**result, "peak_mb": own // 1024, "largest_child_mb": children // 1024}))
        return
    if chosen.world:
        chosen.world.mkdir(parents=True, exist_ok=True)
    results = []
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory(dir=chosen.world) as folder:
            results.append(found := measure(size, Path(folder)))
        month, libraries = found["month"], found["bare"]
        print(f"{size:g}x: {month['records']:,} records; synth {found['synth_seconds']} s")
        print(
            f"   month {month['seconds']:.1f} s wall, {month['processor_seconds']:.1f} s processor,"
            f" {month['peak_mb']} MB, largest child {month['largest_child_mb']} MB"
        )
        print(f"   stages: {month['stages']}")
        print(f"   stages, processor: {month['stages_processor']}")
        for job, part in libraries.items():
            print(f"   bare {job}: {part['seconds']:.1f} s, {part['processor_seconds']:.1f} s, {part['peak_mb']} MB")
        print(
            f"   month / bare: wall {found['ratio']}, processor {found['processor_ratio']}"
            f" ({found['processor_ratio_without_prefect']} with Prefect taken from both)",
            flush=True,
        )
        if chosen.out:
            chosen.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
