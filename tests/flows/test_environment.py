"""Prefect as the project wants it: what a killed run leaves behind is ended by the next."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows import environment

# A process that looks like Prefect's embedded server and outlives the shell that started it.
ORPHAN = "{python} -c 'import time; time.sleep(120)' prefect.server.api.server:create_app >/dev/null 2>&1 & echo $!"


def a_server_whose_run_was_killed(home: Path) -> psutil.Process:
    started = subprocess.run(
        ["sh", "-c", ORPHAN.format(python=sys.executable)],
        env={**os.environ, "PREFECT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    server = psutil.Process(int(started.stdout))
    for _ in range(100):  # until the shell's child has become it, and belongs to init
        if "prefect.server.api.server:create_app" in server.cmdline() and server.ppid() == 1:
            break
        time.sleep(0.1)
    return server


def test_the_server_of_a_killed_run_is_ended_and_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "ours"))
    ours, other = (a_server_whose_run_was_killed(tmp_path / name) for name in ("ours", "other"))
    ours_of_a_living_run = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(120)", "prefect.server.api.server:create_app"]
    )
    try:
        assert environment.end_servers_left_over() == 1
        psutil.wait_procs([ours], timeout=10)
        assert not ours.is_running() or ours.status() == psutil.STATUS_ZOMBIE
        assert other.is_running()
        assert ours_of_a_living_run.poll() is None
    finally:
        other.kill()
        ours_of_a_living_run.kill()


def test_a_server_that_does_not_start_in_time_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    environment = {**os.environ, "PALAYESH_VAR": str(tmp_path), "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "0"}
    environment.pop("PREFECT_API_URL", None)
    arguments = ["run", "--month", "1404-02", "--inbox", str(tmp_path / "inbox")]
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "--lang", "en", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert "Prefect's server did not start in time" in done.stderr
    assert "Traceback" not in done.stderr


# What Prefect's server process does with its logging, and what SQLAlchemy's pool then tells when a query is cut off.
TELLING_SERVER = """
import logging
from flows import environment
environment.prepare()
from prefect.logging.configuration import setup_logging
setup_logging()
import sqlalchemy.pool
for name in ("sqlalchemy.pool.impl.AsyncAdaptedQueuePool", "asyncio", "uvicorn.error", "prefect.server"):
    try:
        raise TimeoutError(name)
    except TimeoutError:
        logging.getLogger(name).error("Exception during reset or similar", exc_info=True)
"""


def test_what_a_library_of_the_server_tells_while_it_ends_is_not_shown(tmp_path: Path) -> None:
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", TELLING_SERVER],
        env={**quiet, "PALAYESH_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stderr == ""
