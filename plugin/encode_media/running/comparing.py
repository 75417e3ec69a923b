"""One expected value against one found value, in words."""

from __future__ import annotations

from fractions import Fraction

from encode_media.model.result import Check
from encode_media.timebase import describe_rate


def same(name: str, expected: object, found: object) -> Check:
    return Check(name=name, passed=expected == found, expected=words(expected), found=words(found))


def words(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return describe_rate(value) if isinstance(value, Fraction) else str(value)


def close(name: str, expected: Fraction, found: Fraction | None, tolerance: Fraction) -> Check:
    """Equal within a tolerance, which itself still passes: containers round times to their own clock."""
    passed = found is not None and abs(found - expected) <= tolerance
    return Check(name=name, passed=passed, expected=_seconds(expected), found=_seconds(found))


def _seconds(value: Fraction | None) -> str:
    return "unknown" if value is None else f"{float(value):.3f} s"
