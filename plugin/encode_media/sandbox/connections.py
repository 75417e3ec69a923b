"""The server's own ends of its HTTP connections, so that a fault can cut one."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from weakref import WeakValueDictionary

from uvicorn.protocols.http.h11_impl import H11Protocol

Address = tuple[str, int]


class Connections:
    """Open connections by their client's address."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[Address, asyncio.Transport] = WeakValueDictionary()

    def opened(self, transport: asyncio.Transport) -> None:
        host, port = transport.get_extra_info("peername")[:2]
        self._open[host, port] = transport

    def cut(self, client: Address | None) -> None:
        """Resets the connection: its client sees no answer and no end."""
        transport = self._open.get(client) if client else None
        if transport is not None:
            transport.abort()


class HttpConnection(H11Protocol):
    """One connection; made by the web server with its own arguments."""

    def __init__(self, *, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._ours = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._ours.opened(cast("asyncio.Transport", transport))
        super().connection_made(cast("asyncio.Transport", transport))
