"""What HDR pictures say of the screen they were graded on and how bright they get (SMPTE ST 2086, CTA-861.3)."""

from __future__ import annotations

from dataclasses import dataclass

_P3_D65 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
_BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
_NAMES = ((_P3_D65, "P3-D65"), (_BT2020, "BT.2020"))
_SAME = 0.0002
"""Of a chromaticity: AV1 stores them in steps of 1/65536, HEVC in 1/50000."""
_SAME_NITS = 0.002
"""Of the brightest: AV1 stores it in steps of 1/256."""
_SAME_BLACK = 0.00005
"""AV1 stores the darkest in steps of 1/16384, HEVC in 1/10000."""
_MOST_NITS = 10000
"""The end of PQ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteringDisplay:
    chromaticities: tuple[float, ...]
    """Red, green, blue and white, x and y of each."""
    darkest: float
    brightest: float
    """In nits."""

    @property
    def is_sensible(self) -> bool:
        """Whether a screen can be like that; tools write zeros and worse."""
        sane = len(self.chromaticities) == 2 * 4 and all(0 < value < 1 for value in self.chromaticities)
        return sane and 0 <= self.darkest < self.brightest <= _MOST_NITS

    @property
    def words(self) -> str:
        names = (name for values, name in _NAMES if _near(values, self.chromaticities, _SAME))
        primaries = next(names, "primaries of its own")
        return f"mastered on {primaries} from {self.darkest:.4g} to {self.brightest:.6g} nits"


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMetadata:
    """None where nothing is said; never all of it."""

    display: MasteringDisplay | None = None
    max_cll: int | None = None
    """The brightest pixel, in nits."""
    max_fall: int | None = None
    """The brightest mean of a picture."""

    @property
    def words(self) -> str:
        levels = (
            f"MaxCLL {self.max_cll}, MaxFALL {self.max_fall}" if self.max_cll is not None else "",
            self.display.words if self.display else "",
        )
        return ", ".join(filter(None, reversed(levels)))

    def is_like(self, other: HdrMetadata | None) -> bool:
        """Whether that says the same, as finely as every codec stores it."""
        if other is None or (self.max_cll, self.max_fall) != (other.max_cll, other.max_fall):
            return False
        if self.display is None or other.display is None:
            return self.display is other.display
        return (
            _near(self.display.chromaticities, other.display.chromaticities, _SAME)
            and abs(self.display.brightest - other.display.brightest) <= _SAME_NITS
            and abs(self.display.darkest - other.display.darkest) <= _SAME_BLACK
        )


def _near(some: tuple[float, ...], others: tuple[float, ...], most: float) -> bool:
    return len(some) == len(others) and all(abs(a - b) <= most for a, b in zip(some, others, strict=True))
