"""Each check of a finished output, one difference at a time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from encode_media.media.output_facts import OutputFacts
from encode_media.model.media import ColourTags
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputKind, PublishSpec
from encode_media.model.result import Check
from encode_media.running.compare import compare

RATE = Fraction(24000, 1001)
HD = ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
EXPECTED = Expected(
    codec="h264", profile="High", pixel_format="yuv420p", width=1280, height=720, frames=72, frame_rate=RATE,
    duration_s=72 / RATE, colour=HD, audio_codec="aac", audio_channels=2, audio_sample_rate=48000, faststart=True,
    timecode="01:00:00:00",
)  # fmt: skip
FACTS = OutputFacts(
    path="/w/review.mp4", container="mov", size_bytes=1000, codec="h264", profile="High", pixel_format="yuv420p",
    width=1280, height=720, frames=72, frame_rate=RATE, duration_s=72 / RATE, colour=HD, faststart=True,
    timecode="01:00:00:00", audio_streams=1, audio_codec="aac", audio_channels=2, audio_sample_rate=48000,
    audio_duration_s=72 / RATE,
)  # fmt: skip
SEQUENCE = Expected(codec="png", pixel_format="rgb24", width=64, height=36, frames=24)
IMAGES = OutputFacts(
    path="/w/a.%04d.png", container="image2", size_bytes=1, codec="png", pixel_format="rgb24", width=64,
    height=36, frames=24,
)  # fmt: skip


def planned(expected: Expected = EXPECTED, *, first_frame: int | None = None) -> PlannedOutput:
    kind = OutputKind.VIDEO if first_frame is None else OutputKind.IMAGE_SEQUENCE
    return PlannedOutput(name="review", kind=kind, container="mp4", file="review.mp4", first_frame=first_frame,
                         expected=expected, publish=PublishSpec())  # fmt: skip


def failed(output: PlannedOutput, facts: OutputFacts) -> dict[str, Check]:
    return {check.name: check for check in compare(output, facts) if not check.passed}


def test_a_right_output_passes_every_check() -> None:
    checks = compare(planned(), FACTS)
    assert all(check.passed for check in checks)
    assert [check.name for check in checks] == [
        "decodes", "frames", "frame rate", "start", "duration", "size", "square pixels", "upright", "codec",
        "profile", "pixel format", "colour range", "colour matrix", "colour primaries", "colour transfer",
        "audio streams", "audio codec", "audio channels", "audio sample rate", "audio length", "fast start",
        "timecode",
    ]  # fmt: skip


DIFFERENCES = {
    "frames": ({"frames": 71}, "72", "71"),
    "frame rate": ({"frame_rate": Fraction(24)}, "23.976", "24"),
    "start": ({"start_s": Fraction(1, 4)}, "0.000 s", "0.250 s"),
    "duration": ({"duration_s": Fraction(74) / RATE}, "3.003 s", "3.086 s"),
    "size": ({"width": 1280, "height": 718}, "1280x720", "1280x718"),
    "square pixels": ({"sample_aspect": Fraction(5769, 5776)}, "1:1", "5769:5776"),
    "upright": ({"rotation": 90}, "no rotation", "to be turned by 90 degrees"),
    "codec": ({"codec": "mpeg4"}, "h264", "mpeg4"),
    "profile": ({"profile": "High 10"}, "High", "High 10"),
    "pixel format": ({"pixel_format": "yuv420p10le"}, "yuv420p", "yuv420p10le"),
    "colour range": ({"colour": replace(HD, range="pc")}, "tv", "pc"),
    "colour matrix": ({"colour": replace(HD, matrix="smpte170m")}, "bt709", "smpte170m"),
    "colour primaries": ({"colour": replace(HD, primaries=None)}, "bt709", "none"),
    "colour transfer": ({"colour": replace(HD, transfer=None)}, "bt709", "none"),
    "audio streams": ({"audio_streams": 2}, "1", "2"),
    "audio codec": ({"audio_codec": "mp3"}, "aac", "mp3"),
    "audio channels": ({"audio_channels": 6}, "2", "6"),
    "audio sample rate": ({"audio_sample_rate": 44100}, "48000", "44100"),
    "audio length": ({"audio_duration_s": Fraction(5)}, "3.003 s", "5.000 s"),
    "fast start": ({"faststart": False}, "index before the pictures", "index after the pictures"),
    "timecode": ({"timecode": "00:00:00:00"}, "01:00:00:00", "00:00:00:00"),
    "decodes": (
        {"errors": ("h264: error while decoding MB 3 4",)},
        "without error",
        "h264: error while decoding MB 3 4",
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_one_difference_fails_the_one_check_and_says_both_sides(name: str) -> None:
    changes, expected, found = DIFFERENCES[name]
    wrong = failed(planned(), replace(FACTS, **changes))  # type: ignore[arg-type]
    assert set(wrong) == {name}
    assert (wrong[name].expected, wrong[name].found) == (expected, found)


def test_a_rate_that_is_not_constant_is_wrong_though_its_average_is_right() -> None:
    wrong = failed(planned(), replace(FACTS, variable_rate=True))
    assert wrong["frame rate"].found == "23.976, but not constant"


def test_a_length_within_one_frame_passes() -> None:
    near = replace(FACTS, duration_s=73 / RATE, audio_duration_s=71 / RATE)
    assert not failed(planned(), near)


def test_sound_may_be_longer_by_the_block_its_codec_cannot_split() -> None:
    """At 120 frames a second a frame is shorter than the 1024 samples of an AAC block."""
    fast = replace(EXPECTED, frame_rate=Fraction(120), duration_s=Fraction(1), frames=120)
    facts = replace(FACTS, frame_rate=Fraction(120), duration_s=Fraction(1), frames=120)
    one_block, two_blocks = Fraction(1024, 48000), Fraction(2048, 48000)
    assert not failed(planned(fast), replace(facts, audio_duration_s=1 + one_block))
    assert set(failed(planned(fast), replace(facts, audio_duration_s=1 + two_blocks))) == {"audio length"}


def test_an_output_without_sound_must_have_none() -> None:
    silent = replace(EXPECTED, audio_codec=None, audio_channels=None, audio_sample_rate=None)
    assert set(failed(planned(silent), FACTS)) == {"audio streams"}
    assert not failed(planned(silent), replace(FACTS, audio_streams=0, audio_codec=None, audio_duration_s=None))


@pytest.mark.parametrize(("codec", "tolerance"), [("gif", Fraction(2, 25)), ("webp", Fraction(1, 1000))])
def test_an_animation_has_its_length_whatever_rate_its_few_pictures_look_like(
    codec: str, tolerance: Fraction
) -> None:
    size = {"pixel_format": "bgra", "width": 64, "height": 36}
    expected = Expected(codec=codec, frame_rate=Fraction(25, 2), duration_s=Fraction(2), **size)  # type: ignore[arg-type]
    facts = OutputFacts(path=f"/w/a.{codec}", container=codec, size_bytes=1, codec=codec, frames=25,
                        frame_rate=Fraction(12), duration_s=2 + tolerance, **size)  # type: ignore[arg-type]  # fmt: skip

    assert not failed(planned(expected), facts)
    late = replace(facts, duration_s=2 + tolerance + Fraction(1, 10000))
    assert set(failed(planned(expected), late)) == {"duration"}


def test_a_webp_that_never_changes_is_a_still_without_a_length() -> None:
    expected = Expected(codec="webp", pixel_format="yuv420p", width=64, height=36, duration_s=Fraction(2))
    facts = OutputFacts(path="/w/a.webp", container="image2", size_bytes=1, codec="webp", pixel_format="yuv420p",
                        width=64, height=36, frames=1)  # fmt: skip

    assert not failed(planned(expected), facts)


@pytest.mark.parametrize(("found", "passes"), [("gbrpf16le", True), ("gbrpf32le", True), ("gbrap", False)])
def test_half_floats_may_be_shown_as_floats_by_older_libraries(found: str, passes: bool) -> None:
    expected = Expected(codec="exr", pixel_format="gbrpf16le", width=64, height=36, frames=24)

    wrong = failed(planned(expected, first_frame=1), replace(IMAGES, codec="exr", pixel_format=found))

    assert ("pixel format" not in wrong) == passes


def test_what_is_not_expected_is_not_checked() -> None:
    any_still = Expected(codec="mjpeg", pixel_format="yuvj444p", width=64, height=36)
    facts = OutputFacts(path="/w/t.jpg", container="image2", size_bytes=1, codec="mjpeg", pixel_format="yuvj444p",
                        width=64, height=36, frames=1, profile="Baseline", colour=HD)  # fmt: skip
    assert not failed(planned(any_still), facts)


def test_a_gap_in_a_sequence_is_named_by_its_frame_numbers() -> None:
    wrong = failed(planned(SEQUENCE, first_frame=1001), replace(IMAGES, frames=21, missing=(1010, 1011, 1012)))
    assert wrong["frame numbers"].expected == "1001 to 1024"
    assert wrong["frame numbers"].found == "missing: 1010-1012"
    assert wrong["frames"].found == "21"


def test_frames_nobody_asked_for_are_named() -> None:
    wrong = failed(planned(SEQUENCE, first_frame=1001), replace(IMAGES, unwanted=(1025,)))
    assert wrong["frame numbers"].found == "not asked for: 1025"


def test_a_long_list_of_missing_frames_is_cut() -> None:
    wrong = failed(planned(SEQUENCE, first_frame=1001), replace(IMAGES, missing=tuple(range(1001, 1999, 2))))
    assert wrong["frame numbers"].found.endswith(", 1037, 1039, …")


def test_a_file_without_a_picture_fails_in_words() -> None:
    nothing = OutputFacts(path="/w/review.mp4", container="mov", size_bytes=10)
    wrong = failed(planned(), nothing)
    assert wrong["codec"].found == "none"
    assert wrong["duration"].found == "unknown"
    assert wrong["frames"].found == "0"
