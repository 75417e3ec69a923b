"""What is drawn on the frames of an output, put together: watermark below, burn-ins above, the slate in front."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.media import Media, SourceKind, VideoStream
from encode_media.model.plan import LaidFile
from encode_media.model.preset import OutputSpec, Preset
from encode_media.planning.burn_ins import Drawn, burn_in
from encode_media.planning.colour import TargetColour
from encode_media.planning.counters import Counters, count_frames
from encode_media.planning.graph import Chain, Filter
from encode_media.planning.lettering import Canvas
from encode_media.planning.reading import Reading
from encode_media.planning.slate import slate
from encode_media.planning.sound import SoundWork
from encode_media.planning.start_timecode import start_timecode
from encode_media.planning.watermark import watermark
from encode_media.timebase import Timecode


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Of one output."""

    drawn: Drawn = Drawn()
    lead: int = 0
    """Frames put before the source's first."""

    @property
    def files(self) -> tuple[LaidFile, ...]:
        return self.drawn.files

    @property
    def notes(self) -> tuple[str, ...]:
        return self.drawn.notes


def plan_overlay(preset: Preset, spec: OutputSpec, target: TargetColour, canvas: Canvas) -> Overlay:
    """The steps for frames of the canvas's size and the target's form."""
    canvas = replace(canvas, white=target.white)
    drawn = Drawn()
    if spec.watermark is not None:
        drawn += watermark(spec.watermark, canvas, target, preset.assets[spec.watermark.image])
        drawn += Drawn(notes=(f"watermark {spec.watermark.image}, {spec.watermark.place.replace('_', ' ')}",))
    if spec.burn_ins is not None:
        texts = burn_in(spec.burn_ins, replace(canvas, font=_font(preset, spec.burn_ins.font)))
        drawn += texts
        if texts.steps:
            drawn += Drawn(notes=(_burn_in_note(spec, texts),))
    if spec.slate is None:
        return Overlay(drawn=drawn)
    drawn += slate(spec.slate, replace(canvas, font=_font(preset, spec.slate.font)))
    drawn += Drawn(notes=("a slate before the first frame: one frame more, silent, time code one frame earlier",))
    return Overlay(drawn=drawn, lead=1)


def onto(chain: Chain, target: TargetColour, overlay: Overlay) -> Chain:
    """The chain of an output with everything drawn at its end.

    Before the frames are tagged, so that the slate is tagged as they are, and before RGB becomes packed or
    big-endian, which ffmpeg can't draw on.
    """
    if not overlay.drawn.steps:
        return chain
    last = "format" if target.matrix == "gbr" else "setparams"
    names = [part.name if isinstance(part, Filter) else "" for part in chain]
    if last not in names:
        raise failure("internal", problem=f"there is no {last} at the end of a picture's chain")
    place = len(names) - 1 - names[::-1].index(last)
    return (*chain[:place], *overlay.drawn.steps, *chain[place:])


def counters_of(media: Media, video: VideoStream, preset: Preset, reading: Reading) -> Counters:
    """Frame numbers and time codes of what is read; without a time code it counts from zero."""
    start = start_timecode(media, reading, preset.timing) or Timecode(frame=0, rate=reading.rate)
    counters = count_frames(media, preset.missing_frames, reading.first_frame, reading.frames, start)
    own = preset.frame_rate if preset.frame_rate and media.kind is SourceKind.SEQUENCE else video.frame_rate
    if preset.timing.convert is None or own == reading.rate:
        return counters
    read = round((reading.frames or 1) * own / reading.rate)
    return replace(count_frames(media, preset.missing_frames, reading.first_frame, read, start), source_rate=own)


def behind(sound: SoundWork, lead: int) -> SoundWork:
    """The sound of an output whose picture begins with so many frames of our own: silence beside them."""
    if not lead or sound.rate is None:
        return sound
    return replace(
        sound,
        timing=replace(sound.timing, lead_s=sound.timing.lead_s + lead / sound.rate),
        length_s=later(sound.length_s, lead, sound.rate),
    )


def later(length_s: Fraction | None, lead: int, rate: Fraction) -> Fraction | None:
    """A length with so many frames before it."""
    return None if length_s is None else length_s + lead / rate


def more(frames: int | None, lead: int) -> int | None:
    return None if frames is None else frames + lead


def _font(preset: Preset, name: str | None) -> str | None:
    return preset.assets[name] if name else None


def _burn_in_note(spec: OutputSpec, drawn: Drawn) -> str:
    places = ", ".join(place.replace("_", " ") for place in spec.burn_ins.texts()) if spec.burn_ins else ""
    fonts = sorted({file.name.rpartition("/")[2] for file in drawn.files if file.text is None})
    return f"burn-ins: {places or 'held frames only'}, in {', '.join(fonts)}"
