"""The colour of a picture as filter steps: what the source is, what the target must be, how to get there.

Every conversion states matrix, range, primaries and curve on both sides and tags the frames afterwards;
nothing is left to what a build of ffmpeg assumes. All arithmetic is zscale's: it gives the same numbers on
ffmpeg 5 and 9, while swscale's differ, by up to seven code values. Measured, see docs/quality.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from encode_media.errors import failure
from encode_media.media.formats import LOG_TRANSFER
from encode_media.model.geometry import Size
from encode_media.model.media import ColourTags, SourceKind
from encode_media.model.preset import VideoSpec
from encode_media.planning.graph import Chain, Filter, step

SDR_WHITE_NITS = 203
"""HDR reference white, which becomes SDR white (ITU-R BT.2408)."""

HD_HEIGHT = 720
"""From this height on, video that doesn't name its matrix is taken for BT.709, below it for BT.601."""

SRGB_CURVE = "iec61966-2-1"
LINEAR_CURVE = "linear"
LOG_CURVE = LOG_TRANSFER

HDR_CURVES = ("smpte2084", "arib-std-b67")
MATRICES = {
    "bt709": "709", "smpte170m": "170m", "bt470bg": "470bg", "smpte240m": "240m", "fcc": "fcc",
    "bt2020nc": "2020_ncl", "bt2020c": "2020_cl", "gbr": "gbr",
}  # fmt: skip
"""The tags we convert from, by zscale's names."""
VIDEO_MATRICES = {"709": "bt709", "2020_ncl": "bt2020nc"}
_MATRIX_WORDS = {"smpte170m": "BT.601", "bt470bg": "BT.601", "bt709": "BT.709", "bt2020nc": "BT.2020"}
WIDE_PRIMARIES = {"bt2020": "2020", "smpte432": "smpte432", "smpte431": "smpte431"}
"""Primaries that are converted. Those of standard definition are so near to BT.709's that they are kept."""


class Light(str, Enum):
    """What the numbers of a picture mean."""

    SCENE_LINEAR = "scene-linear RGB"
    LOG = "printing density RGB"
    RGB = "RGB"
    YUV = "YUV"
    HDR = "HDR"
    WIDE = "wide gamut"


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
    alpha: bool = False
    """Straight transparency is still in the pictures."""
    keep: bool = False
    """HDR stays what it is in outputs that can show it."""
    display: str = ""
    """The display a view of OpenColorIO is for, where that is no BT.709 or sRGB screen: movies must be able to
    say so."""
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
    primaries: str = "bt709"

    @property
    def alpha(self) -> bool:
        """Whether transparency is kept."""
        return self.pixel_format.startswith(("yuva", "rgba", "gbrap", "ya"))

    @property
    def deep(self) -> bool:
        return any(depth in self.pixel_format for depth in ("10", "48", "64", "p16", "f32"))

    @property
    def linear(self) -> bool:
        """Scene-linear light, as in EXR."""
        return self.curve == LINEAR_CURVE

    @property
    def words(self) -> str:
        """For notes on movies."""
        gamut = {"bt2020": "BT.2020", "smpte432": "P3-D65"}.get(self.primaries, "BT.709")
        tagged = {SRGB_CURVE: "sRGB", "bt709": "BT.709", "smpte2084": "PQ", "arib-std-b67": "HLG"}
        return f"{gamut} limited range, tagged {tagged.get(self.curve, self.curve)}"

    @property
    def tags(self) -> ColourTags:
        """What the file must say. Images say nothing that readers agree on."""
        if self.full_range or self.matrix not in VIDEO_MATRICES:
            return ColourTags()
        matrix = VIDEO_MATRICES[self.matrix]
        return ColourTags(range="tv", matrix=matrix, primaries=self.primaries, transfer=self.curve)


RGB8 = TargetColour(pixel_format="rgb24", curve=SRGB_CURVE, matrix="gbr", full_range=True)
RGB8_SOURCE = SourceColour(light=Light.RGB, pixel_format="rgb24")
"""What pictures are worked on in between: choosing, laying side by side, palettes."""

