"""Verification decodes what was really written, and finds what is wrong with it."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.errors import Cancelled, OutputWrong
from encode_media.model.media import ColourTags
from encode_media.model.plan import EncodePlan, Expected
from encode_media.model.result import OutputResult, Progress, Stage
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from support.processes import working_in
from support.run_plans import HD, REPORT, TAG, TAGS, encode_movie, ffmpegs, h264, movie_plan, output, plan
from support.waiting import wait_for

BUNDLED = ffmpegs()["bundled"]


def make(folder: Path, this: EncodePlan, ffmpeg: str = BUNDLED) -> EncodePlan:
    run_plan(this, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    return this


def ffmpeg_in(folder: Path, *words: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([BUNDLED, "-v", "error", "-y", *words], cwd=folder, check=True, stdin=subprocess.DEVNULL)


def wrong_checks(this: EncodePlan, folder: Path) -> dict[str, str]:
    """The failed checks of a plan's one output: name to what was found."""
    with pytest.raises(OutputWrong) as caught:
        verify(this, folder)
    assert caught.value.code == "output.wrong"
    (checks,) = caught.value.details["checks"].values()
    for check in checks:
        assert f"{check['name']}: expected {check['expected']}, found {check['found']}" in caught.value.message
    return {check["name"]: check["found"] for check in checks}


@pytest.mark.parametrize("ffmpeg", ffmpegs().values(), ids=ffmpegs().keys())
def test_a_right_movie_is_proved_right(tmp_path: Path, ffmpeg: str) -> None:
    this = make(tmp_path, movie_plan(frames=30), ffmpeg)
    (result,) = verify(this, tmp_path)
    assert isinstance(result, OutputResult)
    assert (result.codec, result.width, result.height, result.frames) == ("h264", 320, 180, 30)
    assert (result.frame_rate, result.duration_s) == (Fraction(24), pytest.approx(1.25))
    assert result.path == str(tmp_path / "review.mp4")
    assert result.size_bytes == (tmp_path / "review.mp4").stat().st_size
    assert all(check.passed for check in result.checks)


def sound(seconds: float, frames: int = 24, rate: str = "24") -> tuple[str, ...]:
    """Arguments for a movie with sound of this length; the picture ends by itself after its frames."""
    picture = f"testsrc2=s=320x180:r={rate},format=yuv420p,trim=end_frame={frames},{TAG}"
    return ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=r=48000:d={seconds}", "-c:v", "libx264",
            "-preset", "veryfast", "-profile:v", "high", *TAGS, "-c:a", "aac", "-ac", "2",
            "-movflags", "+faststart")  # fmt: skip


WITH_SOUND = {"audio_codec": "aac", "audio_channels": 2, "audio_sample_rate": 48000}


@pytest.mark.parametrize("ffmpeg", ffmpegs().values(), ids=ffmpegs().keys())
@pytest.mark.parametrize("rate", ["24", "24000/1001", "60", "120"])
def test_sound_as_long_as_the_picture_passes_at_any_rate(tmp_path: Path, ffmpeg: str, rate: str) -> None:
    frames, exact = 37, Fraction(rate)
    seconds = frames / exact
    argv = (*REPORT, *sound(10, frames, rate), "-af",
            f"aresample=48000:async=1:first_pts=0,apad=whole_dur={float(seconds)},atrim=end={float(seconds)}",
            "review.mp4")  # fmt: skip
    expected = h264(frames, frame_rate=exact, duration_s=seconds, **WITH_SOUND)
    this = plan(argv, outputs=(output("review.mp4", expected),), frames=frames)
    verify(make(tmp_path, this, ffmpeg), tmp_path)


def test_a_movie_that_is_too_short_is_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan(frames=20))
    wrong = wrong_checks(movie_plan(frames=24), tmp_path)
    assert wrong == {"frames": "20", "duration": "0.833 s"}


def test_one_frame_too_many_is_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan(frames=25))
    assert wrong_checks(movie_plan(frames=24), tmp_path) == {"frames": "25"}


