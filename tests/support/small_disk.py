"""A disk of its own in memory that can be made full, where the tests may mount one (root on Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOMY = "2g"
"""Only an upper limit: it takes the memory of the files in it."""
_ROOM_LEFT = 64 * 1024
"""On a full disk: enough to make folders, not for an encode."""


class SmallDisk:
    """Mounted on `folder` until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def mounted(cls, folder: Path) -> SmallDisk | None:
        """None where mounting is not allowed."""
        if sys.platform != "linux" or os.geteuid() != 0:
            return None
        folder.mkdir(parents=True)
        return cls(folder) if _run("mount", "-t", "tmpfs", "-o", f"size={_ROOMY}", "tmpfs", str(folder)) else None

    def fill(self) -> None:
        """Leaves room for next to nothing."""
        state = os.statvfs(self._folder)
        used = (state.f_blocks - state.f_bfree) * state.f_frsize
        self._resize(str(used + _ROOM_LEFT))

    def empty(self) -> None:
        self._resize(_ROOMY)

    def close(self) -> None:
        _run("umount", "-l", str(self._folder))

    def _resize(self, size: str) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self._folder))


def _run(*words: str) -> bool:
    return subprocess.run(words, check=False, capture_output=True, timeout=30).returncode == 0
