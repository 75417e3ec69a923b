"""An encode that was asked for from Python, done by a running service."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from encode_media.errors import CATALOGUE, EncodeMediaError, failure
from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.messages import RESULT_TOPIC
from encode_media.ftrack.session import fetch, open_session
from encode_media.job_here import Wanted
from encode_media.model.result import Progress, PublishedOutput, RunResult, Stage
from encode_media.settings import Settings

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

SERVICE_ANSWERS_S = 6.0
"""A listener answers a submit within a second; slower than this there is none."""
ASK_SERVER_S = 5.0
"""How often the ftrack_job is looked at, in case the result's event was lost on the way."""
SETTLE_S = 10.0
"""How long after the ftrack_job ended the result's event may still be on its way."""


class JobElsewhere:
    """Follows a service's job by its events, and by its ftrack_job where one was lost (an `api.Follower`)."""

    def __init__(self, job_id: str, ftrack_job_id: str, client: ActionClient, session: ftrack_api.Session) -> None:
        self._job_id = job_id
        self._ftrack_job_id = ftrack_job_id
        self._client = client
        self._session = session
        self._progress = Progress(stage=Stage.QUEUED)
        self._result: RunResult | None = None
        self._closed = False
        self._asked_at = time.monotonic()
        self._ended_at: float | None = None
        threading.Thread(target=self._follow, name="encode-media-job", daemon=True).start()

    def progress(self) -> Progress:
        return self._progress

    def result(self) -> RunResult | None:
        if self._result is None and time.monotonic() - self._asked_at > ASK_SERVER_S:
            self._asked_at = time.monotonic()
            self._look_at_ftrack_job()
        return self._result

    def cancel(self) -> None:
        self._client.cancel(self._job_id)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._client.close()
            self._session.close()

    def _follow(self) -> None:
        for event in self._client.watch(self._job_id):
            if event["topic"] == RESULT_TOPIC:
                self._result = _result_of(event["data"])
                self._progress = Progress(stage=Stage(self._result.status), percent=self._last_percent())
            else:
                self._progress = _progress_of(event["data"])

    def _last_percent(self) -> int:
        done = self._result is not None and self._result.status == Stage.DONE.value
        return 100 if done else self._progress.percent

    def _look_at_ftrack_job(self) -> None:
        rows = fetch(self._session, "select status, data from Job where id is {id}", id=self._ftrack_job_id)
        if not rows or rows[0]["status"] not in ("done", "failed"):
            return
        self._ended_at = self._ended_at or time.monotonic()
        if self._result is None and time.monotonic() - self._ended_at > SETTLE_S:
            failed = rows[0]["status"] == "failed"
            error = failure("server.failed", problem="see the ftrack job for the reason") if failed else None
            self._result = RunResult(status=rows[0]["status"], error=error.to_dict() if error else None)


def ask_service(settings: Settings, wanted: Wanted) -> tuple[str, JobElsewhere] | None:
    """The job id and its follower; None if no service is there.

    Raises:
        EncodeMediaError: what the service refused it with.
    """
    session = open_session(settings, hub=True)
    client: ActionClient | None = None
    accepted = None
    try:
        client = ActionClient(session)
        answer = _ask(client, wanted)
        if not answer.get("success"):
            raise _refusal(answer)
        job_id = str(answer["jobId"])
        accepted = JobElsewhere(job_id, str(answer.get("ftrackJobId", "")), client, session)
    except EncodeMediaError as error:
        if error.code not in ("service.absent", "server.unreachable"):
            raise
        return None
    finally:
        if accepted is None:
            if client is not None:
                client.close()
            session.close()
    return job_id, accepted


def _ask(client: ActionClient, wanted: Wanted) -> Mapping[str, Any]:
    if wanted.again is not None:
        answer = client.submit_again(wanted.again, split=wanted.split, timeout_s=SERVICE_ANSWERS_S)
        if answer.get("exact") is False:
            log.warning("%s", answer["message"])
        return answer
    return client.submit(
        wanted.preset,
        version_id=wanted.version_id,
        component_id=wanted.component_id,
        options=wanted.options,
        needs=wanted.needs,
        split=wanted.split,
        timeout_s=SERVICE_ANSWERS_S,
    )


def _refusal(answer: Mapping[str, Any]) -> EncodeMediaError:
    code = str(answer.get("code", "request.invalid"))
    kind = CATALOGUE[code].kind if code in CATALOGUE else EncodeMediaError
    return kind(str(answer.get("message", "")), code=code)


def _progress_of(data: Mapping[str, Any]) -> Progress:
    return Progress(
        stage=Stage(data["stage"]),
        percent=int(data["percent"]),
        eta_s=data.get("etaSeconds"),
        message=str(data.get("message") or ""),
        frame=data.get("frame"),
        frames=data.get("frames"),
    )


def _result_of(data: Mapping[str, Any]) -> RunResult:
    published = tuple(
        PublishedOutput(
            name=item["name"],
            component_id=item["componentId"],
            location=item["location"],
            width=item["width"],
            height=item["height"],
            frames=item["frames"],
            frame_rate=item["frameRate"] or "",
            size_bytes=item["sizeBytes"],
        )
        for item in data["outputs"]
    )
    return RunResult(status=data["status"], published=published, error=data.get("error"))
