"""Files to `ftrack.server`: streamed, checked, retried, in constant memory; in parts where they are large."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from encode_media.errors import failure
from encode_media.ftrack.file_stream import CHUNK, FileStream
from encode_media.ftrack.session import translated, without_keys
from encode_media.ftrack.upload_parts import LARGE, NotOffered, upload_in_parts
from encode_media.jobs.job_folder import storage_failure

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

TIMEOUT_S = (10.0, 120.0)
"""To connect, and per socket operation: an object store may think for a while after the last byte."""

_LOOK_S = 0.5
"""While a failed transfer waits for its next try: how often a cancelled job may notice."""
_PASSING_STATUS = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""Worth another try. 403 is how stores answer a signed URL that ran out; the next try gets a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a transfer is tried, with a wait that doubles each time."""

    attempts: int = 5
    first_wait_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep


def upload(
    session: ftrack_api.Session,
    component_id: str,
    path: Path,
    *,
    file_name: str,
    on_bytes: Callable[[int], None] = lambda _sent: None,
    retries: Retries | None = None,
) -> int:
    """Sends a file to `ftrack.server` under a component's id; gives its size in bytes.

    The component need not exist yet, and the same file may be sent again: it replaces itself.
    `on_bytes` hears how many bytes were sent, and starts again from 0 when a try is repeated; what it raises
    ends the upload.

    Raises:
        ServerUnavailable: it didn't work after all tries, or the server is gone.
        NotPermitted: the server refused.
        EncodeFailed: the file can't be read.
    """
    policy = retries or Retries()
    try:
        size, checksum = measure(path)
    except OSError as error:
        raise storage_failure(error, path) from error
    wait = policy.first_wait_s
    for attempt in range(1, policy.attempts + 1):
        problem = _try(session, component_id, path, file_name, size, checksum, on_bytes)
        if problem is None:
            return size
        log.warning("upload of %s, try %d of %d: %s", file_name, attempt, policy.attempts, problem)
        if attempt < policy.attempts:
            _pause(wait, policy, on_bytes)
            wait *= 2
    raise failure("server.upload_failed", name=file_name, problem=problem)


def _pause(seconds: float, policy: Retries, on_bytes: Callable[[int], None]) -> None:
    while seconds > 0:
        on_bytes(0)
        policy.sleep(min(seconds, _LOOK_S))
        seconds -= _LOOK_S


def _try(  # noqa: PLR0917 - what `upload` knows of the file
    session: ftrack_api.Session,
    component_id: str,
    path: Path,
    file_name: str,
    size: int,
    checksum: str,
    on_bytes: Callable[[int], None],
) -> str | None:
    """None if the file is there, else what went wrong and may go right the next time."""
    if size >= LARGE:

        def send(url: str, headers: dict[str, str], body: Any) -> requests.Response | str:
            return _put(url, headers, body, file_name)

        try:
            return upload_in_parts(
                session, component_id, path, size, file_name=file_name, on_bytes=on_bytes, send=send
            )
        except NotOffered:
            log.debug("the server takes %s in one piece", file_name)
    with translated(session):
        # Asked for again each time: the signed URL of a slow try may have run out.
        where: dict[str, Any] = session.get_upload_metadata(component_id, file_name, size, checksum)
    # An empty body would be sent as chunks without a length; real stores want the length.
    body: Any = FileStream(path, size, on_bytes) if size else b""
    answer = _put(where["url"], dict(where["headers"]), body, file_name)
    return answer if isinstance(answer, str) else None


def _put(url: str, headers: dict[str, str], body: Any, file_name: str) -> requests.Response | str:
    """The answer if the store took it, else what went wrong and may go right the next time."""
    try:
        # Not the session's own connection: that one would send the API key along to the store.
        answer = requests.put(url, data=body, headers=headers, timeout=TIMEOUT_S)
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        return f"the connection broke ({type(error).__name__})"
    if answer.ok:
        return answer
    problem = without_keys(f"the store answered {answer.status_code} {answer.reason}")
    if answer.status_code in _PASSING_STATUS:
        return problem
    raise failure("server.upload_failed", name=file_name, problem=problem)


def measure(path: Path) -> tuple[int, str]:
    """Size and base64 MD5 of a file, in one pass (the form `Content-MD5` wants, RFC 1864)."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, base64.b64encode(digest.digest()).decode("ascii")


def remove(session: ftrack_api.Session, component_id: str) -> None:
    """Deletes a component's bytes from `ftrack.server`; what is gone already is no failure.

    Raises:
        ServerUnavailable: the server is gone or failed.
    """
    with translated(session):
        query = {"id": component_id, "username": session.api_user, "apiKey": session.api_key}
        answer = requests.get(f"{session.server_url}/component/remove", params=query, timeout=TIMEOUT_S)
        if answer.status_code >= 500:  # noqa: PLR2004 - the server's own faults
            raise failure("server.failed", problem=f"removing a file was answered with {answer.status_code}")
        if not answer.ok:
            log.info("the bytes of component %s were already gone (%d)", component_id, answer.status_code)
