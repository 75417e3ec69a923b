"""Movies, with sound of exactly the picture's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.geometry import Size
from encode_media.model.hdr import HdrMetadata
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec, VideoSpec
from encode_media.planning import sound
from encode_media.planning.colour import HDR_CURVES, TargetColour, target_colour
from encode_media.planning.conversion import rescale
from encode_media.planning.encoders import Encode, carries_hdr_metadata, encoder_options, gop_length, has_gop
from encode_media.planning.framing import bar_words, barred
from encode_media.planning.graph import Chain, OutputFile
from encode_media.planning.hardware import upload
from encode_media.planning.outputs.draft import Draft, Options, Placement, Work, place, plain_options, rate_options
from encode_media.planning.overlay import Overlay, behind, later, more, onto
from encode_media.planning.pass_through import Copied, copied_or_why, copied_words, not_copied_words
from encode_media.planning.rate_control import Aim, aim_of
from encode_media.planning.start_timecode import start_timecode
from encode_media.planning.transparency import convert_any
from encode_media.presets.codecs import codec_of, profile_of
from encode_media.timebase import describe_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movie:
    """An output whose size and colour are decided."""

    spec: OutputSpec
    stem: str
    target: TargetColour
    placement: Placement
    heard: sound.Heard | None
    aim: Aim
    timecode: str | None
    reel: str | None
    hdr: HdrMetadata | None = None
    """What the source says of its light, where that is still true of the output."""

    @property
    def size(self) -> Size:
        return self.placement.size

    @property
    def lead(self) -> int:
        """Frames before the source's first."""
        return 1 if self.spec.slate else 0

    @property
    def likeness(self) -> object:
        """What movies share that are scaled from one another."""
        bars = None if self.placement.bars.is_plain else self.placement.bars
        return self.target, bars, repr((self.spec.watermark, self.spec.burn_ins, self.spec.slate))

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]


def plan_videos(work: Work, specs: Sequence[OutputSpec], stems: Sequence[str]) -> list[Draft]:
    """All movies of a job. Of those that are alike but for their size, the smaller are scaled from the largest."""
    movies = [_movie(work, spec, stem) for spec, stem in zip(specs, stems, strict=True)]
    largest: dict[object, _Movie] = {}
    for movie in movies:
        if movie.likeness not in largest or movie.area > largest[movie.likeness].area:
            largest[movie.likeness] = movie
    return [_draft(work, movie, largest[movie.likeness]) for movie in movies]


def _movie(work: Work, spec: OutputSpec, stem: str) -> _Movie:
    timing = work.preset.timing
    start = start_timecode(work.media, work.reading, timing) if spec.container == "mov" else None
    lead = 1 if spec.slate else 0
    if start and lead:
        start = replace(start, frame=start.frame - lead)
    heard = sound.hear(behind(work.sound, lead), spec.audio)
    placement = place(work, spec, even=True)
    _check_size(spec, placement.size)
    target = target_colour(spec.video, work.colour, work.media.kind)
    changed = work.colour.display or work.preset.lut
    return _Movie(
        spec=spec,
        stem=stem,
        target=target,
        hdr=work.video.hdr if target.curve in HDR_CURVES and not changed else None,
        placement=placement,
        heard=heard,
        aim=aim_of(spec, heard, more(work.reading.frames, lead), work.reading.rate),
        timecode=str(start) if start else None,
        reel=timing.reel if start else None,
    )


def _check_size(spec: OutputSpec, size: Size) -> None:
    least = codec_of(spec.video).smallest
    if any(length < needed for length, needed in zip(size, least, strict=True)):
        raise failure(
            "options.invalid", option="size", problem=f"{size[0]}x{size[1]} is too small for {spec.video.codec}",
            allowed=f"{least[0]}x{least[1]} or larger; small pictures can be enlarged or padded",
        )  # fmt: skip


def _picture(work: Work, movie: _Movie, base: _Movie, overlay: Overlay) -> Chain:
    steps, colour = work.towards(base.target)
    placement = base.placement
    chain = (*steps, *placement.crop, *convert_any(colour, base.target, placement.scaled))
    chain = onto(barred(chain, base.target, placement.bars), base.target, overlay)
    return chain if movie.size == base.size else (*chain, *rescale(movie.target, movie.size))


def _draft(work: Work, movie: _Movie, largest: _Movie) -> Draft:
    # Transparency is scaled from the source: premultiplied, as it no longer is in the largest.
    base = movie if movie.target.alpha else largest
    overlay = work.overlay(base.spec, base.target, base.size, base.stem)
    picture = _picture(work, movie, base, overlay)
    spec, heard, rate = movie.spec, movie.heard, work.reading.rate
    file = f"{movie.stem}.{spec.container}"
    expected = _expected(work, movie)
    copied = copied_or_why(work, spec, expected, heard, movie.aim)
    if isinstance(copied, Copied):
        return _copy(movie, file, copied, expected)
    encode = Encode(spec=spec.video, rate=rate, size=movie.size, aim=movie.aim, stem=movie.stem, hdr=movie.hdr)
    around: Options = {**_colour_options(movie.target), **(sound.sound_options(heard) if heard else {})}
    written = OutputFile(
        path=file, video=(*picture, *upload(spec.video)),
        audio=heard.chain if heard else None, sound=heard.input if heard else None,
        options={
            **rate_options(rate), **plain_options(), **encoder_options(encode), **_container(movie), **around
        },
    )  # fmt: skip
    return Draft(
        file=written,
        first_pass=_first_pass(written, encode, around) if encode.two_pass else None,
        heard=heard,
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=expected,
        ),
        target=movie.target,
        files=overlay.files,
        drawn=overlay.notes,
        note=f"{spec.name}: {_describe(movie, rate)}{not_copied_words(copied)}",
    )  # fmt: skip


