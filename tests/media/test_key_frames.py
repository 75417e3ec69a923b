"""Closed and open groups of pictures are told apart by the key frames themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from encode_media.media.key_frames import group_begun
from encode_media.media.probe import inspect_output, probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Groups, VideoStream
from support.clips import Clips

X265 = "keyint=6:min-keyint=6:scenecut=0:log-level=error"
MADE = {
    "h264": ("libx264", "-g", "6", "-bf", "2"),
    "h264 open": ("libx264", "-g", "6", "-bf", "2", "-x264-params", "open-gop=1"),
    "h264 refresh": ("libx264", "-x264-params", "intra-refresh=1:keyint=6"),
    "hevc": ("libx265", "-x265-params", f"{X265}:open-gop=0"),
    "hevc open": ("libx265", "-x265-params", f"{X265}:open-gop=1"),
    "vp9": ("libvpx-vp9", "-g", "6", "-deadline", "realtime", "-cpu-used", "8"),
    "av1": ("libsvtav1", "-g", "6", "-preset", "10"),
    "prores": ("prores_ks", "-profile:v", "0"),
}


@pytest.fixture(params=[
    ("h264", "mp4", Groups.CLOSED), ("h264", "mkv", Groups.CLOSED), ("h264", "ts", Groups.CLOSED),
    ("h264 open", "mp4", Groups.OPEN), ("h264 open", "mkv", Groups.OPEN), ("h264 open", "ts", Groups.OPEN),
    ("h264 refresh", "mp4", Groups.UNKNOWN),
    ("hevc", "mp4", Groups.CLOSED), ("hevc open", "mp4", Groups.OPEN), ("hevc open", "mkv", Groups.OPEN),
    ("vp9", "webm", Groups.CLOSED), ("av1", "webm", Groups.CLOSED), ("av1", "mp4", Groups.CLOSED),
    ("prores", "mov", None),
], ids=lambda case: f"{case[0]} in {case[1]}")  # fmt: skip
def made(request: pytest.FixtureRequest, clips: Clips) -> tuple[Path, Groups | None]:
    codec, container, groups = request.param
    pixels = "yuv422p10le" if codec == "prores" else "yuv420p"
    name = f"{codec.replace(' ', '_')}.{container}"
    return clips.movie(name, frames=18, size="160x90", codec=MADE[codec], pixel_format=pixels), groups


def video_of(path: Path) -> VideoStream:
    video = probe(find_source([str(path)])).video
    assert video is not None
    return video


def test_a_probe_and_an_inspection_agree_on_how_groups_begin(made: tuple[Path, Groups | None]) -> None:
    path, groups = made
    video, facts = video_of(path), inspect_output(str(path))

    assert (video.groups, facts.groups) == (groups, groups)
    assert video.key_frame_distance == facts.key_frame_distance


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
def test_the_longest_group_is_counted_in_frames(clips: Clips, codec: str) -> None:
    container = "webm" if codec in ("vp9", "av1") else "mp4"
    path = clips.movie(f"{codec}.{container}", frames=18, size="160x90", codec=MADE[codec])

    assert video_of(path).key_frame_distance == 6


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1", b"\xff" * 40, bytes(40)])
def test_bytes_that_are_no_picture_begin_no_closed_group(codec: str, data: bytes) -> None:
    assert group_begun(codec, data, b"") is not Groups.CLOSED
