"""The whole month, from files to PDF, as the person at the command line runs it."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.golden.pages import accessibility_faults

MONTH = "1404-02"
SMALL = "2500"


def palayesh(
    *arguments: str, var: Path, database_url: str = "", check: bool = True, **more: object
) -> subprocess.CompletedProcess:
    environment = {
        **os.environ, "PALAYESH_VAR": str(var), "PALAYESH_DATABASE_URL": database_url, "COLUMNS": "200", **more,
    }  # fmt: skip
    environment.pop("PREFECT_API_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "--lang", "en", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    if check:
        assert done.returncode in (0, 3), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def figures(var: Path, database_url: str = "") -> dict:
    done = palayesh("figures", "--month", MONTH, "--json", var=var, database_url=database_url)
    return json.loads(done.stdout)["figures"]


def values(var: Path, database_url: str = "") -> dict:
    return {key: (f["value"], f["parts"]) for key, f in figures(var, database_url).items()}


def report_bytes(var: Path) -> dict[str, str]:
    return {
        path.relative_to(var).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((var / "reports").rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small messy month's files and their truth."""
    out = tmp_path_factory.mktemp("world")
    palayesh("synth", "--out", str(out), "--month", MONTH, "--seed", "7", "--persons", SMALL, var=out / "var")
    return out


