"""Hostile and broken files: a clear error in time, nothing else read, the reader gone, ours alive."""

from __future__ import annotations

import os
import random
import struct
import sys
import time
import zlib
from pathlib import Path

import pytest

from encode_media.errors import EncodeMediaError, SourceMissing, UnsupportedFormat
from encode_media.media.probe import probe
from encode_media.model.media import Media, SourceRef
from support.clips import Clips, copied, truncated

SCRIPTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{secret}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
           "a=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
            "<Period><AdaptationSet><Representation><BaseURL>{secret}</BaseURL></Representation></AdaptationSet>"
            "</Period></MPD>",
    "text": "just some notes\n" * 30,
    "lavfi": "color=red:s=320x180",
}  # fmt: skip

REFUSALS = ("source.corrupt", "source.not_media", "source.unsupported", "source.too_large")


def probed(path: Path, timeout_s: float = 60) -> Media:
    return probe(SourceRef(path=str(path)), timeout_s=timeout_s)


@pytest.mark.parametrize("script", sorted(SCRIPTS))
@pytest.mark.parametrize("extension", ["mov", "mp4", "m3u8", "mpd", "sdp", "ffconcat", "mkv"])
def test_scripts_and_playlists_are_no_media(clips: Clips, tmp_path: Path, script: str, extension: str) -> None:
    """They name a movie that does exist, so that only a refusal, not an absence, can make this pass."""
    secret = copied(clips.movie("secret.mp4"), tmp_path)
    file = tmp_path / f"clip.{extension}"
    file.write_text(SCRIPTS[script].format(secret=secret.name))
    with pytest.raises(UnsupportedFormat) as caught:
        probed(file)
    assert caught.value.code == "source.not_media"


def test_a_movie_called_like_a_playlist_is_read_as_what_it_is(clips: Clips, tmp_path: Path) -> None:
    clip = copied(clips.movie("clip.avi", codec=("mpeg4",)), tmp_path)
    clip.rename(tmp_path / "clip.m3u8")
    video = probed(tmp_path / "clip.m3u8").video
    assert video is not None
    assert video.codec == "mpeg4"


NOISE = random.Random(1).randbytes(65536)  # noqa: S311 - reproducible, not secret


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "source.corrupt"), (bytes(4096), "source.not_media"), (NOISE, "source.not_media")],
    ids=["empty", "zeros", "noise"],
)
def test_files_without_media(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "clip.mov"
    file.write_bytes(content)
    with pytest.raises(UnsupportedFormat) as caught:
        probed(file)
    assert caught.value.code == code


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing) as caught:
        probed(tmp_path / "none.mov")
    assert caught.value.code == "source.missing"


def test_folders_and_devices_are_no_media(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        if path.exists():
            with pytest.raises(UnsupportedFormat):
                probed(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mov")
    started = time.monotonic()
    with pytest.raises(UnsupportedFormat):
        probed(tmp_path / "clip.mov")
    assert time.monotonic() - started < 5


def test_reading_that_takes_too_long_is_ended(clips: Clips) -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        probed(clips.movie(), timeout_s=0.001)
    assert caught.value.code == "source.timeout"
    assert caught.value.retryable


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a size, with the data of a few rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(65535, 65535), (2**31 - 1, 2**31 - 1), (0, 0)])
def test_an_image_of_absurd_size_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    file = tmp_path / "bomb.png"
    file.write_bytes(bomb(*size))
    started = time.monotonic()
    with pytest.raises(UnsupportedFormat):
        probed(file)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "name",
    ["a b", "100%d", "line\nbreak", "-i", "it's \"it\"", "http:x", "päth 日本", os.fsdecode(b"\xff\xfe"),
     "concat:a|b", "[x]{y}"],
)  # fmt: skip
def test_movies_of_any_name_are_probed(clips: Clips, tmp_path: Path, name: str) -> None:
    clip = copied(clips.movie(), tmp_path)
    clip.rename(tmp_path / f"{name}.mov")
    media = probe(SourceRef(path=str(tmp_path / f"{name}.mov")))
    assert media.frame_count == 24


def test_a_name_may_stand_beside_the_path_in_no_error_of_the_reader(tmp_path: Path) -> None:
    """The sentence a person reads names the file, not our reader's insides."""
    file = tmp_path / "notes.mov"
    file.write_text("not a movie")
    with pytest.raises(UnsupportedFormat) as caught:
        probed(file)
    assert str(file) in caught.value.message
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize(
    "name", ["clip.mov", "clip.mp4", "clip.mkv", "clip.mxf", "still.png", "still.exr", "still.jpg"]
)
def test_damaged_files_never_crash_the_caller(clips: Clips, tmp_path: Path, name: str) -> None:
    """Bit flips and cuts, seeded, each in a process of its own; `test_hostile_fuzz.py` reads hundreds."""
    stem, _, extension = name.partition(".")
    source = clips.still(extension) if stem == "still" else clips.movie(
        name, codec=("mpeg2video",) if extension == "mxf" else ("libx264", "-preset", "ultrafast"))  # fmt: skip
    chance = random.Random(name)  # noqa: S311 - reproducible, not secret
    for attempt in range(2):
        damaged = copied(source, tmp_path / str(attempt))
        data = bytearray(damaged.read_bytes())
        for _ in range(chance.choice((1, 10, 200))):
            data[chance.randrange(len(data) if attempt % 2 else min(2048, len(data)))] ^= 1 << chance.randrange(8)
        damaged.write_bytes(data)
        if chance.random() < 0.3:
            truncated(damaged, chance.random())
        try:
            probed(damaged, timeout_s=30)
        except EncodeMediaError as error:
            assert error.code in REFUSALS, error  # noqa: PT017 - many are read without a complaint


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_the_reader_is_started_without_credentials(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a crashed or hostile decoder could reach must not hold the API key."""
    clip = clips.movie()
    seen = tmp_path / "environment"
    spy = tmp_path / "python"
    spy.write_text(f'#!/bin/sh\nenv > "{seen}"\nexec "{sys.executable}" "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("FTRACK_API_KEY", "very-secret")
    monkeypatch.setattr(sys, "executable", str(spy))
    probed(clip)
    assert "PATH=" in seen.read_text()
    assert "very-secret" not in seen.read_text()
