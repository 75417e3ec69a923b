"""How large and how long, by simple stated rules; measured on natural 1080p material (docs/quality.md)."""

from __future__ import annotations

from collections.abc import Sequence

from encode_media.model.media import VideoStream
from encode_media.model.plan import Expected, PlannedOutput

_BITS_PER_PIXEL = {
    "h264": 0.43, "hevc": 0.35, "prores": 3.2, "dnxhd": 4.0, "vp9": 0.37, "av1": 0.3, "png": 11.0, "mjpeg": 2.0,
    "exr": 30.0, "gif": 5.0, "webp": 0.5,
}  # fmt: skip
"""Of an encoded frame."""

_ENCODE_S = {
    "h264": 0.056, "hevc": 0.25, "prores": 0.16, "dnxhd": 0.03, "vp9": 0.056, "av1": 0.1, "png": 0.09,
    "mjpeg": 0.01, "exr": 0.15, "gif": 0.2, "webp": 0.4,
}  # fmt: skip
"""CPU seconds for a million pixels of a frame."""

_DECODE_S = {"exr": 0.04, "png": 0.03, "dpx": 0.01, "prores": 0.02, "hevc": 0.015, "h264": 0.011, "mjpeg": 0.006}
_DECODE_OTHERS_S = 0.02
_AUDIO_BYTES_PER_S = {"aac": 24_000, "opus": 16_000, "pcm_s16le": 192_000, "pcm_s24le": 288_000}
_START_S = 0.5
"""Starting ffmpeg and opening the source."""
_USABLE_CORES = 2
"""A cautious share of a machine: decode and encode run side by side."""


def estimate_bytes(output: PlannedOutput, frames: int | None) -> int:
    expected = output.expected
    count = expected.frames or frames or 0
    picture = count * expected.width * expected.height * _BITS_PER_PIXEL.get(expected.codec, 0) / 8
    return round(picture + _sound_bytes(expected))


def _sound_bytes(expected: Expected) -> float:
    if expected.audio_samples is not None:
        width = 2 if expected.audio_codec == "pcm_s16le" else 3
        return expected.audio_samples * (expected.audio_channels or 1) * width
    return _AUDIO_BYTES_PER_S.get(expected.audio_codec or "", 0) * float(expected.duration_s or 0)


def estimate_seconds(video: VideoStream, outputs: Sequence[PlannedOutput], frames: int | None) -> float:
    count = frames or 0
    decode = count * _megapixels(video.width, video.height) * _DECODE_S.get(video.codec, _DECODE_OTHERS_S)
    encode = sum(
        (output.expected.frames or count)
        * _megapixels(output.expected.width, output.expected.height)
        * _ENCODE_S.get(output.expected.codec, 0)
        for output in outputs
    )
    return round(_START_S + (decode + encode) / _USABLE_CORES, 1)


def _megapixels(width: int, height: int) -> float:
    return width * height / 1_000_000
