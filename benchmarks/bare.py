"""What the libraries alone cost on a month's data: each function times one library on inputs that `keep_inputs` wrote.

The inputs are those that the month itself hands to the library: standardised lists and their suites, the records and
pairs that reach Splink, the pages that reach WeasyPrint. Reading them back is not timed; importing the library is.
"""

from __future__ import annotations

import csv
import io
import json
import os
import time
from pathlib import Path
from typing import Any

TASKS_OF_A_MONTH = 16
"""Two for each of five agencies, then link, screen, summarise, render and the two that gather facts for reports."""


def keep_inputs(month: str, kept: Path) -> dict[str, Any]:
    """Write under ``kept`` what the finished month gave to Great Expectations, Splink and WeasyPrint."""
    from unittest.mock import patch

    import numpy as np
    import pandas as pd

    from palayesh.adapters import linkage_model, settings, tables
    from palayesh.intake.standardise import standardise_records
    from palayesh.linkage import LinkageSettings, link, mentions_from
    from palayesh.linkage.score import Comparer
    from palayesh.reporting_month import ReportingMonth
    from tasks import installation, ledger
    from tasks.accepted import accepted_records
    from tasks.link import LEDGER_COLUMNS, frame_before
    from tasks.render import ALWAYS_MADE, page_of
    from tasks.run_reports import RunReports

    registry = installation.registry()
    (kept / "lists").mkdir(parents=True)
    for submission in ledger.current_submissions(month):
        agency, name = (submission.list_key or "").split("/")
        standardised = standardise_records(
            registry.frame(submission.id, "received"),
            installation.agencies()[agency].lists[name],
            vocabularies=installation.vocabularies(),
            as_of=ReportingMonth.parse(month).last_day,
        )
        (kept / "lists" / f"{agency}.{name}.{submission.id}.parquet").write_bytes(tables.to_bytes(standardised))

    pairs_of_linkers: list[int] = []

    class Watched(Comparer):
        def __init__(self, table: pd.DataFrame, *more: Any) -> None:
            super().__init__(table, *more)
            self._table = table

        def replace(self, table: pd.DataFrame) -> None:
            super().replace(table)
            self._table = table

        def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
            pairs = pd.DataFrame({"match_key": "0", "join_key_l": left, "join_key_r": right})
            place = len(pairs_of_linkers)
            # Written at once: a large month has no room for all of them beside the link itself
            (kept / f"records.{place}.parquet").write_bytes(tables.to_bytes(self._table))
            (kept / f"pairs.{place}.parquet").write_bytes(tables.to_bytes(pairs))
            model = json.dumps(self._linker.misc.save_model_to_json())
            (kept / f"model.{place}.json").write_text(model, encoding="utf-8")
            pairs_of_linkers.append(len(pairs))
            return super().levels(left, right)

    with patch("palayesh.linkage.weigh.Comparer", Watched):
        link(
            mentions_from(accepted_records(month), installation.agencies()),
            previous=frame_before(ledger.previous_run(month), "id_ledger", LEDGER_COLUMNS),
            judgements=registry.judgements()[["identity_key_l", "identity_key_r", "judgement"]],
            settings=LinkageSettings(
                model=linkage_model.load_linkage_model(settings.current().expectations),
                month=month,
                neighbours=installation.vocabularies()["county"].neighbours,
                threads=settings.current().threads,
            ),
        )

    run = registry.latest_run(month)
    assert run is not None
    reports = RunReports(run.id, [])
    for kind, languages in ALWAYS_MADE.items():
        for lang in languages:
            page = page_of(reports, kind, lang, "pdf")
            (kept / f"page.{kind}.{lang}.html").write_text(page, encoding="utf-8")
    return {"linkers": len(pairs_of_linkers), "pairs_compared": sum(pairs_of_linkers)}


def scheduling(home: Path) -> dict[str, Any]:
    """Prefect with the month's settings on a folder of its own, running a flow of as many tasks, which do nothing."""
    from flows import environment

    os.environ["PREFECT_HOME"] = str(home)
    environment.prepare()
    began = time.perf_counter()
    from prefect import flow, task
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    @task
    def nothing() -> None:
        return None

    @flow
    def month() -> None:
        for _ in range(TASKS_OF_A_MONTH):
            nothing()

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        month()
    return {"seconds": time.perf_counter() - began, "tasks": TASKS_OF_A_MONTH}


