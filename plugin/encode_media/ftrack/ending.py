"""The end of a job as ftrack shows it: the ftrack_job's final state with its attachment, and what follows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from encode_media.errors import EncodeMediaError, NotPermitted
from encode_media.ftrack.afterwards import follow_up
from encode_media.ftrack.attachments import attach, attach_text
from encode_media.ftrack.ftrack_job import close_ftrack_job
from encode_media.ftrack.messages import error_of, subject
from encode_media.ftrack.review import SERVER_LOCATION, is_review_name
from encode_media.ftrack.texts import Texts
from encode_media.model.request import EncodeRequest
from encode_media.model.result import PublishedOutput, RunResult

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)


def show_end(
    session: ftrack_api.Session,
    job_id: str,
    request: EncodeRequest,
    result: RunResult,
    *,
    owner: str,
    texts: Texts,
    machine: str = "",
) -> None:
    """Writes the end where a person looks for it. Repeating it changes nothing.

    Raises:
        ServerUnavailable: the server is gone; try again later.
    """
    try:
        close_ftrack_job(session, job_id, request, result, owner=owner, texts=texts)
        if request.target is not None and request.target.user_id and not request.batch_id:
            _attach(session, job_id, result, log_text(job_id, request, result, texts, machine=machine))
    except NotPermitted as error:
        log.warning("The ftrack_job of %s could not be written: %s", job_id, error.message)
    follow_up(session, job_id, request, result, texts)


def log_text(job_id: str, request: EncodeRequest, result: RunResult, texts: Texts, *, machine: str = "") -> str:
    """What is known of a job that failed, as a file."""
    # ffmpeg's own last words are with the error: the job ended before it had a result to put them into.
    details = (result.error or {}).get("details") or {}
    return texts.render(
        "log",
        subject=subject(request, texts),
        job_id=job_id,
        machine=machine,
        error=error_of(result) or {"message": result.status, "hint": "", "code": result.status},
        log=(*result.log, *details.get("log", ())),
        commands=result.commands,
    )


def main_output(published: tuple[PublishedOutput, ...]) -> PublishedOutput | None:
    """What a person means by "the result": a deliverable before review media, the largest first."""
    on_server = [item for item in published if item.location == SERVER_LOCATION and item.name != "thumbnail"]
    return max(on_server, key=lambda item: (not is_review_name(item.name), item.size_bytes), default=None)


def _attach(session: ftrack_api.Session, job_id: str, result: RunResult, log_of_failure: str) -> None:
    """An attachment is a help; a job whose end is written must not be told again because it could not be made."""
    try:
        if result.status == "failed":
            attach_text(session, job_id, "log", log_of_failure)
        elif result.status == "done" and (output := main_output(result.published)):
            attach(session, job_id, output.component_id)
    except EncodeMediaError as error:
        log.warning("Nothing is attached to the ftrack_job of %s: %s", job_id, error.message)
