"""The ftrack_job: how a job of ours shows in the launching user's job panel.

ftrack's jobs have no progress field, so the description carries it. The id comes from our job's, so
whoever gets there first makes it and everybody else finds it. Its data names the owner: the service
(`Settings.service_id`) in whose database the job is, or nobody where a script encodes by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from encode_media.ftrack.messages import closing_words, description, ftrack_job_id
from encode_media.ftrack.session import fetch, translated
from encode_media.jobs.engine import JobRecord
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Progress, RunResult, Stage

if TYPE_CHECKING:
    import ftrack_api

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
FINAL = frozenset({DONE, FAILED})

_MARK = "encode_media"
"""The key in a job's data that says it is ours."""
_STALE_WORDS = "Encode Media: the encode was interrupted and is not known any more. Please run it again."


def create_ftrack_job(
    session: ftrack_api.Session, job_id: str, request: EncodeRequest, *, owner: str = "", why: str = ""
) -> str | None:
    """Makes the ftrack_job of a job unless it exists; gives its id, None if nobody launched the job.

    `why` says why the job can't start.

    Raises:
        ServerUnavailable: the server failed or is gone.
        NotPermitted: the service may not make jobs, or the user is unknown.
    """
    user_id = request.target.user_id if request.target else None
    if user_id is None:
        return None
    own_id = ftrack_job_id(job_id)
    if _read(session, own_id) is not None:
        return own_id
    words = description(request, Progress(stage=Stage.QUEUED, message=why))
    operation = {
        "action": "create",
        "entity_type": "Job",
        "entity_key": [own_id],
        "entity_data": {
            "__entity_type__": "Job",
            "id": own_id,
            "type": "api_job",
            "status": QUEUED,
            "data": _data(words, job_id, owner),
            "user_id": user_id,
        },
    }
    try:
        _call(session, operation)
    except Exception:
        # Somebody else may have made it in between; only if not is it a failure.
        if _read(session, own_id) is None:
            raise
    return own_id


def show_progress(
    session: ftrack_api.Session, job_id: str, request: EncodeRequest, progress: Progress, *, owner: str = ""
) -> None:
    """Writes the description of a running job. Throttling is the caller's; a final job is left alone.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    own_id = ftrack_job_id(job_id)
    status = _read(session, own_id)
    if status is None:
        if create_ftrack_job(session, job_id, request, owner=owner) is None:
            return
    elif status in FINAL:
        return
    new = QUEUED if progress.stage is Stage.QUEUED else RUNNING
    _update(session, own_id, new, _data(description(request, progress), job_id, owner))


def close_ftrack_job(
    session: ftrack_api.Session, job_id: str, request: EncodeRequest, result: RunResult, *, owner: str = ""
) -> None:
    """Writes the final state, making the job first if it never was. Repeating it changes nothing.

    ftrack knows only done and failed: a cancelled job is failed, and says that it was cancelled.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    if create_ftrack_job(session, job_id, request, owner=owner) is None:
        return
    status = DONE if result.status == "done" else FAILED
    _update(session, ftrack_job_id(job_id), status, _data(closing_words(request, result), job_id, owner))


def settle_stale_jobs(
    session: ftrack_api.Session, owner: str, record_of: Callable[[str], JobRecord | None]
) -> int:
    """Ends the owner's ftrack_jobs that look alive while their job has ended or is gone; gives how many.

    Those of other services, and of scripts that encode by themselves, are none of its business.

    Raises:
        ServerUnavailable, NotPermitted: of the server or the job database.
    """
    rows = fetch(
        session,
        "select id, data from Job where type is {type} and status in ({alive}) and data like {mark}",
        type="api_job",
        alive=(QUEUED, RUNNING),
        mark=f"%{owner}%",
    )
    count = 0
    for row in rows:
        job_id = _job_id_in(row["data"], owner)
        if job_id is None:
            continue
        # Asked after the server: a job is in the database before it is an ftrack_job.
        record = record_of(job_id)
        if record is None:
            _update(session, row["id"], FAILED, _data(_STALE_WORDS, job_id, owner))
        elif record.stage in FINAL_STAGES:
            close_ftrack_job(session, job_id, record.request, from_json(RunResult, record.result), owner=owner)
        else:
            continue
        count += 1
    return count


def _job_id_in(text: str | None, owner: str) -> str | None:
    """The job an ftrack_job's data names, if it is this owner's."""
    try:
        data = json.loads(text or "")
    except ValueError:
        return None
    mark = data.get(_MARK) if isinstance(data, dict) else None
    if not isinstance(mark, dict) or not owner or mark.get("owner") != owner:
        return None
    return str(mark["jobId"]) if "jobId" in mark else None


def _data(words: str, job_id: str, owner: str) -> str:
    mark = {"jobId": job_id, "owner": owner} if owner else {"jobId": job_id}
    return json.dumps({"description": words, _MARK: mark})


def _read(session: ftrack_api.Session, own_id: str) -> str | None:
    """The status the server has; None if there is no such job."""
    rows = fetch(session, "select id, status from Job where id is {id}", id=own_id)
    return str(rows[0]["status"]) if rows else None


def _update(session: ftrack_api.Session, own_id: str, status: str, data: str) -> None:
    operation = {
        "action": "update",
        "entity_type": "Job",
        "entity_key": [own_id],
        "entity_data": {"__entity_type__": "Job", "status": status, "data": data},
    }
    _call(session, operation)


def _call(session: ftrack_api.Session, operation: dict[str, Any]) -> None:
    # Sent as an operation of its own: a commit would also send whatever else the session holds.
    with translated(session):
        session.call([operation])
