"""Threads that do what hub handlers must not: talk to the server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from encode_media.errors import EncodeMediaError, failure
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.pool import SessionPool
from encode_media.ftrack.sources import Reach
from encode_media.settings import Settings

log = logging.getLogger(__name__)

THREADS = 4
MAX_WAITING = 500
"""Beyond it people are told to try again, rather than waiting for an answer that comes too late."""

Work = Callable[[Gateway], None]
OnFailure = Callable[[EncodeMediaError], object]


class Workers:
    def __init__(self, settings: Settings, *, threads: int = THREADS, waiting: int = MAX_WAITING) -> None:
        self._count = threads
        self._sessions = SessionPool(settings)
        self._reach = Reach.of(settings)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="encode-media-hub")
        self._room = threading.BoundedSemaphore(threads + waiting)

    def warm(self) -> None:
        """Opens the sessions now: the first form then needs no start-up time."""
        for _ in range(self._count):
            self.submit(lambda _gateway: None, lambda error: log.debug("Not warm yet: %s", error.message))

    def submit(self, work: Work, failed: OnFailure) -> bool:
        """Runs `work` soon, or gives False if too much is waiting. `failed` gets whatever it raises."""
        if not self._room.acquire(blocking=False):
            return False
        try:
            self._threads.submit(self._run, work, failed)
        except RuntimeError:
            # The pool is closed: the service is ending.
            self._room.release()
            return False
        return True

    def close(self) -> None:
        """Waits for what runs, drops what waits, closes the sessions."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._sessions.close()

    def _run(self, work: Work, failed: OnFailure) -> None:
        try:
            with self._sessions.session() as session:
                work(Gateway(session, reach=self._reach))
        except EncodeMediaError as error:
            failed(error)
        except Exception as error:
            log.exception("What the hub asked for ended in a mistake of ours")
            failed(failure("internal", problem=f"{type(error).__name__}: {error}"))
        finally:
            self._room.release()
