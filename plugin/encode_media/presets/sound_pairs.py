"""What goes together in sound, and how far its numbers go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from encode_media.model.preset import NO_PICTURE, AudioSpec, LoudnessSpec, OutputKind, OutputSpec

Problem = tuple[str, str, tuple[str, ...]]
"""Key path below the output, what is wrong, and what is allowed there."""

AUDIO_CODECS = MappingProxyType({"mp4": ("aac",), "mov": ("pcm", "aac"), "webm": ("opus",), "wav": ("pcm",)})
"""By container; others are silent."""
AUDIO_CHANNELS = (1, 2, 6, 8)
AUDIO_RATES = MappingProxyType(
    {"aac": (44100, 48000, 96000), "opus": (48000,), "pcm": (44100, 48000, 88200, 96000)}
)
SOUND_FORMAT = "sound"
"""Of options whose value is the path of a sound file."""
OPUS_MOST = 256_000
"""Bits a second for each channel; libopus refuses more."""
MAX_TRACK = 64
MAX_OFFSET_S = 24 * 3600
MAX_OFFSET_FRAMES = 1_000_000
LOUDNESS = (-50, -5)
"""LUFS: beyond, a gain makes noise of silence, or a brick of music."""
TRUE_PEAK = (-12, 0)
MAX_PATH = 4096
_BITRATE = re.compile(r"\A[0-9]{1,6}(\.[0-9]{1,3})?[kM]?\Z")


def sound_problems(output: OutputSpec) -> Iterator[Problem]:
    """What is wrong about the sound of an output."""
    if output.kind is OutputKind.AUDIO:
        yield from _sound_alone(output)
    if output.audio is not None:
        yield from _audio_problems(output.container, output.audio)


def _sound_alone(output: OutputSpec) -> Iterator[Problem]:
    if output.video != NO_PICTURE:
        yield "video", "an output of sound alone has no picture", ()
    if output.audio is None:
        yield "audio", "is missing", ()
    if output.publish.role != "deliverable":
        yield "publish.role", "sound alone is neither reviewable nor a thumbnail", ("deliverable",)


def _audio_problems(container: str, audio: AudioSpec) -> Iterator[Problem]:
    codecs = AUDIO_CODECS.get(container, ())
    if audio.codec not in codecs:
        yield "audio.codec", f"{audio.codec} does not go with the rest of the output", codecs
    yield from _among("audio.channels", audio.channels, AUDIO_CHANNELS)
    yield from _among("audio.sample_rate", audio.sample_rate, AUDIO_RATES[audio.codec])
    if audio.codec == "opus" and audio.sample_rate is None:
        yield "audio.sample_rate", "Opus has one sample rate only", ("48000",)
    if audio.bitrate is not None and not _BITRATE.match(audio.bitrate):
        yield "audio.bitrate", f"{audio.bitrate!r} is no bit rate", ("a number with k behind it, such as 192k",)
    if audio.bitrate is not None and audio.codec == "pcm":
        yield "audio.bitrate", "uncompressed sound has no bit rate to choose", ()
    if audio.codec == "opus" and audio.channels and bits_of(audio.bitrate) > OPUS_MOST * audio.channels:
        most = f"up to {OPUS_MOST * audio.channels // 1000}k for {audio.channels} channels"
        yield "audio.bitrate", f"{audio.bitrate} is more than Opus can have", (most,)
    yield from _between("audio.track", audio.track, 1, MAX_TRACK)
    yield from _between("audio.offset_s", audio.offset_s, -MAX_OFFSET_S, MAX_OFFSET_S)
    yield from _between("audio.offset_frames", audio.offset_frames, -MAX_OFFSET_FRAMES, MAX_OFFSET_FRAMES)
    if audio.file is not None and not (0 < len(audio.file) <= MAX_PATH and audio.file.isprintable()):
        yield "audio.file", "is no path of a file", ("the absolute path of a sound file",)
    if audio.loudness is not None:
        yield from _loudness_problems(audio.loudness)


def bits_of(bitrate: str | None) -> int:
    """`192k` as bits a second; 0 for none and for what is no bit rate."""
    if bitrate is None or not _BITRATE.match(bitrate):
        return 0
    factor = {"k": 1000, "M": 1_000_000}.get(bitrate[-1], 1)
    return round(float(bitrate.rstrip("kM")) * factor)


def _loudness_problems(loudness: LoudnessSpec) -> Iterator[Problem]:
    yield from _between("audio.loudness.target", loudness.target, *LOUDNESS)
    yield from _between("audio.loudness.true_peak", loudness.true_peak, *TRUE_PEAK)


def _among(key: str, value: int | None, allowed: tuple[int, ...]) -> Iterator[Problem]:
    if value is not None and value not in allowed:
        yield key, f"{value} does not go with the rest of the output", tuple(str(word) for word in allowed)


def _between(key: str, value: float | None, low: float, high: float) -> Iterator[Problem]:
    if value is not None and not low <= value <= high:
        yield key, f"{value:g} is out of bounds", (f"a number from {low:g} to {high:g}",)
