"""Large files to `ftrack.server` in parts, where the server offers it: what breaks is sent again alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from encode_media.ftrack.file_stream import CHUNK, FileStream
from encode_media.ftrack.session import translated

if TYPE_CHECKING:
    import ftrack_api

log = logging.getLogger(__name__)

LARGE = 256 * 1024 * 1024
"""From here on in parts; below, sending all of it again costs less than asking for parts."""
PART = 64 * CHUNK
MOST_PARTS = 1000
"""Object stores allow 10,000; the addresses of all come in one answer."""
TRIES = 3
"""Of one part, before the whole upload counts as one failed try."""

JOINING_S = (10.0, 900.0)
"""To connect, and for the answer; a plain server needs a minute or two for 5 GB."""

Send = Callable[[str, dict[str, str], Any], "requests.Response | str"]
"""Address, headers and body of a PUT, to the answer or why there is none."""


def part_size(size: int) -> int:
    return max(PART, -(-size // MOST_PARTS))


def upload_in_parts(
    session: ftrack_api.Session,
    component_id: str,
    path: Path,
    size: int,
    *,
    file_name: str,
    on_bytes: Callable[[int], None],
    send: Send,
) -> str | None:
    """None if the file is there, else what went wrong and may go right the next time.

    Raises:
        NotOffered: the server takes files in one piece only.
    """
    length = part_size(size)
    count = -(-size // length)
    with translated(session):
        operation = {"action": "get_upload_metadata", "component_id": component_id, "parts": count}
        [answer] = session.call([{**operation, "file_name": file_name, "file_size": size}])
    urls = {int(item["part_number"]): str(item["signed_url"]) for item in answer.get("urls") or ()}
    if set(urls) != set(range(1, count + 1)) or not answer.get("upload_id"):
        raise NotOffered
    tags = []
    for number in range(1, count + 1):
        start = (number - 1) * length
        body = FileStream(path, min(length, size - start), on_bytes, start=start)
        tag, problem = _send_part(urls[number], body, send)
        if problem is not None:
            return f"part {number} of {count}: {problem}"
        tags.append({"part_number": number, "e_tag": tag})
    with translated(session), _patient(session):
        complete = {"action": "complete_multipart_upload", "component_id": component_id, "parts": tags}
        session.call([{**complete, "upload_id": answer["upload_id"]}])
        return _size_problem(session, component_id, size)


@contextmanager
def _patient(session: ftrack_api.Session) -> Iterator[None]:
    """Joining the parts of a large file takes a store longer than any other question."""
    before = session.request_timeout
    session.request_timeout = JOINING_S
    try:
        yield
    finally:
        session.request_timeout = before


class NotOffered(Exception):
    """The server takes files in one piece only."""


def _send_part(url: str, body: FileStream, send: Send) -> tuple[str, str | None]:
    """The part's tag; and why it isn't there."""
    problem = ""
    for _ in range(TRIES):
        answer = send(url, {}, body)
        if isinstance(answer, str):
            problem = answer
            log.info("a part is sent again: %s", problem)
        elif not (tag := answer.headers.get("ETag", "").strip('"')):
            return "", "the store gave no tag for it"
        else:
            return tag, None
    return "", problem


def _size_problem(session: ftrack_api.Session, component_id: str, size: int) -> str | None:
    """Whether the server has as many bytes as were sent, by asking for the first one."""
    query = {"id": component_id, "username": session.api_user, "apiKey": session.api_key}
    url = f"{session.server_url}/component/get"
    headers = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
    with requests.get(url, params=query, headers=headers, stream=True, timeout=(10.0, 60.0)) as answer:
        total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if total.isdecimal() and int(total) != size:
        return f"of {size} bytes the server has {total}"
    return None
