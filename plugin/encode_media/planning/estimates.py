"""How large and how long, by simple stated rules; measured on natural 1080p material (docs/quality.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from encode_media.model.media import VideoStream
from encode_media.model.plan import Expected, PlannedOutput

Options = Mapping[str, str | None]
"""What the encoder of an output is told, as on the command line."""

_BITS_PER_PIXEL = {
    "h264": 0.43, "hevc": 0.25, "prores": 3.2, "dnxhd": 3.5, "vp9": 0.37, "av1": 0.3, "png": 11.0, "mjpeg": 2.0,
    "exr": 29.0, "gif": 3.4, "webp": 1.0,
}  # fmt: skip
"""Of an encoded frame with natural grain, at the quality below."""
_PNG_16_BITS = 31.0
"""The lower eight bits are mostly noise, which does not compress."""
_USUAL_QUALITY = {"h264": 18.0, "hevc": 20.0, "vp9": 24.0, "av1": 24.0, "prores": 4.0}
_STEPS_TO_HALVE = {"h264": 6.0, "hevc": 6.0, "vp9": 12.0, "av1": 12.0}
"""So many steps of the encoder's quality scale make half the bits; of `-q:v`, bits go down as it goes up."""
_PROFILE_BITS = {
    "DNXHR LB": 0.71, "DNXHR SQ": 2.31, "DNXHR HQ": 3.52, "DNXHR HQX": 3.52, "DNXHR 444": 7.04,
    "Proxy": 1.8, "LT": 2.2, "Standard": 2.8, "HQ": 3.6, "4444": 4.0, "XQ": 5.0,
}  # fmt: skip
"""Bits for a pixel by profile: those of DNxHR are fixed, those of ProRes are at `-q:v 4`."""

_ENCODE_S = {
    "h264": 0.056, "hevc": 0.35, "prores": 0.16, "dnxhd": 0.03, "vp9": 0.056, "av1": 0.083, "png": 0.26,
    "mjpeg": 0.01, "exr": 0.4, "gif": 0.67, "webp": 0.1,
}  # fmt: skip
"""CPU seconds for a million pixels of a frame, at the speeds that are usual here."""
_PRORES_BY_QUALITY_S = 0.03
"""Most of its time goes into holding a rate."""
_X26X_COST = {
    "ultrafast": 0.25, "superfast": 0.5, "veryfast": 1.0, "faster": 1.5, "fast": 1.9, "medium": 2.6, "slow": 4.0,
    "slower": 8.0, "veryslow": 16.0,
}  # fmt: skip
_HEVC_COST = {
    "ultrafast": 0.15, "superfast": 0.25, "veryfast": 0.4, "faster": 0.5, "fast": 0.6, "medium": 1.0, "slow": 2.4,
    "slower": 7.0, "veryslow": 12.0,
}  # fmt: skip
_VP9_COST = {"8": 1.0, "7": 1.3, "6": 1.7, "5": 7.3, "4": 9.0, "3": 11.0, "2": 16.0, "1": 28.0, "0": 45.0}
_AV1_COST = {
    "12": 0.45, "11": 0.45, "10": 0.45, "9": 0.7, "8": 1.0, "7": 1.6, "6": 2.5, "5": 4.0, "4": 7.0, "3": 14.0,
    "2": 25.0,
}  # fmt: skip
_COST: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "h264": ("preset", _X26X_COST), "hevc": ("preset", _HEVC_COST), "vp9": ("cpu-used", _VP9_COST),
    "av1": ("preset", _AV1_COST),
}  # fmt: skip
"""The option that says the speed, and what each of its words costs, as multiples of `_ENCODE_S`."""

