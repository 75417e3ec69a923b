"""What ffmpeg's progress blocks mean."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.running.progress import (
    Position,
    ProgressReader,
    RemainingTime,
    fraction_done,
)

# Recorded from ffmpeg 9.0.2, 24 frames of H.264 with B-frames.
FIRST_BLOCK = """\
frame=0
fps=0.00
stream_0_0_q=0.0
bitrate=N/A
total_size=N/A
out_time_us=N/A
out_time_ms=N/A
out_time=N/A
dup_frames=0
drop_frames=0
speed=N/A
progress=continue
"""
LAST_BLOCK = """\
frame=24
fps=0.00
stream_0_0_q=-1.0
bitrate= 161.0kbits/s
total_size=18445
out_time_us=916667
out_time_ms=916667
out_time=00:00:00.916667
dup_frames=0
drop_frames=0
speed=4.63x
progress=end
"""


def read(text: str) -> Position:
    reader = ProgressReader()
    for line in text.splitlines():
        reader.feed(line)
    return reader.latest


def test_a_first_block_without_values_is_the_beginning() -> None:
    assert read(FIRST_BLOCK) == Position()


def test_the_last_block_has_frames_time_and_size() -> None:
    expected = Position(frame=24, out_time_us=916667, size_bytes=18445, ended=True)
    assert read(FIRST_BLOCK + LAST_BLOCK) == expected


def test_out_time_ms_is_in_microseconds_whatever_its_name_says() -> None:
    assert read("out_time_ms=2000000\nprogress=continue\n").out_time_us == 2_000_000


def test_nothing_counts_before_its_block_has_ended() -> None:
    assert read("frame=10\nout_time_us=5\n") == Position()


def test_numbers_never_go_back() -> None:
    text = "frame=10\nout_time_us=400000\nprogress=continue\nframe=8\nout_time_us=-5\nprogress=continue\n"
    assert read(text) == Position(frame=10, out_time_us=400_000)


@given(st.lists(st.text(max_size=40)))
def test_any_rubbish_is_tolerated(lines: list[str]) -> None:
    position = read("\n".join(lines))
    assert position.frame >= 0
    assert position.size_bytes >= 0


@given(st.lists(st.tuples(st.integers(-5, 200), st.integers(-5, 9_000_000)), min_size=1))
def test_the_fraction_only_grows_and_stays_within_the_whole(blocks: list[tuple[int, int]]) -> None:
    reader, seen = ProgressReader(), [0.0]
    for frame, time_us in blocks:
        for line in (f"frame={frame}", f"out_time_us={time_us}", "progress=continue"):
            reader.feed(line)
        seen.append(fraction_done(reader.latest, 100, Fraction(4)))
    assert seen == sorted(seen)
    assert seen[-1] <= 1.0


@pytest.mark.parametrize(
    ("position", "frames", "duration", "expected"),
    [
        (Position(frame=12), 24, None, 0.5),
        (Position(out_time_us=500_000), None, Fraction(1), 0.5),
        (Position(frame=1, out_time_us=750_000), 24, Fraction(1), 0.75),
        (Position(frame=99), 24, None, 1.0),
        (Position(frame=12), None, None, 0.0),
        (Position(frame=12), 0, Fraction(0), 0.0),
    ],
    ids=["frames", "sound only", "first output is a still", "more frames than planned", "unknown", "nothing"],
)
def test_the_fraction_done(
    position: Position, frames: int | None, duration: Fraction | None, expected: float
) -> None:
    assert fraction_done(position, frames, duration) == pytest.approx(expected)


def test_no_remaining_time_is_named_in_the_first_two_percent() -> None:
    remaining = RemainingTime()
    assert [remaining.observe(now, now / 1000) for now in range(20)] == [None] * 20


def test_the_remaining_time_at_a_steady_speed() -> None:
    remaining = RemainingTime()
    steady = [remaining.observe(second, second / 100) for second in range(51)]
    assert steady[-1] == pytest.approx(50.0)


def test_the_remaining_time_follows_a_change_of_speed() -> None:
    """A minute at 1 % a second, then half a minute at a tenth of it: 37 % are left, at the new speed."""
    remaining = RemainingTime()
    for second in range(61):
        remaining.observe(second, second / 100)
    for second in range(1, 32):
        left = remaining.observe(60 + second, 0.60 + second / 1000)
    assert left == pytest.approx((1 - 0.631) / 0.001)


def test_no_remaining_time_while_nothing_moves() -> None:
    remaining = RemainingTime()
    assert remaining.observe(0, 0.5) is None
    assert remaining.observe(10, 0.5) is None
