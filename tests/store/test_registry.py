"""The registry keeps its promises on both databases."""

import datetime as dt
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, create_engine, insert, text

from palayesh.accounting import BrokenAccount
from palayesh.adapters import registry as registry_module
from palayesh.adapters.models import Base, Figure
from palayesh.adapters.registry import Registry
from palayesh.findings import Refusal

DAY = dt.date(2025, 5, 21)
RULES = pd.DataFrame({"code": ["r1"], "severity": ["warn"], "checked": [3], "failed": [1], "ran": [True]})
FINDINGS = pd.DataFrame(
    {
        "record_id": ["x/1"], "sheet": ["s"], "row": [2], "member": [""], "column": ["sex"], "code": ["r1"],
        "severity": ["warn"], "sentence_fa": ["ف"], "sentence_en": ["e"], "mend_fa": [None], "mend_en": [None],
    }
)  # fmt: skip


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Registry:
    return Registry.open(database_url, locks=tmp_path / "locks")


def a_submission(sha: str = "a" * 64, **changes: object) -> dict:
    return {
        "agency": "ngo_mehr", "list_key": "ngo_mehr/caseload", "month": "1404-02", "sha256": sha, "size_bytes": 9,
        "received_on": DAY, "format": "xlsx", "state": "read", "received_count": 3, **changes,
    }  # fmt: skip


def begin(registry: Registry, inputs: str) -> tuple[str, int, bool]:
    return registry.begin_run(
        "1404-02", inputs_sha256=inputs, rules_sha256="r", judgement_position=0, code_version="1", issued_on=DAY
    )


def test_the_migrations_make_exactly_the_models(registry: Registry) -> None:
    with registry.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_opening_twice_changes_nothing(registry: Registry, database_url: str, tmp_path: Path) -> None:
    registry.add_submission(a_submission(), {})
    assert len(Registry.open(database_url, locks=tmp_path / "locks").submissions("1404-02")) == 1


def test_the_same_file_is_one_submission(registry: Registry) -> None:
    frame = pd.DataFrame({"record_id": ["x/1", "x/2", "x/3"]})
    first = registry.add_submission(a_submission(), {"received": frame})
    assert registry.add_submission(a_submission(), {"received": frame.head(1)}) == first
    assert len(registry.frame(first, "received")) == 3
    assert [s.position for s in registry.submissions("1404-02")] == [1]


def test_a_frame_comes_back_with_its_kinds(registry: Registry) -> None:
    frame = pd.DataFrame(
        {
            "text": pd.Series(["۱۲", None, "نام"], dtype="str"),
            "number": pd.Series([1, None, 3], dtype="Int64"),
            "truth": pd.Series([True, None, False], dtype="boolean"),
            "day": pd.Series([DAY, None, DAY]).astype("datetime64[s]"),
        }
    )
    registry.add_submission(a_submission(), {"t": frame})
    pd.testing.assert_frame_equal(registry.frame(registry.submissions("1404-02")[0].id, "t"), frame)


def test_a_broken_account_changes_nothing(registry: Registry) -> None:
    submission_id = registry.add_submission(a_submission(), {})
    two = pd.DataFrame({"record_id": ["x/1", "x/2"]})
    saved = {"reason": None, "repaired_count": 0, "findings": FINDINGS, "rules": RULES, "state": "validated"}
    with pytest.raises(BrokenAccount):
        registry.save_validation(submission_id, accepted=two, set_aside=two.head(0), **saved)
    assert registry.submission(submission_id).state == "read"
    assert registry.findings(submission_id).empty
    registry.save_validation(submission_id, accepted=two, set_aside=two.head(1), **saved)
    after = registry.submission(submission_id)
    assert (after.state, after.accepted_count, after.set_aside_count) == ("validated", 2, 1)
    assert registry.findings(submission_id)["code"].tolist() == ["r1"]
    assert registry.rule_results([submission_id])["failed"].tolist() == [1]


def test_revisions_follow_inputs(registry: Registry) -> None:
    run_id, revision, finished = begin(registry, "one")
    assert (run_id, revision, finished) == ("1404-02.r1", 1, False)
    assert begin(registry, "one")[2] is False, "an unfinished run is taken up"
    registry.save_step(run_id, "link", {"persons": 3})
    assert begin(registry, "two")[:2] == (run_id, 1), "an unfinished run of other inputs is replaced"
    assert registry.step_counts(run_id, "link") is None
    registry.finish_run(run_id)
    assert begin(registry, "two") == (run_id, 1, True)
    assert begin(registry, "three") == ("1404-02.r2", 2, False)
    assert [run.state for run in registry.runs("1404-02")] == ["finished", "running"]


