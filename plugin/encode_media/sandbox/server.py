"""Starts and stops the stand-in server."""

from __future__ import annotations

import functools
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from encode_media.sandbox.credentials import load_credentials
from encode_media.sandbox.files import Files
from encode_media.sandbox.hub import Hub
from encode_media.sandbox.seed import API_USER, seed
from encode_media.sandbox.store import Store

_HOST = "127.0.0.1"
_START_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and who may ask."""

    server_url: str
    api_user: str
    api_key: str = field(repr=False)


class Sandbox:
    """An ftrack server in this process, on this machine only; everything it knows is below `data`."""

    def __init__(self, data: Path, *, port: int = 0, page: Path | None = None) -> None:
        self._data = data.resolve()
        self._port = port
        self._page = page
        self._store: Store | None = None
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> Address:
        """Serves until `stop`; gives the address once it answers."""
        import uvicorn

        from encode_media.sandbox.http import Endpoints
        from encode_media.sandbox.hub_connection import HubConnection

        listening = _listen(self._port)
        self._data.mkdir(parents=True, exist_ok=True)
        credentials = load_credentials(self._data)
        store = self._store = Store(self._data / "ftrack.sqlite")
        seed(store, self._data / "sources")
        files = Files(self._data / "files", credentials.signing_secret)
        files.drop_unclaimed(store)
        hub = Hub()
        endpoints = Endpoints(store=store, files=files, hub=hub, api_key=credentials.api_key, page=self._page)
        config = uvicorn.Config(
            endpoints.app(),
            http="h11",
            ws=cast("Any", functools.partial(HubConnection, hub=hub)),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="ftrack-sandbox", daemon=True
        )
        self._thread.start()
        self._wait_until_started()
        url = f"http://{_HOST}:{listening.getsockname()[1]}"
        return Address(url, API_USER, credentials.api_key)

    def stop(self) -> None:
        """Ends all connections; the data stays and a later start goes on with it."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        if self._store is not None:
            self._store.close()
        self._server = self._thread = self._store = None

    def _wait_until_started(self) -> None:
        waited = threading.Event()
        for _ in range(int(_START_LIMIT_S / 0.01)):
            if self._server.started:
                return
            if self._thread is None or not self._thread.is_alive():
                break
            waited.wait(0.01)
        raise RuntimeError("the sandbox server did not start")


def _listen(port: int) -> socket.socket:
    """A bound socket; a port that was just left by a former server can be taken again."""
    # asyncio sends without delay only on sockets that name TCP; on others an answer waits 40 ms for an
    # acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows SO_REUSEADDR would let two servers share the port.
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError:
        listening.close()
        raise
    return listening
