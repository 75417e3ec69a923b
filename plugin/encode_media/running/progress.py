"""Where an encode is: ffmpeg's `-progress` blocks read into values. No effects."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction

ETA_FROM = 0.02
"""Fraction done before a remaining time is named: encoders fill their look-ahead first."""
_ETA_WINDOW_S = 30.0
"""The speed of the last half minute counts: it follows a change of the picture, not every hiccup."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far one ffmpeg run is; numbers never go back."""

    frame: int = 0
    out_time_us: int = 0
    size_bytes: int = 0
    ended: bool = False


class ProgressReader:
    """Lines of `-progress pipe:1` in, the latest position out.

    Values may be `N/A` (images have no size, first blocks no time); those keep what was known.
    `out_time_ms` is in microseconds like `out_time_us`, an old mistake of ffmpeg that stayed.
    """

    def __init__(self) -> None:
        self._block: dict[str, str] = {}
        self.latest = Position()
        """Replaced as a whole, so another thread may read it at any time."""

    def feed(self, line: str) -> None:
        key, mark, value = line.strip().partition("=")
        if not mark:
            return
        if key != "progress":
            self._block[key] = value.strip()
            return
        self.latest = advanced(self.latest, self._block, ended=value.strip() == "end")
        self._block = {}


def advanced(before: Position, block: dict[str, str], *, ended: bool) -> Position:
    """The position after one block of keys."""
    time = _number(block.get("out_time_us")) or _number(block.get("out_time_ms"))
    return replace(
        before,
        frame=max(before.frame, _number(block.get("frame"))),
        out_time_us=max(before.out_time_us, time),
        size_bytes=max(before.size_bytes, _number(block.get("total_size"))),
        ended=before.ended or ended,
    )


def _number(text: str | None) -> int:
    try:
        return max(0, int(text or ""))
    except ValueError:
        return 0


def fraction_done(position: Position, frames: int | None, duration_s: Fraction | None = None) -> float:
    """Part of one run that is done, 0 to 1.

    By frames where their number is known. The written time is asked as well: `frame` counts the first
    output only, which may be a still, and with B-frames the time alone ends short of the whole.
    """
    by_frame = position.frame / frames if frames else 0.0
    by_time = position.out_time_us / 1e6 / float(duration_s) if duration_s else 0.0
    return min(1.0, max(by_frame, by_time))


class RemainingTime:
    """Seconds left by a moving average of the speed."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def observe(self, now_s: float, fraction: float) -> float | None:
        """The remaining seconds at this fraction done, or None while it is too early to say."""
        self._samples.append((now_s, fraction))
        while len(self._samples) > 2 and now_s - self._samples[0][0] > _ETA_WINDOW_S:  # noqa: PLR2004 - keep two
            self._samples.popleft()
        then_s, then = self._samples[0]
        if fraction < ETA_FROM or fraction <= then or now_s <= then_s:
            return None
        return (1.0 - fraction) * (now_s - then_s) / (fraction - then)
