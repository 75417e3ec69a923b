"""The curve before a baked LUT, and the text of LUT files. Pure arithmetic."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

BRIGHTEST = 64.0
"""Scene-linear values above are seen as this: six stops over white, where every view is at its end."""
_KNEE = 0.0015
"""Below it is nearly linear, above logarithmic; near the darkest values a view still tells apart."""
POINTS = 65536
"""The longest 1D LUT ffmpeg reads; it places the points evenly, so that darks need many."""


def shaper_curve() -> tuple[float, ...]:
    """From 0 to 1, for the values from 0 to `BRIGHTEST` in even steps."""
    scale = math.log2(1 + BRIGHTEST / _KNEE)
    step = BRIGHTEST / (POINTS - 1)
    return tuple(math.log2(1 + index * step / _KNEE) / scale for index in range(POINTS))


def shaped_grid(size: int) -> tuple[float, ...]:
    """Scene-linear values of a 3D LUT's points behind the shaper, undone as ffmpeg draws it: by straight lines."""
    curve = shaper_curve()
    step = BRIGHTEST / (POINTS - 1)
    return tuple(_undone(curve, index / (size - 1)) * step for index in range(size))


def even_grid(size: int) -> tuple[float, ...]:
    return tuple(index / (size - 1) for index in range(size))


def shaper_text() -> str:
    """The shaper as a `.cube` file."""
    return curve_text(shaper_curve(), BRIGHTEST)


def curve_text(values: Sequence[float], highest: float = 1.0) -> str:
    """A curve for all channels as a `.cube` file; its values belong to even steps from 0 to `highest`."""
    head = f"LUT_1D_SIZE {len(values)}\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX {highest:g} {highest:g} {highest:g}\n"
    return head + "".join(f"{value:.8f} {value:.8f} {value:.8f}\n" for value in values)


def cube_text(size: int, values: Iterable[Sequence[float]]) -> str:
    """A 3D LUT as a `.cube` file; red changes fastest."""
    return f"LUT_3D_SIZE {size}\n" + "".join(f"{red:.7f} {green:.7f} {blue:.7f}\n" for red, green, blue in values)


def _undone(curve: Sequence[float], value: float) -> float:
    """The index at which the curve has this value."""
    if value >= 1:
        return len(curve) - 1
    below = bisect_right(curve, value) - 1
    return below + (value - curve[below]) / (curve[below + 1] - curve[below])
