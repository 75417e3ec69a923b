"""What a story sees of the engine in memory while it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import JobRecord, JsonDict, PartRecord, RetryPolicy, Room
from encode_media.jobs.parts import wait_for_parts
from encode_media.jobs.steps import ONCE, Interrupted, ProgressGate, Surroundings, carry_out, value_of
from encode_media.model.request import EncodeRequest
from encode_media.model.result import FINAL_STAGES, Progress

_POLL_S = 0.1


@dataclass(slots=True)
class MemoryJob:
    record: JobRecord
    rank: int
    number: int
    """Order of submission."""
    cancelled: bool = False
    taken: bool = False
    remembered: dict[str, JsonDict] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.record.stage in FINAL_STAGES

    @property
    def goes_on(self) -> bool:
        return not self.ended and not self.cancelled


class Others(Protocol):
    """What a job may ask of its engine about others."""

    def idle(self) -> int:
        """Slots that nobody uses, and no waiting job will take."""
        ...

    def queue(self, parts: Sequence[EncodeRequest], stands: Callable[[JsonDict], bool]) -> None: ...

    def look(self, parts: Sequence[EncodeRequest]) -> list[PartRecord]: ...

    def cancel_parts(self, job_id: str) -> None: ...


class MemoryContext:
    """A `JobContext`; steps are remembered for as long as the process lives."""

    def __init__(
        self, job: MemoryJob, stopping: threading.Event, report: Callable[[Progress], None], others: Others
    ) -> None:
        self._job, self._stopping, self._store, self._others = job, stopping, report, others
        self._gate = ProgressGate()
        self._around = Surroundings(
            job_id=self.job_id, stopping=stopping, cancelled=lambda: job.cancelled, waiting=self._wait
        )

    @property
    def job_id(self) -> str:
        return self._job.record.job_id

    def step(
        self,
        name: str,
        work: Callable[..., JsonDict],
        *args: Any,
        retry: RetryPolicy = ONCE,
        network: bool = False,
    ) -> JsonDict:
        del network  # one lane: what runs here is one person's
        if name not in self._job.remembered:
            outcome = carry_out(name, work, args, retry, self._around)
            # Through JSON, as in a database: what a test sees here is what a resumed job would see.
            self._job.remembered[name] = json.loads(json.dumps(outcome))
        return value_of(self._job.remembered[name])

    def room(self, needs: Sequence[str]) -> Sequence[Room]:
        del needs  # one process offers itself
        return [Room(here=True, idle=self._others.idle())]

    def share(
        self,
        parts: Sequence[EncodeRequest],
        *,
        watch: Callable[[Sequence[Progress]], None],
        stands: Callable[[JsonDict], bool],
    ) -> Sequence[PartRecord]:
        if self.cancelled():
            raise failure("cancelled")
        self._others.queue(parts, stands)
        try:
            return wait_for_parts(
                lambda: self._others.look(parts), watch, self.cancelled, lambda: self._stopping.wait(_POLL_S)
            )
        except EncodeMediaError as error:
            if not error.retryable:
                self._others.cancel_parts(self.job_id)
            raise

    def report(self, progress: Progress) -> None:
        if self._gate.passes(progress):
            self._store(progress)

    def _wait(self, why: str) -> None:
        if (progress := self._gate.waiting(why)) is not None:
            self._store(progress)

    def cancelled(self) -> bool:
        return self._job.cancelled or self._stopping.is_set()

    def go_on(self) -> None:
        if self._stopping.is_set():
            raise Interrupted(self.job_id)
        if self._job.cancelled:
            raise failure("cancelled")
