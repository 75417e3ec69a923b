"""Every class of failure, caused for real with both ffmpegs and told in our words: never "unknown"."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from encode_media.running.classify import classify, lost_writes
from support.clips import Clips

QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=24", "-frames:v", "2")
SOUND = ("-f", "lavfi", "-i", "anullsrc=cl=stereo", "-t", "0.1")
NOWHERE = ("-f", "null", "-")

CASES: dict[str, tuple[tuple[str, ...], str, str]] = {
    # name: arguments, code, what the sentence has to name
    "absent file": (("-i", "none.mov", *NOWHERE), "source.missing", "none.mov"),
    "absent sequence": (
        ("-start_number", "1001", "-i", "none.%04d.png", *NOWHERE), "source.missing", "none.%04d.png"),
    "folder as source": (("-i", "folder", *NOWHERE), "source.missing", "folder"),
    "text": (("-f", "matroska", "-i", "notes.mov", *NOWHERE), "source.not_media", "notes.mov"),
    "cut before its index": (("-i", "cut.mov", *NOWHERE), "source.corrupt", "cut.mov"),
    "empty file": (("-i", "empty.mov", *NOWHERE), "source.corrupt", "empty.mov"),
    "damaged png": (("-f", "image2", "-i", "bad.png", "-frames:v", "1", "o.png"), "source.corrupt", "bad.png"),
    "damaged exr": (("-f", "image2", "-i", "bad.exr", "-frames:v", "1", "o.png"), "source.corrupt", "bad.exr"),
    "other protocol": (
        ("-protocol_whitelist", "file", "-i", "http://127.0.0.1/a.mov", *NOWHERE), "source.not_media", "a.mov"),
    "other format": (("-format_whitelist", "mov", "-i", "good.png", *NOWHERE), "source.not_media", "good.png"),
    "no picture": (("-i", "tone.wav", "-map", "0:v:0", *NOWHERE), "source.no_video", "tone.wav"),
    "no encoder": ((*PICTURE, "-c:v", "nosuch", *NOWHERE), "ffmpeg.encoder_missing", "nosuch"),
    "no filter": (
        (*PICTURE, "-filter_complex", "[0:v]nosuch[a]", "-map", "[a]", *NOWHERE),
        "ffmpeg.filter_missing", "nosuch"),
    "no option": ((*PICTURE, "-nosuch", "1", *NOWHERE), "ffmpeg.parameters", "nosuch"),
    "no option of a filter": ((*PICTURE, "-vf", "scale=nosuch=1", *NOWHERE), "ffmpeg.parameters", "nosuch"),
    "no colour path": (
        (*PICTURE, "-vf", "zscale=m=2020_ncl:min=709:p=2020:pin=709:t=linear:tin=input", *NOWHERE),
        "ffmpeg.parameters", "no path between colorspaces"),
    "bad preset": (
        (*PICTURE, "-c:v", "libx264", "-preset", "nosuch", *NOWHERE),
        "ffmpeg.parameters", "invalid preset 'nosuch'"),
    "profile clash": (
        (*PICTURE, "-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv444p", *NOWHERE),
        "ffmpeg.parameters", "high profile doesn't support 4:4:4"),
    "no pixel format": ((*PICTURE, "-pix_fmt", "nosuch", *NOWHERE), "ffmpeg.parameters", "nosuch"),
    "odd size": (
        ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "161x91", "-i", "raw", "-c:v", "libx264", *NOWHERE),
        "ffmpeg.parameters", "not divisible by 2"),
    "no DNxHD size": (
        (*PICTURE, "-c:v", "dnxhd", "-b:v", "1M", "-pix_fmt", "yuv422p", *NOWHERE), "ffmpeg.parameters", "DNxHD"),
    "value out of range": (
        (*PICTURE, "-c:v", "libvpx-vp9", "-cpu-used", "99", *NOWHERE), "ffmpeg.parameters", "cpu-used"),
    "sound rate": ((*SOUND, "-c:a", "libopus", "-ar", "44100", *NOWHERE), "ffmpeg.parameters", "44100"),
    "codec and container": ((*PICTURE, "-c:v", "libx264", "o.webm"), "ffmpeg.parameters", "WebM"),
    "no container": ((*PICTURE, "-c:v", "libx264", "o.mp4.part"), "ffmpeg.parameters", "o.mp4.part"),
    "absent LUT": ((*PICTURE, "-vf", "lut3d=file=none.cube", *NOWHERE), "ffmpeg.parameters", "none.cube"),
    "no LUT": ((*PICTURE, "-vf", "lut3d=file=notes.mov", *NOWHERE), "ffmpeg.parameters", "file type"),
    "absent text": ((*PICTURE, "-vf", "drawtext=textfile=none.txt", *NOWHERE), "ffmpeg.parameters", "none.txt"),
    "absent watermark": (
        (*PICTURE, "-vf", "movie=none.png[a];[in][a]overlay", *NOWHERE), "ffmpeg.parameters", "none.png"),
    "no passes file": (
        (*PICTURE, "-c:v", "libx264", "-b:v", "1M", "-pass", "2", "-passlogfile", "none", *NOWHERE),
        "ffmpeg.parameters", "stats file"),
    "absent output folder": ((*PICTURE, "none/o.mp4"), "output.folder_missing", "none/o.mp4"),
    "NVENC": ((*PICTURE, "-c:v", "h264_nvenc", *NOWHERE), "ffmpeg.hardware", "libcuda"),
    "QSV": ((*PICTURE, "-c:v", "h264_qsv", *NOWHERE), "ffmpeg.hardware", "MFX session"),
    "VAAPI": (
        ("-vaapi_device", "/dev/dri/none", *PICTURE, "-vf", "hwupload", "-c:v", "h264_vaapi", *NOWHERE),
        "ffmpeg.hardware", "/dev/dri/none|libX11"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files under the names the cases use."""
    made = tmp_path_factory.mktemp("failures")
    movie, png, exr = clips.movie("tiny.mov", size="160x90", frames=6), clips.still("png"), clips.still("exr")
    (made / "folder").mkdir()
    (made / "notes.mov").write_text("just some notes\n" * 30)
    (made / "cut.mov").write_bytes(movie.read_bytes()[:1500])
    (made / "empty.mov").touch()
    (made / "good.png").write_bytes(png.read_bytes())
    (made / "bad.png").write_bytes(png.read_bytes()[:40] + b"X" * 40 + png.read_bytes()[80:])
    (made / "bad.exr").write_bytes(b"XX" + exr.read_bytes()[2:])
    (made / "raw").write_bytes(bytes(161 * 91 * 2))
    subprocess.run(
        [clips.ffmpeg, *QUIET, "-f", "lavfi", "-i", "sine=d=0.2", made / "tone.wav"],
        check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return made


def failed(ffmpeg: str, arguments: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ffmpeg, *QUIET, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_failure_is_told_as_what_it_is(folder: Path, each_ffmpeg: str, name: str) -> None:
    arguments, code, words = CASES[name]
    done = failed(each_ffmpeg, arguments, folder)
    if code == "ffmpeg.hardware" and not done.returncode:
        pytest.skip("this machine has the hardware")
    assert done.returncode, "the case is a failure"
    source = arguments[arguments.index("-i") + 1]
    error = classify(done.returncode, done.stderr.splitlines(), sources=(source,), source=source)
    said = any(word in error.message for word in words.split("|"))
    assert (error.code, said) == (code, True), f"{error.message}\n{done.stderr}"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_noticed_by_both(folder: Path, each_ffmpeg: str) -> None:
    """ffmpeg 5.1 ends with 0 here."""
    done = failed(each_ffmpeg, (*PICTURE, "-c:v", "rawvideo", "-f", "rawvideo", "/dev/full"), folder)
    lines = done.stderr.splitlines()
    error = (
        classify(done.returncode, lines, folder="/work") if done.returncode else lost_writes(lines, folder="/work")
    )
    assert error is not None
    assert error.code == "disk.full"
