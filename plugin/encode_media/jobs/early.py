"""Shows outputs before their job is done: the thumbnail during the encode, the lowest rendition during the checks.

It is no step of the story: ids come from the job, so the publishing step finds what was shown, after a crash as
well, and a job that doesn't end well takes it back. What can't be shown early is published with the rest.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from encode_media.errors import Cancelled, EncodeMediaError
from encode_media.jobs.steps import Interrupted
from encode_media.jobs.work import OnProgress, Work
from encode_media.model.plan import EncodePlan, PlannedOutput
from encode_media.model.preset import OutputKind
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult

_log = logging.getLogger(__name__)

SETTLED_S = 0.5
"""ffmpeg writes a still in one go; a file of the same size for so long is whole, and the check proves it."""
WORTH_PIXELS = 500_000_000
"""To be checked after the lowest rendition, about five seconds' work: with less, all is there at once anyway."""


@runtime_checkable
class ShowsEarly(Protocol):
    """A destination where outputs can be seen one by one."""

    def publish_early(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: OnProgress,
    ) -> None:
        """Shows these before the others, if that harms nothing. Idempotent by `job_id`.

        Raises nothing but what `on_progress` does.
        """
        ...


class EarlySight:
    """Of one job. Everything happens in one thread at a time, so that nothing waits for the server."""

    def __init__(
        self,
        destination: object,
        work: Work,
        job_id: str,
        request: EncodeRequest,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """`go_on`: see `JobContext`; nobody waits for a slow line once the job is to end."""
        self._destination = destination if isinstance(destination, ShowsEarly) and request.target else None
        self._work, self._job_id, self._request, self._go_on = work, job_id, request, go_on
        self._thread: threading.Thread | None = None
        self._seen: tuple[int, float] = (0, 0.0)
        self._shown: set[str] = set()

    def look(self, plan: EncodePlan, folder: Path) -> None:
        """Called often while the plan runs in `folder`: shows the thumbnail once it is there."""
        thumbnail = next((output for output in plan.outputs if output.publish.role == "thumbnail"), None)
        if self._destination is None or thumbnail is None or thumbnail.name in self._shown or self._is_busy():
            return
        if len(plan.outputs) > 1 and self._has_settled(folder / thumbnail.file):
            self._shown.add(thumbnail.name)
            self._begin(lambda: self._show(plan, (thumbnail,), folder))

    def before_checks(self, plan: EncodePlan, folder: Path) -> None:
        """Called when everything is encoded: checks and shows the lowest rendition while the rest is checked."""
        movies = [o for o in plan.outputs if o.publish.role == "reviewable" and o.kind is OutputKind.VIDEO]
        # What hardware made may yet be made again by software; then it must not be seen already.
        if self._destination is None or len(movies) < 2 or plan.software or self._is_busy():  # noqa: PLR2004
            return
        lowest = min(movies, key=lambda output: output.expected.width)
        rest = sum(_pixels(output) for output in plan.outputs if output is not lowest)
        if rest >= WORTH_PIXELS and lowest.name not in self._shown:
            self._shown.add(lowest.name)
            self._begin(lambda: self._show(plan, (lowest,), folder))

    def wait(self) -> None:
        """Until what was begun is through: nothing else may publish for the job meanwhile."""
        if self._thread is not None:
            self._thread.join()

    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _has_settled(self, path: Path) -> bool:
        try:
            size = path.stat().st_size
        except OSError:
            return False
        now = time.monotonic()
        if size != self._seen[0]:
            self._seen = (size, now)
        return size > 0 and now - self._seen[1] >= SETTLED_S

    def _begin(self, show: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=show, name=f"early {self._job_id[:8]}", daemon=True)
        self._thread.start()

    def _show(self, plan: EncodePlan, outputs: tuple[PlannedOutput, ...], folder: Path) -> None:
        if self._destination is None:
            return
        try:
            results = self._work.verify(replace(plan, outputs=outputs), folder, lambda _: None, lambda: False)
        except EncodeMediaError as error:
            # The check of all outputs will say it.
            _log.info("job %s: not shown early: %s", self._job_id, error.message)
            return
        try:
            self._destination.publish_early(
                self._job_id, self._request, plan, results, lambda _progress: self._go_on()
            )
        except (Cancelled, Interrupted):
            _log.info("job %s: it is to end, and shows nothing more", self._job_id)


def _pixels(output: PlannedOutput) -> int:
    return output.expected.width * output.expected.height * (output.expected.frames or 1)
