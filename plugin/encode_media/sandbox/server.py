"""Starts and stops the stand-in server."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from encode_media.sandbox.commits import Commits
from encode_media.sandbox.credentials import load_credentials
from encode_media.sandbox.desk import Desk
from encode_media.sandbox.encoder import MediaEncoder
from encode_media.sandbox.faults import Fault, Faults
from encode_media.sandbox.files import Files
from encode_media.sandbox.hub import Hub
from encode_media.sandbox.invitations import Invitations
from encode_media.sandbox.journal import Journal
from encode_media.sandbox.loopback import Origins
from encode_media.sandbox.media_jobs import MediaJobs
from encode_media.sandbox.seeds import DEMO, Seed, api_user, plant
from encode_media.sandbox.store import Store
from encode_media.sandbox.update_event import Announcement

_log = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_START_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and who may ask."""

    server_url: str
    api_user: str
    api_key: str = field(repr=False)


class Sandbox:
    """An ftrack server in this process, on this machine only; everything it knows is below `data`.

    `encoder` makes media playable for `encode_media`; without one the server says that it can't. `record` is a
    file that takes everything that goes over the wire. `origins` are pages elsewhere that may be clients.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        page: Path | None = None,
        seed: Seed = DEMO,
        encoder: MediaEncoder | None = None,
        record: Path | None = None,
        origins: Sequence[str] = (),
    ) -> None:
        self._data = data.resolve()
        self._port = port
        self._page = page
        self._seed = seed
        self._encoder = encoder
        self._record = record
        self._origins = Origins(frozenset(origins))
        self._store: Store | None = None
        self._desk: Desk | None = None
        self._journal: Journal | None = None
        self._hub: Hub | None = None
        self._server: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._refusing: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None

    def start(self) -> Address:
        """Serves until `stop`; gives the address once it answers. Raises SeedError, OSError."""
        listening = _listen(self._port)
        try:
            desk = self._open()
        except BaseException:
            listening.close()
            raise
        self._port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._run, args=(desk, listening), name="ftrack-sandbox", daemon=True
        )
        self._thread.start()
        self._wait_until_started()
        desk.media_jobs.start()
        url = f"http://{_HOST}:{self._port}"
        return Address(url, api_user(desk.store, self._seed), desk.credentials.api_key)

    def stop(self) -> None:
        """Ends all connections; the data stays and a later start goes on with it."""
        if self._desk is not None:
            self._desk.media_jobs.stop()
        if self._server is not None and self._thread is not None and self._loop is not None:
            if self._journal is not None:
                self._loop.call_soon_threadsafe(self._journal.end_watching)
            self._server.should_exit = True
            self._thread.join()
        if self._journal is not None:
            self._journal.close()
        if self._store is not None:
            self._store.close()
        self._server = self._thread = self._store = self._desk = self._journal = self._loop = None

    def _open(self) -> Desk:
        """Opens what the server knows, seeded if it is new."""
        self._data.mkdir(parents=True, exist_ok=True)
        credentials = load_credentials(self._data)
        self._journal = Journal(credentials.secrets)
        store = self._store = Store(self._data / "ftrack.sqlite")
        files = Files(self._data / "files", credentials.signing_secret)
        fresh = plant(store, files, self._seed, self._data / "sources")
        if self._record is not None:
            self._journal.record(self._record, {"seed": self._seed.document, "fresh": fresh})
        files.drop_unclaimed(store)
        commits = Commits(store, files, self._announce)
        self._desk = Desk(
            store=store,
            files=files,
            commits=commits,
            credentials=credentials,
            invitations=Invitations(self._data / "invitations.jsonl"),
            media_jobs=MediaJobs(commits, files, self._encoder, self._data / "encoding"),
        )
        return self._desk

    def _announce(self, announcement: Announcement) -> None:
        if self._loop is not None and self._hub is not None:
            self._loop.call_soon_threadsafe(self._hub.publish, announcement.event, announcement.audience)

    def _run(self, desk: Desk, listening: socket.socket) -> None:
        try:
            asyncio.run(self._serve(desk, listening))
        except BaseException as error:  # noqa: BLE001 - told by `start`, in the thread that asked
            self._failure = error

    async def _serve(self, desk: Desk, listening: socket.socket) -> None:
        import uvicorn
        from starlette.middleware import Middleware

        from encode_media.sandbox.admin import Admin
        from encode_media.sandbox.connections import Connections, HttpConnection
        from encode_media.sandbox.gates import Border, FaultGate, Recording
        from encode_media.sandbox.http import Endpoints
        from encode_media.sandbox.hub_connection import HubConnection

        journal = cast("Journal", self._journal)
        faults, connections = Faults(), Connections()
        hub = self._hub = Hub(journal)
        self._loop = asyncio.get_running_loop()
        admin = Admin(desk=desk, faults=faults, journal=journal, do_now=self._do_now)
        app = Endpoints(desk=desk, hub=hub, admin=admin, page=self._page).app(
            Middleware(Border, origins=self._origins),
            Middleware(Recording, journal=journal),
            Middleware(FaultGate, faults=faults, connections=connections),
        )
        http = functools.partial(HttpConnection, connections=connections)
        websocket = functools.partial(HubConnection, hub=hub, faults=faults, origins=self._origins)
        config = uvicorn.Config(
            app,
            http=cast("Any", http),
            ws=cast("Any", websocket),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        # Signals are the program's own business, not this server's, which may be one of its threads.
        await self._server.serve(sockets=[listening])

    def _do_now(self, fault: Fault) -> None:
        if fault.kind == "cut_hub" and self._hub is not None:
            for peer in self._hub.peers():
                peer.cut()
        elif fault.kind == "refuse":
            self._refusing = asyncio.ensure_future(self._refuse(fault.for_s or 0))

    async def _refuse(self, seconds: float) -> None:
        """Nobody listens for a while; connections that are open stay."""
        server = self._server
        for listener in server.servers:
            listener.close()
        await asyncio.sleep(seconds)
        config = server.config
        make = functools.partial(
            config.http_protocol_class,
            config=config,
            server_state=server.server_state,
            app_state=server.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        try:
            server.servers = [await loop.create_server(make, sock=_listen(self._port), backlog=config.backlog)]
        except OSError:
            _log.exception("port %d was taken by somebody else meanwhile", self._port)

    def _wait_until_started(self) -> None:
        waited = threading.Event()
        for _ in range(int(_START_LIMIT_S / 0.01)):
            if self._server is not None and self._server.started:
                return
            if self._thread is None or not self._thread.is_alive():
                break
            waited.wait(0.01)
        raise RuntimeError("the sandbox server did not start") from self._failure


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
