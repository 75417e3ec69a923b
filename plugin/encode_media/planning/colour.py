"""The colour of a picture as values: what the source is, and what the target must be. `conversion` leads there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from encode_media.errors import failure
from encode_media.media.formats import LOG_TRANSFER
from encode_media.model.media import ColourTags, SourceKind
from encode_media.model.preset import VideoSpec

HD_HEIGHT = 720
"""From this height on, video that doesn't name its matrix is taken for BT.709, below it for BT.601."""

SRGB_CURVE = "iec61966-2-1"
LINEAR_CURVE = "linear"
LOG_CURVE = LOG_TRANSFER

HDR_CURVES = ("smpte2084", "arib-std-b67")
_GRAPHICS_WHITES = {"smpte2084": 0.58, "arib-std-b67": 0.75}
"""203 cd/m2 (ITU-R BT.2408, table 1)."""
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
    def white(self) -> float:
        """Signal of graphics white: what is drawn at full signal would dazzle in HDR."""
        return _GRAPHICS_WHITES.get(self.curve, 1.0)

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