RGB16 = TargetColour(pixel_format="rgb48be", curve=SRGB_CURVE, matrix="gbr", full_range=True)


def matrix_words(matrix: str) -> str:
    return _MATRIX_WORDS.get(matrix, matrix)


def target_colour(spec: VideoSpec, source: SourceColour, kind: SourceKind) -> TargetColour:
    """What the output must be; the transfer tag follows the source unless the preset names one."""
    curve = {"bt709": "bt709", "srgb": SRGB_CURVE}.get(spec.transfer) or _automatic_curve(source, kind)
    fixed = _image_target(spec)
    if fixed is not None:
        return fixed
    if source.display or (source.keep and source.light is Light.HDR and spec.transfer == "auto"):
        kept = TargetColour(
            pixel_format=spec.pixel_format, curve=source.curve, primaries=source.primaries,
            matrix="2020_ncl" if source.primaries == "bt2020" or source.light is Light.HDR else "709",
        )  # fmt: skip
        # Eight bits would show bands: such outputs are tone-mapped all the same.
        if kept.deep or source.light is Light.WIDE:
            return kept
        if source.display:
            raise failure("ocio.display_target", display=source.display, target=f"{spec.codec} of 8 bits")
    return TargetColour(pixel_format=spec.pixel_format, curve=curve)


def _image_target(spec: VideoSpec) -> TargetColour | None:
    """What images are, whatever the source: their readers go by the format. None for movies."""
    if spec.codec == "gif":
        return RGB8
    if spec.codec == "webp":
        # VP8 knows no other YUV (RFC 6386, section 9.2).
        return TargetColour(pixel_format=spec.pixel_format, curve=SRGB_CURVE, matrix="170m")
    if spec.codec == "exr":
        planar = "gbrapf32le" if "gbrap" in spec.pixel_format else "gbrpf32le"
        return TargetColour(pixel_format=planar, curve=LINEAR_CURVE, matrix="gbr", full_range=True)
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


LIMIT = step("lut1d")
"""Without a file `lut1d` changes nothing but what lies outside 0 to 1: NaN becomes black, infinity white. zscale
makes black of infinity, of linear values above 32768 and, on some processors, white of NaN; `lut3d` of ffmpeg 9
crashes on NaN."""


