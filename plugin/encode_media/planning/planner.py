"""From a source and a preset to what will be done: one ffmpeg run, and what must come of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.background import background_colour
from encode_media.model.colour import ViewTransform
from encode_media.model.media import Media, VideoStream
from encode_media.model.plan import EncodePlan, LaidFile
from encode_media.model.preset import OutputKind, OutputSpec, Preset
from encode_media.planning.beginning import Beginning, begin
from encode_media.planning.colour import SourceColour
from encode_media.planning.estimates import estimate_bytes, estimate_seconds
from encode_media.planning.graph import Chain
from encode_media.planning.look import with_look
from encode_media.planning.measuring import with_measurements
from encode_media.planning.naming import unique_stems
from encode_media.planning.narrowing import narrowed
from encode_media.planning.outputs.audio import plan_audio
from encode_media.planning.outputs.draft import Draft, Work
from encode_media.planning.outputs.images import plan_images
from encode_media.planning.outputs.video import plan_videos
from encode_media.planning.passes import commands_of, in_order
from encode_media.planning.rate_control import SCRATCH
from encode_media.planning.reading import with_layer
from encode_media.planning.remote import plan_remote
from encode_media.planning.retiming import read_part
from encode_media.planning.sound import SoundWork
from encode_media.planning.sound_alone import is_sound_alone, plan_sound_alone
from encode_media.planning.source_notes import source_notes
from encode_media.planning.splitting import split_plan
from encode_media.planning.start_timecode import clock_of, seconds_of, start_timecode


def make_plan(
    media: Media,
    preset: Preset,
    *,
    files: Mapping[str, Media] | None = None,
    view: ViewTransform | None = None,
    stretch_frames: int = 0,
) -> EncodePlan:
    """Everything a run needs, decided: argument lists, links for gaps, expected results, notes, estimates.

    Args:
        media: the source.
        preset: resolved for it.
        files: the files of `sound.sound_files(preset)`, read.
        view: what `ocio.find_view` found, where the preset's colour is managed.
        stretch_frames: how many frames one worker takes where several can share the plan; 0 for none.

    Raises:
        InvalidParameters: a sound track that is not there.
        UnsupportedFormat: there is no picture, or no sound where only that is wanted.
        SourceMissing: frames are missing and the preset does not allow it.
    """
    if preset.backend == "ftrack":
        return plan_remote(media, preset)
    if is_sound_alone(preset):
        return plan_sound_alone(media, preset, files or {})
    if media.video is None:
        raise failure("source.no_video", path=media.source.path)
    work = narrowed(_work(media, media.video, preset, files or {}, view), preset.outputs)
    drafts = in_order(_drafts(work, preset.outputs))
    frames = work.reading.frames_read
    plan = EncodePlan(
        media=media,
        preset=preset.name,
        commands=with_measurements(work.reading.input, drafts, commands_of(work, drafts)),
        outputs=tuple(draft.planned for draft in drafts),
        links=work.reading.links,
        black_frame=work.reading.black_frame,
        files=_files(work, drafts),
        scratch=(SCRATCH,) if any(draft.first_pass or draft.tally for draft in drafts) else (),
        notes=(*source_notes(work, view), *work.looks, *work.reading.notes, *_sound_notes(drafts),
               *(draft.note for draft in drafts), *_drawn_notes(drafts)),
        estimated_bytes=sum(
            media.size_bytes if draft.planned.copied else estimate_bytes(draft.planned, frames, draft.file.options)
            for draft in drafts
        ),
        estimated_s=estimate_seconds(
            media.video, [draft.planned for draft in drafts], frames, [draft.file.options for draft in drafts]
        ),
        duration_s=work.reading.duration_s or Fraction(0),
    )  # fmt: skip

    def others(outputs: tuple[OutputSpec, ...]) -> EncodePlan:
        return make_plan(media, replace(preset, outputs=outputs), files=files, view=view)

    return replace(plan, split=split_plan(work, drafts, stretch_frames, others))


def _work(
    media: Media, video: VideoStream, preset: Preset, files: Mapping[str, Media], view: ViewTransform | None
) -> Work:
    reading = with_layer(read_part(media, video, preset), media, preset.colour.layer)
    beginning = begin(video, preset.colour, view, background_colour(preset.background))
    looked = with_look(beginning.colour, preset)
    clear = with_look(beginning.clear_colour, preset) if beginning.clear_colour else None
    return Work(
        media=media, video=video, preset=preset, reading=reading, colour=looked.colour,
        steps=(*reading.steps, *beginning.steps, *looked.steps),
        clear=((*beginning.clear_steps, *clear.steps), clear.colour) if clear else None,
        light=_light(beginning, preset),
        files=(*beginning.files, *looked.files), looks=looked.notes,
        sound=SoundWork(
            media=media, files=files, timing=reading.sound, length_s=reading.duration_s, rate=reading.rate,
            clock_s=clock_of(media, reading, preset),
        ),
    )  # fmt: skip


def _light(beginning: Beginning, preset: Preset) -> tuple[Chain, SourceColour] | None:
    """Linear light has no look: a LUT is for the picture as displayed."""
    if preset.lut or beginning.light_colour is None:
        return None
    return beginning.light_steps, beginning.light_colour


def _drafts(work: Work, specs: Sequence[OutputSpec]) -> list[Draft]:
    """Movies first: ffmpeg counts its progress in frames of the first file."""
    stems = unique_stems([spec.name for spec in specs])
    named = list(zip(specs, stems, strict=True))
    videos = [(spec, stem) for spec, stem in named if spec.kind is OutputKind.VIDEO]
    drafts = plan_videos(work, [spec for spec, _ in videos], [stem for _, stem in videos])
    sounds = [(spec, stem) for spec, stem in named if spec.kind is OutputKind.AUDIO]
    start_s = seconds_of(start_timecode(work.media, work.reading, work.preset.timing)) if sounds else None
    drafts += plan_images(work, named)
    return drafts + [plan_audio(work.sound, spec, stem, start_s) for spec, stem in sounds]


def _files(work: Work, drafts: Sequence[Draft]) -> tuple[LaidFile, ...]:
    """Each once: outputs share fonts, and smaller movies are scaled from larger ones, texts and all."""
    steps = repr([draft.file.video for draft in drafts])
    read = [file for file in work.files if file.name in steps]
    return tuple(dict.fromkeys([*read, *(file for draft in drafts for file in draft.files)]))


def _drawn_notes(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """What is drawn on which outputs."""
    names: dict[str, list[str]] = {}
    for draft in drafts:
        for note in draft.drawn:
            names.setdefault(note, []).append(draft.planned.name)
    return tuple(f"{', '.join(outputs)}: {note}" for note, outputs in names.items())


def _sound_notes(drafts: Sequence[Draft]) -> tuple[str, ...]:
    heard = [draft.heard for draft in drafts if draft.heard is not None]
    if heard:
        return tuple(dict.fromkeys(each.note for each in heard))
    return ("no sound",) if any(draft.planned.kind is OutputKind.VIDEO for draft in drafts) else ()
