"""The server is killed between key and answer: what was shown as saved is there, and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from palayesh.adapters import settings
from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.registry import Registry
from tasks import installation
from tests.web.conftest import Browser, first_pair, free_port, hidden

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
ROUNDS = 4


def start(var: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PALAYESH_VAR": str(var), "PALAYESH_DATABASE_URL": "", "PALAYESH_LANG": "en"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "--lang", "en", "console", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/sign-in", timeout=5).status_code == 200:
                return process
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the console did not open")


def test_no_saved_decision_is_lost_and_none_is_made_twice(registry: Registry, var: Path) -> None:
    chance = random.Random(4)
    shown_as_saved: set[str] = set()
    in_flight: list[tuple[str, dict[str, str]]] = []
    for _ in range(ROUNDS):
        port = free_port()
        process = start(var, port)
        browser = Browser(f"http://127.0.0.1:{port}")
        assert browser.sign_in("chief").status_code == 303
        for path, sent in in_flight:  # whoever got no answer presses the key again
            answer = browser.post(path, **sent)
            assert answer.status_code == 303
            shown_as_saved.add(path)
        in_flight.clear()
        delay = chance.uniform(0.02, 0.5)
        killer = threading.Thread(target=lambda p=process, d=delay: (time.sleep(d), os.kill(p.pid, signal.SIGKILL)))
        killer.start()
        try:
            for _step in range(3):
                pair = first_pair(browser)
                page = browser.get(pair).text
                form = page[page.index('class="decide"') :]
                sent = {
                    "judgement": "same", "note": "", "follows": hidden(page, "follows"),
                    "evidence": hidden(page, "evidence"), "request": hidden(form, "request"),
                }  # fmt: skip
                path = f"{pair}/judge"
                in_flight.append((path, sent))
                answer = browser.post(path, **sent)
                assert answer.status_code == 303
                in_flight.clear()
                shown_as_saved.add(path)
        except httpx.TransportError:
            pass
        killer.join()
        process.wait()
    settings.override(var=var, lang="en", database_url="")
    log = installation.registry().judgements()
    counted = Counter(log["pair_id"])
    assert all(count == 1 for count in counted.values())
    saved = {path.split("/")[2] for path in shown_as_saved}
    assert saved <= set(counted)
    assert AuditStore(installation.registry()).check().broken_at is None
    with installation.registry().engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
