"""A view of OpenColorIO as LUTs for the one graph, and the library's own result they are measured against."""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import product
from typing import Any

from encode_media.errors import failure
from encode_media.model.colour import Bake, ViewTransform
from encode_media.planning.ocio_display import (
    LINEAR_SPACE,
    display_space_name,
    screen_of,
    with_linear_space,
)
from encode_media.planning.shaper import POINTS, cube_text, curve_text, even_grid, shaped_grid, shaper_text

LUT_SIZE = 121
"""Points along each side: within a code value of the library itself, see docs/quality.md."""
_LINEAR_VIEW = "encode-media linear view"
_IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
_SAME = 1e-5
_ALIKE = 0.5 / 255
"""Of the signal: half a code value."""


def open_config(path: str) -> Any:
    """Raises: InvalidParameters, no OpenColorIO here, or it can't use this configuration."""
    library = _library()
    try:
        config = library.Config.CreateFromFile(path)
        config.validate()
    except library.Exception as error:
        raise failure("ocio.config", config=path, problem=str(error).strip()) from error
    return config


def processor_of(config: Any, view: ViewTransform, source: str = "") -> Any:
    """The whole transform.

    Args:
        config: the configuration, opened.
        view: what is wanted.
        source: the colour space it begins with, where it is not the view's own.

    Raises:
        InvalidParameters: the configuration has no such transform.
    """
    library = _library()
    space = source or view.space
    steps = library.GroupTransform()
    if view.cdl:
        slope, offset, power = view.cdl[0:3], view.cdl[3:6], view.cdl[6:9]
        steps.appendTransform(
            library.CDLTransform(slope=list(slope), offset=list(offset), power=list(power), sat=view.cdl[9])
        )
    if view.look:
        steps.appendTransform(library.LookTransform(src=space, dst=space, looks=view.look))
    steps.appendTransform(library.DisplayViewTransform(src=space, display=view.display, view=view.view))
    try:
        return config.getProcessor(steps)
    except library.Exception as error:
        raise failure("ocio.config", config=view.config_name, problem=str(error).strip()) from error


def matrix_between(config: Any, source: str, target: str) -> tuple[float, ...]:
    """Nine numbers from one space's linear light to another's; empty where it takes more than that."""
    library = _library()
    steps = list(config.getProcessor(source, target).createGroupTransform())
    if not steps:
        return _nine(_IDENTITY)
    if len(steps) != 1 or not isinstance(steps[0], library.MatrixTransform) or any(steps[0].getOffset()):
        merged = config.getProcessor(source, target).getOptimizedProcessor(library.OPTIMIZATION_DEFAULT)
        steps = list(merged.createGroupTransform())
    if len(steps) != 1 or not isinstance(steps[0], library.MatrixTransform) or any(steps[0].getOffset()):
        return ()
    return _nine(steps[0].getMatrix())


def loses_nothing(config: Any, view: ViewTransform) -> bool:
    """Whether colours of the source are seen alike where negative numbers of the LUT's own space are cut off."""
    pixels = array(
        "f", (level * part for level in (0.2, 1, 4, 16) for hue in product((1, 0.01), repeat=3) for part in hue)
    )
    rows = [view.matrix[place : place + 3] for place in (0, 3, 6)]
    moved = array("f", (
        max(0.0, sum(factor * part for factor, part in zip(row, pixels[place : place + 3], strict=True)))
        for place in range(0, len(pixels), 3) for row in rows
    ))  # fmt: skip
    seen = _applied(processor_of(config, view, view.grid_space), moved)
    wanted = _applied(processor_of(config, view), pixels)
    return all(abs(have - want) < _ALIKE for have, want in zip(seen, wanted, strict=True))


