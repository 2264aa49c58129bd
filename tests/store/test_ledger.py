"""What a run stands on: everything that its result depends on, and nothing else."""

import datetime as dt
from pathlib import Path

from palayesh.adapters import settings
from tasks import installation, ledger

DAY = dt.date(2025, 2, 19)


def finished(month: str, inputs: str) -> str:
    registry = installation.registry()
    run_id, _, _ = registry.begin_run(
        month, inputs_sha256=inputs, rules_sha256="r", judgement_position=0, code_version="1", issued_on=DAY
    )
    registry.finish_run(run_id)
    return run_id


def test_a_new_revision_of_the_month_whose_ids_are_taken_up_makes_one_of_this_month(tmp_path: Path) -> None:
    """Also where no run stands between: linkage takes its ids from up to twelve months back."""
    settings.override(var=tmp_path, database_url="")
    first = finished("1403-11", "a")
    found = ledger.previous_run("1404-02")
    assert found is not None
    assert found.id == first
    before = ledger.begin("1404-02")
    assert ledger.begin("1404-02")["run_id"] == before["run_id"]
    installation.registry().finish_run(before["run_id"])
    assert ledger.begin("1404-02")["finished"]
    finished("1403-11", "b")
    after = ledger.begin("1404-02")
    assert (after["revision"], after["finished"]) == (before["revision"] + 1, False)
    assert ledger.previous_run("1403-11") is None
