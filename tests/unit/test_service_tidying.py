"""What a service throws away by itself."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from encode_media.jobs.engine import JobEngine, JobRecord
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage
from encode_media.service import tidy
from encode_media.settings import Settings

ACTIVE, OVER = "0" * 32 + "-1", "1" * 32 + "-1"


class Jobs:
    def __init__(self) -> None:
        self.purged: list[float] = []

    def jobs(self, **_: Any) -> Sequence[JobRecord]:
        progress = Progress(stage=Stage.ENCODING)
        request = EncodeRequest(preset="review")
        return [
            JobRecord(
                job_id=ACTIVE, stage=progress.stage, request=request, progress=progress, created_at=0, updated_at=0
            )
        ]

    def purge(self, *, older_than_s: float) -> int:
        self.purged.append(older_than_s)
        return 1


def tidied(settings: Settings) -> Jobs:
    jobs = Jobs()
    tidy(settings, cast("JobEngine", jobs))
    return jobs


@pytest.mark.parametrize(("days", "purged"), [(30.0, [30 * 86400.0]), (0.5, [43200.0]), (0.0, [])])
def test_jobs_that_ended_longer_ago_than_the_setting_says_are_forgotten(
    tmp_path: Path, days: float, purged: list[float]
) -> None:
    assert tidied(Settings(work_folder=tmp_path, keep_jobs_days=days)).purged == purged


def test_folders_of_jobs_that_are_over_go_and_those_of_active_ones_stay(tmp_path: Path) -> None:
    long_ago = time.time() - 7200
    for name in (ACTIVE, OVER):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (long_ago, long_ago))

    tidied(Settings(work_folder=tmp_path))

    assert [folder.name for folder in tmp_path.iterdir()] == [ACTIVE]
