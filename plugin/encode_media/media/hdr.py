"""Mastering display and light levels of a decoded picture. Runs in the probe's child process."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from encode_media.model.hdr import HdrMetadata, MasteringDisplay

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_DISPLAY = struct.Struct("=22i")
"""`AVMasteringDisplayMetadata`: ten fractions, then whether there are primaries, and luminances."""
_LEVELS = struct.Struct("=2I")
"""`AVContentLightMetadata`."""


def hdr_metadata(frame: VideoFrame) -> HdrMetadata | None:
    """What the stream or its container says, as ffmpeg hands it on with the first picture."""
    try:
        items = {item.type.name: bytes(item) for item in _side_data(frame)}
    except ValueError:
        # PyAV can't name every kind of side data of a newer ffmpeg.
        return None
    display = _display(items.get("MASTERING_DISPLAY_METADATA", b""))
    max_cll, max_fall = _levels(items.get("CONTENT_LIGHT_LEVEL", b""))
    if display is None and max_cll is None:
        return None
    return HdrMetadata(display=display, max_cll=max_cll, max_fall=max_fall)


def _side_data(frame: VideoFrame) -> Iterable[Any]:
    return frame.side_data


def _display(data: bytes) -> MasteringDisplay | None:
    if len(data) < _DISPLAY.size:
        return None
    *numbers, has_primaries, has_luminance = _DISPLAY.unpack_from(data)
    pairs = list(zip(numbers[0::2], numbers[1::2], strict=True))
    if not (has_primaries and has_luminance) or not all(below for _, below in pairs):
        return None
    values = [float(Fraction(above, below)) for above, below in pairs]
    display = MasteringDisplay(chromaticities=tuple(values[:8]), darkest=values[8], brightest=values[9])
    return display if display.is_sensible else None


def _levels(data: bytes) -> tuple[int, int] | tuple[None, None]:
    """Zero stands for unknown (CTA-861.3)."""
    if len(data) < _LEVELS.size:
        return None, None
    max_cll, max_fall = _LEVELS.unpack_from(data)
    return (max_cll, max_fall) if max_cll else (None, None)
