"""Frames at another rate: converted (the duration stays) or conformed (the frames stay); the cut of a movie."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from encode_media.model.media import Media, SourceKind, VideoStream
from encode_media.model.preset import Preset, TimingSpec
from encode_media.planning.graph import pick_frames, step
from encode_media.planning.reading import Reading, read_source
from encode_media.planning.span import Cut, cut_source
from encode_media.timebase import describe_rate


def read_part(media: Media, video: VideoStream, preset: Preset, *, first: int = 0) -> Reading:
    """The source as the preset wants it read: the cut of it, at the wanted rate.

    Args:
        media: the source.
        video: its picture.
        preset: says which part.
        first: movies at their own rate: the first frame of the part that is used.

    Raises:
        InvalidParameters: the source has not got these frames.
        SourceMissing: frames are missing and the preset does not allow it.
    """
    cut = cut_source(media, preset.timing)
    reading = read_source(cut.media, video, preset, first=cut.skipped + first)
    if media.kind is SourceKind.STILL:
        return reading
    return _retimed(_with_cut(reading, cut), preset.timing)


def _with_cut(reading: Reading, cut: Cut) -> Reading:
    notes = (*reading.notes, cut.note) if cut.note else reading.notes
    if cut.frames is None:
        return replace(reading, notes=notes)
    steps = (*reading.steps, pick_frames(cut.skipped, cut.frames, reading.rate))
    if cut.skipped:
        # Not to the first one that comes: where only a late part is read, frames keep their places in the cut.
        steps += (step("setpts", f"PTS-{cut.skipped}"),)
    return replace(
        reading,
        steps=steps,
        frames=cut.frames,
        first_frame=reading.first_frame + cut.skipped,
        sound=replace(
            reading.sound, start_s=reading.sound.start_s + cut.skipped * reading.sound.speed / reading.rate
        ),
        notes=notes,
    )


def _retimed(reading: Reading, timing: TimingSpec) -> Reading:
    if timing.conform is not None and timing.conform != reading.rate:
        return _conformed(reading, timing.conform)
    if timing.convert is not None and timing.convert != reading.rate:
        return _converted(reading, timing.convert)
    return reading


def _conformed(reading: Reading, rate: Fraction) -> Reading:
    speed = rate / reading.rate
    note = (
        f"conformed from {describe_rate(reading.rate)} to {describe_rate(rate)} frames a second: "
        f"every frame kept, {abs(float(speed) - 1):.2%} {'faster' if speed > 1 else 'slower'}"
    )
    steps = (*reading.steps, step("settb", 1 / rate), step("setpts", "N"), step("fps", fps=rate))
    if reading.frames is not None:
        # The last frame still lasts as long as it did at the old rate.
        steps += (pick_frames(0, reading.frames, rate),)
    return replace(
        reading,
        steps=steps,
        rate=rate,
        sound=replace(reading.sound, speed=reading.sound.speed * speed),
        notes=(*reading.notes, note),
    )


def _converted(reading: Reading, rate: Fraction) -> Reading:
    steps = (*reading.steps, step("fps", fps=rate))
    frames = None if reading.frames is None else max(1, round(reading.frames * rate / reading.rate))
    if frames is not None:
        # The end is rounded by the filter: as many copies of the last frame as that can need, then exactly enough.
        spare = math.ceil(rate / reading.rate) + 1
        steps += (step("tpad", stop=spare, stop_mode="clone"), pick_frames(0, frames, rate))
    note = (
        f"converted from {describe_rate(reading.rate)} to {describe_rate(rate)} frames a second: "
        f"the duration is kept, frames are {'repeated' if rate > reading.rate else 'dropped'}"
    )
    return replace(reading, steps=steps, frames=frames, rate=rate, notes=(*reading.notes, note))
