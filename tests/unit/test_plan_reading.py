"""How sources are read: gaps, names, rates, timecode, sound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from encode_media.errors import SourceMissing, UnsupportedFormat
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.sources import STEREO, exr_sequence, movie, sequence, still


def plan(media: Media, preset: str = "review", **options: Any) -> EncodePlan:
    return make_plan(media, Catalog().resolve(preset, media, options))


def argument(made: EncodePlan, name: str) -> str:
    argv = made.commands[0].argv
    return argv[argv.index(name) + 1]


def numbers(made: EncodePlan) -> list[str | None]:
    return [link.source and link.source.rsplit(".", 2)[1] for link in made.links]


def test_a_complete_sequence_is_read_where_it_lies() -> None:
    made = plan(sequence(first=998, last=1003))

    assert made.links == ()
    assert argument(made, "-i") == "file:/shots/anim/anim.%04d.png"
    assert argument(made, "-start_number") == "998"
    assert made.outputs[0].expected.frames == 6


def test_missing_frames_stop_the_plan_unless_the_person_says_otherwise() -> None:
    with pytest.raises(SourceMissing) as caught:
        plan(sequence(missing=(1010, 1011, 1015)))

    assert caught.value.code == "source.frames_missing"
    assert "1010-1011, 1015" in caught.value.message


@pytest.mark.parametrize(
    ("policy", "shown", "frames"),
    [
        ("hold", ["1001", "1001", "1003", "1003"], 4), ("black", ["1001", None, "1003", None], 4),
        ("skip", ["1001", "1003"], 2),
    ],
)  # fmt: skip
def test_gaps_are_filled_or_left_out_as_told(policy: str, shown: list[str | None], frames: int) -> None:
    made = plan(sequence(last=1004, missing=(1002, 1004)), missing_frames=policy)

    assert numbers(made) == shown
    assert [link.name for link in made.links] == [f"frames/{n:06d}.png" for n in range(1, frames + 1)]
    assert made.outputs[0].expected.frames == frames
    assert made.outputs[0].expected.duration_s == Fraction(frames, 24)
    assert bool(made.black_frame) == (policy == "black")


def test_a_gap_at_the_start_holds_the_first_frame_there_is() -> None:
    assert numbers(plan(sequence(last=1003, missing=(1001,)), missing_frames="hold")) == ["1002", "1002", "1003"]


def test_nothing_but_gaps_can_not_be_filled() -> None:
    with pytest.raises(SourceMissing):
        plan(sequence(last=1002, missing=(1001, 1002)), missing_frames="black")


def test_the_black_frame_has_the_form_of_the_others() -> None:
    made = plan(exr_sequence(has_alpha=True, pixel_format="gbrapf16le", frames=47), missing_frames="black")
    assert made.black_frame == ()

    media = replace(exr_sequence(has_alpha=True, pixel_format="gbrapf16le"), missing=(1005,))
    black = plan(media, missing_frames="black").black_frame

    assert "color=c=black:s=1280x720:r=24/1:d=1" in black
    assert "format=gbrapf32le" in black[black.index("-filter_complex") + 1]
    assert black[black.index("-format:v") + 1] == "half"
    assert black[-1] == "frames/black.exr"


def test_a_still_named_like_a_pattern_is_read_by_its_own_name() -> None:
    made = plan(still("/shots/100%d.png"))

    assert argument(made, "-i") == "file:/shots/100%d.png"
    assert argument(made, "-pattern_type") == "none"


def test_a_name_is_never_an_option_or_an_address() -> None:
    made = plan(movie("/shots/-y http:evil.mov"))

    assert argument(made, "-i") == "file:/shots/-y http:evil.mov"
    assert argument(made, "-protocol_whitelist") == "file,pipe"
    assert argument(made, "-f") == "mov"


def test_a_sequence_is_read_at_the_rate_that_was_chosen() -> None:
    made = plan(sequence(), frame_rate="23.976")

    assert argument(made, "-framerate") == "24000/1001"
    assert made.outputs[0].expected.frame_rate == Fraction(24000, 1001)


def test_a_movie_keeps_its_rate_whatever_is_chosen_for_sequences() -> None:
    assert plan(movie(), frame_rate="30").outputs[0].expected.frame_rate == Fraction(24)


@pytest.mark.parametrize(
    ("media", "timecode"),
    [
        (movie(timecode="10:00:00:00"), "10:00:00:00"),
        (movie(timecode="01:00:00;02", frame_rate=Fraction(30000, 1001)), "01:00:00;02"),
        (movie(timecode="00:00:00:24"), None), (movie(), None),
        (sequence(), "00:00:41:17"), (sequence(first=0, last=3), "00:00:00:00"),
    ],
)  # fmt: skip
def test_editorial_files_have_the_timecode_of_the_source_or_of_the_first_frame(
    media: Media, timecode: str | None
) -> None:
    made = plan(media, "prores_422_hq")

    assert made.outputs[0].expected.timecode == timecode
    assert ("-timecode" in made.commands[0].argv) == (timecode is not None)


def test_sound_is_exactly_as_long_as_the_picture() -> None:
    made = plan(movie(frame_rate=Fraction(24000, 1001), start_s=Fraction(7, 5)))
    graph = argument(made, "-filter_complex")

    assert "asetpts=PTS-(7/5)/TB" in graph
    assert "apad=whole_dur=3.003000" in graph
    assert "atrim=end=3.003000" in graph
    assert made.outputs[0].expected.audio_codec == "aac"


def test_of_several_tracks_the_first_is_used_and_the_plan_says_so() -> None:
    made = plan(movie(audio=(replace(STEREO, index=3), replace(STEREO, index=4))))

    assert "[0:3]" in argument(made, "-filter_complex")
    assert any("track 1" in note and "1 more left out" in note for note in made.notes)


def test_without_sound_in_the_source_there_is_none_in_the_output() -> None:
    made = plan(movie(audio=()))

    assert made.outputs[0].expected.audio_codec is None
    assert "-c:a" not in made.commands[0].argv


def test_a_variable_rate_keeps_the_length_and_becomes_constant() -> None:
    made = plan(movie(variable_rate=True, frame_rate=Fraction(30), frames=61, duration_s=Fraction(5, 2)))

    assert made.outputs[0].expected.frames == 75
    assert "fps=fps=30/1" in argument(made, "-filter_complex")


def test_a_source_without_picture_is_refused() -> None:
    media = movie()
    preset = Catalog().resolve("review", media)

    with pytest.raises(UnsupportedFormat) as caught:
        make_plan(replace(media, video=None), preset)

    assert caught.value.code == "source.no_video"


def test_image_sequences_keep_the_numbers_of_the_source_and_movies_begin_at_1001() -> None:
    assert plan(sequence(first=86400, last=86403), "png_sequence").outputs[0].first_frame == 86400
    assert plan(movie(), "png_sequence").outputs[0].first_frame == 1001


def test_all_outputs_come_from_one_run_and_one_decode() -> None:
    made = plan(movie(width=3840, height=2160))

    assert len(made.commands) == 1
    assert made.commands[0].argv.count("-i") == 1
    assert len(made.outputs) == 6


def test_estimates_grow_with_the_work() -> None:
    small, large = plan(movie()), plan(movie(width=3840, height=2160, frames=720))

    assert 0 < small.estimated_bytes < large.estimated_bytes
    assert 0 < small.estimated_s < large.estimated_s
