"""A job's place in the queue: where it is put, and how it is moved."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import sqlalchemy as sa

from encode_media.jobs.job_table import ACTIVE, IN_QUEUE, WAITING, jobs, keys
from encode_media.jobs.profile import STEPS_VERSION
from encode_media.jobs.steps import CLASS_WIDTH, first_rank, rank, username_of
from encode_media.model.codec import from_json, to_json
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Stage

_QUEUED = json.dumps({"stage": Stage.QUEUED.value})

# Built once: building statements takes longer than SQLite takes to carry them out, with its write lock held.
_COUNT_ATTEMPT = (
    sa.update(keys).where(keys.c.base_id == sa.bindparam("key")).values(attempts=sa.bindparam("count"))
)
_IN_CLASS = (jobs.c.rank >= sa.bindparam("first"), jobs.c.rank < sa.bindparam("end"))
_INSERT = sa.insert(jobs)
_COUNT_ALIKE = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(jobs.c.username == sa.bindparam("user"), jobs.c.priority == sa.bindparam("class"), ACTIVE)
    .limit(CLASS_WIDTH)
    .subquery()
)
_LAST_RANK = (
    sa.select(jobs.c.rank)
    .where(*IN_QUEUE, jobs.c.username == sa.bindparam("user"), jobs.c.priority == sa.bindparam("class"))
    .where(jobs.c.parent == "", *_IN_CLASS)
    .order_by(jobs.c.rank.desc())
    .limit(1)
)
_NEXT_RANK = sa.select(jobs.c.rank).where(*IN_QUEUE, *_IN_CLASS).order_by(jobs.c.rank).limit(1)


def add(conn: sa.Connection, request: EncodeRequest, job_id: str, attempt: int) -> None:
    now = time.time()
    conn.execute(_COUNT_ATTEMPT, {"key": request.base_id, "count": attempt})
    conn.execute(
        _INSERT,
        {
            "job_id": job_id,
            "base_id": request.base_id,
            "attempt": attempt,
            "request": json.dumps(to_json(request)),
            "username": username_of(request),
            "priority": request.priority,
            "rank": _rank(conn, request),
            "parent": request.part.job_id if request.part else "",
            "needs": " ".join(sorted(set(request.needs))),
            "preset": request.preset,
            "version_id": request.target.version_id if request.target else "",
            "batch": request.batch_id or "",
            "stage": Stage.QUEUED.value,
            "progress": _QUEUED,
            "teller": WAITING,
            "version": STEPS_VERSION,
            "cancelled": False,
            "starts": 0,
            "created_at": now,
            "updated_at": now,
        },
    )


def _rank(conn: sa.Connection, request: EncodeRequest) -> int:
    """Behind what waits of the same person and priority, else as many places behind the next one as run of it."""
    if request.part is not None:
        return rank(request.priority, request.part.number, _next_rank(conn, request.priority))
    alike = {"user": username_of(request), "class": request.priority}
    last: int | None = conn.execute(_LAST_RANK, {**alike, **_class(request.priority)}).scalar()
    if last is not None:
        return rank(request.priority, 1, last)
    running = int(conn.execute(_COUNT_ALIKE, alike).scalar_one())
    return rank(request.priority, running, _next_rank(conn, request.priority))


def _next_rank(conn: sa.Connection, priority: int) -> int | None:
    """The rank of the next one in a class of priority, if one waits there."""
    found: int | None = conn.execute(_NEXT_RANK, _class(priority)).scalar()
    return found


def _class(priority: int) -> dict[str, int]:
    first = first_rank(priority)
    return {"first": first, "end": first + CLASS_WIDTH}


def place(conn: sa.Connection, job_id: str, priority: int) -> bool:
    """Moves a waiting job into another class, in front of what waits there; False if it waits no more."""
    row = conn.execute(sa.select(jobs.c.request).where(jobs.c.job_id == job_id, *IN_QUEUE)).scalar()
    if row is None:
        return False
    request = replace(from_json(EncodeRequest, json.loads(row)), priority=priority)
    changed = sa.update(jobs).where(jobs.c.job_id == job_id, *IN_QUEUE)
    first = rank(priority, -1, _next_rank(conn, priority))
    values = {"request": json.dumps(to_json(request)), "priority": priority, "rank": first}
    return conn.execute(changed.values(**values)).rowcount > 0


def to_front(conn: sa.Connection, job_id: str) -> bool:
    """Before all that waits; False if the job waits no more."""
    first = conn.execute(sa.select(sa.func.min(jobs.c.rank)).where(*IN_QUEUE)).scalar()
    if first is None:
        return False
    moved = sa.update(jobs).where(jobs.c.job_id == job_id, *IN_QUEUE)
    return conn.execute(moved.values(rank=first - 1)).rowcount > 0
