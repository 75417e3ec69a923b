"""Reading one file: its picture, its sound, its exact frames. Runs in the probe's child process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from encode_media.errors import failure
from encode_media.media import streams
from encode_media.media.formats import ANIMATION_DEMUXERS, STILL_DEMUXERS, container_name
from encode_media.media.hdr import hdr_metadata
from encode_media.media.index import FrameIndex, read_index
from encode_media.media.limits import require_size
from encode_media.media.opening import opened
from encode_media.media.packets import Reading
from encode_media.media.timing import Timing, measure
from encode_media.model.media import AudioStream, VideoStream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream as AvVideoStream

_COUNT_LIMIT_BYTES = 4 << 30
"""Files without an index are read to count their frames; beyond this size the file's own number is taken."""
_STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1"})
"""MP4 files that are pictures."""
_IN_TILES = "the picture is made of tiles, as phones write HEIC; export it as JPEG, PNG or TIFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What one file holds."""

    container: str
    is_still: bool
    size_bytes: int
    video: VideoStream | None = None
    picture_streams: int = 0
    chosen_because: str = ""
    counted: bool = True
    """False where the frame number is the file's own statement."""
    audio: tuple[AudioStream, ...] = ()
    timecode: str | None = None
    sound_start_s: Fraction | None = None


def read_contents(path: str, *, default_rate: Fraction, count_frames: bool = True) -> Contents:
    """What is in a movie, a sound file or an image.

    Raises:
        UnsupportedFormat: not media, damaged, or not decodable.
        SourceMissing: not there or not readable.
    """
    with opened(path) as container:
        demuxer = container.format.name
        pictures = streams.picture_streams(container)
        still = demuxer in STILL_DEMUXERS or container.metadata.get("major_brand") in _STILL_BRANDS
        contents = Contents(
            container=container_name(demuxer),
            is_still=still,
            size_bytes=os.path.getsize(path),
            picture_streams=len(pictures),
            audio=streams.audio_streams(container),
        )
        contents = replace(contents, sound_start_s=_sound_start(container, contents.audio))
        if still and streams.is_in_tiles(pictures):
            raise failure("source.unsupported", path=path, problem=_IN_TILES)
        if pictures:
            chosen, because = streams.choose_video(pictures)
            contents = replace(contents, chosen_because=because)
            contents = _with_picture(contents, container, chosen, path, default_rate, count_frames=count_frames)
        elif not contents.audio:
            raise failure("source.unsupported", path=path, problem="there is no picture and no sound in it")
        return contents


def _sound_start(container: InputContainer, audio: tuple[AudioStream, ...]) -> Fraction | None:
    samples = streams.time_reference(container)
    return Fraction(samples, audio[0].sample_rate) if samples is not None and audio else None


def _with_picture(
    contents: Contents,
    container: InputContainer,
    stream: AvVideoStream,
    path: str,
    default_rate: Fraction,
    *,
    count_frames: bool,
) -> Contents:
    require_size(path, stream.codec_context.width, stream.codec_context.height)
    index = read_index(container, stream, path) if count_frames else None
    must_read = count_frames and not (index and index.is_exact) and not contents.is_still
    counted = not (must_read and contents.size_bytes > _COUNT_LIMIT_BYTES)
    reading = Reading(container, stream)
    frame = reading.first_frame(path)
    require_size(path, frame.width, frame.height)
    if must_read and counted:
        reading.rest()
    timing = _timing(stream, index, reading, default_rate) if count_frames and counted else None
    video = _video(stream, frame, timing, default_rate)
    if count_frames:
        video = _with_groups(video, index, reading) if counted else _as_stated(video, stream)
    still = contents.is_still or (container.format.name in ANIMATION_DEMUXERS and len(reading.stamps) == 1)
    if still:
        video = replace(video, frames=1, frame_rate=default_rate, duration_s=1 / default_rate, variable_rate=False)
    return replace(
        contents, is_still=still, video=video, counted=counted, timecode=start_timecode(container, stream, frame)
    )


def _with_groups(video: VideoStream, index: FrameIndex | None, reading: Reading) -> VideoStream:
    keys = index.keys if index else reading.keys
    packets = len(index.stamps) if index else len(reading.stamps)
    hidden = index.hidden if index else 0
    return replace(video, groups=keys.groups, key_frame_distance=keys.distance(packets), hidden_frames=hidden)


def _as_stated(video: VideoStream, stream: AvVideoStream) -> VideoStream:
    return replace(video, frames=_stated_frames(stream, video.frame_rate))


def _timing(
    stream: AvVideoStream, index: FrameIndex | None, reading: Reading, default_rate: Fraction
) -> Timing | None:
    nominal = (stream.average_rate, stream.guessed_rate, stream.base_rate, default_rate)
    if index is not None and index.is_exact and stream.time_base is not None:
        return measure(index.stamps, stream.time_base, nominal)
    if reading.untimed or stream.time_base is None:
        # A bare stream says its rate in its own header, if anywhere; the container's is a guess.
        rate = Fraction(stream.codec_context.framerate or stream.guessed_rate or default_rate)
        return measure(range(len(reading.stamps)), 1 / rate, (rate,))
    return measure(reading.stamps, stream.time_base, nominal)


def _video(stream: AvVideoStream, frame: VideoFrame, timing: Timing | None, default_rate: Fraction) -> VideoStream:
    context = stream.codec_context
    pixels = streams.pixel_facts(frame.format)
    rotation, mirrored = streams.orientation(frame)
    rate = timing.rate if timing else stream.average_rate or stream.guessed_rate or default_rate
    base = stream.time_base or Fraction(1)
    return VideoStream(
        index=stream.index,
        codec=context.codec.canonical_name,
        profile=context.profile,
        level=streams.level(context),
        width=frame.width,
        height=frame.height,
        pixel_format=pixels.pixel_format,
        bit_depth=pixels.bit_depth,
        is_rgb=pixels.is_rgb,
        is_float=pixels.is_float,
        # JPEG has none: the fourth channel of CMYK is black, which the decoder has mixed in already.
        has_alpha=(pixels.has_alpha and context.codec.canonical_name != "mjpeg")
        or stream.metadata.get("alpha_mode") == "1",
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        rotation=rotation,
        mirrored=mirrored,
        frame_rate=Fraction(rate),
        variable_rate=bool(timing and timing.variable),
        frames=timing.frames if timing else None,
        duration_s=timing.duration_s if timing else streams.seconds(stream),
        start_s=(stream.start_time or 0) * base,
        field_order=streams.field_order(stream, frame),
        colour=streams.colour_tags(stream, frame),
        hdr=hdr_metadata(frame),
    )


def _stated_frames(stream: AvVideoStream, rate: Fraction) -> int | None:
    duration = streams.seconds(stream)
    return stream.frames or (round(duration * rate) if duration else None)


def start_timecode(container: InputContainer, stream: AvVideoStream, frame: VideoFrame) -> str | None:
    """The start timecode from the track, its tmcd track, the file, or the image header, in this order."""

    def stated() -> Iterator[str | None]:
        yield stream.metadata.get("timecode")
        yield from (other.metadata.get("timecode") for other in container.streams)
        yield container.metadata.get("timecode")
        yield getattr(frame, "metadata", {}).get("timecode")  # PyAV before 18 has none

    return next((text for text in stated() if text), None)


def reel_name(container: InputContainer) -> str | None:
    """The tape or reel beside the time code."""
    names = (stream.metadata.get("reel_name") for stream in container.streams)
    return next((name for name in names if name), None)
