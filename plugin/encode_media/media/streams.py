"""What PyAV says about a container, as our values. Runs in the probe's child process."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from encode_media.media import formats
from encode_media.model.media import AudioStream, ColourTags

if TYPE_CHECKING:
    import av.stream
    from av.audio.stream import AudioStream as AvAudioStream
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext as AvVideoContext
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream as AvVideoStream


_PART_OF_ANOTHER = 1 << 19
"""ffmpeg's disposition `dependent`, which older PyAVs have no name for."""


@dataclass(frozen=True, slots=True)
class PixelFacts:
    pixel_format: str
    bit_depth: int
    is_rgb: bool
    is_float: bool
    has_alpha: bool


def picture_streams(container: InputContainer) -> list[AvVideoStream]:
    """The video streams that are moving pictures or a still: not cover art, not thumbnails."""
    from av.stream import Disposition

    left_out = Disposition.attached_pic | Disposition.timed_thumbnails
    return [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & left_out
    ]


def is_in_tiles(streams: Sequence[AvVideoStream]) -> bool:
    """Whether the picture of a still is put together from the streams, as phones write HEIC."""
    from av.stream import Disposition

    tiles = any(int(stream.disposition) & _PART_OF_ANOTHER for stream in streams)
    return tiles and not any(stream.disposition & Disposition.default for stream in streams)


def choose_video(streams: Sequence[AvVideoStream]) -> tuple[AvVideoStream, str]:
    """The stream to encode, and why that one."""
    from av.stream import Disposition

    if len(streams) == 1:
        return streams[0], "it is the only one"
    marked = [stream for stream in streams if stream.disposition & Disposition.default]
    if len(marked) == 1:
        return marked[0], "it is marked as the default"
    pool = marked or streams
    durations = {stream.index: seconds(stream) or Fraction(0) for stream in pool}
    longest = max(durations.values())
    # Within a tenth of a second lengths count as equal: tracks of one recording rarely end together.
    pool = [stream for stream in pool if longest - durations[stream.index] < Fraction(1, 10)]
    if len(pool) == 1:
        return pool[0], "it is the longest"
    best = max(pool, key=lambda stream: (stream.codec_context.width * stream.codec_context.height, -stream.index))
    return best, "it has the largest picture"


def seconds(stream: av.stream.Stream) -> Fraction | None:
    """The duration the file states for a stream."""
    if stream.duration is not None and stream.time_base is not None:
        return Fraction(stream.duration * stream.time_base)
    end = _clock_seconds(next((v for k, v in stream.metadata.items() if k.upper().startswith("DURATION")), ""))
    # Matroska's tag is the time of the end, not a length.
    return end - (start_seconds(stream) or 0) if end is not None else None


def start_seconds(stream: av.stream.Stream) -> Fraction | None:
    if stream.start_time is None or stream.time_base is None:
        return None
    return Fraction(stream.start_time * stream.time_base)


def audio_streams(container: InputContainer) -> tuple[AudioStream, ...]:
    return tuple(_audio(stream) for stream in container.streams.audio if stream.codec_context is not None)


def time_reference(container: InputContainer) -> int | None:
    """Samples from midnight to the first one, where a sound file says so (Broadcast WAV)."""
    text = container.metadata.get("time_reference", "")
    return int(text) if text.isdecimal() else None


def pixel_facts(pixel_format: VideoFormat) -> PixelFacts:
    name = pixel_format.name
    components = pixel_format.components
    return PixelFacts(
        pixel_format=name,
        bit_depth=max((component.bits for component in components), default=8),
        is_rgb=pixel_format.is_rgb or pixel_format.has_palette,
        is_float="f16" in name or "f32" in name,
        has_alpha=pixel_format.has_palette or any(component.is_alpha for component in components),
    )


def colour_tags(stream: AvVideoStream, frame: VideoFrame) -> ColourTags:
    """The tags of the first frame, which include the stream's; `yuvj` formats are full range by name."""
    context = stream.codec_context
    found = formats.RANGES.get(int(frame.color_range)) or formats.RANGES.get(int(context.color_range))
    if frame.format.name.startswith("yuvj"):
        found = "pc"
    return ColourTags(
        range=found,
        matrix=formats.MATRICES.get(_tag(frame.colorspace, context.colorspace)) if found_matrix(frame) else None,
        primaries=formats.PRIMARIES.get(_tag(frame.color_primaries, context.color_primaries)),
        transfer=formats.TRANSFERS.get(_tag(frame.color_trc, context.color_trc)),
    )


def found_matrix(frame: VideoFrame) -> bool:
    """YUV with the matrix `gbr` is a field nobody set (0), not a statement."""
    return frame.format.is_rgb or int(frame.colorspace) != 0


def orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Degrees clockwise to upright, and whether the picture must be mirrored (left-right) before that."""
    try:
        matrix = _display_matrix(frame)
    except ValueError:
        # PyAV can't name every kind of side data of a newer ffmpeg; without mirroring, the angle alone will do.
        return -frame.rotation % 360, False
    if matrix is None:
        return 0, False
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    if not (a or b):
        return 0, False
    return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360, mirrored


def _display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    from av.sidedata.sidedata import Type

    side_data: Iterable[Any] = frame.side_data
    data = next((bytes(item) for item in side_data if item.type == Type.DISPLAYMATRIX), None)
    return struct.unpack("=9i", data) if data else None


def stated_field_order(context: AvVideoContext) -> str | None:
    """What the stream's header says; None where PyAV does not pass it on (before 18, the last for Python 3.10)."""
    stated = getattr(context, "field_order", None)
    return None if stated is None else formats.FIELD_ORDERS.get(int(stated), "unknown")


def level(context: AvVideoContext) -> int | None:
    """As the codec counts it; None where the stream, or PyAV (before 18), says nothing."""
    stated = getattr(context, "level", None)
    return None if stated is None or stated < 0 else int(stated)


def field_order(stream: AvVideoStream, frame: VideoFrame) -> str:
    """`progressive`, `tt`, `bb`, `tb`, `bt`; `unknown` only where it is interlaced in an unstated order."""
    order = stated_field_order(stream.codec_context) or "unknown"
    return "progressive" if order == "unknown" and not frame.interlaced_frame else order


def _audio(stream: AvAudioStream) -> AudioStream:
    from av.stream import Disposition

    context = stream.codec_context
    return AudioStream(
        index=stream.index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=context.layout.name or None,
        duration_s=seconds(stream),
        language=stream.language if stream.language not in (None, "und") else None,
        is_default=bool(stream.disposition & Disposition.default),
        bits=context.format.bits if context.format is not None else None,
        profile=context.profile,
        start_s=start_seconds(stream),
    )


def _tag(of_frame: int, of_stream: int) -> int:
    unspecified = 2
    return int(of_stream) if int(of_frame) == unspecified else int(of_frame)


def _clock_seconds(text: str) -> Fraction | None:
    """Matroska's `00:00:05.280000000` tag."""
    try:
        hours, minutes, rest = text.split(":")
        return Fraction(int(hours) * 3600 + int(minutes) * 60) + Fraction(rest)
    except ValueError:
        return None
