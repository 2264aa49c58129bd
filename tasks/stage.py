"""What every task has in common: nothing cached or persisted, and no personal data in a failure."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from palayesh.accounting import BrokenAccount
from palayesh.findings import Refusal

P = ParamSpec("P")
R = TypeVar("R")


class StageFailed(RuntimeError):
    """A stage failed for a reason nobody foresaw: its kind and place, never its message.

    Messages of parsers and database drivers quote the values they choked on.
    """


def without_personal_data(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with every unforeseen exception reduced to its kind and place."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (Refusal, BrokenAccount, StageFailed):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, its message may quote a person's data
            raise StageFailed(f"{type(error).__name__} at {_place(error)}") from None

    return guarded


def stage_task(name: str) -> Callable[[Callable[P, R]], Any]:
    """A Prefect task of a stage; ``name`` may use the task's parameters in braces."""

    def decorate(function: Callable[P, R]) -> Any:
        make = task(task_run_name=name, cache_policy=NO_CACHE, persist_result=False, log_prints=False)
        return make(without_personal_data(function))

    return decorate


def _place(error: BaseException) -> str:
    here = Path(__file__).resolve().parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).resolve().is_relative_to(here) and ".venv" not in f.filename]
    last = (ours or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
