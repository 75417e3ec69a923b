"""Checks of sound, one difference at a time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from encode_media.media.output_facts import OutputFacts
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import LoudnessSpec, OutputKind, PublishSpec
from encode_media.running.compare import compare

EXPECTED = Expected(
    codec="", pixel_format="", width=0, height=0, duration_s=Fraction(2), audio_codec="pcm_s24le",
    audio_channels=2, audio_sample_rate=48000, audio_samples=96000, loudness=LoudnessSpec(),
    time_reference=172_972_800,
)  # fmt: skip
FACTS = OutputFacts(
    path="/w/a.wav", container="wav", size_bytes=1, audio_streams=1, audio_codec="pcm_s24le", audio_channels=2,
    audio_sample_rate=48000, audio_duration_s=Fraction(2), audio_samples=96000, loudness=-23.2, true_peak=-6.0,
    time_reference=172_972_800,
)  # fmt: skip


def failed(facts: OutputFacts, expected: Expected = EXPECTED) -> dict[str, str]:
    planned = PlannedOutput(
        name="audio_wav", kind=OutputKind.AUDIO, container="wav", file="a.wav", expected=expected,
        publish=PublishSpec(),
    )  # fmt: skip
    return {check.name: check.found for check in compare(planned, facts) if not check.passed}


def test_right_sound_passes() -> None:
    assert not failed(FACTS)


@pytest.mark.parametrize(
    ("changed", "check", "found"),
    [
        ({"audio_samples": 95999}, "audio samples", "95999"), ({"codec": "mjpeg"}, "picture", "mjpeg"),
        ({"time_reference": 0}, "time reference", "0"), ({"audio_streams": 2}, "audio streams", "2"),
        ({"audio_sample_rate": 44100}, "audio sample rate", "44100"),
        ({"loudness": -22.4}, "loudness", "-22.4 LUFS, peaks at -6.0 dBTP"),
        ({"loudness": -23.6}, "loudness", "-23.6 LUFS, peaks at -6.0 dBTP"),
    ],
)  # fmt: skip
def test_each_difference_is_found(changed: dict[str, object], check: str, found: str) -> None:
    assert failed(replace(FACTS, **changed)) == {check: found}  # type: ignore[arg-type]


@pytest.mark.parametrize("loudness", [-23.5, -23.0, -22.5, -61.0, None])
def test_half_a_unit_of_loudness_is_allowed_and_silence_has_none(loudness: float | None) -> None:
    assert not failed(replace(FACTS, loudness=loudness))


def test_sound_whose_peaks_allow_no_more_may_be_quieter_but_not_louder() -> None:
    assert not failed(replace(FACTS, loudness=-25.0, true_peak=-1.2))
    assert set(failed(replace(FACTS, loudness=-21.0, true_peak=-1.2))) == {"loudness"}
