"""What will be done: the exact argument lists and what must come out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from encode_media.model.colour import Bake
from encode_media.model.hdr import HdrMetadata
from encode_media.model.media import ColourTags, Finding, Media, SourceKind
from encode_media.model.preset import AudioSpec, Backend, LoudnessSpec, OutputKind, PublishSpec

__all__ = [
    "AudioSpec", "Command", "EncodePlan", "Expected", "Fill", "Finding", "FrameLink", "Measurement", "Media",
    "PlannedOutput", "SourceKind", "Split", "Stretch",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the file must be to be published. None: not checked for this kind of output."""

    codec: str
    """As probed: `h264`, `prores`, `vp9`, `png`, `mjpeg`. Empty: there must be no picture, and nothing about one
    is checked."""
    profile: str | None = None
    pixel_format: str
    """As probed, which can differ from what was asked for (ProRes 4444 decodes as 12 bit)."""
    width: int
    height: int
    alpha: bool = False
    """Each picture has transparency, though the pixel format as probed does not show it (VP9)."""
    frames: int | None = None
    frame_rate: Fraction | None = None
    duration_s: Fraction | None = None
    colour: ColourTags = ColourTags()
    """Only the tags that are not None are checked."""
    hdr: HdrMetadata | None = None
    """Mastering display and light levels that it must carry."""
    sdr: bool = False
    """There must be none."""
    audio_codec: str | None = None
    """None: there must be no audio stream."""
    audio_channels: int | None = None
    audio_sample_rate: int | None = None
    audio_samples: int | None = None
    """Uncompressed sound: exactly as many samples."""
    loudness: LoudnessSpec | None = None
    time_reference: int | None = None
    """Broadcast WAV: samples from midnight to the first one."""
    faststart: bool = False
    timecode: str | None = None
    reel: str | None = None
    key_frame_distance: int | None = None
    """At most so many frames from one key frame to the next."""
    most_bytes: int | None = None
    """Where a file size was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutput:
    name: str
    kind: OutputKind
    container: str
    file: str
    """Relative to the job folder; for a sequence the printf pattern, e.g. `png_sequence/png_sequence.%04d.png`."""
    first_frame: int | None = None
    """Sequences: the number of the first file."""
    expected: Expected
    tally: str | None = None
    """Relative to the job folder: a list that gets a line for each picture the encoder is given, where the file
    itself does not tell how many there were."""
    tallied: int = 0
    """How many they must be."""
    copied: tuple[str, ...] = ()
    """`picture`, `sound`: what is the source's own, not encoded again."""
    publish: PublishSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLink:
    """One frame of the complete, gap-free list ffmpeg reads; laid as a link in the job folder."""

    name: str
    """Relative to the job folder: `frames/000001.exr`."""
    source: str | None
    """Absolute path of the frame shown here; None shows the black frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a run tells besides its files; commands behind it can use the numbers."""

    name: str
    """Unique in the plan."""
    reader: Literal["ebur128"]
    """How the numbers are found in what ffmpeg says (`running.measured`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A place in one argument where a measured number goes. Only there: other arguments hold names of files."""

    option: str
    """`-filter_complex`: the place is in its value."""
    token: str
    """The text that the number replaces."""
    measurement: str
    value: str
    """Which of the measured numbers, as its reader calls it."""
    otherwise: str
    """What goes there where it could not be measured: silence has no loudness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidFile:
    """A small file ffmpeg reads, laid into the job folder so that no path or text becomes filter syntax.

    One of the four says where it comes from.
    """

    name: str
    """Relative to the job folder: `overlay/review_top_left.txt`."""
    text: str | None = None
    """Its content."""
    path: str | None = None
    """Absolute path of a studio's file."""
    resource: str | None = None
    """A file that comes with Encode Media, below `resource/`; found anew on the machine that encodes."""
    bake: Bake | None = None
    """A colour transform, baked where the job runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One ffmpeg run. `argv` has no program name, and output paths are relative to the job folder."""

    argv: tuple[str, ...]
    purpose: str
    frames: int | None
    """Source frames it will work through, for the progress; None if unknown."""
    measures: Measurement | None = None
    fills: tuple[Fill, ...] = ()
    """What earlier commands measured and this one needs; `argv` holds tokens until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of all movies of a plan, up to the `first` of the next one: closed groups of pictures, no sound."""

    first: int
    frames: int
    """Of the outputs: with a slate, if it begins with one."""
    command: Command
    links: tuple[FrameLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Another way to the same outputs: stretch by stretch, by several workers, and joined then."""

    stretches: tuple[Stretch, ...]
    files: tuple[str, ...]
    """Of each movie, in the order of the plan's outputs: what its part is called in every stretch."""
    join: Command
    """Copies the parts of each movie, listed in `<file>.ffconcat`, into one, and encodes the sound in whole."""
    rest: EncodePlan | None = None
    """What can't be made in stretches, such as stills."""
    cores: int = 1
    """What one encode of it keeps busy at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodePlan:
    media: Media
    preset: str
    commands: tuple[Command, ...]
    outputs: tuple[PlannedOutput, ...]
    links: tuple[FrameLink, ...] = ()
    black_frame: tuple[str, ...] = ()
    """An argv that writes the black frame `frames/black.<ext>`; empty where none is needed."""
    files: tuple[LaidFile, ...] = ()
    """Texts, fonts, LUTs and images that the commands read."""
    scratch: tuple[str, ...] = ()
    """Folders below the job folder for what one command leaves for the next; removed with all that is in them."""
    software: tuple[Command, ...] = ()
    """What to run instead where `commands` use a hardware encoder and it fails; empty where they use none."""
    split: Split | None = None
    """How several workers can share it; None where that is not possible or not worth it."""
    notes: tuple[str, ...] = ()
    """Every decision a person may want to know: the colour transform, what was assumed, what was left out."""
    estimated_bytes: int = 0
    estimated_s: float = 0.0
    duration_s: Fraction = Fraction(0)
    backend: Backend = "own"
    """`ftrack`: nothing is run here, the server gets the source."""
    recipe: str = ""
    """The resolved preset behind it (`presets.recipe`), for whoever wants exactly this again."""
