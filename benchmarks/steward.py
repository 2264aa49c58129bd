"""How much a steward has to do: key presses and page loads of a scripted one in a real browser, on an invented month.

    python -m benchmarks.steward [--persons 2500] [--pairs 60] [--made VAR] [--json OUT]

The month is made, run and opened in the console; the steward works by keyboard alone in headless Chromium (PALAYESH_CHROMIUM,
or Debian's). First every cause of failed records: the mend that is proposed, else back to the agency with a reason. Then the
review queue. Counted are the keys that he presses (letters of a reason too), the pages that load, and the seconds from a key
until the next page is there. What a person adds is looking: decisions an hour are given for 10 and for 20 seconds of it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Error

from console.application import serve
from palayesh.adapters import settings
from tasks import corrections, reviewing, stewards
from tests.corrections.conftest import read_rows
from tests.corrections.test_mending_a_month import spoiled_caseload
from tests.web.conftest import free_port
from tests.web.world import NOW, PASSWORD

MONTH = "1404-02"
KEY_SECONDS = 0.28
"""A key press of an average typist (keystroke-level model)."""
REASON = "ask again"


class Steward:
    """Somebody at the keyboard, who counts what he does."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.keys = 0
        self.loads = 0
        self.waited: list[float] = []

    def press(self, key: str) -> None:
        """A key, and the page that it leads to; one that looks again by itself meanwhile is not counted."""
        self.page.evaluate("window.before = true")
        began = time.perf_counter()
        self.keys += 1
        self.page.keyboard.press(key)
        while not self._is_there():
            self.page.wait_for_timeout(5)
            if time.perf_counter() - began > 60:
                raise TimeoutError(f"{key} led nowhere from {self.page.url}")
        self.loads += 1
        self.waited.append(time.perf_counter() - began)

    def _is_there(self) -> bool:
        try:
            return bool(self.page.evaluate("window.before === undefined && document.readyState === 'complete'"))
        except Error:  # asked while the page was changing
            return False

    def type(self, text: str) -> None:
        """A text, letter by letter."""
        self.keys += len(text)
        self.page.keyboard.type(text)


def waiting_records() -> int:
    """Records that wait for a decision."""
    return sum(one.count for one in corrections.causes(MONTH) if one.severity == "set_aside_record")


def mend(steward: Steward) -> list[dict[str, Any]]:
    """Every cause is dealt with once; per step the records that still wait, and the keys so far."""
    page = steward.page
    page.goto("/failures")
    steward.keys, steward.loads, steward.waited = 0, 0, []
    steps: list[dict[str, Any]] = []
    steward.press("j")
    while re.search(r"/failures/C\w+", page.url):
        cause = page.url
        if page.locator("[data-key=KeyS]").count() and page.locator("fieldset .tag.good").count():
            steward.press("s")
            if page.locator("[data-key=KeyS]").count():
                steward.press("s")
                what = "mended"
            else:
                what = "nothing to mend"
                steward.press("k")
        else:
            what = ""
        if what != "mended":
            page.keyboard.press("l")
            page.keyboard.press("b")
            steward.keys += 2
            steward.type(REASON)
            steward.press("Enter")
            what = "sent back"
        if "/corrections/" not in page.url:
            raise RuntimeError(f"{cause} was not decided: {page.url}")
        steps.append({"what": what, "keys": steward.keys, "loads": steward.loads})
        settle()
        steps[-1]["left"] = waiting_records()
        steward.press("j")
    return steps


def settle() -> None:
    """The console's validation is done (nobody waits for it; the figures do)."""
    from console import validating

    validating._WORKER.submit(lambda: None).result(timeout=600)


def review(steward: Steward, most: int) -> int:
    """So many pairs of the queue are judged, every third as different; returns how many."""
    page = steward.page
    page.goto("/pairs")
    steward.keys, steward.loads, steward.waited = 0, 0, []
    steward.press("j")
    decided = 0
    while "/pairs/" in page.url and decided < most:
        steward.press("sds"[decided % 3])
        decided += 1
    return decided


def make_month(folder: Path, var: Path, persons: int) -> None:
    """A messy month, one of whose lists an office spoiled by its habits besides, received and run."""

    def palayesh(*command: str) -> None:
        line = [sys.executable, "-m", "flows.cli", "--lang", "en", *command]
        environment = {**os.environ, "PALAYESH_VAR": str(var)}
        done = subprocess.run(line, env=environment, check=False, capture_output=True)
        if done.returncode not in (0, 3):
            raise RuntimeError(done.stderr.decode()[-2000:])

    palayesh("synth", "--out", str(folder), "--persons", str(persons), "--seed", "1404")
    list_of_clients = next((folder / "inbox" / "relief_committee").glob("*تحت پوشش*.csv"))
    spoiled_caseload(read_rows(list_of_clients)).write(list_of_clients)
    palayesh("run", "--month", MONTH, "--inbox", f"{folder}/inbox")


def measure(persons: int, pairs: int, made: Path | None) -> dict[str, Any]:
    """The figures of one month, of which nothing was decided; it is made where it is not ``made``."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("PALAYESH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder) / "var"
        if made is not None:
            shutil.copytree(made, var)
        else:
            make_month(Path(folder), var, persons)
        settings.override(var=var, lang="en", database_url="")
        stewards.add("maryam", title="", role="chief", agency=None, password=PASSWORD, now=NOW)
        app = serve()
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.02)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="en").new_page()
            page.set_default_timeout(60_000)
            page.goto("/sign-in")
            page.keyboard.type("maryam")
            page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(re.compile(r"/$"))
            steward = Steward(page)
            records = waiting_records()
            steps = mend(steward)
            failures = _figures(steward, len(steps))
            run = reviewing.latest_run(MONTH)
            assert run is not None
            opened = reviewing.store().counts(run.id, agency=None, steward="maryam")["open"]
            decided = review(steward, pairs)
            queue = _figures(steward, decided)
            browser.close()
        server.should_exit = True
        settings.reset()
    tenth = records * 0.1
    enough = next((number for number, step in enumerate(steps, start=1) if step["left"] <= tenth), None)
    return {
        "records": records,
        "causes": len(steps),
        "decisions until nine tenths are dealt with": enough,
        "keys until nine tenths are dealt with": steps[enough - 1]["keys"] if enough else None,
        "dealt with in ten decisions": round(1 - steps[min(9, len(steps) - 1)]["left"] / records, 3) if steps else None,
        "left": steps[-1]["left"] if steps else records,
        "failures": failures,
        "pairs open": opened,
        "pairs": queue,
        "steps": steps,
    }


def _figures(steward: Steward, decisions: int) -> dict[str, float]:
    waited = statistics.median(steward.waited)
    a_decision = steward.keys / decisions * KEY_SECONDS + steward.loads / decisions * waited
    return {
        "decisions": decisions,
        "keys a decision": round(steward.keys / decisions, 2),
        "pages a decision": round(steward.loads / decisions, 2),
        "median seconds a page": round(waited, 3),
        "slowest page": round(max(steward.waited), 2),
        **{f"an hour, {look} s of looking": round(3600 / (a_decision + look)) for look in (10, 20)},
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=2500)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--made", type=Path, help="the var folder of a month that was run and not worked on")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked.persons, asked.pairs, asked.made)
    print(json.dumps(found, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
