"""The sound of an output: which it is, and everything done to it. Exactly as long as the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from encode_media.errors import failure
from encode_media.media.formats import PROTOCOL_WHITELIST
from encode_media.model.media import AudioStream, Media
from encode_media.model.preset import AudioSpec, LoudnessSpec, Preset
from encode_media.planning.graph import Chain, SoundInput
from encode_media.planning.loudness import levelled, token_of
from encode_media.planning.sound_chain import (
    DITHERED_TO_16,
    IN_FLOATS,
    aligned,
    channel_steps,
    conformed,
    cut,
    delayed,
    layout_of,
    padded,
    retimed_file,
)
from encode_media.planning.sound_timing import SoundTiming, lag_by_clock

_ENCODERS = {"aac": "aac", "opus": "libopus"}
SOUND_BLOCKS = {"aac": 1024, "opus": 960, "mp3": 1152}
"""Samples a codec can't split: its stream may be longer by up to one (ISO 14496-3, RFC 6716, ISO 11172-3)."""
_TOGETHER = (8, 6, 2)
"""Numbers of mono tracks that are one sound: 7.1, 5.1 and stereo, in SMPTE's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundWork:
    """What sound there is for the outputs of a job, and how the pictures lie beside it."""

    media: Media
    files: Mapping[str, Media] = field(default_factory=dict)
    """The sound files the preset names, read."""
    timing: SoundTiming = SoundTiming()
    length_s: Fraction | None = None
    """Of the pictures; None where nobody knows, and for sources that are sound alone."""
    rate: Fraction | None = None
    """Of the pictures."""
    clock_s: Fraction | None = None
    """Seconds from midnight to the first picture that is shown; None where nobody knows, or it is of no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The sound of one output."""

    spec: AudioSpec
    """Channels and sample rate decided."""
    input: SoundInput
    chain: Chain
    measured: Chain | None = None
    """The beginning of `chain` whose loudness has to be measured first."""
    token: str = ""
    """In `chain`, where the measured loudness goes."""
    length_s: Fraction | None
    note: str

    @property
    def channels(self) -> int:
        return self.spec.channels or 0

    @property
    def sample_rate(self) -> int:
        return self.spec.sample_rate or 0

    @property
    def samples(self) -> int | None:
        """As many as the filters give, whose times are whole microseconds; of uncompressed sound only."""
        if self.length_s is None or self.spec.codec != "pcm":
            return None
        return int(Fraction(f"{float(self.length_s):.6f}") * self.sample_rate + Fraction(1, 2))


def sound_files(preset: Preset) -> tuple[str, ...]:
    """The sound files that have to be read before planning."""
    named = [output.audio.file for output in preset.outputs if output.audio and output.audio.file]
    return tuple(dict.fromkeys(named))


def hear(work: SoundWork, spec: AudioSpec | None) -> Heard | None:
    """The sound for these wishes; None where there is none to be heard.

    Raises:
        InvalidParameters: a track or a sound file that is not there.
    """
    if spec is None:
        return None
    chosen = None if spec.source == "silence" else _chosen(work, spec)
    if chosen is not None:
        return _heard(work, spec, *chosen)
    if spec.source == "keep" or work.length_s is None:
        return None
    return _silence(spec, work.length_s)


def sound_options(heard: Heard) -> dict[str, str | None]:
    options: dict[str, str | None] = {
        "c:a": sound_encoder(heard.spec),
        "ar": str(heard.sample_rate),
        "ac": str(heard.channels),
    }
    if heard.spec.bitrate:
        options["b:a"] = heard.spec.bitrate
    return options


def expected(heard: Heard | None) -> dict[str, Any]:
    """What must come out, as arguments of `Expected`."""
    if heard is None:
        return {}
    return {
        "audio_codec": probed_codec(heard.spec),
        "audio_channels": heard.channels,
        "audio_sample_rate": heard.sample_rate,
        "audio_samples": heard.samples,
        "loudness": heard.spec.loudness,
    }


def sound_encoder(spec: AudioSpec) -> str:
    return f"pcm_s{spec.bit_depth}le" if spec.codec == "pcm" else _ENCODERS[spec.codec]


def probed_codec(spec: AudioSpec) -> str:
    """The codec's name as a probe gives it."""
    return sound_encoder(spec) if spec.codec == "pcm" else spec.codec


def _chosen(work: SoundWork, spec: AudioSpec) -> tuple[tuple[AudioStream, ...], Media, str] | None:
    """The tracks that are heard together, whose they are, and in words which and why."""
    if spec.file is None:
        media, whose = work.media, "the source"
    elif spec.file in work.files:
        media, whose = work.files[spec.file], spec.file
    else:
        raise failure("source.missing", path=spec.file)
    if spec.track is not None:
        if not 1 <= spec.track <= len(media.audio):
            raise failure("sound.no_track", track=spec.track, count=len(media.audio), path=media.source.path)
        return _one(media.audio, media.audio[spec.track - 1], media, whose, "as asked for")
    if not media.audio:
        if spec.file is not None:
            raise failure("sound.none", path=spec.file)
        return None
    together = _mono_tracks(media.audio, spec)
    if together:
        words = f"sound from {whose if spec.file else 'tracks'}: {len(together)} mono tracks as one"
        return together, media, words + _left_out(media.audio, len(together))
    marked = [stream for stream in media.audio if stream.is_default]
    if len(marked) == 1 and len(media.audio) > 1:
        return _one(media.audio, marked[0], media, whose, "it is marked as the default")
    return _one(media.audio, media.audio[0], media, whose, "")


