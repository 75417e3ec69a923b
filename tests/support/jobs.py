"""Stories and waiting, for the tests of the engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from encode_media.jobs.engine import JobClient, JobContext, JobEngine, JobRecord
from encode_media.model.media import SourceRef
from encode_media.model.request import PRIORITY_NORMAL, EncodeRequest, PublishTarget
from encode_media.model.result import FINAL_STAGES
from support.waiting import wait_for

MakeEngine = Callable[..., JobEngine]
"""Gives an engine for a workflow and a number of slots."""

DONE: dict[str, Any] = {"status": "done", "error": None}


def request(
    name: str = "a", *, priority: int = PRIORITY_NORMAL, user: str | None = None, **options: Any
) -> EncodeRequest:
    """A wish; the same name and options are the same wish."""
    target = PublishTarget(version_id=name, username=user) if user else None
    source = SourceRef(path=f"/show/{name}.mov")
    return EncodeRequest(preset="review", source=source, target=target, priority=priority, options=options)


def ended(client: JobClient, job_id: str, *, timeout_s: float = 20) -> JobRecord:
    """The record of the job once it has ended."""

    def has_ended() -> bool:
        record = client.job(job_id)
        return record is not None and record.stage in FINAL_STAGES

    wait_for(has_ended, timeout_s=timeout_s, what=f"end of {job_id}: {client.job(job_id)}")
    record = client.job(job_id)
    assert record is not None
    return record


def attempt_of(job_id: str) -> int:
    """The attempt number in a job id."""
    return int(job_id.rpartition("-")[2])


def executor_of(client: JobClient, job_id: str) -> str:
    record = client.job(job_id)
    return (record.executor if record else None) or ""


def host_of(client: JobClient, job_id: str) -> str:
    """Of the machine that has the job."""
    return executor_of(client, job_id).partition(".")[0]


def name_of(told: EncodeRequest) -> str:
    """The name given to `request`."""
    assert told.source is not None
    return told.source.path.removeprefix("/show/").removesuffix(".mov")


def simple_story(context: JobContext, told: EncodeRequest) -> dict[str, Any]:
    """One step, then done."""
    context.step("only", lambda: {"name": name_of(told)})
    return DONE
