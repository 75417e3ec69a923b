"""What is found in a finished output, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.hdr import HdrMetadata
from encode_media.model.media import ColourTags, Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFacts:
    """A finished file, fully decoded. For a sequence `path` is the pattern and the first file speaks for all."""

    path: str
    container: str
    size_bytes: int
    codec: str | None = None
    """None: there is no picture."""
    profile: str | None = None
    pixel_format: str | None = None
    has_alpha: bool = False
    alpha_frames: int | None = None
    """VP9: pictures whose transparency decoded cleanly; None where it says that there is none."""
    width: int = 0
    height: int = 0
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    frames: int = 0
    """Pictures that decoded cleanly."""
    frame_rate: Fraction | None = None
    variable_rate: bool = False
    start_s: Fraction = Fraction(0)
    duration_s: Fraction | None = None
    colour: ColourTags = ColourTags()
    hdr: HdrMetadata | None = None
    field_order: str = "progressive"
    key_frame_distance: int | None = None
    """The longest way from one key frame to the next, or to the end, in frames."""
    groups: Groups | None = None
    """How they begin, where frames lean on others."""
    first_is_key: bool = True
    timecode: str | None = None
    reel: str | None = None
    faststart: bool | None = None
    """None where there is no such thing."""
    audio_streams: int = 0
    audio_codec: str | None = None
    """Of the first audio stream."""
    audio_channels: int | None = None
    audio_sample_rate: int | None = None
    audio_duration_s: Fraction | None = None
    """Counted in decoded samples."""
    audio_samples: int | None = None
    loudness: float | None = None
    """Integrated, in LUFS; None where it was not asked for, or there was nothing to measure."""
    true_peak: float | None = None
    """dBTP, like `loudness`."""
    time_reference: int | None = None
    """Broadcast WAV: samples from midnight to the first one."""
    missing: tuple[int, ...] = ()
    """Sequences: wanted numbers that have no file."""
    unwanted: tuple[int, ...] = ()
    """Sequences: files with numbers nobody asked for."""
    errors: tuple[str, ...] = ()
    """What the decoders complained about; empty for a sound file."""
