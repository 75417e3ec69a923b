"""How many bits an output may have: a quality, a wanted bit rate, or a file size it must not exceed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.preset import OutputSpec
from encode_media.planning.sound import Heard
from encode_media.presets.codecs import codec_of
from encode_media.timebase import size_text

SCRATCH = "passes"
"""Folder of what a first pass tells a second one, below the job folder."""

_UNITS = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_MARGIN = Fraction(97, 100)
"""Encoders meet a wanted rate within about two percent."""
_AV1_MARGIN = Fraction(88, 100)
"""SVT-AV1 takes no cap beside a rate, and goes beyond it by up to 8 % (measured, docs/presets.md)."""
_HEADER_BYTES, _FRAME_BYTES = 6_000, 24
"""What MP4, MOV and WebM need around the media: measured on short files, rounded up."""
_SOUND_PACKETS_PER_S = 50
_BUFFER_S = Fraction(1, 2)
"""The decoder's buffer where a size has to be kept: it bounds what the rate may be exceeded by."""
_LEAST_BITS_PER_S = 10_000
"""Below it no picture can be recognised."""
_COMPRESSED_SOUND = {"aac": 128_000, "opus": 96_000}
"""Bits a second that encoders take by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What the video encoder has to aim at; without a rate the quality decides."""

    bits_per_s: int | None = None
    passes: int = 1
    most_bytes: int | None = None
    """Of the whole file."""
    cap: int | None = None
    """Bits a second, over `buffer` bits."""
    buffer: int | None = None

    def words(self) -> str:
        """For the plan's notes; empty where the quality decides."""
        if self.bits_per_s is None:
            return ""
        passes = "two passes: the first measures how hard each frame is" if self.passes > 1 else "one pass"
        limit = f" for at most {size_text(self.most_bytes)}" if self.most_bytes else ""
        return f"{self.bits_per_s / 1_000_000:.3g} Mbit/s on average{limit}, {passes}"


def aim_of(spec: OutputSpec, heard: Heard | None, frames: int | None, rate: Fraction) -> Aim:
    """What the preset wants, in numbers.

    Raises:
        InvalidParameters: the file size is too small for the length, or the length is not known.
    """
    video = spec.video
    cap = bits(video.max_bitrate) if video.max_bitrate else None
    passes = min(video.passes or 2, codec_of(video).passes)
    if video.bitrate:
        return Aim(bits_per_s=bits(video.bitrate), passes=passes, cap=cap, buffer=2 * cap if cap else None)
    if not video.target_size:
        return Aim(cap=cap, buffer=2 * cap if cap else None)
    size = bits(video.target_size)
    margin = _AV1_MARGIN if video.codec == "av1" else _MARGIN
    wanted = _for_size(size, heard, frames, rate, margin)
    capped = min(2 * wanted, cap) if cap else 2 * wanted
    return Aim(bits_per_s=wanted, passes=passes, most_bytes=size, cap=capped, buffer=round(capped * _BUFFER_S))


def bits(text: str) -> int:
    """`12M`, `192k`: the number, of bits or bytes as the key says."""
    unit = _UNITS.get(text[-1:], 1)
    return round(Fraction(text.rstrip("kMG")) * unit)


def _for_size(size: int, heard: Heard | None, frames: int | None, rate: Fraction, margin: Fraction) -> int:
    if not frames:
        raise failure(
            "options.invalid", option="target_size", problem="the length is not known", allowed="a quality instead"
        )
    seconds = frames / rate
    around = _HEADER_BYTES + _FRAME_BYTES * frames + _sound_bytes(heard, seconds)
    wanted = (size - around) * 8 * margin / (seconds + _BUFFER_S)
    if wanted < _LEAST_BITS_PER_S:
        least = around + _LEAST_BITS_PER_S / 8 / margin * (seconds + _BUFFER_S)
        raise failure(
            "options.invalid", option="target_size", problem=f"too small for {float(seconds):.1f} s",
            allowed=f"at least {size_text(float(least))}",
        )  # fmt: skip
    return int(wanted)


def _sound_bytes(heard: Heard | None, seconds: Fraction) -> int:
    if heard is None:
        return 0
    spec = heard.spec
    if spec.codec == "pcm":
        per_s = heard.sample_rate * heard.channels * spec.bit_depth
    else:
        per_s = bits(spec.bitrate) if spec.bitrate else _COMPRESSED_SOUND[spec.codec]
    packets = _FRAME_BYTES * _SOUND_PACKETS_PER_S
    return int((per_s / 8 + packets) * float(seconds)) + 1
