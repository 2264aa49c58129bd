"""What the libraries alone cost on a month's data: each function times one library on inputs that `keep_inputs` wrote.

The inputs are those that the month itself hands to the library: standardised lists and their suites, the records and the
model that reach Splink, the pages that reach WeasyPrint. Reading them back is not timed; importing the library is.
"""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

REPORTS = ("fa", "en")


def keep_inputs(month: str, kept: Path) -> dict[str, Any]:
    """Write under ``kept`` what the finished month gave to Great Expectations, Splink and WeasyPrint."""
    from unittest.mock import patch

    import splink

    from palayesh.adapters import linkage_model, settings, tables
    from palayesh.intake.standardise import standardise_records
    from palayesh.linkage import LinkageSettings, link, mentions_from
    from palayesh.reporting_month import ReportingMonth
    from tasks import installation, ledger
    from tasks.accepted import accepted_records
    from tasks.link import LEDGER_COLUMNS, frame_before, previous_run
    from tasks.render import page_of

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

    handed: list[tuple[Any, dict[str, Any]]] = []

    class Watched(splink.Linker):
        def __init__(self, records: Any, settings: Any, **more: Any) -> None:
            super().__init__(records, settings, **more)
            handed.append((records.as_pandas_dataframe(), self.misc.save_model_to_json()))

    with patch("palayesh.linkage.weigh.Linker", Watched):
        link(
            mentions_from(accepted_records(month), installation.agencies()),
            previous=frame_before(previous_run(month), "id_ledger", LEDGER_COLUMNS),
            judgements=registry.judgements()[["identity_key_l", "identity_key_r", "judgement"]],
            settings=LinkageSettings(
                model=linkage_model.load_linkage_model(settings.current().expectations),
                month=month,
                threads=settings.current().threads,
            ),
        )
    for place, (records, model) in enumerate(handed):
        (kept / f"records.{place}.parquet").write_bytes(tables.to_bytes(records))
        (kept / f"model.{place}.json").write_text(json.dumps(model), encoding="utf-8")

    run = registry.latest_run(month)
    assert run is not None
    for lang in REPORTS:
        (kept / f"page.{lang}.html").write_text(page_of(run.id, lang, "pdf", []), encoding="utf-8")
    return {"linkers": len(handed), "records_linked": sum(len(records) for records, _ in handed)}


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
    """Splink, scoring and clustering the same records with the same model."""
    began = time.perf_counter()
    import duckdb
    import splink

    imported = time.perf_counter() - began
    seconds, pairs, clusters = 0.0, 0, 0
    for path in sorted(kept.glob("records.*.parquet")):
        model = json.loads((kept / path.name.replace("records", "model").replace("parquet", "json")).read_text("utf-8"))
        connection = duckdb.connect()
        connection.execute(f"set threads = {threads}")
        connection.execute("create table records as select * from read_parquet(?)", [str(path)])
        began = time.perf_counter()
        linker = splink.Linker(splink.DuckDBAPI(connection=connection).register("records"), model)
        predicted = linker.inference.predict(threshold_match_weight=-6)
        clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=0.9
        )
        seconds += time.perf_counter() - began
        pairs += connection.execute(f"select count(*) from {predicted.physical_name}").fetchall()[0][0]
        clusters += connection.execute(f"select count(distinct cluster_id) from {clustered.physical_name}").fetchall()[
            0
        ][0]
        connection.close()
    return {"seconds": seconds + imported, "import_seconds": imported, "pairs": pairs, "clusters": clusters}


def rendering(kept: Path) -> dict[str, Any]:
    """WeasyPrint on the same pages, one after the other in one process."""
    began = time.perf_counter()
    import weasyprint

    size = 0
    for lang in REPORTS:
        page = weasyprint.HTML(string=(kept / f"page.{lang}.html").read_text(encoding="utf-8"))
        size += len(page.write_pdf(pdf_variant="pdf/ua-1"))
    return {"seconds": time.perf_counter() - began, "bytes": size}
