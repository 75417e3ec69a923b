"""The time code of an output's first frame."""

from __future__ import annotations

import re
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import TimingSpec
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
