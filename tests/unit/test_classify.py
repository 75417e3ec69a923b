"""ffmpeg's own words, recorded from 9.0.2 and 5.1, and what each of them means."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from encode_media.errors import EncodeMediaError
from encode_media.running.classify import classify, lost_writes
from encode_media.running.damage import undecodable

SOURCE = "/shots/sh010/comp.mov"
LINKS = "frames/"


RECORDED = Path(__file__).resolve().parents[1] / "support" / "ffmpeg_errors.yaml"
TABLE: dict[str, dict[str, Any]] = yaml.safe_load(RECORDED.read_text(encoding="utf-8"))


def recorded(name: str, build: str) -> tuple[int, str]:
    run = TABLE[name][build]
    return run["exit_code"], "\n".join(run["lines"]).replace("SOURCE", SOURCE)


def judge(exit_code: int, text: str, *, cancelled: bool = False) -> EncodeMediaError:
    lines = text.splitlines()
    return classify(exit_code, lines, cancelled=cancelled, sources=(SOURCE, LINKS), source=SOURCE)


@pytest.mark.parametrize("build", ["new", "old"])
@pytest.mark.parametrize("name", TABLE)
def test_each_row_of_the_table(name: str, build: str) -> None:
    code = TABLE[name]["code"]
    error = judge(*recorded(name, build))
    assert error.code == code
    assert not {"?", "?."} & set(error.message.split()), "every word of the sentence is filled"
    if code.startswith("source."):
        assert SOURCE in error.message


@pytest.mark.parametrize("name", TABLE)
def test_a_cancelled_run_is_cancelled_whatever_it_said(name: str) -> None:
    assert judge(*recorded(name, "new"), cancelled=True).code == "cancelled"


@pytest.mark.parametrize("exit_code", [0, 255, -9, -15])
def test_a_cancelled_run_is_cancelled_whatever_its_exit_code(exit_code: int) -> None:
    """ffmpeg ends with 0 or 255 after it was stopped, and its short file plays."""
    assert judge(exit_code, "", cancelled=True).code == "cancelled"


def test_a_driver_whose_libraries_are_not_there_is_hardware_that_can_not_be_used() -> None:
    """As the bundled ffmpeg ends on a Debian without X11, asked for VAAPI: with an assertion (SIGABRT)."""
    library = "libX11.so.6: cannot open shared object file: No such file or directory"
    lines = [
        f"implib-gen: libX11.so.6: failed to load library 'libX11.so.6' via dlopen: {library}",
        "ffmpeg: libX11.so.6.init.c:122: load_library: Assertion `0' failed.",
    ]
    assert judge(-6, "\n".join(lines)).code == "ffmpeg.hardware"


def test_a_full_disk_is_the_cause_of_all_that_follows() -> None:
    lines = ["Could not write header", "moov atom not found", "Error writing trailer: No space left on device"]
    assert judge(1, "\n".join(lines)).code == "disk.full"


def test_the_part_of_ffmpeg_that_speaks_is_left_out_of_the_sentence() -> None:
    error = judge(187, "[libx264 @ 0x55d1] [error] width not divisible by 2 (641x361)")
    assert error.message == "ffmpeg refused the parameters: width not divisible by 2 (641x361)"


def test_the_missing_encoder_is_named() -> None:
    assert judge(*recorded("unknown encoder", "old")).message == "This ffmpeg can't encode h264_nvenc."


def test_a_path_that_cannot_be_written_is_named() -> None:
    for build in ("new", "old"):
        assert (
            judge(*recorded("no right to write", build)).message
            == "The result can't be written: /closed/review.mp4"
        )


def test_a_program_that_could_not_be_started_is_named_with_the_reason() -> None:
    error = judge(127, "encode-media: cannot start /opt/ffmpeg: Exec format error")
    assert error.code == "ffmpeg.missing"
    assert "/opt/ffmpeg (Exec format error)" in error.message


def test_words_nobody_knows_are_handed_on() -> None:
    error = judge(1, "frame 1\n[x @ 0x1] Some new error nobody has met\nfollowed by more")
    assert (error.code, error.retryable) == ("ffmpeg.failed", False)
    assert error.message == "ffmpeg stopped with an error: Some new error nobody has met"


def test_silence_is_said_with_the_exit_code() -> None:
    assert "exit code 3" in judge(3, "").message


def test_a_crash_names_its_signal() -> None:
    assert "SIGSEGV" in judge(-int(signal.SIGSEGV), "").message


def test_a_log_that_mentions_the_source_in_passing_is_not_a_missing_source() -> None:
    error = judge(
        187, f"[in#0 @ 0x1] {SOURCE}: something odd\n[libx264 @ 0x1] height not divisible by 2 (640x361)"
    )
    assert error.code == "ffmpeg.parameters"


def test_the_name_of_the_source_is_not_taken_for_words_of_ffmpeg() -> None:
    path = "/shots/No space left on device: Permission denied.mov"
    lines = [f"{path}: Invalid data found when processing input"]
    error = classify(1, lines, sources=(path,), source=path)
    assert error.code == "source.not_media"
    assert path in error.message


def test_a_frame_of_the_frame_list_is_the_source() -> None:
    error = classify(1, ["frames/000012.exr: Permission denied"], sources=(LINKS,), source="/shots/a.%04d.exr")
    assert error.message == "The source can't be read: /shots/a.%04d.exr"


def test_success_that_lost_its_last_write_is_a_full_disk() -> None:
    """ffmpeg 5.1 ends with 0 when only closing the file fails."""
    error = lost_writes(["Error closing file review.mp4: No space left on device"])
    assert error is not None
    assert error.code == "disk.full"


def test_success_that_left_out_frames_it_could_not_decode_is_a_damaged_source() -> None:
    lines = ["[h264 @ 0x55d] top block unavailable", "[h264 @ 0x55d] error while decoding MB 0 0"]
    error = undecodable(lines, source=SOURCE)
    assert error is not None
    assert error.code == "source.corrupt"
    assert SOURCE in error.message
    assert "error while decoding MB 0 0" in error.message
    assert undecodable(["[libx264 @ 0x55d] a warning"], source=SOURCE) is None


def test_success_with_harmless_words_is_success() -> None:
    assert lost_writes(["[swscaler @ 0x1] deprecated pixel format used"]) is None


def test_a_heif_picture_that_ffmpeg_takes_for_a_movie_is_not_called_damaged() -> None:
    """The probe has read it before: ffmpeg 5 and 6 can't."""
    lines = ("[mov,mp4 @ 0x1] moov atom not found", "/p/IMG_0001.HEIC: Invalid data found when processing input")
    error = classify(1, lines, sources=("/p/IMG_0001.HEIC",), source="/p/IMG_0001.HEIC")
    assert error.code == "source.unsupported"
    assert "too old for HEIF" in error.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Output file #0 does not contain any stream", "source.no_video"),
        ("[h264 @ 0x1] Error splitting the input into NAL units.", "source.corrupt"),
        ("[vost#0:0 @ 0x1] Encoder not found", "ffmpeg.encoder_missing"),
        ("Error splitting the argument list: Option not found", "ffmpeg.parameters"),
        ("[out#0/mp4 @ 0x1] Error writing trailer: Input/output error", "storage.failed"),
        ("[out#0/mp4 @ 0x1] Error writing trailer", "storage.failed"),
    ],
)
def test_lines_that_mostly_follow_on_others_are_known_alone_too(line: str, code: str) -> None:
    assert judge(1, line).code == code
