"""Every agency's folder is found by itself, and each sample in it is read, held or refused as its ``expected.yml`` says."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import yaml

from palayesh.adapters.spreadsheets import read_file
from palayesh.findings import Refusal, Severity
from palayesh.intake.reading import read_list
from tests.intake import files

FOLDERS = sorted(path.parent for path in files.AGENCIES.glob("*/source.yml"))
EXPECTED: dict[str, dict[str, Any]] = {
    folder.name: yaml.safe_load((folder / "sample" / "expected.yml").read_text(encoding="utf-8"))["files"]
    for folder in FOLDERS
}
SAMPLES = [(agency, name) for agency, expected in EXPECTED.items() for name in expected]


@pytest.mark.parametrize("agency", [folder.name for folder in FOLDERS])
def test_every_sample_says_what_must_come_of_it(agency: str) -> None:
    there = {path.name for path in (files.AGENCIES / agency / "sample").iterdir()} - {"expected.yml"}
    assert there == set(EXPECTED[agency])
    assert any(expected.get("records") for expected in EXPECTED[agency].values())


@pytest.mark.parametrize(("agency", "name"), SAMPLES)
def test_a_sample_is_read_as_expected(agency: str, name: str) -> None:
    expected = EXPECTED[agency][name]
    path = files.AGENCIES / agency / "sample" / name
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if "refused" in expected:
        with pytest.raises(Refusal) as caught:
            read_list(read_file(path), files.agency(agency), file_name=name, sha256=sha256)
        assert caught.value.code == expected["refused"]
        return
    reading = read_list(read_file(path), files.agency(agency), file_name=name, sha256=sha256)
    held = [finding.code for finding in reading.findings if finding.severity == Severity.REJECT_SUBMISSION]
    assert reading.list_key == f"{agency}/{expected['list']}"
    assert held == expected["held"]
    assert reading.problems["code"].tolist() == expected["problems"]
    assert len(reading.records) == expected["records"]
    assert reading.records["record_id"].is_unique
