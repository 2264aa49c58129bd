"""What the command line shows: progress bars and tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.wording import number, say
from palayesh.language import Language
from tasks import progress as task_progress

# Into a file or a pipe, tables are as wide as they need; COLUMNS says otherwise.
console = Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 160
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress_bars(lang: Language) -> Iterator[Progress]:
    """Bars for every step that the tasks report; on anything but a terminal, nothing is drawn."""
    bars = Progress(
        TextColumn("{task.description:>28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    ids: dict[str, Any] = {}

    def listen(step: str, done: int, total: int) -> None:
        if step not in ids:
            ids[step] = bars.add_task(say(f"step_{step}", lang), total=total)
        bars.update(ids[step], completed=done, total=total)

    stop = task_progress.watch(listen)
    try:
        with bars:
            yield bars
    finally:
        stop()


def table(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    lang: Language,
    numbers: Iterable[int] = (),
) -> Table:
    """A table for the terminal; ``numbers`` are the places of columns that hold numbers."""
    right = set(numbers)
    shown = Table(title=title, title_justify="left", header_style="bold")
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(value, lang) for value in row))
    return shown


def _cell(value: Any, lang: Language) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float) and not value.is_integer():
        return number(value, lang, ",.1f")
    return number(int(value), lang)
