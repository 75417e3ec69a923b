"""Which job a worker takes next, and what becomes of the jobs of one that is gone.

Claims and take-overs happen one after another over all machines, so limits hold exactly and a worker
that was taken for dead can claim nothing any more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from encode_media.jobs import worker_table
from encode_media.jobs.job_table import ACTIVE, TAKEN, TOLD, WAITING, WAITING_AGAIN, jobs
from encode_media.jobs.profile import Profile
from encode_media.jobs.worker_table import Sign, workers

_ONE_AT_A_TIME = 0x656E636F64650001
"""Key of PostgreSQL's advisory lock for claims; any number of our own."""


@dataclass(frozen=True, slots=True)
class Claim:
    job_id: str
    request: dict[str, Any]
    starts: int
    """This one and those since a step last ended."""
    forgotten_version: int | None
    """The version that began it, where another one now tells it from its beginning."""


def one_at_a_time(conn: sa.Connection) -> None:
    """Until the end of the transaction. SQLite's write lock does it by itself."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def is_waiting(conn: sa.Connection, profile: Profile, *, telling: bool) -> bool:
    """Whether a claim could find something; without any lock."""
    return conn.execute(_next(conn, profile, telling=telling)).first() is not None


def claim(conn: sa.Connection, executor: str, owner: str, profile: Profile, *, telling: bool) -> Claim | None:
    """The next job for this worker; with `telling` only those that were cancelled before their turn."""
    one_at_a_time(conn)
    if not worker_table.is_registered(conn, executor, owner):
        return None
    row = conn.execute(_next(conn, profile, telling=telling)).mappings().first()
    if row is None:
        return None
    conn.execute(
        sa.update(jobs)
        .where(jobs.c.job_id == row["job_id"])
        .values(
            teller=TAKEN,
            executor=executor,
            owner=owner,
            version=profile.version,
            starts=row["starts"] + 1,
            updated_at=jobs.c.updated_at if telling else time.time(),
        )
    )
    foreign = row["owner"] is not None and row["version"] != profile.version
    return Claim(
        job_id=row["job_id"],
        request=json.loads(row["request"]),
        starts=row["starts"] + 1,
        forgotten_version=row["version"] if foreign else None,
    )


def _next(conn: sa.Connection, profile: Profile, *, telling: bool) -> sa.Select[Any]:
    waiting = [jobs.c.teller == WAITING, jobs.c.cancelled.is_(telling)]
    query = sa.select(jobs.c.job_id, jobs.c.request, jobs.c.starts, jobs.c.owner, jobs.c.version)
    query = query.where(*waiting, _version_fits(profile.version)).limit(1)
    if telling:
        return query
    wanted = conn.execute(sa.select(jobs.c.needs).where(*waiting).distinct()).scalars()
    fitting = [needs for needs in wanted if profile.offers.issuperset(needs.split())]
    query = query.where(jobs.c.needs.in_(fitting), sa.not_(_follows_a_cancelled_one()))
    if profile.user_limit:
        query = query.where(jobs.c.username.not_in(_busy_users(profile.user_limit)))
    return query.order_by(jobs.c.rank, jobs.c.created_at, jobs.c.job_id)


def _follows_a_cancelled_one() -> sa.Exists:
    """Whether the same was asked for before and cancelled, and its end is not told: it still tidies up."""
    before = jobs.alias()
    return (
        sa.select(sa.literal(1))
        .where(before.c.base_id == jobs.c.base_id, before.c.job_id != jobs.c.job_id, before.c.parent == "")
        .where(before.c.cancelled.is_(True), before.c.teller != TOLD)
        .exists()
    )


def _version_fits(version: int) -> sa.ColumnElement[bool]:
    """Own jobs; older ones that nobody began, or whose version has no worker left to finish them."""
    living = sa.select(workers.c.version)
    free = sa.or_(jobs.c.owner.is_(None), jobs.c.version.not_in(living))
    return sa.or_(jobs.c.version == version, sa.and_(jobs.c.version < version, free))


def _busy_users(limit: int) -> sa.Select[Any]:
    taken = sa.select(jobs.c.username).where(jobs.c.teller == TAKEN, ACTIVE, jobs.c.username != "")
    return taken.group_by(jobs.c.username).having(sa.func.count() >= limit)


def give_back(conn: sa.Connection, owner: str, *, crashed: bool, job_ids: Sequence[str] | None = None) -> int:
    """Puts jobs back into the queue, where they were; gives how many.

    A start that was ended on purpose doesn't count.
    """
    mine = sa.update(jobs).where(jobs.c.owner == owner, jobs.c.teller == TAKEN)
    if job_ids is not None:
        mine = mine.where(jobs.c.job_id.in_(job_ids))
    starts = jobs.c.starts if crashed else sa.case((jobs.c.starts > 0, jobs.c.starts - 1), else_=0)
    return conn.execute(mine.values(**WAITING_AGAIN, starts=starts)).rowcount


def close(conn: sa.Connection, job_id: str, owner: str) -> None:
    """The job is told to its end."""
    conn.execute(sa.update(jobs).where(jobs.c.job_id == job_id, jobs.c.owner == owner).values(teller=TOLD))


def take_over(conn: sa.Connection, sign: Sign) -> int | None:
    """Ends a worker's registration and frees its jobs; None where it gave a sign of life meanwhile."""
    one_at_a_time(conn)
    if not worker_table.remove(conn, sign):
        return None
    return give_back(conn, sign.owner, crashed=True)


def inherit(conn: sa.Connection, executor: str, owner: str, profile: Profile) -> int:
    """Registers a worker, and frees what the one before it with this identity left."""
    one_at_a_time(conn)
    left = sa.update(jobs).where(jobs.c.executor == executor, jobs.c.teller == TAKEN)
    freed = conn.execute(left.values(**WAITING_AGAIN)).rowcount
    worker_table.register(conn, executor, owner, profile)
    return freed
