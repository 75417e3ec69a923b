"""Which frames of a source stills, sheets and animations show, and how little of it is read for them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from encode_media.errors import InvalidParameters
from encode_media.model.media import Groups, Media
from encode_media.model.plan import EncodePlan
from encode_media.planning.outputs.picking import spread
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.presets.problems import InvalidPresetError
from encode_media.presets.resolve import resolve
from support.sources import exr_sequence, movie, sequence, still


def plan(media: Media, preset: str, **options: Any) -> EncodePlan:
    return make_plan(media, Catalog().resolve(preset, media, options))


def with_groups(media: Media) -> Media:
    """With key frames that can be sought."""
    assert media.video is not None
    return replace(media, video=replace(media.video, groups=Groups.CLOSED, key_frame_distance=12))


def words(given: EncodePlan) -> str:
    """The command line, without the marks that keep commas inside expressions."""
    return " ".join(given.commands[0].argv).replace("\\", "")


def size(given: EncodePlan) -> tuple[int, int]:
    return given.outputs[0].expected.width, given.outputs[0].expected.height


class TestSpread:
    def test_frames_come_from_the_middles_of_equal_parts(self) -> None:
        assert spread(100, 4) == (12, 37, 62, 87)

    @pytest.mark.parametrize("frames", [1, 2, 7, 240, 9999])
    @pytest.mark.parametrize("count", [1, 2, 12, 400])
    def test_they_are_different_in_order_and_within_the_source(self, frames: int, count: int) -> None:
        found = spread(frames, count)

        assert len(found) == min(frames, count)
        assert list(found) == sorted(set(found))
        assert 0 <= found[0] <= found[-1] < frames


class TestOneFrame:
    def test_a_poster_is_taken_from_the_middle_unless_told_otherwise(self) -> None:
        assert plan(movie(frames=101), "poster").notes[-1].endswith("of frame 1051")

    def test_a_percentage_counts_from_the_first_to_the_last_frame(self) -> None:
        assert plan(movie(frames=101), "poster", percent=100).notes[-1].endswith("of frame 1101")
        assert plan(movie(frames=101), "poster", percent=25).notes[-1].endswith("of frame 1026")

    def test_a_frame_number_is_the_sources_own_and_goes_before_the_place(self) -> None:
        given = plan(sequence(first=96, last=120), "poster", frame=100, percent=100)

        assert given.notes[-1].endswith("of frame 100")

    @pytest.mark.parametrize("number", [1000, 1025, -5])
    def test_a_number_the_source_does_not_have_is_refused_with_those_it_has(self, number: int) -> None:
        with pytest.raises(InvalidParameters) as problem:
            plan(sequence(), "poster", frame=number)

        assert problem.value.code == "options.invalid"
        assert "1001 to 1024" in problem.value.hint

    def test_the_best_frame_is_chosen_from_twelve_and_the_one_that_was_asked_for(self) -> None:
        given = plan(movie(frames=101), "thumbnail")

        assert "most typical of 13 frames" in given.notes[-1]
        assert given.notes[-1].endswith("else frame 1051")

    def test_a_frame_number_is_not_a_choice(self) -> None:
        assert "typical" not in plan(movie(frames=101), "thumbnail", frame=1003).notes[-1]

    def test_fewer_large_frames_are_compared_because_all_are_held_in_memory(self) -> None:
        small = plan(movie(frames=101), "poster", choose="best").notes[-1]
        large = plan(movie(frames=101, width=8192, height=4320), "poster", choose="best").notes[-1]

        assert "of 13 frames" in small
        assert "of 3 frames" in large

    def test_a_still_is_its_own_best_frame(self) -> None:
        assert "concat" not in words(plan(still(), "thumbnail"))


class TestSheets:
    def test_a_sheet_is_as_large_as_its_frames_and_the_gaps_between_and_around_them(self) -> None:
        given = plan(movie(frames=100), "contact_sheet", columns=3, rows=2, width=320)

        assert size(given) == (3 * 320 + 4 * 8, 2 * 180 + 3 * 8)

    def test_a_short_source_makes_a_sheet_without_empty_places_to_the_right_or_below(self) -> None:
        assert size(plan(movie(frames=2), "contact_sheet", columns=4, rows=5, width=320)) == (2 * 328 + 8, 188 + 8)
        assert size(plan(movie(frames=6), "contact_sheet", columns=4, rows=5, width=320))[1] == 2 * 188 + 8

    def test_a_filmstrip_is_one_row_of_the_wanted_height(self) -> None:
        assert size(plan(movie(frames=100), "filmstrip", count=10, height=90)) == (1600, 90)

    def test_no_sheet_is_wider_than_images_may_be(self) -> None:
        assert (
            size(plan(movie(frames=200, width=3840, height=540), "filmstrip", count=100, height=540))[0] <= 16384
        )

    def test_the_page_has_the_background_colour(self) -> None:
        assert "color=0x808080" in words(plan(movie(), "contact_sheet", background="grey"))


class TestAnimations:
    @pytest.mark.parametrize(
        ("preset", "source_rate", "wanted", "rate"),
        [
            ("preview_gif", Fraction(24), "12.5", Fraction(25, 2)),
            ("preview_gif", Fraction(24), "25", Fraction(25)),
            ("preview_gif", Fraction(8), "12.5", Fraction(100, 12)),
            ("preview_webp", Fraction(24000, 1001), "25", Fraction(1000, 42)),
            ("preview_webp", Fraction(60), "20", Fraction(20)),
        ],
    )
    def test_each_picture_stands_for_whole_ticks_of_the_formats_clock(
        self, preset: str, source_rate: Fraction, wanted: str, rate: Fraction
    ) -> None:
        expected = plan(movie(frame_rate=source_rate, frames=240), preset, rate=wanted).outputs[0].expected

        assert expected.frame_rate == rate

    def test_a_short_source_is_shown_whole(self) -> None:
        expected = plan(movie(frames=48), "preview_gif").outputs[0].expected

        assert (expected.frames, expected.duration_s) == (25, 2)

    def test_of_a_long_source_as_many_seconds_are_shown_as_were_asked_for(self) -> None:
        given = plan(movie(frames=2400), "preview_gif", seconds=2, percent=100)

        assert given.outputs[0].expected.duration_s == 2
        assert given.notes[-1].endswith("from frame 3353 on")

    def test_an_animation_has_no_sound(self) -> None:
        assert "[0:1]" not in words(plan(movie(), "preview_webp"))


class TestReading:
    """`narrowed`: jobs of stills alone."""

    def test_one_frame_of_a_sequence_is_the_only_one_read(self) -> None:
        given = plan(sequence(), "poster", frame=1010)

        assert "-start_number 1010" in words(given)
        assert "trim=end=0.041667" in words(given)
        assert not given.links

    def test_of_a_sequence_only_the_frames_of_a_sheet_are_read(self) -> None:
        given = plan(exr_sequence(first=1001, last=1100), "filmstrip", count=4)

        assert [link.source for link in given.links] == [
            f"/shots/beauty/beauty.{number}.exr" for number in (1013, 1038, 1063, 1088)
        ]
        assert given.commands[0].frames == 4

    def test_frames_that_are_read_alone_keep_their_times_for_everything_that_counts_by_them(self) -> None:
        given = plan(exr_sequence(first=1001, last=1100), "filmstrip", count=2)

        assert "setpts=PTS+25*eq(PTS,0)+74*eq(PTS,1)" in words(given)
        assert "select=eq(pts,25)+eq(pts,75)" in words(given)

    def test_a_part_of_a_sequence_is_spread_over_by_itself(self) -> None:
        given = plan(sequence(), "filmstrip", first="1010", last="1013", count=2)

        assert [link.source for link in given.links] == [
            f"/shots/anim/anim.{number}.png" for number in (1011, 1013)
        ]

    def test_the_middle_of_a_part_of_a_movie_is_counted_from_where_the_part_begins(self) -> None:
        given = plan(movie(frames=240), "contact_sheet", first="1101", last="1110", columns=1, rows=1)

        assert "one frame of 480x270" in " ".join(given.notes)
        assert "trim=end=0.250000:start=0.208333" in words(given)

    def test_gaps_are_filled_in_what_is_read(self) -> None:
        media = sequence(first=1, last=9, missing=(5,))

        held = plan(media, "poster", missing_frames="hold", frame=5)
        black = plan(media, "poster", missing_frames="black", frame=5)
        elsewhere = plan(media, "poster", missing_frames="black", frame=6)

        assert [link.source for link in held.links] == ["/shots/anim/anim.0004.png"]
        assert [link.source for link in black.links] == [None]
        assert black.black_frame
        assert not elsewhere.black_frame

    def test_a_movie_is_read_from_shortly_before_the_first_wanted_frame_with_the_files_own_times(self) -> None:
        given = plan(with_groups(movie(frames=240, start_s=Fraction(1, 2))), "poster", frame=1101)

        # 100 frames less 32, at 24 a second, after the file's first half second.
        assert "-noaccurate_seek" in words(given)
        assert "-ss 3.333333" in words(given)
        assert "trim=start=4.645833" in words(given)
        assert "setpts=N+100" in words(given)

    def test_a_preview_of_the_end_of_a_movie_is_read_from_there(self) -> None:
        given = plan(with_groups(movie(frames=24000)), "preview_webp", percent=100, seconds=2)

        assert "-ss 996.666667" in words(given)
        assert "48 of 24000 frames are read" in given.notes

    def test_pictures_far_apart_are_each_read_from_shortly_before(self) -> None:
        given = plan(with_groups(movie(frames=24000)), "filmstrip", count=3)

        argv = given.commands[0].argv
        assert [argv[place + 1] for place, word in enumerate(argv) if word == "-ss"] == [
            "165.333333", "498.666667", "832.000000",
        ]  # fmt: skip
        assert "concat=n=3:unsafe=1" in words(given)
        assert "setpts=PTS+4000*eq(PTS,0)+11999*eq(PTS,1)+19998*eq(PTS,2)" in words(given)
        assert "3 of 24000 frames are read, from 3 places" in given.notes

    @pytest.mark.parametrize(
        ("media", "count"),
        [
            (movie(frames=1200), 20),
            (movie(frames=240000), 33),
            (movie(frames=24000, width=7680, height=4320), 20),
            (movie(frames=24000, field_order="tt"), 20),
            (movie(frames=24000, rotation=90), 20),
        ],
        ids=["near each other", "too many places", "too much memory", "fields", "turned"],
    )
    def test_where_jumping_is_no_gain_or_not_sure_all_is_read(self, media: Media, count: int) -> None:
        given = plan(with_groups(media), "filmstrip", count=count)

        assert given.commands[0].argv.count("-i") == 1

    def test_near_pictures_are_read_together_and_far_ones_apart(self) -> None:
        given = plan(with_groups(movie(frames=3600)), "thumbnail")

        assert given.commands[0].argv.count("-i") == 11
        assert "311 of 3600 frames are read, from 11 places" in given.notes

    def test_a_preview_of_a_part_of_a_sequence_moves_its_frames_by_one_number(self) -> None:
        given = plan(sequence(first=1, last=1000), "preview_webp", percent=100, seconds=2)

        assert "setpts=PTS+952*between(PTS,0,47)" in words(given)

    @pytest.mark.parametrize("preset", ["prores_422", "review", "contact_sheet"])
    def test_a_late_part_of_a_movie_is_not_read_from_the_beginning(self, preset: str) -> None:
        given = plan(with_groups(movie(frames=24000)), preset, first="13001", last="13010")

        assert "-ss 498.666667" in words(given)

    @pytest.mark.parametrize(
        "media",
        [
            movie("/a/a.ts", container="mpegts", frames=240, groups=Groups.CLOSED),
            movie(frames=240, groups=Groups.UNKNOWN),
            movie(frames=240, groups=Groups.CLOSED, hidden_frames=3),
            movie(frames=240),
        ],
        ids=["no index", "refreshed bit by bit", "edit list", "nobody looked"],
    )
    def test_where_seeking_can_miss_the_frame_the_movie_is_read_from_its_beginning(self, media: Media) -> None:
        assert "-ss" not in plan(media, "poster", frame=1101).commands[0].argv

    def test_a_movie_beside_the_stills_needs_all_frames(self) -> None:
        given = plan(exr_sequence(), "review")

        assert not given.links
        assert "-start_number 1001" in words(given)
        assert given.commands[0].frames == 48

    def test_how_little_is_read_is_said(self) -> None:
        assert "1 of 24 frames are read" in plan(sequence(), "poster").notes


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sheet": {"columns": 0}}, "sheet.columns"),
        ({"sheet": {"columns": 30, "rows": 30}}, "sheet"),
        ({"sheet": {"columns": 2}, "best": True}, "sheet"),
        ({"kind": "animation", "container": "gif", "video": {"codec": "gif", "pixel_format": "pal8"}}, "size"),
        (
            {"kind": "animation", "container": "webp", "video": {"codec": "webp", "pixel_format": "yuv420p"},
             "animation": {"max_s": 60}},
            "animation.max_s",
        ),
    ],
)  # fmt: skip
def test_a_preset_that_asks_for_the_impossible_is_refused(change: dict[str, Any], problem: str) -> None:
    file = Catalog().get("poster")
    output = {**file.outputs[0], **change, "when": True}

    with pytest.raises(InvalidPresetError) as found:
        resolve(replace(file, outputs=(output,)), movie(), {})

    assert [item.key for item in found.value.problems] == [f"outputs[0].{problem}"]
