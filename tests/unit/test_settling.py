from __future__ import annotations

import os
from pathlib import Path

import pytest

from encode_media.ftrack.entities import ComponentInfo
from encode_media.ftrack.settling import FileState, Settling, file_state
from encode_media.model.media import SourceRef

MOVIE = ComponentInfo(id="c", name="main", file_type=".mov", size_bytes=6)
FRAMES = ComponentInfo(id="c", name="main", file_type=".exr", is_sequence=True, frames=(9, 10, 11))


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    file = tmp_path / "a.mov"
    file.write_bytes(b"frames")
    return file


@pytest.fixture
def pattern(tmp_path: Path) -> Path:
    for frame in (9, 10, 11):
        (tmp_path / f"a.{frame:04d}.exr").write_bytes(b"frame")
    (tmp_path / "a.notes.exr").write_bytes(b"")
    return tmp_path / "a.%04d.exr"


def of_movie(file: Path) -> FileState:
    return file_state(SourceRef(path=str(file)), MOVIE)


def of_frames(pattern: Path) -> FileState:
    return file_state(SourceRef(path=str(pattern), is_sequence=True), FRAMES)


def test_a_file_that_is_as_it_was_looks_the_same(movie: Path) -> None:
    assert of_movie(movie) == of_movie(movie)
    assert of_movie(movie).unfinished == ""


@pytest.mark.parametrize("change", ["longer", "touched"])
def test_a_file_that_changed_looks_another(movie: Path, change: str) -> None:
    before = of_movie(movie)
    if change == "longer":
        movie.write_bytes(b"frames and more")
    else:
        os.utime(movie, (1, 1))

    assert of_movie(movie).fingerprint != before.fingerprint


def test_a_file_that_is_smaller_than_its_component_is_unfinished(movie: Path) -> None:
    movie.write_bytes(b"fra")

    assert of_movie(movie).unfinished == "3 of 6 bytes are there"


def test_a_sequence_looks_another_when_one_frame_comes_or_changes(pattern: Path) -> None:
    before = of_frames(pattern)
    assert (before.files, before.unfinished) == (3, "")

    (pattern.parent / "a.0010.exr").write_bytes(b"longer frame")
    changed = of_frames(pattern)
    (pattern.parent / "a.0012.exr").write_bytes(b"frame")
    grown = of_frames(pattern)

    assert len({before.fingerprint, changed.fingerprint, grown.fingerprint}) == 3


def test_frames_that_are_missing_or_empty_leave_a_sequence_unfinished(pattern: Path) -> None:
    (pattern.parent / "a.0010.exr").write_bytes(b"")
    assert of_frames(pattern).unfinished == "1 frames are empty"

    (pattern.parent / "a.0010.exr").unlink()
    assert of_frames(pattern).unfinished == "1 of 3 frames aren't there"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def state(fingerprint: str) -> FileState:
    return FileState(fingerprint=fingerprint, files=1, newest=0)


def test_files_are_settled_once_they_were_found_alike_for_long_enough() -> None:
    clock = Clock()
    settling = Settling(3, clock)

    looks = []
    for fingerprint, pause in (("a", 1), ("a", 3), ("a", 0), ("b", 3), ("b", 0)):
        looks.append(settling.look("v", "c", state(fingerprint)))
        clock.now += pause

    assert looks == [(False, False), (False, False), (True, False), (False, True), (True, False)]


def test_without_a_settling_time_nothing_is_waited_for() -> None:
    assert Settling(0).look("v", "c", state("a")) == (True, False)


def test_what_was_seen_of_a_version_is_forgotten_with_it() -> None:
    settling = Settling(3)
    settling.look("v", "c", state("a"))
    settling.look("w", "c", state("a"))

    settling.forget("v")

    assert len(settling) == 1
