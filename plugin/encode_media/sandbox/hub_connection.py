"""One WebSocket connection of the event hub.

The web server's own WebSocket support always ends a connection with a close frame, after which the
Python client never reconnects and never says so. So the hub's connections are spoken here, on the
protocol library itself: shutting down sends `0::` and cuts the line.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from encode_media.sandbox.faults import Faults
from encode_media.sandbox.hub import Hub, HubUser
from encode_media.sandbox.loopback import Origins, is_own_host

HEARTBEAT_S = 5.0
"""JavaScript clients give up after 15 s of silence."""
SILENCE_LIMIT_S = 60.0
_MAX_PACKET = 16 * 1024 * 1024
_MAX_BACKLOG = 64 * 1024 * 1024
"""A peer that reads slower than this is cut off; it will reconnect."""
_EVENT_MARK = b"5:::"
_EVENT_MARK_END = 14
"""A frame's header is at most 10 bytes, then the packet begins."""
_PATH = "/socket.io/1/websocket/"

_log = logging.getLogger(__name__)


class HubConnection(asyncio.Protocol):
    """Takes over a connection that asked for an upgrade; made by the web server with its own arguments."""

    user: HubUser

    def __init__(
        self,
        *,
        hub: Hub,
        faults: Faults,
        origins: Origins,
        server_state: Any,
        heartbeat_s: float = HEARTBEAT_S,
        **_: Any,
    ) -> None:
        self._hub = hub
        self._faults = faults
        self._origins = origins
        self._held: bytes | None = None
        self._server_connections: set[Any] = server_state.connections
        self._heartbeat_s = heartbeat_s
        # No extensions: compression on one machine costs more than it saves.
        self._websocket = ServerProtocol(max_size=_MAX_PACKET)
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._heard = 0.0
        self._fragments: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server_connections.add(self)
        self._heard = asyncio.get_running_loop().time()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._timer:
            self._timer.cancel()
        self._server_connections.discard(self)
        self._hub.disconnect(self)

    def data_received(self, data: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()

    def eof_received(self) -> None:
        self._websocket.receive_eof()
        self._flush()

    def send_packet(self, packet: str) -> None:
        self.send_frame(Frame(Opcode.TEXT, packet.encode()).serialize(mask=False))

    def send_frame(self, frame: bytes) -> None:
        """Past the protocol library: it would frame the same text again for each of many connections."""
        if self._transport.is_closing() or self._websocket.state is not State.OPEN:
            return
        for one in self._with_faults(frame):
            self._transport.write(one)
        if self._transport.get_write_buffer_size() > _MAX_BACKLOG:
            _log.warning("%s reads too slowly and is cut off", self.user.username)
            self._transport.abort()

    def cut(self) -> None:
        """The line is dead, with no word."""
        self._transport.abort()

    def _with_faults(self, frame: bytes) -> tuple[bytes, ...]:
        user = self.user.username
        if self._faults.for_hub("silence", user):
            return ()
        is_event = frame.find(_EVENT_MARK, 2, _EVENT_MARK_END) > 0
        if is_event and self._faults.for_hub("duplicate", user):
            return (frame, frame)
        if self._held is not None:
            held, self._held = self._held, None
            return (frame, held)
        if is_event and self._faults.for_hub("reorder", user):
            self._held = frame  # goes out behind the next packet, at the latest with the next heartbeat
            return ()
        return (frame,)

    def shutdown(self) -> None:
        """Called by the web server when it stops."""
        self.send_packet("0::")
        self._transport.close()

    def _open(self, request: Request) -> None:
        url = urlsplit(request.path)
        sid = url.path.removeprefix(_PATH)
        host = request.headers.get("Host", "")
        if not is_own_host(host) or not self._origins.may_call(request.headers.get("Origin"), host):
            self._websocket.send_response(self._websocket.reject(403, "Only pages of this server may connect.\n"))
            return
        user = self._hub.claim_session(sid) if url.path.startswith(_PATH) else None
        claimed = parse_qs(url.query).get("api_user", [""])[0]
        if user is None or (claimed and claimed != user.username):
            self._websocket.send_response(self._websocket.reject(401, "This session is unknown.\n"))
            return
        self.user = user
        self._websocket.send_response(self._websocket.accept(request))
        if self._websocket.state is State.OPEN:
            self._flush()
            self._hub.connect(self)
            self._timer = asyncio.get_running_loop().call_later(self._heartbeat_s, self._beat)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard > SILENCE_LIMIT_S:
            self._transport.abort()
            return
        self.send_packet("2::")
        self._timer = loop.call_later(self._heartbeat_s, self._beat)

    def _take(self, frame: Frame) -> None:
        if frame.opcode in {Opcode.TEXT, Opcode.CONT, Opcode.BINARY}:
            self._fragments.append(bytes(frame.data))
            if not frame.fin:
                return
            packet = b"".join(self._fragments).decode("utf-8", "replace")
            self._fragments.clear()
            self._hub.receive(self, packet)

    def _flush(self) -> None:
        for data in self._websocket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
        if self._websocket.close_expected() and self._websocket.state is not State.OPEN:
            asyncio.get_running_loop().call_later(1.0, self._transport.close)
