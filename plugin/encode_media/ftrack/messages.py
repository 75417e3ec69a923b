"""What we say on the event hub: pure builders of topics, data and targets (contract: the hub)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from encode_media.errors import CATALOGUE
from encode_media.model.request import EncodeRequest, entity_id
from encode_media.model.result import FINAL_STAGES, Progress, PublishedOutput, RunResult, Stage
from encode_media.timebase import seconds_text

PROGRESS_TOPIC = "encode-media.progress"
RESULT_TOPIC = "encode-media.result"
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
        "error": _error(result),
    }
    event_id = uuid.UUID(entity_id(job_id, "result event")).hex
    return Message(topic=RESULT_TOPIC, data=data, event_id=event_id)


def user_message(user_id: str, result: RunResult, request: EncodeRequest) -> Message:
    """The banner in the launching user's browser, wherever it has ftrack open."""
    return Message(
        topic=INTERFACE_TOPIC,
        data={"type": "message", "success": result.status == "done", "message": closing_words(request, result)},
        target=f'applicationId=ftrack.client.web and user.id="{user_id}"',
    )


def component_added_message(component_id: str, location_id: str) -> Message:
    """What every ftrack client says after it added a component; transfer scripts listen for it."""
    return Message(topic=COMPONENT_ADDED_TOPIC, data={"component_id": component_id, "location_id": location_id})


def final_progress(result: RunResult) -> Progress:
    """The last progress of a job, as its result implies it."""
    stage = Stage(result.status)
    percent = 100 if stage is Stage.DONE else 0
    error = _error(result)
    return Progress(stage=stage, percent=percent, eta_s=None, message=error["message"] if error else "Done")


def closing_words(request: EncodeRequest, result: RunResult) -> str:
    """One sentence about the end, with the hint where there is something to do."""
    name = subject(request)
    if result.status == "done":
        count = len(result.published)
        return f"{name}: done, {count} component{'' if count == 1 else 's'} published."
    error = _error(result)
    if error is None:
        return f"{name}: {result.status}."
    return " ".join(part for part in (f"{name}: {error['message']}", error["hint"]) if part)


def subject(request: EncodeRequest) -> str:
    """What is being encoded, for people: `Encode Media review, sh010 / sh010_comp v1`."""
    label = request.target.version_label if request.target else ""
    return f"Encode Media {request.preset}" + (f", {label}" if label else "")


def description(request: EncodeRequest, progress: Progress) -> str:
    """The line of the ftrack_job while it runs: `Encode Media review, sh010 v1: encoding, 43 %`."""
    parts = [progress.stage.value]
    if progress.stage not in FINAL_STAGES and progress.stage is not Stage.QUEUED:
        parts.append(f"{progress.percent} %")
    if progress.eta_s is not None and progress.eta_s >= 1:
        parts.append(_left(progress.eta_s))
    if progress.message:
        parts.append(progress.message)
    return f"{subject(request)}: {', '.join(parts)}"


def _left(seconds: float) -> str:
    # A guess with decimals would promise too much.
    return f"{round(seconds)} s left" if seconds < 60 else f"{seconds_text(seconds)} left"  # noqa: PLR2004


def _who(job_id: str, request: EncodeRequest) -> dict[str, Any]:
    target = request.target
    return {
        "jobId": job_id,
        "ftrackJobId": ftrack_job_id(job_id) if target else None,
        "versionId": target.version_id if target else None,
        "preset": request.preset,
        "user": target.username if target else None,
    }


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


def _error(result: RunResult) -> dict[str, Any] | None:
    if result.error is None:
        return None
    known = CATALOGUE.get(str(result.error.get("code", "")))
    return {
        "code": result.error.get("code", "internal"),
        "message": result.error.get("message", ""),
        "hint": result.error.get("hint") or (known.hint if known and "{" not in known.hint else ""),
    }
