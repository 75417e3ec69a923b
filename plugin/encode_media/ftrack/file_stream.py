"""A file, or a stretch of one, as the body of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

CHUNK = 1024 * 1024
PIECE = CHUNK // 8
"""Sent at a time, and then told: over a slow line, too, a cancelled job is to notice within seconds."""


class FileStream:
    """A body for `requests`: with a length, in large pieces, telling how far in the file it is.

    Deliberately without `read`: given one, the HTTP library would send pieces of 16 KiB.
    """

    def __init__(self, path: Path, size: int, on_bytes: Callable[[int], None], *, start: int = 0) -> None:
        self._path, self._size, self._start, self._on_bytes = path, size, start, on_bytes

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        with self._path.open("rb") as file:
            file.seek(self._start)
            while chunk := file.read(min(PIECE, self._size - sent)):
                yield chunk
                sent += len(chunk)
                self._on_bytes(self._start + sent)
