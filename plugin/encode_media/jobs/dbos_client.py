"""Submitting to and reading the job database, from any process: the port's client side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from encode_media.errors import failure
from encode_media.jobs.engine import (
    EVERY_JOB,
    JobFilter,
    JobRecord,
    JsonDict,
    Stranded,
    Submission,
    WorkerRecord,
)
from encode_media.model.request import EncodeRequest, job_id
from encode_media.model.result import Stage

if TYPE_CHECKING:
    import sqlalchemy as sa

    from encode_media.jobs.store import Store

T = TypeVar("T")
_SUBMIT_AT_ONCE = 100
_PURGE_AT_ONCE = 500
"""Jobs per transaction, of which a submitted one takes longer: other writers get their turn in between."""


class DbosClient:
    """A `JobClient`. Connects at its first use and creates what a fresh database misses.

    Nothing here waits for a database that is away: `database.unavailable` comes within seconds, and the
    next call tries anew.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._store: Store | None = None
        self._opening = threading.Lock()

    def store(self) -> Store:
        """The opened database."""
        with self._opening:
            if self._store is None:
                from encode_media.jobs.store import open_store

                self._store = open_store(self._url)
            return self._store

    def submit(self, request: EncodeRequest, *, again: bool = True) -> Submission:
        return self._write(lambda conn: self._submit(conn, request, again=again))

    def submit_many(self, requests: Sequence[EncodeRequest], *, again: bool = True) -> Sequence[Submission]:
        found: list[Submission] = []
        for start in range(0, len(requests), _SUBMIT_AT_ONCE):
            part = requests[start : start + _SUBMIT_AT_ONCE]
            found += self._write(partial(self._submit_all, requests=part, again=again))
        return found

    def _submit_all(
        self, conn: sa.Connection, *, requests: Sequence[EncodeRequest], again: bool
    ) -> list[Submission]:
        return [self._submit(conn, request, again=again) for request in requests]

    def counts(self, where: JobFilter) -> Mapping[Stage, int]:
        from encode_media.jobs import job_records

        return self._read(lambda conn: job_records.counts(conn, where))

    def waiting_since(self) -> float | None:
        from encode_media.jobs import job_records

        return self._read(job_records.waiting_since)

    def recall(self, key: str) -> JsonDict | None:
        from encode_media.jobs import note_table

        return self._read(lambda conn: note_table.recall(conn, key))

    def remember(self, key: str, value: JsonDict, *, only_new: bool = False) -> bool:
        from encode_media.jobs import note_table

        return self._write(lambda conn: note_table.remember(conn, key, value, only_new=only_new))

    def _submit(self, conn: sa.Connection, request: EncodeRequest, *, again: bool) -> Submission:
        from encode_media.jobs import job_places, job_table

        key = request.base_id
        attempts = job_table.lock_key(conn, key)
        known = job_table.reusable(conn, key, again=again)
        if known is not None:
            return Submission(job_id=known, created=False)
        name = job_id(key, attempts + 1)
        job_places.add(conn, request, name, attempts + 1)
        return Submission(job_id=name, created=True)

    def cancel(self, job_id: str) -> bool:
        return self._write(lambda conn: self._cancel(conn, job_id))

    def _cancel(self, conn: sa.Connection, job_id: str) -> bool:
        from encode_media.jobs import job_table

        if job_table.withdraw(conn, job_id, {"status": "cancelled", "error": failure("cancelled").to_dict()}):
            return True
        if job_table.mark_cancelled(conn, job_id):
            return True
        _known(conn, job_id)
        return False

    def retry(self, job_id: str) -> Submission:
        request = self._read(lambda conn: _known(conn, job_id)).request
        return self.submit(request.alone()) if request.part is None else self.retry(request.part.job_id)

    def prioritise(self, job_id: str, priority: int) -> bool:
        from encode_media.jobs import job_places

        return self._move(job_id, lambda conn: job_places.place(conn, job_id, priority))

    def move_to_front(self, job_id: str) -> bool:
        from encode_media.jobs import job_places

        return self._move(job_id, lambda conn: job_places.to_front(conn, job_id))

    def _move(self, job_id: str, change: Callable[[sa.Connection], bool]) -> bool:
        moved = self._write(change)
        if not moved:
            self._read(lambda conn: _known(conn, job_id))
        return moved

    def job(self, job_id: str) -> JobRecord | None:
        from encode_media.jobs import job_records

        return self._read(lambda conn: job_records.record(conn, job_id))

    def jobs(
        self, *, active_only: bool = False, limit: int = 100, where: JobFilter = EVERY_JOB
    ) -> Sequence[JobRecord]:
        from encode_media.jobs import job_records

        return self._read(lambda conn: job_records.newest(conn, active_only=active_only, limit=limit, where=where))

    def parts(self, job_id: str) -> Sequence[JobRecord]:
        from encode_media.jobs import part_table

        return self._read(lambda conn: part_table.every(conn, job_id))

    def workers(self) -> Sequence[WorkerRecord]:
        from encode_media.jobs import worker_table

        return self._read(worker_table.every)

    def stranded(self) -> Sequence[Stranded]:
        from encode_media.jobs.stranded import find_stranded

        return self._read(find_stranded)

    def purge(self, *, older_than_s: float) -> int:
        from encode_media.jobs import job_table
        from encode_media.jobs.store import telling_id

        old = self._read(lambda conn: job_table.ended_before(conn, time.time() - older_than_s))
        for start in range(0, len(old), _PURGE_AT_ONCE):
            part = old[start : start + _PURGE_AT_ONCE]
            # The steps first: a crash in between leaves rows that the next purge finds.
            self.store().forget([telling_id(*known) for known in part])
            self._write(partial(job_table.forget, job_ids=[name for name, _ in part]))
        return len(old)

    def close(self) -> None:
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        from encode_media.jobs.database import translated

        with translated(), self.store().engine.connect() as conn:
            return query(conn)

    def _write(self, change: Callable[[sa.Connection], T]) -> T:
        from encode_media.jobs.database import translated, writing

        with translated(), writing(self.store().engine, lasting=True) as conn:
            return change(conn)


def _known(conn: sa.Connection, job_id: str) -> JobRecord:
    from encode_media.jobs import job_records

    known = job_records.record(conn, job_id)
    if known is None:
        raise failure("job.unknown", job_id=job_id)
    return known
