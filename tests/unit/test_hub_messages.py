from __future__ import annotations

import re

import pytest

from encode_media.errors import failure
from encode_media.ftrack.messages import (
    closing_words,
    description,
    final_progress,
    ftrack_job_id,
    progress_message,
    result_message,
    user_message,
)
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, PublishedOutput, RunResult, Stage
from support.outputs import request_for

REQUEST = request_for("v1", user_id="u1", username="artist")
JOB = "abc-1"
PUBLISHED = PublishedOutput(
    name="ftrackreview-mp4",
    component_id="c1",
    location="ftrack.server",
    width=1280,
    height=720,
    frames=72,
    frame_rate="24000/1001",
    size_bytes=9,
)
DONE = RunResult(status="done", published=(PUBLISHED,))
FAILED = RunResult(status="failed", error=failure("source.missing", path="/x.mov").to_dict())


def test_a_progress_event_has_every_key_of_the_contract() -> None:
    progress = Progress(stage=Stage.ENCODING, percent=43, eta_s=12.5, message="m", frame=31, frames=72)
    assert progress_message(JOB, REQUEST, progress).data == {
        "jobId": JOB,
        "ftrackJobId": ftrack_job_id(JOB),
        "versionId": "v1",
        "preset": "review",
        "user": "artist",
        "stage": "encoding",
        "percent": 43,
        "frame": 31,
        "frames": 72,
        "etaSeconds": 12.5,
        "message": "m",
    }


def test_a_result_event_has_every_key_of_the_contract() -> None:
    assert result_message(JOB, REQUEST, DONE).data == {
        "jobId": JOB,
        "ftrackJobId": ftrack_job_id(JOB),
        "versionId": "v1",
        "preset": "review",
        "user": "artist",
        "status": "done",
        "outputs": [
            {
                "name": "ftrackreview-mp4",
                "componentId": "c1",
                "location": "ftrack.server",
                "width": 1280,
                "height": 720,
                "frames": 72,
                "frameRate": "24000/1001",
                "sizeBytes": 9,
            }
        ],
        "error": None,
    }


def test_a_failed_result_says_code_sentence_and_hint() -> None:
    error = result_message(JOB, REQUEST, FAILED).data["error"]
    assert error["code"] == "source.missing"
    assert "/x.mov" in error["message"]
    assert error["hint"]


def test_a_repeated_result_is_recognised_by_its_event_id() -> None:
    assert result_message(JOB, REQUEST, DONE).event_id == result_message(JOB, REQUEST, DONE).event_id
    assert result_message(JOB, REQUEST, DONE).event_id != result_message("abc-2", REQUEST, DONE).event_id
    assert re.fullmatch(r"[0-9a-f]{32}", result_message(JOB, REQUEST, DONE).event_id)


def test_the_banner_is_for_the_launching_user_alone() -> None:
    message = user_message("u1", closing_words(REQUEST, FAILED), success=False)
    assert message.target == 'applicationId=ftrack.client.web and user.id="u1"'
    assert message.data["success"] is False
    assert "/x.mov" in message.data["message"]


def test_a_description_says_what_where_how_far_and_how_long() -> None:
    words = description(REQUEST, Progress(stage=Stage.ENCODING, percent=43, eta_s=65))
    assert words == "Encode Media review, sh010 / x v1: encoding, 43 %, 1 min 05 s left"


@pytest.mark.parametrize(("result", "stage", "percent"), [(DONE, Stage.DONE, 100), (FAILED, Stage.FAILED, 0)])
def test_the_last_progress_follows_from_the_result(result: RunResult, stage: Stage, percent: int) -> None:
    progress = final_progress(result)
    assert (progress.stage, progress.percent) == (stage, percent)


def test_the_end_of_a_failure_carries_its_hint() -> None:
    assert FAILED.error is not None
    assert closing_words(REQUEST, FAILED).endswith(FAILED.error["hint"])


def test_a_request_without_a_version_still_has_messages() -> None:
    assert (
        progress_message(JOB, EncodeRequest(preset="review"), Progress(stage=Stage.PROBING)).data["versionId"]
        is None
    )
