"""The colour of a picture as filter steps: what the source is, what the target must be, how to get there.

Every conversion states matrix, range, primaries and curve on both sides and tags the frames afterwards;
nothing is left to what a build of ffmpeg assumes. The chains were measured, see docs/quality.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from encode_media.model.geometry import Size
from encode_media.model.media import ColourTags, SourceKind, VideoStream
from encode_media.model.preset import VideoSpec
from encode_media.planning.graph import Chain, Filter, step

SDR_WHITE_NITS = 203
"""HDR reference white that becomes SDR white (ITU-R BT.2408)."""

HD_HEIGHT = 720
"""From this height on, video that doesn't name its matrix is taken for BT.709, below it for BT.601."""

SCALE_FLAGS = "lanczos+accurate_rnd+full_chroma_int"
"""accurate_rnd and full_chroma_int: error 1.2 instead of 1.7 code values; measured."""

SRGB_CURVE = "iec61966-2-1"

_HDR_CURVES = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
_SWSCALE_MATRIX = {
    "bt709": "bt709",
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "smpte240m": "smpte240m",
    "fcc": "fcc",
    "bt2020nc": "bt2020",
}
_ZSCALE_MATRIX = {
    "bt709": "709",
    "smpte170m": "170m",
    "bt470bg": "470bg",
    "smpte240m": "240m",
    "fcc": "fcc",
    "bt2020nc": "2020_ncl",
    "bt2020c": "2020_cl",
}
_ZSCALE_PRIMARIES = {"bt2020": "2020", "smpte432": "smpte432", "smpte431": "smpte431"}
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
    matrix: str = "gbr"
    full_range: bool = True
    curve: str = SRGB_CURVE
    primaries: str = "bt709"
    deep: bool = False
    """More than 8 bits: converted by zscale, which keeps them."""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColour:
    """What an output must be."""

    pixel_format: str
    curve: str
    """The transfer tag; the numbers are the same for BT.709 and sRGB displays."""
    light: Light = Light.YUV
    matrix: str = "bt709"
    full_range: bool = False

    @property
    def tags(self) -> ColourTags:
        """What the file must say; images say nothing that readers agree on."""
        if self.light is Light.RGB or self.full_range:
            return ColourTags()
        return ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer=self.curve)


def source_colour(video: VideoStream) -> SourceColour:
    """What the stream's numbers mean, with every guess in words."""
    tags = video.colour
    deep = video.bit_depth > 8  # noqa: PLR2004 - a byte
    if video.is_float or tags.transfer == "linear":
        return SourceColour(light=Light.SCENE_LINEAR, curve="linear", deep=True)
    if video.is_rgb or video.pixel_format.startswith(("gray", "ya", "mono", "pal8")):
        return SourceColour(light=Light.RGB, deep=deep)
    return _yuv_colour(video, deep=deep)


def _yuv_colour(video: VideoStream, *, deep: bool) -> SourceColour:
    tags, assumed = video.colour, []
    full_range = tags.range == "pc" or video.pixel_format.startswith("yuvj")
    if tags.range is None and not full_range:
        assumed.append("limited range")
    matrix = tags.matrix
    if matrix not in _ZSCALE_MATRIX:
        if video.codec == "mjpeg":
            matrix = "bt470bg"
        elif tags.primaries == "bt2020":
            matrix = "bt2020nc"
        else:
            matrix = "bt709" if video.height >= HD_HEIGHT else "smpte170m"
        assumed.append(f"the matrix {matrix_name(matrix)}")
    colour = SourceColour(
        light=Light.YUV,
        matrix=matrix,
        full_range=full_range,
        curve=tags.transfer or "bt709",
        primaries=tags.primaries or "bt709",
        deep=deep,
        assumed=tuple(assumed),
    )
    if colour.curve in _HDR_CURVES:
        return replace(colour, light=Light.HDR, primaries=tags.primaries or "bt2020", deep=True)
    if colour.primaries in _ZSCALE_PRIMARIES or matrix == "bt2020c":
        return replace(colour, light=Light.WIDE, deep=True)
    return colour


def matrix_name(matrix: str) -> str:
    return {"smpte170m": "BT.601", "bt470bg": "BT.601", "bt709": "BT.709", "bt2020nc": "BT.2020"}.get(
        matrix, matrix
    )


