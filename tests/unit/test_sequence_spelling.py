"""Every usual way to name a source finds it, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters, SourceMissing, UnsupportedFormat
from encode_media.media.sequence import (
    find_source,
    frames_below_zero,
    frames_on_disk,
)
from encode_media.model.media import SourceRef
from encode_media.timebase import FrameSpan


def lay(folder: Path, pattern: str, numbers: Iterable[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / (pattern % number)).write_bytes(b"x")


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A folder with f.1001.exr to f.1010.exr."""
    lay(tmp_path / "shot", "f.%04d.exr", range(1001, 1011))
    return tmp_path / "shot"


def test_a_file_is_itself(shot: Path) -> None:
    assert find_source([str(shot / "f.1003.exr")]) == SourceRef(path=str(shot / "f.1003.exr"))


@pytest.mark.parametrize(
    ("spelling", "span"),
    [
        ("f.%04d.exr", None),
        ("f.%4d.exr", None),
        ("f.%d.exr", None),
        ("f.####.exr", None),
        ("f.#.exr", None),
        ("f.@@@@.exr", None),
        ("f.$F4.exr", None),
        ("f.1001-1005.exr", (1001, 1005)),
        ("f.1001-1005#.exr", (1001, 1005)),
        ("f.%04d.exr [1002-1004]", (1002, 1004)),
        ("f.%04d.exr [1002-1004, 1008]", (1002, 1008)),
        ("f.%04d.exr [1002]", (1002, 1002)),
        ("f.####.exr [1002-1004]", (1002, 1004)),
    ],
)
def test_a_pattern_finds_the_sequence(shot: Path, spelling: str, span: tuple[int, int] | None) -> None:
    source = find_source([str(shot / spelling)])
    assert source.is_sequence
    assert source.span == (FrameSpan(first=span[0], last=span[1]) if span else None)
    assert list(frames_on_disk(source)) == list(range(1001, 1011))
    assert frames_on_disk(source)[1001] == str(shot / "f.1001.exr")


def test_the_ranges_may_be_words_of_their_own(shot: Path) -> None:
    source = find_source([str(shot / "f.%04d.exr"), "[1001-1003,", "1005]"])
    assert source.span == FrameSpan(first=1001, last=1005)


def test_one_frame_stands_for_its_sequence_when_asked(shot: Path) -> None:
    source = find_source([str(shot / "f.1003.exr")], sequence=True)
    assert source == SourceRef(path=str(shot / "f.%04d.exr"), is_sequence=True)


def test_a_frame_that_is_missing_still_stands_for_its_sequence(shot: Path) -> None:
    (shot / "f.1003.exr").unlink()
    assert find_source([str(shot / "f.1003.exr")], sequence=True).path == str(shot / "f.%04d.exr")


def test_of_two_numbers_in_a_name_the_one_that_runs_is_the_frame(tmp_path: Path) -> None:
    lay(tmp_path, "sh010_%04d_v002.png", range(1, 9))
    source = find_source([str(tmp_path / "sh010_0003_v002.png")], sequence=True)
    assert source.path == str(tmp_path / "sh010_%04d_v002.png")


def test_a_folder_stands_for_its_only_sequence(shot: Path) -> None:
    for extra in ("Thumbs.db", "notes.txt", ".hidden.png", "proxy.mov", "cover.jpg"):
        (shot / extra).write_bytes(b"x")
    assert find_source([str(shot)]) == SourceRef(path=str(shot / "f.%04d.exr"), is_sequence=True)


def test_a_folder_with_one_movie_stands_for_it(tmp_path: Path) -> None:
    (tmp_path / "clip.mov").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    assert find_source([str(tmp_path)]) == SourceRef(path=str(tmp_path / "clip.mov"))


def test_a_folder_with_two_sequences_names_both(shot: Path) -> None:
    lay(shot, "mask.%04d.exr", range(1001, 1004))
    with pytest.raises(InvalidParameters, match=r"f\.%04d\.exr, mask\.%04d\.exr"):
        find_source([str(shot)])


def test_the_versions_in_a_folder_are_sequences_and_not_what_runs(tmp_path: Path) -> None:
    lay(tmp_path, "shot_v001.%04d.exr", range(1001, 1004))
    lay(tmp_path, "shot_v002.%04d.exr", range(1001, 1004))
    with pytest.raises(InvalidParameters, match=r"one of them: shot_v001\.%04d\.exr, shot_v002\.%04d\.exr\Z"):
        find_source([str(tmp_path)])


def test_one_frame_of_another_version_makes_no_sequence_of_versions(tmp_path: Path) -> None:
    lay(tmp_path, "f_v2.%04d.exr", [1001])
    lay(tmp_path, "f_v3.%04d.exr", range(1001, 1006))
    assert find_source([str(tmp_path)]) == SourceRef(path=str(tmp_path / "f_v3.%04d.exr"), is_sequence=True)


