"""One image out of the source: thumbnail, poster, the still itself."""

from __future__ import annotations

from encode_media.model.geometry import Size
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec, VideoSpec
from encode_media.planning.colour import RGB8, RGB8_SOURCE, TargetColour, target_colour
from encode_media.planning.conversion import convert
from encode_media.planning.framing import barred
from encode_media.planning.graph import Chain, Filter, Fork, OutputFile, step
from encode_media.planning.outputs.draft import Draft, Options, Placement, Work, place, plain_options
from encode_media.planning.outputs.picking import candidates, choose_best, select_frames, wanted_frame
from encode_media.planning.overlay import Overlay, onto
from encode_media.planning.transparency import convert_any
from encode_media.presets.codecs import profile_of

_JPEG_QUALITY = 2
"""ffmpeg's best but one, about 86 % in other programs."""


def plan_still(work: Work, spec: OutputSpec, stem: str) -> Draft:
    """The wanted frame; picked before anything is converted, so it costs next to nothing."""
    target = target_colour(spec.video, work.colour, work.media.kind)
    placement = place(work, spec, even=False)
    choosing = _chooses(work, spec)
    overlay = work.overlay(
        spec, RGB8 if choosing else target, placement.size, stem,
        only=None if choosing else wanted_frame(work.reading, spec),
    )  # fmt: skip
    if choosing:
        picture = _best_picture(work, spec, target, placement, overlay)
    else:
        picture = onto(_wanted_picture(work, spec, target, placement), target, overlay)
    return one_image(
        spec, stem, picture, size=placement.size, target=target, overlay=overlay, words=_which(work, spec)
    )


def frames_of_still(work: Work, spec: OutputSpec) -> tuple[int, ...]:
    """The frames a still is made of or chosen from."""
    wanted = wanted_frame(work.reading, spec)
    if not _chooses(work, spec):
        return (wanted,)
    return tuple(sorted({wanted, *candidates(work.reading, place(work, spec, even=False).size)}))


def one_image(
    spec: OutputSpec, stem: str, picture: Chain, *, size: Size, target: TargetColour, overlay: Overlay, words: str
) -> Draft:
    """A single file of this picture; `words` are said of it behind its size and format."""
    file = f"{stem}.{spec.container}"
    width, height = size
    options: Options = {
        **plain_options(), **image_encoder(spec.video), "f": "image2", "update": "1", "frames:v": "1",
        "fps_mode": "passthrough",
    }  # fmt: skip
    return Draft(
        file=OutputFile(path=file, video=picture, options=options),
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=Expected(
                codec=spec.video.codec, pixel_format=spec.video.pixel_format, width=width, height=height, frames=1
            ),
        ),
        target=target,
        files=overlay.files,
        drawn=overlay.notes,
        note=f"{spec.name}: {width}x{height} {spec.container}{words}",
    )  # fmt: skip


def image_encoder(spec: VideoSpec) -> Options:
    if spec.codec == "mjpeg":
        quality = _JPEG_QUALITY if spec.quality is None else spec.quality
        return {"c:v": "mjpeg", "q:v": f"{quality:g}"}
    if spec.codec == "exr":
        # The encoder's own defaults are uncompressed 32-bit files.
        return {"c:v": "exr", "compression": "zip16", "format:v": profile_of(spec).argument}
    return {"c:v": "png"}


def _wanted_picture(work: Work, spec: OutputSpec, target: TargetColour, placement: Placement) -> Chain:
    steps, colour = work.towards(target)
    picked = _picked(work, steps, frames_of_still(work, spec), placement)
    return barred((*picked, *convert_any(colour, target, placement.scaled)), target, placement.bars)


def _best_picture(
    work: Work, spec: OutputSpec, target: TargetColour, placement: Placement, overlay: Overlay
) -> Chain:
    frames = frames_of_still(work, spec)
    small = barred(convert(work.colour, RGB8, placement.scaled), RGB8, placement.bars)
    # Texts count by the frame's time, which is lost where the choice ends; a watermark is the same on any frame.
    texts = tuple(drawn for drawn in overlay.drawn.steps if isinstance(drawn, Filter))
    marks = tuple(drawn for drawn in overlay.drawn.steps if isinstance(drawn, Fork))
    chosen = choose_best(frames, wanted_frame(work.reading, spec), texts)
    marked: Chain = (step("format", "gbrp"), *marks) if marks else ()
    picked = _picked(work, work.steps, frames, placement)
    return (*picked, *small, *chosen, *marked, *convert(RGB8_SOURCE, target, None))


def _picked(work: Work, steps: Chain, frames: tuple[int, ...], placement: Placement) -> Chain:
    """Only these frames, picked before anything else is done with them."""
    begun = len(work.reading.steps)
    return (*work.reading.steps, *select_frames(work.reading, frames), *steps[begun:], *placement.crop)


def _chooses(work: Work, spec: OutputSpec) -> bool:
    return spec.best and spec.frame is None and (work.reading.frames or 1) > 1


def _which(work: Work, spec: OutputSpec) -> str:
    if work.reading.frames == 1:
        return ""
    number = work.reading.first_frame + wanted_frame(work.reading, spec)
    if not _chooses(work, spec):
        return f" of frame {number}"
    count = len(frames_of_still(work, spec))
    return f", the most typical of {count} frames that is neither dark nor blank, else frame {number}"
