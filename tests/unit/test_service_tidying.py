"""What a service throws away by itself."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from encode_media.jobs.engine import JobEngine, JobRecord
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage
from encode_media.service import tidy
from encode_media.settings import Settings

ACTIVE, OVER = "0" * 32 + "-1", "1" * 32 + "-1"


class Jobs:
    def jobs(self, **_: Any) -> Sequence[JobRecord]:
        progress = Progress(stage=Stage.ENCODING)
        request = EncodeRequest(preset="review")
        return [
            JobRecord(
                job_id=ACTIVE, stage=progress.stage, request=request, progress=progress, created_at=0, updated_at=0
            )
        ]


def tidied(settings: Settings) -> None:
    tidy(settings, cast("JobEngine", Jobs()))


def test_folders_of_jobs_that_are_over_go_and_those_of_active_ones_stay(tmp_path: Path) -> None:
    long_ago = time.time() - 7200
    for name in (ACTIVE, OVER):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (long_ago, long_ago))

    tidied(Settings(work_folder=tmp_path))

    assert [folder.name for folder in tmp_path.iterdir()] == [ACTIVE]
