"""What an output really is: decoded from first to last frame. Runs in the probe's child process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.media import streams
from encode_media.media.boxes import has_faststart
from encode_media.media.contents import reel_name, start_timecode
from encode_media.media.formats import STILL_DEMUXERS, container_name
from encode_media.media.hdr import hdr_metadata
from encode_media.media.key_frames import LOOKED_AT, KeyFrames
from encode_media.media.loudness_meter import LoudnessMeter
from encode_media.media.opening import opened, problem_text
from encode_media.media.output_facts import OutputFacts
from encode_media.media.sequence import frames_on_disk
from encode_media.media.timing import measure
from encode_media.media.vp9_alpha import AlphaPictures
from encode_media.media.webp_animation import WebpAnimation, decode_problem, read_webp_animation
from encode_media.model.media import SourceRef

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream as AvVideoStream

_MOST_ERRORS = 50
"""Error lines kept; a broken file can have one for each macroblock."""
_CHECKSUMS = "crccheck+bitstream+buffer"
_STRICT = f"{_CHECKSUMS}+explode"
_COMPLAINS_WITHOUT_REASON = frozenset({"tiff"})
"""Its strict mode refuses a tag (resolution unit) that ffmpeg itself writes."""
_THREADS = 4
"""Images decoded at a time: each may need some hundred megabytes."""


@dataclass(slots=True)
class _Tally:
    """Counts on the way through a file."""

    stamps: list[int] = field(default_factory=list)
    first: VideoFrame | None = None
    sizes: set[tuple[int, int]] = field(default_factory=set)
    keys: KeyFrames | None = None
    packets: int = 0
    samples: int = 0
    meter: LoudnessMeter | None = None
    alpha: AlphaPictures | None = None
    """Where it is a stream of its own."""
    rate: Fraction | None = None
    """What the frames should be shown at."""
    errors: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append(text)


def inspect_file(path: str, *, loudness: bool = False, rate: Fraction | None = None) -> OutputFacts:
    """A movie, a sound file or an image, decoded completely.

    Args:
        path: the file.
        loudness: measures the sound, too.
        rate: what the frames should be shown at, where few of them fit several rates.

    Raises:
        SourceMissing: it is not there or not readable.
        UnsupportedFormat: it can't be opened as media at all.
    """
    animation = read_webp_animation(path)
    if animation is not None:
        return _webp_facts(path, animation)
    tally = _Tally(meter=LoudnessMeter() if loudness else None, rate=rate)
    with decoder_complaints(tally.errors), opened(path) as container:
        pictures = streams.picture_streams(container)
        stream = streams.choose_video(pictures)[0] if pictures else None
        _decode_all(container, stream, tally)
        facts = _facts(path, container, stream, tally)
    return replace(facts, errors=tuple(dict.fromkeys(tally.errors))[:_MOST_ERRORS])


def _webp_facts(path: str, animation: WebpAnimation) -> OutputFacts:
    problems: list[str] = []
    with decoder_complaints(problems):
        for number, frame in enumerate(animation.frames, 1):
            problem = decode_problem(frame)
            if problem is not None:
                problems.append(f"frame {number}: {problem}")
    width, height = animation.size
    return OutputFacts(
        path=path,
        container="webp",
        size_bytes=os.path.getsize(path),
        codec="webp",
        pixel_format="yuv420p",
        width=width,
        height=height,
        frames=len(animation.frames),
        duration_s=Fraction(animation.duration_ms, 1000),
        errors=tuple(problems[:_MOST_ERRORS]),
    )


def inspect_sequence(path: str, first_frame: int | None, frames: int | None) -> OutputFacts:
    """The files of a printf pattern, each decoded; `frames` counts those that are sound and of the first's size.

    Raises:
        SourceMissing: no file answers to the pattern.
        UnsupportedFormat: the first one isn't an image.
    """
    found = frames_on_disk(SourceRef(path=path, is_sequence=True))
    if not found:
        raise failure("source.missing", path=path)
    start = min(found) if first_frame is None else first_frame
    wanted = set(range(start, start + frames)) if frames is not None else set(found)
    with ThreadPoolExecutor(_THREADS) as pool:
        results = dict(zip(found, pool.map(inspect_image, found.values()), strict=True))
    first = next((facts for facts in results.values() if isinstance(facts, OutputFacts)), None)
    if first is None:
        raise failure("source.corrupt", path=path, problem="none of its images can be decoded")
    errors = [line for number, result in results.items() for line in _image_problems(number, result, first)]
    sound = sum(1 for number, result in results.items() if not list(_image_problems(number, result, first)))
    return replace(
        first,
        path=path,
        container="image2",
        size_bytes=sum(os.path.getsize(file) for file in found.values()),
        frames=sound,
        frame_rate=None,
        duration_s=None,
        missing=tuple(sorted(wanted - found.keys())),
        unwanted=tuple(sorted(found.keys() - wanted)),
        errors=tuple(errors[:_MOST_ERRORS]),
    )


@contextmanager
def decoder_complaints(lines: list[str], *, of_this_thread: bool = False) -> Iterator[None]:
    """Collects what ffmpeg logs as errors, from all its threads or from this one."""
    import av.logging

    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)  # a repeated line would be held back, and told of the next file
    with av.logging.Capture(local=of_this_thread) as logged:
        yield
    lines += [f"{name}: {message.strip()}" for level, name, message in logged if level <= av.logging.ERROR]


def inspect_image(path: str) -> OutputFacts | str:
    tally = _Tally()
    try:
        with decoder_complaints(tally.errors, of_this_thread=True), opened(path) as container:
            stream = streams.choose_video(streams.picture_streams(container))[0]
            # The decoder speaks from this thread then, so that its words can be told from other images'.
            stream.codec_context.thread_count = 1
            _decode_all(container, stream, tally)
            facts = _facts(path, container, stream, tally)
    except (EncodeMediaError, ValueError) as error:
        return str(error)
    return replace(facts, errors=tuple(tally.errors))


def _image_problems(number: int, result: OutputFacts | str, first: OutputFacts) -> Iterator[str]:
    if isinstance(result, str):
        yield f"frame {number}: {result}"
        return
    yield from (f"frame {number}: {line}" for line in result.errors)
    if not result.frames:
        yield f"frame {number}: no picture"
    for name in ("codec", "pixel_format", "width", "height"):
        if getattr(result, name) != getattr(first, name):
            yield f"frame {number}: {name} is {getattr(result, name)}, not {getattr(first, name)}"


def _decode_all(container: InputContainer, stream: AvVideoStream | None, tally: _Tally) -> None:
    import av

    audio = container.streams.audio[0] if container.streams.audio else None
    if stream is not None:
        _prepare(stream, tally)
    for packet in container.demux([s for s in (stream, audio) if s is not None]):
        if packet.stream is stream:
            _note_packet(packet, tally)
        try:
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    _note_picture(frame, tally)
                elif isinstance(frame, av.AudioFrame):
                    tally.samples += frame.samples
                    if tally.meter is not None:
                        tally.meter.add(frame)
        except (av.error.FFmpegError, MemoryError) as error:
            tally.complain(problem_text(error))


def _prepare(stream: AvVideoStream, tally: _Tally) -> None:
    context = stream.codec_context
    tally.keys = KeyFrames(context.codec.canonical_name, context.extradata or b"")
    if stream.metadata.get("alpha_mode") == "1":
        tally.alpha = AlphaPictures(context.width, context.height)
    strict = context.name not in _COMPLAINS_WITHOUT_REASON
    context.options = {"err_detect": _STRICT if strict else _CHECKSUMS}
    if context.thread_count == 0:
        stream.thread_type = "AUTO"


def _note_packet(packet: Packet[Any], tally: _Tally) -> None:
    if packet.size and tally.alpha is not None and (problem := tally.alpha.problem_with(packet)):
        tally.complain(problem)
    if packet.size and not packet.is_discard:
        if packet.is_keyframe and tally.keys is not None:
            tally.keys.note(tally.packets, bytes(memoryview(packet)[:LOOKED_AT]))
        tally.packets += 1


def _note_picture(frame: VideoFrame, tally: _Tally) -> None:
    if frame.is_corrupt:
        tally.complain("a picture is damaged")
        return
    if tally.first is None:
        tally.first = frame
    tally.sizes.add((frame.width, frame.height))
    tally.stamps.append(frame.pts if frame.pts is not None else len(tally.stamps))


def _facts(path: str, container: InputContainer, stream: AvVideoStream | None, tally: _Tally) -> OutputFacts:
    audio = streams.audio_streams(container)
    facts = OutputFacts(
        path=path,
        container=container_name(container.format.name),
        size_bytes=os.path.getsize(path),
        faststart=has_faststart(path) if container.format.name.startswith("mov") else None,
        audio_streams=len(audio),
    )
    if audio:
        measured = tally.meter.result() if tally.meter is not None else None
        facts = replace(
            facts,
            audio_codec=audio[0].codec,
            audio_channels=audio[0].channels,
            audio_sample_rate=audio[0].sample_rate,
            audio_duration_s=Fraction(tally.samples, max(1, audio[0].sample_rate)),
            audio_samples=tally.samples,
            loudness=measured.integrated if measured else None,
            true_peak=measured.true_peak if measured else None,
            time_reference=streams.time_reference(container),
        )
    return _with_picture(facts, container, stream, tally) if stream is not None else facts


def _with_picture(
    facts: OutputFacts, container: InputContainer, stream: AvVideoStream, tally: _Tally
) -> OutputFacts:
    facts = replace(facts, codec=stream.codec_context.codec.canonical_name, profile=stream.codec_context.profile)
    if tally.first is None:
        return facts
    if len(tally.sizes) > 1:
        tally.complain(f"the picture size changes: {sorted(tally.sizes)}")
    still = container.format.name in STILL_DEMUXERS
    base = stream.time_base or Fraction(1)
    nominal = (stream.average_rate, stream.guessed_rate)
    timing = None if still else measure(tally.stamps, base, nominal, tally.rate)
    pixels = streams.pixel_facts(tally.first.format)
    return replace(
        facts,
        pixel_format=pixels.pixel_format,
        has_alpha=pixels.has_alpha or bool(tally.alpha and tally.alpha.count),
        alpha_frames=tally.alpha.count if tally.alpha else None,
        width=tally.first.width,
        height=tally.first.height,
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        rotation=streams.orientation(tally.first)[0],
        frames=len(tally.stamps),
        frame_rate=timing.rate if timing else None,
        variable_rate=bool(timing and timing.variable),
        start_s=min(tally.stamps) * base,
        duration_s=timing.duration_s if timing else None,
        colour=streams.colour_tags(stream, tally.first),
        hdr=hdr_metadata(tally.first),
        field_order=streams.field_order(stream, tally.first),
        key_frame_distance=tally.keys.distance(tally.packets) if tally.keys else None,
        groups=tally.keys.groups if tally.keys else None,
        first_is_key=bool(tally.keys and tally.keys.places[:1] == [0]),
        timecode=start_timecode(container, stream, tally.first),
        reel=reel_name(container),
    )
