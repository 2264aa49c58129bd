"""What all reports of a month cost, for a province and for a country, beside bare WeasyPrint on the same pages.

    .venv/bin/python -m benchmarks.reports [--sizes 25x4 100x25 480x100] [--json OUT]

A size is counties x agencies. Every measurement is a process of its own, so that peak memory is its own. "protect" hides small
counts, of officials and of the public, and attacks the result; "page" and "pdf" follow for the governorate, one agency (every
agency has one like it), the stewards and the public; "bare" is WeasyPrint alone (no tags, no limits, no child process of ours) on
the very HTML that the report is made of. Counts are drawn from a seed; nothing is tuned to them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from palayesh.reports.inputs import ReportInputs
    from palayesh.reports.run_sheet import RunFacts

SEED = 1404
PARTS = ("covered", "eligible_uncovered", "needs_information", "not_eligible")


def coverage_cells(counties: list[str], agencies: list[str]) -> pd.DataFrame:
    """True counts: every county's families, their parts, and the families that each agency covers there."""
    random = np.random.default_rng(SEED)
    frames = []
    sizes = random.lognormal(4.6, 1.0, len(counties)).astype(int) + 1
    parts = np.array([random.multinomial(size, (0.55, 0.2, 0.15, 0.1)) for size in sizes])
    share = random.dirichlet(np.full(len(agencies), 0.6), len(counties))
    covered = parts[:, 0]
    draws = zip(covered, share, strict=True)
    # Everybody covered has one agency, some have a second.
    own = np.array([random.multinomial(count, of) + random.multinomial(count // 10, of) for count, of in draws])
    own = np.minimum(own, covered[:, None])

    def add(measure: str, agency: str, values: np.ndarray) -> None:
        frames.append(
            pd.DataFrame(
                {"measure": measure, "agency": agency, "county": ["", *counties], "value": [values.sum(), *values]}
            )
        )

    add("families_known", "", sizes)
    for place, part in enumerate(PARTS):
        add(part, "", parts[:, place])
    add("covered_twice", "", own.sum(axis=1) - covered)
    for place, agency in enumerate(agencies):
        add("covered", agency, own[:, place])
    return pd.concat(frames, ignore_index=True)


def job_protect(counties: int, agencies: int, folder: Path, kind: str) -> None:
    """The cells with their states stand in the folder."""
    from palayesh.adapters.rules import load_policies
    from palayesh.coverage.public_release import publish_public
    from palayesh.coverage.publication import publish
    from tests.golden import sample_report

    cells = coverage_cells([f"{n:04d}" for n in range(1, counties + 1)], [f"a{n:03d}" for n in range(agencies)])
    figures = with_totals(sample_report.figures(), cells)
    overlap = pd.DataFrame({"agency_a": [], "agency_b": [], "kind": [], "value": []}).astype(
        {"agency_a": "str", "value": "float64"}
    )
    uncovered = cells.loc[(cells["measure"] == "eligible_uncovered") & (cells["county"] == ""), "value"]
    bands = pd.DataFrame({"band": ["unknown"], "value": uncovered.astype("float64").to_list()})
    policies = load_policies(sample_report.EXPECTATIONS)
    published = publish(figures, cells, overlap, bands, policies.figures, policies.disclosure)
    published.cells.to_pickle(folder / "cells.pkl")
    public = publish_public(published.figures, published.cells, policies.figures, policies.disclosure)
    public.to_pickle(folder / "public.pkl")


def with_totals(figures: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The sample's figures with the totals of these cells among them."""
    totals = cells[(cells["agency"] == "") & (cells["county"] == "")].set_index("measure")["value"]
    measure = figures["key"].str.removeprefix("coverage.").where(figures["part"] == "")
    is_total = figures["key"].str.startswith("coverage.") & measure.isin(totals.index)
    return figures.assign(value=figures["value"].mask(is_total, measure.map(totals).astype("float64")))


def job_page(counties: int, agencies: int, folder: Path, kind: str) -> None:
    """The page stands in the folder as the PDF's HTML."""
    from palayesh.adapters.templates import render_report
    from palayesh.reports.agency import build_agency
    from palayesh.reports.contents import build_contents
    from palayesh.reports.public import build_public
    from palayesh.reports.run_sheet import build_run_sheet
    from tests.golden.sample_editions import agency_facts
    from tests.golden.sample_report import MONTH

    inputs = inputs_of(kind, counties, agencies, folder)
    if kind == "coverage":
        report = build_contents(inputs)
    elif kind == "agency":
        facts = agency_facts("a000")
        lists = [f"a000/{name}" for name in facts.repeats["list_key"].str.partition("/")[2]]
        report = build_agency(inputs, replace(facts, repeats=facts.repeats.assign(list_key=lists)))
    elif kind == "run_sheet":
        report = build_run_sheet(inputs, run_facts(inputs.lists))
    else:
        public = pd.read_pickle(folder / "public.pkl")
        report = build_public(inputs, public, public, base=5)
    (folder / f"{kind}.html").write_text(render_report(report, kind=kind, medium="pdf"), encoding="utf-8")
    (folder / "as_of").write_text(MONTH.last_day.isoformat())


def run_facts(lists: pd.DataFrame) -> RunFacts:
    """What the run sheet is made of, with every list of every agency in its tables."""
    from tests.golden import sample_editions

    facts = sample_editions.run_facts()
    whole = ["files", "received", "accepted", "set_aside", "repaired"]
    counted = lists.rename(columns={"file_count": "files"})[["list_key", "state", *whole]]
    failures = [facts.failures.assign(list_key=key) for key in counted["list_key"]]
    return replace(
        facts,
        headings=facts.headings.assign(list_key=counted["list_key"].iloc[0]),
        lists=counted.assign(before=counted["received"]).convert_dtypes(),
        failures=pd.concat(failures, ignore_index=True),
    )


def inputs_of(kind: str, counties: int, agencies: int, folder: Path) -> ReportInputs:
    """The sample month stretched over the counties and agencies."""
    from palayesh.declaration import Title
    from palayesh.reports.inputs import AgencyName, CountyName
    from tests.golden import sample_editions

    inputs = sample_editions.inputs_of(kind, "fa")
    cells = pd.read_pickle(folder / "cells.pkl")
    codes = [f"{n:04d}" for n in range(1, counties + 1)]
    across = int(np.ceil(np.sqrt(counties)))
    tiles = {code: (place // across, place % across) for place, code in enumerate(codes)}
    arrived = inputs.lists[inputs.lists["state"] == "received"].iloc[:1]
    lists = [arrived.assign(agency=f"a{n:03d}", list_key=f"a{n:03d}/caseload") for n in range(agencies)]
    return replace(
        inputs,
        settings=inputs.settings.model_copy(update={"tiles": tiles}),
        agencies=tuple(
            AgencyName(f"a{n:03d}", Title(fa=f"دستگاه {n}", en=f"Agency {n}"), True) for n in range(agencies)
        ),
        counties=tuple(CountyName(code, Title(fa=f"شهرستان {code}", en=f"County {code}")) for code in codes),
        coverage_cells=cells,
        previous_coverage_cells=cells,
        figures=with_totals(inputs.figures, cells),
        lists=pd.concat(lists, ignore_index=True),
        overlap=inputs.overlap.iloc[:0],
        waiting=inputs.waiting.assign(value=0.0, state="zero"),
        replaced_figures=None,
        replaced_cells=None,
    )


def job_pdf(counties: int, agencies: int, folder: Path, kind: str) -> None:
    """The page as our PDF: tagged, in a child process with limits."""
    import datetime as dt

    from palayesh.adapters.pdf import render_pdf

    as_of = dt.date.fromisoformat((folder / "as_of").read_text())
    made = render_pdf(
        (folder / f"{kind}.html").read_text(encoding="utf-8"), as_of=as_of, seconds=3600, memory_bytes=16 << 30
    )
    (folder / f"{kind}.pdf").write_bytes(made)


def job_bare(counties: int, agencies: int, folder: Path, kind: str) -> None:
    """The page as WeasyPrint makes it by itself."""
    from weasyprint import HTML

    from palayesh.adapters.templates import TEMPLATES

    HTML(string=(folder / f"{kind}.html").read_text(encoding="utf-8"), base_url=f"file://{TEMPLATES}/").write_pdf(
        folder / f"{kind}.bare.pdf"
    )


KINDS = ("coverage", "agency", "run_sheet", "public")
JOBS = {"protect": job_protect, "page": job_page, "pdf": job_pdf, "bare": job_bare}


def measured(job: str, kind: str, size: str, folder: Path, timeout: float) -> dict[str, Any]:
    """Seconds of the processor and peak megabytes of one job and its children; ``None`` when it did not end in time."""
    command = [sys.executable, "-m", "benchmarks.reports", "--job", job, "--kind", kind, "--sizes", size]
    command += ["--folder", str(folder)]
    began = time.perf_counter()
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        told, errors = done.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)  # its own children too
        return {"ended": False, "wall": round(time.perf_counter() - began)}
    if done.returncode:
        raise SystemExit(f"{job} of {size} failed: {errors[-1500:]}")
    result: dict[str, Any] = json.loads(told.splitlines()[-1])
    return {"ended": True, "wall": round(time.perf_counter() - began, 1), **result}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["25x4", "100x25", "480x100"])
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds that one job may take")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--kind", choices=KINDS, default="coverage")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.job:
        counties, agencies = map(int, options.sizes[0].split("x"))
        JOBS[options.job](counties, agencies, options.folder, options.kind)
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(
            json.dumps(
                {
                    "processor": round(sum(one.ru_utime + one.ru_stime for one in usage), 1),
                    "megabytes": round(max(one.ru_maxrss for one in usage) / 1024),
                }
            )
        )
        return
    results = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            rows = {}
            for job, kind in [
                ("protect", "coverage"),
                *((job, kind) for kind in KINDS for job in ("page", "pdf", "bare")),
            ]:
                row = measured(job, kind, size, Path(name), options.timeout)
                rows[f"{job} {kind}" if job != "protect" else job] = row
                print(size, job, kind, row, flush=True)
                if not row["ended"]:
                    break
            results[size] = rows
        for job in ("page", "pdf", "bare"):
            of_all = [row for name, row in rows.items() if name.startswith(job) and row["ended"]]
            if len(of_all) == len(KINDS):
                seconds, megabytes = sum(row["processor"] for row in of_all), max(row["megabytes"] for row in of_all)
                print(f"{size} {job} of all reports: {seconds:.1f} s of the processor, {megabytes} MB", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
