"""What a preset may say about colour."""

from __future__ import annotations

import math
from collections.abc import Iterator

from encode_media.model.colour import ColourSpec

CONFIGS = {
    "aces_cg": "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3",
    "aces_studio": "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3",
    "aces2_cg": "ocio://cg-config-v4.0.0_aces-v2.0_ocio-v2.5",
    "aces2_studio": "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5",
}
"""The configurations that come with OpenColorIO, each pinned: a newer library must not change pictures."""

CDL_NUMBERS = 10
_MAX_NAME = 200


def colour_problems(spec: ColourSpec) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Key below `colour`, what is wrong, and what is allowed there."""
    known = ("none", "studio", *CONFIGS)
    if spec.config not in known:
        yield "config", f"{spec.config!r} is no configuration", known
    for key in ("layer", "space", "display", "view", "look"):
        text = getattr(spec, key)
        if len(text) > _MAX_NAME or not text.isprintable():
            yield key, "is no name", (f"up to {_MAX_NAME} characters on one line",)


def parse_cdl(text: str) -> tuple[float, ...] | None:
    """Ten numbers, separated by spaces or commas; slope, power and saturation are not negative."""
    try:
        numbers = tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError:
        return None
    if len(numbers) != CDL_NUMBERS or not all(map(math.isfinite, numbers)):
        return None
    slope, power, saturation = numbers[:3], numbers[6:9], numbers[9]
    return numbers if min(*slope, saturation) >= 0 and min(power) > 0 else None
