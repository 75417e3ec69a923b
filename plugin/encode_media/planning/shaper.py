"""The curve before a baked LUT, and the text of LUT files. Pure arithmetic."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

BRIGHTEST = 64.0
"""Scene-linear values above are seen as this: six stops over white, where every view is at its end."""
_KNEE = 0.01
"""Below it is nearly linear, above logarithmic."""
_DENSITY = (
    (0.0001, 8.0), (0.001, 6.0), (0.004, 2.1), (0.015, 1.0), (0.05, 1.1), (0.2, 1.0), (0.5, 1.1), (1.2, 1.9),
    (2.5, 1.9), (5.0, 2.3), (8.0, 1.4), (13.0, 1.1), (17.0, 0.8), (64.0, 0.3),
)  # fmt: skip
"""How closely a LUT's points lie at a scene-linear value, for each stop: closest where displays turn black, as
their curves are steepest there, and where views compress bright colours into the display's gamut. Found by trial
with the built-in ACES views, see docs/quality.md."""
POINTS = 65536
"""The longest 1D LUT ffmpeg reads; it places the points evenly, so that darks need many."""


def shaper_curve(size: int) -> tuple[float, ...]:
    """From 0 to 1, for the values from 0 to `BRIGHTEST` in even steps.

    Straight from one point of the 3D LUT behind it to the next: light is interpolated as light, and curves only
    decide where the points are.

    Args:
        size: of that LUT, points along a side.
    """
    smooth = _smooth_curve()
    places = [_undone(smooth, index / (size - 1)) for index in range(size)]
    curve = []
    cell = 0
    for index in range(POINTS):
        while cell < size - 2 and index >= places[cell + 1]:
            cell += 1
        share = (index - places[cell]) / (places[cell + 1] - places[cell])
        curve.append((cell + share) / (size - 1))
    return tuple(curve)


def _smooth_curve() -> tuple[float, ...]:
    step = BRIGHTEST / (POINTS - 1)
    sums = [0.0]
    last_stop, last_density = 0.0, _DENSITY[0][1]
    for index in range(1, POINTS):
        stop, density = math.log2(1 + index * step / _KNEE), _density(index * step)
        sums.append(sums[-1] + (stop - last_stop) * (density + last_density) / 2)
        last_stop, last_density = stop, density
    return tuple(value / sums[-1] for value in sums)


def _density(value: float) -> float:
    """By straight lines over stops."""
    place = bisect_right([known for known, _ in _DENSITY], value)
    if place in (0, len(_DENSITY)):
        return _DENSITY[min(place, len(_DENSITY) - 1)][1]
    (low, below), (high, above) = _DENSITY[place - 1], _DENSITY[place]
    return below + (above - below) * math.log2(value / low) / math.log2(high / low)


def shaped_grid(size: int) -> tuple[float, ...]:
    """Scene-linear values of a 3D LUT's points behind the shaper, undone as ffmpeg draws it: by straight lines."""
    curve = shaper_curve(size)
    step = BRIGHTEST / (POINTS - 1)
    return tuple(_undone(curve, index / (size - 1)) * step for index in range(size))


def even_grid(size: int) -> tuple[float, ...]:
    return tuple(index / (size - 1) for index in range(size))


def shaper_text(size: int) -> str:
    """The shaper as a `.cube` file."""
    return curve_text(shaper_curve(size), BRIGHTEST)


def curve_text(values: Sequence[float], highest: float = 1.0) -> str:
    """A curve for all channels as a `.cube` file; its values belong to even steps from 0 to `highest`."""
    head = f"LUT_1D_SIZE {len(values)}\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX {highest:g} {highest:g} {highest:g}\n"
    return head + "".join(f"{value:.8f} {value:.8f} {value:.8f}\n" for value in values)


def cube_text(size: int, values: Sequence[float]) -> str:
    """A 3D LUT as a `.cube` file, from one flat list; red changes fastest."""
    row = 3 * size
    form = "%.6g %.6g %.6g\n" * size
    return f"LUT_3D_SIZE {size}\n" + "".join(
        form % tuple(values[start : start + row]) for start in range(0, len(values), row)
    )


def _undone(curve: Sequence[float], value: float) -> float:
    """The index at which the curve has this value."""
    if value >= 1:
        return len(curve) - 1
    below = bisect_right(curve, value) - 1
    return below + (value - curve[below]) / (curve[below + 1] - curve[below])
