"""A job of stills alone needs few frames of its source: only those are read, or nearly so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from encode_media.media.pattern import FramePattern
from encode_media.model.media import Media, SourceKind, VideoStream
from encode_media.model.plan import FrameLink
from encode_media.model.preset import OutputSpec
from encode_media.planning.graph import Chain, Filter, pick_frames, step
from encode_media.planning.outputs.draft import Work
from encode_media.planning.outputs.images import frames_needed
from encode_media.planning.reading import LINK_FOLDER, Reading

_WORTH_SEEKING = 24
"""Frames; decoding those costs less than finding a place in the file."""
_SEEKABLE = frozenset({"mov", "matroska"})
"""Containers whose index leads to the very frame. Others are read from the beginning."""


def narrowed(work: Work, specs: Sequence[OutputSpec]) -> Work:
    """The same work, reading no more than it must; unchanged where movies or sequences are made."""
    frames = frames_needed(work, specs)
    if not frames or work.reading.frames is None:
        return work
    reading = _narrowed(work.media, work.video, work.reading, frames)
    return replace(work, reading=reading, steps=(*reading.steps, *work.steps[len(work.reading.steps) :]))


def _narrowed(media: Media, video: VideoStream, reading: Reading, frames: tuple[int, ...]) -> Reading:
    """Only a source whose frames are numbered straight on: changed rates and filled fields need neighbours."""
    all_of_it = pick_frames(0, reading.frames or 1, reading.rate)
    if media.kind is SourceKind.SEQUENCE and reading.steps == (all_of_it,):
        return _some_files(media, reading, frames)
    numbered = (step("settb", 1 / reading.rate), step("setpts", "N"))
    if media.kind is SourceKind.MOVIE and reading.steps == (*numbered, all_of_it) and can_seek(media, video):
        return _from_first(reading, numbered, frames)
    return reading


def _some_files(media: Media, reading: Reading, frames: tuple[int, ...]) -> Reading:
    """A list of these files only; a single one needs no list."""
    steps = (pick_frames(0, len(frames), reading.rate), _at_their_times(frames))
    if not reading.links and len(frames) == 1:
        number = str(_first_number(reading) + frames[0])
        return _changed(reading, frames, steps, {"start_number": number})
    names = [link.source for link in reading.links] or _files(media, reading)
    extension = PurePath(media.source.path).suffix
    links = tuple(
        FrameLink(name=f"{LINK_FOLDER}/{place:06d}{extension}", source=names[frame])
        for place, frame in enumerate(frames, 1)
    )
    some = _changed(reading, frames, steps, {"start_number": "1"})
    return replace(
        some,
        input=replace(some.input, path=f"{LINK_FOLDER}/%06d{extension}"),
        links=links,
        black_frame=reading.black_frame if any(link.source is None for link in links) else (),
    )


def _at_their_times(frames: Sequence[int]) -> Filter:
    """Each frame at the time it has in the whole source; the time base is one frame."""
    moved = "+".join(f"{frame - place}*eq(PTS,{place})" for place, frame in enumerate(frames) if frame != place)
    return step("setpts", f"PTS+{moved}" if moved else "PTS")


def _first_number(reading: Reading) -> int:
    return int(reading.input.options["start_number"] or 0)


def _files(media: Media, reading: Reading) -> list[str | None]:
    pattern, first = FramePattern.from_printf(media.source.path), _first_number(reading)
    return [pattern.path(first + index) for index in range(reading.frames or 1)]


def can_seek(media: Media, video: VideoStream) -> bool:
    """Whether the frame at a time is found without reading all before it."""
    return media.container in _SEEKABLE and video.start_s == 0


def _from_first(reading: Reading, numbered: Chain, frames: tuple[int, ...]) -> Reading:
    """The decoder begins at the key frame before the first wanted frame; everything up to that is dropped."""
    first, last = frames[0], frames[-1]
    if first < _WORTH_SEEKING:
        return reading
    # Half a frame early: the times of the file may be rounded to either side. By the file's own clock, since
    # `-ss` alone counts from the earliest stream, which can be the sound.
    begin_s = float((first - 0.5) / reading.rate)
    return _changed(
        reading,
        range(first, last + 1),
        (*numbered[:1], step("setpts", f"N+{first}"), pick_frames(0, last + 1, reading.rate)),
        {"ss": f"{begin_s:.6f}", "seek_timestamp": "1"},
    )


def _changed(reading: Reading, kept: Sequence[int], steps: Chain, options: Mapping[str, str | None]) -> Reading:
    # Without sound there are no times to keep.
    own = {name: value for name, value in reading.input.options.items() if name != "copyts"}
    source = replace(reading.input, options={**own, **options})
    note = f"{len(kept)} of {reading.frames} frames are read"
    return replace(reading, input=source, steps=steps, kept=kept, notes=(*reading.notes, note))
