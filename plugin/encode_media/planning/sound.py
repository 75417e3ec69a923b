"""The sound of an output: exactly as long as its picture."""

from __future__ import annotations

from fractions import Fraction

from encode_media.model.media import AudioStream
from encode_media.model.preset import AudioSpec
from encode_media.planning.graph import Chain, step, text_of

_ENCODERS = {"aac": "aac", "opus": "libopus"}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def sound_chain(spec: AudioSpec, picture_start_s: Fraction, duration_s: Fraction | None) -> Chain:
    """Lined up with the first picture, resampled, padded with silence or cut to the picture's length."""
    steps = [
        step("asetpts", f"PTS-({text_of(picture_start_s)})/TB"),
        step("aresample", spec.sample_rate, **{"async": 1}, first_pts=0),
        step("aformat", channel_layouts=_LAYOUTS[spec.channels]),
    ]
    if duration_s is not None:
        seconds = f"{float(duration_s):.6f}"
        steps += [step("apad", whole_dur=seconds), step("atrim", end=seconds)]
    return tuple(steps)


def sound_options(spec: AudioSpec) -> dict[str, str | None]:
    options: dict[str, str | None] = {
        "c:a": sound_encoder(spec),
        "ar": str(spec.sample_rate),
        "ac": str(spec.channels),
    }
    if spec.bitrate:
        options["b:a"] = spec.bitrate
    return options


def sound_encoder(spec: AudioSpec) -> str:
    return f"pcm_s{spec.bit_depth}le" if spec.codec == "pcm" else _ENCODERS[spec.codec]


def probed_codec(spec: AudioSpec) -> str:
    """The codec's name as a probe gives it."""
    return sound_encoder(spec) if spec.codec == "pcm" else spec.codec


def chosen_sound(audio: tuple[AudioStream, ...]) -> tuple[AudioStream | None, str]:
    """The track to use, and in words which and why."""
    if not audio:
        return None, "the source has no sound"
    chosen = audio[0]
    others = f"; {len(audio) - 1} more left out" if len(audio) > 1 else ""
    layout = chosen.layout or f"{chosen.channels} channels"
    return chosen, f"sound from track {chosen.index} ({chosen.codec}, {layout}){others}"
