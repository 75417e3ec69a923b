"""The cut of a source, other frame rates, start time codes and reels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.errors import InvalidParameters
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import TimingSpec
from encode_media.planning.planner import make_plan
from encode_media.planning.span import cut_source
from encode_media.planning.start_timecode import at_rate
from encode_media.presets.catalog import Catalog
from encode_media.timebase import Timecode, frames_per_day
from support.sources import exr_sequence, movie, sequence

NTSC = Fraction(24000, 1001)
NTSC_30 = Fraction(30000, 1001)


def plan(media: Media, preset: str = "prores_422", **options: Any) -> EncodePlan:
    return make_plan(media, Catalog().resolve(preset, media, options))


def expected(media: Media, **options: Any) -> tuple[int | None, Fraction | None, str | None]:
    found = plan(media, **options).outputs[0].expected
    return found.frames, found.frame_rate, found.timecode


@pytest.mark.parametrize(
    ("timing", "first", "last"),
    [
        ({}, 1001, 1024), ({"first": "1009"}, 1009, 1024), ({"last": "1010"}, 1001, 1010),
        ({"first": "1009", "last": "1010"}, 1009, 1010), ({"first": "1009", "last": "1009"}, 1009, 1009),
        ({"handles": 4}, 1001, 1024), ({"handles": 4, "keep_handles": False}, 1005, 1020),
        ({"first": "1010", "last": "1012", "handles": 4}, 1006, 1016),
        ({"first": "1003", "last": "1022", "handles": 4}, 1001, 1024),
        ({"first": "1010", "last": "1012", "handles": 4, "keep_handles": False}, 1010, 1012),
        ({"first": "00:00:41:18"}, 1002, 1024),
    ],
)  # fmt: skip
def test_the_cut_of_a_sequence_is_what_was_asked_for(timing: dict[str, Any], first: int, last: int) -> None:
    span = cut_source(sequence(), TimingSpec(**timing)).media.span

    assert span is not None
    assert (span.first, span.last) == (first, last)


@pytest.mark.parametrize("timing", [{"first": "1000"}, {"last": "1025"}, {"first": "1010", "last": "1009"}])
def test_frames_the_source_has_not_got_are_refused_with_those_it_has(timing: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters) as caught:
        cut_source(sequence(), TimingSpec(**timing))

    assert "1001 to 1024" in f"{caught.value.message} {caught.value.hint}"


def test_frames_missing_outside_the_cut_do_not_matter() -> None:
    media = sequence(missing=(1002, 1020))

    assert expected(media, first="1003", last="1019")[0] == 17


def test_a_movie_is_cut_by_numbers_from_1001_or_by_its_own_time_code() -> None:
    media = movie(frame_rate=NTSC, timecode="01:00:00:00")

    by_number = expected(media, first="1009", last="1012")

    assert by_number == (4, NTSC, "01:00:00:08")
    assert expected(media, first="01:00:00:08", last="01:00:00:11") == by_number


def test_converting_keeps_the_duration_and_conforming_keeps_the_frames() -> None:
    media = movie(frame_rate=NTSC, frames=48)

    assert expected(media, convert_rate="25")[:2] == (50, Fraction(25))
    assert expected(media, conform_rate="25")[:2] == (48, Fraction(25))
    assert "48 of" not in " ".join(plan(media, conform_rate="25").notes)
    assert any("every frame kept" in note for note in plan(media, conform_rate="25").notes)
    assert any("the duration is kept" in note for note in plan(media, convert_rate="25").notes)


def test_sound_is_conformed_with_the_picture_and_left_alone_by_converting() -> None:
    media = movie(frame_rate=Fraction(24), frames=48)

    assert "atempo=1.041666667" in " ".join(plan(media, conform_rate="25").commands[0].argv)
    assert "atempo" not in " ".join(plan(media, convert_rate="25").commands[0].argv)


def test_sound_begins_with_the_first_picture_of_the_cut() -> None:
    argv = " ".join(plan(movie(frame_rate=Fraction(24)), first="1013").commands[0].argv)

    assert "PTS-(1/2)/TB" in argv


def test_a_decimal_rate_means_the_exact_one() -> None:
    assert expected(movie(frame_rate=Fraction(25)), convert_rate="29.97")[1] == NTSC_30


def test_one_may_convert_or_conform_but_not_both() -> None:
    with pytest.raises(InvalidParameters):
        expected(movie(), convert_rate="25", conform_rate="30")


@pytest.mark.parametrize(
    ("given_", "rate", "written"),
    [
        ("10:00:00:00", None, "10:00:00:00"), ("1001", None, "00:00:41:17"), ("none", None, None),
        ("00:01:00;02", "29.97", "00:01:00;02"), ("source", "25", "01:00:00:00"),
    ],
)  # fmt: skip
def test_the_start_time_code_is_what_was_asked_for(given_: str, rate: str | None, written: str | None) -> None:
    media = movie(frame_rate=Fraction(24), timecode="01:00:00:00")
    options = {"conform_rate": rate} if rate else {}

    assert expected(media, timecode=given_, **options)[2] == written


@pytest.mark.parametrize(
    ("wrong", "rate"), [("00:00:00:24", None), ("00:01:00;00", "29.97"), ("00:00:01;00", None)]
)
def test_a_time_code_that_does_not_exist_is_refused(wrong: str, rate: str | None) -> None:
    with pytest.raises(InvalidParameters) as caught:
        expected(movie(frame_rate=Fraction(24)), timecode=wrong, **({"convert_rate": rate} if rate else {}))

    assert caught.value.code == "options.invalid"


def test_a_drop_frame_source_cut_across_a_minute_skips_the_labels_that_are_not_there() -> None:
    media = movie(frame_rate=NTSC_30, frames=60, timecode="00:00:59;28")

    assert expected(media, first="1003")[2] == "00:01:00;02"


@given(
    frame=st.integers(0, 24 * 3600 * 24 - 1),
    rate=st.sampled_from([Fraction(24), Fraction(25), NTSC_30, Fraction(60000, 1001), Fraction(50)]),
    drop=st.booleans(),
)
def test_a_time_code_at_another_rate_exists_and_is_in_the_same_second(
    frame: int, rate: Fraction, drop: bool
) -> None:
    own = Timecode(frame=frame % frames_per_day(NTSC_30, drop_frame=drop), rate=NTSC_30, drop_frame=drop)

    there = at_rate(own, rate)

    assert str(there)[:8] == str(own)[:8]
    assert str(Timecode.parse(str(there), rate)) == str(there)
    assert there.drop_frame is (drop and rate.denominator == 1001)


def test_a_reel_name_stands_beside_the_time_code() -> None:
    made = plan(exr_sequence(), reel="A001C001")

    assert made.outputs[0].expected.reel == "A001C001"
    assert "reel_name=A001C001" in made.commands[0].argv
    assert any("reel A001C001" in note for note in made.notes)


@pytest.mark.parametrize("reel", ["a b", "x" * 33, "-x", "a:b", "ä"])
def test_a_reel_name_editorial_can_not_read_is_refused(reel: str) -> None:
    with pytest.raises(InvalidParameters):
        plan(exr_sequence(), reel=reel)
