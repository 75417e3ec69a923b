"""What goes together, and how far numbers go; a preset that says otherwise is refused before any work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from types import MappingProxyType

from encode_media.media.hardware import HARDWARE_FORMATS
from encode_media.model.preset import NO_PICTURE, OutputKind, OutputSpec
from encode_media.presets.codecs import CODECS, codec_of, profile_of
from encode_media.presets.frame_pairs import rate_problems, size_problems
from encode_media.presets.image_pairs import image_problems
from encode_media.presets.overlay_pairs import overlay_problems
from encode_media.presets.sound_pairs import sound_problems

CONTAINERS = MappingProxyType({
    OutputKind.VIDEO: ("mp4", "mov", "webm"),
    OutputKind.IMAGE_SEQUENCE: ("png", "jpg", "exr"),
    OutputKind.STILL: ("jpg", "png"),
    OutputKind.ANIMATION: ("gif", "webp"),
    OutputKind.AUDIO: ("wav",),
})  # fmt: skip
VIDEO_CODECS = MappingProxyType({
    "mp4": ("h264", "hevc", "av1"), "mov": ("prores", "dnxhr", "h264", "hevc"), "webm": ("vp9", "av1"),
    "png": ("png",), "jpg": ("mjpeg",), "exr": ("exr",), "gif": ("gif",), "webp": ("webp",),
})  # fmt: skip


MAX_GOP_S = 60
MAX_B_FRAMES = 16
MAX_FRAME_NUMBER = 9_999_999
MAX_NAME = 100
_BITRATE = re.compile(r"\A[0-9]{1,6}(\.[0-9]{1,3})?[kM]?\Z")


def pair_problems(output: OutputSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Key path below the output, what is wrong, and what is allowed there."""
    yield from _one_of("container", output.container, CONTAINERS[output.kind])
    if output.kind is not OutputKind.AUDIO:
        yield from _picture_problems(output)
    yield from sound_problems(output)
    if not 0 < len(output.name) <= MAX_NAME or not output.name.isprintable():
        yield "name", "can't be a component's name", (f"1 to {MAX_NAME} characters on one line",)
    yield from image_problems(output)
    yield from _within("position", output.position, 0, 1)
    yield from _within("first_frame", output.first_frame, 0, MAX_FRAME_NUMBER)
    yield from size_problems(output.size)
    yield from overlay_problems(output)


def _picture_problems(output: OutputSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if output.video == NO_PICTURE:
        yield "video", "is missing", ()
        return
    yield from _one_of("video.codec", output.video.codec, VIDEO_CODECS.get(output.container, ()))
    if output.video.codec in CODECS:
        yield from _video_problems(output)


def _video_problems(output: OutputSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    video = output.video
    codec = codec_of(video)
    names = tuple(profile.name for profile in codec.profiles if profile.name)
    if video.profile is not None and video.profile not in names:
        yield from _one_of("video.profile", video.profile, names)
        yield from _one_of("video.pixel_format", video.pixel_format, codec.formats)
    else:
        formats = codec.formats if video.profile is None else profile_of(video).formats
        yield from _one_of("video.pixel_format", video.pixel_format, formats)
    if video.encoder != "software" and (video.codec, video.pixel_format) not in HARDWARE_FORMATS:
        yield "video.encoder", f"no hardware encodes {video.codec} from {video.pixel_format}", ("software",)
    if video.speed is not None:
        yield from _one_of("video.speed", video.speed, codec.speeds)
    if video.quality is not None and codec.quality is None:
        yield "video.quality", f"{video.codec} has no quality", ()
    elif video.quality is not None and codec.quality is not None:
        yield from _within("video.quality", video.quality, *sorted(codec.quality))
    yield from _within("video.gop_s", video.gop_s, 0, MAX_GOP_S)
    yield from _within("video.b_frames", video.b_frames, 0, MAX_B_FRAMES)
    yield from _bitrate("video.max_bitrate", video.max_bitrate)
    yield from _bitrate("video.bitrate", video.bitrate)
    yield from rate_problems(output)


def _within(
    key: str, value: float | Fraction | None, low: float, high: float
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if value is not None and not low <= value <= high:
        yield key, f"{float(value):g} is out of bounds", (f"a number from {low:g} to {high:g}",)


def _bitrate(key: str, value: str | None) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if value is not None and not _BITRATE.match(value):
        yield key, f"{value!r} is no bit rate", ("a number with k or M behind it, such as 192k or 20M",)


def _one_of(key: str, value: object, allowed: tuple[object, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if value not in allowed:
        words = tuple(str(word) for word in allowed)
        yield key, f"{value} does not go with the rest of the output", words