def reading(inbox: Path) -> dict[str, Any]:
    """calamine on every spreadsheet, the csv module and lxml on the files that calamine does not know."""
    began = time.perf_counter()
    import lxml.html
    import python_calamine

    rows = 0
    for path in sorted(p for p in inbox.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
            rows += sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
        elif content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            page = lxml.html.fromstring(content)
            rows += len([[cell.text_content() for cell in row] for row in page.iter("tr")])
        else:
            text = content.decode(_encoding(content), errors="replace")
            rows += len(list(csv.reader(io.StringIO(text, newline=""))))
    return {"seconds": time.perf_counter() - began, "rows": rows}


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1256"
    return "utf-8-sig"


def validation(month: str, kept: Path) -> dict[str, Any]:
    """Great Expectations with the same suites on the same standardised lists; suites are built, results thrown away."""
    from palayesh.adapters import settings, suites, tables
    from palayesh.reporting_month import ReportingMonth
    from palayesh.validation.rules import Parameters

    began = time.perf_counter()
    great_expectations = suites.great_expectations()
    imported = time.perf_counter() - began
    seconds, rows = 0.0, 0
    for path in sorted((kept / "lists").iterdir()):
        agency, name, *_ = path.name.split(".")
        suite = suites.read_suite(suites.suite_path(settings.current().expectations, f"{agency}/{name}"))
        frame = tables.from_bytes(path.read_bytes())
        parameters = Parameters(
            as_of=ReportingMonth.parse(month).last_day,
            expected_records=(1, 10**9),
            volume_tolerance=0.5,
            recent_counts=(),
            confirmed=frozenset(),
        )
        began = time.perf_counter()
        context = great_expectations.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        batch = (
            context.data_sources.add_pandas("bare")
            .add_dataframe_asset("records")
            .add_batch_definition_whole_dataframe("all")
            .get_batch(batch_parameters={"dataframe": frame})
        )
        found = batch.validate(
            suites.built(suite),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["record_id"]},
            expectation_parameters=dict(parameters.as_mapping()),
        )
        seconds += time.perf_counter() - began
        assert len(found.results) == len(suite.rules)
        rows += len(frame)
    return {"seconds": seconds + imported, "import_seconds": imported, "rows": rows}


def linking(kept: Path, threads: int) -> dict[str, Any]:
    """Splink, comparing the same pairs of the same records."""
    began = time.perf_counter()
    import duckdb
    import splink

    imported = time.perf_counter() - began
    seconds, pairs = 0.0, 0
    for path in sorted(kept.glob("records.*.parquet")):
        place = path.name.split(".")[1]
        model = json.loads((kept / f"model.{place}.json").read_text("utf-8"))
        connection = duckdb.connect()
        connection.execute(f"set threads = {threads}")
        for name in ("records", "pairs"):
            connection.execute(
                f"create table {name} as select * from read_parquet(?)", [str(kept / f"{name}.{place}.parquet")]
            )
        began = time.perf_counter()
        api = splink.DuckDBAPI(connection=connection)
        linker = splink.Linker(api.register("records"), model)
        linker.table_management.register_blocked_pairs_for_predict(api.register("pairs"))
        predicted = linker.inference.predict()
        seconds += time.perf_counter() - began
        pairs += connection.execute(f"select count(*) from {predicted.physical_name}").fetchall()[0][0]
        connection.close()
    return {"seconds": seconds + imported, "import_seconds": imported, "pairs": pairs}


def rendering(kept: Path) -> dict[str, Any]:
    """WeasyPrint on the same pages, one after the other in one process."""
    began = time.perf_counter()
    import weasyprint

    size = 0
    for path in sorted(kept.glob("page.*.html")):
        page = weasyprint.HTML(string=path.read_text(encoding="utf-8"))
        size += len(page.write_pdf(pdf_variant="pdf/ua-1"))
    return {"seconds": time.perf_counter() - began, "bytes": size}
