"""What every kind of output is planned from, and what comes out of the planning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from encode_media.model.background import background_colour
from encode_media.model.geometry import Size, framing
from encode_media.model.media import Media, VideoStream
from encode_media.model.plan import LaidFile, PlannedOutput
from encode_media.model.preset import OutputSpec, Preset
from encode_media.planning.colour import SourceColour, TargetColour
from encode_media.planning.counters import Part
from encode_media.planning.framing import Bars, bars_of
from encode_media.planning.graph import Chain, OutputFile, step
from encode_media.planning.lettering import Canvas
from encode_media.planning.overlay import Overlay, counters_of, plan_overlay
from encode_media.planning.reading import Reading
from encode_media.planning.sound import Heard, SoundWork

Options = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The source side of all outputs of a job."""

    media: Media
    video: VideoStream
    preset: Preset
    reading: Reading
    colour: SourceColour
    """After transparency was laid over the background."""
    steps: Chain
    """What every output begins with."""
    clear: tuple[Chain, SourceColour] | None = None
    """What follows on the reading for outputs that keep transparency; None where the source has none."""
    light: tuple[Chain, SourceColour] | None = None
    """What follows on the reading for outputs that hold scene-linear light; None where the source is none."""
    files: tuple[LaidFile, ...] = ()
    """What the steps read."""
    looks: tuple[str, ...] = ()
    """What a LUT does to the colours, in words."""
    sound: SoundWork

    def towards(self, target: TargetColour) -> tuple[Chain, SourceColour]:
        """What an output of this kind begins with, and the colour of it."""
        if self.light and target.linear and not self._is_backed(target):
            steps, colour = self.light
            return (*self.reading.steps, *steps), colour
        if self.clear and target.alpha:
            steps, colour = self.clear
            return (*self.reading.steps, *steps), colour
        return self.steps, self.colour

    def _is_backed(self, target: TargetColour) -> bool:
        """Whether there is a colour to lay behind the pictures: black is there already."""
        return self.clear is not None and not target.alpha and any(background_colour(self.preset.background))

    @property
    def size(self) -> Size:
        return self.video.upright_size

    def overlay(
        self,
        spec: OutputSpec,
        target: TargetColour,
        size: Size,
        stem: str,
        *,
        only: int | None = None,
        part: Part | None = None,
    ) -> Overlay:
        """What is drawn on an output's frames; `only`: a still's one frame, `part`: those of an animation."""
        counters = counters_of(self.media, self.video, self.preset, self.reading)
        canvas = Canvas(size=size, counters=replace(counters, only=only, part=part), stem=stem)
        return plan_overlay(self.preset, spec, target, canvas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An output as a file of the ffmpeg run and as what must come of it."""

    file: OutputFile
    first_pass: OutputFile | None = None
    """What has to be run before, to nowhere, so that the encoder knows where to spend its bits."""
    tally: OutputFile | None = None
    """Written beside it, see `PlannedOutput.tally`."""
    planned: PlannedOutput
    note: str
    target: TargetColour | None = None
    """None: there is no picture."""
    heard: Heard | None = None
    files: tuple[LaidFile, ...] = ()
    """What its part of the graph reads besides the source."""
    drawn: tuple[str, ...] = ()
    """What is drawn on its frames, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How the picture gets its size: `scaled` is None where it has it already, perhaps after cropping."""

    size: Size
    scaled: Size | None
    crop: Chain = ()
    bars: Bars = Bars()
    """What is cut off or put around it then (`framing.barred`)."""


def place(work: Work, spec: OutputSpec, *, even: bool) -> Placement:
    """The output's size; a picture that is only odd loses a row or a column instead of being resampled."""
    framed = framing(work.size, spec.size, even=even)
    picture, bars = framed.picture, bars_of(framed, work.preset.background, spec.size.mask)
    if work.video.sample_aspect != 1:
        return Placement(size=framed.frame, scaled=picture, bars=bars)
    if picture == work.size:
        return Placement(size=framed.frame, scaled=None, bars=bars)
    odd_only = all(have - get in (0, have % 2) for have, get in zip(work.size, picture, strict=True))
    if odd_only:
        crop = (step("crop", picture[0], picture[1], 0, 0),)
        return Placement(size=framed.frame, scaled=None, crop=crop, bars=bars)
    return Placement(size=framed.frame, scaled=picture, bars=bars)


def rate_options(rate: Fraction) -> Options:
    return {"r": f"{rate.numerator}/{rate.denominator}", "fps_mode": "cfr"}


def plain_options() -> Options:
    """Nothing of the source's own metadata goes along: places, names and chapters are not ours to publish."""
    return {"map_metadata": "-1", "map_chapters": "-1"}
