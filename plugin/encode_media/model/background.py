"""The colour behind transparency."""

from __future__ import annotations

import re

NAMED = {"black": "#000000", "white": "#ffffff", "grey": "#808080", "gray": "#808080"}
BACKGROUND_PATTERN = re.compile(rf"\A(?:{'|'.join(NAMED)}|#[0-9a-fA-F]{{6}})\Z")


def background_colour(text: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1 of a name or `#rrggbb`."""
    digits = NAMED.get(text, text).lstrip("#")
    red, green, blue = (round(int(digits[at : at + 2], 16) / 255, 6) for at in (0, 2, 4))
    return red, green, blue
