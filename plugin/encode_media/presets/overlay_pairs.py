"""What can be drawn on which output, and how far the numbers of burn-ins, watermarks and slates go."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from encode_media.model.background import BACKGROUND_PATTERN, NAMED
from encode_media.model.preset import OutputKind, OutputSpec
from encode_media.presets.frame_pairs import Problem

_DRAWN_ON = (OutputKind.VIDEO, OutputKind.IMAGE_SEQUENCE, OutputKind.STILL, OutputKind.ANIMATION)
_WITH_SLATE = (OutputKind.VIDEO, OutputKind.IMAGE_SEQUENCE)
_BOUNDS = MappingProxyType({
    "burn_ins": {"size": (0.5, 20), "margin": (0, 20), "opacity": (0.05, 1), "box": (0, 1)},
    "watermark": {"width": (1, 100), "margin": (0, 20), "opacity": (0.01, 1)},
    "slate": {},
})  # fmt: skip
_COLOURS = MappingProxyType({"burn_ins": ("colour",), "watermark": (), "slate": ("colour", "background")})
MAX_ROWS = 20


def overlay_problems(output: OutputSpec) -> Iterator[Problem]:
    for key, bounds in _BOUNDS.items():
        part = getattr(output, key)
        if part is None:
            continue
        yield from _unfit(output, key)
        for name, (low, high) in bounds.items():
            value = getattr(part, name)
            if not low <= value <= high:
                yield f"{key}.{name}", f"{value:g} is out of bounds", (f"a number from {low:g} to {high:g}",)
        for name in _COLOURS[key]:
            colour = getattr(part, name)
            if not BACKGROUND_PATTERN.match(colour):
                yield f"{key}.{name}", f"{colour!r} is no colour", (*NAMED, "#rrggbb")
    if output.slate is not None and len(output.slate.rows) > MAX_ROWS:
        yield "slate.rows", f"more than {MAX_ROWS} rows", ()


def _unfit(output: OutputSpec, key: str) -> Iterator[Problem]:
    kinds = _WITH_SLATE if key == "slate" else _DRAWN_ON
    if output.kind not in kinds:
        yield key, f"not for {output.kind.value}", tuple(kind.value for kind in kinds)
    elif output.video.codec == "exr":
        yield key, "nothing is drawn on scene-linear pictures", ()
