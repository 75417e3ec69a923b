"""Hardware encoders that are compiled in but have no hardware: tried, refused, and replaced during the job."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from encode_media.errors import Cancelled, EncodeFailed, OutOfSpace
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.hardware import FAMILIES, Hardware, hardware_of
from encode_media.media.probe import probe
from encode_media.model.media import SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.planning.hardware import plan_with_hardware
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.fallback import run_with_fallback
from encode_media.running.runner import RunReport
from encode_media.running.verify import verify
from support.clips import Clips
from support.run_plans import encode_movie, h264, output, plan

NO_GPU = pytest.mark.skipif(
    any(Path("/dev").glob("nvidia*")) or Path("/dev/dri").exists(), reason="there may be one"
)
ALL = Hardware(works=lambda _family, _codec, _pixels: True)
"""A machine that claims everything: what a driver that breaks after the trial looks like."""


def run(this: EncodePlan, folder: Path, ffmpeg: str) -> RunReport:
    return run_with_fallback(this, folder, ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)


def small_plan(clips: Clips, encoder: str, hardware: Hardware = ALL) -> EncodePlan:
    media = probe(SourceRef(path=str(clips.movie("tiny.mov", size="160x90", frames=6))))
    preset = Catalog().resolve("h264_high_quality", media, {})
    (movie,) = preset.outputs
    video = replace(movie.video, encoder=encoder, speed="veryfast")  # type: ignore[arg-type]
    wanted = replace(preset, outputs=(replace(movie, video=video),))
    return plan_with_hardware(wanted, lambda chosen: make_plan(media, chosen), hardware)


@NO_GPU
def test_what_is_only_compiled_in_does_not_pass_its_trial(each_ffmpeg: str) -> None:
    hardware = hardware_of(find_ffmpeg(each_ffmpeg))
    assert [family for family in FAMILIES if hardware.works(family, "h264", "yuv420p")] == []


@NO_GPU
@pytest.mark.parametrize("family", FAMILIES)
def test_an_encoder_that_cannot_be_opened_is_replaced_by_software(
    clips: Clips, tmp_path: Path, each_ffmpeg: str, family: str
) -> None:
    """The lines differ from family to family and from build to build; the outcome must not."""
    this = small_plan(clips, family)
    assert f"h264_{family}" in this.commands[0].argv
    report = run(this, tmp_path / "job", each_ffmpeg)
    (made,) = verify(this, tmp_path / "job")
    assert all(check.passed for check in made.checks)
    assert len(report.notes) == 1
    assert report.notes[0].startswith("the hardware encoder failed and software was used instead: ")
    assert "ffmpeg stopped with an error" not in report.notes[0], "a known line has words of its own"
    assert "libx264" in report.argvs[-1]


def hardware_that(behaviour: str, *, software: EncodePlan) -> EncodePlan:
    """A plan whose ffmpeg is a script that fails in this way for `h264_nvenc`, and works for everything else."""
    argv = ("-fails", behaviour, *software.commands[0].argv)
    return replace(software, commands=(replace(software.commands[0], argv=argv),), software=software.commands)


@pytest.fixture
def software() -> EncodePlan:
    return plan(encode_movie(frames=6), outputs=(output("review.mp4", h264(6)),), frames=6)


@pytest.fixture
def driver(tmp_path: Path, ffmpeg: str) -> str:
    if os.name == "nt":
        pytest.skip("needs a shell script")
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\nif [ "$1" = -fails ]; then eval "$2"; fi\nexec "{ffmpeg}" "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    "behaviour", ["kill -SEGV $$", "exit 0", "echo 'OpenEncodeSessionEx failed: out of memory (10)' >&2; exit 255"]
)
def test_a_driver_that_crashes_lies_or_is_busy_is_replaced_by_software(
    tmp_path: Path, software: EncodePlan, driver: str, behaviour: str
) -> None:
    report = run(hardware_that(behaviour, software=software), tmp_path / "job", driver)
    assert len(report.notes) == 1
    assert (tmp_path / "job" / "review.mp4").stat().st_size > 0


def test_a_driver_that_hangs_is_replaced_by_software(tmp_path: Path, software: EncodePlan, driver: str) -> None:
    this = hardware_that("exec sleep 60", software=software)
    report = run_with_fallback(
        this, tmp_path / "job", driver, on_progress=lambda _: None, cancelled=lambda: False, stall_limit_s=1.0
    )
    assert "no progress" in report.notes[0]


def test_a_full_disk_is_not_held_against_the_hardware(tmp_path: Path, software: EncodePlan, driver: str) -> None:
    this = hardware_that("echo 'x: No space left on device' >&2; exit 228", software=software)
    with pytest.raises(OutOfSpace):
        run(this, tmp_path / "job", driver)


def test_a_cancelled_job_does_not_begin_again(tmp_path: Path, software: EncodePlan, driver: str) -> None:
    this = hardware_that("exec sleep 60", software=software)
    asked = iter([False, False])
    with pytest.raises(Cancelled):
        run_with_fallback(
            this, tmp_path / "job", driver, on_progress=lambda _: None, cancelled=lambda: next(asked, True)
        )
    assert not (tmp_path / "job").exists()


def test_where_software_fails_too_its_own_error_counts(tmp_path: Path, software: EncodePlan, driver: str) -> None:
    broken = replace(software, commands=(replace(software.commands[0], argv=("-no-such-option",)),))
    with pytest.raises(Exception, match="no-such-option") as caught:
        run(hardware_that("kill -SEGV $$", software=broken), tmp_path / "job", driver)
    assert not isinstance(caught.value, EncodeFailed)
