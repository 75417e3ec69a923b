"""Stills stay stills, and every frame of a sequence is looked at."""

from __future__ import annotations

import os
import struct
import time
from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.errors import SourceMissing, UnsupportedFormat
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media, Severity, SourceKind, SourceRef
from encode_media.timebase import FrameSpan
from support.clips import STILL_ARGUMENTS, Clips, copied, emptied, flipped, frame_of, truncated

EXTENSIONS = sorted(STILL_ARGUMENTS)


def probed(pattern: Path, span: FrameSpan | None = None) -> Media:
    return probe(SourceRef(path=str(pattern), is_sequence="%" in pattern.name, span=span))


def finding_frames(media: Media) -> dict[str, tuple[int, ...]]:
    return {finding.code: finding.frames for finding in media.findings}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_single_image_is_a_still(clips: Clips, extension: str) -> None:
    media = probed(clips.still(extension))
    assert media.kind is SourceKind.STILL
    assert media.container == "image2"
    assert media.video is not None
    assert (media.video.width, media.video.height, media.video.frames) == (320, 180, 1)
    assert media.frame_count == 1


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("first", [0, 1, 1001])
def test_a_sequence_has_its_span(clips: Clips, extension: str, first: int) -> None:
    media = probed(clips.sequence(extension, first=first, frames=6))
    assert media.kind is SourceKind.SEQUENCE
    assert media.span == FrameSpan(first=first, last=first + 5)
    assert media.missing == ()
    assert media.frame_count == 6
    assert media.video is not None
    assert media.video.duration_s == Fraction(6, 24)
    assert "rate.assumed" in finding_frames(media)


def test_the_rate_of_a_sequence_is_the_one_given(clips: Clips) -> None:
    pattern = clips.sequence()
    media = probe(SourceRef(path=str(pattern), is_sequence=True, frame_rate=Fraction(24000, 1001)))
    assert media.video is not None
    assert media.video.frame_rate == Fraction(24000, 1001)
    assert "rate.assumed" not in finding_frames(media)


def test_a_sequence_of_one_frame_is_a_still(clips: Clips) -> None:
    media = probed(clips.sequence(frames=1))
    assert media.kind is SourceKind.STILL
    assert media.span == FrameSpan(first=1001, last=1001)
    assert media.frame_count == 1


def test_one_frame_of_a_wanted_span_is_a_sequence_with_a_gap(clips: Clips) -> None:
    media = probed(clips.sequence(frames=1), FrameSpan(first=1001, last=1003))
    assert media.kind is SourceKind.SEQUENCE
    assert media.missing == (1002, 1003)


def test_gaps_are_named(clips: Clips) -> None:
    media = probed(clips.sequence(without=(1004, 1005, 1009)))
    assert media.missing == (1004, 1005, 1009)
    assert media.frame_count == 9
    [gap] = [finding for finding in media.findings if finding.code == "sequence.gap"]
    assert gap.severity is Severity.ERROR
    assert "3 of 12" in gap.message
    assert "1004-1005, 1009" in gap.message


def test_frames_outside_the_wanted_span_are_left_out(clips: Clips) -> None:
    media = probed(clips.sequence(), FrameSpan(first=1003, last=1006))
    assert media.frame_count == 4
    assert finding_frames(media)["sequence.frames_outside"] == (1001, 1002, 1007, 1008, 1009, 1010, 1011, 1012)


def test_a_span_without_any_frame_is_missing(clips: Clips) -> None:
    with pytest.raises(SourceMissing):
        probed(clips.sequence(), FrameSpan(first=1, last=10))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_empty_frames_are_found(clips: Clips, tmp_path: Path, extension: str) -> None:
    pattern = copied(clips.sequence(extension), tmp_path)
    emptied(frame_of(pattern, 1001))
    emptied(frame_of(pattern, 1007))
    media = probed(pattern)
    assert media.missing == (1001, 1007)
    assert finding_frames(media)["sequence.frame_empty"] == (1001, 1007)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.97])
def test_truncated_frames_are_found(clips: Clips, tmp_path: Path, extension: str, part: float) -> None:
    pattern = copied(clips.sequence(extension), tmp_path)
    truncated(frame_of(pattern, 1005), part)
    media = probed(pattern)
    assert media.missing == (1005,)
    assert finding_frames(media)["sequence.frame_unreadable"] == (1005,)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_frame_that_is_no_image_is_found(clips: Clips, tmp_path: Path, extension: str) -> None:
    pattern = copied(clips.sequence(extension), tmp_path)
    frame_of(pattern, 1003).write_text("the disk was full, sorry\n" * 20)
    assert probed(pattern).missing == (1003,)


def test_a_file_of_zeros_is_found(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence(), tmp_path)
    frame_of(pattern, 1002).write_bytes(bytes(100_000))
    assert probed(pattern).missing == (1002,)


