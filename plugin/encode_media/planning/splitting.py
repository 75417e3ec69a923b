"""Which plans several workers can share, stretch by stretch, and the stretches. Pure.

A stretch is a part of all movies of a plan: it is read from its first frame on, begins with a key frame and
ends with a closed group, by the same encoder settings. Sound is encoded in whole where the stretches are
joined; what is no movie is made in whole beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from encode_media.media.formats import PROTOCOL_WHITELIST
from encode_media.model.media import SourceKind
from encode_media.model.plan import Command, EncodePlan, Split, Stretch
from encode_media.model.preset import OutputKind, OutputSpec
from encode_media.planning.encoders import gop_length, has_gop
from encode_media.planning.graph import InputFile, OutputFile, compile_run, pick_frames, step, text_of
from encode_media.planning.hardware import is_hardware
from encode_media.planning.outputs.draft import Draft, Options, Work, plain_options
from encode_media.planning.outputs.video import plan_videos
from encode_media.planning.rate_control import Aim, aim_of
from encode_media.planning.reading import Reading, with_layer
from encode_media.planning.retiming import read_part
from encode_media.planning.seeking import can_seek
from encode_media.planning.sound import sound_options

Remake = Callable[[tuple[OutputSpec, ...]], EncodePlan]
"""The plan of these outputs alone."""

_PARTS = "parts"
_CORES = {"vp9": 2, "prores": 2}
_MANY_CORES = 8
"""Other encoders use as many as this at the sizes and speeds that are usual here."""
_OF_A_CONTAINER = ("f", "movflags", "write_tmcd", "timecode", "metadata:s:v:0")
"""Options of the file, not of the encoder (`outputs.video`)."""


@dataclass(frozen=True, slots=True)
class _Movie:
    spec: OutputSpec
    draft: Draft
    file: str
    """Of its part in every stretch."""

    @property
    def stem(self) -> str:
        return self.draft.planned.file.rpartition(".")[0]


def split_plan(work: Work, drafts: Sequence[Draft], stretch_frames: int, remake: Remake) -> Split | None:
    """How to share the outputs in stretches of about so many frames; None where it can't be, or has too few.

    Args:
        work: the source side.
        drafts: all outputs.
        stretch_frames: 0 splits nothing.
        remake: for what is no movie.
    """
    movies = _movies(work, drafts)
    frames = work.reading.frames
    if not (stretch_frames and movies and frames and _is_numbered_straight_on(work)):
        return None
    slates = {movie.spec.slate is not None for movie in movies}
    if not all(_splits(work, movie) for movie in movies) or len(slates) > 1:
        return None
    bounds = _bounds(frames, stretch_frames, _unit(movies, work.reading.rate))
    if len(bounds) == 1:
        return None
    taken = [movie.spec for movie in movies]
    others = tuple(spec for spec in work.preset.outputs if spec not in taken)
    lead = 1 if True in slates else 0
    return Split(
        stretches=tuple(_stretch(work, movies, begin, end, lead=0 if begin else lead) for begin, end in bounds),
        files=tuple(movie.file for movie in movies),
        join=_join(work, movies, frames + lead),
        rest=remake(others) if others else None,
        cores=max(_CORES.get(movie.spec.video.codec, _MANY_CORES) for movie in movies),
    )


def _movies(work: Work, drafts: Sequence[Draft]) -> list[_Movie]:
    specs = {spec.name: spec for spec in work.preset.outputs}
    made = [draft for draft in drafts if draft.planned.kind is OutputKind.VIDEO]
    chosen = [specs[draft.planned.name] for draft in made]
    return [
        _Movie(spec, draft, f"{_PARTS}/{index}.{_part_container(spec)}")
        for index, (spec, draft) in enumerate(zip(chosen, made, strict=True))
    ]


def _is_numbered_straight_on(work: Work) -> bool:
    """Whether the frame at a place of the output is found in the source without reading all before it.

    It is not where a rate changes, since a frame then leans on its neighbours in time, as filled fields do.
    """
    timing, reading, media = work.preset.timing, work.reading, work.media
    if timing.convert is not None or timing.conform is not None:
        return False
    if media.kind is SourceKind.SEQUENCE:
        return reading.kept is None and reading.steps == (pick_frames(0, reading.frames or 1, reading.rate),)
    video = work.video
    is_plain = media.kind is SourceKind.MOVIE and not video.variable_rate and not video.is_interlaced
    return is_plain and can_seek(media, video)


def _splits(work: Work, movie: _Movie) -> bool:
    """Whether stretches make what one encode would: quality alone decides, whatever was before."""
    spec, draft = movie.spec, movie.draft
    aim = aim_of(spec, draft.heard, work.reading.frames, work.reading.rate)
    transparent_vp9 = spec.video.codec == "vp9" and bool(draft.target and draft.target.alpha)
    return (
        not draft.file.copied
        and not is_hardware(spec.video)
        and not transparent_vp9
        and aim == Aim()
        and (draft.heard is None or not draft.heard.token)
    )


def _unit(movies: Sequence[_Movie], rate: Fraction) -> int:
    """Stretches are a multiple of this long, so that key frames stand where they would have stood.

    An even number of groups: where a group is one picture, H.264 tells neighbours apart by an alternating id.
    """
    videos = [movie.spec.video for movie in movies]
    return math.lcm(*(2 * gop_length(video, rate) if has_gop(video) else 1 for video in videos))


def _bounds(frames: int, stretch_frames: int, unit: int) -> list[tuple[int, int]]:
    """First frame and the one behind the last of each stretch: all frames, each once, about equally many."""
    count = max(1, frames // stretch_frames)
    length = math.ceil(frames / count / unit) * unit
    return [(first, min(first + length, frames)) for first in range(0, frames, length)]


def _stretch(work: Work, movies: Sequence[_Movie], first: int, end: int, *, lead: int) -> Stretch:
    reading = _read_stretch(work, first, end)
    part = replace(work, reading=reading, steps=(*reading.steps, *work.steps[len(work.reading.steps) :]))
    specs = [movie.spec if lead else replace(movie.spec, slate=None) for movie in movies]
    drafts = plan_videos(part, specs, [movie.stem for movie in movies])
    outputs = [_part_file(movie, draft, first, reading.rate) for movie, draft in zip(movies, drafts, strict=True)]
    return Stretch(
        first=first,
        frames=end - first + lead,
        command=Command(
            argv=compile_run(reading.input, outputs, video_stream=work.video.index),
            purpose=f"encode frames {first} to {end - 1}",
            frames=end - first,
        ),
        links=reading.links,
    )


def _read_stretch(work: Work, first: int, end: int) -> Reading:
    """Frames keep the times they have in the whole source: what is drawn on them counts by those."""
    whole, preset = work.reading, work.preset
    picked = pick_frames(first, end - first, whole.rate)
    if work.media.kind is SourceKind.MOVIE:
        late = with_layer(read_part(work.media, work.video, preset, first=first), work.media, preset.colour.layer)
        return replace(late, steps=(*late.steps, picked), kept=range(first, end))
    number = int(whole.input.options["start_number"] or 0) + first
    source = replace(whole.input, options={**whole.input.options, "start_number": str(number)})
    return replace(
        whole,
        input=source,
        steps=(step("setpts", f"PTS+{first}"), picked),
        links=tuple(whole.links[first:end]),
        kept=range(first, end),
    )


def _part_file(movie: _Movie, draft: Draft, first: int, rate: Fraction) -> OutputFile:
    sound = sound_options(draft.heard) if draft.heard else {}
    own = {name: value for name, value in draft.file.options.items() if name not in (*_OF_A_CONTAINER, *sound)}
    back = (step("setpts", f"round(PTS-{first}/(TB*{text_of(rate)}))"),) if first else ()
    return OutputFile(
        path=movie.file,
        video=(*(draft.file.video or ()), *back),
        options={**own, "f": _part_container(movie.spec), "write_tmcd": "0"},
    )


def _part_container(spec: OutputSpec) -> str:
    """One whose clock counts in frames, whatever the movie's own: WebM counts in milliseconds."""
    return "mp4" if has_gop(spec.video) else "mov"


def _join(work: Work, movies: Sequence[_Movie], frames: int) -> Command:
    options = {"f": "concat", "protocol_whitelist": PROTOCOL_WHITELIST}
    outputs = [
        OutputFile(
            path=movie.draft.planned.file,
            joined=InputFile(path=f"{movie.file}.ffconcat", options=options),
            audio=movie.draft.file.audio,
            sound=movie.draft.file.sound,
            options=_join_options(movie.draft),
        )
        for movie in movies
    ]
    names = ", ".join(movie.draft.planned.name for movie in movies)
    argv = compile_run(work.reading.input, outputs, video_stream=work.video.index)
    return Command(argv=argv, purpose=f"join {names}", frames=frames)


def _join_options(draft: Draft) -> Options:
    kept = {name: value for name, value in draft.file.options.items() if name in (*_OF_A_CONTAINER, "tag:v")}
    return {"c:v": "copy", **plain_options(), **kept, **(sound_options(draft.heard) if draft.heard else {})}