@pytest.fixture(scope="module")
def month(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation in which the small month was run, uninterrupted, on SQLite."""
    var = tmp_path_factory.mktemp("month")
    done = palayesh("run", "--month", MONTH, "--inbox", str(world / "inbox"), var=var)
    assert done.returncode == 0, done.stdout + done.stderr  # 3 would be a month that lacks a list
    return var


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_clean_lists_give_exactly_the_truth(tmp_path: Path) -> None:
    palayesh("synth", "--out", str(tmp_path), "--seed", "11", "--persons", SMALL, "--mess", "0", var=tmp_path / "var")
    palayesh("run", "--month", MONTH, "--inbox", str(tmp_path / "inbox"), var=tmp_path / "var")
    truth = json.loads((tmp_path / "truth" / "figures.json").read_text(encoding="utf-8"))
    found = figures(tmp_path / "var")
    wrong = {
        (key, part): (true, got)
        for key, figure in truth.items()
        for part, true, got in [
            ("", figure["value"], found[key]["value"]),
            *((p, v, found[key]["parts"].get(p, 0)) for p, v in figure["parts"].items()),
        ]
        if true != got
    }
    assert wrong == {}


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_the_month_twice_gives_the_same_bytes_and_the_same_revision(world: Path, month: Path, tmp_path: Path) -> None:
    before = report_bytes(month)
    assert any(name.endswith(".pdf") for name in before)
    again = palayesh("run", "--month", MONTH, "--inbox", str(world / "inbox"), var=month)
    assert "same revision stands" in again.stdout
    assert report_bytes(month) == before
    palayesh(
        "run", "--month", MONTH, "--inbox", str(world / "inbox"), var=tmp_path, TZ="Pacific/Auckland", PYTHONHASHSEED="5",
        LC_ALL="C.UTF-8",
    )  # fmt: skip
    assert report_bytes(tmp_path) == before


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_every_pdf_of_the_month_conforms_to_pdf_ua(month: Path) -> None:
    made = sorted((month / "reports").rglob("*.pdf"))
    assert len(made) >= 4
    assert {path.name: accessibility_faults(path.read_bytes()) for path in made} == {path.name: [] for path in made}


@pytest.mark.xdist_group("month")
@pytest.mark.slow
@pytest.mark.postgresql
def test_both_databases_give_the_same_month(world: Path, month: Path, tmp_path: Path, postgresql_url: str) -> None:
    palayesh("run", "--month", MONTH, "--inbox", str(world / "inbox"), var=tmp_path, database_url=postgresql_url)
    assert values(tmp_path, postgresql_url) == values(month)
    assert report_bytes(tmp_path) == report_bytes(month)


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_a_broken_list_stops_nobody_else(world: Path, month: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(world / "inbox", inbox)
    for path in (inbox / "association").iterdir():
        path.write_bytes(b"PK\x03\x04" + path.read_bytes()[:500])
    done = palayesh("run", "--month", MONTH, "--inbox", str(inbox), var=tmp_path / "var")
    assert done.returncode == 3
    assert "Prisoners' Support Association" in done.stderr
    broken, whole = values(tmp_path / "var"), values(month)
    assert broken["behzisti.referred_households"] == whole["behzisti.referred_households"]
    assert broken["association.covered_prisoners"][0] is None, "a list that did not come is not a zero"


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_the_report_is_written_again_in_every_format(month: Path, tmp_path: Path) -> None:
    # In a copy: the month that the other tests compare with holds what its run wrote, and no more.
    var, out = shutil.copytree(month, tmp_path / "var"), tmp_path / "out"
    arguments = ["report", "--month", MONTH, "--format", "html,pdf,xlsx,json", "--out", str(out)]
    palayesh(*arguments, var=var)
    assert {path.name for path in out.iterdir()} == {
        "coverage.en.html", "coverage.en.pdf", "coverage.en.xlsx", "figures.json",
    }  # fmt: skip
    first = (out / "coverage.en.xlsx").read_bytes()
    palayesh(*arguments, var=var)
    assert (out / "coverage.en.xlsx").read_bytes() == first


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_what_if_answers_and_changes_nothing(month: Path, tmp_path: Path) -> None:
    before = hashlib.sha256((month / "registry.sqlite").read_bytes()).hexdigest()
    capacity = values(month)["association.capacity"][0]
    wanted = f"association_family.capacity={int(capacity) + 100}"
    done = palayesh("whatif", "--month", MONTH, "--set", wanted, "--out", str(tmp_path / "page.html"), var=month)
    assert "+100" in done.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"{int(capacity) + 100:,}" in page
    same = palayesh("whatif", "--month", MONTH, "--set", f"association_family.capacity={int(capacity)}", var=month)
    assert "Nobody moves" in same.stdout
    wrong = palayesh("whatif", "--month", MONTH, "--set", "association_family.ceiling=3", var=month, check=False)
    assert wrong.returncode == 1
    assert "association_family.capacity" in wrong.stderr
    assert hashlib.sha256((month / "registry.sqlite").read_bytes()).hexdigest() == before


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_nothing_of_a_library_reaches_the_screen(world: Path, month: Path, tmp_path: Path) -> None:
    """Splink, Prefect and Great Expectations talk to their makers; a run, a check and a link show only our words."""
    people = tmp_path / "people.csv"
    people.write_text(
        "record_id,first_name,last_name,father_name,birth_date\n1,علی,رضایی,حسن,1360-01-02\n2,علي,رضايي,حسن,1360-01-02\n",
        encoding="utf-8",
    )
    commands = (
        ("run", "--month", MONTH, "--inbox", str(world / "inbox")),
        ("check", str(next((world / "inbox" / "ngo_mehr").iterdir())), "--agency", "ngo_mehr", "--month", MONTH),
        ("link", str(people), "--out", str(tmp_path / "linked.csv")),
    )
    for command in commands:
        done = palayesh(*command, var=tmp_path / "var" if command[0] == "run" else month)
        said = done.stdout + done.stderr
        assert not re.search(r"\b(INFO|WARNING|DEBUG)\b|EM iteration|prefect|Warning:", said), command[0]


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_a_run_killed_anywhere_resumes_to_the_same_month(world: Path, month: Path, tmp_path: Path) -> None:
    chance = random.Random(1404)
    arguments = [sys.executable, "-m", "flows.cli", "run", "--month", MONTH, "--inbox", str(world / "inbox")]
    environment = {**os.environ, "PALAYESH_VAR": str(tmp_path)}
    killed = 0
    for _ in range(6):
        running = subprocess.Popen(
            arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            running.wait(timeout=chance.uniform(4, 30))
            break
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            killed += 1
            time.sleep(0.5)
    assert killed >= 1
    palayesh("run", "--month", MONTH, "--inbox", str(world / "inbox"), var=tmp_path)
    assert values(tmp_path) == values(month)
    assert report_bytes(tmp_path) == report_bytes(month)


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_linking_beats_equal_numbers_and_joins_almost_nobody_wrongly(world: Path, month: Path) -> None:
    """Pairs of mentions of one person: precision at least 0.995, and recall well above what equal numbers alone find."""
    from flows.truth import true_mentions
    from palayesh.adapters import settings
    from tasks import installation

    settings.override(var=month)
    run = installation.registry().latest_run(MONTH)
    mentions = true_mentions(run.id, world / "truth" / "records.csv", world / "inbox")

    def pairs(*columns: str) -> int:
        sizes = mentions.dropna(subset=list(columns)).groupby(list(columns)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    true_pairs, found, right = pairs("person"), pairs("person_id"), pairs("person", "person_id")
    by_number = pairs("person", "true_number")
    assert found > 0
    assert right / found >= 0.995
    assert right / true_pairs >= 0.85
    assert right > by_number


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_the_month_is_scored_against_its_truth(world: Path, month: Path, tmp_path: Path) -> None:
    arguments = ("evaluate", "--month", MONTH, "--truth", str(world / "truth"), "--json", str(tmp_path / "e.json"))
    done = palayesh(*arguments, var=month)
    measures = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))["measures"]
    assert measures["account"][""]["mentions_without_truth"]["value"] == 0
    assert measures["persons"]["clusters"]["f1"]["value"] >= 0.95
    assert measures["households"]["cases"]["precision"]["value"] >= 0.98
    assert {"number/missing_number", "file/wide_form", "row/same_row_twice", "none"} <= set(measures["damage"])
    assert f"{measures['persons']['clusters']['f1']['value']:.4f}" in done.stdout
    assert "دقت" in palayesh(*arguments, "--lang", "fa", var=month).stdout
    other = palayesh("evaluate", "--month", MONTH, "--truth", str(tmp_path), var=month, check=False)
    assert other.returncode == 1
    assert "no records.csv" in other.stderr


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_the_registry_keeps_where_values_come_from_and_who_belongs_where_since_when(month: Path) -> None:
    from palayesh.adapters import settings
    from tasks import installation

    settings.override(var=month)
    registry = installation.registry()
    run = registry.latest_run(MONTH)
    persons, provenance = (registry.frame(run.id, name) for name in ("linked_persons", "golden_provenance"))
    assert provenance["field"].eq("last_name").sum() == persons["last_name"].notna().sum()
    spells, members = (registry.frame(run.id, name) for name in ("household_spells", "household_members"))
    assert len(spells) == len(members)
    assert spells["from_month"].eq(MONTH).all()
    assert spells["to_month"].isna().all()
    assert registry.frame(run.id, "id_aliases").empty
    assert registry.step_counts(run.id, "link")["findings"] == []


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_no_person_leaves_the_registry(world: Path, month: Path) -> None:
    """Numbers of people on the lists occur in the registry and the store of received files, and nowhere else."""
    persons = pd.read_csv(world / "truth" / "persons.csv", dtype=str)
    numbers = persons["national_id"].dropna().sample(200, random_state=1).tolist()
    hidden = [n.encode() for n in numbers] + [
        n.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")).encode() for n in numbers
    ]
    kept = [month / "blobs", month / "registry.sqlite"]
    assert any(number in (world / "truth" / "persons.csv").read_bytes() for number in hidden), "the search can find"
    for path in sorted(month.rglob("*")):
        if path.is_file() and not any(path == k or k in path.parents or path.name.startswith(k.name) for k in kept):
            content = path.read_bytes()
            assert not [number for number in hidden if number in content], path.relative_to(month)
    assert (month / "prefect").stat().st_mode & 0o077 == 0


ANOTHER_DAY = """
import datetime as dt, sys, types
import flows.cli as cli
class Day(dt.date):
    today = classmethod(lambda cls: cls(2031, 7, 9))
cli.dt = types.SimpleNamespace(date=Day, datetime=dt.datetime, timedelta=dt.timedelta)
sys.argv[1:] = {arguments!r}
cli.main()
"""


@pytest.mark.xdist_group("month")
@pytest.mark.slow
def test_another_day_and_a_new_registry_give_the_same_bytes_and_a_date_of_issue_is_said(
    world: Path, month: Path, tmp_path: Path
) -> None:
    before = report_bytes(month)
    arguments = ["--lang", "en", "run", "--month", MONTH, "--inbox", str(world / "inbox")]

    def run_in_2031(*more: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "PALAYESH_VAR": str(tmp_path), "PALAYESH_DATABASE_URL": ""}
        environment.pop("PREFECT_API_URL", None)
        program = ANOTHER_DAY.format(arguments=[*arguments, *more])
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode in (0, 3), done.stdout + done.stderr
        return done

    run_in_2031()
    assert report_bytes(tmp_path) == before
    page = (tmp_path / "reports" / MONTH / "r1" / "coverage.en.html").read_text(encoding="utf-8")
    assert "1404-02-31" in page or "1404/02/31" in page
    run_in_2031("--issued-on", "1404-03-05")
    page = (tmp_path / "reports" / MONTH / "r2" / "coverage.en.html").read_text(encoding="utf-8")
    assert "1404-03-05" in page or "1404/03/05" in page
    assert {name: digest for name, digest in report_bytes(tmp_path).items() if "/r1/" in name} == before
