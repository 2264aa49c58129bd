"""The registry, the store of received files and the declarations of this installation."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from palayesh.adapters import declarations, rules, settings
from palayesh.adapters.files import BlobStore, private_folder
from palayesh.adapters.registry import Registry
from palayesh.declaration import Agency, Title
from palayesh.vocabulary import Vocabulary

CODE_VERSION = version("palayesh")


def registry() -> Registry:
    """The registry that the settings name; one per process and address."""
    now = settings.current()
    return _registry(now.registry_url, now.var.resolve())


@lru_cache(maxsize=4)
def _registry(url: str, var: Path) -> Registry:
    private_folder(var)
    return Registry.open(url, locks=var / "locks")


def blobs() -> BlobStore:
    """The store of received files."""
    return BlobStore(settings.current().var.resolve() / "blobs")


def reports_folder(month: str, revision: int) -> Path:
    """Where a revision's reports are."""
    return settings.current().var.resolve() / "reports" / month / f"r{revision}"


def agencies() -> dict[str, Agency]:
    """Every agency declared under ``expectations/agencies``."""
    return _agencies(settings.current().expectations.resolve(), rules_digest())


@lru_cache(maxsize=4)
def _agencies(expectations: Path, _digest: str) -> dict[str, Agency]:
    return declarations.load_agencies(expectations / "agencies")


def programme_titles() -> dict[str, Title]:
    """What each programme under ``expectations/programmes`` is called."""
    return {name: programme.title for name, programme in rules.load_programmes(settings.current().expectations).items()}


def validation_folder(month: str) -> Path:
    """Where the validation pages of a month's submissions are."""
    return settings.current().var.resolve() / "validation" / month


def vocabularies() -> dict[str, Vocabulary]:
    """Every vocabulary under ``expectations/vocabularies``."""
    return _vocabularies(settings.current().expectations.resolve(), rules_digest())


@lru_cache(maxsize=4)
def _vocabularies(expectations: Path, _digest: str) -> dict[str, Vocabulary]:
    return declarations.load_vocabularies(expectations / "vocabularies")


def rules_digest() -> str:
    """SHA-256 over every file of ``expectations`` that can change a month: the version of the rules."""
    root = settings.current().expectations.resolve()
    # How review is secured (``review``) changes no figure of any month, nor do samples.
    return _digest_of(root, tuple(sorted(_rule_files(str(root), but={"sample", "review"}))))


def _rule_files(folder: str, *, but: Collection[str] = ("sample",)) -> Iterator[tuple[str, int, int, int]]:
    # A page asks several times; so the files are read again only when one of them was changed.
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name not in but:
                yield from _rule_files(entry.path)
        elif entry.name.endswith((".yml", ".yaml")):
            state = entry.stat()
            yield entry.path, state.st_mtime_ns, state.st_size, state.st_ino


@lru_cache(maxsize=4)
def _digest_of(root: Path, files: tuple[tuple[str, int, int, int], ...]) -> str:
    total = hashlib.sha256()
    for path in sorted(Path(name) for name, *_ in files):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
