"""What a preset says, after its expressions were evaluated. The YAML file has the same shape.

Strings of encoders and containers are ours (`h264`, `prores`), mapped to ffmpeg's in `planning`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any, Literal

from encode_media.model.colour import ColourSpec
from encode_media.model.media import MissingFrames
from encode_media.model.overlay import BurnInsSpec, SlateSpec, WatermarkSpec

STRICT = {"extra": "forbid", "coerce_numbers_to_str": True}
"""How preset files are read into these values: a misspelt key is a mistake, and `speed: 4` is a text."""


Backend = Literal["own", "ftrack"]
"""Who encodes: we, or the ftrack server (`session.encode_media`), which takes a source and nothing else."""


class OptionKind(str, Enum):
    """How an option is validated and which form field shows it."""

    CHOICE = "choice"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    RATE = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A value a person may choose; the preset's expressions read it as `options.<name>`."""

    __pydantic_config__ = STRICT

    kind: OptionKind
    label: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    """For `choice`: the values; labels are made from them."""
    labels: dict[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    format: Literal["frame", "timecode", "ratio", "reel", "colour", "lut", "image", "sound"] | None = None
    """For `text`: what it must look like; None takes any line."""
    main: bool = False
    """Asked for on the form's first page; the others wait on the preset's own page."""
    help: str = ""


class OutputKind(str, Enum):
    VIDEO = "video"
    IMAGE_SEQUENCE = "image_sequence"
    STILL = "still"
    ANIMATION = "animation"
    """A silent moving image that starts by itself: GIF, WebP."""
    AUDIO = "audio"
    """Sound alone, as long as the picture it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeSpec:
    """The frame of an output, and how the picture is put into it. Nothing is enlarged unless `upscale`.

    Exact sizes are the frame itself; the others are limits that the picture is fitted into.
    """

    __pydantic_config__ = STRICT

    width: int | None = None
    height: int | None = None
    """Exact. One alone takes the other from the picture's shape."""
    scale: float | None = None
    """Of the source's own size: 0.5 is half of each side."""
    rung: int | None = None
    """A ladder step, named by its height: fits 16:9 of that height, turned for portrait pictures."""
    max_width: int | None = None
    max_height: int | None = None
    upscale: bool = False
    aspect: str | None = None
    """Shape of the frame where no exact size says it: `16:9`, `2.39`; None is the picture's own."""
    fit: Literal["fit", "pad", "crop", "stretch"] = "fit"
    """Where picture and frame differ in shape. `fit`: the frame gives way; `pad`: bars in the preset's background;
    `crop`: cut equally at both sides; `stretch`: distorted."""
    mask: str | None = None
    """Covers what is outside this shape with black, without changing the size: `2.39`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec:
    __pydantic_config__ = STRICT

    codec: Literal["h264", "hevc", "prores", "dnxhr", "vp9", "av1", "png", "mjpeg", "exr", "gif", "webp", "none"]
    profile: str | None = None
    pixel_format: str
    quality: float | None = None
    """The encoder's own constant-quality number: CRF for H.264, HEVC, VP9 and AV1, `-q:v` for ProRes and JPEG."""
    encoder: Literal["software", "auto", "nvenc", "videotoolbox", "qsv", "amf", "vaapi"] = "software"
    """H.264 and HEVC: `auto` lets hardware encode where it works; a family's name allows only that one. Where it
    doesn't work, software does it, and the result says so."""
    speed: str | None = None
    """Encoder preset: x264 and x265 `veryfast`…`slow`; a number for VP9 and AV1."""
    gop_s: Fraction | None = None
    """Seconds between key frames; the plan rounds it to frames, at least 1."""
    b_frames: int | None = None
    fixed_rate: bool = False
    """ProRes: the data rates Apple lists, instead of a quality."""
    max_bitrate: str | None = None
    """`20M`: caps a constant-quality encode, with a buffer of twice that."""
    bitrate: str | None = None
    """`12M`: this rate on average, instead of a quality."""
    target_size: str | None = None
    """`25M`: a file of at most so many bytes, sound included, instead of a quality or a rate."""
    passes: Literal[1, 2] | None = None
    """With `bitrate` or `target_size`; None takes two where the encoder can."""
    gop: int | None = None
    """Frames between key frames, instead of `gop_s`; 1 makes every frame a key frame."""
    transfer: Literal["auto", "bt709", "srgb"] = "auto"
    """The tag and curve written; `auto` = sRGB for stills and EXR, as tagged for movies, see docs/quality.md."""


NO_PICTURE = VideoSpec(codec="none", pixel_format="none")
"""Of outputs that are sound alone."""


QUIETEST_LUFS = -60.0
"""Sound below this is left alone: it is noise, and would become loud noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessSpec:
    """EBU R128: measured first, then raised or lowered as a whole; only peaks above the ceiling are limited."""

    __pydantic_config__ = STRICT

    target: float = -23.0
    """Integrated loudness in LUFS."""
    true_peak: float = -1.0
    """The ceiling in dBTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSpec:
    __pydantic_config__ = STRICT

    codec: Literal["aac", "opus", "pcm"]
    source: Literal["keep", "fill", "silence"] = "keep"
    """`keep`: the source's sound, and none where it has none; `fill`: silence where it has none."""
    track: int | None = None
    """Counted from 1 over the source's sound tracks; None chooses by reason."""
    file: str | None = None
    """A sound file to use instead of the source's own sound."""
    align: Literal["start", "timecode"] = "start"
    """`file` begins with the first picture, or where its own clock (Broadcast WAV) and the picture's say."""
    offset_s: float = 0.0
    """Seconds after that at which `file` begins; negative leaves out its beginning."""
    offset_frames: int = 0
    """The same in frames; both are added."""
    bitrate: str | None = None
    channels: int | None = 2
    """None keeps the source's number, as far as the codec has a layout for it."""
    downmix: Literal["standard", "safe", "front"] = "standard"
    """From surround to fewer channels. `standard`: ITU-R BS.775, centre and surround 3 dB lower; `safe`: the
    same, lowered until no sum can clip; `front`: left and right only."""
    sample_rate: int | None = 48000
    """None keeps the source's."""
    bit_depth: Literal[16, 24] = 24
    """PCM only; deeper sound is dithered to 16."""
    loudness: LoudnessSpec | None = None
    """None leaves the level alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSpec:
    """What becomes of the file in ftrack."""

    __pydantic_config__ = STRICT

    role: Literal["reviewable", "thumbnail", "deliverable"] = "deliverable"
    """`reviewable` gets `ftr_meta` and goes to `ftrack.server`; `thumbnail` is set on the version."""
    location: str = "auto"
    """Of a deliverable: a location's name; `auto` is the output root if there is one, else `ftrack.server`."""
    path: str = ""
    """Of a deliverable in `ftrack.unmanaged`: where below the output root, without extension and frame number.
    Empty is project, shot, version, output and job."""
    replace_chosen: bool = False
    """Of a thumbnail: also where somebody chose another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSpec:
    """Frames spread evenly over the source, in rows; the output's `size` is that of one of them."""

    __pydantic_config__ = STRICT

    columns: int
    rows: int = 1
    gap: int = 0
    """Pixels between the frames, and around them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimationSpec:
    """How much of the source an animation shows, and how smoothly."""

    __pydantic_config__ = STRICT

    frame_rate: Fraction = Fraction(25, 2)
    """At most; rounded to what the format's clock can say exactly."""
    max_s: float = 6.0
    """Longer sources are shown in part, from where `position` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """One output of a preset. `name` is the component name."""

    __pydantic_config__ = STRICT

    name: str
    kind: OutputKind
    container: Literal["mp4", "mov", "webm", "png", "jpg", "exr", "gif", "webp", "wav"]
    video: VideoSpec = NO_PICTURE
    audio: AudioSpec | None = None
    size: SizeSpec = SizeSpec()
    position: float = 0.0
    """Stills: where in the source, 0 first frame to 1 last frame. Animations: where the part shown lies."""
    frame: int | None = None
    """Stills: the frame by its number, instead of `position`; a movie's first frame is 1001."""
    best: bool = False
    """Stills: a typical frame that is neither black nor blank; `position` where there is none."""
    sheet: SheetSpec | None = None
    """Stills: many frames side by side instead of one."""
    animation: AnimationSpec = AnimationSpec()
    """Animations only."""
    first_frame: int | None = None
    """Sequences: number of the first file; None keeps the source's, movies start at 1001."""
    burn_ins: BurnInsSpec | None = None
    watermark: WatermarkSpec | None = None
    slate: SlateSpec | None = None
    """Movies and image sequences only."""
    copy: bool = False
    """A movie that already is what this output must be is copied instead of encoded again."""
    publish: PublishSpec = PublishSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingSpec:
    """Which frames, how fast, and what time they carry."""

    __pydantic_config__ = STRICT

    first: str | None = None
    last: str | None = None
    """Both included: frame numbers (a movie's first is 1001), or time codes on the source's own clock."""
    handles: int = 0
    """Frames the source has on either side of the cut."""
    keep_handles: bool = True
    convert: Fraction | None = None
    """Another frame rate that keeps the duration: frames are dropped or repeated."""
    conform: Fraction | None = None
    """Another frame rate that keeps the frames: they are played faster or slower, sound with them."""
    timecode: str = "source"
    """Of the first frame: `source`, `none`, a frame number, or a time code."""
    reel: str | None = None
    """Tape or reel name beside the time code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A preset with every expression evaluated for one source and one set of options."""

    name: str
    label: str
    description: str
    missing_frames: MissingFrames
    default_rate: Fraction
    """For sequences nobody gave a rate for."""
    frame_rate: Fraction | None = None
    """Reads a sequence at this rate, whatever its own; movies keep theirs."""
    background: str = "black"
    """Where transparency has to go: an ffmpeg colour name or #rrggbb."""
    timing: TimingSpec = TimingSpec()
    colour: ColourSpec = ColourSpec()
    lut: str | None = None
    """Name of a 3D LUT (`.cube`), applied to the picture as displayed, before anything is drawn on it."""
    assets: dict[str, str] = field(default_factory=dict)
    """Absolute paths of the files the preset names: LUT, watermark, fonts."""
    outputs: tuple[OutputSpec, ...]
    backend: Backend = "own"
    options: dict[str, Any] = field(default_factory=dict)
    """The resolved option values the outputs were evaluated with."""
