"""How large a picture and how long a sequence may be."""

from __future__ import annotations

from encode_media.errors import failure

MAX_PIXELS = 1 << 27
"""134 million, the 16384x8192 of the largest latitude-longitude maps: 2 GB with four channels of floats.
A header can claim any size in a few bytes, and decoders reserve what it claims."""

MAX_SPAN = 500_000
"""Frames from the first to the last, nearly six hours at 24. More is a mistyped number; each would be listed."""


def too_large(width: int, height: int) -> bool:
    return width * height > MAX_PIXELS


def require_size(path: str, width: int, height: int) -> None:
    """Raises: UnsupportedFormat: `source.too_large`."""
    if too_large(width, height):
        raise failure("source.too_large", path=path, size=f"{width}x{height}", limit=MAX_PIXELS // 1_000_000)


def require_span(path: str, frames: int) -> None:
    """Raises: InvalidParameters: `request.invalid`."""
    if frames > MAX_SPAN:
        raise failure("request.invalid", problem=f"{path} would be {frames} frames long; {MAX_SPAN} is the limit")
