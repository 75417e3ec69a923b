"""How far the numbers of pictures made of a source go: sheets and animations."""

from __future__ import annotations

from collections.abc import Iterator

from encode_media.model.preset import OutputKind, OutputSpec

Problem = tuple[str, str, tuple[str, ...]]
"""Key path below the output, what is wrong, and what is allowed there."""

MAX_CELLS = 400
MAX_COLUMNS = 100
MAX_GAP = 200
MAX_ANIMATION_RATE = 50
"""Browsers show GIF frames of less than a fiftieth of a second for a tenth."""
MAX_ANIMATION_S = 15
MAX_GIF_SIDE = 640
"""With `MAX_ANIMATION_S`: all frames of a GIF are held in memory until its palette is known."""


def image_problems(output: OutputSpec) -> Iterator[Problem]:
    """What is wrong about a still or an animation; nothing for other kinds."""
    if output.kind is OutputKind.STILL:
        yield from _still_problems(output)
    elif output.sheet is not None:
        yield "sheet", "only a still can be a sheet", ()
    if output.kind is OutputKind.ANIMATION:
        yield from _animation_problems(output)


def _still_problems(output: OutputSpec) -> Iterator[Problem]:
    sheet = output.sheet
    if sheet is None:
        return
    yield from _between("sheet.columns", sheet.columns, 1, MAX_COLUMNS)
    yield from _between("sheet.rows", sheet.rows, 1, MAX_CELLS)
    yield from _between("sheet.gap", sheet.gap, 0, MAX_GAP)
    if sheet.columns * sheet.rows > MAX_CELLS:
        yield "sheet", f"{sheet.columns * sheet.rows} frames are too many", (f"up to {MAX_CELLS} frames",)
    if output.best or output.frame is not None:
        yield "sheet", "a sheet has many frames: neither best nor frame goes with it", ()


def _animation_problems(output: OutputSpec) -> Iterator[Problem]:
    animation = output.animation
    yield from _between("animation.frame_rate", float(animation.frame_rate), 1, MAX_ANIMATION_RATE)
    yield from _between("animation.max_s", animation.max_s, 0.1, MAX_ANIMATION_S)
    if output.container == "gif":
        sides = (output.size.max_width, output.size.max_height)
        if any(side is None or side > MAX_GIF_SIDE for side in sides):
            allowed = (f"max_width and max_height up to {MAX_GIF_SIDE}",)
            yield "size", "a GIF has to be small", allowed


def _between(key: str, value: float, low: float, high: float) -> Iterator[Problem]:
    if not low <= value <= high:
        yield key, f"{value:g} is out of bounds", (f"a number from {low:g} to {high:g}",)
