from __future__ import annotations

import threading
from concurrent.futures import wait
from pathlib import Path

import pytest

from encode_media.errors import failure
from encode_media.ftrack.source_reader import KEPT_S, SourceReader, outcome
from encode_media.model.media import Media, SourceKind, SourceRef


class Reading:
    """Reads nothing, counts, and can be held."""

    def __init__(self) -> None:
        self.sources: list[SourceRef] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, source: SourceRef) -> Media:
        self.sources.append(source)
        assert self.go.wait(10)
        if "bad" in source.path:
            raise failure("source.not_media", path=source.path)
        if "bug" in source.path:
            raise ValueError("a mistake of ours")
        return Media(source=source, kind=SourceKind.STILL, container="image2", size_bytes=1)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(reading: Reading, clock: Clock):
    made = SourceReader(reading, clock=clock)
    yield made
    reading.go.set()
    made.close()


def file(folder: Path, name: str = "a.png", content: str = "x") -> SourceRef:
    path = folder / name
    path.write_text(content)
    return SourceRef(path=str(path))


def test_an_unchanged_source_is_read_once(reader: SourceReader, reading: Reading, tmp_path: Path) -> None:
    source = file(tmp_path)

    first, second = reader.begin(source), reader.begin(source)

    assert first is second
    assert first.result(10).kind is SourceKind.STILL
    assert len(reading.sources) == 1


def test_a_changed_file_is_read_again(reader: SourceReader, reading: Reading, tmp_path: Path) -> None:
    reader.begin(file(tmp_path)).result(10)

    reader.begin(file(tmp_path, content="longer")).result(10)

    assert len(reading.sources) == 2


def test_a_sequence_with_a_new_frame_is_read_again(reader: SourceReader, reading: Reading, tmp_path: Path) -> None:
    import os

    source = SourceRef(path=str(tmp_path / "f.%04d.exr"), is_sequence=True)
    os.utime(tmp_path, (1, 1))
    reader.begin(source).result(10)
    file(tmp_path, "f.1001.exr")

    reader.begin(source).result(10)

    assert len(reading.sources) == 2


def test_after_a_while_a_source_is_read_again_although_it_looks_the_same(
    reader: SourceReader, reading: Reading, clock: Clock, tmp_path: Path
) -> None:
    source = file(tmp_path)
    reader.begin(source).result(10)
    clock.now += KEPT_S + 1

    reader.begin(source).result(10)

    assert len(reading.sources) == 2


def test_a_reading_is_not_waited_for(reader: SourceReader, reading: Reading, tmp_path: Path) -> None:
    reading.go.clear()
    begun = reader.begin(file(tmp_path))

    assert outcome(begun) is None

    reading.go.set()
    wait([begun], timeout=10)
    assert isinstance(outcome(begun), Media)


@pytest.mark.parametrize(("name", "code"), [("bad.mov", "source.not_media"), ("bug.mov", "internal")])
def test_why_a_reading_failed_is_its_outcome(reader: SourceReader, tmp_path: Path, name: str, code: str) -> None:
    begun = reader.begin(file(tmp_path, name))
    wait([begun], timeout=10)

    found = outcome(begun)

    assert getattr(found, "code", None) == code


def test_a_missing_file_is_looked_for_each_time(reader: SourceReader, reading: Reading, tmp_path: Path) -> None:
    source = SourceRef(path=str(tmp_path / "not-there.mov"))

    reader.begin(source).result(10)
    reader.begin(source).result(10)

    assert len(reading.sources) == 2
