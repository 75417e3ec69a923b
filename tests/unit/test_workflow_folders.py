from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from encode_media.jobs.job_folder import (
    KEPT_S,
    QUIET_S,
    fresh_run_folder,
    keep,
    storage_failure,
    sweep_work_folder,
)
from encode_media.settings import Settings

NAME = "0123456789abcdef0123456789abcdef-{}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(work_folder=tmp_path)


def left_over(settings: Settings, number: int, *, age_s: float) -> Path:
    folder = settings.work_folder / NAME.format(number)
    run = fresh_run_folder(folder)
    (run / "review.mp4").write_text("x")
    then = time.time() - age_s
    for path in (run / "review.mp4", run, folder):
        os.utime(path, (then, then))
    return folder


def test_folders_of_jobs_that_are_over_are_swept(settings: Settings) -> None:
    folder = left_over(settings, 1, age_s=QUIET_S + 1)
    assert sweep_work_folder(settings, set()) == 1
    assert not folder.exists()


def test_folders_of_active_jobs_stay(settings: Settings) -> None:
    folder = left_over(settings, 1, age_s=QUIET_S + 1)
    assert sweep_work_folder(settings, {folder.name}) == 0
    assert folder.exists()


def test_a_folder_that_was_written_to_lately_stays(settings: Settings) -> None:
    """It belongs to a job of another process, of which this one's database knows nothing."""
    folder = left_over(settings, 1, age_s=QUIET_S - 60)
    assert sweep_work_folder(settings, set()) == 0
    assert folder.exists()


def test_what_was_kept_for_inspection_stays_a_day(settings: Settings) -> None:
    folder = left_over(settings, 1, age_s=QUIET_S + 1)
    keep(folder)
    assert sweep_work_folder(settings, set(), now=time.time() + KEPT_S - 60) == 0
    assert sweep_work_folder(settings, set(), now=time.time() + KEPT_S + 60) == 1


def test_other_files_are_not_touched(settings: Settings) -> None:
    stranger = settings.work_folder / "rushes"
    stranger.mkdir()
    os.utime(stranger, (0, 0))
    assert sweep_work_folder(settings, set()) == 0
    assert stranger.exists()


def test_a_work_folder_that_is_not_there_yet_needs_no_sweep(tmp_path: Path) -> None:
    assert sweep_work_folder(Settings(work_folder=tmp_path / "none"), set()) == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk.full"),
        (errno.EACCES, "output.not_permitted"),
        (errno.EROFS, "output.not_permitted"),
        (errno.EIO, "storage.failed"),
    ],
)
def test_what_the_file_system_says_becomes_our_words(number: int, code: str) -> None:
    assert storage_failure(OSError(number, os.strerror(number)), Path("/work")).code == code
