"""One image out of the source: thumbnail, poster, the still itself."""

from __future__ import annotations

from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec, VideoSpec
from encode_media.planning.colour import convert, target_colour
from encode_media.planning.graph import Chain, OutputFile, pick_frames
from encode_media.planning.outputs.draft import Draft, Options, Work, place, plain_options

_JPEG_QUALITY = 2
"""ffmpeg's best but one, about 86 % in other programs."""


def plan_still(work: Work, spec: OutputSpec, stem: str) -> Draft:
    """The frame at the wanted place; picked before anything is converted, so it costs next to nothing."""
    target = target_colour(spec.video, work.colour, work.media.kind)
    placement = place(work, spec, even=False)
    frame = _frame(work, spec)
    file = f"{stem}.{spec.container}"
    width, height = placement.size
    return Draft(
        file=OutputFile(
            path=file,
            video=(
                *work.reading.steps, *_pick(work, frame), *work.steps[len(work.reading.steps):], *placement.crop,
                *convert(work.colour, target, placement.scaled),
            ),
            options={
                **plain_options(), **image_encoder(spec.video), "f": "image2", "update": "1", "frames:v": "1",
                "fps_mode": "passthrough",
            },
        ),
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=Expected(
                codec=spec.video.codec, pixel_format=spec.video.pixel_format, width=width, height=height, frames=1
            ),
        ),
        target=target,
        note=f"{spec.name}: {width}x{height} {spec.container}{_place(work, frame)}",
    )  # fmt: skip


def image_encoder(spec: VideoSpec) -> Options:
    if spec.codec == "mjpeg":
        quality = _JPEG_QUALITY if spec.quality is None else spec.quality
        return {"c:v": "mjpeg", "q:v": f"{quality:g}"}
    return {"c:v": "png"}


def _frame(work: Work, spec: OutputSpec) -> int:
    """Index of the frame, counted from 0."""
    return round(spec.position * ((work.reading.frames or 1) - 1))


def _pick(work: Work, frame: int) -> Chain:
    return () if work.reading.frames == 1 else (pick_frames(frame, 1, work.reading.rate),)


def _place(work: Work, frame: int) -> str:
    return "" if work.reading.frames == 1 else f" of frame {work.reading.first_frame + frame}"
