"""The time code of an output's first frame."""

from __future__ import annotations

import re
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import Preset, TimingSpec
from encode_media.planning.reading import Reading
from encode_media.planning.span import MOVIE_FIRST_FRAME
from encode_media.timebase import Timecode, describe_rate, nominal_rate

HIGHEST_RATE = 60
"""SMPTE labels are defined up to here."""

_LABEL = re.compile(r"^(\d{2}:\d{2}:\d{2})([:;.])(\d+)$")


def start_timecode(media: Media, reading: Reading, timing: TimingSpec) -> Timecode | None:
    """What the preset says; else the source's own, at the first frame that is used; None where there is none.

    Raises:
        InvalidParameters: a time code that does not exist at the output's rate.
    """
    if timing.timecode == "none" or nominal_rate(reading.rate) > HIGHEST_RATE:
        return None
    if timing.timecode != "source":
        return _given(timing.timecode, reading.rate)
    if media.kind is SourceKind.SEQUENCE:
        first = reading.first_frame
        return Timecode(frame=first, rate=reading.rate) if first >= 0 else None
    return _of_movie(media, reading)


def clock_of(media: Media, reading: Reading, preset: Preset) -> Fraction | None:
    """Seconds from midnight to the first picture, as a clock on the wall counts; None where it is of no use.

    The time code that is asked for, else the one the source carries, be it in the headers of images.

    Raises:
        InvalidParameters: a time code that does not exist at this rate.
    """
    if not any(spec.audio and spec.audio.align == "timecode" for spec in preset.outputs):
        return None
    timing, video, first = preset.timing, media.video, MOVIE_FIRST_FRAME
    if timing.timecode not in ("source", "none"):
        return seconds_of(_given(timing.timecode, reading.rate))
    if not media.timecode or video is None:
        return None
    if media.kind is SourceKind.SEQUENCE and media.span is not None:
        first = media.span.first
    try:
        own = Timecode.parse(media.timecode, video.frame_rate)
    except ValueError:
        return None
    return (own.frame + reading.first_frame - first) / own.rate


def seconds_of(timecode: Timecode | None) -> Fraction | None:
    """From midnight by a clock on the wall: an hour of 23.976 time code lasts 3603.6 seconds."""
    return None if timecode is None else timecode.frame / timecode.rate


def _given(text: str, rate: Fraction) -> Timecode | None:
    try:
        return Timecode.parse(text, rate) if ":" in text else Timecode(frame=int(text), rate=rate)
    except ValueError as error:
        allowed = f"a time code at {describe_rate(rate)} frames a second, or a frame number"
        raise failure("options.invalid", option="timecode", problem=str(error), allowed=allowed) from error


def _of_movie(media: Media, reading: Reading) -> Timecode | None:
    video = media.video
    if not media.timecode or video is None:
        return None
    try:
        own = Timecode.parse(media.timecode, video.frame_rate)
    except ValueError:
        # A label that does not exist at this rate would be written as it is, and read as something else.
        return None
    skipped = reading.first_frame - MOVIE_FIRST_FRAME
    first = Timecode(frame=own.frame + skipped, rate=own.rate, drop_frame=own.drop_frame)
    return first if reading.rate == video.frame_rate else at_rate(first, reading.rate)


def at_rate(timecode: Timecode, rate: Fraction) -> Timecode:
    """The label of the same second, and the frame nearest before at the new rate; drop-frame where it can be."""
    match = _LABEL.match(str(timecode))
    if match is None:
        return Timecode(frame=timecode.frame, rate=rate)
    clock, _, digits = match.groups()
    frame = int(digits) * nominal_rate(rate) // nominal_rate(timecode.rate)
    for mark in (";", ":") if timecode.drop_frame else (":",):
        # Labels that drop-frame leaves out are at most four; the next one that is there follows them.
        for shift in range(5):
            try:
                return Timecode.parse(f"{clock}{mark}{frame + shift:02d}", rate)
            except ValueError:
                continue
    return Timecode(frame=timecode.frame, rate=rate)
