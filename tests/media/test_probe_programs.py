"""The ffmpeg in use is found and proved by running it; the demo's sources are made with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from encode_media.errors import EncodeFailed
from encode_media.media import samples as samples_module
from encode_media.media.capabilities import Ffmpeg, find_ffmpeg
from encode_media.media.probe import probe
from encode_media.media.samples import make_samples
from encode_media.media.sequence import find_source
from encode_media.model.media import ColourTags, SourceKind


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_configured_ffmpeg_is_taken(ffmpeg: str) -> None:
    found = find_ffmpeg(ffmpeg)
    assert found.path == ffmpeg
    assert found.major >= 4


def test_without_one_on_the_path_the_bundled_one_is_taken(
    ffmpeg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg().path == ffmpeg


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize(
    ("version", "major"),
    [
        ("ffmpeg version 9.0.2-17-g2a571b6068 Copyright", 9),
        ("ffmpeg version n7.1 Copyright", 7),
        ("ffmpeg version 5.1.9-0+deb12u1 Copyright", 5),
        ("ffmpeg version N-110000-gabcdef Copyright\nlibavutil      58.  2.100 / 58.  2.100", 6),
    ],
)
def test_the_version_is_understood(tmp_path: Path, version: str, major: int) -> None:
    assert find_ffmpeg(program(tmp_path / "ffmpeg", f"cat <<'END'\n{version}\nEND")).major == major


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize("text", ["exit 1", "echo something else"])
def test_a_program_that_is_no_ffmpeg(tmp_path: Path, text: str) -> None:
    with pytest.raises(EncodeFailed) as caught:
        find_ffmpeg(program(tmp_path / "ffmpeg", text))
    assert caught.value.code == "ffmpeg.missing"


def test_a_configured_ffmpeg_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed) as caught:
        find_ffmpeg(str(tmp_path / "none"))
    assert caught.value.code == "ffmpeg.missing"


def test_encoders_are_proved_by_encoding(each_ffmpeg: str) -> None:
    found = find_ffmpeg(each_ffmpeg)
    for encoder in (
        "libx264",
        "prores_ks",
        "libvpx-vp9",
        "png",
        "mjpeg",
        "dnxhd",
        "exr",
        "aac",
        "libopus",
        "pcm_s16le",
    ):
        assert found.can_encode(encoder), encoder
    assert not found.can_encode("nonsense")


def test_filters_are_proved_by_filtering(each_ffmpeg: str) -> None:
    found = find_ffmpeg(each_ffmpeg)
    assert found.has_filter("scale=320:180")
    assert not found.has_filter("nonsense")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_replaced_program_is_asked_again(tmp_path: Path) -> None:
    path = program(tmp_path / "ffmpeg", "exit 0")
    found = Ffmpeg(path=path, version="1", major=1)
    assert found.can_encode("libx264")
    program(tmp_path / "ffmpeg", "exit 1 # another one")
    assert not found.can_encode("libx264")


def test_the_demo_sources_are_what_the_demo_needs(each_ffmpeg: str, tmp_path: Path) -> None:
    make_samples(tmp_path, each_ffmpeg)
    comp = probe(find_source([str(tmp_path / "sh010_comp_v001.mov")]))
    assert comp.video is not None
    assert (comp.video.frame_rate.numerator, comp.video.frames) == (24000, 72)
    assert (comp.video.width, comp.video.height) == (1280, 720)
    assert comp.video.colour == ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
    assert comp.timecode == "01:00:00:00"
    assert comp.audio[0].channels == 2
    assert comp.audio[0].duration_s == comp.video.duration_s
    beauty = probe(find_source([str(tmp_path / "sh010_beauty")]))
    assert beauty.span is not None
    assert (beauty.span.first, beauty.span.last, beauty.missing) == (1001, 1048, ())
    assert beauty.video is not None
    assert beauty.video.colour.transfer == "linear"
    anim = probe(find_source([str(tmp_path / "sh020_anim")]))
    assert anim.missing == (1010, 1011, 1012)
    assert probe(find_source([str(tmp_path / "sh020_concept.png")])).kind is SourceKind.STILL
    assert "morning" in (tmp_path / "sh030_notes.mov").read_text()


def test_an_interrupted_demo_source_is_made_again(
    ffmpeg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure leaves nothing under the final name, and what is complete is not made twice."""

    def broken(_ffmpeg: str, path: Path) -> None:
        path.mkdir()
        (path / "sh010_beauty.1001.exr").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(samples_module, "_make_beauty", broken)
        with pytest.raises(KeyboardInterrupt):
            make_samples(tmp_path, ffmpeg)
    assert not (tmp_path / "sh010_beauty").exists()
    make_samples(tmp_path, ffmpeg)
    assert len(list((tmp_path / "sh010_beauty").iterdir())) == 48
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    make_samples(tmp_path, ffmpeg)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
