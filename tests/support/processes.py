"""Looking at the processes of this machine, and waiting for things to become true."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")


def wait_until(condition: Callable[[], object], *, timeout_s: float, what: str, every_s: float = 0.02) -> None:
    """Returns as soon as the condition holds; fails with `what` when it does not within the time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(every_s)


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    try:
        state = (
            (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        )
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def working_in(folder: Path) -> tuple[int, ...]:
    """The processes whose working directory is this folder."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder and alive(int(entry.name)):
                found.append(int(entry.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return tuple(found)


def peak_memory_bytes(pid: int) -> int:
    """The most memory the process has ever used."""
    for line in (PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no memory figure of process {pid}")
