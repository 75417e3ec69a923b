"""Output of a child process can't hurt us."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encode_media.process.child import Log, lines_of


class Trickle:
    """A stream that gives one byte at a time, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:  # noqa: ARG002 - a pipe gives less than was asked for
        return self._data.read(1)


@pytest.mark.parametrize("stream", [io.BytesIO, Trickle], ids=["whole", "byte by byte"])
def test_lines_end_at_newlines_and_carriage_returns(stream: type[io.BytesIO]) -> None:
    assert list(lines_of(stream(b"one\ntwo\r\nthree\rfour"))) == ["one", "two", "three", "four"]


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert list(lines_of(io.BytesIO(b"a\xffb\n"))) == ["a\ufffdb"]


def test_a_long_line_is_cut_and_the_next_one_is_whole() -> None:
    text = b"x" * 300_000 + b"\nnext\n"
    assert list(lines_of(io.BytesIO(text), max_length=100)) == ["x" * 100, "next"]


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_line_is_longer_than_the_limit(data: bytes, limit: int) -> None:
    assert all(len(line.encode()) <= limit * 3 for line in lines_of(Trickle(data), max_length=limit))


def test_an_endless_line_takes_bounded_memory() -> None:
    class Endless:
        left = 400

        def read(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * size if self.left > 0 else b""

    tracemalloc.start()
    try:
        assert [len(line) for line in lines_of(Endless())] == [2000]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_the_log_keeps_the_first_and_the_last_lines_and_says_how_many_are_gone() -> None:
    log = Log(head=2, tail=3)
    for number in range(10):
        log.add(f"line {number}")
        log.add("  ")
    assert log.lines() == ("line 0", "line 1", "… 5 lines left out …", "line 7", "line 8", "line 9")


def test_a_short_log_is_whole() -> None:
    log = Log(head=2, tail=3)
    for number in range(5):
        log.add(f"line {number}")
    assert log.lines() == tuple(f"line {number}" for number in range(5))
