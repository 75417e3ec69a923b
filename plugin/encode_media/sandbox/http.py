"""The server's addresses."""

# ruff: noqa: S608 - the names in these statements come from our own table of types, the values are parameters

from __future__ import annotations

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

from encode_media.sandbox.admin import Admin, base_url
from encode_media.sandbox.api import Api
from encode_media.sandbox.desk import Desk
from encode_media.sandbox.files import media_type
from encode_media.sandbox.gates import NOTE
from encode_media.sandbox.hub import Hub, HubUser
from encode_media.sandbox.hub_connection import HEARTBEAT_S, SILENCE_LIMIT_S
from encode_media.sandbox.problems import InvalidCredentials, NotFound, PermissionDenied, Problem, ValidationError
from encode_media.sandbox.samples import Sample
from encode_media.sandbox.store import TYPE_COLUMN, Values, quoted
from encode_media.sandbox.visibility import Caller, find_caller
from encode_media.sandbox.widgets import widget_page

_log = logging.getLogger(__name__)
_WIDGET_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/", "application/pdf")
"""What a browser may show by itself; anything else is offered as a download, so it can't run as a page."""


class Endpoints:
    """Everything a request may need."""

    def __init__(self, *, desk: Desk, hub: Hub, admin: Admin, page: Path | None) -> None:
        self._desk = desk
        self._store = desk.store
        self._files = desk.files
        self._hub = hub
        self._admin = admin
        self._api = Api(desk)
        self._page = page.resolve() if page else None

    def app(self, *gates: Middleware) -> Starlette:
        routes: list[BaseRoute] = [
            Route("/api", self.api, methods=["POST"]),
            Route("/socket.io/1/", self.handshake),
            Route("/upload/{component_id}", self.upload, methods=["PUT"]),
            Route("/upload/{component_id}/part/{number:int}", self.upload_part, methods=["PUT"]),
            Route("/component/get", self.download),
            Route("/component/remove", self.remove),
            Route("/component/thumbnail", self.thumbnail),
            Route("/img/thumbnail2.png", self.placeholder),
            Route("/widget", self.widget),
            *self._admin.routes(),
            Route("/", self.page),
            Route("/page/{name:path}", self.page),
        ]
        handlers: dict[Any, Any] = {
            Problem: self._problem,
            HTTPException: self._http_problem,
            Exception: self._failure,
        }
        return Starlette(routes=routes, exception_handlers=handlers, middleware=list(gates))

    async def api(self, request: Request) -> Response:
        """Errors carry a real status only if the client asked for that; with 200 otherwise."""
        try:
            operations = await _json_body(request)
            _note(request, operations=operations, user=request.headers.get("ftrack-user"))
            caller = await run_in_threadpool(
                self._caller, request.headers.get("ftrack-user"), request.headers.get("ftrack-api-key")
            )
            elements = await run_in_threadpool(
                self._api.call, caller, operations, base_url(request), dict(request.headers)
            )
        except Problem as problem:
            strict = request.headers.get("ftrack-strict-api", "").lower() == "true"
            _note(request, answer=problem.answer())
            return JSONResponse(problem.answer(), status_code=problem.status if strict else 200)
        _note(request, answer=elements)
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
        data = Sample(request.stream())
        await self._files.receive(component_id, data.chunks(), size=int(size) if size else None, checksum=promised)
        _note(request, upload=data.document())
        return Response(status_code=200)

    async def upload_part(self, request: Request) -> Response:
        upload_id, number = request.query_params.get("upload", ""), request.path_params["number"]
        self._files.check(request.query_params.get("token", ""), "part", upload_id, number)
        data = Sample(request.stream())
        tag = await self._files.receive_part(upload_id, number, data.chunks())
        _note(request, upload=data.document())
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

    async def widget(self, request: Request) -> Response:
        words = dict(request.query_params)
        text = await run_in_threadpool(widget_page, self._store, self._files, words)
        return Response(text, media_type="text/html", headers={"Content-Security-Policy": _WIDGET_POLICY})

    async def page(self, request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        path = (self._page / name).resolve() if self._page else None
        if self._page is None or path is None or not path.is_relative_to(self._page) or not path.is_file():
            raise NotFound("there is no such page")
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    def _caller(self, username: str | None, key: str | None) -> Caller:
        """Whom a request speaks for; the one key is good for every active user. Raises InvalidCredentials."""
        caller = find_caller(self._store, username) if username else None
        if caller is None or not self._desk.credentials.fit(caller.id, key or ""):
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


def _note(request: Request, **facts: Any) -> None:
    """Leaves what the record needs of a request."""
    request.scope.setdefault(NOTE, {}).update(facts)


async def _json_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise ValidationError("the body is not JSON") from error


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
