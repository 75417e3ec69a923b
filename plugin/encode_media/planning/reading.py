"""How the source is read: the input's options, gaps, and the steps every output shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePath

from encode_media.errors import failure
from encode_media.media.formats import PROTOCOL_WHITELIST
from encode_media.media.pattern import FramePattern
from encode_media.model.media import Media, MissingFrames, SourceKind, VideoStream
from encode_media.model.plan import FrameLink
from encode_media.model.preset import Preset
from encode_media.planning.graph import Chain, InputFile, OutputFile, generate_run, pick_frames, step, text_of
from encode_media.planning.seeking import seek_options, seek_place
from encode_media.planning.sound_timing import SoundTiming
from encode_media.planning.span import MOVIE_FIRST_FRAME
from encode_media.timebase import FrameSpan, describe_rate, frames_text

LINK_FOLDER = "frames"
_ALPHA_DECODERS = {"vp9": "libvpx-vp9", "vp8": "libvpx"}
"""ffmpeg's own decoders leave out the transparency, which is a stream beside the pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The source as a constant-rate stream of frames."""

    input: InputFile
    steps: Chain
    """Deinterlacing and timing: the beginning of every output's chain."""
    frames: int | None
    """What the steps give; None only for a movie whose length nobody knows."""
    rate: Fraction
    first_frame: int
    sound: SoundTiming = SoundTiming()
    """Where the source's sound lies beside these frames."""
    links: tuple[FrameLink, ...] = ()
    black_frame: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kept: Sequence[int] | None = None
    """Frames that are read, by index, where not all are; `frames` counts all of them nevertheless."""

    @property
    def frames_read(self) -> int | None:
        return self.frames if self.kept is None else len(self.kept)

    @property
    def duration_s(self) -> Fraction | None:
        return None if self.frames is None else self.frames / self.rate


def read_source(media: Media, video: VideoStream, preset: Preset, *, first: int = 0) -> Reading:
    """How to read it, gaps handled as the preset says.

    Args:
        media: the source, or the wanted part of a sequence.
        video: its picture.
        preset: says what is done about gaps.
        first: movies: the first frame that is used. Those before it need not be read, but keep their places.

    Raises:
        SourceMissing: frames are missing and the preset does not allow it.
    """
    if media.kind is SourceKind.SEQUENCE:
        return _read_sequence(media, video, preset)
    if media.kind is SourceKind.STILL:
        return _read_still(media, video, preset)
    return _read_movie(media, video, first)


def with_layer(reading: Reading, media: Media, layer: str) -> Reading:
    """The same reading of another layer of OpenEXR.

    Raises:
        InvalidParameters: the source has no such layer.
    """
    wanted = layer or media.main_layer
    if not wanted:
        return reading
    if wanted in media.later_layers and wanted not in media.layers:
        raise failure("source.layer_later", layer=wanted, allowed=", ".join(media.layers) or "none")
    if wanted not in media.layers:
        raise failure("source.layer_missing", layer=wanted, allowed=", ".join(media.layers) or "none at all")
    options = {**reading.input.options, "layer": wanted}
    return replace(reading, input=replace(reading.input, options=options))


def _read_movie(media: Media, video: VideoStream, first: int) -> Reading:
    # -copyts keeps the file's own times, so that sound can be lined up with the first picture exactly.
    options: dict[str, str | None] = {"copyts": None} if media.audio else {}
    if video.has_alpha and video.codec in _ALPHA_DECODERS:
        options |= {"c:v": _ALPHA_DECODERS[video.codec]}
    place = seek_place(media, video, first)
    if place is not None:
        options |= seek_options(place)
    steps, notes = _deinterlace(video)
    if video.variable_rate:
        notes += (f"variable frame rate made constant at {describe_rate(video.frame_rate)}; the length is kept",)
        steps += _made_constant(video, place)
        frames = _frames_in_time(video)
    else:
        frames = video.frames or _frames_in_time(video)
        steps += _numbered(video, first if place is not None else 0)
    if frames is not None:
        if frames != video.frames:
            # How long the last picture stands is not always known: spare copies, then exactly as many as planned.
            steps += (step("tpad", stop=2, stop_mode="clone"),)
        steps += (pick_frames(0, frames, video.frame_rate),)
    return Reading(
        input=InputFile(path=f"file:{media.source.path}", options=_input_options(media.container, options)),
        steps=steps,
        frames=frames,
        rate=video.frame_rate,
        first_frame=MOVIE_FIRST_FRAME,
        sound=SoundTiming(start_s=video.start_s, speed=video.frame_rate / (video.own_rate or video.frame_rate)),
        notes=notes,
    )


def _numbered(video: VideoStream, first: int) -> Chain:
    """Numbered anew: a container's rounded or shifted times must neither drop nor repeat a frame."""
    settled = step("settb", 1 / video.frame_rate)
    if not first:
        return settled, step("setpts", "N")
    # Half a frame early: times may be rounded to either side.
    begin_s = video.start_s + (first - Fraction(1, 2)) / video.frame_rate
    return step("trim", start=f"{float(begin_s):.6f}"), settled, step("setpts", f"N+{first}")


def _made_constant(video: VideoStream, place: Fraction | None) -> Chain:
    """Counted from the first picture: where reading begins later, it is known from the file."""
    own = "STARTPTS" if place is None else f"({text_of(video.start_s)})/TB"
    return step("setpts", f"PTS-{own}"), step("fps", fps=video.frame_rate)


def _frames_in_time(video: VideoStream) -> int | None:
    return None if video.duration_s is None else max(1, round(video.duration_s * video.frame_rate))


