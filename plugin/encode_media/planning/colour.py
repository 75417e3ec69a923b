"""The colour of a picture as filter steps: what the source is, what the target must be, how to get there.

Every conversion states matrix, range, primaries and curve on both sides and tags the frames afterwards;
nothing is left to what a build of ffmpeg assumes. All arithmetic is zscale's: it gives the same numbers on
ffmpeg 5 and 9, while swscale's differ, by up to seven code values. Measured, see docs/quality.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from encode_media.model.geometry import Size
from encode_media.model.media import ColourTags, SourceKind, VideoStream
from encode_media.model.preset import VideoSpec
from encode_media.planning.graph import Chain, Filter, step

SDR_WHITE_NITS = 203
"""HDR reference white, which becomes SDR white (ITU-R BT.2408)."""

HD_HEIGHT = 720
"""From this height on, video that doesn't name its matrix is taken for BT.709, below it for BT.601."""

SRGB_CURVE = "iec61966-2-1"
LINEAR_CURVE = "linear"

_HDR_CURVES = ("smpte2084", "arib-std-b67")
_MATRICES = {
    "bt709": "709", "smpte170m": "170m", "bt470bg": "470bg", "smpte240m": "240m", "fcc": "fcc",
    "bt2020nc": "2020_ncl", "bt2020c": "2020_cl", "gbr": "gbr",
}  # fmt: skip
"""The tags we convert from, by zscale's names."""
_MATRIX_WORDS = {"smpte170m": "BT.601", "bt470bg": "BT.601", "bt709": "BT.709", "bt2020nc": "BT.2020"}
_WIDE_PRIMARIES = {"bt2020": "2020", "smpte432": "smpte432", "smpte431": "smpte431"}
"""Primaries that are converted. Those of standard definition are so near to BT.709's that they are kept."""


class Light(str, Enum):
    """What the numbers of a picture mean."""

    SCENE_LINEAR = "scene-linear RGB"
    RGB = "RGB"
    YUV = "YUV"
    HDR = "HDR YUV"
    WIDE = "wide-gamut YUV"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColour:
    """What the source is taken for; `assumed` says in words what it didn't tell itself."""

    light: Light
    pixel_format: str
    matrix: str = "gbr"
    full_range: bool = True
    curve: str = SRGB_CURVE
    primaries: str = "bt709"
    deep: bool = False
    """More than 8 bits."""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColour:
    """What an output must be."""

    pixel_format: str
    curve: str
    """The transfer tag; the numbers are the same for BT.709 and sRGB displays."""
    matrix: str = "709"
    """By zscale's name; `gbr` is RGB."""
    full_range: bool = False

    @property
    def deep(self) -> bool:
        return any(depth in self.pixel_format for depth in ("10", "48", "f32"))

    @property
    def linear(self) -> bool:
        """Scene-linear light, as in EXR."""
        return self.curve == LINEAR_CURVE

    @property
    def tags(self) -> ColourTags:
        """What the file must say. Images say nothing that readers agree on."""
        if self.full_range or self.matrix != "709":
            return ColourTags()
        return ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer=self.curve)


RGB8 = TargetColour(pixel_format="rgb24", curve=SRGB_CURVE, matrix="gbr", full_range=True)
RGB8_SOURCE = SourceColour(light=Light.RGB, pixel_format="rgb24")
"""What pictures are worked on in between: choosing, laying side by side, palettes."""

_RGB16 = TargetColour(pixel_format="rgb48be", curve=SRGB_CURVE, matrix="gbr", full_range=True)


def source_colour(video: VideoStream) -> SourceColour:
    """What the stream's numbers mean, with every guess in words."""
    deep = video.bit_depth > 8  # noqa: PLR2004 - a byte
    if video.is_float or video.colour.transfer == "linear":
        return SourceColour(light=Light.SCENE_LINEAR, pixel_format=video.pixel_format, curve="linear", deep=True)
    if video.is_rgb or video.pixel_format.startswith(("gray", "ya", "mono", "pal8")):
        curve = video.colour.transfer or SRGB_CURVE
        return SourceColour(light=Light.RGB, pixel_format=video.pixel_format, deep=deep, curve=curve)
    return _yuv_colour(video, deep=deep)


