"""How far a long job is, for whoever watches: the command line installs a listener, a scheduled run has none."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, int, int], None]
_listeners: list[Listener] = []


def watch(listener: Listener) -> Callable[[], None]:
    """``listener(step, done, total)`` is told of progress until the returned function is called."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def report(step: str, done: int, total: int) -> None:
    """``done`` of ``total`` parts of ``step`` are done."""
    for listener in list(_listeners):
        listener(step, done, total)
