"""Progress for whoever watches: on the hub often, in the ftrack_job's description now and then."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.announcer import Announcer
from encode_media.ftrack.ftrack_job import show_progress
from encode_media.ftrack.messages import progress_message
from encode_media.ftrack.pool import SessionPool
from encode_media.ftrack.texts import Texts
from encode_media.model.request import EncodeRequest
from encode_media.model.result import Progress, Stage

log = logging.getLogger(__name__)

HUB_INTERVAL_S = 0.5
"""At most two messages a second and job (contract)."""
DESCRIPTION_INTERVAL_S = 4.0
DESCRIPTION_PERCENT = 5
MOVED_INTERVAL_S = 2.0
"""A description is a commit on the server: every few seconds are enough to read, sooner after 5 percent or where
another stage began."""
_TICK_S = 0.5
_LATE_S = 2.0
"""Progress that could not be said for so long is old news."""


@dataclass(slots=True)
class _Watched:
    """A running job: its newest progress, and what was last told of it."""

    request: EncodeRequest
    progress: Progress
    said_at: float = float("-inf")
    written: Progress | None = None
    written_at: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether the description should be written now."""
        if self.written is None:
            return True
        if self.written == self.progress:
            return False
        moved = (
            self.written.stage is not self.progress.stage
            or abs(self.progress.percent - self.written.percent) >= DESCRIPTION_PERCENT
        )
        return now - self.written_at >= (MOVED_INTERVAL_S if moved else DESCRIPTION_INTERVAL_S)


class Reporter:
    """Takes progress from encoding threads and passes it on from its own, so that none of them waits."""

    def __init__(
        self,
        pool: SessionPool,
        announcer: Announcer,
        *,
        owner: str = "",
        texts: Texts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owner, self._texts = owner, texts
        self._machine = socket.gethostname()
        self._pool, self._announcer, self._clock = pool, announcer, clock
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        """Held while a description is written, so that the end of a job can't be overtaken by it."""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def update(self, job_id: str, request: EncodeRequest, progress: Progress) -> None:
        """Takes the newest progress of a job. Neither blocks nor raises."""
        now = self._clock()
        with self._lock:
            watched = self._watched.setdefault(job_id, _Watched(request, progress))
            watched.progress = progress
            said = now - watched.said_at >= HUB_INTERVAL_S
            if said:
                watched.said_at = now
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="encode-media-reporter", daemon=True)
                self._thread.start()
        if said:
            self._announcer.say(progress_message(job_id, request, progress), keep_s=_LATE_S)

    def forget(self, job_id: str) -> None:
        """Nothing more is written for this job once this returns."""
        with self._lock:
            self._watched.pop(job_id, None)
        with self._writing:
            pass

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_TICK_S * 4)

    def _run(self) -> None:
        while not self._stop.wait(_TICK_S):
            with self._lock:
                now = self._clock()
                due = [job_id for job_id, watched in self._watched.items() if watched.is_due(now)]
            for job_id in due:
                self._write(job_id)

    def _write(self, job_id: str) -> None:
        with self._writing:
            with self._lock:
                watched = self._watched.get(job_id)
                if watched is None:
                    return
                progress, request = watched.progress, watched.request
            if progress.stage is Stage.QUEUED or request.batch_id:
                return
            try:
                with self._pool.session() as session:
                    show_progress(
                        session,
                        job_id,
                        request,
                        progress,
                        owner=self._owner,
                        texts=self._texts,
                        machine=self._machine,
                    )
            except EncodeMediaError as error:
                log.debug("The description of %s could not be written: %s", job_id, error.message)
            finally:
                # Also after a failure: the next try is due when there is something new to tell.
                watched.written, watched.written_at = progress, self._clock()
