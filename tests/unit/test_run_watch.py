"""When a running encode is stopped, by the clock of the test."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.watch import Limits, Seen, Watch, beyond_estimate, stall_limit
from support.sources import movie


def watch(**limits: float) -> Watch:
    values: dict[str, float] = {"stall_s": 60, "time_s": 3600, **limits}
    return Watch(Limits(**values), name="review", folder="/work", started_s=0)  # type: ignore[arg-type]


def test_what_nobody_limited_is_limited_by_the_estimate() -> None:
    given = Limits(stall_s=60, time_s=1e6)
    filled = beyond_estimate(given, estimated_bytes=10**9, estimated_s=1000)
    assert (filled.size_bytes, filled.time_s) == (10**10, 50_000)


def test_small_estimates_leave_room() -> None:
    filled = beyond_estimate(Limits(stall_s=60, time_s=1e6), estimated_bytes=1000, estimated_s=1)
    assert (filled.size_bytes, filled.time_s) == (10**9, 3600)


def test_given_limits_are_kept_and_no_estimate_limits_nothing() -> None:
    given = Limits(stall_s=60, time_s=100, size_bytes=5)
    assert beyond_estimate(given, estimated_bytes=10**9, estimated_s=1000) == given
    open_ended = Limits(stall_s=60, time_s=100)
    assert beyond_estimate(open_ended, estimated_bytes=0, estimated_s=0) == open_ended


def seen(now_s: float, signs: Hashable = 0, *, frame: int = 0, written: int = 0, free: int = 10**9) -> Seen:
    return Seen(now_s=now_s, frame=frame, signs_of_life=signs, written_bytes=written, free_bytes=free)


def test_an_encode_that_shows_life_is_left_alone() -> None:
    observer = watch()
    assert [observer.look(seen(second, second)) for second in range(0, 3000, 59)] == [None] * 51


def test_an_encode_without_any_sign_of_life_is_stalled() -> None:
    observer = watch()
    assert observer.look(seen(10, "a")) is None
    assert observer.look(seen(70, "a")) is None
    error = observer.look(seen(71, "a"))
    assert error is not None
    assert (error.code, error.retryable) == ("ffmpeg.stalled", True)
    assert "61 s" in error.message


def test_a_file_that_grows_is_a_sign_of_life_while_the_frame_stands() -> None:
    """Faststart rewrites the file after the last frame."""
    observer = watch()
    assert observer.look(seen(1, ("frame 48", 100))) is None
    assert observer.look(seen(100, ("frame 48", 200))) is None
    assert observer.look(seen(150, ("frame 48", 200))) is None


def test_slow_frames_are_given_twenty_times_their_average() -> None:
    observer = watch(stall_s=5)
    for frame in range(1, 4):
        assert observer.look(seen(frame * 5, frame, frame=frame)) is None
    assert observer.look(seen(15 + 99, 3, frame=3)) is None
    error = observer.look(seen(15 + 101, 3, frame=3))
    assert error is not None
    assert error.code == "ffmpeg.stalled"


def test_each_command_starts_with_a_fresh_patience() -> None:
    observer = watch()
    observer.look(seen(0, "a"))
    observer.next_command(59)
    assert observer.look(seen(100, "a")) is None


def test_the_time_limit_holds_over_all_commands() -> None:
    observer = watch(time_s=100)
    observer.next_command(90)
    assert observer.look(seen(99, 1)) is None
    error = observer.look(seen(101, 2))
    assert error is not None
    assert (error.code, error.retryable) == ("ffmpeg.too_long", False)


def test_a_result_past_its_limit_is_named_with_both_sizes() -> None:
    observer = watch(size_bytes=1_000_000)
    assert observer.look(seen(1, 1, written=1_000_000)) is None
    error = observer.look(seen(2, 2, written=2_500_000))
    assert error is not None
    assert error.code == "output.too_large"
    assert "2.5 MB" in error.message
    assert "1.0 MB" in error.message


def test_a_disk_that_runs_out_ends_the_encode_before_it_is_full() -> None:
    observer = watch(free_bytes=1000)
    assert observer.look(seen(1, 1, free=1000)) is None
    error = observer.look(seen(2, 2, free=999))
    assert error is not None
    assert error.code == "disk.full"


@pytest.mark.parametrize(("preset", "frames", "limit_s"), [
    ("contact_sheet", 72_000, 8200), ("contact_sheet", 240, 120), ("review", 72_000, 120),
    ("preview_gif", 72_000, 120),
])  # fmt: skip
def test_stills_of_a_long_movie_may_show_nothing_until_all_of_it_is_decoded(
    preset: str, frames: int, limit_s: float
) -> None:
    media = movie(frames=frames, width=1920, height=1080, codec="h264")
    this = make_plan(media, Catalog().resolve(preset, media))

    assert stall_limit(this, 120.0) == pytest.approx(limit_s, rel=0.05)
