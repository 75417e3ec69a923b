"""One row per job: what people ask about (request, stage, progress, result) and the cancel mark.

The engine library keeps the steps; a row here is written in the same transaction as the library's, so
the two agree. All statements are in this module, and run on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from encode_media.jobs.engine import JobRecord, JsonDict
from encode_media.jobs.steps import CANCELLING, CLASS_WIDTH, last_progress, username_of
from encode_media.model.codec import from_json, to_json
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Progress, Stage

SCHEMA = "encode_media"
"""PostgreSQL: everything of ours and of the engine library lies in this schema."""

WAITING, TAKEN, WITHDRAWN = "waiting", "taken", "withdrawn"
"""Who may tell a job's story: nobody yet, the queue it was put into, or the one that tells of its cancel.
It changes once, from the first, so a job that is cancelled while it is being taken has one teller."""

metadata = sa.MetaData()

jobs = sa.Table(
    "encode_media_jobs",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("base_id", sa.Text, nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("stage", sa.Text, nullable=False, index=True),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("teller", sa.Text, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("executor", sa.Text),
    sa.Column("created_at", sa.Double, nullable=False, index=True),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Index("encode_media_jobs_of_user", "username", "priority", "stage"),
)

keys = sa.Table(
    "encode_media_keys",
    metadata,
    sa.Column("base_id", sa.Text, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)
"""The attempts made of each key. Outlives the jobs: an attempt's number gives the ids of what it
published, so it may never come twice."""

_FINAL = [stage.value for stage in FINAL_STAGES]
_UNENDED = [stage.value for stage in Stage if stage not in FINAL_STAGES]
_ACTIVE = jobs.c.stage.in_(_UNENDED)


def lock_key(conn: sa.Connection, base_id: str) -> int:
    """Makes other submitters of this key wait until the transaction ends; gives the attempts so far."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    conn.execute(dialect.insert(keys).values(base_id=base_id, attempts=0).on_conflict_do_nothing())
    touched = sa.update(keys).where(keys.c.base_id == base_id).values(attempts=keys.c.attempts)
    return int(conn.execute(touched.returning(keys.c.attempts)).scalar_one())


def reusable(conn: sa.Connection, base_id: str, *, again: bool) -> str | None:
    """The job that a new submission of the key stands for, if there is one."""
    wanted = _ACTIVE if again else sa.or_(_ACTIVE, jobs.c.stage == Stage.DONE.value)
    query = sa.select(jobs.c.job_id).where(jobs.c.base_id == base_id, wanted).order_by(jobs.c.attempt.desc())
    found: str | None = conn.execute(query.limit(1)).scalar()
    return found


def add(conn: sa.Connection, request: EncodeRequest, job_id: str, attempt: int) -> None:
    now = time.time()
    conn.execute(
        sa.update(keys).where(keys.c.base_id == request.base_id).values(attempts=attempt),
    )
    conn.execute(
        sa.insert(jobs).values(
            job_id=job_id,
            base_id=request.base_id,
            attempt=attempt,
            request=json.dumps(to_json(request)),
            username=username_of(request),
            priority=request.priority,
            stage=Stage.QUEUED.value,
            progress=json.dumps(to_json(Progress(stage=Stage.QUEUED))),
            teller=WAITING,
            cancelled=False,
            starts=0,
            created_at=now,
            updated_at=now,
        )
    )


def alike(conn: sa.Connection, request: EncodeRequest) -> int:
    """How many active jobs of the same person and priority there are, as far as it matters."""
    user = username_of(request)
    if not user:
        return 0
    same = sa.select(sa.literal(1)).where(jobs.c.username == user, jobs.c.priority == request.priority, _ACTIVE)
    counted = sa.select(sa.func.count()).select_from(same.limit(CLASS_WIDTH).subquery())
    return int(conn.execute(counted).scalar_one())


