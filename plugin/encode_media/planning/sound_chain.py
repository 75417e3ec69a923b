"""The steps sound goes through: lined up, resampled, mixed, padded and cut. In a fixed order, in exact numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from encode_media.model.preset import AudioSpec
from encode_media.planning.graph import Chain, Filter, step, text_of
from encode_media.planning.sound_timing import SoundTiming

_LAYOUTS = MappingProxyType({
    1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1",
})  # fmt: skip
"""ffmpeg's usual layout of so many channels."""

_COMPRESSED = (8, 6, 2, 1)
"""Numbers of channels every player of AAC and Opus knows."""

_PLAIN_LAYOUT = re.compile(r"\A[a-z0-9.()]{1,20}\Z")
_MINUS_3_DB = math.sqrt(0.5)

_STEREO_SUMS = MappingProxyType({
    5: ((0, 2, 3), (1, 2, 4)),
    6: ((0, 2, 4), (1, 2, 5)),
    8: ((0, 2, 4, 6), (1, 2, 5, 7)),
})  # fmt: skip
"""Channels that go left and right, all but the first 3 dB lower (ITU-R BS.775). 5.0 is L R C Ls Rs; 5.1 and 7.1
have the LFE behind C, which is left out."""


IN_FLOATS: Chain = (step("aformat", sample_fmts="fltp"),)
"""Before anything is computed, so that nothing is rounded on the way."""
DITHERED_TO_16: Chain = (step("aresample", osf="s16", dither_method="triangular"),)
"""A little noise instead of the distortion that rounding would be."""
_UNHEARD = Fraction(1, 200)
"""A change of speed of which nobody hears the pitch, a twelfth of a semitone: from 24 to 23.976, say."""


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    channels: int


def layout_of(spec: AudioSpec, have: int, named: str | None) -> Layout:
    """The channels an output gets; `named` is the layout the source says it has."""
    if spec.channels is not None:
        return Layout(_LAYOUTS[spec.channels], spec.channels)
    if spec.codec != "pcm":
        channels = next(number for number in _COMPRESSED if number <= max(1, have))
        return Layout(_LAYOUTS[channels], channels)
    if named is not None and _PLAIN_LAYOUT.match(named) and not named[:1].isdigit():
        return Layout(named, have)
    channels = have if have in _LAYOUTS else max(number for number in _LAYOUTS if number <= max(1, have))
    return Layout(_LAYOUTS[channels], channels)


def aligned(start_s: Fraction, rate: int, *, at_own_start: bool) -> Chain:
    """Lined up with the first picture and resampled; holes become silence, what lies before goes."""
    base = "PTS-STARTPTS" if at_own_start else "PTS"
    return (
        step("asetpts", f"{base}-({text_of(start_s)})/TB"),
        step("aresample", rate, **{"async": 1}, first_pts=0),
    )


def retimed_file(timing: SoundTiming, spec: AudioSpec, rate: Fraction | None, lag_s: Fraction) -> SoundTiming:
    """A sound file begins with the first picture that is shown, or as much later as clocks and the preset say."""
    offset = lag_s + Fraction(str(spec.offset_s)) + (Fraction(spec.offset_frames) / rate if rate else 0)
    return replace(timing, start_s=-offset, speed=Fraction(1))


def conformed(speed: Fraction, rate: int) -> Chain:
    """Faster or slower, as the pictures are: at the same pitch, unless the difference can't be heard."""
    if speed == 1:
        return ()
    if abs(speed - 1) <= _UNHEARD:
        return (step("asetrate", round(rate * speed)), step("aresample", rate))
    # atempo swallows the first half of its window, which is the next power of two above a 24th of a second.
    window = 1 << (rate // 24 - 1).bit_length()
    return (step("adelay", delays=f"{window // 2}S", all=1), step("atempo", f"{float(speed):.9f}"))


def channel_steps(spec: AudioSpec, have: int, layout: Layout) -> Chain:
    """Sum by sum where channels get fewer: ffmpeg's own mix is 8 dB lower for whole numbers than for floats."""
    mix = _mix(spec, have, layout.channels)
    shape = step("aformat", channel_layouts=layout.name)
    return (shape,) if mix is None else (mix, shape)


def _mix(spec: AudioSpec, have: int, want: int) -> Filter | None:
    if have == 2 and want == 1:  # noqa: PLR2004 - stereo to mono
        return _pan("mono", [(0.5, 0), (0.5, 1)])
    if have not in _STEREO_SUMS or want > 2:  # noqa: PLR2004 - to stereo or mono
        return None
    left, right = _STEREO_SUMS[have] if spec.downmix != "front" else ((0,), (1,))
    factor = 1.0 if spec.downmix != "safe" else 1 / (1 + (len(left) - 1) * _MINUS_3_DB)
    sums = [_weighted(channels, factor) for channels in (left, right)]
    if want == 1:
        return _pan("mono", _halved(sums))
    return _pan("stereo", *sums)


def _halved(sides: list[list[tuple[float, int]]]) -> list[tuple[float, int]]:
    """Half of left and half of right, each channel named once."""
    total: dict[int, float] = {}
    for side in sides:
        for weight, channel in side:
            total[channel] = total.get(channel, 0.0) + weight / 2
    return [(weight, channel) for channel, weight in total.items()]


def _weighted(channels: tuple[int, ...], factor: float) -> list[tuple[float, int]]:
    first, *others = channels
    return [(factor, first), *((factor * _MINUS_3_DB, channel) for channel in others)]


def _pan(layout: str, *sums: list[tuple[float, int]]) -> Filter:
    rows = ["+".join(f"{weight:.6f}*c{channel}" for weight, channel in row) for row in sums]
    return step("pan", args="|".join([layout, *(f"c{number}={row}" for number, row in enumerate(rows))]))


def delayed(lead_s: Fraction, rate: int) -> Chain:
    """Silence in front."""
    return (step("adelay", delays=f"{round(lead_s * rate)}S", all=1),) if lead_s else ()


def padded(length_s: Fraction | None) -> Chain:
    return () if length_s is None else (step("apad", whole_dur=_seconds(length_s)),)


def cut(length_s: Fraction | None) -> Chain:
    return () if length_s is None else (step("atrim", end=_seconds(length_s)),)


def _seconds(value: Fraction) -> str:
    return f"{float(value):.6f}"