def test_frames_before_the_first_good_one_do_not_stop_the_probe(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence(), tmp_path)
    flipped(frame_of(pattern, 1001), 0.0, 400)
    emptied(frame_of(pattern, 1002))
    media = probed(pattern)
    assert media.missing == (1001, 1002)
    assert media.video is not None
    assert media.video.width == 320


def test_a_sequence_without_a_good_frame_is_damaged(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence(frames=3), tmp_path)
    for frame in (1001, 1002, 1003):
        truncated(frame_of(pattern, frame))
    with pytest.raises(UnsupportedFormat) as caught:
        probed(pattern)
    assert caught.value.code == "source.corrupt"


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_change_of_size_is_found(clips: Clips, tmp_path: Path, extension: str) -> None:
    pattern = copied(clips.sequence(extension), tmp_path)
    other = copied(clips.sequence(extension, size="160x90"), tmp_path / "other")
    frame_of(other, 1006).replace(frame_of(pattern, 1006))
    media = probed(pattern)
    [change] = [finding for finding in media.findings if finding.code == "sequence.size_changes"]
    assert change.frames == (1006,)
    assert "160x90" in change.message
    assert media.missing == ()


def test_a_change_of_channels_is_found(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence("png"), tmp_path)
    other = copied(clips.sequence("png", arguments=("-c:v", "png", "-pix_fmt", "rgba")), tmp_path / "other")
    frame_of(other, 1006).replace(frame_of(pattern, 1006))
    assert finding_frames(probed(pattern))["sequence.type_changes"] == (1006,)


def test_a_truncated_still_is_damaged(clips: Clips, tmp_path: Path) -> None:
    for extension in EXTENSIONS:
        with pytest.raises(UnsupportedFormat) as caught:
            probed(truncated(copied(clips.still(extension), tmp_path)))
        assert caught.value.code == "source.corrupt", extension


def test_alpha_of_an_image(clips: Clips) -> None:
    media = probed(clips.alpha_still())
    assert media.video is not None
    assert media.video.has_alpha


def test_the_linear_half_of_an_exr(clips: Clips) -> None:
    video = probed(clips.still("exr")).video
    assert video is not None
    assert video.is_float
    assert video.colour.transfer == "linear"
    assert video.colour.primaries == "bt709"


def test_a_thousand_exr_frames_take_seconds(clips: Clips, tmp_path: Path) -> None:
    template = frame_of(clips.sequence("exr", frames=1), 1001)
    for number in range(1, 1001):
        (tmp_path / f"long.{number:04d}.exr").hardlink_to(template)
    started = time.monotonic()
    media = probe(find_source([str(tmp_path)]))
    assert media.frame_count == 1000
    assert time.monotonic() - started < 10


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """The image with some header bytes replaced by as many others."""
    assert len(old) == len(new)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


def test_a_logarithmic_dpx_is_noticed(clips: Clips, tmp_path: Path) -> None:
    still = copied(clips.still("dpx"), tmp_path)
    assert "colour.log" not in finding_frames(probed(still))
    data = bytearray(still.read_bytes())
    data[801] = 1
    still.write_bytes(data)
    assert "colour.log" in finding_frames(probed(still))


@pytest.mark.parametrize("extension", ["png", "jpg", "exr", "tif"])
@pytest.mark.parametrize("name", ["100%d", "f.%04d", "a*", "a?", "a[1]", "{a,b}", os.fsdecode(b"\xff")])
def test_a_still_whose_name_looks_like_a_pattern_is_read_itself(
    clips: Clips, tmp_path: Path, extension: str, name: str
) -> None:
    """Other files that the pattern would match are there, of another size."""
    other = copied(clips.still(extension, size="160x90"), tmp_path)
    for decoy in ("1001", "f.0001", "a1", "ab", "a", "input"):
        (tmp_path / f"{decoy}.{extension}").write_bytes(other.read_bytes())
    copied(clips.still(extension), tmp_path).rename(tmp_path / f"{name}.{extension}")
    video = probe(SourceRef(path=str(tmp_path / f"{name}.{extension}"))).video
    assert video is not None
    assert video.width == 320


def test_a_deep_exr_is_refused_in_plain_words(clips: Clips, tmp_path: Path) -> None:
    still = copied(clips.still("exr"), tmp_path)
    data = bytearray(still.read_bytes())
    data[4:8] = struct.pack("<I", struct.unpack("<I", data[4:8])[0] | 0x800)
    still.write_bytes(data)
    with pytest.raises(UnsupportedFormat, match="deep image") as caught:
        probed(still)
    assert caught.value.code == "source.unsupported"


def test_an_exr_with_another_data_window(clips: Clips, tmp_path: Path) -> None:
    window = b"displayWindow\0box2i\0" + struct.pack("<i4i", 16, 0, 0, 319, 179)
    larger = b"displayWindow\0box2i\0" + struct.pack("<i4i", 16, -40, -10, 359, 189)
    media = probed(rewritten(copied(clips.still("exr"), tmp_path), window, larger))
    assert media.video is not None
    assert (media.video.width, media.video.height) == (400, 200)
    assert "exr.data_window" in finding_frames(media)
