"""Files to `ftrack.server` and back: streamed, checked, retried, in constant memory."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import requests

from encode_media.errors import failure
from encode_media.ftrack.session import translated, without_keys
from encode_media.jobs.job_folder import storage_failure

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024
TIMEOUT_S = (10.0, 120.0)
"""To connect, and per socket operation: an object store may think for a while after the last byte."""

_PASSING_STATUS = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""Worth another try. 403 is how stores answer a signed URL that ran out; the next try gets a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a transfer is tried, with a wait that doubles each time."""

    attempts: int = 5
    first_wait_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep


class _Stream:
    """A file as a body for `requests`: with a length, in large pieces, telling how far it is.

    Deliberately without `read`: given one, the HTTP library would send pieces of 16 KiB.
    """

    def __init__(self, path: Path, size: int, on_bytes: Callable[[int], None]) -> None:
        self._path, self._size, self._on_bytes = path, size, on_bytes

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
                sent += len(chunk)
                self._on_bytes(sent)


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
    `on_bytes` hears how many bytes were sent, and starts again from 0 when a try is repeated.

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
    # An empty body would be sent as chunks without a length; real stores want the length.
    body: Any = _Stream(path, size, on_bytes) if size else b""
    wait = policy.first_wait_s
    for attempt in range(1, policy.attempts + 1):
        with translated(session):
            # Asked for again each time: the signed URL of a slow try may have run out.
            where: dict[str, Any] = session.get_upload_metadata(component_id, file_name, size, checksum)
        problem = _put(where["url"], dict(where["headers"]), body, file_name)
        if problem is None:
            return size
        log.warning("upload of %s, try %d of %d: %s", file_name, attempt, policy.attempts, problem)
        if attempt < policy.attempts:
            policy.sleep(wait)
            wait *= 2
    raise failure("server.upload_failed", name=file_name, problem=problem)


def _put(url: str, headers: dict[str, str], body: Any, file_name: str) -> str | None:
    """None if the file is there, else what went wrong and may go right the next time."""
    try:
        # Not the session's own connection: that one would send the API key along to the store.
        answer = requests.put(url, data=body, headers=headers, timeout=TIMEOUT_S)
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        return f"the connection broke ({type(error).__name__})"
    if answer.ok:
        return None
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


def download(
    session: ftrack_api.Session,
    component_id: str,
    target: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _received: None,
) -> Path:
    """Fetches a component's file from `ftrack.server` to `target`, which exists only when complete.

    The URL with the key in it stays inside this function; ffmpeg never sees it.

    Raises:
        ServerUnavailable: the transfer broke or the server is gone.
        OutOfSpace, NotPermitted: the folder is full or can't be written.
    """
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with translated(session), partial.open("wb") as file:
            _receive(session, component_id, file, on_bytes)
        partial.replace(target)
    except OSError as error:
        raise storage_failure(error, target.parent) from error
    return target


def _receive(
    session: ftrack_api.Session, component_id: str, file: BinaryIO, on_bytes: Callable[[int], None]
) -> None:
    query = {"id": component_id, "username": session.api_user, "apiKey": session.api_key}
    url = f"{session.server_url}/component/get"
    received = 0
    with requests.get(url, params=query, stream=True, timeout=TIMEOUT_S) as answer:
        if not answer.ok:
            problem = f"the file of component {component_id} was answered with {answer.status_code}"
            raise failure("server.failed", problem=problem)
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)
            received += len(chunk)
            on_bytes(received)


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
