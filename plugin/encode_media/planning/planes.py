"""Colour and transparency apart and together again, as planes.

Filters that know of transparency can't be left to it: ffmpeg 9 remembers whether colours are premultiplied and
then skips `premultiply` and `unpremultiply`, or lets zscale treat them so; ffmpeg 5 squeezes the alpha of floats
into limited range. Planes without a name mean the same to both, see docs/quality.md. Only floats are not copied
plane by plane: `mergeplanes` of ffmpeg 5 takes half of each row.
"""

from __future__ import annotations

from encode_media.model.geometry import Size
from encode_media.planning.conversion import LIMIT, sized
from encode_media.planning.graph import Chain, Filter, Fork, step

ALPHA_16 = "gbrp16le"
_DEPTHS = (9, 10, 12, 14, 16)
_TWICE, _ONCE = Fork(((), ()), step("hstack")), step("crop", "iw/2", "ih", 0, 0)
"""Side by side before planes of floats are rearranged, and back."""


def depth_of(pixel_format: str) -> int:
    """Bits of each number of a planar format."""
    return next((depth for depth in _DEPTHS if f"p{depth}" in pixel_format), 32 if "f32" in pixel_format else 8)


def colours(pixel_format: str) -> Chain:
    """The picture without its transparency, untouched."""
    wanted = without_alpha(pixel_format)
    if "f32" in pixel_format:
        return in_full(wanted)
    return (_planes((0, 0), (0, 1), (0, 2), pixel_format=wanted),)


def transparency(pixel_format: str) -> Chain:
    """The transparency as a grey picture in RGB planes: those are full range in every build."""
    if "f32" in pixel_format:
        only_alpha = step("colorchannelmixer", rr=0, ra=1, gg=0, ga=1, bb=0, ba=1)
        return (only_alpha, *in_full("gbrpf32le"))
    depth = depth_of(pixel_format)
    grey = "gbrp" if depth == 8 else f"gbrp{depth}le"  # noqa: PLR2004 - a byte
    return (_planes((0, 3), (0, 3), (0, 3), pixel_format=grey),)


def grey_floats() -> Chain:
    """Grey floats as RGB. Laid twice side by side first: ffmpeg 5 takes half of each row."""
    rgb = _planes((0, 0), (0, 0), (0, 0), pixel_format="gbrpf32le")
    return (step("format", "grayf32le"), _TWICE, rgb, _ONCE)


def together(pixel_format: str) -> Filter:
    """Joins a picture and a grey one of the same depth in whole numbers, which becomes its transparency."""
    return _planes((0, 0), (0, 1), (0, 2), (1, 0), pixel_format=pixel_format)


def together_floats(picture: Chain, alpha: Chain) -> Chain:
    """Float pictures, and floats of three equal planes as their transparency."""
    joined = _planes((0, 0), (0, 1), (0, 2), (1, 0), pixel_format="gbrapf32le")
    return (Fork(((*picture, _TWICE), (*alpha, _TWICE)), joined), _ONCE)


def in_range(positive: Filter) -> Chain:
    """Float pictures without NaN and infinity, what is negative kept; `positive` does that for the others."""
    turned = step("colorchannelmixer", rr=-1, gg=-1, bb=-1)
    halves = Fork(((positive,), (turned, positive, turned)), step("blend", all_mode="average"))
    return (halves, step("colorchannelmixer", rr=2, gg=2, bb=2))


def without_alpha(pixel_format: str) -> str:
    return pixel_format.replace("yuva", "yuv").replace("gbrap", "gbrp")


def in_full(pixel_format: str, size: Size | None = None) -> Chain:
    """RGB planes in another depth, or at another size, with the same meaning."""
    same = {"min": "gbr", "m": "gbr", "rin": "full", "r": "full"}
    return (step("zscale", **sized(size), **same), step("format", pixel_format))


def alpha_16(pixel_format: str) -> Chain:
    """From pictures with transparency to the transparency in 16 bits."""
    limited = (LIMIT,) if "f32" in pixel_format else ()
    return (*transparency(pixel_format), *limited, *in_full(ALPHA_16))


def alpha_float(pixel_format: str) -> Chain:
    """From pictures with transparency to the transparency as floats from 0 to 1."""
    limited = (LIMIT,) if "f32" in pixel_format else in_full("gbrpf32le")
    return (*transparency(pixel_format), *limited)


def multiplied(picture: Chain, by: Chain) -> Fork:
    """Float pictures: ffmpeg's whole numbers round down, and overflow."""
    return Fork((picture, by), step("blend", all_mode="multiply"))


def divided(picture: Chain, by: Chain) -> Fork:
    """Float pictures; 1.0 where the divisor is 0."""
    return Fork((picture, by), step("blend", all_mode="divide"))


def something(alpha: Chain) -> Chain:
    """From a chain that ends in float transparency: 1 where there is anything, else 0."""
    # The largest value `lut` gives is 255 of 256.
    mask = dict.fromkeys("rgb", "gt(val,0)*65535")
    whole = step("colorchannelmixer", **dict.fromkeys(("rr", "gg", "bb"), round(65535 / 65280, 6)))
    return (*alpha, *in_full(ALPHA_16), step("lutrgb", **mask), *in_full("gbrpf32le"), whole, LIMIT)


def _planes(*wanted: tuple[int, int], pixel_format: str) -> Filter:
    """Planes of the output, each as a number of an input and of its plane."""
    maps: dict[str, object] = {}
    for place, (stream, plane) in enumerate(wanted):
        maps |= {f"map{place}s": stream, f"map{place}p": plane}
    return step("mergeplanes", **maps, format=pixel_format)
