"""Numbered images, one for each frame."""

from __future__ import annotations

from encode_media.errors import failure
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec
from encode_media.planning.colour import target_colour
from encode_media.planning.framing import barred
from encode_media.planning.graph import OutputFile
from encode_media.planning.naming import sequence_pattern
from encode_media.planning.outputs.draft import Draft, Work, place, plain_options, rate_options
from encode_media.planning.outputs.still import image_encoder
from encode_media.planning.overlay import onto
from encode_media.planning.transparency import convert_any


def plan_image_sequence(work: Work, spec: OutputSpec, stem: str) -> Draft:
    """Numbered as the source's frames are, unless the preset says where to begin."""
    reading = work.reading
    first = reading.first_frame if spec.first_frame is None else spec.first_frame
    lead = 1 if spec.slate else 0
    first -= lead
    frames = (reading.frames or 1) + lead
    last = first + frames - 1
    target = target_colour(spec.video, work.colour, work.media.kind)
    placement = place(work, spec, even=False)
    steps, colour = work.towards(target)
    if colour.display:
        raise failure("ocio.display_target", display=colour.display, target=f"images ({spec.container})")
    file = sequence_pattern(stem, spec.container, (first, last))
    options = {
        **rate_options(reading.rate), **plain_options(), **image_encoder(spec.video),
        "f": "image2", "start_number": str(first),
    }  # fmt: skip
    width, height = placement.size
    overlay = work.overlay(spec, target, placement.size, stem)
    picture = (*steps, *placement.crop, *convert_any(colour, target, placement.scaled))
    return Draft(
        file=OutputFile(
            path=file,
            video=onto(barred(picture, target, placement.bars), target, overlay),
            options=options,
        ),
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, first_frame=first,
            publish=spec.publish,
            expected=Expected(
                codec=spec.video.codec, pixel_format=spec.video.pixel_format, width=width, height=height,
                frames=frames,
            ),
        ),
        target=target,
        files=overlay.files,
        drawn=overlay.notes,
        note=f"{spec.name}: {width}x{height} {spec.video.codec} {spec.video.pixel_format}, frames {first}-{last}",
    )  # fmt: skip