def convert(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    """The steps from decoded frames to tagged frames of the target, scaled to `size` on the way."""
    square = () if size is None else (step("setsar", 1),)
    return (*arithmetic(source, target, size), *stored_as(target), *square, tag(target))


def rescale(target: TargetColour, size: Size) -> Chain:
    """A smaller picture from frames that are the target's already; a video target."""
    same = {"min": target.matrix, "m": target.matrix, "rin": "limited", "r": "limited"}
    return (
        step("zscale", **sized(size), **same, **_dither(target)),
        *stored_as(target),
        step("setsar", 1),
        tag(target),
    )


def arithmetic(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    if size is None and _is_already(source, target):
        return ()
    if source.light is Light.HDR:
        return _from_hdr(source, target, size)
    if source.light is Light.RGB and not source.deep:
        return (step("format", "gbrp"), zscale(source, target, size))
    if source.light is Light.SCENE_LINEAR and "f32" in source.pixel_format and not target.linear:
        return (LIMIT, zscale(source, target, size))
    return (zscale(source, target, size),)


def _is_already(source: SourceColour, target: TargetColour) -> bool:
    if source.light is Light.RGB:
        return source.pixel_format == target.pixel_format
    return (
        source.light is Light.YUV
        and source.pixel_format == target.pixel_format
        and source.full_range == target.full_range
        and MATRICES[source.matrix] == target.matrix
    )


def zscale(source: SourceColour, target: TargetColour, size: Size | None = None) -> Filter:
    """One conversion, with curve and primaries where they change."""
    given: dict[str, object] = {"min": MATRICES[source.matrix], "rin": "full" if source.full_range else "limited"}
    wanted: dict[str, object] = {"m": target.matrix, "r": "full" if target.full_range else "limited"}
    curve = LINEAR_CURVE if target.linear else SRGB_CURVE
    if source.light is Light.SCENE_LINEAR:
        given |= {"tin": "linear", "pin": "709"}
        wanted |= {"t": curve, "p": "709"}
    elif source.light is Light.WIDE and target.primaries == "bt709":
        # In the light of an sRGB display: by its own curves zscale would take BT.709 for a power of 2.4.
        given |= {"tin": SRGB_CURVE, "pin": WIDE_PRIMARIES[source.primaries]}
        wanted |= {"t": curve, "p": "709"}
    elif target.linear:
        # Back by the curve that scene-linear pictures are shown with.
        given |= {"tin": SRGB_CURVE, "pin": "709"}
        wanted |= {"t": LINEAR_CURVE, "p": "709"}
    return step("zscale", **sized(size), **given, **wanted, **_dither(target))


def _dither(target: TargetColour) -> dict[str, object]:
    """Rounding to 8 bits is spread over neighbours: half the error, no bands. 10 bits round finely enough."""
    return {} if target.deep else {"dither": "error_diffusion"}


def _from_hdr(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    if target.curve in HDR_CURVES:
        return (_hdr_kept(source, target, size),)
    if target.linear:
        return (_hdr_to_linear(source, size),)
    linear = SourceColour(light=Light.SCENE_LINEAR, pixel_format="gbrpf32le", curve="linear")
    return (*_tone_map(source, size), zscale(linear, target))


def _tone_map(source: SourceColour, size: Size | None) -> Chain:
    """Colours up to reference white are kept, brighter ones rolled off."""
    return (
        _hdr_to_linear(source, size),
        step("format", "gbrpf32le"),
        step("tonemap", "mobius", param="0.7", desat=0),
    )


def _hdr_kept(source: SourceColour, target: TargetColour, size: Size | None) -> Filter:
    """The same light and curve; only size, range and primaries change."""
    same = {"tin": source.curve, "t": source.curve}
    return step(
        "zscale", **sized(size), min=MATRICES[source.matrix], rin="full" if source.full_range else "limited",
        pin=WIDE_PRIMARIES.get(source.primaries, "709"), **same, m=target.matrix,
        p=WIDE_PRIMARIES.get(target.primaries, "2020"), r="full" if target.full_range else "limited",
    )  # fmt: skip


def _hdr_to_linear(source: SourceColour, size: Size | None) -> Filter:
    """Linear light where reference white is 1.0."""
    return step(
        "zscale", **sized(size), min=MATRICES[source.matrix], rin="full" if source.full_range else "limited",
        pin=WIDE_PRIMARIES.get(source.primaries, "709"), tin=source.curve, t="linear", npl=SDR_WHITE_NITS,
        m="gbr", p="709", r="full",
    )  # fmt: skip


def stored_as(target: TargetColour) -> Chain:
    """The pixel format, by rearrangement only: the numbers are the target's already."""
    wanted = step("format", target.pixel_format)
    if target.linear:
        return (wanted,)
    if target.matrix == "gbr":
        planar = "gbrp16le" if target.deep else "gbrp"
        return (step("format", planar), wanted)
    if not target.pixel_format.startswith("yuvj"):
        return (wanted,)
    renamed = step("scale", in_range="full", out_range="full", in_color_matrix="bt601", out_color_matrix="bt601")
    return (step("format", target.pixel_format.replace("yuvj", "yuv")), renamed, wanted)


def tag(target: TargetColour) -> Filter:
    """What the encoder writes into the file. An image with a video's curve would be darkened by viewers."""
    matrix = {**VIDEO_MATRICES, "170m": "smpte170m"}.get(target.matrix, target.matrix)
    return step(
        "setparams", range="pc" if target.full_range else "tv", colorspace=matrix,
        color_primaries=target.primaries, color_trc=target.curve,
    )  # fmt: skip


def sized(size: Size | None) -> dict[str, object]:
    return {} if size is None else {"w": size[0], "h": size[1], "f": "lanczos"}