_DECODE_S = {"exr": 0.04, "png": 0.03, "dpx": 0.01, "prores": 0.02, "hevc": 0.015, "h264": 0.011, "mjpeg": 0.006}
_DECODE_OTHERS_S = 0.02
_AUDIO_BYTES_PER_S = {"aac": 24_000, "opus": 16_000, "pcm_s16le": 192_000, "pcm_s24le": 288_000}
_START_S = 0.5
"""Starting ffmpeg and opening the source."""
_USABLE_CORES = 2
"""A cautious share of a machine: decode and encode run side by side."""
_RATE = re.compile(r"\A([0-9.]+)([kKM]?)\Z")


def estimate_bytes(output: PlannedOutput, frames: int | None, options: Options | None = None) -> int:
    expected = output.expected
    told = options or {}
    count = expected.frames or frames or 0
    picture = count * expected.width * expected.height * _bits_per_pixel(expected, told) / 8
    rate = _bits_per_s(told.get("b:v")) or _bits_per_s(told.get("maxrate"))
    if rate and expected.duration_s is not None:
        wanted = float(expected.duration_s) * rate / 8
        # Beside a quality, a rate is a cap.
        picture = wanted if _quality(told) is None else min(picture, wanted)
    return round(picture + _sound_bytes(expected))


def _bits_per_pixel(expected: Expected, told: Options) -> float:
    codec = expected.codec
    bits = _PROFILE_BITS.get(expected.profile or "", _BITS_PER_PIXEL.get(codec, 0))
    if codec == "png" and "48" in expected.pixel_format:
        return _PNG_16_BITS
    quality = _quality(told)
    if quality is None or codec not in _USUAL_QUALITY:
        return bits
    if codec == "prores":
        return bits * _USUAL_QUALITY[codec] / max(1.0, quality)
    return float(bits * 2 ** ((_USUAL_QUALITY[codec] - quality) / _STEPS_TO_HALVE[codec]))


def _quality(told: Options) -> float | None:
    """In the scale of the software encoders, which those of hardware nearly share."""
    words = (told.get(name) for name in ("crf", "cq", "global_quality", "qp", "qp_i"))
    text = next((word for word in words if word), told.get("q:v") if told.get("c:v") == "prores_ks" else None)
    return float(text) if text else None


def _bits_per_s(text: str | None) -> float:
    """`12M` in bits; 0 where no rate is wanted."""
    match = _RATE.match(text or "")
    return float(match[1]) * {"": 1, "k": 1e3, "K": 1e3, "M": 1e6}[match[2]] if match else 0.0


def _sound_bytes(expected: Expected) -> float:
    if expected.audio_samples is not None:
        width = 2 if expected.audio_codec == "pcm_s16le" else 3
        return expected.audio_samples * (expected.audio_channels or 1) * width
    return _AUDIO_BYTES_PER_S.get(expected.audio_codec or "", 0) * float(expected.duration_s or 0)


def estimate_seconds(
    video: VideoStream, outputs: Sequence[PlannedOutput], frames: int | None, options: Sequence[Options] = ()
) -> float:
    """For all of a job; `options` has an entry for each output, where they are known."""
    count = frames or 0
    decode = count * _megapixels(video.width, video.height) * _DECODE_S.get(video.codec, _DECODE_OTHERS_S)
    told = options or [{}] * len(outputs)
    encode = sum(
        (output.expected.frames or count)
        * _megapixels(output.expected.width, output.expected.height)
        * (0 if output.copied else _encode_s(output.expected.codec, words))
        for output, words in zip(outputs, told, strict=True)
    )
    return round(_START_S + (decode + encode) / _USABLE_CORES, 1)


def _encode_s(codec: str, told: Options) -> float:
    name, costs = _COST.get(codec, ("", {}))
    passes = 2 if told.get("pass") == "2" else 1
    if codec == "prores" and told.get("q:v"):
        return _PRORES_BY_QUALITY_S
    return _ENCODE_S.get(codec, 0) * costs.get(told.get(name) or "", 1.0) * passes


def _megapixels(width: int, height: int) -> float:
    return width * height / 1_000_000
