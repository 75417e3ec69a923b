"""How closely a source is looked at can be chosen; damage that only decoding shows is found by `full`."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from encode_media.errors import InvalidParameters
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.media.thoroughness import SAMPLES, sampled
from encode_media.model.media import Media, SourceCheck, SourceRef
from encode_media.settings import SOURCE_CHECKS, read_settings
from support.clips import Clips, copied, flipped, frame_of, holed


def codes(media: Media) -> set[str]:
    return {finding.code for finding in media.findings}


@pytest.fixture
def long_sequence(clips: Clips, tmp_path: Path) -> Path:
    """A hundred frames of which one in the middle is cut short."""
    frame = clips.still("exr", size="96x64")
    for number in range(1001, 1101):
        shutil.copy2(frame, tmp_path / f"shot.{number}.exr")
    data = frame.read_bytes()
    (tmp_path / "shot.1050.exr").write_bytes(data[: len(data) - 200])
    return tmp_path / "shot.%04d.exr"


def test_every_header_is_the_default(long_sequence: Path) -> None:
    assert probe(find_source([str(long_sequence)])).missing == (1050,)


def test_a_sample_says_what_it_did_not_look_at(long_sequence: Path) -> None:
    media = probe(find_source([str(long_sequence)]), check=SourceCheck.SAMPLE)
    assert media.missing == ()
    assert "check.sampled" in codes(media)
    assert not {"sequence.type_changes", "sequence.size_changes"} & codes(media)


def test_a_sample_still_finds_empty_and_absent_frames(long_sequence: Path) -> None:
    frame_of(long_sequence, 1033).write_bytes(b"")
    frame_of(long_sequence, 1034).unlink()
    media = probe(find_source([str(long_sequence)]), check=SourceCheck.SAMPLE)
    assert media.missing == (1033, 1034)


def test_a_sample_holds_both_ends_and_no_more_than_it_says() -> None:
    for count in (1, 2, SAMPLES, 1000):
        chosen = sampled(tuple(range(1001, 1001 + count)))
        assert {1001, 1000 + count} <= chosen
        assert len(chosen) <= SAMPLES


@pytest.mark.parametrize("extension", ["png", "exr", "jpg"])
def test_damage_inside_a_picture_is_found_by_decoding(clips: Clips, tmp_path: Path, extension: str) -> None:
    pattern = copied(clips.sequence(extension, frames=3), tmp_path)
    flipped(frame_of(pattern, 1002), 0.6, 400)
    source = find_source([str(pattern)])
    assert probe(source).missing == (), "its header is sound"
    assert probe(source, check=SourceCheck.FULL).missing == (1002,)


def test_damage_inside_a_movie_is_found_by_decoding(clips: Clips, tmp_path: Path) -> None:
    clip = holed(copied(clips.movie(), tmp_path), 0.4, 0.2)
    assert "video.decode_errors" not in codes(probe(SourceRef(path=str(clip))))
    assert "video.decode_errors" in codes(probe(SourceRef(path=str(clip)), check=SourceCheck.FULL))


def test_sound_sources_pass_the_full_check(clips: Clips) -> None:
    for source in (find_source([str(clips.sequence("png", frames=3))]), SourceRef(path=str(clips.movie()))):
        media = probe(source, check=SourceCheck.FULL)
        assert media.missing == ()
        assert "video.decode_errors" not in codes(media)


def test_a_thousand_frames_take_seconds(clips: Clips, tmp_path: Path) -> None:
    frame = clips.still("exr", size="96x64")
    for number in range(1001, 2001):
        (tmp_path / f"shot.{number}.exr").hardlink_to(frame)
    started = time.monotonic()
    media = probe(find_source([str(tmp_path / "shot.%04d.exr")]))
    assert media.frame_count == 1000
    assert time.monotonic() - started < 10


def test_the_service_s_own_choice_is_read_from_the_environment() -> None:
    assert {check.value for check in SourceCheck} == set(SOURCE_CHECKS)
    assert read_settings({"ENCODE_MEDIA_CHECK": "full"}).source_check == "full"
    with pytest.raises(InvalidParameters, match="ENCODE_MEDIA_CHECK"):
        read_settings({"ENCODE_MEDIA_CHECK": "deep"})
