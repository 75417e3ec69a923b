"""Which stretch of the source's sound goes with the pictures of an output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTiming:
    """Made by whoever decides which pictures are shown, and how fast."""

    start_s: Fraction = Fraction(0)
    """The moment of the first picture that is shown, on the source's own clock."""
    speed: Fraction = Fraction(1)
    """Seconds of the source in one second of the output; not 1 where frames are kept at another rate (conform)."""
    lead_s: Fraction = Fraction(0)
    """Silence before it, for pictures put in front of the source's (a slate)."""
