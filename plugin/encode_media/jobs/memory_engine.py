"""The port in one process's memory: for tests, and for runs that need not survive their process."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from encode_media.errors import failure
from encode_media.jobs.engine import (
    EVERY_JOB,
    JobFilter,
    JobRecord,
    JsonDict,
    PartRecord,
    Stranded,
    Submission,
    WorkerRecord,
    Workflow,
)
from encode_media.jobs.memory_context import MemoryContext, MemoryJob
from encode_media.jobs.steps import (
    CANCELLING,
    Interrupted,
    fits,
    is_of_class,
    last_progress,
    rank,
    username_of,
)
from encode_media.model.request import EncodeRequest, job_id
from encode_media.model.result import Progress, Stage

_log = logging.getLogger(__name__)


class MemoryEngine:
    """A `JobEngine` with `slots` worker threads. Jobs are gone when the process is.

    So is the memory of attempts, whose numbers give the names of work folders and the ids of what is
    published. They count from the time of the start, so that no other process has had them.
    """

    def __init__(self, workflow: Workflow, slots: int = 1) -> None:
        self._workflow, self._slots = workflow, slots
        self._first_attempt = time.time_ns() // 1000
        self._attempts: dict[str, int] = {}
        self._jobs: dict[str, MemoryJob] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._count = 0
        self._notes: dict[str, str] = {}

    def submit(self, request: EncodeRequest, *, again: bool = True) -> Submission:
        with self._changed:
            known = [job for name, job in self._jobs.items() if name.rpartition("-")[0] == request.base_id]
            wanted = [job for job in known if job.goes_on or (job.record.stage is Stage.DONE and not again)]
            if wanted:
                return Submission(job_id=wanted[-1].record.job_id, created=False)
            attempt = self._attempts.get(request.base_id, self._first_attempt) + 1
            self._attempts[request.base_id] = attempt
            name, now = job_id(request.base_id, attempt), time.time()
            self._count += 1
            self._jobs[name] = MemoryJob(
                record=JobRecord(
                    job_id=name,
                    stage=Stage.QUEUED,
                    request=request,
                    progress=Progress(stage=Stage.QUEUED),
                    created_at=now,
                    updated_at=now,
                ),
                rank=self._rank(request),
                number=self._count,
            )
            self._changed.notify()
            return Submission(job_id=name, created=True)

    def submit_many(self, requests: Sequence[EncodeRequest], *, again: bool = True) -> Sequence[Submission]:
        return [self.submit(request, again=again) for request in requests]

    def counts(self, where: JobFilter) -> Mapping[Stage, int]:
        return Counter(record.stage for record in self.jobs(where=where, limit=len(self._jobs)))

    def waiting_since(self) -> float | None:
        waiting = self.jobs(where=JobFilter(stages=(Stage.QUEUED,)), limit=len(self._jobs))
        return min((record.created_at for record in waiting), default=None)

    def recall(self, key: str) -> JsonDict | None:
        with self._changed:
            note = self._notes.get(key)
        return json.loads(note) if note is not None else None

    def remember(self, key: str, value: JsonDict, *, only_new: bool = False) -> bool:
        with self._changed:
            if only_new and key in self._notes:
                return False
            self._notes[key] = json.dumps(value)
            return True

    def _rank(self, request: EncodeRequest) -> int:
        turn = _turn(request)
        alike = [job for job in self._jobs.values() if not job.ended and _turn(job.record.request) == turn]
        behind = [job.rank for job in alike if not job.taken and is_of_class(job.rank, request.priority)]
        if request.part is None and behind:
            return rank(request.priority, 1, max(behind))
        ahead = request.part.number if request.part else len(alike)
        return rank(request.priority, ahead, self._next_rank(request.priority))

    def _next_rank(self, priority: int) -> int | None:
        waiting = (job.rank for job in self._jobs.values() if not job.taken)
        return min((place for place in waiting if is_of_class(place, priority)), default=None)

    def cancel(self, job_id: str) -> bool:
        with self._changed:
            job = self._known(job_id)
            if job.ended:
                return False
            job.cancelled = True
            self._store(job, job.record.progress)
            self.cancel_parts(job_id)
            if not job.taken:
                # Not waiting for a slot: the end of a queued job is told at once, beside the running ones.
                job.taken = True
                self._end(job, {"status": "cancelled", "error": failure("cancelled").to_dict()})
                self._start_thread(lambda: self._tell(job))
            return True

    def cancel_parts(self, job_id: str) -> None:
        """See `memory_context.Others`."""
        for record in self.parts(job_id):
            self.cancel(record.job_id)

    def parts(self, job_id: str) -> Sequence[JobRecord]:
        with self._changed:
            numbered = [
                (job.record.request.part.number, job.number, job.record)
                for job in self._jobs.values()
                if job.record.request.part is not None and job.record.request.part.job_id == job_id
            ]
        return [record for _, _, record in sorted(numbered, key=lambda one: one[:2])]

    def idle(self) -> int:
        """See `memory_context.Others`."""
        with self._changed:
            unended = [job for job in self._jobs.values() if not job.ended]
            return max(0, self._slots - len(unended))

    def queue(self, parts: Sequence[EncodeRequest], stands: Callable[[JsonDict], bool]) -> None:
        """See `memory_context.Others`. In place of the thread that waits for them, one does them."""
        with self._changed:
            for part in parts:
                last = self._last(part)
                if last is None or last.stage is not Stage.DONE or not stands(last.result or {}):
                    self.submit(part)
            self._start_thread(lambda: self._serve_parts({part.base_id for part in parts}))

    def look(self, parts: Sequence[EncodeRequest]) -> list[PartRecord]:
        """See `memory_context.Others`."""
        with self._changed:
            return [_part(record) for part in parts if (record := self._last(part)) is not None]

    def _last(self, part: EncodeRequest) -> JobRecord | None:
        known = [job.record for name, job in self._jobs.items() if name.rpartition("-")[0] == part.base_id]
        return known[-1] if known else None

    def job(self, job_id: str) -> JobRecord | None:
        with self._changed:
            job = self._jobs.get(job_id)
            return job.record if job else None

    def jobs(
        self, *, active_only: bool = False, limit: int = 100, where: JobFilter = EVERY_JOB
    ) -> Sequence[JobRecord]:
        with self._changed:
            newest_first = sorted(self._jobs.values(), key=lambda job: -job.number)
            wanted = [
                job.record
                for job in newest_first
                if job.record.request.part is None and not (active_only and job.ended)
            ]
            return [record for record in wanted if fits(where, record, time.time())][:limit]

    def retry(self, job_id: str) -> Submission:
        with self._changed:
            request = self._known(job_id).record.request
        return self.submit(request.alone()) if request.part is None else self.retry(request.part.job_id)

    def prioritise(self, job_id: str, priority: int) -> bool:
        with self._changed:
            job = self._known(job_id)
            if job.taken:
                return False
            job.record = replace(job.record, request=replace(job.record.request, priority=priority))
            job.rank = rank(priority, -1, self._next_rank(priority))
            return True

    def move_to_front(self, job_id: str) -> bool:
        with self._changed:
            job = self._known(job_id)
            if job.taken:
                return False
            job.rank = min(other.rank for other in self._jobs.values() if not other.taken) - 1
            return True

    def _known(self, job_id: str) -> MemoryJob:
        if job_id not in self._jobs:
            raise failure("job.unknown", job_id=job_id)
        return self._jobs[job_id]

    def workers(self) -> Sequence[WorkerRecord]:
        return []

    def stranded(self) -> Sequence[Stranded]:
        return []

    def purge(self, *, older_than_s: float) -> int:
        before = time.time() - older_than_s
        with self._changed:
            old = [name for name, job in self._jobs.items() if job.ended and job.record.updated_at <= before]
            for name in old:
                del self._jobs[name]
            return len(old)

    def close(self) -> None:
        self.stop(wait_s=0)

    def start(self) -> None:
        self._stopping.clear()
        for _ in range(self._slots):
            self._start_thread(self._serve)

    def stop(self, *, wait_s: float = 5.0) -> bool:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        end = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return not self._threads

    def _start_thread(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name="encode-media-worker", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while (job := self._take()) is not None:
            self._tell(job)

    def _serve_parts(self, base_ids: Collection[str]) -> None:
        while not self._stopping.is_set():
            with self._changed:
                waiting = [
                    job
                    for name, job in self._jobs.items()
                    if not job.taken and name.rpartition("-")[0] in base_ids
                ]
                if not waiting:
                    return
                waiting[0].taken = True
            self._tell(waiting[0])

    def _take(self) -> MemoryJob | None:
        with self._changed:
            while not self._stopping.is_set():
                waiting = [job for job in self._jobs.values() if not job.taken and not self._follows(job)]
                if waiting:
                    job = min(waiting, key=lambda job: (job.rank, job.number))
                    job.taken = True
                    return job
                self._changed.wait()
        return None

    def _follows(self, job: MemoryJob) -> bool:
        """Whether a cancelled job of the same wish is still ending."""
        key = job.record.request.base_id
        others = (other for other in self._jobs.values() if other.taken and other.cancelled and not other.ended)
        return any(other.record.request.base_id == key for other in others)

    def _tell(self, job: MemoryJob) -> None:
        try:
            result = self._workflow(self._context(job), job.record.request)
        except Interrupted:
            with self._changed:
                job.taken = False
            return
        except Exception as error:  # noqa: BLE001 - a worker thread must outlive any story
            _log.exception("job %s: the workflow broke its promise not to raise", job.record.job_id)
            problem = failure("internal", problem=f"{type(error).__name__}: {error}")
            result = {"status": "failed", "error": problem.to_dict()}
        with self._changed:
            self._end(job, result)

    def _context(self, job: MemoryJob) -> MemoryContext:
        return MemoryContext(job, self._stopping, lambda progress: self._report(job, progress), self)

    def _end(self, job: MemoryJob, result: JsonDict) -> None:
        if job.ended and result.get("status") != Stage.CANCELLED.value:
            return  # cancelled before its turn, which no story changes any more
        last = last_progress(result, job.record.progress)
        job.record = replace(job.record, stage=last.stage, progress=last, result=result, updated_at=time.time())
        self.cancel_parts(job.record.job_id)
        self._changed.notify_all()

    def _report(self, job: MemoryJob, progress: Progress) -> None:
        with self._changed:
            if not job.ended:
                self._store(job, progress)

    def _store(self, job: MemoryJob, progress: Progress) -> None:
        shown = replace(progress, message=CANCELLING) if job.cancelled else progress
        job.record = replace(
            job.record, stage=progress.stage, progress=shown, updated_at=time.time(), executor="memory"
        )


def _turn(request: EncodeRequest) -> tuple[str, int, bool]:
    """Jobs that are alike in this wait for one another's turns."""
    return username_of(request), request.priority, request.part is None


def _part(record: JobRecord) -> PartRecord:
    return PartRecord(
        job_id=record.job_id,
        stage=record.stage,
        progress=record.progress,
        executor=record.executor,
        result=record.result,
    )
