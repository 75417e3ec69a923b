"""A mistake in a preset file, with its place and the word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetProblem:
    """One mistake in a preset file."""

    file: str
    key: str
    """Where: `outputs[1].video.codec`; empty for the file as a whole."""
    problem: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}: " if self.key else f"{self.file}: "
        words = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return f"{place}{self.problem}{words}" + (f"; allowed: {', '.join(self.allowed)}" if self.allowed else "")


class InvalidPresetError(ValueError):
    """A file that can't be used as it is, with all the reasons that were found at this point."""

    def __init__(self, problems: Iterable[PresetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The word that was probably meant."""
    found = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return found[0] if found else None


def key_path(location: Iterable[str | int], prefix: str = "") -> str:
    """`outputs[1].video.codec`."""
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
