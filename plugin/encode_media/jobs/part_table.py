"""Jobs that do parts of another one: queued by whoever tells that one's story, and looked at by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from encode_media.jobs import job_places, job_records
from encode_media.jobs.engine import JobRecord, JsonDict, PartRecord, Room
from encode_media.jobs.job_table import ACTIVE, TAKEN, WAITING, jobs
from encode_media.jobs.worker_table import workers
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest, job_id
from encode_media.model.result import FINAL_STAGES, Progress, Stage

_COLUMNS = [
    jobs.c[name]
    for name in ("base_id", "job_id", "attempt", "stage", "progress", "executor", "result", "needs", "cancelled")
]
_ENCODING = [stage.value for stage in Stage if stage not in FINAL_STAGES and stage is not Stage.PUBLISHING]


def queue(
    conn: sa.Connection, parent: str, parts: Sequence[EncodeRequest], stands: Callable[[JsonDict], bool]
) -> None:
    """Adds an attempt of each part that neither waits nor runs, nor was done before.

    Parts that need another place than now, since the job has moved, are ended and begun anew.
    """
    last = _last(conn, parent)
    for part in parts:
        known = last.get(part.base_id)
        if known is not None and _is_usable(known, part, stands):
            continue
        attempt = 1 if known is None else known["attempt"] + 1
        if known is not None:
            same = jobs.c.job_id == known["job_id"]
            conn.execute(sa.update(jobs).where(same, ACTIVE).values(cancelled=True))
        job_places.add(conn, part, job_id(part.base_id, attempt), attempt)


def _is_usable(known: Any, part: EncodeRequest, stands: Callable[[JsonDict], bool]) -> bool:
    stage = Stage(known["stage"])
    if stage is Stage.DONE:
        return stands(json.loads(known["result"]))
    needs = " ".join(sorted(set(part.needs)))
    return stage not in FINAL_STAGES and not known["cancelled"] and known["needs"] == needs


def look(conn: sa.Connection, parent: str, parts: Sequence[EncodeRequest]) -> list[PartRecord]:
    """The last attempt at each part, in the order given."""
    last = _last(conn, parent)
    return [_part(last[part.base_id]) for part in parts]


def _last(conn: sa.Connection, parent: str) -> dict[str, Any]:
    query = sa.select(*_COLUMNS).where(jobs.c.parent == parent)
    return {row["base_id"]: row for row in conn.execute(query.order_by(jobs.c.attempt)).mappings()}


def _part(row: Any) -> PartRecord:
    return PartRecord(
        job_id=row["job_id"],
        stage=Stage(row["stage"]),
        progress=from_json(Progress, json.loads(row["progress"])),
        executor=row["executor"],
        result=json.loads(row["result"]) if row["result"] else None,
    )


def every(conn: sa.Connection, parent: str) -> list[JobRecord]:
    """All attempts at all parts of a job, by their number."""
    query = sa.select(jobs.c.job_id).where(jobs.c.parent == parent).order_by(jobs.c.attempt)
    found = [job_records.record(conn, name) for name in conn.execute(query).scalars()]
    return sorted((one for one in found if one is not None), key=_number)


def _number(record: JobRecord) -> int:
    return record.request.part.number if record.request.part else 0


def room(conn: sa.Connection, host: str, needs: Sequence[str]) -> list[Room]:
    """The hosts with workers for these needs. While other jobs wait, what is idle is theirs."""
    waits = conn.execute(
        sa.select(sa.literal(1)).where(jobs.c.teller == WAITING, jobs.c.cancelled.is_(False)).limit(1)
    )
    free = waits.first() is None
    return list(_rooms(conn, host, frozenset(needs), free=free))


def _rooms(conn: sa.Connection, host: str, needs: frozenset[str], *, free: bool) -> Iterator[Room]:
    sharing = sa.select(jobs.c.parent).where(ACTIVE, jobs.c.parent != "")
    query = sa.select(jobs.c.executor, sa.func.count()).where(
        jobs.c.teller == TAKEN, jobs.c.stage.in_(_ENCODING), jobs.c.job_id.not_in(sharing)
    )
    busy: dict[str, int] = {row[0]: row[1] for row in conn.execute(query.group_by(jobs.c.executor))}
    for row in conn.execute(sa.select(workers)).mappings():
        if needs <= set(row["offers"].split()):
            idle = max(0, row["slots"] - busy.get(row["executor"], 0)) if free else 0
            yield Room(here=row["host"] == host, idle=idle)
