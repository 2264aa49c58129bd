"""The whole month against the bare libraries on the same data, at several sizes.

    .venv/bin/python benchmarks/month.py [--sizes 1 10 40] [--out results.json]

Every measurement is a process of its own, so that peak memory is its own. "bare" is what the libraries alone cost on the
same inputs: calamine reading every spreadsheet, Great Expectations validating every standardised list with the same
suites, Splink scoring and clustering the same mentions with the same model, WeasyPrint on the same report HTML.
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

MONTH = "1404-02"
REFERENCE_RECORDS = 25_000


def measured(job: str, world: Path) -> dict[str, Any]:
    """Run one job of this file in a process of its own: its seconds, peak megabytes and what it counted."""
    environment = {**os.environ, "PALAYESH_VAR": str(world / "var"), "PALAYESH_DATABASE_URL": ""}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--job", job, "--world", str(world)], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{job} failed: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"wall_seconds": round(time.perf_counter() - start, 2), **result}


def job_month(world: Path) -> dict[str, Any]:
    import datetime as dt

    from flows import environment

    environment.prepare()
    began = time.perf_counter()
    marks: list[tuple[str, int, int, float]] = []
    from tasks import progress

    progress.watch(lambda step, done, total: marks.append((step, done, total, time.perf_counter())))
    from flows.monthly_coverage import run_month

    imported = time.perf_counter()
    result = run_month(MONTH, str(world / "inbox"), dt.date(2025, 5, 21))
    ended = time.perf_counter()
    stages: dict[str, float] = {"imports": imported - began}
    last = imported
    for step, done, total, moment in marks:
        name = f"{step}:{done}/{total}" if step == "compute" else step
        stages[name] = stages.get(name, 0.0) + moment - last
        last = moment
    stages["prefect and account"] = ended - last
    received = sum(entry["received"] for entry in result["account"]["lists"])
    return {"seconds": ended - began, "stages": {k: round(v, 2) for k, v in stages.items()}, "records": received}


def job_read(world: Path) -> dict[str, Any]:
    import python_calamine

    rows = 0
    seconds = 0.0
    for path in sorted((world / "inbox").rglob("*")):
        if path.is_file() and path.read_bytes()[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
            began = time.perf_counter()
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            rows += sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
            seconds += time.perf_counter() - began
    return {"seconds": seconds, "rows": rows}


def job_validate(world: Path) -> dict[str, Any]:
    from benchmarks.bare import bare_validation

    return bare_validation(MONTH)


def job_link(world: Path) -> dict[str, Any]:
    from benchmarks.bare import bare_linkage

    return bare_linkage(MONTH)


def job_render(world: Path) -> dict[str, Any]:
    import weasyprint

    source = next((world / "var" / "reports").rglob("coverage.fa.html"))
    began = time.perf_counter()
    content = weasyprint.HTML(filename=str(source)).write_pdf(pdf_variant="pdf/ua-1")
    return {"seconds": time.perf_counter() - began, "bytes": len(content)}


JOBS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "month": job_month,
    "read": job_read,
    "validate": job_validate,
    "link": job_link,
    "render": job_render,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 10, 40])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--world", type=Path)
    chosen = parser.parse_args()
    if chosen.job:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        result = JOBS[chosen.job](chosen.world)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(json.dumps({**result, "peak_mb": own // 1024, "largest_child_mb": children // 1024}))
        return
    results = []
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            world = Path(folder)
            arguments = ["synth", "--out", folder, "--seed", "1404", "--persons", str(int(size * REFERENCE_RECORDS))]
            subprocess.run([sys.executable, "-m", "flows.cli", *arguments], check=True, stdout=subprocess.DEVNULL)
            month = measured("month", world)
            bare = {job: measured(job, world) for job in ("read", "validate", "link", "render")}
        libraries = sum(part["seconds"] for part in bare.values())
        results.append({"size": size, "month": month, "bare": bare, "ratio": round(month["seconds"] / libraries, 2)})
        print(f"{size:g}x: {month['records']:,} records, month {month['seconds']:.1f} s, {month['peak_mb']} MB")
        print(f"   stages: {month['stages']}")
        print(f"   bare: { {job: round(part['seconds'], 2) for job, part in bare.items()} } = {libraries:.1f} s")
        print(f"   month / bare libraries = {results[-1]['ratio']}", flush=True)
    if chosen.out:
        chosen.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
