"""Private folders on disk for records that do not fit into memory: none outlives the work of its process for long.

A process that is killed cannot delete its folder. So each folder is locked by its process, and the lock dies with it, however it ends: a
folder that nobody locks was left behind, and the next linking deletes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "palayesh-records-"
_NOT_LOCKED_YET = "palayesh-new-"


class Workspace:
    """A folder that only this user can read, locked until it is closed; closing deletes it."""

    def __init__(self) -> None:
        made = Path(tempfile.mkdtemp(prefix=_NOT_LOCKED_YET))
        self._lock = os.open(made, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Under this name others look for what was left behind: it must be locked before.
        self.folder = made.rename(made.with_name(_PREFIX + made.name.removeprefix(_NOT_LOCKED_YET)))

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def delete_left_behind() -> None:
    """No folder of this user is left whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # another user's, or just deleted
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # its process lives
            continue
        finally:
            os.close(lock)
