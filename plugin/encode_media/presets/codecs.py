"""The codecs a preset can name: which profiles and pixel formats they have, and how far their numbers go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from encode_media.model.preset import VideoSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    name: str
    argument: str
    """ffmpeg's `-profile:v`."""
    probed: str | None
    """What a probe calls it."""
    formats: tuple[str, ...]
    """Pixel formats it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    name: str
    encoder: str
    """ffmpeg's software encoder."""
    probed: str
    """What a probe calls it."""
    profiles: tuple[Profile, ...]
    speeds: tuple[str, ...] = ()
    """Fastest first."""
    quality: tuple[float, float] | None = None
    """Best and worst of the encoder's own scale; None where the profile decides everything."""
    passes: int = 0
    """How many passes a wanted bit rate may take; 0: there is no wanted bit rate."""
    capped: bool = False
    """Whether a quality can have a highest bit rate."""
    smallest: tuple[int, int] = (2, 2)
    """Width and height its encoder takes at least."""
    decoded: Mapping[str, str] = field(default_factory=dict)
    """Pixel formats that decoders show as another."""

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pixels for profile in self.profiles for pixels in profile.formats))


def _profile(name: str, argument: str, probed: str | None, *formats: str) -> Profile:
    return Profile(name=name, argument=argument, probed=probed, formats=formats)


_X26X_SPEEDS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_X264_SPEEDS = _X26X_SPEEDS[1:]
"""Its `ultrafast` leaves out what makes the profile High, so the file would not be what was asked for."""

_ALL = (
    Codec(
        name="h264", encoder="libx264", probed="h264", speeds=_X264_SPEEDS, quality=(0, 51), passes=2, capped=True,
        profiles=(
            _profile("high", "high", "High", "yuv420p"),
            _profile("high10", "high10", "High 10", "yuv420p10le"),
            _profile("high422", "high422", "High 4:2:2", "yuv422p10le"),
            _profile("high444", "high444", "High 4:4:4 Predictive", "yuv444p10le", "yuv444p"),
        ),
    ),
    Codec(
        name="hevc", encoder="libx265", probed="hevc", speeds=_X26X_SPEEDS, quality=(0, 51), passes=2, capped=True,
        profiles=(
            _profile("main10", "main10", "Main 10", "yuv420p10le"),
            _profile("main", "main", "Main", "yuv420p"),
            _profile("main422-10", "main422-10", "Rext", "yuv422p10le"),
            _profile("main444-10", "main444-10", "Rext", "yuv444p10le"),
        ),
    ),
    Codec(
        name="prores", encoder="prores_ks", probed="prores", quality=(1, 31),
        profiles=(
            _profile("hq", "3", "HQ", "yuv422p10le"),
            _profile("proxy", "0", "Proxy", "yuv422p10le"),
            _profile("lt", "1", "LT", "yuv422p10le"),
            _profile("standard", "2", "Standard", "yuv422p10le"),
            _profile("4444", "4", "4444", "yuv444p10le", "yuva444p10le"),
            _profile("4444xq", "5", "XQ", "yuv444p10le", "yuva444p10le"),
        ),
        # Decoders show what the format could hold; the encoder writes 10 bits.
        decoded=MappingProxyType({"yuv444p10le": "yuv444p12le", "yuva444p10le": "yuva444p12le"}),
    ),
    Codec(
        name="dnxhr", encoder="dnxhd", probed="dnxhd", smallest=(256, 120),
        profiles=(
            _profile("hq", "dnxhr_hq", "DNXHR HQ", "yuv422p"),
            _profile("lb", "dnxhr_lb", "DNXHR LB", "yuv422p"),
            _profile("sq", "dnxhr_sq", "DNXHR SQ", "yuv422p"),
            _profile("hqx", "dnxhr_hqx", "DNXHR HQX", "yuv422p10le"),
            _profile("444", "dnxhr_444", "DNXHR 444", "yuv444p10le"),
        ),
    ),
    Codec(
        name="vp9", encoder="libvpx-vp9", probed="vp9", quality=(0, 63), passes=2, capped=True,
        speeds=("8", "7", "6", "5", "4", "3", "2", "1", "0"),
        profiles=(
            _profile("0", "0", "Profile 0", "yuv420p", "yuva420p"),
            _profile("2", "2", "Profile 2", "yuv420p10le"),
        ),
        # Its transparency is a stream of its own, which the usual decoder leaves out.
        decoded=MappingProxyType({"yuva420p": "yuv420p"}),
    ),
    Codec(
        name="av1", encoder="libsvtav1", probed="av1", quality=(1, 63), passes=2, capped=True, smallest=(64, 64),
        speeds=("12", "11", "10", "9", "8", "7", "6", "5", "4", "3", "2"),
        profiles=(_profile("main", "main", "Main", "yuv420p10le", "yuv420p"),),
    ),
    Codec(
        name="png", encoder="png", probed="png",
        profiles=(_profile("", "", None, "rgb24", "rgb48be", "rgba", "rgba64be"),),
    ),
    Codec(
        name="mjpeg", encoder="mjpeg", probed="mjpeg", quality=(1, 31),
        profiles=(_profile("", "", None, "yuvj444p", "yuvj422p", "yuvj420p"),),
    ),
    Codec(
        # The argument is the encoder's `-format`.
        name="exr", encoder="exr", probed="exr",
        profiles=(
            _profile("half", "half", None, "gbrpf16le", "gbrapf16le"),
            _profile("float", "float", None, "gbrpf32le", "gbrapf32le"),
        ),
    ),
    Codec(
        name="gif", encoder="gif", probed="gif", profiles=(_profile("", "", None, "pal8"),),
        # Decoders show pictures, not palettes.
        decoded=MappingProxyType({"pal8": "bgra"}),
    ),
    Codec(
        name="webp", encoder="libwebp_anim", probed="webp", quality=(100, 0),
        profiles=(_profile("", "", None, "yuv420p"),),
    ),
)  # fmt: skip

CODECS: Mapping[str, Codec] = MappingProxyType({codec.name: codec for codec in _ALL})


def codec_of(spec: VideoSpec) -> Codec:
    return CODECS[spec.codec]


def profile_of(spec: VideoSpec) -> Profile:
    """The profile the preset names, else the first that takes the pixel format, else the codec's first."""
    profiles = CODECS[spec.codec].profiles
    named = [profile for profile in profiles if profile.name == spec.profile]
    fitting = [profile for profile in profiles if spec.pixel_format in profile.formats]
    return next(iter((*named, *fitting, *profiles)))
