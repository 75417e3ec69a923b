"""A listener on a sandbox, with an engine that remembers what it was asked for and encodes nothing."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.listener import Listener
from encode_media.jobs.engine import JobContext
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings
from support.sandbox import RunningSandbox
from support.waiting import wait_for

JsonDict = dict[str, Any]


@dataclass(slots=True)
class Listening:
    """A running listener and what it queued. `gate` closed keeps jobs running."""

    settings: Settings
    engine: MemoryEngine
    listener: Listener
    stop: threading.Event
    thread: threading.Thread
    requests: list[EncodeRequest] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def wait_until_connected(self) -> None:
        wait_for(self.listener.connected.is_set, what="a connected listener")


def settings_for(sandbox: RunningSandbox, **more: Any) -> Settings:
    address = sandbox.address
    settings = Settings(server=address.server_url, api_user=address.api_user, api_key=address.api_key)
    return replace(settings, **more)


@contextlib.contextmanager
def listening(settings: Settings, *, health_s: float = 30.0) -> Iterator[Listening]:
    """The listener in a thread of this process, until the end of the block."""
    requests: list[EncodeRequest] = []
    gate = threading.Event()
    gate.set()

    def story(context: JobContext, request: EncodeRequest) -> JsonDict:
        context.report(Progress(stage=Stage.ENCODING, percent=4))
        requests.append(request)
        while not gate.wait(0.02):
            if context.cancelled():
                return {"status": "cancelled", "error": None}
        return {"status": "done", "error": None}

    engine = MemoryEngine(story)
    engine.start()
    stop = threading.Event()
    listener = Listener(settings, engine, Catalog(), health_s=health_s)
    thread = threading.Thread(target=listener.run, args=(stop,), name="listener")
    thread.start()
    try:
        yield Listening(settings, engine, listener, stop, thread, requests, gate)
    finally:
        gate.set()
        stop.set()
        thread.join(20)
        engine.stop()
        assert not thread.is_alive()


@contextlib.contextmanager
def asking(sandbox: RunningSandbox, user: str = "artist") -> Iterator[ActionClient]:
    """A person's client on the hub."""
    client = ActionClient(sandbox.session(user))
    try:
        yield client
    finally:
        client.close()


def selected(sandbox: RunningSandbox, *assets: str) -> list[dict[str, str]]:
    """The versions of these assets as a selection."""
    session = sandbox.session()
    found = {
        row["asset"]["name"]: row["id"] for row in session.query("select id, asset.name from AssetVersion").all()
    }
    return [{"entityId": found[asset], "entityType": "assetversion"} for asset in assets]


def sandbox_sources(data: Path) -> None:
    """Gives a sandbox the media its seeded versions point at."""
    shutil.copytree(made_sources(), data / "sources")


@cache
def made_sources() -> Path:
    """That media, made once for all tests of a process; only to be read."""
    from encode_media.media.capabilities import find_ffmpeg
    from encode_media.media.samples import make_samples

    folder = Path(tempfile.mkdtemp(prefix="encode-media-sources-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_samples(folder, find_ffmpeg().path)
    return folder
