"""What a source's numbers mean: from its tags, its kind, and what the preset says."""

from __future__ import annotations

from dataclasses import replace

from encode_media.model.colour import ColourSpec
from encode_media.model.media import VideoStream
from encode_media.planning.colour import (
    HD_HEIGHT,
    HDR_CURVES,
    LOG_CURVE,
    MATRICES,
    SRGB_CURVE,
    WIDE_PRIMARIES,
    Light,
    SourceColour,
    matrix_words,
)


def source_colour(video: VideoStream, spec: ColourSpec = ColourSpec()) -> SourceColour:  # noqa: B008 - frozen
    """What the stream's numbers mean, with every guess in words."""
    deep = video.bit_depth > 8  # noqa: PLR2004 - a byte
    if is_rgb(video):
        return _rgb_colour(video, spec, deep=deep)
    return replace(_yuv_colour(video, deep=deep), keep=spec.hdr == "keep")


def is_rgb(video: VideoStream) -> bool:
    """Grey and palettes count as RGB: they have no matrix."""
    return video.is_rgb or video.is_float or video.pixel_format.startswith(("gray", "ya", "mono", "pal8"))


def _rgb_colour(video: VideoStream, spec: ColourSpec, *, deep: bool) -> SourceColour:
    tagged = "linear" if video.is_float else video.colour.transfer or SRGB_CURVE
    curve = {"srgb": SRGB_CURVE, "linear": "linear", "log": LOG_CURVE}.get(spec.input, tagged)
    light = {"linear": Light.SCENE_LINEAR, LOG_CURVE: Light.LOG}.get(curve, Light.RGB)
    return SourceColour(light=light, pixel_format=video.pixel_format, curve=curve, deep=deep)


def _yuv_colour(video: VideoStream, *, deep: bool) -> SourceColour:
    tags = video.colour
    full_range = tags.range == "pc" or video.pixel_format.startswith("yuvj")
    matrix = tags.matrix if tags.matrix in MATRICES else _guessed_matrix(video)
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
    if colour.curve in HDR_CURVES:
        return replace(colour, light=Light.HDR, primaries=tags.primaries or "bt2020")
    return replace(colour, light=Light.WIDE) if colour.primaries in WIDE_PRIMARIES else colour


def _guessed_matrix(video: VideoStream) -> str:
    if video.codec == "mjpeg":
        return "bt470bg"
    if video.colour.primaries == "bt2020" or video.colour.transfer in HDR_CURVES:
        return "bt2020nc"
    return "bt709" if video.height >= HD_HEIGHT else "smpte170m"
