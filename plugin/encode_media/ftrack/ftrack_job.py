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
from encode_media.ftrack.texts import Texts, built_in
from encode_media.jobs.engine import JobRecord
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest, is_batch
from encode_media.model.result import FINAL_STAGES, Progress, RunResult, Stage

if TYPE_CHECKING:
    import ftrack_api

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
FINAL = frozenset({DONE, FAILED})

_MARK = "encode_media"
"""The key in a job's data that says it is ours."""


def create_ftrack_job(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    *,
    owner: str = "",
    texts: Texts | None = None,
    why: str = "",
) -> str | None:
    """Makes the ftrack_job of a job unless it exists; gives its id. `why` says why the job can't start.

    None if nobody launched the job, or with a batch: that has one for all its jobs.

    Raises:
        ServerUnavailable: the server failed or is gone.
        NotPermitted: the service may not make jobs, or the user is unknown.
    """
    user_id = request.target.user_id if request.target else None
    if user_id is None or request.batch_id:
        return None
    words = description(request, Progress(stage=Stage.QUEUED, message=why), texts)
    return open_entry(session, job_id, user_id, words, owner=owner)


def open_entry(session: ftrack_api.Session, job_id: str, user_id: str, words: str, *, owner: str) -> str:
    """An ftrack_job that waits, for a job or a batch, unless it exists; gives its id.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    own_id = ftrack_job_id(job_id)
    if _read(session, own_id) is not None:
        return own_id
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
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    progress: Progress,
    *,
    owner: str = "",
    texts: Texts | None = None,
    machine: str = "",
) -> None:
    """Writes the description of a running job. Throttling is the caller's; a final job is left alone.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    own_id = ftrack_job_id(job_id)
    status = _read(session, own_id)
    if status is None:
        if create_ftrack_job(session, job_id, request, owner=owner, texts=texts) is None:
            return
    elif status in FINAL:
        return
    new = QUEUED if progress.stage is Stage.QUEUED else RUNNING
    write_entry(session, job_id, new, description(request, progress, texts, machine=machine), owner=owner)


def write_entry(session: ftrack_api.Session, job_id: str, status: str, words: str, *, owner: str) -> None:
    """Raises: ServerUnavailable, NotPermitted."""
    _update(session, ftrack_job_id(job_id), status, _data(words, job_id, owner))


def close_ftrack_job(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    result: RunResult,
    *,
    owner: str = "",
    texts: Texts | None = None,
) -> None:
    """Writes the final state, making the job first if it never was. Repeating it changes nothing.

    ftrack knows only done and failed: a cancelled job is failed, and says that it was cancelled.

    Raises:
        ServerUnavailable, NotPermitted.
    """
    if create_ftrack_job(session, job_id, request, owner=owner, texts=texts) is None:
        return
    status = DONE if result.status == "done" else FAILED
    write_entry(session, job_id, status, closing_words(request, result, texts), owner=owner)


def settle_stale_jobs(
    session: ftrack_api.Session,
    owner: str,
    record_of: Callable[[str], JobRecord | None],
    *,
    texts: Texts | None = None,
    adopt: Callable[[str], bool] = lambda _batch_id: False,
) -> int:
    """Ends the owner's ftrack_jobs that look alive while their job has ended or is gone; gives how many.

    `adopt` takes a batch, whose end comes with that of its jobs; False if it is not known any more.

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
        if is_batch(job_id):
            if not adopt(job_id):
                _update(session, row["id"], FAILED, _data((texts or built_in()).word("stale"), job_id, owner))
                count += 1
            continue
        # Asked after the server: a job is in the database before it is an ftrack_job.
        record = record_of(job_id)
        if record is None:
            _update(session, row["id"], FAILED, _data((texts or built_in()).word("stale"), job_id, owner))
        elif record.stage in FINAL_STAGES:
            result = from_json(RunResult, record.result)
            close_ftrack_job(session, job_id, record.request, result, owner=owner, texts=texts)
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