def _one(
    tracks: tuple[AudioStream, ...], stream: AudioStream, media: Media, whose: str, why: str
) -> tuple[tuple[AudioStream, ...], Media, str]:
    number = tracks.index(stream) + 1
    layout = "mono" if stream.channels == 1 else stream.layout or f"{stream.channels} channels"
    place = "" if media.source.path != whose else f" of {whose}"
    reason = f", {why}" if why else ""
    words = f"sound from track {number}{place} ({stream.codec}, {layout}{reason})"
    return (stream,), media, words + _left_out(tracks, 1)


def _left_out(tracks: tuple[AudioStream, ...], used: int) -> str:
    return f"; {len(tracks) - used} more left out" if len(tracks) > used else ""


def _mono_tracks(tracks: tuple[AudioStream, ...], spec: AudioSpec) -> tuple[AudioStream, ...]:
    """Cameras and editorial keep each channel as a track of its own: as many of them as make up the layout."""
    first = tracks[0]
    alike = 0
    for track in tracks:
        if track.channels != 1 or track.sample_rate != first.sample_rate:
            break
        alike += 1
    wanted = spec.channels or max(_TOGETHER)
    count = next((number for number in _TOGETHER if number <= alike and number <= wanted), 0)
    return tracks[:count]


def _heard(work: SoundWork, spec: AudioSpec, tracks: tuple[AudioStream, ...], media: Media, words: str) -> Heard:
    first = tracks[0]
    have = len(tracks) if len(tracks) > 1 else first.channels
    rate = spec.sample_rate or first.sample_rate
    layout = layout_of(spec, have, first.layout if len(tracks) == 1 else None)
    decided = replace(spec, channels=layout.channels, sample_rate=rate)
    own = spec.file is None
    lag_s = (
        lag_by_clock(work.clock_s, media, work.length_s) if spec.align == "timecode" and not own else Fraction(0)
    )
    timing = work.timing if own else retimed_file(work.timing, spec, work.rate, lag_s)
    finer = _loses_bits(decided, first, changed=have != layout.channels or timing.speed != 1)
    before = (
        *(IN_FLOATS if finer else ()),
        *aligned(timing.start_s, rate, at_own_start=not own or work.rate is None),
        *conformed(timing.speed, rate),
        *channel_steps(spec, have, layout),
        *delayed(timing.lead_s, rate),
    )
    note = (
        words
        + _clock_words(spec, lag_s, own=own)
        + _offset_words(spec)
        + _channel_words(spec, have, layout.channels)
    )
    heard = Heard(
        spec=decided,
        input=_input(tracks, own=own, media=media),
        chain=(*before, *(DITHERED_TO_16 if finer else ()), *padded(work.length_s), *cut(work.length_s)),
        length_s=work.length_s,
        note=note + _length_words(work),
    )
    return heard if spec.loudness is None else _levelled(heard, spec.loudness, before, finer=finer)


def _loses_bits(spec: AudioSpec, track: AudioStream, *, changed: bool) -> bool:
    """Whether samples are rounded to 16 bits: deeper ones, and those that are computed anew."""
    if spec.codec != "pcm" or spec.bit_depth != 16:  # noqa: PLR2004
        return False
    computed = changed or spec.loudness is not None or spec.sample_rate != track.sample_rate
    return computed or track.bits is None or track.bits > 16  # noqa: PLR2004


def _levelled(heard: Heard, loudness: LoudnessSpec, before: Chain, *, finer: bool) -> Heard:
    """Measured as far as the picture goes: what is cut off must not count."""
    measured = (*before, *cut(heard.length_s))
    token = token_of(loudness, heard.input, measured)
    dithered = DITHERED_TO_16 if finer else ()
    chain = (*measured, *levelled(loudness, token, heard.sample_rate), *dithered)
    note = f"loudness measured in a first pass, then brought to {loudness.target:g} LUFS by one gain"
    return replace(
        heard, measured=measured, token=token, note=f"{heard.note}; {note}",
        chain=(*chain, *padded(heard.length_s), *cut(heard.length_s)),
    )  # fmt: skip


def _input(tracks: tuple[AudioStream, ...], *, own: bool, media: Media) -> SoundInput:
    streams = tuple(track.index for track in tracks)
    if own:
        return SoundInput(streams=streams)
    options = (("f", media.container), ("protocol_whitelist", PROTOCOL_WHITELIST))
    return SoundInput(path=f"file:{media.source.path}", options=options, streams=streams)


def _silence(spec: AudioSpec, length_s: Fraction) -> Heard:
    rate, layout = spec.sample_rate or 48000, layout_of(spec, spec.channels or 2, None)
    return Heard(
        spec=replace(spec, channels=layout.channels, sample_rate=rate, loudness=None),
        input=SoundInput(path=f"anullsrc=r={rate}:cl={layout.name}", options=(("f", "lavfi"),)),
        chain=cut(length_s),
        length_s=length_s,
        note="silence, as long as the picture",
    )


def _clock_words(spec: AudioSpec, lag_s: Fraction, *, own: bool) -> str:
    if own or spec.align != "timecode":
        return ""
    return f"; by its time code it begins {float(lag_s):.3f} s after the first picture"


def _offset_words(spec: AudioSpec) -> str:
    if spec.file is None or not (spec.offset_s or spec.offset_frames):
        return ""
    parts = [f"{spec.offset_s:g} s"] if spec.offset_s else []
    parts += [f"{spec.offset_frames} frames"] if spec.offset_frames else []
    return f"; begins {' and '.join(parts)} after {'that' if spec.align == 'timecode' else 'the first picture'}"


def _channel_words(spec: AudioSpec, have: int, channels: int) -> str:
    if channels < have:
        return f"; {have} channels mixed to {channels} ({spec.downmix})"
    return ""


def _length_words(work: SoundWork) -> str:
    return "" if work.length_s is None else "; padded or cut to the picture's length"
