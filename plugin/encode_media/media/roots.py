"""Whether a source lies where sources are allowed to lie, wherever its names and links seem to point."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from encode_media.errors import failure
from encode_media.media.pattern import FramePattern
from encode_media.model.media import SourceRef


def require_inside(source: SourceRef, roots: Sequence[Path]) -> None:
    """Links followed and `..` resolved, the source and each of its frames must lie below one of the roots.

    Raises:
        SourceMissing: `source.outside_roots`, with the name that leads out.
    """
    allowed = [os.path.realpath(root) for root in roots]
    for path in _places(source):
        real = os.path.realpath(path)
        if not any(_is_below(real, root) for root in allowed):
            raise failure("source.outside_roots", path=path)


def _places(source: SourceRef) -> Iterator[str]:
    if not source.is_sequence:
        yield source.path
        return
    pattern = FramePattern.from_printf(source.path)
    yield pattern.folder
    if not os.path.isdir(pattern.folder):
        return
    with os.scandir(pattern.folder) as entries:
        # Only a link leads elsewhere; asking that of an entry costs nothing, resolving each would.
        yield from (
            entry.path for entry in entries if entry.is_symlink() and pattern.number_of(entry.name) is not None
        )


def _is_below(path: str, root: str) -> bool:
    return Path(path).is_relative_to(root)
