"""What is drawn on the picture: burn-ins, a watermark, a slate. The YAML of a preset has the same shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

_STRICT = {"extra": "forbid", "coerce_numbers_to_str": True}

Place = Literal[
    "top_left", "top_center", "top_right", "center_left", "center", "center_right", "bottom_left", "bottom_center",
    "bottom_right",
]  # fmt: skip
PLACES: tuple[Place, ...] = get_args(Place)

FRAME_MARK, TIMECODE_MARK = "\ufdd0", "\ufdd1"
"""Stand in texts for what changes from frame to frame. Unicode keeps these from ever being characters."""
FIRST_MARK, LAST_MARK, COUNT_MARK, RATE_MARK = "\ufdd3", "\ufdd4", "\ufdd5", "\ufdd6"
"""Stand for what is known of an output only when it is planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnInsSpec:
    """Texts at nine places. Empty ones are not drawn."""

    __pydantic_config__ = _STRICT

    top_left: str | None = None
    top_center: str | None = None
    top_right: str | None = None
    center_left: str | None = None
    center: str | None = None
    center_right: str | None = None
    bottom_left: str | None = None
    bottom_center: str | None = None
    bottom_right: str | None = None
    size: float = 2.8
    """Height of the letters' line, in percent of the picture's shorter side."""
    margin: float = 2.5
    """From the edges, in percent of the shorter side."""
    colour: str = "white"
    opacity: float = 1.0
    box: float = 0.5
    """Opacity of the black box behind a text; 0 draws an outline instead."""
    mark_held: bool = True
    """Says on every frame that stands for a missing one which frame is shown."""
    font: str | None = None
    """A font file beside the preset; None takes the bundled one that has the text's letters."""

    def texts(self) -> dict[Place, str]:
        """What there is to draw."""
        written = {place: getattr(self, place) for place in PLACES}
        return {place: text for place, text in written.items() if text and text.strip()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkSpec:
    """An image over every frame, with its own transparency."""

    __pydantic_config__ = _STRICT

    image: str
    """A PNG or JPEG beside the preset."""
    place: Place = "bottom_right"
    width: float = 12.0
    """In percent of the picture's width."""
    margin: float = 2.5
    opacity: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateSpec:
    """One frame before the first one that says what follows."""

    __pydantic_config__ = _STRICT

    title: str
    rows: dict[str, str | None] = field(default_factory=dict)
    """Word and value, one below the other; rows without a value are left out."""
    note: str | None = None
    background: str = "black"
    colour: str = "white"
    font: str | None = None
