"""Plays a record to a server: the same requests and events by the same people, in the same order, one by one.

Ids that a server made, and the addresses and tags of uploads, are others each time; they are followed. Uploads
that were too large for the record are played with zeros.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests
from websockets.sync.client import ClientConnection, connect

from encode_media.sandbox.journal import VERSION

_TIMEOUT_S = 60.0
Line = dict[str, Any]


class RecordError(Exception):
    """The file is not a record, or a newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A request that ended otherwise than in the record."""

    line: int
    what: str
    recorded: str
    found: str


@dataclass(slots=True, kw_only=True)
class Report:
    requests: int = 0
    events: int = 0
    skipped: int = 0
    """What can't be played: requests that a fault kept from the server, pages, widgets."""
    differences: list[Difference] = field(default_factory=list)


def read_record(path: Path) -> tuple[Line, list[Line]]:
    """What the record says of itself, and its lines; half a line at its end, left by a kill, is dropped.

    Raises RecordError.
    """
    try:
        texts = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} can't be read: {error}") from error
    lines: list[Line] = []
    for number, text in enumerate(texts[:-1], 1):
        try:
            lines.append(json.loads(text))
        except ValueError as error:
            raise RecordError(f"{path}: line {number} is not JSON") from error
    if not lines or lines[0].get("kind") != "recording":
        raise RecordError(f"{path} is not a record of the sandbox")
    if lines[0].get("version") != VERSION:
        raise RecordError(f"{path} was written by another version (record version {lines[0].get('version')})")
    return lines[0], lines[1:]


