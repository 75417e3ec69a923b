"""What goes together in sizes, rate control and timing, and how far their numbers go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from encode_media.model.geometry import parse_ratio
from encode_media.model.preset import OutputKind, OutputSpec, SizeSpec, TimingSpec, VideoSpec
from encode_media.presets.codecs import codec_of
from encode_media.presets.text_forms import TEXT_FORMS
from encode_media.timebase import MAX_RATE

Problem = tuple[str, str, tuple[str, ...]]
"""Key path below the place, what is wrong, what is allowed there."""

MAX_SIDE = 16384
"""Pixels; the largest picture H.264 and JPEG readers take."""
MAX_SCALE = 8
MAX_GOP = 3600
MAX_HANDLES = 10_000
_AMOUNT = re.compile(r"\A[0-9]{1,6}(\.[0-9]{1,3})?[kMG]\Z")


def size_problems(size: SizeSpec) -> Iterator[Problem]:
    for key in ("width", "height", "rung", "max_width", "max_height"):
        value = getattr(size, key)
        if value is not None and not 2 <= value <= MAX_SIDE:  # noqa: PLR2004
            yield f"size.{key}", f"{value:g} is out of bounds", (f"a number from 2 to {MAX_SIDE}",)
    if size.scale is not None and not 0 < size.scale <= MAX_SCALE:
        yield "size.scale", f"{size.scale:g} is out of bounds", (f"a number above 0, up to {MAX_SCALE}",)
    for key in ("aspect", "mask"):
        text = getattr(size, key)
        if text is not None and parse_ratio(text) is None:
            yield f"size.{key}", f"{text!r} is no shape", (TEXT_FORMS["ratio"].words,)


def rate_problems(output: OutputSpec) -> Iterator[Problem]:
    """Bit rate, file size and passes."""
    video = output.video
    wanted = [key for key in ("bitrate", "target_size") if getattr(video, key) is not None]
    if len(wanted) > 1:
        yield "video.target_size", "a bit rate is wanted already", ("one of bitrate and target_size",)
    passes = codec_of(video).passes if output.kind is OutputKind.VIDEO else 0
    for key in wanted:
        if not passes:
            yield f"video.{key}", f"{video.codec} can't be made for a bit rate: its profile or quality decides", ()
    if video.target_size is not None and not _AMOUNT.match(video.target_size):
        yield "video.target_size", f"{video.target_size!r} is no size", ("a number with k, M or G behind it, 25M",)
    if video.passes is not None and wanted and video.passes > passes > 0:
        yield "video.passes", f"{video.codec} knows one pass only", ("1",)
    if video.max_bitrate is not None and not codec_of(video).capped:
        yield "video.max_bitrate", f"{video.codec} can't be held below a bit rate", ()
    if video.max_bitrate is not None and wanted and video.codec == "av1":
        yield "video.max_bitrate", "av1 is held below a bit rate beside a quality only", (f"no {wanted[0]}",)
    if output.copy and output.kind is not OutputKind.VIDEO:
        yield "copy", "only movies are copied", ("false",)
    yield from _gop_problems(video)


def _gop_problems(video: VideoSpec) -> Iterator[Problem]:
    if video.gop is not None and not 1 <= video.gop <= MAX_GOP:
        yield "video.gop", f"{video.gop} is out of bounds", (f"a number from 1 to {MAX_GOP}",)


def timing_problems(timing: TimingSpec) -> Iterator[Problem]:
    for key in ("first", "last", "timecode", "reel"):
        value = getattr(timing, key)
        form = TEXT_FORMS["timecode" if key == "timecode" else "reel" if key == "reel" else "frame"]
        if value is not None and not form.fits(value):
            yield key, f"{value!r} is not {form.words}", (form.example,)
    if not 0 <= timing.handles <= MAX_HANDLES:
        yield "handles", f"{timing.handles} is out of bounds", (f"a number from 0 to {MAX_HANDLES}",)
    for key in ("convert", "conform"):
        rate = getattr(timing, key)
        if rate is not None and not 1 <= rate <= MAX_RATE:
            yield key, f"{float(rate):g} is no frame rate", (f"a number from 1 to {MAX_RATE}",)
    if timing.convert is not None and timing.conform is not None:
        yield "conform", "a rate to convert to is given too", ("one of convert and conform",)
