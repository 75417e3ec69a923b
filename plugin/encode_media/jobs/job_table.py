"""One row per job: what people ask about (request, stage, progress, result) and the cancel mark.

The engine library keeps the steps; who tells a job's story, and when, is decided by these rows alone.
The statements are here, in `claims` and in `job_records`, and run on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from encode_media.jobs.engine import JsonDict
from encode_media.jobs.steps import last_progress
from encode_media.model.codec import from_json, to_json
from encode_media.model.request import PRIORITY_NORMAL
from encode_media.model.result import FINAL_STAGES, Progress, Stage

SCHEMA = "encode_media"
"""PostgreSQL: everything of ours and of the engine library lies in this schema."""

WAITING, TAKEN, TOLD = "waiting", "taken", "told"
"""Who may tell a job's story: whoever claims it, its owner, nobody any more."""

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
    sa.Column("owner", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("rank", sa.Integer, nullable=False, server_default=str(PRIORITY_NORMAL)),
    sa.Column("needs", sa.Text, nullable=False, server_default=""),
    sa.Column("preset", sa.Text, nullable=False, server_default=""),
    sa.Column("version_id", sa.Text, nullable=False, server_default=""),
    sa.Column("log", sa.Text),
    sa.Column("parent", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("batch", sa.Text, nullable=False, server_default="", index=True),
    sa.Index("encode_media_jobs_of_user", "username", "priority", "stage"),
    sa.Index("encode_media_jobs_rank", "teller", "cancelled", "rank"),
    sa.Index("encode_media_jobs_turns", "teller", "cancelled", "username", "priority", "rank"),
    sa.Index("encode_media_jobs_waiting", "teller", "cancelled", "needs", "rank", "created_at"),
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
ACTIVE = jobs.c.stage.in_(_UNENDED)
WAITING_AGAIN = {
    "teller": WAITING,
    "executor": None,
    "stage": sa.case((ACTIVE, Stage.QUEUED.value), else_=jobs.c.stage),
}
"""Of a job that nobody tells any more; its progress stays as far as it had come."""
IN_QUEUE = (jobs.c.teller == WAITING, jobs.c.cancelled.is_(False))


# Built once: building statements takes longer than SQLite takes to carry them out, with its write lock held.
_of_key = sa.select(jobs.c.job_id).where(jobs.c.base_id == sa.bindparam("key"))
_GOING_ON = sa.and_(ACTIVE, jobs.c.cancelled.is_(False))
_UNENDED_OF = _of_key.where(_GOING_ON).order_by(jobs.c.attempt.desc()).limit(1)
_STANDING_OF = (
    _of_key.where(sa.or_(_GOING_ON, jobs.c.stage == Stage.DONE.value)).order_by(jobs.c.attempt.desc()).limit(1)
)
_ATTEMPTS_SINCE = 1_700_000_000
"""November 2023. Seconds since then fit the column, 32 bits on PostgreSQL, until 2091."""


def lock_key(conn: sa.Connection, base_id: str) -> int:
    """Makes other submitters of this key wait until the transaction ends; gives the number of its last attempt.

    A key this database has not seen begins at the time: another database, or a lost one, may have published
    under low numbers, and its entities must not be taken for those of this job.
    """
    insert = sqlite.insert(keys) if conn.dialect.name == "sqlite" else postgresql.insert(keys)
    touched = insert.values(base_id=base_id, attempts=int(time.time()) - _ATTEMPTS_SINCE).on_conflict_do_update(
        index_elements=[keys.c.base_id], set_={"attempts": keys.c.attempts}
    )
    return int(conn.execute(touched.returning(keys.c.attempts)).scalar_one())


def reusable(conn: sa.Connection, base_id: str, *, again: bool) -> str | None:
    """The job that a new submission of the key stands for, if there is one."""
    found: str | None = conn.execute(_UNENDED_OF if again else _STANDING_OF, {"key": base_id}).scalar()
    return found


def set_starts(conn: sa.Connection, job_id: str, owner: str, starts: int) -> None:
    conn.execute(sa.update(jobs).where(*_owned(job_id, owner)).values(starts=starts))


def report(conn: sa.Connection, job_id: str, owner: str, progress: Progress) -> None:
    conn.execute(
        sa.update(jobs)
        .where(*_owned(job_id, owner), ACTIVE)
        .values(stage=progress.stage.value, progress=json.dumps(to_json(progress)), updated_at=time.time())
    )


def end(conn: sa.Connection, job_id: str, owner: str, result: JsonDict) -> None:
    """Stores the result, if the job is still this owner's; a withdrawn job stays cancelled whatever it says."""
    mine = _owned(job_id, owner)
    if result.get("status") != Stage.CANCELLED.value:
        ended = sa.update(jobs).where(*mine, sa.not_(ACTIVE)).values(teller=TOLD)
        if conn.execute(ended).rowcount > 0:
            return
    _end(conn, job_id, result, mine, TOLD)


def withdraw(conn: sa.Connection, job_id: str, result: JsonDict) -> bool:
    """Ends a job that nobody has begun, for everybody and at once; False if somebody has.

    It stays in the queue, for a worker to tell its end. The end of one that was begun is what its story makes of
    it: it may have published already.
    """
    unbegun = (jobs.c.teller == WAITING, jobs.c.owner.is_(None), ACTIVE)
    mark = sa.update(jobs).where(jobs.c.job_id == job_id, *unbegun)
    if conn.execute(mark.values(cancelled=True)).rowcount == 0:
        return False
    _end(conn, job_id, result, [jobs.c.job_id == job_id], WAITING)
    return True


def _end(
    conn: sa.Connection, job_id: str, result: JsonDict, which: Sequence[sa.ColumnElement[bool]], teller: str
) -> None:
    row = conn.execute(sa.select(jobs.c.progress).where(jobs.c.job_id == job_id)).scalar()
    if row is None:
        return
    last = last_progress(result, from_json(Progress, json.loads(row)))
    kept = {name: value for name, value in result.items() if name != "log"}
    ended = conn.execute(
        sa.update(jobs)
        .where(*which)
        .values(
            stage=last.stage.value,
            progress=json.dumps(to_json(last)),
            result=json.dumps(kept),
            log="\n".join(result.get("log", ())) or None,
            teller=teller,
            updated_at=time.time(),
        )
    )
    if ended.rowcount > 0:
        cancel_parts(conn, job_id)


def _owned(job_id: str, owner: str) -> list[sa.ColumnElement[bool]]:
    return [jobs.c.job_id == job_id, jobs.c.owner == owner, jobs.c.teller == TAKEN]


def mark_cancelled(conn: sa.Connection, job_id: str) -> bool:
    """Marks a running job; False if it had already ended."""
    marked = sa.update(jobs).where(jobs.c.job_id == job_id, ACTIVE).values(cancelled=True)
    cancel_parts(conn, job_id)
    return conn.execute(marked).rowcount > 0


def cancel_parts(conn: sa.Connection, job_id: str) -> None:
    """Has the parts of a job end that still wait or run; workers tell their ends."""
    conn.execute(sa.update(jobs).where(jobs.c.parent == job_id, ACTIVE).values(cancelled=True))


def standing(conn: sa.Connection, job_id: str, owner: str) -> tuple[bool, bool]:
    """Whether the job is still this owner's, and whether somebody cancelled it."""
    row = conn.execute(sa.select(jobs.c.cancelled).where(*_owned(job_id, owner))).first()
    return (False, False) if row is None else (True, bool(row[0]))


def ended_before(conn: sa.Connection, moment: float) -> list[tuple[str, int]]:
    """The jobs and the version that told them. A job that goes on needs its ended parts.

    What was cancelled before its turn is not over until a worker has told it.
    """
    going_on = sa.select(jobs.c.job_id).where(ACTIVE)
    query = sa.select(jobs.c.job_id, jobs.c.version).where(
        jobs.c.stage.in_(_FINAL),
        jobs.c.teller == TOLD,
        jobs.c.updated_at <= moment,
        jobs.c.parent.not_in(going_on),
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def forget(conn: sa.Connection, job_ids: Sequence[str]) -> None:
    conn.execute(sa.delete(jobs).where(jobs.c.job_id.in_(job_ids)))


def unended(conn: sa.Connection) -> list[str]:
    return list(conn.execute(sa.select(jobs.c.job_id).where(ACTIVE, jobs.c.parent == "")).scalars())


def waiting_for(conn: sa.Connection) -> list[tuple[str, str, int, bool]]:
    """Of each waiting job its id, what it needs, its version, and whether it was begun."""
    query = sa.select(jobs.c.job_id, jobs.c.needs, jobs.c.version, jobs.c.owner.is_not(None)).where(*IN_QUEUE)
    return [(row[0], row[1], row[2], bool(row[3])) for row in conn.execute(query)]
