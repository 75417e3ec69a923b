"""A 3D LUT on the picture as it is displayed: a show's look, or log camera pictures made watchable."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.model.plan import LaidFile
from encode_media.model.preset import Preset
from encode_media.planning.colour import RGB16, SRGB_CURVE, Light, SourceColour
from encode_media.planning.conversion import WITHOUT_HDR_METADATA
from encode_media.planning.graph import Chain, step
from encode_media.planning.lettering import OVERLAY_FOLDER
from encode_media.planning.transparency import convert_any

_LUT_FILE = f"{OVERLAY_FOLDER}/look.cube"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A picture with its look, and what its colours are then."""

    steps: Chain
    colour: SourceColour
    files: tuple[LaidFile, ...] = ()
    notes: tuple[str, ...] = ()


def with_look(colour: SourceColour, preset: Preset) -> Looked:
    """The LUT's numbers in and out are full-range RGB from 0 to 1.

    Video gives it the code values it has, so a LUT for a camera's log curve finds that curve. Scene-linear light
    is encoded with the sRGB curve first, for a cube indexed by light itself has no room for the shadows.
    """
    if preset.lut is None:
        return Looked(steps=(), colour=colour)
    planar = "gbrap16le" if colour.alpha else "gbrp16le"
    target = replace(RGB16, pixel_format=planar)
    shown = SourceColour(
        light=Light.RGB, pixel_format=planar, deep=True, alpha=colour.alpha, assumed=colour.assumed,
        curve=colour.curve if colour.light is Light.YUV else SRGB_CURVE,
    )  # fmt: skip
    own = colour.display or (colour.keep and colour.light is Light.HDR)
    if own:
        # Another display's numbers stay that display's: its own LUTs are made for them.
        target = replace(target, curve=colour.curve, primaries=colour.primaries)
        shown = replace(colour, pixel_format=planar, matrix="gbr", full_range=True, deep=True)
    steps = (
        *(WITHOUT_HDR_METADATA if own else ()),
        *convert_any(colour, target, None),
        step("lut3d", file=_LUT_FILE, interp="tetrahedral"),
    )
    encoded = " after the sRGB curve" if colour.light is Light.SCENE_LINEAR else ""
    if own:
        encoded = f" on the numbers of {colour.display or 'HDR'} ({colour.primaries}, {colour.curve})"
    return Looked(
        steps=steps,
        colour=shown,
        files=(LaidFile(name=_LUT_FILE, path=preset.assets[preset.lut]),),
        notes=(f"3D LUT {preset.lut}{encoded}, tetrahedral, 16 bits",),
    )
