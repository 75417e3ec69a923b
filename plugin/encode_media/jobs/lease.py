"""Being alive, and seeing who isn't: identity, beat, and the take-over of what the dead had in hand.

A worker counts another one as dead by its own watch: the other's beat did not change while this one could
see the database for long enough. So neither clocks that differ nor a database that was away can make the
living look dead.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from encode_media.jobs import claims, worker_table
from encode_media.jobs.database import writing
from encode_media.jobs.executor import Executor, ServerLock, is_free, take_identity, take_over
from encode_media.jobs.profile import Profile
from encode_media.jobs.worker_table import Sign

_log = logging.getLogger(__name__)


class Lease:
    """This worker's identity for one start.

    `owner` is new each time, so what an earlier start still writes fits nothing any more.
    """

    def __init__(self, engine: sa.Engine, folder: Path, profile: Profile) -> None:
        self._engine, self._folder, self._profile = engine, folder, profile
        self._shared = engine.dialect.name == "postgresql"
        self.executor: Executor = take_identity(folder, profile.name, profile.host, self._server_lock)
        self.executor_id = self.executor.executor_id
        self.owner = secrets.token_hex(8)
        self._beaten_at = time.monotonic()
        self._watch = Watch(profile)
        try:
            with writing(engine) as conn:
                left = claims.inherit(conn, self.executor_id, self.owner, profile)
        except BaseException:
            self.executor.release()
            raise
        if left:
            _log.warning("%d jobs of the worker before this one go on", left)

    def _server_lock(self, executor_id: str) -> ServerLock | None:
        return ServerLock(self._engine, executor_id) if self._shared else None

    def beat(self) -> bool:
        """Shows that this worker lives; False where somebody has its identity or its jobs."""
        now = time.monotonic()
        if now - self._beaten_at < self._profile.beat_s:
            return True
        with writing(self._engine) as conn:
            mine = worker_table.beat(conn, self.executor_id, self.owner)
        lock = self.executor.server_lock
        if not mine:
            _log.warning("%s was taken for dead", self.executor_id)
            return False
        if lock is not None and not lock.hold():
            _log.warning("another worker holds the lock of %s", self.executor_id)
            return False
        self._beaten_at = now
        return True

    def free_the_jobs_of_the_dead(self) -> None:
        with self._engine.connect() as conn:
            others = [sign for sign in worker_table.signs(conn) if sign.executor != self.executor_id]
        for sign in others:
            lock = take_over(self._folder, sign.executor, self._profile.host)
            if lock is not None:
                with lock:
                    # Another host can have been given the same name; it holds the server's lock.
                    self._end_of(sign, even_if_locked=not self._shared)
        if not self._shared:
            return
        for sign in self._watch.suspects(others):
            self._end_of(sign, even_if_locked=False)
        for sign in self._watch.dead():
            self._end_of(sign, even_if_locked=True)

    def _end_of(self, sign: Sign, *, even_if_locked: bool) -> None:
        with writing(self._engine) as conn:
            if not even_if_locked and not is_free(conn, sign.executor):
                return
            freed = claims.take_over(conn, sign)
        if freed is not None:
            _log.warning("worker %s is gone, its %d jobs go on elsewhere", sign.executor, freed)

    def sign_off(self) -> None:
        """Leaves nothing that others have to wait for."""
        with writing(self._engine) as conn:
            claims.one_at_a_time(conn)
            claims.give_back(conn, self.owner, crashed=False)
            worker_table.sign_off(conn, self.executor_id, self.owner)

    def release(self) -> None:
        self.executor.release()


class Watch:
    """Since when the others have been seen without a new beat."""

    def __init__(self, profile: Profile, clock: Callable[[], float] = time.monotonic) -> None:
        self._profile, self._clock = profile, clock
        self._since: dict[Sign, float] = {}
        self._looked_at = clock()

    def suspects(self, others: list[Sign]) -> list[Sign]:
        """Looks; gives those that missed some beats."""
        now = self._clock()
        # A look that is missing says nothing about the others: the database was away, or this process slept.
        missed_looks = now - self._looked_at > 2 * self._profile.beat_s
        known = {} if missed_looks else self._since
        self._since = {sign: known.get(sign, now) for sign in others}
        self._looked_at = now
        return self._silent(self._profile.suspect_s)

    def dead(self) -> list[Sign]:
        """Those that missed so many that it does not matter what their locks say."""
        return self._silent(self._profile.dead_s)

    def _silent(self, seconds: float) -> list[Sign]:
        return [sign for sign, since in self._since.items() if self._looked_at - since >= seconds]
