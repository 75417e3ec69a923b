"""Whether the files of a source still change: renders and copies are often announced before they are whole."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from encode_media.ftrack.entities import ComponentInfo
from encode_media.model.media import SourceRef

_COUNTER = re.compile(r"%0?\d*d")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How the files of a source were found at one moment."""

    fingerprint: str
    """Of names, sizes and times."""
    files: int
    newest: float
    """When the last of them changed, by the clock of the storage."""
    unfinished: str = ""
    """In words, what is less than the component says; empty if nothing is."""


def file_state(source: SourceRef, component: ComponentInfo) -> FileState:
    """Looks at the files of a source, those of a sequence in one reading of their folder."""
    found = sorted(_frames(Path(source.path)) if source.is_sequence else _single(Path(source.path)))
    marks = hashlib.sha256()
    for name, size, changed in found:
        marks.update(f"{name}\0{size}\0{changed}\n".encode("utf-8", "surrogateescape"))
    sizes = {name: size for name, size, _changed in found}
    return FileState(
        fingerprint=marks.hexdigest(),
        files=len(found),
        newest=max((changed for _, _, changed in found), default=0) / 1e9,
        unfinished=_unfinished(source, component, sizes),
    )


def _unfinished(source: SourceRef, component: ComponentInfo, sizes: dict[str, int]) -> str:
    if not source.is_sequence:
        there = sum(sizes.values())
        short = there < component.size_bytes
        return f"{there} of {component.size_bytes} bytes are there" if short else ""
    name = Path(source.path).name
    missing = sum(_frame_name(name, frame) not in sizes for frame in component.frames)
    empty = sum(size == 0 for size in sizes.values())
    if missing:
        return f"{missing} of {len(component.frames)} frames aren't there"
    return f"{empty} frames are empty" if empty else ""


def _frame_name(pattern: str, frame: int) -> str:
    return _COUNTER.sub(lambda match: match[0] % frame, pattern, count=1)


def _frames(pattern: Path) -> Iterator[tuple[str, int, int]]:
    head, _, tail = _COUNTER.sub("\0", pattern.name, count=1).partition("\0")
    with os.scandir(pattern.parent) as entries:
        for entry in entries:
            middle = entry.name.removeprefix(head).removesuffix(tail)
            if entry.name == f"{head}{middle}{tail}" and middle.removeprefix("-").isdecimal():
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    # Renamed or removed since the folder was read: it changes, and the next look sees how.
                    continue
                yield entry.name, status.st_size, status.st_mtime_ns


def _single(path: Path) -> Iterator[tuple[str, int, int]]:
    status = path.stat()
    if not path.is_dir():
        yield path.name, status.st_size, status.st_mtime_ns
        return
    for file in path.rglob("*"):
        inner = file.stat()
        yield file.relative_to(path).as_posix(), inner.st_size, inner.st_mtime_ns


@dataclass(frozen=True, slots=True)
class _Seen:
    fingerprint: str
    since: float


class Settling:
    """What the files of waiting versions looked like before. Not safe for threads: the watcher locks it."""

    def __init__(self, settle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle_s = settle_s
        self._clock = clock
        self._seen: dict[tuple[str, str], _Seen] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def look(self, version_id: str, component_id: str, state: FileState) -> tuple[bool, bool]:
        """Whether the files were found alike for long enough, and whether they changed since the last look."""
        key, now = (version_id, component_id), self._clock()
        before = self._seen.get(key)
        if before is None or before.fingerprint != state.fingerprint:
            self._seen[key] = _Seen(state.fingerprint, now)
            return self._settle_s == 0, before is not None
        return now - before.since >= self._settle_s, False

    def forget(self, version_id: str) -> None:
        for key in [key for key in self._seen if key[0] == version_id]:
            del self._seen[key]
