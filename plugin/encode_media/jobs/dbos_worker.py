"""The working half of the durable engine: takes jobs, resumes what was interrupted, looks after the rest."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs import job_table
from encode_media.jobs.database import DATABASE_ERRORS, lock_folder, quiet_library_log, translated, writing
from encode_media.jobs.dbos_context import DbosContext
from encode_media.jobs.engine import JsonDict, Workflow
from encode_media.jobs.executor import Executor, take_identity, take_over
from encode_media.jobs.steps import Interrupted
from encode_media.jobs.store import (
    APPLICATION,
    CONTROL_QUEUE,
    ENCODE_QUEUE,
    ENCODE_WORKFLOW,
    VERSION,
    WITHDRAW_WORKFLOW,
    Store,
)
from encode_media.model.codec import from_json
from encode_media.model.request import EncodeRequest

_log = logging.getLogger(__name__)

_POLL_S = 0.25
"""How often a worker looks for jobs: a submission starts in half a second, an idle worker costs little."""
_CONTROL_POLL_S = 1.0
_CONTROL_SLOTS = 4
_ROUND_S = 2.0
"""How often it looks for jobs of workers that died: theirs go on within five seconds."""
_FORGOTTEN_S = 60.0
"""A taken job that wrote nothing for this long is compared with what the library knows of it."""
_GAVE_UP = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

_one_worker = threading.Lock()
"""The library underneath is a singleton of the process."""


class Worker:
    def __init__(self, url: str, store: Store, workflow: Workflow, *, slots: int, name: str) -> None:
        self._url, self._store, self._workflow = url, store, workflow
        self._slots, self._name = slots, name
        self._stopping = threading.Event()
        self._running = 0
        self._changed = threading.Condition()
        self._executor: Executor | None = None
        self._rounds = threading.Thread(target=self._look_after, name="encode-media-rounds", daemon=True)

    def start(self) -> None:
        if not _one_worker.acquire(blocking=False):
            raise failure("database.unavailable", problem="an engine already runs in this process")
        try:
            self._executor = take_identity(lock_folder(self._url), self._name)
            with translated():
                self._launch(self._executor.executor_id)
        except BaseException:
            self._leave()
            raise
        self._rounds.start()

    def _launch(self, executor_id: str) -> None:
        quiet_library_log()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=self._url,
            system_database_engine=self._store.engine,
            dbos_system_schema=job_table.SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_version=VERSION,
            executor_id=executor_id,
            log_level="WARNING",
        )
        DBOS(config=config)
        self._register_workflows()
        # Before the launch: the library looks for new queues only once a second.
        client = self._store.client
        client.register_queue(ENCODE_QUEUE, worker_concurrency=self._slots, polling_interval_sec=_POLL_S)
        client.register_queue(
            CONTROL_QUEUE, worker_concurrency=_CONTROL_SLOTS, polling_interval_sec=_CONTROL_POLL_S
        )
        DBOS.listen_queues([ENCODE_QUEUE, CONTROL_QUEUE])
        DBOS.launch()

    def _register_workflows(self) -> None:
        """The library marks the functions it is given, which methods don't allow.

        Giving up after crashes is ours (dbos_context), so that the end is told; the library would only stop.
        """

        @DBOS.workflow(name=ENCODE_WORKFLOW, max_recovery_attempts=None)
        def run_job(job_id: str, request: dict[str, Any]) -> JsonDict:
            return self._run_job(job_id, request)

        @DBOS.workflow(name=WITHDRAW_WORKFLOW)
        def withdraw_job(job_id: str, request: dict[str, Any]) -> JsonDict:
            return self._withdraw_job(job_id, request)

    def stop(self, *, wait_s: float) -> bool:
        """Tells running steps to stop and waits for them; their jobs stay as they are."""
        self._stopping.set()
        with self._changed:
            all_let_go = self._changed.wait_for(lambda: self._running == 0, timeout=wait_s)
        self._leave()
        self._rounds.join(timeout=_ROUND_S)
        return all_let_go

    def _leave(self) -> None:
        self._stopping.set()
        DBOS.destroy(destroy_registry=True)
        if self._executor is not None:
            self._executor.lock.release()
        _one_worker.release()

    # --- the two workflows ---------------------------------------------------------------------------

    def _run_job(self, job_id: str, request: dict[str, Any]) -> JsonDict:
        with _Counted(self):
            executor_id = self._executor.executor_id if self._executor else ""
            first = DbosContext(self._store.engine, job_id, self._stopping)
            starts = first.patiently(lambda conn: job_table.begin(conn, job_id, executor_id))
            if starts is None:
                return {}  # withdrawn meanwhile, or ended before the library could write it down
            context = DbosContext(self._store.engine, job_id, self._stopping, starts=starts)
            try:
                self._tell(context, request)
            except Interrupted:
                self._give_back(job_id, starts)
                raise
            return {}

    def _withdraw_job(self, job_id: str, request: dict[str, Any]) -> JsonDict:
        with _Counted(self):
            self._tell(DbosContext(self._store.engine, job_id, self._stopping, withdrawn=True), request)
            return {}

    def _tell(self, context: DbosContext, request: dict[str, Any]) -> None:
        try:
            result = self._workflow(context, from_json(EncodeRequest, request))
        except Exception as error:  # noqa: BLE001 - the one place below which nothing may be lost
            _log.exception("job %s: the workflow broke its promise not to raise", context.job_id)
            problem = failure("internal", problem=f"{type(error).__name__}: {error}")
            result = {"status": "failed", "error": problem.to_dict()}
        context.patiently(lambda conn: job_table.end(conn, context.job_id, result))

    def _give_back(self, job_id: str, starts: int) -> None:
        """A start that was ended on purpose is no crash."""
        try:
            with writing(self._store.engine) as conn:
                job_table.set_starts(conn, job_id, starts - 1)
        except DATABASE_ERRORS as error:
            _log.warning("job %s: this stop will count as a crash: %s", job_id, type(error).__name__)

    # --- rounds --------------------------------------------------------------------------------------

    def _look_after(self) -> None:
        while not self._stopping.wait(_ROUND_S):
            try:
                with translated():
                    self._resume_orphans()
                    self._end_forgotten()
            except EncodeMediaError as error:
                _log.warning("looking after the jobs: %s", error)

    def _resume_orphans(self) -> None:
        """Puts back what dead workers of this host had taken; one that lives holds its lock."""
        pending = self._store.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        own = self._executor.executor_id if self._executor else ""
        for executor_id in {workflow.executor_id for workflow in pending if workflow.executor_id} - {own}:
            lock = take_over(lock_folder(self._url), executor_id)
            if lock is not None:
                with lock:
                    _log.warning("worker %s is gone, its jobs go on here", executor_id)
                    DBOS._recover_pending_workflows([executor_id])  # noqa: SLF001 - the library has no public one; see tests/faults

    def _end_forgotten(self) -> None:
        """Ends jobs the library gave up on without a word to us (a mistake, never a normal end)."""
        with self._store.engine.connect() as conn:
            silent = job_table.untouched_since(conn, time.time() - _FORGOTTEN_S)
        if not silent:
            return
        given_up = self._store.client.list_workflows(
            workflow_ids=silent, status=_GAVE_UP, load_input=False, load_output=False
        )
        for workflow in given_up:
            _log.error("job %s: the engine ended it as %s", workflow.workflow_id, workflow.status)
            problem = failure("internal", problem=f"the engine ended the job as {workflow.status}")
            with writing(self._store.engine) as conn:
                job_table.end(conn, workflow.workflow_id, {"status": "failed", "error": problem.to_dict()})


class _Counted:
    """Counts the stories being told, so that a stop knows when all have let go."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __enter__(self) -> None:
        with self._worker._changed:  # noqa: SLF001 - a part of Worker
            self._worker._running += 1  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        with self._worker._changed:  # noqa: SLF001
            self._worker._running -= 1  # noqa: SLF001
            self._worker._changed.notify_all()  # noqa: SLF001
