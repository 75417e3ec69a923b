"""Which frames of the source are used: the cut, with or without its handles."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.errors import failure
from encode_media.model.media import Media, SourceKind
from encode_media.model.preset import TimingSpec
from encode_media.timebase import FrameSpan, Timecode, describe_rate

MOVIE_FIRST_FRAME = 1001
"""Number of a movie's first frame: the usual start of a shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A part of the source."""

    media: Media
    """Sequences: with the wanted span, and what is missing in it."""
    skipped: int = 0
    """Movies: frames left out before the first one."""
    frames: int | None = None
    """Movies: how many are used; None for all there are."""
    note: str = ""


def cut_source(media: Media, timing: TimingSpec) -> Cut:
    """The part of the source that is wanted; all of it unless the preset says more.

    Raises:
        InvalidParameters: the source has not got these frames.
    """
    if media.kind is SourceKind.STILL or not says_anything(timing):
        return Cut(media=media)
    whole = _whole(media)
    if whole is None:
        raise failure(
            "options.invalid", option="first", problem="the source's length is not known", allowed="nothing"
        )
    wanted = _wanted(media, whole, timing)
    note = f"frames {wanted.first}-{wanted.last} of {whole.first}-{whole.last}"
    if media.kind is SourceKind.SEQUENCE:
        missing = tuple(number for number in media.missing if number in wanted)
        return Cut(media=replace(media, span=wanted, missing=missing), note=note)
    return Cut(media=media, skipped=wanted.first - whole.first, frames=len(wanted), note=note)


def says_anything(timing: TimingSpec) -> bool:
    return timing.first is not None or timing.last is not None or (timing.handles > 0 and not timing.keep_handles)


def _whole(media: Media) -> FrameSpan | None:
    if media.kind is SourceKind.SEQUENCE:
        return media.span
    video = media.video
    frames = video.frames if video else None
    if video and video.duration_s is not None and (frames is None or video.variable_rate):
        frames = max(1, round(video.duration_s * video.frame_rate))
    return FrameSpan(first=MOVIE_FIRST_FRAME, last=MOVIE_FIRST_FRAME + frames - 1) if frames else None


def _wanted(media: Media, whole: FrameSpan, timing: TimingSpec) -> FrameSpan:
    """The cut, and the handles around it as far as they are wanted and there."""
    first = whole.first + timing.handles if timing.first is None else _number(media, "first", timing.first)
    last = whole.last - timing.handles if timing.last is None else _number(media, "last", timing.last)
    for option, number in (("first", first), ("last", last)):
        if number not in whole:
            raise _outside(option, f"there is no frame {number}", whole)
    if last < first:
        raise _outside("last", f"the last frame {last} is before the first, {first}", whole)
    if not timing.keep_handles:
        return FrameSpan(first=first, last=last)
    return FrameSpan(first=max(whole.first, first - timing.handles), last=min(whole.last, last + timing.handles))


def _outside(option: str, problem: str, whole: FrameSpan) -> Exception:
    return failure("options.invalid", option=option, problem=problem, allowed=f"{whole.first} to {whole.last}")


def _number(media: Media, option: str, text: str) -> int:
    """A frame number, or the frame at a time code on the source's own clock."""
    if ":" not in text:
        return int(text)
    video = media.video
    rate = video.frame_rate if video else None
    if rate is None:
        raise failure("options.invalid", option=option, problem="there is no picture", allowed="a frame number")
    try:
        wanted = Timecode.parse(text, rate).frame
        if media.kind is SourceKind.SEQUENCE:
            return wanted
        start = Timecode.parse(media.timecode, rate).frame if media.timecode else 0
    except ValueError as error:
        raise failure(
            "options.invalid", option=option, problem=str(error),
            allowed=f"a frame number, or a time code at {describe_rate(rate)} frames a second",
        ) from error  # fmt: skip
    return MOVIE_FIRST_FRAME + wanted - start
