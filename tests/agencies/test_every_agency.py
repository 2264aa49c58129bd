"""Every agency's folder is complete, and its sample files come out as its expected.yml says, up to the accepted records."""

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from palayesh.adapters import declarations, settings, spreadsheets, suites
from palayesh.adapters.files import sha256_of
from palayesh.findings import Refusal
from palayesh.intake import reading
from palayesh.intake.standardise import standardise_records
from palayesh.reporting_month import ReportingMonth
from palayesh.validation.outcome import split
from palayesh.validation.rules import Parameters

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"
FOLDERS = sorted(p.parent for p in (EXPECTATIONS / "agencies").glob("*/source.yml"))
SAMPLES = [
    pytest.param(folder, name, wanted, id=f"{folder.name}-{name}")
    for folder in FOLDERS
    for name, wanted in yaml.safe_load((folder / "sample" / "expected.yml").read_text(encoding="utf-8"))[
        "files"
    ].items()
]
AS_OF = dt.date(2025, 5, 21)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_every_list_has_a_suite_and_a_sample(folder: Path) -> None:
    agency = declarations.load_agency(folder)
    sampled = {
        wanted.get("list")
        for wanted in yaml.safe_load((folder / "sample" / "expected.yml").read_text(encoding="utf-8"))["files"].values()
    }
    for name in agency.lists:
        assert suites.read_suite(folder / f"suite.{name}.yml").rules
        assert name in sampled


@pytest.mark.parametrize(("folder", "name", "wanted"), SAMPLES)
def test_sample_is_read_and_validated_without_losing_a_record(folder: Path, name: str, wanted: dict) -> None:
    agency = declarations.load_agency(folder)
    path = folder / "sample" / name
    if wanted.get("refused"):
        with pytest.raises(Refusal) as refusal:
            reading.read_list(spreadsheets.read_file(path), agency, file_name=name, sha256=sha256_of(path))
        assert refusal.value.code == wanted["refused"]
        return
    read = reading.read_list(spreadsheets.read_file(path), agency, file_name=name, sha256=sha256_of(path))
    assert len(read.records) == wanted["records"]
    if read.is_held:
        assert wanted["held"]
        return
    declared = agency.lists[wanted["list"]]
    vocabularies = declarations.load_vocabularies(EXPECTATIONS / "vocabularies")
    standardised = standardise_records(read.records, declared, vocabularies=vocabularies, as_of=AS_OF)
    outcome = suites.validate(
        standardised,
        suites.read_suite(folder / f"suite.{wanted['list']}.yml"),
        parameters=Parameters(as_of=AS_OF, expected_records=declared.expected_records),
        problems=read.problems,
    )
    parts = split(standardised, outcome, key=declared.key)
    assert len(parts.accepted) + len(parts.set_aside) == len(read.records)
    assert set(parts.set_aside["record_id"]) >= set(
        read.problems.loc[read.problems["severity"].eq("set_aside_record"), "record_id"]
    )
    if outcome.decision == "accepted":
        assert len(parts.accepted) > 0


def test_a_newcomer_adds_an_agency_by_one_folder(tmp_path: Path) -> None:
    """The template copied, named and given a file is an agency: it is read, checked and accepted, with no Python."""
    from tasks import checking

    shutil.copytree(EXPECTATIONS, tmp_path / "expectations")
    folder = tmp_path / "expectations" / "agencies" / "ngo_newcomer"
    shutil.copytree(EXPECTATIONS / "agencies" / "_template", folder)
    source = folder / "source.yml"
    source.write_text(
        source.read_text(encoding="utf-8").replace("agency: _template", "agency: ngo_newcomer"), encoding="utf-8"
    )
    settings.override(expectations=tmp_path / "expectations", var=tmp_path / "var")
    sample = folder / "sample" / "caseload.csv"
    checked = checking.check_file(
        sample, "ngo_newcomer", None, ReportingMonth(1404, 2), copy=tmp_path / "c.xlsx", lang="fa"
    )
    assert checked.received == 2
    assert (tmp_path / "c.xlsx").stat().st_size > 1000
    assert isinstance(checked.problems, pd.DataFrame)


def test_the_template_is_no_agency() -> None:
    assert "_template" not in declarations.load_agencies(EXPECTATIONS / "agencies")
