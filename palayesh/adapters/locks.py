"""Locks that exclude each other across threads, processes and, on PostgreSQL, machines; they die with their process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from palayesh.adapters.files import private_folder
from palayesh.findings import Refusal


class Locks:
    """The locks of one database: files in a folder beside SQLite, advisory locks in PostgreSQL."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._guard = threading.Lock()
        self._thread_locks: dict[str, threading.Lock] = {}

    @contextmanager
    def month_lock(self, month: str) -> Iterator[None]:
        """Nobody else runs ``month`` while this holds. Raises Refusal ``already_running`` at once if somebody does."""
        with self.lock(f"month-{month}"):
            yield

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Nobody else holds the lock of that name; it dies with its process. Raises Refusal ``already_running``."""
        with self._file_or_database_lock(name, wait=False):
            yield

    @contextmanager
    def decision_lock(self, list_key: str) -> Iterator[None]:
        """Nobody else decides on records of the list while this holds; waits for whoever does."""
        name = f"decisions-{list_key.replace('/', '.')}"
        with self._guard:
            own = self._thread_locks.setdefault(name, threading.Lock())
        # Threads wait for each other here: each that waited in PostgreSQL would hold one of the pool's connections.
        with own, self._file_or_database_lock(name, wait=True):
            yield

    @contextmanager
    def _file_or_database_lock(self, name: str, *, wait: bool) -> Iterator[None]:
        if self.engine.dialect.name == "postgresql":
            with self._advisory_lock(name, wait=wait):
                yield
            return
        private_folder(self.folder)
        handle = os.open(self.folder / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _already_running(name) from None
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _advisory_lock(self, name: str, *, wait: bool) -> Iterator[None]:
        number = lock_number(name)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if wait:
                connection.execute(text("select pg_advisory_lock(:n)"), {"n": number})
            elif not connection.execute(text("select pg_try_advisory_lock(:n)"), {"n": number}).scalar():
                raise _already_running(name)
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:n)"), {"n": number})


def lock_number(name: str) -> int:
    """The number by which PostgreSQL knows a lock of this name."""
    return int.from_bytes(hashlib.sha256(f"palayesh {name}".encode()).digest()[:8], "big", signed=True)


def _already_running(name: str) -> Refusal:
    return Refusal(
        "already_running",
        "این ماه هم‌اکنون در دست اجراست؛ تا پایان آن اجرا صبر کنید و دوباره اجرا کنید.",
        f"Another run holds {name}: wait until it has ended, then run again.",
    )
