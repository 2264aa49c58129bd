"""How fast the console answers with 100,000 open items, on SQLite and PostgreSQL.

    python -m benchmarks.console [--items 100000] [--requests 200] [--database postgresql+psycopg://…] [--json OUT]

Per page the 95th percentile in milliseconds over HTTP, and as a ratio to a named baseline: a bare FastAPI route that reads one
row by its key from the same database (`baseline`). ``cpu ms`` is the median processor time of client and server together, which a
busy machine does not blur. The console decides nothing faster than its database commits.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select, text

from console.application import create
from palayesh.adapters import settings
from palayesh.adapters.models import ReviewPair
from palayesh.adapters.review_store import Place
from tasks import installation, stewards
from tests.web import world
from tests.web.conftest import Browser, free_port, hidden

TARGET_MILLISECONDS = 300.0


def measure(database_url: str, items: int, requests: int) -> dict[str, dict[str, float]]:
    """Milliseconds (median, p95) and ratio to the baseline, per page."""
    with tempfile.TemporaryDirectory() as folder:
        settings.override(var=Path(folder) / "var", database_url=database_url, lang="fa")
        registry = installation.registry()
        began = time.perf_counter()
        world.make_month(registry, pairs=items, members=1)
        stewards.add("maryam", title="", role="chief", agency=None, password=world.PASSWORD, now=world.NOW)
        stewards.add(
            "zahra", title="", role="steward", agency="relief_committee", password=world.PASSWORD, now=world.NOW
        )
        with registry.engine.begin() as connection:
            connection.execute(text("analyze"))
        print(f"{items} items made in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        app = create(settings.current())
        with registry.engine.connect() as connection:
            places = connection.execute(
                select(ReviewPair.priority, ReviewPair.pair_id).order_by(ReviewPair.pair_id).limit(requests * 3)
            ).all()
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(_with_baseline(app), host="127.0.0.1", port=port, log_level="error"))
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.02)
        try:
            return _measure(f"http://127.0.0.1:{port}", places, requests)
        finally:
            server.should_exit = True
            settings.reset()


def _with_baseline(console: FastAPI) -> FastAPI:
    bare = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @bare.get("/baseline/{pair_id}")
    def baseline(pair_id: str) -> dict[str, Any]:
        with installation.registry().engine.connect() as connection:
            row = connection.execute(select(ReviewPair.effect).where(ReviewPair.pair_id == pair_id)).first()
        return {"effect": row[0] if row else None}

    bare.mount("/", console)
    return bare


def _measure(address: str, places: list[Any], requests: int) -> dict[str, dict[str, float]]:
    chief, steward = Browser(address), Browser(address)
    for browser, who in ((chief, "chief"), (steward, "steward")):
        assert browser.sign_in(who).status_code == 303
    pairs = [str(place.pair_id) for place in places]
    found = {
        "baseline": _timed(requests, lambda n: chief.get(f"/baseline/{pairs[n]}")),
        "queue": _timed(requests, lambda n: chief.get("/")),
        "queue of one agency": _timed(requests, lambda n: steward.get("/")),
        "queue, far down": _timed(requests, lambda n: chief.get(f"/?after={Place(int(places[n].priority), pairs[n])}")),
        "pairs with causes": _timed(requests, lambda n: chief.get("/pairs")),
        "item": _timed(requests, lambda n: chief.get(f"/pairs/{pairs[n]}")),
    }
    forms = []
    for pair in pairs[:requests]:
        page = chief.get(f"/pairs/{pair}").text
        form = page[page.index('class="decide"') :]
        forms.append({name: hidden(form, name) for name in ("follows", "evidence", "request")})
    found["decision"] = _timed(
        requests, lambda n: chief.post(f"/pairs/{pairs[n]}/judge", judgement="same", note="", **forms[n]), expected=303
    )
    entries = [int(n) for n in re.findall(r"/judgements/(\d+)/undo", chief.get("/judgements").text)]
    newest = max(entries)
    found["undo asked"] = _timed(requests, lambda n: chief.get(f"/judgements/{newest - n}/undo"))
    found["undo"] = _timed(
        requests, lambda n: chief.post(f"/judgements/{newest - n}/undo", request=f"undo{n}", reason=""), expected=303
    )
    base = found["baseline"]["p95"]
    return {name: {**numbers, "ratio": round(numbers["p95"] / base, 1)} for name, numbers in found.items()}


def _timed(requests: int, ask: Callable[[int], httpx.Response], *, expected: int = 200) -> dict[str, float]:
    times, processor = [], []
    for number in range(requests):
        began, cpu_began = time.perf_counter(), time.process_time()
        answer = ask(number)
        times.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - cpu_began))
        assert answer.status_code == expected, (answer.status_code, number)
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(statistics.quantiles(times, n=20)[-1], 1),
        "processor": round(statistics.median(processor), 1),
    }


def main() -> int:
    """Measure and print; 1 when a page is slower than the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; without it SQLite")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked.database, asked.items, asked.requests)
    print(f"{'page':22}{'median ms':>11}{'p95 ms':>9}{'cpu ms':>9}{'× baseline':>12}")
    for name, numbers in found.items():
        print(f"{name:22}{numbers['median']:11}{numbers['p95']:9}{numbers['processor']:9}{numbers['ratio']:12}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if all(numbers["p95"] <= TARGET_MILLISECONDS for numbers in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