def _yuv_colour(video: VideoStream, *, deep: bool) -> SourceColour:
    tags = video.colour
    full_range = tags.range == "pc" or video.pixel_format.startswith("yuvj")
    matrix = tags.matrix if tags.matrix in _MATRICES else _guessed_matrix(video)
    assumed = [] if tags.range or full_range else ["limited range"]
    if matrix != tags.matrix:
        assumed.append(f"the matrix {matrix_words(matrix)}")
    colour = SourceColour(
        light=Light.YUV,
        pixel_format=video.pixel_format,
        matrix=matrix,
        full_range=full_range,
        curve=tags.transfer or "bt709",
        primaries=tags.primaries or "bt709",
        deep=deep,
        assumed=tuple(assumed),
    )
    if colour.curve in _HDR_CURVES:
        return replace(colour, light=Light.HDR, primaries=tags.primaries or "bt2020")
    return replace(colour, light=Light.WIDE) if colour.primaries in _WIDE_PRIMARIES else colour


def _guessed_matrix(video: VideoStream) -> str:
    if video.codec == "mjpeg":
        return "bt470bg"
    if video.colour.primaries == "bt2020" or video.colour.transfer in _HDR_CURVES:
        return "bt2020nc"
    return "bt709" if video.height >= HD_HEIGHT else "smpte170m"


def matrix_words(matrix: str) -> str:
    return _MATRIX_WORDS.get(matrix, matrix)


def target_colour(spec: VideoSpec, source: SourceColour, kind: SourceKind) -> TargetColour:
    """What the output must be; the transfer tag follows the source unless the preset names one."""
    curve = {"bt709": "bt709", "srgb": SRGB_CURVE}.get(spec.transfer) or _automatic_curve(source, kind)
    fixed = _image_target(spec)
    if fixed is not None:
        return fixed
    return TargetColour(pixel_format=spec.pixel_format, curve=curve)


def _image_target(spec: VideoSpec) -> TargetColour | None:
    """What images are, whatever the source: their readers go by the format. None for movies."""
    if spec.codec == "gif":
        return RGB8
    if spec.codec == "webp":
        # VP8 knows no other YUV (RFC 6386, section 9.2).
        return TargetColour(pixel_format=spec.pixel_format, curve=SRGB_CURVE, matrix="170m")
    if spec.codec == "exr":
        return TargetColour(pixel_format=spec.pixel_format, curve=LINEAR_CURVE, matrix="gbr", full_range=True)
    if spec.codec == "png":
        return TargetColour(pixel_format=spec.pixel_format, curve=SRGB_CURVE, matrix="gbr", full_range=True)
    if spec.codec == "mjpeg":
        # JFIF has no tag for the matrix: readers take BT.601, full range.
        return TargetColour(pixel_format=spec.pixel_format, curve=SRGB_CURVE, matrix="170m", full_range=True)
    return None


def _automatic_curve(source: SourceColour, kind: SourceKind) -> str:
    if kind is not SourceKind.MOVIE or source.light in (Light.SCENE_LINEAR, Light.HDR):
        return SRGB_CURVE
    return SRGB_CURVE if source.curve == SRGB_CURVE else "bt709"


