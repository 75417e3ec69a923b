"""The server's addresses."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import struct
import zlib
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from encode_media.sandbox.api import Api
from encode_media.sandbox.files import Files, media_type
from encode_media.sandbox.hub import Hub, HubUser
from encode_media.sandbox.hub_connection import HEARTBEAT_S, SILENCE_LIMIT_S
from encode_media.sandbox.loopback import is_own_host, is_own_origin
from encode_media.sandbox.problems import InvalidCredentials, NotFound, PermissionDenied, Problem, ValidationError
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values, quoted
from encode_media.sandbox.visibility import Caller, find_caller

_log = logging.getLogger(__name__)
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/", "application/pdf")
"""What a browser may show by itself; anything else is offered as a download, so it can't run as a page."""


class Endpoints:
    """Everything a request may need."""

    def __init__(self, *, store: Store, files: Files, hub: Hub, api_key: str, page: Path | None) -> None:
        self._store = store
        self._files = files
        self._hub = hub
        self._api = Api(store, files)
        self._key = api_key
        self._page = page.resolve() if page else None

    def app(self) -> Starlette:
        routes: list[BaseRoute] = [
            Route("/api", self.api, methods=["POST"]),
            Route("/socket.io/1/", self.handshake),
            Route("/upload/{component_id}", self.upload, methods=["PUT"]),
            Route("/upload/{component_id}/part/{number:int}", self.upload_part, methods=["PUT"]),
            Route("/component/get", self.download),
            Route("/component/remove", self.remove),
            Route("/component/thumbnail", self.thumbnail),
            Route("/img/thumbnail2.png", self.placeholder),
            Route("/sandbox/session", self.session),
            Route("/", self.page),
            Route("/page/{name:path}", self.page),
        ]
        handlers: dict[Any, Any] = {
            Problem: self._problem,
            HTTPException: self._http_problem,
            Exception: self._failure,
        }
        return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(OwnHostOnly)])

    async def api(self, request: Request) -> Response:
        """Errors carry a real status only if the client asked for that; with 200 otherwise."""
        try:
            caller = await run_in_threadpool(
                self._caller, request.headers.get("ftrack-user"), request.headers.get("ftrack-api-key")
            )
            operations = await _json_body(request)
            headers = dict(request.headers)
            loop = asyncio.get_running_loop()

            def announce(event: dict[str, Any]) -> None:
                loop.call_soon_threadsafe(self._hub.publish, event)

            elements = await run_in_threadpool(
                self._api.call, caller, operations, _base_url(request), headers, announce
            )
        except Problem as problem:
            strict = request.headers.get("ftrack-strict-api", "").lower() == "true"
            return JSONResponse(problem.answer(), status_code=problem.status if strict else 200)
        return JSONResponse(elements)

    async def handshake(self, request: Request) -> Response:
        user = request.headers.get("ftrack-user") or request.query_params.get("api_user")
        key = request.headers.get("ftrack-api-key") or request.query_params.get("api_key")
        caller = await run_in_threadpool(self._caller, user, key)
        sid = self._hub.open_session(HubUser(id=caller.id, username=caller.username))
        return PlainTextResponse(f"{sid}:{HEARTBEAT_S:.0f}:{SILENCE_LIMIT_S:.0f}:websocket")

    async def upload(self, request: Request) -> Response:
        component_id, query = request.path_params["component_id"], request.query_params
        size, checksum = query.get("size", ""), query.get("md5", "")
        self._files.check(query.get("token", ""), "write", component_id, size, checksum)
        promised = request.headers.get("content-md5", checksum)
        await self._files.receive(
            component_id, request.stream(), size=int(size) if size else None, checksum=promised
        )
        return Response(status_code=200)

    async def upload_part(self, request: Request) -> Response:
        upload_id, number = request.query_params.get("upload", ""), request.path_params["number"]
        self._files.check(request.query_params.get("token", ""), "part", upload_id, number)
        tag = await self._files.receive_part(upload_id, number, request.stream())
        return Response(status_code=200, headers={"ETag": f'"{tag}"'})

    async def download(self, request: Request) -> Response:
        component = await run_in_threadpool(self._readable, request)
        return self._file(component, request.query_params.get("id", ""))

    async def thumbnail(self, request: Request) -> Response:
        """The image as it is, whatever `size` asks for: browsers scale it."""
        component_id = request.query_params.get("id", "")
        component = await run_in_threadpool(self._readable, request)
        if not self._files.path(component_id).is_file():
            return Response(_PLACEHOLDER, media_type="image/png")
        return self._file(component, component_id)

    async def remove(self, request: Request) -> Response:
        query = request.query_params
        caller = await run_in_threadpool(self._caller, query.get("username"), query.get("apiKey"))
        if not caller.may_write:
            raise PermissionDenied(f"{caller.username} may only read")
        await run_in_threadpool(self._readable, request)
        await run_in_threadpool(self._files.remove, query.get("id", ""))
        return Response(status_code=200)

    async def placeholder(self, request: Request) -> Response:
        del request
        return Response(_PLACEHOLDER, media_type="image/png")

    async def session(self, request: Request) -> Response:
        """What the page needs to be a client; for pages of this very server only."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in {"same-origin", "none"}:
            raise PermissionDenied("only the sandbox's own page may ask for this")
        users = await run_in_threadpool(self._users)
        answer = {"server_url": _base_url(request), "users": users, "api_key": self._key}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def page(self, request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        path = (self._page / name).resolve() if self._page else None
        if self._page is None or path is None or not path.is_relative_to(self._page) or not path.is_file():
            raise NotFound("there is no such page")
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    def _users(self) -> list[dict[str, str]]:
        rows = self._store.rows(
            'SELECT u.id, u.username, u.first_name, u.last_name, MIN(s.name) AS role FROM "Resource" u '
            'LEFT JOIN "UserSecurityRole" r ON r.user_id = u.id '
            'LEFT JOIN "SecurityRole" s ON s.id = r.security_role_id '
            "WHERE u.__type__ = 'User' AND u.is_active = 1 GROUP BY u.id ORDER BY u.rowid"
        )
        return [
            {
                "id": row["id"],
                "username": row["username"],
                "name": f"{row['first_name'] or ''} {row['last_name'] or ''}".strip() or row["username"],
                "role": row["role"] or "",
            }
            for row in rows
        ]

    def _caller(self, username: str | None, key: str | None) -> Caller:
        """Whom a request speaks for; the one key is good for every active user. Raises InvalidCredentials."""
        known = hmac.compare_digest((key or "").encode(), self._key.encode())
        caller = find_caller(self._store, username) if known and username else None
        if caller is None:
            raise InvalidCredentials("The supplied API key or user name is not known here.")
        return caller

    def _readable(self, request: Request) -> Values | None:
        """The component a request may read: by credentials, or by an address that we signed."""
        query = request.query_params
        component_id = query.get("id", "")
        if token := query.get("token"):
            self._files.check(token, "read", component_id)
            return self._store.find("Component", (component_id,))
        caller = self._caller(query.get("username"), query.get("apiKey"))
        component = self._store.find("Component", (component_id,))
        condition = caller.visibility.condition("Component", "t")
        if component is not None and condition:
            sql = f"SELECT 1 FROM {quoted('Component')} AS t WHERE id = ? AND {condition}"
            if not self._store.rows(sql, [component_id, *caller.visibility.parameters(condition)]):
                raise NotFound(f"component {component_id} was not found")
        return component

    def _file(self, component: Values | None, component_id: str) -> Response:
        path = self._files.existing(component_id)
        suffix = (component["file_type"] if component else "") or ""
        name = f"{component['name'] if component else component_id}{suffix}"
        kind = media_type(suffix)
        inline = kind.startswith(_SHOWN) and (component is None or component[TYPE_COLUMN] == "FileComponent")
        return FileResponse(
            path,
            media_type=kind,
            filename=name,
            content_disposition_type="inline" if inline else "attachment",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
        )

    async def _problem(self, request: Request, error: Problem) -> Response:
        del request
        return JSONResponse(error.answer(), status_code=error.status)

    async def _http_problem(self, request: Request, error: HTTPException) -> Response:
        problem = NotFound(f"{request.method} {request.url.path}: {error.detail}")
        return JSONResponse(problem.answer(), status_code=error.status_code)

    async def _failure(self, request: Request, error: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse(Problem(f"the server failed: {type(error).__name__}").answer(), status_code=500)


class OwnHostOnly:
    """Refuses requests that name another host (DNS rebinding) or come from another server's page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            host = headers.get("host", "")
            if not is_own_host(host) or not is_own_origin(headers.get("origin"), host):
                problem = PermissionDenied("this server answers to this machine and its own pages only")
                await JSONResponse(problem.answer(), status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _json_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise ValidationError("the body is not JSON") from error


def _base_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}"


def _grey_picture(width: int, height: int) -> bytes:
    """A PNG of one grey, for where there is no thumbnail."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x3a" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


_PLACEHOLDER = _grey_picture(160, 90)
