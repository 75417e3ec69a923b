"""Many frames side by side in one image: contact sheet, filmstrip."""

from __future__ import annotations

from dataclasses import dataclass, replace

from encode_media.model.background import background_colour
from encode_media.model.geometry import Size
from encode_media.model.preset import OutputSpec, SheetSpec
from encode_media.planning.colour import RGB8, RGB8_SOURCE, target_colour
from encode_media.planning.conversion import convert
from encode_media.planning.framing import barred
from encode_media.planning.graph import Chain, step
from encode_media.planning.outputs.draft import Draft, Placement, Work, place
from encode_media.planning.outputs.picking import select_frames, spread
from encode_media.planning.outputs.still import one_image
from encode_media.planning.overlay import Overlay, onto
from encode_media.presets.frame_pairs import MAX_SIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    columns: int
    rows: int
    gap: int
    frames: tuple[int, ...]
    cell: Placement

    @property
    def size(self) -> Size:
        width, height = self.cell.size
        return (
            self.columns * (width + self.gap) + self.gap,
            self.rows * (height + self.gap) + self.gap,
        )


def plan_sheet(work: Work, spec: OutputSpec, sheet: SheetSpec, stem: str) -> Draft:
    """Frames from the middles of equal parts of the source, in reading order."""
    layout = _layout(work, spec, sheet)
    target = target_colour(spec.video, work.colour, work.media.kind)
    overlay = work.overlay(spec, RGB8, layout.cell.size, stem)
    picture = (*_sheet(work, layout, overlay), *convert(RGB8_SOURCE, target, None))
    return one_image(
        spec, stem, picture, size=layout.size, target=target, overlay=overlay, words=f", {_described(layout)}"
    )


def frames_of_sheet(work: Work, sheet: SheetSpec) -> tuple[int, ...]:
    return spread(work.reading.frames or 1, sheet.columns * sheet.rows)


def _layout(work: Work, spec: OutputSpec, sheet: SheetSpec) -> _Layout:
    frames = frames_of_sheet(work, sheet)
    columns = min(sheet.columns, len(frames))
    rows = -(-len(frames) // columns)
    return _Layout(
        columns=columns, rows=rows, gap=sheet.gap, frames=frames,
        cell=place(work, _limited(spec, columns, rows, sheet.gap), even=False),
    )  # fmt: skip


def _limited(spec: OutputSpec, columns: int, rows: int, gap: int) -> OutputSpec:
    """A cell no larger than the whole sheet allows."""
    width, height = (max(2, (MAX_SIDE - gap) // count - gap) for count in (columns, rows))
    size = replace(
        spec.size,
        max_width=min(width, spec.size.max_width or width),
        max_height=min(height, spec.size.max_height or height),
    )
    return replace(spec, size=size)


def _sheet(work: Work, layout: _Layout, overlay: Overlay) -> Chain:
    begun = len(work.reading.steps)
    tile = step(
        "tile", f"{layout.columns}x{layout.rows}", nb_frames=len(layout.frames), padding=layout.gap,
        margin=layout.gap, color=_hexadecimal(work.preset.background),
    )  # fmt: skip
    cell = barred(convert(work.colour, RGB8, layout.cell.scaled), RGB8, layout.cell.bars)
    # Laid together in RGB, where the colour between them is exactly the one that was asked for.
    return (
        *work.reading.steps, *select_frames(work.reading, layout.frames), *work.steps[begun:], *layout.cell.crop,
        *onto(cell, RGB8, overlay), step("format", "gbrp"), tile, step("format", "rgb24"),
    )  # fmt: skip


def _hexadecimal(colour: str) -> str:
    return "0x" + "".join(f"{round(part * 255):02x}" for part in background_colour(colour))


def _described(layout: _Layout) -> str:
    width, height = layout.cell.size
    count = len(layout.frames)
    if count == 1:
        return f"one frame of {width}x{height}"
    return f"{count} frames of {width}x{height} in rows of {layout.columns}"
