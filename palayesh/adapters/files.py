"""Files that are either wholly there or not there at all, and a store that never changes what it holds."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:
    # libyaml reads ten times as fast, and says the same
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlLoader(_SafeLoader):
    """YAML where ``4e-06`` is a number, as JSON has it; YAML 1.1 makes text of it."""


_NUMBER_WITH_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$")
YamlLoader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER_WITH_EXPONENT, list("-+0123456789"))


def read_yaml(path: Path, loader: type[YamlLoader] = YamlLoader) -> Any:
    """What a YAML file of ours says. Raises YAMLError, OSError or UnicodeDecodeError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - only safe loaders are given


def private_folder(path: Path) -> Path:
    """The folder exists and only its owner may enter it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """``path`` holds exactly ``content``, even if the machine stops half-way.

    Written beside the final name, flushed to disk, renamed, and the folder flushed: a plain write can leave half.
    """
    private_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as out:
            os.fchmod(out.fileno(), mode)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    total = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(1 << 20):
            total.update(piece)
    return total.hexdigest()


class BlobStore:
    """Bytes by their SHA-256. What is in the store is never written again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def keep(self, source: Path) -> tuple[str, int]:
        """The file's bytes are in the store; returns its SHA-256 and size in bytes."""
        sha256 = sha256_of(source)
        target = self.path(sha256)
        if not target.exists():
            content = source.read_bytes()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise RuntimeError("the file changed while it was being read; receive it again")
            write_whole(target, content, mode=0o400)
        return sha256, target.stat().st_size
