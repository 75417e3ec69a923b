"""OpenColorIO: which transform a source is seen through, and that transform as a LUT for the one graph.

The only module that imports the library, which is an extra: `pip install encode-media[ocio]`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any, Literal

from encode_media.errors import failure
from encode_media.model.colour import Bake, ColourSpec, ViewTransform
from encode_media.model.media import Media, VideoStream
from encode_media.planning import ocio_rules
from encode_media.planning.shaper import POINTS, cube_text, curve_text, even_grid, shaped_grid, shaper_text
from encode_media.presets.colour_pairs import CONFIGS, parse_cdl
from encode_media.presets.problems import nearest

LUT_SIZE = 81
"""Points along each side: within a code value of the library itself, see docs/quality.md."""
_LINEAR_SPACE, _LINEAR_VIEW = "encode-media linear BT.709", "encode-media linear"
_XYZ_TO_BT709 = (
    3.240969941904523, -1.537383177570094, -0.498610760293003, 0,
    -0.969243636280880, 1.875967501507721, 0.041555057407176, 0,
    0.055630079696994, -0.203976958888977, 1.056971514242879, 0,
    0, 0, 0, 1,
)  # fmt: skip
"""CIE XYZ with a D65 white, what displays are described in, to linear BT.709 (SMPTE RP 177)."""
_TRIAL = ((0.8, 0.3, 0.05), (0.8, 0.8, 0.8), (0.3, 0.3, 0.3), (0.05, 0.05, 0.05))
_SAME = 0.001
_OTHER_GAMUT = re.compile(r"p3|2020|2100|\bpq\b|hlg|hdr|2084|dci|xyz", re.IGNORECASE)
"""Displays whose numbers are not those of a BT.709 or sRGB screen."""


def find_view(spec: ColourSpec, media: Media, studio_config: str) -> ViewTransform | None:
    """Everything about the transform, decided; None where the preset's colour is not managed.

    Args:
        spec: what the preset says.
        media: the source.
        studio_config: from the settings; may be empty.

    Raises:
        InvalidParameters: no OpenColorIO, no configuration, or something in it that is not there.
    """
    _require_sense(spec)
    if not spec.managed or media.video is None:
        return None
    path = CONFIGS.get(spec.config, studio_config)
    if not path:
        raise failure("ocio.no_config")
    config = _open(path)
    space, rule = _space(config, spec, media, media.video)
    display = _one_of("display", spec.display or config.getDefaultDisplay(), list(config.getDisplays()))
    view = _one_of("view", spec.view or config.getDefaultView(display, space), list(config.getViews(display)))
    view_space = f"{_display_space_name(config, display, view)} {display}"
    if _OTHER_GAMUT.search(view_space):
        raise failure("ocio.display", display=display, view=view)
    found = ViewTransform(
        config=path,
        config_name=config.getName() or path,
        fingerprint=config.getCacheID(),
        space=space,
        rule=rule,
        display=display,
        view=view,
        look=spec.look,
        cdl=parse_cdl(spec.cdl) or () if spec.cdl else (),
        scene_linear=_is_linear(config, space),
        curve=_curve(view_space),
    )
    _processor(config, found)
    return replace(found, split=_can_split(config, found))


def _require_sense(spec: ColourSpec) -> None:
    asked = [key for key in ("space", "display", "view", "look", "cdl") if getattr(spec, key)]
    if asked and not spec.managed:
        raise failure("ocio.not_used", what=", ".join(asked), allowed=", ".join(("studio", *CONFIGS)))
    if spec.cdl and parse_cdl(spec.cdl) is None:
        raise failure("ocio.cdl", cdl=spec.cdl)


def baked_text(bake: Bake) -> str:
    """The LUT as the text of a `.cube` file.

    Raises:
        InvalidParameters: no OpenColorIO here, or another configuration than the plan was made with.
    """
    if bake.part == "shaper":
        return shaper_text()
    view = bake.transform
    config = _open(view.config)
    if config.getCacheID() != view.fingerprint:
        raise failure("ocio.changed", config=view.config_name)
    if bake.part == "curve":
        return curve_text(_curve_points(config, view))
    grid = shaped_grid(LUT_SIZE) if view.scene_linear else even_grid(LUT_SIZE)
    # Red changes fastest.
    points = array("f", (value for blue, green, red in product(grid, repeat=3) for value in (red, green, blue)))
    seen = _applied(_linear_processor(config, view) if view.split else _processor(config, view), points)
    return cube_text(LUT_SIZE, zip(seen[0::3], seen[1::3], seen[2::3], strict=True))


def reference(view: ViewTransform, pixels: array[float]) -> array[float]:
    """OpenColorIO's own result for pixels of red, green and blue: what baking is measured against."""
    return _applied(_processor(_open(view.config), view), pixels)


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


def _open(path: str) -> Any:
    library = _library()
    try:
        config = library.Config.CreateFromFile(path)
        config.validate()
    except library.Exception as error:
        raise failure("ocio.config", config=path, problem=str(error).strip()) from error
    return config


