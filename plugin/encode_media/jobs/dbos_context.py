"""What a story sees of the durable engine while it is told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from dbos import DBOS

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs import job_table, part_table
from encode_media.jobs.database import DATABASE_ERRORS, writing
from encode_media.jobs.engine import JsonDict, PartRecord, RetryPolicy, Room
from encode_media.jobs.parts import PARTS_POLL_S, wait_for_parts
from encode_media.jobs.slots import Lane, Place
from encode_media.jobs.steps import (
    CANCEL_POLL_S,
    ONCE,
    Interrupted,
    ProgressGate,
    Surroundings,
    carry_out,
    value_of,
)
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress

_log = logging.getLogger(__name__)
T = TypeVar("T")

CRASH_LIMIT = 3
"""A step that took its worker with it this often is given up, and with it the job: `job.crashed`."""
_DATABASE_RETRY_S = 1.0


class DbosContext:
    """A `JobContext` of one start of a job. `starts` counts this one and those since a step last ended."""

    def __init__(
        self,
        engine: sa.Engine,
        job_id: str,
        stopping: threading.Event,
        *,
        owner: str,
        place: Place,
        host: str = "",
        starts: int = 1,
    ) -> None:
        self._engine, self._job_id, self._stopping, self._starts = engine, job_id, stopping, starts
        self._owner, self._place, self._host = owner, place, host
        self._gate = ProgressGate()
        self._cancelled, self._lost, self._asked_at = False, False, 0.0
        self._around = Surroundings(
            job_id=job_id, stopping=stopping, cancelled=self._cancelled_by_someone, waiting=self._wait
        )

    @property
    def job_id(self) -> str:
        return self._job_id

    def step(
        self,
        name: str,
        work: Callable[..., JsonDict],
        *args: Any,
        retry: RetryPolicy = ONCE,
        network: bool = False,
    ) -> JsonDict:
        lane = Lane.NETWORK if network else Lane.ENCODE
        # A failure is an outcome like any other here: the library's own way would store an exception.
        try:
            outcome: JsonDict = DBOS.run_step({"name": name}, self._outcome, lane, name, work, args, retry)
        except Exception as error:
            if self._stopping.is_set():  # the library is gone from under a step that took too long to stop
                raise Interrupted(self._job_id) from error
            raise
        return value_of(outcome)

    def _outcome(
        self, lane: Lane, name: str, work: Callable[..., JsonDict], args: tuple[Any, ...], retry: RetryPolicy
    ) -> JsonDict:
        self._place.move(lane, give_up=self.cancelled)
        self._require_mine()
        if self._starts > CRASH_LIMIT:
            _log.error("job %s: step %s ended its worker %d times", self._job_id, name, self._starts - 1)
            outcome = {"error": failure("job.crashed", count=self._starts - 1).to_dict()}
        else:
            outcome = carry_out(name, work, args, retry, self._around)
        if "error" in outcome:
            self._require_mine()
        if self._starts > 1:
            self._starts = 1
            self._count_starts(1)
        return outcome

    def _require_mine(self) -> None:
        """Where another worker has the job, or soon will, neither its end nor a failure is ours to say.

        What was done is no harm: whoever goes on looks whether its files are there.
        """
        mine, _ = self.patiently(lambda conn: job_table.standing(conn, self._job_id, self._owner))
        if not mine:
            raise Interrupted(self._job_id)

    def room(self, needs: Sequence[str]) -> Sequence[Room]:
        return self.patiently(lambda conn: part_table.room(conn, self._host, needs))

    def share(
        self,
        parts: Sequence[EncodeRequest],
        *,
        watch: Callable[[Sequence[Progress]], None],
        stands: Callable[[JsonDict], bool],
    ) -> Sequence[PartRecord]:
        self.patiently(lambda conn: self._queue(conn, parts, stands))
        self._place.move(Lane.AWAY, give_up=self.cancelled)
        # Whoever waits ends no worker: one that dies meanwhile was ended by something else.
        self._count_starts(self._starts - 1)
        try:
            ended = wait_for_parts(
                lambda: self.patiently(lambda conn: part_table.look(conn, self._job_id, parts)),
                watch,
                self.cancelled,
                lambda: self._stopping.wait(PARTS_POLL_S),
            )
        except EncodeMediaError as error:
            # Whoever goes on with the job wants them, be it this worker after its stop or another one.
            self._require_mine()
            if not error.retryable and not self._stopping.is_set():
                self.patiently(lambda conn: job_table.cancel_parts(conn, self._job_id))
            self._count_starts(self._starts)
            raise
        self._place.move(Lane.ENCODE, give_up=self.cancelled)
        self._count_starts(self._starts)
        return ended

    def _count_starts(self, starts: int) -> None:
        self.patiently(lambda conn: job_table.set_starts(conn, self._job_id, self._owner, starts))

    def _queue(
        self, conn: sa.Connection, parts: Sequence[EncodeRequest], stands: Callable[[JsonDict], bool]
    ) -> None:
        mine, cancelled = job_table.standing(conn, self._job_id, self._owner)
        if not mine or cancelled:
            raise failure("cancelled")
        part_table.queue(conn, self._job_id, parts, stands)

    def report(self, progress: Progress) -> None:
        if self._gate.passes(progress):
            self._store(progress)

    def _wait(self, why: str) -> None:
        if (progress := self._gate.waiting(why)) is not None:
            self._store(progress)

    def _store(self, progress: Progress) -> None:
        try:
            with writing(self._engine) as conn:
                job_table.report(conn, self._job_id, self._owner, progress)
        except DATABASE_ERRORS as error:
            _log.warning("job %s: progress not stored: %s", self._job_id, type(error).__name__)

    def cancelled(self) -> bool:
        return self._stopping.is_set() or self._cancelled_by_someone()

    def go_on(self) -> None:
        cancelled = self.cancelled()
        if self._stopping.is_set() or self._lost:
            raise Interrupted(self._job_id)
        if cancelled:
            raise failure("cancelled")

    def _cancelled_by_someone(self) -> bool:
        now = time.monotonic()
        if self._cancelled or now - self._asked_at < CANCEL_POLL_S:
            return self._cancelled
        try:
            with self._engine.connect() as conn:
                mine, cancelled = job_table.standing(conn, self._job_id, self._owner)
            if not mine:
                _log.warning("job %s was given to another worker", self._job_id)
            self._cancelled, self._lost = cancelled or not mine, not mine
            self._asked_at = now
        except DATABASE_ERRORS as error:
            _log.warning("job %s: can't see whether it was cancelled: %s", self._job_id, type(error).__name__)
        return self._cancelled

    def patiently(self, change: Callable[[sa.Connection], T]) -> T:
        """Makes a change, waiting for as long as the database is away."""
        while True:
            try:
                with writing(self._engine) as conn:
                    return change(conn)
            except DATABASE_ERRORS as error:
                _log.warning("job %s: the database is away: %s", self._job_id, type(error).__name__)
            if self._stopping.wait(_DATABASE_RETRY_S):
                raise Interrupted(self._job_id)
