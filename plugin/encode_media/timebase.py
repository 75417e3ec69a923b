"""Exact time: frame rates as fractions, frame spans, SMPTE timecode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_NTSC_NUMERATORS = (24000, 30000, 48000, 60000, 120000)
"""SMPTE rates over 1001: 23.976, 29.97, 47.952, 59.94, 119.88."""

MAX_RATE = 1000
"""Frames per second; above it a rate is a time base somebody mistook for a rate."""


def parse_rate(value: str | float | Fraction) -> Fraction:
    """The exact frame rate a person or a file means: `23.976`, `"24000/1001"`, `25`.

    Decimals close to an NTSC rate become that rate.

    Raises:
        ValueError: the text is not a rate, or the rate is not between 0 and 1000.
    """
    try:
        rate = Fraction(str(value).strip()) if not isinstance(value, Fraction) else value
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{value!r} is not a frame rate such as 24, 23.976 or 24000/1001") from error
    if not 0 < rate <= MAX_RATE:
        raise ValueError(f"{value!r} is not a frame rate between 0 and {MAX_RATE}")
    if rate.denominator in (1, 1001):
        return rate
    for numerator in _NTSC_NUMERATORS:
        exact = Fraction(numerator, 1001)
        # People write 23.976, 23.98, 29.97, 59.94: all within 5 thousandths of the rate they mean.
        if abs(rate - exact) < Fraction(1, 200):
            return exact
    return rate


def format_rate(rate: Fraction) -> str:
    """Machine form with both terms: `24000/1001`, `25/1`."""
    return f"{rate.numerator}/{rate.denominator}"


def describe_rate(rate: Fraction) -> str:
    """What people call it: `23.976`, `25`."""
    return str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.3f}".rstrip("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSpan:
    """Frames by number, both ends included (the editorial habit, unlike `range`)."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"frame span ends ({self.last}) before it starts ({self.first})")

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.first <= frame <= self.last

    def frames(self) -> range:
        return range(self.first, self.last + 1)


_TIMECODE = re.compile(r"^(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timecode:
    """A frame count since 00:00:00:00 at a rate; drop-frame only where SMPTE defines it."""

    frame: int
    rate: Fraction
    drop_frame: bool = False

    @staticmethod
    def parse(text: str, rate: Fraction) -> Timecode:
        """The timecode written as `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame.

        Raises:
            ValueError: not a timecode, digits out of range, or a label drop-frame skips.
        """
        match = _TIMECODE.match(text.strip())
        if not match:
            raise ValueError(f"{text!r} is not a timecode such as 01:00:00:00")
        hours, minutes, seconds, frames = (int(match[i]) for i in (1, 2, 3, 5))
        drop = match[4] != ":"
        base = nominal_rate(rate)
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= base:  # noqa: PLR2004 - a clock face
            raise ValueError(f"{text!r} has digits beyond 23:59:59:{base - 1:02d}")
        number = ((hours * 60 + minutes) * 60 + seconds) * base + frames
        if not drop:
            return Timecode(frame=number, rate=rate)
        dropped = _dropped_per_minute(rate)
        if seconds == 0 and frames < dropped and minutes % 10:
            raise ValueError(f"{text!r} does not exist in drop-frame timecode")
        total_minutes = hours * 60 + minutes
        number -= dropped * (total_minutes - total_minutes // 10)
        return Timecode(frame=number, rate=rate, drop_frame=True)

    def __str__(self) -> str:
        base = nominal_rate(self.rate)
        number = self.frame % frames_per_day(self.rate, drop_frame=self.drop_frame)
        if self.drop_frame:
            number = _with_dropped_labels(number, self.rate)
        seconds, frames = divmod(number, base)
        hours, seconds = divmod(seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        mark = ";" if self.drop_frame else ":"
        width = 3 if base > 100 else 2  # noqa: PLR2004 - three digits from 100 frames a second on
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:0{width}d}"


def nominal_rate(rate: Fraction) -> int:
    """The whole number timecode counts to: 24 for 23.976."""
    return max(1, round(rate))


def frames_per_day(rate: Fraction, *, drop_frame: bool) -> int:
    """Timecode labels in 24 hours."""
    whole = nominal_rate(rate) * 24 * 3600
    return whole - _dropped_per_minute(rate) * (24 * 60 - 24 * 6) if drop_frame else whole


def _dropped_per_minute(rate: Fraction) -> int:
    """SMPTE ST 12-1: two labels a minute at 29.97, four at 59.94, none in each tenth minute.

    Raises:
        ValueError: drop-frame does not exist at this rate.
    """
    base = nominal_rate(rate)
    if base % 30 or rate.denominator != 1001:  # noqa: PLR2004
        raise ValueError(f"there is no drop-frame timecode at {describe_rate(rate)} frames a second")
    return base // 15


def _with_dropped_labels(number: int, rate: Fraction) -> int:
    base, dropped = nominal_rate(rate), _dropped_per_minute(rate)
    per_ten = base * 600 - dropped * 9
    per_minute = base * 60 - dropped
    tens, rest = divmod(number, per_ten)
    number += dropped * 9 * tens
    if rest >= base * 60:
        number += dropped * ((rest - base * 60) // per_minute + 1)
    return number


def seconds_text(seconds: float | Fraction | None) -> str:
    """A length for people: `4.2 s`, `3 min 10 s`, `1 h 05 min`."""
    if seconds is None:
        return "unknown"
    value = float(seconds)
    if value < 60:  # noqa: PLR2004
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def size_text(size_bytes: float) -> str:
    """A size for people, in decimal units: `3.4 MB`."""
    value = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def frames_text(frames: Any) -> str:
    """Frame numbers for people, runs folded: `1020-1022, 1030`."""
    numbers = sorted(frames)
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def counted(frames: int) -> str:
    """`1 frame`, `48 frames`."""
    return "1 frame" if frames == 1 else f"{frames} frames"
