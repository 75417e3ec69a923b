"""A job's story with a word in the log at each step, and its end told to whoever counts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from encode_media.errors import EncodeMediaError
from encode_media.jobs.engine import JobContext, JsonDict, PartRecord, RetryPolicy, Room, Workflow
from encode_media.jobs.steps import ONCE
from encode_media.log_lines import about, kept_tail
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress

log = logging.getLogger(__name__)

OnEnd = Callable[[EncodeRequest, JsonDict], None]
"""Gets what was asked for, and the `RunResult` in JSON form."""


def told(workflow: Workflow, on_end: OnEnd) -> Workflow:
    """The same workflow; each line logged meanwhile names the job, and its last lines are in the result."""

    def tell(context: JobContext, request: EncodeRequest) -> JsonDict:
        target = request.target
        with (
            about(
                job=context.job_id,
                version=target.version_label or target.version_id if target else None,
                user=target.username if target else None,
                preset=request.preset,
            ),
            kept_tail() as lines,
        ):
            result = workflow(_LoggedSteps(context), request)
            _say_end(result)
            if request.part is None:
                on_end(request, result)
            return {**result, "log": [*result.get("log", ()), *lines]}

    return tell


def _say_end(result: JsonDict) -> None:
    error = result.get("error")
    if result["status"] == "failed" and error:
        log.error("Failed: %s (%s)", error["message"], error["code"])
    else:
        log.info("Ended: %s", result["status"])


class _LoggedSteps:
    """A `JobContext` that says when a step is done, how long it took and what it failed with."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    @property
    def job_id(self) -> str:
        return self._context.job_id

    def step(
        self,
        name: str,
        work: Callable[..., JsonDict],
        *args: Any,
        retry: RetryPolicy = ONCE,
        network: bool = False,
    ) -> JsonDict:
        began = time.monotonic()
        try:
            value = self._context.step(name, work, *args, retry=retry, network=network)
        except EncodeMediaError as error:
            log.info("Step %s: %s after %.1f s", name, error.code, time.monotonic() - began)
            raise
        log.info("Step %s: done after %.1f s", name, time.monotonic() - began)
        return value

    def room(self, needs: Sequence[str]) -> Sequence[Room]:
        return self._context.room(needs)

    def share(
        self,
        parts: Sequence[EncodeRequest],
        *,
        watch: Callable[[Sequence[Progress]], None],
        stands: Callable[[JsonDict], bool],
    ) -> Sequence[PartRecord]:
        log.info("Shared in %d parts", len(parts))
        return self._context.share(parts, watch=watch, stands=stands)

    def report(self, progress: Progress) -> None:
        self._context.report(progress)

    def cancelled(self) -> bool:
        return self._context.cancelled()

    def go_on(self) -> None:
        self._context.go_on()
