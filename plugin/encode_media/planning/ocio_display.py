"""What a display of a configuration is, so that files can say it: primaries, and the curve of the screen.

Measured and not read from names: a studio calls its displays as it likes.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from encode_media.errors import failure

LINEAR_SPACE = "encode-media linear"
Matrix = tuple[float, ...]

_FROM_XYZ: dict[str, Matrix] = {
    "bt709": (
        3.240969941904523, -1.537383177570094, -0.498610760293003, 0,
        -0.969243636280880, 1.875967501507721, 0.041555057407176, 0,
        0.055630079696994, -0.203976958888977, 1.056971514242879, 0,
        0, 0, 0, 1,
    ),
    "smpte432": (
        2.493496911941426, -0.931383617919124, -0.402710784450717, 0,
        -0.829488969561575, 1.762664060318346, 0.023624685841944, 0,
        0.035845830243784, -0.076172389268041, 0.956884524007687, 0,
        0, 0, 0, 1,
    ),
    "bt2020": (
        1.716651187971268, -0.355670783776393, -0.253366281373660, 0,
        -0.666684351832489, 1.616481236634939, 0.015768545813911, 0,
        0.017639857445311, -0.042770613257809, 0.942103121235474, 0,
        0, 0, 0, 1,
    ),
}  # fmt: skip
"""CIE XYZ with a D65 white, what displays are described in, to linear light of these primaries (SMPTE RP 177)."""
_TRIAL = ((0.8, 0.3, 0.05), (0.8, 0.8, 0.8), (0.3, 0.3, 0.3), (0.05, 0.05, 0.05))
_SAME, _NEAR = 0.001, 0.004
_OTHER_GAMUT = re.compile(r"p3|2020|2100|\bpq\b|hlg|hdr|2084|dci|xyz", re.IGNORECASE)
"""Names of displays whose numbers are not those of a BT.709 or sRGB screen."""
_HLG = re.compile(r"hlg", re.IGNORECASE)


def _srgb(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055  # noqa: PLR2004 - IEC 61966-2-1


def _pq(light: float) -> float:
    """SMPTE ST 2084; 1.0 is 100 nits."""
    powered = (light / 100) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * powered) / (1 + 2392 / 128 * powered)) ** (2523 / 32))


_CURVES: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("iec61966-2-1", _srgb),
    ("iec61966-2-1", lambda light: light ** (1 / 2.2)),
    ("bt709", lambda light: light ** (1 / 2.4)),
    ("smpte2084", _pq),
)
"""Tags, and what a screen of that kind makes of light. BT.709's is the power of 2.4 of BT.1886."""


@dataclass(frozen=True, slots=True)
class Display:
    primaries: str
    curve: str
    """The transfer tag."""
    separable: bool
    """One curve for each channel behind linear light of these primaries."""


def display_of(config: Any, display: str, view: str) -> Display:
    """Raises: InvalidParameters, there is no tag for it."""
    name = display_space_name(config, display, view)
    space = config.getColorSpace(name)
    if space is not None and _is_display(config, display, view, space):
        # HDR for Apple's screens goes beyond 1, which no file of ours holds.
        found = None if space.getEncoding() == "edr-video" else _measured(config, name, space)
    else:
        found = _by_name(f"{name} {display}")
    if found is None:
        raise failure("ocio.display", display=display, view=view)
    return found


def display_space_name(config: Any, display: str, view: str) -> str:
    name = str(config.getDisplayViewColorSpaceName(display, view))
    return display if name.startswith("<") else name


def with_linear_space(config: Any, primaries: str) -> Any:
    """The configuration, and in it a display's linear light of these primaries, which nothing clips."""
    import PyOpenColorIO

    space = PyOpenColorIO.ColorSpace(PyOpenColorIO.REFERENCE_SPACE_DISPLAY, LINEAR_SPACE)
    matrix = PyOpenColorIO.MatrixTransform(matrix=list(_FROM_XYZ[primaries]))
    space.setTransform(matrix, PyOpenColorIO.COLORSPACE_DIR_FROM_REFERENCE)
    changed = deepcopy(config)
    changed.addColorSpace(space)
    return changed


def _is_display(config: Any, display: str, view: str, space: Any) -> bool:
    import PyOpenColorIO

    described = space.getReferenceSpaceType() == PyOpenColorIO.REFERENCE_SPACE_DISPLAY
    return described and bool(config.getDisplayViewTransformName(display, view))


def _measured(config: Any, name: str, space: Any) -> Display | None:
    for primaries in _FROM_XYZ:
        seen = screen_of(config, primaries, name)
        colour, *greys = (seen(pixel) for pixel in _TRIAL)
        if all(abs(have - grey[0]) < _SAME for have, grey in zip(colour, greys, strict=True)):
            return _with_curve(primaries, seen)
    words = " ".join((name, *space.getAliases()))
    return Display("bt2020", "arib-std-b67", separable=False) if _HLG.search(words) else None


def screen_of(config: Any, primaries: str, name: str) -> Callable[[tuple[float, ...]], list[float]]:
    """What the screen makes of linear light of these primaries; any number of pixels."""
    processor = with_linear_space(config, primaries).getProcessor(LINEAR_SPACE, name).getDefaultCPUProcessor()

    def seen(pixels: tuple[float, ...]) -> list[float]:
        changed = array("f", pixels)
        processor.applyRGB(changed)
        return list(changed)

    return seen


def _with_curve(primaries: str, seen: Callable[[tuple[float, ...]], list[float]]) -> Display | None:
    for tag, curve in _CURVES:
        if all(abs(seen((light,) * 3)[0] - curve(light)) < _NEAR for light in (0.05, 0.18, 0.5, 0.9)):
            if tag == "bt709" and primaries == "bt2020":
                return Display(primaries, "bt2020-10", separable=True)
            if tag == "bt709" and primaries != "bt709":
                return None
            # Linear light up to 10,000 nits in even steps would be too coarse for darks.
            return Display(primaries, tag, separable=tag != "smpte2084")
    # Of the 1.0 that other curves take for white the standard screens of video are the nearest reading.
    return Display(primaries, "bt709", separable=True) if primaries == "bt709" else None


def _by_name(words: str) -> Display | None:
    """Displays of old configurations, which are colour spaces like others."""
    if _OTHER_GAMUT.search(words):
        return None
    return Display("bt709", "iec61966-2-1" if "srgb" in words.lower() else "bt709", separable=False)
