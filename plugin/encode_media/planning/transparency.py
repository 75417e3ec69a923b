"""Transparency laid over a background, or carried to the outputs that can hold it.

In between a picture with transparency is always the same: 16-bit RGB as displayed, straight.
"""

from __future__ import annotations

from dataclasses import replace

from encode_media.model.geometry import Size
from encode_media.planning.colour import RGB16, Light, SourceColour, TargetColour
from encode_media.planning.conversion import arithmetic, convert, tag
from encode_media.planning.graph import Chain, Fork, step
from encode_media.planning.planes import (
    ALPHA_16,
    alpha_16,
    alpha_float,
    colours,
    depth_of,
    divided,
    in_full,
    multiplied,
    something,
    together,
    together_floats,
    transparency,
    without_alpha,
)

STRAIGHT = "gbrap16le"
Background = tuple[float, float, float]


def straight(picture: Chain, alpha: Chain) -> Chain:
    """The form in between, of 16-bit RGB as displayed and its transparency."""
    return (Fork((picture, alpha), together(STRAIGHT)),)


def over(background: Background) -> Chain:
    """From straight 16-bit RGB to opaque 16-bit RGB."""
    floats = multiplied((*colours(STRAIGHT), *in_full("gbrpf32le")), alpha_float(STRAIGHT))
    premultiplied = (floats, *in_full("gbrp16le"))
    if not any(background):
        return premultiplied
    return (Fork((premultiplied, alpha_16(STRAIGHT)), together(STRAIGHT)), *laid_over(background))


def laid_over(background: Background) -> Chain:
    """From premultiplied 16-bit RGB to opaque: colour + background * (1 - alpha), alpha turned round in place."""
    red, green, blue = background
    return (
        step("negate", components="a"),
        step("colorchannelmixer", ra=red, ga=green, ba=blue),
        *colours(STRAIGHT),
    )


def unpremultiplied(pixel_format: str, picture: Chain) -> Chain:
    """From a premultiplied float picture to straight colours; black where it is fully transparent."""
    alpha = alpha_float(pixel_format)
    masked = multiplied((divided(picture, alpha),), something(alpha))
    return (masked,)


def convert_any(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    """`convert`, with the transparency where both sides have it."""
    if source.alpha and target.linear:
        return _convert_light(source, target, size)
    if source.alpha and target.alpha:
        return _convert_keeping(source, target, size)
    return convert(source, target, size)


def _convert_light(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    """To scene-linear light, premultiplied as OpenEXR is; what lies outside 0 to 1 is kept where there is any."""
    opaque = replace(source, pixel_format=without_alpha(source.pixel_format), alpha=False)
    if not target.alpha:
        return (*colours(source.pixel_format), *convert(opaque, target, size))
    if source.light is Light.SCENE_LINEAR:
        light, alpha = colours(source.pixel_format), transparency(source.pixel_format)
    else:
        linear = (*colours(STRAIGHT), *arithmetic(opaque, target, None), step("format", "gbrpf32le"))
        light, alpha = (multiplied(linear, alpha_float(STRAIGHT)),), alpha_float(STRAIGHT)
    if size is not None:
        light, alpha = (*light, *in_full("gbrpf32le", size)), (*alpha, *in_full("gbrpf32le", size))
    square = () if size is None else (step("setsar", 1),)
    return (*together_floats(light, alpha), *square, tag(target))


def _convert_keeping(source: SourceColour, target: TargetColour, size: Size | None) -> Chain:
    planar = _planar(target.pixel_format)
    opaque = replace(target, pixel_format=without_alpha(planar))
    plain = replace(source, pixel_format="gbrp16le", alpha=False)
    picture = _resized(size) if size else colours(STRAIGHT)
    depth = depth_of(planar)
    grey = "gbrp" if depth == 8 else f"gbrp{depth}le"  # noqa: PLR2004 - a byte
    return (
        Fork(
            (
                (*picture, *convert(plain, _as_planes(opaque), None)),
                (*alpha_16(STRAIGHT), *(in_full(grey, size) if size or grey != ALPHA_16 else ())),
            ),
            together(planar),
        ),
        step("format", target.pixel_format),
        step("setsar", 1),
        tag(target),
    )


def _as_planes(target: TargetColour) -> TargetColour:
    """RGB stays in planes until the transparency is joined."""
    return replace(RGB16, pixel_format=target.pixel_format) if target.matrix == "gbr" else target


def _resized(size: Size) -> Chain:
    """Scaled premultiplied: colours nobody sees must not bleed into edges."""
    floats = (*colours(STRAIGHT), *in_full("gbrpf32le"))
    small = (multiplied(floats, alpha_float(STRAIGHT)), *in_full("gbrpf32le", size))
    alpha = (*alpha_float(STRAIGHT), *in_full("gbrpf32le", size))
    masked = multiplied((divided(small, alpha),), something(alpha))
    return (masked, *in_full("gbrp16le"))


def _planar(pixel_format: str) -> str:
    return {"rgba": "gbrap", "rgba64be": STRAIGHT, "rgba64le": STRAIGHT}.get(pixel_format, pixel_format)
