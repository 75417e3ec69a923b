"""Loudness in two passes: measured by one run, applied by the next, which is given the measured number.

What is applied is one gain for the whole (EBU R128: no compression), and a limiter that works on four times the
samples, so that it sees the true peaks, and on nothing below the ceiling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from encode_media.model.plan import Command, Fill, Measurement
from encode_media.model.preset import LoudnessSpec
from encode_media.planning.graph import Chain, InputFile, OutputFile, SoundInput, compile_run, step

_PREFIX = "LOUDNESS_"
_OVERSAMPLED = 192_000
"""Hertz; ITU-R BS.1770 measures true peaks on four times 48 kHz."""
_MEASURE = step("ebur128", framelog="verbose")
"""Says the sum of it at the end, as information, and nothing on the way. Twenty times as fast as `loudnorm`."""
_FILTERS = "-filter_complex"
_QUIET, _TALKING = "error", "level+info"
"""ffmpeg's log levels: the numbers are information to it; with `level` each line says what it is."""


def token_of(spec: LoudnessSpec, sound: SoundInput, measured: Chain) -> str:
    """Stands for the measured loudness; outputs with the same sound and the same wish share one measurement."""
    return _PREFIX + hashlib.sha256(repr((spec.target, sound, measured)).encode()).hexdigest()[:8].upper()


def levelled(spec: LoudnessSpec, token: str, rate: int) -> Chain:
    """Brought to the wanted loudness as a whole, peaks held below the ceiling."""
    ceiling = 10 ** (spec.true_peak / 20)
    return (
        step("volume", volume=f"pow(10,({spec.target:g}-({token}))/20)", precision="double"),
        step("aresample", _OVERSAMPLED),
        step("alimiter", limit=f"{ceiling:.6f}", level="disabled", latency=1),
        step("aresample", rate),
        # The limiter takes its delay out of the samples, but not always out of their times.
        step("asetpts", "N/SR/TB"),
    )


def measuring_command(source: InputFile, sound: SoundInput, measured: Chain, token: str) -> Command:
    """The first pass: the sound as it will be encoded, listened to and thrown away."""
    output = OutputFile(path="-", sound=sound, audio=(*measured, _MEASURE), options={"f": "null"})
    argv = list(compile_run(source, [output], video_stream=None))
    argv[argv.index(_QUIET)] = _TALKING
    return Command(
        argv=tuple(argv),
        purpose="measure the loudness",
        frames=None,
        measures=Measurement(name=token, reader="ebur128"),
    )


def fills_of(argv: Sequence[str], wanted: Mapping[str, LoudnessSpec]) -> tuple[Fill, ...]:
    """Where measured numbers go in this command, by token. Silence has no loudness and gets no gain."""
    if _FILTERS not in argv:
        return ()
    filters = argv[argv.index(_FILTERS) + 1]
    return tuple(
        Fill(option=_FILTERS, token=token, measurement=token, value="integrated", otherwise=f"{spec.target:g}")
        for token, spec in wanted.items()
        if token in filters
    )
