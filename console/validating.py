"""Lists validated again behind the pages: a decision is answered at once, and the page says what came of it."""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Literal

from palayesh.adapters import settings, suites
from palayesh.adapters.models import Submission
from palayesh.corrections.shown import Decision
from palayesh.findings import Refusal
from tasks import corrections, installation

PATIENCE_SECONDS = 0.6
"""So long an answer waits for a short list, so that its page is right already."""
MOST_KEPT = 500


@dataclass(frozen=True)
class Progress:
    """How far a list's validation is, for the page that shows it."""

    state: Literal["running", "done", "waits", "failed"]
    """``waits``: a run holds the month; the decision is kept, and the next run uses it."""
    set_aside_before: int
    accepted: int = 0
    set_aside: int = 0


_LOCK = threading.Lock()
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="validate-again")
_PROGRESS: OrderedDict[tuple[str, str, str], tuple[str, Progress]] = OrderedDict()
_ANSWERS: OrderedDict[tuple[str, str, str], Future[Decision]] = OrderedDict()


def get_ready() -> None:
    """The rules' library is being loaded behind the pages, so that the first preview need not wait for it."""
    _WORKER.submit(suites.great_expectations)


def begin(list_key: str, month: str, *, anew: bool = False) -> None:
    """The list is being validated again, in this month and in later ones that have come already.

    ``anew``: in this month alone, and also where nothing was decided.
    """
    number = uuid.uuid4().hex
    before = _counts(list_key, month)[1]
    _note(list_key, month, number, Progress("running", before))
    future = _WORKER.submit(_validate, list_key, month, number, before, anew)
    with contextlib.suppress(NotYet):
        future.result(timeout=PATIENCE_SECONDS)


def progress(list_key: str, month: str) -> Progress | None:
    """What is known of the list's newest validation; ``waits`` also where an earlier server left one undone."""
    with _LOCK:
        found = _PROGRESS.get(_key(list_key, month))
    if found is not None:
        return found[1]
    registry = installation.registry()
    position = registry.correction_position(list_key, month)
    behind = [one for one in _files(list_key, month) if (one.correction_position or 0) < position]
    return Progress("waits", _counts(list_key, month)[1]) if behind else None


def once(who: str, request_id: str, decide: Callable[[], Decision]) -> Decision:
    """The decision; a form that is sent twice gets the first answer again. Raises Refusal as ``decide`` does."""
    key = (settings.current().registry_url, who, request_id)
    with _LOCK:
        answer = _ANSWERS.get(key)
        is_first = answer is None
        if answer is None:
            answer = _ANSWERS[key] = Future()
            while len(_ANSWERS) > MOST_KEPT:
                _ANSWERS.popitem(last=False)
    if not is_first:
        return answer.result(timeout=60)
    try:
        decision = decide()
    except BaseException as error:
        with _LOCK:
            _ANSWERS.pop(key, None)
        answer.set_exception(error)
        raise
    answer.set_result(decision)
    return decision


def answered(who: str, request_id: str) -> str:
    """The decision that this very form made already, if it did."""
    with _LOCK:
        answer = _ANSWERS.get((settings.current().registry_url, who, request_id))
    if not request_id or answer is None or not answer.done() or answer.exception() is not None:
        return ""
    return answer.result().group_id


def _validate(list_key: str, month: str, number: str, before: int, anew: bool) -> None:
    agency = list_key.partition("/")[0]
    try:
        if anew:
            is_validated = corrections.validate_again(month, agency, whole_list=list_key)
        else:
            months = installation.registry().months_of_list(list_key, since=month)
            is_validated = all(corrections.validate_again(one, agency) for one in months)
        state: Literal["done", "waits"] = "done" if is_validated else "waits"
        _note(list_key, month, number, Progress(state, before, *_counts(list_key, month)))
    except Refusal:
        _note(list_key, month, number, Progress("waits", before))
    except Exception as error:  # noqa: BLE001 - its message may quote a cell; the page says that it failed, the log says where
        logging.getLogger("palayesh.console").error("%s while validating again", type(error).__name__)
        _note(list_key, month, number, Progress("failed", before))


def _note(list_key: str, month: str, number: str, found: Progress) -> None:
    key = _key(list_key, month)
    with _LOCK:
        newest = _PROGRESS.get(key)
        # A newer decision's validation speaks for the list.
        if newest is not None and newest[0] != number and found.state != "running":
            return
        _PROGRESS[key] = (number, found)
        _PROGRESS.move_to_end(key)
        while len(_PROGRESS) > MOST_KEPT:
            _PROGRESS.popitem(last=False)


def _key(list_key: str, month: str) -> tuple[str, str, str]:
    return (settings.current().registry_url, list_key, month)


def _files(list_key: str, month: str) -> list[Submission]:
    agency = list_key.partition("/")[0]
    found = installation.registry().submissions(month, agency=agency, states=["validated"])
    return [one for one in found if one.list_key == list_key]


def _counts(list_key: str, month: str) -> tuple[int, int]:
    found = _files(list_key, month)
    return sum(one.accepted_count for one in found), sum(one.set_aside_count for one in found)
