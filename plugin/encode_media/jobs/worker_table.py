"""One row per living worker: its beat, what it offers, and the sign that it still owns its identity."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from encode_media.jobs.engine import WorkerRecord
from encode_media.jobs.job_table import metadata
from encode_media.jobs.profile import Profile

workers = sa.Table(
    "encode_media_workers",
    metadata,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("offers", sa.Text, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("beat", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker as another one sees it. One that lives has another beat the next time."""

    executor: str
    owner: str
    beat: int


def register(conn: sa.Connection, executor: str, owner: str, profile: Profile) -> None:
    now = _now(conn)
    conn.execute(sa.delete(workers).where(workers.c.executor == executor))
    conn.execute(
        sa.insert(workers).values(
            executor=executor,
            owner=owner,
            host=profile.host,
            version=profile.version,
            offers=" ".join(sorted(profile.offers)),
            slots=profile.slots,
            beat=0,
            started_at=now,
            seen_at=now,
        )
    )


def beat(conn: sa.Connection, executor: str, owner: str) -> bool:
    """False: somebody took this worker for dead, and its jobs."""
    mine = sa.update(workers).where(workers.c.executor == executor, workers.c.owner == owner)
    return conn.execute(mine.values(beat=workers.c.beat + 1, seen_at=_now(conn))).rowcount > 0


def is_registered(conn: sa.Connection, executor: str, owner: str) -> bool:
    query = sa.select(sa.literal(1)).where(workers.c.executor == executor, workers.c.owner == owner)
    return conn.execute(query).scalar() is not None


def remove(conn: sa.Connection, sign: Sign) -> bool:
    """False where it is not as it was seen."""
    same = sa.delete(workers).where(
        workers.c.executor == sign.executor, workers.c.owner == sign.owner, workers.c.beat == sign.beat
    )
    return conn.execute(same).rowcount > 0


def sign_off(conn: sa.Connection, executor: str, owner: str) -> None:
    conn.execute(sa.delete(workers).where(workers.c.executor == executor, workers.c.owner == owner))


def signs(conn: sa.Connection) -> list[Sign]:
    rows = conn.execute(sa.select(workers.c.executor, workers.c.owner, workers.c.beat))
    return [Sign(*row) for row in rows]


def every(conn: sa.Connection) -> Sequence[WorkerRecord]:
    now = _now(conn)
    rows = conn.execute(sa.select(workers).order_by(workers.c.executor)).mappings()
    return [_record(row, now) for row in rows]


def _record(row: Any, now: float) -> WorkerRecord:
    return WorkerRecord(
        executor=row["executor"],
        host=row["host"],
        version=row["version"],
        offers=frozenset(row["offers"].split()),
        slots=row["slots"],
        seen_s_ago=max(0.0, now - row["seen_at"]),
    )


def _now(conn: sa.Connection) -> float:
    """By one clock for all: the server's, or that of the one machine SQLite is for."""
    if conn.dialect.name == "sqlite":
        return time.time()
    return float(conn.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