def _deinterlace(video: VideoStream) -> tuple[Chain, tuple[str, ...]]:
    if not video.is_interlaced:
        return (), ()
    steps = (step("bwdif", mode="send_frame", parity="auto", deint="interlaced"),)
    return steps, ("interlaced: each pair of fields becomes one frame",)


def _read_still(media: Media, video: VideoStream, preset: Preset) -> Reading:
    rate = preset.default_rate if media.container == "image2" else video.frame_rate
    if media.container == "image2":
        # The name is taken as it is, percent signs and all.
        options: dict[str, str | None] = {"pattern_type": "none", "framerate": text_of(rate)}
    else:
        # HEIF has no rate: ffmpeg 9 shows the picture for a second, and would repeat it.
        options = {"r": text_of(rate)}
    return Reading(
        input=InputFile(path=f"file:{media.source.path}", options=_input_options(media.container, options)),
        steps=(),
        frames=1,
        rate=rate,
        first_frame=media.span.first if media.span else MOVIE_FIRST_FRAME,
    )


def _read_sequence(media: Media, video: VideoStream, preset: Preset) -> Reading:
    span = _span(media)
    rate = preset.frame_rate or video.frame_rate
    links = _links(media, span, preset) if media.missing or span.first < 0 else ()
    frames = len(links) or len(span)
    extension = PurePath(media.source.path).suffix
    options: dict[str, str | None] = {
        "framerate": text_of(rate),
        "start_number": "1" if links else str(span.first),
        "start_number_range": "1",
    }
    return Reading(
        input=InputFile(
            path=f"{LINK_FOLDER}/%06d{extension}" if links else f"file:{media.source.path}",
            options=_input_options("image2", options),
        ),
        # ffmpeg reads on as long as there are files: frames behind the span are none of ours.
        steps=(pick_frames(0, frames, rate),),
        frames=frames,
        rate=rate,
        first_frame=span.first,
        links=links,
        black_frame=_black_frame(media, video, rate) if any(link.source is None for link in links) else (),
        notes=(
            f"the sequence is read at {describe_rate(rate)} frames a second",
            *([_gap_note(media, preset)] if links else []),
        ),
    )


def _span(media: Media) -> FrameSpan:
    if media.span is None:
        raise failure("source.missing", path=media.source.path)
    return media.span


def _input_options(container: str, options: dict[str, str | None]) -> dict[str, str | None]:
    return {"f": container, "protocol_whitelist": PROTOCOL_WHITELIST, **options}


def _links(media: Media, span: FrameSpan, preset: Preset) -> tuple[FrameLink, ...]:
    """The complete list of frames, gaps filled or left out."""
    pattern = FramePattern.from_printf(media.source.path)
    missing = frozenset(media.missing)
    present = [number for number in span.frames() if number not in missing]
    if (missing and preset.missing_frames is MissingFrames.FAIL) or not present:
        raise failure("source.frames_missing", count=len(missing), total=len(span), frames=frames_text(missing))
    extension = PurePath(media.source.path).suffix
    shown = _shown_frames(span, missing, present[0], preset.missing_frames)
    return tuple(
        FrameLink(
            name=f"{LINK_FOLDER}/{index:06d}{extension}",
            source=None if number is None else pattern.path(number),
        )
        for index, number in enumerate(shown, 1)
    )


def _shown_frames(
    span: FrameSpan, missing: frozenset[int], first_present: int, policy: MissingFrames
) -> list[int | None]:
    """The number of the frame to show at each place; None is black. Before the first one there is it is held."""
    shown: list[int | None] = []
    latest = first_present
    for number in span.frames():
        if number not in missing:
            latest = number
            shown.append(number)
        elif policy is not MissingFrames.SKIP:
            shown.append(latest if policy is MissingFrames.HOLD else None)
    return shown


def _gap_note(media: Media, preset: Preset) -> str:
    if not media.missing:
        return "the frames are numbered anew for reading"
    frames = frames_text(media.missing)
    return {
        MissingFrames.HOLD: f"missing frames {frames}: the frame before is held",
        MissingFrames.BLACK: f"missing frames {frames}: shown black",
        MissingFrames.SKIP: f"missing frames {frames}: left out, the result is shorter",
    }[preset.missing_frames]


def _black_frame(media: Media, video: VideoStream, rate: Fraction) -> tuple[str, ...]:
    """One frame in the form of the others, so that ffmpeg reads on without noticing."""
    extension = PurePath(media.source.path).suffix
    options = {"frames:v": "1", "update": "1", "f": "image2"}
    if extension.lower() == ".exr":
        options |= {"c:v": "exr", "format:v": "half" if "f16" in video.pixel_format else "float"}
    return generate_run(
        "color",
        {"c": "black", "s": f"{video.width}x{video.height}", "r": rate, "d": 1},
        OutputFile(
            path=f"{LINK_FOLDER}/black{extension}",
            video=(
                step("format", _black_format(video, extension.lower())),
                step("setsar", text_of(video.sample_aspect)),
            ),
            options=options,
        ),
    )


def _black_format(video: VideoStream, extension: str) -> str:
    """The source's pixel format, or the nearest one its encoder takes."""
    if extension == ".exr":
        if "gray" in video.pixel_format:
            return "grayf32le"
        return "gbrapf32le" if video.has_alpha else "gbrpf32le"
    if extension in (".jpg", ".jpeg") and not video.pixel_format.startswith("yuvj"):
        return "yuvj444p"
    return video.pixel_format
