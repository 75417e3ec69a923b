"""The index of a QuickTime or MP4 file: when every frame is shown, and where the key frames are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.media.key_frames import LOOKED_AT, KeyFrames
from encode_media.model.media import Groups

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MOST_LOOKED_AT = 4096
"""Key frames whose headers are read: on slow storage each may cost a millisecond."""


@dataclass(frozen=True, slots=True)
class FrameIndex:
    stamps: Sequence[int]
    keys: KeyFrames
    hidden: int
    """Frames an edit list leaves out."""
    is_exact: bool
    """False where the packets have to be asked. The index has times of decoding: with B-frames these are not
    those of showing where the rate varies, and other frames are hidden where some are between the shown ones."""


def read_index(container: InputContainer, stream: VideoStream, path: str) -> FrameIndex | None:
    """Complete unless the file is fragmented; None for other files.

    Raises:
        UnsupportedFormat: the file ends before the last frame it lists.
    """
    if not container.format.name.startswith("mov") or not stream.frames:
        return None
    entries = list(stream.index_entries)
    shown = [entry for entry in entries if not entry.is_discard]
    size = os.path.getsize(path)
    whole = sum(1 for entry in shown if entry.pos + entry.size <= size)
    if whole < len(shown):
        raise failure("source.corrupt", path=path, problem=f"it ends after {whole} of {len(shown)} frames")
    if not shown:
        return None
    return FrameIndex(
        stamps=[entry.timestamp for entry in shown],
        keys=_keys(stream, shown, path),
        hidden=len(entries) - len(shown),
        is_exact=_is_one_run(entries) and (not stream.codec_context.has_b_frames or _is_regular(shown)),
    )


def _is_one_run(entries: Sequence[Any]) -> bool:
    places = [place for place, entry in enumerate(entries) if not entry.is_discard]
    return places[-1] - places[0] + 1 == len(places)


def _is_regular(entries: Sequence[Any]) -> bool:
    """Whether the steps differ by rounding alone."""
    steps = [later.timestamp - earlier.timestamp for earlier, later in pairwise(entries)]
    return not steps or max(steps) - min(steps) <= 1


def _keys(stream: VideoStream, entries: Sequence[Any], path: str) -> KeyFrames:
    context = stream.codec_context
    keys = KeyFrames(context.codec.canonical_name, context.extradata or b"")
    places = [place for place, entry in enumerate(entries) if entry.is_keyframe]
    step = -(-len(places) // _MOST_LOOKED_AT) or 1
    if not keys.has_groups:
        keys.places = places
        return keys
    with open(path, "rb") as file:
        for place in places[::step]:
            file.seek(entries[place].pos)
            keys.note(place, file.read(min(entries[place].size, LOOKED_AT)))
    keys.places = places
    if step > 1 and keys.groups is Groups.CLOSED:
        keys.groups = Groups.OPEN  # not proved of all
    return keys
