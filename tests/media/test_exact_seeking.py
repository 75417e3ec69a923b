"""A late part of a movie is found without reading what is before it, frame by frame the same as in the whole."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media
from encode_media.planning import seeking
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from support.clips import Clips

FRAMES = 108
H264 = ("libx264", "-preset", "veryfast", "-g", "12", "-bf", "3")
OPEN = (*H264, "-x264-params", "open-gop=1:b-pyramid=normal:ref=4")
HEVC_OPEN = ("libx265", "-preset", "ultrafast", "-x265-params",
             "open-gop=1:keyint=12:min-keyint=12:scenecut=0:log-level=error")  # fmt: skip
VP9 = ("libvpx-vp9", "-g", "24", "-deadline", "realtime", "-cpu-used", "8")
PRORES = ("prores_ks", "-profile:v", "0")
GAPS = {"filters": "select='not(between(mod(n,10),3,5))'", "extra": ("-fps_mode", "passthrough")}
SOURCES = {
    "B-frames.mp4": {"codec": H264}, "open.mp4": {"codec": OPEN}, "open.mkv": {"codec": OPEN},
    "open_late.mkv": {"codec": OPEN, "extra": ("-output_ts_offset", "5.013")},
    "open_fragments.mp4": {"codec": OPEN, "extra": ("-movflags", "frag_keyframe+empty_moov")},
    "hevc_open.mp4": {"codec": HEVC_OPEN}, "vp9.webm": {"codec": VP9},
    "late.mp4": {"codec": H264, "extra": ("-output_ts_offset", "5")},
    "varying.mp4": {"codec": H264, **GAPS}, "varying.mkv": {"codec": H264, **GAPS},
    "alone.mov": {"codec": PRORES, "pixel_format": "yuv422p10le"},
    "with_sound.mp4": {"codec": H264, "audio": "match"},
}  # fmt: skip


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, clips: Clips) -> Media:
    path = clips.movie(request.param, frames=FRAMES, size="160x90", **SOURCES[request.param])  # type: ignore[arg-type]
    return probe(find_source([str(path)]))


def unseekable(media: Media) -> Media:
    """The same, but for the knowledge that lets a reader begin later."""
    assert media.video is not None
    return replace(media, video=replace(media.video, groups=None, key_frame_distance=None))


def pictures(ffmpeg: str, media: Media, first: int, last: int) -> tuple[list[str], bool]:
    """Hashes of the frames as they reach the encoder, and whether reading began late."""
    options = {"first": str(first), "last": str(last), "audio": "none", "missing_frames": "hold"}
    argv = make_plan(media, Catalog().resolve("prores_422", media, options)).commands[0].argv
    graph = argv[: argv.index("-map") + 2]
    without = [word for flag, word in pairwise(("", *graph)) if "-progress" not in (flag, word)]
    done = subprocess.run([ffmpeg, *without, "-f", "framemd5", "-"], check=True, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    return [line.rpartition(",")[2].strip() for line in lines], "-ss" in argv


def check(ffmpeg: str, source: Media) -> None:
    assert source.video is not None
    last = 999 + (FRAMES if source.video.variable_rate else source.video.frames or 0)
    whole, begun_late = pictures(ffmpeg, unseekable(source), last - 14, last)
    assert not begun_late
    # Places all around a key frame: just before one stand the pictures that lean on both sides.
    for first in (last - 14, last - 9, last - 6):
        exact, late = pictures(ffmpeg, source, first, first + 3)

        assert late
        assert exact == whole[first - last + 14 :][:4]


def test_every_frame_of_a_late_part_is_the_one_of_a_full_decode(ffmpeg: str, source: Media) -> None:
    check(ffmpeg, source)


@pytest.mark.slow
def test_every_frame_is_the_one_of_a_full_decode_with_older_programs(debian_ffmpeg: str, source: Media) -> None:
    check(debian_ffmpeg, source)


def test_sound_of_a_late_part_lies_where_it_lay(ffmpeg: str, clips: Clips, tmp_path: Path) -> None:
    """A tone that begins late, heard from a little before: silence first, then the tone, as with a full decode."""
    path = clips.made(
        "beep.mov", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=5",
        "-f", "lavfi", "-i", "sine=f=1000:r=48000:d=1,adelay=4000:all=1,apad=whole_dur=5", "-c:v", "libx264",
        "-g", "12", "-bf", "2", "-c:a", "pcm_s24le",
    )  # fmt: skip
    media = probe(find_source([str(path)]))
    heard = []
    for each in (media, unseekable(media)):
        made = make_plan(each, Catalog().resolve("prores_422", each, {"first": "1091", "last": "1110"}))
        folder = tmp_path / ("late" if "-ss" in made.commands[0].argv else "whole")
        folder.mkdir()
        subprocess.run([ffmpeg, *made.commands[0].argv], check=True, cwd=folder, capture_output=True)
        decode = [ffmpeg, "-v", "error", "-i", f"{folder}/prores_422.mov", "-map", "0:a", "-f", "md5", "-"]
        heard.append((folder.name, subprocess.run(decode, check=True, capture_output=True).stdout))

    assert [name for name, _ in heard] == ["late", "whole"]
    assert heard[0][1] == heard[1][1]


FAR_SOURCES = {
    **SOURCES,
    "timecode.mov": {"codec": OPEN, "extra": ("-timecode", "01:00:00:00")},
    "odd.webm": {"codec": VP9, "rate": "90000/3013"},
    "centred.mov": {"codec": ("mjpeg",), "pixel_format": "yuvj422p", "tags": False},
}  # fmt: skip


def made(ffmpeg: str, media: Media, preset: str, options: dict[str, str], folder: Path) -> tuple[bytes, int]:
    """The image, and from how many places the source was read."""
    this = make_plan(media, Catalog().resolve(preset, media, options))
    run_plan(this, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    return (folder / this.outputs[0].file).read_bytes(), this.commands[0].argv.count("-i")


@pytest.fixture(params=FAR_SOURCES)
def far(request: pytest.FixtureRequest, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> Media:
    """So short that it would be read in whole, if jumping were not made to seem cheap."""
    monkeypatch.setattr(seeking, "_GAIN", 0)
    wanted = {"frames": 2 * FRAMES, "size": "160x90", **FAR_SOURCES[request.param]}
    return probe(find_source([str(clips.movie(f"far_{request.param}", **wanted))]))  # type: ignore[arg-type]


def check_sheet(ffmpeg: str, media: Media, folder: Path) -> None:
    options = {"columns": "3", "rows": "1"}
    from_places, places = made(ffmpeg, media, "contact_sheet", options, folder / "places")
    whole, one = made(ffmpeg, unseekable(media), "contact_sheet", options, folder / "whole")

    assert (places, one) == (3, 1)
    assert from_places == whole


def test_a_sheet_of_pictures_far_apart_is_the_one_of_a_full_decode(
    ffmpeg: str, far: Media, tmp_path: Path
) -> None:
    check_sheet(ffmpeg, far, tmp_path)


@pytest.mark.parametrize(
    ("preset", "options"),
    [
        ("filmstrip", {"count": "4"}),
        ("thumbnail", {"choose": "place", "percent": "90"}),
        ("poster", {"choose": "best"}),
    ],
)
def test_other_images_of_pictures_far_apart_are_those_of_a_full_decode(
    *,
    ffmpeg: str,
    clips: Clips,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    preset: str,
    options: dict[str, str],
) -> None:
    monkeypatch.setattr(seeking, "_GAIN", 0)
    media = probe(find_source([str(clips.movie("long.mp4", frames=500, size="160x90", codec=OPEN))]))
    from_places, places = made(ffmpeg, media, preset, options, tmp_path / "places")

    assert from_places == made(ffmpeg, unseekable(media), preset, options, tmp_path / "whole")[0]
    assert places == {"filmstrip": 4, "thumbnail": 1, "poster": 11}[preset]


def test_pictures_of_another_size_on_the_way_are_all_on_the_sheet(
    each_ffmpeg: str, clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As browsers record them: the size changes just before the middle one of three."""
    monkeypatch.setattr(seeking, "_GAIN", 0)
    large, small = (clips.movie(f"{size}.mp4", frames=108, size=size) for size in ("320x180", "160x90"))
    (clips.folder / "sizes.ffconcat").write_text(f"ffconcat version 1.0\nfile '{large}'\nfile '{small}'\n")
    path = clips.made(
        "sizes.mp4", "-f", "concat", "-safe", "0", "-i", str(clips.folder / "sizes.ffconcat"), "-c", "copy",
        "-bsf:v", "dump_extra=freq=keyframe",
    )  # fmt: skip
    media = probe(find_source([str(path)]))
    options = {"columns": "3", "rows": "1", "labels": "false"}
    sheet, places = made(each_ffmpeg, media, "contact_sheet", options, tmp_path)

    (tmp_path / "sheet.jpg").write_bytes(sheet)
    decode = [each_ffmpeg, "-v", "error", "-i", f"{tmp_path}/sheet.jpg", "-vf", "scale=3:1:flags=area"]
    done = subprocess.run([*decode, "-pix_fmt", "gray", "-f", "rawvideo", "-"], check=True, capture_output=True)
    assert places == 3
    assert min(done.stdout) > 60, "one of the cells is black"


@pytest.mark.slow
def test_a_sheet_is_the_one_of_a_full_decode_with_older_programs(
    debian_ffmpeg: str, far: Media, tmp_path: Path
) -> None:
    check_sheet(debian_ffmpeg, far, tmp_path)
