"""The working half of the durable engine: claims jobs, tells their stories, looks after the rest."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from dbos import error as library_error

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs import claims, job_table
from encode_media.jobs.claims import Claim
from encode_media.jobs.database import DATABASE_ERRORS, lock_folder, quiet_library_log, translated, writing
from encode_media.jobs.dbos_context import DbosContext
from encode_media.jobs.engine import JsonDict, Workflow
from encode_media.jobs.lease import Lease
from encode_media.jobs.profile import Profile
from encode_media.jobs.slots import Lane, Place, Slots
from encode_media.jobs.steps import Interrupted
from encode_media.jobs.store import APPLICATION, ENCODE_WORKFLOW, Store, telling_id
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest

_log = logging.getLogger(__name__)

_POLL_S = 0.25
"""How often a worker looks for jobs: a submission starts in half a second, an idle worker costs little."""
_TELLINGS = 4
"""Ends of withdrawn jobs told at a time."""
_ROUND_S = 2.0
"""How often it looks for workers of this host that died: their jobs go on within five seconds."""
_AWAY_S = 1.0
_NOT_BEGUN_S = 60.0
"""What was handed to the library and not begun after this long is given back to the queue."""
_PURGE_EVERY_S = 3600.0
_DAY_S = 86400.0

_one_worker = threading.Lock()
"""The library underneath is a singleton of the process."""


@dataclass(slots=True)
class _Handed:
    """A job that is the library's to begin."""

    claim: Claim
    place: Place
    at: float


