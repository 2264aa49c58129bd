"""How long a steward waits for the preview of one mend of many records, and for applying it.

    python -m benchmarks.mending [--records 6000] [--spoiled 2000] [--rounds 5] [--database postgresql+psycopg://…]

One list is received, read and validated; every third of its records has a word that no list knows. What is measured is what the
page waits for: the preview, the decision in the log (the validation after it goes on behind the pages), and the undo of it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from palayesh.adapters import settings
from tasks import corrections, installation, receive, validate
from tests.web.lists import CASELOAD, DAY, MONTH, NAMES, SURNAMES, WORD, number, written

AT = dt.datetime(2025, 6, 2, 8, 0, tzinfo=dt.UTC)


def rows(records: int, spoiled: int) -> list[list[str]]:
    """A caseload, of which the first records have the unknown word."""
    every = max(1, records // spoiled)
    return [
        [
            f"H{serial // 3:07d}", f"M{serial:07d}", NAMES[serial % len(NAMES)], SURNAMES[serial % len(SURNAMES)], "علی",
            number(serial + 1), f"13{50 + serial % 40}/0{1 + serial % 6}/1{serial % 9}", "سرپرست" if serial % 3 == 0 else "فرزند",
            "زندانی بودن سرپرست", WORD if serial % every == 0 else "فعال", "مستمر", "1402/03/01", "کرمان", "",
        ]
        for serial in range(records)
    ]  # fmt: skip


def measure(records: int, spoiled: int, rounds: int, database: str) -> dict[str, list[float]]:
    """Seconds of each round: preview, apply, preview of an undo, undo."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings.override(var=folder / "var", lang="fa", database_url=database)
        installation.registry()
        path = written(folder / "مددجویان.csv", [CASELOAD, *rows(records, spoiled)])
        receive.receive_file(path, month=MONTH, agency="relief_committee", received_on=DAY)
        receive.arrange(MONTH, "relief_committee")
        began = time.perf_counter()
        validate.validate_agency.fn(MONTH, "relief_committee")
        print(f"validated in {time.perf_counter() - began:.1f} s", file=sys.stderr)
        found: dict[str, list[float]] = {}
        for turn in range(rounds):
            cause = max(corrections.causes(MONTH), key=lambda one: one.count if one.value == WORD else 0)
            mend = (MONTH, cause.cause_id, "set_value")
            preview = _timed(found, "preview", corrections.preview_mend, *mend, value="فعال")
            print(f"{preview.count} records", file=sys.stderr)
            said = {"by": "maryam", "at": AT + dt.timedelta(minutes=turn), "reason": "x", "validate_now": False}
            wanted = {"value": "فعال", "token": preview.token, **said}
            decision = _timed(found, "apply", corrections.apply_mend, *mend, **wanted)
            _timed(found, "undo asked", corrections.preview_undo, decision.group_id)
            _timed(found, "undo", corrections.undo, decision.group_id, **said)
        settings.reset()
    return found


def _timed(found: dict[str, list[float]], name: str, do: Callable[..., Any], *asked: Any, **more: Any) -> Any:
    began = time.perf_counter()
    answer = do(*asked, **more)
    found.setdefault(name, []).append(time.perf_counter() - began)
    return answer


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=6000)
    parser.add_argument("--spoiled", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; without it SQLite")
    asked = parser.parse_args()
    for name, seconds in measure(asked.records, asked.spoiled, asked.rounds, asked.database).items():
        print(f"{name:12} first {seconds[0]:.2f} s, median {median(seconds):.2f} s, slowest {max(seconds):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