def baked_text(bake: Bake) -> str:
    """The LUT as the text of a `.cube` file.

    Raises:
        InvalidParameters: no OpenColorIO here, or another configuration than the plan was made with.
    """
    if bake.part == "shaper":
        return shaper_text(LUT_SIZE)
    view = bake.transform
    config = open_config(view.config)
    if config.getCacheID() != view.fingerprint:
        raise failure("ocio.changed", config=view.config_name)
    if bake.part == "curve":
        return curve_text(_curve_points(config, view))
    grid = shaped_grid(LUT_SIZE) if view.scene_linear else even_grid(LUT_SIZE)
    # Red changes fastest.
    points = array("f", (value for blue, green, red in product(grid, repeat=3) for value in (red, green, blue)))
    seen = _applied(
        _unclipped(config, view) if view.split else processor_of(config, view, view.grid_space), points
    )
    return cube_text(LUT_SIZE, seen)


def reference(view: ViewTransform, pixels: array[float]) -> array[float]:
    """OpenColorIO's own result for pixels of red, green and blue: what baking is measured against."""
    return _applied(processor_of(open_config(view.config), view), pixels)


def _nine(matrix: Any) -> tuple[float, ...]:
    return tuple(float(matrix[4 * row + column]) for row in range(3) for column in range(3))


def _applied(processor: Any, pixels: array[float]) -> array[float]:
    changed = array("f", pixels)
    processor.getDefaultCPUProcessor().applyRGB(changed)
    return changed


def _library() -> Any:
    try:
        import PyOpenColorIO
    except ImportError as error:
        raise failure("ocio.missing") from error
    return PyOpenColorIO


def _unclipped(config: Any, view: ViewTransform) -> Any:
    """The same view as linear light of the display's primaries; what the screen adds is left out.

    A clamp at the end is left out as well, and done exactly behind the LUT: between its points a clipped colour is
    wrong by tens of code values. ACES 2.0 ends so.
    """
    changed = with_linear_space(config, view.primaries)
    transform = config.getDisplayViewTransformName(view.display, view.view)
    changed.addDisplayView(
        display=view.display, view=_LINEAR_VIEW, viewTransform=transform, displayColorSpaceName=LINEAR_SPACE
    )
    whole = processor_of(changed, replace(view, view=_LINEAR_VIEW), view.grid_space)
    library = _library()
    steps = list(whole.createGroupTransform())
    end = next((place for place in reversed(range(len(steps))) if not _is_matrix(steps[place])), -1)
    if end < 0 or not _is_clamp(steps[end]) or not _does_nothing(config, steps[end + 1 :]):
        return whole
    kept = library.GroupTransform()
    for place, step in enumerate(steps):
        if place != end:
            kept.appendTransform(step)
    return config.getProcessor(kept)


def _is_matrix(step: Any) -> bool:
    return isinstance(step, _library().MatrixTransform)


def _is_clamp(step: Any) -> bool:
    """To what a display shows, 0 to 1."""
    if not isinstance(step, _library().RangeTransform) or not (step.hasMinInValue() and step.hasMaxInValue()):
        return False
    found = (step.getMinInValue(), step.getMinOutValue(), step.getMaxInValue(), step.getMaxOutValue())
    return found == (0, 0, 1, 1)


def _does_nothing(config: Any, steps: list[Any]) -> bool:
    """Matrices that undo one another: the clamp before them is in the display's own primaries."""
    group = _library().GroupTransform()
    for step in steps:
        group.appendTransform(step)
    pixels = array("f", (0.8, 0.1, 0.3, 0, 1, 0, 1, 0, 0, 0, 0, 1))
    seen = _applied(config.getProcessor(group), pixels)
    return all(abs(have - want) < _SAME for have, want in zip(seen, pixels, strict=True))


def _curve_points(config: Any, view: ViewTransform) -> list[float]:
    """What the screen makes of linear light, for even steps."""
    seen = screen_of(config, view.primaries, display_space_name(config, view.display, view.view))
    return seen(tuple(value for index in range(POINTS) for value in (index / (POINTS - 1),) * 3))[0::3]
