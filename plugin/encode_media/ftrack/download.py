"""Files from `ftrack.server`: streamed, resumed where a connection broke, checked, in constant memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.file_stream import CHUNK
from encode_media.ftrack.session import translated
from encode_media.ftrack.upload import TIMEOUT_S, Retries, measure
from encode_media.jobs.job_folder import storage_failure

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

_PARTIAL_CONTENT, _RANGE_REFUSED = 206, 416
_WORTH_A_TRY = frozenset({408, _RANGE_REFUSED, 425, 429, 500, 502, 503, 504})
_BROKEN = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


def download(
    session: ftrack_api.Session,
    component_id: str,
    target: Path,
    *,
    size: int = 0,
    on_bytes: Callable[[int], None] = lambda _received: None,
    retries: Retries | None = None,
) -> Path:
    """Fetches a component's file to `target`, which exists only when it is complete and right.

    `size` is what the component says it has; 0 says nothing. The URL with the key in it stays inside this module;
    ffmpeg never sees it.

    Raises:
        ServerUnavailable: the transfer broke again and again, the server is gone, or it gave something else.
        OutOfSpace, NotPermitted: the folder is full or can't be written.
    """
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        _Transfer(session, component_id, partial, on_bytes).run(retries or Retries())
        found = partial.stat().st_size
        if size and found != size:
            partial.unlink()
            problem = f"of the file of component {component_id} it has {found} bytes instead of {size}"
            raise failure("server.failed", problem=problem)
        partial.replace(target)
    except OSError as error:
        raise storage_failure(error, target.parent) from error
    return target


class _Transfer:
    """The tries to get one file; each goes on behind what the one before it got."""

    def __init__(
        self, session: ftrack_api.Session, component_id: str, partial: Path, on_bytes: Callable[[int], None]
    ) -> None:
        self._session, self._component_id = session, component_id
        self._partial, self._on_bytes = partial, on_bytes
        self._mark = ""
        """The file's strong ETag: without it nobody knows whether it is the same file still."""

    def run(self, policy: Retries) -> None:
        wait = policy.first_wait_s
        for attempt in range(1, policy.attempts + 1):
            with translated(self._session):
                problem = self._try()
            if problem is None:
                return
            log.warning("download of %s, try %d of %d: %s", self._component_id, attempt, policy.attempts, problem)
            if attempt < policy.attempts:
                policy.sleep(wait)
                wait *= 2
        raise self._failure(problem or "it did not come")

    def _try(self) -> str | None:
        """None if the file is complete, else what went wrong and may go right the next time."""
        got = self._partial.stat().st_size if self._partial.exists() else 0
        session = self._session
        query = {"id": self._component_id, "username": session.api_user, "apiKey": session.api_key}
        # As it is stored: only then is the length that of the file.
        headers = {"Accept-Encoding": "identity"}
        if got and self._mark:
            headers |= {"Range": f"bytes={got}-", "If-Range": self._mark}
        url = f"{session.server_url}/component/get"
        try:
            with requests.get(url, params=query, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
                if not answer.ok:
                    return self._refused(answer.status_code)
                return self._take(answer, got if answer.status_code == _PARTIAL_CONTENT else 0)
        except _BROKEN as error:
            return f"the connection broke ({type(error).__name__})"

    def _refused(self, status: int) -> str:
        problem = f"it was answered with {status}"
        if status not in _WORTH_A_TRY:
            raise self._failure(problem)
        if status == _RANGE_REFUSED:
            self._mark = ""
        return problem

    def _take(self, answer: requests.Response, start: int) -> str | None:
        tag = answer.headers.get("ETag", "")
        self._mark = "" if tag.startswith("W/") else tag
        length = answer.headers.get("Content-Length")
        received = start
        with self._partial.open("ab" if start else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                received += len(chunk)
                self._on_bytes(received)
        if length is not None and received != start + int(length):
            return f"{received - start} of {length} bytes came"
        promised = answer.headers.get("Content-MD5")
        if promised and not start and measure(self._partial)[1] != promised:
            self._mark = ""
            return "the file does not have the checksum that was promised"
        return None

    def _failure(self, problem: str) -> EncodeMediaError:
        return failure("server.failed", problem=f"the file of component {self._component_id}: {problem}")