class TestFramesBelowZero:
    @pytest.fixture
    def rest_frames(self, tmp_path: Path) -> Path:
        """A simulation's pre-roll, as C writes it (-012) and as Maya does (-0012), and two frames from 0 on."""
        for name in ("sim.-0012.exr", "sim.-011.exr", "sim.0000.exr", "sim.0001.exr"):
            (tmp_path / name).write_bytes(b"x")
        return tmp_path

    def test_they_are_no_sequence_of_their_own_in_a_folder(self, rest_frames: Path) -> None:
        assert find_source([str(rest_frames)]).path == str(rest_frames / "sim.%04d.exr")

    def test_they_are_known_beside_their_sequence(self, rest_frames: Path) -> None:
        assert frames_below_zero(find_source([str(rest_frames)])) == (-12, -11)

    def test_alone_they_are_refused_as_they_would_run_backwards(self, rest_frames: Path) -> None:
        backwards = SourceRef(path=str(rest_frames / "sim.-%04d.exr"), is_sequence=True)
        with pytest.raises(UnsupportedFormat, match="below 0"):
            frames_below_zero(backwards)

    def test_a_hyphen_behind_a_name_is_no_sign(self, tmp_path: Path) -> None:
        lay(tmp_path, "sim-%04d.exr", range(1, 4))
        assert frames_below_zero(find_source([str(tmp_path)])) == ()

    def test_a_span_below_zero_is_a_mistake_in_words(self, rest_frames: Path) -> None:
        with pytest.raises(InvalidParameters, match="are not like"):
            find_source([str(rest_frames / "sim.%04d.exr [-12-1]")])


def test_an_empty_folder_has_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        find_source([str(tmp_path)])


def test_several_files_of_one_sequence_are_its_span(shot: Path) -> None:
    source = find_source([str(shot / f"f.{n}.exr") for n in (1004, 1002, 1003)])
    assert source.path == str(shot / "f.%04d.exr")
    assert source.span == FrameSpan(first=1002, last=1004)


def test_files_of_two_sequences_are_refused(shot: Path) -> None:
    lay(shot, "mask.%04d.exr", [1001])
    with pytest.raises(InvalidParameters, match="one sequence"):
        find_source([str(shot / "f.1001.exr"), str(shot / "mask.1001.exr")])


@pytest.mark.parametrize(
    "spelling",
    ["none.%04d.exr", "none.exr", "f.%06d.exr", "f.2001-2005.exr", "f.%04d.exr [2001-2005]", "gone/f.%04d.exr"],
)
def test_what_is_not_there_is_missing(shot: Path, spelling: str) -> None:
    with pytest.raises(SourceMissing):
        find_source([str(shot / spelling)])


def test_no_word_at_all_is_a_bad_request() -> None:
    with pytest.raises(InvalidParameters):
        find_source([])


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("f.%d.png", range(12)),
        ("f.%04d.png", range(3)),
        ("f.%02d.png", range(98, 103)),
        ("f.%05d.png", range(99998, 100003)),
        ("f.%d.png", range(99998, 100003)),
        ("f%07d.png", range(1, 4)),
        ("%04d.png", range(1001, 1004)),
    ],
)
@pytest.mark.parametrize("named_by", ["folder", "pattern", "frame"])
def test_any_start_and_padding(tmp_path: Path, pattern: str, numbers: range, named_by: str) -> None:
    lay(tmp_path, pattern, numbers)
    word = {
        "folder": str(tmp_path),
        "pattern": str(tmp_path / pattern),
        "frame": str(tmp_path / (pattern % numbers[0])),
    }
    source = find_source([word[named_by]], sequence=True)
    assert list(frames_on_disk(source)) == list(numbers)
    assert list(frames_on_disk(source).values()) == [str(tmp_path / (pattern % n)) for n in numbers]


def test_padding_tells_two_sequences_apart(tmp_path: Path) -> None:
    lay(tmp_path, "f.%04d.png", range(1, 4))
    lay(tmp_path, "f.%d.png", range(7, 9))
    assert list(frames_on_disk(find_source([str(tmp_path / "f.%04d.png")]))) == [1, 2, 3]
    assert list(frames_on_disk(find_source([str(tmp_path / "f.%d.png")]))) == [7, 8]


HOSTILE = [
    "a b", "a [1-2]", "quo'te\"s", "100%", "50%% off", "%d", "%s", "line\nbreak", "-rf", "--", "päth", "日本",
    "a;b&c$(d)", "back\\slash", "~", "#1", "٣",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_files_are_taken_literally(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.mov"
    file.write_bytes(b"x")
    assert find_source([str(file)]) == SourceRef(path=str(file))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_around_a_frame_number(tmp_path: Path, name: str) -> None:
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    for number in range(1001, 1004):
        (folder / f"{name}.{number}.exr").write_bytes(b"x")
    for words in ([str(folder)], [str(folder / f"{name}.%04d.exr")], [str(folder / f"{name}.1002.exr")]):
        source = find_source(words, sequence=True)
        assert frames_on_disk(source) == {n: str(folder / f"{name}.{n}.exr") for n in range(1001, 1004)}


def test_the_pattern_of_a_source_finds_the_same_source(tmp_path: Path) -> None:
    """What `plan` and `probe` print can be given back, doubled percent signs and all."""
    lay(tmp_path / "100%", "50%% off.%04d.exr", range(1, 4))
    source = find_source([str(tmp_path / "100%")])
    assert find_source([source.path]) == source


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_names_that_are_not_text(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff\xfe")
    lay(folder, os.fsdecode(b"\xe9.%04d.exr"), (1, 2, 3))
    source = find_source([str(folder)])
    assert list(frames_on_disk(source)) == [1, 2, 3]
    assert Path(frames_on_disk(source)[2]).exists()


def test_paths_become_absolute_without_following_links(
    tmp_path: Path, shot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(shot)
    monkeypatch.chdir(tmp_path)
    assert find_source(["link/../link/./f.%04d.exr"]).path == str(tmp_path / "link" / "f.%04d.exr")


def test_a_huge_padding_is_no_pattern(shot: Path) -> None:
    with pytest.raises(SourceMissing):
        find_source([str(shot / "f.%0999999999d.exr")])


def test_a_folder_that_may_not_be_read(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceMissing) as caught:
        frames_on_disk(SourceRef(path=str(shot / "f.%04d.exr"), is_sequence=True))
    assert caught.value.code == "source.unreadable"
