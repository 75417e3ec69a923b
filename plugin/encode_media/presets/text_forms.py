"""What a text option must look like, by the name of its `format`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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


def _is_timecode(text: str) -> bool:
    return text in ("source", "none") or _is_frame(text)


TEXT_FORMS: Mapping[str, TextForm] = MappingProxyType({
    "frame": TextForm(_is_frame, "a frame number such as 1009 or a time code such as 01:00:02:12", "1009"),
    "timecode": TextForm(
        _is_timecode, "source, none, a frame number, or a time code such as 01:00:00:00", "10:00:00:00"
    ),
    "ratio": TextForm(lambda text: parse_ratio(text) is not None, "a shape such as 16:9 or 2.39", "2.39"),
    "reel": TextForm(
        lambda text: bool(_REEL.match(text)), "a name of up to 32 letters, digits, dots and dashes", "A001C001"
    ),
})  # fmt: skip
