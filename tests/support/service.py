"""The whole product as a person starts it: `encode-media sandbox`, and what an artist sees of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ftrack_api

from encode_media.ftrack.client import ActionClient
from encode_media.sandbox.server import Address
from support.sandbox import RunningSandbox
from support.waiting import wait_for

Selection = list[dict[str, str]]


@dataclass(slots=True)
class Studio:
    """A sandbox with its listener, and one person who uses it."""

    server: RunningSandbox
    session: ftrack_api.Session
    client: ActionClient
    log: Path
    _seen: list[Any] = field(default_factory=list)

    def version(self, asset: str) -> Any:
        return self.session.query(f'AssetVersion where asset.name is "{asset}"').first()

    def selection(self, *assets: str) -> Selection:
        return [{"entityId": self.version(asset)["id"], "entityType": "assetversion"} for asset in assets]

    def item(self, selection: Selection) -> dict[str, Any]:
        """The menu entry; waited for, as the listener may still be connecting."""
        return wait_for(lambda: self.client.discover(selection), timeout_s=30, what="discover")[0]

    def form(self, selection: Selection) -> dict[str, Any]:
        return self.client.launch(self.item(selection), selection)

    def submit(self, selection: Selection, **values: Any) -> dict[str, Any]:
        """Opens the form, changes these fields and submits it, without the summary."""
        item = self.item(selection)
        form = self.client.launch(item, selection)
        return self.client.launch(item, selection, values=form_values(form) | {"next": "encode"} | values)

    def results(self, count: int, *, timeout_s: float = 120) -> list[dict[str, Any]]:
        """The next results that come, with their progress before them left in `progress`."""
        found: list[dict[str, Any]] = []
        for event in self.client.watch(timeout_s=timeout_s):
            self._seen.append(event)
            if event["topic"] == "encode-media.result":
                found.append(event["data"])
                if len(found) == count:
                    return found
        raise AssertionError(f"{len(found)} of {count} results came; the log:\n{self.log.read_text()[-4000:]}")

    def progress_of(self, job_id: str) -> list[dict[str, Any]]:
        return [
            event["data"]
            for event in self._seen
            if event["topic"] == "encode-media.progress" and event["data"]["jobId"] == job_id
        ]

    def components(self, asset: str) -> dict[str, Any]:
        """The version's components by name, read anew."""
        version = self.version(asset)
        rows = self.session.query(
            f'select id, name, size, file_type, metadata from Component where version_id is "{version["id"]}"'
        ).all()
        for row in rows:
            self.session.populate([row], "name, size, file_type, metadata")
        assert len(rows) == len({row["name"] for row in rows}), "a component name stands twice"
        return {row["name"]: row for row in rows}


def form_values(form: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser sends when a form is submitted as it came."""
    return {item["name"]: item.get("value") for item in form["items"] if "name" in item}


def form_text(form: Mapping[str, Any]) -> str:
    """Everything a person can read in a form."""
    return "\n".join(str(item.get(key, "")) for item in form["items"] for key in ("label", "value"))


@contextlib.contextmanager
def product(
    data: Path, *words: str, environ: Mapping[str, str] | None = None, command: str = "sandbox"
) -> Iterator[RunningSandbox]:
    """`encode-media sandbox` as its own process; its stderr goes to `<data>.log`."""
    with data.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "encode_media", "-v", command, "--data", str(data), "--no-browser", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **(environ or {})},
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise AssertionError(f"it ended: {data.with_suffix('.log').read_text()[-3000:]}")
            running = RunningSandbox(data, Address(**json.loads(line)), process=process)
            yield running
            running.close_sessions()
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=30)


@contextlib.contextmanager
def studio(
    data: Path, *words: str, user: str = "artist", environ: Mapping[str, str] | None = None
) -> Iterator[Studio]:
    """The product with an artist at a browser."""
    with product(data, *words, environ=environ) as server:
        session = server.session(user)
        client = ActionClient(session)
        try:
            yield Studio(server=server, session=session, client=client, log=data.with_suffix(".log"))
        finally:
            client.close()
