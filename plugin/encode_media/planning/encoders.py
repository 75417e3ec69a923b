"""What each video encoder is told. Closed groups of pictures of a stated length, wherever there are any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.geometry import Size
from encode_media.model.hdr import HdrMetadata, MasteringDisplay
from encode_media.model.preset import VideoSpec
from encode_media.planning.hardware import hardware_options, is_hardware
from encode_media.planning.rate_control import SCRATCH, Aim
from encode_media.presets.codecs import codec_of, profile_of

Options = dict[str, str | None]

_VP9_REALTIME_SPEED = 6
"""From here on `-cpu-used` only exists in VP9's realtime mode."""

_AV1_CAP = Fraction(4, 5)
"""Of the highest rate that is asked for: SVT-AV1 goes beyond the one it is told by up to a fifth (measured)."""

_VP9_TILE_WIDTHS = (640, 1280, 2560)
"""Widths from which one, two and three powers of two of tile columns are of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encode:
    """One pass of one movie."""

    spec: VideoSpec
    rate: Fraction
    size: Size
    aim: Aim = Aim()
    stem: str = ""
    """Names what a first pass leaves for the second."""
    number: int = 2
    """Of the pass, where there are two."""
    hdr: HdrMetadata | None = None
    """What the stream has to say about its light."""

    @property
    def gop(self) -> int:
        return gop_length(self.spec, self.rate)

    @property
    def two_pass(self) -> bool:
        return self.aim.passes > 1


def encoder_options(encode: Encode) -> Options:
    """The encoder and its options, but for size, rate and pixel format, which the pictures bring along."""
    spec = encode.spec
    if is_hardware(spec):
        return hardware_options(spec, encode.gop)
    return {"c:v": codec_of(spec).encoder, **_ENCODERS[spec.codec](encode)}


def has_gop(spec: VideoSpec) -> bool:
    """Whether frames lean on others; ProRes and DNxHR are key frames throughout."""
    return spec.codec not in ("prores", "dnxhr")


def gop_length(spec: VideoSpec, rate: Fraction) -> int:
    """Frames from one key frame to the next."""
    if spec.gop is not None:
        return spec.gop
    return max(1, round(rate * (spec.gop_s if spec.gop_s is not None else Fraction(1))))


def _h264(encode: Encode) -> Options:
    spec, gop = encode.spec, str(encode.gop)
    return {
        "profile:v": profile_of(spec).argument, "preset": spec.speed or "veryfast", **_amount(encode, 18),
        "g": gop, "keyint_min": gop, "sc_threshold": "0", "flags": "+cgop",
        "bf": str(2 if spec.b_frames is None else spec.b_frames), **_cap(encode.aim), **_pass(encode),
        **_h264_light(encode.hdr),
    }  # fmt: skip


def _hevc(encode: Encode) -> Options:
    spec = encode.spec
    own = f"open-gop=0:min-keyint={encode.gop}:scenecut=0:log-level=error"
    if encode.two_pass:
        # The encoder keeps its own book and knows nothing of ffmpeg's `-pass`.
        own += f":pass={encode.number}:stats={SCRATCH}/{encode.stem}.x265"
    own += "".join(f":{name}={value}" for name, value in _light(encode.hdr, "master-display", "max-cll"))
    b_frames: Options = {} if spec.b_frames is None else {"bf": str(spec.b_frames)}
    # Apple's players refuse HEVC under any other tag.
    return {
        "profile:v": profile_of(spec).argument, "preset": spec.speed or "medium", **_amount(encode, 20),
        "tag:v": "hvc1", "g": str(encode.gop), **b_frames, "x265-params": own, **_cap(encode.aim),
    }  # fmt: skip


def _prores(encode: Encode) -> Options:
    spec = encode.spec
    quality: Options = {} if spec.fixed_rate else {"q:v": _number(spec.quality, 4)}
    return {"profile:v": profile_of(spec).argument, "vendor": "apl0", **quality}


def _dnxhr(encode: Encode) -> Options:
    return {"profile:v": profile_of(encode.spec).argument}


def _vp9(encode: Encode) -> Options:
    spec, aim = encode.spec, encode.aim
    speed = int(spec.speed or "8")
    if encode.two_pass:
        speed = min(speed, _VP9_REALTIME_SPEED - 1)
    tiles = sum(encode.size[0] >= width for width in _VP9_TILE_WIDTHS)
    # With a quality, the encoder takes its wanted rate for a cap.
    amount = _amount(encode, 24) if aim.bits_per_s else {"b:v": str(aim.cap or 0), **_amount(encode, 24)}
    return {
        **amount, **(_cap(aim) if aim.bits_per_s else {}),
        "deadline": "realtime" if speed >= _VP9_REALTIME_SPEED else "good", "cpu-used": str(speed),
        "row-mt": "1", "tile-columns": str(tiles), "g": str(encode.gop), **_pass(encode),
    }  # fmt: skip


def _av1(encode: Encode) -> Options:
    aim = encode.aim
    # Beside a wanted rate its encoder takes no cap.
    cap: Options = {}
    if aim.cap and aim.bits_per_s is None:
        cap = {"maxrate": str(round(aim.cap * _AV1_CAP)), "bufsize": str(aim.buffer)}
    own = ":".join(f"{name}={value}" for name, value in _av1_light(encode.hdr))
    params: Options = {"svtav1-params": own} if own else {}
    # ffmpeg 5.1 knows no passes for this encoder: its second is made as a single one (docs/presets.md).
    return {
        "preset": encode.spec.speed or "8", **_amount(encode, 24), **cap, "g": str(encode.gop), **params,
        **_pass(encode),
    }  # fmt: skip


def carries_hdr_metadata(spec: VideoSpec) -> bool:
    """Whether the stream itself has a place for it that every build fills."""
    return spec.codec in ("h264", "hevc", "av1") and not is_hardware(spec)


def _h264_light(hdr: HdrMetadata | None) -> Options:
    own = ":".join(f"{name}={value}" for name, value in _light(hdr, "mastering-display", "cll"))
    return {"x264-params": own} if own else {}


def _light(hdr: HdrMetadata | None, display: str, levels: str) -> Iterator[tuple[str, str]]:
    """As SEI messages count: chromaticities in 1/50000, nits in 1/10000 (ITU-T H.265, D.3.28)."""
    if hdr is not None and hdr.display is not None:
        red, green, blue, white = (
            ",".join(str(round(value * 50000)) for value in pair) for pair in _points(hdr.display)
        )
        most, least = (round(nits * 10000) for nits in (hdr.display.brightest, hdr.display.darkest))
        yield display, f"G({green})B({blue})R({red})WP({white})L({most},{least})"
    if hdr is not None and hdr.max_cll is not None:
        yield levels, f"{hdr.max_cll},{hdr.max_fall}"


def _av1_light(hdr: HdrMetadata | None) -> Iterator[tuple[str, str]]:
    if hdr is not None and hdr.display is not None:
        red, green, blue, white = (",".join(f"{value:.6f}" for value in pair) for pair in _points(hdr.display))
        light = f"{hdr.display.brightest:.4f},{hdr.display.darkest:.6f}"
        yield "mastering-display", f"G({green})B({blue})R({red})WP({white})L({light})"
    if hdr is not None and hdr.max_cll is not None:
        yield "content-light", f"{hdr.max_cll},{hdr.max_fall}"


def _points(display: MasteringDisplay) -> Iterator[tuple[float, ...]]:
    return (display.chromaticities[place : place + 2] for place in range(0, 8, 2))


_ENCODERS: dict[str, Callable[[Encode], Options]] = {
    "h264": _h264, "hevc": _hevc, "prores": _prores, "dnxhr": _dnxhr, "vp9": _vp9, "av1": _av1,
}  # fmt: skip


def _amount(encode: Encode, quality: float) -> Options:
    if encode.aim.bits_per_s is not None:
        return {"b:v": str(encode.aim.bits_per_s)}
    return {"crf": _number(encode.spec.quality, quality)}


def _cap(aim: Aim) -> Options:
    return {"maxrate": str(aim.cap), "bufsize": str(aim.buffer)} if aim.cap else {}


def _pass(encode: Encode) -> Options:
    return {"pass": str(encode.number), "passlogfile": f"{SCRATCH}/{encode.stem}"} if encode.two_pass else {}


def _number(value: float | None, default: float) -> str:
    return f"{default if value is None else value:g}"
