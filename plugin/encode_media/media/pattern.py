"""Where the frame number stands in a name."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

_PRINTF = re.compile(r"%(?P<width>0?[0-9]*)d")
_NUMBER = re.compile(r"[0-9]+")
_NEGATIVE = re.compile(r"-[0-9]{1,32}")
_MAX_PADDING = 32
"""Longer than any real frame number; a hostile `%099999999d` must not fill the memory."""
_SEPARATORS = (".", "_")
"""Behind one of them a hyphen is a sign; behind anything else it is a separator itself."""
_SIGNED = tuple(f"{separator}-" for separator in _SEPARATORS)


@dataclass(frozen=True, slots=True)
class FramePattern:
    """A folder and the parts of a name around the number, all literal."""

    folder: str
    head: str
    padding: int
    """Least number of digits; 0 or 1 is none. Numbers grow beyond it: 99999 is followed by 100000."""
    tail: str

    @property
    def printf(self) -> str:
        """The form ffmpeg's image2 reads, with every other percent sign doubled."""
        number = f"%0{self.padding}d" if self.padding > 1 else "%d"
        return f"{_doubled(os.path.join(self.folder, self.head))}{number}{_doubled(self.tail)}"

    def path(self, number: int) -> str:
        return os.path.join(self.folder, f"{self.head}{number:0{max(1, self.padding)}d}{self.tail}")

    def number_of(self, name: str) -> int | None:
        """The frame a file name stands for; None if it isn't one of this pattern."""
        if len(name) <= len(self.head) + len(self.tail):
            return None
        if not (name.startswith(self.head) and name.endswith(self.tail)):
            return None
        digits = name[len(self.head) : len(name) - len(self.tail)]
        if not _NUMBER.fullmatch(digits) or len(digits) > _MAX_PADDING:
            return None
        grown = len(digits) > max(1, self.padding) and digits.startswith("0")
        return None if len(digits) < self.padding or grown else int(digits)

    @property
    def counts_down(self) -> bool:
        """Whether the sign of negative numbers is part of the head, so that -2 comes behind -1."""
        return self.head == "-" or self.head.endswith(_SIGNED)

    def negative_number_of(self, name: str) -> int | None:
        """The frame before 0 a name stands for, as `shot.-0012.exr`; None if it is none of this pattern."""
        signs_follow = not self.head or self.head.endswith(_SEPARATORS)
        if not (signs_follow and name.startswith(self.head) and name.endswith(self.tail)):
            return None
        negative = _NEGATIVE.fullmatch(name[len(self.head) : len(name) - len(self.tail)])
        return int(negative.group()) or None if negative else None

    @staticmethod
    def from_printf(path: str) -> FramePattern:
        """The pattern of a `SourceRef`, which was made by `printf`."""
        folder, name = os.path.split(path)
        match = next(m for m in reversed(list(_PRINTF.finditer(name))) if not _is_doubled(name, m.start()))
        return FramePattern(
            _halved(folder), _halved(name[: match.start()]), int(match["width"] or 0), _halved(name[match.end() :])
        )

    @staticmethod
    def readings(folder: str, name: str) -> list[FramePattern]:
        """What a name with `%04d` in it may mean: typed by hand, or from `printf` with doubled percent signs."""
        matches = list(_PRINTF.finditer(name))
        if not matches or int(matches[-1]["width"] or 0) > _MAX_PADDING:
            return []
        match = matches[-1]
        head, width, tail = name[: match.start()], int(match["width"] or 0), name[match.end() :]
        by_hand = FramePattern(folder, head, width, tail)
        by_printf = FramePattern(_halved(folder), _halved(head), width, _halved(tail))
        return [by_hand] if by_hand == by_printf else [by_hand, by_printf]

    @staticmethod
    def around(path: str) -> FramePattern | None:
        """The pattern of one frame: its number is the last one before the extension."""
        folder, name = os.path.split(path)
        stem = os.path.splitext(name)[0]
        numbers = list(_NUMBER.finditer(stem))
        if not numbers or len(numbers[-1].group()) > _MAX_PADDING:
            return None
        number = numbers[-1]
        digits = number.group()
        # Without a leading zero the width says nothing: 998, 999, 1000 may be neighbours.
        padding = len(digits) if digits.startswith("0") or len(digits) >= _USUAL_WIDTH else 0
        return FramePattern(folder, name[: number.start()], padding, name[number.end() :])


_USUAL_WIDTH = 4
"""Numbers from 1000 on are written in full and fit a padding of four; what grows beyond it still matches."""


def _doubled(text: str) -> str:
    return text.replace("%", "%%")


def _halved(text: str) -> str:
    return text.replace("%%", "%")


def _is_doubled(text: str, position: int) -> bool:
    """Whether the percent sign there is the second of a `%%`."""
    before = text[:position]
    return (len(before) - len(before.rstrip("%"))) % 2 == 1
