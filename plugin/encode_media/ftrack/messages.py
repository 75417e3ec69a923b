"""What we say on the event hub: pure builders of topics, data and targets (contract: the hub)."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from encode_media.errors import CATALOGUE
from encode_media.ftrack.texts import Texts, built_in
from encode_media.model.request import EncodeRequest, entity_id
from encode_media.model.result import FINAL_STAGES, Progress, PublishedOutput, RunResult, Stage
from encode_media.timebase import seconds_text

if TYPE_CHECKING:
    from encode_media.ftrack.batches import Batch, BatchState

PROGRESS_TOPIC = "encode-media.progress"
RESULT_TOPIC = "encode-media.result"
BATCH_PROGRESS_TOPIC = "encode-media.batch-progress"
BATCH_RESULT_TOPIC = "encode-media.batch-result"
"""Topics of their own: a result is said once per job, and whoever counts them must not count a batch."""
SUBMIT_TOPIC = "encode-media.submit"
CANCEL_TOPIC = "encode-media.cancel"
DISCOVER_TOPIC = "ftrack.action.discover"
LAUNCH_TOPIC = "ftrack.action.launch"
INTERFACE_TOPIC = "ftrack.action.trigger-user-interface"
COMPONENT_ADDED_TOPIC = "ftrack.location.component-added"

APPLICATION_ID = "encode-media"
"""Says in `source.applicationId` whose events these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event to publish. `event_id` is fixed where a repeat must be recognisable."""

    topic: str
    data: dict[str, Any]
    target: str = ""
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def ftrack_job_id(job_id: str) -> str:
    """The id of the ftrack_job that stands for one of our jobs."""
    return entity_id(job_id, "ftrack_job")


def progress_message(job_id: str, request: EncodeRequest, progress: Progress) -> Message:
    data = {
        **_who(job_id, request),
        "stage": progress.stage.value,
        "percent": progress.percent,
        "frame": progress.frame,
        "frames": progress.frames,
        "etaSeconds": progress.eta_s,
        "message": progress.message,
    }
    return Message(topic=PROGRESS_TOPIC, data=data)


def result_message(job_id: str, request: EncodeRequest, result: RunResult) -> Message:
    """The end of a job; its event id comes from the job's, so that a repeat is recognisable."""
    data = {
        **_who(job_id, request),
        "status": result.status,
        "outputs": [_output(item) for item in result.published],
        "error": error_of(result),
    }
    event_id = uuid.UUID(entity_id(job_id, "result event")).hex
    return Message(topic=RESULT_TOPIC, data=data, event_id=event_id)


def user_message(user_id: str, text: str, *, success: bool) -> Message:
    """A banner in somebody's browser, wherever it has ftrack open."""
    return Message(
        topic=INTERFACE_TOPIC,
        data={"type": "message", "success": success, "message": text},
        target=f'applicationId=ftrack.client.web and user.id="{user_id}"',
    )


def batch_progress_message(batch: Batch, state: BatchState) -> Message:
    """How far a batch is, shaped as a job's progress so that whoever shows those can show this."""
    left = state.left_s(time.time() - batch.created_at)
    data = {
        **_of_batch(batch),
        "stage": (Stage.ENCODING if state.running or state.ended else Stage.QUEUED).value,
        "percent": state.percent,
        "frame": None,
        "frames": None,
        "etaSeconds": round(left, 1) if left is not None else None,
        "message": "",
    }
    return Message(topic=BATCH_PROGRESS_TOPIC, data=data)


def batch_result_message(batch: Batch, state: BatchState) -> Message:
    """The end of a batch, shaped as a job's; its event id comes from the batch's."""
    status = "done" if state.done == state.total else "failed" if state.failed else "cancelled"
    counts = {"done": state.done, "failed": state.failed, "cancelled": state.cancelled}
    data = {**_of_batch(batch), "status": status, "outputs": [], "error": None, "counts": counts}
    return Message(
        topic=BATCH_RESULT_TOPIC, data=data, event_id=uuid.UUID(entity_id(batch.id, "result event")).hex
    )


def _of_batch(batch: Batch) -> dict[str, Any]:
    return {
        "jobId": batch.id,
        "ftrackJobId": ftrack_job_id(batch.id),
        "batchId": batch.id,
        "versionId": None,
        "preset": batch.preset,
        "user": batch.username,
    }


def component_added_message(component_id: str, location_id: str) -> Message:
    """What every ftrack client says after it added a component; transfer scripts listen for it."""
    return Message(topic=COMPONENT_ADDED_TOPIC, data={"component_id": component_id, "location_id": location_id})


def final_progress(result: RunResult) -> Progress:
    """The last progress of a job, as its result implies it."""
    stage = Stage(result.status)
    percent = 100 if stage is Stage.DONE else 0
    error = error_of(result)
    return Progress(stage=stage, percent=percent, eta_s=None, message=error["message"] if error else "Done")


def closing_words(request: EncodeRequest, result: RunResult, texts: Texts | None = None) -> str:
    """One sentence about the end, with the hint where there is something to do."""
    words = texts or built_in()
    return words.render(
        "job_ended",
        subject=subject(request, words),
        status=result.status,
        count=len(result.published),
        error=error_of(result),
    )


def subject(request: EncodeRequest, texts: Texts | None = None) -> str:
    """What is being encoded, for people: `Encode Media review, sh010 / sh010_comp v1`."""
    label = request.target.version_label if request.target else ""
    return (texts or built_in()).render("job_subject", preset=request.preset, label=label)


def description(
    request: EncodeRequest, progress: Progress, texts: Texts | None = None, *, machine: str = ""
) -> str:
    """The line of the ftrack_job while it runs: `Encode Media review, sh010 v1: encoding, 43 %, on render7`."""
    words = texts or built_in()
    working = progress.stage not in FINAL_STAGES and progress.stage is not Stage.QUEUED
    return words.render(
        "job_running",
        subject=subject(request, words),
        stage=progress.stage.value,
        percent=progress.percent if working else None,
        left=left_text(progress.eta_s),
        machine=machine if working else "",
        message=progress.message,
    )


def left_text(seconds: float | None) -> str:
    """How long it will take; empty where nobody knows, or it is nearly over."""
    if seconds is None or seconds < 1:
        return ""
    # A guess with decimals would promise too much.
    return f"{round(seconds)} s" if seconds < 60 else seconds_text(seconds)  # noqa: PLR2004


def _who(job_id: str, request: EncodeRequest) -> dict[str, Any]:
    target = request.target
    who = {
        "jobId": job_id,
        # A job of a batch has no ftrack_job of its own; the batch has one for all.
        "ftrackJobId": ftrack_job_id(job_id) if target and not target.batch_id else None,
        "versionId": target.version_id if target else None,
        "preset": request.preset,
        "user": target.username if target else None,
    }
    return {**who, "batchId": request.batch_id} if request.batch_id else who


def _output(item: PublishedOutput) -> dict[str, Any]:
    return {
        "name": item.name,
        "componentId": item.component_id,
        "location": item.location,
        "width": item.width,
        "height": item.height,
        "frames": item.frames,
        "frameRate": item.frame_rate,
        "sizeBytes": item.size_bytes,
    }


def error_of(result: RunResult) -> dict[str, Any] | None:
    if result.error is None:
        return None
    known = CATALOGUE.get(str(result.error.get("code", "")))
    return {
        "code": result.error.get("code", "internal"),
        "message": result.error.get("message", ""),
        "hint": result.error.get("hint") or (known.hint if known and "{" not in known.hint else ""),
    }