class Worker:
    def __init__(
        self,
        url: str,
        store: Store,
        workflow: Workflow,
        profile: Profile,
        *,
        lost: Callable[[], None],
        purge: Callable[[float], int],
    ) -> None:
        self._url, self._store, self._workflow, self._profile = url, store, workflow, profile
        self._lost, self._purge = lost, purge
        self._stopping, self._wake = threading.Event(), threading.Event()
        limits = {
            Lane.ENCODE: profile.slots,
            Lane.NETWORK: profile.network_slots,
            Lane.TELLING: _TELLINGS,
        }
        self._slots = Slots(limits, self._wake.set)
        self._handed: dict[str, _Handed] = {}
        self._lock = threading.Lock()
        self._lease: Lease | None = None
        self._purged_at = 0.0
        self._claims = threading.Thread(target=self._take_jobs, name="encode-media-claims", daemon=True)
        self._rounds = threading.Thread(target=self._look_after, name="encode-media-rounds", daemon=True)

    def start(self) -> None:
        if not _one_worker.acquire(blocking=False):
            raise failure("database.unavailable", problem="an engine already runs in this process")
        try:
            with translated():
                self._lease = Lease(self._store.engine, lock_folder(self._url), self._profile)
                self._rounds.start()  # before the launch, which can take longer than a beat may
                self._launch(self._lease)
        except BaseException:
            self._leave()
            raise
        self._claims.start()

    def _launch(self, lease: Lease) -> None:
        quiet_library_log()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=self._url,
            system_database_engine=self._store.engine,
            dbos_system_schema=job_table.SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_version=f"{APPLICATION}-{self._profile.version}",
            executor_id=_library_name(lease),
            log_level="WARNING",
        )
        DBOS(config=config)
        self._register_workflow()
        # Before the launch: the library looks for new queues only once a second.
        self._store.client.register_queue(_library_name(lease), polling_interval_sec=_POLL_S)
        DBOS.listen_queues([_library_name(lease)])
        DBOS.launch()

    def _register_workflow(self) -> None:
        """The library marks the functions it is given, which methods don't allow.

        Giving up after crashes is ours (dbos_context), so that the end is told; the library would only stop.
        """

        @DBOS.workflow(name=ENCODE_WORKFLOW, max_recovery_attempts=None)
        def run_job(job_id: str, request: dict[str, Any]) -> JsonDict:
            return self._run_job(job_id, request)

        self._run_by_library = run_job

    def stop(self, *, wait_s: float) -> bool:
        """Tells running steps to stop and waits for them; their jobs are free for others, or the next start."""
        self._stopping.set()
        self._wake.set()
        all_let_go = self._slots.wait_until_unused(wait_s)
        self._leave()
        for thread in (self._claims, self._rounds):
            thread.join(timeout=_ROUND_S)
        return all_let_go

    def _leave(self) -> None:
        self._stopping.set()
        try:
            if self._lease is not None:
                self._store.client.delete_queue(_library_name(self._lease))
                self._lease.sign_off()
        except DATABASE_ERRORS as error:
            _log.warning("this worker could not sign off: %s", type(error).__name__)
        finally:
            DBOS.destroy(destroy_registry=True)
            if self._lease is not None:
                self._lease.release()
            _one_worker.release()

    def wake(self) -> None:
        """A job was submitted in this process: look for it now."""
        self._wake.set()

    # --- claiming ------------------------------------------------------------------------------------

    def _take_jobs(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_POLL_S)
            self._wake.clear()
            try:
                with translated():
                    for lane in (Lane.TELLING, Lane.ENCODE):
                        self._fill(lane)
            except EncodeMediaError as error:
                _log.warning("looking for jobs: %s", error)
                self._stopping.wait(_AWAY_S)

    def _fill(self, lane: Lane) -> None:
        while not self._stopping.is_set() and (place := self._slots.take(lane)) is not None:
            claim = None
            try:
                claim = self._claim(telling=lane is Lane.TELLING)
            finally:
                if claim is None:
                    place.give_up()
            if claim is None:
                return
            self._hand_over(claim, place)

    def _claim(self, *, telling: bool) -> Claim | None:
        lease = self._mine()
        with self._store.engine.connect() as conn:
            if not claims.is_waiting(conn, self._profile, telling=telling):
                return None
        with writing(self._store.engine) as conn:
            return claims.claim(conn, lease.executor_id, lease.owner, self._profile, telling=telling)

    def _hand_over(self, claim: Claim, place: Place) -> None:
        """Has the library begin the job, or go on with it."""
        handed = _Handed(claim, place, time.monotonic())
        with self._lock:
            self._handed[claim.job_id] = handed
        if claim.forgotten_version is not None:
            self._store.forget([telling_id(claim.job_id, claim.forgotten_version)])
        telling = telling_id(claim.job_id, self._profile.version)
        try:
            self._store.client.resume_workflow(telling, queue_name=_library_name(self._mine()))
        except library_error.DBOSNonExistentWorkflowError:
            with SetWorkflowID(telling):
                DBOS.start_workflow(self._run_by_library, claim.job_id, claim.request)

    def _mine(self) -> Lease:
        if self._lease is None:
            raise Interrupted
        return self._lease

    # --- telling -------------------------------------------------------------------------------------

    def _run_job(self, job_id: str, request: dict[str, Any]) -> JsonDict:
        with self._lock:
            handed = self._handed.pop(job_id, None)
        if handed is None:
            raise Interrupted(job_id)  # given back meanwhile
        try:
            context = DbosContext(
                self._store.engine,
                job_id,
                self._stopping,
                owner=self._mine().owner,
                place=handed.place,
                host=self._profile.host,
                starts=handed.claim.starts,
            )
            self._tell(context, request)
        except Interrupted:
            self._give_back(job_id)
            raise
        finally:
            handed.place.leave()
        return {}

    def _tell(self, context: DbosContext, request: dict[str, Any]) -> None:
        try:
            result = self._workflow(context, from_json(EncodeRequest, request))
        except Exception as error:  # noqa: BLE001 - the one place below which nothing may be lost
            _log.exception("job %s: the workflow broke its promise not to raise", context.job_id)
            problem = failure("internal", problem=f"{type(error).__name__}: {error}")
            result = {"status": "failed", "error": problem.to_dict()}
        owner = self._mine().owner
        context.patiently(lambda conn: job_table.end(conn, context.job_id, owner, result))

    def _give_back(self, job_id: str) -> None:
        """A start that was ended on purpose is no crash."""
        try:
            with writing(self._store.engine) as conn:
                claims.give_back(conn, self._mine().owner, crashed=False, job_ids=[job_id])
        except DATABASE_ERRORS as error:
            _log.warning("job %s: this stop will count as a crash: %s", job_id, type(error).__name__)

    # --- rounds --------------------------------------------------------------------------------------

    def _look_after(self) -> None:
        round_s = min(_ROUND_S, self._profile.beat_s)
        while not self._stopping.wait(round_s):
            try:
                with translated():
                    lease = self._mine()
                    if not lease.beat():
                        _log.error("%s is somebody else's now; starting anew", lease.executor_id)
                        self._stopping.set()
                        self._lost()
                        return
                    lease.free_the_jobs_of_the_dead()
                    self._free_what_was_not_begun()
                    self._forget_old_jobs()
            except EncodeMediaError as error:
                _log.warning("looking after the jobs: %s", error)

    def _free_what_was_not_begun(self) -> None:
        before = time.monotonic() - _NOT_BEGUN_S
        with self._lock:
            late = [self._handed.pop(name) for name, handed in list(self._handed.items()) if handed.at < before]
        for handed in late:
            _log.error("job %s was not begun, and goes back into the queue", handed.claim.job_id)
            self._give_back(handed.claim.job_id)
            handed.place.leave()

    def _forget_old_jobs(self) -> None:
        now = time.monotonic()
        if not self._profile.keep_days or (self._purged_at and now - self._purged_at < _PURGE_EVERY_S):
            return
        self._purged_at = now
        count = self._purge(self._profile.keep_days * _DAY_S)
        if count:
            _log.info("%d jobs that ended more than %g days ago are forgotten", count, self._profile.keep_days)


def _library_name(lease: Lease) -> str:
    """What the library calls this worker and its queue; new at each start, so nothing of an earlier one fits."""
    return f"{lease.executor_id}/{lease.owner}"
