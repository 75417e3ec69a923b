"""Keeps the ftrack_jobs of open batches up to date, and tells each one's end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from encode_media.errors import EncodeMediaError
from encode_media.ftrack.batches import (
    Batch,
    BatchState,
    close_batch,
    may_tell_end,
    recall_batch,
    show_batch,
    state_of,
)
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.messages import Message, batch_progress_message, batch_result_message, user_message
from encode_media.ftrack.texts import Texts
from encode_media.ftrack.workers import Workers
from encode_media.jobs.engine import JobClient

log = logging.getLogger(__name__)

EVERY_S = 3.0
"""Between two looks at the open batches: a description is a commit on the server."""
QUEUEING_S = 120.0
"""A batch whose jobs were not all queued by then lost whoever queued them; those that are there count."""


class BatchWatcher:
    """`tick` is called often by the listener's loop; the work is done by its workers."""

    def __init__(
        self,
        workers: Workers,
        client: JobClient,
        texts: Texts,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._workers, self._client, self._texts = workers, client, texts
        self._every_s = every_s
        self._open: dict[str, BatchState] = {}
        """With what was shown last."""
        self._lock = threading.Lock()
        self._looking = False
        self._next = 0.0

    def adopt(self, batch_id: str) -> bool:
        """Watches a batch until its end; False if it is not known. Raises: ServerUnavailable."""
        if recall_batch(self._client, batch_id) is None:
            return False
        with self._lock:
            self._open.setdefault(batch_id, BatchState())
        return True

    def tick(self, tell: Callable[[Message], None]) -> None:
        with self._lock:
            if self._looking or not self._open or time.monotonic() < self._next:
                return
            self._looking = True
        if not self._workers.submit(lambda gateway: self._look(gateway, tell), self._failed):
            self._rest()

    def _failed(self, error: EncodeMediaError) -> None:
        log.info("Batches are looked at later: %s", error.message)
        self._rest()

    def _rest(self) -> None:
        with self._lock:
            self._looking = False
            self._next = time.monotonic() + self._every_s

    def _look(self, gateway: Gateway, tell: Callable[[Message], None]) -> None:
        with self._lock:
            watched = dict(self._open)
        for batch_id, shown in watched.items():
            batch = recall_batch(self._client, batch_id)
            state = state_of(self._client, batch_id)
            if batch is None or _has_ended(batch, state):
                if batch is not None:
                    self._close(gateway, batch, state, tell)
                with self._lock:
                    self._open.pop(batch_id, None)
            elif state != shown:
                show_batch(gateway.session, batch, state, self._texts)
                tell(batch_progress_message(batch, state))
                with self._lock:
                    self._open[batch_id] = state
        self._rest()

    def _close(self, gateway: Gateway, batch: Batch, state: BatchState, tell: Callable[[Message], None]) -> None:
        words = close_batch(gateway.session, self._client, batch, state, self._texts)
        if may_tell_end(self._client, batch.id):
            success = state.done == state.total
            tell(batch_result_message(batch, state))
            tell(user_message(batch.user_id, words, success=success))
            log.info("%s", words)


def _has_ended(batch: Batch, state: BatchState) -> bool:
    if state.running or state.waiting:
        return False
    return bool(batch.total) or time.time() - batch.created_at > QUEUEING_S