def convert(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    """The steps from decoded frames to tagged frames of the target, scaled to `size` on the way."""
    square = () if size is None else (step("setsar", 1),)
    return (*_arithmetic(source, target, size), *_stored_as(target), *square, _tag(target))


def rescale(target: TargetColour, size: Size) -> Chain:
    """A smaller picture from frames that are the target's already; a video target."""
    same = {"min": "709", "m": "709", "rin": "limited", "r": "limited"}
    return (
        step("zscale", **_sized(size), **same, **_dither(target)),
        *_stored_as(target),
        step("setsar", 1),
        _tag(target),
    )


def flatten(
    video: VideoStream, source: SourceColour, background: tuple[float, float, float]
) -> tuple[Chain, SourceColour]:
    """Transparency laid over a background colour (0 to 1, as displayed), and the colour that results.

    Alpha is taken for straight, as in PNG. Only a scene-linear picture is premultiplied: dropping its alpha
    shows it over black, as it was rendered.
    """
    if not video.has_alpha or source.light is Light.SCENE_LINEAR:
        return (), source
    steps = [*_deep_alpha(source), step("premultiply", inplace=1)]
    if any(background):
        # over: colour + background * (1 - alpha), with alpha turned round in place
        red, green, blue = background
        steps += [step("negate", components="a"), step("colorchannelmixer", ra=red, ga=green, ba=blue)]
    opaque = SourceColour(
        light=Light.RGB, pixel_format="gbrp16le", deep=True, curve=source.curve, assumed=source.assumed
    )
    # Dropping the alpha plane is zscale's work: swscale of ffmpeg 9 darkens whites by seven code values there.
    return (*steps, _zscale(opaque, _RGB16), step("format", "gbrp16le")), opaque


def _deep_alpha(source: SourceColour) -> list[Filter]:
    """16-bit RGB with alpha: a premultiplication in 8 bits would round twice."""
    deep = step("format", "gbrap16le")
    if source.deep and source.light is Light.RGB:
        return [deep]
    widened = [_zscale(source, _RGB16), deep]
    if source.light is Light.RGB:
        widened.insert(0, step("format", "gbrap"))
    # ffmpeg 5 widens an alpha of 255 to 65280 only; brought up to 65535, which clips where it is there already.
    return [*widened, step("colorchannelmixer", aa=round(65535 / 65280, 6))]


def _arithmetic(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    if size is None and _is_already(source, target):
        return ()
    if source.light is Light.HDR and target.linear:
        return (_hdr_to_linear(source, size),)
    if source.light is Light.HDR:
        linear = SourceColour(light=Light.SCENE_LINEAR, pixel_format="gbrpf32le", curve="linear")
        return (*_tone_map(source, size), _zscale(linear, target))
    planar = (step("format", "gbrp"),) if source.light is Light.RGB and not source.deep else ()
    return (*planar, _zscale(source, target, size))


def _is_already(source: SourceColour, target: TargetColour) -> bool:
    if source.light is Light.RGB:
        return source.pixel_format == target.pixel_format
    return (
        source.light is Light.YUV
        and source.pixel_format == target.pixel_format
        and source.full_range == target.full_range
        and _MATRICES[source.matrix] == target.matrix
    )


def _zscale(source: SourceColour, target: TargetColour, size: Size | None = None) -> Filter:
    """One conversion, with curve and primaries where they change."""
    given: dict[str, object] = {"min": _MATRICES[source.matrix], "rin": "full" if source.full_range else "limited"}
    wanted: dict[str, object] = {"m": target.matrix, "r": "full" if target.full_range else "limited"}
    curve = LINEAR_CURVE if target.linear else SRGB_CURVE
    if source.light is Light.SCENE_LINEAR:
        given |= {"tin": "linear", "pin": "709"}
        wanted |= {"t": curve, "p": "709"}
    elif source.light is Light.WIDE:
        # In the light of an sRGB display: by its own curves zscale would take BT.709 for a power of 2.4.
        given |= {"tin": SRGB_CURVE, "pin": _WIDE_PRIMARIES[source.primaries]}
        wanted |= {"t": curve, "p": "709"}
    elif target.linear:
        # Back by the curve that scene-linear pictures are shown with.
        given |= {"tin": SRGB_CURVE, "pin": "709"}
        wanted |= {"t": LINEAR_CURVE, "p": "709"}
    return step("zscale", **_sized(size), **given, **wanted, **_dither(target))


def _dither(target: TargetColour) -> dict[str, object]:
    """Rounding to 8 bits is spread over neighbours: half the error, no bands. 10 bits round finely enough."""
    return {} if target.deep else {"dither": "error_diffusion"}


def _tone_map(source: SourceColour, size: Size | None) -> Chain:
    """Colours up to reference white are kept, brighter ones rolled off."""
    return (
        _hdr_to_linear(source, size),
        step("format", "gbrpf32le"),
        step("tonemap", "mobius", param="0.7", desat=0),
    )


def _hdr_to_linear(source: SourceColour, size: Size | None) -> Filter:
    """Linear light where reference white is 1.0."""
    return step(
        "zscale", **_sized(size), min=_MATRICES[source.matrix], rin="full" if source.full_range else "limited",
        pin=_WIDE_PRIMARIES.get(source.primaries, "709"), tin=source.curve, t="linear", npl=SDR_WHITE_NITS,
        m="gbr", p="709", r="full",
    )  # fmt: skip


def _stored_as(target: TargetColour) -> Chain:
    """The pixel format, by rearrangement only: the numbers are the target's already."""
    wanted = step("format", target.pixel_format)
    if target.linear:
        return (wanted,)
    if target.matrix == "gbr":
        planar = "gbrp16le" if "48" in target.pixel_format else "gbrp"
        return (step("format", planar), wanted)
    if not target.pixel_format.startswith("yuvj"):
        return (wanted,)
    renamed = step("scale", in_range="full", out_range="full", in_color_matrix="bt601", out_color_matrix="bt601")
    return (step("format", target.pixel_format.replace("yuvj", "yuv")), renamed, wanted)


def _tag(target: TargetColour) -> Filter:
    """What the encoder writes into the file. An image with a video's curve would be darkened by viewers."""
    matrix = {"709": "bt709", "170m": "smpte170m"}.get(target.matrix, target.matrix)
    return step(
        "setparams", range="pc" if target.full_range else "tv", colorspace=matrix, color_primaries="bt709",
        color_trc=target.curve,
    )  # fmt: skip


def _sized(size: Size | None) -> dict[str, object]:
    return {} if size is None else {"w": size[0], "h": size[1], "f": "lanczos"}