class Replay:
    """One playing to one server."""

    def __init__(self, server_url: str, api_user: str, api_key: str) -> None:
        self._url = server_url
        self._user = api_user
        self._key = api_key
        self._http = requests.Session()
        self._ids: dict[str, str] = {}
        self._addresses: dict[tuple[str, int], str] = {}
        """Where to send (component, part); a whole file is part 0."""
        self._tags: dict[tuple[str, int], str] = {}
        self._large: set[str] = set()
        self._connections: dict[int, ClientConnection] = {}
        self._open = ExitStack()
        self._report = Report()

    def run(self, lines: Iterable[Line]) -> Report:
        """Plays the lines; gives how it went."""
        every = list(lines)
        self._large = {
            _component_of(line["path"]) for line in every if "upload" in line and "data" not in line["upload"]
        }
        with self._open, self._http:
            for line in every:
                self._play(line)
        return self._report

    def _play(self, line: Line) -> None:
        kind = line["kind"]
        if kind == "request":
            self._request(line)
        elif kind == "connect":
            self._connect(line)
        elif kind == "receive" and line["connection"] in self._connections:
            self._send(self._connections[line["connection"]], self._mapped(line["event"]))
        elif kind == "disconnect" and (connection := self._connections.pop(line["connection"], None)):
            connection.close()

    # --- requests ----------------------------------------------------------------------------------------

    def _request(self, line: Line) -> None:
        path = line["path"]
        if path == "/api" and "answer" in line:
            self._batch(line)
        elif path.startswith("/upload/") and "upload" in line:
            self._upload(line)
        elif path in {"/component/get", "/component/remove", "/component/thumbnail"}:
            self._component(line)
        elif path == "/socket.io/1/":
            return  # shaken again with the connection that follows
        else:
            self._report.skipped += 1
            return
        self._report.requests += 1

    def _batch(self, line: Line) -> None:
        operations = self._mapped(line["operations"])
        for operation in operations if isinstance(operations, list) else [operations]:
            self._prepare(operation)
        headers = {"ftrack-user": line.get("user") or self._user, "ftrack-api-key": self._key}
        answer = self._http.post(f"{self._url}/api", json=operations, headers=headers, timeout=_TIMEOUT_S)
        found = answer.json()
        self._follow(line["answer"], found)
        self._compare(line, ", ".join(_names(operations)), _summary(line["answer"]), _summary(found))

    def _prepare(self, operation: Any) -> None:
        if not isinstance(operation, dict):
            return
        component = str(operation.get("component_id"))
        if operation.get("action") == "get_upload_metadata" and component in self._large:
            operation.pop("checksum", None)
        if operation.get("action") == "complete_multipart_upload":
            for part in operation.get("parts") or ():
                part["e_tag"] = self._tags.get((component, part.get("part_number")), part.get("e_tag"))

    def _follow(self, recorded: Any, found: Any) -> None:
        """Learns which new ids stand for the old, and where uploads go now."""
        if isinstance(recorded, dict) and isinstance(found, dict):
            component = str(found.get("component_id"))
            if "url" in found and found.get("action") == "get_upload_metadata":
                self._addresses[component, 0] = found["url"]
            for part in found.get("urls") or ():
                self._addresses[component, part["part_number"]] = part["signed_url"]
            for name in recorded.keys() & found.keys():
                before, now = recorded[name], found[name]
                is_id = name == "id" or name.endswith("_id")
                if is_id and isinstance(before, str) and isinstance(now, str) and before != now:
                    self._ids[before] = now
                else:
                    self._follow(before, now)
        elif isinstance(recorded, list) and isinstance(found, list):
            for before, now in zip(recorded, found, strict=False):
                self._follow(before, now)

    def _upload(self, line: Line) -> None:
        component = self._mapped(_component_of(line["path"]))
        part = _part_of(line["path"])
        address = self._addresses.get((component, part))
        if address is None:
            self._compare(line, f"upload of {component}", str(line["status"]), "no address was given")
            return
        sample = line["upload"]
        data = base64.b64decode(sample["data"]) if "data" in sample else bytes(sample["size"])
        answer = self._http.put(address, data=data, timeout=_TIMEOUT_S)
        if tag := answer.headers.get("ETag"):
            self._tags[component, part] = tag.strip('"')
        self._compare(line, f"upload of {component}", str(line["status"]), str(answer.status_code))

    def _component(self, line: Line) -> None:
        query = dict(pair.partition("=")[::2] for pair in line.get("query", "").split("&"))
        asked = {
            "id": self._mapped(query.get("id", "")),
            "username": unquote(query.get("username") or self._user),
            "apiKey": self._key,
        }
        answer = self._http.get(f"{self._url}{line['path']}", params=asked, timeout=_TIMEOUT_S)
        self._compare(line, line["path"], str(line["status"]), str(answer.status_code))

    def _compare(self, line: Line, what: str, recorded: str, found: str) -> None:
        if recorded != found:
            difference = Difference(line=line["n"], what=what, recorded=recorded, found=found)
            self._report.differences.append(difference)

    def _mapped(self, value: Any) -> Any:
        """The value with the ids of this server."""
        text = json.dumps(value)
        for before, now in self._ids.items():
            text = text.replace(before, now)
        return json.loads(text)

    # --- the event hub -----------------------------------------------------------------------------------

    def _connect(self, line: Line) -> None:
        credentials = {"api_user": line["user"], "api_key": self._key}
        shaken = self._http.get(f"{self._url}/socket.io/1/", params=credentials, timeout=_TIMEOUT_S)
        if shaken.status_code != requests.codes.ok:
            self._compare(line, f"connection of {line['user']}", "200", str(shaken.status_code))
            return
        sid = shaken.text.partition(":")[0]
        address = f"{self._url.replace('http', 'ws', 1)}/socket.io/1/websocket/{sid}"
        # Heartbeats are the server's business here; the library's own would only disturb it.
        opened = connect(address, ping_interval=None, max_size=None, proxy=None)
        self._connections[line["connection"]] = self._open.enter_context(opened)

    def _send(self, connection: ClientConnection, event: Mapping[str, Any]) -> None:
        """Sends an event and waits until the server has taken it, which keeps the order."""
        packet = json.dumps({"name": "ftrack.event", "args": [event]})
        connection.send(f"5:1+::{packet}")
        self._report.events += 1
        while not str(connection.recv(timeout=_TIMEOUT_S)).startswith("6:"):
            pass


def _component_of(path: str) -> str:
    return path.split("/")[2]


def _part_of(path: str) -> int:
    words = path.split("/")
    return int(words[4]) if words[3:4] == ["part"] else 0


def _names(operations: Any) -> Iterator[str]:
    for operation in operations if isinstance(operations, list) else [operations]:
        if isinstance(operation, dict):
            yield f"{operation.get('action')} {operation.get('entity_type') or ''}".strip()


def _summary(answer: Any) -> str:
    """What is the same each time the same is asked: which error, or how much of what."""
    if isinstance(answer, dict):
        return str(answer.get("exception", "an object"))
    parts = []
    for element in answer if isinstance(answer, list) else ():
        data = element.get("data") if isinstance(element, dict) else None
        parts.append(f"{len(data)} found" if isinstance(data, list) else "done")
    return ", ".join(parts)
