"""Threads that do what hub handlers must not: talk to the server. Each has a session of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from encode_media.errors import EncodeMediaError, ServerUnavailable, failure
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.session import open_session
from encode_media.settings import Settings

log = logging.getLogger(__name__)

THREADS = 4
MAX_WAITING = 500
"""Beyond it people are told to try again, rather than waiting for an answer that comes too late."""

Work = Callable[[Gateway], None]
OnFailure = Callable[[EncodeMediaError], None]


class Workers:
    def __init__(self, settings: Settings, *, threads: int = THREADS, waiting: int = MAX_WAITING) -> None:
        self._settings = settings
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encode-media-hub")
        self._room = threading.BoundedSemaphore(waiting + threads)
        self._own = threading.local()
        self._open: set[Gateway] = set()
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Opens the sessions now: the first form then needs no start-up time."""
        for _ in range(self._threads):
            self.submit(lambda _gateway: None, _no_answer)

    def submit(self, work: Work, failed: OnFailure) -> bool:
        """Runs `work` soon, or gives False if too much is waiting. `failed` gets whatever it raises."""
        if not self._room.acquire(blocking=False):
            return False
        try:
            self._pool.submit(self._run, work, failed)
        except RuntimeError:
            self._room.release()
            return False
        return True

    def close(self) -> None:
        """Waits for what runs, drops what waits, closes the sessions."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for gateway in self._open:
                gateway.session.close()
            self._open.clear()

    def _run(self, work: Work, failed: OnFailure) -> None:
        try:
            try:
                work(self._gateway())
            except ServerUnavailable as error:
                # Its connection may be the reason; the next piece of work opens another.
                self._forget()
                failed(error)
            except EncodeMediaError as error:
                failed(error)
            except Exception as error:
                log.exception("A hub request ended in a mistake of ours")
                failed(failure("internal", problem=f"{type(error).__name__}: {error}"))
        except Exception:
            log.exception("A failure could not be answered")
        finally:
            self._room.release()

    def _gateway(self) -> Gateway:
        gateway: Gateway | None = getattr(self._own, "gateway", None)
        if gateway is None:
            gateway = self._own.gateway = Gateway(open_session(self._settings))
            with self._lock:
                self._open.add(gateway)
        return gateway

    def _forget(self) -> None:
        gateway: Gateway | None = getattr(self._own, "gateway", None)
        self._own.gateway = None
        if gateway is not None:
            with self._lock:
                self._open.discard(gateway)
            gateway.session.close()


def _no_answer(error: EncodeMediaError) -> None:
    log.debug("A session could not be opened ahead: %s", error.message)
