"""The product with a wall clock that can be put forward and back while it runs.

`python -m support.jumping_clock FILE WORD…` runs `encode-media WORD…`; FILE holds the seconds by which its
clock is wrong. Only the wall clock jumps, as on a machine whose time is set: the monotonic one goes on.
"""

from __future__ import annotations

import faulthandler
import runpy
import signal
import sys
import time
from pathlib import Path

STACKS = signal.SIGUSR1
"""Has the process write where each of its threads is, for whoever wonders why it does not end."""


class Clock:
    """Reads the file again whenever it was replaced."""

    def __init__(self, file: Path) -> None:
        self._file, self._seen, self._wrong_s = file, 0, 0.0
        self._right = time.time

    def __call__(self) -> float:
        try:
            seen = self._file.stat().st_ino
            if seen != self._seen:
                self._seen, self._wrong_s = seen, float(self._file.read_text())
        except FileNotFoundError:
            self._wrong_s = 0.0
        return self._right() + self._wrong_s


def set_wrong(file: Path, seconds: float) -> None:
    """Puts the clock of the processes that read this file forward or back."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds))
    fresh.replace(file)


def main(file: str, *words: str) -> None:
    faulthandler.register(STACKS)
    time.time = Clock(Path(file))  # type: ignore[assignment]
    sys.argv = ["encode-media", *words]
    runpy.run_module("encode_media", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
