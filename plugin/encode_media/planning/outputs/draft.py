"""What every kind of output is planned from, and what comes out of the planning."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.geometry import Size, fit
from encode_media.model.media import Media, VideoStream
from encode_media.model.plan import PlannedOutput
from encode_media.model.preset import OutputSpec, Preset
from encode_media.planning.colour import SourceColour, TargetColour
from encode_media.planning.graph import Chain, OutputFile, step
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
    sound: SoundWork

    @property
    def size(self) -> Size:
        return self.video.upright_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An output as a file of the ffmpeg run and as what must come of it."""

    file: OutputFile
    planned: PlannedOutput
    note: str
    target: TargetColour | None = None
    """None: there is no picture."""
    heard: Heard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How the picture gets its size: `scaled` is None where it has it already, perhaps after cropping."""

    size: Size
    scaled: Size | None
    crop: Chain = ()


def place(work: Work, spec: OutputSpec, *, even: bool) -> Placement:
    """The output's size; a picture that is only odd loses a row or a column instead of being resampled."""
    size = fit(work.size, spec.size, even=even)
    if work.video.sample_aspect != 1:
        return Placement(size=size, scaled=size)
    if size == work.size:
        return Placement(size=size, scaled=None)
    odd_only = all(have - get in (0, have % 2) for have, get in zip(work.size, size, strict=True))
    if odd_only:
        return Placement(size=size, scaled=None, crop=(step("crop", size[0], size[1], 0, 0),))
    return Placement(size=size, scaled=size)


def rate_options(rate: Fraction) -> Options:
    return {"r": f"{rate.numerator}/{rate.denominator}", "fps_mode": "cfr"}


def plain_options() -> Options:
    """Nothing of the source's own metadata goes along: places, names and chapters are not ours to publish."""
    return {"map_metadata": "-1", "map_chapters": "-1"}
