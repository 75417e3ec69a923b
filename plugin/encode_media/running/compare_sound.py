"""The sound that was asked for against the sound that was found. No effects."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from encode_media.media.output_facts import OutputFacts
from encode_media.model.plan import Expected
from encode_media.model.preset import QUIETEST_LUFS, LoudnessSpec
from encode_media.model.result import Check
from encode_media.planning.sound import SOUND_BLOCKS
from encode_media.running.comparing import close, same

LOUDNESS_TOLERANCE = 0.5
"""LU; what EBU R128 allows for programmes that were normalised."""
PEAK_TOLERANCE = 0.5
"""dB; how far a meter working on four times the samples may be off (ITU-R BS.1770, annex 2)."""


def compare_sound(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    """Every check of the sound that applies to this output."""
    if expected.audio_codec is None:
        yield same("audio streams", 0, facts.audio_streams)
        return
    yield same("audio streams", 1, facts.audio_streams)
    yield same("audio codec", expected.audio_codec, facts.audio_codec)
    if expected.audio_channels is not None:
        yield same("audio channels", expected.audio_channels, facts.audio_channels)
    if expected.audio_sample_rate is not None:
        yield same("audio sample rate", expected.audio_sample_rate, facts.audio_sample_rate)
    yield from _length(expected, facts)
    if expected.time_reference is not None:
        yield same("time reference", expected.time_reference, facts.time_reference)
    if expected.loudness is not None:
        yield _loudness(expected.loudness, facts)


def _length(expected: Expected, facts: OutputFacts) -> Iterator[Check]:
    if expected.audio_samples is not None:
        yield same("audio samples", expected.audio_samples, facts.audio_samples)
        return
    length = expected.duration_s if expected.duration_s is not None else facts.duration_s
    if length is not None:
        yield close("audio length", length, facts.audio_duration_s, _tolerance(expected, facts))


def _tolerance(expected: Expected, facts: OutputFacts) -> Fraction:
    """One frame of the picture, or one block of the sound where that is longer (at high frame rates)."""
    frame = 1 / expected.frame_rate if expected.frame_rate else Fraction(0)
    block = Fraction(SOUND_BLOCKS.get(expected.audio_codec or "", 1), facts.audio_sample_rate or 48000)
    return max(frame, block)


def _loudness(wanted: LoudnessSpec, facts: OutputFacts) -> Check:
    """Reached, or as loud as its peaks allow; what is hardly there has no loudness to be wrong."""
    found, peak = facts.loudness, facts.true_peak
    left_alone = found is None or found <= QUIETEST_LUFS + LOUDNESS_TOLERANCE
    reached = found is not None and abs(found - wanted.target) <= LOUDNESS_TOLERANCE
    at_ceiling = found is not None and found < wanted.target and _near(peak, wanted.true_peak)
    return Check(
        name="loudness",
        passed=left_alone or reached or at_ceiling,
        expected=f"{wanted.target:g} LUFS, or less where peaks reach {wanted.true_peak:g} dBTP",
        found="too quiet or too short to measure" if found is None else f"{found:.1f} LUFS, {_peak_words(peak)}",
    )


def _near(peak: float | None, ceiling: float) -> bool:
    return peak is not None and peak >= ceiling - PEAK_TOLERANCE


def _peak_words(peak: float | None) -> str:
    return "no peak" if peak is None else f"peaks at {peak:.1f} dBTP"
