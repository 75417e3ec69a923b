"""From one colour to another, as filter steps.

Every conversion states matrix, range, primaries and curve on both sides and tags the frames afterwards;
nothing is left to what a build of ffmpeg assumes. All arithmetic is zscale's: it gives the same numbers on
ffmpeg 5 and 9, while swscale's differ, by up to seven code values. Measured, see docs/quality.md.
"""

from __future__ import annotations

from encode_media.model.geometry import Size
from encode_media.planning.colour import (
    HDR_CURVES,
    LINEAR_CURVE,
    MATRICES,
    SRGB_CURVE,
    VIDEO_MATRICES,
    WIDE_PRIMARIES,
    Light,
    SourceColour,
    TargetColour,
)
from encode_media.planning.graph import Chain, Filter, step

SDR_WHITE_NITS = 203
"""HDR reference white, which becomes SDR white (ITU-R BT.2408)."""

LIMIT = step("lut1d")
"""Without a file `lut1d` changes nothing but what lies outside 0 to 1: NaN becomes black, infinity white. zscale
makes black of infinity, of linear values above 32768 and, on some processors, white of NaN; `lut3d` of ffmpeg 9
crashes on NaN."""


WITHOUT_HDR_METADATA = tuple(
    step("sidedata", mode="delete", type=kind)
    for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL", "DYNAMIC_HDR_PLUS", 23, 24)
)
"""ffmpeg 9 hands on what the source says of its light, and encoders write it beside SDR. The numbers are Dolby
Vision's, which the filter has no names for."""


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
        return _hdr_to_linear(source, size)
    linear = SourceColour(light=Light.SCENE_LINEAR, pixel_format="gbrpf32le", curve="linear")
    return (*_tone_map(source, size), zscale(linear, target))


def _tone_map(source: SourceColour, size: Size | None) -> Chain:
    """Colours up to reference white are kept, brighter ones rolled off."""
    return (
        *_hdr_to_linear(source, size),
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


def _hdr_to_linear(source: SourceColour, size: Size | None) -> Chain:
    """Linear light where reference white is 1.0."""
    linear = step(
        "zscale", **sized(size), min=MATRICES[source.matrix], rin="full" if source.full_range else "limited",
        pin=WIDE_PRIMARIES.get(source.primaries, "709"), tin=source.curve, t="linear", npl=SDR_WHITE_NITS,
        m="gbr", p="709", r="full",
    )  # fmt: skip
    return (*WITHOUT_HDR_METADATA, linear)


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
