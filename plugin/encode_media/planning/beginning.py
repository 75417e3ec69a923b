"""How the pictures of a source become what every output begins with: a known colour, and transparency or none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.model.colour import Bake, ColourSpec, ViewTransform
from encode_media.model.media import VideoStream
from encode_media.model.plan import LaidFile
from encode_media.planning.colour import (
    HDR_CURVES,
    LINEAR_CURVE,
    RGB16,
    SRGB_CURVE,
    Light,
    SourceColour,
    TargetColour,
)
from encode_media.planning.colour_source import is_rgb, source_colour
from encode_media.planning.conversion import LIMIT, WITHOUT_HDR_METADATA, arithmetic
from encode_media.planning.graph import Chain, step
from encode_media.planning.planes import (
    alpha_16,
    colours,
    grey_floats,
    in_full,
    in_range,
    together_floats,
    transparency,
    without_alpha,
)
from encode_media.planning.primaries import by_nine, to_bt709
from encode_media.planning.transparency import (
    STRAIGHT,
    Background,
    laid_over,
    over,
    straight,
    unpremultiplied,
)

SHAPER_FILE, VIEW_FILE, CURVE_FILE = "colour/shaper.cube", "colour/view.cube", "colour/curve.cube"
_LOG_FILE, _RANGE_FILE = "colour/cineon.cube", "colour/range.cube"
_RESOURCES = {
    _LOG_FILE: "luts/cineon_to_linear.cube", _RANGE_FILE: "luts/half_range.cube",
}  # fmt: skip
_RANGE = step("lut1d", file=_RANGE_FILE)
"""From 0 to the largest half float: no NaN, no infinity, nothing negative."""
_STRAIGHT = SourceColour(light=Light.RGB, pixel_format=STRAIGHT, deep=True, alpha=True)
_LINEAR = SourceColour(light=Light.SCENE_LINEAR, pixel_format="gbrpf32le", curve=LINEAR_CURVE, deep=True)
_LINEAR_16 = replace(_LINEAR, pixel_format="gbrp16le")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    steps: Chain
    colour: SourceColour
    """Of opaque pictures."""
    clear_steps: Chain = ()
    clear_colour: SourceColour | None = None
    """Of pictures that still have their transparency; None where the source has none."""
    light_steps: Chain = ()
    light_colour: SourceColour | None = None
    """Of scene-linear light as it was rendered, with what lies outside 0 to 1, and premultiplied where there is
    transparency; None where the source is no such light."""
    files: tuple[LaidFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """Steps that take opaque pictures of the source to a colour that outputs know."""

    steps: Chain
    colour: SourceColour


def begin(video: VideoStream, spec: ColourSpec, view: ViewTransform | None, background: Background) -> Beginning:
    """What outputs begin with.

    Args:
        video: the stream.
        spec: what the preset says about it.
        view: the transform it is seen through, or None for the plain one of its kind.
        background: behind transparency, as displayed.
    """
    if spec.layer:
        # What the file says of transparency is said of its own picture.
        video = replace(video, has_alpha=False)
    source = source_colour(video, spec)
    prepare, planar = _prepared(video, source)
    if video.hdr is not None and (view is not None or source.light is not Light.HDR):
        prepare = (*WITHOUT_HDR_METADATA, *prepare)
    shown = _shown(video, source, without_alpha(planar), view)
    if video.has_alpha:
        made = _layered(prepare, planar, shown, background, source=source, viewed=view is not None)
    else:
        made = Beginning(steps=(*prepare, *shown.steps), colour=shown.colour)
    light = _light(video, planar, view) if source.light is Light.SCENE_LINEAR and "f32" in planar else None
    if light is not None:
        colour = replace(_LINEAR, pixel_format=planar, alpha=video.has_alpha)
        made = replace(made, light_steps=(*prepare, *light), light_colour=colour)
    return replace(made, files=_files((*made.steps, *made.clear_steps, *made.light_steps), view))


def _light(video: VideoStream, planar: str, view: ViewTransform | None) -> Chain | None:
    """To linear light of BT.709 and nothing else; None where OpenColorIO has no matrix for that."""
    if view is not None and not view.light:
        return None
    primaries = to_bt709(video.chromaticities) if video.chromaticities else ()
    picture = (*in_range(_RANGE), *(by_nine(view.light) if view is not None else primaries))
    if not video.has_alpha:
        return picture
    return together_floats((*colours(planar), *picture), (*transparency(planar), LIMIT))


def _layered(
    prepare: Chain, planar: str, shown: _Shown, background: Background, *, source: SourceColour, viewed: bool
) -> Beginning:
    """Pictures with transparency: laid over the background, and with it."""
    premultiplied = source.light is Light.SCENE_LINEAR
    opaque = (*colours(planar), *shown.steps)
    separate = (*unpremultiplied(planar, (*colours(planar), _RANGE)), *shown.steps) if premultiplied else opaque
    displayed = (*arithmetic(shown.colour, _displayed(shown.colour), None), step("format", "gbrp16le"))
    clear = (*prepare, *straight((*separate, *displayed), alpha_16(planar)))
    clear_colour = replace(_as_shown(shown.colour), assumed=source.assumed)
    if premultiplied and not any(background):
        # What lies under nothing is black already: shown as it was rendered.
        flat, colour = (*prepare, *opaque), shown.colour
    elif premultiplied and not viewed:
        flat, colour = (*prepare, *_over_in_light(opaque, planar, background)), _LINEAR_16
    else:
        red, green, blue = (part * _displayed(shown.colour).white for part in background)
        flat = (*clear, *over((red, green, blue)))
        colour = replace(clear_colour, pixel_format="gbrp16le", alpha=False)
    return Beginning(steps=flat, colour=colour, clear_steps=clear, clear_colour=clear_colour)


def _prepared(video: VideoStream, source: SourceColour) -> tuple[Chain, str]:
    """Steps that rearrange the planes without touching a number, and the pixel format that comes out.

    Only for floats zscale is used: swscale of ffmpeg 9 squeezes half floats through 16-bit whole numbers.
    """
    if video.is_float:
        if "gray" in video.pixel_format:
            return grey_floats(), "gbrpf32le"
        same = {"min": "gbr", "m": "gbr", "rin": "full", "r": "full", "tin": "linear", "t": "linear"}
        name = "gbrapf32le" if video.has_alpha else "gbrpf32le"
        return (step("zscale", **same), step("format", name)), name
    if is_rgb(video) and (video.has_alpha or source.light is not Light.RGB):
        name = f"gbr{'a' if video.has_alpha else ''}p{'16le' if source.deep else ''}"
        return (step("format", name),), name
    if video.has_alpha and "yuva" not in video.pixel_format:
        # WebM: a stream beside the pictures, which the decoder that reads both adds to them.
        return (), video.pixel_format.replace("yuv", "yuva")
    return (), video.pixel_format


def _shown(video: VideoStream, source: SourceColour, planar: str, view: ViewTransform | None) -> _Shown:
    """From opaque pictures of the source to a colour that outputs know."""
    planes = replace(source, pixel_format=planar)
    if view is not None:
        return _viewed(planes, view)
    if source.light is Light.LOG:
        return _Shown(steps=(*_floats(planes), step("lut1d", file=_LOG_FILE)), colour=_LINEAR)
    if source.light is Light.SCENE_LINEAR:
        primaries = (_RANGE, *to_bt709(video.chromaticities)) if video.chromaticities else ()
        return _Shown(steps=(*_floats(planes), *primaries), colour=_LINEAR)
    return _Shown(steps=(), colour=planes)


def _viewed(source: SourceColour, view: ViewTransform) -> _Shown:
    """Through a baked LUT; scene light gets a logarithmic shaper, so that darks have enough of its points."""
    split = (step("lut1d", file=CURVE_FILE),) if view.split else ()
    lut = (step("lut3d", file=VIEW_FILE, interp="tetrahedral"), *split)
    shown = _seen_on(view)
    if view.scene_linear:
        working = by_nine(view.matrix) if view.matrix else ()
        clean = (_RANGE,) if working and "f32" in source.pixel_format else ()
        return _Shown(
            steps=(*_floats(source), *clean, *working, step("lut1d", file=SHAPER_FILE), *lut), colour=shown
        )
    numbers = replace(source, light=Light.RGB) if source.matrix == "gbr" else replace(source, light=Light.YUV)
    if "f32" in source.pixel_format:
        return _Shown(steps=(LIMIT, *lut), colour=shown)
    # Floats behind the LUT: linear light has too few whole numbers for darks.
    deep = (*arithmetic(numbers, RGB16, None), step("format", "gbrp16le"), *in_full("gbrpf32le"))
    return _Shown(steps=(*deep, *lut), colour=shown)


def _seen_on(view: ViewTransform) -> SourceColour:
    """The numbers of the display."""
    shown = SourceColour(light=Light.RGB, pixel_format="gbrpf32le", deep=True, curve=view.curve)
    if view.primaries == "bt709" and view.curve not in HDR_CURVES:
        return shown
    light = Light.HDR if view.curve in HDR_CURVES else Light.WIDE
    return replace(shown, light=light, primaries=view.primaries, keep=True, display=view.display)


def _floats(source: SourceColour) -> Chain:
    return () if "f32" in source.pixel_format else in_full("gbrpf32le")


def _over_in_light(opaque: Chain, planar: str, background: Background) -> Chain:
    """A premultiplied picture over a background, in linear light as it was rendered."""
    linear = (*opaque, LIMIT, *in_full("gbrp16le"))
    red, green, blue = (_to_linear(value) for value in background)
    return (*straight(linear, alpha_16(planar)), *laid_over((red, green, blue)))


def _to_linear(value: float) -> float:
    """The sRGB curve undone (IEC 61966-2-1)."""
    linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
    return round(linear, 6)


def _displayed(colour: SourceColour) -> TargetColour:
    """The form in between for these pictures: the numbers of the display they are for."""
    if not colour.display:
        return RGB16
    return replace(RGB16, curve=colour.curve, primaries=colour.primaries)


def _as_shown(colour: SourceColour) -> SourceColour:
    if colour.display:
        return replace(colour, pixel_format=STRAIGHT, alpha=True)
    return replace(_STRAIGHT, curve=SRGB_CURVE if colour.light is Light.SCENE_LINEAR else colour.curve)


def _files(chain: Chain, view: ViewTransform | None) -> tuple[LaidFile, ...]:
    """What the steps read."""
    read = {name for name in _RESOURCES if name in repr(chain)}
    files = [LaidFile(name=name, resource=_RESOURCES[name]) for name in sorted(read)]
    if view is not None:
        files.append(LaidFile(name=VIEW_FILE, bake=Bake(part="view", transform=view)))
        if view.split:
            files.append(LaidFile(name=CURVE_FILE, bake=Bake(part="curve", transform=view)))
        if view.scene_linear:
            files.append(LaidFile(name=SHAPER_FILE, bake=Bake(part="shaper", transform=view)))
    return tuple(files)
