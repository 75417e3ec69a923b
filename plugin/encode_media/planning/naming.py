"""File names from component names: safe on every system, never an option, a pattern or another folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
)
"""Windows gives these names to devices, whatever the extension."""
_LONGEST = 80
"""Characters; leaves room for numbers and extensions below every file system's 255."""


def safe_stem(name: str) -> str:
    """The component's name with everything doubtful replaced; never empty."""
    stem = _UNSAFE.sub("_", name).strip("._-")[:_LONGEST].rstrip("._-")
    if not stem or stem.partition(".")[0].lower() in _RESERVED:
        stem = f"output_{stem}".rstrip("_")
    return stem


def unique_stems(names: Sequence[str]) -> tuple[str, ...]:
    """Safe stems in the order of the names, made different where names become alike."""
    taken: set[str] = set()
    return tuple(_untaken(safe_stem(name), taken) for name in names)


def _untaken(stem: str, taken: set[str]) -> str:
    candidate, number = stem, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}_{number}"
    taken.add(candidate.lower())
    return candidate


def sequence_pattern(stem: str, extension: str, frames: Iterable[int]) -> str:
    """`name/name.%04d.ext`, wide enough for every frame number and never under four digits."""
    digits = max([4, *(len(str(abs(frame))) for frame in frames)])
    return f"{stem}/{stem}.%0{digits}d.{extension}"
