"""The port behind which durable work happens. Implementations: `dbos_engine`, `memory_engine`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage

T = TypeVar("T")
JsonDict = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    job_id: str
    created: bool
    """False: the same wish was already waiting or running, and this is its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as the database has it."""

    job_id: str
    stage: Stage
    request: EncodeRequest
    progress: Progress
    created_at: float
    """Seconds since the epoch."""
    updated_at: float
    executor: str | None = None
    result: JsonDict | None = None
    """A `RunResult` in JSON form, once the stage is final; in lists without its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to list: those that fit all that is given."""

    stages: tuple[Stage, ...] = ()
    user: str | None = None
    preset: str | None = None
    version_id: str | None = None
    batch_id: str | None = None
    older_than_s: float | None = None
    """Submitted longer ago."""
    newer_than_s: float | None = None


EVERY_JOB = JobFilter()


SILENT_S = 45.0
"""A worker of which nothing was seen for so long is dead: nine of its beats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker that is registered in the job database."""

    executor: str
    host: str
    version: int
    """Of the list of steps it knows (`profile.STEPS_VERSION`)."""
    offers: frozenset[str]
    slots: int
    seen_s_ago: float

    @property
    def is_alive(self) -> bool:
        return self.seen_s_ago < SILENT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """A job that no living worker can take."""

    job_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The encode slots of one host."""

    here: bool
    """The host that asks."""
    idle: int
    """Slots that nobody uses, and no waiting job will take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecord:
    """The last attempt at a part of a job."""

    job_id: str
    stage: Stage
    progress: Progress
    executor: str | None = None
    result: JsonDict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a step is tried again after a retryable `EncodeMediaError`; others are never retried."""

    attempts: int = 1
    first_wait_s: float = 1.0
    factor: float = 2.0
    longest_wait_s: float = 60.0

    def wait_s(self, attempt: int) -> float:
        """Seconds before the attempt after this one, without jitter; attempts count from 1."""
        return min(self.first_wait_s * self.factor ** (attempt - 1), self.longest_wait_s)


class JobContext(Protocol):
    """What a running workflow may ask of the engine."""

    @property
    def job_id(self) -> str: ...

    def step(
        self, name: str, work: Callable[..., JsonDict], *args: Any, retry: RetryPolicy = ..., network: bool = ...
    ) -> JsonDict:
        """Runs `work(*args)` once and remembers its result; a resumed workflow gets the remembered one.

        Arguments and result are JSON data. `work` may run more than once (at least once). With `network`
        it holds a network slot instead of an encode slot.
        """
        ...

    def room(self, needs: Sequence[str]) -> Sequence[Room]:
        """The hosts of the workers that offer all that is needed."""
        ...

    def share(
        self,
        parts: Sequence[EncodeRequest],
        *,
        watch: Callable[[Sequence[Progress]], None],
        stands: Callable[[JsonDict], bool],
    ) -> Sequence[PartRecord]:
        """Has parts of this job done as jobs of their own, by any worker; gives how they ended, in this order.

        To be called inside a step, which holds no encode slot meanwhile. The step may run more than once: what
        ended `done`, and of whose result `stands` says so, is not done again.

        Args:
            parts: requests that say `part`.
            watch: gets the progress of each, about twice a second.
            stands: whether the files of an earlier result are still there.

        Raises:
            Cancelled: the job was, and its parts with it.
            EncodeMediaError: why the first part failed that did; the others are ended.
        """
        ...

    def report(self, progress: Progress) -> None:
        """Stores progress for whoever asks; throttled to one write a second and whole percents."""
        ...

    def cancelled(self) -> bool:
        """True once somebody cancelled this job. Cheap enough to ask every second."""
        ...

    def go_on(self) -> None:
        """To be called often by work that leaves something behind it would have to tidy up after a cancel.

        Where it is not cancelled, but to be gone on with by a later start or another worker, it ends as it is.

        Raises:
            Cancelled: the job was.
        """
        ...


Workflow = Callable[[JobContext, EncodeRequest], JsonDict]
"""The story of one job. Returns a `RunResult` in JSON form; never raises an `EncodeMediaError`."""


class JobClient(Protocol):
    """Submitting and looking, from any process that reaches the database."""

    def submit(self, request: EncodeRequest, *, again: bool = True) -> Submission:
        """Queues the request, or returns the job that is already waiting or running for the same key.

        One that was cancelled and has not ended yet doesn't count: a new job follows it.

        With `again` false a key that already ended `done` is returned, not encoded again (triggers).

        Raises:
            ServerUnavailable: the database can't be used; nothing was accepted.
        """
        ...

    def submit_many(self, requests: Sequence[EncodeRequest], *, again: bool = True) -> Sequence[Submission]:
        """`submit` for each, much faster than one by one. A failure leaves those before it queued.

        Raises:
            ServerUnavailable: the database can't be used.
        """
        ...

    def parts(self, job_id: str) -> Sequence[JobRecord]:
        """The jobs that do parts of this one, all attempts, by their number. Other lists leave them out."""
        ...

    def cancel(self, job_id: str) -> bool:
        """Asks for the end of a job; False if it had already ended.

        Raises:
            InvalidParameters: no such job.
        """
        ...

    def job(self, job_id: str) -> JobRecord | None: ...

    def jobs(
        self, *, active_only: bool = False, limit: int = 100, where: JobFilter = EVERY_JOB
    ) -> Sequence[JobRecord]:
        """Newest first."""
        ...

    def waiting_since(self) -> float | None:
        """When the job was submitted that waits longest."""
        ...

    def counts(self, where: JobFilter) -> Mapping[Stage, int]:
        """How many jobs that fit are in each stage; stages without any are left out."""
        ...

    def recall(self, key: str) -> JsonDict | None:
        """What was remembered under a key, by whichever process on this database."""
        ...

    def remember(self, key: str, value: JsonDict, *, only_new: bool = False) -> bool:
        """Keeps a small note; with `only_new` one that is there stays, and the answer is False."""
        ...

    def retry(self, job_id: str) -> Submission:
        """The same wish once more as a new attempt, outside its batch; the job itself while it waits or runs.

        Of a part, its whole job.

        Raises:
            InvalidParameters: no such job.
        """
        ...

    def prioritise(self, job_id: str, priority: int) -> bool:
        """Puts a waiting job into another class of priority, before the others there; False if it waits no more.

        Raises:
            InvalidParameters: no such job.
        """
        ...

    def move_to_front(self, job_id: str) -> bool:
        """Makes a waiting job the next one; False if it waits no more.

        Raises:
            InvalidParameters: no such job.
        """
        ...

    def workers(self) -> Sequence[WorkerRecord]:
        """The workers that are registered now."""
        ...

    def stranded(self) -> Sequence[Stranded]:
        """Waiting jobs that no living worker can take, and why; where none lives, those of the dead, too."""
        ...

    def purge(self, *, older_than_s: float) -> int:
        """Forgets ended jobs; gives how many."""
        ...

    def close(self) -> None: ...


class JobEngine(JobClient, Protocol):
    """A client that also works: queued jobs are run in this process."""

    def start(self) -> None:
        """Creates the schema, resumes what was interrupted, begins to take work."""
        ...

    def stop(self, *, wait_s: float = 5.0) -> bool:
        """Takes no more work, and has running steps stop; their jobs are left for the next start.

        False: a step did not stop in time. Its thread keeps the process alive; whoever can't wait ends
        the process the hard way, which costs no job.
        """
        ...