def begin(conn: sa.Connection, job_id: str, executor: str) -> int | None:
    """Takes the job for its queue; gives its starts since a step last ended, or None if it isn't the queue's."""
    taken = (
        sa.update(jobs)
        .where(jobs.c.job_id == job_id, jobs.c.teller.in_([WAITING, TAKEN]), _ACTIVE)
        .values(teller=TAKEN, starts=jobs.c.starts + 1, executor=executor, updated_at=time.time())
        .returning(jobs.c.starts)
    )
    starts: int | None = conn.execute(taken).scalar()
    return starts


def set_starts(conn: sa.Connection, job_id: str, starts: int) -> None:
    conn.execute(sa.update(jobs).where(jobs.c.job_id == job_id).values(starts=starts))


def report(conn: sa.Connection, job_id: str, progress: Progress) -> None:
    conn.execute(
        sa.update(jobs)
        .where(jobs.c.job_id == job_id, _ACTIVE)
        .values(stage=progress.stage.value, progress=json.dumps(to_json(progress)), updated_at=time.time())
    )


def end(conn: sa.Connection, job_id: str, result: JsonDict) -> None:
    """Stores the result; of a withdrawn job the fuller one replaces the first."""
    row = conn.execute(sa.select(jobs.c.progress).where(jobs.c.job_id == job_id)).scalar()
    if row is None:
        return
    last = last_progress(result, from_json(Progress, json.loads(row)))
    conn.execute(
        sa.update(jobs)
        .where(jobs.c.job_id == job_id)
        .values(
            stage=last.stage.value,
            progress=json.dumps(to_json(last)),
            result=json.dumps(result),
            updated_at=time.time(),
        )
    )


def mark_cancelled(conn: sa.Connection, job_id: str) -> bool:
    """Marks a running job; False if it had already ended."""
    marked = sa.update(jobs).where(jobs.c.job_id == job_id, _ACTIVE).values(cancelled=True)
    return conn.execute(marked).rowcount > 0


def withdraw(conn: sa.Connection, job_id: str) -> bool:
    """Takes a job that nobody took yet away from its queue; False if somebody did."""
    taken = (
        sa.update(jobs)
        .where(jobs.c.job_id == job_id, jobs.c.teller == WAITING)
        .values(teller=WITHDRAWN, cancelled=True)
    )
    return conn.execute(taken).rowcount > 0


def is_cancelled(conn: sa.Connection, job_id: str) -> bool:
    return bool(conn.execute(sa.select(jobs.c.cancelled).where(jobs.c.job_id == job_id)).scalar())


def record(conn: sa.Connection, job_id: str) -> JobRecord | None:
    row = conn.execute(sa.select(jobs).where(jobs.c.job_id == job_id)).mappings().first()
    return _record(row) if row else None


def newest(conn: sa.Connection, *, active_only: bool, limit: int) -> Sequence[JobRecord]:
    query = sa.select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit)
    if active_only:
        query = query.where(_ACTIVE)
    return [_record(row) for row in conn.execute(query).mappings()]


def ended_before(conn: sa.Connection, moment: float) -> list[str]:
    query = sa.select(jobs.c.job_id).where(jobs.c.stage.in_(_FINAL), jobs.c.updated_at <= moment)
    return list(conn.execute(query).scalars())


def forget(conn: sa.Connection, job_ids: Sequence[str]) -> None:
    conn.execute(sa.delete(jobs).where(jobs.c.job_id.in_(job_ids)))


def untouched_since(conn: sa.Connection, moment: float) -> list[str]:
    """Taken jobs that have not ended and were not written to since."""
    query = sa.select(jobs.c.job_id).where(_ACTIVE, jobs.c.teller == TAKEN, jobs.c.updated_at < moment)
    return list(conn.execute(query).scalars())


def _record(row: Any) -> JobRecord:
    progress = from_json(Progress, json.loads(row["progress"]))
    if row["cancelled"] and progress.stage not in FINAL_STAGES:
        progress = replace(progress, message=CANCELLING)
    return JobRecord(
        job_id=row["job_id"],
        stage=Stage(row["stage"]),
        request=from_json(EncodeRequest, json.loads(row["request"])),
        progress=progress,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        executor=row["executor"],
        result=json.loads(row["result"]) if row["result"] else None,
    )
