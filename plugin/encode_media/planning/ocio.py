"""OpenColorIO: which transform a source is seen through. Baking it is `ocio_bake`.

The library is an extra, `ocio`, and imported by the modules of this name alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from encode_media.errors import failure
from encode_media.model.colour import ColourSpec, ViewTransform
from encode_media.model.media import Media, VideoStream
from encode_media.planning import ocio_rules
from encode_media.planning.ocio_bake import loses_nothing, matrix_between, open_config, processor_of
from encode_media.planning.ocio_display import display_of
from encode_media.presets.colour_pairs import CONFIGS, parse_cdl
from encode_media.presets.problems import nearest

_LINEAR_BT709 = ("lin_rec709_scene", "lin_rec709", "Linear Rec.709 (sRGB)", "lin_srgb", "Utility - Linear - sRGB")
"""What configurations call the scene-linear light that EXR files of ours hold."""
_WORKING = "scene_linear"
"""The role of the space that a view is baked in."""
_LARGEST = 2.0
"""ffmpeg's colorchannelmixer takes factors up to this."""


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
    config = open_config(path)
    space, rule = _space(config, spec, media, media.video)
    display = _one_of("display", spec.display or config.getDefaultDisplay(), list(config.getDisplays()))
    view = _one_of("view", spec.view or config.getDefaultView(display, space), list(config.getViews(display)))
    seen_on = display_of(config, display, view)
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
        curve=seen_on.curve,
        primaries=seen_on.primaries,
        split=seen_on.separable,
    )
    processor_of(config, found)
    return _in_working_space(config, found)


def _require_sense(spec: ColourSpec) -> None:
    asked = [key for key in ("space", "display", "view", "look", "cdl") if getattr(spec, key)]
    if asked and not spec.managed:
        raise failure("ocio.not_used", what=", ".join(asked), allowed=", ".join(("studio", *CONFIGS)))
    if spec.cdl and parse_cdl(spec.cdl) is None:
        raise failure("ocio.cdl", cdl=spec.cdl)


def _in_working_space(config: Any, view: ViewTransform) -> ViewTransform:
    """The same, baked where the view's own limits lie.

    Gamuts cut across a cube of another space: negative numbers there are colours, and would be cut off. So are
    those of the working space itself to views that begin in a wider one, as ACES 1.3 does.
    """
    if not view.scene_linear:
        return view
    if view.cdl or view.look:
        return view
    light = next((name for name in _LINEAR_BT709 if config.getColorSpace(name) is not None), None)
    view = replace(view, light=matrix_between(config, view.space, light) if light else ())
    if not config.hasRole(_WORKING):
        return view
    matrix = matrix_between(config, view.space, _WORKING)
    if not matrix or max(map(abs, matrix)) > _LARGEST:
        return view
    working = replace(view, matrix=matrix, grid_space=_WORKING)
    return working if loses_nothing(config, working) else view


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


def _is_linear(config: Any, space: str) -> bool:
    import PyOpenColorIO

    return bool(config.isColorSpaceLinear(space, PyOpenColorIO.REFERENCE_SPACE_SCENE))
