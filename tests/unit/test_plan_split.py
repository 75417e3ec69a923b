"""Which plans several workers can share: every frame in exactly one stretch, key frames where they were."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from encode_media.jobs.engine import Room
from encode_media.jobs.sharing import is_worth_it
from encode_media.jobs.work import stretch_frames
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import Groups, Media
from encode_media.model.plan import EncodePlan, Split
from encode_media.planning.planner import make_plan
from encode_media.planning.stretches import join_plan, part_plans
from encode_media.presets.catalog import Catalog
from support.sources import exr_sequence, sequence, still
from support.sources import movie as any_movie

FRAMES = 480
CLOSED = {
    "groups": Groups.CLOSED,
    "key_frame_distance": 12,
    "profile": "High 4:2:2",
    "pixel_format": "yuv422p10le",
}


def movie(frames: int = FRAMES, **facts: Any) -> Media:
    return any_movie(frames=frames, **{**CLOSED, **facts})


LONG = movie()


@cache
def catalog() -> Catalog:
    return Catalog()


def plan(media: Media, preset: str, stretch: int = 100, **options: Any) -> EncodePlan:
    return make_plan(media, catalog().resolve(preset, media, options), stretch_frames=stretch)


def at_a_rate(**video: Any) -> EncodePlan:
    """The plan of a preset whose movie has a wanted rate, size or cap."""
    preset = catalog().resolve("h264_high_quality", LONG, {})
    wanted = tuple(replace(output, video=replace(output.video, **video)) for output in preset.outputs)
    return make_plan(LONG, replace(preset, outputs=wanted), stretch_frames=100)


def split_of(made: EncodePlan) -> Split:
    assert made.split is not None
    return made.split


def argument(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def picked(argv: tuple[str, ...]) -> tuple[Fraction, Fraction]:
    """The seconds of the last picture filter that picks frames."""
    found = re.findall(r"trim=end=([0-9.]+)(?::start=([0-9.]+))?", argument(argv, "-filter_complex"))
    end, start = found[-1]
    return Fraction(start or 0), Fraction(end)


@pytest.mark.parametrize("preset", ["review", "h264_high_quality", "hevc_10bit", "webm_vp9", "prores_422_hq"])
@pytest.mark.parametrize("frames", [480, 503])
def test_stretches_have_every_frame_exactly_once(preset: str, frames: int) -> None:
    made = plan(movie(frames), preset)

    stretches = split_of(made).stretches
    firsts = [stretch.first for stretch in stretches]
    ends = [stretch.first + stretch.frames for stretch in stretches]
    assert firsts == [0, *ends[:-1]]
    assert ends[-1] == frames
    for stretch in stretches:
        start, end = picked(stretch.command.argv)
        assert (round(start * 24), round(end * 24)) == (stretch.first, stretch.first + stretch.frames)


@pytest.mark.parametrize("preset", ["review", "hevc_10bit", "webm_vp9"])
def test_a_stretch_begins_where_a_group_of_pictures_would_have_begun(preset: str) -> None:
    made = plan(LONG, preset)

    gop = int(argument(made.commands[-1].argv, "-g"))
    assert all(stretch.first % gop == 0 for stretch in split_of(made).stretches)
    assert len(split_of(made).stretches) > 2


def test_codecs_of_key_frames_alone_are_cut_anywhere_and_evenly() -> None:
    counts = [stretch.frames for stretch in split_of(plan(movie(frames=503), "prores_422_hq")).stretches]

    assert sum(counts) == 503
    assert max(counts) - min(counts) < len(counts)


def test_a_stretch_is_encoded_like_the_whole() -> None:
    made = plan(LONG, "hevc_10bit")

    whole = made.commands[0].argv
    for stretch in split_of(made).stretches:
        for option in ("-c:v", "-preset", "-crf", "-x265-params", "-g", "-profile:v", "-tag:v"):
            assert argument(stretch.command.argv, option) == argument(whole, option)


def test_a_movie_is_sought_early_and_its_frames_keep_their_times() -> None:
    second = split_of(plan(LONG, "prores_422_hq")).stretches[1]

    argv = second.command.argv
    assert argument(argv, "-seek_timestamp") == "1"
    assert 0 < float(argument(argv, "-ss")) < second.first / 24
    graph = argument(argv, "-filter_complex")
    assert graph.index(f"setpts=N+{second.first}") < graph.index(f"setpts=round(PTS-{second.first}/(TB*24/1))")


def test_a_sequence_is_read_from_the_file_with_the_number() -> None:
    made = plan(exr_sequence(first=1001, last=1200), "prores_422_hq")

    numbers = [int(argument(s.command.argv, "-start_number")) for s in split_of(made).stretches]
    assert numbers == [1001 + stretch.first for stretch in split_of(made).stretches]


def test_gaps_are_filled_in_the_stretch_they_are_in() -> None:
    made = plan(sequence(first=1, last=300, missing=(250,)), "prores_422_hq", missing_frames="black")

    parts = part_plans(made)
    assert [link for part in parts for link in part.links] == list(made.links)
    assert [bool(part.black_frame) for part in parts] == [False, False, True]


def test_only_the_first_stretch_has_the_slate() -> None:
    made = plan(LONG, "h264_high_quality", slate=True)
    split = split_of(made)

    assert sum(stretch.frames for stretch in split.stretches) == FRAMES + 1 == made.outputs[0].expected.frames
    slates = ["tpad" in argument(stretch.command.argv, "-filter_complex") for stretch in split.stretches]
    assert slates == [True] + [False] * (len(slates) - 1)


def test_stills_are_made_in_whole_beside_the_stretches() -> None:
    made = plan(LONG, "review")

    *stretches, rest = part_plans(made)
    assert {output.name for part in stretches for output in part.outputs} == {"ftrackreview-mp4"}
    assert [output.name for output in rest.outputs] == ["poster", "thumbnail"]
    by_name = {output.name: output for output in made.outputs}
    assert all(by_name[output.name] == output for output in rest.outputs)


def test_the_join_copies_pictures_and_encodes_the_sound_in_whole() -> None:
    made = plan(movie(timecode="01:00:00:00"), "prores_422_hq")
    join = split_of(made).join.argv

    assert argument(join, "-c:v") == "copy"
    assert argument(join, "-c:a") == argument(made.commands[0].argv, "-c:a")
    assert argument(join, "-timecode") == argument(made.commands[0].argv, "-timecode")
    assert all("-c:a" not in stretch.command.argv for stretch in split_of(made).stretches)


def test_the_join_reads_a_list_of_links_with_exact_lengths() -> None:
    made = plan(LONG, "prores_422_hq")
    count = len(split_of(made).stretches)

    joining = join_plan(made, [f"/jobs/part{number}" for number in range(count)])

    (listed,) = [file for file in joining.files if file.text is not None]
    lines = (listed.text or "").split()
    assert lines.count("file") == count
    assert sum(Fraction(word) for before, word in pairwise(lines) if before == "duration") == 20
    assert [file.path for file in joining.files if file.path] == [
        f"/jobs/part{number}/parts/0.mov" for number in range(count)
    ]
    assert joining.outputs == made.outputs
    assert joining.split is None


@pytest.mark.parametrize(
    ("media", "preset", "options"),
    [
        (movie(frames=150), "review", {}),
        (still(), "review", {}),
        (LONG, "png_sequence", {}),
        (LONG, "preview_gif", {}),
        (LONG, "h264_high_quality", {"loudness": "-23"}),
        (LONG, "h264_high_quality", {"convert_rate": "30"}),
        (LONG, "h264_high_quality", {"conform_rate": "25"}),
        (movie(variable_rate=True), "review", {}),
        (movie(field_order="tt"), "review", {}),
        (movie(groups=Groups.UNKNOWN), "review", {}),
        (movie(path="/a.ts", container="mpegts"), "review", {}),
    ],
)  # fmt: skip
def test_what_can_not_be_split_without_a_difference_is_not(
    media: Media, preset: str, options: dict[str, Any]
) -> None:
    assert plan(media, preset, **options).split is None


@pytest.mark.parametrize("video", [{"bitrate": "8M"}, {"target_size": "20M"}, {"max_bitrate": "8M"}])
def test_a_rate_that_looks_at_the_whole_is_not_split(video: dict[str, str]) -> None:
    assert at_a_rate(**video).split is None


def test_a_part_of_a_movie_is_counted_from_its_own_first_frame() -> None:
    made = plan(LONG, "prores_422_hq", first="1101", last="1400")

    stretches = split_of(made).stretches
    assert [stretch.first for stretch in stretches] == [0, 100, 200]
    assert "setpts=N+200" in argument(stretches[1].command.argv, "-filter_complex")


def test_nothing_is_split_unless_asked() -> None:
    assert plan(LONG, "prores_422_hq", stretch=0).split is None


def test_a_split_plan_survives_its_json_form() -> None:
    made = plan(LONG, "review")

    assert from_json(EncodePlan, to_json(made)) == made


def test_who_has_to_share_gets_two_halves_at_least() -> None:
    assert stretch_frames("always", movie(frames=50), 1000) == 25
    assert stretch_frames("always", movie(frames=9000), 1000) == 1000
    assert stretch_frames("always", movie(frames=9000), 0) == 4500
    assert stretch_frames("auto", movie(frames=50), 1000) == 1000
    assert stretch_frames("never", movie(frames=9000), 1000) == 0


@pytest.mark.parametrize(
    ("rooms", "cores", "worth"),
    [
        ([], 64, False),
        ([Room(here=True, idle=0)], 64, False),
        ([Room(here=True, idle=0), Room(here=False, idle=0)], 64, False),
        ([Room(here=True, idle=0), Room(here=False, idle=1)], 2, True),
        ([Room(here=True, idle=1)], 8, False),
        ([Room(here=True, idle=1)], 16, True),
    ],
)
def test_splitting_helps_where_another_machine_or_other_cores_have_nothing_to_do(
    rooms: list[Room], cores: int, *, worth: bool
) -> None:
    split = replace(split_of(plan(LONG, "review")), cores=8)

    assert is_worth_it(split, rooms, cores) is worth