def test_missing_colour_tags_are_found(tmp_path: Path) -> None:
    """With ffmpeg 9 the output options alone leave primaries and transfer unset, and nobody is told."""
    ffmpeg_in(tmp_path, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=24", "-frames:v", "24", "-vf",
              "scale=out_color_matrix=bt709:out_range=limited,format=yuv420p", "-c:v", "libx264", "-profile:v",
              "high", "-color_primaries", "bt709", "-color_trc", "bt709", "-movflags", "+faststart",
              "review.mp4")  # fmt: skip
    assert {"colour primaries", "colour transfer"} <= set(wrong_checks(movie_plan(), tmp_path))


def test_wrong_colour_tags_are_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan())
    expected = h264(colour=replace(HD, transfer="iec61966-2-1"))
    this = plan(encode_movie(), outputs=(output("review.mp4", expected),))
    assert wrong_checks(this, tmp_path) == {"colour transfer": "bt709"}


def test_a_wrong_pixel_format_and_profile_are_found(tmp_path: Path) -> None:
    ffmpeg_in(tmp_path, "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=24,format=yuv420p10le,{TAG}", "-frames:v",
              "24", "-c:v", "libx264", "-movflags", "+faststart", "review.mp4")  # fmt: skip
    wrong = wrong_checks(movie_plan(), tmp_path)
    assert (wrong["profile"], wrong["pixel format"]) == ("High 10", "yuv420p10le")


def test_a_movie_cut_short_on_disk_is_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan())
    file = tmp_path / "review.mp4"
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    wrong = wrong_checks(movie_plan(), tmp_path)
    assert "decodes" in wrong
    assert int(wrong["frames"]) < 24


def index_last() -> tuple[str, ...]:
    return tuple(word for word in encode_movie() if word not in ("-movflags", "+faststart"))


def test_a_movie_without_its_index_is_found(tmp_path: Path) -> None:
    this = make(tmp_path, plan(index_last(), outputs=(output("review.mp4", h264()),)))
    file = tmp_path / "review.mp4"
    file.write_bytes(file.read_bytes()[:-4000])
    assert set(wrong_checks(this, tmp_path)) == {"file"}


def test_bytes_damaged_inside_a_movie_are_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan(frames=48))
    file = tmp_path / "review.mp4"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    file.write_bytes(data)
    assert "decodes" in wrong_checks(movie_plan(frames=48), tmp_path)


def test_an_index_at_the_end_is_found(tmp_path: Path) -> None:
    this = make(tmp_path, plan(index_last(), outputs=(output("review.mp4", h264()),)))
    assert wrong_checks(this, tmp_path) == {"fast start": "index after the pictures"}


def test_sound_longer_than_the_picture_is_found(tmp_path: Path) -> None:
    ffmpeg_in(tmp_path, *sound(5), "review.mp4")
    this = plan(encode_movie(), outputs=(output("review.mp4", h264(**WITH_SOUND)),))
    assert set(wrong_checks(this, tmp_path)) == {"audio length"}


def test_missing_and_unwanted_sound_are_found(tmp_path: Path) -> None:
    ffmpeg_in(tmp_path, *sound(1), "review.mp4")
    assert wrong_checks(movie_plan(), tmp_path) == {"audio streams": "1"}
    make(tmp_path, movie_plan())
    this = plan(encode_movie(), outputs=(output("review.mp4", h264(**WITH_SOUND)),))
    assert wrong_checks(this, tmp_path)["audio streams"] == "0"


def test_pixels_that_are_not_square_are_found(tmp_path: Path) -> None:
    make(tmp_path, plan(encode_movie("review.mp4", 24, "-vf", "setsar=16/15"),
                        outputs=(output("review.mp4", h264()),)))  # fmt: skip
    assert wrong_checks(movie_plan(), tmp_path)["square pixels"] == "16:15"


def test_a_rotation_left_in_the_file_is_found(tmp_path: Path) -> None:
    make(tmp_path, movie_plan(file="flat.mp4"))
    ffmpeg_in(
        tmp_path,
        "-display_rotation",
        "90",
        "-i",
        "flat.mp4",
        "-c",
        "copy",
        "-movflags",
        "+faststart",
        "review.mp4",
    )
    assert set(wrong_checks(movie_plan(), tmp_path)) == {"upright"}


PHONE = "90000/3013"
"""29.871, the average of a real phone's clip; few frames of it could as well be 29.97."""


