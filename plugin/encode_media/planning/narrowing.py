"""A job of stills and previews alone needs few frames of its source: only those are read, or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter
from pathlib import PurePath

from encode_media.media.pattern import FramePattern
from encode_media.model.media import Media, SourceKind, VideoStream
from encode_media.model.plan import FrameLink
from encode_media.model.preset import OutputSpec, Preset, TimingSpec
from encode_media.planning.graph import Chain, Excerpt, Filter, pick_frames, step
from encode_media.planning.outputs.draft import Work
from encode_media.planning.outputs.images import frames_needed
from encode_media.planning.reading import LINK_FOLDER, Reading, with_layer
from encode_media.planning.retiming import read_part
from encode_media.planning.seeking import near_each_other


def narrowed(work: Work, specs: Sequence[OutputSpec]) -> Work:
    """The same work, reading no more than it must; unchanged where movies or sequences are made."""
    frames = frames_needed(work, specs)
    if not frames or work.reading.frames is None:
        return work
    reading = _narrowed(work.media, work.video, work.preset, work.reading, frames)
    return replace(work, reading=reading, steps=(*reading.steps, *work.steps[len(work.reading.steps) :]))


def _narrowed(
    media: Media, video: VideoStream, preset: Preset, reading: Reading, frames: tuple[int, ...]
) -> Reading:
    """Only a source whose frames are numbered straight on: changed rates and filled fields need neighbours."""
    all_of_it = pick_frames(0, reading.frames or 1, reading.rate)
    if media.kind is SourceKind.SEQUENCE and reading.steps == (all_of_it,):
        return _some_files(media, reading, frames)
    if media.kind is SourceKind.MOVIE and _keeps_frames(preset.timing):
        return _from_first(media, video, preset, reading, frames)
    return reading


def _keeps_frames(timing: TimingSpec) -> bool:
    return timing.convert is None and timing.conform is None


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
    moved = "+".join(
        f"{shift}*{f'eq(PTS,{first})' if first == last else f'between(PTS,{first},{last})'}"
        for shift, first, last in _runs(frames)
        if shift
    )
    return step("setpts", f"PTS+{moved}" if moved else "PTS")


def _runs(frames: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Frames that follow each other: by how much they are moved, and the first and last of their places here."""
    shifts = [(frame - place, place) for place, frame in enumerate(frames)]
    for shift, run in groupby(shifts, key=itemgetter(0)):
        places = [place for _, place in run]
        yield shift, places[0], places[-1]


def _first_number(reading: Reading) -> int:
    return int(reading.input.options["start_number"] or 0)


def _files(media: Media, reading: Reading) -> list[str | None]:
    pattern, first = FramePattern.from_printf(media.source.path), _first_number(reading)
    return [pattern.path(first + index) for index in range(reading.frames or 1)]


def _from_first(
    media: Media, video: VideoStream, preset: Preset, reading: Reading, frames: tuple[int, ...]
) -> Reading:
    """From a place shortly before the first of these frames up to the last of them, or in several such parts."""
    parts = near_each_other(media, video, frames)
    if len(parts) > 1:
        return _in_excerpts(media, video, preset, reading, parts)
    first, last = frames[0], frames[-1]
    late = with_layer(read_part(media, video, preset, first=first), media, preset.colour.layer)
    if late.input == reading.input:
        return reading
    kept = range(first, last + 1)
    return replace(
        late,
        steps=(*late.steps, pick_frames(0, last + 1, reading.rate)),
        kept=kept,
        notes=(*reading.notes, f"{len(kept)} of {reading.frames} frames are read"),
    )


def _in_excerpts(
    media: Media, video: VideoStream, preset: Preset, reading: Reading, parts: Sequence[range]
) -> Reading:
    """Each part from shortly before its first frame; frames keep the times they have in the whole source."""
    excerpts = []
    for part in parts:
        late = read_part(media, video, preset, first=part.start)
        # Pictures may change their form on the way. The graph must not be built anew then, while some parts have
        # ended and others wait: it would forget what it had, and ffmpeg 9 stands still.
        own: dict[str, str | None] = {"reinit_filter": "0"}
        if len(part) == 1:
            # A decoder with many threads holds as many more pictures, which is no gain for so few.
            own["threads"] = "1"
        picked = pick_frames(part.start, len(part), reading.rate)
        excerpts.append(Excerpt(options={**late.input.options, **own}, steps=(*late.steps, picked)))
    kept = tuple(chain.from_iterable(parts))
    return replace(
        reading,
        input=replace(reading.input, excerpts=tuple(excerpts)),
        steps=(step("settb", 1 / reading.rate), step("setpts", "N"), _at_their_times(kept)),
        kept=kept,
        notes=(*reading.notes, f"{len(kept)} of {reading.frames} frames are read, from {len(parts)} places"),
    )


def _changed(reading: Reading, kept: Sequence[int], steps: Chain, options: Mapping[str, str | None]) -> Reading:
    source = replace(reading.input, options={**reading.input.options, **options})
    note = f"{len(kept)} of {reading.frames} frames are read"
    return replace(reading, input=source, steps=steps, kept=kept, notes=(*reading.notes, note))
