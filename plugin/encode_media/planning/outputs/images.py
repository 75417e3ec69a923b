"""Everything that is not a movie: which module plans it, and which frames of the source it needs."""

from __future__ import annotations

from collections.abc import Iterable

from encode_media.model.preset import OutputKind, OutputSpec
from encode_media.planning.outputs.animation import part_shown, plan_animation
from encode_media.planning.outputs.draft import Draft, Work
from encode_media.planning.outputs.image_sequence import plan_image_sequence
from encode_media.planning.outputs.sheet import frames_of_sheet, plan_sheet
from encode_media.planning.outputs.still import frames_of_still, plan_still

_ORDER = (OutputKind.IMAGE_SEQUENCE, OutputKind.ANIMATION, OutputKind.STILL)
"""Those of many frames first: ffmpeg counts its progress in frames of the first file."""


def plan_images(work: Work, named: Iterable[tuple[OutputSpec, str]]) -> list[Draft]:
    """Of outputs with their stems, those that are images; the others are left out."""
    images = [(spec, stem) for spec, stem in named if spec.kind in _ORDER]
    return [_plan(work, spec, stem) for spec, stem in sorted(images, key=lambda pair: _ORDER.index(pair[0].kind))]


def _plan(work: Work, spec: OutputSpec, stem: str) -> Draft:
    if spec.kind is OutputKind.IMAGE_SEQUENCE:
        return plan_image_sequence(work, spec, stem)
    if spec.kind is OutputKind.ANIMATION:
        return plan_animation(work, spec, stem)
    return plan_still(work, spec, stem) if spec.sheet is None else plan_sheet(work, spec, spec.sheet, stem)


def frames_needed(work: Work, specs: Iterable[OutputSpec]) -> tuple[int, ...] | None:
    """The frames that stills and animations are made of, where all outputs are such; None means all frames."""
    frames: set[int] = set()
    for spec in specs:
        if spec.kind is OutputKind.STILL:
            frames |= set(frames_of_still(work, spec) if spec.sheet is None else frames_of_sheet(work, spec.sheet))
        elif spec.kind is OutputKind.ANIMATION:
            frames |= set(part_shown(work.reading, spec).source_frames)
        else:
            return None
    return tuple(sorted(frames))
