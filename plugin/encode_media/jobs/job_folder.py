"""The folder a job works in: made, looked at, thrown away, and swept when its job died."""

from __future__ import annotations

import errno
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.model.plan import EncodePlan
from encode_media.settings import Settings

KEPT_S = 24 * 3600.0
"""How long the files of a wrong output stay for inspection (error catalogue: `output.wrong`)."""
QUIET_S = 3600.0
"""A folder nobody knows is swept after this long without a change: an encode that lives writes every few
seconds, and is ended by the stall limit long before."""
_KEPT = ".kept"
_JOB_ID = re.compile(r"[0-9a-f]{32}-[0-9]+")
_FRAME_NUMBER = re.compile(r"%0?\d*d")


def job_folder(settings: Settings, job_id: str) -> Path:
    return settings.work_folder / job_id


def fresh_run_folder(folder: Path, *, beside: str = "") -> Path:
    """An empty folder for one encode; of what else is in the job's folder, only what is called `beside` stays.

    Its name is new each time: whatever still writes into the one of a try that was given up can't touch it.
    """
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.name != beside:
            discard(other)
    made = folder / f"run-{secrets.token_hex(4)}"
    try:
        made.mkdir(parents=True)
    except OSError as error:
        raise storage_failure(error, folder) from error
    return made


def storage_failure(error: OSError, path: Path) -> EncodeMediaError:
    """What an error of the file system means for a job."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failure("disk.full", path=path)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return failure("output.not_permitted", path=path)
    return failure("storage.failed", problem=error.strerror or str(error))


def made_files(plan: EncodePlan, folder: Path) -> list[dict[str, Any]]:
    """How many files and bytes each planned output has."""
    made = []
    for output in plan.outputs:
        sizes = [path.stat().st_size for path in _files(folder, output.file)]
        made.append({"name": output.name, "files": len(sizes), "bytes": sum(sizes)})
    return made


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    relative = Path(pattern)
    if not _FRAME_NUMBER.search(relative.name):
        if (folder / relative).is_file():
            yield folder / relative
        return
    before, after = _FRAME_NUMBER.split(relative.name, maxsplit=1)
    wanted = re.compile(rf"{re.escape(before)}\d+{re.escape(after)}")
    parent = folder / relative.parent
    if parent.is_dir():
        yield from (path for path in parent.iterdir() if wanted.fullmatch(path.name))


def discard(folder: Path) -> None:
    """Removes a job's folder; what can't be removed now (open on Windows) is left for the sweep."""
    shutil.rmtree(folder, ignore_errors=True)


def keep(folder: Path) -> None:
    """Marks a folder to be kept for a day."""
    if folder.is_dir():
        (folder / _KEPT).touch()


def sweep_work_folder(settings: Settings, active_ids: Collection[str], *, now: float | None = None) -> int:
    """Removes the folders of jobs that are over; gives how many. Other files are none of its business."""
    if not settings.work_folder.is_dir():
        return 0
    moment = time.time() if now is None else now
    swept = 0
    for folder in settings.work_folder.iterdir():
        if _JOB_ID.fullmatch(folder.name) and folder.name not in active_ids and _is_over(folder, moment):
            discard(folder)
            swept += 1
    return swept


def _is_over(folder: Path, now: float) -> bool:
    marker = folder / _KEPT
    if marker.exists():
        return now - marker.stat().st_mtime > KEPT_S
    return now - _last_change(folder) > QUIET_S


def _last_change(folder: Path) -> float:
    times = [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        try:
            times.append(path.lstat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times)
