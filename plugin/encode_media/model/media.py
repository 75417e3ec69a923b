"""What a source is: where it lies, its streams, and what was noticed about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from encode_media.model.hdr import HdrMetadata
from encode_media.timebase import FrameSpan


class SourceKind(str, Enum):
    MOVIE = "movie"
    SEQUENCE = "sequence"
    STILL = "still"


class MissingFrames(str, Enum):
    """What to do about gaps in a sequence."""

    FAIL = "fail"
    HOLD = "hold"
    """The frame before the gap is shown again."""
    BLACK = "black"
    SKIP = "skip"
    """Only what exists; the result is shorter."""


class SourceCheck(str, Enum):
    """How closely a source is looked at before it is encoded."""

    SAMPLE = "sample"
    """Sequences: a few headers, and whether the other frames are there."""
    HEADERS = "headers"
    """The header of each frame, and whether all of the file is there; the index of movies."""
    FULL = "full"
    """Every picture is decoded."""


class Groups(str, Enum):
    """How the groups of pictures of a stream begin, where frames lean on others."""

    CLOSED = "closed"
    """Nothing behind a key frame leans on anything before it."""
    OPEN = "open"
    """Pictures shown just before a key frame may lean on both sides of it."""
    UNKNOWN = "unknown"
    """What the file calls a key frame is none that could be read from."""


class Severity(str, Enum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    """Encoding it as it is would give a wrong result; an option may still allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """A source somebody named, before anything was read from it."""

    path: str
    """Absolute. A file, or for a sequence the printf pattern (`/p/f.%04d.exr`)."""
    is_sequence: bool = False
    span: FrameSpan | None = None
    """The wanted frames of a sequence; None means all that are there."""
    frame_rate: Fraction | None = None
    """Overrides what the source says; sequences have no rate of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something noticed about a source, with a stable code, in words a coordinator understands."""

    code: str
    severity: Severity
    message: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourTags:
    """What the file says about its colour, in ffmpeg's names; None where it says nothing."""

    range: str | None = None
    """`tv` or `pc`."""
    matrix: str | None = None
    """`bt709`, `smpte170m`, `bt470bg`, `bt2020nc`, `gbr`, …"""
    primaries: str | None = None
    transfer: str | None = None
    """`bt709`, `iec61966-2-1`, `linear`, `smpte2084`, `arib-std-b67`, …; and `printing density` of film scans,
    which ffmpeg has no name for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """A picture stream. Width and height are as stored, before rotation and pixel aspect."""

    index: int
    """Index within the file, as ffmpeg's `-map 0:<index>`."""
    codec: str
    profile: str | None = None
    width: int
    height: int
    pixel_format: str
    bit_depth: int = 8
    is_rgb: bool = False
    is_float: bool = False
    has_alpha: bool = False
    sample_aspect: Fraction = Fraction(1)
    """Pixel width / height; unknown counts as 1."""
    rotation: int = 0
    """Degrees clockwise to turn the stored picture upright: 0, 90, 180, 270. ffmpeg applies it by itself."""
    mirrored: bool = False
    frame_rate: Fraction
    """Frames per second, exact; for a variable rate the constant rate to use."""
    own_rate: Fraction | None = None
    """What the file says, where another rate was asked for: its sound is made for this one."""
    variable_rate: bool = False
    frames: int | None = None
    """Counted, not estimated from the duration; None where counting was not asked for."""
    duration_s: Fraction | None = None
    start_s: Fraction = Fraction(0)
    level: int | None = None
    """As the stream writes it: 40 is level 4.0 of H.264, 120 of HEVC; None where it says none."""
    groups: Groups | None = None
    """Of all groups the least convenient; None where every frame stands alone, and where nobody looked."""
    key_frame_distance: int | None = None
    """The longest way from one key frame to the next, or to the end, in frames; None where nobody looked."""
    hidden_frames: int = 0
    """Frames in the file that an edit list leaves out."""
    field_order: str = "progressive"
    """`progressive`, `tt`, `bb`, `tb`, `bt`, or `unknown`: interlaced in an order that only the frames tell."""
    colour: ColourTags = ColourTags()
    chromaticities: tuple[float, ...] | None = None
    """OpenEXR with primaries other than BT.709: red, green, blue and white, x and y of each."""
    hdr: HdrMetadata | None = None
    """The screen it was graded on and its light levels, where it says so."""

    @property
    def is_interlaced(self) -> bool:
        return self.field_order != "progressive"

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown: square pixels, turned upright; not yet made even."""
        width = max(1, int(self.width * self.sample_aspect))
        return (self.height, width) if self.rotation in (90, 270) else (width, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str | None = None
    duration_s: Fraction | None = None
    language: str | None = None
    is_default: bool = False
    """Marked so in the file."""
    bits: int | None = None
    """Of each sample as it is decoded: 16, or 32 where it is more than 16."""
    profile: str | None = None
    """Of AAC: `LC`, `HE-AAC`, …"""
    start_s: Fraction | None = None
    """Of the first sample, on the clock of the pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A source that was read: what is in it and what was noticed."""

    source: SourceRef
    kind: SourceKind
    container: str
    """The demuxer's name, e.g. `mov`, `matroska`, `image2`; the plan pins it so that nothing else is tried."""
    size_bytes: int
    video: VideoStream | None = None
    """The stream that was chosen; findings say why where there were several."""
    audio: tuple[AudioStream, ...] = ()
    span: FrameSpan | None = None
    """Sequences and stills with a number: the frames to encode, gaps included."""
    missing: tuple[int, ...] = ()
    """Frame numbers within the span that are not there or can't be read."""
    layers: tuple[str, ...] = ()
    """EXR layers beside the default one."""
    later_layers: tuple[str, ...] = ()
    """Pictures in further parts of EXR files, which can't be read."""
    main_layer: str = ""
    """The one shown where there is no default picture."""
    timecode: str | None = None
    sound_start_s: Fraction | None = None
    """Broadcast WAV: seconds from midnight to the first sample."""
    fingerprint: str = ""
    """Changes when the content does: from names, sizes and modification times."""
    findings: tuple[Finding, ...] = ()

    @property
    def frame_count(self) -> int | None:
        """Frames the source has (present ones), or None where not counted."""
        if self.kind is SourceKind.SEQUENCE and self.span is not None:
            return len(self.span) - len(self.missing)
        return self.video.frames if self.video else None