def _linear_processor(config: Any, view: ViewTransform) -> Any:
    """The same view as linear light of BT.709 that nothing clips; what the screen adds is left out."""
    return _processor(_with_linear_display(config, view), replace(view, view=_LINEAR_VIEW))


def _with_linear_display(config: Any, view: ViewTransform) -> Any:
    library = _library()
    space = library.ColorSpace(library.REFERENCE_SPACE_DISPLAY, _LINEAR_SPACE)
    matrix = library.MatrixTransform(matrix=list(_XYZ_TO_BT709))
    space.setTransform(matrix, library.COLORSPACE_DIR_FROM_REFERENCE)
    changed = deepcopy(config)
    changed.addColorSpace(space)
    transform = config.getDisplayViewTransformName(view.display, view.view)
    changed.addDisplayView(
        display=view.display, view=_LINEAR_VIEW, viewTransform=transform, displayColorSpaceName=_LINEAR_SPACE
    )
    return changed


def _curve_points(config: Any, view: ViewTransform) -> list[float]:
    """What the screen makes of linear light, for even steps."""
    space = _display_space_name(config, view.display, view.view)
    processor = _with_linear_display(config, view).getProcessor(_LINEAR_SPACE, space)
    steps = array("f", (value for index in range(POINTS) for value in (index / (POINTS - 1),) * 3))
    return list(_applied(processor, steps)[0::3])


def _can_split(config: Any, view: ViewTransform) -> bool:
    """Whether the view ends in a screen with BT.709's primaries and one curve for each channel."""
    name = _display_space_name(config, view.display, view.view)
    space = config.getColorSpace(name)
    if not config.getDisplayViewTransformName(view.display, view.view) or space is None:
        return False
    if space.getReferenceSpaceType() != _library().REFERENCE_SPACE_DISPLAY:
        return False
    processor = _with_linear_display(config, view).getProcessor(_LINEAR_SPACE, name)
    colour, *greys = (_applied(processor, array("f", pixel)) for pixel in _TRIAL)
    alone = zip(colour, (grey[0] for grey in greys), strict=True)
    return all(abs(have - want) < _SAME for have, want in alone)


def _processor(config: Any, view: ViewTransform) -> Any:
    library = _library()
    steps = library.GroupTransform()
    if view.cdl:
        slope, offset, power = view.cdl[0:3], view.cdl[3:6], view.cdl[6:9]
        steps.appendTransform(
            library.CDLTransform(slope=list(slope), offset=list(offset), power=list(power), sat=view.cdl[9])
        )
    if view.look:
        steps.appendTransform(library.LookTransform(src=view.space, dst=view.space, looks=view.look))
    steps.appendTransform(library.DisplayViewTransform(src=view.space, display=view.display, view=view.view))
    try:
        return config.getProcessor(steps)
    except library.Exception as error:
        raise failure("ocio.config", config=view.config_name, problem=str(error).strip()) from error


def _space(config: Any, spec: ColourSpec, media: Media, video: VideoStream) -> tuple[str, str]:
    """The source's colour space and why that one."""
    names = list(config.getColorSpaceNames())
    if spec.space:
        known = config.getColorSpace(spec.space)
        if known is None:
            _one_of("colour space", spec.space, names)
        return known.getName(), "it was chosen"
    path = media.source.path
    if not config.filepathOnlyMatchesDefaultRule(path):
        return str(config.getColorSpaceFromFilepath(path)[0]), "a rule of the configuration says so for this path"
    named = ocio_rules.named_in(path, dict(_spellings(config, names)))
    if named:
        return named, "the file's name says so"
    for candidates, reason in ocio_rules.candidates(spec, video):
        for candidate in candidates:
            known = config.getColorSpace(candidate)
            if known is not None:
                return known.getName(), reason
    return str(config.getColorSpaceFromFilepath(path)[0]), "the configuration says so for all others"


def _spellings(config: Any, names: list[str]) -> Iterator[tuple[str, str]]:
    """Every way to write a colour space, and its name."""
    for name in names:
        yield name, name
        for alias in config.getColorSpace(name).getAliases():
            yield alias, name


def _one_of(what: str, name: str, names: list[str]) -> str:
    if name in names:
        return name
    likely = nearest(name, names)
    hint = f"Did you mean {likely}? " if likely else ""
    raise failure("ocio.unknown", what=what, name=name, allowed=f"{hint}There are: {', '.join(names)}")


def _display_space_name(config: Any, display: str, view: str) -> str:
    name = str(config.getDisplayViewColorSpaceName(display, view))
    return display if name.startswith("<") else name


def _is_linear(config: Any, space: str) -> bool:
    return bool(config.isColorSpaceLinear(space, _library().REFERENCE_SPACE_SCENE))


def _curve(display_space: str) -> Literal["bt709", "iec61966-2-1"]:
    return "iec61966-2-1" if "srgb" in display_space.lower() else "bt709"
