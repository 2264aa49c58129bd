"""The month and its schedule on a real Prefect server, which learns nothing about any person."""

import csv
import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mail_world
import openpyxl
import pytest

from flows.schedule import HOUR, due_month, first_days
from flows.scheduled import OPERATOR
from palayesh.adapters.outbox import Outbox
from palayesh.adapters.registry import Registry
from palayesh.reporting_month import TEHRAN

MONTH = "1404-02"
PLANTED_NAME, PLANTED_NUMBER = "کاشته‌نام", "0499370899"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("server")]


class Server(NamedTuple):
    url: str
    home: Path
    environment: dict[str, str]

    def ask(self, path: str, **question: Any) -> Any:
        request = urllib.request.Request(
            self.url + path, json.dumps(question).encode(), {"Content-Type": "application/json"}
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503:  # its SQLite was busy: Prefect's own client asks again, too
                    raise
                time.sleep(1)
        raise TimeoutError(path)

    def everything_kept(self) -> bytes:
        """Its database and its log, the journal of what is not yet in the database included."""
        return b"\n".join(path.read_bytes() for path in sorted(self.home.rglob("*")) if path.is_file())


def stopped(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(question: Any, seconds: float) -> Any:
    """The first answer that is not empty, or the last one."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = question()
        except OSError:
            answer = None
        if answer or time.monotonic() > end:
            return answer
        time.sleep(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        found = Server(environment["PREFECT_API_URL"], home, environment)
        try:
            assert until(lambda: urllib.request.urlopen(found.url + "/health", timeout=5).read(), 180) == b"true"
            yield found
        finally:
            stopped(process)


def palayesh(server: Server, var: Path, *arguments: str) -> subprocess.CompletedProcess:
    # Everything that Prefect can tell is asked for, so that a leak into its log would be seen.
    environment = {**server.environment, "PALAYESH_VAR": str(var), "PREFECT_LOGGING_LEVEL": "DEBUG"}
    command = [sys.executable, "-m", "flows.cli", "--lang", "en", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)


def plant(inbox: Path) -> str:
    """One record of a list names a person whom nothing else names; returns the list."""
    path = next(p for p in sorted(inbox.rglob("*.xlsx")) if p.read_bytes()[:2] == b"PK")
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            heads = {str(cell.value or "").strip(): cell.column for cell in row}
            name = next((column for text, column in heads.items() if "نام" in text and "خانوادگی" in text), None)
            number = next((column for text, column in heads.items() if "ملی" in text), None)
            if name and number and len([text for text in heads if text]) > 3:
                target = row[0].row + 3
                sheet.cell(target, name).value, sheet.cell(target, number).value = PLANTED_NAME, PLANTED_NUMBER
                book.save(path)
                return path.parent.name
    raise AssertionError("no list to plant in")


def test_a_month_runs_on_a_server_and_leaves_nobody_there(server: Server, tmp_path: Path) -> None:
    palayesh(server, tmp_path / "var", "synth", "--out", str(tmp_path), "--seed", "7", "--persons", "2500")
    agency = plant(tmp_path / "inbox")
    done = palayesh(server, tmp_path / "var", "run", "--month", MONTH, "--inbox", str(tmp_path / "inbox"))
    assert done.returncode in (0, 3), done.stdout + done.stderr

    runs = server.ask("/flow_runs/filter")
    assert [(run["name"], run["state"]["type"]) for run in runs] == [(MONTH, "COMPLETED")]
    tasks = server.ask("/task_runs/filter")
    assert {run["state"]["type"] for run in tasks} == {"COMPLETED"}
    assert {"screen", "render"} <= {run["name"].split()[0] for run in tasks}

    registry = Registry.open(f"sqlite:///{tmp_path / 'var' / 'registry.sqlite'}", locks=tmp_path / "locks")
    read = [registry.frame(s.id, "received") for s in registry.submissions(MONTH, agency=agency) if s.received_count]
    assert any((frame == PLANTED_NUMBER).any(axis=None) for frame in read), "the planted person was read"

    kept = server.everything_kept() + done.stdout.encode() + done.stderr.encode()
    assert MONTH.encode() in kept, "what the server keeps was looked at"
    with (tmp_path / "truth" / "persons.csv").open(encoding="utf-8-sig", newline="") as source:
        persons = list(csv.DictReader(source))
    numbers = {PLANTED_NUMBER, *(person["national_id"] for person in persons if person["national_id"])}
    assert len(numbers) > 1000
    assert numbers & {number.decode() for number in re.findall(rb"(?<![0-9])[0-9]{10}(?![0-9])", kept)} == set()
    names = {PLANTED_NAME, *(f"{person['first_name']} {person['last_name']}" for person in persons)}
    forms = [(name, form) for name in names for form in (name, json.dumps(name)[1:-1])]
    assert [name for name, form in forms if form.encode() in kept] == []


def test_serve_schedules_the_first_of_every_solar_hijri_month(server: Server, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "--lang", "en", "serve", "--inbox", str(tmp_path)],
        env={**server.environment, "PALAYESH_VAR": str(tmp_path / "var")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    today = dt.datetime.now(TEHRAN).date()
    try:
        served = {"deployments": {"name": {"any_": ["monthly"]}}}
        assert until(lambda: server.ask("/deployments/filter", **served), 120), "the deployment is on the server"
        wanted = {**served, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        runs = until(lambda: server.ask("/flow_runs/filter", **wanted), 120)
    finally:
        stopped(process)
    moments = sorted(dt.datetime.fromisoformat(run["expected_start_time"]).astimezone(TEHRAN) for run in runs)
    assert moments, "runs are scheduled"
    assert [moment.date() for moment in moments] == first_days(today, len(moments))
    assert {(moment.hour, moment.minute) for moment in moments} == {(HOUR, 0)}


def test_serve_sends_what_waits_in_the_outbox(server: Server, tmp_path: Path) -> None:
    """The schedule's own flow, in the process that Prefect starts for it."""
    handler = mail_world.Handler()
    controller = mail_world.QuietController(handler, None, "none")
    controller.start()
    registry = Registry.open(f"sqlite:///{tmp_path / 'var' / 'registry.sqlite'}", locks=tmp_path / "var" / "locks")
    mail_world.queue(Outbox(registry), "director", at=dt.datetime.now(dt.UTC))
    mail = {"HOST": "127.0.0.1", "PORT": str(controller.port), "SECURITY": "none"}
    environment = {
        **server.environment, "PALAYESH_VAR": str(tmp_path / "var"),
        "PALAYESH_DELIVERY": str(mail_world.write_configuration(tmp_path / "delivery.yml")),
        **{f"PALAYESH_MAIL_{name}": value for name, value in mail.items()},
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "--lang", "en", "serve", "--inbox", str(tmp_path)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        served = {"deployments": {"name": {"any_": ["delivery"]}}}
        found = until(lambda: server.ask("/deployments/filter", **served), 120)
        assert found[0]["schedules"][0]["schedule"]["interval"] == 900
        server.ask(f"/deployments/{found[0]['id']}/create_flow_run", state={"type": "SCHEDULED"})
        assert until(lambda: handler.count()["director@ostan.example"], 120) == 1
    finally:
        stopped(process)
        controller.stop()
    assert mail_world.states(Outbox(registry))["director"] == "accepted"


ROOT = Path(__file__).parents[2]


def prefect(server: Server, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=ROOT, env={**server.environment, **environment}, capture_output=True, text=True, timeout=300,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_what_prefect_yaml_deploys_runs_a_month_on_a_worker(server: Server, tmp_path: Path) -> None:
    """The commands of docs/administration.md, word for word."""
    month = str(due_month(dt.datetime.now(TEHRAN)))
    made = palayesh(
        server, tmp_path / "var", "synth", "--out", str(tmp_path), "--seed", "7", "--persons", "1000", "--month", month
    )
    assert made.returncode == 0, made.stderr
    # What the worker's account has in /etc/palayesh/environment, and its folder.
    installed = {
        "PALAYESH_HOME": str(ROOT), "PALAYESH_INBOX": str(tmp_path / "inbox"), "PALAYESH_VAR": str(tmp_path / "var"),
        "PALAYESH_LANG": "en",
    }  # fmt: skip
    pool = prefect(server, "work-pool", "create", "palayesh", "--type", "process", **installed)
    assert pool.returncode == 0, pool.stdout + pool.stderr
    deployed = prefect(server, "--no-prompt", "deploy", "--all", **installed)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    there = server.ask("/deployments/filter")
    found = {one["name"]: one for one in there if one["work_pool_name"] == "palayesh"}
    assert set(found) == {"monthly", "delivery"}
    assert {one["parameters"]["inbox"] for one in found.values()} == {installed["PALAYESH_INBOX"]}

    worker_folder = tmp_path / "worker"
    worker_folder.mkdir()
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "palayesh"],
            cwd=worker_folder, env={**server.environment, **installed}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            started = prefect(server, "deployment", "run", "scheduled-month/monthly", **installed)
            assert started.returncode == 0, started.stdout + started.stderr
            wanted = {"deployments": {"id": {"any_": [found["monthly"]["id"]]}},
                      "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED", "PENDING", "RUNNING"]}}}}  # fmt: skip
            ended = until(lambda: server.ask("/flow_runs/filter", **wanted), 500)
        finally:
            stopped(worker)
    told = (tmp_path / "worker.log").read_text(encoding="utf-8")
    assert [run["state"]["type"] for run in ended] == ["COMPLETED"], told
    registry = Registry.open(f"sqlite:///{tmp_path / 'var' / 'registry.sqlite'}", locks=tmp_path / "locks")
    run = registry.latest_run(month)
    assert run is not None, told
    assert list((tmp_path / "var" / "reports").rglob("coverage.fa.pdf"))
    assert Outbox(registry).preparers(run.id) == [OPERATOR], (
        "a month that ran by itself has nobody who could release it"
    )
