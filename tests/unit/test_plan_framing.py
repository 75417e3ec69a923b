"""Frames of another shape, masks, exact sizes; bit rates, file sizes, passes and key frames."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.errors import InvalidParameters
from encode_media.model.geometry import framing
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import SizeSpec
from encode_media.planning.framing import visible
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.sources import movie

SIDES = st.integers(16, 4096)


def plan(preset: str = "h264_high_quality", video: dict[str, Any] | None = None, **options: Any) -> EncodePlan:
    media = movie(**(video or {}))
    return make_plan(media, Catalog().resolve(preset, media, options))


def value(made: EncodePlan, option: str, command: int = -1) -> str:
    argv = made.commands[command].argv
    return argv[argv.index(option) + 1]


@pytest.mark.parametrize(
    ("size", "spec", "picture", "frame"),
    [
        ((1280, 720), SizeSpec(width=1000, height=1000, fit="pad"), (1000, 562), (1000, 1000)),
        ((640, 360), SizeSpec(width=1280, height=1280, fit="pad"), (640, 360), (1280, 1280)),
        ((640, 360), SizeSpec(width=1280, height=1280, fit="pad", upscale=True), (1280, 720), (1280, 1280)),
        ((1280, 720), SizeSpec(width=500, height=500, fit="crop"), (888, 500), (500, 500)),
        ((640, 360), SizeSpec(width=1000, height=1000, fit="crop"), (640, 360), (360, 360)),
        ((1280, 720), SizeSpec(width=500, height=500, fit="stretch"), (500, 500), (500, 500)),
        ((1280, 720), SizeSpec(width=500, height=500), (500, 282), (500, 282)),
        ((1280, 720), SizeSpec(aspect="1", fit="crop"), (1280, 720), (720, 720)),
        ((1280, 720), SizeSpec(aspect="1", fit="pad", max_width=640), (640, 360), (640, 640)),
        ((1280, 720), SizeSpec(scale=0.5), (640, 360), (640, 360)),
        ((1280, 720), SizeSpec(scale=2, max_height=1080), (1920, 1080), (1920, 1080)),
        ((1280, 720), SizeSpec(width=640), (640, 360), (640, 360)),
        ((1280, 720), SizeSpec(height=1440), (1280, 720), (1280, 720)),
    ],
)  # fmt: skip
def test_a_picture_is_put_into_its_frame(
    size: tuple[int, int], spec: SizeSpec, picture: tuple[int, int], frame: tuple[int, int]
) -> None:
    found = framing(size, spec, even=True)

    assert (found.picture, found.frame) == (picture, frame)


@given(width=SIDES, height=SIDES, wide=SIDES, high=SIDES, fit=st.sampled_from(["fit", "pad", "crop", "stretch"]))
def test_frames_are_even_never_larger_than_asked_for_and_pictures_never_enlarged(
    width: int, height: int, wide: int, high: int, fit: Any
) -> None:
    found = framing((width, height), SizeSpec(width=wide, height=high, fit=fit), even=True)

    assert all(side % 2 == 0 for side in (*found.picture, *found.frame))
    assert found.frame[0] <= wide + 1
    assert found.frame[1] <= high + 1
    if fit == "crop":
        assert found.picture[0] >= found.frame[0]
        assert found.picture[1] >= found.frame[1]
    if fit in ("fit", "pad", "crop"):
        assert found.picture[0] <= max(2, width + 2)
        assert found.picture[1] <= max(2, height + 2)


@given(width=SIDES, height=SIDES, ratio=st.fractions(Fraction(1, 3), 3))
def test_a_mask_has_equal_even_bars(width: int, height: int, ratio: Fraction) -> None:
    frame = (width * 2, height * 2)

    seen = visible(frame, ratio)

    assert (frame[0] - seen[0]) % 4 == 0
    assert (frame[1] - seen[1]) % 4 == 0
    assert seen[0] == frame[0] or seen[1] == frame[1]


def test_bars_and_cuts_are_told() -> None:
    made = plan(width=1000, height=1000, fit="pad", background="white", mask="2.39")

    assert any("1000x562 on white, masked to 2.39" in note for note in made.notes)


def test_a_bit_rate_takes_two_passes_and_the_notes_say_why() -> None:
    made = plan(bitrate=2)

    assert [command.purpose.split(":")[0] for command in made.commands] == [
        "first pass",
        "encode h264_high_quality",
    ]
    assert (value(made, "-pass", 0), value(made, "-pass", 1)) == ("1", "2")
    assert value(made, "-passlogfile", 0) == value(made, "-passlogfile", 1) == "passes/h264_high_quality"
    assert made.commands[0].argv[-1] == "-"
    assert made.scratch == ("passes",)
    assert "-crf" not in made.commands[1].argv
    assert any("2 Mbit/s on average, two passes" in note for note in made.notes)


@pytest.mark.parametrize("preset", ["h264_high_quality", "hevc_10bit", "webm_vp9", "webm_av1"])
def test_one_pass_is_enough_where_it_is_wanted(preset: str) -> None:
    assert len(plan(preset, bitrate=2, passes=1).commands) == 1
    assert len(plan(preset, bitrate=2).commands) == 2


def test_a_file_size_leaves_room_for_the_sound_and_is_checked() -> None:
    loud, silent = plan(target_size=1), plan(target_size=1, video={"audio": ()})

    assert int(value(silent, "-b:v")) - int(value(loud, "-b:v")) > 200_000
    assert loud.outputs[0].expected.most_bytes == 1_000_000
    total = int(value(silent, "-b:v")) * 3 / 8
    assert 0.7e6 < total < 1e6


def test_a_file_size_nothing_fits_into_is_refused_with_the_least_that_does() -> None:
    with pytest.raises(InvalidParameters) as caught:
        plan(target_size=0.05, video={"frames": 24 * 60 * 10})

    assert caught.value.code == "options.invalid"
    assert "at least" in caught.value.hint + caught.value.message


def test_a_rate_and_a_size_at_once_are_refused() -> None:
    with pytest.raises(InvalidParameters):
        plan(bitrate=2, target_size=1)


@pytest.mark.parametrize(("key_frames", "distance"), [("normal", 12), ("scrub", 6), ("every", 1)])
def test_key_frames_stand_as_near_as_asked_for(key_frames: str, distance: int) -> None:
    made = plan(key_frames=key_frames)

    assert value(made, "-g") == str(distance)
    assert made.outputs[0].expected.key_frame_distance == distance


def test_a_picture_too_small_for_its_encoder_is_refused_before_it_runs() -> None:
    with pytest.raises(InvalidParameters) as caught:
        plan("dnxhr_lb", video={"width": 160, "height": 90})

    assert "256x120" in caught.value.hint + caught.value.message


@pytest.mark.parametrize(
    ("preset", "codec", "profile", "pixels"),
    [
        ("h264_444_10bit", "h264", "High 4:4:4 Predictive", "yuv444p10le"),
        ("hevc_10bit", "hevc", "Main 10", "yuv420p10le"),
        ("prores_proxy", "prores", "Proxy", "yuv422p10le"), ("prores_lt", "prores", "LT", "yuv422p10le"),
        ("prores_422", "prores", "Standard", "yuv422p10le"), ("prores_4444", "prores", "4444", "yuv444p12le"),
        ("dnxhr_lb", "dnxhd", "DNXHR LB", "yuv422p"), ("dnxhr_sq", "dnxhd", "DNXHR SQ", "yuv422p"),
        ("dnxhr_hq", "dnxhd", "DNXHR HQ", "yuv422p"), ("dnxhr_hqx", "dnxhd", "DNXHR HQX", "yuv422p10le"),
        ("dnxhr_444", "dnxhd", "DNXHR 444", "yuv444p10le"), ("webm_av1", "av1", "Main", "yuv420p10le"),
    ],
)  # fmt: skip
def test_each_preset_must_become_what_it_is_called(preset: str, codec: str, profile: str, pixels: str) -> None:
    found = plan(preset).outputs[0].expected

    assert (found.codec, found.profile, found.pixel_format) == (codec, profile, pixels)


def test_av1_is_capped_beside_a_quality_and_says_that_it_is_not_beside_a_rate() -> None:
    argv = plan("webm_av1", max_bitrate=1).commands[0].argv

    assert argv[argv.index("-maxrate") + 1] == "800000"
    with pytest.raises(InvalidParameters, match="beside a quality only"):
        plan("webm_av1", max_bitrate=1, bitrate=1)
