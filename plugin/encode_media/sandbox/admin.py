"""`/sandbox/…`: what a person, a test or the page asks the sandbox about itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from encode_media.sandbox.desk import Desk
from encode_media.sandbox.faults import Fault, Faults
from encode_media.sandbox.journal import Journal
from encode_media.sandbox.problems import PermissionDenied, ValidationError
from encode_media.sandbox.store import Store


class Admin:
    """`do_now` carries out the faults that are moments."""

    def __init__(self, *, desk: Desk, faults: Faults, journal: Journal, do_now: Callable[[Fault], object]) -> None:
        self._desk = desk
        self._faults = faults
        self._journal = journal
        self._do_now = do_now

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sandbox/session", self.session),
            Route("/sandbox/invitations", self.invitations),
            Route("/sandbox/feed", self.feed),
            Route("/sandbox/faults", self.list_faults, methods=["GET"]),
            Route("/sandbox/faults", self.add_faults, methods=["POST"]),
            Route("/sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/sandbox/faults/{number:int}", self.clear_faults, methods=["DELETE"]),
        ]

    async def session(self, request: Request) -> Response:
        """What the page needs to be a client; for pages of this very server only."""
        _refuse_other_pages(request)
        users = await run_in_threadpool(_users, self._desk.store)
        key = self._desk.credentials.api_key
        answer = {"server_url": base_url(request), "users": users, "api_key": key}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def invitations(self, request: Request) -> Response:
        _refuse_other_pages(request)
        return JSONResponse(await run_in_threadpool(self._desk.invitations.all))

    async def feed(self, request: Request) -> Response:
        """What goes over the wire, as server-sent events; `?kind=event` (repeated) keeps some kinds only."""
        _refuse_other_pages(request)
        kinds = set(request.query_params.getlist("kind"))

        async def lines() -> AsyncIterator[str]:
            async for line in self._journal.watch():
                if not line:
                    yield ": nothing new\n\n"
                elif not kinds or json.loads(line)["kind"] in kinds:
                    yield f"data: {line}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def list_faults(self, request: Request) -> Response:
        _refuse_other_pages(request)
        return JSONResponse([fault.document() for fault in self._faults.all()])

    async def add_faults(self, request: Request) -> Response:
        """One fault or a list of them, as JSON."""
        _refuse_other_pages(request)
        try:
            given = json.loads(await request.body())
        except ValueError as error:
            raise ValidationError("the body is not JSON") from error
        added = [self._faults.add(one) for one in (given if isinstance(given, list) else [given])]
        for fault in added:
            self._do_now(fault)
        # Let what was asked for begin before it is said to have begun.
        await asyncio.sleep(0)
        return JSONResponse([fault.document() for fault in added], status_code=201)

    async def clear_faults(self, request: Request) -> Response:
        _refuse_other_pages(request)
        self._faults.clear(request.path_params.get("number"))
        return Response(status_code=204)


def base_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}"


def _refuse_other_pages(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise PermissionDenied("only the sandbox's own page may ask for this")


def _users(store: Store) -> list[dict[str, str]]:
    rows = store.rows(
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
