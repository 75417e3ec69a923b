"""What every engine does around one step: try again, notice a stop, keep the outcome as data."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs.engine import JobFilter, JobRecord, JsonDict, RetryPolicy
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage

_log = logging.getLogger(__name__)
_jitter = random.SystemRandom()

CANCEL_POLL_S = 0.5
"""How stale the answer to "was it cancelled?" may be; the contract is one second."""
REPORT_INTERVAL_S = 1.0
CANCELLING = "cancelling"
ONCE = RetryPolicy()
CLASS_WIDTH = 1_000_000
"""Places in a class of priority, so that no amount of waiting jobs carries one into the next."""
_LAST_CLASS = 2000
"""Ranks are stored in 32 bits."""


class Interrupted(BaseException):
    """This process is stopping: the job stays as it is, for the next start.

    Not an `Exception`, so that neither a story nor an engine takes it for an outcome.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a step must notice while it works and while it waits."""

    job_id: str
    stopping: threading.Event
    cancelled: Callable[[], bool]
    """True once a person cancelled the job."""
    waiting: Callable[[str], None]
    """Told why the job waits."""


def carry_out(
    name: str, work: Callable[..., JsonDict], args: tuple[Any, ...], retry: RetryPolicy, around: Surroundings
) -> JsonDict:
    """Does the work until it succeeds or fails for good; gives `{"value": …}` or `{"error": …}`.

    Raises:
        Interrupted: the process is stopping; nothing may be remembered.
    """
    attempt = 1
    while True:
        if around.stopping.is_set():
            raise Interrupted(around.job_id)
        try:
            return {"value": work(*args)}
        except EncodeMediaError as problem:
            error = problem
        except Exception as problem:  # noqa: BLE001 - a mistake of ours ends the job, not the worker
            _log.exception("job %s: step %s failed in an unexpected way", around.job_id, name)
            error = failure("internal", problem=f"{type(problem).__name__}: {problem}")
        if around.stopping.is_set():
            raise Interrupted(around.job_id)
        if not error.retryable or attempt >= retry.attempts:
            return {"error": error.to_dict()}
        wait_s = retry.wait_s(attempt) * _jitter.uniform(0.75, 1.25)
        _log.warning("job %s: step %s, again in %.1f s: %s", around.job_id, name, wait_s, error)
        around.waiting(f"{error} Trying again in {wait_s:.0f} s.")
        _pause(wait_s, around)
        attempt += 1


def value_of(outcome: JsonDict) -> JsonDict:
    """The value of a remembered outcome, or its error raised again."""
    if "error" in outcome:
        raise EncodeMediaError.from_dict(outcome["error"])
    value: JsonDict = outcome["value"]
    return value


def _pause(seconds: float, around: Surroundings) -> None:
    """Waits, but not past a stop, nor past a cancel that comes meanwhile (the work itself answers it)."""
    cancelled_before = around.cancelled()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if around.stopping.wait(min(left, CANCEL_POLL_S)):
            raise Interrupted(around.job_id)
        if not cancelled_before and around.cancelled():
            return


class ProgressGate:
    """Lets pass what is worth storing: a new stage at once, otherwise changes, at most one a second."""

    def __init__(self, interval_s: float = REPORT_INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._last: Progress | None = None
        self._last_at = 0.0

    def waiting(self, why: str) -> Progress | None:
        """The last progress with the reason it goes no further, or None before the first."""
        return replace(self._last, message=why) if self._last else None

    def passes(self, progress: Progress) -> bool:
        now, last = time.monotonic(), self._last
        if last is not None and last.stage is progress.stage:
            same = (last.percent, last.message) == (progress.percent, progress.message)
            if same or now - self._last_at < self._interval_s:
                return False
        self._last, self._last_at = progress, now
        return True


def username_of(request: EncodeRequest) -> str:
    return (request.target.username if request.target else None) or ""


def first_rank(priority: int) -> int:
    """Of the jobs in a class of priority."""
    return min(max(1, priority), _LAST_CLASS) * CLASS_WIDTH


def is_of_class(place: int, priority: int) -> bool:
    return 0 <= place - first_rank(priority) < CLASS_WIDTH


def rank(priority: int, ahead: int, next_rank: int | None = None) -> int:
    """Where a job stands: its class, then fairly between people (lower runs first).

    The n-th waiting job of one person stands beside the n-th of another, however many either has; counted from
    what waits (`next_rank`), so that nobody who comes later is ever put before the next one.
    """
    first = first_rank(priority)
    return min((first if next_rank is None else next_rank) + ahead, first + CLASS_WIDTH - 1)


def fits(where: JobFilter, record: JobRecord, now: float) -> bool:
    """Whether a job is one of those to list."""
    target, age = record.request.target, now - record.created_at
    return (
        (not where.stages or record.stage in where.stages)
        and where.user in (None, username_of(record.request))
        and where.preset in (None, record.request.preset)
        and where.version_id in (None, target.version_id if target else "")
        and where.batch_id in (None, record.request.batch_id)
        and (where.older_than_s is None or age >= where.older_than_s)
        and (where.newer_than_s is None or age <= where.newer_than_s)
    )


def last_progress(result: JsonDict, before: Progress) -> Progress:
    """The progress a job ends with; a failure keeps the percent it had reached."""
    stage = Stage(result["status"])
    error = result.get("error") or {}
    percent = 100 if stage is Stage.DONE else before.percent
    return Progress(stage=stage, percent=percent, message=error.get("message", ""))
