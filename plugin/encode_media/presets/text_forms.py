"""What a text option must look like, by the name of its `format`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from types import MappingProxyType

from encode_media.model.background import BACKGROUND_PATTERN
from encode_media.model.geometry import parse_ratio

_FRAME = re.compile(r"\A-?[0-9]{1,7}\Z")
_TIMECODE = re.compile(r"\A[0-9]{2}:[0-9]{2}:[0-9]{2}[:;.][0-9]{2,3}\Z")
_REEL = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class TextForm:
    fits: Callable[[str], bool]
    words: str
    example: str


def _is_frame(text: str) -> bool:
    return bool(_FRAME.match(text) or _TIMECODE.match(text))


def _is_full_path(text: str) -> bool:
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def _is_timecode(text: str) -> bool:
    return text in ("source", "none") or _is_frame(text)


_FILE = re.compile(r"\A[A-Za-z0-9_][^\\:*?\"<>|\x00-\x1f]{0,199}\Z")
"""A name below a folder, on every system; that it leads nowhere else is checked where it is looked for."""


def _is_file(*suffixes: str) -> Callable[[str], bool]:
    return lambda text: bool(_FILE.match(text)) and text.lower().endswith(suffixes)


TEXT_FORMS: Mapping[str, TextForm] = MappingProxyType({
    "frame": TextForm(_is_frame, "a frame number such as 1009 or a time code such as 01:00:02:12", "1009"),
    "timecode": TextForm(
        _is_timecode, "source, none, a frame number, or a time code such as 01:00:00:00", "10:00:00:00"
    ),
    "colour": TextForm(
        lambda text: bool(BACKGROUND_PATTERN.match(text)), "black, white, grey or #rrggbb", "#202020"
    ),
    # There is no file that every preset folder has: nothing to try.
    "lut": TextForm(_is_file(".cube"), "the name of a .cube file beside the presets", ""),
    "image": TextForm(
        _is_file(".png", ".jpg", ".jpeg"), "the name of a PNG or JPEG file beside the presets", ""
    ),
    "ratio": TextForm(lambda text: parse_ratio(text) is not None, "a shape such as 16:9 or 2.39", "2.39"),
    "reel": TextForm(
        lambda text: bool(_REEL.match(text)), "a name of up to 32 letters, digits, dots and dashes", "A001C001"
    ),
    "sound": TextForm(_is_full_path, "the full path of a sound file", "/mix/sh010.wav"),
})  # fmt: skip
