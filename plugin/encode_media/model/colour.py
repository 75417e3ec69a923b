"""What a preset says about colour: how the source is read, and through which transform it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_STRICT = {"extra": "forbid", "coerce_numbers_to_str": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSpec:
    """The source's colours, where the file itself says too little or something wrong, and the view on them."""

    __pydantic_config__ = _STRICT

    layer: str = ""
    """OpenEXR: the layer to show; empty is the picture itself."""
    input: Literal["auto", "srgb", "linear", "log"] = "auto"
    """Images: `srgb` is as displayed, `linear` scene-linear, `log` printing density (Cineon); `auto` goes by the
    file's own tag. Ignored where a colour space is given."""
    hdr: Literal["tone_map", "keep"] = "tone_map"
    """PQ and HLG sources, in outputs of 10 bits or more: made SDR, or left as they are."""
    config: str = "none"
    """OpenColorIO: `none`, `studio` (the one in the settings), or the name of a built-in ACES configuration."""
    space: str = ""
    """The source's colour space; empty goes by the configuration's rules, the name and the file's metadata."""
    display: str = ""
    view: str = ""
    """Empty takes the configuration's own first choice."""
    look: str = ""
    """Looks applied before the view, as OpenColorIO writes them: `grade, +film`."""
    cdl: str = ""
    """ASC CDL applied in the source's colour space: slope, offset and power for red, green and blue, then
    saturation, as ten numbers."""

    @property
    def managed(self) -> bool:
        return self.config != "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTransform:
    """A transform of OpenColorIO with everything decided, so that a plan can say it and a run can bake it."""

    config: str
    """As OpenColorIO opens it: a path, or `ocio://…`."""
    config_name: str
    """For people."""
    fingerprint: str
    """Of the configuration's contents: another one makes another plan."""
    space: str
    rule: str
    """Why that space, in words."""
    display: str
    view: str
    look: str = ""
    cdl: tuple[float, ...] = ()
    scene_linear: bool = False
    """The source's numbers go beyond 1, and most of what is seen lies near 0."""
    split: bool = False
    """Baked as linear light and a curve for each channel behind it: where a view clips colours, they would be
    wrong by tens of code values between the points of one LUT."""
    curve: str = "iec61966-2-1"
    """The transfer tag that goes with the display."""
    primaries: str = "bt709"
    """The display's, by ffmpeg's name."""
    matrix: tuple[float, ...] = ()
    """From the source's linear light to that of `grid_space`; row by row, empty where nothing changes."""
    grid_space: str = ""
    """The space the LUT is baked for; empty is the source's own."""
    light: tuple[float, ...] = ()
    """From the source's linear light to that of BT.709, for files that hold light and no view; empty where the
    source is no linear light, is graded, or the configuration knows no such space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bake:
    """A LUT made from a transform when a job is run."""

    part: Literal["shaper", "view", "curve"]
    """`view` is the transform in three dimensions; the others are the curves before and behind it."""
    transform: ViewTransform
