"""A reader that the system kills says nothing about the file it was reading."""

from __future__ import annotations

import pytest

from encode_media.media import reader
from encode_media.media.probe import probe
from encode_media.model.media import SourceRef


def _killing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes the first readers end as by SIGKILL; the list grows with every reader."""
    started: list[int] = []
    real = reader._one_reader

    def one_reader(*words: object) -> str:
        started.append(1)
        return "killed" if len(started) <= times else real(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "_one_reader", one_reader)
    return started


def test_a_killed_reader_is_replaced_and_the_file_is_read(clips, monkeypatch):
    movie = clips.movie()
    started = _killing(2, monkeypatch)

    assert probe(SourceRef(path=str(movie))).video is not None
    assert len(started) == 3


def test_readers_that_are_always_killed_are_given_up_with_the_likely_reason(clips, monkeypatch):
    movie = clips.movie()
    _killing(99, monkeypatch)

    with pytest.raises(Exception, match="memory is short"):
        probe(SourceRef(path=str(movie)))