def expected_at(rate: str, frames: int, **changes: object) -> Expected:
    exact = Fraction(rate)
    return h264(frames, frame_rate=exact, duration_s=frames / exact, **changes)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("24", "24000/1001"), ("24000/1001", "24"), ("25", "24"), ("30000/1001", PHONE), (PHONE, "30000/1001")],
)
def test_a_rate_that_is_nearly_right_is_found(tmp_path: Path, written: str, wanted: str) -> None:
    ffmpeg_in(tmp_path, *sound(1, 24, written), "-an", "review.mp4")
    this = plan(encode_movie(), outputs=(output("review.mp4", expected_at(wanted, 24)),))
    assert set(wrong_checks(this, tmp_path)) == {"frame rate"}


VP8 = {"codec": "vp8", "profile": None, "faststart": False, "colour": ColourTags()}


@pytest.mark.parametrize("ffmpeg", ffmpegs().values(), ids=ffmpegs().keys())
@pytest.mark.parametrize("frames", [1, 2, 8])
def test_few_frames_at_a_rate_that_is_no_standard_are_proved_right(
    tmp_path: Path, ffmpeg: str, frames: int
) -> None:
    """Where the file's clock shows them exactly, and where it counts in whole milliseconds."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=320x180:r={PHONE},format=yuv420p,{TAG}", "-frames:v", str(frames))
    webm = (*REPORT, *picture, "-c:v", "libvpx", "-deadline", "realtime", "review.webm")
    mp4 = (*REPORT, *sound(1, frames, PHONE), "-an", "view.mp4")
    outputs = (
        output("review.webm", expected_at(PHONE, frames, **VP8)), output("view.mp4", expected_at(PHONE, frames)),
    )  # fmt: skip
    results = verify(make(tmp_path, plan(webm, mp4, outputs=outputs, frames=frames), ffmpeg), tmp_path)
    assert {result.frame_rate for result in results} == {Fraction(PHONE)}


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    assert "not found" in wrong_checks(movie_plan(), tmp_path)["file"]


def test_a_file_that_is_no_media_is_found(tmp_path: Path) -> None:
    (tmp_path / "review.mp4").write_bytes(b"nothing of the sort" * 100)
    assert set(wrong_checks(movie_plan(), tmp_path)) == {"file"}


def test_every_wrong_output_is_named_and_the_files_stay(tmp_path: Path) -> None:
    two = plan(
        encode_movie("a.mp4", 20), encode_movie("b.mp4", 24),
        outputs=(output("a.mp4", h264(20)), output("b.mp4", h264(24))),
    )  # fmt: skip
    make(tmp_path, two)
    asked = replace(two, outputs=(output("a.mp4", h264(24)), output("b.mp4", h264(24, width=640))))
    with pytest.raises(OutputWrong) as caught:
        verify(asked, tmp_path)
    assert set(caught.value.details["checks"]) == {"a", "b"}
    assert "a: frames: expected 24, found 20" in caught.value.message
    assert "b: size: expected 640x180, found 320x180" in caught.value.message
    assert (tmp_path / "a.mp4").is_file()
    assert (tmp_path / "b.mp4").is_file()


# --- sequences and stills ------------------------------------------------------------------------

PNG = Expected(codec="png", pixel_format="rgb24", width=64, height=36, frames=6)


def png_plan(expected: Expected = PNG) -> EncodePlan:
    argv = (*REPORT, "-f", "lavfi", "-i", "testsrc=s=64x36:r=24", "-frames:v", "6", "-pix_fmt", "rgb24",
            "-start_number", "1001", "png/a.%04d.png")  # fmt: skip
    return plan(argv, outputs=(output("png/a.%04d.png", expected, first_frame=1001),), frames=6)


def test_a_right_sequence_is_proved_right(tmp_path: Path) -> None:
    (result,) = verify(make(tmp_path, png_plan()), tmp_path)
    assert result.path == str(tmp_path / "png" / "a.%04d.png")
    assert (result.frames, result.frame_rate) == (6, None)
    assert result.size_bytes == sum(file.stat().st_size for file in (tmp_path / "png").iterdir())


def test_a_gap_in_a_sequence_is_found(tmp_path: Path) -> None:
    make(tmp_path, png_plan())
    (tmp_path / "png" / "a.1003.png").unlink()
    assert wrong_checks(png_plan(), tmp_path) == {"frame numbers": "missing: 1003", "frames": "5"}


def test_a_sequence_that_starts_at_another_number_is_found(tmp_path: Path) -> None:
    make(tmp_path, png_plan())
    (tmp_path / "png" / "a.1001.png").rename(tmp_path / "png" / "a.1007.png")
    assert wrong_checks(png_plan(), tmp_path)["frame numbers"] == "missing: 1001, not asked for: 1007"


def test_a_frame_cut_short_is_found(tmp_path: Path) -> None:
    make(tmp_path, png_plan())
    file = tmp_path / "png" / "a.1004.png"
    file.write_bytes(file.read_bytes()[:-60])
    wrong = wrong_checks(png_plan(), tmp_path)
    assert "frame 1004" in wrong["decodes"]
    assert wrong["frames"] == "5"


def test_a_sequence_without_any_file_is_found(tmp_path: Path) -> None:
    assert set(wrong_checks(png_plan(), tmp_path)) == {"file"}


def test_a_still_is_checked_as_a_picture(tmp_path: Path) -> None:
    argv = (*REPORT, "-f", "lavfi", "-i", "testsrc=s=64x36:r=24", "-frames:v", "1", "-update", "1", "-vf",
            "scale=out_color_matrix=bt601:out_range=full,format=yuvj444p", "thumbnail.jpg")  # fmt: skip
    expected = Expected(codec="mjpeg", pixel_format="yuvj444p", width=64, height=36, frames=1)
    this = plan(argv, outputs=(output("thumbnail.jpg", expected),), frames=1)
    (result,) = verify(make(tmp_path, this), tmp_path)
    assert (result.codec, result.frames) == ("mjpeg", 1)
    smaller = replace(this, outputs=(output("thumbnail.jpg", replace(expected, colour=ColourTags(range="tv"))),))
    assert set(wrong_checks(smaller, tmp_path)) == {"colour range"}


# --- while it runs -------------------------------------------------------------------------------


def test_progress_is_told_for_each_output(tmp_path: Path) -> None:
    seen: list[Progress] = []
    verify(make(tmp_path, movie_plan()), tmp_path, on_progress=seen.append)
    assert seen
    assert {progress.stage for progress in seen} == {Stage.VERIFYING}
    assert all(86 <= progress.percent <= 90 for progress in seen)


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at processes in /proc")
def test_cancelling_a_verification_ends_it_within_three_seconds(tmp_path: Path) -> None:
    """The pipe gives nothing, so the decoder waits for ever."""
    import os

    os.mkfifo(tmp_path / "review.mp4")
    asked = threading.Event()
    ended: list[float] = []

    def run() -> None:
        with pytest.raises(Cancelled):
            verify(movie_plan(), tmp_path, cancelled=asked.is_set)
        ended.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: len(working_in(tmp_path)) >= 2, timeout_s=20, what="the guard and its child run")
    asked.set()
    started = time.monotonic()
    thread.join(10)
    assert ended
    assert ended[0] - started < 3
    assert not working_in(tmp_path)


def test_an_exr_frame_damaged_inside_is_found(tmp_path: Path) -> None:
    """ffmpeg decodes it to a partly black picture and only says so in its log."""
    argv = (*REPORT, "-f", "lavfi", "-i", "testsrc2=s=128x72,format=gbrpf32le", "-frames:v", "3", "-c:v", "exr",
            "-compression", "zip16", "-format", "half", "-start_number", "1001", "exr/a.%04d.exr")  # fmt: skip
    expected = Expected(codec="exr", pixel_format="gbrpf32le", width=128, height=72, frames=3)
    this = plan(argv, outputs=(output("exr/a.%04d.exr", expected, first_frame=1001),), frames=3)
    make(tmp_path, this)
    file = tmp_path / "exr" / "a.1002.exr"
    data = bytearray(file.read_bytes())
    middle = len(data) * 6 // 10
    data[middle : middle + 200] = bytes(byte ^ 0xFF for byte in data[middle : middle + 200])
    file.write_bytes(data)
    wrong = wrong_checks(this, tmp_path)
    assert "frame 1002" in wrong["decodes"]
    assert "1001" not in wrong["decodes"]
