"""Every mistake in a preset file, found by trying it on the sources and options it will meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.model.media import AudioStream, ColourTags, Media, SourceKind, SourceRef, VideoStream
from encode_media.model.preset import Option, OptionKind, OutputKind, Preset
from encode_media.presets.codecs import codec_of
from encode_media.presets.problems import InvalidPresetError, PresetProblem
from encode_media.presets.resolve import resolve
from encode_media.presets.schema import FindBase, PresetFile, load_preset
from encode_media.presets.text_forms import TEXT_FORMS
from encode_media.timebase import FrameSpan

CanEncode = Callable[[str], bool]
"""Whether the ffmpeg in use has an encoder, by its name."""


def check_file(
    path: Path, find_base: FindBase = lambda _name, _path: None, can_encode: CanEncode | None = None
) -> tuple[PresetProblem, ...]:
    """All problems of one file; none means it works for every kind of source it suits."""
    try:
        file = load_preset(path, find_base)
    except InvalidPresetError as error:
        return error.problems
    found: dict[PresetProblem, None] = {}
    tried: set[SourceKind] = set()
    for media in typical_sources():
        if not file.suits(media.kind):
            continue
        # Every choice with one source of each kind; the others show what depends on the source alone.
        trials = [{}] if media.kind in tried else option_trials(file.options)
        tried.add(media.kind)
        for options in trials:
            found.update(dict.fromkeys(_problems(file, media, options, can_encode)))
    return tuple(found)


def _problems(
    file: PresetFile, media: Media, options: dict[str, Any], can_encode: CanEncode | None
) -> tuple[PresetProblem, ...]:
    try:
        preset = resolve(file, media, options)
    except InvalidPresetError as error:
        return error.problems
    except EncodeMediaError as error:
        return (PresetProblem(file=str(file.path), key="options", problem=error.message),)
    if not preset.outputs and not options and not file.hidden and file.backend == "own":
        problem = f"there is no output for a {media.kind.value}, though the preset suits it"
        return (PresetProblem(file=str(file.path), key="outputs", problem=problem),)
    return tuple(_missing_encoders(file, preset, can_encode)) if can_encode else ()


def _missing_encoders(file: PresetFile, preset: Preset, can_encode: CanEncode) -> Iterator[PresetProblem]:
    """Found here and not when a job runs."""
    pictures = (output for output in preset.outputs if output.kind is not OutputKind.AUDIO)
    for encoder in dict.fromkeys(codec_of(output.video).encoder for output in pictures):
        if not can_encode(encoder):
            problem = f"this ffmpeg has no encoder {encoder}"
            yield PresetProblem(file=str(file.path), key="outputs", problem=problem)


def option_trials(options: dict[str, Option]) -> Iterator[dict[str, Any]]:
    """The defaults, then each option's other values one at a time."""
    yield {}
    for name, option in options.items():
        for value in _trial_values(option):
            if value != option.default:
                yield {name: value}


def _trial_values(option: Option) -> tuple[Any, ...]:
    if option.kind is OptionKind.CHOICE:
        return option.choices
    if option.kind is OptionKind.NUMBER:
        return tuple(value for value in (option.minimum, option.maximum) if value is not None)
    if option.format is not None:
        return (TEXT_FORMS[option.format].example,)
    return {OptionKind.BOOLEAN: (True, False), OptionKind.RATE: ("24000/1001",), OptionKind.TEXT: ("text",)}[
        option.kind
    ]


def typical_sources() -> tuple[Media, ...]:
    """What presets meet: movies large, small, upright and silent; sequences with and without alpha; stills."""
    sound = (AudioStream(index=1, codec="aac", sample_rate=48000, channels=2, layout="stereo"),)
    return (
        _media(SourceKind.MOVIE, 1920, 1080, audio=sound),
        _media(SourceKind.MOVIE, 3840, 2160),
        _media(SourceKind.MOVIE, 641, 361, audio=sound),
        _media(SourceKind.MOVIE, 1080, 1920, audio=sound),
        _media(SourceKind.SEQUENCE, 2048, 858, pixel_format="gbrpf16le", codec="exr", is_rgb=True, is_float=True),
        _media(SourceKind.SEQUENCE, 1280, 720, pixel_format="rgba", codec="png", is_rgb=True, has_alpha=True),
        _media(SourceKind.STILL, 4096, 2304, pixel_format="rgb24", codec="png", is_rgb=True),
        _media(SourceKind.STILL, 320, 640, pixel_format="gbrpf32le", codec="exr", is_rgb=True, is_float=True),
    )


def typical_source(file: PresetFile) -> Media:
    """The first of them that the preset suits."""
    return next(media for media in typical_sources() if file.suits(media.kind))


def _media(
    kind: SourceKind, width: int, height: int, *, audio: tuple[AudioStream, ...] = (), codec: str = "h264",
    pixel_format: str = "yuv420p", **video: Any,
) -> Media:  # fmt: skip
    frames = 1 if kind is SourceKind.STILL else 48
    is_movie = kind is SourceKind.MOVIE
    path = "/source.mov" if is_movie else "/source.%04d.png"
    return Media(
        source=SourceRef(path=path, is_sequence=kind is SourceKind.SEQUENCE),
        kind=kind,
        container="mov" if is_movie else "image2",
        size_bytes=1_000_000,
        video=VideoStream(
            index=0, codec=codec, width=width, height=height, pixel_format=pixel_format, frame_rate=Fraction(24),
            frames=frames, duration_s=Fraction(frames, 24), colour=ColourTags(), **video,
        ),
        audio=audio,
        span=None if is_movie else FrameSpan(first=1001, last=1000 + frames),
        timecode="01:00:00:00" if is_movie else None,
    )  # fmt: skip
