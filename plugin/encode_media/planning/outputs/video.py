"""Movies, with sound of exactly the picture's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.geometry import Size
from encode_media.model.media import SourceKind
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec
from encode_media.planning import sound
from encode_media.planning.colour import TargetColour, convert, rescale, target_colour
from encode_media.planning.encoders import encoder_options
from encode_media.planning.graph import Chain, OutputFile
from encode_media.planning.hardware import upload
from encode_media.planning.outputs.draft import Draft, Options, Placement, Work, place, plain_options, rate_options
from encode_media.presets.codecs import codec_of, profile_of
from encode_media.timebase import Timecode, describe_rate, nominal_rate

_HIGHEST_TIMECODE_RATE = 60
"""SMPTE labels are defined up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movie:
    """An output whose size and colour are decided."""

    spec: OutputSpec
    stem: str
    target: TargetColour
    placement: Placement
    heard: sound.Heard | None
    timecode: str | None

    @property
    def size(self) -> Size:
        return self.placement.size

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]


def plan_videos(work: Work, specs: Sequence[OutputSpec], stems: Sequence[str]) -> list[Draft]:
    """All movies of a job. Of those that are alike but for their size, the smaller are scaled from the largest."""
    movies = [_movie(work, spec, stem) for spec, stem in zip(specs, stems, strict=True)]
    largest: dict[TargetColour, _Movie] = {}
    for movie in movies:
        if movie.target not in largest or movie.area > largest[movie.target].area:
            largest[movie.target] = movie
    return [_draft(work, movie, _picture(work, movie, largest[movie.target])) for movie in movies]


def _movie(work: Work, spec: OutputSpec, stem: str) -> _Movie:
    return _Movie(
        spec=spec,
        stem=stem,
        target=target_colour(spec.video, work.colour, work.media.kind),
        placement=place(work, spec, even=True),
        heard=sound.hear(work.sound, spec.audio),
        timecode=_timecode(work) if spec.container == "mov" else None,
    )


def _picture(work: Work, movie: _Movie, largest: _Movie) -> Chain:
    placement = largest.placement
    chain = (*work.steps, *placement.crop, *convert(work.colour, largest.target, placement.scaled))
    return chain if movie.size == largest.size else (*chain, *rescale(movie.target, movie.size))


def _draft(work: Work, movie: _Movie, picture: Chain) -> Draft:
    spec, heard, rate = movie.spec, movie.heard, work.reading.rate
    file = f"{movie.stem}.{spec.container}"
    options: Options = {
        **rate_options(rate), **plain_options(), **encoder_options(spec.video, rate, movie.size),
        **_container(spec.container, movie.timecode), **_colour_options(movie.target),
        **(sound.sound_options(heard) if heard else {}),
    }  # fmt: skip
    return Draft(
        file=OutputFile(
            path=file, video=(*picture, *upload(spec.video)), options=options,
            audio=heard.chain if heard else None, sound=heard.input if heard else None,
        ),
        heard=heard,
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=_expected(work, movie),
        ),
        target=movie.target,
        note=f"{spec.name}: {_describe(movie, rate)}",
    )  # fmt: skip


def _describe(movie: _Movie, rate: Fraction) -> str:
    width, height = movie.size
    tagged = "BT.709" if movie.target.curve == "bt709" else "sRGB"
    return (
        f"{width}x{height} {movie.spec.video.codec} {movie.target.pixel_format} at {describe_rate(rate)}, "
        f"BT.709 limited range, tagged {tagged}"
    )


def _expected(work: Work, movie: _Movie) -> Expected:
    video = movie.spec.video
    codec = codec_of(video)
    return Expected(
        codec=codec.probed,
        profile=profile_of(video).probed,
        pixel_format=codec.decoded.get(video.pixel_format, video.pixel_format),
        width=movie.size[0],
        height=movie.size[1],
        frames=work.reading.frames,
        frame_rate=work.reading.rate,
        duration_s=work.reading.duration_s,
        colour=movie.target.tags,
        **sound.expected(movie.heard),
        faststart=movie.spec.container == "mp4",
        timecode=movie.timecode,
    )


def _timecode(work: Work) -> str | None:
    """The movie's own start, or a sequence's first frame number counted at its rate."""
    rate = work.reading.rate
    if nominal_rate(rate) > _HIGHEST_TIMECODE_RATE:
        return None
    if work.media.kind is SourceKind.SEQUENCE:
        first = work.reading.first_frame
        return str(Timecode(frame=first, rate=rate)) if first >= 0 else None
    if not work.media.timecode:
        return None
    try:
        return str(Timecode.parse(work.media.timecode, rate))
    except ValueError:
        # A label that does not exist at this rate would be written as it is, and read as something else.
        return None


def _container(container: str, timecode: str | None) -> Options:
    if container == "mp4":
        return {"f": "mp4", "movflags": "+faststart", "write_tmcd": "0"}
    if container == "mov":
        return {"f": "mov", **({"timecode": timecode} if timecode else {"write_tmcd": "0"})}
    return {"f": container}


def _colour_options(target: TargetColour) -> Options:
    """Agrees with the tags of the frames; older builds need it for the container."""
    return {
        "color_range": "tv", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": target.curve,
    }  # fmt: skip
