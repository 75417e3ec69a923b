"""Which codec, container and pixel format go together; a preset that says otherwise is refused before any work."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from encode_media.model.preset import OutputKind, OutputSpec

CONTAINERS = MappingProxyType({
    OutputKind.VIDEO: ("mp4", "mov", "webm"),
    OutputKind.IMAGE_SEQUENCE: ("png", "jpg"),
    OutputKind.STILL: ("jpg", "png"),
})  # fmt: skip
VIDEO_CODECS = MappingProxyType({
    "mp4": ("h264",), "mov": ("prores", "h264"), "webm": ("vp9",), "png": ("png",), "jpg": ("mjpeg",),
})  # fmt: skip
AUDIO_CODECS = MappingProxyType({"mp4": ("aac",), "mov": ("pcm", "aac"), "webm": ("opus",), "png": (), "jpg": ()})
PIXEL_FORMATS = MappingProxyType({
    "h264": ("yuv420p",),
    "prores": ("yuv422p10le",),
    "vp9": ("yuv420p",),
    "png": ("rgb24", "rgb48be"),
    "mjpeg": ("yuvj444p", "yuvj422p", "yuvj420p"),
})  # fmt: skip
PROFILES = MappingProxyType({
    "h264": ("high",), "prores": ("proxy", "lt", "standard", "hq"), "vp9": (), "png": (), "mjpeg": (),
})  # fmt: skip
SPEEDS = MappingProxyType({
    "h264": ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
    "vp9": ("0", "1", "2", "3", "4", "5", "6", "7", "8"),
})  # fmt: skip
QUALITY = MappingProxyType({"h264": (0, 51), "prores": (1, 31), "vp9": (0, 63), "mjpeg": (1, 31)})
"""Best and worst of each encoder's own scale."""

AUDIO_CHANNELS = (1, 2, 6)
AUDIO_RATES = (44100, 48000)


def pair_problems(output: OutputSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Key path below the output, what is wrong, and what is allowed there."""
    yield from _one_of("container", output.container, CONTAINERS[output.kind])
    yield from _one_of("video.codec", output.video.codec, VIDEO_CODECS[output.container])
    yield from _video_problems(output)
    if output.audio is not None:
        yield from _one_of("audio.codec", output.audio.codec, AUDIO_CODECS[output.container])
        yield from _one_of("audio.channels", output.audio.channels, AUDIO_CHANNELS)
        yield from _one_of("audio.sample_rate", output.audio.sample_rate, AUDIO_RATES)
        if output.audio.codec == "opus":
            yield from _one_of("audio.sample_rate", output.audio.sample_rate, (48000,))
    if not 0 <= output.position <= 1:
        yield "position", f"{output.position:g} is outside the source", ("a number from 0 to 1",)


def _video_problems(output: OutputSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    video = output.video
    yield from _one_of("video.pixel_format", video.pixel_format, PIXEL_FORMATS[video.codec])
    if video.profile is not None:
        yield from _one_of("video.profile", video.profile, PROFILES[video.codec])
    if video.speed is not None:
        yield from _one_of("video.speed", video.speed, SPEEDS.get(video.codec, ()))
    if video.quality is not None:
        best, worst = QUALITY.get(video.codec, (0, 0))
        if not best <= video.quality <= worst:
            allowed = f"a number from {best} (best) to {worst}" if worst else "no quality"
            yield "video.quality", f"{video.quality:g} is no quality of {video.codec}", (allowed,)


def _one_of(key: str, value: object, allowed: tuple[object, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if value not in allowed:
        words = tuple(str(word) for word in allowed)
        yield key, f"{value} does not go with the rest of the output", words
