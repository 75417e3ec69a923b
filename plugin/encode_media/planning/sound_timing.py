"""Which stretch of the source's sound goes with the pictures of an output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.media import Media

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTiming:
    """Made by whoever decides which pictures are shown, and how fast."""

    start_s: Fraction = Fraction(0)
    """The moment of the first picture that is shown, on the source's own clock."""
    speed: Fraction = Fraction(1)
    """Seconds of the source in one second of the output; not 1 where frames are kept at another rate (conform)."""
    lead_s: Fraction = Fraction(0)
    """Silence before it, for pictures put in front of the source's (a slate)."""


def lag_by_clock(clock_s: Fraction | None, file: Media, length_s: Fraction | None) -> Fraction:
    """Seconds from the first picture to the first sample of a sound file, by the time codes of both.

    Args:
        clock_s: of the first picture, from midnight.
        file: the sound file.
        length_s: of the pictures.

    Raises:
        InvalidParameters: one of them has no clock, or they have no moment in common.
    """
    if file.sound_start_s is None:
        raise failure("sound.no_clock", problem=f"{file.source.path} says no time (Broadcast WAV does)")
    if clock_s is None:
        raise failure("sound.no_clock", problem="the picture has no start time code")
    # Past midnight the clock begins anew.
    lag_s = (file.sound_start_s - clock_s + _DAY_S // 2) % _DAY_S - _DAY_S // 2
    duration_s = max((track.duration_s or Fraction(0) for track in file.audio), default=Fraction(0))
    if lag_s + duration_s <= 0 or (length_s is not None and lag_s >= length_s):
        raise failure("sound.elsewhere", path=file.source.path, offset=f"{float(lag_s):.3f}")
    return lag_s