def test_a_step_is_whole_or_absent(registry: Registry) -> None:
    run_id, _, _ = begin(registry, "one")
    good = pd.DataFrame({"key": ["k"], "part": [""], "value": [1.0], "unit": ["household"]})
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        registry.save_step(run_id, "summarise", {}, frames={"cells": good}, rows={Figure: pd.concat([good, good])})
    with pytest.raises(KeyError):
        registry.frame(run_id, "cells")
    assert registry.step_counts(run_id, "summarise") is None
    registry.save_step(run_id, "summarise", {"figures": 1}, frames={"cells": good}, rows={Figure: good})
    assert registry.figures(run_id)["value"].tolist() == [1.0]


def test_two_runs_of_one_month_exclude_each_other(registry: Registry) -> None:
    with registry.month_lock("1404-02"):
        with pytest.raises(Refusal, match="already_running"), registry.month_lock("1404-02"):
            pass
        with registry.month_lock("1404-03"):
            pass
    with registry.month_lock("1404-02"):
        pass


def test_the_lock_dies_with_its_process(registry: Registry, database_url: str, tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from palayesh.adapters.registry import Registry\n"
        f"r = Registry.open({database_url!r}, locks=Path({str(tmp_path / 'locks')!r}))\n"
        "with r.month_lock('1404-02'):\n print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Refusal, match="already_running"), registry.month_lock("1404-02"):
            pass
        holder.kill()
        holder.wait()
    for _ in range(50):
        try:
            with registry.month_lock("1404-02"):
                return
        except Refusal:
            threading.Event().wait(0.1)
    pytest.fail("the lock outlived its process")


def test_writers_at_once_lose_nothing(registry: Registry) -> None:
    def add(number: int) -> None:
        registry.add_submission(a_submission(sha=f"{number:064d}"), {"t": pd.DataFrame({"n": [number]})})

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({s.position for s in registry.submissions("1404-02")}) == 8


def test_two_databases_are_opened_at_once_in_one_process(tmp_path: Path) -> None:
    def open_some(name: str) -> list[int]:
        opened = [Registry.open(f"sqlite:///{tmp_path}/{name}-{n}.db", locks=tmp_path / name) for n in range(5)]
        return [len(each.submissions("1404-02")) for each in opened]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_some, "abcd")) == [[0] * 5] * 4


def test_an_unreachable_database_is_one_readable_line(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="database_unreachable") as refusal:
        Registry.open("postgresql+psycopg://x@127.0.0.1:1/none", locks=tmp_path)
    assert "\n" not in str(refusal.value)


def test_a_database_of_the_first_release_keeps_every_row(database_url: str, tmp_path: Path) -> None:
    """Altering a table must not take the rows that refer to it along."""
    engine = create_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(registry_module.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        runs, steps = (Table(name, MetaData(), autoload_with=connection) for name in ("runs", "run_steps"))
        values = {
            "id": "R1", "month": "1404-02", "revision": 1, "state": "finished", "inputs_sha256": "i", "rules_sha256": "r",
            "judgement_position": 0, "code_version": "1", "started_on": DAY,
        }  # fmt: skip
        connection.execute(insert(runs).values({name: value for name, value in values.items() if name in runs.c}))
        connection.execute(insert(steps).values(run_id="R1", step="link", counts={"persons": 5}))
    engine.dispose()
    registry = Registry.open(database_url, locks=tmp_path / "locks")
    assert registry.run("R1").issued_on == DAY
    assert registry.step_counts("R1", "link") == {"persons": 5}
    if registry.engine.dialect.name == "sqlite":
        with registry.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_connection_that_broke_while_it_lay_idle_is_replaced(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(postgresql_url, locks=tmp_path)
    with registry.engine.connect() as connection:
        server = connection.execute(text("select pg_backend_pid()")).scalar_one()
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [server])
        while other.execute("select count(*) from pg_stat_activity where pid = %s", [server]).fetchone() != (0,):
            time.sleep(0.02)
    monkeypatch.setattr(registry_module, "PAUSE_SECONDS", 0.0)
    with registry.engine.connect() as connection:
        assert connection.execute(text("select pg_backend_pid()")).scalar_one() != server
