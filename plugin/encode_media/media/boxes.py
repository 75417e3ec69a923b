"""The top-level boxes of QuickTime and MP4 files."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

_HEADER = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_MOST_BOXES = 10_000
"""Fragmented files have two for each fragment; a hostile one could have millions of empty ones."""


def has_faststart(path: str) -> bool | None:
    """Whether a player can start before it has the whole file: `moov` before `mdat`. None: not such a file."""
    for kind in top_level_boxes(path):
        if kind == b"moov":
            return True
        if kind == b"mdat":
            return False
    return None


def top_level_boxes(path: str) -> Iterator[bytes]:
    """Box types in order, as far as they make sense."""
    end = os.path.getsize(path)
    with open(path, "rb") as file:
        position = 0
        for _ in range(_MOST_BOXES):
            file.seek(position)
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return
            size, kind = _HEADER.unpack(header)
            if size == 1:
                large = file.read(_LARGE.size)
                size = _LARGE.unpack(large)[0] if len(large) == _LARGE.size else 0
            yield kind
            position += size
            if size < _HEADER.size or position >= end:
                return
