"""A TCP proxy between a client and a server on this machine that cuts, stalls, delays, and shuffles events."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator

from support.hub_frames import HubFrames

UPLOAD = b"PUT /upload"
UPGRADED = b"HTTP/1.1 101"
_CHUNK = 16384


class BadNetwork:
    """Forwards 127.0.0.1:`port` to `server_port`; as good as none until it is told otherwise."""

    def __init__(self, server_port: int, chance: random.Random | None = None) -> None:
        """`chance` decides which events are repeated and which change places."""
        self._server_port = server_port
        self._chance = chance or random.Random(0)  # noqa: S311 - the same every time
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.delay_s = 0.0
        """Before each piece that passes, both ways."""
        self.shuffled = False
        """Whether events arrive twice, and in another order."""
        self.refusing = False
        """Whether new connections are closed at once."""
        self.cuts = 0
        """How many uploads were cut so far."""
        self._cut_after: int | None = None
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next_upload(self, after_bytes: int) -> None:
        """The next upload loses its connection once so many of its bytes have passed (headers included)."""
        self._cut_after = after_bytes

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told: connections stay, as behind a pulled plug."""
        self._flowing.clear()

    def go_on(self) -> None:
        """As good as no proxy again."""
        self.refusing = self.shuffled = False
        self.delay_s = 0.0
        self._flowing.set()

    def drop_all(self) -> None:
        """Every connection is reset, as by a router that forgot them."""
        with self._lock:
            open_now = list(self._open)
        for end in open_now:
            _close(end)

    def close(self) -> None:
        self._listening.close()
        self.go_on()
        self.drop_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.refusing:
                _close(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=5)
            except OSError:
                _close(client)
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for what in (self._pass_requests, self._pass_answers):
                threading.Thread(target=what, args=(client, server), daemon=True).start()

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        left: int | None = None
        with self._closing(client, server):
            while piece := self._next(client):
                if self._cut_after is not None and piece.startswith(UPLOAD):
                    left, self._cut_after = self._cut_after, None
                if left is None:
                    server.sendall(piece)
                    continue
                server.sendall(piece[:left])
                left -= len(piece)
                if left <= 0:
                    self.cuts += 1
                    return

    def _pass_answers(self, client: socket.socket, server: socket.socket) -> None:
        frames: HubFrames | None = None
        with self._closing(client, server):
            while piece := self._next(server):
                if frames is not None:
                    client.sendall(frames.passing(piece, shuffled=self.shuffled))
                    continue
                if piece.startswith(UPGRADED):
                    head, _, rest = piece.partition(b"\r\n\r\n")
                    frames = HubFrames(self._chance)
                    piece = head + b"\r\n\r\n" + frames.passing(rest, shuffled=False)
                client.sendall(piece)

    def _next(self, source: socket.socket) -> bytes:
        piece = source.recv(_CHUNK)
        if self.delay_s:
            time.sleep(self.delay_s)
        self._flowing.wait()
        return piece

    @contextlib.contextmanager
    def _closing(self, *ends: socket.socket) -> Iterator[None]:
        try:
            with contextlib.suppress(OSError):
                yield
        finally:
            for end in ends:
                _close(end)
            with self._lock:
                self._open -= set(ends)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
