"""What every request passes on its way in: who may call, what is recorded, which faults it meets."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from encode_media.sandbox.connections import Connections
from encode_media.sandbox.faults import Fault, Faults
from encode_media.sandbox.journal import Journal
from encode_media.sandbox.loopback import Origins, is_own_host, is_own_origin
from encode_media.sandbox.problems import InvalidCredentials, PermissionDenied, Problem

ADMIN = "/sandbox/"
"""For people at this machine and for the server's own page."""
NOTE = "encode_media.note"
"""Where, in a request's scope, its endpoint leaves what the record needs of it."""


class Border:
    """Refuses requests that name another host (DNS rebinding) or come from a page that may not call."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        own = is_own_origin(origin, host)
        if not is_own_host(host) or not (own or self._may_cross(scope["path"], origin, host)):
            problem = PermissionDenied("this server answers to this machine and its own pages only")
            await JSONResponse(problem.answer(), status_code=403)(scope, receive, send)
        elif own:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_preflight(headers))(scope, receive, _with_cors(send, origin))
        else:
            await self._app(scope, receive, _with_cors(send, origin))

    def _may_cross(self, path: str, origin: str | None, host: str) -> bool:
        return not path.startswith(ADMIN) and self._origins.may_call(origin, host)


def _preflight(headers: dict[str, str]) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": "GET, POST, PUT, OPTIONS",
        "Access-Control-Allow-Headers": headers.get("access-control-request-headers", "content-type"),
        "Access-Control-Max-Age": "600",
    }


def _with_cors(send: Send, origin: str | None) -> Send:
    """The JavaScript client asks with credentials, so the origin is named; and it reads the tags of parts."""
    added = [
        (b"access-control-allow-origin", (origin or "").encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"ETag, Content-Length, Content-Range"),
        (b"vary", b"Origin"),
    ]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return sending


class Recording:
    """Notes every request but those to the sandbox itself."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith((ADMIN, "/page/")) or scope["path"] == "/":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.monotonic()
        note: dict[str, Any] = {}
        scope[NOTE] = note

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            query = scope["query_string"].decode("latin-1")
            self._journal.note(
                "request",
                method=scope["method"],
                path=scope["path"],
                **({"query": query} if query else {}),
                status=status,
                ms=round((time.monotonic() - began) * 1000, 1),
                **note,
            )


class FaultGate:
    """Does to a request what the faults in force say."""

    def __init__(self, app: ASGIApp, faults: Faults, connections: Connections) -> None:
        self._app = app
        self._faults = faults
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ADMIN) or not self._faults.all():
            await self._app(scope, receive, send)
            return
        actions: list[str] = []
        if self._faults.needs_actions() and scope["path"] == "/api":
            body = await _whole_body(receive)
            receive, actions = _again(body), _actions(body)
        met = self._faults.for_request(scope["path"], _user(scope), actions)
        for fault in met:
            scope.setdefault(NOTE, {}).setdefault("faults", []).append(fault.kind)
        await self._meet(met, scope, receive, send)

    async def _meet(self, met: list[Fault], scope: Scope, receive: Receive, send: Send) -> None:
        for fault in met:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "slow":
                receive, send = _slowly(receive, send, fault.bytes_per_second)
        last = next((fault for fault in met if fault.kind not in {"latency", "slow"}), None)
        if last is None:
            await self._app(scope, receive, send)
        elif last.kind == "drop":
            await self._drop(last, scope, receive)
        else:
            # The body is read first, as by a server that fails while it works.
            await _whole_body(receive)
            await _answer(last, scope)(scope, receive, send)

    async def _drop(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        if fault.after_answer:
            await self._app(scope, receive, _nowhere)
        else:
            left, more = fault.after_bytes, True
            while left > 0 and more:
                message = await receive()
                left -= len(message.get("body", b""))
                more = message.get("more_body", False)
        self._connections.cut(scope.get("client"))
        while (await receive())["type"] != "http.disconnect":
            pass


def _answer(fault: Fault, scope: Scope) -> Response:
    if fault.kind == "garbage":
        return Response(fault.text, status_code=fault.status, media_type="text/html")
    if fault.kind == "error":
        problem: Problem = Problem("the server can't answer now (a fault that was asked for)")
        return JSONResponse(problem.answer(), status_code=fault.status)
    strict = scope["path"] != "/api" or headers_of(scope).get("ftrack-strict-api", "").lower() == "true"
    problem = InvalidCredentials("The supplied API key has expired.")
    return JSONResponse(problem.answer(), status_code=problem.status if strict else 200)


def _slowly(receive: Receive, send: Send, bytes_per_second: float) -> tuple[Receive, Send]:
    async def receiving() -> Message:
        message = await receive()
        await asyncio.sleep(len(message.get("body", b"")) / bytes_per_second)
        return message

    async def sending(message: Message) -> None:
        await asyncio.sleep(len(message.get("body", b"")) / bytes_per_second)
        await send(message)

    return receiving, sending


async def _nowhere(message: Message) -> None:
    """For an answer that never arrives."""


async def _whole_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _again(body: bytes) -> Receive:
    """A body that was read, to be read once more."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return receiving


def _actions(body: bytes) -> list[str]:
    try:
        operations: Any = json.loads(body)
    except ValueError:
        return []
    listed = operations if isinstance(operations, list) else [operations]
    return [str(one.get("action")) for one in listed if isinstance(one, dict)]


def _user(scope: Scope) -> str:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    given = query.get("username") or query.get("api_user") or [""]
    return headers_of(scope).get("ftrack-user") or given[0]


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