def target_colour(spec: VideoSpec, source: SourceColour, kind: SourceKind) -> TargetColour:
    """What the output must be; the transfer tag follows the source unless the preset names one."""
    curve = {"bt709": "bt709", "srgb": SRGB_CURVE}.get(spec.transfer) or _automatic_curve(source, kind)
    if spec.codec == "png":
        return TargetColour(
            pixel_format=spec.pixel_format, curve=curve, light=Light.RGB, matrix="gbr", full_range=True
        )
    if spec.codec == "mjpeg":
        # JFIF has no tag for the matrix: readers take BT.601, full range.
        return TargetColour(pixel_format=spec.pixel_format, curve=curve, matrix="bt601", full_range=True)
    return TargetColour(pixel_format=spec.pixel_format, curve=curve)


def _automatic_curve(source: SourceColour, kind: SourceKind) -> str:
    if kind is not SourceKind.MOVIE or source.light is Light.SCENE_LINEAR:
        return SRGB_CURVE
    return SRGB_CURVE if source.curve == SRGB_CURVE or source.light is Light.HDR else "bt709"


def convert(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    """The steps from decoded frames to tagged frames of the target, scaled to `size` on the way."""
    if target.light is Light.RGB:
        return (*_to_rgb(source, target.pixel_format, size), *_square(size), _tag_image())
    if target.full_range:
        return (*_to_jpeg(source, target, size), *_square(size))
    return (*_to_video(source, target, size), step("format", target.pixel_format), *_square(size), _tag(target))


def rescale(target: TargetColour, size: Size) -> Chain:
    """A smaller picture from frames that are the target's already."""
    scaled = step(
        "scale", **_size("w", "h", size), in_range="limited", out_range="limited",
        in_color_matrix="bt709", out_color_matrix="bt709", flags=SCALE_FLAGS,
    )  # fmt: skip
    return (scaled, step("format", target.pixel_format), *_square(size), _tag(target))


def flatten(
    video: VideoStream, source: SourceColour, background: tuple[float, float, float]
) -> tuple[Chain, SourceColour]:
    """Transparency laid over a background colour (0 to 1, as displayed), and the colour that results.

    Alpha is taken for straight, as in PNG. Only a scene-linear picture is premultiplied: dropping its alpha
    shows it over black, as it was rendered.
    """
    if not video.has_alpha or source.light is Light.SCENE_LINEAR:
        return (), source
    steps: list[Filter] = []
    if source.light is not Light.RGB:
        steps.append(step("scale", **_yuv_input(source), out_range="full", flags=SCALE_FLAGS))
    steps += [step("format", "gbrap16le"), step("premultiply", inplace=1)]
    if any(background):
        # over: colour + background * (1 - alpha), with alpha turned round in place
        red, green, blue = background
        steps += [step("lutrgb", a="negval"), step("colorchannelmixer", ra=red, ga=green, ba=blue)]
    steps.append(step("format", "gbrp16le"))
    return tuple(steps), SourceColour(light=Light.RGB, deep=True, assumed=source.assumed)


def _to_video(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    if source.light in (Light.SCENE_LINEAR, Light.HDR, Light.WIDE):
        return _display_light(source, matrix="709", full_range=False, size=size)
    if source.light is Light.RGB and source.deep:
        # swscale loses a code value on 16-bit RGB; zscale does not
        return (
            step("zscale", **_size("w", "h", size), **_lanczos(size), min="gbr", m="709", rin="full", r="limited",
                 dither="error_diffusion"),
        )  # fmt: skip
    given = {"in_range": "full"} if source.light is Light.RGB else _yuv_input(source)
    return (
        step("scale", **_size("w", "h", size), **given, out_range="limited", out_color_matrix="bt709",
             flags=SCALE_FLAGS),
    )  # fmt: skip


def _to_rgb(source: SourceColour, pixel_format: str, size: Size | None) -> Chain:
    if source.light in (Light.SCENE_LINEAR, Light.HDR, Light.WIDE):
        planar = step("format", _planar_rgb(pixel_format))
        return (
            *_display_light(source, matrix="gbr", full_range=True, size=size),
            planar,
            step("format", pixel_format),
        )
    if source.light is Light.YUV and not source.deep:
        scaled = step("scale", **_size("w", "h", size), **_yuv_input(source), out_range="full", flags=SCALE_FLAGS)
        return (scaled, step("format", pixel_format))
    if source.light is Light.RGB and not source.deep and size is None:
        return (step("format", pixel_format),)
    if source.light is Light.RGB and not source.deep:
        return (step("scale", **_size("w", "h", size), flags=SCALE_FLAGS), step("format", pixel_format))
    scaled = step(
        "zscale", **_size("w", "h", size), **_lanczos(size), min=_zscale_matrix(source), m="gbr",
        rin=_range(source), r="full", dither="error_diffusion",
    )  # fmt: skip
    return (scaled, step("format", _planar_rgb(pixel_format)), step("format", pixel_format))


def _to_jpeg(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    if source.light is Light.YUV and not source.deep:
        scaled = step(
            "scale", **_size("w", "h", size), **_yuv_input(source), out_range="full", out_color_matrix="bt601",
            flags=SCALE_FLAGS,
        )  # fmt: skip
        return (scaled, step("format", target.pixel_format))
    converted = step("scale", in_range="full", out_range="full", out_color_matrix="bt601", flags=SCALE_FLAGS)
    return (*_to_rgb(source, "gbrp", size), converted, step("format", target.pixel_format))


def _display_light(source: SourceColour, *, matrix: str, full_range: bool, size: Size | None) -> Chain:
    """From linear, HDR or wide-gamut numbers to sRGB display numbers in BT.709 primaries."""
    output = {"m": matrix, "r": "full" if full_range else "limited", "p": "709", "dither": "error_diffusion"}
    if source.light is Light.WIDE:
        curve = _zscale_curve(source.curve)
        return (
            step("zscale", **_size("w", "h", size), **_lanczos(size), tin=curve, t=curve, **_zscale_input(source),
                 **output),
        )  # fmt: skip
    if source.light is Light.HDR:
        return (*_tone_map(source, size), _linear_to_display({}, output))
    return (_linear_to_display({**_size("w", "h", size), **_lanczos(size)}, output),)


def _linear_to_display(sized: dict[str, object], output: dict[str, str]) -> Filter:
    return step("zscale", **sized, tin="linear", t=SRGB_CURVE, pin="709", min="gbr", rin="full", **output)


def _tone_map(source: SourceColour, size: Size | None) -> Chain:
    """HDR to linear light where SDR white is 1.0: colours up to there are kept, brighter ones rolled off."""
    linear = step(
        "zscale", **_size("w", "h", size), **_lanczos(size), **_zscale_input(source), tin=source.curve,
        t="linear", npl=SDR_WHITE_NITS, m="gbr", p="709", r="full",
    )  # fmt: skip
    return (linear, step("format", "gbrpf32le"), step("tonemap", "mobius", param="0.7", desat=0))


def _tag(target: TargetColour) -> Filter:
    return step("setparams", range="tv", colorspace="bt709", color_primaries="bt709", color_trc=target.curve)


def _tag_image() -> Filter:
    """PNG writes the frame's curve into the file; left at a video's, viewers would darken it again."""
    return step("setparams", range="pc", colorspace="gbr", color_primaries="bt709", color_trc=SRGB_CURVE)


def _square(size: Size | None) -> Chain:
    """Scaling rounds the pixel aspect to something like 5769:5776; pixels are square from here on."""
    return () if size is None else (step("setsar", 1),)


def _size(width: str, height: str, size: Size | None) -> dict[str, object]:
    return {} if size is None else {width: size[0], height: size[1]}


def _lanczos(size: Size | None) -> dict[str, object]:
    return {} if size is None else {"f": "lanczos"}


def _yuv_input(source: SourceColour) -> dict[str, object]:
    return {"in_range": _range(source), "in_color_matrix": _SWSCALE_MATRIX[source.matrix]}


def _zscale_input(source: SourceColour) -> dict[str, object]:
    return {
        "min": _zscale_matrix(source),
        "rin": _range(source),
        "pin": _ZSCALE_PRIMARIES.get(source.primaries, "709"),
    }


def _zscale_matrix(source: SourceColour) -> str:
    return "gbr" if source.light is Light.RGB else _ZSCALE_MATRIX[source.matrix]


def _zscale_curve(curve: str) -> str:
    return {SRGB_CURVE: SRGB_CURVE, "smpte170m": "601", "bt2020-10": "2020_10", "bt2020-12": "2020_12"}.get(
        curve, "709"
    )


def _range(source: SourceColour) -> str:
    return "full" if source.full_range else "limited"


def _planar_rgb(pixel_format: str) -> str:
    """The planar form zscale writes, from which packed RGB is only a rearrangement."""
    return "gbrp16le" if "48" in pixel_format or "16" in pixel_format else "gbrp"
