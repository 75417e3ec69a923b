"""Frame rates from time stamps: constant or not, and which exact rate it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

from encode_media.timebase import MAX_RATE, parse_rate

_STANDARD_RATES = tuple(
    Fraction(*terms)
    for terms in (
        (10, 1), (12, 1), (15, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1),
        (50, 1), (60000, 1001), (60, 1), (100, 1), (120000, 1001), (120, 1),
    )
)  # fmt: skip
_JITTER = 0.02
"""Frames a time stamp may stand beside its regular place; phones with constant capture stay far below it."""
_MOST_JITTER = 0.25
"""Whatever the file's clock: beyond it a conversion to a constant rate could drop or repeat a frame."""
_STATED = Fraction(1, 5000)
"""How far what a file states may lie beside the rate it was made with: Matroska's whole nanoseconds stay far below
it, and 23.976 lies five times as far from 24."""

_NEAR = 1.05
"""Clocks of whole milliseconds show 24 fps as 23.8."""


@dataclass(frozen=True, slots=True)
class Timing:
    rate: Fraction
    variable: bool
    frames: int
    duration_s: Fraction


def measure(
    stamps: Sequence[int],
    time_base: Fraction,
    nominal: Sequence[Fraction | None],
    wanted: Fraction | None = None,
) -> Timing | None:
    """The timing of frames shown at `stamps`; None without frames, or with one frame and no nominal rate.

    Args:
        stamps: in any order.
        time_base: seconds of one tick.
        nominal: rates the file states, the surest one first.
        wanted: what our own file should have. Few frames fit several rates: it is this one if they keep to it as
            closely as the clock can tell and the file says the same.
    """
    if wanted is not None and stamps and _keeps(sorted(stamps), time_base, nominal, wanted):
        return Timing(wanted, variable=False, frames=len(stamps), duration_s=len(stamps) / wanted)
    candidates = [exact for rate in nominal if rate for exact in _readings(rate)]
    if not stamps:
        return None
    ordered = sorted(stamps)
    length = ordered[-1] - ordered[0]
    if length <= 0:
        return _from_nominal(candidates, len(stamps))
    mean = Fraction(len(ordered) - 1) / (length * time_base)
    for rate in _likeliest_first(candidates, mean):
        if _is_regular(ordered, time_base, rate):
            return Timing(rate, variable=False, frames=len(ordered), duration_s=len(ordered) / rate)
    step = Fraction(median(later - earlier for earlier, later in pairwise(ordered)))
    typical = 1 / (step * time_base) if step > 0 else mean
    return Timing(
        _grid_rate(ordered, time_base, typical),
        variable=True,
        frames=len(ordered),
        duration_s=(length + step) * time_base,
    )


def _keeps(
    ordered: Sequence[int], time_base: Fraction, nominal: Sequence[Fraction | None], wanted: Fraction
) -> bool:
    stated = next((rate for rate in nominal if rate), None)
    if stated is None or abs(stated / wanted - 1) > _STATED:
        return False
    # In whole numbers: a clock that shows a frame's time exactly leaves no room, any other one less than a tick.
    tick, frame = (time_base * wanted).as_integer_ratio()
    return all(abs((stamp - ordered[0]) * tick - place * frame) < tick for place, stamp in enumerate(ordered))


def _from_nominal(candidates: Sequence[Fraction], frames: int) -> Timing | None:
    if not candidates:
        return None
    return Timing(candidates[0], variable=False, frames=frames, duration_s=frames / candidates[0])


def _readings(rate: Fraction) -> list[Fraction]:
    """The rate as SMPTE writes it, and as it stands; none if it is a time base taken for a rate."""
    if not 0 < rate <= MAX_RATE:
        return []
    return list(dict.fromkeys((parse_rate(rate), rate)))


def _likeliest_first(candidates: Sequence[Fraction], mean: Fraction) -> list[Fraction]:
    """Standard rates the file states, then those near what was measured, then everything else."""
    stated = [rate for rate in candidates if rate in _STANDARD_RATES]
    near = sorted(_STANDARD_RATES, key=lambda rate: abs(rate - mean))[:2]
    return list(dict.fromkeys((*stated, *near, *candidates, *_readings(mean))))


def _is_regular(ordered: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    frames_per_tick = float(time_base * rate)
    allowed = min(max(2 * frames_per_tick, _JITTER), _MOST_JITTER)
    first = ordered[0]
    return all(abs((stamp - first) * frames_per_tick - place) <= allowed for place, stamp in enumerate(ordered))


def _grid_rate(ordered: Sequence[int], time_base: Fraction, typical: Fraction) -> Fraction:
    """The constant rate for a variable one: of the standard rates near the typical one, that which fits best."""
    nearest = min(_STANDARD_RATES, key=lambda rate: _ratio(rate, typical))
    near = [rate for rate in _STANDARD_RATES if _ratio(rate, typical) < _NEAR] or [nearest]
    return min(near, key=lambda rate: _distance_from_grid(ordered, float(time_base * rate)))


def _distance_from_grid(ordered: Sequence[int], frames_per_tick: float) -> float:
    places = ((stamp - ordered[0]) * frames_per_tick for stamp in ordered)
    return sum(abs(place - round(place)) for place in places)


def _ratio(rate: Fraction, other: Fraction) -> float:
    return float(max(rate / other, other / rate))
