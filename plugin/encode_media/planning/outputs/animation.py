"""Silent moving images for mails and pages: GIF, WebP."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec, VideoSpec
from encode_media.planning.colour import target_colour
from encode_media.planning.conversion import convert
from encode_media.planning.counters import Part
from encode_media.planning.framing import barred
from encode_media.planning.graph import Chain, Fork, OutputFile, pick_frames, step
from encode_media.planning.outputs.draft import Draft, Options, Placement, Work, place, plain_options, rate_options
from encode_media.planning.overlay import onto
from encode_media.planning.rate_control import SCRATCH
from encode_media.planning.reading import Reading
from encode_media.presets.codecs import codec_of
from encode_media.timebase import describe_rate

_TICKS = {"gif": 100, "webp": 1000}
"""A second in the format's own clock (GIF89a, WebP container specification)."""
_WEBP_QUALITY = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The part of the source that is shown: its first frame, and how many there are of it."""

    first: int
    count: int
    source_rate: Fraction
    rate: Fraction

    @property
    def source_frames(self) -> range:
        return range(self.first, self.first + self.count)

    @property
    def frames(self) -> int:
        """Of the animation."""
        return max(1, round(self.count / self.source_rate * self.rate))

    @property
    def duration_s(self) -> Fraction:
        return self.frames / self.rate


def plan_animation(work: Work, spec: OutputSpec, stem: str) -> Draft:
    """As fast and as long as the preset wants at most, never faster than the source."""
    part = part_shown(work.reading, spec)
    target = target_colour(spec.video, work.colour, work.media.kind)
    placement = place(work, spec, even=spec.container == "webp")
    file = f"{stem}.{spec.container}"
    shown = Part(first=part.first, last=part.first + part.count - 1, rate=part.rate)
    overlay = work.overlay(spec, target, placement.size, stem, part=shown)
    converted = barred(convert(work.colour, target, placement.scaled), target, placement.bars)
    picture = (
        *work.reading.steps, *_resampled(work.reading, part), *work.steps[len(work.reading.steps):],
        *placement.crop, *onto(converted, target, overlay), *_palette(spec.video),
    )  # fmt: skip
    tally = f"{SCRATCH}/{stem}.pictures" if spec.container == "webp" else None
    return Draft(
        file=OutputFile(
            path=file, video=picture,
            options={
                **rate_options(part.rate), **plain_options(), **_encoder(spec.video), "loop": "0",
                "f": spec.container,
            },
        ),
        tally=OutputFile(path=tally, video=picture, options={"f": "framecrc"}) if tally else None,
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            tally=tally, tallied=part.frames if tally else 0, expected=_expected(spec.video, part, placement),
        ),
        target=target,
        files=overlay.files,
        drawn=overlay.notes,
        note=f"{spec.name}: {_described(work.reading, part, placement)}",
    )  # fmt: skip


def part_shown(reading: Reading, spec: OutputSpec) -> _Part:
    frames = reading.frames or 1
    ticks = _TICKS[spec.container]
    wanted = min(spec.animation.frame_rate, reading.rate)
    # Whole ticks for each frame, so that all of them stand equally long.
    rate = Fraction(ticks, max(1, round(ticks / wanted)))
    count = min(frames, max(1, round(Fraction(spec.animation.max_s) * reading.rate)))
    first = round(spec.position * (frames - count))
    return _Part(first=first, count=count, source_rate=reading.rate, rate=rate)


def _resampled(reading: Reading, part: _Part) -> Chain:
    shown = () if reading.frames == 1 else (pick_frames(part.first, part.count, reading.rate),)
    # However ffmpeg rounds at the end: spare copies of the last picture, then exactly as many as planned.
    return (
        *shown, step("setpts", "PTS-STARTPTS"), step("fps", fps=part.rate),
        step("tpad", stop=2, stop_mode="clone"), pick_frames(0, part.frames, part.rate),
    )  # fmt: skip


def _palette(spec: VideoSpec) -> Chain:
    """256 colours out of all that occur: every frame has to be seen before the first one can be written."""
    if spec.codec != "gif":
        return ()
    colours = (step("palettegen", stats_mode="diff"),)
    # An ordered pattern stands still: on natural pictures a third smaller and nearer than error diffusion.
    painted = step("paletteuse", dither="bayer", bayer_scale=4, diff_mode="rectangle")
    return (Fork(((), colours), painted),)


def _encoder(spec: VideoSpec) -> Options:
    if spec.codec == "webp":
        quality = _WEBP_QUALITY if spec.quality is None else spec.quality
        return {"c:v": codec_of(spec).encoder, "quality": f"{quality:g}"}
    return {"c:v": codec_of(spec).encoder}


def _expected(spec: VideoSpec, part: _Part, placement: Placement) -> Expected:
    codec = codec_of(spec)
    return Expected(
        codec=codec.probed,
        pixel_format=codec.decoded.get(spec.pixel_format, spec.pixel_format),
        width=placement.size[0],
        height=placement.size[1],
        # WebP writes a picture that stays the same only once, for longer: those it is given are counted instead.
        frames=part.frames if spec.codec == "gif" else None,
        frame_rate=part.rate,
        duration_s=part.duration_s,
    )


def _described(reading: Reading, part: _Part, placement: Placement) -> str:
    width, height = placement.size
    shown = "" if part.count == reading.frames else f", from frame {reading.first_frame + part.first} on"
    return f"{width}x{height}, {part.frames} frames at {describe_rate(part.rate)}{shown}"