def _copy(movie: _Movie, file: str, copied: Copied, expected: Expected) -> Draft:
    """The source's own picture in a new file, with the wanted time code; its sound, too, where that fits."""
    spec, heard = movie.spec, movie.heard
    expected = replace(expected, hdr=movie.hdr, sdr=False)
    encoded = heard if copied.sound is None else None
    streams = (copied.picture,) if copied.sound is None else (copied.picture, copied.sound)
    # Apple's players refuse HEVC under any other tag.
    tag: Options = {"tag:v": "hvc1"} if spec.video.codec == "hevc" else {}
    return Draft(
        file=OutputFile(
            path=file, copied=streams, audio=encoded.chain if encoded else None,
            sound=encoded.input if encoded else None,
            options={
                "c": "copy", **tag, **plain_options(), **_container(movie),
                **(sound.sound_options(encoded) if encoded else {}),
            },
        ),
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=expected, copied=("picture",) if copied.sound is None else ("picture", "sound"),
        ),
        heard=heard if encoded or heard is None else replace(heard, note="the source's own sound, copied"),
        note=f"{spec.name}: {copied_words(copied, heard, spec.video.codec)}{_clock_words(movie)}",
    )  # fmt: skip


def _first_pass(written: OutputFile, encode: Encode, around: Options) -> OutputFile:
    """The same, written to nowhere. The sound comes along: ffmpeg names its notes after a stream's number."""
    options = {**rate_options(encode.rate), **encoder_options(replace(encode, number=1)), **around, "f": "null"}
    return replace(written, path="-", options=options)


def _describe(movie: _Movie, rate: Fraction) -> str:
    width, height = movie.size
    return (
        f"{width}x{height} {movie.spec.video.codec} {movie.target.pixel_format} at {describe_rate(rate)} fps, "
        f"{movie.target.words}{bar_words(movie.placement.bars)}{_amount_words(movie)}{_light_words(movie)}{_clock_words(movie)}"
    )


def _light_words(movie: _Movie) -> str:
    if movie.hdr is None:
        return ""
    if carries_hdr_metadata(movie.spec.video):
        return f", {movie.hdr.words}"
    return f", which may lose what the source says ({movie.hdr.words}): only some builds write it for this encoder"


def _amount_words(movie: _Movie) -> str:
    words = movie.aim.words()
    return f", {words}" if words else ""


def _clock_words(movie: _Movie) -> str:
    reel = f", reel {movie.reel}" if movie.reel else ""
    return f", time code {movie.timecode}{reel}" if movie.timecode else ""


def _expected(work: Work, movie: _Movie) -> Expected:
    video = movie.spec.video
    codec = codec_of(video)
    return Expected(
        codec=codec.probed,
        profile=_profile(video, work.reading.rate),
        pixel_format=codec.decoded.get(video.pixel_format, video.pixel_format),
        width=movie.size[0],
        height=movie.size[1],
        alpha=video.codec == "vp9" and movie.target.alpha,
        frames=more(work.reading.frames, movie.lead),
        frame_rate=work.reading.rate,
        duration_s=later(work.reading.duration_s, movie.lead, work.reading.rate),
        colour=movie.target.tags,
        hdr=movie.hdr if carries_hdr_metadata(video) else None,
        sdr=work.video.hdr is not None and movie.target.curve not in HDR_CURVES,
        **sound.expected(movie.heard),
        faststart=movie.spec.container == "mp4",
        timecode=movie.timecode,
        reel=movie.reel,
        key_frame_distance=gop_length(video, work.reading.rate) if has_gop(video) else None,
        most_bytes=movie.aim.most_bytes,
    )


def _profile(video: VideoSpec, rate: Fraction) -> str | None:
    """HEVC of key frames alone is a profile of the range extensions (ITU-T H.265, A.3.5)."""
    if video.codec == "hevc" and gop_length(video, rate) == 1:
        return "Rext"
    return profile_of(video).probed


def _container(movie: _Movie) -> Options:
    container, timecode = movie.spec.container, movie.timecode
    if container == "mp4":
        return {"f": "mp4", "movflags": "+faststart", "write_tmcd": "0"}
    if container == "mov":
        reel: Options = {"metadata:s:v:0": f"reel_name={movie.reel}"} if movie.reel else {}
        return {"f": "mov", **({"timecode": timecode} if timecode else {"write_tmcd": "0"}), **reel}
    return {"f": container}


def _colour_options(target: TargetColour) -> Options:
    """Agrees with the tags of the frames; older builds need it for the container."""
    tags = target.tags
    return {
        "color_range": tags.range, "colorspace": tags.matrix, "color_primaries": tags.primaries,
        "color_trc": tags.transfer,
    }  # fmt: skip
