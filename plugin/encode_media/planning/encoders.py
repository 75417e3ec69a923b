"""What each video encoder is told. Closed groups of pictures of a stated length, wherever there are any."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from encode_media.model.geometry import Size
from encode_media.model.preset import VideoSpec
from encode_media.planning.hardware import hardware_options, is_hardware
from encode_media.presets.codecs import codec_of, profile_of

Options = dict[str, str | None]

_VP9_REALTIME_SPEED = 6
"""From here on `-cpu-used` only exists in VP9's realtime mode."""

_VP9_TILE_WIDTHS = (640, 1280, 2560)
"""Widths from which one, two and three powers of two of tile columns are of use."""


def encoder_options(spec: VideoSpec, rate: Fraction, size: Size) -> Options:
    """The encoder and its options, but for size, rate and pixel format, which the pictures bring along."""
    if is_hardware(spec):
        return hardware_options(spec, gop_length(spec, rate))
    return {"c:v": codec_of(spec).encoder, **_ENCODERS[spec.codec](spec, rate, size)}


def gop_length(spec: VideoSpec, rate: Fraction) -> int:
    """Frames from one key frame to the next."""
    if spec.gop is not None:
        return spec.gop
    return max(1, round(rate * (spec.gop_s if spec.gop_s is not None else Fraction(1))))


def _h264(spec: VideoSpec, rate: Fraction, _size: Size) -> Options:
    gop = str(gop_length(spec, rate))
    return {
        "profile:v": profile_of(spec).argument, "preset": spec.speed or "veryfast",
        "crf": _number(spec.quality, 18),
        "g": gop, "keyint_min": gop, "sc_threshold": "0", "flags": "+cgop",
        "bf": str(2 if spec.b_frames is None else spec.b_frames), **_cap(spec),
    }  # fmt: skip


def _hevc(spec: VideoSpec, rate: Fraction, _size: Size) -> Options:
    gop = gop_length(spec, rate)
    own = f"open-gop=0:min-keyint={gop}:scenecut=0:log-level=error"
    b_frames = {} if spec.b_frames is None else {"bf": str(spec.b_frames)}
    # Apple's players refuse HEVC under any other tag.
    return {
        "profile:v": profile_of(spec).argument, "preset": spec.speed or "medium", "crf": _number(spec.quality, 20),
        "tag:v": "hvc1", "g": str(gop), **b_frames, "x265-params": own, **_cap(spec),
    }  # fmt: skip


def _prores(spec: VideoSpec, _rate: Fraction, _size: Size) -> Options:
    quality = {} if spec.fixed_rate else {"q:v": _number(spec.quality, 4)}
    return {"profile:v": profile_of(spec).argument, "vendor": "apl0", **quality}


def _dnxhr(spec: VideoSpec, _rate: Fraction, _size: Size) -> Options:
    return {"profile:v": profile_of(spec).argument}


def _vp9(spec: VideoSpec, rate: Fraction, size: Size) -> Options:
    speed = spec.speed or "8"
    tiles = sum(size[0] >= width for width in _VP9_TILE_WIDTHS)
    return {
        "b:v": spec.max_bitrate or "0", "crf": _number(spec.quality, 24),
        "deadline": "realtime" if int(speed) >= _VP9_REALTIME_SPEED else "good", "cpu-used": speed,
        "row-mt": "1", "tile-columns": str(tiles), "g": str(gop_length(spec, rate)),
    }  # fmt: skip


def _av1(spec: VideoSpec, rate: Fraction, _size: Size) -> Options:
    return {"preset": spec.speed or "8", "crf": _number(spec.quality, 24), "g": str(gop_length(spec, rate))}


_ENCODERS: dict[str, Callable[[VideoSpec, Fraction, Size], Options]] = {
    "h264": _h264, "hevc": _hevc, "prores": _prores, "dnxhr": _dnxhr, "vp9": _vp9, "av1": _av1,
}  # fmt: skip


def _cap(spec: VideoSpec) -> Options:
    return {"maxrate": spec.max_bitrate, "bufsize": _doubled(spec.max_bitrate)} if spec.max_bitrate else {}


def _number(value: float | None, default: float) -> str:
    return f"{default if value is None else value:g}"


def _doubled(bitrate: str) -> str:
    number = bitrate.rstrip("kKMG")
    return f"{2 * float(number):g}{bitrate[len(number) :]}"
