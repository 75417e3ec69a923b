"""From a source and a preset to what will be done: one ffmpeg run, and what must come of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.background import background_colour
from encode_media.model.media import Media, VideoStream
from encode_media.model.plan import Command, EncodePlan
from encode_media.model.preset import OutputKind, OutputSpec, Preset
from encode_media.planning.colour import Light, SourceColour, flatten, matrix_words, source_colour
from encode_media.planning.estimates import estimate_bytes, estimate_seconds
from encode_media.planning.graph import compile_run
from encode_media.planning.measuring import with_measurements
from encode_media.planning.naming import unique_stems
from encode_media.planning.outputs.draft import Draft, Work
from encode_media.planning.outputs.images import plan_images
from encode_media.planning.outputs.video import plan_videos
from encode_media.planning.reading import read_source
from encode_media.planning.sound import SoundWork


def make_plan(media: Media, preset: Preset, *, files: Mapping[str, Media] | None = None) -> EncodePlan:
    """Everything a run needs, decided: argument lists, links for gaps, expected results, notes, estimates.

    Args:
        media: the source.
        preset: resolved for it.
        files: the files of `sound.sound_files(preset)`, read.

    Raises:
        InvalidParameters: a sound track that is not there.
        UnsupportedFormat: there is no picture, or no sound where only that is wanted.
        SourceMissing: frames are missing and the preset does not allow it.
    """
    if media.video is None:
        raise failure("source.no_video", path=media.source.path)
    work = _work(media, media.video, preset, files or {})
    drafts = _drafts(work, preset.outputs)
    argv = compile_run(
        work.reading.input,
        [draft.file for draft in drafts],
        video_stream=media.video.index,
    )
    frames = work.reading.frames
    return EncodePlan(
        media=media,
        preset=preset.name,
        commands=with_measurements(
            work.reading.input, drafts, [Command(argv=argv, purpose=_purpose(drafts), frames=frames)]
        ),
        outputs=tuple(draft.planned for draft in drafts),
        links=work.reading.links,
        black_frame=work.reading.black_frame,
        notes=(*_source_notes(work), *work.reading.notes, *_sound_notes(drafts),
               *(draft.note for draft in drafts)),
        estimated_bytes=sum(estimate_bytes(draft.planned, frames) for draft in drafts),
        estimated_s=estimate_seconds(media.video, [draft.planned for draft in drafts], frames),
        duration_s=work.reading.duration_s or Fraction(0),
    )  # fmt: skip


def _work(media: Media, video: VideoStream, preset: Preset, files: Mapping[str, Media]) -> Work:
    reading = read_source(media, video, preset)
    over_background, colour = flatten(video, source_colour(video), background_colour(preset.background))
    return Work(
        media=media, video=video, preset=preset, reading=reading, colour=colour,
        steps=(*reading.steps, *over_background),
        sound=SoundWork(
            media=media, files=files, timing=reading.sound, length_s=reading.duration_s, rate=reading.rate
        ),
    )  # fmt: skip


def _drafts(work: Work, specs: Sequence[OutputSpec]) -> list[Draft]:
    """Movies first: ffmpeg counts its progress in frames of the first file."""
    stems = unique_stems([spec.name for spec in specs])
    named = list(zip(specs, stems, strict=True))
    videos = [(spec, stem) for spec, stem in named if spec.kind is OutputKind.VIDEO]
    drafts = plan_videos(work, [spec for spec, _ in videos], [stem for _, stem in videos])
    return drafts + plan_images(work, named)


def _purpose(drafts: Sequence[Draft]) -> str:
    return "encode " + ", ".join(draft.planned.name for draft in drafts)


def _source_notes(work: Work) -> tuple[str, ...]:
    notes = [_colour_note(work.video, source_colour(work.video))]
    if work.video.has_alpha:
        notes.append(_alpha_note(work))
    if work.video.sample_aspect != 1:
        notes.append(f"pixel aspect {work.video.sample_aspect} made square")
    if work.video.rotation:
        notes.append(f"turned upright by {work.video.rotation} degrees")
    if work.media.layers:
        notes.append(f"the default layer is used, not {', '.join(work.media.layers)}")
    return tuple(notes)


def _colour_note(video: VideoStream, colour: SourceColour) -> str:
    extent = "full" if colour.full_range else "limited"
    taken = {
        Light.SCENE_LINEAR: "scene-linear with BT.709 primaries, shown with the sRGB curve and nothing else",
        Light.RGB: "display RGB (sRGB), full range",
        Light.YUV: f"YUV with the matrix {matrix_words(colour.matrix)}, {extent} range",
        Light.HDR: f"HDR ({colour.curve}, {colour.primaries}), tone-mapped to SDR",
        Light.WIDE: f"wide-gamut YUV ({colour.primaries}), converted to BT.709 primaries",
    }[colour.light]
    guessed = f"; assumed: {', '.join(colour.assumed)}" if colour.assumed else ""
    return f"source colour: {video.pixel_format}, {taken}{guessed}"


def _alpha_note(work: Work) -> str:
    if work.colour.light is Light.SCENE_LINEAR:
        return "transparency: premultiplied, shown over black"
    return f"transparency: taken as straight, shown over {work.preset.background}"


def _sound_notes(drafts: Sequence[Draft]) -> tuple[str, ...]:
    heard = [draft.heard for draft in drafts if draft.heard is not None]
    if heard:
        return tuple(dict.fromkeys(each.note for each in heard))
    return ("no sound",) if any(draft.planned.kind is OutputKind.VIDEO for draft in drafts) else ()
