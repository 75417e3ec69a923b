"""A TCP proxy between a client and a server on this machine that cuts uploads and delays what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

UPLOAD = b"PUT /upload"
_CHUNK = 16384


class BadNetwork:
    """Forwards 127.0.0.1:`port` to `server_port`; as good as none until it is told otherwise."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.delay_s = 0.0
        """Before each piece that passes, both ways."""
        self.cuts = 0
        """How many uploads were cut so far."""
        self._cut_after: int | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next_upload(self, after_bytes: int) -> None:
        """The next upload loses its connection once so many of its bytes have passed (headers included)."""
        self._cut_after = after_bytes

    def drop_all(self) -> None:
        """Every connection is reset, as by a router that forgot them."""
        with self._lock:
            open_now = list(self._open)
        for end in open_now:
            _close(end)

    def close(self) -> None:
        self._listening.close()
        self.drop_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=5)
            except OSError:
                _close(client)
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        left: int | None = None
        with contextlib.suppress(OSError):
            while piece := source.recv(_CHUNK):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if is_client and self._cut_after is not None and piece.startswith(UPLOAD):
                    left, self._cut_after = self._cut_after, None
                if left is not None:
                    target.sendall(piece[:left])
                    left -= len(piece)
                    if left <= 0:
                        self.cuts += 1
                        break
                    continue
                target.sendall(piece)
        _close(source)
        _close(target)
        with self._lock:
            self._open -= {source, target}


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
