"""Plans that make sound and no picture: from a sound file, or from a movie whose pictures are not even decoded."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from encode_media.errors import failure
from encode_media.media.formats import PROTOCOL_WHITELIST
from encode_media.model.media import Media, VideoStream
from encode_media.model.plan import Command, EncodePlan
from encode_media.model.preset import OutputKind, Preset
from encode_media.planning.estimates import estimate_bytes
from encode_media.planning.graph import InputFile, compile_run
from encode_media.planning.measuring import with_measurements
from encode_media.planning.naming import unique_stems
from encode_media.planning.outputs.audio import plan_audio
from encode_media.planning.retiming import read_part
from encode_media.planning.sound import SoundWork
from encode_media.planning.span import says_anything
from encode_media.planning.start_timecode import clock_of, seconds_of, start_timecode

_DECODE_SHARE = 0.01
"""Of the sound's length: decoding, mixing and writing it takes about a hundredth of it on one core."""
_START_S = 0.5


def is_sound_alone(preset: Preset) -> bool:
    return all(output.kind is OutputKind.AUDIO for output in preset.outputs)


def plan_sound_alone(media: Media, preset: Preset, files: Mapping[str, Media]) -> EncodePlan:
    """Like `planner.make_plan`, for presets of which `is_sound_alone` is true."""
    video = media.video
    if video is None and says_anything(preset.timing):
        raise failure("options.invalid", option="first", problem="there is no picture", allowed="nothing")
    source, work, start_s = _own(media, files) if video is None else _beside_picture(media, video, preset, files)
    stems = unique_stems([spec.name for spec in preset.outputs])
    drafts = [plan_audio(work, spec, stem, start_s) for spec, stem in zip(preset.outputs, stems, strict=True)]
    argv = compile_run(source, [draft.file for draft in drafts], video_stream=None)
    purpose = "encode " + ", ".join(draft.planned.name for draft in drafts)
    length = work.length_s or max((track.duration_s or Fraction(0) for track in media.audio), default=Fraction(0))
    notes = [draft.heard.note for draft in drafts if draft.heard is not None]
    return EncodePlan(
        media=media,
        preset=preset.name,
        commands=with_measurements(source, drafts, [Command(argv=argv, purpose=purpose, frames=None)]),
        outputs=tuple(draft.planned for draft in drafts),
        notes=(*dict.fromkeys(notes), *(draft.note for draft in drafts)),
        estimated_bytes=sum(estimate_bytes(draft.planned, None) for draft in drafts),
        estimated_s=_START_S + round(float(length) * _DECODE_SHARE * len(drafts), 1),
        duration_s=length,
    )


def _beside_picture(
    media: Media, video: VideoStream, preset: Preset, files: Mapping[str, Media]
) -> tuple[InputFile, SoundWork, Fraction | None]:
    """As long as the pictures that would be shown, with their time code."""
    reading = read_part(media, video, preset)
    work = SoundWork(
        media=media, files=files, timing=reading.sound, length_s=reading.duration_s, rate=reading.rate,
        clock_s=clock_of(media, reading, preset),
    )  # fmt: skip
    return reading.input, work, seconds_of(start_timecode(media, reading, preset.timing))


def _own(media: Media, files: Mapping[str, Media]) -> tuple[InputFile, SoundWork, Fraction | None]:
    """All of it, with the time it says it begins at."""
    source = InputFile(
        path=f"file:{media.source.path}", options={"f": media.container, "protocol_whitelist": PROTOCOL_WHITELIST}
    )
    return source, SoundWork(media=media, files=files), media.sound_start_s
